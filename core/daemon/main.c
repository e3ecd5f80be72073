/* stockd: the command line of the daemon. */
#include "base/log.h"
#include "base/mem.h"
#include "base/region.h"
#include "daemon/daemon.h"
#include "net/curl_transport.h"

#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SPACE = 128 }; /* of an instance's directory: its name is short */

static const char config_default[] = "/etc/stockd/conf.d";

static const char help[] =
    "stockd " STOCKD_VERSION " - keeps a seller's stock true on every marketplace\n"
    "\n"
    "Usage: stockd [--config DIR] [-i NAME]  run in the foreground until SIGTERM\n"
    "       stockd --check [--config DIR]    say what is wrong with the configuration, and end\n"
    "       stockd --dump [--config DIR]     print the configuration in force, secrets as ***\n"
    "\n"
    "  -c, --config DIR   where the *.yaml files are (default /etc/stockd/conf.d, or "
    "$STOCKD_CONFIG)\n"
    "  -i, --instance N   another seller's: /etc/stockd/N.d, /var/lib/stockd-N, "
    "/run/stockd-N/stockd.sock\n"
    "      --check        check only; exit 0 when stockd would start with it, 78 when not\n"
    "      --dump         print all values with their defaults\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "Signals: SIGTERM and SIGINT stop it, SIGHUP reloads the configuration, SIGUSR1 reopens the "
    "log file.\n"
    "Exit: 0 stopped as asked, 1 failed, 2 wrong command line, 75 start it again, 78 wrong "
    "configuration.\n"
    "Talk to it with stockctl. Example: stockd --check --config ./conf.d && stockd --config "
    "./conf.d\n";

struct options {
    const char *config, *instance;
    bool check, dump;
};

/* Where the files are: --config, then -i, then the environment, then the usual place. */
static int choose_config(struct options *options)
{
    static char of_instance[PATH_SPACE];
    const char *name = options->instance, *from_env = getenv("STOCKD_CONFIG");
    if (name && (!config_name_valid(name) || strcmp(name, "conf") == 0)) {
        fprintf(stderr,
                "stockd: '%s' cannot name an instance: use lower-case letters, digits, "
                "'.', '_' and '-', beginning with a letter or digit, and not 'conf', whose "
                "directory is the first instance's\n",
                name);
        return EXIT_USAGE;
    }
    if (options->config) return -1;
    options->config = from_env && from_env[0] ? from_env : config_default;
    if (!name) return -1;
    snprintf(of_instance, sizeof of_instance, "/etc/stockd/%s.d", name);
    options->config = of_instance;
    return -1;
}

/* -1: go on; otherwise the exit code. */
static int parse(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"instance", required_argument, NULL, 'i'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"dump", no_argument, NULL, 'd'},
                                          {"version", no_argument, NULL, 'V'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "c:i:Vh", known, NULL)) != -1;) {
        switch (c) {
        case 'c': options->config = optarg; break;
        case 'i': options->instance = optarg; break;
        case 'k': options->check = true; break;
        case 'd': options->dump = true; break;
        case 'V': puts("stockd " STOCKD_VERSION); return EXIT_OK;
        case 'h': fputs(help, stdout); return EXIT_OK;
        default: fputs("stockd: try 'stockd --help'\n", stderr); return EXIT_USAGE;
        }
    }
    if (optind == argc) return choose_config(options);
    fprintf(stderr, "stockd: '%s' is one word too many; try 'stockd --help'\n", argv[optind]);
    return EXIT_USAGE;
}

static int check(struct daemon *daemon, const struct options *options, struct config_report *report)
{
    struct buf out;
    buf_init(&out, 16 << 20);
    if (options->dump && daemon->config)
        config_dump(daemon->config, &out);
    else
        config_check_print(options->config, daemon->config, report, &out);
    fputs(buf_cstr(&out), daemon->config ? stdout : stderr);
    buf_free(&out);
    return daemon->config ? EXIT_OK : EXIT_CONFIG;
}

static void print_report(const struct config_report *report, enum config_severity least)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->messages[i].severity >= least)
            fprintf(stderr, "stockd: %s\n", report->messages[i].text);
}

/* Memory that is there or ends the process (base/mem.h): without, jansson loses bytes of a text it
 * reads, libcurl sends a request without a header, and each of libuv's calls had a branch that
 * nobody can test. Plugins share the process's jansson. Before their first use. */
static void lend_memory(void)
{
    json_set_alloc_funcs(region_alloc, region_free);
    net_curl_lend_memory();
    uv_replace_allocator(mem_bare, mem_resize, mem_array, mem_free);
}

static int run(struct daemon *daemon)
{
    struct error error = {0};
    const char *log_file = daemon->config->daemon.log_file;
    log_level_set(daemon->config->daemon.log_level);
    log_format_set(daemon->config->daemon.log_format);
    int failed = log_file[0] ? log_open(log_file) : 0;
    if (failed) {
        fprintf(stderr, "stockd: the log file %s cannot be opened: %s\n", log_file,
                strerror(failed));
        return EXIT_FAILED;
    }
    if (daemon_start(daemon, &error) != ST_OK) {
        fprintf(stderr, "stockd: %s\n", error.text);
        return EXIT_FAILED;
    }
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
    log_info("daemon", "stopped", "exit=%d", daemon->exit_code);
    return daemon->exit_code;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    int code = parse(argc, argv, &options);
    if (code >= 0) return code;
    lend_memory();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGIO, SIG_IGN); /* leases of inbox files (intake/inbox_folder.c) */
    mem_few_arenas();
    setenv("UV_THREADPOOL_SIZE", "8", 0); /* half of them look up names: net/resolver.h */
    struct daemon daemon = {.config_dir = options.config, .instance = options.instance};
    struct config_report report;
    bool only_look = options.check || options.dump;
    daemon.plugins = plugins_new(!only_look);
    daemon.config = config_load_instance(options.config, options.instance, plugins_spec,
                                         daemon.plugins, &report);
    if (only_look) {
        code = check(&daemon, &options, &report);
    } else if (!daemon.config) {
        print_report(&report, CONFIG_ERROR);
        fprintf(stderr, "stockd: not started; `stockd --check --config %s` shows this again\n",
                options.config);
        code = EXIT_CONFIG;
    } else {
        print_report(&report, CONFIG_WARNING);
        code = run(&daemon);
    }
    config_report_free(&report);
    daemon_free(&daemon);
    return code;
}
