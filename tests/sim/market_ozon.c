/* Ozon: sellers by Client-Id, postings of several lines, answers by item. */
#include "market.h"

#include "buyers.h"
#include "marketsim/market_digits.h"
#include "marketsim/ozon/ozon_state.h"
#include "network.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

enum { OZON_MOST = 999999 };

static struct ozon *model_of(const struct world *world)
{
    return world->models[MARKET_OZON];
}

static void make(struct world *world, uint32_t i, const struct plan *plan)
{
    struct world_account *account = &world->accounts[i];
    bool first = world->seller_account[account->seller] == i;
    if (!world->models[MARKET_OZON]) {
        struct ozon *ozon = ozon_create(plan->seed);
        struct ozon_settings settings = ozon_settings_get(ozon);
        if (plan->orders.import) settings.cancel_restores = plan->orders.cancel_restores;
        ozon_settings_set(ozon, &settings);
        world->models[MARKET_OZON] = ozon;
    }
    account->model = world->models[MARKET_OZON];
    struct ozon_seller *seller =
        first ? ozon_seller_add(account->model, account->client_id, account->api_key)
              : world->accounts[world->seller_account[account->seller]].side;
    account->side = seller;
    ozon_key_set(seller, account->api_key, OZON_KEY_ACTIVE);
    for (uint32_t k = 0; k < account->remote_count; k++) {
        const struct ozon_warehouse_spec spec = {.id = 1000 * (int64_t)(i + 1) + k + 1,
                                                 .kind = k % 2 ? OZON_RFBS : OZON_FBS};
        ozon_warehouse_add(seller, &spec);
    }
    if (!first) return;
    ozon_products_fill(seller, "SKU-", 1, world->product_count);
    for (uint32_t p = 0; p < world->product_count; p++) {
        char id[24];
        snprintf(id, sizeof id, "%lld",
                 (long long)ozon_product_find(seller, world->skus[p])->product_id);
        world_listing(world, account->seller, p, id);
    }
}

static void destroy(void *model)
{
    ozon_destroy(model);
}

static size_t options(const struct world *world, uint32_t account, struct plugin_value *values)
{
    values[0] = (struct plugin_value){"client-id", world->accounts[account].client_id};
    values[1] = (struct plugin_value){"api-key", world->accounts[account].api_key};
    return 2;
}

static void key(struct world *world, uint32_t i, bool alive)
{
    struct world_account *account = &world->accounts[i];
    if (alive)
        snprintf(account->api_key, sizeof account->api_key, "key-%u-%u", i + 1, ++account->keys);
    ozon_key_set(account->side, account->api_key, alive ? OZON_KEY_ACTIVE : OZON_KEY_DEACTIVATED);
}

static int64_t number_of(const struct world *world, uint32_t remote)
{
    return strtoll(world->remote_ids[remote], NULL, 10);
}

static void open_remote(struct world *world, uint32_t remote, bool open)
{
    ozon_warehouse_status(world->accounts[world->remote_account[remote]].side,
                          number_of(world, remote), open ? "created" : "disabled");
}

static int64_t shown(const struct world *world, uint32_t remote, uint32_t product)
{
    int64_t free_stock = 0, reserved = 0;
    ozon_stock_get(world->accounts[world->remote_account[remote]].side, world->skus[product],
                   number_of(world, remote), &free_stock, &reserved);
    return free_stock;
}

/* As if by hand: it does not count for the pair's cadence. */
static void write_figure(struct world *world, uint32_t remote, uint32_t product, int64_t figure,
                         int64_t now_ms)
{
    ozon_stock_set(world->accounts[world->remote_account[remote]].side, world->skus[product],
                   number_of(world, remote), figure, now_ms);
}

/* ---- requests */

static bool read_request(struct exchange *x, const char *method, const char *url)
{
    static const char host[] = "https://api-seller.ozon.ru";
    (void)method;
    if (strncmp(url, host, sizeof host - 1) != 0) return false;
    market_text_copy(x->path, sizeof x->path, url + sizeof host - 1);
    x->is_push = strcmp(x->path, "/v2/products/stocks") == 0;
    x->is_orders = strcmp(x->path, "/v4/posting/fbs/list") == 0;
    x->is_order_reading = strcmp(x->path, "/v3/posting/fbs/get") == 0;
    x->begins_drain = x->is_orders && strstr(x->body, "\"cursor\":\"\"");
    x->is_stock_reading = strcmp(x->path, "/v2/product/info/stocks-by-warehouse/fbs") == 0 ||
                          strcmp(x->path, "/v1/product/info/warehouse/stocks") == 0;
    return true;
}

