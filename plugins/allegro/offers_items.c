/* Reading offers by their ids: up to a hundred in a list, and then one by one those that the list
 * left out. A list has been seen empty for an offer that is there: what it leaves out is asked for
 * alone before anything is said of it. */
#include "allegro.h"

/* No largest number of ids is published; so many keep the path under half of what is usual. */
#define LIST_ITEMS 100u
#define PATH_ROOM  6144

size_t allegro_reading_size(uint32_t items)
{
    return sizeof(struct allegro_reading) + items;
}

static bool askable(const struct stockd_item *item)
{
    return allegro_is_segment(item->listing_id) && strlen(item->listing_id) <= 20;
}

/* The list for the next items; false when none is left. */
static bool ask_list(const struct stockd_call *call, struct allegro_reading *reading,
                     enum stockd_verdict *verdict)
{
    char memory[PATH_ROOM];
    struct out path = {.data = memory, .room = sizeof(memory)};
    const struct stockd_start *start = call->start;
    uint32_t count = 0;
    out_literal(&path, "/sale/offers?limit=1000");
    reading->asked_from = reading->next;
    for (; reading->next < start->item_count && count < LIST_ITEMS; reading->next++) {
        const struct stockd_item *item = &start->items[reading->next];
        if (reading->settled[reading->next]) continue;
        if (!askable(item)) {
            kit_lose(call, &reading->lost, "an item whose id is none of Allegro's",
                     item->listing_id);
            reading->settled[reading->next] = 1;
            continue;
        }
        out_literal(&path, "&offer.id=");
        out_percent(&path, item->listing_id);
        count++;
    }
    reading->alone = false;
    if (count) *verdict = allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
    return count > 0;
}

enum stockd_verdict allegro_reading_next(const struct stockd_call *call,
                                         struct allegro_reading *reading)
{
    enum stockd_verdict verdict;
    while (reading->next < call->start->item_count)
        if (ask_list(call, reading, &verdict)) return verdict;
    while (reading->single < call->start->item_count && reading->settled[reading->single])
        reading->single++;
    if (reading->single == call->start->item_count) return STOCKD_DONE;
    char memory[128];
    struct out path = {.data = memory, .room = sizeof(memory)};
    out_literal(&path, "/sale/product-offers/");
    out_percent(&path, call->start->items[reading->single].listing_id);
    reading->alone = true;
    return allegro_get(call, &path, ALLEGRO_BUCKET_GET, 1);
}

/* The item of the list in flight with that id, from a guess on, or NULL. */
static const struct stockd_item *find_item(const struct stockd_call *call,
                                           const struct allegro_reading *reading, const char *id,
                                           uint32_t *index)
{
    for (uint32_t i = reading->asked_from; i < reading->next; i++) {
        if (strcmp(call->start->items[i].listing_id, id) != 0) continue;
        *index = i;
        return &call->start->items[i];
    }
    return NULL;
}

static enum stockd_verdict take_list(const struct stockd_call *call,
                                     struct allegro_reading *reading)
{
    json_t *doc, *row;
    size_t at;
    enum stockd_verdict verdict = allegro_read_answer(call, &doc);
    if (!doc) return verdict;
    const json_t *rows = allegro_rows(doc, "offers", LIST_ITEMS);
    if (!rows) {
        json_decref(doc);
        return kit_unreadable(call, "offers");
    }
    json_array_foreach (rows, at, row) {
        uint32_t index;
        const char *id = kit_text(json_object_get(row, "id"), STOCKD_ID_MAX);
        const struct stockd_item *item = id ? find_item(call, reading, id, &index) : NULL;
        if (!item) continue; /* what nobody asked for says nothing */
        /* One that cannot be read is asked for alone, where it may be told better. */
        if (allegro_emit_offer(call, row, item) == ALLEGRO_OFFER_WHOLE) reading->settled[index] = 1;
    }
    json_decref(doc);
    return allegro_reading_next(call, reading);
}

static enum stockd_verdict take_single(const struct stockd_call *call,
                                       struct allegro_reading *reading)
{
    const struct stockd_response *answer = call->response;
    const struct stockd_item *item = &call->start->items[reading->single];
    /* What may be read in a list may be read here: a 403 is about this one. */
    bool named = (answer->status == 404 || answer->status == 403 || answer->status == 400) &&
                 allegro_names_errors(answer);
    json_t *doc = NULL;
    if (named && answer->status == 404) {
        allegro_emit_gone(call, item->listing_id);
    } else if (named) {
        kit_lose(call, &reading->lost, "an offer that this account may not read", item->listing_id);
    } else {
        enum stockd_verdict verdict = allegro_read_answer(call, &doc);
        if (!doc) return verdict;
        if (allegro_emit_offer(call, doc, item) != ALLEGRO_OFFER_WHOLE) reading->lost = true;
        json_decref(doc);
    }
    reading->settled[reading->single] = 1;
    return allegro_reading_next(call, reading);
}

enum stockd_verdict allegro_reading_take(const struct stockd_call *call,
                                         struct allegro_reading *reading)
{
    if (call->event != STOCKD_RESPONSE || !call->response)
        return kit_bug(call, "a step without an answer");
    return reading->alone ? take_single(call, reading) : take_list(call, reading);
}
