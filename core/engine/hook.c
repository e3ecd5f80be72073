/* Hooks as rows of the store: what came of each delivery, how long that is kept, and the counts of
 * each hook. What a delivery does is in hook_stock.c and hook_order.c. */
#include "engine/hook.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/hook_private.h"

enum { HOOK_VERSION = 1, ROW_HOOK = 0, ROW_DELIVERY = 1, ROW_AGE = 2 };

static const struct {
    const char *name, *text;
} refusals[HOOK_REFUSALS] = {
    [HOOK_UNKNOWN_SKU] = {"unknown-sku", "there is no product with this SKU"},
    [HOOK_UNCOUNTED] = {"uncounted", "it was never counted there: set a figure first"},
    [HOOK_TOO_BIG] = {"too-big", "the figure would be larger than any can be"},
    [HOOK_OLDER] = {"older", "a later figure is known already"},
    [HOOK_TWICE] = {"twice", "the delivery says two different things of it"},
};

const char *hook_refusal_name(enum hook_refusal refusal)
{
    return refusal && refusal < HOOK_REFUSALS ? refusals[refusal].name : "";
}

const char *hook_refusal_text(enum hook_refusal refusal)
{
    return refusal && refusal < HOOK_REFUSALS ? refusals[refusal].text : "";
}

/* ---- the head of a delivery */

void hook_head_write(struct buf *out, const struct hook_head *head)
{
    wire_put_bytes(out, head->name);
    wire_put_bytes(out, bytes_of(head->delivery, sizeof head->delivery));
    wire_put_bytes(out, bytes_of(head->content, sizeof head->content));
    wire_put_i64(out, head->keep_ms);
    wire_put_i64(out, head->least_ms);
    wire_put_bytes(out, head->warehouse);
}

struct hook_head hook_head_get(struct wire_reader *r)
{
    struct hook_head head = {.name = wire_get_bytes(r)};
    struct bytes delivery = wire_get_bytes(r), content = wire_get_bytes(r);
    head.keep_ms = wire_get_i64(r);
    head.least_ms = wire_get_i64(r);
    head.warehouse = wire_get_bytes(r);
    if (delivery.size != sizeof head.delivery || content.size != sizeof head.content ||
        head.name.size == 0 || head.name.size > HOOK_NAME_MAX) {
        r->ok = false;
        return head;
    }
    memcpy(head.delivery, delivery.data, sizeof head.delivery);
    memcpy(head.content, content.data, sizeof head.content);
    return head;
}

/* ---- hooks */

static struct key hook_key(struct bytes name)
{
    struct key key = {0};
    key_u8(&key, ROW_HOOK);
    key_add(&key, name);
    return key;
}

enum status hook_read(struct bytes key, struct bytes value, struct hook_view *hook)
{
    struct wire_reader r = wire_reader(value);
    if (wire_get_u8(&r) != HOOK_VERSION || key.size < 2 || key.size > 1 + HOOK_NAME_MAX)
        return ST_DAMAGED;
    *hook = (struct hook_view){.name = bytes_of((const char *)key.data + 1, key.size - 1)};
    hook->source = wire_get_u32(&r);
    hook->deliveries = wire_get_u64(&r);
    hook->applied = wire_get_u64(&r);
    hook->refused = wire_get_u64(&r);
    hook->first_ms = wire_get_i64(&r);
    hook->last_ms = wire_get_i64(&r);
    return r.ok && wire_at_end(&r) && hook_is_source(hook->source) ? ST_OK : ST_DAMAGED;
}

static void hook_put(struct applying *a, const struct hook_view *hook)
{
    struct key key = hook_key(hook->name);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    wire_put_u8(record, HOOK_VERSION);
    wire_put_u64(record, hook->source);
    wire_put_u64(record, hook->deliveries);
    wire_put_u64(record, hook->applied);
    wire_put_u64(record, hook->refused);
    wire_put_i64(record, hook->first_ms);
    wire_put_i64(record, hook->last_ms);
    store_put(a->txn, TABLE_HOOK, key_bytes(&key), bytes_of(record->data, record->size));
}

