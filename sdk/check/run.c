/* The life of a test host and of the operation it runs: making, starting, answering, judging the
 * verdict. What the plugin calls meanwhile is in host.c, rows.c and requests.c. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_MS 1790000000000 /* any time will do, so long as it is the same in each run */

struct check *check_new(const struct stockd_plugin *plugin)
{
    struct check *check = calloc(1, sizeof(*check));
    struct check_inner *inner = calloc(1, sizeof(*inner));
    if (!check || !inner) abort();
    check->plugin = plugin;
    check->inner = inner;
    check->now_ms = FIRST_MS;
    for (uint8_t i = 0; i < sizeof(inner->id); i++)
        inner->id[i] = (uint8_t)(i * 17 + 1);
    return check;
}

void check_forget(struct check *check)
{
    check->warehouses.count = check->listings.count = check->stocks.count = check->lines.count = 0;
    check->malformed.count = check->completes.count = check->incompletes.count =
        check->quotas.count = 0;
    check->abilities.count = check->warnings.count = check->expiries.count = 0;
    check->listing_data.count = check->target_data.count = check->notes.count = 0;
    check->tokens.count = check->renewing.count = check->prompts.count = check->logs.count = 0;
    check->drained_ms = 0;
    check->epoch = check->seller = NULL;
    for (size_t i = 0; i < check->outcomes.count; i++)
        check->outcomes.at[i] = (struct check_outcome){0};
}

