/* Rows about the marketplace, and outcomes and data of the operation's items. */
#include "plugin/operation_private.h"

#include <stddef.h>
#include <string.h>

int host_warehouse(void *ctx, const struct stockd_warehouse *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_warehouse row;
    if (!row_read(op, &row, sizeof row, raw, offsetof(struct stockd_warehouse, kind),
                  "a warehouse") ||
        !id_take(op, &row.id, true, "a warehouse's id") ||
        !text_take(op, &row.name, "a warehouse's name") ||
        !id_take(op, &row.kind, false, "a warehouse's kind") ||
        !text_take(op, &row.why, "why a warehouse is closed"))
        return -1;
    struct stockd_warehouse *kept = row_add(op, &op->warehouses, sizeof *kept);
    if (!kept) return -1;
    *kept = row;
    kept->size = sizeof *kept;
    return 0;
}

static bool keys_take(struct plugin_operation *op, const struct stockd_key **keys, uint32_t count,
                      const char *what)
{
    if (count > STOCKD_KEYS_MAX || (count && !*keys)) {
        refuse(op, "%s has %u keys, at most %u are kept%s", what, count, STOCKD_KEYS_MAX,
               *keys ? "" : ", and no table of them");
        return false;
    }
    if (count == 0) {
        *keys = NULL;
        return true;
    }
    struct stockd_key *copy = step_take(op, count * sizeof *copy);
    if (!copy) return false;
    memcpy(copy, *keys, count * sizeof *copy);
    for (uint32_t i = 0; i < count; i++)
        if (!id_take(op, &copy[i].kind, true, "a key's kind") ||
            !id_take(op, &copy[i].value, true, "a key's value"))
            return false;
    *keys = copy;
    return true;
}

int host_listing(void *ctx, const struct stockd_listing *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_listing row;
    if (!row_read(op, &row, sizeof row, raw, offsetof(struct stockd_listing, group), "a listing"))
        return -1;
    if (row.state > STOCKD_LISTING_GONE)
        return refuse(op, "a listing has the state %u, which does not exist", row.state);
    if (!id_take(op, &row.id, true, "a listing's id") ||
        !keys_take(op, &row.keys, row.key_count, "a listing") ||
        !id_take(op, &row.group, false, "a listing's group") ||
        !text_take(op, &row.title, "a listing's title") ||
        !id_take(op, &row.code, false, "a listing's code") ||
        !text_take(op, &row.text, "a listing's text") ||
        !bytes_take(op, &row.data, row.data_size, STOCKD_LISTING_DATA_MAX, "a listing's data"))
        return -1;
    struct stockd_listing *kept = row_add(op, &op->listings, sizeof *kept);
    if (!kept) return -1;
    *kept = row;
    kept->size = sizeof *kept;
    return 0;
}

static int figures_check(struct plugin_operation *op, struct stockd_stock *row)
{
    if (row->kind > STOCKD_STOCK_ABSENT)
        return refuse(op, "a stock row has the kind %u, which does not exist", row->kind);
    if (row->kind != STOCKD_STOCK_NUMBER)
        row->quantity = STOCKD_UNKNOWN; /* whatever stood there, it is no figure */
    else if (row->quantity < 0)
        return refuse(op, "a stock row has the quantity %lld; what is not known is not emitted",
                      (long long)row->quantity);
    if (row->reserved_quantity < 0 && row->reserved_quantity != STOCKD_UNKNOWN)
        return refuse(op, "a stock row has %lld pieces reserved",
                      (long long)row->reserved_quantity);
    return 0;
}

int host_stock(void *ctx, const struct stockd_stock *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_stock row;
    if (!row_read(op, &row, sizeof row, raw, offsetof(struct stockd_stock, marketplace_ms),
                  "a stock row") ||
        figures_check(op, &row) ||
        !id_take(op, &row.warehouse_id, true, "a stock row's warehouse") ||
        !id_take(op, &row.listing_id, true, "a stock row's listing") ||
        !id_take(op, &row.type, false, "a stock row's type") ||
        !text_take(op, &row.warehouse_name, "a stock row's warehouse name"))
        return -1;
    struct stockd_stock *kept = row_add(op, &op->stocks, sizeof *kept);
    if (!kept) return -1;
    *kept = row;
    kept->size = sizeof *kept;
    return 0;
}

int host_order_line(void *ctx, const struct stockd_order_line *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_order_line row;
    if (!row_read(op, &row, sizeof row, raw, offsetof(struct stockd_order_line, warehouse_id),
                  "an order line"))
        return -1;
    if (row.state > STOCKD_ORDER_RETURNED)
        return refuse(op, "an order line has the state %u, which does not exist", row.state);
    if (row.quantity < 0)
        return refuse(op, "an order line has the quantity %lld", (long long)row.quantity);
    if (!id_take(op, &row.key, true, "an order line's key") ||
        !id_take(op, &row.order_id, false, "an order line's order") ||
        !keys_take(op, &row.refs, row.ref_count, "an order line") ||
        !id_take(op, &row.warehouse_id, false, "an order line's warehouse") ||
        !id_take(op, &row.status, false, "an order line's status"))
        return -1;
    struct stockd_order_line *kept = row_add(op, &op->order_lines, sizeof *kept);
    if (!kept) return -1;
    *kept = row;
    kept->size = sizeof *kept;
    return 0;
}

