/* Wildberries: sizes by chrtId, orders of one piece, a 204 that proves nothing. */
#include "market.h"

#include "buyers.h"
#include "marketsim/market_digits.h"
#include "marketsim/wb/wb_state.h"
#include "network.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WB_MOST = 100000, TOKEN_DAYS = 179 };

static struct wb_seller *seller_of(const struct world *world, uint32_t account)
{
    return world->accounts[account].side;
}

static int64_t number_of(const struct world *world, uint32_t remote)
{
    return strtoll(world->remote_ids[remote], NULL, 10);
}

static void new_token(struct world *world, uint32_t i)
{
    struct world_account *account = &world->accounts[i];
    const struct wb_token_spec spec = {
        .s = WB_CAN_ALL, .expires_ms = LOOP_START_MS + TOKEN_DAYS * INT64_C(86400000)};
    const struct wb_token *token = wb_token_add(account->model, account->side, &spec);
    snprintf(account->api_key, sizeof account->api_key, "%s", token->text);
}

static void make(struct world *world, uint32_t i, const struct plan *plan)
{
    struct world_account *account = &world->accounts[i];
    if (!world->models[MARKET_WB]) {
        struct wb *wb = wb_create(plan->seed);
        struct wb_settings settings = wb_settings_get(wb);
        settings.cancel_restores = plan->orders.cancel_restores;
        settings.decline_restores = plan->orders.keep_parent;
        settings.body_429 = (enum wb_limited)(plan->seed % 3);
        settings.naming = (enum wb_naming)(plan->seed / 3 % 3);
        settings.zero_rows = plan->seed / 9 % 2;
        settings.left_hidden = plan->focus == FOCUS_FINES && plan->seed % 2;
        wb_settings_set(wb, &settings);
        world->models[MARKET_WB] = wb;
    }
    account->model = world->models[MARKET_WB];
    account->side = wb_seller_add(account->model, 2001 + i);
    new_token(world, i);
    for (uint32_t r = account->remote_first; r < account->remote_first + account->remote_count;
         r++) {
        const struct wb_warehouse_spec spec = {.id = number_of(world, r)};
        wb_warehouse_add(account->side, &spec);
    }
    wb_cards_fill(account->side, "SKU-", 1, world->product_count);
    for (uint32_t p = 0; p < world->product_count; p++) {
        char id[24];
        snprintf(id, sizeof id, "%lld",
                 (long long)wb_size_find(account->side, world->skus[p])->chrt_id);
        world_listing(world, account->seller, p, id);
    }
}

static void destroy(void *model)
{
    wb_destroy(model);
}

static size_t options(const struct world *world, uint32_t account, struct plugin_value *values)
{
    values[0] = (struct plugin_value){"token", world->accounts[account].api_key};
    return 1;
}

static void key(struct world *world, uint32_t i, bool alive)
{
    if (alive)
        new_token(world, i);
    else
        wb_token_last(world->accounts[i].side)->revoked = true;
}

static void open_remote(struct world *world, uint32_t remote, bool open)
{
    wb_warehouse_flag(world->accounts[world->remote_account[remote]].side, number_of(world, remote),
                      WB_PROCESSING, !open);
}

static int64_t shown(const struct world *world, uint32_t remote, uint32_t product)
{
    int64_t free_stock = 0, reserved = 0;
    wb_stock_get(world->accounts[world->remote_account[remote]].side, world->skus[product],
                 number_of(world, remote), &free_stock, &reserved);
    return free_stock;
}

/* As another program of the seller's would. Not a zero: it may be a missing row, of which nothing
 * follows. */
static void write_figure(struct world *world, uint32_t remote, uint32_t product, int64_t figure,
                         int64_t now_ms)
{
    (void)now_ms;
    if (figure == 0) return;
    wb_stock_set(seller_of(world, world->remote_account[remote]), world->skus[product],
                 number_of(world, remote), figure);
}

