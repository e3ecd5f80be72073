/* Which rows follow from which. */
#include "engine/rebuild_private.h"

#include "engine/listing.h"
#include "engine/listing_match.h"
#include "engine/record_change.h"
#include "engine/record_order.h"
#include "engine/reserve.h"
#include "engine/sku.h"
#include "engine/target.h"
#include "engine/wake.h"

static const struct bytes nothing = {"", 0};

static void derive_product(struct bytes key, struct bytes value, rebuild_emit *emit, void *ctx)
{
    struct product_view view;
    if (key.size != 8 || product_read(value, &view) != ST_OK) return;
    struct key fold = sku_fold_prefix(view.sku);
    key_add(&fold, key);
    emit(ctx, TABLE_PRODUCT_SKU, view.sku, key);
    emit(ctx, TABLE_PRODUCT_FOLD, key_bytes(&fold), nothing);
    for (uint32_t i = 0; i < view.barcode_count; i++) {
        struct key at = {0};
        key_add(&at, view.barcodes[i]);
        key_u8(&at, 0);
        key_add(&at, key);
        emit(ctx, TABLE_PRODUCT_BARCODE, key_bytes(&at), nothing);
    }
}

static void derive_listing(struct bytes key, struct bytes value, rebuild_emit *emit, void *ctx)
{
    struct listing_view view;
    if (key.size != 12 || listing_read(value, &view) != ST_OK) return;
    const uint8_t *at = key.data;
    struct key id = {0};
    key_add(&id, bytes_of(at, 4));
    if (view.id.size <= KEY_TEXT_MAX) key_add(&id, view.id);
    emit(ctx, TABLE_LISTING_ID, key_bytes(&id), bytes_of(at + 4, 8));
    for (uint32_t i = 0; i < view.key_count; i++) {
        struct key index;
        if (listing_index_key(&view.keys[i], bytes_get_u32(at), bytes_get_u64(at + 4), &index))
            emit(ctx, TABLE_LISTING_KEY, key_bytes(&index), nothing);
    }
    if (!view.product) return;
    struct key tied = {0};
    key_u64(&tied, view.product);
    key_add(&tied, key);
    emit(ctx, TABLE_LISTING_PRODUCT, key_bytes(&tied), nothing);
}

static void derive_target(struct bytes key, struct bytes value, rebuild_emit *emit, void *ctx)
{
    struct target_record r;
    if (key.size != TARGET_KEY_SIZE || target_record_read(value, &r, NULL) != ST_OK) return;
    const struct target_id id = target_key_read(key.data);
    if (r.flags & TARGET_QUEUED) {
        const struct outbox_place place = {r.group, r.queued_due_ms, r.queued_priority};
        uint8_t at[OUTBOX_KEY_SIZE];
        outbox_key_write(at, &place, &id);
        emit(ctx, TABLE_OUTBOX, bytes_of(at, sizeof at), nothing);
    }
    if (r.flags & TARGET_UNRESOLVED) {
        struct key at = {0};
        key_u32(&at, id.account);
        key_u64(&at, (uint64_t)r.look_ms);
        key_add(&at, key);
        emit(ctx, TABLE_UNRESOLVED, key_bytes(&at), nothing);
    }
}

static void derive_command(struct bytes key, struct bytes value, rebuild_emit *emit, void *ctx)
{
    struct command_view view;
    if (key.size != 8 || command_read(value, &view) != ST_OK) return;
    if (view.id.size) emit(ctx, TABLE_COMMAND_ID, view.id, key);
    if (!view.group) return;
    struct key at = {0};
    key_u64(&at, view.group);
    key_add(&at, key);
    emit(ctx, TABLE_COMMAND_GROUP, key_bytes(&at), nothing);
}

static void derive_change(struct bytes key, struct bytes value, rebuild_emit *emit, void *ctx)
{
    struct change_view view;
    if (key.size != 12 || change_read(value, &view) != ST_OK) return;
    const uint64_t products[] = {view.product, view.other};
    for (int i = 0; i < 2; i++) {
        struct key at = {0};
        if (!products[i] || (i && products[1] == products[0])) continue;
        key_u64(&at, products[i]);
        key_add(&at, key);
        emit(ctx, TABLE_CHANGE_PRODUCT, key_bytes(&at), nothing);
    }
}

static void derive_line(struct bytes key, struct bytes value, rebuild_emit *emit, void *ctx)
{
    struct order_view view;
    if (key.size <= 4 || order_read(value, &view) != ST_OK) return;
    struct key at = {0};
    key_add(&at, bytes_of(key.data, 4));
    key_add(&at, view.order_id);
    key_u8(&at, 0);
    key_add(&at, bytes_of((const uint8_t *)key.data + 4, key.size - 4));
    emit(ctx, TABLE_ORDER, key_bytes(&at), nothing);
    if (order_is_open(&view)) emit(ctx, TABLE_ORDER_OPEN, key, nothing);
    if (view.held) emit(ctx, TABLE_ORDER_HELD, key, nothing);
    for (uint32_t i = 0; i < view.part_count; i++) {
        bool again = false;
        for (uint32_t k = 0; k < i && !again; k++)
            again = view.parts[k].product == view.parts[i].product;
        if (again) continue;
        at.size = 0;
        key_u64(&at, view.parts[i].product);
        key_add(&at, key);
        emit(ctx, TABLE_ORDER_PRODUCT, key_bytes(&at), nothing);
    }
}

