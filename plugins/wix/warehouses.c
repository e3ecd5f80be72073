/* list_warehouses: the Stores locations of a V3 site. A V1 site has one stock, and no locations. */
#include "places.h"

#include <ctype.h>
#include <stdio.h>

#define PAGE_ROWS 100u /* the method's most */
#define PAGES_MAX 100u

struct crawl {
    struct wix_gate gate;
    uint32_t pages, others;
    bool lost, default_seen;
    char cursor[WIX_CURSOR_MAX + 1];
};

static enum stockd_verdict ask(const struct stockd_call *call, const struct crawl *crawl)
{
    char memory[WIX_CURSOR_MAX * 6 + 128];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "{\"query\":{");
    wix_paging(&body, PAGE_ROWS, crawl->cursor);
    out_literal(&body, "}}");
    return wix_send(call, "POST", "/stores/v3/locations/query", &body, false);
}

static enum stockd_verdict emit_v1(const struct stockd_call *call)
{
    struct stockd_warehouse row = {
        .size = sizeof(row),
        .writable = 1,
        .is_default = 1,
        .id = WIX_V1_PLACE,
        .name = "Wix Stores",
    };
    call->host->warehouse(call->ctx, &row);
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

/* Orders name business locations: what each is called here is remembered. */
static void remember(const struct stockd_call *call, const char *id, const char *business,
                     bool is_default)
{
    char name[sizeof(WIX_STATE_PLACE) + WIX_ID_MAX];
    if (is_default) call->host->state_put(call->ctx, WIX_STATE_DEFAULT, id, strlen(id));
    if (!business) return;
    snprintf(name, sizeof(name), WIX_STATE_PLACE "%s", business);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    call->host->state_put(call->ctx, name, id, strlen(id));
}

static bool emit_row(const struct stockd_call *call, struct crawl *crawl, const json_t *row,
                     size_t index)
{
    char where[80], kind[16] = "";
    const char *id = wix_id(json_object_get(row, "id"));
    if (!id) {
        snprintf(where, sizeof(where), "/stores/v3/locations/query, row %zu of the page", index);
        kit_malformed(call, "a location without a usable id", where);
        return false;
    }
    enum kit_flag is_default = kit_flag(json_object_get(row, "defaultLocation"));
    const char *type = kit_text(json_object_get(row, "locationType"), sizeof(kind) - 1);
    for (size_t i = 0; type && i <= strlen(type); i++)
        kind[i] = (char)tolower((unsigned char)type[i]);
    struct stockd_warehouse out = {
        .size = sizeof(out),
        .writable = 1,
        .is_default = is_default == KIT_TRUE,
        .id = id,
        .name = kit_text(json_object_get(row, "name"), SIZE_MAX),
        .kind = type ? kind : NULL,
    };
    call->host->warehouse(call->ctx, &out);
    remember(call, id, wix_id(json_object_get(row, "wixLocationId")), out.is_default);
    if (out.is_default)
        crawl->default_seen = true;
    else
        crawl->others++;
    return true;
}

static enum stockd_verdict finish(const struct stockd_call *call, const struct crawl *crawl)
{
    if (crawl->others)
        call->host->warning(call->ctx, "not-online",
                            "orders of the site take from the default location only: what is "
                            "written to the others is not sold online");
    if (crawl->lost)
        call->host->log(call->ctx, 1, "the list of locations could not be read to its end");
    else if (!crawl->default_seen)
        call->host->warning(call->ctx, "no-default", "Wix named no default location");
    if (!crawl->lost) call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct crawl *crawl,
                                     const json_t *doc)
{
    const json_t *rows = wix_rows(doc, "storesLocations", PAGE_ROWS);
    if (!rows) return kit_unreadable(call, "storesLocations");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!emit_row(call, crawl, row, index)) crawl->lost = true;
    switch (wix_next(json_object_get(doc, "pagingMetadata"), json_array_size(rows), PAGE_ROWS,
                     crawl->cursor)) {
    case WIX_PAGE_MORE:
        if (++crawl->pages < PAGES_MAX) return ask(call, crawl);
        crawl->lost = true;
        break;
    case WIX_PAGE_LOST: crawl->lost = true; break;
    case WIX_PAGE_END: break;
    }
    return finish(call, crawl);
}

enum stockd_verdict wix_list_warehouses(const struct stockd_call *call)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    bool begin;
    enum stockd_verdict verdict = wix_gate(call, &crawl->gate, true, &begin);
    if (verdict) return verdict;
    if (begin) return crawl->gate.catalog == WIX_CATALOG_V1 ? emit_v1(call) : ask(call, crawl);
    json_t *doc;
    verdict = wix_read_answer(call, &crawl->gate, &doc);
    if (!doc) return verdict;
    verdict = take_page(call, crawl, doc);
    json_decref(doc);
    return verdict;
}
