/* list_warehouses: the seller's FBS and rFBS warehouses, page by page, and the two places that are
 * not the seller's (FBO, FBP), so that their figures have a row to stand under. */
#include "ozon.h"

#include <stdio.h>

#define PAGE_ROWS 200 /* the method's most */
#define PAGES_MAX 50u /* ten thousand warehouses; a server that never ends is not followed */

struct crawl {
    uint32_t pages;
    bool lost; /* a row or page could not be read: the list is not complete */
    char cursor[OZON_CURSOR_MAX + 1];
};

/* The status words of the official document. What is not here is taken as writable: a write to a
 * warehouse that is none is refused by name, while a new word must not stop every write. */
static const struct {
    const char *status, *why;
} closed[] = {
    {"new", "new: not yet activated"},
    {"disabled", "disabled: in the archive"},
    {"blocked", "blocked by Ozon"},
    {"disabled_due_to_limit", "disabled_due_to_limit: paused, the limit of orders is reached"},
    {"error", "error: its creation or change failed"},
};

static enum stockd_verdict ask(const struct stockd_call *call, const struct crawl *list)
{
    char memory[OZON_CURSOR_MAX * 6 + 64];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "{\"limit\":");
    out_int(&body, PAGE_ROWS);
    if (list->cursor[0]) {
        out_literal(&body, ",\"cursor\":");
        out_string(&body, list->cursor);
    }
    out_literal(&body, "}");
    return ozon_send(call, "/v2/warehouse/list", &body, false);
}

static void emit_own(const struct stockd_call *call)
{
    struct stockd_warehouse fbo = {
        .size = sizeof(fbo),
        .id = OZON_FBO,
        .name = "Ozon (FBO)",
        .kind = "fbo",
        .marketplace = 1,
        .why = "the stock is in Ozon's warehouses and counted by Ozon",
    };
    struct stockd_warehouse fbp = {
        .size = sizeof(fbp),
        .id = OZON_FBP,
        .name = "Partner warehouses (FBP)",
        .kind = "fbp",
        .marketplace = 1,
        .why = "the stock is in a partner's warehouse and counted by Ozon",
    };
    call->host->warehouse(call->ctx, &fbo);
    call->host->warehouse(call->ctx, &fbp);
}

static const char *why_closed(const struct stockd_call *call, const json_t *row, char text[128])
{
    const char *status = kit_text(json_object_get(row, "status"), STOCKD_ID_MAX);
    int64_t paused = kit_time(json_object_get(row, "pause_at"));
    char since[32];
    kit_time_text(paused, since);
    for (size_t i = 0; status && i < sizeof(closed) / sizeof(closed[0]); i++) {
        if (strcmp(status, closed[i].status) != 0) continue;
        if (!paused) return closed[i].why;
        snprintf(text, 128, "%s, since %s", closed[i].why, since);
        return text;
    }
    if (status && strcmp(status, "created") != 0) {
        snprintf(text, 128, "the warehouse status '%.60s' is not known to this version", status);
        call->host->log(call->ctx, 1, text);
    }
    if (!paused || paused > call->now_ms) return NULL;
    snprintf(text, 128, "paused by the seller since %s", since);
    return text;
}

static bool emit_row(const struct stockd_call *call, const json_t *row, size_t index)
{
    int64_t id;
    char digits[KIT_ID_TEXT], text[128], where[64];
    if (!kit_id(json_object_get(row, "warehouse_id"), &id)) {
        snprintf(where, sizeof(where), "/v2/warehouse/list, row %zu of the page", index);
        kit_malformed(call, "a warehouse without a usable warehouse_id", where);
        return false;
    }
    kit_digits(id, digits);
    enum kit_flag rfbs = kit_flag(json_object_get(row, "is_rfbs"));
    struct stockd_warehouse out = {
        .size = sizeof(out),
        .id = digits,
        .name = kit_text(json_object_get(row, "name"), SIZE_MAX),
        .kind = rfbs == KIT_TRUE    ? "rfbs"
                : rfbs == KIT_FALSE ? "fbs"
                                    : NULL,
        .why = why_closed(call, row, text),
    };
    out.writable = !out.why;
    call->host->warehouse(call->ctx, &out);
    return true;
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct crawl *list,
                                     const json_t *doc)
{
    const json_t *rows = ozon_rows(doc, "warehouses", PAGE_ROWS);
    if (!rows) return kit_unreadable(call, "warehouses");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!emit_row(call, row, index)) list->lost = true;
    switch (ozon_next(doc, json_array_size(rows), list->cursor)) {
    case OZON_PAGE_MORE:
        if (++list->pages < PAGES_MAX) return ask(call, list);
        list->lost = true;
        break;
    case OZON_PAGE_LOST: list->lost = true; break;
    case OZON_PAGE_END: break;
    }
    emit_own(call);
    if (list->lost)
        call->host->log(call->ctx, 1, "the list of warehouses could not be read to its end");
    else
        call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

enum stockd_verdict ozon_list_warehouses(const struct stockd_call *call)
{
    struct crawl *list = call->host->scratch(call->ctx, sizeof(*list));
    if (!list) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) return ask(call, list);
    json_t *doc;
    enum stockd_verdict verdict = ozon_read_answer(call, &doc);
    if (!doc) return verdict;
    verdict = take_page(call, list, doc);
    json_decref(doc);
    return verdict;
}
