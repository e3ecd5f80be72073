/* fetch_listings: the whole catalogue, or given listings. /v3/product/list names the products, once
 * for each visibility; /v3/product/info/list then tells their barcodes and states, a slice at a
 * time. */
#include "ozon.h"

#include "kit/resume.h"

#include <stdio.h>
#include <stdlib.h>

#define LIST_ROWS 1000u /* the method's most */
/* A product's description has several kilobytes: so many stay under a step's 50 ms to parse, and
 * far under the size allowed for an answer. */
#define INFO_ROWS 200u
/* Twenty million products. A server whose pages never end is not followed. */
#define PAGES_MAX 20000u

/* "ALL" is all but the archive; what lies in the archive has to be asked for by each of its names.
 */
static const char *const visibilities[] = {"ALL", "ARCHIVED", "AUTO_ARCHIVED", "MANUAL_ARCHIVED",
                                           "SEASONAL_AUTO_ARCHIVED"};
#define VISIBILITIES (sizeof(visibilities) / sizeof(visibilities[0]))

struct crawl {
    uint32_t visibility; /* index; not used when items were given */
    uint32_t next_item;  /* the first item not yet asked for */
    uint32_t pages;
    uint32_t count, done; /* of `ids`: how many there are, how many were told */
    uint32_t asked;       /* how many the request in flight asks about */
    bool info;            /* the request in flight is the second kind */
    bool lost;
    bool last_page;
    bool resumed; /* the request in flight is the first from a kept place */
    int64_t told;
    char last_id[OZON_CURSOR_MAX + 1];
    int64_t ids[LIST_ROWS];
};

static enum stockd_verdict ask_list(const struct stockd_call *call, struct crawl *crawl)
{
    char memory[LIST_ROWS * (KIT_ID_TEXT + 3) + OZON_CURSOR_MAX * 6 + 128];
    struct out body = {.data = memory, .room = sizeof(memory)};
    const struct stockd_start *start = call->start;
    crawl->info = false;
    crawl->count = crawl->done = crawl->asked = 0;
    out_literal(&body, "{\"filter\":{");
    if (start->item_count) {
        out_literal(&body, "\"product_id\":[");
        for (; crawl->next_item < start->item_count && crawl->asked < LIST_ROWS;
             crawl->next_item++) {
            int64_t id = kit_id_of(start->items[crawl->next_item].listing_id);
            if (!id) continue;
            if (crawl->asked) out_literal(&body, ",");
            out_literal(&body, "\"");
            out_int(&body, id);
            out_literal(&body, "\"");
            crawl->ids[crawl->asked++] = id;
        }
        if (!crawl->asked) return STOCKD_DONE;
        out_literal(&body, "],\"visibility\":\"ALL\"},\"last_id\":\"\"");
    } else {
        out_literal(&body, "\"visibility\":");
        out_string(&body, visibilities[crawl->visibility]);
        out_literal(&body, "},\"last_id\":");
        out_string(&body, crawl->last_id);
    }
    out_literal(&body, ",\"limit\":");
    out_int(&body, LIST_ROWS);
    out_literal(&body, "}");
    return ozon_send(call, "/v3/product/list", &body, false);
}

static enum stockd_verdict ask_info(const struct stockd_call *call, struct crawl *crawl)
{
    char memory[INFO_ROWS * (KIT_ID_TEXT + 3) + 64];
    struct out body = {.data = memory, .room = sizeof(memory)};
    uint32_t left = crawl->count - crawl->done;
    crawl->info = true;
    crawl->asked = left < INFO_ROWS ? left : INFO_ROWS;
    out_literal(&body, "{\"product_id\":[");
    for (uint32_t i = 0; i < crawl->asked; i++) {
        if (i) out_literal(&body, ",");
        out_literal(&body, "\"");
        out_int(&body, crawl->ids[crawl->done + i]);
        out_literal(&body, "\"");
    }
    out_literal(&body, "]}");
    return ozon_send(call, "/v3/product/info/list", &body, false);
}

/* ---- where it is: "VISIBILITY LAST_ID" ---- */

static void resume(const struct stockd_call *call, struct crawl *crawl)
{
    struct kit_list at;
    char *end;
    if (call->start->item_count || !kit_list_resume(call, &at)) return;
    unsigned long visibility = strtoul(at.place, &end, 10);
    if (*end != ' ' || visibility >= VISIBILITIES || strlen(end + 1) > OZON_CURSOR_MAX) return;
    crawl->visibility = (uint32_t)visibility;
    strcpy(crawl->last_id, end + 1);
    crawl->told = at.told;
    crawl->resumed = true;
}

/* Before the page that is asked for next. */
static void keep_place(const struct stockd_call *call, const struct crawl *crawl)
{
    char place[OZON_CURSOR_MAX + 16];
    if (crawl->lost) return;
    snprintf(place, sizeof(place), "%u %s", crawl->visibility, crawl->last_id);
    kit_list_put(call, crawl->told, place);
}

