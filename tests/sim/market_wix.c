/* Wix Stores under either catalogue: V3 with locations and revisions, V1 with one stock and changes
 * instead of figures. */
#include "market.h"

#include "buyers.h"
#include "marketsim/market_digits.h"
#include "marketsim/wix/wix_state.h"
#include "network.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

enum { WIX_MOST = 99999 };

static struct wix_site *site_of(const struct world *world, uint32_t account)
{
    return world->accounts[account].side;
}

static void make_products(struct world *world, uint32_t i, const struct plan *plan)
{
    struct world_account *account = &world->accounts[i];
    struct wix_site *site = account->side;
    bool v1 = account->kind == MARKET_WIX_V1;
    for (uint32_t p = 0; p < world->product_count; p++) {
        const struct wix_product_spec spec = {.sku = world->skus[p]};
        size_t index = wix_product_add(account->model, site, &spec);
        char id[WORLD_ID_MAX];
        const struct wix_product *product = &site->products[index];
        snprintf(id, sizeof id, "%s/%s", product->id, site->variants[product->first].id);
        world_listing(world, account->seller, p, id);
        for (uint32_t r = 0; r < account->remote_count; r++)
            if (v1 || (p + plan->seed) % 3)
                wix_stock_set(account->model, site, world->skus[p],
                              v1 ? NULL : world->remote_ids[account->remote_first + r], 0,
                              LOOP_START_MS);
    }
}

static void make(struct world *world, uint32_t i, const struct plan *plan)
{
    struct world_account *account = &world->accounts[i];
    enum wix_catalog catalog = account->kind == MARKET_WIX_V1 ? WIX_V1 : WIX_V3;
    if (!world->models[account->kind]) {
        struct wix *wix = wix_create(plan->seed, catalog);
        struct wix_settings settings = wix_settings_get(wix);
        settings.retry_after = plan->seed % 2 ? 7 : -1;
        settings.throttle_403 = plan->seed % 5 == 0;
        wix_settings_set(wix, &settings);
        world->models[account->kind] = wix;
    }
    account->model = world->models[account->kind];
    snprintf(account->client_id, sizeof account->client_id, "5170c0de-0000-4000-8000-%012u",
             2001 + i);
    account->side = wix_site_add(account->model, account->client_id, catalog);
    wix_key_set(account->side, account->api_key, WIX_MAY_ALL, true);
    for (uint32_t k = 0; k < account->remote_count; k++) {
        char *id = world->remote_ids[account->remote_first + k];
        snprintf(id, sizeof world->remote_ids[0], "10ca7104-0000-4000-8000-%012u",
                 (i + 1) * 1000 + k + 1);
        wix_location_add(account->side, id, id);
        if (catalog == WIX_V1) snprintf(id, sizeof world->remote_ids[0], "default");
    }
    make_products(world, i, plan);
}

static void destroy(void *model)
{
    wix_destroy(model);
}

static size_t options(const struct world *world, uint32_t account, struct plugin_value *values)
{
    values[0] = (struct plugin_value){"site-id", world->accounts[account].client_id};
    values[1] = (struct plugin_value){"api-key", world->accounts[account].api_key};
    return 2;
}

static void key(struct world *world, uint32_t i, bool alive)
{
    struct world_account *account = &world->accounts[i];
    if (alive)
        snprintf(account->api_key, sizeof account->api_key, "key-%u-%u", i + 1, ++account->keys);
    wix_key_set(account->side, account->api_key, WIX_MAY_ALL, alive);
}

static const char *location_of(const struct world *world, uint32_t remote)
{
    const struct world_account *account = &world->accounts[world->remote_account[remote]];
    return account->kind == MARKET_WIX_V1 ? NULL : world->remote_ids[remote];
}

static int64_t shown(const struct world *world, uint32_t remote, uint32_t product)
{
    int64_t free_stock = 0, reserved = 0;
    wix_stock_get(site_of(world, world->remote_account[remote]), world->skus[product],
                  location_of(world, remote), &free_stock, &reserved);
    return free_stock > 0 ? free_stock : 0; /* oversold ones go below */
}

/* A change, as the shop's till makes it: what is owed stays owed. */
static void write_figure(struct world *world, uint32_t remote, uint32_t product, int64_t figure,
                         int64_t now_ms)
{
    const struct world_account *account = &world->accounts[world->remote_account[remote]];
    int64_t there = 0, reserved = 0;
    if (!wix_stock_get(account->side, world->skus[product], location_of(world, remote), &there,
                       &reserved))
        return;
    wix_stock_set(account->model, account->side, world->skus[product], location_of(world, remote),
                  there + figure - shown(world, remote, product), now_ms);
}

