/* Applying order lines: merging what was told, and writing the difference to the stock. What a line
 * leads to is in order_resolve.c. */
#include "engine/order.h"

#include "base/arena.h"
#include "engine/account.h"
#include "engine/apply.h"
#include "engine/stock.h"
#include "engine/sweep.h"
#include "engine/target.h"

enum {
    /* The marketplace's clock and this one may differ by so much; what lies closer counts as not
     * known to be before or after. */
    CLOCK_DOUBT_MS = 5000,
    /* Drains come every few seconds; the time of the last one is written down so often. */
    NOTE_EVERY_MS = 10 * 60 * 1000,
};

struct line {
    uint32_t account;
    struct bytes key;
    struct order_view *was; /* NULL: new */
    struct order_view now;
    int64_t drained_ms; /* when the newest drain that came to its end began; 0: not known */
};

static struct key line_key(uint32_t account, struct bytes line)
{
    struct key key = {0};
    key_u32(&key, account);
    key_add(&key, line);
    return key;
}

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

/* ---- what should have been taken */

struct taken {
    int64_t reserved, shipped;
};

static struct taken taken_wanted(const struct order_view *o)
{
    struct taken t = {0, 0};
    if (o->exempt) return t;
    if (o->was_shipped)
        t.shipped = o->return_confirmed ? 0 : o->quantity;
    else if (o->state == ORDER_OPEN)
        t.reserved = o->quantity;
    return t;
}

static struct taken taken_sum(const struct order_view *o)
{
    struct taken t = {0, 0};
    for (uint32_t i = 0; i < o->part_count; i++) {
        t.reserved += o->parts[i].reserved;
        t.shipped += o->parts[i].shipped;
    }
    return t;
}

/* Gives pieces back, from the last part on. */
static void parts_shrink(struct order_view *o, int64_t by)
{
    for (uint32_t i = o->part_count; i-- > 0 && by > 0;) {
        struct order_part *part = &o->parts[i];
        int64_t reserved = part->reserved < by ? part->reserved : by;
        part->reserved -= reserved;
        by -= reserved;
        int64_t shipped = part->shipped < by ? part->shipped : by;
        part->shipped -= shipped;
        by -= shipped;
    }
}

static void parts_ship(struct order_view *o)
{
    for (uint32_t i = 0; i < o->part_count; i++) {
        o->parts[i].shipped += o->parts[i].reserved;
        o->parts[i].reserved = 0;
    }
}

/* Brings the parts to what should be taken. A line that cannot be resolved keeps what it has. */
static enum status parts_adjust(struct applying *a, struct line *line)
{
    struct order_view *now = &line->now;
    struct taken want = taken_wanted(now), have = taken_sum(now);
    int64_t more = want.reserved + want.shipped - have.reserved - have.shipped;
    now->held = ORDER_HELD_NOT;
    if (more > 0) {
        struct order_place place;
        enum status status = order_resolve(a, line->account, now, &place);
        now->listing = place.listing;
        if (status == ST_OK && !place.held)
            status = order_take(a, line->account, &place, more, now, &place.held);
        if (status != ST_OK) return status;
        now->held = place.held;
    } else if (more < 0) {
        parts_shrink(now, -more);
    }
    if (want.shipped && !now->held) parts_ship(now);
    return ST_OK;
}

/* ---- the stock */

/* What the pair's last figure already knows of this line. An available figure nets the orders
 * placed before it; a count of what lies there is without the parcels that had left. */
static int64_t on_hand_change(const struct order_view *o, const struct stock_record *stock,
                              int64_t reserved, int64_t shipped)
{
    int64_t change = -shipped, more = reserved + shipped;
    bool counted_later = stock->counted_ms && o->changed_ms && o->changed_ms <= stock->counted_ms;
    if (stock->counted_kind == FIGURE_AVAILABLE) {
        if (more > 0 && o->ordered_ms && o->ordered_ms <= stock->counted_ms) change += more;
    } else if (shipped > 0 && counted_later) {
        change = 0;
    }
    return change;
}

