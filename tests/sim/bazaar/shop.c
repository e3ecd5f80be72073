/* A run: the real engine and sync with plugins of other shapes than Ozon's (no dump of stock, equal
 * values with notes, deltas), against a small marketplace, on simulated time, with faults, crashes,
 * places that close and catalogues that change. In the end all must show what it should. */
#include "shop.h"

#include "base/mem.h"
#include "counts.h"
#include "engine/command.h"
#include "engine/group.h"
#include "store/memory.h"
#include "verify/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, QUIET_MOST_MS = 10 * HOUR };

void shop_failed(struct shop *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!s->failure[0]) vsnprintf(s->failure, sizeof s->failure, format, args);
    va_end(args);
}

bool shop_chance(struct shop *s, uint32_t percent)
{
    return !s->quiet && random_below(&s->random, 100) < percent;
}

int64_t shop_between(struct shop *s, int64_t least, int64_t most)
{
    return least + (int64_t)random_below(&s->random, (uint64_t)(most - least + 1));
}

/* ---- commands */

struct order {
    struct engine_task task; /* first */
    struct shop *shop;
    enum command_kind kind;
    struct buf payload;
    int64_t now_ms;
};

static enum status order_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct order *o = (struct order *)task;
    const struct command command = {.kind = o->kind,
                                    .actor = "operator",
                                    .now_ms = o->now_ms,
                                    .payload = bytes_of(o->payload.data, o->payload.size)};
    return engine_apply(o->shop->engine, txn, &command, NULL, error);
}

static void order_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct order *o = (struct order *)task;
    if (status != ST_OK && status != ST_CANCELLED) shop_failed(o->shop, "refused: %s", error->text);
    buf_free(&o->payload);
    mem_free(o);
}

static struct order *order_new(struct shop *s, enum command_kind kind)
{
    struct order *o = mem_alloc(sizeof *o);
    o->task = (struct engine_task){.run = order_run, .done = order_done};
    o->shop = s;
    o->kind = kind;
    o->now_ms = clock_wall_ms(&s->loop.clock);
    buf_init(&o->payload, 64 << 10);
    return o;
}

/* Before sync begins. */
static void order_now(struct order *o)
{
    struct engine_touched touched;
    engine_group_run(o->shop->engine, o->shop->store, &o->task, &touched);
    order_done(&o->task, o->task.status, &o->task.error);
}

static void set_stock(struct shop *s)
{
    if (!s->up) return;
    struct order *o = order_new(s, COMMAND_STOCK_SET);
    char sku[24];
    snprintf(sku, sizeof sku, "SKU-%u",
             (unsigned)random_below(&s->random, s->bazaar.listing_count));
    int64_t figure = shop_between(s, 0, 3) ? shop_between(s, 0, 6) : shop_between(s, 0, 130);
    command_stock_set(&o->payload, &(struct stock_set){.sku = bytes_text(sku),
                                                       .warehouse = bytes_text("w"),
                                                       .quantity = figure,
                                                       .kind = FIGURE_ON_HAND,
                                                       .cause = CAUSE_COUNT});
    struct runtime *runtime = runtime_of(s->runtime);
    runtime->engine_submit(runtime, &o->task);
}

static void found_shop(struct shop *s)
{
    struct order *o = order_new(s, COMMAND_WAREHOUSE_PUT);
    command_warehouse_put(&o->payload, bytes_text("w"), bytes_text("w"));
    order_now(o);
    for (uint32_t i = 0; i < s->bazaar.listing_count; i++) {
        char sku[24];
        snprintf(sku, sizeof sku, "SKU-%u", i);
        o = order_new(s, COMMAND_PRODUCT_PUT);
        command_product_put(&o->payload, &(struct product_put){.sku = bytes_text(sku)});
        order_now(o);
    }
    for (uint32_t p = 0; p < s->bazaar.place_count; p++) {
        char place[16];
        snprintf(place, sizeof place, "W%u", p);
        o = order_new(s, COMMAND_LINK_PUT);
        command_link(&o->payload, &(struct link_change){.warehouse = bytes_text("w"),
                                                        .account = bytes_text("shop"),
                                                        .remote = bytes_text(place)});
        order_now(o);
    }
}

