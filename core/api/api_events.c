/* Live events: /v1/events, as server-sent events or as lines. What happened is read from the log of
 * commands, so that a client that was away goes on where it was: the id of an event is the sequence
 * number of its command. What accounts and runs are doing is told when it is other than before, and
 * has no id.
 *
 * Nothing is kept for clients: each stream looks for itself, on a worker, when something changed
 * (api_follow.h). */
#include "api/api_events.h"

#include "api/api_follow.h"
#include "api/api_history.h"
#include "api/api_run.h"
#include "base/mem.h"
#include "query/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told {
    char *key, *text;
};

struct events {
    bool begun, reset;
    uint64_t last; /* sequence of the last command looked at */
    json_t *lines; /* of this look, in their order */
    json_t *news;  /* of commands, the newest first */
    struct told told[EVENTS_TOLD_MAX];
    size_t told_count, told_next;
    int64_t wrote_us;
    enum status status;
};

/* ---- looking [worker] */

static uint64_t end_sequence(struct query *query, bool first)
{
    struct bytes key, value;
    uint64_t number = 0;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_COMMAND);
    enum status status = first ? store_seek(cursor, bytes_of("", 0), &key, &value)
                               : store_last(cursor, &key, &value);
    if (status == ST_OK && key.size == 8) number = bytes_get_u64(key.data);
    store_cursor_close(cursor);
    return number;
}

struct newer {
    struct events *events;
    struct query *query;
    bool reached;
};

static bool add_newer(void *ctx, const struct query_event *event)
{
    struct newer *n = ctx;
    json_t *json = NULL;
    n->reached = event->sequence <= n->events->last;
    if (n->reached) return false;
    n->events->status = api_event_json(n->query, event, &json);
    if (!json) return false;
    json_object_set_new(json, "event", json_string("change"));
    json_array_append_new(n->events->news, json);
    return n->events->status == ST_OK;
}

static void add_reset(struct events *e, const char *why)
{
    json_array_append_new(e->lines, json_pack("{s:s, s:I, s:s}", "event", "reset", "sequence",
                                              (json_int_t)e->last, "why", why));
}

static enum status look_commands(struct events *e, struct query *query)
{
    uint64_t newest = end_sequence(query, false);
    struct newer newer = {e, query, false};
    struct query_page page = {.limit = EVENTS_BACK_MAX};
    const struct query_history all = {0};
    if (!e->begun && !e->last) e->last = newest;
    e->begun = true;
    if (newest == e->last) return ST_OK;
    uint64_t oldest = end_sequence(query, true), last = e->last;
    e->status = ST_OK;
    enum status status = ST_OK;
    if (newest > last) status = query_history(query, &all, &page, add_newer, &newer);
    if (status != ST_OK || e->status != ST_OK) return status != ST_OK ? status : e->status;
    bool missed = newest < last || oldest > last + 1 || (!newer.reached && page.next_size);
    e->last = newest;
    if (missed) {
        json_array_clear(e->news);
        add_reset(e, "what happened since is no longer at hand: read again what you need");
    }
    for (size_t i = json_array_size(e->news); i-- > 0;)
        json_array_append(e->lines, json_array_get(e->news, i));
    json_array_clear(e->news);
    return ST_OK;
}

/* Takes `line`: told when it is other than what was told last under that key. */
static void tell_if_new(struct events *e, const char *key, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    struct told *told = NULL;
    for (size_t i = 0; i < e->told_count && !told; i++)
        if (strcmp(e->told[i].key, key) == 0) told = &e->told[i];
    bool same = told && strcmp(told->text, text) == 0;
    if (!told) {
        if (e->told_count < EVENTS_TOLD_MAX)
            told = &e->told[e->told_count++];
        else
            told = &e->told[e->told_next++ % EVENTS_TOLD_MAX];
        mem_free(told->key);
        told->key = mem_text(key);
    }
    if (!same) {
        mem_free(told->text);
        told->text = mem_text(text);
        json_array_append(e->lines, line);
    }
    free(text);
    json_decref(line);
}

