/* Who may call what: the two headers, keys with their states, roles and terms, and the two methods
 * that tell of them (/v1/roles, /v1/seller/info). */
#include "marketsim/market_time.h"
#include "marketsim/ozon/ozon_state.h"

#include <stdlib.h>
#include <string.h>

#define CODE_INVALID 3
#define CODE_DENIED  7
#define CODE_NO_KEY  16

struct ozon_key *ozon_key_find(struct ozon_seller *seller, const char *text)
{
    for (size_t i = 0; i < seller->key_count; i++)
        if (strcmp(seller->keys[i].text, text) == 0) return &seller->keys[i];
    return NULL;
}

void ozon_key_role_add(struct ozon_key *key, const char *name, const char *const *methods)
{
    key->roles = market_realloc(key->roles, (key->role_count + 1) * sizeof(*key->roles));
    struct ozon_role *role = &key->roles[key->role_count++];
    *role = (struct ozon_role){.name = market_strdup(name)};
    while (methods[role->method_count])
        role->method_count++;
    role->methods = market_alloc(role->method_count * sizeof(char *));
    for (size_t i = 0; i < role->method_count; i++)
        role->methods[i] = market_strdup(methods[i]);
}

void ozon_key_roles_clear(struct ozon_key *key)
{
    for (size_t i = 0; i < key->role_count; i++) {
        for (size_t j = 0; j < key->roles[i].method_count; j++)
            free(key->roles[i].methods[j]);
        free(key->roles[i].methods);
        free(key->roles[i].name);
    }
    free(key->roles);
    key->roles = NULL;
    key->role_count = 0;
}

void ozon_key_free(struct ozon_key *key)
{
    ozon_key_roles_clear(key);
    free(key->text);
}

static void grant_admin(struct ozon_key *key)
{
    const char *methods[64];
    size_t count = 0;
    for (size_t i = 0; ozon_route_at(i) && count < 63; i++)
        if (ozon_route_at(i)->handle) methods[count++] = ozon_route_at(i)->path;
    methods[count] = NULL;
    ozon_key_role_add(key, "Admin", methods);
}

static struct ozon_key *key_make(struct ozon_seller *seller, const char *text)
{
    struct ozon_key *key = ozon_key_find(seller, text);
    if (key) return key;
    seller->keys = market_realloc(seller->keys, (seller->key_count + 1) * sizeof(*seller->keys));
    key = &seller->keys[seller->key_count++];
    *key = (struct ozon_key){.text = market_strdup(text), .expires_ms = INT64_MAX};
    grant_admin(key);
    return key;
}

void ozon_key_set(struct ozon_seller *seller, const char *api_key, enum ozon_key_state state)
{
    key_make(seller, api_key)->state = state;
}

void ozon_key_expire(struct ozon_seller *seller, const char *api_key, int64_t expires_ms)
{
    key_make(seller, api_key)->expires_ms = expires_ms;
}

void ozon_key_methods(struct ozon_seller *seller, const char *api_key, const char *role,
                      const char *const *methods)
{
    struct ozon_key *key = key_make(seller, api_key);
    ozon_key_roles_clear(key);
    ozon_key_role_add(key, role, methods);
}

static bool refuse(struct ozon_call *call, const char *message)
{
    ozon_violation(call, "access", "%s: %s", call->request->path, message);
    ozon_error(call, 403, CODE_DENIED, message);
    return false;
}

static bool has_role(const struct ozon_key *key, const char *path)
{
    for (size_t i = 0; i < key->role_count; i++)
        for (size_t j = 0; j < key->roles[i].method_count; j++)
            if (strcmp(key->roles[i].methods[j], path) == 0) return true;
    return false;
}

static bool positive_integer(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && strspn(text, "0") != strlen(text);
}

static bool check_key(struct ozon_call *call, const struct ozon_route *route)
{
    const struct ozon_key *key = call->key;
    if (key->state == OZON_KEY_DEACTIVATED || key->expires_ms <= call->now_ms)
        return refuse(call, "Api-key is deactivated, use another one or generate a new one");
    if (key->state == OZON_KEY_IP_RESTRICTED)
        return refuse(call, "Api-Key is restricted to specific IP addresses");
    if (!call->seller->signed_up) return refuse(call, "Offer not signed");
    if (!route->open && !has_role(key, route->path))
        return refuse(call, "Api-Key is missing a required role for a method");
    return true;
}

bool ozon_access_check(struct ozon_call *call, const struct ozon_route *route)
{
    const char *client = market_request_header(call->request, "Client-Id");
    const char *text = market_request_header(call->request, "Api-Key");
    if (!client || !text || !*client || !*text) {
        ozon_violation(call, "access", "%s without Client-Id or Api-Key", route->path);
        ozon_error(call, 401, CODE_NO_KEY, "Client-Id and Api-Key headers are required");
        return false;
    }
    if (!positive_integer(client)) {
        ozon_violation(call, "access", "Client-Id is no number");
        ozon_error(call, 400, CODE_INVALID, "Client-Id header value should be positive integer");
        return false;
    }
    call->seller = ozon_seller_find(call->ozon, client);
    call->key = call->seller ? ozon_key_find(call->seller, text) : NULL;
    if (!call->key) return refuse(call, "Invalid Api-Key, please check the key and try again");
    return check_key(call, route);
}

static void write_role(struct market_answer *answer, const struct ozon_role *role)
{
    market_answer_text(answer, "{\"name\":");
    market_answer_string(answer, role->name);
    market_answer_text(answer, ",\"methods\":[");
    for (size_t i = 0; i < role->method_count; i++) {
        if (i) market_answer_text(answer, ",");
        market_answer_string(answer, role->methods[i]);
    }
    market_answer_text(answer, "]}");
}

void ozon_roles(struct ozon_call *call)
{
    struct market_answer *answer = call->answer;
    char time[MARKET_TIME_SIZE];
    market_answer_text(answer, "{\"roles\":[");
    for (size_t i = 0; i < call->key->role_count; i++) {
        if (i) market_answer_text(answer, ",");
        write_role(answer, &call->key->roles[i]);
    }
    market_answer_text(answer, "]");
    if (call->key->expires_ms != INT64_MAX)
        market_answer_printf(answer, ",\"expires_at\":\"%s\"",
                             market_time_format(call->key->expires_ms, time));
    else if (call->ozon->settings.nulls)
        market_answer_text(answer, ",\"expires_at\":null");
    market_answer_text(answer, "}");
}

void ozon_seller_info(struct ozon_call *call)
{
    struct market_answer *answer = call->answer;
    market_answer_text(answer, "{\"company\":{\"country\":\"RU\",\"currency\":");
    market_answer_string(answer, call->seller->currency);
    market_answer_text(answer, ",\"inn\":\"7700000000\",\"legal_name\":");
    market_answer_string(answer, call->seller->name);
    market_answer_text(answer, ",\"name\":");
    market_answer_string(answer, call->seller->name);
    market_answer_text(answer, ",\"ogrn\":\"1027700000000\",\"ownership_form\":\"OOO\","
                               "\"tax_system\":\"USN\"},\"ratings\":[],"
                               "\"subscription\":{\"is_premium\":false,\"type\":\"UNSPECIFIED\"}}");
}
