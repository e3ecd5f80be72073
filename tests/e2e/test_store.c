/* The store when its disk, its map or its file fails; backup and restore. */
#include "harness.h"

#include "engine/record.h"
#include "store/lmdb_store.h"
#include "store/store.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAST = 100 };

static struct figures figures;

/* Adds products until the daemon refuses; how many it acknowledged. */
static int add_until_full(int from)
{
    char body[4096], filler[3001];
    memset(filler, 'x', 3000);
    filler[3000] = '\0';
    size_t mark = keep_mark();
    for (int i = from;; i++) {
        snprintf(body, sizeof body, "{\"sku\":\"FILL-%06d\",\"description\":\"%s\"}", i, filler);
        json_t *problem;
        int status = api("POST", "/v1/products", body, &problem);
        if (status != 201) {
            if (status != 507) fail_msg("product %d: %d %s", i, status, text_at(problem, "detail"));
            assert_string_equal(text_at(problem, "code"), "full");
            print_message("full after %d products: %s\n", i, text_at(problem, "detail"));
            return i;
        }
        keep_forget(mark);
        if (i > 100000) fail_msg("it is never full");
    }
}

static void all_are_there(int count)
{
    size_t mark = keep_mark();
    for (int i = 0; i < count; i++) {
        assert_int_equal(api("GET", text_format("/v1/products/FILL-%06d", i), NULL, NULL), 200);
        keep_forget(mark);
    }
}

static void conf_store(const char *store, const char *size)
{
    conf_write("10-stockd.yaml",
               "daemon:\n  store: %s\n  store-size: %s\n  socket: %s\n  plugins: [%s]\n"
               "  backups: %s\n",
               store, size, world_path("sock"), world_path("plugins"), world_path("backups"));
}

/* Who looks how it is, is told. */
static void status_fails(const char *why)
{
    struct ran status = ctl("status");
    assert_int_equal(status.code, 1);
    assert_text(status.out, "failing");
    assert_text(status.out, why);
}

