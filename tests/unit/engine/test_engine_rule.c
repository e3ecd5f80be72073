/* Rules of products and shares of links: the figure they make, its reason, and what is held. The
 * fixture verifies the store after each commit, which computes every figure anew. */
#include "engine_fixture.h"

#include "engine/rule.h"

static enum status do_rule(struct world *w, const struct rule_change *change)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_rule_set(&buf, change, 1);
    return world_do(w, COMMAND_RULE_SET, &buf);
}

static enum status do_mode(struct world *w, const char *account, enum rule_mode mode)
{
    const struct rule_change change = {
        .sku = bytes_text("A"), .account = bytes_text(account), .rule = {.mode = (uint8_t)mode}};
    return do_rule(w, &change);
}

static enum status do_field(struct world *w, const char *account, enum rule_field field,
                            int64_t value)
{
    struct rule_change change = {.sku = bytes_text("A"), .account = bytes_text(account)};
    change.rule.given = (uint16_t)(1u << field);
    change.rule.fields[field] = value;
    return do_rule(w, &change);
}

static enum status do_share(struct world *w, const char *remote, uint32_t ppm)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    const struct link_change link = {.warehouse = bytes_text("pp"),
                                     .account = bytes_text("shop"),
                                     .remote = bytes_text(remote),
                                     .share_ppm = ppm};
    command_link(&buf, &link);
    enum status status = world_do(w, COMMAND_LINK_PUT, &buf);
    if (status == ST_OK) do_sweeps(w, 100);
    return status;
}

static void a_figure_and_its_reason(void **state)
{
    (void)state;
    static const struct {
        int64_t stock, buffer, cap, min, pack; /* -1: not said */
        int64_t value;
        uint8_t zero, capped;
    } figures[] = {
        {10, -1, -1, -1, -1, 10, ZERO_NONE, CAP_NONE},
        {10, 3, -1, -1, -1, 7, ZERO_NONE, CAP_NONE},
        {10, 10, -1, -1, -1, 0, ZERO_BUFFER, CAP_NONE},
        {0, 3, -1, -1, -1, 0, ZERO_STOCK, CAP_NONE},
        {10, -1, 4, -1, -1, 4, ZERO_NONE, CAP_RULE},
        {10, -1, 0, -1, -1, 0, ZERO_CAP, CAP_RULE},
        {10, -1, -1, 11, -1, 0, ZERO_MIN, CAP_NONE},
        {10, -1, -1, 10, -1, 10, ZERO_NONE, CAP_NONE},
        {10, -1, -1, -1, 3, 3, ZERO_NONE, CAP_NONE},
        {2, -1, -1, -1, 3, 0, ZERO_PACK, CAP_NONE},
        {20, 2, 3, 1, 3, 3, ZERO_NONE, CAP_RULE},
        {20, 5, 3, 2, 3, 0, ZERO_MIN, CAP_NONE},
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        do_set(&w, "A", "pp", figures[i].stock);
        const int64_t fields[] = {figures[i].buffer, figures[i].cap, figures[i].min,
                                  figures[i].pack};
        for (int f = 0; f < RULE_FIELDS; f++)
            if (fields[f] >= 0)
                assert_int_equal(do_field(&w, "", (enum rule_field)f, fields[f]), 0);
        struct target_record t = target_of(&w, "LA", "R1");
        assert_int_equal(t.wanted_value, figures[i].value);
        assert_int_equal(t.zero_reason, figures[i].zero);
        assert_int_equal(t.capped, figures[i].capped);
        world_close(&w);
    }
}

static void the_account_wins_field_by_field(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_field(&w, "", RULE_BUFFER, 2);
    do_field(&w, "", RULE_CAP, 5);
    do_field(&w, "shop", RULE_CAP, 9);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 8);
    const struct rule_change clear = {
        .sku = bytes_text("A"), .account = bytes_text("shop"), .clear = 1u << RULE_CAP};
    do_rule(&w, &clear);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 5);
    assert_int_equal(rows_in(&w, TABLE_RULE), 1); /* a row that says nothing is none */
    world_close(&w);
}

