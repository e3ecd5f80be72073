/* What a report gathers from a store, and how it reads: in both languages, as text, HTML and JSON,
 * whatever the names in it are. */
#include "engine_fixture.h"

#include "engine/day.h"
#include "engine/state.h"
#include "report/render.h"
#include "report/reports.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { SHOP = 1, MINUTE_MS = 60000 };
#define HOUR_MS (INT64_C(60) * MINUTE_MS)
static const char hostile[] = "<b>\"x\"</b> & 'y' \xff\x01";

/* An account in service for half of the last two hours, with figures confirmed, rejected and held,
 * a plan and an alert. */
static void shop(struct world *w)
{
    world_open(w);
    world_shop(w, 3);
    assert_int_equal(do_select(w, SHOP, 100), 3);
    w->now += 90 * 1000;
    rows_start(w, SHOP);
    row_outcome(w, &w->batch.items[0], OUTCOME_REJECTED, 0);
    row_outcome(w, &w->batch.items[1], OUTCOME_OK, 0);
    row_outcome(w, &w->batch.items[2], OUTCOME_OK, 0);
    row_flight_ended(w);
    assert_int_equal(rows_end(w), ST_OK);
    do_product(w, "Z"); /* never counted: its figure is held */
    rows_start(w, SHOP);
    row_listing(w, "LZ", "Z", "", LISTING_ACTIVE);
    assert_int_equal(rows_end(w), ST_OK);
    do_sweeps(w, 100);
    struct store_txn *txn = world_begin(w);
    engine_day_served(w->engine, SHOP, w->now, HOUR_MS, true);
    engine_day_served(w->engine, SHOP, w->now - HOUR_MS, HOUR_MS, false);
    engine_day_served(w->engine, 0, w->now, 2 * HOUR_MS, true);
    day_count(w->engine->days, SHOP, w->now, DAY_OVERSOLD, 2);
    world_commit(w, txn);
}

static void alert(struct world *w, const char *account, const char *what)
{
    struct alert_findings findings = {0};
    struct alert_told told = {.now_ms = w->now};
    struct store_txn *txn;
    struct alert_finding *f =
        alert_findings_add(&findings, ALERT_CONFLICT, account, bytes_text(what));
    alert_text(f->what, bytes_text(what));
    f = alert_findings_add(&findings, ALERT_UNSENT, account, bytes_text(""));
    f->count = 44;
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_update(txn, &findings, &told, NULL), ST_OK);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    alert_findings_free(&findings);
}

static enum status try_write(struct world *w, const struct report_ask *ask,
                             const struct report_form *form, struct buf *out)
{
    struct store_txn *txn;
    buf_init(out, REPORT_TEXT_MAX);
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    enum status status = report_write(txn, ask, form, out, &w->error);
    store_abort(txn);
    return status;
}

/* Of the last two hours; the caller frees it. */
static char *written(struct world *w, enum report_format format, enum lang lang)
{
    const struct report_ask ask = {
        .from_ms = w->now - 2 * HOUR_MS, .until_ms = w->now, .now_ms = w->now};
    const struct report_form form = {format, lang, "UTC"};
    struct buf out;
    assert_int_equal(try_write(w, &ask, &form, &out), ST_OK);
    assert_false(out.overflow);
    return buf_take(&out);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("there is no '%s' in:\n%s", part, text);
}

static void it_says_what_happened(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    alert(&w, "shop", "L1");
    char *text = written(&w, REPORT_AS_TEXT, LANG_EN);
    assert_has(text, "  Figures confirmed         2\n");
    assert_has(text, "  Figures rejected          1\n");
    assert_has(text, "  Drift found               0\n");
    assert_has(text, "  Pieces oversold           2\n");
    assert_has(text, "  Slowest change            1 min 30 s (B)\n");
    assert_has(text, "  In service                1 h of 2 h (50 %)\n");
    assert_has(text, "  Held                      1 since a linked warehouse was never counted\n");
    assert_has(text, "shop: the oldest change waits unsent for 44 min");
    assert_has(text, "What to do: See `stockctl listing list --account shop --conflict`");
    assert_true(strstr(text, "44 min") < strstr(text, "listing L1")); /* the worse one first */
    mem_free(text);
    text = written(&w, REPORT_AS_TEXT, LANG_RU);
    assert_has(text, "  Остатков подтверждено            2\n");
    assert_has(text, "  Самое долгое изменение           1 мин 30 с (B)\n");
    assert_has(text, "  В работе                         1 ч из 2 ч (50 %)\n");
    assert_has(text, "ждёт отправки 44 мин");
    mem_free(text);
    world_close(&w);
}

/* No address that a mail client would fetch, no script, no style sheet; and what came from outside
 * is text. */
static void a_page_stands_by_itself(void **state)
{
    (void)state;
    static const char *const not [] = {"<script", "<link",  "<img", "src=", "href=", "url(",
                                       "http",    "<style", "<b>",  "\xff", "\x01"};
    struct world w;
    shop(&w);
    alert(&w, "shop", hostile);
    char *page = written(&w, REPORT_AS_HTML, LANG_RU);
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (strstr(page, not [i])) fail_msg("there is '%s' in:\n%s", not [i], page);
    assert_has(page, "<html lang=\"ru\">");
    assert_has(page, "&lt;b&gt;&quot;x&quot;&lt;/b&gt; &amp; &#39;y&#39; ? ");
    assert_has(page, "<code>stockctl listing link</code>");
    int open = 0;
    for (const char *at = page; *at; at++)
        open += *at == '<' ? 1 : *at == '>' ? -1 : 0;
    assert_int_equal(open, 0);
    mem_free(page);
    world_close(&w);
}

