/* Who works on it all at once: buyers at four marketplaces, operators, files that change, and
 * marketplaces that fail. Everything at random from a seed, paced by the clock. */
#include "soak.h"

#include "../e2e/harness_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ORDERS_S = 20, /* a second, of all shops */
    CHANGES_S = 20,
    READS_S = 20,
    OPEN_MAX = 4096,
    OPEN_LEAST_MS = 3000, /* until an order goes on */
    RELOAD_MS = 3000,
    IMPORT_MS = 20000,
    FAULTS_MS = 5000, /* so long they are there, and so long they are not */
};

struct done done;

static struct order {
    int shop, product, place, quantity;
    int64_t at_ms;
    char id[64];
} open_orders[OPEN_MAX];
static int open_count;
static double owed_orders, owed_changes, owed_reads;
static int64_t turned_ms, reloaded_ms, imported_ms, faulted_ms;
static bool faulty;
static pid_t importing;
static int serial;

const char *soak_sku(int product)
{
    return text_format("SKU-%06d", product);
}

const char *soak_place(int place)
{
    return place ? "spb" : "msk";
}

/* For looking for a cause: STOCKD_SOAK_WITHOUT=reloads,faults leaves these out. */
static bool with(const char *what)
{
    const char *without = getenv("STOCKD_SOAK_WITHOUT");
    return !without || !strstr(without, what);
}

static int any(int from, int to)
{
    return from + (int)(random() % (to - from + 1));
}

/* One in five is of those that are few. */
static int any_product(const struct soak *soak)
{
    return any(1, 5) == 1 ? any(1, soak->hot) : any(soak->hot + 1, soak->sold);
}

/* ---- buyers */

static void order(struct soak *soak)
{
    int shop = any(0, SHOPS - 1), product = any_product(soak), quantity = any(1, 3), status;
    const struct shop *at = &soak->shops[shop];
    /* Wix sells in the shop from the first place alone. */
    int place = at->market == &market_wix ? 0 : any(0, at->market->places - 1);
    char url[96], *answer;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/_control/order", at->sim.port);
    int64_t at_ms = now_ms();
    book_add(product, place, -quantity);
    status = http_ask(NULL, "POST", url, buyer_body(at, soak_sku(product), place, quantity, ""),
                      &answer);
    json_t *json = json_loads(answer, 0, NULL);
    free(answer);
    if (status != 200) { /* there are not so many */
        book_add(product, place, quantity);
        done.sold_out++;
    } else if (open_count < OPEN_MAX) {
        struct order *o = &open_orders[open_count++];
        *o = (struct order){shop, product, place, quantity, at_ms, ""};
        snprintf(o->id, sizeof o->id, "%s", text_at(json, "posting_number"));
        done.orders++;
    }
    json_decref(json);
}

static void go_on(struct soak *soak, struct order *o)
{
    const struct shop *at = &soak->shops[o->shop];
    if (any(1, 4) == 1) {
        book_add(o->product, o->place, o->quantity);
        buyer_step(at, "cancel", o->id);
        done.cancelled++;
    } else {
        buyer_step(at, "ship", o->id);
        done.shipped++;
    }
}

static void orders_go_on(struct soak *soak)
{
    for (int most = 4; open_count > 0 && most > 0; most--) {
        int i = any(0, open_count - 1);
        if (now_ms() - open_orders[i].at_ms < OPEN_LEAST_MS) continue;
        if (any(1, 8) > 1) go_on(soak, &open_orders[i]); /* else it stays open */
        open_orders[i] = open_orders[--open_count];
    }
}

/* ---- operators */

static void adjust(struct soak *soak)
{
    int product = any_product(soak), place = any(0, 1);
    int by = product <= soak->hot ? any(1, 3) : any(-2, 4);
    if (by == 0) by = 1;
    book_add(product, place, by);
    const char *path = text_format("/v1/stock/%s/%s/adjust", soak_sku(product), soak_place(place));
    const char *body =
        text_format("{\"by\":%d,\"cause\":\"%s\"}", by, by > 0 ? "receipt" : "write-off");
    int status = api("POST", path, body, NULL);
    if (status != 200) fail_msg("%s %s: %d", path, body, status);
    done.changes++;
}

static void transfer(struct soak *soak)
{
    int product = any(soak->hot + 1, soak->sold), from = any(0, 1), quantity = any(1, 3);
    const char *body = text_format("{\"from\":\"%s\",\"to\":\"%s\",\"quantity\":%d}",
                                   soak_place(from), soak_place(!from), quantity);
    book_add(product, from, -quantity);
    book_add(product, !from, quantity);
    int status = api("POST", text_format("/v1/stock/%s/transfer", soak_sku(product)), body, NULL);
    if (status == 409) { /* there are not so many */
        book_add(product, from, quantity);
        book_add(product, !from, -quantity);
        done.refused++;
    } else if (status != 200)
        fail_msg("transfer %s: %d", body, status);
    else
        done.transfers++;
}

static void look(struct soak *soak)
{
    static const char *const pages[] = {
        "/v1/status",
        "/v1/targets?state=dirty&limit=100",
        "/v1/orders?limit=50",
        "/v1/history?limit=50",
        "/metrics",
        "/v1/products?limit=200",
        "/v1/runs?limit=20",
        "/v1/sends?limit=100",
    };
    size_t count = sizeof pages / sizeof *pages;
    size_t which = (size_t)any(0, (int)count + 4);
    const char *path = which < count ? pages[which]
                       : which == count
                           ? text_format("/v1/explain/%s", soak_sku(any_product(soak)))
                           : text_format("/v1/stock/%s", soak_sku(any(1, soak->products)));
    int status = api("GET", path, NULL, NULL);
    if (status != 200) fail_msg("GET %s: %d", path, status);
    done.reads++;
}

