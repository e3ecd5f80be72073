/* Allegro: one figure of an offer, commands that are carried out later, tokens that rotate. */
#include "market.h"

#include "buyers.h"
#include "marketsim/allegro/allegro_state.h"
#include "network.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

enum { STOCK_FIRST = 5 }; /* what each offer begins with: one without stock was never active */

static struct allegro_seller *seller_of(const struct world *world, uint32_t account)
{
    return world->accounts[account].side;
}

/* Which ended offers come back: what stockd or buyers ended, or all; the latter where people end
 * offers by hand, which somebody has to put back, and where nobody here reads what buyers end. */
static const char *draw_reactivate(const struct plan *plan, uint32_t account)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x7265616374));
    return plan->foreign_ms || plan->focus == FOCUS_ENDED || plan->orders.outside >> account & 1 ||
                   random_below(&random, 2)
               ? "always"
               : "own";
}

/* How this seed's Allegro behaves; all of it is drawn, none of it is forbidden. */
static void draw_settings(struct allegro *allegro, const struct plan *plan)
{
    struct allegro_settings s = allegro_settings_get(allegro);
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x616c6c6567726f));
    s.device_polls = 1;
    s.cancel_restores = plan->orders.cancel_restores;
    s.register_ms = (int64_t)random_below(&random, 4000);
    s.command_ms = (int64_t)random_below(&random, 20000);
    s.patch_async_ms = random_below(&random, 3) ? 0 : (int64_t)random_below(&random, 20000);
    s.edit_ms = random_below(&random, 2) ? 0 : (int64_t)random_below(&random, 8000);
    s.activate_ms = random_below(&random, 2) ? 0 : (int64_t)random_below(&random, 8000);
    s.event_twice = random_below(&random, 2);
    s.bought_form = random_below(&random, 2);
    s.updated_moves = random_below(&random, 2);
    s.retry_after = random_below(&random, 2);
    s.odd_times = random_below(&random, 2);
    s.foreign_tasks = random_below(&random, 2);
    s.location_port = random_below(&random, 2);
    s.grace_same_pair = random_below(&random, 2);
    s.access_ms = (int64_t)(10 + random_below(&random, 700)) * 60000;
    if (plan->focus == FOCUS_LOGIN) s.access_ms = (int64_t)(2 + random_below(&random, 20)) * 60000;
    allegro_settings_set(allegro, &s);
}

static void make(struct world *world, uint32_t i, const struct plan *plan)
{
    struct world_account *account = &world->accounts[i];
    if (!world->models[MARKET_ALLEGRO]) {
        world->models[MARKET_ALLEGRO] = allegro_create(plan->seed);
        draw_settings(world->models[MARKET_ALLEGRO], plan);
    }
    account->model = world->models[MARKET_ALLEGRO];
    account->reactivate = draw_reactivate(plan, i);
    snprintf(account->client_id, sizeof account->client_id, "client-%u", i + 1);
    allegro_app_set(account->model, account->client_id, account->api_key);
    allegro_app_name(account->model, account->client_id, "stock-of-tests");
    char id[24];
    snprintf(id, sizeof id, "%u", 46000000 + i);
    struct allegro_seller *seller = allegro_seller_add(account->model, account->client_id, id);
    account->side = seller;
    snprintf(world->remote_ids[account->remote_first], sizeof world->remote_ids[0], "default");
    allegro_offers_fill(account->model, seller, "SKU-", 1, world->product_count, STOCK_FIRST,
                        LOOP_START_MS);
    for (uint32_t p = 0; p < world->product_count; p++)
        world_listing(world, account->seller, p, allegro_offer_find(seller, world->skus[p])->id);
}

static void destroy(void *model)
{
    allegro_destroy(model);
}

static size_t options(const struct world *world, uint32_t account, struct plugin_value *values)
{
    values[0] = (struct plugin_value){"client-id", world->accounts[account].client_id};
    values[1] = (struct plugin_value){"client-secret", world->accounts[account].api_key};
    values[2] = (struct plugin_value){"app-name", "stock-of-tests"};
    values[3] = (struct plugin_value){"app-url", "https://example.com/about"};
    values[4] = (struct plugin_value){"reactivate", world->accounts[account].reactivate};
    return 5;
}

