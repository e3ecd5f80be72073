/* Tokens from the login to the hundredth renewal: kept, renewed, never lost. */
#include "token_world.h"

#include "base/mem.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

static void log_in(struct token_world *w)
{
    assert_true(token_world_ask(w, SYNC_LOGIN));
    token_world_run(w, 60 * 1000);
    assert_int_equal(token_world_view(w).state != SYNC_PARKED, true);
}

static bool renewing(struct token_world *w)
{
    return token_world_view(w).tasks[SYNC_RENEW].running;
}

/* The shop is asked with what is stored, and answers. */
static void assert_works(struct token_world *w, uint64_t seed)
{
    uint32_t reads = token_world_shop(w)->reads;
    assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    token_world_run(w, 5 * 60 * 1000);
    struct sync_account_view view = token_world_view(w);
    if (view.state == SYNC_PARKED || token_world_shop(w)->reads == reads)
        fail_msg("seed %llu: locked out: %s", (unsigned long long)seed, view.reason);
}

/* ---- */

static void parks_with_the_words_to_log_in_with(void **state)
{
    (void)state;
    struct token_world *w = token_world_new(1);
    token_world_boot(w);
    token_world_run(w, 10 * 1000);
    struct sync_account_view view = token_world_view(w);
    assert_int_equal(view.state, SYNC_PARKED);
    assert_non_null(strstr(view.reason, "stockctl account login shop-main"));
    assert_int_equal(token_world_shop(w)->reads, 0);
    token_world_free(w);
}

static void a_login_shows_its_prompt_and_lets_the_account_go_on(void **state)
{
    (void)state;
    struct token_world *w = token_world_new(2);
    token_world_boot(w);
    token_world_run(w, 10 * 1000);
    assert_true(token_world_ask(w, SYNC_LOGIN));
    while (!token_world_view(w).prompt.text)
        assert_true(token_world_step(w));
    struct sync_account_view view = token_world_view(w);
    assert_string_equal(view.prompt.code, "ABCD-1234");
    assert_string_equal(view.prompt.url, "https://shop.example/device");
    assert_int_equal(view.state, SYNC_PARKED);
    token_world_run(w, 60 * 1000);
    view = token_world_view(w);
    assert_null(view.prompt.text);
    assert_true(view.state != SYNC_PARKED);
    assert_int_equal(token_world_shop(w)->denied, 0);
    assert_true(token_world_shop(w)->reads > 0);
    token_world_free(w);
}

static void a_denied_login_leaves_what_works_alone(void **state)
{
    (void)state;
    struct token_world *w = token_world_new(3);
    token_world_boot(w);
    log_in(w);
    token_world_shop(w)->deny_login = true;
    assert_true(token_world_ask(w, SYNC_LOGIN));
    token_world_run(w, 60 * 1000);
    assert_non_null(strstr(token_world_view(w).tasks[SYNC_LOGIN].error, "the person said no"));
    assert_works(w, 3);
    token_world_free(w);
}

static void is_renewed_before_it_expires(void **state)
{
    (void)state;
    struct token_world *w = token_world_new(4);
    token_world_boot(w);
    log_in(w);
    token_world_run(w, 20 * (int64_t)SHOP_LIFE_MS);
    assert_true(token_world_shop(w)->pairs >= 20 && token_world_shop(w)->pairs <= 27);
    assert_int_equal(token_world_shop(w)->denied + token_world_shop(w)->refusals, 0);
    assert_works(w, 4);
    token_world_free(w);
}

static void a_refused_token_is_renewed_once_and_the_reading_goes_again(void **state)
{
    (void)state;
    struct token_world *w = token_world_new(5);
    token_world_boot(w);
    log_in(w);
    snprintf(token_world_shop(w)->access, sizeof token_world_shop(w)->access, "revoked");
    uint64_t pairs = token_world_shop(w)->pairs;
    assert_works(w, 5);
    assert_int_equal(token_world_shop(w)->pairs, pairs + 1);
    assert_int_equal(token_world_shop(w)->denied, 1);
    assert_int_equal(token_world_view(w).failures, 0);
    token_world_free(w);
}

/* Readings go with a token, and the same is refused for a write, whichever it is: another one is no
 * help, and what was refused goes at growing intervals. */
static void a_write_that_is_refused_with_good_tokens_costs_few_of_them(void **state)
{
    enum { MINUTE = 60 * 1000, FIGURE = 7 };
    (void)state;
    struct token_world *w = token_world_quiet(8);
    struct token_shop *shop = token_world_shop(w);
    token_world_boot(w);
    token_world_login(w);
    shop->shuns_writes = true;
    token_world_sells(w, FIGURE);
    token_world_run(w, MINUTE);
    assert_in_range(shop->shunned, 3, 7);
    assert_int_equal(shop->renewals, 1);
    token_world_run(w, 59 * MINUTE);
    assert_int_equal(token_world_view(w).state, SYNC_ACTIVE);
    assert_in_range(shop->shunned, 6, 16);
    assert_in_range(shop->renewals, 2, 6);
    shop->shuns_writes = false;
    token_world_run(w, 20 * MINUTE);
    assert_int_equal(shop->figure, FIGURE);
    token_world_free(w);
}

