/* Memory that runs out in a plugin: each of its allocations, and each time it asks for scratch
 * memory, fails in turn, once and for good, while it runs the kept operations of tests/fuzz/corpus.
 * Built once with each plugin, whose objects are compiled with malloc by another name
 * (CMakeLists.txt). Not jansson's: it loses bytes of a text where one of its allocations fails, so
 * the daemon gives it memory that is there or ends the process (daemon/main.c).
 *
 *     plugin-memory-ozon DIRECTORY ...        STOCKD_TORTURE=full: every allocation, not a sample
 *
 * It may fail, and may end earlier; what it may not do is say something else than it would have
 * said: no row, no request and no outcome that the undisturbed operation did not have, no end of a
 * reading of which rows are missing, no "surely not applied" of what was sent. */
#include "fuzz/fuzz.h"
#include "fuzz/plugin_input.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct stockd_plugin stockd_plugin;
void *memory_malloc(size_t size);
void *memory_calloc(size_t count, size_t size);
void *memory_realloc(void *at, size_t size);
char *memory_strdup(const char *text);
char *memory_strndup(const char *text, size_t size);

enum { SAMPLE = 150 /* allocations of one input */, LINE_MAX_SIZE = 4096, STORY_MAX = 4096 };

/* ---- memory that ends */

static uint64_t asked, fail_at; /* the allocations of this run; the one that fails, 0: none */
static bool for_good;

static bool fails(void)
{
    asked++;
    return fail_at && (for_good ? asked >= fail_at : asked == fail_at);
}

void *memory_malloc(size_t size)
{
    return fails() ? NULL : malloc(size);
}

void *memory_calloc(size_t count, size_t size)
{
    return fails() ? NULL : calloc(count, size);
}

void *memory_realloc(void *at, size_t size)
{
    return fails() ? NULL : realloc(at, size);
}

char *memory_strdup(const char *text)
{
    return fails() ? NULL : strdup(text);
}

char *memory_strndup(const char *text, size_t size)
{
    return fails() ? NULL : strndup(text, size);
}

static void *(*real_scratch)(void *ctx, size_t size);

static void *scratch(void *ctx, size_t size)
{
    return fails() ? NULL : real_scratch(ctx, size);
}

/* The plugin's own step, with a host whose scratch memory ends as well. */
static enum stockd_verdict step(const struct stockd_call *call)
{
    struct stockd_call copy = *call;
    struct stockd_host host = *call->host;
    real_scratch = host.scratch;
    host.scratch = scratch;
    copy.host = &host;
    return stockd_plugin.operations[call->operation](&copy);
}

/* ---- what an operation said */

struct story {
    enum stockd_verdict verdict;
    enum stockd_fail why;
    uint32_t operation;
    bool wrote, malformed, no_end;
    int64_t drained_ms;
    size_t count;
    char *lines[STORY_MAX]; /* facts; then ends of readings, with the facts before them */
    size_t request_count, complete_count, outcome_count;
    char *requests[STORY_MAX], *completes[STORY_MAX];
    struct check_outcome outcomes[STORY_MAX];
    char problem[512];
};

