/* Reports, end to end: what stockctl and the API say is what happened, also after kill -9; what is
 * due goes to mail, Telegram and webhook, once, and after downtime as well. */
#include "harness.h"
#include "hearer.h"

#include "base/bytes.h"
#include "store/lmdb_store.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FAST = 100, PRODUCTS = 10 };
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Only critical alerts are told, reports all the same: a busy machine is late with an answer, and
 * what was read meanwhile may be a drift, of which the phone would hear. */
static void conf_reports(const char *lang, const char *reports)
{
    conf_write("20-alerts.yaml",
               "alerts:\n  lang: %s\n  every: 1s\n  group: 1s\n  reports: {%s}\n  channels:\n"
               "    hook: {type: webhook, url: \"http://127.0.0.1:%d/hook\", least: critical}\n"
               "    phone: {type: telegram, url: \"http://127.0.0.1:%d\", token: \"7:abc\", chat: "
               "\"-5\", least: critical}\n"
               "    office: {type: email, url: \"smtp://127.0.0.1:%d\", from: a@example.com, to: "
               "\"b@example.com\", least: critical}\n",
               lang, reports, hearer_http, hearer_http, hearer_smtp);
}

static void begin(const char *lang, const char *reports)
{
    hearer_start();
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_reports(lang, reports);
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
    for (int p = 1; p <= 5; p++)
        ctl_ok("stock set SKU-%06d %d --warehouse msk", p, p);
    WAIT_FOR(SOON_S, all_sent());
}

static json_t *account_of(const json_t *report)
{
    json_t *accounts = json_object_get(report, "accounts");
    assert_int_equal(json_array_size(accounts), 1);
    return json_array_get(accounts, 0);
}

static int64_t sends(const char *result)
{
    return (int64_t)json_array_size(
        json_object_get(api_get(text_format("/v1/sends?limit=1000&result=%s", result)), "items"));
}

static void figures_are_what_happened_also_after_a_kill(void **state)
{
    (void)state;
    begin("en", "weekly: \"off\"");
    const json_t *before = account_of(api_get("/v1/reports"));
    assert_true(number_at(before, "confirmed") >= 4); /* the first one was there already */
    assert_int_equal(number_at(before, "confirmed"), sends("done"));
    sim_post(&sim, "foreign-write",
             "{\"stocks\":[{\"offer_id\":\"SKU-000003\",\"warehouse_id\":501,\"stock\":25}]}");
    WAIT_FOR(SOON_S, ctl("verify ozon-main --follow").code >= 0 &&
                         sim_figure(&sim, "SKU-000003", 501) == 3 && all_sent());
    daemon_kill();
    daemon_start();
    wait_active("ozon-main");
    const json_t *after = account_of(api_get("/v1/reports?account=ozon-main"));
    assert_int_equal(number_at(after, "confirmed"), sends("done"));
    assert_int_equal(number_at(after, "drift_found"), 1);
    assert_int_equal(number_at(after, "drift_repaired"), 1);
    assert_int_equal(number_at(after, "oversold"), 0);
    assert_true(number_at(after, "slowest_ms") > 0);
    world_good_but(true);
}

static void it_reads_as_people_want_it(void **state)
{
    (void)state;
    begin("en", "weekly: \"off\"");
    sim_post(&sim, "key", "{\"state\":\"deactivated\"}");
    ctl("account check ozon-main");
    WAIT_FOR(SOON_S, strstr(ctl("alert list").out, "token-dead"));
    struct ran ran = ctl("report");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "What needs a person");
    assert_text(ran.out, "stockctl account login ozon-main");
    assert_text(ran.out, "Figures confirmed");
    assert_text(ran.out, "parked: ");
    ran = ctl("report --lang ru --account ozon-main");
    assert_text(ran.out, "отчёт по ozon-main");
    assert_text(ran.out, "Войдите заново");
    assert_text(ran.out, "Остатков подтверждено");
    const char *page = world_path("week.html");
    ctl_ok("report --since 7d --format html -o %s", page);
    assert_text(file_read(page), "<!DOCTYPE html>");
    assert_text(file_read(page), "<code>stockctl account check ozon-main</code>");
    assert_text(ctl("--json report").out, "\"rule\":\"token-dead\"");
    assert_text(ctl("account list --lang ru").out, "АККАУНТ");
    assert_text(ctl("account list --lang ru").out, "остановлен");
    assert_text(ctl("status --lang ru").out, "аккаунт ozon-main остановлен: ");
    assert_text(ctl("status").out, "account ozon-main is parked: ");
    setenv("STOCKCTL_LANG", "ru", 1);
    assert_text(ctl("alert list").out, "больше не принимает токен");
    assert_text(ctl("report").out, "Требует внимания человека");
    assert_text(ctl("--json alert list").out, "no longer accepts"); /* programs read the same */
    assert_text(ctl("--json account list").out, "\"parked\"");
    setenv("STOCKCTL_LANG", "en", 1);
    assert_int_equal(ctl("report --account nobody").code, 1);
    assert_text(ctl("report --account nobody").err, "there is no account 'nobody'");
    assert_int_equal(ctl("report --since 2999-01-01").code, 1);
    assert_int_equal(ctl("report --since soon").code, 1);
    assert_int_equal(ctl("report -o %s/no/file", page).code, 1);
    world_good_but(true);
}