/* Those that no buyer finds; nobody else changes them. */
static void import(struct soak *soak)
{
    if (importing) {
        if (process_runs(importing)) return;
        if (process_wait(importing, 1) != 0)
            fail_msg("stock import: %s", file_read(world_path("import.err")));
        importing = 0;
        done.imports++;
    }
    const char *path = world_path("import.csv");
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "sku,warehouse,quantity\n");
    for (int p = soak->sold + 1; p <= soak->products; p++)
        for (int w = 0; w < PLACES; w++) {
            int figure = any(0, 4) ? any(1, 99) : 0;
            book_set(p, w, figure);
            fprintf(file, "%s,%s,%d\n", soak_sku(p), soak_place(w), figure);
        }
    assert_int_equal(fclose(file), 0);
    importing = ctl_begin("import", "stock import %s", path);
}

/* ---- files that change */

/* One of two: a reload finds something else in it each time. */
static void conf(const struct shop *shop, bool other)
{
    /* Allegro ends what buyers buy out. Where stock comes before stockd has sent its zero, the end
     * was none of stockd's, and only this brings the offer back. */
    const char *back = shop->market == &market_allegro ? "    reactivate: always\n" : "";
    shop_conf(shop, text_format("    attempts: %d\n    orders: import\n    timeout: %ds\n%s",
                                other ? 21 : 20, other ? 3 : 2, back));
}

static void reload(struct soak *soak)
{
    serial++;
    conf(&soak->shops[serial % SHOPS], serial / SHOPS % 2);
    if (serial % 5 == 0)
        kill(daemon_pid(), SIGHUP);
    else
        ctl_ok("reload");
    done.reloads++;
}

/* ---- marketplaces that fail */

static void fail_now(const struct shop *shop)
{
    static const char *const kinds[] = {
        "\"kind\":\"rate\",\"retry_after\":1",
        "\"kind\":\"rate\"",
        "\"kind\":\"status\",\"status\":500",
        "\"kind\":\"html\",\"status\":502",
        "\"kind\":\"drop_before\"",
        "\"kind\":\"drop_before\",\"delay_ms\":4000",
        "\"kind\":\"drop_after\"",
        "\"kind\":\"slow\",\"delay_ms\":200",
        "\"kind\":\"truncated\"",
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        shop_fault_all(shop, text_format("%s,\"probability\":0.02,\"count\":-1", kinds[i]));
    shop_fault_writes(shop, "\"kind\":\"late\",\"late_ms\":200,\"probability\":0.02,\"count\":-1");
}

static void change_faults(struct soak *soak)
{
    faulty = !faulty;
    for (int s = 0; s < SHOPS; s++) {
        if (faulty) {
            fail_now(&soak->shops[s]);
        } else {
            done.faults += shop_faults_hit(&soak->shops[s]);
            shop_faults_clear(&soak->shops[s]);
        }
    }
}

/* ---- all of it */

void load_first(struct soak *soak)
{
    for (int s = 0; s < SHOPS; s++)
        conf(&soak->shops[s], false);
    FILE *file = fopen(world_path("first.csv"), "we");
    assert_non_null(file);
    fprintf(file, "sku,warehouse,quantity\n");
    for (int p = 1; p <= soak->products; p++)
        for (int w = 0; w < PLACES; w++) {
            int figure = p <= soak->hot ? any(2, 5) : any(40, 80);
            book_set(p, w, figure);
            fprintf(file, "%s,%s,%d\n", soak_sku(p), soak_place(w), figure);
        }
    assert_int_equal(fclose(file), 0);
    done = (struct done){0};
    open_count = 0;
}

static bool is_due(int64_t *last_ms, int64_t every_ms)
{
    if (now_ms() - *last_ms < every_ms) return false;
    *last_ms = now_ms();
    return true;
}

void load_turn(struct soak *soak)
{
    size_t mark = keep_mark();
    int64_t now = now_ms();
    double s = turned_ms ? (double)(now - turned_ms) / 1000 : 0;
    if (s > 1) s = 1; /* what a busy machine kept us from is not made up for */
    turned_ms = now;
    owed_orders += s * with("orders") * ORDERS_S;
    owed_changes += s * with("changes") * CHANGES_S;
    owed_reads += s * with("reads") * READS_S;
    for (; owed_orders >= 1; owed_orders--) {
        order(soak);
        keep_forget(mark);
    }
    for (; owed_changes >= 1; owed_changes--) {
        if (any(1, 10) == 1)
            transfer(soak);
        else
            adjust(soak);
        keep_forget(mark);
    }
    for (; owed_reads >= 1; owed_reads--) {
        look(soak);
        keep_forget(mark);
    }
    orders_go_on(soak);
    if (with("reloads") && is_due(&reloaded_ms, RELOAD_MS)) reload(soak);
    if (with("imports") && is_due(&imported_ms, IMPORT_MS)) import(soak);
    if (with("faults") && is_due(&faulted_ms, FAULTS_MS)) change_faults(soak);
    keep_forget(mark);
}

void load_end(struct soak *soak)
{
    if (faulty) change_faults(soak);
    if (importing && process_wait(importing, LONG_S) != 0)
        fail_msg("stock import: %s", file_read(world_path("import.err")));
    done.imports += importing != 0;
    importing = 0;
}