static enum status part_apply(struct applying *a, const struct order_view *o,
                              const struct order_part *now, const struct order_part *was)
{
    int64_t reserved = now->reserved - (was ? was->reserved : 0);
    int64_t shipped = now->shipped - (was ? was->shipped : 0);
    const struct stock_seen *seen;
    if (reserved == 0 && shipped == 0) return ST_OK;
    enum status status = stock_look(a, now->product, now->warehouse, &seen);
    if (status != ST_OK) return status;
    int64_t on_hand = on_hand_change(o, &seen->stock, reserved, shipped);
    bool back = shipped < 0;
    return stock_move(a, now->product, now->warehouse, on_hand, reserved,
                      back ? CAUSE_RETURN : CAUSE_ORDER);
}

static const struct order_part *part_of(const struct order_view *o, const struct order_part *like)
{
    for (uint32_t i = 0; o && i < o->part_count; i++)
        if (o->parts[i].product == like->product && o->parts[i].warehouse == like->warehouse)
            return &o->parts[i];
    return NULL;
}

static enum status parts_apply(struct applying *a, const struct line *line)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < line->now.part_count && status == ST_OK; i++)
        status =
            part_apply(a, &line->now, &line->now.parts[i], part_of(line->was, &line->now.parts[i]));
    return status;
}

/* ---- what is shown at the marketplace */

/* The marketplace has surely lowered the figure that was acknowledged: the order was placed after
 * that. Its time alone does not say so, for clocks differ; but then a drain that began after the
 * write was over would have shown the order. That alone does not either, for orders may be shown
 * late. */
static bool sold_since(const struct line *line, const struct target_record *r)
{
    if (!(r->flags & TARGET_ACKED) || r->flags & (TARGET_OPEN | TARGET_UNRESOLVED)) return false;
    int64_t over = r->acked_ms > r->sent_ms ? r->acked_ms : r->sent_ms;
    if (r->closed_ms > over) over = r->closed_ms;
    return line->drained_ms > over && line->now.ordered_ms > over + CLOCK_DOUBT_MS;
}

/* The marketplace lowers its own figure by `pieces` sold, or may have given pieces back (0): what
 * was acknowledged there is so much less now, or nothing is known any more. Also not by a write
 * under way, which may land before or after, nor by a reading begun before this. */
static enum status target_sold(struct applying *a, const struct line *line, int64_t pieces)
{
    struct order_place place;
    enum status status = order_resolve(a, line->account, &line->now, &place);
    if (status != ST_OK || place.held) return status;
    const struct target_id id = {.product = place.product,
                                 .listing = place.listing,
                                 .account = line->account,
                                 .remote = place.remote};
    struct target target;
    status = target_load(a->txn, &id, &target, a->error);
    if (status != ST_OK || !target.exists) return status;
    struct target_record *r = &target.record;
    if (pieces > 0 && r->acked_value >= pieces && sold_since(line, r)) {
        r->acked_value -= pieces;
        /* What was read before is no base for a delta any more, nor what must be there. */
        r->flags &= ~(uint32_t)TARGET_OBSERVED;
    } else {
        target_doubt(a, &target);
    }
    target_settle(a, &target);
    target_save(a, &target);
    return ST_OK;
}

/* What the line's change means for the figure that the marketplace shows. */
static enum status marketplace_moved(struct applying *a, const struct line *line)
{
    const struct order_view *was = line->was, *now = &line->now;
    struct taken before = was ? taken_sum(was) : (struct taken){0, 0}, after = taken_sum(now);
    int64_t sold = after.reserved + after.shipped - before.reserved - before.shipped;
    bool over = now->state == ORDER_CANCELLED || now->state == ORDER_RETURNED;
    bool restored = was && (now->quantity != was->quantity || (over && now->state != was->state));
    if (!now->lowered || !(sold > 0 || !was || restored)) return ST_OK;
    return target_sold(a, line, restored ? 0 : sold);
}

/* ---- rows */

static void row_switch(struct applying *a, enum store_table table, const struct key *key, bool was,
                       bool is)
{
    if (is && !was) store_put(a->txn, table, key_bytes(key), bytes_of("", 0));
    if (was && !is) store_delete(a->txn, table, key_bytes(key));
}

