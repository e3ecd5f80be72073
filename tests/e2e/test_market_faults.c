/* What each marketplace does wrong, fault by fault: a group of them is a case, in which each has an
 * account of its own at a marketplace of its own, all in one daemon at one time. */
#include "markets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCTS = 40, FAULTS_MAX = 64 };

static struct figures figures;
static struct shop shops[FAULTS_MAX];
static int count;

/* Values of many and of few, and zeros: marketplaces have different ways for these. */
static void figures_make(int round)
{
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = p <= 26 ? 7 + round : p % 5 == 0 ? 0 : p + w + round;
}

static void import_all(const char *flags)
{
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s %s", world_path("stock.csv"), flags);
}

static void nothing_is_left_over(void)
{
    json_t *status = api_get("/v1/status");
    if (number_at(status, "counts.rejected"))
        fail_msg("%s", ctl("target list --state rejected").out);
    assert_int_equal(number_at(status, "counts.unresolved"), 0);
    assert_int_equal(number_at(status, "counts.dirty"), 0);
}

struct group {
    const struct market *market;
    const char *const *faults;
};

static const char *struck[FAULTS_MAX]; /* by shop */

static void open_all(const struct group *groups)
{
    count = 0;
    for (; groups->market; groups++)
        for (int i = 0; groups->faults[i]; i++) {
            assert_true(count < FAULTS_MAX);
            struck[count] = groups->faults[i];
            shop_open(&shops[count], groups->market,
                      text_format("%s-%d", groups->market->name, count), PRODUCTS, "");
            count++;
        }
    daemon_start();
    shops_enter(shops, count);
}

/* After every one of these all comes right by itself, and each has struck. */
static void survive(const struct group *groups,
                    void (*inject)(const struct shop *shop, const char *fields))
{
    open_all(groups);
    for (int i = 0; i < count; i++)
        inject(&shops[i], struck[i]);
    figures_make(0);
    import_all("--create");
    shops_wait_shown(shops, count, &figures, 2 * LONG_S);
    for (int i = 0; i < count; i++)
        if (!shop_faults_hit(&shops[i]))
            fail_msg("%s never struck: %s", shops[i].account, struck[i]);
    nothing_is_left_over();
    for (int i = 0; i < count; i++)
        shop_faults_clear(&shops[i]);
    figures_make(1); /* and it goes on as ever */
    import_all("");
    shops_wait_shown(shops, count, &figures, LONG_S);
    nothing_is_left_over();
    shops_good(shops, count);
}

/* Faults of what writes. */
static void survives(const struct market *market, const char *const *faults)
{
    survive((const struct group[]){{market, faults}, {NULL, NULL}}, shop_fault_writes);
}

/* ---- nothing was applied */

static void writes_are_refused(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "\"kind\":\"rate\",\"count\":1,\"retry_after\":1",
        "\"kind\":\"rate\",\"count\":1",
        "\"kind\":\"circuit\",\"count\":1",
        "\"kind\":\"status\",\"status\":500,\"count\":1",
        "\"kind\":\"status\",\"status\":503,\"count\":1,\"retry_after\":1",
        "\"kind\":\"status\",\"status\":408,\"count\":1",
        "\"kind\":\"html\",\"status\":502,\"count\":1",
        "\"kind\":\"drop_before\",\"count\":1",
        "\"kind\":\"drop_before\",\"count\":1,\"delay_ms\":4000",
        NULL,
    };
    survive((const struct group[]){{&market_ozon, faults},
                                   {&market_wb, faults},
                                   {&market_allegro, faults},
                                   {&market_wix, faults},
                                   {&market_wix_v1, faults},
                                   {NULL, NULL}},
            shop_fault_writes);
}

/* ---- it was applied, soon or late, and nobody said so */

static const char *const unsaid[] = {
    "\"kind\":\"drop_after\",\"count\":2",
    "\"kind\":\"slow\",\"count\":1,\"delay_ms\":4000",
    "\"kind\":\"slow\",\"count\":3,\"delay_ms\":500",
    "\"kind\":\"late\",\"count\":1,\"late_ms\":300",
    NULL,
};

/* ---- an answer that is none */

static const char *const spoilt[] = {
    "\"kind\":\"malformed\",\"count\":1",
    "\"kind\":\"truncated\",\"count\":1",
    "\"kind\":\"mistyped\",\"count\":1",
    "\"kind\":\"duplicate\",\"count\":1",
    "\"kind\":\"zeros\",\"count\":1",
    "\"kind\":\"empty_list\",\"count\":1",
    "\"kind\":\"oversized\",\"count\":1",
    "\"kind\":\"short_result\",\"share\":0.5,\"count\":1",
    NULL,
};

static void ozon_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_ozon, unsaid);
}

static void ozon_spoils_its_answers(void **state)
{
    (void)state;
    survives(&market_ozon, spoilt);
}

static void wb_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_wb, unsaid);
}

static void allegro_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_allegro, unsaid);
}

static void allegro_spoils_its_answers(void **state)
{
    (void)state;
    survives(&market_allegro, spoilt);
}

static void wix_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_wix, unsaid);
}

static void wix_spoils_its_answers(void **state)
{
    (void)state;
    survives(&market_wix, spoilt);
}

static void wix_v1_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_wix_v1, unsaid);
}

static void wix_v1_spoils_its_answers(void **state)
{
    (void)state;
    survives(&market_wix_v1, spoilt);
}

/* ---- a reading that finds out what became of a write; it is tried again after half a minute */

static void readings_are_refused(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "\"kind\":\"rate\",\"count\":1,\"retry_after\":1",
        "\"kind\":\"rate\",\"count\":1",
        "\"kind\":\"status\",\"status\":500,\"count\":1",
        "\"kind\":\"html\",\"status\":502,\"count\":1",
        "\"kind\":\"drop_before\",\"count\":1",
        "\"kind\":\"drop_before\",\"count\":1,\"delay_ms\":4000",
        NULL,
    };
    survive((const struct group[]){{&market_wb, faults},
                                   {&market_allegro, faults},
                                   {&market_wix, faults},
                                   {&market_wix_v1, faults},
                                   {NULL, NULL}},
            shop_fault_reads);
}

static void readings_are_spoilt(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "\"kind\":\"malformed\",\"count\":1", "\"kind\":\"truncated\",\"count\":1",
        "\"kind\":\"mistyped\",\"count\":1",  "\"kind\":\"duplicate\",\"count\":1",
        "\"kind\":\"oversized\",\"count\":1", NULL,
    };
    /* Figures that are not there, or all 0. */
    static const char *const lies[] = {"\"kind\":\"zeros\",\"count\":1",
                                       "\"kind\":\"empty_list\",\"count\":1", NULL};
    survive((const struct group[]){{&market_wb, faults},
                                   {&market_wb, lies},
                                   {&market_allegro, faults},
                                   {&market_allegro, lies},
                                   {&market_wix, faults},
                                   {&market_wix_v1, faults},
                                   {&market_wix_v1, lies},
                                   {NULL, NULL}},
            shop_fault_reads);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(writes_are_refused, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_spoils_its_answers, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_spoils_its_answers, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_spoils_its_answers, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_spoils_its_answers, world_begin, world_end),
    cmocka_unit_test_setup_teardown(readings_are_refused, world_begin, world_end),
    cmocka_unit_test_setup_teardown(readings_are_spoilt, world_begin, world_end),
};

TEST_MAIN(cases)
