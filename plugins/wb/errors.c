/* What an answer that is not the wished one means, and what it teaches about the quotas.
 * Wildberries has five envelopes (an object with code and message, an array of those, problem+json,
 * errorText, errors) and bare text. Outcomes of single items are judged in push_errors.c. */
#include "wb.h"

#include "kit/header.h"

#include <stdio.h>

/* A pause when a 429 names none, and the longest that is believed (1800 s was seen). */
#define PAUSE_MS           (30000 / KIT_HASTE)
#define PAUSE_ANALYTICS_MS (60000 / KIT_HASTE)
#define PAUSE_MAX_S        7200
/* The largest remainder a bucket can have: more counts something else. */
static const int64_t bursts[] = {
    [WB_BUCKET_STOCKS] = 20, [WB_BUCKET_WAREHOUSES] = 20, [WB_BUCKET_ORDERS] = 20,
    [WB_BUCKET_CONTENT] = 5, [WB_BUCKET_ANALYTICS] = 1,   [WB_BUCKET_PING] = 3,
};

void wb_error_read(const json_t *doc, struct wb_error *error)
{
    static const char *const texts[] = {"message", "detail", "errorText",
                                        "errors",  "error",  "title"};
    *error = (struct wb_error){.code = "", .text = "", .title = "", .json = doc != NULL};
    if (json_is_array(doc)) doc = json_array_get(doc, 0);
    const char *code = kit_text(json_object_get(doc, "code"), STOCKD_ID_MAX);
    if (code) error->code = code;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !error->text[0]; i++) {
        const json_t *value = json_object_get(doc, texts[i]);
        if (json_is_array(value)) value = json_array_get(value, 0);
        const char *text = kit_text(value, SIZE_MAX);
        if (text) error->text = text;
    }
    const char *title = kit_text(json_object_get(doc, "title"), STOCKD_ID_MAX);
    if (title && title != error->text) error->title = title;
}

static bool says(const struct wb_error *error, const char *part)
{
    return strcasestr(error->text, part) || strcasestr(error->title, part);
}

enum wb_meaning wb_error_meaning(int status, const struct wb_error *error)
{
    switch (status) {
    /* "token scope not allowed": the token is good, and not for this. */
    case 401: return says(error, "scope") ? WB_MEANS_DENIED : WB_MEANS_AUTH;
    case 402:
    case 451: return WB_MEANS_BLOCKED;
    /* A page instead of JSON comes from the gate: it says nothing of the token. */
    case 403: return error->json ? WB_MEANS_DENIED : WB_MEANS_BLOCKED;
    case 404:
        /* A token that may not come here can be told so. */
        if (says(error, "path not found")) return WB_MEANS_DENIED;
        return error->json ? WB_MEANS_DEFAULT : WB_MEANS_GONE;
    case 405:
    case 410: return WB_MEANS_GONE;
    case 406:
        return strcmp(error->code, "StatusNotAcceptable") == 0 ? WB_MEANS_BLOCKED
                                                               : WB_MEANS_DEFAULT;
    case 429: return WB_MEANS_TOO_FAST;
    default: break;
    }
    /* It wants the barcode in no request, and gets it in none: then it speaks of something new. */
    if (strcmp(error->code, "SKUUploadDisabled") == 0) return WB_MEANS_GONE;
    return WB_MEANS_DEFAULT;
}

enum stockd_fail wb_error_fail(enum wb_meaning meaning)
{
    switch (meaning) {
    case WB_MEANS_AUTH: return STOCKD_FAIL_AUTH;
    case WB_MEANS_DENIED: return STOCKD_FAIL_DENIED;
    case WB_MEANS_BLOCKED: return STOCKD_FAIL_BLOCKED;
    case WB_MEANS_GONE: return STOCKD_FAIL_UNSUPPORTED;
    case WB_MEANS_TOO_FAST:
    case WB_MEANS_DEFAULT: break;
    }
    return STOCKD_FAIL_RETRY;
}

enum stockd_verdict wb_error_end(const struct stockd_call *call, enum stockd_fail why,
                                 const struct wb_error *error)
{
    char code[24];
    /* The code of problem+json is a trace id in pieces, no word. */
    bool word = error->code[0] && !strpbrk(error->code, " -");
    char text[STOCKD_TEXT_MAX];
    snprintf(code, sizeof(code), "http-%d", call->response->status);
    const char *said = error->text[0] ? error->text : "Wildberries gave no reason";
    snprintf(text, sizeof(text), "%s%s%.*s", error->title, error->title[0] ? ": " : "",
             kit_cut(said, 700), said);
    return kit_fail(call, why, word ? error->code : code, text);
}

static int64_t pause_ms(const struct stockd_call *call, uint32_t bucket)
{
    static const char *const names[] = {"X-Ratelimit-Retry", "Retry-After", "X-Ratelimit-Reset"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int64_t seconds = kit_header_int(call, names[i], PAUSE_MAX_S);
        if (seconds > 0) return seconds * 1000;
    }
    return bucket == WB_BUCKET_ANALYTICS ? PAUSE_ANALYTICS_MS : PAUSE_MS;
}

void wb_quota_learn(const struct stockd_call *call, uint32_t bucket)
{
    int status = call->response->status;
    struct stockd_quota_fact fact = STOCKD_QUOTA_FACT(bucket);
    /* Whether a 429 itself counts is not said; believing that it does costs a moment. */
    if (status >= 400 && status < 500 && bucket <= WB_BUCKET_ORDERS) fact.cost = WB_REFUSED_COST;
    if (status == 429) {
        fact.closed_until_ms = call->now_ms + pause_ms(call, bucket);
    } else {
        int64_t left = kit_header_int(call, "X-Ratelimit-Remaining", INT32_MAX);
        if (left >= 0 && left <= bursts[bucket]) fact.remaining = left;
    }
    if (fact.closed_until_ms || fact.cost != STOCKD_UNKNOWN || fact.remaining != STOCKD_UNKNOWN)
        call->host->quota(call->ctx, &fact);
}

enum stockd_verdict wb_read_answer(const struct stockd_call *call, uint32_t bucket, bool array,
                                   json_t **doc)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    *doc = NULL;
    if (call->event != STOCKD_RESPONSE || !answer) return kit_bug(call, "a step without an answer");
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    json_t *read = kit_parse(answer->body, answer->body_size, why);
    wb_quota_learn(call, bucket);
    if (answer->status == 200 && (array ? json_is_array(read) : json_is_object(read))) {
        *doc = read;
        return 0;
    }
    enum stockd_verdict verdict;
    if (answer->status >= 200 && answer->status < 400) {
        verdict = kit_fail(call, STOCKD_FAIL_RETRY, "unreadable",
                           read ? "the answer is not the JSON it should be" : why);
    } else {
        struct wb_error error;
        wb_error_read(read, &error);
        verdict =
            wb_error_end(call, wb_error_fail(wb_error_meaning(answer->status, &error)), &error);
    }
    json_decref(read);
    return verdict;
}
