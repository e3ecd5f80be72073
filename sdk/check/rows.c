/* The test host's side of rows and items: checks what a real host would check, keeps copies. The
 * life of an operation and the account's own facts are in host.c. */
#include "inner.h"

#include <string.h>

static bool take_keys(struct check *check, const char *what, const struct stockd_key *keys,
                      uint32_t count, const struct stockd_key **out)
{
    if (count > STOCKD_KEYS_MAX) {
        check_problem(check, "%s: %u keys, at most %u are taken", what, count, STOCKD_KEYS_MAX);
        return false;
    }
    struct stockd_key *copy = check_memory(check, sizeof(*copy) * (count ? count : 1));
    for (uint32_t i = 0; i < count; i++) {
        if (!check_text(check, "key kind", keys[i].kind, STOCKD_ID_MAX, true) ||
            !check_text(check, "key value", keys[i].value, STOCKD_ID_MAX, true))
            return false;
        copy[i].kind = check_copy_text(check, keys[i].kind);
        copy[i].value = check_copy_text(check, keys[i].value);
    }
    *out = copy;
    return true;
}

int check_take_warehouse(void *ctx, const struct stockd_warehouse *row)
{
    struct check *check = ctx;
    if (!check_text(check, "warehouse id", row->id, STOCKD_ID_MAX, true) ||
        !check_text(check, "warehouse name", row->name, 0, false) ||
        !check_text(check, "warehouse kind", row->kind, STOCKD_ID_MAX, false) ||
        !check_text(check, "warehouse why", row->why, 0, false))
        return -1;
    struct stockd_warehouse *copy = CHECK_PUSH(check->warehouses);
    *copy = *row;
    copy->id = check_copy_text(check, row->id);
    copy->name = check_copy_text(check, row->name);
    copy->kind = check_copy_text(check, row->kind);
    copy->why = check_copy_text(check, row->why);
    return 0;
}

int check_take_listing(void *ctx, const struct stockd_listing *row)
{
    struct check *check = ctx;
    const struct stockd_key *keys = NULL;
    if (!check_text(check, "listing id", row->id, STOCKD_ID_MAX, true) ||
        !take_keys(check, "listing", row->keys, row->key_count, &keys) ||
        !check_text(check, "listing group", row->group, STOCKD_ID_MAX, false) ||
        !check_text(check, "listing title", row->title, 0, false) ||
        !check_text(check, "listing code", row->code, STOCKD_ID_MAX, false) ||
        !check_text(check, "listing text", row->text, 0, false))
        return -1;
    if (row->state > STOCKD_LISTING_GONE) {
        check_problem(check, "listing %s: state %u does not exist", row->id, row->state);
        return -1;
    }
    if (row->data && row->data_size > STOCKD_LISTING_DATA_MAX) {
        check_problem(check, "listing %s: %zu bytes of data, at most %u", row->id, row->data_size,
                      STOCKD_LISTING_DATA_MAX);
        return -1;
    }
    struct stockd_listing *copy = CHECK_PUSH(check->listings);
    *copy = *row;
    copy->id = check_copy_text(check, row->id);
    copy->keys = keys;
    copy->group = check_copy_text(check, row->group);
    copy->title = check_copy_text(check, row->title);
    copy->code = check_copy_text(check, row->code);
    copy->text = check_copy_text(check, row->text);
    copy->data = check_copy(check, row->data, row->data_size);
    return 0;
}

int check_take_stock(void *ctx, const struct stockd_stock *row)
{
    struct check *check = ctx;
    if (!check_text(check, "stock warehouse", row->warehouse_id, STOCKD_ID_MAX, true) ||
        !check_text(check, "stock listing", row->listing_id, STOCKD_ID_MAX, true) ||
        !check_text(check, "stock warehouse name", row->warehouse_name, 0, false) ||
        !check_text(check, "stock type", row->type, STOCKD_ID_MAX, false))
        return -1;
    if (row->kind > STOCKD_STOCK_ABSENT) {
        check_problem(check, "stock of %s: kind %u does not exist", row->listing_id, row->kind);
        return -1;
    }
    if (row->kind == STOCKD_STOCK_NUMBER && row->quantity < 0) {
        check_problem(check, "stock of %s: a number below 0", row->listing_id);
        return -1;
    }
    if (row->reserved_quantity < 0 && row->reserved_quantity != STOCKD_UNKNOWN) {
        check_problem(check, "stock of %s: reserved is below 0", row->listing_id);
        return -1;
    }
    struct stockd_stock *copy = CHECK_PUSH(check->stocks);
    *copy = *row;
    copy->warehouse_id = check_copy_text(check, row->warehouse_id);
    copy->warehouse_name = check_copy_text(check, row->warehouse_name);
    copy->listing_id = check_copy_text(check, row->listing_id);
    copy->type = check_copy_text(check, row->type);
    return 0;
}

