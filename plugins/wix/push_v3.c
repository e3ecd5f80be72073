/* V3: inventory items, one for each variant and location, in bulk. An update names the item's
 * revision, so a sale in between makes it stale instead of being overwritten; then the figure is
 * read and told. What is not known is asked for first, and what does not exist is created. */
#include "push.h"
#include "v3.h"

enum { PHASE_FIND = 1, PHASE_UPDATE, PHASE_CREATE, PHASE_LOOK };

/* ---- what is asked */

/* Asks for the items that stand at `step`, as many as one question takes; the others go again by
 * the route that reads first. */
static enum stockd_verdict ask(const struct stockd_call *call, struct wix_push *push,
                               enum wix_step step, uint8_t phase)
{
    const struct wix_held nothing = {.kind = WIX_HELD_NOTHING};
    struct wix_question question;
    struct wix_pair pair;
    const char *place = NULL;
    wix_v3_question(&question);
    push->sent_count = 0;
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        const struct stockd_item *item = &call->start->items[i];
        if (push->done[i] || push->step[i] != step || !wix_pair_of(item->listing_id, &pair))
            continue;
        if (question.variants == WIX_FIND_ITEMS ||
            (place && strcmp(place, item->warehouse_id) != 0)) {
            wix_held_keep(call, i, &nothing);
            wix_push_kind(call, push, i, STOCKD_RETRY, "stale", "its revision is read first");
            continue;
        }
        place = item->warehouse_id;
        wix_v3_variant(&question, pair.variant);
        push->sent[push->sent_count++] = (uint16_t)i;
    }
    push->phase = phase;
    return question.variants ? wix_v3_send(call, &question, place, "") : 0;
}

static void write_figure(struct out *body, const struct wix_push *push, uint32_t index,
                         int64_t wanted)
{
    const struct wix_held *held = &push->held[index];
    bool flag = held->kind == WIX_HELD_ITEM && !held->tracked && push->untracked != WIX_ENABLE;
    if (!flag) {
        out_literal(body, ",\"quantity\":");
        out_int(body, wanted);
    } else if (wanted > 0) {
        out_literal(body, ",\"inStock\":true");
    } else {
        out_literal(body, ",\"inStock\":false");
    }
}

static void write_update(struct out *body, const struct wix_push *push, uint32_t index,
                         const struct stockd_item *item)
{
    out_literal(body, "{\"inventoryItem\":{\"id\":");
    out_string(body, push->held[index].id);
    out_literal(body, ",\"revision\":\"");
    out_int(body, push->held[index].revision);
    out_literal(body, "\"");
    write_figure(body, push, index, item->wanted);
    out_literal(body, "}}");
}

static void write_create(struct out *body, const struct wix_push *push, uint32_t index,
                         const struct stockd_item *item)
{
    struct wix_pair pair;
    if (!wix_pair_of(item->listing_id, &pair)) return;
    out_literal(body, "{\"productId\":");
    out_string(body, pair.product);
    out_literal(body, ",\"variantId\":");
    out_string(body, pair.variant);
    out_literal(body, ",\"locationId\":");
    out_string(body, item->warehouse_id);
    write_figure(body, push, index, item->wanted);
    out_literal(body, "}");
}

static enum stockd_verdict send_bulk(const struct stockd_call *call, struct wix_push *push,
                                     enum wix_step step)
{
    const struct stockd_start *start = call->start;
    bool update = step == WIX_STEP_UPDATE;
    struct out body = wix_push_body(call, push);
    out_literal(&body, "{\"inventoryItems\":[");
    push->sent_count = 0;
    for (uint32_t i = 0; i < start->item_count; i++) {
        if (push->done[i] || push->step[i] != (uint8_t)step) continue;
        if (push->sent_count) out_literal(&body, ",");
        if (update)
            write_update(&body, push, i, &start->items[i]);
        else
            write_create(&body, push, i, &start->items[i]);
        push->sent[push->sent_count++] = (uint16_t)i;
    }
    if (update)
        out_literal(&body, "],\"returnEntity\":true,\"reason\":\"MANUAL\"}");
    else
        out_literal(&body, "],\"returnEntity\":true}");
    push->phase = update ? PHASE_UPDATE : PHASE_CREATE;
    if (!push->sent_count) return 0;
    return wix_send(call, "POST",
                    update ? "/stores/v3/bulk/inventory-items/update"
                           : "/stores/v3/bulk/inventory-items/create",
                    &body, true);
}