/* The next request, or the end. */
static enum stockd_verdict go_on(const struct stockd_call *call, struct crawl *crawl)
{
    if (crawl->done < crawl->count) return ask_info(call, crawl);
    if (call->start->item_count)
        return crawl->next_item < call->start->item_count ? ask_list(call, crawl) : STOCKD_DONE;
    if (crawl->last_page) {
        crawl->last_page = false;
        crawl->last_id[0] = '\0';
        crawl->visibility++;
    }
    if (crawl->visibility < VISIBILITIES) {
        keep_place(call, crawl);
        if (++crawl->pages < PAGES_MAX) return ask_list(call, crawl);
        crawl->lost = true;
    }
    if (crawl->lost) {
        call->host->log(call->ctx, 1, "the list of products could not be read to its end");
        return STOCKD_DONE;
    }
    kit_resume_drop(call);
    call->host->complete(call->ctx, STOCKD_SCOPE_LISTINGS, NULL);
    return STOCKD_DONE;
}

/* ---- the list ---- */

/* Asked for by its very id, in a readable answer that holds "all products with these ids, whatever
 * their visibility": only so is a listing known to be gone. */
static void emit_gone(const struct stockd_call *call, int64_t id)
{
    char digits[KIT_ID_TEXT];
    kit_digits(id, digits);
    struct stockd_listing row = {
        .size = sizeof(row),
        .state = STOCKD_LISTING_GONE,
        .id = digits,
        .code = "not-found",
        .text = "Ozon no longer knows this product_id",
    };
    call->host->listing(call->ctx, &row);
}

/* Every place of the id, since a page may name a product twice. */
static bool remove_id(int64_t *ids, uint32_t count, int64_t id)
{
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] != id) continue;
        ids[i] = 0;
        found = true;
    }
    return found;
}

/* Moves the ids of a page into crawl->ids. Those asked for by id and not answered are gone. */
static void keep_ids(const struct stockd_call *call, struct crawl *crawl, const json_t *items)
{
    int64_t asked[LIST_ROWS];
    uint32_t asked_count = crawl->asked;
    bool by_id = call->start->item_count > 0, odd = json_array_size(items) > LIST_ROWS;
    memcpy(asked, crawl->ids, sizeof(asked[0]) * asked_count);
    size_t index;
    json_t *item;
    json_array_foreach (items, index, item) {
        int64_t id;
        char where[64];
        if (!kit_id(json_object_get(item, "product_id"), &id)) {
            snprintf(where, sizeof(where), "/v3/product/list, row %zu of the page", index);
            kit_malformed(call, "a product without a usable product_id", where);
            odd = true;
            continue;
        }
        if (by_id && !remove_id(asked, asked_count, id)) continue;
        if (crawl->count < LIST_ROWS) crawl->ids[crawl->count++] = id;
    }
    if (odd) crawl->lost = true;
    for (uint32_t i = 0; by_id && !odd && i < asked_count; i++)
        if (asked[i]) emit_gone(call, asked[i]);
}

static enum stockd_verdict take_list(const struct stockd_call *call, struct crawl *crawl,
                                     const json_t *doc)
{
    const json_t *items = ozon_rows(doc, "items", LIST_ROWS);
    if (!items) return kit_unreadable(call, "items");
    keep_ids(call, crawl, items);
    if (call->start->item_count) return go_on(call, crawl);
    const json_t *value = ozon_member(doc, "last_id");
    const char *last_id = kit_text(value, OZON_CURSOR_MAX);
    /* The end is an empty page or a mark that does not move; `total` is not believed, and a short
     * page proves nothing. */
    bool none = !value || json_is_null(value) || json_string_length(value) == 0;
    if (value && !json_is_null(value) && !json_is_string(value)) crawl->lost = true;
    if (!none && !last_id) crawl->lost = true;
    if (none && json_array_size(items) >= LIST_ROWS) crawl->lost = true;
    if (json_array_size(items) == 0 || !last_id || strcmp(last_id, crawl->last_id) == 0)
        crawl->last_page = true;
    else
        strcpy(crawl->last_id, last_id);
    return go_on(call, crawl);
}

/* ---- what is told of each ---- */

/* Words of statuses.status before the one from which stock can be written ("price_sent"). A word
 * that is not here counts as on sale: a write is then refused by name, while a wrong "not ready"
 * would keep the stock back without a word. */
static const char *const not_ready[] = {
    "imported",          "pending",           "processing", "processed",  "moderating", "moderated",
    "failed_moderation", "failed_validation", "failed",     "validating", "validated",  "draft",
    "failed_import",     "imported_failed"};

