/* What an answer that is not the wished one means. Outcomes of single items are judged where they
 * are pushed and confirmed; logins in authorize.c. */
#include "allegro.h"

#include <stdio.h>

/* Over 9000 a minute the Client ID is shut for a minute, and trying prolongs it; so a little more.
 */
#define PAUSE_MS (65000 / KIT_HASTE)

void allegro_error_read(const json_t *doc, int status, struct allegro_error *error)
{
    *error = (struct allegro_error){.text = "Allegro gave no reason", .json = json_is_object(doc)};
    snprintf(error->memory, sizeof(error->memory), "http-%d", status);
    error->code = error->memory;
    const json_t *errors = json_object_get(doc, "errors");
    if (!json_is_array(errors))
        errors = json_object_get(json_object_get(doc, "validation"), "errors");
    const json_t *first = json_array_get(errors, 0);
    error->listed = first != NULL;
    const char *code = kit_text(json_object_get(first, "code"), STOCKD_ID_MAX);
    if (code) error->code = code;
    const char *text = kit_text(json_object_get(first, "userMessage"), SIZE_MAX);
    if (!text) text = kit_text(json_object_get(first, "message"), SIZE_MAX);
    if (!text) text = kit_text(json_object_get(first, "details"), SIZE_MAX);
    if (text) error->text = text;
}

bool allegro_is_page(const struct stockd_response *answer)
{
    for (size_t i = 0; i < answer->body_size; i++) {
        char c = answer->body[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        return c == '<';
    }
    return false;
}

bool allegro_names_errors(const struct stockd_response *answer)
{
    char why[160];
    struct allegro_error error;
    if (answer->transport != STOCKD_ARRIVED) return false;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    allegro_error_read(doc, answer->status, &error);
    json_decref(doc);
    return error.listed;
}

int64_t allegro_quota_learn(const struct stockd_call *call)
{
    if (call->response->status != 429) return 0;
    struct stockd_quota_fact fact = STOCKD_QUOTA_FACT(ALLEGRO_BUCKET_CLIENT);
    fact.closed_until_ms = call->now_ms + PAUSE_MS;
    call->host->quota(call->ctx, &fact);
    return fact.closed_until_ms;
}

enum stockd_verdict allegro_read_refused(const struct stockd_call *call, const json_t *doc)
{
    const struct stockd_response *answer = call->response;
    int status = answer->status;
    struct allegro_error error;
    allegro_error_read(doc, status, &error);
    allegro_quota_learn(call);
    /* A 401 may be about a token that was renewed meanwhile; only the core knows. */
    if (status == 401 || status == 429 || status >= 500) return STOCKD_DEFAULT;
    if (status == 403)
        return kit_fail(call, error.json ? STOCKD_FAIL_DENIED : STOCKD_FAIL_BLOCKED, error.code,
                        error.json ? error.text : "a page stands before Allegro (a captcha?)");
    if (status == 405 || status == 406 || status == 410)
        return kit_fail(call, STOCKD_FAIL_UNSUPPORTED, error.code, error.text);
    return kit_fail(call, STOCKD_FAIL_RETRY, error.code, error.text);
}

enum stockd_verdict allegro_read_answer(const struct stockd_call *call, json_t **doc)
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
                           allegro_is_page(answer) ? "a page instead of Allegro's answer"
                           : read                  ? "the answer is not a JSON object"
                                                   : why);
    else
        verdict = allegro_read_refused(call, read);
    json_decref(read);
    return verdict;
}