static bool is_open(const struct order_view *o)
{
    return o && o->state == ORDER_OPEN && !o->was_shipped && o->exempt != ORDER_EXEMPT_EXTERNAL;
}

static struct key order_key(const struct line *line, struct bytes order_id)
{
    struct key key = {0};
    key_u32(&key, line->account);
    key_add(&key, order_id);
    key_u8(&key, 0);
    key_add(&key, line->key);
    return key;
}

static void index_products(struct applying *a, const struct line *line)
{
    for (uint32_t i = 0; i < line->now.part_count; i++) {
        struct key key = {0};
        key_u64(&key, line->now.parts[i].product);
        key_u32(&key, line->account);
        key_add(&key, line->key);
        if (!part_of(line->was, &line->now.parts[i]))
            store_put(a->txn, TABLE_ORDER_PRODUCT, key_bytes(&key), bytes_of("", 0));
    }
}

static void line_save(struct applying *a, struct line *line)
{
    struct key key = line_key(line->account, line->key);
    struct buf *record = &a->engine->record;
    const struct order_view *was = line->was, *now = &line->now;
    applying_sequence(a);
    buf_reset(record);
    order_write(record, now);
    store_put(a->txn, TABLE_ORDER_LINE, key_bytes(&key), bytes_of(record->data, record->size));
    bool renamed = was && !bytes_equal(was->order_id, now->order_id);
    if (renamed) {
        struct key old = order_key(line, was->order_id);
        store_delete(a->txn, TABLE_ORDER, key_bytes(&old));
    }
    if (!was || renamed) {
        struct key new = order_key(line, now->order_id);
        store_put(a->txn, TABLE_ORDER, key_bytes(&new), bytes_of("", 0));
    }
    row_switch(a, TABLE_ORDER_OPEN, &key, is_open(was), is_open(now));
    row_switch(a, TABLE_ORDER_HELD, &key, was && was->held, now->held);
    index_products(a, line);
}

/* ---- one line */

static enum status line_load(struct applying *a, const struct key *key, struct buf *memory,
                             struct order_view *order)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_ORDER_LINE, key_bytes(key), &value);
    if (status == ST_NOT_FOUND) return status;
    buf_init(memory, RECORD_MAX);
    if (status == ST_OK) {
        buf_add(memory, value.data, value.size);
        status = order_read(bytes_of(memory->data, memory->size), order);
    }
    if (status == ST_OK) return ST_OK;
    buf_free(memory);
    engine_read_failed(a->txn, ST_DAMAGED, "order_line", a->error);
    return ST_DAMAGED;
}

static bool same(const struct order_view *x, const struct order_view *y)
{
    if (!x || x->part_count != y->part_count) return false;
    return bytes_equal(x->order_id, y->order_id) && bytes_equal(x->status, y->status) &&
           bytes_equal(x->remote, y->remote) && x->ref_count == y->ref_count &&
           x->state == y->state && x->has_version == y->has_version && x->version == y->version &&
           x->lowered == y->lowered && x->oversell == y->oversell && x->quantity == y->quantity &&
           x->changed_ms == y->changed_ms && x->was_shipped == y->was_shipped &&
           x->return_confirmed == y->return_confirmed && x->held == y->held &&
           x->exempt == y->exempt && x->listing == y->listing &&
           memcmp(x->parts, y->parts, x->part_count * sizeof *x->parts) == 0;
}

static enum status line_apply(struct applying *a, struct line *line)
{
    enum status status = parts_adjust(a, line);
    if (status != ST_OK || same(line->was, &line->now)) return status;
    line->now.applied_ms = a->command->now_ms;
    line_save(a, line);
    status = parts_apply(a, line);
    return status == ST_OK ? marketplace_moved(a, line) : status;
}

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

