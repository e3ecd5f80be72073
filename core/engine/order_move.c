/* Order lines whose product is merged into another, or deleted, and the way back. What lines mean
 * is in order.c. */
#include "engine/order_move.h"

#include "base/wire.h"
#include "engine/apply.h"

enum status order_line_load(struct applying *a, struct bytes line, struct order_held_line *held)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_ORDER_LINE, line, &value);
    if (status == ST_NOT_FOUND) return status;
    buf_init(&held->memory, RECORD_MAX);
    if (status == ST_OK) {
        buf_add(&held->memory, value.data, value.size);
        status = order_read(bytes_of(held->memory.data, held->memory.size), &held->view);
    }
    if (status == ST_OK) return ST_OK;
    buf_free(&held->memory);
    engine_read_failed(a->txn, ST_DAMAGED, "order_line", a->error);
    return ST_DAMAGED;
}

static struct key product_row(uint64_t product, struct bytes line)
{
    struct key key = {0};
    key_u64(&key, product);
    key_add(&key, line);
    return key;
}

void order_line_save(struct applying *a, struct bytes line, struct order_held_line *held,
                     uint64_t from)
{
    struct buf *record = &a->engine->record;
    applying_sequence(a);
    buf_reset(record);
    order_write(record, &held->view);
    store_put(a->txn, TABLE_ORDER_LINE, line, bytes_of(record->data, record->size));
    bool has = false;
    for (uint32_t i = 0; i < held->view.part_count; i++) {
        struct key key = product_row(held->view.parts[i].product, line);
        has |= held->view.parts[i].product == from;
        store_put(a->txn, TABLE_ORDER_PRODUCT, key_bytes(&key), bytes_of("", 0));
    }
    struct key key = product_row(from, line);
    if (!has) store_delete(a->txn, TABLE_ORDER_PRODUCT, key_bytes(&key));
    /* One that was let go is open again when it is exempt for another reason. */
    if (order_is_open(&held->view))
        store_put(a->txn, TABLE_ORDER_OPEN, line, bytes_of("", 0));
    else
        store_delete(a->txn, TABLE_ORDER_OPEN, line);
    buf_free(&held->memory);
}

void order_pieces_write(struct buf *out, const struct order_view *view, uint64_t product)
{
    buf_init(out, RECORD_MAX);
    for (uint32_t i = 0; i < view->part_count; i++) {
        const struct order_part *part = &view->parts[i];
        if (part->product != product) continue;
        wire_put_u64(out, part->warehouse);
        wire_put_i64(out, part->reserved);
        wire_put_i64(out, part->shipped);
    }
}

uint32_t order_pieces_read(struct bytes from, struct order_part parts[ORDER_PARTS_MAX])
{
    struct wire_reader r = wire_reader(from);
    uint32_t count = 0;
    while (!wire_at_end(&r) && r.ok && count < ORDER_PARTS_MAX) {
        struct order_part *part = &parts[count++];
        *part = (struct order_part){.warehouse = wire_get_u32(&r)};
        part->reserved = wire_get_i64(&r);
        part->shipped = wire_get_i64(&r);
    }
    return count;
}

static struct order_part *find(struct order_view *view, uint64_t product, uint32_t warehouse)
{
    for (uint32_t i = 0; i < view->part_count; i++)
        if (view->parts[i].product == product && view->parts[i].warehouse == warehouse)
            return &view->parts[i];
    return NULL;
}

static int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

void order_pieces_move(struct order_view *view, uint64_t from, uint64_t to, uint32_t warehouse,
                       int64_t most, int64_t *reserved)
{
    struct order_part *source = find(view, from, warehouse), *into = find(view, to, warehouse);
    *reserved = 0;
    if (!source) return;
    bool whole = source->reserved + source->shipped <= most;
    if (whole && !into) { /* the part itself */
        *reserved = source->reserved;
        source->product = to;
        return;
    }
    if (!into) {
        if (view->part_count == ORDER_PARTS_MAX) return; /* then it stays where it is */
        into = &view->parts[view->part_count++];
        *into = (struct order_part){.product = to, .warehouse = warehouse};
    }
    *reserved = least(source->reserved, most);
    int64_t shipped = least(source->shipped, most - *reserved);
    into->reserved += *reserved;
    into->shipped += shipped;
    source->reserved -= *reserved;
    source->shipped -= shipped;
    if (source->reserved == 0 && source->shipped == 0)
        *source = view->parts[--view->part_count]; /* `into` may be that last one: not used again */
}
