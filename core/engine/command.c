/* Writing the payloads of commands. Each is read by the file that applies it. */
#include "engine/command.h"

#include "base/wire.h"

static const char *const kind_names[] = {
    "",
    "stock set",
    "stock adjust",
    "stock transfer",
    "stock import",
    "product",
    "product delete",
    "products",
    "warehouse",
    "link",
    "unlink",
    "account",
    "account switch",
    "listing link",
    "rows",
    "push",
    "sweep",
    "recover",
    "distrust",
    "reopen",
    [COMMAND_RESERVE] = "reserve",
    [COMMAND_RELEASE] = "release",
    [COMMAND_WAKE] = "wake",
    [COMMAND_ORDER_RETURN] = "order return",
    [COMMAND_PLAN_APPLY] = "apply",
    [COMMAND_PLAN_DROP] = "drop",
    [COMMAND_PRODUCT_RENAME] = "product rename",
    [COMMAND_PRODUCT_MERGE] = "product merge",
    [COMMAND_UNDO] = "undo",
    [COMMAND_COMPACT] = "compact",
    [COMMAND_RULE_SET] = "listing set",
    [COMMAND_DRIFT_RESOLVE] = "drift resolve",
    [COMMAND_REREAD] = "verify",
    [COMMAND_RESYNC] = "resync",
    [COMMAND_RETRY] = "retry",
    [COMMAND_REBUILD] = "store rebuild",
    [COMMAND_STOCK_REPAIR] = "store repair",
    [COMMAND_TOKEN_ADD] = "token add",
    [COMMAND_TOKEN_REVOKE] = "token revoke",
    [COMMAND_HOOK_STOCK] = "hook stock",
    [COMMAND_HOOK_ORDERS] = "hook orders",
};

const char *command_kind_name(uint32_t kind)
{
    const char *name = kind < sizeof kind_names / sizeof *kind_names ? kind_names[kind] : NULL;
    return name ? name : "";
}

static void put_optional(struct buf *out, struct bytes bytes)
{
    wire_put_u8(out, bytes.data != NULL);
    if (bytes.data) wire_put_bytes(out, bytes);
}

void command_stock_set(struct buf *out, const struct stock_set *set)
{
    wire_put_bytes(out, set->sku);
    wire_put_bytes(out, set->warehouse);
    wire_put_i64(out, set->quantity);
    wire_put_u8(out, (uint8_t)set->kind);
    wire_put_u8(out, (uint8_t)set->cause);
    wire_put_u8(out, set->conditional);
    wire_put_i64(out, set->expected);
}

void command_stock_adjust(struct buf *out, const struct stock_adjust *adjust)
{
    wire_put_bytes(out, adjust->sku);
    wire_put_bytes(out, adjust->warehouse);
    wire_put_i64(out, adjust->by);
    wire_put_u8(out, (uint8_t)adjust->cause);
}

void command_stock_repair(struct buf *out, struct bytes sku, struct bytes warehouse,
                          enum stock_keep keep)
{
    wire_put_bytes(out, sku);
    wire_put_bytes(out, warehouse);
    wire_put_u8(out, (uint8_t)keep);
}

void command_stock_transfer(struct buf *out, const struct stock_transfer *transfer)
{
    wire_put_bytes(out, transfer->sku);
    wire_put_bytes(out, transfer->from);
    wire_put_bytes(out, transfer->to);
    wire_put_i64(out, transfer->quantity);
}

/* In the byte of the kind: what `shown` says follows the head. In its flags: also the remote
 * warehouse, which commands of before have not. */
enum { BULK_SHOWN = 0x80, SHOWN_ADD = 1, SHOWN_REMOTE = 2, SHOWN_KNOWN = 4 };

