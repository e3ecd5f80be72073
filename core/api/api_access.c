/* Letting in over TCP: Authorization, tokens, and how often. How tokens are made is in
 * api_tokens.c.
 */
#include "api/api_access.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SECOND_US INT64_C(1000000)

struct known_token {
    char name[API_TOKEN_NAME_MAX + 1];
    uint8_t hash[DIGEST_SIZE];
    enum http_scope scope;
    int64_t expires_ms, used_ms;
    int64_t due_us; /* when its next request would be due, were they evenly spread */
};

struct refused_address {
    char text[HTTP_ADDRESS_MAX];
    int64_t due_us;
};

struct api_access {
    bool loaded;
    struct known_token *tokens;
    size_t count;
    uint64_t asked, taken; /* numbers of loads: an older one never replaces a newer one */
    struct refused_address refused[API_REFUSED_ADDRESSES];
};

static struct api_access *access_of(struct api *api)
{
    if (!api->access) api->access = mem_alloc(sizeof *api->access);
    return api->access;
}

bool api_access_ready(const struct api *api)
{
    return !api->services.tcp || (api->access && api->access->loaded);
}

void api_access_free(struct api *api)
{
    if (api->access) mem_free(api->access->tokens);
    mem_free(api->access);
    api->access = NULL;
}

/* ---- loading */

struct loading {
    struct work_task task;
    struct api *api;
    struct known_token *tokens;
    size_t count;
    uint64_t number;
    enum status status;
    struct error error;
    void (*done)(void *arg);
    void *arg;
};

static bool take(void *ctx, const struct api_token *token)
{
    struct loading *l = ctx;
    l->tokens = mem_resize(l->tokens, (l->count + 1) * sizeof *l->tokens);
    struct known_token *to = &l->tokens[l->count++];
    *to = (struct known_token){.expires_ms = token->expires_ms};
    to->scope = token->scope == API_TOKEN_ADMIN   ? HTTP_SCOPE_ADMIN
                : token->scope == API_TOKEN_WRITE ? HTTP_SCOPE_WRITE
                                                  : HTTP_SCOPE_READ;
    snprintf(to->name, sizeof to->name, "%.*s", (int)token->name.size,
             (const char *)token->name.data);
    memcpy(to->hash, token->hash.data, sizeof to->hash);
    return true;
}

static void load_run(struct work_task *task)
{
    struct loading *l = (struct loading *)((char *)task - offsetof(struct loading, task));
    struct store_txn *txn;
    l->status = store_begin(l->api->services.store, STORE_READ, &txn, &l->error);
    if (l->status != ST_OK) return;
    l->status = api_tokens_each(txn, take, l);
    if (l->status != ST_OK && store_failed(txn, &l->error) == ST_OK)
        error_set(&l->error, l->status, "a token cannot be read; `stockctl store verify` names it");
    store_abort(txn);
}

/* What was seen of them in this life stays known. */
static void keep_uses(struct known_token *tokens, size_t count, const struct api_access *before)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < before->count; k++)
            if (digest_equal(tokens[i].hash, before->tokens[k].hash)) {
                tokens[i].used_ms = before->tokens[k].used_ms;
                tokens[i].due_us = before->tokens[k].due_us;
            }
}

static void load_done(struct work_task *task)
{
    struct loading *l = (struct loading *)((char *)task - offsetof(struct loading, task));
    struct api *api = l->api;
    struct api_access *access = access_of(api);
    char quoted[LOG_QUOTED_MAX];
    if (l->number < access->taken) {
        mem_free(l->tokens);
    } else {
        if (l->status != ST_OK) {
            log_error("api", "tokens-not-read", "error=%s note=\"nobody is let in over TCP\"",
                      log_quote(l->error.text, quoted));
            l->count = 0;
        }
        keep_uses(l->tokens, l->count, access);
        mem_free(access->tokens);
        access->tokens = l->tokens;
        access->count = l->count;
        access->taken = l->number;
        access->loaded = l->status == ST_OK;
    }
    if (l->done) l->done(l->arg);
    mem_free(l);
    api->busy--;
    api_maybe_closed(api);
}

void api_access_load(struct api *api, void (*done)(void *arg), void *arg)
{
    struct loading *l = mem_alloc(sizeof *l);
    *l = (struct loading){.task = {.run = load_run, .done = load_done},
                          .api = api,
                          .number = ++access_of(api)->asked,
                          .done = done,
                          .arg = arg};
    api->busy++;
    api->services.runtime->work_submit(api->services.runtime, &l->task);
}

int64_t api_access_used_ms(const struct api *api, struct bytes name)
{
    for (size_t i = 0; api->access && i < api->access->count; i++)
        if (bytes_equal(bytes_text(api->access->tokens[i].name), name))
            return api->access->tokens[i].used_ms;
    return 0;
}

