/* The life of a follow: when it looks, how it ends. */
#include "api/api_follow.h"

#include "base/mem.h"

#include <stdlib.h>

static void look(struct follow *f);

static void release(struct follow *f)
{
    struct api *api = f->api;
    struct follow **at = &api->follows;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    api->services.runtime->timer_close(api->services.runtime, &f->timer);
    if (f->kind->free) f->kind->free(f->state);
    api_accounts_free(&f->accounts);
    mem_free(f);
    api_maybe_closed(api);
}

static bool write_event(struct http_exchange *exchange, json_t *line)
{
    struct buf out;
    buf_init(&out, HTTP_STREAM_MAX);
    const char *name = json_string_value(json_object_get(line, "event"));
    const json_t *id = json_object_get(line, "sequence");
    char *data = json_dumps(line, JSON_COMPACT);
    if (json_is_integer(id)) buf_format(&out, "id: %lld\n", (long long)json_integer_value(id));
    buf_format(&out, "event: %s\ndata: ", name ? name : "message");
    buf_text(&out, data ? data : "null");
    buf_text(&out, "\n\n");
    json_decref(line);
    free(data);
    bool more = http_answer_stream_write(exchange, bytes_of(out.data, out.size));
    buf_free(&out);
    return more;
}

void follow_heartbeat(struct follow *f)
{
    const char *text = f->kind->server_sent ? ": still here\n\n" : "{\"event\":\"heartbeat\"}\n";
    if (f->exchange && !f->ended && !http_answer_stream_write(f->exchange, bytes_text(text)))
        f->full = true;
}

void follow_line(struct follow *f, json_t *line)
{
    if (!f->exchange || f->ended) {
        json_decref(line);
    } else {
        bool more = f->kind->server_sent ? write_event(f->exchange, line)
                                         : http_answer_stream_json(f->exchange, line);
        if (!more) f->full = true;
    }
}

void follow_end(struct follow *f, json_t *line)
{
    follow_line(f, line);
    f->ended = true;
}

void follow_failed(struct follow *f, enum status status, const char *detail)
{
    follow_end(f, json_pack("{s:s, s:s, s:o}", "event", "failed", "code", status_name(status),
                            "detail", api_text(bytes_text(detail))));
}

/* After anything that may have ended it; true: it is gone. */
static bool settle(struct follow *f)
{
    if (f->working) return false;
    if (f->exchange && http_is_gone(f->exchange)) f->ended = true;
    if (!f->ended && f->api->quiet)
        follow_failed(f, ST_CANCELLED,
                      "the daemon is stopping; what was asked for goes on when it is back");
    if (!f->ended) return false;
    if (f->exchange) {
        struct http_exchange *exchange = f->exchange;
        http_on_gone(exchange, NULL, NULL);
        http_user_set(exchange, NULL);
        http_answer_stream_end(exchange);
    }
    release(f);
    return true;
}

/* ---- looking */

static struct follow *follow_of(struct work_task *task)
{
    return (struct follow *)((char *)task - offsetof(struct follow, task));
}

static void look_run(struct work_task *task)
{
    struct follow *f = follow_of(task);
    struct store_txn *txn;
    f->status = store_begin(f->api->services.store, STORE_READ, &txn, &f->error);
    if (f->status != ST_OK) return;
    struct query query;
    f->status = query_open(&query, txn, &f->error);
    if (f->status == ST_OK) {
        api_accounts_tell(&f->accounts, &query);
        f->status = f->kind->look(f, &query);
        query_close(&query);
    }
    store_abort(txn);
}

static void arm(struct follow *f, int64_t ms)
{
    struct runtime *runtime = f->api->services.runtime;
    runtime->timer_arm(runtime, &f->timer, ms);
}

/* When the next look may be taken. */
static int64_t wait_ms(const struct follow *f)
{
    int64_t since = (clock_mono_us(f->api->services.runtime->clock) - f->looked_us) / 1000;
    return since < FOLLOW_LEAST_MS ? FOLLOW_LEAST_MS - since : 0;
}

static void looked(struct follow *f)
{
    bool more = false;
    f->working = false;
    if (f->status != ST_OK && !f->ended)
        follow_failed(f, f->status, f->error.text);
    else if (!f->ended)
        more = f->kind->tell(f);
    if (settle(f) || f->full) return;
    if (more)
        look(f);
    else if (f->again)
        arm(f, wait_ms(f));
    else if (f->exchange)
        arm(f, FOLLOW_IDLE_MS);
}

static void look_done(struct work_task *task)
{
    looked(follow_of(task));
}

static void look(struct follow *f)
{
    struct runtime *runtime = f->api->services.runtime;
    if (f->working || f->full) {
        f->again = true;
        return;
    }
    runtime->timer_stop(runtime, &f->timer);
    api_accounts_free(&f->accounts);
    f->accounts = api_accounts_take(f->api);
    f->looked_us = clock_mono_us(runtime->clock);
    f->again = false;
    f->status = ST_OK;
    f->working = true;
    if (f->kind->look)
        runtime->work_submit(runtime, &f->task);
    else
        looked(f);
}

static void on_timer(struct timer *timer)
{
    look((struct follow *)((char *)timer - offsetof(struct follow, timer)));
}

static void on_drained(struct http_exchange *exchange)
{
    struct follow *f = http_user(exchange);
    if (!f) return;
    f->full = false;
    look(f);
}

static void on_gone(struct http_exchange *exchange, void *ctx)
{
    (void)exchange;
    settle(ctx);
}

struct follow *follow_start(struct api *api, struct http_exchange *exchange,
                            const struct follow_kind *kind, void *state, uint32_t account)
{
    struct follow *f = mem_alloc(sizeof *f);
    f->api = api;
    f->exchange = exchange;
    f->kind = kind;
    f->state = state;
    f->account = account;
    f->timer.fire = on_timer;
    f->task = (struct work_task){.run = look_run, .done = look_done};
    f->next = api->follows;
    api->follows = f;
    if (exchange) {
        http_user_set(exchange, f);
        http_on_gone(exchange, on_gone, f);
        http_answer_stream_begin(exchange, 200,
                                 kind->server_sent ? "text/event-stream" : "application/x-ndjson",
                                 on_drained);
    }
    arm(f, 0); /* never from inside the call that began it */
    return f;
}

void follows_changed(struct api *api, uint32_t account)
{
    for (struct follow *f = api->follows; f; f = f->next) {
        if (f->account && f->account != account) continue;
        if (f->working || f->full)
            f->again = true;
        else if (!f->again) {
            f->again = true;
            arm(f, wait_ms(f));
        }
    }
}

void follows_quiet(struct api *api)
{
    for (struct follow *f = api->follows, *next; f; f = next) {
        next = f->next;
        settle(f);
    }
}
