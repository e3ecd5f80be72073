/* POST /v1/push, /v1/resync, /v1/retry: what matches is marked to be sent, read or tried again,
 * chunk after chunk, and a run tells of it; and following such a run to its end. */
#include "api/api_run.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum {
    PUSH_CHUNK = 4000,     /* targets looked at by one command: others pass between */
    PUSH_TRACKED_MAX = 16, /* pushes whose end is noted though nobody listens */
};

/* ---- following */

struct push_follow {
    struct push_look look;
    struct api *api;
    json_t *run;  /* as it was when the push began */
    json_t *told; /* the last progress */
};

static enum status follow_look(struct follow *f, struct query *query)
{
    struct push_follow *p = f->state;
    return push_look(&p->look, query, &f->accounts, api_now_ms(f->api));
}

/* The end of a push, kept in its row. */
struct noting {
    struct engine_task task;
    struct api *api;
    uint64_t number;
    int64_t done, total, refused, now_ms;
    enum run_state state;
    char why[SYNC_TEXT_MAX];
};

static enum status noting_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct noting *n = (struct noting *)((char *)task - offsetof(struct noting, task));
    struct run_view run;
    struct buf memory;
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, n->number);
    if (store_get(txn, TABLE_RUN, bytes_of(key, sizeof key), &value) != ST_OK) return ST_OK;
    buf_init(&memory, RECORD_MAX);
    buf_add(&memory, value.data, value.size);
    enum status status = run_read(bytes_of(memory.data, memory.size), &run);
    if (status == ST_OK && run.state == RUN_GOING) {
        run.state = n->state;
        run.ended_ms = n->now_ms;
        run.done = n->done;
        run.total = n->total;
        run.refused = n->refused;
        run.error = bytes_text(n->why);
        status = run_put(n->api->services.engine, txn, &n->number, &run, error);
    }
    buf_free(&memory);
    return status;
}

static void noting_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct noting *n = (struct noting *)((char *)task - offsetof(struct noting, task));
    struct api *api = n->api;
    (void)status, (void)error; /* the targets still tell how it went */
    mem_free(n);
    api->busy--;
    api_maybe_closed(api);
}

