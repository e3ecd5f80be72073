/* fetch_orders: the postings whose status changed since the last drain, to their end. Which
 * requests are made, and when the cursor may move; a posting's lines are made in orders_line.c, and
 * what a split leaves behind is closed by orders_split.c. */
#include "orders.h"

#include "kit/brief.h"
#include "kit/header.h"
#include "kit/resume.h"

#define PAGE_ROWS 100    /* the method's most */
#define PAGES_MAX 20000u /* two million postings */
/* Read again before the cursor: clocks differ, and a change may be shown late. */
#define OVERLAP_MS 900000
/* Read past the present: a posting that changes again while its page is still to come must not slip
 * out of the window, and the clock here may be behind. */
#define AHEAD_MS INT64_C(86400000)
/* The method takes periods of a year at most. */
#define YEAR_MS (INT64_C(365) * 86400000 - 2 * AHEAD_MS)
/* How far back a first drain looks when nobody says. */
#define FIRST_MS (INT64_C(30) * 86400000)
#define CURSOR   "orders-cursor"

struct drain {
    int64_t started_ms, from_ms;
    uint32_t pages;
    bool lost;    /* a posting or page could not be read */
    bool gap;     /* a sweep that begins after what is known: moves nothing */
    bool parent;  /* the request in flight asks for a posting that was split */
    bool resumed; /* it goes on where an earlier one was interrupted */
    char cursor[OZON_CURSOR_MAX + 1];
    struct kit_brief brief;
    struct ozon_splits splits; /* last: memory for them is taken when the first comes */
};

/* The step's memory, with room for splits or without; it may move, and keeps what was in it. */
static struct drain *memory_of(const struct stockd_call *call, bool splits)
{
    size_t size = offsetof(struct drain, splits.at);
    return call->host->scratch(call->ctx, splits ? sizeof(struct drain) : size);
}

static void begin(const struct stockd_call *call, struct drain *drain)
{
    int64_t cursor = kit_state_past(call, CURSOR), since = call->start->since_ms;
    int64_t earliest = call->now_ms - YEAR_MS;
    drain->started_ms = call->now_ms;
    drain->pages = 0;
    drain->resumed = false;
    drain->cursor[0] = '\0';
    drain->brief = (struct kit_brief){0};
    if (call->start->orders_mode == STOCKD_ORDERS_SWEEP) {
        drain->from_ms = since;
        drain->gap = !cursor || since > cursor;
    } else if (cursor) {
        drain->from_ms = kit_brief_from(call, cursor, cursor - OVERLAP_MS, &drain->brief);
    } else {
        drain->from_ms = since > 0 ? since : call->now_ms - FIRST_MS;
    }
    if (drain->from_ms < earliest) drain->from_ms = earliest;
}

static void resume(const struct stockd_call *call, struct drain *drain)
{
    struct kit_resume at;
    if (!kit_resume(call, &at) || strlen(at.place) > OZON_CURSOR_MAX) return;
    drain->resumed = true;
    drain->started_ms = at.started_ms;
    drain->from_ms = at.from_ms;
    strcpy(drain->cursor, at.place);
}

/* What a split is still to be asked for is known to this reading alone. */
static void keep_place(const struct stockd_call *call, const struct drain *drain, size_t rows)
{
    if (drain->lost || drain->splits.count || rows < KIT_RESUME_ROWS) return;
    kit_resume_put(call, drain->started_ms, drain->from_ms, drain->cursor);
}

static enum stockd_verdict ask(const struct stockd_call *call, const struct drain *drain)
{
    char memory[OZON_CURSOR_MAX * 6 + 512], since[32], from[32], to[32];
    struct out body = {.data = memory, .room = sizeof(memory)};
    /* since and to are about when a posting was made: as wide as they may be. */
    kit_time_text(drain->started_ms - YEAR_MS, since);
    kit_time_text(drain->from_ms, from);
    kit_time_text(drain->started_ms + AHEAD_MS, to);
    out_literal(&body, "{\"filter\":{\"since\":");
    out_string(&body, since);
    out_literal(&body, ",\"to\":");
    out_string(&body, to);
    out_literal(&body, ",\"last_changed_status_date\":{\"from\":");
    out_string(&body, from);
    out_literal(&body, ",\"to\":");
    out_string(&body, to);
    out_literal(&body, "}},\"sort_dir\":\"ASC\",\"limit\":");
    out_int(&body, PAGE_ROWS);
    out_literal(&body, ",\"cursor\":");
    out_string(&body, drain->cursor);
    out_literal(&body, "}");
    return ozon_send(call, "/v4/posting/fbs/list", &body, false);
}