/* As if it had been due while nothing ran: both notes are set so many days back. A daemon that was
 * ended before its first look has none yet. */
static void turn_back(const char *name, int days)
{
    struct store *store;
    struct store_txn *txn;
    struct bytes value;
    struct error error = {0};
    uint8_t old[16];
    const struct store_options options = {.path = world_path("store")};
    if (store_open_lmdb(&options, &store, &error) != ST_OK) fail_msg("%s", error.text);
    assert_int_equal(store_begin(store, STORE_WRITE, &txn, NULL), ST_OK);
    bytes_put_u64(old, (uint64_t)time(NULL) * 1000);
    bytes_put_u64(old + 8, (uint64_t)time(NULL) * 1000);
    if (store_get(txn, TABLE_META, bytes_text(name), &value) == ST_OK) {
        assert_int_equal(value.size, sizeof old);
        memcpy(old, value.data, sizeof old);
    }
    for (size_t i = 0; i < sizeof old; i += 8)
        bytes_put_u64(old + i, bytes_get_u64(old + i) - (uint64_t)(days * DAY_MS));
    store_put(txn, TABLE_META, bytes_text(name), bytes_of(old, sizeof old));
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    store_close(store);
}

static void one_that_was_missed_is_told_once(void **state)
{
    (void)state;
    begin("ru", "daily: \"04:00\", zone: Europe/Moscow, channels: \"office, phone, hook\"");
    daemon_stop();
    turn_back("report-daily", 3);
    daemon_start();
    WAIT_FOR(SOON_S, heard_times(heard_mail(), "multipart/alternative") == 1 &&
                         heard_times(heard_http(), "/sendMessage") == 1 &&
                         heard_times(heard_http(), "\"event\":\"report\"") == 1);
    assert_text(heard_mail(), "stockd: отчёт");
    assert_text(heard_mail(), "Content-Type: text/plain; charset=utf-8");
    assert_text(heard_mail(), "Content-Type: text/html; charset=utf-8");
    assert_text(heard_mail(), "<html lang=\"ru\">");
    assert_text(heard_mail(), "Требует внимания человека");
    assert_text(heard_mail(), "(UTC+03:00)");
    assert_int_equal(heard_times(heard_http(), "Задержано защитой"),
                     1); /* the phone is told less */
    daemon_kill();
    daemon_start();
    ctl_ok("alert test");
    WAIT_FOR(SOON_S, strstr(heard_mail(), "Это проверка канала office"));
    assert_int_equal(heard_times(heard_http(), "\"event\":\"report\""), 1);
    assert_int_equal(heard_times(heard_mail(), "multipart/alternative"), 1);
    world_good_but(true);
}

static void what_is_refused_waits(void **state)
{
    (void)state;
    begin("en", "daily: \"04:00\", channels: office");
    daemon_stop();
    turn_back("report-daily", 2);
    hearer_answers(200, 0);
    daemon_start();
    WAIT_FOR(SOON_S, daemon_said("mailbox is busy"));
    assert_text(ctl("alert channels").out, "mailbox is busy");
    assert_int_equal(hearer_requests(), 0); /* for the office alone */
    world_good_but(true);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(figures_are_what_happened_also_after_a_kill, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(it_reads_as_people_want_it, world_begin, world_end),
    cmocka_unit_test_setup_teardown(one_that_was_missed_is_told_once, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_refused_waits, world_begin, world_end),
};
TEST_MAIN(cases)
