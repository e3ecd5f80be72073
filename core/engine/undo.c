/* Undoing a command: the inverse of what it changed, the last change first. What stands in the way
 * is found before the first write (undo_plan.c). */
#include "engine/undo.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/listing.h"
#include "engine/listing_private.h"
#include "engine/order_move.h"
#include "engine/product_private.h"
#include "engine/reserve.h"
#include "engine/stock.h"

struct undoing {
    struct applying *a;
    uint64_t sequence;
};

/* ---- stock */

static enum status undo_pair(void *ctx, uint64_t product, uint32_t warehouse)
{
    struct undoing *u = ctx;
    struct undo_figure f;
    enum status status =
        undo_figure_read(u->a->txn, u->sequence, product, warehouse, &f, u->a->error);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    u->a->result->rows++;
    if (f.gone) /* what was promised comes back with who it was promised to */
        return stock_give(u->a, product, warehouse, f.on_hand_before, 0, CAUSE_UNDO);
    return stock_move(u->a, product, warehouse, f.on_hand_before - f.on_hand_after, 0, CAUSE_UNDO);
}

/* Where the command gave the first figure, there is none again. */
static enum status undo_first(void *ctx, uint64_t product, uint32_t warehouse)
{
    struct undoing *u = ctx;
    struct undo_figure f;
    enum status status =
        undo_figure_read(u->a->txn, u->sequence, product, warehouse, &f, u->a->error);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    return f.first && !f.gone ? stock_forget(u->a, product, warehouse, CAUSE_UNDO) : ST_OK;
}

/* Both at once: the guard takes a step together with the one before it at the same product only,
 * and what goes to 0 and then to nothing known was never shown as 0. */
static enum status undo_row(void *ctx, uint64_t product, uint32_t warehouse)
{
    enum status status = undo_pair(ctx, product, warehouse);
    return status == ST_OK ? undo_first(ctx, product, warehouse) : status;
}

/* ---- products */

static enum status undo_gone(struct applying *a, const struct change_view *c)
{
    struct product_view view;
    if (product_read(c->old, &view) != ST_OK) return ST_DAMAGED;
    view.changed_ms = a->command->now_ms;
    view.revision = applying_sequence(a);
    change_put(a,
               &(struct change_view){
                   .what = CHANGE_MADE, .product = c->product, .other = c->other, .new = c->key});
    product_enter(a, c->product, &view);
    return ST_OK;
}

static void barcodes_split(struct bytes joined, struct product_view *view)
{
    const char *at = joined.data, *end = at + joined.size;
    view->barcode_count = 0;
    while (joined.size && at <= end && view->barcode_count < PRODUCT_BARCODES_MAX) {
        const char *stop = memchr(at, CHANGE_BARCODES_SEPARATOR, (size_t)(end - at));
        if (!stop) stop = end;
        view->barcodes[view->barcode_count++] = bytes_of(at, (size_t)(stop - at));
        at = stop + 1;
    }
}

