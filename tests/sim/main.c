/* stockd-sim: runs what is asked for (options.h), and tells what came of it. */
#include "base/log.h"
#include "base/mem.h"
#include "blocks.h"
#include "focus.h"
#include "fresh.h"
#include "options.h"
#include "oversold.h"
#include "parsed.h"
#include "shrink.h"
#include "sim.h"
#include "spread.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print_line(const char *what, const struct sim_result *r)
{
    printf("%s %s hash=%016" PRIx64 " simulated=%.1fh quiet=%.1fmin commands=%" PRIu64
           " requests=%" PRIu64 " writes=%" PRIu64 " crashes=%" PRIu64 " events=%" PRIu64 "\n",
           what, r->failed ? "FAILED" : "ok", r->hash, (double)r->simulated_ms / 3600000,
           (double)r->converged_ms / 60000, r->commands, r->requests, r->writes, r->crashes,
           r->events);
}

static void add(struct sim_result *sum, const struct sim_result *one)
{
    sum->failed |= one->failed;
    sum->hash = (sum->hash ^ one->hash) * UINT64_C(1099511628211);
    sum->events += one->events;
    sum->simulated_ms += one->simulated_ms;
    if (one->converged_ms > sum->converged_ms) sum->converged_ms = one->converged_ms;
    sum->commands += one->commands;
    sum->requests += one->requests;
    sum->writes += one->writes;
    sum->crashes += one->crashes;
}

static void tell_smaller(struct plan *plan, const struct plugin *const plugins[MARKET_KINDS],
                         const struct sim_result *failed)
{
    char names[SHRINK_TEXT_MAX];
    struct sim_result smaller = {0};
    shrink(plan, plugins, failed->oracle, names, stderr);
    sim_run(plan, plugins, NULL, stdout, &smaller);
    printf("the smaller run: the same options and --less %s\n", names);
}

static int measure(const struct options *options, const struct plugin *const plugins[MARKET_KINDS])
{
    struct plan plan;
    struct sim_result result = {0};
    enum { HOURS = 24 };
    plan_draw(&plan, options->first, 0);
    plan_speed(&plan, options->hours > 0 ? options->hours : HOURS, options->busy);
    if (options->external) plan_external(&plan);
    clock_t begun = clock();
    sim_run(&plan, plugins, options->trace ? stdout : NULL, stdout, &result);
    double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    double hours = (double)result.simulated_ms / 3600000;
    print_line("speed", &result);
    printf(
        "an hour: %.0f commands, %.0f figures written, %.0f requests, %.1f us for each request\n",
        (double)result.commands / hours, (double)result.writes / hours,
        (double)result.requests / hours, seconds * 1e6 / (double)result.requests);
    printf("%.0f simulated hours a minute\n", hours * 60 / seconds);
    return result.failed;
}

static void tell_oversold(const char *name, struct oversold_list *one, struct oversold_list *sum)
{
    if (one->count) printf("%s sells what is not there:\n", name);
    oversold_rows(one, stdout);
    oversold_add(sum, one);
    oversold_list_free(one);
}

static void run_one(const struct options *options, const struct plugin *const plugins[MARKET_KINDS],
                    uint64_t seed, struct sim_result *sum)
{
    struct plan plan;
    struct oversold_list oversold = {0};
    struct sim_result one = {.oversold = options->oversold ? &oversold : NULL}, again = {0};
    char name[32];
    FILE *out = options->expect_failure ? NULL : stdout;
    plan_draw(&plan, seed, options->hours);
    if (options->kinds != 1u << MARKET_OZON) plan_mix(&plan, options->kinds);
    if (options->mixed) plan_mixed(&plan);
    if (options->house || (options->kinds != 1u << MARKET_OZON && !options->plain))
        plan_tidy(&plan);
    if (options->external) plan_external(&plan);
    if (options->foreign) plan_foreign(&plan);
    if (options->lies) plan_lie(&plan);
    if (options->days) plan_days(&plan);
    if (options->jobs) plan_jobs(&plan);
    if (options->intake) plan_intake(&plan);
    if (options->shops) plan_shops(&plan);
    if (options->settings) plan_settings(&plan);
    if (options->calm) plan_calm(&plan);
    if (options->focus) plan_focus(&plan, options->focus, options->kinds, options->hours);
    plan.mutation = options->mutation;
    if (options->judge) plan.judge = options->judge;
    if (options->less && !shrink_apply(&plan, options->less)) {
        fprintf(stderr, "stockd-sim: --less %s: nothing of that name is left to take\n",
                options->less);
        exit(2);
    }
    FILE *log = options->log ? fopen(options->log, "a") : NULL;
    sim_run(&plan, plugins, log ? log : options->trace ? stdout : NULL, out, &one);
    if (log) fclose(log);
    if (one.failed && options->fresh)
        printf("again: stockd-sim %s%s--seed %" PRIu64 "\n",
               options->world ? options->world : "(the same options)",
               options->world && !options->world[0] ? "" : " ", seed);
    if (one.failed && options->shrink) tell_smaller(&plan, plugins, &one);
    if (options->twice && !one.failed) {
        parsed_keep(false);
        sim_run(&plan, plugins, NULL, out, &again);
        parsed_keep(true);
        one.failed = again.hash != one.hash;
        if (one.failed) printf("seed %" PRIu64 " does not replay\n", seed);
    }
    snprintf(name, sizeof name, "seed %" PRIu64, seed);
    if (options->each || options->first == options->last) print_line(name, &one);
    if (options->oversold) tell_oversold(name, &oversold, sum->oversold);
    tally_add(&sum->tally, &one.tally);
    add(sum, &one);
}