static void derive_reservation(struct bytes key, struct bytes value, rebuild_emit *emit, void *ctx)
{
    struct reservation_view view;
    if (key.size != 8 || reservation_read(value, &view) != ST_OK || !view.until_ms) return;
    struct key at = wake_key(view.until_ms, WAKE_RESERVATION, bytes_get_u64(key.data));
    emit(ctx, TABLE_WAKE, key_bytes(&at), nothing);
}

void rebuild_derive(enum store_table source, struct bytes key, struct bytes value,
                    rebuild_emit *emit, void *ctx)
{
    switch ((int)source) {
    case TABLE_PRODUCT: derive_product(key, value, emit, ctx); return;
    case TABLE_LISTING: derive_listing(key, value, emit, ctx); return;
    case TABLE_TARGET: derive_target(key, value, emit, ctx); return;
    case TABLE_COMMAND: derive_command(key, value, emit, ctx); return;
    case TABLE_CHANGE: derive_change(key, value, emit, ctx); return;
    case TABLE_ORDER_LINE: derive_line(key, value, emit, ctx); return;
    case TABLE_RESERVATION: derive_reservation(key, value, emit, ctx); return;
    }
}

/* ---- and back */

static bool part_of(struct key *out, struct bytes key, size_t at, size_t size)
{
    if (key.size < at + size) return false;
    key_add(out, bytes_of((const uint8_t *)key.data + at, size));
    return true;
}

/* account u32, order id, 0, line: the line follows the first 0 behind which such a line is; ids
 * seldom hold one. */
static bool line_of_order(struct bytes key, struct key *out)
{
    const uint8_t *at = key.data;
    if (key.size < 6) return false;
    const uint8_t *zero = memchr(at + 4, 0, key.size - 4);
    if (!zero || (size_t)(zero - at) + 1 >= key.size) return false;
    key_add(out, bytes_of(at, 4));
    key_add(out, bytes_of(zero + 1, key.size - (size_t)(zero - at) - 1));
    return true;
}

bool rebuild_source(enum store_table table, struct bytes key, struct bytes value,
                    enum store_table *source, struct key *out)
{
    out->size = 0;
    switch ((int)table) {
    case TABLE_PRODUCT_SKU: *source = TABLE_PRODUCT; return part_of(out, value, 0, 8);
    case TABLE_PRODUCT_BARCODE:
    case TABLE_PRODUCT_FOLD:
        *source = TABLE_PRODUCT;
        return key.size >= 9 && part_of(out, key, key.size - 8, 8);
    case TABLE_LISTING_ID:
        *source = TABLE_LISTING;
        return part_of(out, key, 0, 4) && part_of(out, value, 0, 8);
    case TABLE_LISTING_KEY:
        *source = TABLE_LISTING;
        return key.size > 13 && part_of(out, key, key.size - 12, 12);
    case TABLE_LISTING_PRODUCT:
        *source = TABLE_LISTING;
        return key.size == 20 && part_of(out, key, 8, 12);
    case TABLE_OUTBOX:
        *source = TABLE_TARGET;
        return key.size == OUTBOX_KEY_SIZE && part_of(out, key, 21, TARGET_KEY_SIZE);
    case TABLE_UNRESOLVED:
        *source = TABLE_TARGET;
        return key.size == 12 + TARGET_KEY_SIZE && part_of(out, key, 12, TARGET_KEY_SIZE);
    case TABLE_COMMAND_ID: *source = TABLE_COMMAND; return part_of(out, value, 0, 8);
    case TABLE_COMMAND_GROUP:
        *source = TABLE_COMMAND;
        return key.size == 16 && part_of(out, key, 8, 8);
    case TABLE_CHANGE_PRODUCT:
        *source = TABLE_CHANGE;
        return key.size == 20 && part_of(out, key, 8, 12);
    case TABLE_ORDER: *source = TABLE_ORDER_LINE; return line_of_order(key, out);
    case TABLE_ORDER_OPEN:
    case TABLE_ORDER_HELD:
        *source = TABLE_ORDER_LINE;
        return key.size <= KEY_MAX && part_of(out, key, 0, key.size);
    case TABLE_ORDER_PRODUCT:
        *source = TABLE_ORDER_LINE;
        return key.size > 8 && part_of(out, key, 8, key.size - 8);
    }
    return false;
}