/* Names are changed where they stand: the model knows the size by another one. */
static bool meddle(struct world *world, uint32_t account, uint32_t product, enum meddling what,
                   int64_t now_ms)
{
    struct wb_seller *seller = seller_of(world, account);
    struct wb_size *size = wb_size_find(seller, world->skus[product]);
    struct wb_card *card = &seller->cards[size->card];
    switch (what) {
    case MEDDLE_VANISH: wb_card_trash(seller, card, true, now_ms); return true;
    case MEDDLE_RETURN: wb_card_trash(seller, card, false, now_ms); return true;
    case MEDDLE_RENAME: card->vendor_code[0] = 'X'; break;
    case MEDDLE_NAME_BACK: card->vendor_code[0] = world->skus[product][0]; break;
    case MEDDLE_BARCODE: { /* the first digit: no other card has that, as Wildberries demands */
        char *digit = &size->barcodes[0];
        *digit = *digit == '9' ? '0' : (char)(*digit + 1);
        break;
    }
    default: return false;
    }
    wb_card_touch(seller, card, now_ms);
    return true;
}

static void rename_remote(struct world *world, uint32_t remote, uint32_t number)
{
    struct wb_seller *seller = seller_of(world, world->remote_account[remote]);
    size_t index = wb_warehouse_index(seller, number_of(world, remote));
    if (index == MARKET_MAP_NONE) return;
    char *name = seller->warehouses[index].name;
    if (*name) name[0] = (char)('A' + number % 26);
}

/* ---- requests */

static bool read_request(struct exchange *x, const char *method, const char *url)
{
    static const char *const hosts[][2] = {
        {"https://marketplace-api.wildberries.ru", "/marketplace"},
        {"https://content-api.wildberries.ru", "/content"},
        {"https://seller-analytics-api.wildberries.ru", "/analytics"}};
    static const char stocks[] = "/marketplace/api/v3/stocks/";
    size_t host = 0, size = 0;
    while (host < 3 && strncmp(url, hosts[host][0], size = strlen(hosts[host][0])) != 0)
        host++;
    if (host == 3) return false;
    size_t at = strlen(hosts[host][1]);
    memcpy(x->path, hosts[host][1], at);
    market_text_copy(x->path + at, sizeof x->path - at, url + size);
    bool of_stock = strncmp(x->path, stocks, sizeof stocks - 1) == 0;
    x->is_push = of_stock && strcmp(method, "PUT") == 0;
    x->is_stock_reading = of_stock && !x->is_push;
    x->is_orders = strncmp(x->path, "/marketplace/api/v3/orders", 26) == 0;
    x->begins_drain = strcmp(x->path, "/marketplace/api/v3/orders/new") == 0;
    return true;
}

static void handle(void *model, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    wb_handle(model, request, now_ms, answer);
}

static void forget(void *model)
{
    wb_forget(model);
}

static uint64_t writes(const void *model)
{
    return wb_write_count(model);
}

static void note(struct exchange *x, uint64_t number)
{
    const struct world *world = &x->sim->world;
    const struct wb_write *write = wb_write_get(world->models[MARKET_WB], number);
    int remote = world_remote_by_number(world, x->account, write->warehouse_id);
    int product = world_product_by_sku(world, write->offer, strlen(write->offer));
    if (remote == WORLD_NONE || product == WORLD_NONE) return;
    network_noted(x, world_pair(world, (uint32_t)remote, (uint32_t)product), write->stock,
                  write->code[0] == 0);
}

static struct market_trace *trace(void *model)
{
    return wb_trace(model);
}

static struct market_faults *faults(void *model)
{
    return wb_faults(model);
}

/* ---- orders */

static size_t order_count(const struct world *world, uint32_t account)
{
    return seller_of(world, account)->order_count;
}

static size_t line_count(const struct world *world, uint32_t account, size_t order)
{
    (void)world;
    (void)account;
    (void)order;
    return 1;
}

static bool is(const char *status, const char *wanted)
{
    return strcmp(status, wanted) == 0;
}

