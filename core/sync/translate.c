/* From what a step emitted to the rows the engine takes. Runs on a worker: it only reads the step
 * and the telling. */
#include "sync/private.h"

#include <stdio.h>

static struct bytes text(const char *s)
{
    return s ? bytes_text(s) : bytes_of("", 0);
}

static void tell_warehouses(const struct plugin_step *step, struct buf *out)
{
    for (size_t i = 0; i < step->warehouse_count; i++) {
        const struct stockd_warehouse *w = &step->warehouses[i];
        const struct remote_view view = {.id = text(w->id),
                                         .name = text(w->name),
                                         .kind = text(w->kind),
                                         .why = text(w->why),
                                         .writable = w->writable,
                                         .is_default = w->is_default,
                                         .marketplace = w->marketplace,
                                         .gone = w->gone,
                                         .closed_until_ms = w->closed_until_ms};
        rows_remote(out, &view);
    }
}

static void tell_listings(const struct plugin_step *step, struct buf *out)
{
    for (size_t i = 0; i < step->listing_count; i++) {
        const struct stockd_listing *l = &step->listings[i];
        struct listing_view view = {.state = (enum listing_state)l->state,
                                    .id = text(l->id),
                                    .group = text(l->group),
                                    .title = text(l->title),
                                    .code = text(l->code),
                                    .text = text(l->text),
                                    .data = bytes_of(l->data, l->data_size)};
        for (uint32_t k = 0; k < l->key_count && k < LISTING_KEYS_MAX; k++)
            view.keys[view.key_count++] =
                (struct listing_key){text(l->keys[k].kind), text(l->keys[k].value)};
        rows_listing(out, &view, l->data == NULL);
    }
}

static void tell_stocks(const struct plugin_step *step, struct buf *out)
{
    for (size_t i = 0; i < step->stock_count; i++) {
        const struct stockd_stock *s = &step->stocks[i];
        const struct seen_stock seen = {.remote = text(s->warehouse_id),
                                        .remote_name = text(s->warehouse_name),
                                        .listing = text(s->listing_id),
                                        .type = text(s->type),
                                        .kind = (enum observed_kind)s->kind,
                                        .read_only = s->read_only,
                                        .quantity = s->quantity,
                                        .reserved = s->reserved_quantity,
                                        .marketplace_ms = s->marketplace_ms};
        rows_stock(out, &seen);
    }
}

static void tell_orders(const struct plugin_step *step, struct buf *out)
{
    for (size_t i = 0; i < step->order_line_count; i++) {
        const struct stockd_order_line *l = &step->order_lines[i];
        struct order_view view = {.order_id = text(l->order_id),
                                  .remote = text(l->warehouse_id),
                                  .status = text(l->status),
                                  .state = (enum order_state)l->state,
                                  .has_version = l->has_version,
                                  .marketplace_stock = l->marketplace_stock,
                                  .lowered = l->marketplace_lowered,
                                  .oversell = l->oversell,
                                  .quantity = l->quantity,
                                  .version = l->version,
                                  .ordered_ms = l->ordered_ms,
                                  .changed_ms = l->changed_ms};
        for (uint32_t k = 0; k < l->ref_count && k < ORDER_REFS_MAX; k++)
            view.refs[view.ref_count++] =
                (struct listing_key){text(l->refs[k].kind), text(l->refs[k].value)};
        rows_order_line(out, text(l->key), &view);
    }
}

static void tell_completes(const struct plugin_step *step, struct buf *out)
{
    for (size_t i = 0; i < step->complete_count; i++)
        rows_complete(out, (enum rows_scope)step->completes[i].scope, text(step->completes[i].id));
}

static void tell_malformed(const struct plugin_step *step, struct buf *out)
{
    for (size_t i = 0; i < step->malformed_count; i++)
        rows_malformed(out, step->malformed[i].what, step->malformed[i].where);
}

static const struct engine_item *item_of(const struct sync_telling *t, uint32_t index)
{
    return t->batch && index < t->batch->count ? &t->batch->items[index] : NULL;
}

static void tell_outcome(struct sync_telling *t, uint32_t index, enum outcome_kind kind,
                         int64_t until_ms, int64_t observed, struct bytes code, struct bytes why,
                         struct buf *out)
{
    const struct engine_item *item = item_of(t, index);
    if (!item) return;
    const struct outcome outcome = {.target = item->target,
                                    .revision = item->revision,
                                    .value = item->wanted,
                                    .kind = kind,
                                    .until_ms = until_ms,
                                    .observed = observed,
                                    .sent_ms = t->kind == STOCKD_PUSH_STOCK ? 0 : item->sent_ms,
                                    .code = code,
                                    .text = why};
    rows_outcome(out, &outcome);
    t->told[index] = true;
}

