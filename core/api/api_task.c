/* Reading on a worker and changing through the engine: what every handler does. */
#include "api/api_run.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t api_now_ms(const struct api *api)
{
    return clock_wall_ms(api->services.runtime->clock);
}

/* ---- accounts */

static void take_account(void *ctx, const struct sync_account_view *view)
{
    struct api_accounts *accounts = ctx;
    accounts->list = mem_resize(accounts->list, (accounts->count + 1) * sizeof *accounts->list);
    struct api_account *to = &accounts->list[accounts->count++];
    *to = (struct api_account){.number = view->number,
                               .in_flight = view->in_flight,
                               .state = view->state,
                               .wait = view->wait,
                               .since_ms = view->since_ms,
                               .waiting_since_ms = view->waiting_since_ms,
                               .waiting_until_ms = view->waiting_until_ms,
                               .next_due_ms = view->next_due_ms};
    snprintf(to->reason, sizeof to->reason, "%s", view->reason);
    snprintf(to->waiting, sizeof to->waiting, "%s", view->waiting);
    if (view->prompt.text) prompt_sentence(&view->prompt, to->reason, sizeof to->reason);
}

static void take_left_out(void *ctx, uint32_t number, const char *why)
{
    struct api_accounts *accounts = ctx;
    accounts->list = mem_resize(accounts->list, (accounts->count + 1) * sizeof *accounts->list);
    struct api_account *to = &accounts->list[accounts->count++];
    *to = (struct api_account){.number = number, .state = SYNC_PARKED};
    snprintf(to->reason, sizeof to->reason, "plugin: %s", why);
}

struct api_accounts api_accounts_take(struct api *api)
{
    struct api_accounts accounts = {0};
    if (api->services.sync) sync_each(api->services.sync, take_account, &accounts);
    if (api->services.left_out) api->services.left_out(api->services.ctx, take_left_out, &accounts);
    return accounts;
}

void api_accounts_free(struct api_accounts *accounts)
{
    mem_free(accounts->list);
    *accounts = (struct api_accounts){0};
}

const struct api_account *api_accounts_find(const struct api_accounts *accounts, uint32_t number)
{
    for (size_t i = 0; i < accounts->count; i++)
        if (accounts->list[i].number == number) return &accounts->list[i];
    return NULL;
}

static const char *off_sentence(void *ctx, uint32_t number)
{
    const struct api_account *account = api_accounts_find(ctx, number);
    if (!account) return "its account is in no file of conf.d";
    return account->state == SYNC_DISABLED ? "its account is disabled in conf.d" : NULL;
}

void api_accounts_tell(const struct api_accounts *accounts, struct query *query)
{
    query->off = off_sentence;
    query->off_ctx = (void *)accounts;
}

/* ---- reading */

static struct api_read *read_of(struct work_task *task)
{
    return (struct api_read *)((char *)task - offsetof(struct api_read, task));
}

static void read_run(struct work_task *task)
{
    struct api_read *read = read_of(task);
    struct store_txn *txn;
    read->status = store_begin(read->api->services.store, STORE_READ, &txn, &read->error);
    if (read->status != ST_OK) return;
    struct query query;
    read->status = query_open(&query, txn, &read->error);
    if (read->status == ST_OK) {
        api_accounts_tell(&read->accounts, &query);
        read->status = read->query(read, &query);
        query_close(&query);
    }
    store_abort(txn);
}

static void read_done(struct work_task *task)
{
    struct api_read *read = read_of(task);
    if (read->status == ST_OK && read->finish) read->finish(read);
    if (read->status == ST_OK) {
        http_answer_json(read->exchange, read->http_status, read->json);
    } else {
        json_decref(read->json);
        http_answer_error(read->exchange, &read->error);
    }
    api_accounts_free(&read->accounts);
    mem_free(read);
}

