/* confirm_stock: commands judged by the task of each offer, operations by their status, and what is
 * no longer known by reading the offer. Only notes are known, as after a restart. */
#include "allegro_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define UUID_A "0844ab69-3b4a-4c91-98ad-d090d9503c75"
#define UUID_B "70e2e8f2-0c06-4e3a-972d-3002fe3b9a8d"
#define TASKS  "/tasks?limit=1000&offset=0"

struct fixture {
    struct allegro_items at;
    struct check *host;
};

/* `notes`: one for each item, "%lld" for the time it was sent, `age_ms` ago. */
static struct fixture *confirming(const char *const *notes, uint32_t count, int64_t age_ms)
{
    struct fixture *f = malloc(sizeof(*f));
    char note[128];
    f->host = allegro_host();
    allegro_items(&f->at, STOCKD_CONFIRM_STOCK, count);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(note, sizeof(note), "%c%c@%lld/%s", notes[i][0], notes[i][1],
                 (long long)(f->host->now_ms - age_ms), notes[i] + 2);
        allegro_note(&f->at, i, note);
    }
    check_start(f->host, &f->at.start);
    return f;
}

static void end(struct fixture *f)
{
    fixture_end(f->host);
    free(f);
}

static void each_command_is_asked_once_and_each_offer_judged(void **state)
{
    (void)state;
    static const char *const notes[] = {"q5" UUID_A, "b5" UUID_B, "q5" UUID_A, "q5" UUID_A,
                                        "q5" UUID_A};
    struct fixture *f = confirming(notes, 5, 30000);
    allegro_asked(f->host, "GET", "/sale/offer-quantity-change-commands/" UUID_A TASKS);
    assert_int_equal(check_request(f->host)->charges[1].amount, 1000);
    assert_int_equal(
        check_reply(f->host, 200,
                    "{\"tasks\":["
                    "{\"offer\":{\"id\":\"70003\"},\"status\":\"NEW\",\"field\":\"quantity\"},"
                    "{\"offer\":{\"id\":\"70001\"},\"status\":\"FAIL\",\"field\":\"price\"},"
                    "{\"offer\":{\"id\":\"70002\"},\"status\":\"FAIL\",\"field\":\"quantity\"},"
                    "{\"offer\":{\"id\":\"70001\"},\"status\":\"SUCCESS\",\"field\":\"quantity\"},"
                    "{\"offer\":{\"id\":\"70004\"},\"status\":\"FAIL\",\"field\":\"quantity\","
                    "\"message\":\"x\",\"errors\":[{\"code\":\"ERR_INVALID_QUANTITY\","
                    "\"userMessage\":\"Too few.\"}]}]}"),
        STOCKD_SEND);
    assert_int_equal(f->host->quotas.at[0].cost, 5);
    allegro_outcome_is(f->host, 0, STOCKD_OK);
    assert_int_equal(f->host->outcomes.at[1].given, 0); /* of another command */
    allegro_outcome_is(f->host, 2, STOCKD_ACCEPTED);
    allegro_outcome_is(f->host, 3, STOCKD_REJECTED);
    assert_string_equal(f->host->outcomes.at[3].last.code, "ERR_INVALID_QUANTITY");
    assert_string_equal(f->host->outcomes.at[3].last.text, "Too few.");
    allegro_outcome_is(f->host, 4, STOCKD_ACCEPTED); /* no task yet */
    allegro_asked(f->host, "GET", "/sale/offer-bulk-modification-commands/" UUID_B TASKS);
    assert_int_equal(check_request(f->host)->charges[1].amount, 25);
    assert_int_equal(
        check_reply(f->host, 200,
                    "{\"tasks\":[{\"subject\":{\"offerId\":\"70002\",\"field\":\"stock\"},"
                    "\"status\":\"SUCCESS\"}]}"),
        STOCKD_DONE);
    allegro_outcome_is(f->host, 1, STOCKD_OK);
    end(f);
}

