/* Offers: their making, their stock, and how they begin, end and come back. */
#include "marketsim/allegro/allegro_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_OFFER_ID 7700000001
#define SEEDED_MS      1735689600000 /* 2025-01-01: long before anything a test does */

static const char *const status_names[] = {"INACTIVE", "ACTIVATING", "ACTIVE", "ENDED"};
static const char *const ended_names[] = {
    NULL, "USER", "ADMIN", "EXPIRATION", "EMPTY_STOCK", "PRODUCT_DETACHMENT", "ERROR"};

const char *allegro_status_name(enum allegro_status status)
{
    return status_names[status];
}

const char *allegro_ended_name(enum allegro_ended_by by)
{
    return ended_names[by];
}

bool allegro_status_parse(const char *text, enum allegro_status *status)
{
    for (unsigned i = 0; i < 4; i++)
        if (strcmp(status_names[i], text) == 0) {
            *status = (enum allegro_status)i;
            return true;
        }
    return false;
}

void allegro_offers_free(struct allegro_seller *seller)
{
    for (size_t i = 0; i < seller->offer_count; i++)
        free(seller->offers[i].name);
    for (size_t i = 0; i < seller->name_count; i++)
        free(seller->names[i]);
    market_map_free(&seller->by_id);
    market_map_free(&seller->by_external);
    free(seller->names);
    free(seller->offers);
}

/* Names are never given back: the map of external ids points to them. */
static char *keep_name(struct allegro_seller *seller, const char *text)
{
    if (seller->name_count == seller->name_room) {
        seller->name_room = seller->name_room ? seller->name_room * 2 : 64;
        seller->names = market_realloc(seller->names, seller->name_room * sizeof(char *));
    }
    return seller->names[seller->name_count++] = market_strdup(text);
}

void allegro_offer_rename(struct allegro_seller *seller, struct allegro_offer *offer,
                          const char *external)
{
    offer->external = external && *external ? keep_name(seller, external) : NULL;
    if (offer->external)
        market_map_put_text(&seller->by_external, offer->external,
                            allegro_offer_index(seller, offer));
    allegro_orders_forget(seller);
}

static struct allegro_offer *offer_room(struct allegro_seller *seller)
{
    if (seller->offer_count == seller->offer_room) {
        seller->offer_room = seller->offer_room ? seller->offer_room * 2 : 64;
        seller->offers =
            market_realloc(seller->offers, seller->offer_room * sizeof(*seller->offers));
    }
    return &seller->offers[seller->offer_count];
}

static bool parse_id(const char *text, int64_t *id)
{
    enum { DIGITS_MAX = 18 };
    int digits = 0;
    for (*id = 0; *text >= '0' && *text <= '9' && digits < DIGITS_MAX; text++, digits++)
        *id = *id * 10 + (*text - '0');
    return digits > 0 && !*text;
}

struct allegro_offer *allegro_offer_add(struct allegro *allegro, struct allegro_seller *seller,
                                        const char *id, const char *external, int64_t stock,
                                        int64_t now_ms)
{
    int64_t number = FIRST_OFFER_ID + allegro->offers_made;
    char text[64];
    if (id && !parse_id(id, &number)) return NULL;
    if (market_map_get_number(&seller->by_id, number) != MARKET_MAP_NONE) return NULL;
    struct allegro_offer *offer = offer_room(seller);
    *offer = (struct allegro_offer){.available = stock > 0 ? stock : 0,
                                    .initial = stock > 0 ? stock : 0,
                                    .status = stock > 0 ? OFFER_ACTIVE : OFFER_INACTIVE,
                                    .created_ms = SEEDED_MS,
                                    .updated_ms = SEEDED_MS,
                                    .busy_until_ms = ALLEGRO_NEVER_MS,
                                    .lag_until_ms = ALLEGRO_NEVER_MS};
    if (now_ms) offer->created_ms = offer->updated_ms = now_ms;
    snprintf(offer->id, sizeof(offer->id), "%lld", (long long)number);
    snprintf(text, sizeof(text), "Offer %lld", (long long)++allegro->offers_made);
    offer->name = market_strdup(text);
    market_map_put_number(&seller->by_id, number, seller->offer_count++);
    allegro_offer_rename(seller, offer, external);
    return offer;
}