/* ---- how often */

int64_t api_access_turn(int64_t *due_us, int64_t now_us, int64_t per_s, int64_t burst)
{
    int64_t step = SECOND_US / per_s;
    if (*due_us < now_us) *due_us = now_us;
    int64_t early = *due_us - now_us - (burst - 1) * step;
    if (early > 0) return early;
    *due_us += step;
    return 0;
}

void api_access_wait(struct http_exchange *exchange, int64_t wait_us, const char *who)
{
    char seconds[24];
    int64_t wait_s = (wait_us + SECOND_US - 1) / SECOND_US;
    snprintf(seconds, sizeof seconds, "%lld", (long long)(wait_s > 0 ? wait_s : 1));
    http_answer_header(exchange, "Retry-After", seconds);
    http_answer_problem(exchange, 429, "busy", "too many requests %s: try again after %s s", who,
                        seconds);
}

static struct refused_address *address_row(struct api_access *access, const char *address)
{
    struct refused_address *oldest = &access->refused[0];
    for (size_t i = 0; i < API_REFUSED_ADDRESSES; i++) {
        struct refused_address *row = &access->refused[i];
        if (strcmp(row->text, address) == 0) return row;
        if (row->due_us < oldest->due_us) oldest = row;
    }
    *oldest = (struct refused_address){0};
    snprintf(oldest->text, sizeof oldest->text, "%s", address);
    return oldest;
}

/* ---- who */

void api_access_refuse(struct http_exchange *exchange, const char *authenticate, const char *why)
{
    struct api *api = api_of(exchange);
    const char *address = http_peer_address(exchange);
    struct refused_address *row = address_row(access_of(api), address);
    int64_t wait = api_access_turn(&row->due_us, clock_mono_us(api->services.runtime->clock),
                                   API_REFUSED_PER_S, API_REFUSED_BURST);
    if (wait) {
        api_access_wait(exchange, wait, "without a valid token or signature from this address");
        return;
    }
    log_warning("api", "refused", "address=%s why=\"%s\"", address, why);
    http_answer_header(exchange, "WWW-Authenticate", authenticate);
    http_answer_problem(exchange, 401, "denied", "%s", why);
}

static enum http_scope refuse(struct http_exchange *exchange, bool wrong, const char *why)
{
    char text[300];
    snprintf(text, sizeof text,
             "%s; `stockctl token add NAME --scope read` makes one, to be sent as 'Authorization: "
             "Bearer TOKEN'",
             why);
    api_access_refuse(exchange,
                      wrong ? "Bearer realm=\"stockd\", error=\"invalid_token\""
                            : "Bearer realm=\"stockd\"",
                      text);
    return HTTP_SCOPE_NONE;
}

/* Held against every token, so that the time says nothing about which was near. */
static struct known_token *find(struct api_access *access, struct bytes text)
{
    uint8_t hash[DIGEST_SIZE];
    struct known_token *found = NULL;
    digest_of(text, hash);
    for (size_t i = 0; i < access->count; i++)
        if (digest_equal(access->tokens[i].hash, hash)) found = &access->tokens[i];
    return found;
}

enum http_scope api_access_admit(struct http_exchange *exchange)
{
    static const char scheme[] = "Bearer ";
    struct api *api = api_of(exchange);
    struct api_access *access = access_of(api);
    const char *given = http_header(exchange, "Authorization");
    if (!access->loaded) {
        http_answer_header(exchange, "Retry-After", "1");
        http_answer_problem(exchange, 503, "busy", "the tokens have not been read yet");
        return HTTP_SCOPE_NONE;
    }
    if (!given) return refuse(exchange, false, "the request has no token");
    if (strncasecmp(given, scheme, sizeof scheme - 1) != 0)
        return refuse(exchange, false, "Authorization is not of the kind 'Bearer'");
    struct known_token *token = find(access, bytes_text(given + sizeof scheme - 1));
    if (!token) return refuse(exchange, true, "the token is not known");
    int64_t now_ms = api_now_ms(api);
    if (token->expires_ms && token->expires_ms <= now_ms)
        return refuse(exchange, true, "the token has expired");
    token->used_ms = now_ms;
    int64_t wait = api_access_turn(&token->due_us, clock_mono_us(api->services.runtime->clock),
                                   API_TOKEN_PER_S, API_TOKEN_BURST);
    if (wait) {
        api_access_wait(exchange, wait, "with this token");
        return HTTP_SCOPE_NONE;
    }
    char actor[HTTP_ACTOR_MAX];
    snprintf(actor, sizeof actor, "token:%s", token->name);
    http_actor_set(exchange, actor);
    return token->scope;
}