enum status hooks_each(struct store_txn *txn, bool (*each)(void *ctx, const struct hook_view *hook),
                       void *ctx)
{
    static const uint8_t prefix = ROW_HOOK;
    struct bytes key, value;
    struct hook_view hook;
    struct store_cursor *cursor = store_cursor(txn, TABLE_HOOK);
    enum status status = store_seek(cursor, bytes_of(&prefix, 1), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(&prefix, 1))) {
        status = hook_read(key, value, &hook);
        if (status != ST_OK || !each(ctx, &hook)) break;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static bool note_highest(void *ctx, const struct hook_view *hook)
{
    uint32_t *highest = ctx;
    if (hook->source > *highest) *highest = hook->source;
    return true;
}

/* Its row, or a new one. Names in it point to the head's. */
static enum status load_or_make(struct hooking *h, struct hook_view *hook)
{
    struct applying *a = h->a;
    struct key key = hook_key(h->head.name);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_HOOK, key_bytes(&key), &value);
    if (status == ST_OK) status = hook_read(key_bytes(&key), value, hook);
    hook->name = h->head.name;
    if (status == ST_OK) return ST_OK;
    if (status == ST_NOT_FOUND) {
        uint32_t highest = HOOK_SOURCE_FIRST;
        status = hooks_each(a->txn, note_highest, &highest);
        if (status == ST_OK) {
            *hook = (struct hook_view){
                .name = h->head.name, .source = highest + 1, .first_ms = a->command->now_ms};
            hook_put(a, hook);
            engine_directory_stale(a->engine); /* h->warehouse pointed into it */
            h->warehouse = NULL;
            return ST_OK;
        }
    }
    engine_read_failed(a->txn, ST_DAMAGED, "hook", a->error);
    return ST_DAMAGED;
}

enum status hook_source(struct hooking *h, uint32_t *source)
{
    struct hook_view hook;
    enum status status = load_or_make(h, &hook);
    *source = hook.source;
    return status;
}

/* ---- deliveries */

static struct key delivery_key(const struct hook_head *head)
{
    struct key key = {0};
    key_u8(&key, ROW_DELIVERY);
    key_add(&key, head->name);
    key_u8(&key, 0);
    key_add(&key, bytes_of(head->delivery, sizeof head->delivery));
    return key;
}

static bool told_read(struct bytes value, struct bytes *content, struct hook_told *told)
{
    struct wire_reader r = wire_reader(value);
    bool good = wire_get_u8(&r) == HOOK_VERSION;
    told->before = true;
    *content = wire_get_bytes(&r);
    told->sequence = wire_get_u64(&r);
    told->time_ms = wire_get_i64(&r);
    told->rows = wire_get_u32(&r);
    told->applied = wire_get_u32(&r);
    told->same = wire_get_u32(&r);
    told->held = wire_get_u32(&r);
    told->refused_count = wire_get_u32(&r);
    if (!good || !r.ok || content->size != DIGEST_SIZE || told->refused_count > HOOK_ROWS_MAX)
        return false;
    for (uint32_t i = 0; i < told->refused_count; i++) {
        told->refused[i].row = wire_get_u32(&r);
        told->refused[i].line = wire_get_u32(&r);
        told->refused[i].why = (enum hook_refusal)wire_get_u8(&r);
    }
    return r.ok && wire_at_end(&r);
}

enum status hook_find(struct store_txn *txn, const struct hook_head *head, struct hook_told *told,
                      struct error *error)
{
    struct key key = delivery_key(head);
    struct bytes value, content;
    enum status status = store_get(txn, TABLE_HOOK, key_bytes(&key), &value);
    if (status == ST_NOT_FOUND) return status;
    if (status != ST_OK) return engine_read_failed(txn, status, "hook", error);
    if (!told_read(value, &content, told))
        return error_set(error, ST_DAMAGED,
                         "table hook: what came of a delivery cannot be read; `stockctl store "
                         "verify` says more");
    if (bytes_equal(content, bytes_of(head->content, sizeof head->content))) return ST_OK;
    return error_set(error, ST_CONFLICT,
                     "this delivery id was used for something else; nothing was done. Give each "
                     "delivery an id of its own");
}

static void told_put(struct hooking *h)
{
    const struct hook_told *told = h->told;
    struct key key = delivery_key(&h->head), age = {0};
    struct buf row;
    uint8_t least[8];
    int64_t now = h->a->command->now_ms;
    buf_init(&row, RECORD_MAX);
    wire_put_u8(&row, HOOK_VERSION);
    wire_put_bytes(&row, bytes_of(h->head.content, sizeof h->head.content));
    wire_put_u64(&row, told->sequence);
    wire_put_i64(&row, told->time_ms);
    wire_put_u64(&row, told->rows);
    wire_put_u64(&row, told->applied);
    wire_put_u64(&row, told->same);
    wire_put_u64(&row, told->held);
    wire_put_u64(&row, told->refused_count);
    for (uint32_t i = 0; i < told->refused_count; i++) {
        wire_put_u64(&row, told->refused[i].row);
        wire_put_u64(&row, told->refused[i].line);
        wire_put_u8(&row, (uint8_t)told->refused[i].why);
    }
    store_put(h->a->txn, TABLE_HOOK, key_bytes(&key), bytes_of(row.data, row.size));
    buf_free(&row);
    key_u8(&age, ROW_AGE);
    key_u64(&age, (uint64_t)(now + h->head.keep_ms));
    key_add(&age, key_bytes(&key));
    bytes_put_u64(least, (uint64_t)(now + h->head.least_ms));
    store_put(h->a->txn, TABLE_HOOK, key_bytes(&age), bytes_of(least, sizeof least));
}