/* What is to go again may go at once when this step brought the batch further: it is then another
 * batch. Otherwise it waits, or a marketplace that says so of all would be asked for ever. */
static bool brought_further(const struct plugin_step *step)
{
    for (size_t i = 0; i < step->outcome_count; i++) {
        uint32_t kind = step->outcomes[i].outcome.kind;
        if (kind == STOCKD_OK || kind == STOCKD_ACCEPTED || kind == STOCKD_REJECTED) return true;
    }
    return false;
}

static void tell_outcomes(const struct plugin_step *step, struct sync_telling *t, struct buf *out)
{
    bool further = brought_further(step);
    for (size_t i = 0; i < step->outcome_count; i++) {
        const struct plugin_outcome *o = &step->outcomes[i];
        bool again = further && o->outcome.kind == STOCKD_RETRY;
        enum outcome_kind kind = again ? OUTCOME_AGAIN : (enum outcome_kind)o->outcome.kind;
        tell_outcome(t, o->item, kind, o->outcome.until_ms, o->outcome.observed,
                     text(o->outcome.code), text(o->outcome.text), out);
    }
}

static void tell_item_data(const struct plugin_step *step, const struct sync_telling *t,
                           struct buf *out)
{
    for (size_t i = 0; i < step->note_count; i++) {
        const struct engine_item *item = item_of(t, step->notes[i].item);
        if (item) rows_note(out, &item->target, step->notes[i].data);
    }
    for (size_t i = 0; i < step->target_data_count; i++) {
        const struct engine_item *item = item_of(t, step->target_data[i].item);
        if (item) rows_target_data(out, &item->target, step->target_data[i].data);
    }
    for (size_t i = 0; i < step->listing_data_count; i++) {
        const struct engine_item *item = item_of(t, step->listing_data[i].item);
        if (item && t->kind == STOCKD_PUSH_STOCK)
            rows_listing_data(out, item->target.listing, step->listing_data[i].data);
        else if (item)
            rows_looked_data(out, &item->target, item->sent_ms, step->listing_data[i].data);
    }
}

static bool tell_account(const struct plugin_step *step, const struct sync_telling *t,
                         struct buf *out)
{
    struct buf warnings, abilities;
    bool check = t->kind == STOCKD_CHECK_ACCOUNT;
    bool last = check && step->verdict == STOCKD_DONE;
    if (!step->identity && !step->epoch && !step->warning_count && !step->ability_count &&
        !step->key_expiry_count && !last)
        return false;
    buf_init(&warnings, RECORD_MAX / 4);
    buf_init(&abilities, RECORD_MAX / 4);
    for (size_t i = 0; i < step->warning_count; i++) {
        wire_put_text(&warnings, step->warnings[i].code);
        wire_put_text(&warnings, step->warnings[i].text);
    }
    for (size_t i = 0; i < step->ability_count; i++) {
        wire_put_u8(&abilities, (uint8_t)step->abilities[i].operation);
        wire_put_u8(&abilities, step->abilities[i].granted);
        wire_put_text(&abilities, step->abilities[i].text);
    }
    struct account_fact fact = {.checked = last, .print = t->print};
    if (step->identity) fact.identity = bytes_text(step->identity);
    if (step->epoch) fact.epoch = bytes_text(step->epoch);
    if (warnings.size || last) fact.warnings = bytes_of(buf_cstr(&warnings), warnings.size);
    if (abilities.size) fact.abilities = bytes_of(abilities.data, abilities.size);
    for (size_t i = 0; i < step->key_expiry_count; i++)
        if (fact.key_expires_ms == 0 || step->key_expiries[i].ms < fact.key_expires_ms)
            fact.key_expires_ms = step->key_expiries[i].ms;
    rows_account(out, &fact);
    buf_free(&warnings);
    buf_free(&abilities);
    return true;
}

/* ---- items without an outcome when the operation ends */

struct rest {
    enum outcome_kind kind;
    int64_t observed; /* SPLIT: the size of the next batch */
    struct bytes code, why;
};

/* The write surely changed nothing: it never left, or was refused as a whole. */
static bool surely_not_applied(const struct sync_telling *t)
{
    if (!t->wrote || t->transport == STOCKD_NOT_SENT) return true;
    return t->transport == STOCKD_ARRIVED && t->status >= 400 && t->status < 500 &&
           t->status != 408;
}

/* Its answer is a success, and only a reading or a question can prove what it did. */
static bool taken(const struct plugin_step *step, const struct sync_telling *t)
{
    const struct stockd_route *route = &t->plugin->routes[t->route];
    return step->verdict == STOCKD_DONE && t->transport == STOCKD_ARRIVED && t->status >= 200 &&
           t->status < 300 && route->confirmation != STOCKD_CONFIRM_ANSWER;
}

