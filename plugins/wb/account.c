/* check_account: what the token says of itself - whose it is, until when, which categories it
 * reaches and whether it may write - and one ping of a host that it reaches, which proves that it
 * is accepted. Wildberries asks not to use the ping as a health check: one, once a day, and an
 * answer other than a refusal of the token says nothing. */
#include "wb.h"

#include <stdio.h>

#define WARN_BEFORE_MS (14 * INT64_C(86400000))
/* Bits of the claim `s`: those of the categories have the numbers of enum wb_category. The meaning
 * of the claims is in docs/marketplaces/wb.md. */
#define BIT_READ_ONLY 30

/* What each category is for. */
static const struct {
    enum wb_category bit;
    const char *code, *text;
    enum stockd_operation operations[4]; /* AUTHORIZE, which this plugin has not, ends them */
} categories[] = {
    {WB_CATEGORY_MARKETPLACE,
     "no-marketplace",
     "the token has no category Marketplace: warehouses, stock and orders cannot be read, and "
     "stock "
     "cannot be written; make a token that has it",
     {STOCKD_LIST_WAREHOUSES, STOCKD_FETCH_STOCK, STOCKD_PUSH_STOCK, STOCKD_FETCH_ORDERS}},
    {WB_CATEGORY_CONTENT,
     "no-content",
     "the token has no category Content: cards cannot be read, so sizes and barcodes stay unknown; "
     "make a token that has it",
     {STOCKD_FETCH_LISTINGS, STOCKD_AUTHORIZE}},
    {WB_CATEGORY_ANALYTICS,
     "no-analytics",
     "the token has no category Analytics: stock in Wildberries' own warehouses (FBW) is not shown",
     {STOCKD_AUTHORIZE}},
};

static json_t *claims_of(const struct stockd_call *call)
{
    size_t size;
    char why[160];
    const char *text = call->host->jwt_claims(call->ctx, WB_TOKEN, &size);
    json_t *doc = text ? kit_parse(text, size, why) : NULL;
    if (doc && json_is_object(doc)) return doc;
    json_decref(doc);
    return NULL;
}

bool wb_token_reaches(const struct stockd_call *call, enum wb_category category)
{
    json_t *claims = claims_of(call);
    int64_t bits;
    bool known = kit_int(json_object_get(claims, "s"), &bits);
    json_decref(claims);
    return !known || bits >> category & 1;
}

static void emit_expiry(const struct stockd_call *call, const json_t *claims)
{
    int64_t seconds;
    char when[32], text[160];
    if (!kit_id(json_object_get(claims, "exp"), &seconds) || seconds > INT64_MAX / 2000) return;
    int64_t expires = seconds * 1000;
    call->host->key_expires(call->ctx, WB_TOKEN, expires);
    if (expires - call->now_ms >= WARN_BEFORE_MS) return;
    kit_time_text(expires, when);
    snprintf(text, sizeof(text), "the token %s on %.10s; make a new one and put it in conf.d",
             expires <= call->now_ms ? "expired" : "expires", when);
    call->host->warning(call->ctx, "key-expires", text);
}

/* The seller: sid is an id for ever, oid the number of his account. */
static void emit_identity(const struct stockd_call *call, const json_t *claims)
{
    const char *sid = kit_text(json_object_get(claims, "sid"), STOCKD_ID_MAX);
    char digits[KIT_ID_TEXT];
    int64_t oid;
    if (!sid && kit_id(json_object_get(claims, "oid"), &oid)) {
        kit_digits(oid, digits);
        sid = digits;
    }
    if (sid)
        call->host->identity(call->ctx, sid);
    else
        call->host->warning(call->ctx, "seller-unknown", "the token does not say whose it is");
}

static void emit_abilities(const struct stockd_call *call, int64_t bits)
{
    bool read_only = bits >> BIT_READ_ONLY & 1;
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        bool granted = bits >> categories[i].bit & 1;
        if (!granted) call->host->warning(call->ctx, categories[i].code, categories[i].text);
        for (size_t k = 0; k < 4 && categories[i].operations[k] != STOCKD_AUTHORIZE; k++) {
            enum stockd_operation operation = categories[i].operations[k];
            if (operation == STOCKD_PUSH_STOCK && granted && read_only)
                call->host->ability(call->ctx, operation, 0,
                                    "the token is read-only; make one that may write");
            else
                call->host->ability(call->ctx, operation, granted,
                                    granted ? NULL : categories[i].text);
        }
    }
    if (read_only)
        call->host->warning(call->ctx, "read-only",
                            "the token is read-only: no stock can be written; make one that may");
}

/* The path of the ping: of a host the token reaches. */
static enum stockd_verdict ping(const struct stockd_call *call, int64_t bits)
{
    uint32_t endpoint;
    if (bits >> WB_CATEGORY_MARKETPLACE & 1)
        endpoint = WB_MARKETPLACE;
    else if (bits >> WB_CATEGORY_CONTENT & 1)
        endpoint = WB_CONTENT;
    else if (bits >> WB_CATEGORY_ANALYTICS & 1)
        endpoint = WB_ANALYTICS;
    else
        return STOCKD_DONE;
    return wb_send(
        call, &(struct wb_ask){.endpoint = endpoint, .bucket = WB_BUCKET_PING, .path = "/ping"});
}

static enum stockd_verdict look_at_token(const struct stockd_call *call)
{
    json_t *claims = claims_of(call);
    int64_t bits = INT64_C(1) << WB_CATEGORY_MARKETPLACE;
    if (!claims)
        call->host->warning(call->ctx, "token-unknown",
                            "the token is no JWT: its seller, expiry and categories are not known");
    emit_expiry(call, claims);
    if (claims) emit_identity(call, claims);
    if (kit_int(json_object_get(claims, "s"), &bits) && bits >= 0)
        emit_abilities(call, bits);
    else if (claims)
        call->host->warning(call->ctx, "categories-unknown",
                            "the token does not say which categories it reaches");
    if (json_is_true(json_object_get(claims, "t")))
        call->host->warning(call->ctx, "sandbox",
                            "the token is for the sandbox: set its hosts under 'endpoints'");
    json_decref(claims);
    return ping(call, bits);
}

static enum stockd_verdict take_ping(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    if (!answer) return kit_bug(call, "a step without an answer");
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DONE;
    wb_quota_learn(call, WB_BUCKET_PING);
    if (answer->status < 400) return STOCKD_DONE;
    struct wb_error error;
    char why[160];
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    wb_error_read(doc, &error);
    enum wb_meaning meaning = wb_error_meaning(answer->status, &error);
    enum stockd_verdict verdict = STOCKD_DONE;
    if (meaning == WB_MEANS_AUTH)
        verdict = wb_error_end(call, STOCKD_FAIL_AUTH, &error);
    else if (meaning != WB_MEANS_DEFAULT && meaning != WB_MEANS_TOO_FAST)
        call->host->warning(call->ctx, "ping-refused",
                            error.text[0] ? error.text : "Wildberries refused the token's ping");
    json_decref(doc);
    return verdict;
}

enum stockd_verdict wb_check_account(const struct stockd_call *call)
{
    return call->event == STOCKD_START ? look_at_token(call) : take_ping(call);
}
