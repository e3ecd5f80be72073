/* fetch_stock: which readings an operation is made of. Without items: a dump of each of the
 * seller's warehouses, then the figures that Ozon keeps itself. With items: stock_items.c. */
#include "stock.h"

#include "kit/resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_ROWS 1000
/* Pages of one warehouse: ten million rows. */
#define PAGES_MAX 10000u

struct dump {
    uint32_t warehouse; /* index into start->warehouses, while all are read */
    uint32_t pages;
    bool summary;  /* the request in flight reads what Ozon keeps */
    bool lost;     /* the warehouse being read: there is a page that cannot be reached */
    bool holes;    /* and: it has rows that are malformed */
    bool any_lost; /* of any */
    bool resumed;  /* the request in flight is the first from a kept place */
    uint32_t read; /* warehouses read */
    int64_t rows;
    char cursor[OZON_CURSOR_MAX + 1];
};

/* The warehouse being read; NULL after the last. */
static const char *current(const struct stockd_call *call, const struct dump *dump)
{
    const struct stockd_start *start = call->start;
    if (start->warehouse_id) return dump->warehouse == 0 ? start->warehouse_id : NULL;
    return dump->warehouse < start->warehouse_count ? start->warehouses[dump->warehouse].id : NULL;
}

/* ---- where it is: "HASH WAREHOUSE CURSOR", of the warehouses as they were; the one past the last
 * stands for the summary. */

static uint64_t warehouses_hash(const struct stockd_start *start)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (uint32_t i = 0; i < start->warehouse_count; i++)
        for (const char *c = start->warehouses[i].id;; c++) {
            hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
            if (!*c) break;
        }
    return hash;
}

static void resume(const struct stockd_call *call, struct dump *dump)
{
    struct kit_list at;
    const struct stockd_start *start = call->start;
    char *end;
    if (start->warehouse_id || !kit_list_resume(call, &at)) return;
    if (strtoull(at.place, &end, 16) != warehouses_hash(start) || *end != ' ') return;
    unsigned long warehouse = strtoul(end + 1, &end, 10);
    if (*end != ' ' || warehouse > start->warehouse_count || strlen(end + 1) > OZON_CURSOR_MAX)
        return;
    dump->warehouse = (uint32_t)warehouse;
    for (uint32_t i = 0; i < warehouse; i++)
        dump->read += kit_id_of(start->warehouses[i].id) > 0;
    dump->rows = at.told;
    dump->summary = warehouse == start->warehouse_count;
    dump->resumed = true;
    strcpy(dump->cursor, end + 1);
}

static void keep_place(const struct stockd_call *call, const struct dump *dump)
{
    char place[OZON_CURSOR_MAX + 64];
    if (call->start->warehouse_id || dump->lost || dump->holes || dump->any_lost) return;
    snprintf(place, sizeof(place), "%" PRIx64 " %u %s", warehouses_hash(call->start),
             dump->summary ? call->start->warehouse_count : dump->warehouse, dump->cursor);
    kit_list_put(call, dump->rows, place);
}

static bool is_ozons(const char *id)
{
    return strcmp(id, OZON_FBO) == 0 || strcmp(id, OZON_FBP) == 0;
}

static enum stockd_verdict ask(const struct stockd_call *call, struct dump *dump)
{
    char memory[OZON_CURSOR_MAX * 6 + 128];
    struct out body = {.data = memory, .room = sizeof(memory)};
    if (dump->summary) {
        out_literal(&body, "{\"filter\":{\"visibility\":\"ALL\"},\"limit\":");
    } else {
        out_literal(&body, "{\"warehouse_id\":");
        out_int(&body, kit_id_of(current(call, dump)));
        out_literal(&body, ",\"limit\":");
    }
    out_int(&body, PAGE_ROWS);
    out_literal(&body, ",\"cursor\":");
    out_string(&body, dump->cursor);
    out_literal(&body, "}");
    return ozon_send(
        call, dump->summary ? "/v4/product/info/stocks" : "/v1/product/info/warehouse/stocks",
        &body, false);
}

static enum stockd_verdict finish(const struct stockd_call *call, const struct dump *dump)
{
    /* All was read when each known warehouse was; knowing none is no such knowledge. */
    if (!call->start->warehouse_id && dump->read && !dump->any_lost)
        call->host->complete(call->ctx, STOCKD_SCOPE_ALL_STOCK, NULL);
    if (!call->start->warehouse_id && !dump->any_lost) kit_resume_drop(call);
    return STOCKD_DONE;
}

/* The first page of the warehouse at hand, skipping what has no dump; then the summary; then the
 * end. */
static enum stockd_verdict next_warehouse(const struct stockd_call *call, struct dump *dump)
{
    dump->pages = 0;
    dump->lost = dump->holes = false;
    dump->cursor[0] = '\0';
    for (const char *id; (id = current(call, dump)); dump->warehouse++) {
        if (kit_id_of(id) && dump->read) keep_place(call, dump);
        if (kit_id_of(id)) return ask(call, dump);
        if (call->start->warehouse_id && !is_ozons(id)) {
            kit_malformed(call, "a warehouse that is none of Ozon's", id);
            return STOCKD_DONE;
        }
        if (call->start->warehouse_id) break;
    }
    dump->summary = true;
    if (dump->read) keep_place(call, dump);
    return ask(call, dump);
}

