/* stockd-sim: the command line of the simulator. */
#include "base/log.h"
#include "base/mem.h"
#include "blocks.h"
#include "focus.h"
#include "fresh.h"
#include "oversold.h"
#include "parsed.h"
#include "shrink.h"
#include "sim.h"
#include "spread.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "usage: stockd-sim [--seed N | --seeds A..B] [options]\n"
    "Runs the engine, sync, quotas and the plugins against a simulated world.\n"
    "\n"
    "  --seed N           one run (default 1)\n"
    "  --seeds A..B       one run each; without B it goes on until something ends it\n"
    "  --stride N         every Nth of them\n"
    "  --fresh            --seeds that nobody has run: from the date on, or from STOCKD_SIM_SEED;\n"
    "                     where nothing else is said of worlds, in all kinds of them by turns,\n"
    "                     also for those that are given\n"
    "  --seconds S        begin no run later than this; STOCKD_SIM_SECONDS in its place\n"
    "  --seeds-file FILE  one run for each line: SEED [OPTIONS]  # whatever\n"
    "  --at-once N        ... in so many processes\n"
    "  --twice            run each twice: the events must be the same (parsed.h)\n"
    "  --hours H          how long things go wrong (drawn from the seed otherwise)\n"
    "  --calm             nothing goes wrong\n"
    "  --external         somebody else nets the orders, whatever the seed says\n"
    "  --mixed            ... at some of several accounts, and at others stockd does\n"
    "  --foreign          somebody else writes figures at the marketplaces, too\n"
    "  --plain            nobody tidies up (renames, merges, rules, undoes), and there is no "
    "guard\n"
    "  --house            ... somebody does, also where Ozon is alone\n"
    "  --lies             answers lie: zeros, empty and halved lists, figures of others, pages\n"
    "  --jobs             files are imported, too (and there is no guard)\n"
    "  --intake           ... also where there is one; imports are held, applied, dropped, undone\n"
    "  --shops            --intake, and figures are taken over from accounts, once and by a "
    "mirror\n"
    "  --days             some days with a few products and rules that go by what sold lately\n"
    "  --settings         limits of the guard change, accounts leave and come back, old history "
    "goes\n"
    "  --focus KIND       a short world that is dense in one thing; KIND 'list' shows them,\n"
    "                     'any' draws one\n"
    "  --only KINDS       accounts at these marketplaces alone: ozon, wb, allegro, wix, wix-v1,\n"
    "                     joined by ','\n"
    "  --plugins DIR      plugins from there, not those that were built with this\n"
    "  --shrink           of a run that fails, find a smaller one that fails so too\n"
    "  --less NAMES       without these ingredients, as --shrink names them\n"
    "  --oversold         each piece that was sold and not there, with what that came of\n"
    "  --count            how often each thing happened, and what became of commands\n"
    "  --all-occur        fail when some of them never happened\n"
    "  --speed            how many hours are simulated in a minute, with four accounts of 500\n"
    "                     targets: an ordinary day, or the first --hours of it\n"
    "  --busy             ... a busy one: five times the commands, and orders that wait\n"
    "  --events FILE      every event into this file\n"
    "  --mutate NAME      the harness itself is wrong; NAME 'list' shows the ways\n"
    "  --judge ORACLE     no other oracle counts: to see that it sees a mutation by itself;\n"
    "                     ORACLE 'list' shows them\n"
    "  --expect-failure   success is that at least one run fails\n"
    "  --until-failure    stop at the first failure\n"
    "  --trace            print every event\n"
    "  --log              print what stockd logs\n"
    "  --each             a line for each run, not only for all\n"
    "\n"
    "Exit status: 0 all runs passed, 1 one failed, 2 it was called wrongly.\n";

#define ALL_KINDS ((1u << MARKET_KINDS) - 1)

struct options {
    uint64_t first, last, stride;
    uint64_t at_once;
    long seconds; /* 0: no end */
    bool fresh, said_seeds;
    const char *file;
    double hours;
    unsigned kinds;
    const char *judge, *less, *log, *plugins;
    const char *world; /* of --fresh: the options that the seed stands for */
    bool jobs, intake, shops, days, mixed, settings, oversold, count, all_occur, twice, calm,
        external, foreign, lies, plain, house, until_failure, trace, each, expect_failure, shrink,
        speed, busy;
    enum mutation mutation;
    enum focus focus;
};

