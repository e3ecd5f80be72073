/* fetch_orders: which requests are made, and when the cursors may move. A drain follows the journal
 * of events, reads each checkout form it names, and then sweeps the forms changed since the last
 * drain: events have gone missing, and forms' times are not always touched, but hardly both at
 * once. A sweep is the last part alone: purchases without a form, which only the journal has, it
 * does not show, and so it moves nothing. What was read is kept as it goes: the journal's cursor
 * form by form, the sweep's place page by page. Lines are made in orders_line.c. */
#include "orders.h"

#include "kit/brief.h"
#include "kit/resume.h"

#include <stdio.h>

#define EVENTS_ROWS 1000
#define FORMS_ROWS  100
/* Journals and lists that never end are not followed: ten million events, two million forms. */
#define PAGES_MAX 10000u
/* Read again before what was read: clocks differ, and a change may be shown late. */
#define OVERLAP_MS 900000
/* "Last 60 days": an older cursor may have fallen out of the journal. */
#define JOURNAL_MS (INT64_C(59) * 86400000)
/* How far back a first drain looks when nobody says. */
#define FIRST_MS (INT64_C(30) * 86400000)
#define CURSOR   "events-cursor" /* id of the last event whose orders were read */
#define NO_EVENT "none"          /* that cursor, of a journal that had no event yet */
#define UNTIL    "orders-until"  /* when the last whole drain began, ms */

enum phase { PHASE_STATS, PHASE_EVENTS, PHASE_FORM, PHASE_SWEEP };

struct form {
    char id[64];
    char past[64]; /* the last event before the one that names the next form: read, with this one */
};

struct drain {
    enum phase phase;
    bool lost;       /* something could not be read: nothing moves */
    bool sweep;      /* the last part alone: moves nothing */
    bool from_stats; /* the cursor is of event-stats: it counts when the sweep is through */
    bool resumed;    /* the sweep goes on where an earlier one was interrupted */
    uint32_t pages;
    uint32_t form_count, form_next;
    int64_t started_ms, until_ms;
    int64_t from_ms, offset; /* of the sweep */
    struct kit_brief brief;
    char last[64]; /* of the sweep's page before: its last form */
    char cursor[64];
    struct allegro_sold *sold; /* of the step at hand */
    uint32_t form_room;
    struct form forms[]; /* of the page of events at hand: most have none */
};

/* Room for so many forms; what is there stays, and may have moved. */
static struct drain *drain_room(const struct stockd_call *call, size_t forms)
{
    struct drain *drain =
        call->host->scratch(call->ctx, sizeof(*drain) + forms * sizeof(struct form));
    if (drain && forms > drain->form_room) drain->form_room = (uint32_t)forms;
    return drain;
}

static void state_cursor(const struct stockd_call *call, struct drain *drain)
{
    size_t size;
    const void *data = call->host->state_get(call->ctx, CURSOR, &size);
    drain->cursor[0] = '\0';
    if (!data || size >= sizeof(drain->cursor)) return;
    memcpy(drain->cursor, data, size);
    drain->cursor[size] = '\0';
    if (!allegro_is_segment(drain->cursor)) drain->cursor[0] = '\0';
}

/* ---- requests ---- */

static enum stockd_verdict ask_stats(const struct stockd_call *call, struct drain *drain)
{
    char memory[64];
    struct out path = {.data = memory, .room = sizeof(memory)};
    drain->phase = PHASE_STATS;
    drain->resumed = false; /* what has no form comes after this alone */
    out_literal(&path, "/order/event-stats");
    return allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
}

static enum stockd_verdict ask_events(const struct stockd_call *call, struct drain *drain)
{
    char memory[160];
    struct out path = {.data = memory, .room = sizeof(memory)};
    drain->phase = PHASE_EVENTS;
    out_literal(&path, "/order/events?limit=");
    out_int(&path, EVENTS_ROWS);
    if (strcmp(drain->cursor, NO_EVENT) != 0) {
        out_literal(&path, "&from=");
        out_percent(&path, drain->cursor);
    }
    return allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
}

static enum stockd_verdict ask_form(const struct stockd_call *call, struct drain *drain)
{
    char memory[128];
    struct out path = {.data = memory, .room = sizeof(memory)};
    drain->phase = PHASE_FORM;
    out_literal(&path, "/order/checkout-forms/");
    out_percent(&path, drain->forms[drain->form_next].id);
    return allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
}