static void handle(void *model, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    ozon_handle(model, request, now_ms, answer);
}

static void forget(void *model)
{
    ozon_forget(model);
}

static uint64_t writes(const void *model)
{
    return ozon_write_count(model);
}

static void note(struct exchange *x, uint64_t number)
{
    const struct world *world = &x->sim->world;
    const struct ozon_write *write = ozon_write_get(model_of(world), number);
    int remote = world_remote_by_number(world, x->account, write->warehouse_id);
    int product = world_product_by_sku(world, write->offer_id, strlen(write->offer_id));
    if (remote == WORLD_NONE || product == WORLD_NONE) return;
    network_noted(x, world_pair(world, (uint32_t)remote, (uint32_t)product), write->stock,
                  write->code[0] == 0);
}

static struct market_trace *trace(void *model)
{
    return ozon_trace(model);
}

static struct market_faults *faults(void *model)
{
    return ozon_faults(model);
}

/* ---- orders */

static struct ozon_seller *seller_of(const struct world *world, uint32_t account)
{
    return world->accounts[account].side;
}

static size_t order_count(const struct world *world, uint32_t account)
{
    return seller_of(world, account)->posting_count;
}

static size_t line_count(const struct world *world, uint32_t account, size_t order)
{
    return seller_of(world, account)->postings[order].line_count;
}

