/* Drives every operation with every hostile answer, each case in a process of its own, so that a
 * crash or a hang is a finding and not the end. */
#include "tool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MAX        200u /* an operation that meets the same answer so often must have ended */
#define CASE_SECONDS     60u  /* of the clock, for a plugin that sleeps */
#define CASE_CPU_SECONDS 10   /* of the processor, as the daemon allows a step */
#define DEPTH_MAX        3u /* so many requests are answered by samples before the hostile answer */
#define SEEDS_A_CASE     50u

/* What a case leaves for the parent, in shared memory. */
struct finding {
    char problem[1024]; /* "" : none */
    char doing[256];
    char end[64];
    bool hung; /* the rest of the operation is not driven: each case would take as long */
};
static struct finding *finding;

static struct check *new_host(const struct settings *settings)
{
    struct check *host = check_new(settings->plugin);
    for (size_t i = 0; i < settings->option_count; i++)
        check_option(host, settings->options[i].name, settings->options[i].value);
    return host;
}

static void found(const char *what, const char *detail)
{
    if (!finding->problem[0])
        snprintf(finding->problem, sizeof(finding->problem), "%s%s%s", what, *detail ? ": " : "",
                 detail);
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

static void on_alarm(int signal_number)
{
    (void)signal_number;
    _exit(3);
}

/* Runs `work` in a child; true when it found nothing. */
static bool in_child(void (*work)(const struct settings *, void *), const struct settings *settings,
                     void *argument)
{
    memset(finding, 0, sizeof(*finding));
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    if (child == 0) {
        struct itimerval limit = {.it_value = {.tv_sec = CASE_CPU_SECONDS}};
        signal(SIGALRM, on_alarm);
        signal(SIGVTALRM, on_alarm);
        alarm(CASE_SECONDS);
        setitimer(ITIMER_VIRTUAL, &limit, NULL);
        work(settings, argument);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    char text[64];
    if (WIFSIGNALED(status)) {
        snprintf(text, sizeof(text), "signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
        finding->problem[0] = '\0';
        found("crashed", text);
    } else if (WEXITSTATUS(status) == 3) {
        finding->problem[0] = '\0';
        found("a step did not return", "");
        finding->hung = true;
    } else if (WEXITSTATUS(status)) {
        snprintf(text, sizeof(text), "exit code %d", WEXITSTATUS(status));
        found("ended the process", text);
    }
    return !finding->problem[0];
}

struct hostile_case {
    const struct shape *shape;
    const struct hostile *hostile;
    uint32_t depth;
    bool reached;
};

static void hostile_work(const struct settings *settings, void *argument)
{
    struct hostile_case *is = argument;
    if (!run(settings, is->shape, 0, is->depth, &is->hostile->answer, is->hostile->may))
        strcpy(finding->doing, "not reached");
}

/* False: the operation hangs. */
static bool check_hostile(const struct settings *settings, const struct shape *shape)
{
    uint32_t operation = shape->start.operation;
    for (uint32_t depth = 0; depth <= (samples_count() ? DEPTH_MAX : 0); depth++)
        for (size_t i = 0; i < hostile_count(); i++) {
            struct hostile_case is = {shape, hostile_at(i), depth, true};
            bool ok = in_child(hostile_work, settings, &is);
            /* Nothing asks so deep: the first request of an operation is answered all the same. */
            if (ok && finding->doing[0] && depth) return true;
            report(settings, ok, "%s, %s, request %u: %s -> %s%s%s", operation_name(operation),
                   shape->name, depth + 1, is.hostile->name, finding->end, ok ? "" : ": ",
                   finding->problem);
            if (finding->hung) return false;
        }
    return true;
}

/* ---- mutations ---- */

struct mutation_case {
    const struct shape *shape;
    uint32_t first;
};

/* What is not JSON any more is garbage; what still is may say anything. */
static unsigned may_of(const char *body, size_t size)
{
    json_t *json = json_loadb(body, size, JSON_DECODE_ANY, NULL);
    json_decref(json);
    return json ? ~0u : 0u;
}

static void mutation_work(const struct settings *settings, void *argument)
{
    static const char plain[] =
        "{\"result\":[{\"id\":1,\"name\":\"a\",\"list\":[1,2.5,true,null]}],\"cursor\":\"x\"}";
    struct mutation_case *is = argument;
    for (uint32_t i = is->first; i < is->first + SEEDS_A_CASE && i < settings->seeds; i++) {
        uint64_t seed = settings->seed + i;
        struct check *host = new_host(settings);
        enum stockd_verdict first = check_start(host, &is->shape->start);
        size_t count = 0, size;
        while (first == STOCKD_SEND && samples_for(check_request(host), count))
            count++;
        const struct sample *sample =
            count ? samples_for(check_request(host), (size_t)(seed % count)) : NULL;
        const char *body = sample && sample->answer.body ? sample->answer.body : plain;
        char *mutated = mutate(body, strlen(body), seed, &size);
        struct check_answer answer = {
            .status = sample ? sample->answer.status : 200, .body = mutated, .body_size = size};
        snprintf(finding->doing, sizeof(finding->doing), "seed %llu, of %s",
                 (unsigned long long)seed, sample ? sample->name : "a made-up answer");
        check_free(host);
        /* Also as the second answer, where a sample leads to one. */
        run(settings, is->shape, 0, 0, &answer, may_of(mutated, size));
        if (count) run(settings, is->shape, (size_t)(seed % count), 1, &answer, ~0u);
        free(mutated);
        if (finding->problem[0]) return;
    }
}

static void check_mutations(const struct settings *settings, const struct shape *shape)
{
    const char *name = operation_name(shape->start.operation);
    for (uint32_t first = 0; first < settings->seeds; first += SEEDS_A_CASE) {
        struct mutation_case is = {shape, first};
        if (in_child(mutation_work, settings, &is)) continue;
        report(settings, false, "%s, %s: %s: %s", name, shape->name, finding->doing,
               finding->problem);
        return;
    }
    report(settings, true, "%s, %s: %u mutations from seed %llu", name, shape->name,
           settings->seeds, (unsigned long long)settings->seed);
}

void check_operations(const struct settings *settings)
{
    finding =
        mmap(NULL, sizeof(*finding), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (finding == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    struct shape shape;
    for (uint32_t operation = 0; operation < STOCKD_OPERATION_COUNT; operation++) {
        if (!settings->plugin->operations[operation]) continue;
        for (size_t nth = 0; shape_make(settings, operation, nth, &shape); nth++) {
            if (!check_hostile(settings, &shape)) break;
            check_mutations(settings, &shape);
        }
    }
}
