/* Drives every operation with every hostile answer, and judges what the plugin makes of it. */
#include "child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 200u /* an operation that meets the same answer so often must have ended */
#define DEPTH_MAX 3u   /* so many requests are answered by samples before the hostile answer */

static struct check *new_host(const struct settings *settings)
{
    struct check *host = check_new(settings->plugin);
    for (size_t i = 0; i < settings->option_count; i++)
        check_option(host, settings->options[i].name, settings->options[i].value);
    return host;
}

static size_t count_ok(const struct check *host)
{
    size_t count = 0;
    for (size_t i = 0; i < host->outcomes.count; i++)
        count += host->outcomes.at[i].given && host->outcomes.at[i].last.kind == STOCKD_OK;
    return count;
}

static void give_whole_or_in_parts(struct check *host, const struct check_answer *answer)
{
    struct check_answer part = *answer;
    size_t left = answer->body_size;
    if (!left && answer->body) left = strlen(answer->body);
    if (!(check_request(host)->flags & STOCKD_REQUEST_PARTS) || left <= STOCKD_PART_MAX) {
        check_answer(host, answer);
        return;
    }
    do {
        part.body_size = left < STOCKD_PART_MAX ? left : STOCKD_PART_MAX;
        left -= part.body_size;
        part.more_parts = left > 0;
        check_answer(host, &part);
        part.body += part.body_size;
    } while (left && host->verdict == STOCKD_MORE);
}

/* One answer, and what was made of it. `may` has MAY_* bits; ~0u forbids nothing. */
static void give(struct check *host, const struct check_answer *answer, unsigned may)
{
    size_t stocks = host->stocks.count, ok = count_ok(host), completes = host->completes.count;
    give_whole_or_in_parts(host, answer);
    if (may == ~0u) return;
    if (host->stocks.count > stocks) found("a stock row was made of an answer that holds none", "");
    if (!(may & MAY_OK) && count_ok(host) > ok) found("an item was 'ok' without being told so", "");
    if (!(may & MAY_COMPLETE) && host->completes.count > completes)
        found("a scope was completed by an answer that does not show its end", "");
    if (host->drained_ms && !(may & MAY_COMPLETE))
        found("orders were drained by an answer that does not show their end", "");
}

static void judge(const struct settings *settings, const struct check *host, unsigned may)
{
    static const char *const verdicts[] = {"none", "send",    "wait", "done",
                                           "fail", "default", "more"};
    static const char *const classes[] = {"",        "retry",       "auth", "denied",
                                          "blocked", "unsupported", "bug"};
    for (size_t i = 0; i < host->problems.count; i++)
        found("a rule of the ABI was broken", host->problems.at[i]);
    if (host->steps >= STEPS_MAX) found("the operation does not end", "");
    if (host->failure.why == STOCKD_FAIL_BUG)
        found("the plugin says that it is wrong itself",
              host->failure.text ? host->failure.text : "");
    char slow[64];
    snprintf(slow, sizeof(slow), "%lld ms", (long long)(host->slowest_us / 1000));
    if (may != ~0u && !(may & MAY_BE_SLOW) && host->slowest_us > settings->slow_us)
        found("a step took too long", slow);
    snprintf(finding->end, sizeof(finding->end), "%s%s%s", verdicts[host->verdict],
             host->failure.why ? " " : "", classes[host->failure.why]);
}

/* Runs an operation: `depth` requests are answered by the samples of number `nth`, all later ones
 * by the answer. Returns false when there were not so many requests or samples. */
static bool run(const struct settings *settings, const struct shape *shape, size_t nth,
                uint32_t depth, const struct check_answer *answer, unsigned may)
{
    struct check *host = new_host(settings);
    uint32_t asked = 0;
    bool reached = true;
    check_start(host, &shape->start);
    while (host->steps < STEPS_MAX) {
        if (host->verdict == STOCKD_WAIT) {
            check_timer(host);
            continue;
        }
        if (host->verdict != STOCKD_SEND) break;
        const struct sample *sample =
            asked < depth ? samples_for(check_request(host), asked ? 0 : nth) : NULL;
        if (asked++ < depth) {
            if (!(reached = sample != NULL)) break;
            give(host, &sample->answer, ~0u);
        } else {
            give(host, answer, may);
        }
    }
    judge(settings, host, may);
    check_free(host);
    return reached && asked > depth;
}