/* Hidden products are read all the same. */
static bool meddle(struct world *world, uint32_t account, uint32_t product, enum meddling what,
                   int64_t now_ms)
{
    struct wix_site *site = site_of(world, account);
    size_t variant = wix_variant_find(site, world->skus[product]);
    if (variant == MARKET_MAP_NONE || (what != MEDDLE_VANISH && what != MEDDLE_RETURN))
        return false;
    struct wix_product *of = &site->products[site->variants[variant].product];
    of->visible = what == MEDDLE_RETURN;
    of->updated_ms = now_ms;
    return true;
}

static void rename_remote(struct world *world, uint32_t remote, uint32_t number)
{
    struct wix_site *site = site_of(world, world->remote_account[remote]);
    size_t at = wix_location_find(site, location_of(world, remote));
    char name[WORLD_ID_MAX];
    if (at == MARKET_MAP_NONE || !*site->locations[at].name) return;
    snprintf(name, sizeof name, "%s", site->locations[at].name);
    name[0] = (char)('A' + number % 26);
    wix_location_rename(site, location_of(world, remote), name);
}

/* ---- requests */

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool read_request(struct exchange *x, const char *method, const char *url)
{
    static const char host[] = "https://www.wixapis.com";
    if (!starts(url, host)) return false;
    (void)method;
    market_text_copy(x->path, sizeof x->path, url + sizeof host - 1);
    x->is_push =
        starts(x->path, "/stores/v3/bulk/") || starts(x->path, "/stores/v2/inventoryItems/");
    x->is_stock_reading = starts(x->path, "/stores-reader/v2/inventoryItems/") ||
                          strcmp(x->path, "/stores/v3/inventory-items/query") == 0;
    x->is_orders = strcmp(x->path, "/ecom/v1/orders/search") == 0;
    x->begins_drain = x->is_orders && strstr(x->body, "\"filter\"");
    return true;
}

static void handle(void *model, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    wix_handle(model, request, now_ms, answer);
}

static void forget(void *model)
{
    wix_forget(model);
}

static uint64_t writes(const void *model)
{
    return wix_write_count(model);
}

static void note(struct exchange *x, uint64_t number)
{
    const struct world *world = &x->sim->world;
    const struct world_account *account = &world->accounts[x->account];
    const struct wix_write *write = wix_write_get(account->model, number);
    bool v1 = account->kind == MARKET_WIX_V1;
    int remote =
        v1 ? (int)account->remote_first : world_remote_by_id(world, x->account, write->location);
    int product = world_product_by_sku(world, write->sku, strlen(write->sku));
    if (remote == WORLD_NONE || product == WORLD_NONE) return;
    network_noted(x, world_pair(world, (uint32_t)remote, (uint32_t)product), write->stock,
                  write->code[0] == 0);
}

static struct market_trace *trace(void *model)
{
    return wix_trace(model);
}

static struct market_faults *faults(void *model)
{
    return wix_faults(model);
}

/* ---- orders */

static size_t order_count(const struct world *world, uint32_t account)
{
    return site_of(world, account)->order_count;
}

static size_t line_count(const struct world *world, uint32_t account, size_t order)
{
    return site_of(world, account)->orders[order].line_count;
}

