/* fetch_stock for given items, asked for by article, a thousand at a time; and the one shape of a
 * stock row that both readings have. */
#include "stock.h"

#include <stdio.h>

#define CHUNK_ITEMS 1000u /* articles in a request, the method's most */
#define PAGE_ROWS   1000
/* Pages of one chunk: an article stands in as many rows as there are warehouses. */
#define PAGES_MAX 1000u

bool ozon_emit_stock(const struct stockd_call *call, const json_t *row, const char *asked)
{
    int64_t product, warehouse = 0, free_stock, reserved;
    char listing[KIT_ID_TEXT], place[KIT_ID_TEXT];
    const json_t *named = json_object_get(row, "warehouse_id");
    if (!kit_id(json_object_get(row, "product_id"), &product)) {
        kit_malformed(call, "a stock row without a usable product_id", asked);
        return false;
    }
    kit_digits(product, listing);
    if ((named || !asked) && !kit_id(named, &warehouse)) {
        kit_malformed(call, "a stock row without a usable warehouse_id", listing);
        return false;
    }
    kit_digits(warehouse, place);
    if (asked && named && strcmp(asked, place) != 0) {
        kit_malformed(call, "a stock row of another warehouse than was asked for", listing);
        return false;
    }
    if (!kit_int(json_object_get(row, "free_stock"), &free_stock) || free_stock < 0) {
        kit_malformed(call, "a stock row without a usable free_stock", listing);
        return false;
    }
    const char *id = asked ? asked : place;
    const char *kind = ozon_warehouse_kind(call->start, id);
    struct stockd_stock out = {
        .size = sizeof(out),
        .warehouse_id = id,
        .warehouse_name = kit_text(json_object_get(row, "warehouse_name"), SIZE_MAX),
        .listing_id = listing,
        .type = kind ? kind : "fbs",
        .quantity = free_stock,
        .reserved_quantity = STOCKD_UNKNOWN,
        .marketplace_ms = kit_time(json_object_get(row, "updated_at")),
    };
    if (kit_int(json_object_get(row, "reserved"), &reserved) && reserved >= 0)
        out.reserved_quantity = reserved;
    call->host->stock(call->ctx, &out);
    return true;
}

struct asked_item {
    int64_t product, warehouse; /* warehouse 0: none in particular */
    bool seen;
};

struct chunks {
    uint32_t first, count; /* items of the chunk in flight */
    uint32_t pages;
    bool lost; /* of the chunk: nothing may be said of what is absent */
    bool any_lost;
    char cursor[OZON_CURSOR_MAX + 1];
    struct asked_item items[CHUNK_ITEMS];
};

/* Remembers what the chunk asks about; false when an item cannot be asked for. */
static bool note_item(const struct stockd_call *call, const struct stockd_item *item,
                      struct asked_item *asked)
{
    const char *place = item->warehouse_id ? item->warehouse_id : call->start->warehouse_id;
    *asked = (struct asked_item){kit_id_of(item->listing_id), kit_id_of(place), false};
    return kit_key(item, OZON_KEY_OFFER) && asked->product && (!place || asked->warehouse);
}

static enum stockd_verdict ask(const struct stockd_call *call, struct chunks *chunks)
{
    const struct stockd_start *start = call->start;
    size_t room = OZON_CURSOR_MAX * 6 + 128;
    for (uint32_t i = 0; i < chunks->count; i++) {
        const char *offer = kit_key(&start->items[chunks->first + i], OZON_KEY_OFFER);
        room += offer ? strlen(offer) * 6 + 3 : 0;
    }
    /* The body lies behind the state, in memory that may move as it grows. */
    char *scratch = call->host->scratch(call->ctx, sizeof(*chunks) + room);
    if (!scratch) return kit_bug(call, "no scratch memory for the articles");
    chunks = (void *)scratch;
    struct out body = {.data = scratch + sizeof(*chunks), .room = room};
    const char *last = "";
    out_literal(&body, "{\"offer_id\":[");
    for (uint32_t i = 0; i < chunks->count; i++) {
        const char *offer = kit_key(&start->items[chunks->first + i], OZON_KEY_OFFER);
        /* Items of one listing in several warehouses come one after another. */
        if (!offer || strcmp(offer, last) == 0) continue;
        if (*last) out_literal(&body, ",");
        out_string(&body, offer);
        last = offer;
    }
    out_literal(&body, "],\"limit\":");
    out_int(&body, PAGE_ROWS);
    out_literal(&body, ",\"cursor\":");
    out_string(&body, chunks->cursor);
    out_literal(&body, "}");
    return ozon_send(call, "/v2/product/info/stocks-by-warehouse/fbs", &body, false);
}

