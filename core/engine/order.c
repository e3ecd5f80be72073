/* Order lines as they are told: merging documents, what shows that some were not seen yet, drains,
 * and returns. What follows for the stock is in order_taken.c, lines that wait in order_wait.c. */
#include "base/arena.h"
#include "engine/account.h"
#include "engine/apply.h"
#include "engine/order_row.h"

enum {
    /* Drains come every few seconds; the time of the last one is written down so often. */
    NOTE_EVERY_MS = 10 * 60 * 1000,
};

/* ---- what was told */

/* Documents that say no version are ordered by how far they are: what is over stays over. */
static bool is_newer(const struct order_view *told, const struct order_view *was)
{
    if (told->has_version && was->has_version) return told->version > was->version;
    if (told->state != was->state) return told->state > was->state;
    return told->changed_ms > was->changed_ms;
}

/* Facts join whatever the order in which documents come; the rest is the newest document's. */
static void merge(struct order_view *now, const struct order_view *told)
{
    struct order_view was = *now;
    bool newer = is_newer(told, &was);
    if (newer) {
        now->order_id = told->order_id;
        now->status = told->status;
        now->state = told->state;
        now->has_version = told->has_version;
        now->version = told->version;
        now->changed_ms = told->changed_ms;
        now->quantity = told->quantity;
    }
    /* Without versions nobody knows which figure is the newer one: pieces are only ever taken off
     * an order. */
    if (!(told->has_version && was.has_version))
        now->quantity = told->quantity < was.quantity ? told->quantity : was.quantity;
    if (now->remote.size == 0) now->remote = told->remote;
    for (uint32_t i = 0; i < told->ref_count && now->ref_count < ORDER_REFS_MAX; i++) {
        bool known = false;
        for (uint32_t k = 0; k < now->ref_count && !known; k++)
            known = bytes_equal(now->refs[k].kind, told->refs[i].kind) &&
                    bytes_equal(now->refs[k].value, told->refs[i].value);
        if (!known) now->refs[now->ref_count++] = told->refs[i];
    }
    now->lowered |= told->lowered;
    now->oversell |= told->oversell;
}

static bool says_shipped(const struct order_view *told)
{
    return told->state == ORDER_SHIPPED || told->state == ORDER_RETURNED;
}

/* ---- one document */

static bool fits(struct bytes line, const struct order_view *told)
{
    return line.size > 0 && line.size <= KEY_TEXT_MAX && told->order_id.size <= KEY_TEXT_MAX &&
           told->quantity >= 0 && told->quantity <= ORDER_QUANTITY_MAX;
}

/* At a new cut-over. */
static enum order_exempt exempt_again(const struct order_view *o)
{
    if (o->marketplace_stock) return ORDER_EXEMPT_MARKETPLACE;
    return o->state == ORDER_OPEN && !o->was_shipped ? ORDER_EXEMPT_NOT : ORDER_EXEMPT_BEFORE;
}

static const char forgotten_key[] = "orders.forgotten"; /* of TABLE_META: time u64 ms */

static int64_t forgotten_before(struct applying *a)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_META, bytes_text(forgotten_key), &value);
    return status == ST_OK && value.size == 8 ? (int64_t)bytes_get_u64(value.data) : 0;
}

void order_forgotten_put(struct applying *a, int64_t before_ms)
{
    uint8_t value[8];
    if (before_ms <= forgotten_before(a)) return;
    bytes_put_u64(value, (uint64_t)before_ms);
    store_put(a->txn, TABLE_META, bytes_text(forgotten_key), bytes_of(value, sizeof value));
}

/* A line not known: may it have an effect? */
static enum order_exempt exempt_first(struct applying *a, const struct directory_account *of,
                                      const struct order_view *told)
{
    if (told->marketplace_stock) return ORDER_EXEMPT_MARKETPLACE;
    if (!of->orders_read) return told->state == ORDER_OPEN ? ORDER_EXEMPT_NOT : ORDER_EXEMPT_BEFORE;
    bool forgotten = told->ordered_ms > 0 && told->ordered_ms < forgotten_before(a);
    return forgotten ? ORDER_EXEMPT_BEFORE : ORDER_EXEMPT_NOT;
}

/* The row of that account and key as it is with what is told; `row->was` stays NULL where there was
 * none. It lives in `memory` and `was`. */
static enum status take_told(struct applying *a, const struct order_view *told,
                             struct order_row *row, struct buf *memory, struct order_view *was)
{
    struct key key = order_row_key(row->account, row->key);
    enum status status = order_row_load(a, &key, memory, was);
    if (status != ST_OK && status != ST_NOT_FOUND) return status;
    if (status == ST_OK) {
        row->was = was;
        row->now = *was;
        merge(&row->now, told);
    } else {
        row->now = *told;
        row->now.first_ms = a->command->now_ms;
    }
    row->now.was_shipped |= says_shipped(told);
    return ST_OK;
}

enum status order_seen(struct applying *a, uint32_t account, struct bytes line_id,
                       const struct order_view *told, int64_t drained_ms)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *of = directory_account(d, account);
    if (!of || !of->orders_import || !fits(line_id, told)) return ST_OK;
    struct buf memory = {0};
    struct order_view was;
    struct order_row row = {.account = account, .key = line_id, .drained_ms = drained_ms};
    enum status status = take_told(a, told, &row, &memory, &was);
    if (status != ST_OK) return status;
    if (!row.was) row.now.exempt = exempt_first(a, of, told);
    /* Sold out there, so somebody bought what was left, and that is not read yet. */
    if (!row.was && told->oversell && told->state == ORDER_OPEN && of->orders_read)
        engine_touch_oversold(a->engine, account);
    if (row.now.exempt == ORDER_EXEMPT_EXTERNAL) row.now.exempt = exempt_again(&row.now);
    status = order_row_apply(a, &row);
    buf_free(&memory);
    return status;
}