static void describe_refused(const int64_t *counts, char why[SYNC_TEXT_MAX])
{
    static const struct {
        enum push_result result;
        const char *word;
    } words[] = {{PUSH_REJECTED, "rejected"},
                 {PUSH_HELD, "held"},
                 {PUSH_UNRESOLVED, "unresolved"},
                 {PUSH_FAILED, "failing"}};
    size_t at = 0;
    why[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (counts[words[i].result])
            at += (size_t)snprintf(why + at, SYNC_TEXT_MAX - at, "%s%lld %s", at ? ", " : "",
                                   (long long)counts[words[i].result], words[i].word);
}

static void note_end(struct api *api, const struct push_look *look)
{
    const int64_t *c = look->counts;
    struct noting *n = mem_alloc(sizeof *n);
    n->api = api;
    n->number = look->number;
    n->done = c[PUSH_SENT] + c[PUSH_UNCHANGED];
    n->refused = c[PUSH_REJECTED] + c[PUSH_HELD] + c[PUSH_UNRESOLVED] + c[PUSH_FAILED];
    n->total = n->done + n->refused;
    n->state = n->refused ? RUN_PARTIAL : RUN_DONE;
    n->now_ms = api_now_ms(api);
    describe_refused(c, n->why);
    n->task = (struct engine_task){.run = noting_run, .done = noting_done};
    api->busy++;
    api->services.runtime->engine_submit(api->services.runtime, &n->task);
}

static json_t *run_line(const char *event, const struct push_follow *p)
{
    json_t *run = json_copy(p->run);
    push_look_json(&p->look, run);
    return json_pack("{s:s, s:o}", "event", event, "run", run);
}

static bool follow_tell(struct follow *f)
{
    struct push_follow *p = f->state;
    size_t i;
    json_t *line;
    json_array_foreach (p->look.lines, i, line)
        follow_line(f, json_incref(line));
    json_array_clear(p->look.lines);
    if (push_look_over(&p->look)) {
        const int64_t *c = p->look.counts;
        bool final = !p->look.waiting_count && !c[PUSH_OFF] && !c[PUSH_DRY_RUN];
        if (!f->exchange && !final) return false; /* it waits until somebody lets it go on */
        if (final) note_end(f->api, &p->look);
        follow_end(f, run_line("result", p));
        return false;
    }
    if (f->exchange) {
        json_t *now = run_line("progress", p);
        if (!json_equal(now, p->told)) {
            json_decref(p->told);
            p->told = json_incref(now);
            follow_line(f, json_incref(now));
        }
        json_decref(now);
    }
    return push_look_more(&p->look);
}

static void follow_free(void *state)
{
    struct push_follow *p = state;
    push_look_free(&p->look);
    json_decref(p->run);
    json_decref(p->told);
    mem_free(p);
}

static const struct follow_kind push_follow_kind = {follow_look, follow_tell, follow_free, false};

struct follow *push_follow(struct api *api, struct http_exchange *exchange, uint64_t number,
                           const struct run_view *run)
{
    struct push_follow *p = mem_alloc(sizeof *p);
    push_look_init(&p->look, number, run);
    p->look.listing = exchange != NULL;
    p->api = api;
    p->run = run_json(number, run);
    return follow_start(api, exchange, &push_follow_kind, p, run->only_account);
}

/* ---- asking for one */

struct pushing {
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    json_t *body;
    char actor[API_ACTOR_MAX];
    struct requeue requeue;
    enum command_kind kind; /* REQUEUE, RESYNC, RETRY */
    int64_t started_ms, now_ms;
    uint64_t rows, revision;      /* of the chunks before */
    struct command_result result; /* of this one */
    uint64_t number;              /* of the run, by the last chunk */
    bool follow;                  /* the answer is the stream of the run */
    struct keyed keyed;
    bool has_key, known; /* known: asked for before, under that key; `number` is that run's */
    json_t *run;         /* and what it is by now */
    char detail[SYNC_TEXT_MAX];
};

static enum status resolve(struct pushing *p, struct store_txn *txn, struct error *error)
{
    struct bytes account = api_body_text(p->body, "account");
    struct bytes warehouse = api_body_text(p->body, "warehouse");
    struct bytes sku = api_body_text(p->body, "sku");
    struct query query;
    enum status status = query_open(&query, txn, error);
    if (status == ST_OK && account.data) {
        const struct directory_account *found = directory_account_by_name(query.directory, account);
        p->requeue.account = found ? found->no : 0;
        if (!found) status = api_no_account(account, error);
    }
    if (status == ST_OK && warehouse.data) {
        const struct directory_warehouse *found =
            directory_warehouse_by_key(query.directory, warehouse);
        p->requeue.warehouse = found ? found->no : 0;
        if (!found) status = api_no_warehouse(warehouse, error);
    }
    if (status == ST_OK && sku.data) {
        struct query_product product;
        status = query_product(&query, sku, &product);
        if (status == ST_OK) p->requeue.product = product.number;
    }
    query_close(&query);
    return status;
}

static const char *task_of(enum command_kind kind)
{
    return kind == COMMAND_RESYNC ? "resync" : kind == COMMAND_RETRY ? "retry" : "push";
}

static struct run_view run_of(const struct pushing *p)
{
    uint64_t rows = p->rows + p->result.rows;
    struct bytes account = api_body_text(p->body, "account");
    return (struct run_view){.kind = bytes_text(task_of(p->kind)),
                             .account = account.data ? account : bytes_of("", 0),
                             .actor = bytes_text(p->actor),
                             .detail = bytes_text(p->detail),
                             .error = bytes_text(rows ? ""
                                                 : p->kind == COMMAND_RETRY
                                                     ? "nothing of that kind is rejected"
                                                     : "no target matches"),
                             .state = rows ? RUN_GOING : RUN_DONE,
                             .started_ms = p->started_ms,
                             .ended_ms = rows ? 0 : p->now_ms,
                             .total = (int64_t)rows,
                             .only_account = p->requeue.account,
                             .only_warehouse = p->requeue.warehouse,
                             .only_product = p->requeue.product,
                             .revision = p->revision ? p->revision : p->result.sequence};
}

/* The request came before: its run, as that is by now. ST_NOT_FOUND: it did not. */
static enum status find_known(struct pushing *p, struct store_txn *txn, struct error *error)
{
    struct command_result kept;
    struct run_view run;
    struct query query = {.txn = txn, .error = error};
    bool unused;
    if (!p->has_key) return ST_NOT_FOUND;
    enum status status = keyed_find(txn, &p->keyed, &kept, &unused, error);
    if (status != ST_OK) return status;
    status = run_find(&query, kept.sequence, &run);
    if (status == ST_NOT_FOUND)
        return error_set(error, ST_CONFLICT,
                         "this Idempotency-Key was used for run r%llu, which has ended and is no "
                         "longer listed; nothing was done",
                         (unsigned long long)kept.sequence);
    if (status != ST_OK) return status;
    p->known = true;
    p->number = kept.sequence;
    json_decref(p->run);
    p->run = run_json(kept.sequence, &run);
    json_object_set_new(p->run, "repeated", json_true());
    return ST_OK;
}

/* The last chunk is through: the run, and what its key stands for. */
static enum status put_run(struct pushing *p, struct store_txn *txn, struct error *error)
{
    const struct run_view run = run_of(p);
    enum status status = run_put(p->api->services.engine, txn, &p->number, &run, error);
    if (status == ST_OK && p->has_key)
        keyed_keep(txn, &p->keyed, &(struct command_result){.sequence = p->number, .changed = true},
                   false, p->now_ms);
    return status;
}

static enum status pushing_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct pushing *p = (struct pushing *)((char *)task - offsetof(struct pushing, task));
    struct engine *engine = p->api->services.engine;
    struct buf payload;
    /* Before each chunk: the same request may have come twice at once. */
    enum status status = find_known(p, txn, error);
    if (status != ST_NOT_FOUND) return status;
    status = p->rows || p->revision ? ST_OK : resolve(p, txn, error);
    if (status != ST_OK) return status;
    buf_init(&payload, 256);
    if (p->kind == COMMAND_RESYNC)
        command_resync(&payload, &p->requeue, !p->requeue.product);
    else if (p->kind == COMMAND_RETRY)
        command_retry(&payload, &p->requeue, api_body_text(p->body, "code"));
    else
        command_requeue(&payload, &p->requeue);
    const struct command command = {.kind = p->kind,
                                    .actor = p->actor,
                                    .now_ms = p->now_ms,
                                    .payload = bytes_of(payload.data, payload.size)};
    status = engine_apply(engine, txn, &command, &p->result, error);
    buf_free(&payload);
    p->number = 0;
    return status != ST_OK || p->result.more ? status : put_run(p, txn, error);
}

