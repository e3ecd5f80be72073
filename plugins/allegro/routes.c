/* Which way an item goes, and the marks that say so. Pure but for writing a mark. */
#include "allegro.h"

/* With the listing, which stays when the target is made anew: an offer has one figure. Older
 * versions kept them with the target. */
bool allegro_marked(const struct stockd_item *item, char mark)
{
    return (item->listing_data && memchr(item->listing_data, mark, item->listing_data_size)) ||
           (item->target_data && memchr(item->target_data, mark, item->target_data_size));
}

void allegro_mark(const struct stockd_call *call, uint32_t index, const char *set,
                  const char *clear)
{
    const struct stockd_item *item = &call->start->items[index];
    char marks[sizeof(ALLEGRO_MARKS)];
    size_t size = 0, before = 0;
    for (const char *mark = ALLEGRO_MARKS; *mark; mark++) {
        bool had = allegro_marked(item, *mark);
        before += had;
        if ((had && !strchr(clear, *mark)) || strchr(set, *mark)) marks[size++] = *mark;
    }
    bool same = size == before;
    for (size_t i = 0; i < size && same; i++)
        same = allegro_marked(item, marks[i]);
    if (same) return;
    call->host->listing_data(call->ctx, index, marks, size);
    if (item->target_data_size) call->host->target_data(call->ctx, index, "", 0);
}

static uint32_t put(uint32_t *routes, uint32_t max, const uint32_t *found, uint32_t count)
{
    if (count > max) count = max;
    memcpy(routes, found, count * sizeof(*found));
    return count;
}

/* On sale by all that is known; but orders took the last piece, or moved what is shown so that
 * nobody knows it: it may have ended. */
static bool may_be_sold_out(const struct stockd_item *item)
{
    return item->listing_state == STOCKD_LISTING_ACTIVE && item->base <= 0;
}

/* A zero ends an offer, and no command of quantities takes it. More than zero does not bring an
 * ended one back: that is asked for, whatever the listing's last known state, once a zero of ours
 * has ended it, or buyers may have. */
uint32_t allegro_item_routes(const struct stockd_item *item, uint32_t *routes, uint32_t max)
{
    static const uint32_t zero[] = {ALLEGRO_ROUTE_PATCH}, end[] = {ALLEGRO_ROUTE_END},
                          ended[] = {ALLEGRO_ROUTE_ACTIVATE},
                          any[] = {ALLEGRO_ROUTE_COMMAND, ALLEGRO_ROUTE_BULK, ALLEGRO_ROUTE_PATCH},
                          no_bulk[] = {ALLEGRO_ROUTE_COMMAND, ALLEGRO_ROUTE_PATCH};
    if (item->wanted <= 0)
        return allegro_marked(item, ALLEGRO_NO_PATCH) ? put(routes, max, end, 1)
                                                      : put(routes, max, zero, 1);
    if (item->listing_state == STOCKD_LISTING_ENDED || allegro_marked(item, ALLEGRO_OWN_ZERO) ||
        allegro_marked(item, ALLEGRO_OWN_END) || may_be_sold_out(item))
        return put(routes, max, ended, 1);
    if (allegro_marked(item, ALLEGRO_NO_BULK)) return put(routes, max, no_bulk, 2);
    return put(routes, max, any, 3);
}