static int pair_of(const struct world *world, uint32_t account, const struct wb_order *order)
{
    const struct wb_seller *seller = seller_of(world, account);
    const char *sku = seller->sizes[order->size].offer;
    int remote = world_remote_by_number(world, account, seller->warehouses[order->warehouse].id);
    int product = world_product_by_sku(world, sku, strlen(sku));
    if (remote == WORLD_NONE || product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(world, (uint32_t)remote, (uint32_t)product);
}

static int64_t changed_ms(const struct world *world, uint32_t account, size_t order,
                          uint64_t *number)
{
    *number = order;
    return seller_of(world, account)->orders[order].changed_ms;
}

static void line(const struct world *world, uint32_t account, size_t index, size_t which,
                 struct market_line *out)
{
    const struct wb_order *order = &seller_of(world, account)->orders[index];
    bool away =
        is(order->supplier_status, "complete") || is(order->supplier_status, "cancel_carrier");
    bool over = is(order->supplier_status, "cancel") || is(order->wb_status, "declined_by_client");
    (void)which;
    *out = (struct market_line){.pair = pair_of(world, account, order),
                                .number = index,
                                .state = away   ? 2
                                         : over ? 1
                                                : 0,
                                .beside = order->zero,
                                .reserved = !away && !over,
                                .shipped = away,
                                .placed_ms = order->placed_ms,
                                .changed_ms = order->changed_ms,
                                .visible_ms = order->visible_ms};
    char digits[MARKET_DIGITS_SIZE];
    market_text_copy(out->key, sizeof out->key, market_digits(order->id, digits));
}

static void tell(struct sim *sim, uint32_t account, int64_t id, const char *what)
{
    const struct wb_seller *seller = seller_of(&sim->world, account);
    for (size_t i = seller->order_count; i > 0; i--) {
        if (seller->orders[i - 1].id != id) continue;
        char number[24];
        int pair = pair_of(&sim->world, account, &seller->orders[i - 1]);
        snprintf(number, sizeof number, "%lld", (long long)id);
        if (pair == WORLD_NONE) return;
        if (seller->orders[i - 1].zero) /* there was nothing that it could take */
            buyers_say(sim, (uint32_t)pair, number, what, 1);
        else
            buyers_tell(sim, (uint32_t)pair, number, what, 1);
        return;
    }
}

static void place(struct sim *sim, uint32_t account, const struct market_order *order)
{
    struct wb_order_spec spec = {.warehouse_id = number_of(&sim->world, order->remote),
                                 .oversell = order->oversell,
                                 .visible_after_ms = order->late_ms};
    for (uint32_t i = 0; i < order->line_count; i++) {
        spec.offer = sim->world.skus[order->lines[i].product];
        for (int32_t k = 0; k < order->lines[i].quantity; k++) {
            int64_t id =
                wb_order_place(sim->world.models[MARKET_WB], seller_of(&sim->world, account), &spec,
                               loop_true_ms(&sim->loop));
            if (id)
                tell(sim, account, id,
                     order->late_ms ? "is placed, and not shown yet" : "is placed");
        }
    }
}

static uint32_t below(struct sim *sim, uint32_t limit)
{
    return (uint32_t)random_below(&sim->buyers, limit);
}

static void go_on(struct sim *sim, uint32_t account)
{
    static const char *const names[] = {"is confirmed",
                                        "is handed over",
                                        "is sorted",
                                        "is sold",
                                        "is cancelled",
                                        "is declined",
                                        "is refused on receipt",
                                        "is broken",
                                        "is cancelled by the carrier"};
    enum { LOOKS = 6 };
    struct wb_seller *seller = seller_of(&sim->world, account);
    for (int i = 0; i < LOOKS && seller->order_count; i++) {
        const struct wb_order *order = &seller->orders[below(sim, (uint32_t)seller->order_count)];
        enum wb_order_step step = (enum wb_order_step)below(sim, WB_CANCEL_CARRIER + 1);
        if (sim_chance(&sim->buyers, sim->plan.orders.cancel))
            step = below(sim, 2) ? WB_CANCEL : WB_DECLINE;
        int64_t id = order->id;
        if (!wb_order_step(sim->world.models[MARKET_WB], seller, id, step,
                           loop_true_ms(&sim->loop)))
            continue;
        tell(sim, account, id, names[step]);
        return;
    }
}

const struct sim_market market_wb = {
    .plugin = "wb",
    .most = WB_MOST,
    .late_ms = 10000,
    .remotes_least = 1,
    .remotes_most = 3,
    .drained = "orders-cursor",
    .wire = &wire_wb,
    .make = make,
    .destroy = destroy,
    .options = options,
    .key = key,
    .open = open_remote,
    .shown = shown,
    .write = write_figure,
    .meddle = meddle,
    .rename = rename_remote,
    .read_request = read_request,
    .handle = handle,
    .forget = forget,
    .writes = writes,
    .note = note,
    .trace = trace,
    .faults = faults,
    .order_count = order_count,
    .line_count = line_count,
    .changed_ms = changed_ms,
    .line = line,
    .place = place,
    .go_on = go_on,
};
