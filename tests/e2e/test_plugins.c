/* Strangers' plugins: whatever they are or do, everybody else's stock goes on being sent. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAST = 100 };

static int64_t pushed;

static void begin(void)
{
    /* A crash in a plugin is to be the signal it is, with a sanitizer's runtime in the daemon too.
     */
    setenv("ASAN_OPTIONS",
           "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0", 1);
    pushed = 0;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 1 --warehouses 501,502 --stock 1");
    conf_daemon("");
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
}

/* A change still reaches the marketplace. */
static void ozon_goes_on(void)
{
    if (!pushed++) products_add(1);
    ctl_ok("stock set SKU-000001 %lld --warehouse msk", (long long)pushed);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == pushed);
}

static json_t *plugin(const char *id)
{
    json_t *list = json_object_get(api_get("/v1/plugins"), "items"), *row;
    size_t i;
    json_array_foreach (list, i, row)
        if (strcmp(text_at(row, "id"), id) == 0) return row;
    fail_msg("plugin '%s' is not in the list", id);
    return NULL;
}

static void hostile(const char *name)
{
    plugin_put(text_format(HOSTILE_PLUGINS "/%s.so", name), text_format("%s.so", name));
}

/* What is wrong with each, in its own words. */
static const struct {
    const char *name, *says;
} refusals[] = {
    {"major-old", "built for ABI 0, this stockd speaks 1; install a newer build"},
    {"major-new", "built for ABI 2, this stockd speaks 1; upgrade stockd"},
    {"minor-new", "built for ABI 1.7, this stockd speaks 1.0; upgrade stockd"},
    {"magic", "magic"},
    {"size-small", "size"},
    {"other-id", "somebody-else"},
    {"count-lies", "option"},
    {"no-symbol", "stockd_plugin"},
    {"unresolved", "nobody_has_this"},
    {"truncated", "truncated"},
    {"text", "not"},
    {"empty", "empty"},
    {"writable", "writ"},
    {"folder", "regular"},
};

static void make_hostile_files(void)
{
    for (size_t i = 0; i < 9; i++)
        hostile(refusals[i].name);
    file_copy(HOSTILE_PLUGINS "/good.so", world_path("plugins/truncated.so"), 0644);
    assert_int_equal(truncate(world_path("plugins/truncated.so"), 3000), 0);
    file_text(world_path("plugins/text.so"), "#!/bin/sh\necho this is no plugin\n");
    file_text(world_path("plugins/empty.so"), "");
    plugin_put(HOSTILE_PLUGINS "/good.so", "writable.so");
    chmod(world_path("plugins/writable.so"), 0666);
    mkdir(world_path("plugins/folder.so"), 0755);
}

static void each_refusal_has_its_sentence(void **state)
{
    (void)state;
    enum { COUNT = sizeof refusals / sizeof *refusals };
    begin();
    make_hostile_files();
    hostile("minor-old");
    daemon_start();
    for (size_t i = 0; i < COUNT; i++) {
        json_t *one = plugin(refusals[i].name);
        const char *why = text_at(one, "why");
        if (strcmp(text_at(one, "state"), "refused") != 0)
            fail_msg("%s is %s", refusals[i].name, text_at(one, "state"));
        assert_text(why, refusals[i].says);
        assert_text(why, text_format("%s.so", refusals[i].name));
        for (size_t k = 0; k < i; k++) /* its own: no two are told apart by the name alone */
            assert_string_not_equal(why, text_at(plugin(refusals[k].name), "why"));
        /* An account that wants it is refused by the check, in the same words. */
        conf_write("60-bad.yaml", "accounts:\n  bad:\n    plugin: %s\n", refusals[i].name);
        struct ran check = daemon_run("--check --config %s", world_path("conf.d"));
        assert_int_equal(check.code, 78);
        assert_text(check.err, "60-bad.yaml:3: ");
        assert_text(check.err, why);
        assert_int_equal(ctl("reload").code, 1);
    }
    conf_remove("60-bad.yaml");
    assert_string_equal(text_at(plugin("ozon"), "state"), "loaded");
    assert_string_equal(text_at(plugin("minor-old"), "state"), "loaded");
    struct ran list = ctl("plugin list");
    assert_int_equal(list.code, 0);
    assert_text(list.out, "major-old");
    ozon_goes_on();
    world_good();
}

static void conf_behaves(const char *account, const char *act)
{
    conf_write(text_format("60-%s.yaml", account),
               "accounts:\n  %s:\n    plugin: behaves\n    first-plan: apply\n    act: %s\n",
               account, act);
}