/* 0 of 0, 6 of 7 for ever: counts are not even asked for; a list without tasks proves nothing. */
static void an_empty_list_is_no_success(void **state)
{
    (void)state;
    static const char *const notes[] = {"q5" UUID_A};
    static const char *const bodies[] = {
        "{\"tasks\":[]}", "{\"tasks\":[null,7,{}]}",
        "{\"tasks\":[{\"offer\":{\"id\":\"70001\"},\"field\":\"quantity\"}]}",
        "{\"tasks\":[{\"offer\":{\"id\":\"70001\"},\"field\":\"quantity\",\"status\":\"done\"}]}",
        "{\"tasks\":[{\"offer\":{\"id\":70001},\"field\":\"quantity\",\"status\":\"SUCCESS\"}]}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct fixture *f = confirming(notes, 1, 30000);
        assert_int_equal(check_reply(f->host, 200, bodies[i]), STOCKD_DONE);
        allegro_outcome_is(f->host, 0, STOCKD_ACCEPTED);
        end(f);
    }
    struct fixture *f = confirming(notes, 1, 30000);
    assert_int_equal(check_reply(f->host, 200, "{\"taskCount\":1,\"tasks\":{}}"), STOCKD_FAIL);
    assert_int_equal(f->host->failure.why, STOCKD_FAIL_RETRY);
    assert_int_equal(f->host->outcomes.at[0].given, 0);
    end(f);
}

static void a_failure_that_is_nobodys_fault_goes_again(void **state)
{
    (void)state;
    static const char *const notes[] = {"q5" UUID_A};
    struct fixture *f = confirming(notes, 1, 30000);
    check_reply(
        f->host, 200,
        "{\"tasks\":[{\"offer\":{\"id\":\"70001\"},\"status\":\"FAIL\",\"field\":"
        "\"quantity\",\"errors\":[{\"code\":\"EXCEPTION_DURING_OFFER_QUANTITY_UPDATE\"}]}]}");
    allegro_outcome_is(f->host, 0, STOCKD_THROTTLED);
    assert_true(f->host->outcomes.at[0].last.until_ms > f->host->now_ms);
    end(f);
}

/* The PUT was lost: a command that is still unknown after ten minutes was never registered. */
static void a_command_that_never_was_may_go_again(void **state)
{
    (void)state;
    static const char *const notes[] = {"q5" UUID_A};
    static const char body[] = "{\"errors\":[{\"code\":\"COMMAND_NOT_FOUND\"}]}";
    struct fixture *young = confirming(notes, 1, 30000);
    assert_int_equal(check_reply(young->host, 404, body), STOCKD_DONE);
    allegro_outcome_is(young->host, 0, STOCKD_ACCEPTED);
    end(young);
    struct fixture *old = confirming(notes, 1, 601000);
    assert_int_equal(check_reply(old->host, 404, body), STOCKD_DONE);
    allegro_outcome_is(old->host, 0, STOCKD_RETRY);
    end(old);
    struct fixture *page = confirming(notes, 1, 601000);
    assert_int_equal(check_reply(page->host, 404, "<html>not here</html>"), STOCKD_FAIL);
    assert_int_equal(page->host->outcomes.at[0].given, 0);
    end(page);
}

static void a_task_that_never_appears_is_decided_by_the_offer(void **state)
{
    (void)state;
    static const char *const notes[] = {"q5" UUID_A};
    struct fixture *f = confirming(notes, 1, 901000);
    assert_int_equal(check_reply(f->host, 200, "{\"tasks\":[]}"), STOCKD_SEND);
    allegro_asked(f->host, "GET", "/sale/offers?limit=1000&offer.id=70001");
    assert_int_equal(
        check_reply(f->host, 200,
                    "{\"offers\":[{\"id\":\"70001\",\"stock\":{\"available\":5},"
                    "\"publication\":{\"status\":\"ACTIVE\"}}],\"count\":1,\"totalCount\":1}"),
        STOCKD_DONE);
    assert_int_equal(f->host->stocks.count, 1);
    assert_int_equal(f->host->stocks.at[0].quantity, 5);
    assert_int_equal(f->host->outcomes.at[0].given, 0);
    end(f);
}