static void field_set(struct product_view *view, struct bytes name, struct bytes value)
{
    const struct {
        const char *name;
        struct bytes *value;
    } fields[] = {{"name", &view->name},
                  {"brand", &view->brand},
                  {"description", &view->description},
                  {"image", &view->image},
                  {"attributes", &view->attributes}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (bytes_equal(name, bytes_text(fields[i].name))) {
            *fields[i].value = value;
            return;
        }
    barcodes_split(value, view);
}

/* Those that were tied to the product by the name that is taken back: their keys say whose they
 * are.
 */
static enum status leave_name(struct applying *a, void *ctx, const struct product_listing *at,
                              struct listing_view *view)
{
    (void)ctx;
    if (view->by_hand) return ST_OK;
    enum status status = listing_map_again(a, at->account, at->listing, view);
    if (status != ST_OK || view->product == at->product) return status;
    listing_save(a, at->account, at->listing, view);
    return listing_refresh(a, at->account, at->listing, view);
}

static enum status undo_rename(struct applying *a, uint64_t product, struct product_view *view,
                               struct bytes sku)
{
    enum status status = product_rename_to(a, product, view, sku);
    if (status == ST_OK) status = product_listings(a, product, leave_name, NULL);
    return status == ST_OK ? listing_freed(a, product) : status;
}

static enum status undo_field(struct applying *a, const struct change_view *c)
{
    struct buf memory;
    struct product_view old;
    enum status status = product_load(a, c->product, &memory, &old);
    if (status != ST_OK) return status;
    struct product_view view = old;
    if (bytes_equal(c->key, bytes_text("sku"))) {
        status = undo_rename(a, c->product, &view, c->old);
    } else {
        field_set(&view, c->key, c->old);
        status = product_change_to(a, c->product, &old, &view);
    }
    buf_free(&memory);
    return status;
}

/* ---- listings, lines, reservations */

/* Whether its keys name the product that it is tied to. One that is called otherwise by now keeps
 * the listing as it would have kept it then (product_rename.c): the seller said so. */
static enum status names_its_product(struct applying *a, const struct listing_view *view,
                                     bool *names)
{
    struct listing_match match;
    enum status status = listing_match(a->txn, view, &match, a->error);
    *names = match.conflict || match.product == view->product;
    return status;
}

static enum status undo_listing(struct applying *a, const struct change_view *c)
{
    if (c->key.size != 12) return ST_DAMAGED;
    const uint8_t *at = c->key.data;
    uint32_t account = bytes_get_u32(at);
    uint64_t listing = bytes_get_u64(at + 4);
    struct buf memory;
    struct listing_view view;
    enum status status = listing_load(a, account, listing, &memory, &view);
    if (status != ST_OK) return status;
    if (view.product != c->other) status = listing_tie(a, account, listing, &view, c->other);
    bool names = true;
    if (status == ST_OK && view.product) status = names_its_product(a, &view, &names);
    view.by_hand = c->flag != 0 || !names;
    if (view.product) listing_conflict_clear(a, account, listing);
    listing_save(a, account, listing, &view);
    if (status == ST_OK) status = listing_refresh(a, account, listing, &view);
    buf_free(&memory);
    return status;
}

static enum status promised_move(struct applying *a, uint64_t from, uint64_t to, uint32_t warehouse,
                                 int64_t pieces)
{
    enum status status = stock_move(a, from, warehouse, 0, -pieces, CAUSE_UNDO);
    return status == ST_OK && pieces ? stock_give(a, to, warehouse, 0, pieces, CAUSE_UNDO) : status;
}

/* What a line held of the merged product goes back to it, as far as the line still holds it. */
static enum status undo_order_merged(struct applying *a, const struct change_view *c,
                                     struct order_held_line *held)
{
    struct order_part parts[ORDER_PARTS_MAX];
    uint32_t count = order_pieces_read(c->old, parts);
    enum status status = ST_OK;
    for (uint32_t i = 0; i < count && status == ST_OK; i++) {
        int64_t reserved;
        order_pieces_move(&held->view, c->product, c->other, parts[i].warehouse,
                          parts[i].reserved + parts[i].shipped, &reserved);
        status = promised_move(a, c->product, c->other, parts[i].warehouse, reserved);
    }
    order_line_save(a, c->key, held, c->product);
    return status;
}

static void undo_order_deleted(struct applying *a, const struct change_view *c,
                               struct order_held_line *held)
{
    struct order_part parts[ORDER_PARTS_MAX];
    uint32_t count = order_pieces_read(c->old, parts);
    held->view.exempt = (enum order_exempt)c->flag;
    for (uint32_t i = 0; i < count && held->view.part_count < ORDER_PARTS_MAX; i++) {
        parts[i].product = c->product;
        held->view.parts[held->view.part_count++] = parts[i];
    }
    order_line_save(a, c->key, held, c->product);
}

static enum status undo_order(struct applying *a, const struct change_view *c)
{
    struct order_held_line held;
    enum status status = order_line_load(a, c->key, &held);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    if (c->other) return undo_order_merged(a, c, &held);
    undo_order_deleted(a, c, &held);
    return ST_OK;
}

static enum status undo_reservation(struct applying *a, const struct change_view *c)
{
    struct reservation_view view;
    enum status status = reservation_move(a, c->key, c->product, c->other, &view);
    if (status == ST_NOT_FOUND) return ST_OK; /* it is over */
    if (status != ST_OK) return status;
    return promised_move(a, c->product, c->other, view.warehouse, view.quantity);
}

static enum status undo_rule(struct applying *a, const struct change_view *c)
{
    if (c->key.size <= 4) return ST_DAMAGED;
    struct bytes word = bytes_of((const char *)c->key.data + 4, c->key.size - 4);
    return rule_restore(a, c->product, bytes_get_u32(c->key.data), word, c->old);
}

/* ---- all of a command */

static enum status undo_change(struct undoing *u, const struct change_view *c)
{
    struct applying *a = u->a;
    switch (c->what) {
    case CHANGE_MADE: return product_delete(a, c->product);
    case CHANGE_FIELD: return undo_field(a, c);
    case CHANGE_GONE: return undo_gone(a, c);
    case CHANGE_LISTING: return undo_listing(a, c);
    case CHANGE_ORDER: return undo_order(a, c);
    case CHANGE_RESERVATION: return undo_reservation(a, c);
    case CHANGE_RULE: return undo_rule(a, c);
    case CHANGE_FIGURE: return undo_pair(u, c->product, bytes_get_u32(c->key.data));
    case CHANGE_SETTING: /* no command that is undone makes one */
    case CHANGE_COUNT: break;
    }
    return ST_BUG;
}

/* What a listing showed by that command is free for one that waits for it, once all is back; and
 * what it waited for itself may have come since. A product that is back is named by what was read
 * while it was gone. */
static enum status free_product(struct undoing *u, const struct change_view *c)
{
    struct bytes value;
    uint8_t key[8];
    bytes_put_u64(key, c->product);
    if (c->what == CHANGE_GONE) return listing_freed(u->a, c->product);
    if (c->what != CHANGE_LISTING || !c->product || c->product == c->other) return ST_OK;
    if (!c->other) {
        const uint8_t *at = c->key.data; /* undo_listing has looked at its size */
        enum status mapped = listing_map_one(u->a, bytes_get_u32(at), bytes_get_u64(at + 4));
        if (mapped != ST_OK) return mapped;
    }
    enum status status = store_get(u->a->txn, TABLE_PRODUCT, bytes_of(key, sizeof key), &value);
    return status == ST_OK ? listing_freed(u->a, c->product) : ST_OK;
}

/* How many rows of TABLE_CHANGE it has. */
static enum status count_changes(struct undoing *u, uint32_t *count)
{
    struct key prefix = {0};
    struct bytes key;
    key_u64(&prefix, u->sequence);
    struct store_cursor *cursor = store_cursor(u->a->txn, TABLE_CHANGE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, NULL);
    for (*count = 0; status == ST_OK && key_starts(key, key_bytes(&prefix)); (*count)++)
        status = store_next(cursor, &key, NULL);
    store_cursor_close(cursor);
    return engine_read_failed(u->a->txn, status, "change", u->a->error);
}

/* Its `nth` change, given to `each`: copied, for that writes, and the store's bytes do not live so
 * long. */
static enum status with_change(struct undoing *u, uint32_t nth,
                               enum status (*each)(struct undoing *u, const struct change_view *c))
{
    struct key key = {0};
    struct bytes value;
    struct change_view change;
    struct buf memory;
    key_u64(&key, u->sequence);
    key_u32(&key, nth);
    enum status status = store_get(u->a->txn, TABLE_CHANGE, key_bytes(&key), &value);
    if (status != ST_OK) return status;
    buf_init(&memory, COMMAND_PAYLOAD_MAX);
    buf_add(&memory, value.data, value.size);
    status = change_read(bytes_of(memory.data, memory.size), &change);
    if (status == ST_OK) status = each(u, &change);
    buf_free(&memory);
    return status;
}

static enum status undo_changes(struct undoing *u)
{
    uint32_t count;
    enum status status = count_changes(u, &count);
    for (uint32_t i = count; i-- > 0 && status == ST_OK;)
        status = with_change(u, i, undo_change);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        status = with_change(u, i, free_product);
    if (status == ST_OK || store_failed(u->a->txn, u->a->error) != ST_OK) return status;
    /* It has written: no refusal any more. */
    return error_set(u->a->error, ST_BUG,
                     "command %llu cannot be undone: its changes are not whole",
                     (unsigned long long)u->sequence);
}

static bool is_bulk(struct undoing *u)
{
    uint8_t key[8];
    struct bytes value;
    struct command_view command;
    bytes_put_u64(key, u->sequence);
    return store_get(u->a->txn, TABLE_COMMAND, bytes_of(key, sizeof key), &value) == ST_OK &&
           command_read(value, &command) == ST_OK && command.kind == COMMAND_STOCK_BULK;
}

enum status apply_undo(struct applying *a, struct wire_reader *r)
{
    struct undoing u = {.a = a, .sequence = wire_get_u64(r)};
    struct undo_plan plan = {0};
    if (!r->ok) return ST_OK; /* engine_apply says so */
    enum status status = undo_plan(a->txn, u.sequence, &plan, a->error);
    if (status != ST_OK) return status;
    if (plan.obstacles == 1)
        return error_set(a->error, ST_CONFLICT, "command %llu cannot be undone: %s",
                         (unsigned long long)u.sequence, plan.first);
    if (plan.obstacles)
        return error_set(a->error, ST_CONFLICT,
                         "command %llu cannot be undone: %s (and more; `stockctl undo %llu "
                         "--dry-run` shows all)",
                         (unsigned long long)u.sequence, plan.first,
                         (unsigned long long)u.sequence);
    uint8_t key[8], by[8];
    bytes_put_u64(key, u.sequence);
    bytes_put_u64(by, applying_sequence(a));
    store_put(a->txn, TABLE_UNDONE, bytes_of(key, sizeof key), bytes_of(by, sizeof by));
    if (is_bulk(&u)) return undo_pairs(a->txn, u.sequence, undo_row, &u, a->error);
    status = undo_changes(&u);
    if (status != ST_OK) return status;
    return undo_pairs(a->txn, u.sequence, undo_first, &u, a->error);
}
