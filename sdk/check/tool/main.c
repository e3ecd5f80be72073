/* stockd-plugin-check: loads a plugin as the daemon would and holds it against the ABI. The checks
 * are in tables.c and drive.c. */
#include "tool.h"

#include <dlfcn.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sanitizers make steps slower than any marketplace would. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW_MS 1000
#else
#define SLOW_MS 50
#endif

#define HANG_S 10 /* as the daemon allows a step */

static const char help[] =
    "usage: stockd-plugin-check [options] FILE.so\n"
    "\n"
    "Holds a stockd plugin against the plugin ABI: its tables and names, and how each operation\n"
    "takes answers that no marketplace should give. Prints a line for each check.\n"
    "\n"
    "  -o, --option NAME=VALUE  an option of the account (repeat; default: something of its type)\n"
    "  -l, --listing ID         a listing id as the marketplace makes them (default: 1001)\n"
    "  -w, --warehouse ID       a warehouse id as the marketplace makes them (default: 2001)\n"
    "  -s, --samples DIR        recorded answers, one JSON file each, with \"endpoint\" (\"POST\n"
    "                           /path\"), \"status\" and \"body\": they lead operations past "
    "their\n"
    "                           first request, and mutations begin from them\n"
    "  -n, --seeds N            mutations for each way to start an operation (default: 200)\n"
    "      --seed N             the first seed (default: 1)\n"
    "      --slow MS            the longest step, in processor time (default: 50)\n"
    "      --hang SECONDS       a step that takes longer does not return (default: 10)\n"
    "  -q, --quiet              print failures and the sum only\n"
    "  -x, --first              end at the first failure\n"
    "  -h, --help\n"
    "\n"
    "Exit code: 0 all checks hold, 1 some fail, 2 the file cannot be checked.\n"
    "\n"
    "example: stockd-plugin-check --samples answers/ build/myshop.so\n";

static const struct option long_options[] = {{"option", required_argument, NULL, 'o'},
                                             {"listing", required_argument, NULL, 'l'},
                                             {"warehouse", required_argument, NULL, 'w'},
                                             {"samples", required_argument, NULL, 's'},
                                             {"seeds", required_argument, NULL, 'n'},
                                             {"seed", required_argument, NULL, 'S'},
                                             {"slow", required_argument, NULL, 'M'},
                                             {"hang", required_argument, NULL, 'H'},
                                             {"quiet", no_argument, NULL, 'q'},
                                             {"first", no_argument, NULL, 'x'},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

static const struct stockd_plugin *load(const char *file)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s%s", strchr(file, '/') ? "" : "./", file);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        fprintf(stderr, "stockd-plugin-check: %s\n", dlerror());
        return NULL;
    }
    const struct stockd_plugin *plugin = dlsym(object, "stockd_plugin");
    if (!plugin) {
        fprintf(stderr,
                "stockd-plugin-check: %s has no symbol 'stockd_plugin'; is it STOCKD_EXPORT?\n",
                file);
        return NULL;
    }
    if (plugin->magic != STOCKD_PLUGIN_MAGIC || plugin->abi_major != STOCKD_ABI_MAJOR ||
        plugin->abi_minor > STOCKD_ABI_MINOR) {
        fprintf(
            stderr,
            "stockd-plugin-check: %s is made for ABI %u.%u (magic 0x%08x), this tool for %u.%u; "
            "build it against this stockd/plugin.h\n",
            file, plugin->abi_major, plugin->abi_minor, plugin->magic, STOCKD_ABI_MAJOR,
            STOCKD_ABI_MINOR);
        return NULL;
    }
    return plugin;
}

/* Puts in what the command line left out. The names stay the plugin's. */
static void complete_options(struct settings *settings)
{
    const struct stockd_plugin *plugin = settings->plugin;
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const struct stockd_option *option =
            (const void *)((const char *)plugin->options + (size_t)i * plugin->option_size);
        bool given = option->secret || option->default_value || settings->option_count == 64;
        for (size_t k = 0; k < settings->option_count; k++)
            given |= strcmp(settings->options[k].name, option->name) == 0;
        if (given) continue;
        const char *value = "1";
        if (option->type == STOCKD_OPTION_BOOL) value = "true";
        if (option->type == STOCKD_OPTION_DURATION) value = "1s";
        if (option->type == STOCKD_OPTION_CHOICE && option->choices)
            value = strndup(option->choices, strcspn(option->choices, "|"));
        if (option->type == STOCKD_OPTION_INT && option->max > option->min) {
            char *text = malloc(32);
            if (!text) abort();
            snprintf(text, 32, "%lld", (long long)option->min);
            value = text;
        }
        settings->options[settings->option_count++] = (struct check_pair){option->name, value};
    }
}

static bool take_option(struct settings *settings, char *text)
{
    char *value = strchr(text, '=');
    if (!value || settings->option_count == 64) return false;
    *value = '\0';
    settings->options[settings->option_count++] = (struct check_pair){text, value + 1};
    return true;
}

/* -1: go on; else the exit code. */
static int parse(struct settings *settings, int argc, char **argv)
{
    for (int c; (c = getopt_long(argc, argv, "o:l:w:s:n:qxh", long_options, NULL)) != -1;) {
        switch (c) {
        case 'o':
            if (take_option(settings, optarg)) break;
            fprintf(stderr, "stockd-plugin-check: --option takes NAME=VALUE\n");
            return 2;
        case 'l': settings->listing = optarg; break;
        case 'w': settings->warehouse = optarg; break;
        case 's':
            if (samples_load(optarg)) break;
            fprintf(stderr, "stockd-plugin-check: the folder %s cannot be read\n", optarg);
            return 2;
        case 'n': settings->seeds = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'S': settings->seed = strtoull(optarg, NULL, 10); break;
        case 'H': settings->hang_s = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'M': settings->slow_us = strtoll(optarg, NULL, 10) * 1000; break;
        case 'q': settings->quiet = true; break;
        case 'x': settings->first = true; break;
        case 'h': fputs(help, stdout); return 0;
        default: return 2;
        }
    }
    if (optind == argc - 1) return -1;
    fputs("stockd-plugin-check: name one plugin; see --help\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct settings settings = {.listing = "1001",
                                .warehouse = "2001",
                                .seeds = 200,
                                .seed = 1,
                                .slow_us = SLOW_MS * 1000,
                                .hang_s = HANG_S};
    int done = parse(&settings, argc, argv);
    if (done >= 0) return done;
    settings.file = argv[optind];
    settings.plugin = load(settings.file);
    if (!settings.plugin) return 2;
    check_tables(&settings);
    if (report_failed) {
        puts("The operations are not driven until the tables hold.");
    } else {
        complete_options(&settings);
        check_operations(&settings);
    }
    return report_sum();
}