static enum stockd_listing_state state_of(const json_t *item, const char *status)
{
    if (kit_flag(json_object_get(item, "is_archived")) == KIT_TRUE ||
        kit_flag(json_object_get(item, "is_autoarchived")) == KIT_TRUE)
        return STOCKD_LISTING_ARCHIVED;
    for (size_t i = 0; status && i < sizeof(not_ready) / sizeof(not_ready[0]); i++)
        if (strcmp(status, not_ready[i]) == 0) return STOCKD_LISTING_NOT_READY;
    return STOCKD_LISTING_ACTIVE;
}

struct keys {
    struct stockd_key at[STOCKD_KEYS_MAX];
    char sku[STOCKD_KEYS_MAX][KIT_ID_TEXT];
    uint32_t count;
};

static void add_key(struct keys *keys, const char *kind, const char *value)
{
    for (uint32_t i = 0; i < keys->count; i++)
        if (strcmp(keys->at[i].kind, kind) == 0 && strcmp(keys->at[i].value, value) == 0) return;
    if (keys->count < STOCKD_KEYS_MAX) keys->at[keys->count++] = (struct stockd_key){kind, value};
}

static void add_sku(struct keys *keys, const json_t *value)
{
    int64_t sku;
    if (keys->count == STOCKD_KEYS_MAX || !kit_id(value, &sku)) return;
    char *digits = keys->sku[keys->count];
    kit_digits(sku, digits);
    add_key(keys, OZON_KEY_SKU, digits);
}

/* False when a key could not be read: then links by it would be missing, and the reading with it.
 */
static bool keys_of(const json_t *item, struct keys *keys)
{
    bool whole = true;
    size_t index;
    json_t *value;
    const json_t *offer = json_object_get(item, "offer_id");
    const char *text = kit_text(offer, STOCKD_ID_MAX);
    if (text)
        add_key(keys, OZON_KEY_OFFER, text);
    else
        whole = false;
    add_sku(keys, json_object_get(item, "sku"));
    json_array_foreach (json_object_get(item, "barcodes"), index, value) {
        text = kit_text(value, STOCKD_ID_MAX);
        if (text)
            add_key(keys, OZON_KEY_BARCODE, text);
        else if (json_string_length(value) || !json_is_string(value))
            whole = false;
    }
    json_array_foreach (json_object_get(item, "sources"), index, value)
        add_sku(keys, json_object_get(value, "sku"));
    return whole;
}

static bool emit_listing(const struct stockd_call *call, const json_t *item, int64_t id)
{
    struct keys keys = {.count = 0};
    bool whole = keys_of(item, &keys);
    const json_t *statuses = json_object_get(item, "statuses");
    const char *status = kit_text(json_object_get(statuses, "status"), STOCKD_ID_MAX);
    const char *text = kit_text(json_object_get(statuses, "status_description"), SIZE_MAX);
    char digits[KIT_ID_TEXT];
    kit_digits(id, digits);
    if (!whole) kit_malformed(call, "a product with an unreadable article or barcode", digits);
    struct stockd_listing row = {
        .size = sizeof(row),
        .state = state_of(item, status),
        .id = digits,
        .keys = keys.at,
        .key_count = keys.count,
        .title = kit_text(json_object_get(item, "name"), SIZE_MAX),
        .code = status,
        .text = text ? text : kit_text(json_object_get(statuses, "status_name"), SIZE_MAX),
    };
    call->host->listing(call->ctx, &row);
    return whole;
}

static enum stockd_verdict take_info(const struct stockd_call *call, struct crawl *crawl,
                                     const json_t *doc)
{
    const json_t *items = ozon_rows(doc, "items", INFO_ROWS);
    if (!items) return kit_unreadable(call, "items");
    int64_t *asked = crawl->ids + crawl->done;
    size_t index;
    json_t *item;
    json_array_foreach (items, index, item) {
        int64_t id;
        if (!kit_id(json_object_get(item, "id"), &id)) {
            kit_lose(call, &crawl->lost, "a product without a usable id", "/v3/product/info/list");
            continue;
        }
        if (!remove_id(asked, crawl->asked, id)) continue;
        if (!emit_listing(call, item, id)) crawl->lost = true;
    }
    for (uint32_t i = 0; i < crawl->asked; i++) {
        char digits[KIT_ID_TEXT];
        if (!asked[i]) continue;
        kit_digits(asked[i], digits);
        kit_lose(call, &crawl->lost, "a product that is listed, and yet not described", digits);
    }
    crawl->done += crawl->asked;
    crawl->told += crawl->asked;
    call->host->progress(call->ctx, crawl->told, 0);
    return go_on(call, crawl);
}

enum stockd_verdict ozon_fetch_listings(const struct stockd_call *call)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) {
        resume(call, crawl);
        return ask_list(call, crawl);
    }
    json_t *doc;
    enum stockd_verdict verdict = ozon_read_answer(call, &doc);
    if (!doc && crawl->resumed) kit_resume_refused(call);
    if (!doc) return verdict;
    crawl->resumed = false;
    verdict = crawl->info ? take_info(call, crawl, doc) : take_list(call, crawl, doc);
    json_decref(doc);
    return verdict;
}
