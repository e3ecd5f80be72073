/* The marketplaces that a test can have, and accounts at them. What a test does with one daemon and
 * Ozon alone needs nothing of this. */
#include "harness_private.h"
#include "markets.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the marketplaces, their limits as the plugins have them, a hundred times as fast */

const struct market market_ozon = {
    .name = "ozon",
    .plugin = "ozon",
    .options = "--market ozon --warehouses 501,502",
    .places = 2,
    .remote = {"501", "502"},
    .writes = {"/v2/products/stocks"},
    .reads = {"/v1/product/info/warehouse/stocks", "/v2/product/info/stocks-by-warehouse/fbs"},
    .orders = {"/v4/posting/fbs/list"},
    .list = "/v3/product/list",
    .quotas = "stock: {amount: 80, per: 600ms}, all: {amount: 50, per: 10ms}",
};

const struct market market_wb = {
    .name = "wb",
    .plugin = "wb",
    .options = "--market wb --warehouses 501,502",
    .places = 2,
    .remote = {"501", "502"},
    .writes = {"PUT /api/v3/stocks/*"},
    .reads = {"POST /api/v3/stocks/*"},
    .orders = {"GET /api/v3/orders*", "POST /api/v3/orders/*"},
    .list = "POST /content/v2/get/cards/list",
    .quotas =
        "stocks: {amount: 300, per: 600ms}, warehouses: {amount: 300, per: 600ms},\n"
        "             orders: {amount: 300, per: 600ms}, content: {amount: 100, per: 600ms},\n"
        "             analytics: {amount: 3, per: 600ms}",
};

const struct market market_allegro = {
    .name = "allegro",
    .plugin = "allegro",
    .options = "--market allegro",
    .places = 1,
    .remote = {"default"},
    .writes = {"PUT /sale/offer-quantity-change-commands/*",
               "POST /sale/offer-bulk-modification-commands", "PATCH /sale/product-offers/*",
               "PUT /sale/offer-publication-commands/*"},
    .reads = {"GET /sale/*"},
    .orders = {"GET /order/*"},
    .list = "GET /sale/offers",
    .quotas = "client: {amount: 9000, per: 600ms}, get: {amount: 3500, per: 600ms},\n"
              "             patch: {amount: 2500, per: 600ms},\n"
              "             quantity-minute: {amount: 9000, per: 600ms},\n"
              "             quantity-hour: {amount: 250000, per: 36s},\n"
              "             bulk-minute: {amount: 9000, per: 600ms},\n"
              "             bulk-hour: {amount: 150000, per: 36s},\n"
              "             publication-minute: {amount: 9000, per: 600ms},\n"
              "             publication-hour: {amount: 250000, per: 36s},\n"
              "             tasks: {amount: 270000, per: 600ms}",
};

#define WIX_PLACE "10ca7104-0000-4000-8000-000000000501"
#define WIX_OTHER "10ca7104-0000-4000-8000-000000000502"

const struct market market_wix = {
    .name = "wix",
    .plugin = "wix",
    .options = "--market wix --warehouses " WIX_PLACE "," WIX_OTHER,
    .places = 2,
    .remote = {WIX_PLACE, WIX_OTHER},
    .writes = {"/stores/v3/bulk/inventory-items/*"},
    .reads = {"/stores/v3/inventory-items/query"},
    .orders = {"/ecom/v1/orders/search"},
    .list = "/stores/v3/products/*",
    .quotas = "all: {amount: 200, per: 600ms}",
};

const struct market market_wix_v1 = {
    .name = "wix-v1",
    .plugin = "wix",
    .options = "--market wix-v1 --warehouses " WIX_PLACE,
    .places = 1,
    .remote = {"default"},
    .there = {WIX_PLACE},
    .writes = {"/stores/v2/inventoryItems/*"},
    .reads = {"/stores-reader/v2/*"},
    .orders = {"/ecom/v1/orders/search"},
    .list = "/stores-reader/v1/products/query",
    .quotas = "all: {amount: 200, per: 600ms}",
};

/* ---- accounts */

/* A seller's id as the marketplace has them. */
static const char *new_seller(const struct market *market)
{
    static int serial = 1000;
    serial++;
    if (strcmp(market->plugin, "allegro") == 0) return text_format("client-%d", serial);
    if (strcmp(market->plugin, "wix") == 0)
        return text_format("5170c0de-0000-4000-8000-%012d", serial);
    return text_format("%d", serial);
}

static const char *address_of(const struct shop *shop)
{
    return shop->base ? shop->base : text_format("http://127.0.0.1:%d", shop->sim.port);
}

