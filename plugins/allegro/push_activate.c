/* An offer that has ended, or may have, and is to have stock again. Whether it may come back is the
 * seller's to say (`reactivate`); whose end it was is asked at the offer itself, just before. */
#include "allegro.h"

#include <stdio.h>

/* The order that sold it out may be shown later than its end. */
#define ORDER_LATE_MS (600000 / KIT_HASTE)

static enum stockd_verdict refuse(const struct stockd_call *call, const char *code,
                                  const char *text)
{
    allegro_outcome(call, 0, STOCKD_REJECTED, 0, code, text);
    return STOCKD_DONE;
}

/* "never" | "own" | "always", or "own" where nothing is said. */
static bool policy_is(const struct stockd_call *call, const char *word)
{
    const char *policy = call->host->option(call->ctx, "reactivate");
    return strcmp(policy ? policy : "own", word) == 0;
}

static bool is_ours(const struct stockd_item *item)
{
    return allegro_marked(item, ALLEGRO_OWN_ZERO) || allegro_marked(item, ALLEGRO_OWN_END);
}

static enum stockd_verdict wait(const struct stockd_call *call)
{
    allegro_mark(call, 0, "w", "");
    allegro_outcome(call, 0, STOCKD_THROTTLED, call->now_ms + ORDER_LATE_MS, "offer-ended",
                    "the offer has ended, and not by a zero of stockd's: in ten minutes it is "
                    "known whether it was bought out");
    return STOCKD_DONE;
}

/* That it may come back: a zero of ours ended it, or orders took what was there. */
static bool is_own(const struct stockd_call *call)
{
    const struct stockd_item *item = &call->start->items[0];
    bool sold_out = item->listing_state == STOCKD_LISTING_ACTIVE && item->base == 0;
    return is_ours(item) || sold_out || allegro_sold_lately(call, item->listing_id);
}

/* It has ended, and the seller's `reactivate` says that it stays so. */
static bool stays_ended(const struct stockd_call *call, enum stockd_verdict *verdict)
{
    bool waited = allegro_marked(&call->start->items[0], ALLEGRO_WAITED);
    bool stays = policy_is(call, "never") || (policy_is(call, "own") && !is_own(call));
    if (policy_is(call, "never"))
        *verdict = refuse(call, "offer-ended",
                          "the offer has ended, and 'reactivate' is never: activate it at Allegro");
    else if (stays && !waited)
        *verdict = wait(call);
    else if (stays)
        *verdict =
            refuse(call, "offer-ended",
                   "the offer has ended, neither by a zero of stockd's nor because it was bought "
                   "out: activate it at Allegro, or set 'reactivate' to always");
    return stays;
}

static enum stockd_verdict begin(const struct stockd_call *call)
{
    const struct stockd_item *item = &call->start->items[0];
    char memory[128];
    struct out path = {.data = memory, .room = sizeof(memory)};
    enum stockd_verdict verdict;
    if (!allegro_is_segment(item->listing_id))
        return refuse(call, "bad-item", "the listing's id is none of Allegro's");
    if (item->listing_state == STOCKD_LISTING_ENDED && stays_ended(call, &verdict)) return verdict;
    out_literal(&path, "/sale/product-offers/");
    out_percent(&path, item->listing_id);
    return allegro_get(call, &path, ALLEGRO_BUCKET_GET, 1);
}

static enum stockd_verdict take_offer(const struct stockd_call *call)
{
    const struct stockd_item *item = &call->start->items[0];
    const struct stockd_response *answer = call->response;
    json_t *doc;
    if (answer->status == 404 && allegro_names_errors(answer)) { /* no gateway's 404 (I10) */
        allegro_emit_gone(call, item->listing_id);
        return refuse(call, "not-found", "Allegro no longer knows this offer");
    }
    enum stockd_verdict verdict = allegro_read_answer(call, &doc);
    if (!doc) { /* nothing was written yet: it may go again, whatever is wrong with the reading */
        allegro_outcome(call, 0, STOCKD_RETRY, 0, NULL, "the offer could not be read");
        return verdict;
    }
    const json_t *publication = json_object_get(doc, "publication");
    const char *status = kit_text(json_object_get(publication, "status"), 64);
    const char *by = kit_text(json_object_get(publication, "endedBy"), 64);
    char text[200];
    allegro_note_republish(call, publication, item->listing_id);
    bool ended = status && strcmp(status, "ENDED") == 0;
    /* Where orders alone speak for it, Allegro has to say so, too. */
    bool by_zero = by ? strcmp(by, "EMPTY_STOCK") == 0 : is_ours(item);
    bool by_us = by_zero || (allegro_marked(item, ALLEGRO_OWN_END) && strcmp(by, "USER") == 0);
    if (!status) {
        allegro_outcome(call, 0, STOCKD_RETRY, 0, "unreadable",
                        "the offer does not show its publication.status");
        verdict = STOCKD_DONE;
    } else if (strcmp(status, "INACTIVE") == 0) {
        allegro_emit_state(call, item, STOCKD_LISTING_NOT_READY, status, "a draft");
        verdict = refuse(call, "draft", "the offer is a draft: activate it at Allegro");
    } else if (ended && item->listing_state != STOCKD_LISTING_ENDED &&
               stays_ended(call, &verdict)) {
        allegro_emit_state(call, item, STOCKD_LISTING_ENDED, status, by);
    } else if (ended && !policy_is(call, "always") && !by_us) {
        /* Somebody else ended it after our zero: it is theirs from now on. */
        allegro_mark(call, 0, "", "ze");
        snprintf(text, sizeof(text),
                 "the offer was ended by %s: activate it at Allegro, or set 'reactivate' to always",
                 by ? by : "somebody");
        verdict = refuse(call, "offer-ended", text);
    } else {
        verdict = allegro_patch_send(call, ended);
    }
    json_decref(doc);
    return verdict;
}

enum stockd_verdict allegro_push_activate(const struct stockd_call *call)
{
    if (call->start->item_count > 1) return kit_bug(call, "more items than the route takes");
    if (call->event == STOCKD_START) return begin(call);
    return allegro_patch_is_sent(call) ? allegro_patch_step(call) : take_offer(call);
}