static void run_fresh(const struct options *options,
                      const struct plugin *const plugins[MARKET_KINDS], uint64_t seed,
                      struct sim_result *sum)
{
    struct options own = *options;
    char world[FRESH_WORLD_MAX], line[FRESH_WORLD_MAX + 24];
    if (!options_say_world(options)) {
        fresh_world(seed, world);
        own.world = world;
        snprintf(line, sizeof line, "%" PRIu64 " %s", seed, world);
        if (!options_read_line(line, &own, &seed)) abort(); /* a typing error there */
    }
    run_one(&own, plugins, seed, sum);
}

struct file_run {
    const struct options *options;
    const struct plugin *const *plugins;
    struct file_line {
        uint64_t seed;
        int number;
        char *text; /* the options' */
        struct options own;
    } * lines;
    size_t count;
    struct sim_result *sum;
};

/* False: a line is none. */
static bool read_file(FILE *file, struct file_run *run)
{
    char line[800];
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        if (line[0] < '0' || line[0] > '9') continue;
        run->lines = mem_resize(run->lines, (run->count + 1) * sizeof *run->lines);
        struct file_line *l = &run->lines[run->count++];
        *l = (struct file_line){.number = number, .text = mem_text(line), .own = *run->options};
        if (options_read_line(l->text, &l->own, &l->seed)) continue;
        fprintf(stderr, "stockd-sim: %s, line %d: 'SEED [OPTIONS]  # text' is wanted\n",
                run->options->file, number);
        return false;
    }
    return true;
}

static void run_line(void *ctx, size_t index, void *sum)
{
    struct file_run *run = ctx;
    const struct file_line *line = &run->lines[index];
    struct sim_result one = {.oversold = run->sum->oversold};
    run_one(&line->own, run->plugins, line->seed, &one);
    if (one.failed) printf("%s, line %d: failed\n", run->options->file, line->number);
    tally_add(&((struct sim_result *)sum)->tally, &one.tally);
    add(sum, &one);
}

static void add_process(void *ctx, const void *sum)
{
    struct file_run *run = ctx;
    const struct sim_result *one = sum;
    tally_add(&run->sum->tally, &one->tally);
    add(run->sum, one);
}

static bool run_file(const struct options *options,
                     const struct plugin *const plugins[MARKET_KINDS], struct sim_result *sum)
{
    struct file_run run = {.options = options, .plugins = plugins, .sum = sum};
    FILE *file = fopen(options->file, "r");
    if (!file) {
        perror(options->file);
        return false;
    }
    bool good = read_file(file, &run);
    fclose(file);
    if (good && options->at_once > 1 && !options->oversold)
        good =
            spread((unsigned)options->at_once, run.count, run_line, add_process, &run, sizeof *sum);
    else
        for (size_t i = 0; i < run.count && good; i++)
            run_line(&run, i, sum);
    for (size_t i = 0; i < run.count; i++)
        mem_free(run.lines[i].text);
    mem_free(run.lines);
    return good;
}

static bool run_all(const struct options *options, const struct plugin *const plugins[MARKET_KINDS])
{
    struct oversold_list oversold = {0};
    struct sim_result sum = {.oversold = &oversold};
    bool enough = options->until_failure || options->expect_failure;
    if (options->mutation == MUTATION_NO_CADENCE) /* the loader's copy, not the plugin's own */
        ((struct stockd_route *)plugin_declared(plugins[MARKET_OZON])->routes)[0].cadence_ms = 0;
    if (options->file) {
        if (!run_file(options, plugins, &sum)) {
            oversold_list_free(&oversold);
            return false;
        }
    } else {
        time_t begun = time(NULL);
        uint64_t runs = 0;
        for (uint64_t seed = options->first; seed <= options->last; seed += options->stride) {
            if (options->fresh)
                run_fresh(options, plugins, seed, &sum);
            else
                run_one(options, plugins, seed, &sum);
            runs++;
            fflush(stdout);
            if (sum.failed && enough) break;
            if (options->seconds && (uint64_t)(time(NULL) - begun) >= options->seconds) break;
        }
        if (options->fresh && options->first != options->last)
            printf("%" PRIu64 " seeds run\n", runs);
    }
    if (options->first != options->last || options->file) print_line("all", &sum);
    if (options->oversold) oversold_totals(&oversold, stdout);
    oversold_list_free(&oversold);
    if (options->count) tally_tell(&sum.tally, stdout);
    if (options->all_occur && tally_missing(&sum.tally, stdout)) return false;
    return sum.failed == options->expect_failure;
}

int main(int argc, char **argv)
{
    struct options options = options_none();
    log_open("/dev/null");
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(options_help, stdout);
        return 0;
    }
    if (!options_read(argc, argv, &options)) {
        fputs("stockd-sim --help tells what there is\n", stderr);
        return 2;
    }
    if (options.fresh && !options_fresh(&options)) return 2;
    json_set_alloc_funcs(blocks_alloc, blocks_free);
    json_object_seed(1);
    const char *directories[] = {options.plugins ? options.plugins : SIM_PLUGINS};
    struct plugin_registry *registry = plugin_registry_new(directories, 1, NULL);
    const struct plugin *plugins[MARKET_KINDS];
    struct error error = {0};
    for (int kind = 0; kind < MARKET_KINDS; kind++) {
        const char *id = market_of((enum market_kind)kind)->plugin;
        if (plugin_registry_load(registry, id, &plugins[kind], &error) == ST_OK) continue;
        fprintf(stderr, "stockd-sim: %s\n", error.text);
        return 2;
    }
    if (options.file) options.last = 0; /* which is no range */
    bool good = options.speed ? measure(&options, plugins) == 0 : run_all(&options, plugins);
    parsed_keep(false);
    plugin_registry_free(registry);
    return good ? 0 : 1;
}