static int pair_of(const struct world *world, uint32_t account, const struct wix_order *order,
                   size_t index)
{
    const struct wix_site *site = site_of(world, account);
    const char *sku = site->variants[order->lines[index].variant].sku;
    int product = world_product_by_sku(world, sku, strlen(sku));
    int remote = world->accounts[account].kind == MARKET_WIX_V1
                     ? (int)world->accounts[account].remote_first
                     : world_remote_by_id(world, account, site->locations[order->location].id);
    if (remote == WORLD_NONE || product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(world, (uint32_t)remote, (uint32_t)product);
}

static int64_t changed_ms(const struct world *world, uint32_t account, size_t order,
                          uint64_t *number)
{
    *number = order;
    return site_of(world, account)->orders[order].updated_ms;
}

static void line(const struct world *world, uint32_t account, size_t at, size_t index,
                 struct market_line *out)
{
    const struct wix_order *order = &site_of(world, account)->orders[at];
    int64_t pieces = order->lines[index].quantity - order->lines[index].restocked;
    bool sent = strcmp(order->fulfillment, "FULFILLED") == 0;
    bool over = strcmp(order->status, "APPROVED") != 0;
    *out = (struct market_line){.pair = pair_of(world, account, order, index),
                                .number = at,
                                .state = sent * 2 + over,
                                .reserved = sent || over ? 0 : pieces,
                                .shipped = sent ? pieces : 0,
                                .placed_ms = order->created_ms,
                                .changed_ms = order->updated_ms,
                                .visible_ms = order->visible_ms};
    char digits[MARKET_DIGITS_SIZE], zeros[] = "00000000-0000-0000-0000-000000000000";
    const char *number = market_digits((int64_t)index + 1, digits);
    zeros[sizeof zeros - 1 - market_digits_size(number, digits)] = '\0';
    market_text_join(out->key, sizeof out->key,
                     (const char *const[]){order->id, "/", zeros, number, NULL});
}

static void tell(struct sim *sim, uint32_t account, const struct wix_order *order, const char *what)
{
    for (size_t i = 0; i < order->line_count; i++) {
        int pair = pair_of(&sim->world, account, order, i);
        if (pair != WORLD_NONE)
            buyers_tell(sim, (uint32_t)pair, order->id, what, order->lines[i].quantity);
    }
}

static void place(struct sim *sim, uint32_t account, const struct market_order *order)
{
    struct wix_order_line lines[MARKET_LINES_MAX];
    struct wix_site *site = site_of(&sim->world, account);
    for (uint32_t i = 0; i < order->line_count; i++)
        lines[i] = (struct wix_order_line){sim->world.skus[order->lines[i].product],
                                           order->lines[i].quantity};
    const struct wix_order_spec spec = {.location = location_of(&sim->world, order->remote),
                                        .lines = lines,
                                        .line_count = order->line_count,
                                        .oversell = order->oversell,
                                        .visible_after_ms = order->late_ms};
    char id[WIX_ID_SIZE];
    if (wix_order_place(sim->world.accounts[account].model, site, &spec, loop_true_ms(&sim->loop),
                        id))
        tell(sim, account, &site->orders[site->order_count - 1],
             order->late_ms ? "is placed, and not shown yet" : "is placed");
}

static void go_on(struct sim *sim, uint32_t account)
{
    static const char *const names[] = {"is paid", "is sent", "is cancelled", "is refunded",
                                        "is rejected"};
    enum { LOOKS = 6 };
    struct wix_site *site = site_of(&sim->world, account);
    for (int i = 0; i < LOOKS && site->order_count; i++) {
        size_t at = random_below(&sim->buyers, site->order_count);
        enum wix_order_step step = random_below(&sim->buyers, 3) ? WIX_FULFIL : WIX_REJECT;
        bool parcels = sim->plan.focus == FOCUS_COUNTS || sim->plan.focus == FOCUS_FORGOTTEN;
        if (parcels) step = WIX_FULFIL; /* alone */
        if (sim_chance(&sim->buyers, sim->plan.orders.cancel)) step = WIX_CANCEL;
        if (!wix_order_do(sim->world.accounts[account].model, site, site->orders[at].id, step,
                          sim->plan.orders.cancel_restores, loop_true_ms(&sim->loop)))
            continue;
        tell(sim, account, &site->orders[at], names[step]);
        return;
    }
}

#define WIX_SITE                                                                                  \
    .plugin = "wix", .most = WIX_MOST, .late_ms = 10000, .remotes_least = 1, .make = make,        \
    .destroy = destroy, .options = options, .key = key, .shown = shown, .write = write_figure,    \
    .meddle = meddle, .rename = rename_remote, .read_request = read_request, .handle = handle,    \
    .forget = forget, .writes = writes, .note = note, .trace = trace, .faults = faults,           \
    .order_count = order_count, .line_count = line_count, .changed_ms = changed_ms, .line = line, \
    .place = place, .go_on = go_on, .drained = "orders-cursor", .tells = MARKET_TELLS_ALWAYS

const struct sim_market market_wix_v3 = {.remotes_most = 3, .wire = &wire_wix_v3, WIX_SITE};
const struct sim_market market_wix_v1 = {.remotes_most = 1, .wire = &wire_wix_v1, WIX_SITE};
