/* Looking at what a command did, and at what came after it. */
#include "engine/undo.h"

#include "base/mem.h"
#include "base/wire.h"
#include "engine/command.h"
#include "engine/state.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- the command */

static enum status command_of(struct store_txn *txn, uint64_t sequence, struct command_view *view,
                              struct error *error)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, sequence);
    enum status status = store_get(txn, TABLE_COMMAND, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND)
        return error_set(error, ST_NOT_FOUND,
                         "there is no command %llu; `stockctl history` shows those there are",
                         (unsigned long long)sequence);
    if (status == ST_OK && command_read(value, view) == ST_OK) return ST_OK;
    engine_read_failed(txn, ST_DAMAGED, "command", error);
    return ST_DAMAGED;
}

/* Who undid it; 0: nobody. */
static uint64_t undone_by(struct store_txn *txn, uint64_t sequence)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, sequence);
    enum status status = store_get(txn, TABLE_UNDONE, bytes_of(key, sizeof key), &value);
    return status == ST_OK && value.size == 8 ? bytes_get_u64(value.data) : 0;
}

static bool can_be_undone(uint32_t kind)
{
    switch (kind) {
    case COMMAND_STOCK_SET:
    case COMMAND_STOCK_ADJUST:
    case COMMAND_STOCK_TRANSFER:
    case COMMAND_STOCK_BULK:
    case COMMAND_STOCK_REPAIR:
    case COMMAND_HOOK_STOCK:
    case COMMAND_PRODUCT_PUT:
    case COMMAND_PRODUCT_DELETE:
    case COMMAND_PRODUCT_RENAME:
    case COMMAND_PRODUCT_MERGE:
    case COMMAND_LISTING_MAP:
    case COMMAND_RULE_SET: return true;
    }
    return false;
}

static enum status check_command(struct store_txn *txn, uint64_t sequence,
                                 struct command_view *view, struct error *error)
{
    enum status status = command_of(txn, sequence, view, error);
    if (status != ST_OK) return status;
    uint64_t by = undone_by(txn, sequence);
    if (by)
        return error_set(error, ST_CONFLICT, "command %llu was undone by %llu already",
                         (unsigned long long)sequence, (unsigned long long)by);
    if (can_be_undone(view->kind)) return ST_OK;
    return error_set(
        error, ST_CONFLICT,
        "command %llu is '%s'; what can be undone are changes of stock, imports, edits, "
        "renames, deletes and merges of products, mappings and rules",
        (unsigned long long)sequence, command_kind_name(view->kind));
}

/* ---- one pair */

static void later_entry(struct store_txn *txn, uint64_t sequence, const struct ledger_record *entry,
                        struct undo_figure *figure)
{
    struct command_view command;
    if (entry->cause == CAUSE_UNDO || undone_by(txn, sequence)) return;
    figure->later = sequence;
    bool known = command_of(txn, sequence, &command, NULL) == ST_OK;
    if (known && command.kind != COMMAND_HOOK_STOCK
            ? command.kind == COMMAND_STOCK_SET || command.kind == COMMAND_STOCK_BULK ||
                  command.kind == COMMAND_STOCK_REPAIR
            : entry->cause == CAUSE_COUNT || entry->cause == CAUSE_IMPORT)
        figure->later_set = sequence;
}

enum status undo_figure_read(struct store_txn *txn, uint64_t sequence, uint64_t product,
                             uint32_t warehouse, struct undo_figure *figure, struct error *error)
{
    *figure = (struct undo_figure){.product = product, .warehouse = warehouse};
    struct key from = {0};
    struct bytes key, value;
    key_u64(&from, product);
    key_u32(&from, warehouse);
    struct bytes pair = key_bytes(&from);
    key_u64(&from, sequence);
    bool found = false;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, key_bytes(&from), &key, &value);
    for (; status == ST_OK && key_starts(key, pair); status = store_next(cursor, &key, &value)) {
        struct ledger_record entry;
        if (key.size != 24 || value.size != sizeof entry) {
            status = ST_DAMAGED;
            break;
        }
        memcpy(&entry, value.data, sizeof entry);
        uint64_t by = bytes_get_u64((const uint8_t *)key.data + 12);
        if (by != sequence) {
            if (!found) break;
            later_entry(txn, by, &entry, figure);
            continue;
        }
        /* Of a repair the last entry is what was decided: one before it says what was there. */
        if (!found || entry.cause == CAUSE_REPAIR) {
            figure->on_hand_before = entry.on_hand_before;
            figure->reserved_before = entry.reserved_before;
            figure->first = entry.first;
        }
        found = true;
        figure->on_hand_after = entry.on_hand_after;
        figure->reserved_after = entry.reserved_after;
        figure->gone = entry.gone;
    }
    store_cursor_close(cursor);
    status = engine_read_failed(txn, status, "ledger", error);
    return status == ST_OK && !found ? ST_NOT_FOUND : status;
}

