/* Whole operations against the model of the marketplace, which was written from the same documents
 * by other hands: no request may break a rule of it, and what comes out must be what is there. */
#include "wb_fixture.h"

#include "marketsim/market.h"
#include "marketsim/wb/wb.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS_MAX 500
#define STEP_MS   700 /* the time one request takes: slow enough for every quota but the report's */
#define DAY       INT64_C(86400000)

struct world {
    struct wb *wb;
    struct wb_seller *seller;
    struct check *host;
};

static struct world world_make(void)
{
    struct world world = {.wb = wb_create(11), .host = wb_host()};
    struct wb_warehouse_spec own = {.id = 501, .delivery = WB_DELIVERY_DBS}, other = {.id = 502};
    struct wb_warehouse_spec fbw = {.id = 507, .fbw = true};
    struct wb_size_spec sizes[] = {{"42", "4601,4602", 9001}, {"44", "4603", 9002}};
    world.seller = wb_seller_find(world.wb, 0);
    assert_true(wb_warehouse_add(world.seller, &own));
    assert_true(wb_warehouse_add(world.seller, &other));
    assert_true(wb_warehouse_add(world.seller, &fbw));
    wb_cards_fill(world.seller, "SKU-", 1, 250);
    assert_true(wb_card_add(world.seller, "coat", 777, sizes, 2));
    return world;
}

/* Ends a test: neither the ABI's rules nor the marketplace's were broken. */
static void world_free(struct world *world)
{
    struct market_request ask = {.method = "GET", .path = "/_control/violations"};
    struct market_answer answer = {.status = 0};
    wb_model.control(world->wb, &ask, world->host->now_ms, &answer);
    if (!strstr(answer.body, "\"total\":0")) fail_msg("%.*s", (int)answer.len, answer.body);
    market_answer_free(&answer);
    fixture_end(world->host);
    wb_destroy(world->wb);
}

static void answer_one(struct world *world)
{
    static const char *const hosts[] = {"/marketplace", "/content", "/analytics"};
    const struct stockd_request *request = check_request(world->host);
    char path[400];
    snprintf(path, sizeof(path), "%s%s", hosts[request->endpoint], request->path);
    char *query = strchr(path, '?');
    if (query) *query++ = '\0';
    const struct market_header headers[] = {
        {"Authorization", wb_token_last(world->seller)->text},
        {"Content-Type", check_request_header(world->host, "Content-Type")}};
    struct market_request ask = {.method = request->method,
                                 .path = path,
                                 .query = query,
                                 .headers = headers,
                                 .header_count = request->body_size ? 2 : 1,
                                 .body = request->body,
                                 .body_len = request->body_size};
    struct market_answer got = {.status = 0};
    /* The daemon would wait for the report's quota. */
    world->host->now_ms += request->endpoint == 2 ? 21000 : STEP_MS;
    wb_model.handle(world->wb, &ask, world->host->now_ms, &got);
    struct check_pair pairs[MARKET_ANSWER_HEADERS];
    for (size_t i = 0; i < got.header_count; i++)
        pairs[i] = (struct check_pair){got.headers[i].name, got.headers[i].value};
    struct check_answer answer = {.status = got.status,
                                  .body = got.body,
                                  .body_size = got.len,
                                  .headers = pairs,
                                  .header_count = got.header_count};
    if (!got.len) answer.body = NULL;
    check_answer(world->host, &answer);
    market_answer_free(&got);
}

static enum stockd_verdict run(struct world *world, const struct stockd_start *start)
{
    check_start(world->host, start);
    while (world->host->verdict == STOCKD_SEND && world->host->steps < STEPS_MAX)
        answer_one(world);
    assert_true(world->host->steps < STEPS_MAX);
    return world->host->verdict;
}

static enum stockd_verdict run_plain(struct world *world, enum stockd_operation operation)
{
    static struct stockd_start start;
    start = fixture_start(operation);
    start.since_ms = world->host->now_ms - 80 * DAY;
    return run(world, &start);
}