struct api_read *api_read_new(struct http_exchange *exchange, api_query_fn *query)
{
    struct api_read *read = mem_alloc(sizeof *read);
    read->api = api_of(exchange);
    read->exchange = exchange;
    read->query = query;
    read->http_status = 200;
    read->page.limit = HTTP_PAGE_DEFAULT;
    read->accounts = api_accounts_take(read->api);
    read->task = (struct work_task){.run = read_run, .done = read_done};
    return read;
}

/* The names of the pattern in their order. */
static void take_names(struct http_exchange *exchange, struct bytes *names)
{
    char name[40];
    size_t count = 0;
    for (const char *at = strchr(http_route(exchange)->pattern, '{'); at && count < API_NAMES_MAX;
         at = strchr(at + 1, '{')) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "}"), at + 1);
        names[count++] = http_path(exchange, name);
    }
}

struct api_read *api_read_named(struct http_exchange *exchange, api_query_fn *query,
                                const char *const *parameters)
{
    struct api_read *read = api_read_new(exchange, query);
    take_names(exchange, read->names);
    for (size_t i = 0; parameters && parameters[i] && i < API_TEXTS_MAX; i++)
        read->texts[i] = http_query(exchange, parameters[i]);
    return read;
}

void api_read_start(struct api_read *read)
{
    struct runtime *runtime = read->api->services.runtime;
    runtime->work_submit(runtime, &read->task);
}

void api_read_list(struct http_exchange *exchange, api_query_fn *query,
                   const char *const *parameters)
{
    struct api_page page;
    if (!api_page_take(exchange, &page)) return;
    struct api_read *read = api_read_named(exchange, query, parameters);
    read->page = page;
    api_read_start(read);
}

/* ---- changing */

static struct api_change *change_of(struct engine_task *task)
{
    return (struct api_change *)((char *)task - offsetof(struct api_change, task));
}

static enum status change_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct api_change *change = change_of(task);
    struct command command = {.kind = change->kind,
                              .actor = change->actor,
                              .now_ms = change->now_ms,
                              .payload = bytes_of(change->payload.data, change->payload.size)};
    if (change->has_key) {
        enum status found =
            keyed_find(txn, &change->keyed, &change->result, &change->existed, error);
        if (found != ST_NOT_FOUND) return found;
        memcpy(command.id, change->keyed.id, sizeof command.id);
    }
    enum status status = change->check ? change->check(change, txn, error) : ST_OK;
    if (status != ST_OK) return status;
    if (change->look) change->look(change, txn);
    status = engine_apply(change->api->services.engine, txn, &command, &change->result, error);
    if (status == ST_OK && change->has_key)
        keyed_keep(txn, &change->keyed, &change->result, change->existed, change->now_ms);
    return status;
}

static void change_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct api_change *change = change_of(task);
    if (status == ST_OK)
        change->answer(change);
    else if (change->unmet)
        http_answer_problem(change->exchange, 412, "conflict", "%s", error->text);
    else if (status == ST_HELD && task->plan)
        api_answer_held(change->exchange, task->plan, error->text);
    else
        http_answer_error(change->exchange, error);
    buf_free(&change->payload);
    mem_free(change->match);
    json_decref(change->body);
    mem_free(change);
}

void api_actor(const struct http_exchange *exchange, char actor[API_ACTOR_MAX])
{
    snprintf(actor, API_ACTOR_MAX, "%s", http_actor(exchange));
}

static void add_part(struct digest *digest, struct bytes part)
{
    uint8_t size[8];
    bytes_put_u64(size, part.size);
    digest_add(digest, bytes_of(size, sizeof size));
    digest_add(digest, part);
}

static void add_parameter(void *digest, const char *name, const char *value)
{
    add_part(digest, bytes_text(name));
    add_part(digest, bytes_text(value));
}

/* The key is the asker's own: two of them may use the same. What makes two requests the same is the
 * resource, its names and parameters, and the body's bytes. */
