/* Metrics, probes and the log of the real daemon: what is told is true and well formed, what the
 * dashboard and the alerts ask for is there, and no line of any format shows a secret. */
#include "harness.h"

#include "exposition.h"
#include "harness_private.h"

#include <curl/curl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FAST = 100 };

static const char key[] = "K3y-that-no-log-shows";

/* As a scraper asks; the answer's type is one that it reads. */
static struct exposition *scrape(void)
{
    char *text, *type = NULL;
    assert_int_equal(http_ask(world_path("sock"), "GET", "http://stockd/metrics", NULL, &text),
                     200);
    struct exposition *e = exposition_read(text);
    free(text);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, "http://stockd/metrics");
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, world_path("sock"));
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L); /* HEAD */
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    assert_string_equal(type, "text/plain; version=0.0.4; charset=utf-8");
    curl_easy_cleanup(curl);
    return e;
}

static double of(const struct exposition *e, const char *name)
{
    return exposition_value(e, name, "account=\"ozon-main\"");
}

static double told(const char *name, const char *labels)
{
    struct exposition *e = scrape();
    double value = exposition_value(e, name, labels);
    exposition_free(e);
    return value;
}

static void begin(const char *more)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 5 --warehouses 501,502 --stock 1");
    sim_post(&sim, "key", "{\"api_key\":\"%s\"}", key);
    file_text(world_path("ozon.key"), text_format("%s\n", key));
    conf_daemon(more);
    conf_places();
    conf_ozon("ozon-main", "1001", text_format("${file:%s}", world_path("ozon.key")), "");
    daemon_start();
    products_add(5);
    wait_active("ozon-main");
}

static void set(int product, int figure)
{
    ctl_ok("stock set SKU-%06d %d --warehouse msk", product, figure);
}

static void figures_are_told(void **state)
{
    (void)state;
    begin("");
    struct exposition *before = scrape();
    for (int i = 1; i <= 4; i++)
        set(i, 10 + i);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000004", 501) == 14 && all_sent());
    struct exposition *after = scrape();
    exposition_only_grew(before, after);
    assert_true(of(after, "stockd_propagation_seconds_count") == 4);
    assert_true(exposition_value(after, "stockd_outcomes_total",
                                 "account=\"ozon-main\",outcome=\"ok\"") == 4);
    assert_true(of(after, "stockd_items_total") - of(before, "stockd_items_total") >= 4);
    assert_true(of(after, "stockd_targets_unsent") == 0);
    assert_true(of(after, "stockd_oldest_unsent_seconds") == 0);
    assert_true(exposition_value(after, "stockd_quota_amount",
                                 "account=\"ozon-main\",bucket=\"stock\"") == 80);
    assert_true(exposition_value(after, "stockd_store_used_bytes", "") > 0);
    assert_true(exposition_value(after, "stockd_process_own_memory_bytes", "") > 1 << 20);
    assert_true(exposition_value(after, "stockd_config_in_force", "") == 1);
    /* The counts are those of the list, and survive a restart, which the counters do not. */
    assert_true(of(after, "stockd_targets_held") == (double)targets_in("ozon-main", "held"));
    double held = of(after, "stockd_targets_held");
    exposition_free(before);
    exposition_free(after);
    daemon_stop();
    daemon_start();
    wait_active("ozon-main");
    assert_true(told("stockd_targets_held", "account=\"ozon-main\"") == held);
    assert_true(told("stockd_propagation_seconds_count", "account=\"ozon-main\"") == 0);
    world_good();
}

static void what_is_stuck_is_named(void **state)
{
    (void)state;
    json_t *answer;
    begin("");
    assert_int_equal(api("GET", "/livez", NULL, NULL), 200);
    assert_int_equal(api("GET", "/readyz", NULL, &answer), 200);
    assert_true(json_is_true(json_object_get(answer, "ready")));
    sim_post(&sim, "key", "{\"api_key\":\"%s\",\"state\":\"deactivated\"}", key);
    set(1, 7);
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "parked") == 0);
    assert_int_equal(api("GET", "/livez", NULL, NULL), 200);
    assert_int_equal(api("GET", "/readyz", NULL, &answer), 503);
    assert_string_equal(text_at(answer, "reasons.0.what"), "account");
    assert_string_equal(text_at(answer, "reasons.0.account"), "ozon-main");
    assert_text(text_at(answer, "reasons.0.text"), "account ozon-main is parked: http-403");
    assert_true(told("stockd_account_state", "account=\"ozon-main\",state=\"parked\"") == 1);
    assert_true(told("stockd_targets_unsent", "account=\"ozon-main\"") == 1);
    WAIT_FOR(SOON_S, told("stockd_oldest_unsent_seconds", "account=\"ozon-main\"") >= 1);
    world_good_but(true);
}

/* Every word of the file that looks like a metric. */
static void all_known(const struct exposition *e, const char *path)
{
    const char *text = file_read(text_format("%s/%s", SOURCE_DIRECTORY, path));
    int found = 0;
    for (const char *at = text; (at = strstr(at, "stockd_")); found++) {
        char name[200];
        size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
        snprintf(name, sizeof name, "%.*s", (int)size, at);
        if (!exposition_knows(e, name)) fail_msg("%s: there is no metric %s", path, name);
        at += size;
    }
    if (found < 15) fail_msg("%s: only %d metrics in it", path, found);
}