static void look_accounts(struct follow *f, struct query *query)
{
    for (size_t i = 0; i < f->accounts.count; i++) {
        const struct api_account *seen = &f->accounts.list[i];
        const struct directory_account *account = directory_account(query->directory, seen->number);
        char key[40];
        if (!account) continue;
        snprintf(key, sizeof key, "account %u", (unsigned)seen->number);
        tell_if_new(f->state, key,
                    json_pack("{s:s, s:s, s:s, s:o}", "event", "account", "name", account->name,
                              "state", sync_state_name(seen->state), "why",
                              api_cstr_or_null(seen->reason)));
    }
}

static void look_runs(struct events *e, struct query *query)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_RUN);
    enum status status = store_last(cursor, &key, &value);
    for (int i = 0; status == ST_OK && i < EVENTS_RUNS_MAX; i++) {
        struct run_view run;
        char id[40];
        if (key.size != 8 || run_read(value, &run) != ST_OK) break;
        snprintf(id, sizeof id, "run %llu", (unsigned long long)bytes_get_u64(key.data));
        tell_if_new(e, id,
                    json_pack("{s:s, s:o}", "event", "run", "run",
                              run_json(bytes_get_u64(key.data), &run)));
        status = store_prev(cursor, &key, &value);
    }
    store_cursor_close(cursor);
}

static enum status look(struct follow *f, struct query *query)
{
    enum status status = look_commands(f->state, query);
    if (status != ST_OK) return status;
    look_accounts(f, query);
    look_runs(f->state, query);
    return ST_OK;
}

/* ---- telling */

static bool tell(struct follow *f)
{
    struct events *e = f->state;
    json_t *line;
    size_t i;
    int64_t now_us = clock_mono_us(f->api->services.runtime->clock);
    json_array_foreach (e->lines, i, line)
        follow_line(f, json_incref(line));
    if (i) {
        e->wrote_us = now_us;
    } else if (now_us - e->wrote_us >= EVENTS_HEARTBEAT_MS * 1000) {
        follow_heartbeat(f);
        e->wrote_us = now_us;
    }
    json_array_clear(e->lines);
    return false;
}

static void free_events(void *state)
{
    struct events *e = state;
    for (size_t i = 0; i < e->told_count; i++) {
        mem_free(e->told[i].key);
        mem_free(e->told[i].text);
    }
    json_decref(e->lines);
    json_decref(e->news);
    mem_free(e);
}

/* ---- the resource */

static const struct follow_kind as_events = {look, tell, free_events, .server_sent = true};
static const struct follow_kind as_lines = {look, tell, free_events, .server_sent = false};

static size_t streams(const struct api *api)
{
    size_t count = 0;
    for (const struct follow *f = api->follows; f; f = f->next)
        count += f->kind == &as_events || f->kind == &as_lines;
    return count;
}

/* From Last-Event-ID, which a browser or client sends by itself, or ?after=. */
static bool take_last(struct http_exchange *exchange, uint64_t *last)
{
    const char *text = http_header(exchange, "Last-Event-ID");
    if (!text) text = http_query(exchange, "after");
    char *end = NULL;
    *last = 0;
    if (!text) return true;
    errno = 0;
    if (*text >= '0' && *text <= '9') *last = strtoull(text, &end, 10);
    if (end && !*end && !errno) return true;
    http_answer_problem(exchange, 400, "invalid",
                        "the last event is named by its number, not '%.40s'", text);
    return false;
}

static void get_events(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    const char *lines = http_query(exchange, "lines");
    uint64_t last;
    if (!take_last(exchange, &last)) return;
    if (streams(api) >= EVENTS_STREAMS_MAX) {
        http_answer_header(exchange, "Retry-After", "10");
        http_answer_problem(exchange, 503, "busy",
                            "%d programs follow events already, the most there can be",
                            EVENTS_STREAMS_MAX);
        return;
    }
    struct events *e = mem_alloc(sizeof *e);
    e->last = last;
    e->lines = json_array();
    e->news = json_array();
    e->wrote_us = clock_mono_us(api->services.runtime->clock);
    follow_start(api, exchange, lines && strcmp(lines, "true") == 0 ? &as_lines : &as_events, e, 0);
}

const struct http_route api_event_routes[] = {
    {.method = "GET",
     .pattern = "/v1/events",
     .scope = HTTP_SCOPE_READ,
     .handle = get_events,
     .summary = "what happens, as it happens",
     .query = "after lines"},
    {0},
};
