/* /v1/alerts: what is wrong and was wrong, acknowledging, and channels with their test. */
#include "api/api_private.h"
#include "base/mem.h"
#include "notify/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALL, LANG };
enum { CHANNEL_NAME_MAX = 63 }; /* bytes, as in conf.d */

/* ---- the list */

struct listing {
    json_t *items;
    uint32_t limit;
    uint64_t last; /* of the page */
    bool all, more;
    enum alert_lang lang;
};

static json_t *words_json(const char *text, const struct alert_view *alert, enum alert_lang lang)
{
    char *account = mem_text_n(alert->account.data, alert->account.size);
    char *what = mem_text_n(alert->what.data, alert->what.size);
    char *why = mem_text_n(alert->why.data, alert->why.size);
    const struct alert_values values = {.lang = (enum lang)lang,
                                        .account = account,
                                        .what = what,
                                        .why = why,
                                        .count = alert->count,
                                        .limit = alert->limit};
    struct buf line;
    buf_init(&line, 16 << 10);
    alert_fill(&line, text, &values);
    json_t *json = api_text(bytes_text(buf_cstr(&line)));
    buf_free(&line);
    mem_free(account);
    mem_free(what);
    mem_free(why);
    return json;
}

static json_t *alert_json(uint64_t number, const struct alert_view *a, enum alert_lang lang)
{
    const struct alert_words *words = &alert_catalogue(lang)->words[a->rule];
    const struct {
        const char *name;
        json_t *value;
    } members[] = {
        {"id", json_integer((json_int_t)number)},
        {"rule", json_string(alert_rule_name(a->rule))},
        {"severity", json_string(alert_severity_name(a->severity))},
        {"state", json_string(a->closed_ms  ? "over"
                              : a->acked_ms ? "known"
                                            : "open")},
        {"account", api_text_or_null(a->account)},
        {"what", api_text_or_null(a->what)},
        {"why", api_text_or_null(a->why)},
        {"count", json_integer(a->count)},
        {"limit", json_integer(a->limit)},
        {"title", json_string(words->title)},
        {"text", words_json(words->line, a, lang)},
        {"todo", words_json(words->todo, a, lang)},
        {"opened", api_time(a->opened_ms)},
        {"closed", api_time(a->closed_ms)},
        {"absent", api_time(a->absent_ms)},
        {"acknowledged", api_time(a->acked_ms)},
        {"acknowledged_by", api_text_or_null(a->acked_by)},
    };
    json_t *to = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(to, members[i].name, members[i].value);
    return to;
}

static bool add_alert(void *ctx, uint64_t number, const struct alert_view *alert)
{
    struct listing *l = ctx;
    if (!l->all && alert->closed_ms) return true;
    if (json_array_size(l->items) == l->limit) {
        l->more = true;
        return false;
    }
    json_array_append_new(l->items, alert_json(number, alert, l->lang));
    l->last = number;
    return true;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    struct listing l = {.items = json_array(),
                        .limit = read->page.limit ? read->page.limit : QUERY_PAGE_DEFAULT,
                        .all = read->texts[ALL] != NULL};
    uint64_t below = read->page.from_size == 8 ? bytes_get_u64(read->page.from) : 0;
    uint8_t next[8];
    if (l.limit > QUERY_PAGE_MAX) l.limit = QUERY_PAGE_MAX;
    if (read->texts[LANG] && strcmp(read->texts[LANG], "ru") == 0) l.lang = ALERT_RU;
    enum status status = alert_each(query->txn, below, add_alert, &l);
    bytes_put_u64(next, l.last);
    read->json = api_page_json(l.items, bytes_of(next, l.more ? sizeof next : 0));
    return status == ST_OK ? ST_OK : api_damaged(query, "alert");
}

static void list_alerts(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"all", "lang", NULL};
    const char *all = http_query(exchange, "all"), *lang = http_query(exchange, "lang");
    if (all && strcmp(all, "true") != 0) {
        http_answer_problem(exchange, 400, "invalid", "parameter 'all' is 'true', or left out");
        return;
    }
    if (lang && strcmp(lang, "en") != 0 && strcmp(lang, "ru") != 0) {
        http_answer_problem(exchange, 400, "invalid", "parameter 'lang' is 'en' or 'ru'");
        return;
    }
    api_read_list(exchange, query_list, parameters);
}

/* ---- acknowledging */

struct acking {
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    uint64_t number;
    int64_t now_ms;
    char actor[API_ACTOR_MAX];
};

static enum status ack_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct acking *a = (struct acking *)((char *)task - offsetof(struct acking, task));
    return alert_ack(txn, a->number, a->actor, a->now_ms, error);
}

static void ack_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct acking *a = (struct acking *)((char *)task - offsetof(struct acking, task));
    if (status == ST_OK)
        http_answer_json(a->exchange, 200, json_pack("{s:I}", "id", (json_int_t)a->number));
    else
        http_answer_error(a->exchange, error);
    a->api->busy--;
    api_maybe_closed(a->api);
    mem_free(a);
}

