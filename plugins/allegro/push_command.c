/* The three commands: one value for many offers, up to 25 values, and the end of many offers. The
 * command's id is the operation's; a note on each item says what to ask for, so that an answer that
 * is lost, or a daemon that dies, loses nothing. What became of them is asked in confirm.c. */
#include "allegro.h"

#include <stdio.h>

/* Tasks of a command appear within seconds. */
#define FIRST_LOOK_MS 5000
/* How long a command's work in progress keeps another one out; a guess, Allegro does not say. */
#define BUSY_MS    60000
#define ITEM_BYTES 128u

static const struct {
    uint32_t most;
    char note;
    const char *path; /* the id follows, but for the bulk command */
} commands[] = {
    [ALLEGRO_ROUTE_COMMAND] = {ALLEGRO_COMMAND_ITEMS, 'q', "/sale/offer-quantity-change-commands/"},
    [ALLEGRO_ROUTE_BULK] = {ALLEGRO_BULK_ITEMS, 'b', "/sale/offer-bulk-modification-commands"},
    [ALLEGRO_ROUTE_END] = {ALLEGRO_COMMAND_ITEMS, 'p', "/sale/offer-publication-commands/"},
};

/* Why an item never leaves, or NULL. */
static const char *unsendable(const struct stockd_call *call, const struct stockd_item *item)
{
    bool end = call->start->route == ALLEGRO_ROUTE_END;
    if (!allegro_is_segment(item->listing_id) || strlen(item->listing_id) > 20)
        return "the listing's id is none of Allegro's";
    if (end ? item->wanted != 0 : item->wanted < 1 || item->wanted > ALLEGRO_MAX_QUANTITY)
        return "the quantity is none that this way of writing takes";
    return NULL;
}

static void write_offer(struct out *body, const struct stockd_call *call,
                        const struct stockd_item *item)
{
    bool bulk = call->start->route == ALLEGRO_ROUTE_BULK;
    if (bulk)
        out_literal(body, "{\"offerId\":");
    else
        out_literal(body, "{\"id\":");
    out_string(body, item->listing_id);
    if (bulk) {
        out_literal(body, ",\"stock\":{\"changeType\":\"FIXED\",\"value\":");
        out_int(body, item->wanted);
        out_literal(body, "}");
    }
    out_literal(body, "},");
}

static void write_head(struct out *body, const struct stockd_call *call, const char *uuid,
                       int64_t value)
{
    switch (call->start->route) {
    case ALLEGRO_ROUTE_BULK:
        out_literal(body, "{\"commandId\":");
        out_string(body, uuid);
        out_literal(body, ",\"modifications\":[");
        return;
    case ALLEGRO_ROUTE_END: out_literal(body, "{\"publication\":{\"action\":\"END\"}"); break;
    default:
        out_literal(body, "{\"modification\":{\"changeType\":\"FIXED\",\"value\":");
        out_int(body, value);
        out_literal(body, "}");
        break;
    }
    out_literal(body, ",\"offerCriteria\":[{\"type\":\"CONTAINS_OFFERS\",\"offers\":[");
}

/* The offers that can be sent, each with its note; false when there is none. A command has one
 * value: an item of another is no batch of this route. */
static bool write_items(struct out *body, const struct stockd_call *call, const char *uuid)
{
    const struct stockd_start *start = call->start;
    struct allegro_note note = {.kind = commands[start->route].note, .sent_ms = call->now_ms};
    snprintf(note.id, sizeof(note.id), "%s", uuid);
    const struct stockd_item *first = NULL;
    for (uint32_t i = 0; i < start->item_count; i++) {
        const struct stockd_item *item = &start->items[i];
        const char *why = unsendable(call, item);
        if (why) {
            allegro_outcome(call, i, STOCKD_REJECTED, 0, "bad-item", why);
            continue;
        }
        if (first && start->route == ALLEGRO_ROUTE_COMMAND && item->wanted != first->wanted) {
            allegro_outcome(call, i, STOCKD_RETRY, 0, "other-value", "not of this command's value");
            continue;
        }
        if (!first) write_head(body, call, uuid, item->wanted);
        if (!first) first = item;
        write_offer(body, call, item);
        note.value = item->wanted;
        allegro_note_put(call, i, &note);
    }
    if (!first) return false;
    body->size--; /* the last comma */
    if (start->route == ALLEGRO_ROUTE_BULK)
        out_literal(body, "]}");
    else
        out_literal(body, "]}]}");
    return true;
}