static void put(char **list, size_t *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void put(char **list, size_t *count, const char *format, ...)
{
    char text[LINE_MAX_SIZE];
    va_list args;
    if (*count == STORY_MAX) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    list[(*count)++] = strdup(text);
}

#define FACT(...)   put(story->lines, &story->count, __VA_ARGS__)
#define TEXT(value) ((value) ? (value) : "-")

static void tell_rows(struct story *story, const struct check *host)
{
    for (size_t i = 0; i < host->warehouses.count; i++) {
        const struct stockd_warehouse *row = &host->warehouses.at[i];
        FACT("warehouse %s %s %d%d%d%d %lld", row->id, TEXT(row->name), row->writable,
             row->is_default, row->gone, row->marketplace, (long long)row->closed_until_ms);
    }
    for (size_t i = 0; i < host->listings.count; i++) {
        const struct stockd_listing *row = &host->listings.at[i];
        FACT("listing %s %u %s %s, %u keys, %zu bytes", row->id, row->state, TEXT(row->group),
             TEXT(row->code), row->key_count, row->data_size);
        for (uint32_t k = 0; k < row->key_count; k++)
            FACT("key of %s: %s %s", row->id, row->keys[k].kind, row->keys[k].value);
    }
    for (size_t i = 0; i < host->stocks.count; i++) {
        const struct stockd_stock *row = &host->stocks.at[i];
        FACT("stock %s %s kind %u, %lld, %lld reserved", TEXT(row->warehouse_id), row->listing_id,
             row->kind, (long long)row->quantity, (long long)row->reserved_quantity);
    }
    for (size_t i = 0; i < host->lines.count; i++) {
        const struct stockd_order_line *row = &host->lines.at[i];
        FACT("line %s %s state %u, %lld pieces, %s, at %lld %lld, version %lld, %u refs", row->key,
             TEXT(row->order_id), row->state, (long long)row->quantity, TEXT(row->warehouse_id),
             (long long)row->ordered_ms, (long long)row->changed_ms, (long long)row->version,
             row->ref_count);
    }
}

static void tell_account(struct story *story, const struct check *host)
{
    for (size_t i = 0; i < host->abilities.count; i++)
        FACT("ability %d %d", (int)host->abilities.at[i].operation, host->abilities.at[i].granted);
    for (size_t i = 0; i < host->expiries.count; i++)
        FACT("expiry %s %lld", host->expiries.at[i].secret, (long long)host->expiries.at[i].ms);
    for (size_t i = 0; i < host->tokens.count; i++)
        FACT("token %s %s %s %lld", host->tokens.at[i].name, host->tokens.at[i].value,
             TEXT(host->tokens.at[i].refresh), (long long)host->tokens.at[i].expires_ms);
    if (host->epoch) FACT("epoch %s", host->epoch);
    if (host->seller) FACT("seller %s", host->seller);
}

static void tell_requests(struct story *story, const struct check *host)
{
    for (size_t i = 0; i < host->requests.count; i++) {
        const struct stockd_request *request = &host->requests.at[i];
        put(story->requests, &story->request_count, "%s %s %.*s", request->method, request->path,
            (int)request->body_size, request->body ? (const char *)request->body : "");
    }
}

static void tell(const struct check *host, const struct stockd_start *start, void *data)
{
    struct story *story = data;
    story->verdict = host->verdict;
    story->why = host->failure.why;
    story->operation = start->operation;
    story->wrote = plugin_input_wrote(host);
    story->no_end = host->steps >= plugin_input_steps_max(start);
    story->malformed = host->malformed.count || host->incompletes.count;
    story->drained_ms = host->drained_ms;
    if (host->problems.count)
        snprintf(story->problem, sizeof story->problem, "%s", host->problems.at[0]);
    tell_rows(story, host);
    tell_account(story, host);
    tell_requests(story, host);
    for (size_t i = 0; i < host->completes.count; i++)
        put(story->completes, &story->complete_count, "%d %s", (int)host->completes.at[i].scope,
            TEXT(host->completes.at[i].id));
    for (size_t i = 0; i < host->outcomes.count; i++)
        story->outcomes[story->outcome_count++] = host->outcomes.at[i];
}

static void forget(struct story *story)
{
    for (size_t i = 0; i < story->count; i++)
        free(story->lines[i]);
    for (size_t i = 0; i < story->request_count; i++)
        free(story->requests[i]);
    for (size_t i = 0; i < story->complete_count; i++)
        free(story->completes[i]);
    memset(story, 0, sizeof *story);
}

/* ---- what must hold */

static const char *input_name;

#define MUST(holds, ...)                                                                          \
    do {                                                                                          \
        if (holds) break;                                                                         \
        fprintf(stderr, "%s: allocation %llu fails%s: ", input_name, (unsigned long long)fail_at, \
                for_good ? " and all after it" : "");                                             \
        fprintf(stderr, __VA_ARGS__);                                                             \
        fputc('\n', stderr);                                                                      \
        wrong++;                                                                                  \
        return;                                                                                   \
    } while (0)
static unsigned wrong;

static bool holds_line(char *const *list, size_t count, const char *line)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], line) == 0) return true;
    return false;
}