/* The account's own lines: who it is, and where the marketplace is. */
static const char *own_lines(const struct shop *shop)
{
    const char *at = address_of(shop);
    if (shop->market == &market_ozon)
        return text_format("    client-id: %s\n    api-key: test-key\n"
                           "    endpoints: {api: \"%s\"}\n",
                           shop->seller, at);
    if (shop->market == &market_wb)
        return text_format(
            "    token: %s\n    endpoints: {marketplace: \"%s/marketplace\", "
            "content: \"%s/content\", analytics: \"%s/analytics\"}\n",
            text_at(sim_get(&shop->sim, text_format("token?client_id=%s", shop->seller)), "token"),
            at, at, at);
    if (shop->market == &market_allegro)
        return text_format("    client-id: %s\n    client-secret: test-key\n"
                           "    app-name: stockd\n    app-url: https://shop.example/stockd\n"
                           "    endpoints: {api: \"%s\", auth: \"%s\"}\n",
                           shop->seller, at, at);
    return text_format("    site-id: %s\n    api-key: test-key\n    endpoints: {api: \"%s\"}\n",
                       shop->seller, at);
}

void shop_conf(const struct shop *shop, const char *more)
{
    static const char *const ours[] = {"msk", "spb"};
    const char *links = "";
    for (int w = 0; w < shop->market->places; w++)
        links = text_format("%s  - {warehouse: %s, account: %s, remote: %s}\n", links, ours[w],
                            shop->account, shop->market->remote[w]);
    /* After a start nothing is read back before a request of the life before must have ended. */
    if (!strstr(more, "timeout:")) more = text_format("    timeout: 2s\n%s", more);
    conf_write(
        text_format("50-%s.yaml", shop->account),
        "accounts:\n  %s:\n    plugin: %s\n    first-plan: apply\n%s    allow-plain-http: yes\n"
        "    quotas: {%s}\n%slinks:\n%s",
        shop->account, shop->market->plugin, own_lines(shop), shop->market->quotas, more, links);
}

void shop_open(struct shop *shop, const struct market *market, const char *account, int products,
               const char *more)
{
    const char *file = text_format("%s.so", market->plugin);
    *shop = (struct shop){.market = market, .account = account, .seller = new_seller(market)};
    shop->sim = sim_another(MARKET_SCALE, text_format("%s --account %s --products %d --stock 1",
                                                      market->options, shop->seller, products));
    if (access(world_path("plugins/%s", file), F_OK) != 0)
        plugin_put(text_format("%s/%s", FAST_PLUGINS, file), file);
    conf_places();
    shop_conf(shop, more);
}

static bool all_was_read(const struct shop *shop)
{
    json_t *account, *task;
    size_t i;
    if (api("GET", text_format("/v1/accounts/%s", shop->account), NULL, &account) != 200)
        return false;
    if (strcmp(text_at(account, "state"), "active") != 0) return false;
    json_array_foreach (json_object_get(account, "tasks"), i, task) {
        bool reads =
            strcmp(text_at(task, "task"), "renew") && strcmp(text_at(task, "task"), "login");
        if (reads && !*text_at(task, "last")) return false;
    }
    return true;
}

void shops_enter(struct shop *shops, int count)
{
    pid_t logins[64];
    for (int i = 0; i < count; i++) {
        if (shops[i].market != &market_allegro) continue;
        sim_post(&shops[i].sim, "settings", "{\"device_polls\":1,\"device_interval\":1}");
        logins[i] = ctl_begin(shops[i].account, "account login %s", shops[i].account);
    }
    for (int i = 0; i < count; i++)
        if (shops[i].market == &market_allegro && process_wait(logins[i], LONG_S) != 0)
            fail_msg("%s", file_read(world_path("%s.err", shops[i].account)));
    for (int i = 0; i < count; i++)
        WAIT_FOR(LONG_S, all_was_read(&shops[i]));
}

/* ---- faults */

static void fault(const struct shop *shop, const char *path, const char *fields)
{
    sim_post(&shop->sim, "fault", "{\"path\":\"%s\",%s}", path, fields);
}

void shop_fault_writes(const struct shop *shop, const char *fields)
{
    for (int i = 0; i < MARKET_WRITES_MAX && shop->market->writes[i]; i++)
        fault(shop, shop->market->writes[i], fields);
}

void shop_fault_reads(const struct shop *shop, const char *fields)
{
    for (int i = 0; i < MARKET_WRITES_MAX && shop->market->reads[i]; i++)
        fault(shop, shop->market->reads[i], fields);
}

void shop_fault_all(const struct shop *shop, const char *fields)
{
    sim_post(&shop->sim, "fault", "{%s}", fields);
}

void shop_faults_clear(const struct shop *shop)
{
    sim_post(&shop->sim, "faults/clear", "{}");
}