void allegro_offers_fill(struct allegro *allegro, struct allegro_seller *seller, const char *prefix,
                         size_t first, size_t count, int64_t stock, int64_t now_ms)
{
    char external[96];
    for (size_t i = 0; i < count; i++) {
        snprintf(external, sizeof(external), "%.64s%06zu", prefix, first + i);
        if (market_map_get_text(&seller->by_external, external) == MARKET_MAP_NONE)
            allegro_offer_add(allegro, seller, NULL, external, stock, now_ms);
    }
}

struct allegro_offer *allegro_offer_by_id(struct allegro_seller *seller, const char *id)
{
    int64_t number;
    size_t index =
        parse_id(id, &number) ? market_map_get_number(&seller->by_id, number) : MARKET_MAP_NONE;
    return index == MARKET_MAP_NONE ? NULL : &seller->offers[index];
}

struct allegro_offer *allegro_offer_find(struct allegro_seller *seller, const char *name)
{
    size_t index = market_map_get_text(&seller->by_external, name);
    struct allegro_offer *offer = index == MARKET_MAP_NONE ? NULL : &seller->offers[index];
    /* it may bear another name by now */
    if (offer && offer->external && strcmp(offer->external, name) == 0) return offer;
    return allegro_offer_by_id(seller, name);
}

size_t allegro_offer_count(const struct allegro_seller *seller)
{
    return seller->offer_count;
}

size_t allegro_offer_index(const struct allegro_seller *seller, const struct allegro_offer *offer)
{
    return (size_t)(offer - seller->offers);
}

int64_t allegro_offer_free(const struct allegro_offer *offer)
{
    return offer->status == OFFER_ACTIVE ? offer->available : 0;
}

int64_t allegro_shown_available(const struct allegro_offer *offer, int64_t now_ms)
{
    return now_ms < offer->lag_until_ms ? offer->shown_available : offer->available;
}

enum allegro_status allegro_shown_status(const struct allegro_offer *offer, int64_t now_ms)
{
    return now_ms < offer->lag_until_ms ? offer->shown_status : offer->status;
}

/* Before every change: until the lag is over, reads go on showing what they showed. */
static void touch(struct allegro *allegro, struct allegro_offer *offer, int64_t now_ms)
{
    if (allegro->settings.read_lag_ms > 0) {
        int64_t shown = allegro_shown_available(offer, now_ms);
        offer->shown_status = allegro_shown_status(offer, now_ms);
        offer->shown_available = shown;
        offer->lag_until_ms = now_ms + allegro->settings.read_lag_ms;
    }
    offer->updated_ms = now_ms;
}

static void due(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                enum allegro_due_kind kind, int64_t due_ms)
{
    struct allegro_due entry = {.due_ms = due_ms, .kind = kind, .seller = seller, .index = index};
    allegro_due_add(allegro, &entry);
}

/* BUY_NOW with republish comes back with what it began with, whatever was sold, as a new offer. */
static void republish(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                      int64_t now_ms)
{
    struct allegro_offer old = seller->offers[index];
    seller->offers[index].flags |= ALLEGRO_REPLACED;
    struct allegro_offer *made =
        allegro_offer_add(allegro, seller, NULL, old.external, old.initial, now_ms);
    made->flags = old.flags;
}

void allegro_offer_end(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                       enum allegro_ended_by by, int64_t now_ms)
{
    struct allegro_offer *offer = &seller->offers[index];
    if (offer->status == OFFER_ENDED || offer->status == OFFER_INACTIVE) return;
    touch(allegro, offer, now_ms);
    offer->status = OFFER_ENDED;
    offer->ended_by = by;
    offer->ended_ms = now_ms;
    bool again = by == ENDED_EXPIRATION || (by == ENDED_EMPTY_STOCK && offer->sold > 0);
    if (again && offer->flags & ALLEGRO_REPUBLISH) republish(allegro, seller, index, now_ms);
}

