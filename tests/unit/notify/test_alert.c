/* Alerts and their queue in a store: one alert per trouble, one message per group, recovery,
 * retries, bounds; a clock that is only a number. */
#include "test_main.h"

#include "base/mem.h"
#include "notify/compose.h"
#include "store/memory.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE = 60 * 1000 };

struct world {
    struct store *store;
    int64_t now;
    struct alert_findings findings;
    struct alert_group group;
    struct alert_told told;
};

static const struct alert_channel_place places[] = {{"all", ALERT_INFO}, {"worst", ALERT_CRITICAL}};

static int begin(void **state)
{
    struct world *w = mem_alloc(sizeof *w);
    w->store = store_open_memory();
    w->now = INT64_C(1800000000000);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    alert_findings_free(&w->findings);
    store_close(w->store);
    mem_free(w);
    return 0;
}

static struct alert_finding *find(struct world *w, enum alert_rule rule, const char *account,
                                  const char *subject)
{
    struct alert_finding *f = alert_findings_add(&w->findings, rule, account, bytes_text(subject));
    if (f) snprintf(f->what, sizeof f->what, "%s", subject);
    return f;
}

/* What was found becomes alerts, and is forgotten. */
static void update(struct world *w)
{
    struct store_txn *txn;
    w->told = (struct alert_told){.channels = places,
                                  .channel_count = 2,
                                  .group_ms = MINUTE,
                                  .keep_ms = 10 * MINUTE,
                                  .now_ms = w->now,
                                  .time_ms = w->now};
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_update(txn, &w->findings, &w->told, NULL), ST_OK);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_true(alert_all_known(txn, &w->findings, &w->told));
    store_abort(txn);
    alert_findings_free(&w->findings);
}

static size_t take_least(struct world *w, const char *channel, enum alert_severity least)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_out_take(txn, channel, least, w->now, &w->group, NULL), ST_OK);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    return w->group.count;
}

static size_t take(struct world *w, const char *channel)
{
    return take_least(w, channel, ALERT_INFO);
}

static void done(struct world *w, const char *channel)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_out_done(txn, channel, &w->group, NULL), ST_OK);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
}

static uint64_t waiting(struct world *w)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    uint64_t count = store_count(txn, TABLE_ALERT_OUT);
    store_abort(txn);
    return count;
}

static char *text_of(struct world *w, enum alert_lang lang)
{
    static char text[COMPOSE_TEXT_MAX];
    struct store_txn *txn;
    struct message message;
    struct zone *zone;
    assert_int_equal(zone_open("UTC", &zone, NULL), ST_OK);
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(compose_group(txn, &w->group, lang, zone, w->now, &message, NULL), ST_OK);
    store_abort(txn);
    snprintf(text, sizeof text, "%s\n%s", message.subject, message.text);
    message_free(&message);
    zone_free(zone);
    return text;
}

/* ---- */

static void the_same_trouble_is_one_alert(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 5; i++, w->now += MINUTE) {
        struct alert_finding *f = find(w, ALERT_STALE, "ozon-main", "");
        f->count = 200 + i;
        update(w);
        assert_int_equal(w->told.opened, i == 0);
    }
    assert_int_equal(waiting(w), 1); /* a warning: not for the channel of the worst */
    assert_int_equal(take(w, "worst"), 0);
    assert_int_equal(take(w, "all"), 1);
    assert_non_null(strstr(text_of(w, ALERT_EN), "204 min ago")); /* as it is now */
    done(w, "all");
    assert_int_equal(waiting(w), 0);
}

static void many_of_a_rule_are_one_message(void **state)
{
    struct world *w = *state;
    char order[20];
    for (int i = 0; i < 30; i++) {
        for (int k = 0; k <= i; k++) {
            snprintf(order, sizeof order, "order-%02d", k);
            find(w, ALERT_CONFLICT, "ozon-main", order);
        }
        update(w);
        w->now += 1000;
    }
    assert_int_equal(take(w, "all"), 0); /* the minute is not over */
    assert_int_equal(w->group.next_ms - w->now, 30 * 1000);
    w->now += 30 * 1000;
    assert_int_equal(take(w, "all"), 30);
    const char *text = text_of(w, ALERT_EN);
    assert_non_null(strstr(text, "stockd: warning: a listing is not clear: 30\n"));
    assert_non_null(strstr(text, "order-19"));
    assert_null(strstr(text, "order-20"));
    assert_non_null(strstr(text, "not shown here: 10."));
    text = text_of(w, ALERT_RU);
    assert_non_null(strstr(text, "stockd: внимание: неясная карточка: 30\n"));
}