static enum stockd_verdict ask_sweep(const struct stockd_call *call, struct drain *drain)
{
    char memory[200], from[32];
    struct out path = {.data = memory, .room = sizeof(memory)};
    drain->phase = PHASE_SWEEP;
    kit_time_text(drain->from_ms, from);
    out_literal(&path, "/order/checkout-forms?limit=");
    out_int(&path, FORMS_ROWS);
    out_literal(&path, "&offset=");
    out_int(&path, drain->offset);
    out_literal(&path, "&sort=updatedAt&updatedAt.gte=");
    out_percent(&path, from);
    return allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
}

/* "OFFSET CURSOR": the cursor is that of event-stats, or "-". */
static void keep_place(const struct stockd_call *call, const struct drain *drain)
{
    char place[KIT_ID_TEXT + sizeof(drain->cursor) + 2];
    if (drain->lost) return;
    snprintf(place, sizeof(place), "%lld %s", (long long)drain->offset,
             drain->from_stats ? drain->cursor : "-");
    kit_resume_put(call, drain->started_ms, drain->from_ms, place);
}

/* The list goes by the time of the last change: what changed since the place was kept comes after
 * it. So what goes on there is as good as one that began anew, but ends as of its first page. */
static void resume_sweep(const struct stockd_call *call, struct drain *drain)
{
    struct kit_resume at;
    char cursor[sizeof(drain->cursor)] = "";
    long long offset;
    if (!kit_resume(call, &at) || sscanf(at.place, "%lld %63s", &offset, cursor) != 2) return;
    bool of_stats = strcmp(cursor, "-") != 0;
    if (offset < 0 || (of_stats && (drain->sweep || !allegro_is_segment(cursor)))) return;
    drain->resumed = true;
    drain->started_ms = at.started_ms;
    drain->from_ms = at.from_ms;
    drain->offset = offset;
    if (of_stats) strcpy(drain->cursor, cursor);
    drain->from_stats = of_stats;
}

static enum stockd_verdict begin_sweep(const struct stockd_call *call, struct drain *drain)
{
    int64_t since = call->start->since_ms;
    drain->pages = 0;
    if (drain->resumed) return ask_sweep(call, drain);
    drain->offset = 0;
    if (drain->sweep)
        drain->from_ms = since;
    else if (drain->until_ms)
        drain->from_ms =
            kit_brief_from(call, drain->until_ms, drain->until_ms - OVERLAP_MS, &drain->brief);
    else
        drain->from_ms = since > 0 ? since : drain->started_ms - FIRST_MS;
    return ask_sweep(call, drain);
}

/* The marks of an import that ended before what a first drain is to look at: the journal tells of
 * purchases since then whose orders, by now, no sweep shows any more. */
static bool is_outdated(const struct stockd_call *call, int64_t until_ms)
{
    return call->start->orders_mode == STOCKD_ORDERS_DRAIN && until_ms < call->start->since_ms;
}

static enum stockd_verdict begin(const struct stockd_call *call, struct drain *drain)
{
    drain->started_ms = call->now_ms;
    drain->until_ms = kit_state_past(call, UNTIL);
    if (is_outdated(call, drain->until_ms)) drain->until_ms = 0;
    state_cursor(call, drain);
    drain->sweep = call->start->orders_mode == STOCKD_ORDERS_SWEEP;
    resume_sweep(call, drain);
    if (drain->sweep || drain->from_stats) return begin_sweep(call, drain);
    bool fresh = drain->until_ms && drain->started_ms - drain->until_ms < JOURNAL_MS;
    return drain->cursor[0] && fresh ? ask_events(call, drain) : ask_stats(call, drain);
}

/* ---- the end ---- */

/* What was read is said to be whole with the last page's lines. What could not be read keeps the
 * marks where they are: it is read again until it can be. */
static enum stockd_verdict finish(const struct stockd_call *call, const struct drain *drain)
{
    bool moves = !drain->lost && !drain->sweep && drain->from_stats;
    if (moves && drain->cursor[0])
        call->host->state_put(call->ctx, CURSOR, drain->cursor, strlen(drain->cursor));
    if (!drain->lost) kit_resume_drop(call);
    if (!drain->lost && !drain->sweep && !drain->resumed)
        kit_brief_end(call, drain->started_ms, drain->pages + 1, &drain->brief);
    return kit_drain_end(call, UNTIL, drain->started_ms, drain->lost, drain->sweep);
}