static void out_of_stock(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                         int64_t now_ms)
{
    const struct allegro_offer *offer = &seller->offers[index];
    if (offer->available > 0 || offer->status == OFFER_ENDED || offer->status == OFFER_INACTIVE)
        return;
    if (allegro->settings.end_ms > 0)
        due(allegro, seller, index, DUE_ENDED, now_ms + allegro->settings.end_ms);
    else
        allegro_offer_end(allegro, seller, index, ENDED_EMPTY_STOCK, now_ms);
}

/* What any write of the figure does: more than 0 does not bring an ended offer back. */
void allegro_offer_set(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                       int64_t stock, int64_t now_ms)
{
    touch(allegro, &seller->offers[index], now_ms);
    seller->offers[index].available = stock;
    out_of_stock(allegro, seller, index, now_ms);
}

/* False where it has no stock, or an end that only Allegro can undo. */
bool allegro_offer_activate(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                            int64_t now_ms)
{
    struct allegro_offer *offer = &seller->offers[index];
    if (offer->status == OFFER_ACTIVE || offer->status == OFFER_ACTIVATING) return true;
    if (offer->available <= 0 || offer->ended_by == ENDED_ADMIN ||
        offer->ended_by == ENDED_PRODUCT_DETACHMENT)
        return false;
    touch(allegro, offer, now_ms);
    offer->status = allegro->settings.activate_ms > 0 ? OFFER_ACTIVATING : OFFER_ACTIVE;
    offer->ended_by = ENDED_NOT;
    offer->initial = offer->available;
    if (offer->status == OFFER_ACTIVATING)
        due(allegro, seller, index, DUE_ACTIVE, now_ms + allegro->settings.activate_ms);
    return true;
}

void allegro_offer_bought(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                          int32_t quantity, int64_t now_ms)
{
    struct allegro_offer *offer = &seller->offers[index];
    offer->sold += quantity;
    int64_t left = offer->available > quantity ? offer->available - quantity : 0;
    allegro_offer_set(allegro, seller, index, left, now_ms);
}

bool allegro_stock_set(struct allegro *allegro, struct allegro_seller *seller, const char *name,
                       int64_t stock, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    struct allegro_offer *offer = allegro_offer_find(seller, name);
    if (!offer || stock < 0) return false;
    offer->available = stock;
    offer->updated_ms = now_ms;
    if (stock == 0 && offer->status != OFFER_INACTIVE) {
        allegro_offer_end(allegro, seller, allegro_offer_index(seller, offer), ENDED_EMPTY_STOCK,
                          now_ms);
    } else if (stock > 0) {
        offer->status = OFFER_ACTIVE;
        offer->ended_by = ENDED_NOT;
        offer->initial = stock;
    }
    return true;
}

bool allegro_stock_foreign(struct allegro *allegro, struct allegro_seller *seller, const char *name,
                           int64_t stock, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    struct allegro_offer *offer = allegro_offer_find(seller, name);
    if (!offer || stock < 0) return false;
    allegro_offer_set(allegro, seller, allegro_offer_index(seller, offer), stock, now_ms);
    return true;
}

uint64_t allegro_write_count(const struct allegro *allegro)
{
    return allegro->write_count;
}

const struct allegro_write *allegro_write_get(const struct allegro *allegro, uint64_t seq)
{
    if (seq == 0 || seq > allegro->write_count || seq + ALLEGRO_WRITES <= allegro->write_count)
        return NULL;
    return &allegro->writes[seq % ALLEGRO_WRITES];
}

void allegro_write_add(struct allegro *allegro, const struct allegro_write *write)
{
    uint64_t seq = ++allegro->write_count;
    allegro->writes[seq % ALLEGRO_WRITES] = *write;
    allegro->writes[seq % ALLEGRO_WRITES].seq = seq;
}