enum status order_seen(struct applying *a, uint32_t account, struct bytes line_id,
                       const struct order_view *told, int64_t drained_ms)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *of = directory_account(d, account);
    if (!of || !of->orders_import || !fits(line_id, told)) return ST_OK;
    struct key key = line_key(account, line_id);
    struct buf memory = {0};
    struct order_view was;
    enum status status = line_load(a, &key, &memory, &was);
    if (status != ST_OK && status != ST_NOT_FOUND) return status;
    struct line line = {.account = account, .key = line_id, .drained_ms = drained_ms};
    if (status == ST_OK) {
        line.was = &was;
        line.now = was;
        merge(&line.now, told);
    } else {
        line.now = *told;
        line.now.first_ms = a->command->now_ms;
        if (told->marketplace_stock)
            line.now.exempt = ORDER_EXEMPT_MARKETPLACE;
        else if (!of->orders_read && told->state != ORDER_OPEN)
            line.now.exempt = ORDER_EXEMPT_BEFORE;
    }
    line.now.was_shipped |= says_shipped(told);
    if (line.now.exempt == ORDER_EXEMPT_EXTERNAL) line.now.exempt = exempt_again(&line.now);
    status = line_apply(a, &line);
    buf_free(&memory);
    return status;
}

/* ---- signs of orders not seen yet */

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
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix)) && known < reserved;
         status = store_next(cursor, &key, &value)) {
        struct order_view order;
        struct bytes line = bytes_of((const char *)key.data + 8, key.size - 8);
        if (store_get(a->txn, TABLE_ORDER_LINE, line, &value) != ST_OK ||
            order_read(value, &order) != ST_OK)
            continue;
        if (order.listing == id->listing || !order.listing) known += taken_sum(&order).reserved;
    }
    store_cursor_close(cursor);
    if (known < reserved) engine_touch_orders(a->engine, id->account);
    return engine_read_failed(a->txn, status, "order_product", a->error);
}

/* ---- drains */

enum status order_drained(struct applying *a, uint32_t account, int64_t begun_ms)
{
    struct buf memory;
    struct account_view view;
    enum status status = account_load(a, account, &memory, &view);
    if (status != ST_OK) return status;
    if (!view.orders_read || begun_ms > view.orders_ms + NOTE_EVERY_MS) {
        view.orders_read = true;
        view.orders_ms = begun_ms;
        account_save(a, account, &view);
    }
    buf_free(&memory);
    return ST_OK;
}

enum status engine_open_orders(struct store_txn *txn, uint32_t account, struct arena *memory,
                               struct engine_open_orders *open, struct error *error)
{
    uint8_t prefix[4];
    bytes_put_u32(prefix, account);
    struct bytes key, value, last = bytes_of("", 0);
    open->ids = arena_alloc(memory, ENGINE_OPEN_ORDERS_MAX * sizeof *open->ids);
    open->count = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_OPEN);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix)) &&
           open->count < ENGINE_OPEN_ORDERS_MAX;
         status = store_next(cursor, &key, &value)) {
        struct order_view order;
        if (store_get(txn, TABLE_ORDER_LINE, key, &value) != ST_OK ||
            order_read(value, &order) != ST_OK || bytes_equal(order.order_id, last))
            continue;
        const char *id = arena_text(memory, order.order_id);
        last = bytes_text(id); /* lines of one order mostly stand together */
        open->ids[open->count++] = id;
    }
    store_cursor_close(cursor);
    return engine_read_failed(txn, status, "order_open", error);
}

/* ---- lines that wait */

void order_retry(struct applying *a, uint32_t account)
{
    if (store_count(a->txn, TABLE_ORDER_HELD) > 0) sweep_orders(a, account);
}

void order_retry_all(struct applying *a)
{
    order_retry(a, 0);
}

/* The next lines of such a table, so that applying may change it. */
static enum status read_lines(struct applying *a, enum store_table table, uint32_t account,
                              const struct key *after, struct key *list, uint32_t limit,
                              uint32_t *count)
{
    struct key from = *after;
    if (from.size == 0 && account) key_u32(&from, account);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, table);
    enum status status = store_seek(cursor, key_bytes(&from), &key, &value);
    *count = 0;
    while (status == ST_OK && *count < limit && key.size > 4 && key.size <= KEY_MAX) {
        if (account && bytes_get_u32(key.data) != account) break;
        if (!bytes_equal(key, key_bytes(after))) {
            struct key *at = &list[(*count)++];
            at->size = 0;
            key_add(at, key);
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, store_table_name(table), a->error);
}

