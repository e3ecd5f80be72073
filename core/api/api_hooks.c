/* /v1/hooks: hooks in force, their list, a signed example, and sealing. Taking deliveries is
 * api_hook_take.c's. */
#include "api/api_hook_private.h"

#include "base/clock.h"
#include "base/hmac.h"
#include "base/mem.h"
#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- hooks in force */

static void texts_of(struct api_hook *s, const char **list[6])
{
    const char **all[] = {
        &s->name,           &s->secret, &s->warehouse, &s->signature_header, &s->timestamp_header,
        &s->delivery_header};
    memcpy(list, all, sizeof all);
}

static struct hook_slot *slot_new(const struct api_hook *from)
{
    struct hook_slot *slot = mem_alloc(sizeof *slot);
    const char **texts[6];
    slot->settings = *from;
    slot->users = 1;
    texts_of(&slot->settings, texts);
    for (size_t i = 0; i < 6; i++)
        *texts[i] = mem_text(*texts[i]);
    size_t room = strlen(from->secret);
    slot->key = mem_alloc(room + 1);
    slot->key_size = hmac_key(from->secret, slot->key, room);
    return slot;
}

void hook_slot_leave(struct hook_slot *slot)
{
    const char **texts[6];
    if (!slot || --slot->users) return;
    explicit_bzero(slot->key, slot->key_size);
    explicit_bzero((char *)(uintptr_t)slot->settings.secret, strlen(slot->settings.secret));
    mem_free(slot->key);
    texts_of(&slot->settings, texts);
    for (size_t i = 0; i < 6; i++)
        mem_free((void *)(uintptr_t)*texts[i]);
    mem_free(slot);
}

struct hook_slot *hook_slot_find(struct api *api, struct bytes name)
{
    for (size_t i = 0; api->hooks && i < api->hooks->count; i++)
        if (bytes_equal(bytes_text(api->hooks->list[i]->settings.name), name))
            return api->hooks->list[i];
    return NULL;
}

static void keep_counts(struct hook_slot *slot, const struct hook_slot *before)
{
    if (!before) return;
    slot->due_us = before->due_us;
    slot->taken = before->taken;
    slot->repeated = before->repeated;
    slot->held = before->held;
    slot->refused = before->refused;
    slot->unsigned_ = before->unsigned_;
    slot->refused_ms = before->refused_ms;
    memcpy(slot->said, before->said, sizeof slot->said);
}

void api_hooks_free(struct api *api)
{
    for (size_t i = 0; api->hooks && i < api->hooks->count; i++)
        hook_slot_leave(api->hooks->list[i]);
    if (api->hooks) mem_free(api->hooks->list);
    mem_free(api->hooks);
    api->hooks = NULL;
}

void api_hooks_put(struct api *api, const struct api_hook *hooks, size_t count)
{
    struct hooks *now = mem_alloc(sizeof *now);
    now->list = mem_array(count, sizeof *now->list);
    for (size_t i = 0; i < count; i++) {
        now->list[now->count] = slot_new(&hooks[i]);
        keep_counts(now->list[now->count++], hook_slot_find(api, bytes_text(hooks[i].name)));
    }
    api_hooks_free(api);
    api->hooks = now;
}

/* ---- the list */

static bool add_kept(void *ctx, const struct hook_view *hook)
{
    json_array_append_new(
        ctx, json_pack("{s:o, s:I, s:I, s:I, s:o, s:o}", "name", api_text(hook->name), "deliveries",
                       (json_int_t)hook->deliveries, "applied", (json_int_t)hook->applied,
                       "refused_rows", (json_int_t)hook->refused, "first", api_time(hook->first_ms),
                       "last", api_time(hook->last_ms)));
    return true;
}

static enum status query_hooks(struct api_read *read, struct query *query)
{
    read->json = json_array();
    if (hooks_each(query->txn, add_kept, read->json) != ST_OK) return api_damaged(query, "hook");
    return ST_OK;
}

static json_t *find_kept(const json_t *kept, const char *name)
{
    json_t *item;
    size_t i;
    json_array_foreach (kept, i, item)
        if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0) return item;
    return NULL;
}

static json_t *hook_json(const struct hook_slot *slot, const json_t *kept)
{
    const struct api_hook *s = &slot->settings;
    json_t *to =
        json_pack("{s:s, s:s, s:o, s:s}", "name", s->name, "kind", s->orders ? "orders" : "stock",
                  "mode", s->orders ? json_null() : json_string(s->adjust ? "adjust" : "set"),
                  "warehouse", s->warehouse);
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"taken", slot->taken},
                  {"repeated", slot->repeated},
                  {"held", slot->held},
                  {"refused", slot->refused},
                  {"unsigned", slot->unsigned_}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(to, counts[i].name, json_integer((json_int_t)counts[i].count));
    json_object_set_new(to, "failed", api_time(slot->refused_ms));
    json_object_set_new(to, "said", api_cstr_or_null(slot->said));
    const json_t *row = find_kept(kept, s->name);
    static const char *const members[] = {"deliveries", "applied", "refused_rows"};
    for (size_t i = 0; i < 3; i++)
        json_object_set_new(to, members[i],
                            row ? json_incref(json_object_get(row, members[i])) : json_integer(0));
    json_object_set_new(to, "last", row ? json_incref(json_object_get(row, "last")) : json_null());
    return to;
}

