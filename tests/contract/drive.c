/* contract-drive: the command line, and the order in which a marketplace is asked. */
#include "drive.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIRM_ROUNDS 4u

static const char help[] =
    "contract-drive: every operation of a plugin, over HTTP, through an API validator\n"
    "\n"
    "  --plugin FILE           the .so\n"
    "  --base URL              where all endpoints are\n"
    "  --endpoint NAME=URL     where this one is\n"
    "  --option NAME=VALUE     an option of the account\n"
    "  --secret NAME=VALUE     a secret option, or a token\n"
    "  --login                 begin with a login, and renew its token once\n"
    "  --scale F               waits last 1/F of what the plugin asks for (1)\n"
    "\n"
    "Exit status: 0 when each operation ended as it should and the validator had nothing to say.\n";

/* Splits NAME=VALUE in place. */
static char *value_of(char *pair)
{
    char *equals = strchr(pair, '=');
    if (!equals) {
        fprintf(stderr, "contract-drive: '%s' is no NAME=VALUE\n", pair);
        exit(2);
    }
    *equals = '\0';
    return equals + 1;
}

static void load(struct drive *drive, const char *file)
{
    void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    drive->plugin = object ? dlsym(object, "stockd_plugin") : NULL;
    if (!drive->plugin) {
        fprintf(stderr, "contract-drive: %s\n", dlerror());
        exit(2);
    }
    drive->host = check_new(drive->plugin);
    drive->scale = 1;
}

static void set_endpoint(struct drive *drive, const char *name, const char *url)
{
    for (uint32_t i = 0; i < drive->plugin->endpoint_count; i++)
        if (!name || strcmp(drive->plugin->endpoints[i].name, name) == 0) drive->urls[i] = url;
}

static void operation(struct drive *drive, enum stockd_operation which, const char *title,
                      void (*keep)(struct drive *drive))
{
    struct stockd_start start = {.size = sizeof(start),
                                 .operation = which,
                                 .warehouses = drive->warehouses,
                                 .warehouse_count = drive->warehouse_count};
    if (drive->plugin->operations[which] && drive_run(drive, &start, title) && keep) keep(drive);
}

static void login(struct drive *drive)
{
    struct stockd_start start = {.size = sizeof(start),
                                 .operation = STOCKD_AUTHORIZE,
                                 .authorize_mode = STOCKD_AUTHORIZE_LOGIN};
    drive_run(drive, &start, "authorize (login)");
    start.authorize_mode = STOCKD_AUTHORIZE_RENEW;
    drive_run(drive, &start, "authorize (renew)");
}

static void orders(struct drive *drive, enum stockd_orders_mode mode, const char *title,
                   const char *const *open, uint32_t open_count)
{
    struct stockd_start start = {.size = sizeof(start),
                                 .operation = STOCKD_FETCH_ORDERS,
                                 .orders_mode = mode,
                                 .since_ms = drive->host->now_ms - 86400000,
                                 .open_orders = open,
                                 .open_order_count = open_count,
                                 .warehouses = drive->warehouses,
                                 .warehouse_count = drive->warehouse_count};
    if (drive->plugin->operations[STOCKD_FETCH_ORDERS]) drive_run(drive, &start, title);
}

static void keep_listings_and_stock(struct drive *drive)
{
    drive_keep_listings(drive);
    drive_make_targets(drive);
    drive_keep_stock(drive);
}

static void everything(struct drive *drive)
{
    static const char *open[DRIVE_NAMES];
    uint32_t open_count = 0;
    operation(drive, STOCKD_CHECK_ACCOUNT, "check_account", NULL);
    operation(drive, STOCKD_LIST_WAREHOUSES, "list_warehouses", drive_keep_warehouses);
    operation(drive, STOCKD_FETCH_LISTINGS, "fetch_listings", keep_listings_and_stock);
    drive_read(drive);
    drive_write(drive, 7);
    drive_confirm(drive, CONFIRM_ROUNDS);
    drive_read(drive);
    orders(drive, STOCKD_ORDERS_SWEEP, "fetch_orders (sweep)", NULL, 0);
    for (size_t i = 0; i < drive->host->lines.count && open_count < DRIVE_NAMES; i++)
        if (drive->host->lines.at[i].order_id) /* not every line has its order yet */
            open[open_count++] = strdup(drive->host->lines.at[i].order_id);
    orders(drive, STOCKD_ORDERS_DRAIN, "fetch_orders (drain)", open, open_count);
}

int main(int argc, char **argv)
{
    enum { PLUGIN = 1, BASE, ENDPOINT, OPTION, SECRET, LOGIN, SCALE, HELP };
    static const struct option table[] = {{"plugin", required_argument, NULL, PLUGIN},
                                          {"base", required_argument, NULL, BASE},
                                          {"endpoint", required_argument, NULL, ENDPOINT},
                                          {"option", required_argument, NULL, OPTION},
                                          {"secret", required_argument, NULL, SECRET},
                                          {"login", no_argument, NULL, LOGIN},
                                          {"scale", required_argument, NULL, SCALE},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    static struct drive drive;
    bool with_login = false;
    int option;
    setvbuf(stdout, NULL, _IOLBF, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (option != PLUGIN && option != HELP && !drive.plugin) {
            fputs("contract-drive: --plugin comes first\n", stderr);
            return 2;
        }
        char *value =
            option == ENDPOINT || option == OPTION || option == SECRET ? value_of(optarg) : NULL;
        switch (option) {
        case PLUGIN: load(&drive, optarg); break;
        case BASE: set_endpoint(&drive, NULL, optarg); break;
        case ENDPOINT: set_endpoint(&drive, optarg, value); break;
        case OPTION: check_option(drive.host, optarg, value); break;
        case SECRET: drive_secret_set(&drive, optarg, value, NULL); break;
        case LOGIN: with_login = true; break;
        case SCALE: drive.scale = strtod(optarg, NULL); break;
        case HELP: fputs(help, stdout); return 0;
        default: return 2;
        }
    }
    if (!drive.plugin || !(drive.scale > 0)) {
        fputs(help, stderr);
        return 2;
    }
    if (with_login) login(&drive);
    everything(&drive);
    printf("%u violations of the document, %u operations failed\n", drive.violations,
           drive.failures);
    return drive.violations || drive.failures ? 1 : 0;
}