/* ---- lives */

static void task_ran(void *ctx, struct store_txn *txn, uint64_t task, enum status status,
                     bool again)
{
    (void)ctx, (void)txn, (void)task, (void)status, (void)again;
}

static void task_kept(void *ctx, uint64_t task, enum status status)
{
    (void)ctx, (void)task, (void)status;
}

static void delivered(void *ctx, const struct engine_touched *touched, uint64_t younger)
{
    struct shop *s = ctx;
    store_memory_acknowledge_but(s->store, younger);
    sync_touched(s->sync, touched);
}

static void boot(struct shop *s)
{
    static const struct runtime_delays delays = {
        .engine_us = 2000, .commit_us = 3000, .work_us = 500};
    const struct runtime_hooks hooks = {task_ran, task_kept, delivered, s};
    s->runtime = runtime_new(&s->loop, random_u64(&s->random), &delays, &hooks);
    s->engine = engine_new();
    runtime_attach(s->runtime, s->engine, s->store);
    struct order *o = order_new(s, COMMAND_ACCOUNT_PUT);
    command_account_put(&o->payload, bytes_text("shop"), bytes_text("scripted"), false);
    order_now(o);
    if (s->lives++ == 0) found_shop(s);
    store_memory_acknowledge(s->store);
    const struct sync_options options = {
        .runtime = runtime_of(s->runtime), .engine = s->engine, .transport = &s->transport};
    s->sync = sync_new(&options);
    s->up = true;
    s->stopped = false;
    const struct sync_settings with = {.name = "shop",
                                       .number = 1,
                                       .instance = s->instance,
                                       .enabled = true,
                                       .timeout_ms = 30000,
                                       .attempts = 5};
    sync_account_put(s->sync, &with);
}

static void on_stopped(void *ctx)
{
    ((struct shop *)ctx)->stopped = true;
}

static void crash(struct shop *s)
{
    store_memory_crash(s->store,
                       random_below(&s->random, store_memory_unacknowledged(s->store) + 1));
    runtime_end(s->runtime);
    s->up = false;
    counts_new_life();
    sync_stop(s->sync, 0, on_stopped, s);
    while (!s->stopped && runtime_unwind(s->runtime))
        continue;
    while (runtime_unwind(s->runtime))
        continue;
    if (!s->stopped) shop_failed(s, "sync does not come to its end");
    sync_free(s->sync);
    runtime_free(s->runtime);
    engine_free(s->engine);
    shop_post_drop(s);
}

/* ---- what happens */

static void pass(struct shop *s, int64_t ms)
{
    int64_t until = s->loop.now_us + ms * 1000;
    while (!s->failure[0] && loop_next_us(&s->loop) <= until)
        loop_step(&s->loop);
    s->loop.now_us = until;
    shop_pace_check(s);
    bazaar_tick(&s->bazaar, loop_true_ms(&s->loop));
}

static void change_catalogue(struct shop *s)
{
    s->bazaar.epoch++;
    for (uint32_t i = 0; i < s->bazaar.listing_count; i++)
        s->bazaar.listings[i].gone = random_below(&s->random, 10) == 0;
}

static void ask_for(struct shop *s, enum sync_task task)
{
    sync_ask(s->sync, "shop", task);
    shop_asked(task);
}

static bool is_parked(struct shop *s)
{
    struct sync_account_view view;
    return s->up && sync_account_view(s->sync, "shop", &view) && view.state == SYNC_PARKED;
}

static void resume(struct shop *s)
{
    struct order *o = order_new(s, COMMAND_ACCOUNT_SWITCH);
    command_account_switch(&o->payload, bytes_text("shop"), ACCOUNT_RESUME, "", "");
    struct runtime *runtime = runtime_of(s->runtime);
    runtime->engine_submit(runtime, &o->task);
    shop_resumed();
}