/* ---- the pairs of a command */

static enum status bulk_pairs(struct bytes payload, undo_pair_fn *each, void *ctx)
{
    struct wire_reader r = wire_reader(payload);
    struct stock_bulk head;
    struct stock_row row = {0};
    enum status status = ST_OK;
    command_stock_bulk_head(&r, &head);
    for (uint32_t i = 0; i < head.row_count && r.ok && status == ST_OK; i++) {
        command_stock_bulk_row(&r, &row);
        if (r.ok) status = each(ctx, row.product, row.warehouse);
    }
    return status;
}

struct place {
    uint64_t product;
    uint32_t warehouse;
};

/* Copied first: `each` may write. */
static enum status changed_pairs(struct store_txn *txn, uint64_t sequence, undo_pair_fn *each,
                                 void *ctx, struct error *error)
{
    struct key prefix = {0};
    struct bytes key, value;
    struct place *list = NULL;
    size_t count = 0;
    key_u64(&prefix, sequence);
    struct store_cursor *cursor = store_cursor(txn, TABLE_CHANGE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        struct change_view change;
        if (change_read(value, &change) != ST_OK || change.what != CHANGE_FIGURE ||
            change.key.size != 4)
            continue;
        list = mem_resize(list, (count + 1) * sizeof *list);
        list[count++] = (struct place){change.product, bytes_get_u32(change.key.data)};
    }
    store_cursor_close(cursor);
    status = engine_read_failed(txn, status, "change", error);
    for (size_t i = 0; i < count && status == ST_OK; i++)
        status = each(ctx, list[i].product, list[i].warehouse);
    mem_free(list);
    return status;
}

enum status undo_pairs(struct store_txn *txn, uint64_t sequence, undo_pair_fn *each, void *ctx,
                       struct error *error)
{
    struct command_view command;
    enum status status = command_of(txn, sequence, &command, error);
    if (status != ST_OK) return status;
    if (command.kind != COMMAND_STOCK_BULK) return changed_pairs(txn, sequence, each, ctx, error);
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    buf_add(&payload, command.payload.data, command.payload.size);
    status = bulk_pairs(bytes_of(payload.data, payload.size), each, ctx);
    buf_free(&payload);
    return status;
}

/* ---- the plan */

struct planning {
    struct store_txn *txn;
    uint64_t sequence;
    struct undo_plan *plan;
    uint64_t restored; /* a product that is there again afterwards */
    bool rules;        /* it changed some */
    struct error *error;
};

static void __attribute__((format(printf, 3, 4)))
obstacle(struct planning *p, uint64_t product, const char *format, ...)
{
    char text[sizeof p->plan->first];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (p->plan->obstacles++ == 0) snprintf(p->plan->first, sizeof p->plan->first, "%s", text);
    if (p->plan->obstacle) p->plan->obstacle(p->plan->ctx, product, text);
}

/* False when it is missing. */
static bool product_of(struct planning *p, uint64_t product, struct product_view *view)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, product);
    return store_get(p->txn, TABLE_PRODUCT, bytes_of(key, sizeof key), &value) == ST_OK &&
           product_read(value, view) == ST_OK;
}

static bool will_be(struct planning *p, uint64_t product)
{
    struct product_view view;
    return product == p->restored || product_of(p, product, &view);
}

