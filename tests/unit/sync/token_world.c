/* What was alive when a process was killed is kept, so that leak checkers see it is not lost. */
#include "token_world.h"

#include "base/mem.h"
#include "base/seal.h"
#include "engine/command.h"
#include "engine/group.h"
#include "net/recorder.h"
#include "store/memory.h"
#include "store/schema.h"
#include "sync/token.h"
#include "test_main.h"
#include "test_runtime.h"

#include <stdio.h>
#include <string.h>

enum { FLIGHTS_MAX = 16, HOP_MS = 150, FIRST_READINGS_MS = 5 * 60 * 1000 };
#define TOKENS_LAST_MS (INT64_C(400) * 24 * 60 * 60 * 1000)
static const char account[] = "shop-main";

struct flight {
    struct token_world *world;
    struct net_request *client; /* NULL: free */
    struct timer timer;
    bool served, lost, is_renewal, hangs;
    char path[80], bearer[100], body[200];
    bool has_bearer;
    struct shop_answer answer;
};

struct token_world {
    struct transport transport; /* first */
    struct store *store;
    struct seal *seal;
    struct token_shop shop;
    struct plugin_registry *registry;
    const struct plugin *plugin;
    struct random chaos;
    uint32_t not_sent, lost;
    int64_t next_us; /* when the next process begins */
    uint64_t lives;

    struct engine *engine;
    struct test_runtime *runtime;
    struct recorder *recorder;
    struct sync *sync;
    struct plugin_instance *instance;
    struct flight *flights;
    uint32_t number;
    bool hangs, orders;
    struct sync_schedules schedules;
    struct sync_schedule_view shown;
    const char *asked;
};

static struct {
    void *list[20000];
    size_t count;
} dead;

static void bury(void *what)
{
    assert_true(dead.count < sizeof dead.list / sizeof *dead.list);
    dead.list[dead.count++] = what;
}

struct token_shop *token_world_shop(struct token_world *w)
{
    return &w->shop;
}

struct store *token_world_store(struct token_world *w)
{
    return w->store;
}

void token_world_lose(struct token_world *w, uint32_t not_sent, uint32_t lost)
{
    w->not_sent = not_sent;
    w->lost = lost;
}

uint64_t token_world_commits(const struct token_world *w)
{
    return test_runtime_commits(w->runtime);
}

int64_t token_world_now_ms(const struct token_world *w)
{
    return clock_wall_ms(test_runtime_of(w->runtime)->clock);
}

/* ---- the network */

static void serve(struct flight *f)
{
    f->served = true;
    f->answer = token_shop_serve(&f->world->shop, token_world_now_ms(f->world), f->path,
                                 f->has_bearer ? f->bearer : NULL, f->body);
}

static void on_hop(struct timer *timer)
{
    struct flight *f = (struct flight *)((char *)timer - offsetof(struct flight, timer));
    struct runtime *runtime = test_runtime_of(f->world->runtime);
    f->hangs |= f->world->hangs;
    if (f->hangs && !f->lost) return;
    struct net_answer answer = {.result = NET_NOT_SENT, .error = "no way there"};
    if (f->served || random_below(&f->world->chaos, 100) >= f->world->not_sent) {
        if (!f->served) {
            serve(f);
            f->lost = random_below(&f->world->chaos, 100) < f->world->lost;
            runtime->timer_arm(runtime, timer, f->lost ? 20 * HOP_MS : HOP_MS);
            return;
        }
        answer = f->lost ? (struct net_answer){.result = NET_LOST, .error = "nothing came back"}
                         : (struct net_answer){.result = NET_ARRIVED,
                                               .status = f->answer.status,
                                               .body = bytes_text(f->answer.body)};
    }
    struct net_request *client = f->client;
    f->client = NULL;
    client->done(client, &answer);
}

