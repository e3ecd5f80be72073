/* Setting rules: the words people write, what contradicts, all or nothing, and the way back. */
#include "engine_fixture.h"

#include "engine/rule_plan.h"
#include "engine/rule_word.h"
#include "engine/undo.h"

#include <stdio.h>
#include <string.h>

/* ---- words */

static enum status take(struct rule_change *change, const char *words, struct error *error)
{
    char text[200];
    enum status status = ST_OK;
    *change = (struct rule_change){0};
    snprintf(text, sizeof text, "%s", words);
    for (char *save, *word = strtok_r(text, " ", &save); word && status == ST_OK;
         word = strtok_r(NULL, " ", &save))
        status = rule_word_take(change, bytes_text(word), error);
    return status;
}

static void words_make_a_rule_and_are_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *words, *text;
    } good[] = {
        {"off", "off"},
        {"off=zero", "off=zero"},
        {"mode=up-only", "up-only"},
        {"on buffer=2 cap=9 min=1 pack=6", "on buffer=2 cap=9 min=1 pack=6"},
        {"velocity=7x0.5", "velocity=7x0.5"},
        {"velocity=0", "velocity=1x0"},
        {"buffer=0", "buffer=0"},
        {"cap=1000000000000", "cap=1000000000000"},
        {"buffer= cap=none velocity= mode=none", ""},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct rule_change change;
        struct error error = {0};
        char text[RULE_TEXT_MAX];
        if (take(&change, good[i].words, &error) != ST_OK) fail_msg("%s", error.text);
        assert_string_equal(rule_text(&change.rule, text), good[i].text);
    }
}

static void nonsense_is_refused_with_what_is_near(void **state)
{
    (void)state;
    static const struct {
        const char *words, *sentence;
    } bad[] = {
        {"of", "there is no switch 'of'; did you mean 'off'?"},
        {"offzero", "there is no switch 'offzero'; did you mean 'off=zero'?"},
        {"up", "there is no switch 'up'; there are on, off, off=zero, up-only and down-only"},
        {"upp-only", "there is no switch 'upp-only'; did you mean 'up-only'?"},
        {"off=nil", "there is no switch 'off=nil'; there are on, off, off=zero, up-only and "
                    "down-only"},
        {"bufer=2", "a rule has no 'bufer'; did you mean 'buffer='?"},
        {"bufer", "a rule has no 'bufer'; did you mean 'buffer='?"},
        {"price=2", "a rule has no 'price'; there are buffer=, cap=, min=, pack= and velocity="},
        {"buffer", "'buffer' needs a value: buffer=2, or buffer= to forget it"},
        {"velocity", "'velocity' needs a value: velocity=7x0.5, or velocity= to forget it"},
        {"buffer=-1",
         "buffer is a whole number from 0 to 1000000000000, or empty to forget it, not "
         "'-1'"},
        {"cap=1.5", "cap is a whole number from 0 to 1000000000000, or empty to forget it, not "
                    "'1.5'"},
        {"cap=9999999999999999999999", "cap is a whole number from 0 to 1000000000000, or empty to "
                                       "forget it, not '9999999999999999999999'"},
        {"pack=0", "pack is a whole number from 1 to 1000000, or empty to forget it, not '0'"},
        {"off on", "'mode=off' and 'mode=on' contradict: say mode once"},
        {"buffer=1 buffer=2", "'buffer=1' and 'buffer=2' contradict: say buffer once"},
        {"velocity=91x1", "velocity is DAYSxFACTOR, such as 7x0.5: half of what sold in the last 7 "
                          "days is kept back (1 to 90 days, a factor from 0 to 100), 0, or empty "
                          "to forget it; not '91x1'"},
        {"=", "a rule has no ''; there are buffer=, cap=, min=, pack= and velocity="},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rule_change change;
        struct error error = {0};
        assert_int_equal(take(&change, bad[i].words, &error), ST_INVALID);
        assert_string_equal(error.text, bad[i].sentence);
    }
}

/* ---- the command */

static enum status set_many(struct world *w, const struct rule_change *changes, uint32_t count)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_rule_set(&buf, changes, count);
    return world_do(w, COMMAND_RULE_SET, &buf);
}

static struct rule_change change_of(const char *sku, const char *account, const char *words)
{
    struct rule_change change;
    struct error error = {0};
    if (take(&change, words, &error) != ST_OK) fail_msg("%s", error.text);
    change.sku = bytes_text(sku);
    change.account = bytes_text(account);
    return change;
}

static enum status set(struct world *w, const char *sku, const char *account, const char *words)
{
    const struct rule_change change = change_of(sku, account, words);
    return set_many(w, &change, 1);
}

static void shop(struct world *w)
{
    world_open(w);
    world_shop(w, 2);
}

static int64_t wanted(struct world *w, const char *listing)
{
    return target_of(w, listing, "R1").wanted_value;
}

static void a_least_figure_above_the_largest_is_refused(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    set(&w, "A", "", "min=5 cap=3");
    world_refused(&w, ST_INVALID,
                  "'A' would have min=5 above cap=3, so that nothing but 0 could be shown: lower "
                  "min, raise cap, or say off=zero");
    assert_int_equal(set(&w, "A", "shop", "min=5"), ST_OK);
    set(&w, "A", "", "cap=3"); /* the account's row lies over it */
    world_refused(&w, ST_INVALID,
                  "'A' at account shop would have min=5 above cap=3, so that nothing but 0 could "
                  "be shown: lower min, raise cap, or say off=zero");
    assert_int_equal(set(&w, "A", "", "cap=8"), ST_OK);
    set(&w, "A", "shop", "min=9");
    assert_int_equal(w.status, ST_INVALID);
    assert_int_equal(set(&w, "A", "shop", "min=9 cap=9"), ST_OK);
    assert_int_equal(wanted(&w, "LA"), 9);
    world_close(&w);
}