static void pushing_free(struct pushing *p)
{
    json_decref(p->body);
    json_decref(p->run);
    mem_free(p);
}

static void answer_known(struct pushing *p)
{
    char location[64];
    snprintf(location, sizeof location, "/v1/runs/r%llu", (unsigned long long)p->number);
    http_answer_header(p->exchange, "Location", location);
    if (p->follow)
        run_follow(p->exchange, p->number);
    else
        http_answer_json(p->exchange, 202, json_incref(p->run));
}

static uint32_t tracked(const struct api *api)
{
    uint32_t count = 0;
    for (const struct follow *f = api->follows; f; f = f->next)
        count += !f->exchange;
    return count;
}

static void answer_pushed(struct pushing *p)
{
    char location[64];
    const struct run_view run = run_of(p);
    bool going = run.state == RUN_GOING && !p->api->quiet;
    snprintf(location, sizeof location, "/v1/runs/r%llu", (unsigned long long)p->number);
    http_answer_header(p->exchange, "Location", location);
    if (p->follow) {
        struct follow *f = push_follow(p->api, p->exchange, p->number, &run);
        follow_line(f,
                    json_pack("{s:s, s:o}", "event", "accepted", "run", run_json(p->number, &run)));
    } else {
        http_answer_json(p->exchange, 202, run_json(p->number, &run));
    }
    if (going && tracked(p->api) < PUSH_TRACKED_MAX) push_follow(p->api, NULL, p->number, &run);
}

/* The whole account at once, by the way that costs the marketplace least. What that leaves out is
 * asked for one by one, a while later. */
static void read_all(const struct pushing *p)
{
    const char *account = json_string_value(json_object_get(p->body, "account"));
    if (account && p->api->services.sync) sync_ask(p->api->services.sync, account, SYNC_STOCK);
}