static void net_send(struct transport *transport, struct net_request *request)
{
    struct token_world *w = (struct token_world *)transport;
    struct runtime *runtime = test_runtime_of(w->runtime);
    struct flight *f = w->flights;
    while (f->client)
        f++;
    assert_true(f < w->flights + FLIGHTS_MAX);
    *f = (struct flight){.world = w, .client = request, .timer = {.fire = on_hop}};
    snprintf(f->path, sizeof f->path, "%s", request->url + strlen("https://shop.example"));
    snprintf(f->body, sizeof f->body, "%.*s", (int)request->body.size,
             request->body.size ? (const char *)request->body.data : "");
    f->is_renewal = strncmp(f->body, "refresh_token=", 14) == 0;
    for (size_t i = 0; i < request->header_count; i++) {
        struct buf value;
        buf_init(&value, sizeof f->bearer - 1);
        assert_true(net_header_fill(&request->headers[i], &value));
        snprintf(f->bearer, sizeof f->bearer, "%s", buf_cstr(&value));
        f->has_bearer = true;
        buf_free(&value);
    }
    runtime->timer_arm(runtime, &f->timer, HOP_MS);
}

static void net_cancel(struct transport *transport, struct net_request *request)
{
    struct token_world *w = (struct token_world *)transport;
    struct runtime *runtime = test_runtime_of(w->runtime);
    for (struct flight *f = w->flights; f < w->flights + FLIGHTS_MAX; f++)
        if (f->client == request) {
            runtime->timer_stop(runtime, &f->timer);
            f->client = NULL;
        }
}

/* ---- lives */

struct token_world *token_world_new(uint64_t seed)
{
    static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3};
    struct token_world *w = mem_alloc(sizeof *w);
    struct error error = {0};
    w->transport = (struct transport){.send = net_send, .cancel = net_cancel};
    w->store = store_open_memory();
    w->seal = seal_new_fixed(key);
    w->registry = plugin_registry_new(NULL, 0, NULL);
    random_seed(&w->chaos, seed);
    assert_int_equal(store_schema_prepare(w->store, store_schema_current(), NULL, &error), ST_OK);
    assert_int_equal(plugin_registry_add(w->registry, &token_shop_plugin, &w->plugin, &error),
                     ST_OK);
    return w;
}

struct token_world *token_world_quiet(uint64_t seed)
{
    static const char *const texts[SYNC_TIMED] = {[SYNC_TIMED_VERIFY] = "off",
                                                  [SYNC_TIMED_LISTINGS] = "off",
                                                  [SYNC_TIMED_WAREHOUSES] = "off",
                                                  [SYNC_TIMED_RESYNC] = "off"};
    struct token_world *w = token_world_new(seed);
    w->shop.life_ms = TOKENS_LAST_MS;
    token_world_schedules(w, texts, 0, 0);
    return w;
}

struct declaring {
    struct engine_task task;
    struct token_world *world;
    enum command_kind kind;
    struct buf payload;
};

static enum status declare_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct declaring *d = (struct declaring *)task;
    const struct command command = {.kind = d->kind,
                                    .actor = "test",
                                    .now_ms = token_world_now_ms(d->world),
                                    .payload = bytes_of(d->payload.data, d->payload.size)};
    return engine_apply(d->world->engine, txn, &command, NULL, error);
}

static struct engine_touched apply(struct token_world *w, struct declaring *d)
{
    struct engine_touched touched;
    engine_group_run(w->engine, w->store, &d->task, &touched);
    assert_int_equal(d->task.status, ST_OK);
    buf_free(&d->payload);
    store_memory_acknowledge(w->store);
    return touched;
}

static void declare_account(struct token_world *w)
{
    struct declaring d = {.task = {.run = declare_run}, .world = w, .kind = COMMAND_ACCOUNT_PUT};
    buf_init(&d.payload, 1024);
    command_account_put(&d.payload, bytes_text(account), bytes_text("token-shop"), w->orders);
    apply(w, &d);
    struct store_txn *txn;
    struct bytes key;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ACCOUNT);
    assert_int_equal(store_next(cursor, &key, NULL), ST_OK);
    w->number = bytes_get_u32(key.data);
    store_abort(txn);
}

static void put_account(struct token_world *w)
{
    const struct sync_settings with = {.name = account,
                                       .number = w->number,
                                       .instance = w->instance,
                                       .enabled = true,
                                       .timeout_ms = 10000,
                                       .schedules = &w->schedules};
    sync_account_put(w->sync, &with);
}

static void on_touched(void *ctx, const struct engine_touched *touched)
{
    struct token_world *w = ctx;
    if (w->sync) sync_touched(w->sync, touched);
}