static enum status retry_line(struct applying *a, const struct key *key)
{
    struct buf memory;
    struct order_view was;
    enum status status = line_load(a, key, &memory, &was);
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status != ST_OK) return status;
    struct line line = {.account = bytes_get_u32(key->at),
                        .key = bytes_of(key->at + 4, key->size - 4),
                        .was = &was,
                        .now = was};
    status = line_apply(a, &line);
    buf_free(&memory);
    return status;
}

enum status order_retry_chunk(struct applying *a, uint32_t account, struct key *after,
                              uint32_t limit, bool *end)
{
    enum { CHUNK = 64 };
    struct key list[CHUNK];
    uint32_t count = 0, most = limit < CHUNK ? limit : CHUNK;
    enum status status = read_lines(a, TABLE_ORDER_HELD, account, after, list, most, &count);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        status = retry_line(a, &list[i]);
    if (count) *after = list[count - 1];
    *end = count < most;
    a->result->rows += count;
    return status;
}

/* ---- lines that somebody else counts from now on */

/* What has left stays as it is; what had not is theirs. */
static enum status leave_line(struct applying *a, const struct key *key)
{
    struct buf memory;
    struct order_view was;
    enum status status = line_load(a, key, &memory, &was);
    if (status != ST_OK) return status;
    struct line line = {.account = bytes_get_u32(key->at),
                        .key = bytes_of(key->at + 4, key->size - 4),
                        .was = &was,
                        .now = was};
    if (taken_sum(&was).shipped > 0) {
        line.now.held = ORDER_HELD_NOT;
        line_save(a, &line);
    } else {
        line.now.exempt = ORDER_EXEMPT_EXTERNAL;
        status = line_apply(a, &line);
    }
    buf_free(&memory);
    return status;
}

enum status order_leave_chunk(struct applying *a, uint32_t account, uint32_t limit, bool *end)
{
    enum { CHUNK = 64 };
    static const enum store_table tables[] = {TABLE_ORDER_OPEN, TABLE_ORDER_HELD};
    struct key list[CHUNK];
    const struct key first = {0};
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *of = directory_account(d, account);
    uint32_t most = limit < CHUNK ? limit : CHUNK, count = 0;
    *end = true;
    if (!of || of->orders_import) return ST_OK; /* imported again: the rest never left */
    enum status status = ST_OK;
    for (int t = 0; t < 2 && status == ST_OK && count == 0; t++) {
        status = read_lines(a, tables[t], account, &first, list, most, &count);
        for (uint32_t i = 0; i < count && status == ST_OK; i++)
            status = leave_line(a, &list[i]);
    }
    *end = count == 0;
    a->result->rows += count;
    return status;
}

/* ---- returns */

static enum status return_line(struct applying *a, struct line *line, const char *account)
{
    if (line->now.return_confirmed)
        return error_set(a->error, ST_CONFLICT, "the pieces of line '%.*s' are back already",
                         (int)line->key.size, (const char *)line->key.data);
    if (!line->now.was_shipped || line->now.exempt)
        return error_set(
            a->error, ST_CONFLICT,
            "line '%.*s' of account '%s' has taken nothing from your stock that could come back",
            (int)line->key.size, (const char *)line->key.data, account);
    line->now.return_confirmed = true;
    return line_apply(a, line);
}

enum status apply_order_return(struct applying *a, struct wire_reader *r)
{
    struct bytes name = wire_get_bytes(r), id = wire_get_bytes(r);
    const struct directory_account *account;
    enum status status = apply_find_account(a, name, &account);
    if (status != ST_OK) return status;
    if (id.size > KEY_TEXT_MAX) id.size = KEY_TEXT_MAX;
    struct key key = line_key(account->no, id);
    struct buf memory;
    struct order_view was;
    status = line_load(a, &key, &memory, &was);
    if (status == ST_NOT_FOUND)
        return error_set(
            a->error, ST_NOT_FOUND,
            "account '%s' has no order line '%.*s'; `stockctl order list --account %s` shows them",
            account->name, (int)id.size, (const char *)id.data, account->name);
    if (status != ST_OK) return status;
    struct line line = {.account = account->no, .key = id, .was = &was, .now = was};
    status = return_line(a, &line, account->name);
    buf_free(&memory);
    return status;
}