enum status order_told(struct applying *a, uint32_t source, struct bytes line,
                       const struct order_view *told, bool restocked, bool *held)
{
    struct buf memory = {0};
    struct order_view was;
    struct order_row row = {.account = source, .key = line};
    enum status status = take_told(a, told, &row, &memory, &was);
    if (status != ST_OK) return status;
    if (!row.was) {
        if (!row.now.ordered_ms) row.now.ordered_ms = row.now.first_ms;
        if (row.now.ordered_ms < forgotten_before(a)) row.now.exempt = ORDER_EXEMPT_BEFORE;
    }
    row.now.return_confirmed |= restocked && told->state == ORDER_RETURNED;
    status = order_row_apply(a, &row);
    *held = row.now.held != ORDER_HELD_NOT;
    buf_free(&memory);
    return status;
}

/* ---- signs of orders not seen yet */

/* The packs that the line reserves in that remote warehouse; one that names none may be of any. */
static int64_t reserved_in(const struct order_view *order, const struct directory_remote *remote)
{
    bool here =
        order->remote.size == 0 || (remote && bytes_equal(order->remote, bytes_text(remote->id)));
    return here ? order_taken_of(order).reserved / order_pack(order) : 0;
}

enum status order_check_reserved(struct applying *a, const struct target_id *id, int64_t reserved)
{
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *of = directory_account(d, id->account);
    if (!of || !of->orders_import || !of->orders_read || reserved <= 0) return ST_OK;
    struct key prefix = {0};
    key_u64(&prefix, id->product);
    key_u32(&prefix, id->account);
    struct bytes key, value;
    int64_t known = 0;
    const struct directory_remote *remote = directory_remote(d, id->account, id->remote);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix)) && known < reserved;
         status = store_next(cursor, &key, &value)) {
        struct order_view order;
        struct bytes line = bytes_of((const char *)key.data + 8, key.size - 8);
        if (store_get(a->txn, TABLE_ORDER_LINE, line, &value) != ST_OK ||
            order_read(value, &order) != ST_OK)
            continue;
        if (order.listing == id->listing || !order.listing) known += reserved_in(&order, remote);
    }
    store_cursor_close(cursor);
    if (known < reserved) engine_touch_orders(a->engine, id->account);
    return engine_read_failed(a->txn, status, "order_product", a->error);
}

/* ---- drains */

enum status order_drained(struct applying *a, uint32_t account, int64_t begun_ms)
{
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *of = directory_account(d, account);
    if (of && of->orders_read && begun_ms <= of->orders_ms + NOTE_EVERY_MS) return ST_OK;
    struct buf memory;
    struct account_view view;
    enum status status = account_load(a, account, &memory, &view);
    if (status != ST_OK) return status;
    view.orders_read = true;
    view.orders_ms = begun_ms;
    account_save(a, account, &view);
    buf_free(&memory);
    return ST_OK;
}

enum status engine_open_orders(struct store_txn *txn, uint32_t account, struct arena *memory,
                               struct engine_open_orders *open, struct error *error)
{
    uint8_t prefix[4];
    bytes_put_u32(prefix, account);
    struct bytes key, value, last = bytes_of("", 0);
    uint64_t all = store_count(txn, TABLE_ORDER_OPEN);
    uint32_t room = all < ENGINE_OPEN_ORDERS_MAX ? (uint32_t)all : ENGINE_OPEN_ORDERS_MAX;
    open->ids = arena_alloc(memory, room * sizeof *open->ids);
    open->count = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_OPEN);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    for (;
         status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix)) && open->count < room;
         status = store_next(cursor, &key, &value)) {
        if (store_get(txn, TABLE_ORDER_LINE, key, &value) != ST_OK) continue;
        struct bytes order = order_id_read(value);
        if (order.size == 0 || bytes_equal(order, last)) continue;
        const char *id = arena_text(memory, order);
        last = bytes_text(id); /* lines of one order mostly stand together */
        open->ids[open->count++] = id;
    }
    store_cursor_close(cursor);
    return engine_read_failed(txn, status, "order_open", error);
}

/* ---- returns */

static enum status return_line(struct applying *a, struct order_row *row, const char *account)
{
    if (row->now.return_confirmed)
        return error_set(a->error, ST_CONFLICT, "the pieces of line '%.*s' are back already",
                         (int)row->key.size, (const char *)row->key.data);
    if (!row->now.was_shipped || row->now.exempt)
        return error_set(
            a->error, ST_CONFLICT,
            "line '%.*s' of account '%s' has taken nothing from your stock that could come back",
            (int)row->key.size, (const char *)row->key.data, account);
    row->now.return_confirmed = true;
    return order_row_apply(a, row);
}

enum status apply_order_return(struct applying *a, struct wire_reader *r)
{
    struct bytes name = wire_get_bytes(r), id = wire_get_bytes(r);
    const struct directory_account *account;
    enum status status = apply_find_source(a, name, &account);
    if (status != ST_OK) return status;
    if (id.size > KEY_TEXT_MAX) id.size = KEY_TEXT_MAX;
    struct key key = order_row_key(account->no, id);
    struct buf memory;
    struct order_view was;
    status = order_row_load(a, &key, &memory, &was);
    if (status == ST_NOT_FOUND)
        return error_set(
            a->error, ST_NOT_FOUND,
            "account '%s' has no order line '%.*s'; `stockctl order list --account %s` shows them",
            account->name, (int)id.size, (const char *)id.data, account->name);
    if (status != ST_OK) return status;
    struct order_row row = {.account = account->no, .key = id, .was = &was, .now = was};
    status = return_line(a, &row, account->name);
    buf_free(&memory);
    return status;
}