/* ---- the journal ---- */

/* Where the journal ends now: what is before it the sweep tells. */
static enum stockd_verdict take_stats(const struct stockd_call *call, struct drain *drain,
                                      const json_t *doc)
{
    const json_t *latest = json_object_get(doc, "latestEvent");
    const char *id = kit_text(json_object_get(latest, "id"), 63);
    if (latest && !json_is_null(latest) && !allegro_is_segment(id))
        return kit_unreadable(call, "latestEvent");
    if (!latest && json_object_size(doc)) return kit_unreadable(call, "latestEvent");
    /* Of a seller without any event yet the first one is to be read, whenever it comes. */
    strcpy(drain->cursor, id ? id : NO_EVENT);
    drain->from_stats = true;
    return begin_sweep(call, drain);
}

/* `before` is the event before the one that names it. */
static void note_form(struct drain *drain, const char *form, const char *before)
{
    for (uint32_t i = 0; i < drain->form_count; i++)
        if (strcmp(drain->forms[i].id, form) == 0) return;
    if (drain->form_count == drain->form_room) {
        drain->lost = true;
        return;
    }
    if (drain->form_count) strcpy(drain->forms[drain->form_count - 1].past, before);
    strcpy(drain->forms[drain->form_count++].id, form);
}

/* The forms of the page one by one, each with the cursor that it allows: a page of a thousand of
 * them is not begun anew because one could not be read. Then the next page. */
static enum stockd_verdict next_form(const struct stockd_call *call, struct drain *drain)
{
    bool more = drain->form_next < drain->form_count;
    const char *past = !more              ? drain->cursor
                       : drain->form_next ? drain->forms[drain->form_next - 1].past
                                          : "";
    if (!drain->lost && past[0]) call->host->state_put(call->ctx, CURSOR, past, strlen(past));
    if (more) return ask_form(call, drain);
    if (++drain->pages < PAGES_MAX) return ask_events(call, drain);
    drain->lost = true;
    return begin_sweep(call, drain);
}

static enum stockd_verdict take_events(const struct stockd_call *call, const json_t *doc)
{
    const json_t *events = allegro_rows(doc, "events", EVENTS_ROWS);
    if (!events) return kit_unreadable(call, "events");
    size_t rows = json_array_size(events);
    struct drain *drain = drain_room(call, rows < EVENTS_ROWS ? rows : EVENTS_ROWS);
    if (!drain) return kit_bug(call, "no scratch memory for a page of events");
    size_t index;
    json_t *event;
    char before[sizeof(drain->cursor)];
    strcpy(before, drain->cursor);
    drain->form_count = drain->form_next = 0;
    json_array_foreach (events, index, event) {
        const char *form, *id = kit_text(json_object_get(event, "id"), 63);
        if (!allegro_emit_event(call, event, drain->sold, &form)) drain->lost = true;
        if (form) note_form(drain, form, drain->cursor);
        if (allegro_is_segment(id)) {
            strcpy(drain->cursor, id);
            continue;
        }
        kit_lose(call, &drain->lost, "an order event without a usable id", form);
    }
    /* Only an empty page ends the journal; one that does not move it goes round in a circle. */
    if (json_array_size(events) == 0) return begin_sweep(call, drain);
    if (strcmp(before, drain->cursor) == 0) {
        drain->lost = true;
        return begin_sweep(call, drain);
    }
    return next_form(call, drain);
}

/* The journal does not take the cursor: it begins anew where the sweep ends. */
static bool is_cursor_refused(const struct stockd_response *answer)
{
    int status = answer->status;
    return answer->transport == STOCKD_ARRIVED && !allegro_is_page(answer) &&
           (status == 400 || status == 404 || status == 410 || status == 422);
}

/* A form that was merged into another is answered by 404, or by a 500 with the code ERROR (seen).
 * Its line items live on in the other, which has an event and a time of its own. */
static bool is_form_merged(const struct stockd_response *answer)
{
    char why[160];
    struct allegro_error error;
    if (answer->transport != STOCKD_ARRIVED || (answer->status != 404 && answer->status != 500))
        return false;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    allegro_error_read(doc, answer->status, &error);
    bool merged = error.listed && (answer->status == 404 || strcmp(error.code, "ERROR") == 0);
    json_decref(doc);
    return merged;
}

