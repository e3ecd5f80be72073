/* What happens by itself: edits, commands, offers that end, events that come out, each when its
 * time has come and in the order of their times. */
#include "marketsim/allegro/allegro_state.h"

#include <string.h>

void allegro_due_add(struct allegro *allegro, const struct allegro_due *due)
{
    if (allegro->due_count == allegro->due_room) {
        allegro->due_room = allegro->due_room ? allegro->due_room * 2 : 64;
        allegro->due = market_realloc(allegro->due, allegro->due_room * sizeof(*allegro->due));
    }
    size_t at = allegro->due_count++;
    for (; at > 0 && allegro->due[at - 1].due_ms > due->due_ms; at--)
        allegro->due[at] = allegro->due[at - 1];
    allegro->due[at] = *due;
}

static void settle(struct allegro *allegro, const struct allegro_due *due)
{
    struct allegro_seller *seller = due->seller;
    switch (due->kind) {
    case DUE_OPERATION: allegro_operation_apply(allegro, seller, due->index, due->due_ms); break;
    case DUE_COMMAND: allegro_command_run(allegro, seller, due->index, due->due_ms); break;
    case DUE_ENDED:
        if (seller->offers[due->index].available == 0)
            allegro_offer_end(allegro, seller, due->index, ENDED_EMPTY_STOCK, due->due_ms);
        break;
    case DUE_ACTIVE:
        if (seller->offers[due->index].status == OFFER_ACTIVATING)
            seller->offers[due->index].status = OFFER_ACTIVE;
        break;
    case DUE_EVENT: allegro_event_out(seller, &due->event); break;
    }
}

void allegro_advance(struct allegro *allegro, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    while (allegro->due_count && allegro->due[0].due_ms <= now_ms) {
        struct allegro_due due = allegro->due[0];
        allegro->due_count--;
        memmove(&allegro->due[0], &allegro->due[1], allegro->due_count * sizeof(*allegro->due));
        settle(allegro, &due);
    }
}