static void rules_are_not_mixed(void **state)
{
    struct world *w = *state;
    find(w, ALERT_HELD, "", "p1");
    find(w, ALERT_DRIFT, "ozon-main", "SKU-1/501");
    update(w);
    w->now += MINUTE;
    assert_int_equal(take(w, "all"), 1);
    done(w, "all");
    enum alert_rule first = w->group.rule;
    assert_int_equal(take(w, "all"), 1);
    assert_int_not_equal(w->group.rule, first);
    done(w, "all");
    assert_int_equal(take(w, "all"), 0);
    assert_int_equal(w->group.next_ms, INT64_MAX);
}

static void what_was_told_is_told_to_be_over(void **state)
{
    struct world *w = *state;
    find(w, ALERT_PARKED, "ozon-main", "");
    update(w);
    w->now += ALERT_CRITICAL_WAIT_MS;
    assert_int_equal(take(w, "all"), 1);
    done(w, "all");
    assert_int_equal(take(w, "worst"), 1); /* sent, and no answer yet */
    update(w);
    assert_int_equal(w->told.closed, 1);
    w->now += MINUTE;
    assert_int_equal(take(w, "all"), 1);
    assert_int_equal(w->group.news, ALERT_NEWS_CLOSED);
    assert_non_null(strstr(text_of(w, ALERT_EN), "Over: an account is parked"));
    assert_int_equal(take(w, "worst"), 1);
    assert_int_equal(w->group.news, ALERT_NEWS_CLOSED);
    done(w, "worst");
    find(w, ALERT_PARKED, "ozon-main", "");
    update(w);
    assert_int_equal(w->told.opened, 1); /* again: a new alert */
}

/* What a channel is told of in an hour's time, the queue emptied each minute. */
static int told_in_minutes(struct world *w, int minutes, int every, enum alert_news news)
{
    int count = 0;
    for (int minute = 0; minute < minutes; minute++, w->now += MINUTE) {
        if (every && minute % every == 0) find(w, ALERT_LINK, "ozon-main", "501");
        update(w);
        w->now += ALERT_CRITICAL_WAIT_MS;
        while (take(w, "all")) {
            count += w->group.news == news;
            done(w, "all");
        }
        w->now -= ALERT_CRITICAL_WAIT_MS;
    }
    return count;
}

struct open {
    int count;
    bool absent;
};

static bool count_open(void *ctx, uint64_t number, const struct alert_view *alert)
{
    struct open *open = ctx;
    (void)number;
    open->count += !alert->closed_ms;
    open->absent |= !alert->closed_ms && alert->absent_ms;
    return true;
}

static int open_now(struct world *w, bool *absent)
{
    struct store_txn *txn;
    struct open open = {0};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(alert_each(txn, 0, count_open, &open), ST_OK);
    store_abort(txn);
    *absent = open.absent;
    return open.count;
}

static void what_comes_and_goes_is_told_twice(void **state)
{
    struct world *w = *state;
    bool absent;
    assert_int_equal(told_in_minutes(w, 60, 2, ALERT_NEWS_OPENED), 2);
    assert_int_equal(open_now(w, &absent), 1);
    assert_true(absent);
    find(w, ALERT_LINK, "ozon-main", "501");
    update(w);
    assert_int_equal(w->told.opened, 0);
    assert_int_equal(open_now(w, &absent), 1);
    assert_false(absent);
    assert_int_equal(told_in_minutes(w, 10, 0, ALERT_NEWS_CLOSED), 0);
    assert_int_equal(told_in_minutes(w, 5, 0, ALERT_NEWS_CLOSED), 1);
    assert_int_equal(open_now(w, &absent), 0);
}

static void what_comes_back_after_long_is_new(void **state)
{
    struct world *w = *state;
    assert_int_equal(told_in_minutes(w, 124, 31, ALERT_NEWS_OPENED), 4);
    w->now += 60 * MINUTE;
    assert_int_equal(told_in_minutes(w, 124, 31, ALERT_NEWS_CLOSED), 4);
}

