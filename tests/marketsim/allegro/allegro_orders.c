/* Buyers: what they buy, pay and cancel, what that does to the stock, and the journal of events.
 * How orders look in reads is in allegro_orders_read.c. */
#include "marketsim/allegro/allegro_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void allegro_orders_forget(struct allegro_seller *seller)
{
    for (size_t i = 0; i < seller->order_count; i++)
        market_kept_forget(&seller->orders[i].look);
}

void allegro_orders_free(struct allegro_seller *seller)
{
    allegro_orders_forget(seller);
    for (size_t i = 0; i < seller->order_count; i++)
        free(seller->orders[i].lines);
    free(seller->orders);
    free(seller->events);
}

size_t allegro_order_count(const struct allegro_seller *seller)
{
    return seller->order_count;
}

const char *allegro_stage_name(enum allegro_stage stage)
{
    static const char *const names[] = {"BOUGHT", "FILLED_IN", "READY_FOR_PROCESSING", "CANCELLED"};
    return names[stage];
}

struct allegro_order *allegro_order_find(struct allegro_seller *seller, const char *id)
{
    for (size_t i = seller->order_count; i > 0; i--)
        if (strcmp(seller->orders[i - 1].id, id) == 0) return &seller->orders[i - 1];
    return NULL;
}

/* By id; one whose id was given out before it came out lands behind what has been read. */
void allegro_event_out(struct allegro_seller *seller, const struct allegro_event *event)
{
    if (seller->event_count == seller->event_room) {
        seller->event_room = seller->event_room ? seller->event_room * 2 : 64;
        seller->events =
            market_realloc(seller->events, seller->event_room * sizeof(*seller->events));
    }
    struct allegro_event made = *event;
    if (!made.id) made.id = ++seller->last_event;
    size_t at = seller->event_count++;
    for (; at > 0 && seller->events[at - 1].id > made.id; at--)
        seller->events[at] = seller->events[at - 1];
    seller->events[at] = made;
}

static void emit_one(struct allegro *allegro, struct allegro_seller *seller,
                     struct allegro_event event, int64_t due_ms, int64_t now_ms)
{
    if (due_ms <= now_ms) {
        allegro_event_out(seller, &event);
        return;
    }
    if (allegro->settings.event_late_ids) event.id = ++seller->last_event;
    struct allegro_due due = {
        .due_ms = due_ms, .kind = DUE_EVENT, .seller = seller, .event = event};
    allegro_due_add(allegro, &due);
}

static void emit(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                 const char *type, int64_t now_ms)
{
    struct allegro_settings *s = &allegro->settings;
    struct allegro_order *order = &seller->orders[index];
    struct allegro_event event = {.occurred_ms = now_ms,
                                  .order = index,
                                  .type = type,
                                  .line_count = order->line_count,
                                  .with_form = order->stage != STAGE_BOUGHT || s->bought_form,
                                  .revision = order->revision};
    int64_t due_ms = now_ms + s->event_delay_ms;
    if (due_ms < order->visible_ms) due_ms = order->visible_ms;
    if (s->events_lost != 0) {
        if (s->events_lost > 0) s->events_lost--;
        return;
    }
    for (int i = s->event_twice ? 2 : 1; i > 0; i--)
        emit_one(allegro, seller, event, due_ms, now_ms);
}

static bool can_place(struct allegro_seller *seller, const struct allegro_order_spec *spec)
{
    for (size_t i = 0; i < spec->line_count; i++) {
        const struct allegro_offer *offer = allegro_offer_find(seller, spec->lines[i].name);
        int64_t wanted = 0;
        if (!offer || spec->lines[i].quantity <= 0) return false;
        for (size_t j = 0; j < spec->line_count; j++)
            if (allegro_offer_find(seller, spec->lines[j].name) == offer)
                wanted += spec->lines[j].quantity;
        if (!spec->oversell && allegro_offer_free(offer) < wanted) return false;
    }
    return spec->line_count > 0;
}

static struct allegro_order *order_room(struct allegro_seller *seller)
{
    if (seller->order_count == seller->order_room) {
        seller->order_room = seller->order_room ? seller->order_room * 2 : 64;
        seller->orders =
            market_realloc(seller->orders, seller->order_room * sizeof(*seller->orders));
    }
    return &seller->orders[seller->order_count++];
}

/* The offer may come back under another id by this: its place in the table stays. */
static void take_line(struct allegro *allegro, struct allegro_seller *seller,
                      struct allegro_line *line, int64_t now_ms)
{
    line->reserved = line->quantity;
    seller->offers[line->offer].reserved += line->quantity;
    allegro_offer_bought(allegro, seller, line->offer, line->quantity, now_ms);
}

static const char *event_of(enum allegro_stage stage)
{
    return allegro_stage_name(stage == STAGE_CANCELLED ? STAGE_BOUGHT : stage);
}