void check_free(struct check *check)
{
    if (!check) return;
    check_memory_free(check);
    void *const lists[] = {
        check->problems.at,      check->requests.at,    check->warehouses.at,
        check->listings.at,      check->stocks.at,      check->lines.at,
        check->incompletes.at,   check->malformed.at,   check->completes.at,
        check->outcomes.at,      check->quotas.at,      check->abilities.at,
        check->warnings.at,      check->expiries.at,    check->states.at,
        check->listing_data.at,  check->target_data.at, check->notes.at,
        check->tokens.at,        check->renewing.at,    check->prompts.at,
        check->logs.at,          check->inner->scratch, check->inner->options.at,
        check->inner->claims.at,
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        free(lists[i]);
    free(check->inner);
    free(check);
}

void check_option(struct check *check, const char *name, const char *value)
{
    for (size_t i = 0; i < check->inner->options.count; i++) {
        if (strcmp(check->inner->options.at[i].name, name) != 0) continue;
        check->inner->options.at[i].value = check_copy_text(check, value);
        return;
    }
    *CHECK_PUSH(check->inner->options) =
        (struct check_pair){check_copy_text(check, name), check_copy_text(check, value)};
}

void check_jwt_claims(struct check *check, const char *secret, const char *json)
{
    *CHECK_PUSH(check->inner->claims) =
        (struct check_pair){check_copy_text(check, secret), check_copy_text(check, json)};
}

static void judge(struct check *check, bool after_response)
{
    const struct check_inner *inner = check->inner;
    switch (check->verdict) {
    case STOCKD_SEND:
        if (inner->asked) break;
        check_problem(check, "SEND, but no request was made");
        check->verdict = 0; /* there is nothing to answer */
        break;
    case STOCKD_WAIT:
        if (!inner->waits) check_problem(check, "WAIT, but host->wait was not called");
        break;
    case STOCKD_FAIL:
        if (!inner->failed) check_problem(check, "FAIL, but host->fail did not say why");
        break;
    case STOCKD_DEFAULT:
        if (!after_response) check_problem(check, "DEFAULT, but there was no answer to judge");
        break;
    case STOCKD_MORE:
        if (!inner->parts) check_problem(check, "MORE, but no part of an answer is left");
        break;
    case STOCKD_DONE: break;
    default:
        check_problem(check, "the verdict %d does not exist", (int)check->verdict);
        check->verdict = 0;
    }
    if (inner->parts && check->verdict == STOCKD_WAIT)
        check_problem(check, "WAIT before the last part of an answer");
    if (check->notes.count > inner->notes_before && check->verdict != STOCKD_SEND)
        check_problem(check, "a note was put on an item in a step that sends nothing");
    if (inner->asked && check->verdict != STOCKD_SEND)
        check_problem(check, "a request was made, but the verdict is not SEND");
}

/* Processor time: a busy machine makes no step slower. */
static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum stockd_verdict step(struct check *check, enum stockd_event event,
                                const struct stockd_response *response)
{
    struct check_inner *inner = check->inner;
    struct stockd_call call = {
        .size = sizeof(call),
        .event = event,
        .operation = inner->start->operation,
        .host = &check_host_table,
        .ctx = check,
        .now_ms = check->now_ms,
        .start = inner->start,
        .response = response,
    };
    memcpy(call.id, inner->id, sizeof(call.id));
    inner->asked = inner->waits = inner->failed = false;
    inner->parts = response && !response->last_part;
    inner->notes_before = check->notes.count;
    int64_t before = now_us();
    check->verdict = check->plugin->operations[inner->start->operation](&call);
    check->step_us = now_us() - before;
    if (check->step_us > check->slowest_us) check->slowest_us = check->step_us;
    check->steps++;
    judge(check, event == STOCKD_RESPONSE);
    inner->awaited = check->verdict == STOCKD_SEND || check->verdict == STOCKD_WAIT ||
                     check->verdict == STOCKD_MORE;
    return check->verdict;
}

enum stockd_verdict check_start(struct check *check, const struct stockd_start *start)
{
    check->verdict = 0;
    if (start->operation >= STOCKD_OPERATION_COUNT ||
        !check->plugin->operations[start->operation]) {
        check_problem(check, "operation %u is not offered", start->operation);
        return 0;
    }
    free(check->inner->scratch);
    check->inner->scratch = NULL;
    check->scratch_size = 0;
    check->inner->start = start;
    check->inner->holes = false;
    for (int i = 15; i >= 0 && ++check->inner->id[i] == 0; i--) /* each operation has its own */
        ;
    check->steps = 0;
    check->requests.count = 0;
    check->failure = (struct check_failure){0};
    check->outcomes.count = 0;
    for (uint32_t i = 0; i < start->item_count; i++)
        (void)CHECK_PUSH(check->outcomes);
    check_forget(check);
    return step(check, STOCKD_START, NULL);
}

enum stockd_verdict check_answer(struct check *check, const struct check_answer *answer)
{
    if (!check->inner->awaited || check->verdict == STOCKD_WAIT) {
        check_problem(check, "answered, but nothing had been asked");
        return 0;
    }
    size_t size = answer->body_size;
    if (!size && answer->body) size = strlen(answer->body);
    /* A heap copy of just that size, so that a sanitizer sees every step outside it. */
    char *body = malloc(size + 1);
    if (!body) abort();
    if (size) memcpy(body, answer->body, size);
    body[size] = '\0';
    struct stockd_response response = {
        .size = sizeof(response),
        .transport = answer->transport,
        .status = answer->status,
        .last_part = !answer->more_parts,
        .body = body,
        .body_size = size,
        .sent_ms = check->now_ms,
        .received_ms = check->now_ms,
        .error = answer->transport ? "made up by the test" : NULL,
    };
    check->inner->answer = answer;
    enum stockd_verdict verdict = step(check, STOCKD_RESPONSE, &response);
    check->inner->answer = NULL;
    free(body);
    return verdict;
}

enum stockd_verdict check_reply(struct check *check, int status, const char *body)
{
    struct check_answer answer = {.status = status, .body = body};
    return check_answer(check, &answer);
}

enum stockd_verdict check_timer(struct check *check)
{
    if (!check->inner->awaited || check->verdict != STOCKD_WAIT) {
        check_problem(check, "a timer, but nothing was waited for");
        return 0;
    }
    check->now_ms += check->wait_ms;
    return step(check, STOCKD_TIMER, NULL);
}