static void a_full_map_loses_nothing(void **state)
{
    (void)state;
    conf_store(world_path("store"), "4MiB");
    conf_places();
    daemon_start();
    int count = add_until_full(0);
    assert_in_range(count, 100, 2000);
    all_are_there(count);
    status_fails("the store is full: ");
    daemon_stop();
    conf_store(world_path("store"), "16MiB"); /* what the message says to do */
    daemon_start();
    all_are_there(count);
    ctl_ok("product add ONE-MORE-YET");
    assert_true(add_until_full(count) > count);
    daemon_kill();
    daemon_start();
    all_are_there(count);
    world_good();
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    const char *disk = world_path("disk");
    mkdir(disk, 0700);
    if (geteuid() != 0) test_skip("only root can mount a small disk");
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", disk, "tmpfs", 0, "size=6m") != 0)
        test_skip(text_format("a small disk cannot be mounted here: %s", strerror(errno)));
    conf_store(text_format("%s/store", disk), "64MiB");
    conf_places();
    daemon_start();
    int count = add_until_full(0);
    assert_in_range(count, 100, 3000);
    all_are_there(count); /* reading goes on */
    status_fails(text_format("the disk of the store %s/store is full (", disk));
    daemon_kill(); /* and nothing was acknowledged that is not on the disk */
    assert_int_equal(mount("tmpfs", disk, "tmpfs", MS_REMOUNT, "size=32m"), 0);
    daemon_start();
    all_are_there(count);
    ctl_ok("product add ONE-MORE");
    daemon_stop();
    daemon_start();
    /* Room comes while it runs: it goes on without a restart. */
    assert_int_equal(mount("tmpfs", disk, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    count = add_until_full(count);
    assert_int_equal(mount("tmpfs", disk, "tmpfs", MS_REMOUNT, "size=32m"), 0);
    ctl_ok("product add TWO-MORE");
    assert_int_equal(ctl("status").code, 0);
    all_are_there(count);
    world_good();
}

static const char *asked(const char *path)
{
    return run("/usr/bin/env", "curl -s --unix-socket %s http://stockd%s", world_path("sock"), path)
        .out;
}

/* An import that was accepted, and then has no room: it is named wherever somebody looks, for as
 * long as it waits. */
static void an_import_that_waits_for_the_disk_is_named(void **state)
{
    (void)state;
    enum { ROWS = 30000 };
    const char *disk = world_path("disk");
    mkdir(disk, 0700);
    if (geteuid() != 0) test_skip("only root can mount a small disk");
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", disk, "tmpfs", 0, "size=5m") != 0)
        test_skip(text_format("a small disk cannot be mounted here: %s", strerror(errno)));
    conf_store(text_format("%s/store", disk), "64MiB");
    conf_places();
    daemon_start();
    FILE *file = fopen(world_path("many.csv"), "w");
    fputs("sku,quantity\n", file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "SKU-%06d,7\n", i);
    fclose(file);
    assert_string_equal(text_at(api_get("/v1/status"), "health"), "ok");
    pid_t import =
        ctl_begin("import", "stock import %s --create --warehouse msk", world_path("many.csv"));
    WAIT_FOR(SOON_S, daemon_said("module=import event=waits"));
    json_t *status = api_get("/v1/status");
    assert_string_not_equal(text_at(status, "health"), "ok");
    char *reasons = json_dumps(json_object_get(status, "reasons"), 0);
    assert_text(reasons, "many.csv) waits: store ");
    free(reasons);
    assert_text(asked("/readyz"), "\"what\":\"import\"");
    assert_text(asked("/readyz"), "many.csv) waits: store ");
    assert_text(asked("/metrics"), "\nstockd_imports_waiting 1\n");
    assert_int_equal(mount("tmpfs", disk, "tmpfs", MS_REMOUNT, "size=64m"), 0);
    assert_int_equal(process_wait(import, LONG_S), 0);
    assert_string_equal(text_at(api_get("/v1/status"), "health"), "ok");
    assert_text(asked("/readyz"), "\"ready\":true");
    assert_text(asked("/metrics"), "\nstockd_imports_waiting 0\n");
    assert_int_equal(number_at(api_get("/v1/status"), "counts.products"), ROWS);
    world_good();
}

/* ---- damage */

static const char *data_file(void)
{
    static const char *const names[] = {"store/data.mdb", "store"};
    struct stat st;
    for (int i = 0; i < 2; i++)
        if (stat(world_path("%s", names[i]), &st) == 0 && S_ISREG(st.st_mode))
            return world_path("%s", names[i]);
    fail_msg("where is the store's file?");
    return "";
}

static void damage_is_named_and_left_alone(void **state)
{
    (void)state;
    static const char *const ways[] = {"garbage", "zeros", "short", "empty"};
    mkdir(world_path("backups"), 0700);
    conf_places();
    daemon_start();
    ctl_ok("product add A-1");
    ctl_ok("stock set A-1 7 --warehouse msk");
    ctl_ok("backup %s", world_path("backups/monday"));
    daemon_stop();
    const char *file = data_file(), *whole = world_path("whole");
    file_copy(file, whole, 0600);
    struct stat st;
    assert_int_equal(stat(whole, &st), 0);
    for (int i = 0; i < 4; i++) {
        file_copy(whole, file, 0600);
        FILE *out = fopen(file, "r+e");
        assert_non_null(out);
        if (i < 2)
            for (int k = 0; k < 16384; k++)
                fputc(i ? 0 : k * 7 + 13, out);
        fclose(out);
        if (i == 2) assert_int_equal(truncate(file, st.st_size / 2), 0);
        if (i == 3) assert_int_equal(truncate(file, 1), 0);
        const char *damaged = world_path("damaged");
        file_copy(file, damaged, 0600);
        struct ran ran = daemon_run("--config %s", world_path("conf.d"));
        if (ran.code != 1) fail_msg("%s: exit %d: %s", ways[i], ran.code, ran.err);
        assert_text(ran.err, world_path("store"));
        assert_text(ran.err, world_path("backups/monday")); /* the way out */
        assert_int_equal(run("/usr/bin/env", "cmp -s %s %s", file, damaged).code, 0);
    }
    struct ran unsaid =
        ctl("restore %s --store %s", world_path("backups/monday"), world_path("store"));
    assert_int_equal(unsaid.code, 1);
    assert_text(unsaid.err, "say --yes if that is meant");
    struct ran ran =
        ctl("restore %s --store %s --yes", world_path("backups/monday"), world_path("store"));
    if (ran.code) fail_msg("restore: %s", ran.err);
    daemon_start();
    assert_int_equal(number_at(api_get("/v1/stock/A-1?warehouse=msk"), "stock.0.on_hand"), 7);
    world_good();
}

/* ---- backup and restore */

/* By root, as it is said in docs/install.md; the daemon is the user stockd. */
/* Somebody else's program, or a disk: the figure of ONE in msk is 7 where its ledger says 10. */
static void spoil_figure(void)
{
    struct store *store;
    struct store_txn *txn;
    struct bytes key, value;
    struct error error = {0};
    struct stock_record stock;
    const struct store_options options = {.path = world_path("store")};
    if (store_open_lmdb(&options, &store, &error) != ST_OK) fail_msg("%s", error.text);
    assert_int_equal(store_begin(store, STORE_WRITE, &txn, NULL), ST_OK);
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    assert_int_equal(store_next(cursor, &key, &value), ST_OK);
    assert_int_equal(value.size, sizeof stock);
    memcpy(&stock, value.data, sizeof stock);
    assert_int_equal(stock.on_hand, 10);
    stock.on_hand = 7;
    store_put(txn, TABLE_STOCK, key, bytes_of(&stock, sizeof stock));
    store_cursor_close(cursor);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    store_close(store);
}

/* What verify says to do is done as it stands there. */
static void a_person_says_which_figure_is_right(void **state)
{
    (void)state;
    conf_places();
    daemon_start();
    ctl_ok("product add ONE");
    ctl_ok("stock set ONE 10 --warehouse msk");
    ctl("store repair ONE --warehouse msk --keep ledger");
    assert_text(ctl("store repair ONE --warehouse msk --keep ledger").err, "nothing to repair");
    daemon_stop();
    spoil_figure();
    daemon_start();
    struct ran ran = ctl("store verify");
    assert_true(ran.code != 0);
    assert_text(ran.err, "the figure is 7 (reserved 0), the ledger comes to 10 (reserved 0); "
                         "'stockctl store repair ONE --warehouse msk' says which is right");
    ran = ctl("store repair ONE --warehouse msk --keep ledger");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "ONE in msk: on hand 7 -> 10");
    assert_int_equal(ctl("store verify").code, 0);
    assert_text(ctl("stock history ONE").out, "repair");
    const json_t *newest =
        json_array_get(json_object_get(api_get("/v1/stock/ONE/history?limit=1"), "items"), 0);
    ctl_ok("undo %lld", (long long)number_at(newest, "sequence"));
    assert_text(ctl("stock get ONE").out, " 7 ");
    world_good();
}

static void what_root_restores_is_its_owners(void **state)
{
    (void)state;
    enum { SOMEBODY = 65534 };
    static const char *const names[] = {"store", "store/data.mdb", "store.lock"};
    struct stat st;
    if (geteuid() != 0) test_skip("only root can give files away");
    mkdir(world_path("backups"), 0700);
    daemon_start();
    ctl_ok("backup %s", world_path("backups/monday"));
    daemon_stop();
    assert_int_equal(chown(world_path("store"), SOMEBODY, SOMEBODY), 0);
    ctl_ok("restore %s --store %s --yes", world_path("backups/monday"), world_path("store"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(stat(world_path("%s", names[i]), &st), 0);
        assert_int_equal(st.st_uid, SOMEBODY);
        assert_int_equal(st.st_gid, SOMEBODY);
    }
    daemon_start();
    world_good();
}

static void write_until_ended(void)
{
    size_t mark = keep_mark();
    for (int64_t i = 1;; i++) {
        char body[96];
        snprintf(body, sizeof body, "{\"quantity\":%lld,\"kind\":\"on-hand\"}", (long long)i);
        for (int w = 0; w < 2; w++) /* always both: a copy in between shows one more at most */
            if (api("PUT", w ? "/v1/stock/SKU-000001/spb" : "/v1/stock/SKU-000001/msk", body,
                    NULL) != 200)
                _exit(1);
        keep_forget(mark);
    }
}

static bool is_counted(const char *sku, const char *warehouse)
{
    json_t *stock =
        json_object_get(api_get(text_format("/v1/stock/%s?warehouse=%s", sku, warehouse)), "stock");
    return json_is_integer(json_object_get(json_array_get(stock, 0), "on_hand"));
}

static int64_t on_hand(const char *sku, const char *warehouse)
{
    return number_at(api_get(text_format("/v1/stock/%s?warehouse=%s", sku, warehouse)),
                     "stock.0.on_hand");
}

static void a_backup_is_whole_while_writing(void **state)
{
    (void)state;
    mkdir(world_path("backups"), 0700);
    conf_places();
    daemon_start();
    products_add(1);
    pid_t writer = fork();
    if (writer == 0) {
        alarm(LONG_S);
        write_until_ended();
    }
    WAIT_FOR(SOON_S, is_counted("SKU-000001", "spb"));
    for (int i = 0; i < 5; i++)
        ctl_ok("backup %s", world_path("backups/hot-%d", i));
    struct ran again = ctl("backup %s", world_path("backups/hot-4"));
    assert_int_equal(again.code, 1);
    assert_text(again.err, "hot-4");
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    int64_t last = on_hand("SKU-000001", "msk");
    struct ran busy =
        ctl("restore %s --store %s --yes", world_path("backups/hot-0"), world_path("store"));
    assert_int_equal(busy.code, 1); /* not under a daemon that runs */
    assert_text(busy.err, "in use");
    int64_t before = -1;
    for (int i = 0; i < 5; i++) {
        daemon_stop();
        ctl_ok("restore %s --store %s --yes", world_path("backups/hot-%d", i), world_path("store"));
        daemon_start();
        int64_t msk = on_hand("SKU-000001", "msk"), spb = on_hand("SKU-000001", "spb");
        assert_true(msk == spb || msk == spb + 1);
        assert_in_range(msk, before < 0 ? 0 : before, last);
        before = msk;
        assert_int_equal(ctl("store verify").code, 0);
    }
    struct ran none =
        ctl("restore %s --store %s --yes", world_path("nowhere"), world_path("other"));
    assert_int_equal(none.code, 1);
    assert_text(none.err, world_path("nowhere"));
    world_good();
}

/* After a restore the marketplace shows newer figures than the store knows of. Nothing is raised
 * before they were all read again. */
static void a_restore_reads_before_it_raises(void **state)
{
    (void)state;
    enum { PRODUCTS = 30 };
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    mkdir(world_path("backups"), 0700);
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 1s\n");
    daemon_start();
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = 50;
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s --create", world_path("stock.csv"));
    wait_shown(&figures, SOON_S);
    ctl_ok("backup %s", world_path("backups/fifty"));
    for (int p = 1; p <= PRODUCTS; p++) /* sold since: the backup does not know */
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = p % 2 ? 3 : 80;
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s", world_path("stock.csv"));
    wait_shown(&figures, SOON_S);
    daemon_stop();
    ctl_ok("restore %s --store %s --yes", world_path("backups/fifty"), world_path("store"));
    int64_t written = number_at(sim_get(&sim, "state?limit=1"), "writes");
    sim_post(&sim, "clear", "{}");
    daemon_start();
    assert_true(daemon_said("event=restored"));
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = 50;
    wait_shown(&figures, LONG_S);
    json_t *log = json_object_get(sim_get(&sim, "log"), "requests"), *row;
    json_t *writes = json_object_get(
        sim_get(&sim, text_format("writes?since=%lld", (long long)written)), "writes");
    size_t i;
    int64_t first_raise = 0;
    json_array_foreach (writes, i, row)
        if (!first_raise && atoi(text_at(row, "offer_id") + 4) % 2) /* 3 -> 50 */
            first_raise = number_at(row, "request");
    assert_true(first_raise > 0);
    int reads = 0; /* of the stock, before the first rise */
    json_array_foreach (log, i, row)
        reads += strcmp(text_at(row, "path"), "/v2/products/stocks") != 0 &&
                 strstr(text_at(row, "path"), "stocks") && number_at(row, "seq") < first_raise;
    assert_true(reads > 0);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_full_map_loses_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(an_import_that_waits_for_the_disk_is_named, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(damage_is_named_and_left_alone, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_person_says_which_figure_is_right, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_root_restores_is_its_owners, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_backup_is_whole_while_writing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_restore_reads_before_it_raises, world_begin, world_end),
};

TEST_MAIN(cases)
