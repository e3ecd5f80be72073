/* One delivery on its way: looked at on a worker (api_hook_check.c, api_hook_read.c), applied by
 * the engine, answered. */
#include "api/api_hook_private.h"

#include "api/api_access.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct taking {
    struct work_task work;
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    struct hook_slot *slot; /* or NULL */
    struct hook_reading reading;
    enum hook_verdict verdict;
    int64_t now_ms;
    char actor[API_ACTOR_MAX];
    struct hook_told told;
};

static void taking_free(struct taking *t)
{
    json_decref(t->reading.json);
    buf_free(&t->reading.payload);
    hook_slot_leave(t->slot);
    mem_free(t);
}

/* Counts what was refused after a right signature, for whoever mends the sender. */
static void note_refused(struct taking *t, const char *why)
{
    char quoted[LOG_QUOTED_MAX];
    t->slot->refused++;
    t->slot->refused_ms = t->now_ms;
    snprintf(t->slot->said, sizeof t->slot->said, "%s", why);
    log_warning("hook", "refused", "hook=%s why=%s", t->slot->settings.name,
                log_quote(why, quoted));
}

/* ---- answers */

static json_t *refused_json(const struct taking *t)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < t->told.refused_count; i++) {
        const struct hook_refused *one = &t->told.refused[i];
        const char *sku, *order;
        hook_row_names(&t->reading, one, &sku, &order);
        json_array_append_new(
            list, json_pack("{s:I, s:o, s:o, s:s, s:s}", "row", (json_int_t)one->row, "sku",
                            api_cstr_or_null(sku), "order", api_cstr_or_null(order), "code",
                            hook_refusal_name(one->why), "detail", hook_refusal_text(one->why)));
    }
    return list;
}

static void answer_taken(struct taking *t)
{
    const struct hook_told *told = &t->told;
    const char *id = t->reading.id;
    t->slot->taken += !told->before;
    t->slot->repeated += told->before;
    http_answer_json(
        t->exchange, 200,
        json_pack(
            "{s:o, s:b, s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "delivery", api_cstr_or_null(id),
            "repeated", told->before, "test", 0, "time", api_time(told->time_ms), "sequence",
            told->sequence ? json_integer((json_int_t)told->sequence) : json_null(), "rows",
            (json_int_t)told->rows, "applied", (json_int_t)told->applied, "same",
            (json_int_t)told->same, "waiting", (json_int_t)told->held, "refused", refused_json(t)));
}

static void answer_test(struct taking *t)
{
    http_answer_json(t->exchange, 200,
                     json_pack("{s:o, s:b, s:b, s:o, s:n, s:i, s:i, s:i, s:i, s:[]}", "delivery",
                               api_cstr_or_null(t->reading.id), "repeated", 0, "test", 1, "time",
                               api_time(t->now_ms), "sequence", "rows", 0, "applied", 0, "same", 0,
                               "waiting", 0, "refused"));
}

/* Nothing was done, and sent again it may be. */
static void answer_refused(struct taking *t, const char *detail)
{
    json_t *problem = json_pack("{s:s, s:s, s:i, s:s, s:o, s:o}", "type", "about:blank", "title",
                                "Unprocessable Content", "status", 422, "code", "invalid", "detail",
                                api_text(bytes_text(detail)), "refused", refused_json(t));
    char *text = json_dumps(problem, JSON_COMPACT);
    json_decref(problem);
    if (!text) abort(); /* out of memory */
    http_answer_text(t->exchange, 422, "application/problem+json", bytes_text(text));
    free(text);
}

/* ---- the engine */

static enum status take_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct taking *t = (struct taking *)((char *)task - offsetof(struct taking, task));
    const struct buf *payload = &t->reading.payload;
    const struct command command = {.kind = t->reading.kind,
                                    .actor = t->actor,
                                    .now_ms = t->now_ms,
                                    .told = &t->told,
                                    .payload = bytes_of(payload->data, payload->size)};
    return engine_apply(t->api->services.engine, txn, &command, NULL, error);
}

static void take_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct taking *t = (struct taking *)((char *)task - offsetof(struct taking, task));
    bool content = status == ST_INVALID || status == ST_TOO_BIG;
    if (status == ST_OK) {
        answer_taken(t);
    } else if (status == ST_HELD && task->plan) {
        t->slot->held++;
        api_answer_held(t->exchange, task->plan, error->text);
    } else {
        note_refused(t, error->text);
        if (content)
            answer_refused(t, error->text);
        else if (status == ST_NOT_FOUND) /* the warehouse that conf.d names */
            http_answer_problem(t->exchange, 409, "conflict", "%s", error->text);
        else
            http_answer_error(t->exchange, error);
    }
    taking_free(t);
}