/* Each one that comes and goes by itself does not hold up another. */
static void one_that_comes_back_holds_no_other(void **state)
{
    struct world *w = *state;
    told_in_minutes(w, 6, 2, ALERT_NEWS_OPENED);
    find(w, ALERT_LINK, "ozon-main", "501");
    find(w, ALERT_LINK, "ozon-main", "502");
    update(w);
    assert_int_equal(w->told.opened, 1);
    find(w, ALERT_LINK, "ozon-main", "501");
    update(w);
    assert_int_equal(w->told.closed, 1);
}

static void a_clock_set_back_ends_what_stays_away(void **state)
{
    struct world *w = *state;
    bool absent;
    told_in_minutes(w, 6, 2, ALERT_NEWS_OPENED);
    assert_int_equal(open_now(w, &absent), 1);
    assert_true(absent);
    w->now -= INT64_C(48) * 60 * MINUTE;
    update(w);
    assert_int_equal(open_now(w, &absent), 0);
}

static void what_nobody_heard_of_is_not_told_at_all(void **state)
{
    struct world *w = *state;
    find(w, ALERT_PARKED, "ozon-main", "");
    update(w);
    assert_int_equal(waiting(w), 2);
    update(w);
    assert_int_equal(w->told.closed, 1);
    assert_int_equal(waiting(w), 0);
}

static void nothing_follows_from_what_was_not_read(void **state)
{
    struct world *w = *state;
    find(w, ALERT_CONFLICT, "ozon-main", "a");
    find(w, ALERT_HELD, "", "p1");
    update(w);
    w->findings.partial[ALERT_CONFLICT] = true;
    update(w);
    assert_int_equal(w->told.closed, 1); /* the plan only */
    update(w);
    assert_int_equal(w->told.closed, 1);
}

static void retries_come_later_and_later_and_end(void **state)
{
    struct world *w = *state;
    find(w, ALERT_HELD, "", "p1");
    update(w);
    int64_t since = w->now, last = w->now += MINUTE;
    int tries = 0;
    while (waiting(w)) {
        if (take(w, "all")) {
            tries++;
            assert_true(tries == 1 || w->now - last == alert_retry_ms((uint32_t)tries - 1));
            last = w->now;
        }
        if (!waiting(w)) break;
        assert_true(w->group.next_ms > w->now);
        w->now = w->group.next_ms;
    }
    assert_true(tries > 70 && tries < 90);
    assert_int_equal(w->group.given_up, 1);
    assert_true(w->now - since > ALERT_OUT_KEPT_MS);
    assert_int_equal(alert_retry_ms(1), ALERT_RETRY_FIRST_MS);
    assert_int_equal(alert_retry_ms(UINT32_MAX), ALERT_RETRY_MOST_MS);
}

static void at_night_only_what_is_critical(void **state)
{
    struct world *w = *state;
    find(w, ALERT_HELD, "", "p1");
    find(w, ALERT_LINK, "ozon-main", "501");
    update(w);
    w->now += MINUTE;
    assert_int_equal(take_least(w, "all", ALERT_CRITICAL), 1);
    assert_int_equal(w->group.rule, ALERT_LINK);
    done(w, "all");
    assert_int_equal(take_least(w, "all", ALERT_CRITICAL), 0);
    assert_int_equal(take(w, "all"), 1); /* in the morning */
    assert_int_equal(w->group.rule, ALERT_HELD);
}

static void a_clock_set_back_holds_nothing(void **state)
{
    struct world *w = *state;
    find(w, ALERT_HELD, "", "p1");
    update(w);
    w->now -= (int64_t)48 * 60 * MINUTE;
    assert_int_equal(take(w, "all"), 1);
}

static void who_knows_is_not_told(void **state)
{
    struct world *w = *state;
    struct store_txn *txn;
    struct error error = {0};
    find(w, ALERT_PARKED, "ozon-main", "");
    update(w);
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_ack(txn, 2, "me", w->now, &error), ST_NOT_FOUND);
    assert_non_null(strstr(error.text, "there is no alert 2"));
    assert_int_equal(alert_ack(txn, 1, "me", w->now, &error), ST_OK);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    assert_int_equal(waiting(w), 0);
    struct alert_finding *f = find(w, ALERT_PARKED, "ozon-main", "");
    f->count = 7;
    update(w); /* what is known of it changes, who knows of it does not */
    assert_int_equal(w->told.opened, 0);
}

