/* How far the catalogue was read: what survives a restart, when all is read again, and when a list
 * is at its end. */
#include "listings.h"

#include <stdio.h>

#define STATE "cards"
/* A crawl begun so soon after the last one was asked for: it reads everything. */
#define ASKED_MS 1800000
/* After a crawl with rows that could not be read, all is read again this soon. */
#define LOST_AGAIN_MS 21600000

static void load_mark(const json_t *doc, const char *at, const char *nm, struct wb_mark *mark)
{
    const char *text = kit_text(json_object_get(doc, at), WB_MARK_MAX);
    int64_t id;
    if (!text || !kit_id(json_object_get(doc, nm), &id)) return;
    strcpy(mark->at, text);
    mark->nm = id;
}

static bool load(const struct stockd_call *call, struct wb_crawl *crawl)
{
    size_t size;
    char why[160];
    int64_t list = WB_CARDS;
    const void *data = call->host->state_get(call->ctx, STATE, &size);
    json_t *doc = data ? kit_parse(data, size, why) : NULL;
    *crawl = (struct wb_crawl){.full = false};
    if (!doc) return false;
    crawl->full = json_is_true(json_object_get(doc, "full"));
    crawl->lost = json_is_true(json_object_get(doc, "lost"));
    kit_int(json_object_get(doc, "list"), &list);
    crawl->list = list == WB_TRASH ? WB_TRASH : WB_CARDS;
    if (!kit_id(json_object_get(doc, "full-ms"), &crawl->full_ms)) crawl->full_ms = 0;
    if (!kit_id(json_object_get(doc, "ended-ms"), &crawl->ended_ms)) crawl->ended_ms = 0;
    if (!kit_id(json_object_get(doc, "told"), &crawl->told)) crawl->told = 0;
    load_mark(doc, "updated-at", "updated-nm", &crawl->marks[WB_CARDS]);
    load_mark(doc, "trashed-at", "trashed-nm", &crawl->marks[WB_TRASH]);
    json_decref(doc);
    return true;
}

void wb_crawl_begin(const struct stockd_call *call, struct wb_crawl *crawl)
{
    int64_t every = call->host->option_int(call->ctx, "full-crawl"), now = call->now_ms;
    bool known = load(call, crawl);
    if (known && crawl->full) return; /* a restart came between */
    if (crawl->lost && every > LOST_AGAIN_MS) every = LOST_AGAIN_MS;
    bool due = now - crawl->full_ms >= every || crawl->full_ms > now;
    bool asked = !crawl->lost && now - crawl->ended_ms < ASKED_MS;
    crawl->list = WB_CARDS;
    crawl->told = 0;
    if (known && !due && !asked) return;
    crawl->full = true;
    crawl->lost = false;
    memset(crawl->marks, 0, sizeof(crawl->marks));
}

static void save_mark(struct out *out, const char *at, const char *nm, const struct wb_mark *mark)
{
    if (!mark->at[0]) return;
    out_literal(out, ",");
    out_string(out, at);
    out_literal(out, ":");
    out_string(out, mark->at);
    out_literal(out, ",");
    out_string(out, nm);
    out_literal(out, ":");
    out_int(out, mark->nm);
}

void wb_crawl_save(const struct stockd_call *call, const struct wb_crawl *crawl)
{
    char memory[WB_MARK_MAX * 12 + 400];
    struct out out = {.data = memory, .room = sizeof(memory)};
    out_literal(&out, "{\"list\":");
    out_int(&out, crawl->list);
    if (crawl->full) out_literal(&out, ",\"full\":true");
    if (crawl->lost) out_literal(&out, ",\"lost\":true");
    out_literal(&out, ",\"told\":");
    out_int(&out, crawl->told);
    out_literal(&out, ",\"full-ms\":");
    out_int(&out, crawl->full_ms);
    out_literal(&out, ",\"ended-ms\":");
    out_int(&out, crawl->ended_ms);
    save_mark(&out, "updated-at", "updated-nm", &crawl->marks[WB_CARDS]);
    save_mark(&out, "trashed-at", "trashed-nm", &crawl->marks[WB_TRASH]);
    out_literal(&out, "}");
    call->host->state_put(call->ctx, STATE, out.data, out.size);
}

enum wb_next wb_crawl_next(const json_t *doc, size_t cards, enum wb_list list, struct wb_mark *mark)
{
    const json_t *cursor = json_object_get(doc, "cursor");
    const char *name = list == WB_TRASH ? "trashedAt" : "updatedAt";
    int64_t nm;
    /* Pages may be short: neither `total` nor fewer cards than asked for is the end. */
    if (cards == 0) return WB_PAGE_END;
    const char *at = kit_text(json_object_get(cursor, name), WB_MARK_MAX);
    if (!at || !kit_id(json_object_get(cursor, "nmID"), &nm)) return WB_PAGE_LOST;
    if (nm == mark->nm && strcmp(at, mark->at) == 0) return WB_PAGE_END;
    strcpy(mark->at, at);
    mark->nm = nm;
    return WB_PAGE_MORE;
}