/* The seller takes the consent back, and gives it again when asked (daemon_person). */
static void key(struct world *world, uint32_t i, bool alive)
{
    if (!alive) allegro_token_revoke(world->accounts[i].model, seller_of(world, i));
}

/* By its id: it may bear another name. Mostly it stands where the product does, as they were made
 * in one order; all of them are looked at whenever a request lands. */
static struct allegro_offer *offer_of(const struct world *world, uint32_t account, uint32_t product)
{
    struct allegro_seller *seller = seller_of(world, account);
    const char *id = world->listing_ids[world->accounts[account].seller][product];
    enum { ID_ROOM = 16 }; /* an offer's is shorter; compared as two words */
    if (product < seller->offer_count && !id[ID_ROOM - 1] &&
        memcmp(seller->offers[product].id, id, ID_ROOM) == 0)
        return &seller->offers[product];
    return allegro_offer_by_id(seller, id);
}

static int64_t shown(const struct world *world, uint32_t remote, uint32_t product)
{
    return allegro_offer_free(offer_of(world, world->remote_account[remote], product));
}

/* The figure of an offer that is put on sale is there some seconds before buyers see it. */
static int64_t told(const struct world *world, uint32_t remote, uint32_t product)
{
    const struct allegro_offer *offer = offer_of(world, world->remote_account[remote], product);
    return offer->status == OFFER_ACTIVATING ? offer->available : allegro_offer_free(offer);
}

/* 0 would end it. */
static void write_figure(struct world *world, uint32_t remote, uint32_t product, int64_t figure,
                         int64_t now_ms)
{
    uint32_t account = world->remote_account[remote];
    struct allegro_offer *offer = offer_of(world, account, product);
    if (offer->status == OFFER_ACTIVE)
        allegro_stock_foreign(world->accounts[account].model, seller_of(world, account), offer->id,
                              figure, now_ms);
}

static bool meddle(struct world *world, uint32_t account, uint32_t product, enum meddling what,
                   int64_t now_ms)
{
    struct allegro *allegro = world->accounts[account].model;
    struct allegro_seller *seller = seller_of(world, account);
    struct allegro_offer *offer = offer_of(world, account, product);
    size_t index = allegro_offer_index(seller, offer);
    switch (what) {
    case MEDDLE_VANISH: offer->flags |= ALLEGRO_UNLISTED; return true;
    case MEDDLE_RETURN: offer->flags &= ~(unsigned)ALLEGRO_UNLISTED; return true;
    case MEDDLE_RENAME: allegro_offer_rename(seller, offer, "OTHER"); return true;
    case MEDDLE_NAME_BACK: allegro_offer_rename(seller, offer, world->skus[product]); return true;
    case MEDDLE_END:
        if (offer->status != OFFER_ACTIVE) return false;
        allegro_offer_end(allegro, seller, index, ENDED_USER, now_ms);
        return true;
    case MEDDLE_ACTIVATE:
        return offer->status == OFFER_ENDED && offer->ended_by == ENDED_USER &&
               allegro_offer_activate(allegro, seller, index, now_ms);
    default: return false;
    }
}

/* ---- requests */

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool read_request(struct exchange *x, const char *method, const char *url)
{
    static const char api[] = "https://api.allegro.pl", auth[] = "https://allegro.pl";
    const char *path = starts(url, api)    ? url + sizeof api - 1
                       : starts(url, auth) ? url + sizeof auth - 1
                                           : NULL;
    if (!path) return false;
    market_text_copy(x->path, sizeof x->path, path);
    x->is_push = starts(path, "/sale/") && strcmp(method, "GET") != 0;
    x->is_stock_reading = starts(path, "/sale/") && !x->is_push;
    x->is_orders = starts(path, "/order/");
    x->is_login = starts(path, "/auth/");
    x->begins_drain = starts(path, "/order/event") ||
                      (starts(path, "/order/checkout-forms?") && strstr(path, "&offset=0&"));
    return true;
}