int check_take_line(void *ctx, const struct stockd_order_line *row)
{
    struct check *check = ctx;
    const struct stockd_key *refs = NULL;
    if (!check_text(check, "order line key", row->key, STOCKD_ID_MAX, true) ||
        !check_text(check, "order id", row->order_id, STOCKD_ID_MAX, false) ||
        !take_keys(check, "order line", row->refs, row->ref_count, &refs) ||
        !check_text(check, "order warehouse", row->warehouse_id, STOCKD_ID_MAX, false) ||
        !check_text(check, "order status", row->status, STOCKD_ID_MAX, false))
        return -1;
    if (row->state > STOCKD_ORDER_RETURNED || row->quantity < 0) {
        check_problem(check, "order line %s: state %u, quantity %lld", row->key, row->state,
                      (long long)row->quantity);
        return -1;
    }
    struct stockd_order_line *copy = CHECK_PUSH(check->lines);
    *copy = *row;
    copy->key = check_copy_text(check, row->key);
    copy->order_id = check_copy_text(check, row->order_id);
    copy->refs = refs;
    copy->warehouse_id = check_copy_text(check, row->warehouse_id);
    copy->status = check_copy_text(check, row->status);
    return 0;
}

int check_take_malformed(void *ctx, const char *what, const char *where)
{
    struct check *check = ctx;
    if (!check_text(check, "malformed what", what, 0, true) ||
        !check_text(check, "malformed where", where, 0, false))
        return -1;
    check->inner->holes = true;
    struct check_pair *copy = CHECK_PUSH(check->malformed);
    copy->name = check_copy_text(check, what);
    copy->value = check_copy_text(check, where);
    return 0;
}

int check_take_complete(void *ctx, enum stockd_scope scope, const char *id)
{
    struct check *check = ctx;
    if (scope < STOCKD_SCOPE_WAREHOUSE || scope > STOCKD_SCOPE_WAREHOUSES) {
        check_problem(check, "scope %d does not exist", (int)scope);
        return -1;
    }
    if (!check_text(check, "scope id", id, STOCKD_ID_MAX, scope == STOCKD_SCOPE_WAREHOUSE))
        return -1;
    struct check_complete copy = {scope, check_copy_text(check, id)};
    if (check->inner->holes)
        *CHECK_PUSH(check->incompletes) = copy;
    else
        *CHECK_PUSH(check->completes) = copy;
    check->inner->holes = false;
    return 0;
}

static bool known_item(struct check *check, const char *what, uint32_t item)
{
    if (item < check->inner->start->item_count) return true;
    check_problem(check, "%s for item %u of %u", what, item, check->inner->start->item_count);
    return false;
}

int check_take_outcome(void *ctx, uint32_t item, const struct stockd_outcome *outcome)
{
    struct check *check = ctx;
    if (!known_item(check, "an outcome", item) ||
        !check_text(check, "outcome code", outcome->code, STOCKD_ID_MAX, false) ||
        !check_text(check, "outcome text", outcome->text, 0, false))
        return -1;
    if (outcome->kind < STOCKD_OK || outcome->kind > STOCKD_UNRESOLVED) {
        check_problem(check, "item %u: outcome %u does not exist", item, outcome->kind);
        return -1;
    }
    if (outcome->until_ms < 0 || (outcome->observed < 0 && outcome->observed != STOCKD_UNKNOWN)) {
        check_problem(check, "item %u: an outcome's time or figure is below 0", item);
        return -1;
    }
    if (outcome->kind == STOCKD_THROTTLED && outcome->until_ms <= check->now_ms)
        check_problem(check, "item %u: throttled until a time that is over", item);
    if (outcome->kind == STOCKD_REJECTED && !outcome->code && !outcome->text)
        check_problem(check, "item %u: rejected without saying why", item);
    if (outcome->kind == STOCKD_CHANGED && outcome->observed == STOCKD_UNKNOWN)
        check_problem(check, "item %u: changed, without the figure that was seen", item);
    struct check_outcome *kept = &check->outcomes.at[item];
    kept->given++;
    kept->last = *outcome;
    kept->last.code = check_copy_text(check, outcome->code);
    kept->last.text = check_copy_text(check, outcome->text);
    return 0;
}

static bool data_fits(struct check *check, const char *what, uint32_t item, size_t size, size_t max)
{
    if (!known_item(check, what, item)) return false;
    if (size <= max) return true;
    check_problem(check, "%s of %zu bytes, at most %zu", what, size, max);
    return false;
}

int check_take_listing_data(void *ctx, uint32_t item, const void *data, size_t size)
{
    struct check *check = ctx;
    if (!data_fits(check, "listing data", item, size, STOCKD_LISTING_DATA_MAX)) return -1;
    *CHECK_PUSH(check->listing_data) =
        (struct check_bytes){NULL, item, check_copy(check, data, size), size};
    return 0;
}

int check_take_target_data(void *ctx, uint32_t item, const void *data, size_t size)
{
    struct check *check = ctx;
    if (!data_fits(check, "target data", item, size, STOCKD_TARGET_DATA_MAX)) return -1;
    *CHECK_PUSH(check->target_data) =
        (struct check_bytes){NULL, item, check_copy(check, data, size), size};
    return 0;
}

int check_take_note(void *ctx, uint32_t item, const void *data, size_t size)
{
    struct check *check = ctx;
    if (!data_fits(check, "a note", item, size, STOCKD_NOTE_MAX)) return -1;
    if (size == 0) {
        check_problem(check, "the note of item %u is empty", item);
        return -1;
    }
    *CHECK_PUSH(check->notes) =
        (struct check_bytes){NULL, item, check_copy(check, data, size), size};
    return 0;
}