static void pushing_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct pushing *p = (struct pushing *)((char *)task - offsetof(struct pushing, task));
    struct runtime *runtime = p->api->services.runtime;
    if (status == ST_OK && p->known) {
        answer_known(p);
        pushing_free(p);
        return;
    }
    if (status == ST_OK && p->result.more) {
        p->rows += p->result.rows;
        if (!p->revision) p->revision = p->result.sequence;
        p->requeue.from = p->result.next;
        p->now_ms = api_now_ms(p->api);
        runtime->engine_submit(runtime, &p->task);
        return;
    }
    if (status == ST_OK && p->kind == COMMAND_RESYNC && !p->requeue.product) read_all(p);
    if (status == ST_OK)
        answer_pushed(p);
    else
        http_answer_error(p->exchange, error);
    pushing_free(p);
}

static void describe(struct pushing *p)
{
    static const char *const names[] = {"account", "warehouse", "sku", "code"};
    size_t at = 0;
    p->detail[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = json_string_value(json_object_get(p->body, names[i]));
        if (text && at < sizeof p->detail)
            at += (size_t)snprintf(p->detail + at, sizeof p->detail - at, "%s%s %s", at ? ", " : "",
                                   names[i], text);
    }
    if (at == 0) at = (size_t)snprintf(p->detail, sizeof p->detail, "everything");
    if (p->requeue.force && at < sizeof p->detail)
        snprintf(p->detail + at, sizeof p->detail - at, ", forced");
}

static void start(struct http_exchange *exchange, enum command_kind kind, json_t *body)
{
    struct pushing *p = mem_alloc(sizeof *p);
    p->api = api_of(exchange);
    p->exchange = exchange;
    p->kind = kind;
    p->body = body;
    p->follow = http_query(exchange, "follow") != NULL;
    p->requeue.limit = PUSH_CHUNK;
    p->requeue.force = json_is_true(json_object_get(body, "force"));
    p->started_ms = p->now_ms = api_now_ms(p->api);
    api_actor(exchange, p->actor);
    p->has_key = api_key_take(exchange, http_body(exchange), &p->keyed);
    describe(p);
    p->task = (struct engine_task){.run = pushing_run, .done = pushing_done};
    struct runtime *runtime = p->api->services.runtime;
    runtime->engine_submit(runtime, &p->task);
}

/* NULL: answered. */
static json_t *take_body(struct http_exchange *exchange, const struct api_member *members,
                         size_t count)
{
    const char *follow = http_query(exchange, "follow");
    if (!follow || strcmp(follow, "true") == 0) return api_body(exchange, members, count, true);
    http_answer_problem(exchange, 400, "invalid", "parameter 'follow' is 'true', or left out");
    return NULL;
}

static void post_push(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"account", API_TEXT_OR_NULL, false},
                                                {"warehouse", API_TEXT_OR_NULL, false},
                                                {"sku", API_TEXT_OR_NULL, false},
                                                {"force", API_SWITCH, false}};
    json_t *body = take_body(exchange, members, 4);
    if (body) start(exchange, COMMAND_REQUEUE, body);
}

static void post_resync(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"account", API_TEXT_OR_NULL, false},
                                                {"sku", API_TEXT_OR_NULL, false}};
    json_t *body = take_body(exchange, members, 2);
    if (!body) return;
    if (api_body_text(body, "account").data || api_body_text(body, "sku").data) {
        start(exchange, COMMAND_RESYNC, body);
        return;
    }
    json_decref(body);
    http_answer_problem(exchange, 400, "invalid",
                        "what is read again is an account, or a product: give 'account' or 'sku'");
}

static void post_retry(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"account", API_TEXT_OR_NULL, false},
                                                {"sku", API_TEXT_OR_NULL, false},
                                                {"code", API_TEXT_OR_NULL, false}};
    json_t *body = take_body(exchange, members, 3);
    if (body) start(exchange, COMMAND_RETRY, body);
}

const struct http_route api_push_routes[] = {
    {.method = "POST",
     .pattern = "/v1/push",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_push,
     .summary = "sends figures again",
     .query = "follow",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {.method = "POST",
     .pattern = "/v1/resync",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_resync,
     .summary = "reads what an account or a product shows, and sends what differs",
     .query = "follow",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {.method = "POST",
     .pattern = "/v1/retry",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_retry,
     .summary = "tries what was rejected again",
     .query = "follow",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {0},
};