void token_world_boot(struct token_world *w)
{
    struct error error = {0};
    w->engine = engine_new();
    w->runtime = test_runtime_new(w->store, w->engine, random_u64(&w->chaos));
    test_runtime_acknowledges(w->runtime);
    test_runtime_touched(w->runtime, on_touched, w);
    test_runtime_begin_at(w->runtime, w->next_us);
    w->flights = mem_array(FLIGHTS_MAX + 1, sizeof *w->flights);
    w->recorder = recorder_new(NULL);
    declare_account(w);
    const struct plugin_settings settings = {.account = account};
    w->instance = plugin_instance_new(w->plugin, &settings, &error);
    assert_non_null(w->instance);
    const struct sync_options options = {.runtime = test_runtime_of(w->runtime),
                                         .engine = w->engine,
                                         .transport = &w->transport,
                                         .recorder = w->recorder,
                                         .seal = w->seal};
    w->sync = sync_new(&options);
    put_account(w);
    w->lives++;
}

void token_world_kill(struct token_world *w, int64_t pause_ms)
{
    uint64_t most = store_memory_unacknowledged(w->store);
    store_memory_crash(w->store, random_below(&w->chaos, most + 1));
    for (struct flight *f = w->flights; f < w->flights + FLIGHTS_MAX; f++)
        if (f->client && !f->served && random_below(&w->chaos, 2)) serve(f);
    w->next_us = test_runtime_now_us(w->runtime) + pause_ms * 1000;
    bury(w->sync);
    bury(w->recorder);
    bury(w->runtime);
    bury(w->engine);
    bury(w->instance);
    bury(w->flights);
    w->sync = NULL;
    w->runtime = NULL;
}

static void stopped(void *ctx)
{
    *(bool *)ctx = true;
}

void token_world_free(struct token_world *w)
{
    bool over = false;
    if (w->sync) {
        sync_stop(w->sync, 0, stopped, &over);
        while (!over)
            assert_true(test_runtime_step(w->runtime));
        sync_free(w->sync);
        recorder_free(w->recorder);
        test_runtime_free(w->runtime);
        engine_free(w->engine);
        plugin_instance_unref(w->instance);
        mem_free(w->flights);
    }
    store_close(w->store);
    seal_free(w->seal);
    for (int t = 0; t < SYNC_TIMED; t++)
        schedule_free(w->schedules.of[t]);
    if (w->lives == 1)
        plugin_registry_free(w->registry);
    else
        bury(w->registry); /* the dead ones' instances need it */
    mem_free(w);
}

/* ---- steering and looking */

bool token_world_step(struct token_world *w)
{
    return test_runtime_step(w->runtime);
}

static void on_until(struct timer *timer)
{
    timer->slot = timer; /* that it fired */
}

void token_world_run(struct token_world *w, int64_t ms)
{
    struct timer until = {.fire = on_until};
    test_runtime_of(w->runtime)->timer_arm(test_runtime_of(w->runtime), &until, ms);
    while (!until.slot)
        token_world_step(w);
}

struct sync_account_view token_world_view(struct token_world *w)
{
    struct sync_account_view view;
    assert_true(sync_account_view(w->sync, account, &view));
    return view;
}

bool token_world_ask(struct token_world *w, enum sync_task task)
{
    return sync_ask(w->sync, account, task);
}

void token_world_apply(struct token_world *w, enum command_kind kind, struct buf *payload)
{
    struct declaring d = {
        .task = {.run = declare_run}, .world = w, .kind = kind, .payload = *payload};
    const struct engine_touched touched = apply(w, &d);
    sync_touched(w->sync, &touched);
}

void token_world_counts(struct token_world *w, int64_t figure)
{
    const struct stock_set set = {.sku = bytes_text("SKU-000001"),
                                  .warehouse = bytes_text("pp"),
                                  .quantity = figure,
                                  .kind = FIGURE_ON_HAND,
                                  .cause = CAUSE_COUNT};
    struct buf payload;
    buf_init(&payload, 1024);
    command_stock_set(&payload, &set);
    token_world_apply(w, COMMAND_STOCK_SET, &payload);
}