static void a_definite_refusal_parks_until_somebody_logs_in(void **state)
{
    (void)state;
    struct token_world *w = token_world_new(6);
    token_world_boot(w);
    log_in(w);
    token_world_shop(w)->forget = true;
    token_world_run(w, SHOP_LIFE_MS);
    struct sync_account_view view = token_world_view(w);
    assert_int_equal(view.state, SYNC_PARKED);
    assert_non_null(strstr(view.reason, "stockctl account login shop-main"));
    assert_int_equal(token_world_shop(w)->renewals, 1);
    token_world_shop(w)->forget = false;
    log_in(w);
    assert_works(w, 6);
    token_world_free(w);
}

static void survives_a_network_that_loses_what_it_carries(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 140; seed++) {
        struct token_world *w = token_world_new(seed);
        token_world_boot(w);
        log_in(w);
        token_world_lose(w, 20, 20);
        token_world_run(w, 10 * (int64_t)SHOP_LIFE_MS);
        token_world_lose(w, 0, 0);
        assert_works(w, seed);
        token_world_free(w);
    }
}

/* It is due, and whatever leaves meets that network for so long. */
static void renew_in_vain(struct token_world *w, uint32_t not_sent, uint32_t lost, int64_t ms)
{
    while (!renewing(w))
        assert_true(token_world_step(w));
    token_world_lose(w, not_sent, lost);
    token_world_run(w, ms);
}

/* The grace runs from the first use that the shop saw, which is none of those before it. */
static void repeats_within_the_grace_after_an_outage(void **state)
{
    (void)state;
    for (uint64_t seed = 200; seed < 220; seed++) {
        struct token_world *w = token_world_new(seed);
        token_world_boot(w);
        log_in(w);
        renew_in_vain(w, 100, 0, 40 * SHOP_GRACE_MS);
        uint64_t pairs = token_world_shop(w)->pairs;
        token_world_lose(w, 0, 100);
        while (token_world_shop(w)->pairs == pairs)
            assert_true(token_world_step(w));
        token_world_run(w, SHOP_GRACE_MS / 20);
        token_world_lose(w, 0, 0);
        assert_works(w, seed);
        assert_int_equal(token_world_shop(w)->refusals, 0);
        token_world_free(w);
    }
}

/* Nobody but the shop knows whether the old one was used: it is asked, and says. */
static void parks_when_no_answer_came_within_the_grace(void **state)
{
    (void)state;
    struct token_world *w = token_world_new(7);
    token_world_boot(w);
    log_in(w);
    uint32_t before = token_world_shop(w)->renewals;
    renew_in_vain(w, 0, 100, SHOP_GRACE_MS);
    assert_true(token_world_shop(w)->renewals >= before + 3);
    token_world_run(w, SHOP_GRACE_MS);
    token_world_lose(w, 0, 0);
    token_world_run(w, 5 * SHOP_GRACE_MS);
    struct sync_account_view view = token_world_view(w);
    assert_int_equal(view.state, SYNC_PARKED);
    assert_non_null(strstr(view.reason, "stockctl account login shop-main"));
    log_in(w);
    assert_works(w, 7);
    token_world_free(w);
}

/* Kills at any step of a renewal, up to three times, each restart well within the grace. */
static void kill_while_renewing(struct token_world *w, struct random *dice, uint32_t *hit)
{
    if (random_below(dice, 2)) { /* because it was refused: no clock says that it is due */
        snprintf(token_world_shop(w)->access, sizeof token_world_shop(w)->access, "revoked");
        assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    }
    while (!renewing(w))
        assert_true(token_world_step(w));
    uint64_t kills = 1 + random_below(dice, 3);
    for (uint64_t k = 0; k < kills; k++) {
        for (uint64_t steps = random_below(dice, 24); steps; steps--)
            assert_true(token_world_step(w));
        hit[token_world_point(w)]++;
        token_world_kill(w, (int64_t)random_below(dice, SHOP_GRACE_MS / 5));
        token_world_boot(w);
    }
}

static void is_never_locked_out_by_being_killed(void **state)
{
    (void)state;
    uint32_t hit[POINTS] = {0};
    for (uint64_t seed = 1000; seed < 1200; seed++) {
        struct random dice;
        random_seed(&dice, seed);
        struct token_world *w = token_world_new(seed);
        token_world_boot(w);
        log_in(w);
        kill_while_renewing(w, &dice, hit);
        token_world_run(w, 2 * SHOP_GRACE_MS);
        assert_works(w, seed);
        kill_while_renewing(w, &dice, hit);
        token_world_run(w, 2 * (int64_t)SHOP_LIFE_MS);
        assert_works(w, seed);
        token_world_free(w);
    }
    for (int i = 0; i < POINTS; i++)
        if (hit[i] < 5) fail_msg("point %d was hit %u times only", i, hit[i]);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(parks_with_the_words_to_log_in_with),
    cmocka_unit_test(a_login_shows_its_prompt_and_lets_the_account_go_on),
    cmocka_unit_test(a_denied_login_leaves_what_works_alone),
    cmocka_unit_test(is_renewed_before_it_expires),
    cmocka_unit_test(a_refused_token_is_renewed_once_and_the_reading_goes_again),
    cmocka_unit_test(a_write_that_is_refused_with_good_tokens_costs_few_of_them),
    cmocka_unit_test(a_definite_refusal_parks_until_somebody_logs_in),
    cmocka_unit_test(survives_a_network_that_loses_what_it_carries),
    cmocka_unit_test(repeats_within_the_grace_after_an_outage),
    cmocka_unit_test(parks_when_no_answer_came_within_the_grace),
    cmocka_unit_test(is_never_locked_out_by_being_killed),
};
TEST_MAIN(cases)
