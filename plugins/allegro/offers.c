/* One offer, from a list or from its own page, as a listing and a figure; and what is remembered of
 * offers that Allegro puts back by itself. Which offers are read is for the files beside. */
#include "allegro.h"

#include <stdio.h>

/* Ids of offers have ten or eleven digits; the document allows twenty. */
#define OFFER_ID_MAX 20u

struct offer {
    const char *id, *status, *sku;
    bool fulfillment;
    int64_t available; /* STOCKD_UNKNOWN where it cannot be read */
};

static bool is_on_sale(const char *status)
{
    /* A word that is not known counts as on sale: a write is then refused by name, while a wrong
     * "ended" would show a 0 that nobody said. */
    return strcmp(status, "ENDED") != 0 && strcmp(status, "INACTIVE") != 0;
}

static bool read_offer(const struct stockd_call *call, const json_t *json,
                       const struct stockd_item *item, struct offer *offer)
{
    const char *id = kit_text(json_object_get(json, "id"), OFFER_ID_MAX);
    const json_t *publication = json_object_get(json, "publication");
    const char *status = kit_text(json_object_get(publication, "status"), STOCKD_ID_MAX);
    *offer = (struct offer){.id = id, .status = status, .available = STOCKD_UNKNOWN};
    if (!allegro_is_segment(id)) {
        kit_malformed(call, "an offer without a usable id", item ? item->listing_id : NULL);
        return false;
    }
    if (item && strcmp(item->listing_id, id) != 0) {
        kit_malformed(call, "another offer than the one asked for", id);
        return false;
    }
    if (!status) {
        kit_malformed(call, "an offer whose publication.status cannot be read", id);
        return false;
    }
    enum kit_flag flag = kit_flag(json_object_get(json, "isFulfillment"));
    if (flag == KIT_ODD) {
        kit_malformed(call, "an offer whose isFulfillment cannot be read", id);
        return false;
    }
    /* Only lists say it; an offer's own page takes nothing back. */
    offer->fulfillment =
        flag == KIT_TRUE ||
        (flag == KIT_MISSING && item && item->listing_state == STOCKD_LISTING_MARKETPLACE_STOCKED);
    int64_t available;
    if (kit_int(json_object_get(json_object_get(json, "stock"), "available"), &available) &&
        available >= 0)
        offer->available = available;
    return true;
}

/* False when there is an external.id, and it cannot be read. */
static bool read_sku(const json_t *json, struct offer *offer)
{
    const json_t *external = json_object_get(json, "external");
    const json_t *id = json_object_get(external, "id");
    offer->sku = kit_text(id, STOCKD_ID_MAX);
    if (!external || json_is_null(external)) return true;
    if (!json_is_object(external)) return false;
    return offer->sku || !id || json_is_null(id) ||
           (json_is_string(id) && json_string_length(id) == 0);
}

static bool remembered(const struct stockd_call *call, const char *id);

static void emit_listing(const struct stockd_call *call, const json_t *json,
                         const struct offer *offer)
{
    struct stockd_key key = {ALLEGRO_KEY_SKU, offer->sku};
    const json_t *publication = json_object_get(json, "publication");
    const char *ended_by = kit_text(json_object_get(publication, "endedBy"), 64);
    char text[128] = "";
    struct stockd_listing row = {
        .size = sizeof(row),
        .id = offer->id,
        .keys = &key,
        .key_count = offer->sku != NULL,
        .title = kit_text(json_object_get(json, "name"), SIZE_MAX),
        .code = offer->status,
    };
    if (offer->fulfillment)
        row.state = STOCKD_LISTING_MARKETPLACE_STOCKED;
    else if (strcmp(offer->status, "ENDED") == 0)
        row.state = STOCKD_LISTING_ENDED;
    else if (strcmp(offer->status, "INACTIVE") == 0)
        row.state = STOCKD_LISTING_NOT_READY;
    if (row.state == STOCKD_LISTING_ENDED && ended_by)
        snprintf(text, sizeof(text), "ended by %s", ended_by);
    if (row.state == STOCKD_LISTING_NOT_READY)
        snprintf(text, sizeof(text), "a draft: activate it at Allegro first");
    if (remembered(call, offer->id)) {
        row.code = "republish";
        snprintf(text, sizeof(text),
                 "comes back by itself with its first stock, under a new id: switch that off");
    }
    if (text[0]) row.text = text;
    call->host->listing(call->ctx, &row);
}

static void emit_stock(const struct stockd_call *call, const struct offer *offer)
{
    struct stockd_stock row = STOCKD_STOCK_ROW;
    row.warehouse_id = offer->fulfillment ? ALLEGRO_FULFILLMENT : ALLEGRO_DEFAULT;
    row.listing_id = offer->id;
    row.type = offer->fulfillment ? "fulfillment" : "offer";
    row.read_only = offer->fulfillment;
    /* What is not on sale cannot be bought, whatever figure it will come back with. */
    row.quantity = is_on_sale(offer->status) ? offer->available : 0;
    call->host->stock(call->ctx, &row);
}