static void programs_get_numbers(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    alert(&w, "shop", hostile);
    char *text = written(&w, REPORT_AS_JSON, LANG_EN);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    const json_t *account = json_array_get(json_object_get(json, "accounts"), 0);
    assert_int_equal(json_integer_value(json_object_get(account, "confirmed")), 2);
    assert_int_equal(json_integer_value(json_object_get(account, "slowest_ms")), 90000);
    assert_int_equal(json_integer_value(json_object_get(account, "served_ms")), HOUR_MS);
    const json_t *now = json_object_get(account, "now");
    assert_string_equal(json_string_value(json_object_get(now, "state")), "starting");
    const json_t *why = json_array_get(json_object_get(now, "held_for"), 0);
    assert_string_equal(json_string_value(json_object_get(why, "reason")), "uncounted");
    assert_int_equal(json_array_size(json_object_get(json, "needs")), 2);
    json_decref(json);
    mem_free(text);
    world_close(&w);
}

static void a_message_has_all_its_forms(void **state)
{
    (void)state;
    struct world w;
    struct store_txn *txn;
    struct message message = {0};
    struct buf mail;
    shop(&w);
    alert(&w, "shop", "L1");
    const struct notify_report ask = {
        .of = {.from_ms = w.now - 2 * HOUR_MS, .until_ms = w.now, .zone = "Nowhere/Land"},
        .lang = ALERT_RU,
        .now_ms = w.now};
    assert_int_equal(store_begin(w.store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(reports_compose(NULL, txn, &ask, &message, NULL), ST_OK);
    store_abort(txn);
    assert_has(message.brief, "shop: подтверждено 2 остатка, отклонено 1, 0 расхождений, сверх "
                              "остатка 2 штуки\n");
    assert_has(message.brief, "2 дела требуют внимания человека:\n- ");
    json_t *facts = json_loads(message.facts, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(facts, "event")), "report");
    assert_true(json_is_object(json_object_get(facts, "report")));
    json_decref(facts);
    buf_init(&mail, COMPOSE_BODY_MAX);
    compose_mail(&mail, &message, "a@example.com", "b@example.com", w.now, "id");
    const char *text = buf_cstr(&mail);
    assert_has(text, "Content-Type: multipart/alternative; boundary=\"=_stockd\"\r\n\r\n--=_stockd"
                     "\r\nContent-Type: text/plain; charset=utf-8\r\n");
    assert_has(text, "\r\n--=_stockd\r\nContent-Type: text/html; charset=utf-8\r\n");
    assert_has(text, "\r\n--=_stockd--\r\n");
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        assert_int_equal(at[-1], '\r');
    buf_free(&mail);
    message_free(&message);
    world_close(&w);
}

static void what_cannot_be_told_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct buf out;
    const struct report_form form = {REPORT_AS_TEXT, LANG_EN, "UTC"};
    shop(&w);
    struct report_ask ask = {.account = bytes_text("nobody"),
                             .from_ms = w.now - HOUR_MS,
                             .until_ms = w.now,
                             .now_ms = w.now};
    assert_int_equal(try_write(&w, &ask, &form, &out), ST_NOT_FOUND);
    assert_has(w.error.text, "there is no account 'nobody'");
    buf_free(&out);
    ask = (struct report_ask){.from_ms = w.now + HOUR_MS, .until_ms = w.now, .now_ms = w.now};
    assert_int_equal(try_write(&w, &ask, &form, &out), ST_INVALID);
    buf_free(&out);
    ask = (struct report_ask){.from_ms = w.now + HOUR_MS, /* all of it is still to come */
                              .until_ms = w.now + 9 * HOUR_MS,
                              .now_ms = w.now};
    assert_int_equal(try_write(&w, &ask, &form, &out), ST_INVALID);
    buf_free(&out);
    w.now += 400 * 24 * HOUR_MS;
    ask = (struct report_ask){.until_ms = w.now, .now_ms = w.now};
    assert_int_equal(try_write(&w, &ask, &form, &out), ST_INVALID);
    buf_free(&out);
    world_close(&w);
}

/* An account that is in no file any more and had nothing to do is not told of, and what was before
 * anything was counted is said. */
static void only_who_was_there_is_told_of(void **state)
{
    (void)state;
    struct world w;
    struct buf out;
    const struct report_form form = {REPORT_AS_TEXT, LANG_EN, "UTC"};
    const uint32_t known = SHOP;
    shop(&w);
    const int64_t then = w.now;
    w.now += 30 * 24 * HOUR_MS;
    struct report_ask ask = {.from_ms = w.now - 24 * HOUR_MS, .until_ms = w.now, .now_ms = w.now};
    assert_int_equal(try_write(&w, &ask, &form, &out), ST_OK);
    assert_has(buf_cstr(&out), "No account was in service, and nothing happened.");
    assert_null(strstr(buf_cstr(&out), "Nothing was counted before"));
    buf_free(&out);
    ask.known = &known;
    ask.known_count = 1;
    assert_int_equal(try_write(&w, &ask, &form, &out), ST_OK);
    assert_has(buf_cstr(&out), "shop: What happened");
    buf_free(&out);
    ask.from_ms = then - 20 * 24 * HOUR_MS;
    assert_int_equal(try_write(&w, &ask, &form, &out), ST_OK);
    assert_has(buf_cstr(&out), "Nothing was counted before 1970-01-");
    assert_has(buf_cstr(&out), "Figures confirmed         2\n");
    buf_free(&out);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(it_says_what_happened),
    cmocka_unit_test(a_page_stands_by_itself),
    cmocka_unit_test(programs_get_numbers),
    cmocka_unit_test(a_message_has_all_its_forms),
    cmocka_unit_test(what_cannot_be_told_is_refused),
    cmocka_unit_test(only_who_was_there_is_told_of),
};
TEST_MAIN(cases)
