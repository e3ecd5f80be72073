/* Random commands and what they do to the model. */
#include "model.h"

const char *const model_skus[PRODUCTS] = {"A", "B", "C", "D", "E"},
                  *const model_warehouses[WAREHOUSES] = {"pp", "kot"},
                  *const model_accounts[ACCOUNTS] = {"first", "second"},
                  *const model_remotes[REMOTES] = {"R1", "R2"},
                  *const model_listings[LISTINGS] = {"LA", "LB", "LC", "LD", "LE", "LA2"};
const int model_listing_sku[LISTINGS] = {0, 1, 2, 3, 4, 0};

static int pick(struct random *random, int limit)
{
    return (int)random_below(random, (uint64_t)limit);
}

void seller_init(struct seller *s)
{
    *s = (struct seller){0};
    for (int p = 0; p < PRODUCTS; p++)
        for (int w = 0; w < WAREHOUSES; w++)
            s->stock[p][w] = FIGURE_UNKNOWN;
    for (int a = 0; a < ACCOUNTS; a++)
        for (int l = 0; l < LISTINGS; l++)
            s->listing[a][l].product = -1;
}

bool seller_wants(const struct seller *s, int account, int remote, int listing, int64_t *figure)
{
    int product = s->listing[account][listing].product;
    enum listing_state state = s->listing[account][listing].state;
    bool any = false;
    *figure = 0;
    if (product < 0 || !s->writable[account][remote]) return false;
    if (state != LISTING_ACTIVE && state != LISTING_ENDED) return false;
    for (int w = 0; w < WAREHOUSES; w++) {
        if (!s->linked[account][remote][w]) continue;
        if (s->stock[product][w] == FIGURE_UNKNOWN) return false;
        if (s->stock[product][w] > 0) *figure += s->stock[product][w];
        any = true;
    }
    if (account == 0 && *figure > MODEL_CAP) *figure = MODEL_CAP;
    return any;
}

/* ---- stock */

static enum status set_effect(struct seller *s, const struct op *op)
{
    s->stock[op->a][op->b] = op->n;
    return ST_OK;
}

static void make_set(struct random *random, struct op *op)
{
    op->n = pick(random, 4) ? pick(random, 60) : 0;
    const struct stock_set set = {.sku = bytes_text(model_skus[op->a]),
                                  .warehouse = bytes_text(model_warehouses[op->b]),
                                  .quantity = op->n,
                                  .kind = FIGURE_ON_HAND,
                                  .cause = CAUSE_COUNT};
    op->kind = COMMAND_STOCK_SET;
    op->effect = set_effect;
    command_stock_set(&op->payload, &set);
}

static enum status adjust_effect(struct seller *s, const struct op *op)
{
    if (s->stock[op->a][op->b] == FIGURE_UNKNOWN) return ST_CONFLICT;
    s->stock[op->a][op->b] += op->n;
    return ST_OK;
}

static void make_adjust(struct random *random, struct op *op)
{
    op->n = pick(random, 21) - 12;
    const struct stock_adjust adjust = {bytes_text(model_skus[op->a]),
                                        bytes_text(model_warehouses[op->b]), op->n, CAUSE_SALE};
    op->kind = COMMAND_STOCK_ADJUST;
    op->effect = adjust_effect;
    command_stock_adjust(&op->payload, &adjust);
}

static enum status transfer_effect(struct seller *s, const struct op *op)
{
    int64_t *from = &s->stock[op->a][op->b], *to = &s->stock[op->a][1 - op->b];
    if (*from == FIGURE_UNKNOWN || *from < op->n) return ST_CONFLICT;
    *from -= op->n;
    *to = (*to == FIGURE_UNKNOWN ? 0 : *to) + op->n;
    return ST_OK;
}

static void make_transfer(struct random *random, struct op *op)
{
    op->n = 1 + pick(random, 10);
    const struct stock_transfer transfer = {bytes_text(model_skus[op->a]),
                                            bytes_text(model_warehouses[op->b]),
                                            bytes_text(model_warehouses[1 - op->b]), op->n};
    op->kind = COMMAND_STOCK_TRANSFER;
    op->effect = transfer_effect;
    command_stock_transfer(&op->payload, &transfer);
}

/* Products and warehouses are numbered from 1 in the order they were made. */
static enum status bulk_effect(struct seller *s, const struct op *op)
{
    for (int p = op->a; p < PRODUCTS; p++)
        s->stock[p][op->b] = op->n + p;
    return ST_OK;
}

static void make_bulk(struct random *random, struct op *op)
{
    struct stock_row rows[PRODUCTS];
    uint32_t count = 0;
    op->n = pick(random, 50);
    for (int p = op->a; p < PRODUCTS; p++)
        rows[count++] = (struct stock_row){
            .product = (uint64_t)p + 1, .warehouse = (uint32_t)op->b + 1, .quantity = op->n + p};
    const struct stock_bulk bulk = {
        .kind = FIGURE_ON_HAND, .cause = CAUSE_IMPORT, .rows = rows, .row_count = count};
    op->kind = COMMAND_STOCK_BULK;
    op->effect = bulk_effect;
    command_stock_bulk(&op->payload, &bulk);
}

/* ---- links and remote warehouses */

static enum status link_effect(struct seller *s, const struct op *op)
{
    bool *linked = &s->linked[op->a][op->b][op->c];
    if (op->kind == COMMAND_LINK_DELETE && !*linked) return ST_NOT_FOUND;
    *linked = op->kind == COMMAND_LINK_PUT;
    return ST_OK;
}