static void dashboard_and_alerts_ask_for_what_there_is(void **state)
{
    (void)state;
    begin("");
    struct exposition *e = scrape();
    all_known(e, "packaging/grafana/stockd.json");
    all_known(e, "packaging/prometheus/stockd.rules.yml");
    all_known(e, "docs/operations.md");
    json_t *board =
        json_load_file(text_format("%s/packaging/grafana/stockd.json", SOURCE_DIRECTORY), 0, NULL);
    assert_non_null(json_object_get(board, "panels"));
    json_decref(board);
    exposition_free(e);
    world_good();
}

static struct ran promtool(const char *what, const char *file)
{
    const char *const words[] = {"/bin/sh", "-c", "promtool check \"$1\" <\"$2\"", "sh", what,
                                 file,      NULL};
    return run_words(words);
}

/* Prometheus's own judge of what it reads. It warns of what is no mistake, too: none of that. */
static void prometheus_has_no_complaint(void **state)
{
    (void)state;
    if (run("/bin/sh", "-c 'command -v promtool'").code != 0)
        test_skip("promtool is not installed (Debian: prometheus)");
    begin("");
    char *text;
    assert_int_equal(http_ask(world_path("sock"), "GET", "http://stockd/metrics", NULL, &text),
                     200);
    file_text(world_path("metrics"), text);
    struct ran ran = promtool("metrics", world_path("metrics"));
    if (ran.code) fail_msg("promtool check metrics: %s%s", ran.out, ran.err);
    file_text(world_path("metrics"), text_format("%sstockd_said_twice 1\n"
                                                 "# TYPE stockd_said_twice counter\n",
                                                 text));
    free(text);
    assert_int_not_equal(promtool("metrics", world_path("metrics")).code, 0); /* it can fail */
    ran = run("/usr/bin/env", "promtool check rules %s/packaging/prometheus/stockd.rules.yml",
              SOURCE_DIRECTORY);
    if (ran.code) fail_msg("promtool check rules: %s%s", ran.out, ran.err);
    assert_text(ran.out, "rules found");
    world_good();
}

static void the_newest_backup_has_its_time(void **state)
{
    static const char name[] = "stockd_backup_last_success_timestamp_seconds";
    (void)state;
    conf_daemon("  backup-schedule: off\n");
    daemon_start();
    assert_true(isnan(told(name, "")));
    conf_daemon("  backup-schedule: every 10m\n");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, told(name, "") > 0);
    assert_true(fabs(told(name, "") - (double)time(NULL)) < 600);
    world_good();
}

/* From the first line that is JSON to the last but one, for that may be half written. */
static int json_lines(const char *log)
{
    int count = 0;
    for (const char *at = strstr(log, "{\"time\":"), *end; at && (end = strchr(at, '\n'));
         at = end + 1) {
        json_error_t error;
        json_t *line = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &error);
        if (!line) fail_msg("%s: %.*s", error.text, (int)(end - at), at);
        assert_non_null(json_object_get(line, "event"));
        json_decref(line);
        count++;
    }
    return count;
}

/* A marketplace repeats the key in what it says of each figure and each reading. */
static void make_it_talk(int figure)
{
    static const char *const paths[] = {"/v2/products/stocks", "/v4/product/info/stocks",
                                        "/v1/roles"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        sim_post(&sim, "fault",
                 "{\"kind\":\"status\",\"status\":500,\"path\":\"%s\",\"message\":\"%s\","
                 "\"count\":1}",
                 paths[i], key);
    set(1, figure);
    ctl("account check ozon-main");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == figure && all_sent());
}

static void no_secret_is_in_a_log_of_any_format(void **state)
{
    (void)state;
    begin("  log-level: debug\n");
    make_it_talk(5);
    WAIT_FOR(SOON_S, daemon_said("module=run event=ended"));
    conf_daemon("  log-level: debug\n  log-format: json\n");
    ctl_ok("reload");
    make_it_talk(6);
    ctl("account check ozon-main");
    WAIT_FOR(SOON_S, daemon_said("\"module\":\"run\",\"event\":\"ended\""));
    assert_true(json_lines(daemon_log()) >= 3);
    sim_post(&sim, "key", "{\"api_key\":\"%s\",\"state\":\"deactivated\"}", key);
    set(1, 7);
    WAIT_FOR(SOON_S, daemon_said("\"event\":\"parked\""));
    json_lines(daemon_log());
    assert_no_text(daemon_log(), key);
    world_good_but(true);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(figures_are_told, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_stuck_is_named, world_begin, world_end),
    cmocka_unit_test_setup_teardown(prometheus_has_no_complaint, world_begin, world_end),
    cmocka_unit_test_setup_teardown(the_newest_backup_has_its_time, world_begin, world_end),
    cmocka_unit_test_setup_teardown(dashboard_and_alerts_ask_for_what_there_is, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(no_secret_is_in_a_log_of_any_format, world_begin, world_end),
};

TEST_MAIN(cases)