void command_stock_bulk(struct buf *out, const struct stock_bulk *bulk)
{
    wire_put_u8(out, (uint8_t)(bulk->kind | (bulk->shown.account ? BULK_SHOWN : 0)));
    wire_put_u8(out, (uint8_t)bulk->cause);
    wire_put_u64(out, bulk->job);
    wire_put_u64(out, bulk->since);
    wire_put_u64(out, bulk->row_count);
    if (bulk->shown.account) {
        wire_put_u64(out, bulk->shown.account);
        wire_put_u8(out, (bulk->shown.add ? SHOWN_ADD : 0) | SHOWN_REMOTE |
                             (bulk->shown.known ? SHOWN_KNOWN : 0));
        wire_put_u64(out, bulk->shown.remote);
        wire_put_i64(out, bulk->shown.read_ms);
        wire_put_u64(out, bulk->shown.basis);
    }
    uint64_t product = 0; /* sorted: written as the step from the row before */
    for (uint32_t i = 0; i < bulk->row_count; i++) {
        wire_put_i64(out, (int64_t)(bulk->rows[i].product - product));
        wire_put_u64(out, bulk->rows[i].warehouse);
        wire_put_i64(out, bulk->rows[i].quantity);
        product = bulk->rows[i].product;
    }
}

void command_stock_bulk_head(struct wire_reader *r, struct stock_bulk *head)
{
    uint8_t kind = wire_get_u8(r);
    *head = (struct stock_bulk){.kind = (enum figure_kind)(kind & ~BULK_SHOWN)};
    head->cause = (enum cause)wire_get_u8(r);
    head->job = wire_get_u64(r);
    head->since = wire_get_u64(r);
    head->row_count = wire_get_u32(r);
    if (!(kind & BULK_SHOWN)) return;
    head->shown.account = wire_get_u32(r);
    const uint8_t flags = wire_get_u8(r);
    head->shown.add = flags & SHOWN_ADD;
    head->shown.known = flags & SHOWN_KNOWN;
    if (flags & SHOWN_REMOTE) head->shown.remote = wire_get_u32(r);
    head->shown.read_ms = wire_get_i64(r);
    head->shown.basis = wire_get_u64(r);
}

void command_stock_bulk_row(struct wire_reader *r, struct stock_row *row)
{
    row->product += (uint64_t)wire_get_i64(r);
    row->warehouse = wire_get_u32(r);
    row->quantity = wire_get_i64(r);
}

void command_product_put(struct buf *out, const struct product_put *put)
{
    wire_put_bytes(out, put->sku);
    put_optional(out, put->name);
    put_optional(out, put->brand);
    put_optional(out, put->description);
    put_optional(out, put->image);
    put_optional(out, put->attributes);
    wire_put_u8(out, put->barcodes != NULL);
    if (put->barcodes) {
        wire_put_u64(out, put->barcode_count);
        for (uint32_t i = 0; i < put->barcode_count; i++)
            wire_put_bytes(out, put->barcodes[i]);
    }
    wire_put_u8(out, put->must_be_new);
    wire_put_u8(out, put->must_exist);
}

void command_product_delete(struct buf *out, struct bytes sku)
{
    wire_put_bytes(out, sku);
}

void command_product_rename(struct buf *out, struct bytes from, struct bytes to)
{
    wire_put_bytes(out, from);
    wire_put_bytes(out, to);
}

void command_product_merge(struct buf *out, struct bytes sku, struct bytes other,
                           enum merge_stock stock)
{
    wire_put_bytes(out, sku);
    wire_put_bytes(out, other);
    wire_put_u8(out, (uint8_t)stock);
}

void command_undo(struct buf *out, uint64_t sequence)
{
    wire_put_u64(out, sequence);
}

void command_compact(struct buf *out, int64_t before_ms, uint32_t limit)
{
    wire_put_i64(out, before_ms);
    wire_put_u64(out, limit);
}

void command_product_bulk(struct buf *out, const struct bytes *skus, uint32_t count)
{
    wire_put_u64(out, count);
    for (uint32_t i = 0; i < count; i++)
        wire_put_bytes(out, skus[i]);
}

void command_warehouse_put(struct buf *out, struct bytes key, struct bytes name)
{
    wire_put_bytes(out, key);
    wire_put_bytes(out, name);
}

void command_link(struct buf *out, const struct link_change *link)
{
    wire_put_bytes(out, link->warehouse);
    wire_put_bytes(out, link->account);
    wire_put_bytes(out, link->remote);
    wire_put_u64(out, link->order);
    wire_put_u64(out, link->share_ppm);
}