static void off_sends_nothing_and_on_sends_at_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    do_mode(&w, "", RULE_OFF);
    do_set(&w, "A", "pp", 0);
    assert_int_equal(do_select(&w, 1, 10), 0); /* not even 0 */
    assert_true(target_of(&w, "LA", "R1").hold & HOLD_OFF);
    do_mode(&w, "shop", RULE_ON);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 0);
    do_outcomes(&w, OUTCOME_OK);
    do_set(&w, "A", "pp", 6);
    do_push_all(&w, 1);
    do_mode(&w, "shop", RULE_OFF_ZERO);
    assert_int_equal(target_of(&w, "LA", "R1").zero_reason, ZERO_OFF);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 0);
    do_outcomes(&w, OUTCOME_OK);
    world_close(&w);
}

static void one_way_only(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    do_mode(&w, "", RULE_UP_ONLY);
    do_set(&w, "A", "pp", 4);
    assert_int_equal(do_select(&w, 1, 10), 0);
    do_set(&w, "A", "pp", 12);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_OK);
    do_mode(&w, "", RULE_DOWN_ONLY);
    do_set(&w, "A", "pp", 13);
    assert_int_equal(do_select(&w, 1, 10), 0);
    do_set(&w, "A", "pp", 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_OK);
    world_close(&w);
}

static uint32_t looks(struct world *w)
{
    const struct engine_looks ask = {
        .account = 1, .most = 100, .now_ms = w->now, .lease_ms = 60000};
    struct store_txn *txn = world_begin(w);
    assert_int_equal(engine_select_looks(w->engine, txn, &ask, &w->batch, &w->error), ST_OK);
    world_commit(w, txn);
    return w->batch.count;
}

/* Nobody has read what is shown: it is asked for, and then decided. The wanted figure is 10. */
static void one_way_from_what_is_not_known(void **state)
{
    (void)state;
    static const struct {
        enum rule_mode mode;
        int64_t shown; /* FIGURE_UNKNOWN: there is no figure */
        uint32_t sent;
    } cases[] = {
        {RULE_UP_ONLY, 4, 1},   {RULE_UP_ONLY, 20, 0},   {RULE_UP_ONLY, FIGURE_UNKNOWN, 1},
        {RULE_DOWN_ONLY, 4, 0}, {RULE_DOWN_ONLY, 20, 1}, {RULE_DOWN_ONLY, FIGURE_UNKNOWN, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        do_mode(&w, "", cases[i].mode);
        assert_int_equal(do_select(&w, 1, 10), 0);
        assert_int_equal(looks(&w), 0); /* a reading of everything may come first */
        w.now += 5 * 60 * 1000;
        assert_int_equal(looks(&w), 1);
        rows_start(&w, 1);
        row_stock(&w, "R1", "LA", cases[i].shown);
        rows_end(&w);
        if (do_select(&w, 1, 10) != cases[i].sent) fail_msg("case %zu", i);
        for (int n = 0; n < 3 && !cases[i].sent; n++) { /* and it is not asked for for ever */
            w.now += 3600 * 1000;
            do_set(&w, "A", "pp", 10);
            assert_int_equal(looks(&w), 0);
        }
        world_close(&w);
    }
}

/* ... but for a zero, which can only be less, or the same. */
static void a_zero_goes_down_whatever_is_shown(void **state)
{
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        if (!asked) do_set(&w, "A", "pp", 0);
        do_mode(&w, "", RULE_DOWN_ONLY);
        if (asked) {
            assert_int_equal(do_select(&w, 1, 10), 0);
            do_set(&w, "A", "pp", 0);
        }
        assert_int_equal(do_select(&w, 1, 10), 1);
        assert_int_equal(w.batch.items[0].wanted, 0);
        do_outcomes(&w, OUTCOME_OK);
        assert_int_equal(rows_in(&w, TABLE_UNRESOLVED), 0);
        world_close(&w);
    }
}

/* Compared with what is shown while another figure is wanted that may not go, what was sent is
 * still there: when it is wanted again nothing leaves (I8). The figure shown is 10. */