/* Its first figure goes: nothing may need one. */
static enum status plan_first(struct planning *p, const struct undo_figure *figure,
                              struct bytes sku)
{
    uint64_t lines = 0;
    if (figure->later) {
        obstacle(p, figure->product,
                 "it gave '%.*s' its first figure, and command %llu changed that since; without it "
                 "there would be none",
                 (int)sku.size, (const char *)sku.data, (unsigned long long)figure->later);
        return ST_OK;
    }
    enum status status =
        undo_lines_left(p->txn, p->sequence, figure->product, figure->warehouse, &lines, p->error);
    if (status == ST_OK && lines)
        obstacle(p, figure->product,
                 "it gave '%.*s' its first figure, and orders have taken pieces from there (lines: "
                 "%llu); without it there would be none",
                 (int)sku.size, (const char *)sku.data, (unsigned long long)lines);
    return status;
}

static enum status plan_pair(void *ctx, uint64_t product, uint32_t warehouse)
{
    struct planning *p = ctx;
    struct undo_figure figure;
    struct product_view view = {0};
    enum status status =
        undo_figure_read(p->txn, p->sequence, product, warehouse, &figure, p->error);
    if (status == ST_NOT_FOUND) return ST_OK; /* the figure was so already */
    if (status != ST_OK) return status;
    p->plan->figures++;
    if (p->plan->figure) p->plan->figure(p->plan->ctx, &figure);
    if (!product_of(p, product, &view)) {
        if (product != p->restored)
            obstacle(p, product, "product number %llu, whose stock it changed, is there no longer",
                     (unsigned long long)product);
        return ST_OK;
    }
    if (figure.first && (figure.later || !figure.gone)) return plan_first(p, &figure, view.sku);
    if (figure.later_set)
        obstacle(p, product, "'%.*s' was given another figure since, by command %llu",
                 (int)view.sku.size, (const char *)view.sku.data,
                 (unsigned long long)figure.later_set);
    return ST_OK;
}