static enum stockd_verdict send_command(const struct stockd_call *call)
{
    const struct stockd_start *start = call->start;
    bool bulk = start->route == ALLEGRO_ROUTE_BULK;
    size_t room = 256 + (size_t)start->item_count * ITEM_BYTES;
    char uuid[ALLEGRO_UUID_SIZE + 1], path[128];
    struct out body = {.data = call->host->scratch(call->ctx, room), .room = room};
    if (!body.data) return kit_bug(call, "no scratch memory for the command");
    allegro_uuid(call, uuid);
    if (!write_items(&body, call, uuid)) return STOCKD_DONE;
    snprintf(path, sizeof(path), "%s%s", commands[start->route].path, bulk ? "" : uuid);
    return allegro_send(call, &(struct allegro_ask){.method = bulk ? "POST" : "PUT",
                                                    .path = path,
                                                    .body = &body,
                                                    .beta = bulk,
                                                    .write = true});
}

/* ---- the answer ---- */

/* The same word about all that left; what did not leave has its outcome. */
static enum stockd_verdict outcome_for_all(const struct stockd_call *call,
                                           enum stockd_outcome_kind kind, int64_t until_ms,
                                           const struct allegro_error *error)
{
    const struct stockd_start *start = call->start;
    const struct stockd_item *first = NULL;
    for (uint32_t i = 0; i < start->item_count; i++) {
        const struct stockd_item *item = &start->items[i];
        if (unsendable(call, item)) continue;
        if (!first) first = item;
        if (start->route == ALLEGRO_ROUTE_COMMAND && item->wanted != first->wanted) continue;
        allegro_outcome(call, i, kind, until_ms, error ? error->code : NULL,
                        error ? error->text : NULL);
    }
    return STOCKD_DONE;
}

/* The beta is not there (any more): these offers go the other ways from now on. */
static enum stockd_verdict without_bulk(const struct stockd_call *call,
                                        const struct allegro_error *error)
{
    for (uint32_t i = 0; i < call->start->item_count; i++)
        allegro_mark(call, i, "b", "");
    return outcome_for_all(call, STOCKD_RETRY, 0, error);
}

static enum stockd_verdict take_refusal(const struct stockd_call *call, const json_t *doc)
{
    int status = call->response->status;
    struct allegro_error error;
    allegro_error_read(doc, status, &error);
    int64_t until = allegro_quota_learn(call);
    if (strcasestr(error.code, "InProgressTaskLimit"))
        return outcome_for_all(call, STOCKD_THROTTLED, call->now_ms + BUSY_MS, &error);
    if (until) return outcome_for_all(call, STOCKD_THROTTLED, until, &error);
    /* The id is of this operation alone: a command that has it is this one. */
    if (status == 409)
        return outcome_for_all(call, STOCKD_ACCEPTED, call->now_ms + FIRST_LOOK_MS, NULL);
    bool absent = status == 404 || status == 405 || status == 406 || status == 410;
    if (call->start->route == ALLEGRO_ROUTE_BULK && (absent || status == 415))
        return without_bulk(call, &error);
    if (status == 403 && !error.json) {
        outcome_for_all(call, STOCKD_RETRY, 0, NULL);
        return kit_fail(call, STOCKD_FAIL_BLOCKED, error.code,
                        "a page stands before Allegro (a captcha?)");
    }
    if (absent) {
        outcome_for_all(call, STOCKD_RETRY, 0, NULL);
        return kit_fail(call, STOCKD_FAIL_UNSUPPORTED, error.code, error.text);
    }
    return STOCKD_DEFAULT;
}

static enum stockd_verdict take_answer(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    bool sent = answer->transport == STOCKD_ARRIVED || answer->transport == STOCKD_TOO_LARGE;
    /* Of a registered command the counts are still 0 of 0: nothing in the answer is looked at. */
    if (sent && answer->status == 201)
        return outcome_for_all(call, STOCKD_ACCEPTED, call->now_ms + FIRST_LOOK_MS, NULL);
    if (answer->transport != STOCKD_ARRIVED || answer->status < 400 || answer->status >= 500)
        return STOCKD_DEFAULT; /* registered or not: the note is asked */
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    enum stockd_verdict verdict = take_refusal(call, doc);
    json_decref(doc);
    return verdict;
}

enum stockd_verdict allegro_push_command(const struct stockd_call *call)
{
    if (call->start->item_count > commands[call->start->route].most)
        return kit_bug(call, "more items than the route takes");
    return call->event == STOCKD_START ? send_command(call) : take_answer(call);
}