static void judge_outcomes(const struct story *calm, const struct story *now)
{
    for (size_t i = 0; i < now->outcome_count && i < calm->outcome_count; i++) {
        const struct check_outcome *is = &now->outcomes[i], *was = &calm->outcomes[i];
        if (!is->given || (was->given && was->last.kind == is->last.kind)) continue;
        bool unapplied = is->last.kind == STOCKD_RETRY || is->last.kind == STOCKD_THROTTLED;
        MUST(is->last.kind == STOCKD_UNRESOLVED || is->last.kind == STOCKD_ACCEPTED ||
                 (unapplied && !now->wrote),
             "the outcome of item %zu is %u, not %u", i, is->last.kind,
             was->given ? was->last.kind : 0);
    }
}

static void judge(const struct story *calm, const struct story *now)
{
    MUST(!now->problem[0], "a rule of the ABI: %s", now->problem);
    MUST(!now->no_end, "operation %u does not end", now->operation);
    MUST(now->verdict != STOCKD_FAIL || now->why == calm->why || now->why == STOCKD_FAIL_RETRY ||
             now->why == STOCKD_FAIL_BUG,
         "it fails as %d, not %d", (int)now->why, (int)calm->why);
    for (size_t i = 0; i < now->count; i++)
        MUST(holds_line(calm->lines, calm->count, now->lines[i]), "made up: %s", now->lines[i]);
    for (size_t i = 0; i < now->request_count; i++)
        MUST(holds_line(calm->requests, calm->request_count, now->requests[i]),
             "another request: %s", now->requests[i]);
    for (size_t i = 0; i < now->complete_count; i++)
        MUST(holds_line(calm->completes, calm->complete_count, now->completes[i]),
             "read to its end, says it: %s", now->completes[i]);
    if (!now->malformed && now->complete_count && now->complete_count == calm->complete_count)
        MUST(now->count == calm->count, "read to its end, but %zu facts of %zu", now->count,
             calm->count);
    MUST(!now->drained_ms || now->count == calm->count, "drained, but %zu facts of %zu", now->count,
         calm->count);
    judge_outcomes(calm, now);
}

static void run(const uint8_t *data, size_t size, struct story *story)
{
    struct stockd_plugin plugin = stockd_plugin;
    struct plugin_input_look look = {.ended = tell, .data = story};
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++)
        if (plugin.operations[i]) plugin.operations[i] = step;
    asked = 0;
    plugin_input_run(&plugin, data, size, &look);
}

static void try_input(const char *name, const uint8_t *data, size_t size)
{
    static struct story calm, now; /* large */
    const char *word = getenv("STOCKD_TORTURE");
    bool full = word && strcmp(word, "full") == 0;
    input_name = name;
    fail_at = 0;
    run(data, size, &calm);
    uint64_t all = asked, stride = full || all <= SAMPLE ? 1 : all / SAMPLE;
    for (uint64_t at = 1; at <= all; at += stride)
        for (int good = 0; good < 2; good++) {
            fail_at = at;
            for_good = good;
            run(data, size, &now);
            judge(&calm, &now);
            forget(&now);
        }
    fail_at = 0;
    printf("%-40s %6llu allocations\n", name, (unsigned long long)all);
    forget(&calm);
}

static void try_file(int folder, const char *name)
{
    struct stat st;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) exit(2);
    uint8_t *data = malloc((size_t)st.st_size + 1);
    if (!data || read(fd, data, (size_t)st.st_size) != st.st_size) exit(2);
    close(fd);
    try_input(name, data, (size_t)st.st_size);
    free(data);
}

int main(int argc, char **argv)
{
    unsigned files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            perror(argv[i]);
            return 2;
        }
        for (const struct dirent *entry; (entry = readdir(folder));
             files += entry->d_name[0] != '.')
            if (entry->d_name[0] != '.') try_file(dirfd(folder), entry->d_name);
        closedir(folder);
    }
    return wrong || !files;
}