/* ---- the worker, and what follows */

static void check_run(struct work_task *work)
{
    struct taking *t = (struct taking *)((char *)work - offsetof(struct taking, work));
    t->verdict = hook_check(&t->reading.request);
    if (t->verdict == HOOK_SIGNED) t->verdict = hook_read_body(&t->reading);
}

static void refuse_unsigned(struct http_exchange *exchange, struct hook_slot *slot)
{
    if (slot) slot->unsigned_++;
    api_access_refuse(exchange, "HMAC-SHA256 realm=\"stockd-hook\"",
                      "there is no such hook, or the delivery is not signed with its secret; "
                      "`stockctl hook test NAME` shows one that is");
}

static bool refuse_unready(struct taking *t)
{
    const char *said = t->reading.request.said;
    if (t->verdict == HOOK_UNSIGNED) {
        refuse_unsigned(t->exchange, t->slot);
        return true;
    }
    int64_t rate = t->slot->settings.rate;
    int64_t wait = api_access_turn(&t->slot->due_us, clock_mono_us(t->api->services.runtime->clock),
                                   rate, rate * HOOK_BURST_S);
    if (wait) {
        note_refused(t, "too many deliveries at once");
        api_access_wait(t->exchange, wait, "of this hook");
    } else if (t->verdict == HOOK_STALE) {
        note_refused(t, said);
        http_answer_header(t->exchange, "WWW-Authenticate", "HMAC-SHA256 realm=\"stockd-hook\"");
        http_answer_problem(t->exchange, 401, "denied", "the delivery is not of now: %s", said);
    } else if (t->verdict == HOOK_BAD) {
        note_refused(t, said);
        answer_refused(t, said);
    } else if (t->reading.test) {
        answer_test(t);
    } else {
        return false;
    }
    return true;
}

static void check_done(struct work_task *work)
{
    struct taking *t = (struct taking *)((char *)work - offsetof(struct taking, work));
    if (refuse_unready(t)) {
        taking_free(t);
        return;
    }
    t->task = (struct engine_task){.run = take_run, .done = take_done};
    t->api->services.runtime->engine_submit(t->api->services.runtime, &t->task);
}

static void refuse_long(struct http_exchange *exchange, size_t most)
{
    http_answer_problem(exchange, 413, "too-big", "a delivery has at most %zu bytes", most);
}

void hook_post(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    struct hook_slot *slot = hook_slot_find(api, http_path(exchange, "name"));
    if (slot && http_body(exchange).size > slot->settings.body_max) { /* its length was not told */
        refuse_long(exchange, slot->settings.body_max);
        return;
    }
    struct taking *t = mem_alloc(sizeof *t);
    t->api = api;
    t->exchange = exchange;
    t->slot = slot;
    t->now_ms = api_now_ms(api);
    t->work = (struct work_task){.run = check_run, .done = check_done};
    t->reading.request =
        (struct hook_request){.slot = slot, .body = http_body(exchange), .now_ms = t->now_ms};
    buf_init(&t->reading.payload, COMMAND_PAYLOAD_MAX);
    if (slot) {
        const struct api_hook *s = &slot->settings;
        slot->users++;
        t->reading.request.signature = http_header(exchange, s->signature_header);
        t->reading.request.timestamp = http_header(exchange, s->timestamp_header);
        t->reading.request.id = http_header(exchange, s->delivery_header);
        snprintf(t->actor, sizeof t->actor, "hook:%s", s->name);
        http_actor_set(exchange, t->actor);
    }
    api->services.runtime->work_submit(api->services.runtime, &t->work);
}

/* Before the body is read: it is not, when it is too long. Nothing else is said so early, so that a
 * hook that is not there answers like one that is. */
bool hook_early(struct http_exchange *exchange)
{
    struct hook_slot *slot = hook_slot_find(api_of(exchange), http_path(exchange, "name"));
    const char *length = http_header(exchange, "Content-Length");
    size_t most = slot ? slot->settings.body_max : HOOK_BODY_UNKNOWN_MAX;
    if (!length || strtoull(length, NULL, 10) <= most) return true;
    refuse_long(exchange, most);
    return false;
}
