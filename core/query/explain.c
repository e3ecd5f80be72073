/* Explaining: the targets of a product. Where it has none is in explain_absent.c. */
#include "query/explain.h"

#include "base/arena.h"
#include "engine/allocate.h"
#include "query/explain_private.h"
#include "query/rows.h"

/* ---- commands */

static struct explain_command command_of(struct query *query, uint64_t sequence, int64_t time_ms)
{
    struct explain_command to = {.sequence = sequence, .time_ms = time_ms};
    struct command_view view;
    struct bytes value;
    uint8_t key[8];
    bytes_put_u64(key, sequence);
    if (!sequence || store_get(query->txn, TABLE_COMMAND, bytes_of(key, sizeof key), &value) ||
        command_read(value, &view) != ST_OK)
        return to;
    to.kind = view.kind;
    to.time_ms = view.time_ms;
    to.actor = view.actor;
    return to;
}

/* The last entry of the pair's ledger. */
static struct explain_command last_of(struct query *query, uint64_t product, uint32_t warehouse)
{
    struct explain_command to = {0};
    struct ledger_record entry;
    struct key pair = key_pair(product, warehouse), behind = pair;
    struct bytes key, value;
    key_u64(&behind, UINT64_MAX);
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_LEDGER);
    store_seek(cursor, key_bytes(&behind), &key, &value);
    if (store_prev(cursor, &key, &value) == ST_OK && key_starts(key, key_bytes(&pair)) &&
        key.size == 24 && value.size == sizeof entry) {
        memcpy(&entry, value.data, sizeof entry);
        to = command_of(query, bytes_get_u64((const uint8_t *)key.data + 12), entry.time_ms);
        to.cause = entry.cause;
    }
    store_cursor_close(cursor);
    return to;
}

/* ---- one target */

struct links {
    struct query *query;
    uint64_t product;
    struct explain_link *list;
    uint32_t count, room;
};

static void add_link(void *ctx, const struct allocation_link *from)
{
    struct links *l = ctx;
    if (l->count == l->room) return;
    l->list[l->count++] = (struct explain_link){
        .warehouse = directory_warehouse(l->query->directory, from->link->warehouse),
        .share_ppm = from->link->rule.by_share ? from->link->rule.share_ppm : 0,
        .counted = from->counted,
        .stock = from->stock,
        .available = from->available,
        .pieces = from->pieces,
        .sold = from->sold,
        .last = last_of(l->query, l->product, from->link->warehouse)};
}

/* The largest figure of the route is the plugin's to say; what is known here is whether it was in
 * the way. */
static void cap_by_route(const struct target_record *r, struct explain_target *to)
{
    to->figure_capped =
        r->flags & TARGET_WANTED && r->capped == CAP_ROUTE && to->figure > r->wanted_value;
    if (to->figure_capped) to->figure = r->wanted_value;
}

static enum status steps_of(struct explaining *e, struct explain_target *to, struct arena *memory)
{
    struct query *query = e->query;
    const struct command now = {.now_ms = e->now_ms};
    struct applying a = {
        .engine = e->engine, .txn = query->txn, .command = &now, .error = query->error};
    const struct query_target *t = &to->target;
    struct links links = {.query = query, .product = t->id.product};
    links.room = t->remote ? t->remote->link_count : 0;
    links.list = arena_alloc(memory, (links.room + 1) * sizeof *links.list);
    struct allocation_trace trace = {.link = add_link, .ctx = &links};
    struct allocation is;
    struct target target = {.id = t->id, .record = t->record, .exists = true};
    enum status status = allocate_traced(&a, &target, &to->listing, &is, &trace);
    if (status != ST_OK) return status;
    to->links = links.list;
    to->link_count = links.count;
    to->ruled = trace.ruled;
    to->rule = trace.rule;
    to->sold = trace.sold;
    to->steps = trace.steps;
    to->figure = is.value;
    to->figure_known = is.known;
    if (trace.ruled) cap_by_route(&t->record, to);
    return ST_OK;
}

/* What changed the stock says more than its command. */
static struct explain_command wanted_by(struct query *query, const struct explain_target *t)
{
    const struct target_record *r = &t->target.record;
    if (!(r->flags & TARGET_WANTED)) return (struct explain_command){0};
    struct explain_command by = command_of(query, r->wanted_revision, r->wanted_ms);
    for (uint32_t i = 0; i < t->link_count; i++)
        if (t->links[i].last.sequence == by.sequence) by.cause = t->links[i].last.cause;
    return by;
}

static bool give_target(void *ctx, const struct query_target *row)
{
    struct explaining *e = ctx;
    struct arena memory = {0};
    struct explain_target to = {.target = *row};
    const struct target_record *r = &row->record;
    enum status status =
        query_load_listing(e->query, row->id.account, row->id.listing, &to.listing);
    if (status == ST_OK) status = steps_of(e, &to, &memory);
    if (status == ST_NOT_FOUND) status = ST_OK; /* the listing is gone: facts are all there is */
    if (status == ST_OK) {
        to.wanted = wanted_by(e->query, &to);
        if (r->sent_revision && !(r->flags & TARGET_OPEN))
            status = query_send_of(e->query, row, &to.send, &to.sent);
    }
    explain_has_target(e, row->id.account);
    bool more = status == ST_OK && e->rows->target(e->rows->ctx, &to);
    arena_free(&memory);
    e->status = status;
    return more;
}

/* ---- all of a product */

enum status query_explain(struct query *query, struct bytes sku, struct bytes account,
                          int64_t now_ms, const struct explain_rows *rows)
{
    struct explaining e = {.query = query, .now_ms = now_ms, .rows = rows};
    const struct query_targets filter = {.sku = sku, .account = account, .state = -1};
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    enum status status = query_product(query, sku, &e.product);
    if (status == ST_OK && account.size) status = query_find_account(query, account, &e.only);
    if (status != ST_OK) return status;
    e.engine = engine_new();
    e.engine->directory = query->directory;
    status = query_targets(query, &filter, &page, give_target, &e);
    if (status == ST_OK) status = e.status;
    if (status == ST_OK) status = explain_absent(&e);
    e.engine->directory = NULL; /* the query's */
    engine_free(e.engine);
    return status;
}
