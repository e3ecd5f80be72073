/* Orders that a shop tells, applied by level like those of an account (I2). A line leads by its SKU
 * to the product (order_resolve.c).
 *
 * An order that is told without lines is about all of them. That is kept as a line of its own with
 * no pieces and the key of the order alone, so that lines that come late find it. */
#include "engine/apply.h"
#include "engine/hook_private.h"
#include "engine/order_row.h"

#include <stdio.h>

struct delivery {
    struct hooking h;
    uint32_t source, orders;
};

/* One order, its lines still to be read. */
struct document {
    struct order_view view; /* of every line */
    bool restocked;
    uint32_t number;
    uint64_t lines;
};

void command_hook_orders(struct buf *out, const struct hook_orders *told)
{
    hook_head_write(out, &told->head);
    wire_put_u64(out, told->order_count);
    for (uint32_t i = 0; i < told->order_count; i++) {
        const struct hook_order *o = &told->orders[i];
        wire_put_bytes(out, o->id);
        wire_put_u8(out, (uint8_t)o->state);
        wire_put_u8(out, o->restocked);
        wire_put_u8(out, o->has_version);
        wire_put_i64(out, o->version);
        wire_put_i64(out, o->ordered_ms);
        wire_put_i64(out, o->changed_ms);
        wire_put_u64(out, o->line_count);
        for (uint32_t k = 0; k < o->line_count; k++) {
            wire_put_bytes(out, o->lines[k].id);
            wire_put_bytes(out, o->lines[k].sku);
            wire_put_i64(out, o->lines[k].quantity);
        }
    }
}

/* ---- keys: ORDER/LINE, with '/' and '%' of the order written as in an address */

static void add_escaped(struct key *key, struct bytes text)
{
    const char *at = text.data;
    for (size_t i = 0; i < text.size && key->size + 3 <= KEY_TEXT_MAX; i++) {
        bool special = at[i] == '/' || at[i] == '%';
        if (special) key_add(key, bytes_text(at[i] == '/' ? "%2F" : "%25"));
        if (!special) key_u8(key, (uint8_t)at[i]);
    }
}

/* False: it is longer than a key can be. */
static bool line_key(struct key *key, struct bytes order, struct bytes line)
{
    *key = (struct key){0};
    add_escaped(key, order);
    bool fits =
        order.size && key->size + 1 + line.size <= KEY_TEXT_MAX && key->size < KEY_TEXT_MAX - 3;
    if (!fits) return false;
    key_u8(key, '/');
    key_add(key, line);
    return true;
}

/* ---- one line */

static enum status load(struct delivery *d, const struct key *line, struct buf *memory,
                        struct order_view *view)
{
    struct key key = order_row_key(d->source, key_bytes(line));
    return order_row_load(d->h.a, &key, memory, view);
}

/* What was said of the whole order goes before what is said of a line, when it is further. */
static enum status heed_order(struct delivery *d, struct document *doc)
{
    struct key key;
    struct buf memory;
    struct order_view own;
    if (!line_key(&key, doc->view.order_id, bytes_of("", 0))) return ST_OK;
    enum status status = load(d, &key, &memory, &own);
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status != ST_OK) return status;
    bool older = doc->view.has_version && own.has_version ? doc->view.version < own.version
                                                          : doc->view.state < own.state;
    if (older) {
        doc->view.state = own.state;
        doc->view.status = bytes_text(order_state_name(own.state));
        doc->view.has_version = own.has_version;
        doc->view.version = own.version;
        doc->view.was_shipped = own.was_shipped;
        doc->restocked |= own.return_confirmed;
    }
    buf_free(&memory);
    return ST_OK;
}

static enum status tell(struct delivery *d, const struct document *doc, struct bytes line,
                        const struct order_view *told)
{
    struct applying *a = d->h.a;
    uint64_t before = a->entries;
    bool held = false;
    enum status status = order_told(a, d->source, line, told, doc->restocked, &held);
    d->h.told->applied += a->entries != before;
    d->h.told->same += a->entries == before;
    d->h.told->held += held;
    return status;
}

static enum status tell_line(struct delivery *d, struct document *doc, struct wire_reader *r,
                             uint32_t number)
{
    struct bytes id = wire_get_bytes(r), sku = wire_get_bytes(r);
    struct order_view told = doc->view;
    struct buf memory;
    struct order_view was;
    struct key key;
    uint64_t product;
    told.quantity = wire_get_i64(r);
    if (!r->ok) return ST_OK;
    if (told.quantity < 0 || told.quantity > ORDER_QUANTITY_MAX ||
        !line_key(&key, told.order_id, id.size ? id : sku)) {
        hooking_refuse(&d->h, doc->number, number, HOOK_TOO_BIG);
        return ST_OK;
    }
    enum status status = load(d, &key, &memory, &was);
    bool known = status == ST_OK; /* its product may have another name by now */
    if (known) buf_free(&memory);
    if (status == ST_NOT_FOUND) status = hook_product(d->h.a, sku, &product);
    if (status != ST_OK) return status;
    if (!known && !product) {
        hooking_refuse(&d->h, doc->number, number, HOOK_UNKNOWN_SKU);
        return ST_OK;
    }
    told.refs[0] = (struct listing_key){.kind = bytes_text("sku"), .value = sku};
    told.ref_count = 1;
    return tell(d, doc, key_bytes(&key), &told);
}

