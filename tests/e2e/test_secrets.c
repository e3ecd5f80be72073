/* A key is nowhere to be read: not in what is said, logged, recorded, dumped or stored in the
 * clear where somebody looks. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAST = 100 };

static const char key[] = "K3y-0f-the-5hop-never-5hown";

static void look_for_it(const char *where, const char *text)
{
    char *part = text_format("%.12s", key);
    if (strstr(text, part)) fail_msg("%s shows the key", where);
}

static void is_shown_nowhere(void **state)
{
    (void)state;
    static const char *const asked[] = {"status",
                                        "account list",
                                        "account show ozon-main",
                                        "traffic ozon-main --last 100",
                                        "plugin info ozon",
                                        "run list",
                                        "target list",
                                        "store stat",
                                        "account check ozon-main",
                                        "reload",
                                        "push --follow",
                                        "listing list",
                                        "store verify"};
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 2 --warehouses 501,502 --stock 1");
    sim_post(&sim, "key", "{\"api_key\":\"%s\"}", key);
    conf_places();
    file_text(world_path("ozon.key"), text_format("%s\n", key));
    conf_ozon("ozon-main", "1001", text_format("${file:%s}", world_path("ozon.key")),
              "    timeout: 1s\n");
    conf_daemon("  log-level: debug\n");
    daemon_start();
    products_add(2);
    wait_active("ozon-main");
    ctl_ok("stock set SKU-000001 5 --warehouse msk");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 5);
    sim_post(&sim, "fault", "{\"kind\":\"status\",\"status\":500,\"message\":\"%s\",\"count\":1}",
             key); /* a marketplace that repeats the key in its error */
    ctl_ok("stock set SKU-000001 6 --warehouse msk");
    WAIT_FOR(SOON_S, all_sent() && sim_figure(&sim, "SKU-000001", 501) == 6);
    struct ran traffic = ctl("traffic ozon-main --last 100");
    assert_int_equal(traffic.code, 0);
    assert_text(traffic.out, "/v2/products/stocks");
    assert_text(traffic.out, "500");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        for (int json = 0; json < 2; json++) {
            struct ran ran = ctl("%s%s", json ? "--json " : "", asked[i]);
            look_for_it(asked[i], ran.out);
            look_for_it(asked[i], ran.err);
        }
    json_t *bodies;
    if (api("GET", "/v1/accounts/ozon-main/traffic?last=100&bodies=true", NULL, &bodies) == 200) {
        char *text = json_dumps(bodies, 0);
        look_for_it("traffic with bodies", text);
        free(text);
    }
    struct ran dump = daemon_run("--dump --config %s", world_path("conf.d"));
    assert_int_equal(dump.code, 0);
    assert_text(dump.out, "***");
    look_for_it("--dump", dump.out);
    look_for_it("--check", daemon_run("--check --config %s", world_path("conf.d")).out);
    file_text(world_path("ozon.key"), "K3y-0f-the-other\n");
    struct ran reload = ctl("reload");
    assert_text(reload.out, "api-key");
    look_for_it("reload", reload.out);
    WAIT_FOR(SOON_S, daemon_said("event=reloaded"));
    look_for_it("the log", daemon_log());
    look_for_it("a command line", file_read(text_format("/proc/%d/cmdline", (int)daemon_pid())));
    look_for_it("the environment", file_read(text_format("/proc/%d/environ", (int)daemon_pid())));
    world_good_but(true);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(is_shown_nowhere, world_begin, world_end),
};

TEST_MAIN(cases)