static void a_list_is_set_whole_or_not_at_all(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct rule_change list[] = {change_of("A", "", "buffer=1"), change_of("B", "shop", "off"),
                                 change_of("C", "", "cap=1")};
    set_many(&w, list, 3);
    assert_int_equal(w.status, ST_NOT_FOUND);
    assert_int_equal(rows_in(&w, TABLE_RULE), 0);
    list[2] = change_of("A", "", "cap=1");
    set_many(&w, list, 3);
    world_refused(&w, ST_INVALID, "'A' is given twice");
    list[2] = change_of("A", "shop", "min=9");
    list[0] = change_of("A", "", "cap=9 buffer=1");
    assert_int_equal(set_many(&w, list, 3), ST_OK);
    assert_int_equal(w.result.rows, 3);
    assert_int_equal(wanted(&w, "LA"), 9);
    assert_true(target_of(&w, "LB", "R1").hold & HOLD_OFF);
    /* Together they are right, in whatever order they stand. */
    struct rule_change later[] = {change_of("A", "", "cap=5"), change_of("A", "shop", "min=4")};
    assert_int_equal(set_many(&w, later, 2), ST_OK);
    assert_int_equal(set_many(&w, later, 2), ST_OK); /* nothing changes */
    assert_int_equal(w.result.rows, 0);
    assert_false(w.result.changed);
    world_close(&w);
}

/* ---- the way back */

static uint64_t done(struct world *w)
{
    world_ok(w);
    return w->result.sequence;
}

static void a_rule_comes_back_word_by_word(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    set(&w, "A", "", "buffer=2 cap=7");
    set(&w, "A", "", "buffer=4 cap= velocity=7x1");
    uint64_t second = done(&w);
    assert_int_equal(wanted(&w, "LA"), 6);
    assert_int_equal(set(&w, "A", "", "min=1"), ST_OK); /* another word is not in the way */
    assert_int_equal(do_undo(&w, second), ST_OK);
    assert_int_equal(wanted(&w, "LA"), 7);
    set(&w, "A", "", "off");
    uint64_t off = done(&w);
    assert_int_equal(do_undo(&w, off), ST_OK);
    assert_false(target_of(&w, "LA", "R1").hold & HOLD_OFF);
    assert_int_equal(do_undo(&w, off), ST_CONFLICT);
    world_close(&w);
}

static void what_was_set_since_stands_in_the_way(void **state)
{
    (void)state;
    struct world w;
    char sentence[200];
    shop(&w);
    set(&w, "A", "shop", "buffer=2");
    uint64_t first = done(&w);
    set(&w, "A", "shop", "buffer=3");
    uint64_t second = done(&w);
    do_undo(&w, first);
    snprintf(sentence, sizeof sentence,
             "command %d cannot be undone: the buffer of 'A' was changed since", (int)first);
    world_refused(&w, ST_CONFLICT, sentence);
    assert_int_equal(do_undo(&w, second), ST_OK);
    assert_int_equal(wanted(&w, "LA"), 8);
    assert_int_equal(do_undo(&w, first), ST_OK);
    assert_int_equal(wanted(&w, "LA"), 10);
    assert_int_equal(rows_in(&w, TABLE_RULE), 0);
    /* Nor does anything come back that contradicts what is said by now. */
    set(&w, "A", "", "min=5");
    set(&w, "A", "", "min=");
    uint64_t forgotten = done(&w);
    assert_int_equal(set(&w, "A", "shop", "cap=3"), ST_OK);
    do_undo(&w, forgotten);
    snprintf(sentence, sizeof sentence,
             "command %d cannot be undone: 'A' at account shop would have min=5 above cap=3, so "
             "that nothing but 0 could be shown: lower min, raise cap, or say off=zero",
             (int)forgotten);
    world_refused(&w, ST_CONFLICT, sentence);
    world_close(&w);
}

static void a_product_comes_back_with_its_rules(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    set(&w, "A", "", "buffer=2 velocity=0");
    set(&w, "A", "shop", "cap=6 up-only");
    world_ok(&w);
    assert_int_equal(do_product_delete(&w, "A"), ST_OK);
    uint64_t deleted = w.result.sequence;
    assert_int_equal(rows_in(&w, TABLE_RULE), 0);
    assert_int_equal(do_undo(&w, deleted), ST_OK);
    assert_int_equal(rows_in(&w, TABLE_RULE), 2);
    assert_int_equal(wanted(&w, "LA"), 6);
    assert_int_equal(target_of(&w, "LA", "R1").direction, DIRECTION_UP);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(words_make_a_rule_and_are_read_back),
    cmocka_unit_test(nonsense_is_refused_with_what_is_near),
    cmocka_unit_test(a_least_figure_above_the_largest_is_refused),
    cmocka_unit_test(a_list_is_set_whole_or_not_at_all),
    cmocka_unit_test(a_rule_comes_back_word_by_word),
    cmocka_unit_test(what_was_set_since_stands_in_the_way),
    cmocka_unit_test(a_product_comes_back_with_its_rules),
};

TEST_MAIN(cases)