/* Sets where an item stands by what is held of it. */
static void place_item(const struct stockd_call *call, struct wix_push *push, uint32_t index)
{
    const struct wix_held *held = &push->held[index];
    push->step[index] = held->kind == WIX_HELD_ITEM     ? WIX_STEP_UPDATE
                        : held->kind == WIX_HELD_ABSENT ? WIX_STEP_CREATE
                                                        : WIX_STEP_FIND;
    if (held->kind == WIX_HELD_ITEM && !held->tracked && push->untracked == WIX_SKIP) {
        wix_push_untracked(call, push, index);
        call->host->warning(call->ctx, "untracked",
                            "products without tracking are left as they are");
    }
}

/* The next request, in the order of the phases, or the end. */
static enum stockd_verdict go_on(const struct stockd_call *call, struct wix_push *push)
{
    enum stockd_verdict verdict = 0;
    if (push->phase < PHASE_UPDATE) verdict = send_bulk(call, push, WIX_STEP_UPDATE);
    if (!verdict && push->phase < PHASE_CREATE) verdict = send_bulk(call, push, WIX_STEP_CREATE);
    if (!verdict && push->phase < PHASE_LOOK) verdict = ask(call, push, WIX_STEP_LOOK, PHASE_LOOK);
    return verdict ? verdict : STOCKD_DONE;
}

enum stockd_verdict wix_bulk_begin(const struct stockd_call *call, struct wix_push *push)
{
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        wix_held_of(&call->start->items[i], &push->held[i]);
        if (!push->done[i]) place_item(call, push, i);
    }
    enum stockd_verdict verdict = ask(call, push, WIX_STEP_FIND, PHASE_FIND);
    return verdict ? verdict : go_on(call, push);
}

/* ---- what is read */

/* Tells the figure that is there; the next try starts from it. */
static void tell_changed(const struct stockd_call *call, struct wix_push *push, uint32_t index,
                         const struct wix_stock_row *row)
{
    struct stockd_outcome changed = STOCKD_OUTCOME(STOCKD_CHANGED);
    wix_held_keep(call, index, &row->held);
    if (!row->held.tracked) {
        wix_push_kind(call, push, index, STOCKD_RETRY, "stale", "it is no longer tracked");
        return;
    }
    changed.observed = wix_sellable(row->quantity);
    wix_push_say(call, push, index, &changed);
}

static void take_row(const struct stockd_call *call, struct wix_push *push,
                     const struct wix_stock_row *row)
{
    char listing[WIX_LISTING_MAX + 1];
    wix_listing_id(row->product, row->variant, listing);
    for (uint32_t at = 0; at < push->sent_count; at++) {
        uint32_t i = push->sent[at];
        const struct stockd_item *item = &call->start->items[i];
        if (push->done[i] || strcmp(item->listing_id, listing) != 0 ||
            strcmp(item->warehouse_id, row->place) != 0)
            continue;
        bool moved =
            row->held.tracked && item->base >= 0 && wix_sellable(row->quantity) != item->base;
        push->held[i] = row->held;
        if (push->phase == PHASE_LOOK || moved) {
            tell_changed(call, push, i, row);
        } else {
            wix_held_keep(call, i, &row->held);
            place_item(call, push, i);
        }
    }
}