static void happen(struct shop *s)
{
    int64_t burst = shop_between(s, 0, 9) ? shop_between(s, 0, 3) : shop_between(s, 10, 60);
    while (burst--)
        set_stock(s);
    if (shop_chance(s, 1)) {
        crash(s);
        pass(s, shop_between(s, 100, 60000));
        if (!s->failure[0]) boot(s);
    }
    if (shop_chance(s, 1))
        s->bazaar.closed_until_ms[random_below(&s->random, s->bazaar.place_count)] =
            loop_true_ms(&s->loop) + shop_between(s, MINUTE, HOUR);
    if (random_below(&s->random, 300) == 0) change_catalogue(s);
    if (shop_chance(s, 1)) ask_for(s, SYNC_STOCK);
    if (shop_chance(s, 2)) ask_for(s, SYNC_WAREHOUSES);
    if (s->spells && shop_chance(s, 1))
        counts.spell_until_ms = loop_true_ms(&s->loop) + shop_between(s, MINUTE, 15 * MINUTE);
    if (is_parked(s) && shop_chance(s, 10)) resume(s);
}

/* ---- what must be true */

static void report(void *ctx, const char *table, const char *sentence)
{
    shop_failed(ctx, "store: %s: %s", table, sentence);
}

static struct target_record target_of(struct shop *s, struct store_txn *txn, uint32_t listing,
                                      uint32_t place)
{
    struct target_record found = {0};
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    (void)s;
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_id id = target_key_read(key.data);
        if (id.product == listing + 1 && id.remote == place + 1)
            target_record_read(value, &found, NULL);
    }
    store_cursor_close(cursor);
    return found;
}

static bool differs(struct shop *s, struct store_txn *txn, uint32_t i, uint32_t p, char why[200])
{
    uint8_t key[12];
    struct bytes value;
    struct stock_record stock;
    bytes_put_u64(key, i + 1);
    bytes_put_u32(key + 8, 1);
    if (store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value) != ST_OK) return false;
    memcpy(&stock, value.data, sizeof stock);
    const struct bazaar_listing *listing = &s->bazaar.listings[i];
    int64_t wanted = stock.on_hand, shown = s->bazaar.figures[p][i];
    if (s->bazaar.kind == SCRIPTED_IDS && wanted > 100) wanted = 100;
    if (wanted == shown || listing->gone) return false;
    struct target_record t = target_of(s, txn, i, p);
    if ((listing->deaf || listing->poison) && t.flags & TARGET_REJECTED) return false;
    snprintf(why, 200, "L%u in W%u shows %lld and should show %lld (flags %x hold %x)%s%s", i, p,
             (long long)shown, (long long)wanted, t.flags, t.hold, listing->deaf ? " deaf" : "",
             listing->poison ? " poison" : "");
    return true;
}

static bool settled(struct shop *s, char why[200])
{
    struct store_txn *txn;
    bool good = true;
    if (store_begin(s->store, STORE_READ, &txn, NULL) != ST_OK) return false;
    for (uint32_t i = 0; i < s->bazaar.listing_count && good; i++)
        for (uint32_t p = 0; p < s->bazaar.place_count && good; p++)
            good = !differs(s, txn, i, p, why);
    const struct verify_hooks hooks = {.report = report, .ctx = s};
    struct verify_result result;
    engine_verify(txn, &hooks, &result, NULL);
    store_abort(txn);
    return good;
}

