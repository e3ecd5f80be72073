/* check_account: what the key may do and until when (/v1/roles), and whose it is. The key works
 * when that call does; the seller's page after it is only for the currency, and may be missing. */
#include "ozon.h"

#include <stdio.h>

#define WARN_BEFORE_MS (14 * INT64_C(86400000))

struct account {
    bool roles_read;
};

/* What each operation calls. */
static const struct {
    enum stockd_operation operation;
    const char *methods[3];
} needs[] = {
    {STOCKD_LIST_WAREHOUSES, {"/v2/warehouse/list"}},
    {STOCKD_FETCH_STOCK,
     {"/v2/product/info/stocks-by-warehouse/fbs", "/v1/product/info/warehouse/stocks",
      "/v4/product/info/stocks"}},
    {STOCKD_PUSH_STOCK, {"/v2/products/stocks"}},
    {STOCKD_FETCH_LISTINGS, {"/v3/product/list", "/v3/product/info/list"}},
    {STOCKD_FETCH_ORDERS, {"/v4/posting/fbs/list"}},
};

static enum stockd_verdict ask(const struct stockd_call *call, const char *path)
{
    return ozon_send(call, path, &(struct out){.data = NULL}, false);
}

/* A role lists paths; a path with nothing but more path behind it is a whole branch. */
static bool covers(const char *granted, const char *method)
{
    size_t size = strlen(granted);
    if (size && granted[size - 1] == '*') size--;
    return strncmp(granted, method, size) == 0 &&
           (method[size] == '\0' || method[size] == '/' || (size && granted[size - 1] == '/'));
}

/* Whether the roles are told so fully that what they do not name is surely missing. */
static bool roles_readable(const json_t *roles)
{
    size_t index, count = 0, at;
    json_t *role, *method;
    if (!json_is_array(roles)) return false;
    json_array_foreach (roles, index, role) {
        const json_t *methods = json_object_get(role, "methods");
        if (!json_is_array(methods)) return false;
        json_array_foreach (methods, at, method) {
            if (!kit_text(method, SIZE_MAX)) return false;
            count++;
        }
    }
    return count > 0;
}

static bool granted(const json_t *roles, const char *wanted)
{
    size_t index, at;
    json_t *role, *method;
    json_array_foreach (roles, index, role) {
        const char *name = kit_text(json_object_get(role, "name"), 64);
        if (name && strcasecmp(name, "Admin") == 0) return true;
        json_array_foreach (json_object_get(role, "methods"), at, method)
            if (covers(json_string_value(method), wanted)) return true;
    }
    return false;
}

/* "Products, Posting FBS" */
static void role_names(const json_t *roles, char *text, size_t room)
{
    size_t index, size = 0;
    json_t *role;
    text[0] = '\0';
    json_array_foreach (roles, index, role) {
        const char *name = kit_text(json_object_get(role, "name"), 64);
        if (!name || size + strlen(name) + 3 > room) continue;
        size += (size_t)snprintf(text + size, room - size, "%s%s", size ? ", " : "", name);
    }
}

static void emit_abilities(const struct stockd_call *call, const json_t *roles)
{
    char names[300], text[800];
    role_names(roles, names, sizeof(names));
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        const char *missing = NULL;
        for (size_t m = 0; m < 3 && needs[i].methods[m] && !missing; m++)
            if (!granted(roles, needs[i].methods[m])) missing = needs[i].methods[m];
        if (!missing) {
            call->host->ability(call->ctx, needs[i].operation, 1, NULL);
            continue;
        }
        snprintf(text, sizeof(text),
                 "the key's roles (%s) do not include %s; make a key with a role that has it",
                 names, missing);
        call->host->ability(call->ctx, needs[i].operation, 0, text);
    }
}

static void emit_expiry(const struct stockd_call *call, const json_t *value)
{
    int64_t expires = kit_time(value);
    char when[32], text[160];
    if (!expires) return; /* null and 1970 say nothing */
    call->host->key_expires(call->ctx, "api-key", expires);
    if (expires - call->now_ms >= WARN_BEFORE_MS) return;
    kit_time_text(expires, when);
    snprintf(text, sizeof(text), "the Api-Key %s on %.10s; make a new one and put it in conf.d",
             expires <= call->now_ms ? "expired" : "expires", when);
    call->host->warning(call->ctx, "key-expires", text);
}

static enum stockd_verdict take_roles(const struct stockd_call *call, struct account *account,
                                      const json_t *doc)
{
    const json_t *roles = ozon_member(doc, "roles");
    emit_expiry(call, ozon_member(doc, "expires_at"));
    if (roles_readable(roles))
        emit_abilities(call, roles);
    else
        call->host->warning(call->ctx, "roles-unknown", "Ozon did not say what this key may do");
    /* No call tells the seller's number; the Client-Id, with which the key was just taken, is it.
     */
    const char *client = call->host->option(call->ctx, "client-id");
    if (client) call->host->identity(call->ctx, client);
    account->roles_read = true;
    return ask(call, "/v1/seller/info");
}

/* The key was proven by /v1/roles: nothing that is wrong here makes it worse. */
static enum stockd_verdict take_seller(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    if (!answer || answer->transport != STOCKD_ARRIVED || answer->status != 200) return STOCKD_DONE;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    const json_t *company = ozon_member(doc, "company");
    const char *currency = kit_text(json_object_get(company, "currency"), 3);
    if (currency) call->host->state_put(call->ctx, "currency", currency, strlen(currency));
    json_decref(doc);
    return STOCKD_DONE;
}

enum stockd_verdict ozon_check_account(const struct stockd_call *call)
{
    struct account *account = call->host->scratch(call->ctx, sizeof(*account));
    if (!account) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) return ask(call, "/v1/roles");
    if (account->roles_read) return take_seller(call);
    json_t *doc;
    enum stockd_verdict verdict = ozon_read_answer(call, &doc);
    if (!doc) return verdict;
    verdict = take_roles(call, account, doc);
    json_decref(doc);
    return verdict;
}