static void finish_list(struct api_read *read)
{
    const struct hooks *hooks = read->api->hooks;
    json_t *items = json_array(), *kept = read->json;
    for (size_t i = 0; hooks && i < hooks->count; i++)
        json_array_append_new(items, hook_json(hooks->list[i], kept));
    json_decref(kept);
    read->json = api_page_json(items, bytes_of("", 0));
}

static void list_hooks(struct http_exchange *exchange)
{
    struct api_read *read = api_read_new(exchange, query_hooks);
    read->finish = finish_list;
    api_read_start(read);
}

/* ---- a signed example */

static json_t *example_of(const struct api_hook *s, const char *id, const char *time)
{
    json_t *body = json_pack("{s:b, s:[]}", "test", 1, s->orders ? "orders" : "stock");
    if (s->signs != API_HOOK_BODY) return body;
    json_object_set_new(body, "id", json_string(id));
    json_object_set_new(body, "time", json_string(time));
    return body;
}

static void put_header(json_t *headers, const char *name, const char *value)
{
    json_array_append_new(headers, json_pack("{s:s, s:s}", "name", name, "value", value));
}

/* Signs a body, or one that does nothing, with the time of now: the secret stays here. */
static void post_sample(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"body", API_TEXT_OR_NULL, false}};
    struct api *api = api_of(exchange);
    struct hook_slot *slot = hook_slot_find(api, http_path(exchange, "name"));
    json_t *asked = api_body(exchange, members, 1, true);
    if (!asked) return;
    if (!slot) {
        json_decref(asked);
        http_answer_problem(exchange, 404, "not-found",
                            "there is no hook '%.40s' in conf.d; `stockctl hook list` shows them",
                            (const char *)http_path(exchange, "name").data);
        return;
    }
    const struct api_hook *s = &slot->settings;
    char id[SECRET_TEXT + 1], stamp[24], time[CLOCK_TEXT_MAX], text[HMAC_TEXT_MAX];
    int64_t now_ms = api_now_ms(api);
    uint8_t mac[HMAC_SIZE];
    secret_make(id);
    snprintf(stamp, sizeof stamp, "%lld", (long long)now_ms / 1000);
    json_t *example = example_of(s, id, clock_text(now_ms, time));
    char *made = json_dumps(example, JSON_COMPACT);
    const char *given = json_string_value(json_object_get(asked, "body"));
    const char *body = given ? given : made;
    hook_sign(slot, stamp, id, bytes_text(body), mac);
    json_t *headers = json_array();
    if (s->signs != API_HOOK_BODY) {
        put_header(headers, s->timestamp_header, stamp);
        put_header(headers, s->delivery_header, id);
    }
    put_header(headers, s->signature_header, hmac_text(mac, s->base64, text));
    char path[80];
    snprintf(path, sizeof path, "/v1/hooks/%s", s->name);
    http_answer_json(exchange, 200,
                     json_pack("{s:s, s:s, s:o, s:s, s:I, s:s?}", "hook", s->name, "path", path,
                               "headers", headers, "body", body, "valid_ms",
                               (json_int_t)s->window_ms, "tcp", api_tcp(api)));
    free(made);
    json_decref(example);
    json_decref(asked);
}

/* ---- sealing */

static void put_secret(struct http_exchange *exchange)
{
    char name[HOOK_NAME_MAX + sizeof "hook."];
    if (http_path(exchange, "name").size > HOOK_NAME_MAX) {
        http_answer_problem(exchange, 400, "invalid", "a hook's name has at most %d bytes",
                            HOOK_NAME_MAX);
        return;
    }
    snprintf(name, sizeof name, "hook.%s", (const char *)http_path(exchange, "name").data);
    api_seal_secret(exchange, name, "secret");
}

const struct http_route api_hook_routes[] = {
    {.method = "GET",
     .pattern = "/v1/hooks",
     .scope = HTTP_SCOPE_READ,
     .handle = list_hooks,
     .summary = "what shops may tell, and what they told"},
    {.method = "POST",
     .pattern = "/v1/hooks/{name}",
     .early = hook_early,
     .handle = hook_post,
     .summary = "takes a signed delivery of stock or orders",
     .accept = "application/json",
     .body_max = HOOK_BODY_MAX},
    {.method = "POST",
     .pattern = "/v1/hooks/{name}/sample",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_sample,
     .summary = "signs a delivery, to be tried",
     .accept = "application/json"},
    {.method = "PUT",
     .pattern = "/v1/hooks/{name}/secret",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = put_secret,
     .summary = "seals the secret of a hook for use in conf.d",
     .accept = "application/json"},
    {0},
};
