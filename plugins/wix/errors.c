/* What an answer that is not the wished one means. Outcomes of single items are judged where they
 * are written. */
#include "kit/header.h"
#include "wix.h"

#include <stdio.h>

/* Wix publishes no Retry-After. The window is a minute; a burst is forgiven sooner. */
#define PAUSE_MS     15000
#define PAUSE_MAX_MS 600000

/* Codes of a 428 that are about an item or its figure, not about the catalogue. */
static const char *const item_codes[] = {"INSUFFICIENT_INVENTORY",
                                         "INVENTORY_QUANTITY_NOT_TRACKED",
                                         "MIN_QUANTITY_LIMIT_REACHED",
                                         "MAX_QUANTITY_LIMIT_REACHED",
                                         "NOT_FOUND",
                                         "ITEM_ALREADY_EXISTS",
                                         "PRE_ORDER_VALIDATION",
                                         "REQUESTED_QUANTITY_MUST_BE_NON_NEGATIVE",
                                         "REQUESTED_QUANTITY_MUST_BE_NON_NEGATIVE_DECREASING",
                                         "INVALID_TARGET_QUANTITY"};

static const char *text_of(const json_t *value)
{
    const char *text = kit_text(value, SIZE_MAX);
    return text ? text : "";
}

/* Fills in what the body says; the texts live as long as the document. */
void wix_error_read(const json_t *doc, size_t body_size, struct wix_error *error)
{
    const json_t *details = json_object_get(doc, "details");
    const json_t *application = json_object_get(details, "applicationError");
    const json_t *violations =
        json_object_get(json_object_get(details, "validationError"), "fieldViolations");
    const json_t *first = json_array_get(violations, 0);
    const char *code = kit_text(json_object_get(application, "code"), STOCKD_ID_MAX);
    if (!code) code = kit_text(json_object_get(first, "ruleName"), STOCKD_ID_MAX);
    if (!code) code = kit_text(json_object_get(first, "violatedRule"), STOCKD_ID_MAX);
    const char *text = kit_text(json_object_get(first, "description"), SIZE_MAX);
    if (!text) text = kit_text(json_object_get(application, "description"), SIZE_MAX);
    if (!text) text = text_of(json_object_get(doc, "message"));
    *error = (struct wix_error){
        .code = code ? code : "",
        .field = text_of(json_object_get(first, "field")),
        .text = text,
        .json = json_is_object(doc),
    };
    error->empty = body_size == 0 || (error->json && !error->code[0] && !error->text[0]);
}

static bool about_an_item(const char *code)
{
    for (size_t i = 0; i < sizeof(item_codes) / sizeof(item_codes[0]); i++)
        if (strcmp(code, item_codes[i]) == 0) return true;
    return false;
}

enum wix_meaning wix_error_meaning(int status, const struct wix_error *error)
{
    switch (status) {
    case 401: return WIX_MEANS_AUTH;
    case 403:
        /* Seen: a burst throttled with an empty 403. A page comes from a gate before Wix. */
        if (error->empty) return WIX_MEANS_TOO_FAST;
        return error->json ? WIX_MEANS_DENIED : WIX_MEANS_BLOCKED;
    case 404: return error->json && !error->empty ? WIX_MEANS_DEFAULT : WIX_MEANS_GONE;
    case 405:
    case 410: return WIX_MEANS_GONE;
    case 428: return about_an_item(error->code) ? WIX_MEANS_DEFAULT : WIX_MEANS_CATALOG;
    case 429: return WIX_MEANS_TOO_FAST;
    default: break;
    }
    if (status < 500 && strcmp(error->code, "RESOURCE_EXHAUSTED") == 0) return WIX_MEANS_TOO_FAST;
    return WIX_MEANS_DEFAULT;
}

int64_t wix_quota_shut(const struct stockd_call *call)
{
    int64_t said = kit_header_int(call, "Retry-After", PAUSE_MAX_MS / 1000);
    int64_t pause = said > 0 ? said * 1000 : PAUSE_MS;
    struct stockd_quota_fact fact = STOCKD_QUOTA_FACT(WIX_BUCKET_ALL);
    fact.closed_until_ms = call->now_ms + pause;
    call->host->quota(call->ctx, &fact);
    return fact.closed_until_ms;
}

enum stockd_verdict wix_read_refused(const struct stockd_call *call, struct wix_gate *gate,
                                     const json_t *doc)
{
    struct wix_error error;
    int status = call->response->status;
    wix_error_read(doc, call->response->body_size, &error);
    char number[24];
    snprintf(number, sizeof(number), "http-%d", status);
    const char *code = error.code[0] ? error.code : number;
    const char *text = error.text[0] ? error.text : "Wix gave no reason";
    switch (wix_error_meaning(status, &error)) {
    case WIX_MEANS_AUTH: return kit_fail(call, STOCKD_FAIL_AUTH, code, text);
    case WIX_MEANS_DENIED: return kit_fail(call, STOCKD_FAIL_DENIED, code, text);
    case WIX_MEANS_BLOCKED: return kit_fail(call, STOCKD_FAIL_BLOCKED, code, text);
    case WIX_MEANS_GONE: return kit_fail(call, STOCKD_FAIL_UNSUPPORTED, code, text);
    case WIX_MEANS_TOO_FAST:
        wix_quota_shut(call);
        return kit_fail(call, STOCKD_FAIL_RETRY, code,
                        error.text[0] ? error.text : "Wix is throttling this site");
    case WIX_MEANS_CATALOG:
        if (gate) return wix_gate_recheck(call, gate);
        break;
    case WIX_MEANS_DEFAULT: break;
    }
    /* Also a 400: a page's cursor may have aged, and a reading changes nothing. */
    return kit_fail(call, STOCKD_FAIL_RETRY, code, text);
}

enum stockd_verdict wix_read_answer(const struct stockd_call *call, struct wix_gate *gate,
                                    json_t **doc)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    *doc = NULL;
    if (call->event != STOCKD_RESPONSE || !answer) return kit_bug(call, "a step without an answer");
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    json_t *read = kit_parse(answer->body, answer->body_size, why);
    if (answer->status == 200 && json_is_object(read)) {
        *doc = read;
        return 0;
    }
    enum stockd_verdict verdict;
    if (answer->status >= 200 && answer->status < 400)
        verdict = kit_fail(call, STOCKD_FAIL_RETRY, "unreadable",
                           read ? "the answer is not a JSON object" : why);
    else
        verdict = wix_read_refused(call, gate, read);
    json_decref(read);
    return verdict;
}

bool wix_answer_not_found(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    struct wix_error error;
    char why[160];
    if (!answer || answer->transport != STOCKD_ARRIVED || answer->status != 404) return false;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    wix_error_read(doc, answer->body_size, &error);
    /* A bare 404 is a wrong path; one about the site would make everything gone at once. */
    bool is = strcasestr(error.code, "NOT_FOUND") && !strcasestr(error.code, "SITE") &&
              !strcasestr(error.text, "site");
    json_decref(doc);
    return is;
}