bool allegro_order_place(struct allegro *allegro, struct allegro_seller *seller,
                         const struct allegro_order_spec *spec, int64_t now_ms, char *id,
                         size_t size)
{
    now_ms += allegro->settings.clock_offset_ms;
    if (spec->stage == STAGE_CANCELLED || !can_place(seller, spec)) return false;
    size_t index = seller->order_count;
    struct allegro_order *order = order_room(seller);
    *order = (struct allegro_order){.stage = spec->stage,
                                    .fulfillment = "NEW",
                                    .by_allegro = spec->by_allegro,
                                    .revision = 1,
                                    .placed_ms = spec->placed_ms ? spec->placed_ms : now_ms,
                                    .updated_ms = now_ms,
                                    .visible_ms = now_ms + spec->visible_after_ms,
                                    .line_count = spec->line_count};
    allegro_uuid(allegro, order->id);
    order->lines = market_alloc(spec->line_count * sizeof(*order->lines));
    for (size_t i = 0; i < spec->line_count; i++) {
        struct allegro_line *line = &order->lines[i];
        allegro_uuid(allegro, line->id);
        line->offer = allegro_offer_index(seller, allegro_offer_find(seller, spec->lines[i].name));
        line->quantity = spec->lines[i].quantity;
    }
    for (size_t i = 0; i < spec->line_count; i++)
        take_line(allegro, seller, &order->lines[i], now_ms);
    emit(allegro, seller, index, event_of(spec->stage), now_ms);
    if (id) snprintf(id, size, "%s", seller->orders[index].id);
    return true;
}

/* Ends what an order holds reserved: the pieces are gone, or back in the offer. */
static void release(struct allegro *allegro, struct allegro_seller *seller,
                    struct allegro_order *order, bool back, int64_t now_ms)
{
    for (size_t i = 0; i < order->line_count; i++) {
        struct allegro_line *line = &order->lines[i];
        struct allegro_offer *offer = &seller->offers[line->offer];
        int64_t stock = offer->available + line->reserved;
        offer->reserved -= line->reserved;
        if (back && line->reserved) allegro_offer_set(allegro, seller, line->offer, stock, now_ms);
        line->reserved = 0;
    }
}

static bool sent(const struct allegro_order *order)
{
    return strcmp(order->fulfillment, "SENT") == 0 || strcmp(order->fulfillment, "PICKED_UP") == 0;
}

static const char *cancel(struct allegro *allegro, struct allegro_seller *seller,
                          struct allegro_order *order, bool by_itself, int64_t now_ms)
{
    if (order->stage == STAGE_CANCELLED || (by_itself && order->stage == STAGE_READY)) return NULL;
    if (!sent(order)) release(allegro, seller, order, allegro->settings.cancel_restores, now_ms);
    order->stage = STAGE_CANCELLED;
    return by_itself ? "AUTO_CANCELLED" : "BUYER_CANCELLED";
}

static const char *pay(struct allegro_order *order, enum allegro_stage to)
{
    if (order->stage >= to) return NULL;
    order->stage = to;
    return allegro_stage_name(to);
}

/* Of a paid order only: from one of `from` to another status of its fulfilment. */
static const char *fulfill(struct allegro_order *order, const char *from, const char *to)
{
    if (order->stage != STAGE_READY || !strstr(from, order->fulfillment)) return NULL;
    order->fulfillment = to;
    return "FULFILLMENT_STATUS_CHANGED";
}

static const char *take_step(struct allegro *allegro, struct allegro_seller *seller,
                             struct allegro_order *order, enum allegro_order_step step,
                             int64_t now_ms)
{
    const char *event = NULL;
    switch (step) {
    case ORDER_FILL: return pay(order, STAGE_FILLED_IN);
    case ORDER_PAY: return pay(order, STAGE_READY);
    case ORDER_PACK: return fulfill(order, "NEW", "PROCESSING");
    case ORDER_SHIP:
        event = fulfill(order, "NEW,PROCESSING", "SENT");
        if (event) release(allegro, seller, order, false, now_ms);
        return event;
    case ORDER_DELIVER: return fulfill(order, "SENT", "PICKED_UP");
    case ORDER_CANCEL: return cancel(allegro, seller, order, false, now_ms);
    case ORDER_AUTO_CANCEL: return cancel(allegro, seller, order, true, now_ms);
    case ORDER_RETURN: return fulfill(order, "SENT,PICKED_UP", "RETURNED");
    }
    return NULL;
}

bool allegro_order_step(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                        enum allegro_order_step step, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    struct allegro_order *order = allegro_order_find(seller, id);
    enum allegro_stage before = order ? order->stage : STAGE_BOUGHT;
    const char *event =
        order && !order->merged ? take_step(allegro, seller, order, step, now_ms) : NULL;
    if (!event) return false;
    market_kept_forget(&order->look);
    order->revision++;
    if (order->stage != before || allegro->settings.updated_moves) order->updated_ms = now_ms;
    emit(allegro, seller, (size_t)(order - seller->orders), event, now_ms);
    return true;
}

bool allegro_order_again(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                         int64_t now_ms)
{
    const struct allegro_order *order = allegro_order_find(seller, id);
    if (!order || order->merged || order->stage == STAGE_CANCELLED) return false;
    emit(allegro, seller, (size_t)(order - seller->orders), allegro_stage_name(order->stage),
         now_ms + allegro->settings.clock_offset_ms);
    return true;
}

static bool mergeable(const struct allegro_order *order)
{
    return order && !order->merged && order->stage < STAGE_READY;
}

bool allegro_order_merge(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                         const char *into, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    struct allegro_order *from = allegro_order_find(seller, id);
    struct allegro_order *to = allegro_order_find(seller, into);
    if (!mergeable(from) || !mergeable(to) || from == to) return false;
    to->lines = market_realloc(to->lines, (to->line_count + from->line_count) * sizeof(*to->lines));
    for (size_t i = 0; i < from->line_count; i++) {
        to->lines[to->line_count++] = from->lines[i];
        from->lines[i].reserved = 0;
    }
    from->merged = true;
    to->stage = STAGE_FILLED_IN;
    market_kept_forget(&to->look);
    to->revision++;
    to->updated_ms = now_ms;
    emit(allegro, seller, (size_t)(to - seller->orders), "FILLED_IN", now_ms);
    return true;
}
