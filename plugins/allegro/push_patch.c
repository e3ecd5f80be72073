/* One offer by PATCH: its figure, a zero among them, or its figure and its return. The answer shows
 * what became of it, or names an operation to be asked for. */
#include "allegro.h"

#include <stdio.h>
#include <stdlib.h>

/* "The previous edition of the offer is still being processed": seconds, as a rule. */
#define EDITED_MS (15000 / KIT_HASTE)
/* When to look at an operation whose answer did not say. */
#define FIRST_LOOK_MS (5000 / KIT_HASTE)
#define LOOK_MAX_MS   600000
/* The longest that a step is kept waiting for an operation. */
#define WAIT_MAX_MS 10000

/* What the two routes of single offers keep between steps. */
struct patch {
    enum { PATCH_NOT_SENT, PATCH_SENT, PATCH_FOLLOWED } phase;
    bool activates;     /* it asks for the offer's return, too */
    char operation[64]; /* the operation a 202 named */
};

static struct patch *patch_of(const struct stockd_call *call)
{
    return call->host->scratch(call->ctx, sizeof(struct patch));
}

bool allegro_patch_is_sent(const struct stockd_call *call)
{
    const struct patch *patch = patch_of(call);
    return patch && patch->phase != PATCH_NOT_SENT;
}

enum stockd_verdict allegro_patch_send(const struct stockd_call *call, bool activate)
{
    const struct stockd_item *item = &call->start->items[0];
    char memory[160], path[128];
    struct out body = {.data = memory, .room = sizeof(memory)};
    struct out to = {.data = path, .room = sizeof(path) - 1};
    if (!allegro_is_segment(item->listing_id) || item->wanted < 0 ||
        item->wanted > ALLEGRO_MAX_QUANTITY) {
        allegro_outcome(call, 0, STOCKD_REJECTED, 0, "bad-item",
                        "the listing's id or the quantity is none that Allegro takes");
        return STOCKD_DONE;
    }
    struct patch *patch = patch_of(call);
    if (!patch) return kit_bug(call, "no scratch memory");
    patch->phase = PATCH_SENT;
    patch->activates = activate;
    out_literal(&to, "/sale/product-offers/");
    out_percent(&to, item->listing_id);
    path[to.size] = '\0';
    out_literal(&body, "{\"stock\":{\"available\":");
    out_int(&body, item->wanted);
    out_literal(&body, "}");
    if (activate) out_literal(&body, ",\"publication\":{\"status\":\"ACTIVE\"}");
    /* The answer may be lost, and a reading does not tell whose zero ended the offer. Where this
     * one is refused the mark costs a reading before the next figure, no more. */
    if (item->wanted == 0 && item->listing_state == STOCKD_LISTING_ACTIVE)
        allegro_mark(call, 0, "z", "");
    out_literal(&body, "}");
    return allegro_send(
        call, &(struct allegro_ask){.method = "PATCH", .path = path, .body = &body, .write = true});
}

/* ---- the answer ---- */

static enum stockd_verdict end_with(const struct stockd_call *call, enum stockd_outcome_kind kind,
                                    int64_t until_ms, const char *code, const char *text)
{
    allegro_outcome(call, 0, kind, until_ms, code, text);
    return STOCKD_DONE;
}

static enum stockd_verdict unclear(const struct stockd_call *call, const char *text)
{
    return end_with(call, STOCKD_UNRESOLVED, call->now_ms + ALLEGRO_SETTLE_MS, "unclear-answer",
                    text);
}

/* The last part of the Location's path. Its host and port may be of Allegro's inside. */
static bool operation_id(const struct stockd_call *call, char id[64])
{
    const char *location = call->host->header(call->ctx, "Location");
    const char *at = location ? strstr(location, "/operations/") : NULL;
    if (!at) return false;
    at += strlen("/operations/");
    size_t size = strcspn(at, "/?#");
    if (size == 0 || size > 63) return false;
    memcpy(id, at, size);
    id[size] = '\0';
    return allegro_is_segment(id);
}