/* The one that is to be forgotten first, when its time is over or there are too many. */
static bool forget_one(struct store_txn *txn, int64_t now_ms)
{
    static const uint8_t prefix = ROW_AGE;
    struct key gone = {0};
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_HOOK);
    bool found = store_seek(cursor, bytes_of(&prefix, 1), &key, &value) == ST_OK &&
                 key_starts(key, bytes_of(&prefix, 1)) && key.size > 9 && value.size == 8;
    if (found) {
        bool crowded = store_count(txn, TABLE_HOOK) / 2 > HOOK_DELIVERIES_MAX;
        int64_t until = (int64_t)bytes_get_u64((const uint8_t *)key.data + 1);
        int64_t least = (int64_t)bytes_get_u64(value.data);
        found = until <= now_ms || (crowded && least <= now_ms);
    }
    if (found) {
        key_add(&gone, bytes_of((const uint8_t *)key.data + 9, key.size - 9));
        store_cursor_delete(cursor);
    }
    store_cursor_close(cursor);
    if (found) store_delete(txn, TABLE_HOOK, key_bytes(&gone));
    return found;
}

/* ---- one delivery */

enum status hooking_begin(struct hooking *h, struct applying *a, struct wire_reader *r, bool *done)
{
    *h = (struct hooking){.a = a, .head = hook_head_get(r), .told = a->command->told};
    *done = false;
    if (!r->ok) return ST_OK; /* engine_apply says so */
    if (!h->told) h->told = h->own = mem_alloc(sizeof *h->own);
    *h->told = (struct hook_told){.time_ms = a->command->now_ms};
    enum status status = hook_find(a->txn, &h->head, h->told, a->error);
    *done = status == ST_OK;
    if (status != ST_NOT_FOUND) return status;
    return apply_find_warehouse(a, h->head.warehouse, &h->warehouse);
}

enum status hooking_end(struct hooking *h, enum status status)
{
    struct hook_view hook;
    if (status == ST_OK && h->told && !h->told->before) {
        h->told->sequence = h->a->sequence;
        h->told->time_ms = h->a->command->now_ms;
        for (int i = 0; i < HOOK_FORGOTTEN_AT_ONCE && forget_one(h->a->txn, h->told->time_ms); i++)
            ;
        told_put(h);
        status = load_or_make(h, &hook);
    }
    if (status == ST_OK && h->told && !h->told->before) {
        hook.deliveries++;
        hook.applied += h->told->applied;
        hook.refused += h->told->refused_count;
        hook.last_ms = h->told->time_ms;
        hook_put(h->a, &hook);
    }
    mem_free(h->own);
    return status;
}

void hooking_refuse(struct hooking *h, uint32_t row, uint32_t line, enum hook_refusal why)
{
    if (h->told->refused_count < HOOK_ROWS_MAX)
        h->told->refused[h->told->refused_count++] = (struct hook_refused){row, line, why};
}

enum status hooking_refuse_all(struct hooking *h)
{
    const struct hook_refused *first = &h->told->refused[0];
    return error_set(
        h->a->error, ST_INVALID,
        "none of the %u rows could be applied, the first since %s; nothing was changed",
        h->told->rows, hook_refusal_text(first->why));
}

enum status hook_product(struct applying *a, struct bytes sku, uint64_t *product)
{
    struct bytes value;
    *product = 0;
    if (sku.size == 0 || sku.size > KEY_TEXT_MAX) return ST_OK;
    enum status status = store_get(a->txn, TABLE_PRODUCT_SKU, sku, &value);
    if (status == ST_OK && value.size == 8) *product = bytes_get_u64(value.data);
    return engine_read_failed(a->txn, status, "product_sku", a->error);
}

/* ---- verify */

bool hook_row_is_good(struct store_txn *txn, struct bytes key, struct bytes value)
{
    const uint8_t *at = key.data;
    struct hook_view hook;
    struct hook_told *told;
    struct bytes content;
    if (key.size < 2) return false;
    if (*at == ROW_HOOK) return hook_read(key, value, &hook) == ST_OK;
    if (*at == ROW_AGE)
        return key.size > 9 && value.size == 8 &&
               store_get(txn, TABLE_HOOK, bytes_of(at + 9, key.size - 9), NULL) == ST_OK;
    told = mem_alloc(sizeof *told);
    bool good = *at == ROW_DELIVERY && key.size > 2 + HOOK_DELIVERY_SIZE &&
                told_read(value, &content, told);
    mem_free(told);
    return good;
}