static void handle(void *model, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    allegro_handle(model, request, now_ms, answer);
}

static void forget(void *model)
{
    allegro_forget(model);
}

static uint64_t writes(const void *model)
{
    return allegro_write_count(model);
}

static void note(struct exchange *x, uint64_t number)
{
    const struct world *world = &x->sim->world;
    const struct allegro_write *write = allegro_write_get(world->models[MARKET_ALLEGRO], number);
    int product = world_product_by_listing(world, x->account, write->offer);
    /* Below 0: it was activated with what it has. */
    if (product == WORLD_NONE || write->stock < 0) return;
    uint32_t remote = world->accounts[x->account].remote_first;
    struct exchange_item *item = network_noted(x, world_pair(world, remote, (uint32_t)product),
                                               write->stock, write->code[0] == 0);
    /* A figure does not bring back what sold out: only an activation does. */
    const struct allegro_offer *offer = /* its SKU may be another one by now */
        allegro_offer_by_id(seller_of(world, x->account), write->offer);
    if (item) item->hidden = offer && offer->status == OFFER_ENDED;
}

static struct market_trace *trace(void *model)
{
    return allegro_trace(model);
}

static struct market_faults *faults(void *model)
{
    return allegro_faults(model);
}

static void advance(void *model, int64_t now_ms)
{
    allegro_advance(model, now_ms);
}

static void hold(void *model, bool on)
{
    struct allegro_settings s = allegro_settings_get(model);
    s.stuck_commands = on ? -1 : 0;
    allegro_settings_set(model, &s);
}

/* Something was written to one of its offers since. */
static bool is_passed(const struct allegro *allegro, const struct allegro_command *command)
{
    for (uint64_t seq = allegro_write_count(allegro);; seq--) {
        const struct allegro_write *write = allegro_write_get(allegro, seq);
        if (!write || write->request <= command->request) return false;
        for (size_t i = 0; i < command->task_count && !write->code[0]; i++)
            if (strcmp(command->tasks[i].offer, write->offer) == 0) return true;
    }
}

static void let_go(struct exchange *x, int64_t age_ms)
{
    struct allegro *allegro = x->sim->world.accounts[x->account].model;
    struct allegro_seller *seller = seller_of(&x->sim->world, x->account);
    int64_t now_ms = loop_true_ms(&x->sim->loop);
    for (size_t i = 0; i < seller->command_count; i++) {
        const struct allegro_command *command = seller->commands[i];
        if (strstr(x->path, command->id) && now_ms - command->created_ms >= age_ms &&
            !is_passed(allegro, command))
            allegro_command_finish(allegro, seller, command->id, true, now_ms);
    }
}

/* ---- orders */

static size_t order_count(const struct world *world, uint32_t account)
{
    return seller_of(world, account)->order_count;
}

static size_t line_count(const struct world *world, uint32_t account, size_t order)
{
    return seller_of(world, account)->orders[order].line_count;
}