/* A whole request came to nothing, and the plugin says nothing of it: what a person is told of each
 * item that was in it. */
static void say_nothing_applied(struct sync_telling *t, struct rest *rest)
{
    if (rest->code.size || rest->why.size) return;
    if (t->transport == STOCKD_ARRIVED) {
        snprintf(t->code, sizeof t->code, "http-%d", t->status);
        snprintf(t->why, sizeof t->why, "the marketplace refused the whole request");
    } else {
        snprintf(t->code, sizeof t->code, "no-connection");
        snprintf(t->why, sizeof t->why, "%s", t->error[0] ? t->error : "the request did not leave");
    }
    rest->code = text(t->code);
    rest->why = text(t->why);
}

static struct rest rest_of_push(const struct plugin_step *step, struct sync_telling *t)
{
    struct rest rest = {.kind = OUTCOME_UNRESOLVED, .observed = FIGURE_UNKNOWN};
    if (step->verdict == STOCKD_FAIL) {
        rest.code = text(step->bug ? "plugin-bug" : step->fail_code);
        rest.why = text(step->bug ? step->bug : step->fail_text);
    }
    if (!t->wrote) {
        rest.kind = step->verdict == STOCKD_DONE ? OUTCOME_RETRY : OUTCOME_UNSENT;
        if (step->bug) rest.kind = OUTCOME_RETRY;
        return rest;
    }
    if (taken(step, t)) {
        rest.kind = OUTCOME_ACCEPTED;
        return rest;
    }
    if (step->verdict == STOCKD_DEFAULT && step->meaning == PLUGIN_MEANS_HALVE && t->writes &&
        t->transport == STOCKD_ARRIVED) {
        rest.code = bytes_text("refused");
        rest.why =
            bytes_text("the marketplace refused the request without saying which item it means");
        rest.kind = t->batch->count > 1 ? OUTCOME_SPLIT : OUTCOME_REJECTED;
        rest.observed = t->batch->count / 2;
        return rest;
    }
    if (surely_not_applied(t)) {
        bool token = t->status == 401 && !t->token_is_good;
        bool account_wide =
            t->transport == STOCKD_ARRIVED && (token || t->status == 403 || t->status == 429);
        rest.kind = account_wide ? OUTCOME_UNSENT : OUTCOME_RETRY;
        if (!account_wide) say_nothing_applied(t, &rest);
    }
    return rest;
}

static void tell_rest(const struct plugin_step *step, struct sync_telling *t, struct buf *out)
{
    struct rest rest = {.kind = OUTCOME_LOOK,
                        .observed = FIGURE_UNKNOWN,
                        .code = bytes_of("", 0),
                        .why = bytes_of("", 0)};
    if (t->kind == STOCKD_PUSH_STOCK) rest = rest_of_push(step, t);
    for (uint32_t i = 0; i < t->batch->count; i++)
        if (!t->told[i]) tell_outcome(t, i, rest.kind, 0, rest.observed, rest.code, rest.why, out);
    if (t->flight) rows_flight_ended(out, t->id);
}

bool sync_translate(const struct plugin_step *step, struct sync_telling *t, struct buf *out,
                    bool *logged)
{
    const struct stockd_plugin *plugin = t->plugin;
    buf_reset(out);
    const struct rows_head head = {.account = t->account->number,
                                   .data_version = plugin->data_version,
                                   .begun_ms = t->begun_ms,
                                   .received_ms = t->received_ms,
                                   .drained_ms = t->drained_ms,
                                   .other_time_ms = t->other_time_ms,
                                   .reading = t->refusals.reading,
                                   .run = t->refusals.run,
                                   .refused = t->refusals.count};
    rows_begin(out, &head);
    size_t empty = out->size;
    *logged = tell_account(step, t, out); /* first: its listings are of the epoch it tells */
    size_t before_rows = out->size;
    tell_warehouses(step, out);
    tell_listings(step, out);
    *logged |= out->size != before_rows;
    if (t->refusals.reading) tell_malformed(step, out);
    tell_stocks(step, out);
    tell_orders(step, out);
    tell_completes(step, out);
    if (step->drained_until_ms != STOCKD_UNKNOWN) rows_drained(out, step->drained_until_ms);
    for (size_t i = 0; i < step->state_count; i++)
        rows_state(out, step->states[i].name, step->states[i].data);
    bool ends = step->verdict == STOCKD_DONE || step->verdict == STOCKD_FAIL ||
                step->verdict == STOCKD_DEFAULT;
    if (t->batch) {
        size_t before = out->size;
        tell_item_data(step, t, out);
        if (!t->batch->reading) tell_outcomes(step, t, out);
        if (ends && !t->batch->reading) tell_rest(step, t, out);
        *logged |= out->size != before;
    }
    return out->size != empty;
}