static void list_mutations(void)
{
    for (int i = 1; i < MUTATION_COUNT; i++)
        puts(mutation_name((enum mutation)i));
    exit(0);
}

static void list_focuses(void)
{
    for (int i = FOCUS_NONE + 1; i < FOCUS_KINDS; i++)
        puts(focus_name((enum focus)i));
    exit(0);
}

static bool read_seeds(const char *text, struct options *options)
{
    char *end;
    options->said_seeds = true;
    options->first = options->last = strtoull(text, &end, 10);
    if (strcmp(end, "..") == 0) {
        options->last = UINT64_MAX;
        return true;
    }
    if (strncmp(end, "..", 2) == 0) options->last = strtoull(end + 2, &end, 10);
    return *end == 0 && options->first <= options->last;
}

/* What nobody has run is run again by giving the number that it says here. */
static void fresh_seeds(struct options *options)
{
    const char *given = getenv("STOCKD_SIM_SEED");
    if (options->said_seeds) return;
    options->first = given && *given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000;
    options->last = UINT64_MAX;
    printf("fresh seeds from STOCKD_SIM_SEED=%" PRIu64 " on\n", options->first);
}

static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 10);
    return end != text && *end == 0 && *number > 0 && *number <= INT32_MAX;
}

static bool read_seconds(const char *text, struct options *options)
{
    const char *given = getenv("STOCKD_SIM_SECONDS");
    uint64_t seconds;
    if (!read_number(given && *given ? given : text, &seconds)) return false;
    options->seconds = (long)seconds;
    return true;
}

/* "ozon,wb" */
static bool read_kinds(const char *text, struct options *options)
{
    char names[80];
    options->kinds = 0;
    snprintf(names, sizeof names, "%s", text);
    for (char *save, *name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        enum market_kind kind = market_parse(name);
        if (kind == MARKET_KINDS) return false;
        options->kinds |= 1u << kind;
    }
    return options->kinds != 0;
}

/* A name that no oracle has would let every run pass. */
static const char *oracle_named(const char *name)
{
    bool list = strcmp(name, "list") == 0;
    if (sim_has_oracle(name)) return name;
    if (!list) fprintf(stderr, "stockd-sim: --judge %s: there is no such oracle; there are ", name);
    sim_list_oracles(list ? stdout : stderr);
    exit(list ? 0 : 2);
}