static int pair_of(const struct world *world, uint32_t account, const struct ozon_posting *posting,
                   size_t line)
{
    const struct ozon_seller *seller = seller_of(world, account);
    const char *sku = seller->products[posting->lines[line].product].offer_id;
    int remote = world_remote_by_number(world, account, seller->warehouses[posting->warehouse].id);
    int product = world_product_by_sku(world, sku, strlen(sku));
    if (remote == WORLD_NONE || product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(world, (uint32_t)remote, (uint32_t)product);
}

static void set_level(const struct ozon_posting *posting, int64_t quantity, struct market_line *out)
{
    switch (posting->status) {
    case STATUS_AWAITING_PACKAGING:
    case STATUS_AWAITING_DELIVER: out->reserved = quantity; break;
    case STATUS_DELIVERING:
    case STATUS_DELIVERED: out->shipped = quantity; break;
    case STATUS_CANCELLED: out->shipped = posting->after_ship ? quantity : 0; break;
    default: break;
    }
}

static int64_t changed_ms(const struct world *world, uint32_t account, size_t order,
                          uint64_t *number)
{
    *number = (uint64_t)seller_of(world, account)->postings[order].id;
    return seller_of(world, account)->postings[order].changed_ms;
}

static void line(const struct world *world, uint32_t account, size_t order, size_t index,
                 struct market_line *out)
{
    const struct ozon_seller *seller = seller_of(world, account);
    const struct ozon_posting *posting = &seller->postings[order];
    *out = (struct market_line){.pair = pair_of(world, account, posting, index),
                                .number = (uint64_t)posting->id,
                                .state = (int)posting->status,
                                .gone = posting->status == STATUS_GONE,
                                .placed_ms = posting->placed_ms,
                                .changed_ms = posting->changed_ms,
                                .visible_ms = posting->visible_ms};
    char sku[MARKET_DIGITS_SIZE];
    market_text_join(out->key, sizeof out->key,
                     (const char *const[]){
                         posting->number, "/",
                         market_digits(seller->products[posting->lines[index].product].sku, sku),
                         NULL});
    set_level(posting, posting->lines[index].quantity, out);
}

static void tell(struct sim *sim, uint32_t account, const struct ozon_posting *posting,
                 const char *what)
{
    for (size_t i = 0; posting && i < posting->line_count; i++) {
        int pair = pair_of(&sim->world, account, posting, i);
        if (pair == WORLD_NONE) continue;
        buyers_tell(sim, (uint32_t)pair, posting->number, what, posting->lines[i].quantity);
    }
}

static const struct ozon_posting *last_made(const struct ozon_seller *seller)
{
    for (size_t i = seller->posting_count; i > 0; i--)
        if (seller->postings[i - 1].id == seller->postings_made) return &seller->postings[i - 1];
    return NULL;
}

static const struct ozon_posting *by_number(const struct ozon_seller *seller, const char *number)
{
    for (size_t i = 0; i < seller->posting_count; i++)
        if (strcmp(seller->postings[i].number, number) == 0) return &seller->postings[i];
    return NULL;
}

static void place(struct sim *sim, uint32_t account, const struct market_order *order)
{
    struct ozon_order_line lines[MARKET_LINES_MAX];
    struct ozon_seller *seller = seller_of(&sim->world, account);
    for (uint32_t i = 0; i < order->line_count; i++)
        lines[i] = (struct ozon_order_line){sim->world.skus[order->lines[i].product],
                                            order->lines[i].quantity};
    const struct ozon_order_spec spec = {.warehouse_id = number_of(&sim->world, order->remote),
                                         .lines = lines,
                                         .line_count = order->line_count,
                                         .oversell = order->oversell,
                                         .visible_after_ms = order->late_ms};
    char number[64];
    if (ozon_order_place(model_of(&sim->world), seller, &spec, loop_true_ms(&sim->loop), number,
                         sizeof number))
        tell(sim, account, last_made(seller),
             order->late_ms ? "is placed, and not shown yet" : "is placed");
}

/* ---- and on */

static const char *const step_names[] = {"is packed", "is handed over", "is delivered",
                                         "is cancelled", "goes back"};

static uint32_t below(struct sim *sim, uint32_t limit)
{
    return (uint32_t)random_below(&sim->buyers, limit);
}

static enum ozon_posting_step draw_step(struct sim *sim, const struct ozon_posting *posting)
{
    if (sim_chance(&sim->buyers, sim->plan.orders.cancel)) return OZON_CANCEL;
    switch (posting->status) {
    case STATUS_AWAITING_PACKAGING: return below(sim, 4) ? OZON_PACK : OZON_SHIP;
    case STATUS_AWAITING_DELIVER: return OZON_SHIP;
    case STATUS_DELIVERING: return below(sim, 4) ? OZON_DELIVER : OZON_RETURN;
    default: return OZON_RETURN;
    }
}

static bool is_over(struct sim *sim, const struct ozon_posting *posting)
{
    bool delivered = posting->status == STATUS_DELIVERED;
    return posting->status >= STATUS_CANCELLED || posting->returned || (delivered && below(sim, 8));
}

/* Mutation: cancelled, and no reading by what has changed will ever tell. */
static bool cancel_silently(struct sim *sim, struct ozon_posting *posting)
{
    if (sim->plan.mutation != MUTATION_SILENT_CANCEL || below(sim, 8)) return false;
    if (posting->status > STATUS_AWAITING_DELIVER) return false;
    posting->status = STATUS_CANCELLED;
    posting->changed_ms -= INT64_C(400) * 86400000;
    return true;
}

static void go_on(struct sim *sim, uint32_t account)
{
    enum { LOOKS = 6 };
    const struct plan_orders *plan = &sim->plan.orders;
    struct ozon_seller *seller = seller_of(&sim->world, account);
    struct ozon_posting *posting = NULL;
    int64_t now_ms = loop_true_ms(&sim->loop);
    for (int i = 0; i < LOOKS && seller->posting_count && !posting; i++) {
        posting = &seller->postings[below(sim, (uint32_t)seller->posting_count)];
        if (is_over(sim, posting)) posting = NULL;
    }
    if (!posting || cancel_silently(sim, posting)) return;
    char number[40];
    snprintf(number, sizeof number, "%s", posting->number);
    if (sim_chance(&sim->buyers, plan->split) && seller->posting_count < BUYERS_ORDERS_MOST &&
        ozon_order_split(model_of(&sim->world), seller, number, plan->keep_parent, now_ms)) {
        tell(sim, account, by_number(seller, number), "is split");
        return;
    }
    enum ozon_posting_step step = draw_step(sim, posting);
    if (ozon_order_step(model_of(&sim->world), seller, number, step, now_ms))
        tell(sim, account, posting, step_names[step]);
}

const struct sim_market market_ozon = {
    .plugin = "ozon",
    .most = OZON_MOST,
    .late_ms = 40000,
    .remotes_least = 2,
    .remotes_most = PLAN_REMOTES_MAX,
    .wire = &wire_ozon,
    .one_drain = true,
    .drained = "orders-cursor",
    .make = make,
    .destroy = destroy,
    .options = options,
    .key = key,
    .open = open_remote,
    .shown = shown,
    .write = write_figure,
    .read_request = read_request,
    .handle = handle,
    .forget = forget,
    .writes = writes,
    .note = note,
    .trace = trace,
    .faults = faults,
    .order_count = order_count,
    .line_count = line_count,
    .changed_ms = changed_ms,
    .line = line,
    .place = place,
    .go_on = go_on,
};
