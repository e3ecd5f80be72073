/* A new version on the store of an older one, and the way back. */
#include "harness.h"

#include "old_store.h"
#include "store/lmdb_store.h"

#include <sys/stat.h>
#include <unistd.h>

static void an_old_store(const char *name)
{
    struct error error;
    struct store *store;
    const struct store_options options = {
        .path = world_path("store"), .map_bytes = 64 << 20, .create = true};
    if (store_open_lmdb(&options, &store, &error) != ST_OK) fail_msg("%s", error.text);
    assert_true(old_store_fill(store, name) > 100);
    store_close(store);
}

static void all_is_there(void)
{
    json_t *store = api_get("/v1/store");
    assert_int_equal(number_at(store, "schema"), STORE_SCHEMA);
    assert_int_equal(number_at(api_get("/v1/stock/LAMP-000001?warehouse=msk"), "stock.0.on_hand"),
                     20);
    assert_int_equal(number_at(api_get("/v1/stock/LAMP-000004?warehouse=spb"), "stock.0.on_hand"),
                     9);
    ctl_ok("store verify");
}

static void an_upgrade_keeps_what_there_was_and_the_way_back(const char *rows, const char *copy)
{
    an_old_store(rows);
    conf_places();
    daemon_start();
    all_is_there();
    ctl_ok("stock set LAMP-000001 7 --warehouse msk"); /* what the way back loses */
    daemon_stop();
    assert_int_equal(access(world_path("%s", copy), F_OK), 0);
    ctl_ok("restore %s --store %s --yes", world_path("%s", copy), world_path("store"));
    daemon_start(); /* again from the old one */
    all_is_there();
    world_good();
}

static void from_schema_1_and_back(void **state)
{
    (void)state;
    an_upgrade_keeps_what_there_was_and_the_way_back("schema-1.rows", "store.schema-1");
}

static void from_schema_2_and_back(void **state)
{
    (void)state;
    an_upgrade_keeps_what_there_was_and_the_way_back("schema-2.rows", "store.schema-2");
}

static void what_cannot_be_brought_here_stays_as_it_is(void **state)
{
    (void)state;
    an_old_store("before-0.1.rows");
    conf_daemon("");
    conf_places();
    for (int i = 0; i < 2; i++) { /* a supervisor that tries again fills no disk */
        struct ran ran = daemon_run("--config %s", world_path("conf.d"));
        assert_int_equal(ran.code, 1);
        assert_text(ran.err, "a row is not as stockd 0.1 writes it");
        assert_text(ran.err, "nothing was changed");
        assert_int_not_equal(access(world_path("store.schema-1"), F_OK), 0);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(from_schema_1_and_back, world_begin, world_end),
    cmocka_unit_test_setup_teardown(from_schema_2_and_back, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_cannot_be_brought_here_stays_as_it_is, world_begin,
                                    world_end),
};

TEST_MAIN(cases)