static void what_a_resync_finds_is_not_sent_again(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    do_mode(&w, "", RULE_DOWN_ONLY);
    do_set(&w, "A", "pp", 21);
    assert_int_equal(do_select(&w, 1, 10), 0);
    w.now += 100000;
    struct buf buf;
    buf_init(&buf, 200);
    command_resync(&buf, &(struct requeue){.account = 1, .limit = 100}, false);
    world_do(&w, COMMAND_RESYNC, &buf);
    world_ok(&w);
    w.now += 1000;
    rows_start(&w, 1);
    row_stock(&w, "R1", "LA", 10);
    rows_end(&w);
    world_ok(&w);
    w.now += 3600 * 1000;
    do_set(&w, "A", "pp", 10);
    assert_int_equal(do_select(&w, 1, 10), 0);
    do_set(&w, "A", "pp", 9);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_OK);
    world_close(&w);
}

/* 3 pieces sold, half of them kept back, rounded up, until the last sale is seven days old. */
static void what_sells_is_kept_back_for_a_time(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    const struct stock_adjust sale = {bytes_text("A"), bytes_text("pp"), -3, CAUSE_SALE};
    command_stock_adjust(&buf, &sale);
    assert_int_equal(world_do(&w, COMMAND_STOCK_ADJUST, &buf), ST_OK);
    int64_t sold = w.now;
    const struct rule_change rule = {.sku = bytes_text("A"), .rule = {.days = 7, .factor = 500000}};
    w.now += 1000;
    assert_int_equal(do_rule(&w, &rule), ST_OK);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 5);
    struct store_txn *txn = world_begin(&w);
    int64_t due = engine_wake_next(txn);
    world_commit(&w, txn);
    assert_int_equal(due, sold + 7 * RULE_DAY_MS);
    w.now = due;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_wake(&buf, 0);
    assert_int_equal(world_do(&w, COMMAND_WAKE, &buf), ST_OK);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 7);
    world_close(&w);
}

static void shares_are_pieces_of_one_cake(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(do_share(&w, "R1", 333333), ST_OK);
    assert_int_equal(do_share(&w, "R2", 333333), ST_OK);
    assert_int_equal(do_share(&w, "R3", 333334), ST_OK);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value +
                         target_of(&w, "LA", "R2").wanted_value +
                         target_of(&w, "LA", "R3").wanted_value,
                     10);
    assert_int_equal(do_share(&w, "R1", 400000), ST_CONFLICT);
    do_set(&w, "A", "pp", 1);
    assert_int_equal(target_of(&w, "LA", "R3").wanted_value, 1);
    assert_int_equal(target_of(&w, "LA", "R1").zero_reason, ZERO_SHARE);
    do_unlink(&w, "pp", "shop", "R3");
    do_sweeps(&w, 100);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value +
                         target_of(&w, "LA", "R2").wanted_value,
                     0); /* two thirds of one piece */
    world_close(&w);
}

/* Whatever the shares and the stock: never more than is there, and all of it at 100 %. */
static void no_piece_is_shown_twice_or_lost(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15);
        enum { LINKS = 7 };
        struct directory_link links[LINKS] = {{0}};
        const struct directory d = {.links = links, .link_count = LINKS};
        uint32_t left = 1000000;
        for (uint32_t i = 0; i < LINKS; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint32_t share =
                i + 1 == LINKS && seed % 2 ? left : (uint32_t)(random >> 33) % (left + 1);
            links[i] = (struct directory_link){.remote = i + 1,
                                               .warehouse = 1,
                                               .rule = {.share_ppm = share, .by_share = share > 0}};
            left -= share;
        }
        int64_t available = (int64_t)(random >> 20) % (seed % 3 ? 50 : FIGURE_MAX), sum = 0;
        for (uint32_t i = 0; i < LINKS; i++)
            if (links[i].rule.by_share) sum += rule_link_pieces(&d, &links[i], available);
        assert_true(sum <= available);
        if (left == 0) assert_int_equal(sum, available);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_figure_and_its_reason),
    cmocka_unit_test(the_account_wins_field_by_field),
    cmocka_unit_test(off_sends_nothing_and_on_sends_at_once),
    cmocka_unit_test(one_way_only),
    cmocka_unit_test(one_way_from_what_is_not_known),
    cmocka_unit_test(a_zero_goes_down_whatever_is_shown),
    cmocka_unit_test(what_a_resync_finds_is_not_sent_again),
    cmocka_unit_test(what_sells_is_kept_back_for_a_time),
    cmocka_unit_test(shares_are_pieces_of_one_cake),
    cmocka_unit_test(no_piece_is_shown_twice_or_lost),
};

TEST_MAIN(cases)