static void note_fulfillment(const struct stockd_call *call)
{
    size_t size;
    if (call->host->state_get(call->ctx, ALLEGRO_STATE_FULFILLMENT, &size)) return;
    call->host->state_put(call->ctx, ALLEGRO_STATE_FULFILLMENT, "1", 1);
    struct stockd_warehouse row = {.size = sizeof(row),
                                   .id = ALLEGRO_FULFILLMENT,
                                   .name = "One Fulfillment by Allegro",
                                   .kind = "fulfillment",
                                   .marketplace = 1};
    call->host->warehouse(call->ctx, &row);
}

enum allegro_offer allegro_emit_offer(const struct stockd_call *call, const json_t *json,
                                      const struct stockd_item *item)
{
    struct offer offer;
    if (!read_offer(call, json, item, &offer)) return ALLEGRO_OFFER_LOST;
    bool whole = read_sku(json, &offer);
    if (!whole) kit_malformed(call, "an offer with an unreadable external.id", offer.id);
    if (offer.fulfillment) note_fulfillment(call);
    allegro_note_republish(call, json_object_get(json, "publication"), offer.id);
    /* Without its keys a listing would lose its links; then only the figure is told. */
    if (whole) emit_listing(call, json, &offer);
    if (is_on_sale(offer.status) && offer.available == STOCKD_UNKNOWN) {
        kit_malformed(call, "an offer whose stock.available cannot be read", offer.id);
        return ALLEGRO_OFFER_HOLED;
    }
    emit_stock(call, &offer);
    return whole ? ALLEGRO_OFFER_WHOLE : ALLEGRO_OFFER_HOLED;
}

void allegro_emit_state(const struct stockd_call *call, const struct stockd_item *item,
                        enum stockd_listing_state state, const char *code, const char *text)
{
    struct stockd_listing row = {
        .size = sizeof(row),
        .state = state,
        .id = item->listing_id,
        .keys = item->keys,
        .key_count = item->key_count,
        .group = item->group,
        .code = code,
        .text = text,
    };
    call->host->listing(call->ctx, &row);
}

void allegro_emit_gone(const struct stockd_call *call, const char *id)
{
    struct stockd_listing listing = {
        .size = sizeof(listing),
        .state = STOCKD_LISTING_GONE,
        .id = id,
        .code = "not-found",
        .text = "Allegro no longer knows this offer",
    };
    struct stockd_stock stock = STOCKD_STOCK_ROW;
    stock.kind = STOCKD_STOCK_ABSENT;
    stock.warehouse_id = ALLEGRO_DEFAULT;
    stock.listing_id = id;
    stock.type = "offer";
    call->host->listing(call->ctx, &listing);
    call->host->stock(call->ctx, &stock);
}

/* ---- offers that republish ---- */

struct names {
    char text[STOCKD_STATE_MAX + 1]; /* "123,456," */
    size_t size;
};

static void names_read(const struct stockd_call *call, struct names *names)
{
    const void *data = call->host->state_get(call->ctx, ALLEGRO_STATE_REPUBLISH, &names->size);
    if (!data || names->size > STOCKD_STATE_MAX) names->size = 0;
    if (names->size) memcpy(names->text, data, names->size);
    names->text[names->size] = '\0';
}

/* Where the id begins, or NULL. */
static char *names_find(struct names *names, const char *id)
{
    size_t size = strlen(id);
    for (char *at = names->text; (at = strstr(at, id)); at++)
        if ((at == names->text || at[-1] == ',') && at[size] == ',') return at;
    return NULL;
}

static bool remembered(const struct stockd_call *call, const char *id)
{
    struct names names;
    names_read(call, &names);
    return names.size && names_find(&names, id);
}

void allegro_note_republish(const struct stockd_call *call, const json_t *publication,
                            const char *id)
{
    enum kit_flag flag = kit_flag(json_object_get(publication, "republish"));
    if (flag != KIT_TRUE && flag != KIT_FALSE) return; /* lists do not say it */
    struct names names;
    names_read(call, &names);
    char *at = names_find(&names, id);
    size_t size = strlen(id) + 1;
    if ((flag == KIT_TRUE) == (at != NULL)) return;
    if (at) {
        memmove(at, at + size, names.size - (size_t)(at - names.text) - size);
        names.size -= size;
    } else {
        if (names.size + size > STOCKD_STATE_MAX) return; /* some hundred are told by their count */
        memcpy(names.text + names.size, id, size - 1);
        names.text[names.size + size - 1] = ',';
        names.size += size;
    }
    call->host->state_put(call->ctx, ALLEGRO_STATE_REPUBLISH, names.text, names.size);
    if (!at) allegro_warn_republish(call);
}

void allegro_warn_republish(const struct stockd_call *call)
{
    struct names names;
    char text[STOCKD_TEXT_MAX];
    unsigned count = 0;
    names_read(call, &names);
    for (size_t i = 0; i < names.size; i++)
        count += names.text[i] == ',';
    if (!count) return;
    int shown = names.size > 400 ? 400 : (int)names.size - 1;
    while (shown > 0 && shown < (int)names.size - 1 && names.text[shown] != ',')
        shown--; /* a whole id at the cut */
    snprintf(text, sizeof(text),
             "%u offers are put back by Allegro with their first stock, whatever was sold since, "
             "under new ids; switch 'republish' off for %.*s%s",
             count, shown, names.text, shown < (int)names.size - 1 ? " and others" : "");
    call->host->warning(call->ctx, "republish", text);
}