static enum stockd_verdict take_form(const struct stockd_call *call, struct drain *drain)
{
    const char *id = drain->forms[drain->form_next].id;
    if (is_form_merged(call->response)) {
        call->host->log(call->ctx, 2, "a checkout form is no more: it was merged into another");
        drain->form_next++;
        return next_form(call, drain);
    }
    json_t *doc;
    enum stockd_verdict verdict = allegro_read_answer(call, &doc);
    if (!doc) return verdict;
    const char *told = json_string_value(json_object_get(doc, "id"));
    if (told && strcmp(told, id) != 0) {
        kit_lose(call, &drain->lost, "another checkout form than the one asked for", id);
    } else if (!allegro_emit_form(call, doc, drain->sold)) {
        drain->lost = true;
    }
    json_decref(doc);
    drain->form_next++;
    return next_form(call, drain);
}

/* ---- the sweep ---- */

/* Where the next page begins. By the last form's time, since a form that changes meanwhile goes to
 * the end of the list and draws the others forward; by counting, within one time. */
static void sweep_on(struct drain *drain, const json_t *forms)
{
    size_t count = json_array_size(forms);
    int64_t last = kit_time(json_object_get(json_array_get(forms, count - 1), "updatedAt"));
    if (last > drain->from_ms) {
        drain->from_ms = last;
        drain->offset = 0;
    } else {
        drain->offset += kit_page_count(forms, FORMS_ROWS);
    }
}

/* A page that ends as the one before it, although it was to begin behind that one: it never ends.
 */
static bool goes_round(struct drain *drain, const json_t *forms)
{
    size_t count = json_array_size(forms);
    const char *id = kit_text(json_object_get(json_array_get(forms, count - 1), "id"), 63);
    bool same = drain->offset > 0 && strcmp(drain->last, id ? id : "") == 0;
    strcpy(drain->last, id ? id : "");
    return same;
}

static enum stockd_verdict take_sweep(const struct stockd_call *call, struct drain *drain,
                                      const json_t *doc)
{
    const json_t *forms = allegro_rows(doc, "checkoutForms", FORMS_ROWS);
    if (!forms) return kit_unreadable(call, "checkoutForms");
    size_t index;
    json_t *form;
    int64_t total, count = kit_page_count(forms, FORMS_ROWS);
    json_array_foreach (forms, index, form) {
        int64_t changed = kit_time(json_object_get(form, "updatedAt"));
        if (changed > drain->brief.newest_ms) drain->brief.newest_ms = changed;
        if (!allegro_emit_form(call, form, drain->sold)) drain->lost = true;
    }
    bool said = kit_int(json_object_get(doc, "totalCount"), &total);
    bool more = said ? drain->offset + count < total : count > 0;
    if (!more) return finish(call, drain);
    /* More, it says, and shows none, or the same again. */
    if (count == 0 || goes_round(drain, forms) || ++drain->pages >= PAGES_MAX) {
        kit_lose(call, &drain->lost, "a list of checkout forms that does not show its end", NULL);
        return finish(call, drain);
    }
    sweep_on(drain, forms);
    keep_place(call, drain);
    return ask_sweep(call, drain);
}

static enum stockd_verdict take(const struct stockd_call *call, struct drain *drain)
{
    if (drain->phase == PHASE_FORM) return take_form(call, drain);
    if (drain->phase == PHASE_EVENTS && is_cursor_refused(call->response))
        return ask_stats(call, drain);
    json_t *doc;
    enum stockd_verdict verdict = allegro_read_answer(call, &doc);
    if (!doc && drain->phase == PHASE_SWEEP && drain->resumed && !drain->pages)
        kit_resume_refused(call);
    if (!doc) return verdict;
    if (drain->phase == PHASE_STATS)
        verdict = take_stats(call, drain, doc);
    else if (drain->phase == PHASE_EVENTS)
        verdict = take_events(call, doc);
    else
        verdict = take_sweep(call, drain, doc);
    json_decref(doc);
    return verdict;
}

enum stockd_verdict allegro_fetch_orders(const struct stockd_call *call)
{
    struct drain *drain = drain_room(call, 0);
    if (!drain) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) return begin(call, drain);
    if (call->event != STOCKD_RESPONSE || !call->response)
        return kit_bug(call, "a step without an answer");
    struct allegro_sold sold;
    allegro_sold_begin(call, &sold);
    drain->sold = &sold;
    enum stockd_verdict verdict = take(call, drain);
    allegro_sold_end(call, &sold);
    return verdict;
}
