/* check_account: whose token it is (/me), what it may do (the scopes in the token itself), until
 * when it can be renewed, and which offers Allegro puts back by itself. */
#include "allegro.h"

#include <stdio.h>

#define WARN_BEFORE_MS (INT64_C(14) * 86400000)

/* What each operation needs. The names are of the official document's `security`. */
static const struct {
    enum stockd_operation operation;
    const char *scopes[2];
} needs[] = {
    {STOCKD_FETCH_LISTINGS, {"allegro:api:sale:offers:read"}},
    {STOCKD_FETCH_STOCK, {"allegro:api:sale:offers:read"}},
    {STOCKD_PUSH_STOCK, {"allegro:api:sale:offers:write", "allegro:api:sale:offers:read"}},
    {STOCKD_CONFIRM_STOCK, {"allegro:api:sale:offers:write", "allegro:api:sale:offers:read"}},
    {STOCKD_FETCH_ORDERS, {"allegro:api:orders:read"}},
};

static bool granted(const json_t *scopes, const char *wanted)
{
    size_t index;
    json_t *scope;
    json_array_foreach (scopes, index, scope)
        if (json_is_string(scope) && strcmp(json_string_value(scope), wanted) == 0) return true;
    return false;
}

/* Scopes as a list, or as one text with spaces between; a new reference to a list, or NULL. */
static json_t *scopes_of(const json_t *claims)
{
    const json_t *scope = json_object_get(claims, "scope");
    if (json_is_array(scope)) return json_array_size(scope) ? json_copy((json_t *)scope) : NULL;
    const char *text = kit_text(scope, 8192);
    if (!text) return NULL;
    json_t *list = json_array();
    while (*text) {
        size_t size = strcspn(text, " ");
        if (size) json_array_append_new(list, json_stringn(text, size));
        text += size + (text[size] == ' ');
    }
    return list;
}

static void emit_abilities(const struct stockd_call *call)
{
    size_t size;
    char why[160], text[300];
    const char *warned[sizeof(needs) / sizeof(needs[0])];
    size_t warned_count = 0;
    const char *claims = call->host->jwt_claims(call->ctx, ALLEGRO_TOKEN, &size);
    json_t *doc = claims ? kit_parse(claims, size, why) : NULL;
    json_t *scopes = scopes_of(doc);
    if (!scopes)
        call->host->warning(call->ctx, "scopes-unknown", "the token does not say what it may do");
    for (size_t i = 0; scopes && i < sizeof(needs) / sizeof(needs[0]); i++) {
        const char *missing = NULL;
        for (size_t s = 0; s < 2 && needs[i].scopes[s] && !missing; s++)
            if (!granted(scopes, needs[i].scopes[s])) missing = needs[i].scopes[s];
        snprintf(text, sizeof(text),
                 "the token lacks the scope %s; add it to the application at "
                 "apps.developer.allegro.pl and log in again",
                 missing ? missing : "");
        call->host->ability(call->ctx, needs[i].operation, !missing, missing ? text : NULL);
        /* Once for each scope, however many operations need it. */
        bool told = false;
        for (size_t w = 0; missing && w < warned_count; w++)
            told |= strcmp(warned[w], missing) == 0;
        if (!missing || told) continue;
        warned[warned_count++] = missing;
        call->host->warning(call->ctx, missing, text);
    }
    json_decref(scopes);
    json_decref(doc);
}

static void emit_expiry(const struct stockd_call *call)
{
    char when[32], text[160];
    int64_t expires = kit_state_time(call, ALLEGRO_STATE_REFRESH);
    if (!expires) return;
    call->host->key_expires(call->ctx, ALLEGRO_TOKEN, expires);
    if (expires - call->now_ms >= WARN_BEFORE_MS) return;
    kit_time_text(expires, when);
    snprintf(text, sizeof(text), "the login can be renewed until %.10s and was not; log in again",
             when);
    call->host->warning(call->ctx, "login-expires", text);
}

static void take_features(const struct stockd_call *call, const json_t *doc)
{
    size_t index;
    json_t *feature;
    json_array_foreach (json_object_get(doc, "features"), index, feature) {
        const char *name = kit_text(feature, 64);
        if (name && strcmp(name, "ONE_FULFILLMENT") == 0)
            call->host->state_put(call->ctx, ALLEGRO_STATE_FULFILLMENT, "1", 1);
    }
}

static enum stockd_verdict take_me(const struct stockd_call *call, const json_t *doc)
{
    int64_t number;
    char digits[KIT_ID_TEXT];
    const json_t *value = json_object_get(doc, "id");
    const char *id = kit_text(value, STOCKD_ID_MAX);
    if (!id && kit_id(value, &number)) {
        kit_digits(number, digits);
        id = digits;
    }
    if (!id) return kit_unreadable(call, "id");
    call->host->identity(call->ctx, id);
    take_features(call, doc);
    emit_abilities(call);
    emit_expiry(call);
    allegro_warn_republish(call);
    return STOCKD_DONE;
}

enum stockd_verdict allegro_check_account(const struct stockd_call *call)
{
    char memory[16];
    struct out path = {.data = memory, .room = sizeof(memory)};
    if (call->event == STOCKD_START) {
        out_literal(&path, "/me");
        return allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
    }
    json_t *doc;
    enum stockd_verdict verdict = allegro_read_answer(call, &doc);
    if (!doc) return verdict;
    verdict = take_me(call, doc);
    json_decref(doc);
    return verdict;
}
