/* fetch_listings for given sizes: their cards are searched by nmID, among the cards and then in the
 * trash. Only what both lists were asked for, and do not have, is gone. */
#include "listings.h"

/* Sizes of one card that are asked for together. */
#define CHUNK 64u

struct search {
    uint32_t first, count; /* items of the card in hand */
    uint64_t seen;         /* a bit for each of them */
    enum wb_list list;
    bool lost; /* of the card in hand: nothing may be said of what is absent */
    bool any_lost;
};

static const char *group_of(const struct stockd_call *call, uint32_t index)
{
    const char *group = call->start->items[index].group;
    return kit_id_of(group) ? group : NULL;
}

static const struct wb_mark from_start;

/* The next card, or the end. */
static enum stockd_verdict next_card(const struct stockd_call *call, struct search *search)
{
    const struct stockd_start *start = call->start;
    const char *group = NULL;
    search->first += search->count;
    for (; search->first < start->item_count; search->first++) {
        if ((group = group_of(call, search->first))) break;
        kit_lose(call, &search->any_lost, "an item without its card's nmID",
                 start->items[search->first].listing_id);
    }
    search->count = 0;
    search->seen = 0;
    search->lost = false;
    search->list = WB_CARDS;
    if (!group) {
        if (!search->any_lost) call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
        return STOCKD_DONE;
    }
    while (search->count < CHUNK && search->first + search->count < start->item_count) {
        const char *other = group_of(call, search->first + search->count);
        if (!other || strcmp(other, group) != 0) break;
        search->count++;
    }
    return wb_ask_cards(call, search->list, &from_start, group);
}

static void mark_seen(const struct stockd_call *call, struct search *search, const json_t *card)
{
    size_t index;
    json_t *size;
    json_array_foreach (json_object_get(card, "sizes"), index, size) {
        int64_t chrt;
        if (!kit_id(json_object_get(size, "chrtID"), &chrt)) continue;
        for (uint32_t i = 0; i < search->count; i++)
            if (kit_id_of(call->start->items[search->first + i].listing_id) == chrt)
                search->seen |= UINT64_C(1) << i;
    }
}

/* The cards of a page that are the one searched for; true when it is there. */
static bool take_cards(const struct stockd_call *call, struct search *search, const json_t *cards)
{
    int64_t wanted = kit_id_of(group_of(call, search->first)), nm;
    bool found = false;
    size_t index;
    json_t *card;
    json_array_foreach (cards, index, card) {
        if (!kit_id(json_object_get(card, "nmID"), &nm)) {
            kit_lose(call, &search->lost, "a card without a usable nmID", "textSearch");
        } else if (nm == wanted) {
            found = true;
            if (!wb_emit_card(call, card, search->list)) search->lost = true;
            mark_seen(call, search, card);
        }
    }
    /* A search finds by other words too: the card may be on a page that was not asked for. */
    if (!found && json_array_size(cards) >= WB_CARDS_ROWS) search->lost = true;
    return found;
}

static void emit_gone(const struct stockd_call *call, const struct search *search)
{
    for (uint32_t i = 0; i < search->count; i++) {
        const struct stockd_item *item = &call->start->items[search->first + i];
        if (search->seen >> i & 1) continue;
        struct stockd_listing row = {
            .size = sizeof(row),
            .state = STOCKD_LISTING_GONE,
            .id = item->listing_id,
            .group = item->group,
            .code = "not-found",
            .text = "Wildberries no longer has this size, neither among the cards nor in the trash",
        };
        call->host->listing(call->ctx, &row);
    }
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct search *search,
                                     const json_t *doc)
{
    const json_t *cards = wb_rows(json_object_get(doc, "cards"), WB_CARDS_ROWS);
    if (!cards) return kit_unreadable(call, "cards");
    bool found = take_cards(call, search, cards);
    if (!found && search->list == WB_CARDS) {
        search->list = WB_TRASH;
        return wb_ask_cards(call, WB_TRASH, &from_start, group_of(call, search->first));
    }
    if (search->lost)
        search->any_lost = true;
    else
        emit_gone(call, search);
    return next_card(call, search);
}

enum stockd_verdict wb_fetch_listings_items(const struct stockd_call *call)
{
    struct search *search = call->host->scratch(call->ctx, sizeof(*search));
    if (!search) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) return next_card(call, search);
    json_t *doc;
    enum stockd_verdict verdict = wb_read_answer(call, WB_BUCKET_CONTENT, false, &doc);
    if (!doc) return verdict;
    verdict = take_page(call, search, doc);
    json_decref(doc);
    return verdict;
}