static bool count_one(void *ctx, uint64_t number, const struct alert_view *alert)
{
    (void)alert;
    uint64_t *seen = ctx;
    assert_true(!seen[1] || number < seen[1]);
    seen[0]++;
    seen[1] = number;
    return true;
}

static void everything_is_bounded(void **state)
{
    struct world *w = *state;
    struct store_txn *txn;
    for (int round = 0; round < 24; round++) {
        char name[30];
        for (int i = 0; i < ALERT_RULE_FINDINGS_MAX + 10; i++) {
            snprintf(name, sizeof name, "%d/%d", round, i);
            find(w, ALERT_OVERSELL, "ozon-main", name);
        }
        assert_int_equal(w->findings.count, ALERT_RULE_FINDINGS_MAX);
        assert_true(w->findings.partial[ALERT_OVERSELL]);
        w->findings.partial[ALERT_OVERSELL] = false;
        update(w);
        take(w, "all"); /* somebody may have heard, so that it is told twice */
        take(w, "worst");
    }
    assert_true(waiting(w) <= ALERT_OUT_MAX);
    uint64_t seen[2] = {0};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(alert_each(txn, 0, count_one, seen), ST_OK);
    store_abort(txn);
    assert_in_range(seen[0], ALERTS_KEPT, ALERTS_KEPT + ALERT_RULE_FINDINGS_MAX);
    assert_int_equal(take(w, "all") <= ALERT_GROUP_MAX, 1);
}

static void channels_that_are_gone_leave_nothing(void **state)
{
    struct world *w = *state;
    struct store_txn *txn;
    find(w, ALERT_PARKED, "ozon-main", "");
    update(w);
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    alert_out_keep(txn, places + 1, 1);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    assert_int_equal(waiting(w), 1);
    w->now += MINUTE;
    assert_int_equal(take(w, "worst"), 1);
}

static void odd_subjects_have_fingerprints_of_their_own(void **state)
{
    struct world *w = *state;
    char subject[1000];
    memset(subject, 'x', sizeof subject);
    for (int i = 0; i < 3; i++) {
        subject[900] = (char)('a' + i);
        assert_non_null(alert_findings_add(&w->findings, ALERT_OVERSELL, "a",
                                           bytes_of(subject, sizeof subject)));
    }
    assert_non_null(alert_findings_add(&w->findings, ALERT_OVERSELL, "a", bytes_of("\0b", 2)));
    assert_non_null(alert_findings_add(&w->findings, ALERT_OVERSELL, "a", bytes_of("\0c", 2)));
    update(w);
    assert_int_equal(w->told.opened, 5);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(the_same_trouble_is_one_alert, begin, end),
    cmocka_unit_test_setup_teardown(many_of_a_rule_are_one_message, begin, end),
    cmocka_unit_test_setup_teardown(rules_are_not_mixed, begin, end),
    cmocka_unit_test_setup_teardown(what_was_told_is_told_to_be_over, begin, end),
    cmocka_unit_test_setup_teardown(what_comes_and_goes_is_told_twice, begin, end),
    cmocka_unit_test_setup_teardown(what_comes_back_after_long_is_new, begin, end),
    cmocka_unit_test_setup_teardown(one_that_comes_back_holds_no_other, begin, end),
    cmocka_unit_test_setup_teardown(a_clock_set_back_ends_what_stays_away, begin, end),
    cmocka_unit_test_setup_teardown(what_nobody_heard_of_is_not_told_at_all, begin, end),
    cmocka_unit_test_setup_teardown(nothing_follows_from_what_was_not_read, begin, end),
    cmocka_unit_test_setup_teardown(retries_come_later_and_later_and_end, begin, end),
    cmocka_unit_test_setup_teardown(at_night_only_what_is_critical, begin, end),
    cmocka_unit_test_setup_teardown(a_clock_set_back_holds_nothing, begin, end),
    cmocka_unit_test_setup_teardown(who_knows_is_not_told, begin, end),
    cmocka_unit_test_setup_teardown(everything_is_bounded, begin, end),
    cmocka_unit_test_setup_teardown(channels_that_are_gone_leave_nothing, begin, end),
    cmocka_unit_test_setup_teardown(odd_subjects_have_fingerprints_of_their_own, begin, end),
};
TEST_MAIN(cases)
