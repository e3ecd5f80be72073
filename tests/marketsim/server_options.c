/* The command line of marketsim. */
#include "server.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marketsim: a marketplace on a loopback port, for tests and demonstrations\n"
    "\n"
    "  --market NAME        ozon, wb, allegro or wix (ozon)\n"
    "  --listen ADDR:PORT   loopback only; port 0 takes a free one (127.0.0.1:0)\n"
    "  --port-file FILE     write the port there once it is open\n"
    "  --seed N             seed of all randomness (1)\n"
    "  --scale F            the marketplace's windows last 1/F of their time (1)\n"
    "  --products N         begin with N products, SKU-000001 and on\n"
    "  --prefix TEXT        instead of SKU-\n"
    "  --warehouses A,B     begin with these warehouses (ids)\n"
    "  --stock N            begin with that much of each product in each warehouse\n"
    "  --account ID         the seller's id at the marketplace, where not the model's own\n"
    "  --key KEY            what it is reached with (test-key)\n"
    "  --no-quotas          no request limits, no cadence\n"
    "  --help\n"
    "\n"
    "Example: marketsim --listen 127.0.0.1:8800 --products 1000 --warehouses 501,502\n"
    "Prints the address on stdout. Control endpoints are under /_control/ (see README.md).\n";

static void mistake(const char *option, const char *value)
{
    fprintf(stderr, "marketsim: bad value for %s: '%s' (see --help)\n", option, value);
    exit(2);
}

static int64_t number(const char *option, const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (!*text || *end || value < 0) mistake(option, text);
    return value;
}

/* Anybody who reaches the port may do anything: it is never opened to a network. */
static void parse_listen(struct server_options *options, const char *text)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof(host)) mistake("--listen", text);
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    int64_t port = number("--listen", colon + 1);
    struct sockaddr_in *v4 = (struct sockaddr_in *)&options->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&options->address;
    if (port > 65535) mistake("--listen", text);
    memset(&options->address, 0, sizeof(options->address));
    if (strcmp(host, "[::1]") == 0) {
        v6->sin6_family = AF_INET6;
        v6->sin6_addr = in6addr_loopback;
        v6->sin6_port = htons((uint16_t)port);
    } else if (inet_pton(AF_INET, host, &v4->sin_addr) == 1 &&
               ntohl(v4->sin_addr.s_addr) >> 24 == 127) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
    } else {
        fprintf(stderr, "marketsim: --listen takes a loopback address (127.0.0.1 or [::1])\n");
        exit(2);
    }
}

static void parse_scale(struct server_options *options, const char *text)
{
    char *end;
    options->setup.scale = strtod(text, &end);
    if (!*text || *end || !(options->setup.scale > 0)) mistake("--scale", text);
}

void server_options_parse(struct server_options *options, int argc, char **argv)
{
    enum {
        MARKET = 1,
        LISTEN,
        PORT_FILE,
        SEED,
        SCALE,
        PRODUCTS,
        PREFIX,
        WAREHOUSES,
        STOCK,
        ACCOUNT,
        KEY,
        NO_QUOTAS,
        HELP
    };
    static const struct option table[] = {{"market", required_argument, NULL, MARKET},
                                          {"listen", required_argument, NULL, LISTEN},
                                          {"port-file", required_argument, NULL, PORT_FILE},
                                          {"seed", required_argument, NULL, SEED},
                                          {"scale", required_argument, NULL, SCALE},
                                          {"products", required_argument, NULL, PRODUCTS},
                                          {"prefix", required_argument, NULL, PREFIX},
                                          {"warehouses", required_argument, NULL, WAREHOUSES},
                                          {"stock", required_argument, NULL, STOCK},
                                          {"account", required_argument, NULL, ACCOUNT},
                                          {"key", required_argument, NULL, KEY},
                                          {"no-quotas", no_argument, NULL, NO_QUOTAS},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    *options = (struct server_options){
        .market = "ozon", .seed = 1, .setup = {.scale = 1, .prefix = "SKU-", .stock = -1}};
    parse_listen(options, "127.0.0.1:0");
    int option;
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        switch (option) {
        case MARKET: options->market = optarg; break;
        case LISTEN: parse_listen(options, optarg); break;
        case PORT_FILE: options->port_file = optarg; break;
        case SEED: options->seed = (uint64_t)number("--seed", optarg); break;
        case SCALE: parse_scale(options, optarg); break;
        case PRODUCTS: options->setup.products = (size_t)number("--products", optarg); break;
        case PREFIX: options->setup.prefix = optarg; break;
        case WAREHOUSES: options->setup.warehouses = optarg; break;
        case STOCK: options->setup.stock = number("--stock", optarg); break;
        case ACCOUNT: options->setup.account = optarg; break;
        case KEY: options->setup.key = optarg; break;
        case NO_QUOTAS: options->setup.quotas_off = true; break;
        case HELP: fputs(help, stdout); exit(0);
        default: exit(2);
        }
    }
    if (optind < argc) mistake("the command line", argv[optind]);
}