/* ---- hostile answers ---- */

struct hostile_cases {
    const struct shape *shape;
    uint32_t depth;
};

static bool hostile_case(const struct settings *settings, void *argument, size_t index)
{
    const struct hostile_cases *are = argument;
    const struct hostile *hostile = hostile_at(index, are->depth > 0);
    bool reached = run(settings, are->shape, 0, are->depth, &hostile->answer, hostile->may);
    if (!reached) strcpy(finding->doing, "not reached");
    return reached || !are->depth;
}

/* False: the operation hangs. */
static bool check_hostile(const struct settings *settings, const struct shape *shape)
{
    uint32_t operation = shape->start.operation;
    for (uint32_t depth = 0; depth <= (samples_count() ? DEPTH_MAX : 0); depth++) {
        struct hostile_cases are = {shape, depth};
        const struct child_work work = {settings, hostile_case, &are, hostile_count()};
        for (size_t i = 0; i < hostile_count(); i++) {
            bool ok = child_case(&work, i);
            /* Nothing asks so deep: the first request of an operation is answered all the same. */
            if (ok && finding->doing[0] && depth) return true;
            report(settings, ok, "%s, %s, request %u: %s -> %s%s%s", operation_name(operation),
                   shape->name, depth + 1, hostile_at(i, depth > 0)->name, finding->end,
                   ok ? "" : ": ", finding->problem);
            if (finding->hung) return false;
        }
    }
    return true;
}

/* ---- mutations ---- */

/* What is not JSON any more is garbage; what still is may say anything. */
static unsigned may_of(const char *body, size_t size)
{
    json_t *json = json_loadb(body, size, JSON_DECODE_ANY, NULL);
    json_decref(json);
    return json ? ~0u : 0u;
}

static bool mutation_case(const struct settings *settings, void *argument, size_t index)
{
    static const char plain[] =
        "{\"result\":[{\"id\":1,\"name\":\"a\",\"list\":[1,2.5,true,null]}],\"cursor\":\"x\"}";
    const struct shape *shape = argument;
    uint64_t seed = settings->seed + index;
    struct check *host = new_host(settings);
    enum stockd_verdict first = check_start(host, &shape->start);
    size_t count = 0, size;
    while (first == STOCKD_SEND && samples_for(check_request(host), count))
        count++;
    const struct sample *sample =
        count ? samples_for(check_request(host), (size_t)(seed % count)) : NULL;
    const char *body = sample && sample->answer.body ? sample->answer.body : plain;
    char *mutated = mutate(body, strlen(body), seed, &size);
    struct check_answer answer = {
        .status = sample ? sample->answer.status : 200, .body = mutated, .body_size = size};
    snprintf(finding->doing, sizeof(finding->doing), "seed %llu, of %s", (unsigned long long)seed,
             sample ? sample->name : "a made-up answer");
    check_free(host);
    /* Also as the second answer, where a sample leads to one. */
    run(settings, shape, 0, 0, &answer, may_of(mutated, size));
    if (count) run(settings, shape, (size_t)(seed % count), 1, &answer, ~0u);
    free(mutated);
    return true;
}

static void check_mutations(const struct settings *settings, struct shape *shape)
{
    const char *name = operation_name(shape->start.operation);
    const struct child_work work = {settings, mutation_case, shape, settings->seeds};
    for (uint32_t i = 0; i < settings->seeds; i++) {
        if (child_case(&work, i)) continue;
        report(settings, false, "%s, %s: %s: %s", name, shape->name, finding->doing,
               finding->problem);
        return;
    }
    report(settings, true, "%s, %s: %u mutations from seed %llu", name, shape->name,
           settings->seeds, (unsigned long long)settings->seed);
}

void check_operations(const struct settings *settings)
{
    struct shape shape;
    for (uint32_t operation = 0; operation < STOCKD_OPERATION_COUNT; operation++) {
        if (!settings->plugin->operations[operation]) continue;
        for (size_t nth = 0; shape_make(settings, operation, nth, &shape); nth++) {
            if (!check_hostile(settings, &shape)) break;
            check_mutations(settings, &shape);
        }
    }
}