/* Seconds of Retry-After, within reason. */
static int64_t look_after(const struct stockd_call *call)
{
    const char *text = call->host->header(call->ctx, "Retry-After");
    char *end;
    long seconds = text ? strtol(text, &end, 10) : 0;
    if (!text || *end || end == text || seconds <= 0) return FIRST_LOOK_MS;
    return seconds < LOOK_MAX_MS / 1000 ? seconds * INT64_C(1000) : LOOK_MAX_MS;
}

/* 202: most operations are over in a moment, so the first look is taken here. */
static enum stockd_verdict take_accepted(const struct stockd_call *call)
{
    struct patch *patch = patch_of(call);
    int64_t after = look_after(call);
    if (patch && operation_id(call, patch->operation) && after <= WAIT_MAX_MS) {
        call->host->wait(call->ctx, after);
        return STOCKD_WAIT;
    }
    /* Nothing to ask for, or not soon: it is read back. */
    return end_with(call, STOCKD_ACCEPTED, call->now_ms + after, NULL, NULL);
}

/* The note is kept with the request that asks, so that whoever comes after may ask again. */
static enum stockd_verdict follow(const struct stockd_call *call, struct patch *patch)
{
    const struct stockd_item *item = &call->start->items[0];
    struct allegro_note note = {.kind = 'o', .value = item->wanted, .sent_ms = call->now_ms};
    strcpy(note.id, patch->operation);
    allegro_note_put(call, 0, &note);
    patch->phase = PATCH_FOLLOWED;
    return allegro_operation_ask(call, item, patch->operation);
}

static enum stockd_verdict take_followed(const struct stockd_call *call)
{
    const struct stockd_item *item = &call->start->items[0];
    const struct stockd_response *answer = call->response;
    char why[160];
    struct allegro_error error;
    json_t *doc = answer->transport == STOCKD_ARRIVED
                      ? kit_parse(answer->body, answer->body_size, why)
                      : NULL;
    switch (allegro_operation_read(answer, doc, &error)) {
    case ALLEGRO_OPERATION_DONE:
        allegro_operation_done(call, 0, item->wanted);
        allegro_outcome(call, 0, STOCKD_OK, 0, NULL, NULL);
        break;
    case ALLEGRO_OPERATION_REFUSED: allegro_patch_refused(call, 0, item->wanted, &error); break;
    default:
        /* Whatever is wrong with the asking, the change was taken: the note is asked later. */
        allegro_outcome(call, 0, STOCKD_ACCEPTED, call->now_ms + look_after(call), NULL, NULL);
        break;
    }
    json_decref(doc);
    return STOCKD_DONE;
}

/* It took the figure, and shows none: nobody had told that it has ended. */
static enum stockd_verdict take_ended(const struct stockd_call *call, const char *by)
{
    char text[100];
    struct stockd_outcome outcome = STOCKD_OUTCOME(STOCKD_CHANGED);
    snprintf(text, sizeof(text), "the offer has ended (%s): it shows no figure until it is active",
             by ? by : "nobody says by whom");
    allegro_emit_state(call, &call->start->items[0], STOCKD_LISTING_ENDED, "ENDED", by);
    outcome.observed = 0;
    outcome.code = "offer-ended";
    outcome.text = text;
    call->host->outcome(call->ctx, 0, &outcome);
    return STOCKD_DONE;
}

/* 200: done, if the offer as it is answered shows it. A figure alone brings back no offer that has
 * ended, on neither route: what was read to be on sale may be bought out before the figure comes. A
 * return that was asked for may come later than its answer. */