/* ---- a warehouse of the seller ---- */

static void close_warehouse(const struct stockd_call *call, struct dump *dump)
{
    if (dump->lost || dump->holes) dump->any_lost = true;
    /* Also with holes: the host knows of them, and they must not be laid to the next warehouse. */
    if (!dump->lost) call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSE, current(call, dump));
    dump->read++;
}

static enum stockd_verdict take_dump(const struct stockd_call *call, struct dump *dump,
                                     const json_t *doc)
{
    const json_t *rows = ozon_rows(doc, "stocks", PAGE_ROWS);
    const char *id = current(call, dump);
    if (!rows) return kit_unreadable(call, "stocks");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!ozon_emit_stock(call, row, id)) dump->holes = true;
    dump->rows += (int64_t)json_array_size(rows);
    call->host->progress(call->ctx, dump->rows, 0);
    switch (ozon_next(doc, json_array_size(rows), dump->cursor)) {
    case OZON_PAGE_MORE:
        keep_place(call, dump);
        if (++dump->pages < PAGES_MAX) return ask(call, dump);
        dump->lost = true;
        break;
    case OZON_PAGE_LOST: dump->lost = true; break;
    case OZON_PAGE_END: break;
    }
    close_warehouse(call, dump);
    dump->warehouse++;
    if (call->start->warehouse_id) return finish(call, dump);
    return next_warehouse(call, dump);
}

/* ---- what Ozon keeps ---- */

/* The figure of one type in a product's `stocks`, over its kinds of packing. False: malformed. */
static bool sum_type(const json_t *stocks, const char *type, bool *any, int64_t *free_stock,
                     int64_t *reserved)
{
    size_t index;
    json_t *row;
    *any = false;
    *free_stock = *reserved = 0;
    json_array_foreach (stocks, index, row) {
        const char *name = kit_text(json_object_get(row, "type"), 32);
        if (!name) return false;
        if (strcmp(name, type) != 0) continue;
        int64_t present, held;
        if (!kit_int(json_object_get(row, "present"), &present) ||
            !kit_int(json_object_get(row, "reserved"), &held) || held < 0 || present < held ||
            present > INT32_MAX)
            return false;
        *free_stock += present - held;
        *reserved += held;
        *any = true;
    }
    return true;
}

static bool emit_summary(const struct stockd_call *call, const json_t *item)
{
    static const char *const types[] = {OZON_FBO, OZON_FBP};
    int64_t id;
    char digits[KIT_ID_TEXT];
    const json_t *stocks = json_object_get(item, "stocks");
    if (!kit_id(json_object_get(item, "product_id"), &id)) {
        kit_malformed(call, "a figure without a usable product_id", "/v4/product/info/stocks");
        return false;
    }
    kit_digits(id, digits);
    bool whole = json_is_array(stocks);
    for (size_t i = 0; i < 2 && whole; i++) {
        struct stockd_stock row = {
            .size = sizeof(row),
            .warehouse_id = types[i],
            .listing_id = digits,
            .type = types[i],
            .read_only = 1,
        };
        bool any;
        whole = sum_type(stocks, types[i], &any, &row.quantity, &row.reserved_quantity);
        bool wanted =
            !call->start->warehouse_id || strcmp(call->start->warehouse_id, types[i]) == 0;
        if (whole && any && wanted) call->host->stock(call->ctx, &row);
    }
    if (!whole) kit_malformed(call, "a product whose 'stocks' cannot be read", digits);
    return whole;
}

static enum stockd_verdict take_summary(const struct stockd_call *call, struct dump *dump,
                                        const json_t *doc)
{
    const json_t *items = ozon_rows(doc, "items", PAGE_ROWS);
    if (!items) return kit_unreadable(call, "items");
    size_t index;
    json_t *item;
    json_array_foreach (items, index, item)
        if (!emit_summary(call, item)) dump->lost = true;
    switch (ozon_next(doc, json_array_size(items), dump->cursor)) {
    case OZON_PAGE_MORE:
        keep_place(call, dump);
        if (++dump->pages < PAGES_MAX) return ask(call, dump);
        dump->lost = true;
        break;
    case OZON_PAGE_LOST: dump->lost = true; break;
    case OZON_PAGE_END: break;
    }
    const char *only = call->start->warehouse_id;
    if (dump->lost) dump->any_lost = true;
    if (!dump->lost && (!only || strcmp(only, OZON_FBO) == 0))
        call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSE, OZON_FBO);
    if (!dump->lost && (!only || strcmp(only, OZON_FBP) == 0))
        call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSE, OZON_FBP);
    return finish(call, dump);
}

enum stockd_verdict ozon_fetch_stock(const struct stockd_call *call)
{
    if (call->start->item_count) return ozon_fetch_stock_items(call);
    struct dump *dump = call->host->scratch(call->ctx, sizeof(*dump));
    if (!dump) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) {
        resume(call, dump);
        return dump->resumed ? ask(call, dump) : next_warehouse(call, dump);
    }
    json_t *doc;
    enum stockd_verdict verdict = ozon_read_answer(call, &doc);
    if (!doc && dump->resumed) kit_resume_refused(call);
    if (!doc) return verdict;
    dump->resumed = false;
    verdict = dump->summary ? take_summary(call, dump, doc) : take_dump(call, dump, doc);
    json_decref(doc);
    return verdict;
}