/* One that is refused at the start takes only its own account with it. */
static void a_refused_one_takes_only_its_account(void **state)
{
    (void)state;
    begin();
    hostile("major-new");
    conf_write("60-bad.yaml", "accounts:\n  bad:\n    plugin: major-new\n");
    daemon_start();
    ozon_goes_on();
    assert_text(daemon_log(), "major-new.so");
    struct ran list = ctl("account list");
    assert_int_equal(list.code, 0);
    assert_text(list.out, "bad");
    ozon_goes_on();
    world_good();
}

static void a_crash_twice_is_quarantined(void **state)
{
    (void)state;
    begin();
    hostile("behaves");
    conf_behaves("bad", "abort");
    for (int i = 0; i < 2; i++) {
        daemon_begin();
        assert_int_equal(daemon_ended(), 128 + SIGABRT);
    }
    daemon_start();
    json_t *one = plugin("behaves");
    assert_string_equal(text_at(one, "state"), "quarantined");
    assert_text(text_at(one, "why"), "stockctl plugin release behaves");
    assert_string_equal(text_at(plugin("ozon"), "state"), "loaded");
    ozon_goes_on();
    assert_int_equal(ctl("reload").code, 0); /* what was so already is no reason to refuse */
    ozon_goes_on();
    daemon_stop();
    daemon_start();
    assert_string_equal(text_at(plugin("behaves"), "state"), "quarantined");
    assert_int_equal(ctl("plugin release ozon").code, 1);
    ctl_ok("plugin release behaves");
    /* Mended in the meantime. */
    conf_behaves("bad", "nothing");
    daemon_stop();
    daemon_start();
    assert_string_equal(text_at(plugin("behaves"), "state"), "loaded");
    ozon_goes_on();
    world_good();
}

static void every_fatal_signal_counts(void **state)
{
    (void)state;
    static const struct {
        const char *act;
        int signal;
    } ways[] = {{"segv", SIGSEGV}, {"ill", SIGILL}, {"fpe", SIGFPE}, {"overflow", SIGSEGV}};
    begin();
    hostile("behaves");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        conf_behaves("bad", ways[i].act);
        daemon_begin();
        assert_int_equal(daemon_ended(), 128 + ways[i].signal);
        if (i % 2 == 0) continue;
        daemon_start();
        assert_string_equal(text_at(plugin("behaves"), "state"), "quarantined");
        ctl_ok("plugin release behaves");
        daemon_stop();
    }
    conf_behaves("bad", "kill"); /* nobody's crash: never counts */
    for (int i = 0; i < 3; i++) {
        daemon_begin();
        assert_int_equal(daemon_ended(), 128 + SIGKILL);
    }
    conf_behaves("bad", "nothing");
    daemon_start();
    assert_string_equal(text_at(plugin("behaves"), "state"), "loaded");
    ozon_goes_on();
    world_good();
}

/* A step that never comes back: its account is parked, the daemon begins anew by itself. */
static void a_hang_parks_and_begins_anew(void **state)
{
    (void)state;
    begin();
    hostile("behaves");
    conf_behaves("bad", "hang");
    daemon_start();
    ozon_goes_on(); /* while it hangs */
    WAIT_FOR(LONG_S, daemon_said("event=hangs plugin=behaves account=bad"));
    ozon_goes_on();
    WAIT_FOR(SOON_S, daemon_said("event=restarting"));
    WAIT_FOR(SOON_S, strcmp(account_state("bad"), "parked") == 0);
    daemon_wait_ready();
    assert_true(process_runs(daemon_pid()));
    assert_text(text_at(api_get("/v1/accounts/bad"), "why"), "did not come back");
    assert_string_equal(text_at(plugin("behaves"), "state"), "loaded"); /* once is not twice */
    ozon_goes_on();
    world_good();
}

static void nonsense_is_borne(void **state)
{
    (void)state;
    static const char *const acts[] = {"flood", "flood-bytes", "verdict", "negative"};
    begin();
    hostile("behaves");
    for (size_t i = 0; i < 4; i++)
        conf_behaves(acts[i], acts[i]);
    daemon_start();
    ozon_goes_on();
    for (size_t i = 0; i < 4; i++)
        WAIT_FOR(SOON_S, *text_at(api_get(text_format("/v1/accounts/%s", acts[i])), "why"));
    ozon_goes_on();
    assert_string_equal(text_at(plugin("behaves"), "state"), "loaded");
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(each_refusal_has_its_sentence, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_refused_one_takes_only_its_account, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_crash_twice_is_quarantined, world_begin, world_end),
    cmocka_unit_test_setup_teardown(every_fatal_signal_counts, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_hang_parks_and_begins_anew, world_begin, world_end),
    cmocka_unit_test_setup_teardown(nonsense_is_borne, world_begin, world_end),
};

TEST_MAIN(cases)
