/* What an answer that is not the wished one means. Ozon has three envelopes for errors and an nginx
 * page; its sentences, not its codes, tell a bad key from a missing role. Outcomes of single items
 * are judged in stock_push.c. */
#include "ozon.h"

#include "kit/header.h"

#include <stdio.h>

/* A pause when a 429 names none. The general limit counts by the second, that of the stock method
 * by the minute, and a method that was shut ("Circle is open") stays so for some minutes. */
#define PAUSE_MS         (2000 / KIT_HASTE)
#define PAUSE_STOCK_MS   (15000 / KIT_HASTE)
#define PAUSE_CIRCUIT_MS (300000 / KIT_HASTE)
#define PAUSE_MAX_MS     3600000
/* The largest remainder the general bucket can have: more is of the method's own limit. */
#define ALL_PER_SECOND 50

static const struct {
    const char *part; /* of the error's text or word, in any case */
    enum ozon_meaning meaning;
} sentences[] = {
    {"circle is open", OZON_MEANS_CIRCUIT},     {"obsolete method", OZON_MEANS_GONE},
    {"method is not allowed", OZON_MEANS_GONE}, {"specific ip", OZON_MEANS_BLOCKED},
    {"offer not signed", OZON_MEANS_BLOCKED},   {"required role", OZON_MEANS_DENIED},
    {"missing a role", OZON_MEANS_DENIED},      {"api-key is deactivated", OZON_MEANS_AUTH},
    {"invalid api-key", OZON_MEANS_AUTH},       {"headers are required", OZON_MEANS_AUTH},
    {"client-id header", OZON_MEANS_AUTH},
};

/* Fills in what the body says; the texts live as long as the document. */
void ozon_error_read(const json_t *doc, struct ozon_error *error)
{
    *error = (struct ozon_error){.code = -1, .text = "", .json = json_is_object(doc)};
    const json_t *inner = json_object_get(doc, "error");
    const json_t *from = json_is_object(inner) ? inner : doc;
    int64_t code;
    if (kit_int(json_object_get(from, "code"), &code))
        error->code = code;
    else
        error->word = kit_text(json_object_get(from, "code"), STOCKD_ID_MAX);
    const char *text = kit_text(json_object_get(from, "message"), SIZE_MAX);
    if (!text && json_is_string(inner)) text = kit_text(inner, SIZE_MAX);
    if (text) error->text = text;
}

enum ozon_meaning ozon_error_meaning(int status, const struct ozon_error *error)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
        if (strcasestr(error->text, sentences[i].part)) return sentences[i].meaning;
    if (status == 429 || error->code == 8) return OZON_MEANS_TOO_FAST;
    if (status == 401) return OZON_MEANS_AUTH;
    /* 9 is a failed precondition; without a sentence it can only be the switched-off method. */
    if (status == 400 && error->code == 9 && !error->text[0]) return OZON_MEANS_GONE;
    /* A page instead of JSON comes from the gate, not from the method: it says nothing of the key.
     */
    if (status == 403) return error->json ? OZON_MEANS_DENIED : OZON_MEANS_BLOCKED;
    if ((status == 404 && !error->json) || status == 405 || status == 410) return OZON_MEANS_GONE;
    return OZON_MEANS_DEFAULT;
}

/* Seconds of a header as milliseconds; -1 when it is missing or no number. */
static int64_t header_seconds(const struct stockd_call *call, const char *name)
{
    int64_t value = kit_header_int(call, name, PAUSE_MAX_MS / 1000);
    return value < 0 ? value : value * 1000;
}

static int64_t pause_of(const struct stockd_call *call, bool write, enum ozon_meaning meaning)
{
    int64_t said = header_seconds(call, "Retry-After");
    if (said < 0) said = header_seconds(call, "Item-Retry-After");
    if (said > 0) return said;
    if (meaning == OZON_MEANS_CIRCUIT) return PAUSE_CIRCUIT_MS;
    return write ? PAUSE_STOCK_MS : PAUSE_MS;
}