/* ---- all lines of an order */

enum { LINES_MAX = HOOK_ROWS_MAX };

static enum status tell_known(struct delivery *d, struct document *doc, const struct key *key)
{
    struct buf memory;
    struct order_view was;
    struct bytes line = bytes_of(key->at, key->size);
    enum status status = load(d, key, &memory, &was);
    if (status != ST_OK) return status;
    struct order_view told = doc->view;
    told.quantity = was.quantity;
    status = tell(d, doc, line, &told);
    buf_free(&memory);
    return status;
}

static enum status tell_all(struct delivery *d, struct document *doc)
{
    struct applying *a = d->h.a;
    struct key prefix = {0}, own;
    struct bytes found;
    enum status status = ST_OK;
    if (!line_key(&own, doc->view.order_id, bytes_of("", 0))) {
        hooking_refuse(&d->h, doc->number, 0, HOOK_TOO_BIG);
        return ST_OK;
    }
    struct order_view view = doc->view;
    view.quantity = 0;
    status = tell(d, doc, key_bytes(&own), &view);
    key_u32(&prefix, d->source);
    key_add(&prefix, doc->view.order_id);
    key_u8(&prefix, 0);
    struct key at = prefix;
    for (int i = 0; i < LINES_MAX && status == ST_OK; i++) {
        struct store_cursor *cursor = store_cursor(a->txn, TABLE_ORDER);
        status = store_seek(cursor, key_bytes(&at), &found, NULL);
        if (status == ST_OK && bytes_equal(found, key_bytes(&at)))
            status = store_next(cursor, &found, NULL);
        bool one = status == ST_OK && key_starts(found, key_bytes(&prefix));
        struct key line = {0};
        if (one) {
            at.size = 0;
            key_add(&at, found);
            key_add(&line, bytes_of(at.at + prefix.size, at.size - prefix.size));
        }
        store_cursor_close(cursor);
        if (!one) break;
        if (!bytes_equal(key_bytes(&line), key_bytes(&own))) status = tell_known(d, doc, &line);
    }
    return engine_read_failed(a->txn, status, "order", a->error);
}

/* ---- the delivery */

static void read_document(struct document *doc, struct wire_reader *r, uint32_t number,
                          const struct directory_warehouse *warehouse)
{
    *doc = (struct document){.number = number};
    doc->view.order_id = wire_get_bytes(r);
    doc->view.state = (enum order_state)wire_get_u8(r);
    doc->restocked = wire_get_u8(r) != 0;
    doc->view.has_version = wire_get_u8(r) != 0;
    doc->view.version = wire_get_i64(r);
    doc->view.ordered_ms = wire_get_i64(r);
    doc->view.changed_ms = wire_get_i64(r);
    doc->lines = wire_get_u64(r);
    doc->view.status = bytes_text(order_state_name(doc->view.state));
    doc->view.remote = bytes_text(warehouse->key);
    if (doc->view.state >= ORDER_STATES || doc->lines > HOOK_ROWS_MAX) r->ok = false;
}

static enum status apply_document(struct delivery *d, struct wire_reader *r, uint32_t number)
{
    struct document doc;
    struct directory *now = engine_directory(d->h.a->engine, d->h.a->txn, d->h.a->error);
    if (!now) return ST_DAMAGED;
    read_document(&doc, r, number, directory_warehouse_by_key(now, d->h.head.warehouse));
    if (!r->ok) return ST_OK;
    d->h.told->rows += doc.lines ? (uint32_t)doc.lines : 1;
    if (!doc.lines) return tell_all(d, &doc);
    enum status status = heed_order(d, &doc);
    for (uint32_t i = 0; i < doc.lines && status == ST_OK && r->ok; i++)
        status = tell_line(d, &doc, r, i);
    return status;
}

static bool all_refused(const struct delivery *d)
{
    return d->h.told->rows && d->h.told->refused_count == d->h.told->rows;
}

enum status apply_hook_orders(struct applying *a, struct wire_reader *r)
{
    struct delivery d = {0};
    bool done;
    enum status status = hooking_begin(&d.h, a, r, &done);
    uint64_t count = wire_get_u64(r);
    if (status == ST_OK && r->ok && !done) {
        if (count == 0 || count > HOOK_ROWS_MAX)
            status =
                error_set(a->error, ST_INVALID, "a delivery has 1 to %d orders", HOOK_ROWS_MAX);
        if (status == ST_OK) status = hook_source(&d.h, &d.source);
        for (uint32_t i = 0; i < count && status == ST_OK && r->ok; i++)
            status = apply_document(&d, r, i);
        if (status == ST_OK && r->ok && all_refused(&d)) status = hooking_refuse_all(&d.h);
    }
    if (!r->ok && status == ST_OK) d.h.told = NULL; /* nothing is kept: engine_apply refuses */
    return hooking_end(&d.h, status);
}