void token_world_sells(struct token_world *w, int64_t figure)
{
    const struct product_put product = {.sku = bytes_text("SKU-000001")};
    const struct link_change link = {.warehouse = bytes_text("pp"),
                                     .account = bytes_text(account),
                                     .remote = bytes_text("default")};
    struct buf payload;
    buf_init(&payload, 1024);
    command_product_put(&payload, &product);
    token_world_apply(w, COMMAND_PRODUCT_PUT, &payload);
    buf_init(&payload, 1024);
    command_warehouse_put(&payload, link.warehouse, link.warehouse);
    token_world_apply(w, COMMAND_WAREHOUSE_PUT, &payload);
    token_world_counts(w, figure);
    buf_init(&payload, 1024);
    command_link(&payload, &link);
    token_world_apply(w, COMMAND_LINK_PUT, &payload);
}

void token_world_login(struct token_world *w)
{
    assert_true(token_world_ask(w, SYNC_LOGIN));
    token_world_run(w, FIRST_READINGS_MS);
    const struct sync_account_view view = token_world_view(w);
    if (view.state != SYNC_ACTIVE) fail_msg("%s", view.reason);
}

void token_world_resume(struct token_world *w)
{
    struct buf payload;
    buf_init(&payload, 1024);
    command_account_switch(&payload, bytes_text(account), ACCOUNT_RESUME, "", "");
    token_world_apply(w, COMMAND_ACCOUNT_SWITCH, &payload);
}

void token_world_schedules(struct token_world *w, const char *const texts[SYNC_TIMED],
                           int64_t soft_ms, int64_t hard_ms)
{
    struct error error;
    for (int t = 0; t < SYNC_TIMED; t++) {
        if (!texts[t]) continue;
        schedule_free(w->schedules.of[t]);
        if (schedule_new(texts[t], &w->schedules.of[t], &error) != ST_OK)
            fail_msg("%s", error.text);
    }
    w->schedules.soft_limit_ms = soft_ms;
    w->schedules.hard_limit_ms = hard_ms;
    if (w->sync) put_account(w);
}

static void keep_shown(void *ctx, const struct sync_schedule_view *view)
{
    struct token_world *w = ctx;
    assert_string_equal(view->account, account);
    if (strcmp(view->task, w->asked) == 0) w->shown = *view;
}

struct sync_schedule_view token_world_schedule(struct token_world *w, const char *task)
{
    w->asked = task;
    w->shown = (struct sync_schedule_view){0};
    sync_each_schedule(w->sync, NULL, keep_shown, w);
    return w->shown;
}

void token_world_orders(struct token_world *w)
{
    w->orders = true;
}

void token_world_hang(struct token_world *w, bool hang)
{
    w->hangs = hang;
}

void token_world_give_up(struct token_world *w)
{
    struct runtime *runtime = test_runtime_of(w->runtime);
    for (struct flight *f = w->flights; f < w->flights + FLIGHTS_MAX; f++) {
        if (!f->client || !f->hangs) continue;
        f->served = f->lost = true;
        runtime->timer_arm(runtime, &f->timer, HOP_MS);
    }
}

void token_world_leave(struct token_world *w)
{
    sync_account_remove(w->sync, account);
}

void token_world_return(struct token_world *w)
{
    put_account(w);
}

bool token_world_masks(const struct token_world *w, const char *text)
{
    char out[100];
    return strcmp(recorder_masked(w->recorder, account, text, out, sizeof out), text) != 0;
}

void token_world_sleep(struct token_world *w, int64_t ms)
{
    test_runtime_sleep(w->runtime, ms);
}

enum token_point token_world_point(const struct token_world *w)
{
    struct store_txn *txn;
    struct token_set *set;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(token_load(w->seal, txn, account, &set, NULL), ST_OK);
    store_abort(txn);
    const struct token *token = token_set_find(set, "pair");
    bool stored = token && strcmp(token->value, w->shop.access) == 0;
    bool marked = token && token->renewing_ms;
    token_set_unref(set);
    const struct flight *f = w->flights;
    while (f < w->flights + FLIGHTS_MAX && !(f->client && f->is_renewal))
        f++;
    if (f < w->flights + FLIGHTS_MAX) return f->served ? POINT_CONSUMED : POINT_SENT;
    if (!stored) return POINT_ANSWERED;
    return marked ? POINT_MARKED : POINT_NONE;
}