int64_t ozon_quota_learn(const struct stockd_call *call, bool write, enum ozon_meaning meaning)
{
    struct stockd_quota_fact fact = {
        .size = sizeof(fact),
        .bucket = write ? OZON_BUCKET_STOCK : OZON_BUCKET_ALL,
        .remaining = STOCKD_UNKNOWN,
        .amount = STOCKD_UNKNOWN,
        .per_ms = STOCKD_UNKNOWN,
        .cost = STOCKD_UNKNOWN,
    };
    if (meaning == OZON_MEANS_TOO_FAST || meaning == OZON_MEANS_CIRCUIT) {
        /* A read that was shut out by itself must not stop the writes: only its operation backs
         * off. */
        if (meaning == OZON_MEANS_CIRCUIT && !write) return 0;
        fact.closed_until_ms = call->now_ms + pause_of(call, write, meaning);
        call->host->quota(call->ctx, &fact);
        return fact.closed_until_ms;
    }
    int64_t left = header_seconds(call, "Ratelimit-Remaining");
    if (left < 0) return 0;
    /* The header does not say which limit it counts. Up to 50 it may be the general one, which by
     * the second costs little to believe; above, it can only be the stock method's. */
    fact.remaining = left / 1000;
    if (fact.remaining <= ALL_PER_SECOND) fact.bucket = OZON_BUCKET_ALL;
    call->host->quota(call->ctx, &fact);
    return 0;
}

static enum stockd_verdict read_refused(const struct stockd_call *call, const json_t *doc)
{
    struct ozon_error error;
    ozon_error_read(doc, &error);
    enum ozon_meaning meaning = ozon_error_meaning(call->response->status, &error);
    ozon_quota_learn(call, false, meaning);
    char code[KIT_ID_TEXT + 8];
    if (error.code >= 0)
        snprintf(code, sizeof(code), "code-%lld", (long long)error.code);
    else
        snprintf(code, sizeof(code), "http-%d", call->response->status);
    const char *word = error.word ? error.word : code;
    const char *text = error.text[0] ? error.text : "Ozon gave no reason";
    switch (meaning) {
    case OZON_MEANS_AUTH: return kit_fail(call, STOCKD_FAIL_AUTH, word, text);
    case OZON_MEANS_DENIED: return kit_fail(call, STOCKD_FAIL_DENIED, word, text);
    case OZON_MEANS_CIRCUIT:
    case OZON_MEANS_BLOCKED: return kit_fail(call, STOCKD_FAIL_BLOCKED, word, text);
    case OZON_MEANS_GONE: return kit_fail(call, STOCKD_FAIL_UNSUPPORTED, word, text);
    case OZON_MEANS_TOO_FAST: return kit_fail(call, STOCKD_FAIL_RETRY, word, text);
    case OZON_MEANS_RETRY:
    case OZON_MEANS_DEFAULT: break;
    }
    /* Also a 400: a page's cursor may have aged, and a reading changes nothing. */
    return kit_fail(call, STOCKD_FAIL_RETRY, word, text);
}

enum stockd_verdict ozon_read_answer(const struct stockd_call *call, json_t **doc)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    *doc = NULL;
    if (call->event != STOCKD_RESPONSE || !answer) return kit_bug(call, "a step without an answer");
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    json_t *read = kit_parse(answer->body, answer->body_size, why);
    if (answer->status == 200 && json_is_object(read)) {
        ozon_quota_learn(call, false, OZON_MEANS_DEFAULT);
        *doc = read;
        return 0;
    }
    enum stockd_verdict verdict;
    if (answer->status >= 200 && answer->status < 400)
        verdict = kit_fail(call, STOCKD_FAIL_RETRY, "unreadable",
                           read ? "the answer is not a JSON object" : why);
    else
        verdict = read_refused(call, read);
    json_decref(read);
    return verdict;
}
