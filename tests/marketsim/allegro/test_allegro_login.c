/* The login host: refresh tokens with their single use and grace, device codes. */
#include "marketsim/allegro/allegro_support.h"

static char *dup_text(struct sim *sim, const char *way)
{
    return market_strdup(sim_text(sim, way));
}

static int refresh(struct sim *sim, const char *token)
{
    char form[4096];
    snprintf(form, sizeof(form), "grant_type=refresh_token&refresh_token=%s", token);
    return sim_form(sim, "/auth/oauth/token", form);
}

static int me(struct sim *sim, const char *access)
{
    sim_login(sim, access);
    return sim_get(sim, "/me");
}

static void renewal_gives_a_new_pair_and_ends_the_old_access(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct allegro_token old = allegro_token_ready(sim.allegro, sim.seller, sim.now);
    assert_int_equal(me(&sim, old.access), 200);
    assert_int_equal(refresh(&sim, old.refresh), 200);
    assert_string_equal(sim_text(&sim, "token_type"), "bearer");
    assert_int_equal(sim_int(&sim, "expires_in"), 43199);
    assert_string_not_equal(sim_text(&sim, "refresh_token"), old.refresh);
    char *access = dup_text(&sim, "access_token");
    assert_int_equal(me(&sim, access), 200);
    assert_int_equal(me(&sim, old.access), 401);
    assert_string_equal(sim_text(&sim, "error"), "invalid_token");
    assert_int_equal(sim_violated(&sim, NULL), 0);
    free(access);
    sim_free(&sim);
}

static void a_refresh_token_works_sixty_seconds_more(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct allegro_token old = allegro_token_ready(sim.allegro, sim.seller, sim.now);
    assert_int_equal(refresh(&sim, old.refresh), 200);
    char *first = dup_text(&sim, "access_token");
    sim.now += 60000;
    assert_int_equal(refresh(&sim, old.refresh), 200);
    char *second = dup_text(&sim, "access_token");
    assert_string_not_equal(first, second);
    assert_int_equal(me(&sim, first), 401);
    assert_int_equal(me(&sim, second), 200);
    assert_int_equal(sim_violated(&sim, "token_reuse"), 0);
    sim.now += 1;
    assert_int_equal(refresh(&sim, old.refresh), 400);
    assert_string_equal(sim_text(&sim, "error"), "invalid_grant");
    assert_non_null(strstr(sim_text(&sim, "error_description"), old.refresh));
    assert_int_equal(sim_violated(&sim, "token_reuse"), 1);
    assert_int_equal(me(&sim, second), 200);
    free(first);
    free(second);
    sim_free(&sim);
}

static void a_lost_answer_costs_nothing_within_the_grace(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct allegro_token old = allegro_token_ready(sim.allegro, sim.seller, sim.now);
    sim_fault(&sim, FAULT_DROP_AFTER, "/auth/oauth/token");
    assert_int_equal(refresh(&sim, old.refresh), 0);
    assert_int_equal(me(&sim, old.access), 401); /* it was carried out */
    sim.now += 59000;
    assert_int_equal(refresh(&sim, old.refresh), 200);
    sim_free(&sim);
}

static void the_grace_may_repeat_the_same_pair(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct allegro_token old = allegro_token_ready(sim.allegro, sim.seller, sim.now);
    assert_int_equal(sim_control(&sim, "settings",
                                 "{'grace_same_pair':true,'echo_refresh':false,'grace_ms':1000}"),
                     200);
    assert_int_equal(refresh(&sim, old.refresh), 200);
    char *first = dup_text(&sim, "refresh_token");
    sim.now += 1000;
    assert_int_equal(refresh(&sim, old.refresh), 200);
    assert_string_equal(sim_text(&sim, "refresh_token"), first);
    sim.now += 1;
    assert_int_equal(refresh(&sim, old.refresh), 400);
    assert_null(strstr(sim_text(&sim, "error_description"), old.refresh));
    free(first);
    sim_free(&sim);
}

static void tokens_expire(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "settings", "{'access_ms':10000,'refresh_ms':20000}"), 200);
    struct allegro_token token =
        allegro_token_issue(sim.allegro, sim.seller, ALLEGRO_ALL_SCOPES, sim.now);
    sim.now += 9999;
    assert_int_equal(me(&sim, token.access), 200);
    sim.now += 1;
    assert_int_equal(me(&sim, token.access), 401);
    sim.now += 10000;
    assert_int_equal(refresh(&sim, token.refresh), 400);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void another_application_cannot_use_the_token(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(
        sim_control(&sim, "seller", "{'client_id':'other','api_key':'s','seller':'99'}"), 200);
    struct allegro_token foreign =
        allegro_token_ready(sim.allegro, allegro_seller_find(sim.allegro, "other", NULL), sim.now);
    assert_int_equal(refresh(&sim, foreign.refresh), 400);
    assert_string_equal(sim_text(&sim, "error"), "invalid_grant");
    sim_free(&sim);
}