static void run(struct shop *s)
{
    int64_t hostile = shop_between(s, 20, 120) * MINUTE, begun = s->loop.now_us;
    char why[200] = "";
    boot(s);
    pass(s, 5 * SECOND);
    while (!s->failure[0] && s->loop.now_us - begun < hostile * 1000) {
        happen(s);
        pass(s, shop_between(s, 100, 20 * SECOND));
    }
    s->quiet = true;
    s->bazaar.odd_share = s->bazaar.end_share = 0;
    counts.quiet = true;
    for (uint32_t p = 0; p < s->bazaar.place_count; p++) {
        int64_t soon = loop_true_ms(&s->loop) + MINUTE;
        if (s->bazaar.closed_until_ms[p] > soon) s->bazaar.closed_until_ms[p] = soon;
    }
    if (s->up) ask_for(s, SYNC_WAREHOUSES);
    begun = s->loop.now_us;
    while (!s->failure[0] && !settled(s, why)) {
        if (s->loop.now_us - begun > QUIET_MOST_MS * INT64_C(1000))
            shop_failed(s, "after hours of quiet %s", why);
        if (is_parked(s)) resume(s);
        pass(s, MINUTE);
    }
    while (!s->failure[0] && shop_is_closed(s))
        pass(s, 10 * MINUTE);
    uint64_t writes = s->bazaar.writes;
    pass(s, 3 * HOUR); /* looks that are still due, and then nothing more */
    settled(s, why);
    if (s->bazaar.writes > writes + 6 * s->bazaar.listing_count * s->bazaar.place_count)
        shop_failed(s, "it goes on writing: %llu times",
                    (unsigned long long)(s->bazaar.writes - writes));
    writes = s->bazaar.writes;
    pass(s, HOUR);
    if (s->bazaar.writes != writes) shop_failed(s, "it writes although everything is right");
}

bool shop_run(const struct plugin *plugin, enum scripted kind, uint64_t seed, bool trace)
{
    struct shop *s = mem_alloc(sizeof *s);
    char text[8], odd[8];
    struct error error = {0};
    s->transport = shop_post();
    s->plugin = plugin;
    s->trace = trace;
    random_seed(&s->random, seed * SCRIPTED_COUNT + kind);
    loop_init(&s->loop);
    s->store = store_open_memory();
    s->begun = counts.begun;
    bazaar_init(&s->bazaar, kind, (uint32_t)shop_between(s, 5, BAZAAR_LISTINGS_MAX),
                (uint32_t)shop_between(s, 1, BAZAAR_PLACES_MAX));
    random_seed(&s->bazaar.odd, seed ^ UINT64_C(0x6f6464));
    s->bazaar.odd_share = random_below(&s->bazaar.odd, 2) ? 0 : 5;
    s->bazaar.end_share = random_below(&s->bazaar.odd, 2) ? 0 : 2;
    snprintf(odd, sizeof odd, "%d", random_below(&s->bazaar.odd, 2) ? 0 : 4);
    s->bazaar.slow_ms = shop_between(s, 0, 2) ? shop_between(s, 0, 5 * MINUTE) : 0;
    for (uint32_t i = 0; i < s->bazaar.listing_count; i++) {
        s->bazaar.listings[i].poison = random_below(&s->random, 20) == 0;
        s->bazaar.listings[i].deaf = kind != SCRIPTED_DELTA && random_below(&s->random, 20) == 0;
    }
    snprintf(text, sizeof text, "%d", (int)kind);
    const struct plugin_value values[] = {{"kind", text}, {"odd", odd}};
    const struct plugin_settings settings = {.account = "shop", .values = values, .value_count = 2};
    counts.quiet = false;
    counts.spell_until_ms = 0;
    s->spells = random_below(&s->bazaar.odd, 4) == 0;
    counts_new_life();
    s->instance = plugin_instance_new(plugin, &settings, &error);
    if (!s->instance) shop_failed(s, "%s", error.text);
    if (s->instance) run(s);
    bool good = !s->failure[0];
    if (!good)
        printf("seed %llu shape %d at %lld s: %s\n", (unsigned long long)seed, (int)kind,
               (long long)(s->loop.now_us / 1000000), s->failure);
    if (s->up) crash(s);
    shop_post_free(s);
    plugin_instance_unref(s->instance);
    bazaar_free(&s->bazaar);
    store_close(s->store);
    loop_free(&s->loop);
    mem_free(s);
    return good;
}
