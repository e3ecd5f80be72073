/* push_stock: which route's file makes the request, and what they share: outcomes, notes, and what
 * a confirmed figure means for the offer. */
#include "allegro.h"

#include <stdio.h>

void allegro_outcome(const struct stockd_call *call, uint32_t index, enum stockd_outcome_kind kind,
                     int64_t until_ms, const char *code, const char *text)
{
    struct stockd_outcome outcome = STOCKD_OUTCOME(kind);
    outcome.until_ms = until_ms;
    outcome.code = code;
    outcome.text = text;
    call->host->outcome(call->ctx, index, &outcome);
}

void allegro_confirmed(const struct stockd_call *call, uint32_t index, int64_t value,
                       const char *ended_by)
{
    const struct stockd_item *item = &call->start->items[index];
    if (value > 0) {
        allegro_mark(call, index, "", "zepw");
        return;
    }
    /* An offer that was at its end already is not ours to bring back, unless it was sold out: then
     * our zero only says the same. */
    bool ours = item->listing_state == STOCKD_LISTING_ACTIVE ||
                (ended_by && strcmp(ended_by, "EMPTY_STOCK") == 0);
    if (ours) allegro_mark(call, index, "z", "");
    if (item->listing_state == STOCKD_LISTING_ACTIVE)
        allegro_emit_state(call, item, STOCKD_LISTING_ENDED, "ENDED",
                           "ended by a zero of stockd's");
}

void allegro_operation_done(const struct stockd_call *call, uint32_t index, int64_t value)
{
    const struct stockd_item *item = &call->start->items[index];
    allegro_confirmed(call, index, value, NULL);
    if (call->start->route == ALLEGRO_ROUTE_ACTIVATE && value > 0 &&
        item->listing_state == STOCKD_LISTING_ENDED)
        allegro_emit_state(call, item, STOCKD_LISTING_ACTIVE, "ACTIVATING", NULL);
}

/* "q17@1789000000000/0f8f1d13-..." */
void allegro_note_put(const struct stockd_call *call, uint32_t index,
                      const struct allegro_note *note)
{
    char text[STOCKD_NOTE_MAX];
    int size = snprintf(text, sizeof(text), "%c%lld@%lld/%s", note->kind, (long long)note->value,
                        (long long)note->sent_ms, note->id);
    call->host->note(call->ctx, index, text, (size_t)size);
}

/* A whole number of the note up to `end`, which is passed; false when there is none. */
static bool number_of(const char **at, char end, int64_t *value)
{
    uint64_t sum = 0;
    const char *from = *at;
    for (; **at >= '0' && **at <= '9' && *at - from < 18; (*at)++)
        sum = sum * 10 + (uint64_t)(**at - '0');
    if (*at == from || **at != end) return false;
    (*at)++;
    *value = (int64_t)sum;
    return true;
}

bool allegro_note_read(const struct stockd_item *item, struct allegro_note *note)
{
    char text[STOCKD_NOTE_MAX + 1];
    if (!item->note || item->note_size == 0 || item->note_size > STOCKD_NOTE_MAX) return false;
    memcpy(text, item->note, item->note_size);
    text[item->note_size] = '\0';
    const char *at = text + 1;
    *note = (struct allegro_note){.kind = text[0]};
    if (!strchr("qbpo", text[0]) || !number_of(&at, '@', &note->value) ||
        !number_of(&at, '/', &note->sent_ms) || !allegro_is_segment(at))
        return false;
    strcpy(note->id, at); /* at most 63 bytes: a segment */
    return true;
}

enum stockd_verdict allegro_push_stock(const struct stockd_call *call)
{
    if (call->event == STOCKD_RESPONSE && !call->response)
        return kit_bug(call, "a step without an answer");
    switch (call->start->route) {
    case ALLEGRO_ROUTE_COMMAND:
    case ALLEGRO_ROUTE_BULK:
    case ALLEGRO_ROUTE_END: return allegro_push_command(call);
    case ALLEGRO_ROUTE_PATCH: return allegro_push_patch(call);
    case ALLEGRO_ROUTE_ACTIVATE: return allegro_push_activate(call);
    default: return kit_bug(call, "a route that was not declared");
    }
}