static void an_operation_says_whether_it_is_over(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_verdict verdict;
        enum stockd_outcome_kind kind;
        const char *marks;
    } answers[] = {
        {303, "", STOCKD_DONE, STOCKD_OK, "z"},
        {202, "", STOCKD_DONE, STOCKD_ACCEPTED, ""},
        {202, "{\"operation\":{\"status\":\"IN_PROGRESS\"}}", STOCKD_DONE, STOCKD_ACCEPTED, ""},
        {200, "{\"operation\":{\"status\":\"PENDING\"}}", STOCKD_DONE, STOCKD_ACCEPTED, ""},
        {200, "{\"operation\":{\"status\":\"COMPLETED\"}}", STOCKD_SEND, 0, ""},
        {404, "{}", STOCKD_SEND, 0, ""},
        {422, "{\"errors\":[{\"code\":\"EMPTY_LOCATION\"}]}", STOCKD_DONE, STOCKD_RETRY, "p"},
        {422, "{}", STOCKD_FAIL, 0, ""},
        {200, "<html>", STOCKD_FAIL, 0, ""},
        {500, "", STOCKD_DEFAULT, 0, ""},
        {401, "", STOCKD_DEFAULT, 0, ""},
    };
    static const char *const notes[] = {"o0op-1"};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct fixture *f = confirming(notes, 1, 30000);
        allegro_asked(f->host, "GET", "/sale/product-offers/70001/operations/op-1");
        enum stockd_verdict verdict = check_reply(f->host, answers[i].status, answers[i].body);
        if (verdict != answers[i].verdict)
            fail_msg("%d %s: %d", answers[i].status, answers[i].body, (int)verdict);
        if (answers[i].kind)
            allegro_outcome_is(f->host, 0, answers[i].kind);
        else
            assert_int_equal(f->host->outcomes.at[0].given, 0);
        assert_string_equal(allegro_marks(f->host), answers[i].marks);
        end(f);
    }
}

/* Notes of another version, or none: the offers are read. */
static void odd_notes_are_no_addresses(void **state)
{
    (void)state;
    static const char *const odd[] = {"",       "q",      "q5@1/",    "q5@1/../../me",
                                      "x5@1/a", "q5@x/a", "q5@1/a b", "q5@99999999999999999999/a"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct fixture *f = malloc(sizeof(*f));
        f->host = allegro_host();
        allegro_items(&f->at, STOCKD_CONFIRM_STOCK, 1);
        allegro_note(&f->at, 0, odd[i]);
        assert_int_equal(check_start(f->host, &f->at.start), STOCKD_SEND);
        allegro_asked(f->host, "GET", "/sale/offers?limit=1000&offer.id=70001");
        end(f);
    }
}

static void a_command_of_many_tasks_is_read_to_its_end(void **state)
{
    (void)state;
    static const char *const notes[] = {"q5" UUID_A};
    struct fixture *f = confirming(notes, 1, 30000);
    json_t *tasks = json_array();
    for (int i = 0; i < 1000; i++)
        json_array_append_new(tasks, json_pack("{s:{s:s},s:s,s:s}", "offer", "id", "70001",
                                               "status", "SUCCESS", "field", "price"));
    json_t *doc = json_pack("{s:o}", "tasks", tasks);
    char *body = json_dumps(doc, 0);
    assert_int_equal(check_reply(f->host, 200, body), STOCKD_SEND);
    allegro_asked(f->host, "GET",
                  "/sale/offer-quantity-change-commands/" UUID_A "/tasks?limit=1000&offset=999");
    assert_int_equal(check_reply(f->host, 200,
                                 "{\"tasks\":[{\"offer\":{\"id\":\"70001\"},\"status\":\"SUCCESS\","
                                 "\"field\":\"quantity\"}]}"),
                     STOCKD_DONE);
    allegro_outcome_is(f->host, 0, STOCKD_OK);
    free(body);
    json_decref(doc);
    end(f);
}

static void an_end_that_was_commanded_is_remembered(void **state)
{
    (void)state;
    static const char *const notes[] = {"p0" UUID_A};
    struct fixture *f = confirming(notes, 1, 30000);
    allegro_asked(f->host, "GET", "/sale/offer-publication-commands/" UUID_A TASKS);
    check_reply(f->host, 200,
                "{\"tasks\":[{\"offer\":{\"id\":\"70001\"},\"status\":\"SUCCESS\",\"field\":"
                "\"publication\"}]}");
    allegro_outcome_is(f->host, 0, STOCKD_OK);
    assert_string_equal(allegro_marks(f->host), "e");
    assert_int_equal(f->host->listings.at[0].state, STOCKD_LISTING_ENDED);
    end(f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_command_is_asked_once_and_each_offer_judged),
    cmocka_unit_test(an_empty_list_is_no_success),
    cmocka_unit_test(a_failure_that_is_nobodys_fault_goes_again),
    cmocka_unit_test(a_command_that_never_was_may_go_again),
    cmocka_unit_test(a_task_that_never_appears_is_decided_by_the_offer),
    cmocka_unit_test(an_operation_says_whether_it_is_over),
    cmocka_unit_test(odd_notes_are_no_addresses),
    cmocka_unit_test(a_command_of_many_tasks_is_read_to_its_end),
    cmocka_unit_test(an_end_that_was_commanded_is_remembered),
};

TEST_MAIN(cases)