static struct wb_settings settings(struct world *world)
{
    return wb_settings_get(world->wb);
}

/* ---- */

static void account_and_warehouses(void **state)
{
    (void)state;
    struct world world = world_make();
    assert_int_equal(run_plain(&world, STOCKD_CHECK_ACCOUNT), STOCKD_DONE);
    assert_int_equal(run_plain(&world, STOCKD_LIST_WAREHOUSES), STOCKD_DONE);
    assert_int_equal(world.host->warehouses.count, 3);
    assert_string_equal(world.host->warehouses.at[0].kind, "dbs");
    wb_warehouse_flag(world.seller, 501, WB_PROCESSING, true);
    run_plain(&world, STOCKD_LIST_WAREHOUSES);
    assert_int_equal(world.host->warehouses.at[0].writable, 0);
    world_free(&world);
}

static void every_size_is_found(void **state)
{
    (void)state;
    static const double shorts[] = {0, 0.5, 1};
    for (int i = 0; i < 6; i++) {
        struct world world = world_make();
        struct wb_settings how = settings(&world);
        how.short_pages = shorts[i / 2];
        how.cursor_echo = i % 2;
        wb_settings_set(world.wb, &how);
        wb_card_trash(world.seller, wb_card_find(world.seller, "SKU-000003"), true, WB_NOW - DAY);
        wb_stock_set(world.seller, "coat/44", 507, 8);
        assert_int_equal(run_plain(&world, STOCKD_FETCH_LISTINGS), STOCKD_DONE);
        assert_true(fixture_completed(world.host, STOCKD_SCOPE_LISTINGS, NULL));
        assert_int_equal(world.host->listings.count, 252);
        size_t archived = 0, shared = 0;
        for (size_t k = 0; k < 252; k++) {
            const struct stockd_listing *row = &world.host->listings.at[k];
            archived += row->state == STOCKD_LISTING_ARCHIVED;
            shared += strcmp(row->group, "777") == 0 && fixture_key_of(row, "sku") != NULL;
        }
        assert_int_equal(archived, 1);
        assert_int_equal(shared, 0);
        assert_int_equal(world.host->stocks.count, 1);
        assert_string_equal(world.host->stocks.at[0].listing_id, "9002");
        assert_int_equal(world.host->stocks.at[0].quantity, 8);
        /* Then only what changed. */
        world.host->now_ms += DAY / 4;
        wb_card_touch(world.seller, wb_card_find(world.seller, "coat"), world.host->now_ms);
        assert_int_equal(run_plain(&world, STOCKD_FETCH_LISTINGS), STOCKD_DONE);
        assert_int_equal(world.host->listings.count, 2);
        world_free(&world);
    }
}