bool api_key_take(struct http_exchange *exchange, struct bytes body, struct keyed *keyed)
{
    const char *key = http_header(exchange, "Idempotency-Key");
    if (!key) return false;
    uint8_t hash[DIGEST_SIZE];
    struct bytes names[API_NAMES_MAX] = {0};
    struct digest *digest = digest_new();
    add_part(digest, bytes_text(http_actor(exchange)));
    add_part(digest, bytes_text(key));
    digest_end(digest, hash);
    digest_free(digest);
    memcpy(keyed->id, hash, sizeof keyed->id);
    const struct http_route *route = http_route(exchange);
    digest = digest_new();
    add_part(digest, bytes_text(route->method));
    add_part(digest, bytes_text(route->pattern));
    take_names(exchange, names);
    for (size_t i = 0; i < API_NAMES_MAX; i++)
        add_part(digest, names[i]);
    http_query_each(exchange, add_parameter, digest);
    add_part(digest, bytes_text(""));
    add_part(digest, body);
    const char *match = http_header(exchange, "If-Match");
    add_part(digest, bytes_text(match ? match : ""));
    digest_end(digest, keyed->request);
    digest_free(digest);
    return true;
}

struct api_change *api_change_new(struct http_exchange *exchange, enum command_kind kind,
                                  json_t *body, void (*answer)(struct api_change *change))
{
    struct api_change *change = mem_alloc(sizeof *change);
    change->api = api_of(exchange);
    change->exchange = exchange;
    change->kind = kind;
    change->body = body;
    change->answer = answer;
    change->now_ms = api_now_ms(change->api);
    api_actor(exchange, change->actor);
    take_names(exchange, change->names);
    if (http_route(exchange)->flags & HTTP_KEYED)
        change->has_key = api_key_take(exchange, http_body(exchange), &change->keyed);
    const char *match = http_header(exchange, "If-Match");
    if (match) change->match = mem_text(match);
    buf_init(&change->payload, COMMAND_PAYLOAD_MAX);
    change->task = (struct engine_task){.run = change_run, .done = change_done};
    return change;
}

void api_change_submit(struct api_change *change)
{
    struct runtime *runtime = change->api->services.runtime;
    runtime->engine_submit(runtime, &change->task);
}

void api_answer_etag(struct http_exchange *exchange, uint64_t revision)
{
    char tag[32];
    snprintf(tag, sizeof tag, "\"%llu\"", (unsigned long long)revision);
    if (revision) http_answer_header(exchange, "ETag", tag);
}

/* One of a list of tags, or '*' for anything that is there. */
static bool tag_matches(const char *list, uint64_t revision)
{
    char tag[32];
    size_t size = (size_t)snprintf(tag, sizeof tag, "\"%llu\"", (unsigned long long)revision);
    if (!revision) return false;
    for (const char *at = list; *at;) {
        at += strspn(at, " \t,");
        size_t length = strcspn(at, " \t,");
        if (length == 1 && *at == '*') return true;
        if (length == size && memcmp(at, tag, size) == 0) return true;
        at += length;
    }
    return false;
}

enum status api_change_match(struct api_change *change, uint64_t revision, const char *what,
                             struct error *error)
{
    if (!change->match || tag_matches(change->match, revision)) return ST_OK;
    change->unmet = true;
    if (!revision)
        return error_set(error, ST_CONFLICT, "%s is not there; nothing was changed", what);
    return error_set(error, ST_CONFLICT,
                     "%s is at \"%llu\" now, not at what If-Match names (%.80s): read it again; "
                     "nothing was changed",
                     what, (unsigned long long)revision, change->match);
}

bool api_refused_owned(struct http_exchange *exchange, enum api_owned kind, const char *a,
                       const char *b, const char *c, const char *what)
{
    const struct api_services *services = &api_of(exchange)->services;
    const char *place = services->owner ? services->owner(services->ctx, kind, a, b, c) : NULL;
    if (!place) return false;
    http_answer_problem(exchange, 403, "denied",
                        "%s is set in %s: change it there, then run 'stockctl reload'", what,
                        place);
    return true;
}