int64_t shop_faults_hit(const struct shop *shop)
{
    json_t *faults = json_object_get(sim_get(&shop->sim, "faults"), "faults"), *row;
    size_t i;
    int64_t hits = 0;
    json_array_foreach (faults, i, row)
        hits += number_at(row, "hits");
    return hits;
}

/* ---- what they show */

/* The place of a row's warehouse: a number at some, a text at others; -1: none of ours. */
static int place_of(const struct market *market, const json_t *id)
{
    char digits[32];
    const char *text = json_string_value(id);
    snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(id));
    for (int w = 0; w < market->places; w++)
        if (strcmp(market->there[w] ? market->there[w] : market->remote[w], text ? text : digits) ==
            0)
            return w;
    return -1;
}

int shop_differs(const struct shop *shop, const struct figures *figures)
{
    static bool seen[2][20001];
    memset(seen, 0, sizeof seen);
    json_t *state =
               sim_get(&shop->sim, text_format("state?prefix=SKU-&client_id=%s", shop->seller)),
           *row;
    size_t i;
    int wrong = 0;
    json_array_foreach (json_object_get(state, "pairs"), i, row) {
        int product = atoi(json_string_value(json_array_get(row, 0)) + 4);
        int w = place_of(shop->market, json_array_get(row, 1));
        if (product < 1 || product > figures->products || w < 0) continue;
        seen[w][product] = true;
        int64_t wanted = figures->at[w][product];
        wrong += wanted >= 0 && json_integer_value(json_array_get(row, 2)) != wanted;
    }
    for (int w = 0; w < shop->market->places; w++)
        for (int p = 1; p <= figures->products; p++)
            wrong += figures->at[w][p] > 0 && !seen[w][p];
    return wrong;
}

static bool all_shown(const struct shop *shops, int count, const struct figures *figures)
{
    if (!all_sent()) return false;
    for (int i = 0; i < count; i++)
        if (shop_differs(&shops[i], figures)) return false;
    return all_sent();
}

void shops_wait_shown(const struct shop *shops, int count, const struct figures *figures,
                      int seconds)
{
    size_t mark = keep_mark();
    int64_t began = now_ms(), until = began + (int64_t)seconds * 1000;
    while (!all_shown(shops, count, figures)) {
        keep_forget(mark);
        wait_pause(began);
        if (now_ms() < until) continue;
        for (int i = 0; i < count; i++)
            fprintf(stderr, "%s: %d figures are not shown; faults: %s\n", shops[i].account,
                    shop_differs(&shops[i], figures),
                    (char *)keep(json_dumps(sim_get(&shops[i].sim, "faults"), JSON_COMPACT)));
        for (int i = 0; i < count; i++)
            if (account_number(shops[i].account, "dirty") ||
                account_number(shops[i].account, "unresolved") ||
                account_number(shops[i].account, "rejected"))
                fprintf(
                    stderr, "%.4000s\n%.3000s\n", ctl("account show %s", shops[i].account).out,
                    ctl("target list --account %s --state %s", shops[i].account,
                        account_number(shops[i].account, "rejected") ? "rejected" : "unresolved")
                        .out);
        fail_msg("after %d s not all is shown", seconds);
    }
    keep_forget(mark);
}

struct shop_writes shop_writes(const struct shop *shop, int64_t since)
{
    struct shop_writes found = {.last_seq = since};
    static int64_t last[2][20001];
    for (int p = 0; p <= 20000; p++)
        last[0][p] = last[1][p] = INT64_MIN;
    json_t *answer = sim_get(&shop->sim, text_format("writes?since=%lld&client_id=%s",
                                                     (long long)since, shop->seller)),
           *row;
    size_t i;
    json_array_foreach (json_object_get(answer, "writes"), i, row) {
        found.last_seq = number_at(row, "seq");
        if (*text_at(row, "code") || strncmp(text_at(row, "offer_id"), "SKU-", 4) != 0) continue;
        int product = atoi(text_at(row, "offer_id") + 4);
        int w = place_of(shop->market, json_object_get(row, "warehouse_id"));
        if (w < 0 || product < 1 || product > 20000) continue;
        found.count++;
        int64_t stock = number_at(row, "stock");
        bool by = json_is_true(json_object_get(row, "change")); /* more or fewer, not so many */
        found.same += by ? stock == 0 : last[w][product] == stock;
        last[w][product] = by ? INT64_MIN : stock;
    }
    return found;
}

void shops_good(const struct shop *shops, int count)
{
    for (int i = 0; i < count; i++)
        if (sim_violations(&shops[i].sim))
            fail_msg("%s: violations: %s", shops[i].account,
                     (char *)keep(json_dumps(sim_get(&shops[i].sim, "violations"), JSON_COMPACT)));
    world_good();
}