void command_account_put(struct buf *out, struct bytes name, struct bytes plugin,
                         bool orders_import)
{
    wire_put_bytes(out, name);
    wire_put_bytes(out, plugin);
    wire_put_u8(out, orders_import);
}

void command_account_switch(struct buf *out, struct bytes name, enum account_switch change,
                            const char *code, const char *text)
{
    wire_put_bytes(out, name);
    wire_put_u8(out, (uint8_t)change);
    wire_put_text(out, code);
    wire_put_text(out, text);
}

void command_account_park(struct buf *out, struct bytes name, const char *code, const char *text,
                          uint64_t print)
{
    command_account_switch(out, name, ACCOUNT_PARK, code, text);
    wire_put_u64(out, print);
}

void command_listing_map(struct buf *out, struct bytes account, struct bytes listing,
                         struct bytes sku)
{
    wire_put_bytes(out, account);
    wire_put_bytes(out, listing);
    wire_put_bytes(out, sku);
}

void command_requeue(struct buf *out, const struct requeue *requeue)
{
    wire_put_u64(out, requeue->account);
    wire_put_u64(out, requeue->warehouse);
    wire_put_u64(out, requeue->product);
    wire_put_u8(out, requeue->force);
    uint8_t from[TARGET_KEY_SIZE];
    target_key_write(from, &requeue->from);
    wire_put_bytes(out, bytes_of(from, sizeof from));
    wire_put_u64(out, requeue->limit);
}

void command_resync(struct buf *out, const struct requeue *requeue, bool patient)
{
    command_requeue(out, requeue);
    wire_put_u8(out, patient);
}

void command_retry(struct buf *out, const struct requeue *requeue, struct bytes code)
{
    command_requeue(out, requeue);
    wire_put_bytes(out, code);
}

void command_sweep(struct buf *out, uint32_t limit)
{
    wire_put_u64(out, limit);
}

void command_reopen(struct buf *out, uint32_t account)
{
    wire_put_u64(out, account);
}

void command_recover(struct buf *out, uint32_t account, uint32_t limit)
{
    wire_put_u64(out, account);
    wire_put_u64(out, limit);
}

void command_reserve(struct buf *out, const struct reserve *reserve)
{
    wire_put_bytes(out, reserve->sku);
    wire_put_bytes(out, reserve->warehouse);
    wire_put_i64(out, reserve->quantity);
    wire_put_i64(out, reserve->until_ms);
    wire_put_bytes(out, reserve->note);
}

void command_release(struct buf *out, uint64_t reservation)
{
    wire_put_u64(out, reservation);
}

void command_wake(struct buf *out, uint32_t limit)
{
    wire_put_u64(out, limit);
}

void command_order_return(struct buf *out, struct bytes account, struct bytes line)
{
    wire_put_bytes(out, account);
    wire_put_bytes(out, line);
}

void command_rule_set(struct buf *out, const struct rule_change *changes, uint32_t count)
{
    wire_put_u64(out, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct rule_change *c = &changes[i];
        wire_put_bytes(out, c->sku);
        wire_put_bytes(out, c->account);
        wire_put_u8(out, c->replace);
        wire_put_u8(out, c->rule.mode);
        wire_put_u64(out, c->rule.given);
        for (int f = 0; f < RULE_FIELDS; f++)
            if (c->rule.given & 1u << f) wire_put_i64(out, c->rule.fields[f]);
        wire_put_u64(out, c->rule.days);
        wire_put_u64(out, c->rule.factor);
        wire_put_u64(out, c->clear);
        wire_put_u8(out, c->clear_mode);
        wire_put_u8(out, c->clear_velocity);
    }
}

void command_drift_resolve(struct buf *out, struct bytes account, struct bytes listing,
                           struct bytes remote)
{
    wire_put_bytes(out, account);
    wire_put_bytes(out, listing);
    wire_put_bytes(out, remote);
}

void command_reread(struct buf *out, struct bytes sku, struct bytes account)
{
    wire_put_bytes(out, sku);
    wire_put_bytes(out, account);
}