static void post_ack(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    const char *text = http_path(exchange, "id").data;
    char *end;
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    errno = 0;
    uint64_t number = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (!number || *end || errno || api->quiet) {
        http_answer_problem(exchange, api->quiet ? 503 : 400, api->quiet ? "cancelled" : "invalid",
                            api->quiet
                                ? "the daemon is stopping"
                                : "an alert's id is a number; `stockctl alert list` shows it");
        return;
    }
    struct acking *a = mem_alloc(sizeof *a);
    *a = (struct acking){.api = api,
                         .exchange = exchange,
                         .number = number,
                         .now_ms = api_now_ms(api),
                         .task = {.run = ack_run, .done = ack_done}};
    api_actor(exchange, a->actor);
    api->busy++;
    api->services.runtime->engine_submit(api->services.runtime, &a->task);
}

/* ---- channels */

static void add_channel(void *ctx, const struct notify_channel_view *view)
{
    static const char *const types[] = {"email", "telegram", "webhook"};
    json_array_append_new(ctx,
                          json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:b}", "name",
                                    api_text(bytes_text(view->name)), "type", types[view->type],
                                    "least", alert_severity_name(view->least), "told",
                                    api_time(view->told_ms), "failed", api_time(view->failed_ms),
                                    "said", api_cstr_or_null(view->said), "quiet", view->quiet));
}

static void list_channels(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    json_t *items = json_array();
    if (api->services.notify) notify_each(api->services.notify, add_channel, items);
    http_answer_json(exchange, 200, api_page_json(items, bytes_of("", 0)));
}

/* ---- test messages */

struct testing {
    struct api *api;
    struct http_exchange *exchange;
    json_t *items;
    size_t left;
};

static void answer_tested(struct testing *testing)
{
    struct api *api = testing->api;
    http_answer_json(testing->exchange, 200, json_pack("{s:o}", "items", testing->items));
    mem_free(testing);
    api->busy--;
    api_maybe_closed(api);
}

static void on_tested(void *arg, const char *channel, bool good, const char *said)
{
    struct testing *testing = arg;
    json_array_append_new(testing->items, json_pack("{s:o, s:b, s:s, s:o}", "channel",
                                                    api_text(bytes_text(channel)), "ok", good,
                                                    "result", good ? "sent" : "failed", "said",
                                                    api_text_or_null(bytes_text(said))));
    if (--testing->left == 0) answer_tested(testing);
}

static void note_name(void *ctx, const struct notify_channel_view *view)
{
    json_array_append_new(ctx, json_string(view->name));
}

static void post_test(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"channel", API_TEXT, false}};
    struct api *api = api_of(exchange);
    json_t *body = api_body(exchange, members, 1, true), *names = json_array(), *name;
    size_t i;
    if (!body) {
        json_decref(names);
        return;
    }
    const char *channel = json_string_value(json_object_get(body, "channel"));
    if (channel)
        json_array_append_new(names, json_string(channel));
    else if (api->services.notify)
        notify_each(api->services.notify, note_name, names);
    struct testing *testing = mem_alloc(sizeof *testing);
    *testing = (struct testing){.api = api, .exchange = exchange, .items = json_array()};
    json_array_foreach (names, i, name)
        if (api->services.notify && !api->quiet &&
            notify_test(api->services.notify, json_string_value(name), on_tested, testing))
            testing->left++;
    if (testing->left) {
        api->busy++;
    } else {
        http_answer_problem(exchange, 404, "not-found", "%s%.80s%s",
                            channel ? "there is no channel '" : "there is no channel in use",
                            channel ? channel : "",
                            channel ? "' in use; 'alerts: channels:' in conf.d names them"
                                    : "; write one below 'alerts: channels:' in conf.d");
        json_decref(testing->items);
        mem_free(testing);
    }
    json_decref(names);
    json_decref(body);
}

/* ---- secrets of channels */

static void put_secret(struct http_exchange *exchange)
{
    static const char *const options[] = {"token", "password", "secret"};
    const char *option = http_path(exchange, "option").data;
    char name[CHANNEL_NAME_MAX + sizeof "alert."];
    bool known = false;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        known |= strcmp(options[i], option) == 0;
    if (!known || http_path(exchange, "name").size > CHANNEL_NAME_MAX) {
        http_answer_problem(exchange, 400, "invalid",
                            "the secrets of channels are token (telegram), password (email) and "
                            "secret (webhook), and names have at most %d bytes",
                            CHANNEL_NAME_MAX);
        return;
    }
    snprintf(name, sizeof name, "alert.%s", (const char *)http_path(exchange, "name").data);
    api_seal_secret(exchange, name, option);
}

const struct http_route api_alert_routes[] = {
    {.method = "GET",
     .pattern = "/v1/alerts",
     .scope = HTTP_SCOPE_READ,
     .handle = list_alerts,
     .summary = "what is wrong",
     .query = "all lang limit cursor"},
    {.method = "GET",
     .pattern = "/v1/alerts/channels",
     .scope = HTTP_SCOPE_READ,
     .handle = list_channels,
     .summary = "where alerts are told, and how that went"},
    {.method = "POST",
     .pattern = "/v1/alerts/test",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_test,
     .summary = "sends a test message now",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/alerts/{id}/ack",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_ack,
     .summary = "says that somebody knows of it",
     .accept = "application/json"},
    {.method = "PUT",
     .pattern = "/v1/alerts/channels/{name}/secrets/{option}",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = put_secret,
     .summary = "seals a secret of a channel for use in conf.d",
     .accept = "application/json"},
    {0},
};