/* The next chunk that holds an item that can be asked for, or the end. */
static enum stockd_verdict next_chunk(const struct stockd_call *call, struct chunks *chunks)
{
    const struct stockd_start *start = call->start;
    uint32_t usable = 0;
    while (!usable && (chunks->first += chunks->count) < start->item_count) {
        uint32_t left = start->item_count - chunks->first;
        chunks->count = left < CHUNK_ITEMS ? left : CHUNK_ITEMS;
        chunks->pages = 0;
        chunks->lost = false;
        chunks->cursor[0] = '\0';
        for (uint32_t i = 0; i < chunks->count; i++) {
            const struct stockd_item *item = &start->items[chunks->first + i];
            if (note_item(call, item, &chunks->items[i])) {
                usable++;
                continue;
            }
            chunks->items[i].product = 0;
            kit_lose(call, &chunks->any_lost, "an item without an article or with a foreign id",
                     item->listing_id);
        }
    }
    if (usable) return ask(call, chunks);
    if (!chunks->any_lost) call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
    return STOCKD_DONE;
}

static void mark_seen(struct chunks *chunks, const json_t *row)
{
    int64_t product, warehouse;
    if (!kit_id(json_object_get(row, "product_id"), &product) ||
        !kit_id(json_object_get(row, "warehouse_id"), &warehouse))
        return;
    for (uint32_t i = 0; i < chunks->count; i++) {
        struct asked_item *item = &chunks->items[i];
        if (item->product == product && (!item->warehouse || item->warehouse == warehouse))
            item->seen = true;
    }
}

/* What was asked for and stands nowhere in an answer that was read to its end. Never a 0. */
static void emit_absent(const struct stockd_call *call, const struct chunks *chunks)
{
    for (uint32_t i = 0; i < chunks->count; i++) {
        const struct asked_item *item = &chunks->items[i];
        if (item->seen || !item->product || !item->warehouse) continue;
        char listing[KIT_ID_TEXT], place[KIT_ID_TEXT];
        kit_digits(item->product, listing);
        kit_digits(item->warehouse, place);
        struct stockd_stock row = {
            .size = sizeof(row),
            .kind = STOCKD_STOCK_ABSENT,
            .warehouse_id = place,
            .listing_id = listing,
            .type = ozon_warehouse_kind(call->start, place),
            .reserved_quantity = STOCKD_UNKNOWN,
        };
        call->host->stock(call->ctx, &row);
    }
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct chunks *chunks,
                                     const json_t *doc)
{
    const json_t *rows = ozon_rows(doc, "products", PAGE_ROWS);
    if (!rows) return kit_unreadable(call, "products");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row) {
        if (ozon_emit_stock(call, row, NULL))
            mark_seen(chunks, row);
        else
            chunks->lost = true;
    }
    switch (ozon_next(doc, json_array_size(rows), chunks->cursor)) {
    case OZON_PAGE_MORE:
        if (++chunks->pages < PAGES_MAX) return ask(call, chunks);
        chunks->lost = true;
        break;
    case OZON_PAGE_LOST: chunks->lost = true; break;
    case OZON_PAGE_END: break;
    }
    if (chunks->lost)
        chunks->any_lost = true;
    else
        emit_absent(call, chunks);
    return next_chunk(call, chunks);
}

enum stockd_verdict ozon_fetch_stock_items(const struct stockd_call *call)
{
    struct chunks *chunks = call->host->scratch(call->ctx, sizeof(*chunks));
    if (!chunks) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) return next_chunk(call, chunks);
    json_t *doc;
    enum stockd_verdict verdict = ozon_read_answer(call, &doc);
    if (!doc) return verdict;
    verdict = take_page(call, chunks, doc);
    json_decref(doc);
    return verdict;
}