static void basic_authentication_is_needed(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    strcpy(sim.authorization, "Basic dGVzdC1jbGllbnQ6d3Jvbmc=");
    sim.type = "application/x-www-form-urlencoded";
    assert_int_equal(sim_send(&sim, "POST", "/auth/oauth/token", "grant_type=client_credentials"),
                     401);
    assert_string_equal(sim_text(&sim, "error"), "Unauthorized");
    assert_int_equal(sim_violated(&sim, "access"), 1);
    sim_free(&sim);
}

static void client_credentials_know_no_user(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_form(&sim, "/auth/oauth/token", "grant_type=client_credentials"), 200);
    assert_null(sim_value(&sim, "refresh_token"));
    char *access = dup_text(&sim, "access_token");
    assert_int_equal(me(&sim, access), 403);
    assert_int_equal(sim_get(&sim, "/marketplaces"), 200);
    free(access);
    sim_free(&sim);
}

/* Device codes ------------------------------------------------------------------------------ */

static char device_form[256];

static void start_device(struct sim *sim, const char *form)
{
    assert_int_equal(sim_form(sim, "/auth/oauth/device", form), 200);
    assert_non_null(strstr(sim_text(sim, "verification_uri_complete"), sim_text(sim, "user_code")));
    snprintf(device_form, sizeof(device_form),
             "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Adevice_code&device_code="
             "%s",
             sim_text(sim, "device_code"));
}

static const char *poll_device(struct sim *sim)
{
    int status = sim_form(sim, "/auth/oauth/token", device_form);
    return status == 200 ? "token" : sim_text(sim, "error");
}

static void a_device_waits_for_consent(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    start_device(&sim, "client_id=test-client");
    assert_int_equal(sim_int(&sim, "interval"), 5);
    assert_string_equal(poll_device(&sim), "authorization_pending");
    sim.now += 4999;
    assert_string_equal(poll_device(&sim), "slow_down");
    assert_int_equal(sim_violated(&sim, "device_interval"), 1);
    sim.now += 9999; /* the interval has grown by 5 s */
    assert_string_equal(poll_device(&sim), "slow_down");
    sim.now += 15000;
    assert_int_equal(sim_control(&sim, "device", "{}"), 200);
    assert_string_equal(poll_device(&sim), "token");
    char *access = dup_text(&sim, "access_token");
    assert_int_equal(me(&sim, access), 200);
    sim.now += 15000;
    assert_string_equal(poll_device(&sim), "invalid_grant");
    free(access);
    sim_free(&sim);
}

static void consent_may_be_denied_or_come_too_late(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    start_device(&sim, "client_id=test-client");
    assert_int_equal(sim_control(&sim, "device", "{'answer':'deny'}"), 200);
    assert_string_equal(poll_device(&sim), "access_denied");
    start_device(&sim, "client_id=test-client");
    sim.now += 600000;
    assert_string_equal(poll_device(&sim), "expired_token");
    assert_int_equal(sim_control(&sim, "device", "{}"), 400);
    sim_free(&sim);
}

static void consent_may_come_by_itself_with_fewer_scopes(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "settings", "{'device_polls':2,'device_interval':1}"), 200);
    start_device(&sim, "client_id=test-client&scope=allegro:api:profile:read");
    assert_string_equal(poll_device(&sim), "authorization_pending");
    sim.now += 1000;
    assert_string_equal(poll_device(&sim), "token");
    assert_string_equal(sim_text(&sim, "scope"), "allegro:api:profile:read");
    char *access = dup_text(&sim, "access_token");
    assert_int_equal(me(&sim, access), 200);
    assert_int_equal(sim_get(&sim, "/sale/offers"), 403);
    free(access);
    sim_free(&sim);
}

static void the_login_host_breaks_too(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    const char *token = allegro_token_ready(sim.allegro, sim.seller, sim.now).refresh;
    sim_fault(&sim, FAULT_HTML, "/auth/*");
    assert_int_equal(refresh(&sim, token), 502);
    assert_string_equal(market_answer_header_get(&sim.answer, "Content-Type"), "text/html");
    sim_fault(&sim, FAULT_STATUS, "POST /auth/oauth/token");
    assert_int_equal(refresh(&sim, token), 500);
    assert_string_equal(sim_text(&sim, "error"), "INTERNAL_SERVER_ERROR");
    assert_int_equal(refresh(&sim, token), 200); /* neither had used it up */
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(renewal_gives_a_new_pair_and_ends_the_old_access),
    cmocka_unit_test(a_refresh_token_works_sixty_seconds_more),
    cmocka_unit_test(a_lost_answer_costs_nothing_within_the_grace),
    cmocka_unit_test(the_grace_may_repeat_the_same_pair),
    cmocka_unit_test(tokens_expire),
    cmocka_unit_test(another_application_cannot_use_the_token),
    cmocka_unit_test(basic_authentication_is_needed),
    cmocka_unit_test(client_credentials_know_no_user),
    cmocka_unit_test(a_device_waits_for_consent),
    cmocka_unit_test(consent_may_be_denied_or_come_too_late),
    cmocka_unit_test(consent_may_come_by_itself_with_fewer_scopes),
    cmocka_unit_test(the_login_host_breaks_too),
};

TEST_MAIN(cases)