static enum stockd_verdict take_done(const struct stockd_call *call, const json_t *doc)
{
    const struct patch *patch = patch_of(call);
    const struct stockd_item *item = &call->start->items[0];
    const json_t *publication = json_object_get(doc, "publication");
    const char *id = kit_text(json_object_get(doc, "id"), STOCKD_ID_MAX);
    int64_t available;
    if (id && strcmp(id, item->listing_id) != 0) return unclear(call, "it is about another offer");
    allegro_note_republish(call, publication, item->listing_id);
    if (!kit_int(json_object_get(json_object_get(doc, "stock"), "available"), &available))
        return unclear(call, "it does not show the figure");
    if (available != item->wanted) return unclear(call, "it shows another figure");
    const char *status = kit_text(json_object_get(publication, "status"), 64);
    const char *by = kit_text(json_object_get(publication, "endedBy"), 64);
    if (item->wanted > 0 && !(patch && patch->activates) && status && strcmp(status, "ENDED") == 0)
        return take_ended(call, by);
    allegro_confirmed(call, 0, item->wanted, by);
    if (item->wanted > 0 && item->listing_state == STOCKD_LISTING_ENDED && status &&
        strncmp(status, "ACTIV", 5) == 0)
        allegro_emit_state(call, item, STOCKD_LISTING_ACTIVE, status, NULL);
    return end_with(call, STOCKD_OK, 0, NULL, NULL);
}

void allegro_patch_refused(const struct stockd_call *call, uint32_t index, int64_t value,
                           const struct allegro_error *error)
{
    /* PATCH judges the whole offer: a missing parameter or a new duty refuses a change of stock. A
     * zero must get through all the same, and a command that ends the offer judges nothing. */
    if (value == 0) {
        allegro_mark(call, index, "p", "");
        allegro_outcome(call, index, STOCKD_RETRY, 0, error->code, error->text);
        return;
    }
    allegro_outcome(call, index, STOCKD_REJECTED, 0, error->code, error->text);
}

static enum stockd_verdict take_refusal(const struct stockd_call *call, const json_t *doc)
{
    const struct stockd_item *item = &call->start->items[0];
    int status = call->response->status;
    struct allegro_error error;
    allegro_error_read(doc, status, &error);
    int64_t until = allegro_quota_learn(call);
    if (until) return end_with(call, STOCKD_THROTTLED, until, error.code, error.text);
    if (status == 409 || strcasestr(error.code, "EDIT_IN_PROGRESS") ||
        strcasestr(error.code, "OfferConflict"))
        return end_with(call, STOCKD_THROTTLED, call->now_ms + EDITED_MS, error.code, error.text);
    if (status == 403 && !error.json) {
        end_with(call, STOCKD_RETRY, 0, NULL, NULL);
        return kit_fail(call, STOCKD_FAIL_BLOCKED, error.code,
                        "a page stands before Allegro (a captcha?)");
    }
    if (status == 404 && error.listed) {
        /* The id was asked for, and by that alone. */
        allegro_emit_gone(call, item->listing_id);
        return end_with(call, STOCKD_REJECTED, 0, error.code, error.text);
    }
    if ((status == 400 || status == 422) && error.listed) {
        allegro_patch_refused(call, 0, item->wanted, &error);
        return STOCKD_DONE;
    }
    return STOCKD_DEFAULT;
}

static enum stockd_verdict take_answer(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    struct allegro_error error;
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    bool taken = answer->status == 200 || answer->status == 202;
    enum stockd_verdict verdict;
    allegro_error_read(doc, answer->status, &error);
    if (taken && error.listed) { /* taken, and yet not applied */
        allegro_patch_refused(call, 0, call->start->items[0].wanted, &error);
        verdict = STOCKD_DONE;
    } else if (answer->status == 202) {
        verdict = take_accepted(call);
    } else if (answer->status == 200) {
        verdict = json_is_object(doc) ? take_done(call, doc) : unclear(call, "it is no JSON");
    } else if (answer->status >= 400 && answer->status < 500 && answer->status != 408) {
        verdict = take_refusal(call, doc);
    } else {
        verdict = STOCKD_DEFAULT;
    }
    json_decref(doc);
    return verdict;
}

enum stockd_verdict allegro_patch_step(const struct stockd_call *call)
{
    struct patch *patch = patch_of(call);
    if (!patch) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_TIMER) return follow(call, patch);
    return patch->phase == PATCH_FOLLOWED ? take_followed(call) : take_answer(call);
}

enum stockd_verdict allegro_push_patch(const struct stockd_call *call)
{
    if (call->start->item_count > 1) return kit_bug(call, "more items than the route takes");
    return call->event == STOCKD_START ? allegro_patch_send(call, false) : allegro_patch_step(call);
}