static void make_link(struct random *random, struct op *op)
{
    op->a = pick(random, ACCOUNTS);
    op->b = pick(random, REMOTES);
    op->c = pick(random, WAREHOUSES);
    const struct link_change link = {.warehouse = bytes_text(model_warehouses[op->c]),
                                     .account = bytes_text(model_accounts[op->a]),
                                     .remote = bytes_text(model_remotes[op->b])};
    op->kind = pick(random, 3) ? COMMAND_LINK_PUT : COMMAND_LINK_DELETE;
    op->effect = link_effect;
    command_link(&op->payload, &link);
}

static void begin_rows(struct op *op, int64_t now)
{
    const struct rows_head head = {
        .account = (uint32_t)op->a + 1, .data_version = 1, .begun_ms = now, .received_ms = now};
    op->kind = COMMAND_ROWS;
    rows_begin(&op->payload, &head);
}

static enum status remote_effect(struct seller *s, const struct op *op)
{
    s->writable[op->a][op->b] = op->n;
    return ST_OK;
}

static void make_remote(struct random *random, struct op *op, int64_t now)
{
    op->a = pick(random, ACCOUNTS);
    op->b = pick(random, REMOTES);
    op->n = pick(random, 4) != 0;
    op->effect = remote_effect;
    begin_rows(op, now);
    const struct remote_view remote = {.id = bytes_text(model_remotes[op->b]), .writable = op->n};
    rows_remote(&op->payload, &remote);
}

/* ---- listings */

static bool taken(const struct seller *s, int account, int listing, int product)
{
    for (int l = 0; l < LISTINGS; l++)
        if (l != listing && s->listing[account][l].product == product) return true;
    return false;
}

static bool can_be_target(enum listing_state state)
{
    return state != LISTING_GONE && state != LISTING_DIGITAL;
}

/* A listing of the product is another one's, or gone: those that waited for it are tied. */
static void freed(struct seller *s, int product)
{
    for (int a = 0; product >= 0 && a < ACCOUNTS; a++) {
        int first = -1; /* that was seen */
        for (int l = 0; l < LISTINGS; l++)
            if (s->listing[a][l].seen && !s->listing[a][l].by_hand &&
                s->listing[a][l].product < 0 && can_be_target(s->listing[a][l].state) &&
                model_listing_sku[l] == product && !taken(s, a, l, product) &&
                (first < 0 || s->listing[a][l].seen < s->listing[a][first].seen))
                first = l;
        if (first >= 0) s->listing[a][first].product = product;
    }
}

static enum status listing_effect(struct seller *s, const struct op *op)
{
    int sku = model_listing_sku[op->b], was = s->listing[op->a][op->b].product;
    bool can = can_be_target((enum listing_state)op->c);
    if (!s->listing[op->a][op->b].seen) s->listing[op->a][op->b].seen = ++s->sights;
    s->listing[op->a][op->b].state = (enum listing_state)op->c;
    if (s->listing[op->a][op->b].by_hand) return ST_OK;
    if (!can)
        s->listing[op->a][op->b].product = -1;
    else if (s->listing[op->a][op->b].product < 0 && !taken(s, op->a, op->b, sku))
        s->listing[op->a][op->b].product = sku;
    if (s->listing[op->a][op->b].product < 0) freed(s, was);
    return ST_OK;
}

static void make_listing(struct random *random, struct op *op, int64_t now)
{
    static const enum listing_state states[] = {LISTING_ACTIVE, LISTING_ACTIVE,   LISTING_ACTIVE,
                                                LISTING_ENDED,  LISTING_ARCHIVED, LISTING_GONE};
    op->a = pick(random, ACCOUNTS);
    op->b = pick(random, LISTINGS);
    op->c = (int)states[pick(random, 6)];
    op->effect = listing_effect;
    begin_rows(op, now);
    const struct listing_view listing = {
        .id = bytes_text(model_listings[op->b]),
        .group = bytes_text(pick(random, 2) ? "one" : "two"),
        .state = (enum listing_state)op->c,
        .keys = {{bytes_text("sku"), bytes_text(model_skus[model_listing_sku[op->b]])}},
        .key_count = 1};
    rows_listing(&op->payload, &listing, false);
}

static enum status map_effect(struct seller *s, const struct op *op)
{
    if (!s->listing[op->a][op->b].seen) return ST_NOT_FOUND;
    if (op->c >= 0 && !can_be_target(s->listing[op->a][op->b].state)) return ST_CONFLICT;
    int was = s->listing[op->a][op->b].product;
    s->listing[op->a][op->b].product = op->c;
    s->listing[op->a][op->b].by_hand = true;
    if (was != op->c) freed(s, was);
    return ST_OK;
}

static void make_map(struct random *random, struct op *op)
{
    op->a = pick(random, ACCOUNTS);
    op->b = pick(random, LISTINGS);
    op->c = pick(random, PRODUCTS + 1) - 1;
    op->kind = COMMAND_LISTING_MAP;
    op->effect = map_effect;
    command_listing_map(&op->payload, bytes_text(model_accounts[op->a]),
                        bytes_text(model_listings[op->b]),
                        bytes_text(op->c < 0 ? "" : model_skus[op->c]));
}

struct op op_random(struct random *random, const struct seller *seller, int64_t now)
{
    (void)seller;
    struct op op = {.a = pick(random, PRODUCTS), .b = pick(random, WAREHOUSES)};
    buf_init(&op.payload, COMMAND_PAYLOAD_MAX);
    switch (pick(random, 16)) {
    case 0:
    case 1: make_link(random, &op); break;
    case 2: make_remote(random, &op, now); break;
    case 3:
    case 4: make_listing(random, &op, now); break;
    case 5: make_map(random, &op); break;
    case 6: make_bulk(random, &op); break;
    case 7:
    case 8: make_transfer(random, &op); break;
    case 9:
    case 10:
    case 11: make_adjust(random, &op); break;
    default: make_set(random, &op); break;
    }
    return op;
}