int host_malformed(void *ctx, const char *what, const char *where)
{
    struct plugin_operation *op = ctx;
    op->malformed_open++; /* even when it cannot be kept: its scope is not whole */
    if (!what || !*what) what = "a row";
    if (!text_take(op, &what, "what is malformed") ||
        !text_take(op, &where, "where it is malformed"))
        return -1;
    struct plugin_malformed *kept = row_add(op, &op->malformed, sizeof *kept);
    if (!kept) return -1;
    *kept = (struct plugin_malformed){.what = what, .where = where};
    return 0;
}

int host_complete(void *ctx, enum stockd_scope scope, const char *id)
{
    struct plugin_operation *op = ctx;
    if (scope < STOCKD_SCOPE_WAREHOUSE || scope > STOCKD_SCOPE_WAREHOUSES)
        return refuse(op, "completes the scope %d, which does not exist", (int)scope);
    if (scope != STOCKD_SCOPE_WAREHOUSE) id = NULL;
    if (!id_take(op, &id, scope == STOCKD_SCOPE_WAREHOUSE, "the warehouse that was completed"))
        return -1;
    struct plugin_complete *kept =
        row_add(op, op->malformed_open ? &op->incompletes : &op->completes, sizeof *kept);
    if (!kept) return -1;
    *kept = (struct plugin_complete){.scope = scope, .id = id};
    op->malformed_open = 0;
    return 0;
}

int host_drained_until(void *ctx, int64_t ms)
{
    struct plugin_operation *op = ctx;
    if (op->start.operation != STOCKD_FETCH_ORDERS || ms <= 0)
        return refuse(op, "drained until %lld in %s", (long long)ms,
                      plugin_operation_name((enum stockd_operation)op->start.operation));
    op->step.drained_until_ms = ms;
    return 0;
}

int host_epoch(void *ctx, const char *epoch)
{
    struct plugin_operation *op = ctx;
    if (!id_take(op, &epoch, true, "the catalogue's epoch")) return -1;
    op->step.epoch = epoch;
    return 0;
}

/* ---------------------------------------------------------------------------------------------- */

static int outcome_check(struct plugin_operation *op, const struct stockd_outcome *o)
{
    if (o->kind < STOCKD_OK || o->kind > STOCKD_UNRESOLVED)
        return refuse(op, "an outcome has the kind %u, which does not exist", o->kind);
    if (o->until_ms < 0) return refuse(op, "an outcome lasts until %lld", (long long)o->until_ms);
    if (o->observed < 0 && o->observed != STOCKD_UNKNOWN)
        return refuse(op, "an outcome observed %lld", (long long)o->observed);
    if (o->kind == STOCKD_CHANGED && o->observed == STOCKD_UNKNOWN)
        return refuse(op, "an outcome says 'changed' but not to what");
    if (o->kind == STOCKD_REJECTED && !(o->code && *o->code) && !(o->text && *o->text))
        return refuse(op, "an outcome says 'rejected' without a code or a text");
    return 0;
}

int host_outcome(void *ctx, uint32_t item, const struct stockd_outcome *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_outcome outcome;
    if (!row_read(op, &outcome, sizeof outcome, raw, offsetof(struct stockd_outcome, code),
                  "an outcome") ||
        !item_is(op, item, "an outcome") || outcome_check(op, &outcome) ||
        !text_take(op, &outcome.code, "an outcome's code") ||
        !text_take(op, &outcome.text, "an outcome's text"))
        return -1;
    outcome.size = sizeof outcome;
    struct plugin_outcome *kept;
    if (op->outcome_at[item]) {
        kept = (struct plugin_outcome *)op->outcomes.items + (op->outcome_at[item] - 1);
    } else {
        kept = row_add(op, &op->outcomes, sizeof *kept);
        if (!kept) return -1;
        op->outcome_at[item] = (uint32_t)op->outcomes.count;
    }
    *kept = (struct plugin_outcome){.item = item, .outcome = outcome};
    return 0;
}

static int item_data(struct plugin_operation *op, struct list *list, uint32_t item,
                     struct bytes data, size_t max, const char *what)
{
    if (!item_is(op, item, what) || !bytes_take(op, &data.data, data.size, max, what)) return -1;
    struct plugin_item_data *kept = row_add(op, list, sizeof *kept);
    if (!kept) return -1;
    *kept = (struct plugin_item_data){.item = item, .data = data};
    return 0;
}

int host_listing_data(void *ctx, uint32_t item, const void *data, size_t size)
{
    struct plugin_operation *op = ctx;
    return item_data(op, &op->listing_data, item, bytes_of(data, size), STOCKD_LISTING_DATA_MAX,
                     "data of a listing");
}

int host_target_data(void *ctx, uint32_t item, const void *data, size_t size)
{
    struct plugin_operation *op = ctx;
    return item_data(op, &op->target_data, item, bytes_of(data, size), STOCKD_TARGET_DATA_MAX,
                     "data of a target");
}

int host_note(void *ctx, uint32_t item, const void *data, size_t size)
{
    struct plugin_operation *op = ctx;
    if (size == 0) return refuse(op, "a note is empty");
    return item_data(op, &op->notes, item, bytes_of(data, size), STOCKD_NOTE_MAX, "a note");
}
