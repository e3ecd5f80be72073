/* Accounts that only suffer - refused, shut out, not to be found, never answered - beside one that
 * must not notice. How long its changes take is measured without them and with them, in one run. */
#include "markets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCTS = 60, ROUNDS = 40, SICK = 4, MORE_MS = 1000 };

static struct shop shops[1 + SICK];

/* The time until so many changes, one after the other, were shown. */
static int64_t measure(const struct shop *shop, int64_t from)
{
    int64_t begun = now_ms();
    for (int i = 0; i < ROUNDS; i++) {
        const char *sku = text_format("SKU-%06d", 1 + (int)(from + i) % PRODUCTS);
        json_t *answer;
        const char *path = text_format("/v1/stock/%s/msk", sku);
        const char *body =
            text_format("{\"quantity\":%lld,\"kind\":\"on-hand\"}", (long long)(1000 + from + i));
        assert_int_equal(api("PUT", path, body, &answer), 200);
        WAIT_FOR(LONG_S, sim_figure(&shop->sim, sku, 501) == 1000 + from + i);
    }
    return now_ms() - begun;
}

static const char *why(const struct shop *shop)
{
    json_t *account = api_get(text_format("/v1/accounts/%s", shop->account));
    return text_format("%s|%s|%s", text_at(account, "state"), text_at(account, "why"),
                       (char *)json_dumps(json_object_get(account, "tasks"), JSON_COMPACT));
}

static void nobody_waits_for_the_sick(void **state)
{
    (void)state;
    shop_open(&shops[0], &market_ozon, "healthy", PRODUCTS, "");
    daemon_start();
    products_add(PRODUCTS);
    shops_enter(shops, 1);
    measure(&shops[0], 0); /* warm */
    int64_t alone = measure(&shops[0], ROUNDS);

    shop_open(&shops[1], &market_wb, "only-429", PRODUCTS, "");
    shop_open(&shops[2], &market_ozon, "dead-token", PRODUCTS, "");
    shop_open(&shops[3], &market_wix, "no-name", PRODUCTS, "");
    shop_open(&shops[4], &market_wb, "no-answer", PRODUCTS, "    timeout: 1s\n");
    shop_fault_all(&shops[1], "\"kind\":\"rate\",\"count\":-1");
    shop_fault_all(&shops[2], "\"kind\":\"dead_key\",\"count\":-1");
    shops[3].base = "http://no-such-host.invalid";
    shop_conf(&shops[3], "");
    shop_fault_all(&shops[4], "\"kind\":\"drop_before\",\"delay_ms\":3000,\"count\":-1");
    ctl_ok("reload");
    for (int i = 1; i <= SICK; i++) /* each has been tried, and is ill */
        if (i != 3) WAIT_FOR(LONG_S, shop_faults_hit(&shops[i]) > 0);
    WAIT_FOR(LONG_S, strstr(why(&shops[3]), "no-such-host") != NULL);
    WAIT_FOR(LONG_S, strncmp(why(&shops[2]), "parked", 6) == 0);
    int64_t among = measure(&shops[0], 2 * ROUNDS);
    print_message("%d changes: %lld ms alone, %lld ms among the sick\n", ROUNDS, (long long)alone,
                  (long long)among);
    if (among > alone * 3 / 2 + MORE_MS)
        fail_msg("%lld ms alone, %lld ms among the sick", (long long)alone, (long long)among);
    assert_string_equal(account_state("healthy"), "active");
    assert_int_equal(sim_violations(&shops[0].sim), 0);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(nobody_waits_for_the_sick, world_begin, world_end),
};

TEST_MAIN(cases)