/* What the answer did not name. Only an answer that was read to its end says that it is missing. */
static void take_unnamed(const struct stockd_call *call, struct wix_push *push, bool whole)
{
    struct wix_held held = {.kind = whole ? WIX_HELD_ABSENT : WIX_HELD_NOTHING};
    for (uint32_t at = 0; at < push->sent_count; at++) {
        uint32_t i = push->sent[at];
        bool named = push->phase == PHASE_FIND && push->step[i] != WIX_STEP_FIND;
        if (push->done[i] || named) continue;
        wix_held_keep(call, i, &held);
        if (push->phase == PHASE_FIND && whole) {
            push->held[i] = held;
            place_item(call, push, i);
        } else {
            bool refused = push->phase == PHASE_LOOK;
            wix_push_kind(call, push, i, whole || refused ? STOCKD_RETRY : STOCKD_THROTTLED,
                          "not-read", "its inventory item could not be read");
        }
    }
}

/* What is held of an item that was just found stale is of no use. Its write was refused, which
 * counts: were it refused each time, with a reading that fails each time, it would go again at the
 * same interval for ever. */
static enum stockd_verdict unread(const struct stockd_call *call, struct wix_push *push)
{
    const struct wix_held nothing = {.kind = WIX_HELD_NOTHING};
    for (uint32_t at = 0; push->phase == PHASE_LOOK && at < push->sent_count; at++) {
        wix_held_keep(call, push->sent[at], &nothing);
        wix_push_kind(call, push, push->sent[at], STOCKD_RETRY, "not-read",
                      "it was refused, and the figure there could not be read");
    }
    return wix_push_unread(call, push);
}

static enum stockd_verdict take_items(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_response *answer = call->response;
    char why[160], cursor[WIX_CURSOR_MAX + 1] = "";
    if (answer->transport != STOCKD_ARRIVED || answer->status != 200) return unread(call, push);
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    const json_t *rows = wix_rows(doc, "inventoryItems", WIX_V3_ROWS);
    if (!rows) {
        json_decref(doc);
        return unread(call, push);
    }
    bool whole = true;
    size_t index;
    json_t *json;
    json_array_foreach (rows, index, json) {
        struct wix_stock_row row;
        const char *what = wix_stock_row_read(json, &row);
        if (what) {
            kit_malformed(call, what, row.variant ? row.variant : "inventory-items/query");
            whole = false;
        } else {
            take_row(call, push, &row);
        }
    }
    /* At most a hundred variants at one location: there is no second page. */
    if (wix_next(json_object_get(doc, "pagingMetadata"), json_array_size(rows), WIX_V3_ROWS,
                 cursor) != WIX_PAGE_END)
        whole = false;
    take_unnamed(call, push, whole);
    json_decref(doc);
    return go_on(call, push);
}

/* ---- what is answered to a write */

static enum stockd_verdict take_write(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    if (answer->transport == STOCKD_NOT_SENT || answer->transport == STOCKD_LOST)
        return STOCKD_DEFAULT;
    json_t *doc = answer->transport == STOCKD_ARRIVED
                      ? kit_parse(answer->body, answer->body_size, why)
                      : NULL;
    enum stockd_verdict verdict = 0;
    if (answer->status >= 200 && answer->status < 400) {
        wix_bulk_judge(call, push, answer->status == 200 ? doc : NULL);
    } else if (answer->status == 409) {
        /* Aborted as a whole: surely nothing was written, and something in it is stale. */
        for (uint32_t at = 0; at < push->sent_count; at++)
            push->step[push->sent[at]] = WIX_STEP_LOOK;
    } else {
        verdict = wix_push_refused(call, push, doc);
    }
    json_decref(doc);
    return verdict ? verdict : go_on(call, push);
}

enum stockd_verdict wix_bulk_take(const struct stockd_call *call, struct wix_push *push)
{
    if (push->phase == PHASE_FIND || push->phase == PHASE_LOOK) return take_items(call, push);
    return take_write(call, push);
}
