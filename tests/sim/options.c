/* What the simulator is asked for: its command line, and lines of a file of seeds. */
#include "options.h"

#include "base/log.h"
#include "cli.h"
#include "sim.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char options_help[] =
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

enum { ALL_KINDS = (1u << MARKET_KINDS) - 1 };

struct options options_none(void)
{
    return (struct options){.first = 1, .last = 1, .stride = 1, .kinds = ALL_KINDS};
}

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

bool options_fresh(struct options *options)
{
    if (options->said_seeds) return true;
    options->last = UINT64_MAX;
    return cli_fresh("stockd-sim", &options->first);
}

static bool read_hours(const char *text, struct options *options)
{
    char *end;
    options->hours = strtod(text, &end);
    return end != text && *end == 0 && options->hours > 0;
}

static bool read_seconds(const char *text, struct options *options)
{
    const char *given = getenv("STOCKD_SIM_SECONDS");
    return cli_number(given && *given ? given : text, 1, INT32_MAX, &options->seconds);
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

static const struct option longs[] = {{"seed", 1, NULL, 's'},     {"seeds", 1, NULL, 's'},
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

/* False: the option does not take that. */
static bool take(int option, struct options *options)
{
    switch (option) {
    case 's': return read_seeds(optarg, options);
    case 'j': return cli_number(optarg, 1, INT32_MAX, &options->stride);
    case 'N': return cli_number(optarg, 1, INT32_MAX, &options->at_once);
    case 'T': return read_seconds(optarg, options);
    case 'P': options->plugins = optarg; break;
    case 'F': options->fresh = true; break;
    case 'h': return read_hours(optarg, options);
    case 'k': return read_kinds(optarg, options);
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
        return options->mutation != MUTATION_COUNT;
    case 'Z':
        if (strcmp(optarg, "list") == 0) list_focuses();
        options->focus = focus_parse(optarg);
        return options->focus != FOCUS_KINDS;
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
    return true;
}

bool options_read(int argc, char **argv, struct options *options)
{
    for (int at = 0, c; (c = getopt_long(argc, argv, "", longs, &at)) != -1;) {
        if (take(c, options)) continue;
        if (c != '?')
            fprintf(stderr, "stockd-sim: --%s does not take '%s'\n", longs[at].name, optarg);
        return false;
    }
    if (optind < argc) fprintf(stderr, "stockd-sim: '%s' is no option\n", argv[optind]);
    return optind == argc;
}

bool options_read_line(char *line, struct options *options, uint64_t *seed)
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
    return *end == 0 && options_read(count, words, options);
}

bool options_say_world(const struct options *o)
{
    return o->hours > 0 || o->kinds != ALL_KINDS || o->calm || o->external || o->foreign ||
           o->lies || o->plain || o->house || o->jobs || o->settings || o->intake || o->shops ||
           o->mixed || o->focus || o->days;
}