static struct bytes field_of(const struct product_view *view, struct bytes name, struct buf *joined)
{
    const struct {
        const char *name;
        struct bytes value;
    } fields[] = {{"sku", view->sku},     {"name", view->name},
                  {"brand", view->brand}, {"description", view->description},
                  {"image", view->image}, {"attributes", view->attributes}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (bytes_equal(name, bytes_text(fields[i].name))) return fields[i].value;
    buf_reset(joined);
    for (uint32_t i = 0; i < view->barcode_count; i++) {
        if (i) buf_char(joined, CHANGE_BARCODES_SEPARATOR);
        buf_add(joined, view->barcodes[i].data, view->barcodes[i].size);
    }
    return bytes_of(joined->data, joined->size);
}

static bool sku_is_free(struct planning *p, struct bytes sku)
{
    return store_get(p->txn, TABLE_PRODUCT_SKU, sku, NULL) == ST_NOT_FOUND;
}

static void plan_field(struct planning *p, const struct change_view *c)
{
    struct product_view view;
    struct buf joined;
    buf_init(&joined, RECORD_MAX);
    if (!product_of(p, c->product, &view))
        obstacle(p, c->product, "product number %llu is there no longer",
                 (unsigned long long)c->product);
    else if (!bytes_equal(field_of(&view, c->key, &joined), c->new))
        obstacle(p, c->product, "'%.*s' of '%.*s' was changed since", (int)c->key.size,
                 (const char *)c->key.data, (int)view.sku.size, (const char *)view.sku.data);
    else if (bytes_equal(c->key, bytes_text("sku")) && !sku_is_free(p, c->old))
        obstacle(p, c->product, "there is another product '%.*s' by now", (int)c->old.size,
                 (const char *)c->old.data);
    buf_free(&joined);
}

/* A listing whose product was deleted is left to its keys: by hand it is when somebody has said
 * since that it is nobody's. */
static bool taken_from_keys(const struct planning *p, const struct change_view *c,
                            const struct listing_view *view)
{
    return view->by_hand && !c->product && c->other && c->other == p->restored;
}

static void plan_listing(struct planning *p, const struct change_view *c)
{
    struct bytes value;
    struct listing_view view;
    if (store_get(p->txn, TABLE_LISTING, c->key, &value) != ST_OK ||
        listing_read(value, &view) != ST_OK)
        obstacle(p, c->product, "a listing that it tied is there no longer");
    else if (view.product != c->product || taken_from_keys(p, c, &view))
        obstacle(p, c->product, "listing '%.*s' was tied to something else since",
                 (int)view.id.size, (const char *)view.id.data);
    else if (c->other && !will_be(p, c->other))
        obstacle(p, c->other, "the product that listing '%.*s' was tied to is there no longer",
                 (int)view.id.size, (const char *)view.id.data);
}

static bool hangs_on(struct planning *p, enum store_table table, uint64_t product)
{
    struct key prefix = {0};
    struct bytes key;
    key_u64(&prefix, product);
    struct store_cursor *cursor = store_cursor(p->txn, table);
    bool any = store_seek(cursor, key_bytes(&prefix), &key, NULL) == ST_OK &&
               key_starts(key, key_bytes(&prefix));
    store_cursor_close(cursor);
    return any;
}

static void plan_made(struct planning *p, const struct change_view *c)
{
    struct product_view view;
    if (!product_of(p, c->product, &view))
        obstacle(p, c->product, "product '%.*s' is there no longer", (int)c->new.size,
                 (const char *)c->new.data);
    else if (hangs_on(p, TABLE_STOCK, c->product) || hangs_on(p, TABLE_ORDER_PRODUCT, c->product))
        obstacle(p, c->product,
                 "'%.*s' has figures or orders since; `stockctl product delete` "
                 "takes it away with them",
                 (int)view.sku.size, (const char *)view.sku.data);
}

static void plan_rule(struct planning *p, const struct change_view *c)
{
    struct product_view view;
    p->rules = true;
    if (c->product == p->restored) return;
    if (!product_of(p, c->product, &view))
        obstacle(p, c->product, "product number %llu, whose rule it changed, is there no longer",
                 (unsigned long long)c->product);
    else if (undo_rule_changed(p->txn, c))
        obstacle(p, c->product, "the %.*s of '%.*s' was changed since", (int)c->key.size - 4,
                 (const char *)c->key.data + 4, (int)view.sku.size, (const char *)view.sku.data);
}

static enum status plan_rules(struct planning *p)
{
    struct error error = {0};
    if (!p->rules) return ST_OK;
    enum status status = undo_rules_check(p->txn, p->sequence, &error);
    if (status == ST_INVALID || status == ST_NOT_FOUND) {
        obstacle(p, 0, "%s", error.text);
        return ST_OK;
    }
    if (status != ST_OK && p->error) *p->error = error;
    return status;
}

static void plan_change(struct planning *p, const struct change_view *c)
{
    if (c->what == CHANGE_FIGURE) return;
    p->plan->changes++;
    if (p->plan->change) p->plan->change(p->plan->ctx, c);
    switch (c->what) {
    case CHANGE_MADE: plan_made(p, c); return;
    case CHANGE_FIELD: plan_field(p, c); return;
    case CHANGE_LISTING: plan_listing(p, c); return;
    case CHANGE_RULE: plan_rule(p, c); return;
    case CHANGE_GONE:
        if (!sku_is_free(p, c->key))
            obstacle(p, c->product, "there is another product '%.*s' by now", (int)c->key.size,
                     (const char *)c->key.data);
        if (c->other && !will_be(p, c->other))
            obstacle(p, c->other, "the product it was merged into is there no longer");
        return;
    default: return;
    }
}

static enum status plan_changes(struct planning *p, bool look)
{
    struct key prefix = {0};
    struct bytes key, value;
    key_u64(&prefix, p->sequence);
    struct store_cursor *cursor = store_cursor(p->txn, TABLE_CHANGE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        struct change_view change;
        if (change_read(value, &change) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        if (!look && change.what == CHANGE_GONE) p->restored = change.product;
        if (look) plan_change(p, &change);
    }
    store_cursor_close(cursor);
    return engine_read_failed(p->txn, status, "change", p->error);
}

enum status undo_plan(struct store_txn *txn, uint64_t sequence, struct undo_plan *plan,
                      struct error *error)
{
    struct command_view command;
    struct planning p = {.txn = txn, .sequence = sequence, .plan = plan, .error = error};
    enum status status = check_command(txn, sequence, &command, error);
    if (status == ST_OK) status = plan_changes(&p, false);
    if (status == ST_OK) status = plan_changes(&p, true);
    if (status == ST_OK) status = plan_rules(&p);
    if (status == ST_OK) status = undo_pairs(txn, sequence, plan_pair, &p, error);
    return status;
}
