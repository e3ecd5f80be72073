/* What each marketplace does wrong, fault by fault: a group of them is a case, in which each has an
 * account of its own at a marketplace of its own, all in one daemon at one time. */
#include "markets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCTS = 40, FAULTS_MAX = 16 };

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

enum where { WRITES, READS };

static void open_all(const struct market *market, const char *const *faults)
{
    for (count = 0; faults[count]; count++)
        shop_open(&shops[count], market, text_format("%s-%d", market->name, count), PRODUCTS, "");
    daemon_start();
    shops_enter(shops, count);
}

/* After every one of these all comes right by itself, and each has struck. */
static void survives(const struct market *market, enum where where, const char *const *faults)
{
    open_all(market, faults);
    for (int i = 0; i < count; i++)
        (where == WRITES ? shop_fault_writes : shop_fault_reads)(&shops[i], faults[i]);
    figures_make(0);
    import_all("--create");
    shops_wait_shown(shops, count, &figures, 2 * LONG_S);
    for (int i = 0; i < count; i++)
        if (!shop_faults_hit(&shops[i]))
            fail_msg("%s never struck: %s", shops[i].account, faults[i]);
    nothing_is_left_over();
    for (int i = 0; i < count; i++)
        shop_faults_clear(&shops[i]);
    figures_make(1); /* and it goes on as ever */
    import_all("");
    shops_wait_shown(shops, count, &figures, LONG_S);
    nothing_is_left_over();
    shops_good(shops, count);
}

/* ---- nothing was applied */

static const char *const refused[] = {
    "\"kind\":\"rate\",\"count\":2,\"retry_after\":1",
    "\"kind\":\"rate\",\"count\":2",
    "\"kind\":\"circuit\",\"count\":1",
    "\"kind\":\"status\",\"status\":500,\"count\":2",
    "\"kind\":\"status\",\"status\":503,\"count\":1,\"retry_after\":1",
    "\"kind\":\"status\",\"status\":408,\"count\":1",
    "\"kind\":\"html\",\"status\":502,\"count\":2",
    "\"kind\":\"drop_before\",\"count\":1",
    "\"kind\":\"drop_before\",\"count\":1,\"delay_ms\":4000",
    NULL,
};

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

static void ozon_refuses_writes(void **state)
{
    (void)state;
    survives(&market_ozon, WRITES, refused);
}

static void ozon_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_ozon, WRITES, unsaid);
}

static void ozon_spoils_its_answers(void **state)
{
    (void)state;
    survives(&market_ozon, WRITES, spoilt);
}

static void wb_refuses_writes(void **state)
{
    (void)state;
    survives(&market_wb, WRITES, refused);
}

static void wb_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_wb, WRITES, unsaid);
}

static void wb_refuses_reads(void **state)
{
    (void)state;
    survives(&market_wb, READS, refused);
}

static void wb_spoils_what_is_read(void **state)
{
    (void)state;
    survives(&market_wb, READS, spoilt);
}

static void allegro_refuses_writes(void **state)
{
    (void)state;
    survives(&market_allegro, WRITES, refused);
}

static void allegro_does_not_say_so(void **state)
{
    (void)state;
    survives(&market_allegro, WRITES, unsaid);
}

static void allegro_spoils_its_answers(void **state)
{
    (void)state;
    survives(&market_allegro, WRITES, spoilt);
}

static void allegro_refuses_reads(void **state)
{
    (void)state;
    survives(&market_allegro, READS, refused);
}

static void allegro_spoils_what_is_read(void **state)
{
    (void)state;
    survives(&market_allegro, READS, spoilt);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ozon_refuses_writes, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_spoils_its_answers, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_refuses_writes, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_refuses_reads, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_spoils_what_is_read, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_refuses_writes, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_does_not_say_so, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_spoils_its_answers, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_refuses_reads, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_spoils_what_is_read, world_begin, world_end),
};

TEST_MAIN(cases)