static int pair_of(const struct world *world, uint32_t account, const struct allegro_line *line)
{
    const struct allegro_seller *seller = seller_of(world, account);
    int product = world_product_by_listing(world, account, seller->offers[line->offer].id);
    if (product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(world, world->accounts[account].remote_first, (uint32_t)product);
}

static int64_t changed_ms(const struct world *world, uint32_t account, size_t order,
                          uint64_t *number)
{
    *number = order;
    return world->touched_ms[account][order];
}

static void line(const struct world *world, uint32_t account, size_t index, size_t which,
                 struct market_line *out)
{
    const struct allegro_order *order = &seller_of(world, account)->orders[index];
    const struct allegro_line *of = &order->lines[which];
    const struct allegro *allegro = world->models[MARKET_ALLEGRO];
    bool sent = strcmp(order->fulfillment, "SENT") == 0 ||
                strcmp(order->fulfillment, "PICKED_UP") == 0 ||
                strcmp(order->fulfillment, "RETURNED") == 0;
    *out = (struct market_line){
        .pair = pair_of(world, account, of),
        .formless = order->stage == STAGE_BOUGHT && !allegro->settings.bought_form,
        .number = index,
        .state = (int)order->stage,
        .reserved = sent || order->stage == STAGE_CANCELLED ? 0 : of->quantity,
        .shipped = sent ? of->quantity : 0,
        .placed_ms = order->placed_ms,
        .changed_ms = world->touched_ms[account][index],
        .visible_ms = order->visible_ms};
    market_text_copy(out->key, sizeof out->key, of->id);
}

static void touched(struct sim *sim, uint32_t account, size_t index, const char *what)
{
    const struct allegro_order *order = &seller_of(&sim->world, account)->orders[index];
    sim->world.touched_ms[account][index] = loop_true_ms(&sim->loop);
    for (size_t i = 0; i < order->line_count; i++) {
        int pair = pair_of(&sim->world, account, &order->lines[i]);
        if (pair != WORLD_NONE)
            buyers_tell(sim, (uint32_t)pair, order->id, what, order->lines[i].quantity);
    }
}

static void place(struct sim *sim, uint32_t account, const struct market_order *order)
{
    struct allegro_order_line lines[MARKET_LINES_MAX];
    struct allegro_seller *seller = seller_of(&sim->world, account);
    for (uint32_t i = 0; i < order->line_count; i++)
        lines[i] = (struct allegro_order_line){
            offer_of(&sim->world, account, order->lines[i].product)->id, order->lines[i].quantity};
    const struct allegro_order_spec spec = {
        .lines = lines,
        .line_count = order->line_count,
        .stage = (enum allegro_stage)random_below(&sim->buyers, STAGE_READY + 1),
        .oversell = order->oversell,
        .visible_after_ms = order->late_ms};
    char id[ALLEGRO_UUID_SIZE];
    allegro_advance(sim->world.models[MARKET_ALLEGRO], loop_true_ms(&sim->loop));
    if (allegro_order_place(sim->world.models[MARKET_ALLEGRO], seller, &spec,
                            loop_true_ms(&sim->loop), id, sizeof id))
        touched(sim, account, seller->order_count - 1,
                order->late_ms ? "is placed, and not shown yet" : "is placed");
}

static void go_on(struct sim *sim, uint32_t account)
{
    static const char *const names[] = {"is filled in", "is paid",      "is packed", "is sent",
                                        "is delivered", "is cancelled", "runs out",  "goes back"};
    enum { LOOKS = 6 };
    struct allegro_seller *seller = seller_of(&sim->world, account);
    struct allegro *allegro = sim->world.models[MARKET_ALLEGRO];
    allegro_advance(allegro, loop_true_ms(&sim->loop));
    for (int i = 0; i < LOOKS && seller->order_count; i++) {
        size_t at = random_below(&sim->buyers, seller->order_count);
        enum allegro_order_step step =
            (enum allegro_order_step)random_below(&sim->buyers, ORDER_RETURN + 1);
        if (sim_chance(&sim->buyers, sim->plan.orders.cancel)) step = ORDER_CANCEL;
        if (!allegro_order_step(allegro, seller, seller->orders[at].id, step,
                                loop_true_ms(&sim->loop)))
            continue;
        touched(sim, account, at, names[step]);
        return;
    }
}

const struct sim_market market_allegro = {
    .plugin = "allegro",
    .most = INT32_MAX,
    .late_ms = 40000,
    .remotes_least = 1,
    .remotes_most = 1,
    .async = true,
    .tells = MARKET_TELLS_SOMETIMES, /* of a parcel that is neither open nor cancelled, nothing */
    .drained = "orders-until",
    .wire = &wire_allegro,
    .make = make,
    .destroy = destroy,
    .options = options,
    .key = key,
    .shown = shown,
    .told = told,
    .write = write_figure,
    .meddle = meddle,
    .read_request = read_request,
    .handle = handle,
    .forget = forget,
    .writes = writes,
    .note = note,
    .trace = trace,
    .faults = faults,
    .advance = advance,
    .hold = hold,
    .let_go = let_go,
    .order_count = order_count,
    .line_count = line_count,
    .changed_ms = changed_ms,
    .line = line,
    .place = place,
    .go_on = go_on,
};