/* The cursor and the word that all was read are committed with the last page's lines. A posting
 * that could not be read keeps the cursor where it is: it is read again until it can be. What went
 * on from a kept place knows of what was before it as of its first page: a drain goes on from
 * there. */
static enum stockd_verdict finish(const struct stockd_call *call, struct drain *drain)
{
    if (drain->resumed && !drain->lost && call->start->orders_mode == STOCKD_ORDERS_DRAIN) {
        int64_t known_ms = drain->started_ms;
        drain->splits.count = 0;
        begin(call, drain);
        drain->from_ms = known_ms - OVERLAP_MS;
        kit_resume_put(call, drain->started_ms, drain->from_ms, "");
        return ask(call, drain);
    }
    if (!drain->lost) kit_resume_drop(call);
    if (!drain->lost && call->start->orders_mode == STOCKD_ORDERS_DRAIN)
        kit_brief_end(call, drain->started_ms, drain->pages + 1, &drain->brief);
    return kit_drain_end(call, CURSOR, drain->started_ms, drain->lost, drain->gap);
}

/* After the last page: the parents of what was split off, one by one. */
static enum stockd_verdict next_parent(const struct stockd_call *call, struct drain *drain)
{
    const char *parent = ozon_split_next(&drain->splits);
    if (!parent) return finish(call, drain);
    drain->parent = true;
    return ozon_split_ask(call, parent);
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct drain *drain,
                                     const json_t *doc)
{
    const json_t *postings = ozon_rows(doc, "postings", PAGE_ROWS);
    if (!postings) return kit_unreadable(call, "postings");
    size_t index;
    json_t *posting;
    json_array_foreach (postings, index, posting) {
        if (!ozon_emit_posting(call, posting)) drain->lost = true;
        if (!ozon_split_is(posting)) continue;
        drain = memory_of(call, true);
        if (!drain) return kit_bug(call, "no scratch memory");
        if (!ozon_split_note(&drain->splits, posting))
            kit_lose(call, &drain->lost, "more postings that were split than can be followed",
                     NULL);
    }
    /* Postings do not tell when they changed. */
    int64_t there = drain->pages ? 0 : kit_header_date(call);
    if (there > drain->brief.newest_ms) drain->brief.newest_ms = there;
    static const char endless[] = "a list of postings that does not show its end";
    switch (ozon_next(doc, json_array_size(postings), drain->cursor)) {
    case OZON_PAGE_MORE:
        keep_place(call, drain, json_array_size(postings));
        if (++drain->pages < PAGES_MAX) return ask(call, drain);
        kit_lose(call, &drain->lost, endless, NULL);
        break;
    case OZON_PAGE_LOST: kit_lose(call, &drain->lost, endless, NULL); break;
    case OZON_PAGE_END: break;
    }
    return next_parent(call, drain);
}

static enum stockd_verdict take_parent(const struct stockd_call *call, struct drain *drain)
{
    json_t *doc = NULL;
    drain->parent = false;
    if (!ozon_split_is_gone(call)) {
        enum stockd_verdict verdict = ozon_read_answer(call, &doc);
        if (!doc) return verdict;
    }
    if (!ozon_split_take(call, &drain->splits, doc)) drain->lost = true;
    json_decref(doc);
    return next_parent(call, drain);
}

enum stockd_verdict ozon_fetch_orders(const struct stockd_call *call)
{
    struct drain *drain = memory_of(call, false);
    if (!drain) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) {
        begin(call, drain);
        resume(call, drain);
        return ask(call, drain);
    }
    if (drain->parent) return take_parent(call, drain);
    json_t *doc;
    enum stockd_verdict verdict = ozon_read_answer(call, &doc);
    if (!doc && drain->resumed && !drain->pages) kit_resume_refused(call);
    if (!doc) return verdict;
    verdict = take_page(call, drain, doc);
    json_decref(doc);
    return verdict;
}