static bool read_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"seed", 1, NULL, 's'},     {"seeds", 1, NULL, 's'},
        {"hours", 1, NULL, 'h'},    {"calm", 0, NULL, 'c'},
        {"mutate", 1, NULL, 'm'},   {"expect-failure", 0, NULL, 'x'},
        {"trace", 0, NULL, 't'},    {"until-failure", 0, NULL, 'u'},
        {"log", 0, NULL, 'l'},      {"each", 0, NULL, 'e'},
        {"twice", 0, NULL, '2'},    {"seeds-file", 1, NULL, 'f'},
        {"external", 0, NULL, 'o'}, {"shrink", 0, NULL, 'S'},
        {"less", 1, NULL, 'L'},     {"speed", 0, NULL, 'V'},
        {"busy", 0, NULL, 'B'},     {"events", 1, NULL, 'E'},
        {"only", 1, NULL, 'k'},     {"foreign", 0, NULL, 'w'},
        {"lies", 0, NULL, 'i'},     {"plain", 0, NULL, 'p'},
        {"house", 0, NULL, 'H'},    {"help", 0, NULL, '?'},
        {"plugins", 1, NULL, 'P'},  {"stride", 1, NULL, 'j'},
        {"fresh", 0, NULL, 'F'},    {"seconds", 1, NULL, 'T'},
        {"oversold", 0, NULL, 'O'}, {"jobs", 0, NULL, 'I'},
        {"settings", 0, NULL, 'G'}, {"judge", 1, NULL, 'J'},
        {"count", 0, NULL, 'C'},    {"all-occur", 0, NULL, 'A'},
        {"intake", 0, NULL, 'K'},   {"mixed", 0, NULL, 'M'},
        {"at-once", 1, NULL, 'N'},  {"shops", 0, NULL, 'Q'},
        {"focus", 1, NULL, 'Z'},    {"days", 0, NULL, 'D'},
        {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 's':
            if (!read_seeds(optarg, options)) return false;
            break;
        case 'j':
            if (!read_number(optarg, &options->stride)) return false;
            break;
        case 'N':
            if (!read_number(optarg, &options->at_once)) return false;
            break;
        case 'T':
            if (!read_seconds(optarg, options)) return false;
            break;
        case 'P': options->plugins = optarg; break;
        case 'F': options->fresh = true; break;
        case 'h': options->hours = atof(optarg); break;
        case 'k':
            if (!read_kinds(optarg, options)) return false;
            break;
        case 'S': options->shrink = true; break;
        case 'L': options->less = optarg; break;
        case 'V': options->speed = true; break;
        case 'B': options->busy = true; break;
        case 'E': options->log = optarg; break;
        case 'o': options->external = true; break;
        case 'w': options->foreign = true; break;
        case 'p': options->plain = true; break;
        case 'H': options->house = true; break;
        case 'i': options->lies = true; break;
        case 'c': options->calm = true; break;
        case 'm':
            if (strcmp(optarg, "list") == 0) list_mutations();
            options->mutation = mutation_parse(optarg);
            if (options->mutation == MUTATION_COUNT) return false;
            break;
        case 'Z':
            if (strcmp(optarg, "list") == 0) list_focuses();
            options->focus = focus_parse(optarg);
            if (options->focus == FOCUS_KINDS) return false;
            break;
        case 'J': options->judge = oracle_named(optarg); break;
        case 'C': options->count = true; break;
        case 'A': options->all_occur = true; break;
        case 'I': options->jobs = true; break;
        case 'M': options->mixed = true; break;
        case 'Q': options->shops = true; break;
        case 'D': options->days = true; break;
        case 'K': options->intake = true; break;
        case 'G': options->settings = true; break;
        case 'O': options->oversold = true; break;
        case 'x': options->expect_failure = true; break;
        case 't': options->trace = true; break;
        case 'u': options->until_failure = true; break;
        case 'l': log_open(NULL); break;
        case 'e': options->each = true; break;
        case '2': options->twice = true; break;
        case 'f': options->file = optarg; break;
        default: return false;
        }
    }
    return optind == argc;
}

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

/* A line's own options come on top of those given for the file. */
static bool read_line(char *line, struct options *options, uint64_t *seed)
{
    enum { WORDS_MAX = 12 };
    char *words[WORDS_MAX + 1], *save, *end;
    int count = 0;
    line[strcspn(line, "#")] = 0;
    for (char *word = strtok_r(line, " \t\n", &save); word && count < WORDS_MAX;
         word = strtok_r(NULL, " \t\n", &save))
        words[count++] = word;
    words[count] = NULL;
    *seed = strtoull(words[0], &end, 10);
    optind = 0; /* getopt begins anew */
    return *end == 0 && read_options(count, words, options);
}

static bool says_world(const struct options *o)
{
    return o->hours > 0 || o->kinds != ALL_KINDS || o->calm || o->external || o->foreign ||
           o->lies || o->plain || o->house || o->jobs || o->settings || o->intake || o->shops ||
           o->mixed || o->focus || o->days;
}

static void run_fresh(const struct options *options,
                      const struct plugin *const plugins[MARKET_KINDS], uint64_t seed,
                      struct sim_result *sum)
{
    struct options own = *options;
    char world[FRESH_WORLD_MAX], line[FRESH_WORLD_MAX + 24];
    if (!says_world(options)) {
        fresh_world(seed, world);
        own.world = world;
        snprintf(line, sizeof line, "%" PRIu64 " %s", seed, world);
        if (!read_line(line, &own, &seed)) abort(); /* a typing error there */
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
        if (read_line(l->text, &l->own, &l->seed)) continue;
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
            if (options->seconds && time(NULL) - begun >= options->seconds) break;
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
    struct options options = {.first = 1, .last = 1, .stride = 1, .kinds = ALL_KINDS};
    log_open("/dev/null");
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    if (!read_options(argc, argv, &options)) {
        fputs(help, stderr);
        return 2;
    }
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
    if (options.fresh) fresh_seeds(&options);
    if (options.file) options.last = 0; /* which is no range */
    bool good = options.speed ? measure(&options, plugins) == 0 : run_all(&options, plugins);
    parsed_keep(false);
    plugin_registry_free(registry);
    return good ? 0 : 1;
}