/* Sizes 9001, 9002 and SKU-000001 at warehouse 501, with their barcodes. */
static void three(struct wb_items *batch, enum stockd_operation operation)
{
    static const char *const ids[] = {"9001", "9002", "500000001"};
    static const char *const barcodes[] = {"4601", "4603", "4600000000001"};
    wb_items(batch, operation, 3);
    for (size_t i = 0; i < 3; i++) {
        batch->items[i].listing_id = ids[i];
        batch->items[i].warehouse_id = "501";
        batch->keys[i].value = barcodes[i];
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (int zero_rows = 0; zero_rows < 2; zero_rows++) {
        struct world world = world_make();
        struct wb_settings how = settings(&world);
        struct wb_items batch;
        int64_t free_stock, reserved;
        how.zero_rows = zero_rows;
        wb_settings_set(world.wb, &how);
        three(&batch, STOCKD_PUSH_STOCK);
        batch.items[1].wanted = 0;
        assert_int_equal(run(&world, &batch.start), STOCKD_DONE);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(world.host->outcomes.at[i].last.kind, STOCKD_ACCEPTED);
        assert_true(wb_stock_get(world.seller, "coat/42", 501, &free_stock, &reserved));
        assert_int_equal(free_stock, 5);
        three(&batch, STOCKD_FETCH_STOCK);
        assert_int_equal(run(&world, &batch.start), STOCKD_DONE);
        assert_int_equal(world.host->stocks.count, 3);
        for (size_t i = 0; i < 3; i++) {
            const struct stockd_stock *row = &world.host->stocks.at[i];
            bool zero = strcmp(row->listing_id, "9002") == 0 && !zero_rows;
            assert_int_equal(row->kind, zero ? STOCKD_STOCK_ABSENT : STOCKD_STOCK_NUMBER);
        }
        assert_true(fixture_completed(world.host, STOCKD_SCOPE_ITEMS, NULL));
        world_free(&world);
    }
}

static void one_bad_size_is_found_however_it_is_named(void **state)
{
    (void)state;
    static const enum wb_naming namings[] = {WB_NAME_CHRT, WB_NAME_SKU, WB_NAME_DOC, WB_NAME_NONE};
    for (size_t i = 0; i < 4; i++) {
        struct world world = world_make();
        struct wb_settings how = settings(&world);
        struct wb_items batch;
        bool named = namings[i] != WB_NAME_NONE;
        how.naming = namings[i];
        wb_settings_set(world.wb, &how);
        wb_card_trash(world.seller, wb_card_find(world.seller, "SKU-000001"), true, WB_NOW);
        three(&batch, STOCKD_PUSH_STOCK);
        run(&world, &batch.start);
        assert_int_equal(world.host->verdict, named ? STOCKD_DONE : STOCKD_DEFAULT);
        assert_int_equal(world.host->outcomes.at[0].last.kind, named ? STOCKD_RETRY : 0);
        assert_int_equal(world.host->outcomes.at[2].last.kind, named ? STOCKD_REJECTED : 0);
        assert_int_equal(world.host->quotas.at[0].cost, 10);
        world_free(&world);
    }
}

static void warehouses_and_sellers_are_shut(void **state)
{
    (void)state;
    static const enum wb_warehouse_flag flags[] = {WB_PROCESSING, WB_BLOCKED, WB_REMOVED};
    for (size_t i = 0; i < 4; i++) {
        struct world world = world_make();
        struct wb_items batch;
        three(&batch, STOCKD_PUSH_STOCK);
        if (i < 3)
            wb_warehouse_flag(world.seller, 501, flags[i], true);
        else
            wb_seller_ban(world.seller, true);
        assert_int_equal(run(&world, &batch.start), i < 3 ? STOCKD_DONE : STOCKD_FAIL);
        assert_int_equal(world.host->outcomes.at[0].last.kind,
                         i == 1 || i == 2 ? STOCKD_THROTTLED : STOCKD_RETRY);
        assert_int_equal(world.host->warehouses.count, i < 3);
        if (i < 3) assert_int_equal(world.host->warehouses.at[0].gone, i == 2);
        if (i == 3) assert_int_equal(world.host->failure.why, STOCKD_FAIL_BLOCKED);
        struct check *host = world.host;
        assert_int_equal(host->problems.count, 0);
        check_free(host);
        wb_destroy(world.wb);
    }
}

static const struct stockd_order_line *line(const struct world *world, int64_t id)
{
    char key[24];
    const struct stockd_order_line *found = NULL;
    snprintf(key, sizeof(key), "%lld", (long long)id);
    for (size_t i = 0; i < world->host->lines.count; i++)
        if (strcmp(world->host->lines.at[i].key, key) == 0) found = &world->host->lines.at[i];
    if (!found) fail_msg("no line %s", key);
    return found;
}

static void orders_have_the_state_they_came_to(void **state)
{
    (void)state;
    static const enum wb_next nexts[] = {WB_NEXT_ZERO, WB_NEXT_NULL, WB_NEXT_REPEAT};
    for (size_t i = 0; i < 3; i++) {
        struct world world = world_make();
        struct wb_settings how = settings(&world);
        int64_t id[5];
        how.next_end = nexts[i];
        how.date_to_week = true;
        wb_settings_set(world.wb, &how);
        wb_stock_set(world.seller, "coat/42", 501, 10);
        for (int k = 0; k < 5; k++) {
            struct wb_order_spec spec = {
                .warehouse_id = 501, .offer = "coat/42", .placed_ms = WB_NOW - (12 * k + 1) * DAY};
            id[k] = wb_order_place(world.wb, world.seller, &spec, spec.placed_ms);
            assert_true(id[k] > 0);
        }
        for (int k = 1; k < 4; k++) {
            assert_true(wb_order_step(world.wb, world.seller, id[k], WB_CONFIRM, WB_NOW));
            if (k > 1)
                assert_true(wb_order_step(world.wb, world.seller, id[k], WB_COMPLETE, WB_NOW));
        }
        assert_true(wb_order_step(world.wb, world.seller, id[3], WB_SORT, WB_NOW));
        assert_true(wb_order_step(world.wb, world.seller, id[4], WB_CANCEL, WB_NOW));
        int64_t began = world.host->now_ms;
        assert_int_equal(run_plain(&world, STOCKD_FETCH_ORDERS), STOCKD_DONE);
        assert_int_equal(world.host->drained_ms, began);
        static const enum stockd_order_state states[] = {STOCKD_ORDER_OPEN, STOCKD_ORDER_OPEN,
                                                         STOCKD_ORDER_SHIPPED, STOCKD_ORDER_SHIPPED,
                                                         STOCKD_ORDER_CANCELLED};
        for (int k = 0; k < 5; k++) {
            assert_int_equal(line(&world, id[k])->state, states[k]);
            assert_string_equal(line(&world, id[k])->refs[0].value, "9001");
        }
        /* What is open is asked about, though it was made long before the cursor. */
        char text[24];
        const char *open[] = {text};
        struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
        snprintf(text, sizeof(text), "%lld", (long long)id[1]);
        start.open_orders = open;
        start.open_order_count = 1;
        assert_true(wb_order_step(world.wb, world.seller, id[1], WB_CANCEL, world.host->now_ms));
        assert_int_equal(run(&world, &start), STOCKD_DONE);
        assert_int_equal(line(&world, id[1])->state, STOCKD_ORDER_CANCELLED);
        assert_true(world.host->drained_ms > began);
        world_free(&world);
    }
}

/* A category that is missing switches off what needs it, in each way it can be refused; only a dead
 * token is a matter of the account. */
static void refusals_of_the_token(void **state)
{
    (void)state;
    static const enum wb_refusal refusals[] = {WB_REFUSE_PROBLEM, WB_REFUSE_DENIED, WB_REFUSE_PATH};
    for (size_t i = 0; i < 4; i++) {
        struct world world = world_make();
        struct wb_settings how = settings(&world);
        how.refusal = refusals[i % 3];
        wb_settings_set(world.wb, &how);
        struct wb_token_spec spec = {.s = WB_CAN_MARKETPLACE, .expires_ms = WB_NOW + DAY};
        assert_non_null(wb_token_add(world.wb, world.seller, &spec));
        if (i == 3) wb_token_last(world.seller)->revoked = true;
        assert_int_equal(run_plain(&world, STOCKD_FETCH_LISTINGS), STOCKD_FAIL);
        assert_int_equal(world.host->failure.why, i < 3 ? STOCKD_FAIL_DENIED : STOCKD_FAIL_AUTH);
        assert_int_equal(world.host->problems.count, 0);
        check_free(world.host);
        wb_destroy(world.wb);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(account_and_warehouses),
    cmocka_unit_test(every_size_is_found),
    cmocka_unit_test(what_is_written_is_read_back),
    cmocka_unit_test(one_bad_size_is_found_however_it_is_named),
    cmocka_unit_test(warehouses_and_sellers_are_shut),
    cmocka_unit_test(orders_have_the_state_they_came_to),
    cmocka_unit_test(refusals_of_the_token),
};

TEST_MAIN(cases)
