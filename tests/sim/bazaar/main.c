/* stockd-bazaar: the command line. A seed, a shape, no waiting. */
#include "base/log.h"
#include "cli.h"
#include "counts.h"
#include "shop.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "usage: stockd-bazaar [options]\n"
    "Runs the engine and sync with plugins that do as they like, against a small marketplace.\n"
    "\n"
    "  --seeds A..B,C   one run each, of each shape (default 1..10)\n"
    "  --shape N        of this shape alone: 0 reads by warehouse, 1 writes by commands, 2 writes\n"
    "                   changes\n"
    "  --fresh          seeds that nobody has run: from the date on, or from STOCKD_SIM_SEED\n"
    "  --seconds S      begin no run later than this\n"
    "  --trace          print every request and answer\n"
    "  --count          how often each thing happened\n"
    "  --all-occur      fail when one of them never did\n"
    "\n"
    "Exit status: 0 all runs passed, 1 one failed, 2 it was called wrongly.\n";

enum { RANGES_MAX = 64 };

struct options {
    struct range {
        uint64_t first, last;
    } ranges[RANGES_MAX];
    uint32_t range_count;
    int shape;        /* -1: each */
    uint64_t seconds; /* 0: no end */
    bool trace, count, all_occur, fresh;
};

/* "1..30,36,38" */
static bool read_ranges(const char *text, struct options *o)
{
    o->range_count = 0;
    while (o->range_count < RANGES_MAX) {
        char *end;
        struct range *range = &o->ranges[o->range_count++];
        range->first = range->last = strtoull(text, &end, 10);
        if (end != text && strncmp(end, "..", 2) == 0) range->last = strtoull(end + 2, &end, 10);
        if (end == text || (*end && *end != ',')) return false;
        if (!*end) return true;
        text = end + 1;
    }
    return false;
}

static bool fresh_seeds(struct options *o)
{
    o->range_count = 1;
    o->ranges[0].last = UINT64_MAX;
    return cli_fresh("stockd-bazaar", &o->ranges[0].first);
}

/* False: the option does not take that. */
static bool take(int option, struct options *o)
{
    uint64_t number;
    switch (option) {
    case 's': return read_ranges(optarg, o);
    case 'k':
        if (!cli_number(optarg, 0, SCRIPTED_COUNT - 1, &number)) return false;
        o->shape = (int)number;
        return true;
    case 'T': return cli_number(optarg, 1, INT32_MAX, &o->seconds);
    case 'F': o->fresh = true; return true;
    case 't': o->trace = true; return true;
    case 'C': o->count = true; return true;
    case 'A': o->all_occur = true; return true;
    default: return false;
    }
}

static bool read_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"seeds", 1, NULL, 's'}, {"shape", 1, NULL, 'k'},     {"seconds", 1, NULL, 'T'},
        {"fresh", 0, NULL, 'F'}, {"trace", 0, NULL, 't'},     {"count", 0, NULL, 'C'},
        {"help", 0, NULL, '?'},  {"all-occur", 0, NULL, 'A'}, {NULL, 0, NULL, 0}};
    for (int at = 0, c; (c = getopt_long(argc, argv, "", longs, &at)) != -1;) {
        if (take(c, o)) continue;
        if (c != '?')
            fprintf(stderr, "stockd-bazaar: --%s does not take '%s'\n", longs[at].name, optarg);
        return false;
    }
    if (optind < argc) fprintf(stderr, "stockd-bazaar: '%s' is no option\n", argv[optind]);
    return optind == argc;
}

/* How many of the shapes fail with that seed. */
static int run_shapes(const struct options *o, const struct plugin *const plugins[SCRIPTED_COUNT],
                      uint64_t seed)
{
    int bad = 0;
    for (int kind = 0; kind < SCRIPTED_COUNT; kind++) {
        if (o->shape >= 0 && kind != o->shape) continue;
        if (shop_run(plugins[kind], (enum scripted)kind, seed, o->trace)) continue;
        printf("again: stockd-bazaar --shape %d --seeds %" PRIu64 "\n", kind, seed);
        bad++;
    }
    fflush(stdout);
    return bad;
}

static int run_all(const struct options *o, const struct plugin *const plugins[SCRIPTED_COUNT])
{
    time_t begun = time(NULL);
    uint64_t seeds = 0;
    int bad = 0;
    for (uint32_t r = 0; r < o->range_count; r++)
        for (uint64_t seed = o->ranges[r].first; seed <= o->ranges[r].last; seed++) {
            if (o->seconds && (uint64_t)(time(NULL) - begun) >= o->seconds) break;
            bad += run_shapes(o, plugins, seed);
            seeds++;
        }
    if (o->count) counts_tell(stdout);
    if (o->all_occur) bad += (int)counts_missing(stdout);
    printf("%" PRIu64 " seeds of the bazaar, %d failed\n", seeds, bad);
    return bad != 0;
}

int main(int argc, char **argv)
{
    struct options options = {.ranges = {{1, 10}}, .range_count = 1, .shape = -1};
    log_open("/dev/null");
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    if (!read_options(argc, argv, &options)) {
        fputs("stockd-bazaar --help tells what there is\n", stderr);
        return 2;
    }
    if (options.fresh && !fresh_seeds(&options)) return 2;
    struct plugin_registry *registries[SCRIPTED_COUNT];
    const struct plugin *plugins[SCRIPTED_COUNT];
    for (int kind = 0; kind < SCRIPTED_COUNT; kind++) {
        struct error error = {0};
        registries[kind] = plugin_registry_new(NULL, 0, NULL);
        if (plugin_registry_add(registries[kind], &scripted_plugins[kind], &plugins[kind],
                                &error) == ST_OK)
            continue;
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    int code = run_all(&options, plugins);
    for (int kind = 0; kind < SCRIPTED_COUNT; kind++)
        plugin_registry_free(registries[kind]);
    return code;
}
