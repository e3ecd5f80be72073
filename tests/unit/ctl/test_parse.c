/* The command line: what it becomes, and every message it can be refused with, word for word. */
#include "ctl/help.h"
#include "ctl/parse.h"

#include "test_main.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 };

/* Splits at spaces; '_' alone is the empty word. */
static int split(const char *line, char *copy, char **argv)
{
    int argc = 0;
    static char empty[] = "";
    argv[argc++] = (char *)"stockctl";
    strcpy(copy, line);
    for (char *save = NULL, *at = strtok_r(copy, " ", &save); at; at = strtok_r(NULL, " ", &save))
        argv[argc++] = strcmp(at, "_") == 0 ? empty : at;
    argv[argc] = NULL;
    return argc;
}

static enum status parse(const char *line, struct ctl_call *call, struct error *error)
{
    static char copy[400];
    static char *argv[WORDS_MAX + 1];
    return ctl_parse(split(line, copy, argv), argv, call, error);
}

static void lines_are_refused_with_these_words(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } table[] = {
        {"", "what shall I do? See 'stockctl --help'"},
        {"--json", "what shall I do? See 'stockctl --help'"},
        {"stok get A", "unknown verb 'stok get'; did you mean 'stock get'?"},
        {"stock gte A", "unknown verb 'stock gte'; did you mean 'stock get'?"},
        {"statsu", "unknown verb 'statsu'; did you mean 'status'?"},
        {"psuh --account x", "unknown verb 'psuh'; did you mean 'push'?"},
        {"acount xyzzy", "unknown verb 'acount'; did you mean 'account'?"},
        {"frobnicate now", "unknown verb 'frobnicate'; see 'stockctl --help'"},
        {"stock frobnicate", "unknown verb 'stock frobnicate'; see 'stockctl stock --help'"},
        {"stock", "'stock' needs a second word; see 'stockctl stock --help'"},
        {"stock get", "'stock get' needs SKU: the product's SKU"},
        {"stock get _", "SKU is empty"},
        {"stock get A B",
         "'stock get' takes no further argument: 'B'; see 'stockctl stock get --help'"},
        {"stock get A B C D E F G H",
         "'stock get' takes no further argument: 'B'; see 'stockctl stock get --help'"},
        {"stock get A --warehuose x", "unknown flag '--warehuose'; did you mean '--warehouse'?"},
        {"stock get A --zzzzzz", "unknown flag '--zzzzzz'; see 'stockctl stock get --help'"},
        {"--jsn status", "unknown flag '--jsn'; did you mean '--json'?"},
        {"status -x", "unknown flag '-x'; flags are words: --help"},
        {"status -json", "unknown flag '-json'; flags are words: --help"},
        {"stock get A --warehouse", "--warehouse needs a value: --warehouse W"},
        {"stock get A --warehouse --", "--warehouse needs a value: --warehouse W"},
        {"stock get A --warehouse a --warehouse b", "--warehouse is given twice"},
        {"stock set A 7", "'stock set' needs --warehouse W: where they are"},
        {"stock set A --warehouse pp", "'stock set' needs N: pieces"},
        {"stock set A 7 --warehouse _", "--warehouse is empty"},
        {"stock set A seven --warehouse pp", "N must be a whole number, 0 or more, not 'seven'"},
        {"stock set A -7 --warehouse pp", "N must be a whole number, 0 or more, not '-7'"},
        {"stock set A 1.5 --warehouse pp", "N must be a whole number, 0 or more, not '1.5'"},
        {"stock set A 0x7 --warehouse pp", "N must be a whole number, 0 or more, not '0x7'"},
        {"stock set A 9999999999999999999 --warehouse pp",
         "N must be a whole number, 0 or more, not '9999999999999999999'"},
        {"stock set A 7 --warehouse pp --kind onhand",
         "--kind must be one of on-hand|available, not 'onhand'"},
        {"stock set A 7 --warehouse pp --kind on-hand|available",
         "--kind must be one of on-hand|available, not 'on-hand|available'"},
        {"stock set A 7 --warehouse pp --kind _",
         "--kind must be one of on-hand|available, not ''"},
        {"stock set A 7 --warehouse pp --if-figure -1",
         "--if-figure must be a whole number, 0 or more, not '-1'"},
        {"stock adjust A 3 --warehouse pp",
         "BY must be a whole number with its sign, like +3 or -2, not '3'"},
        {"stock adjust A -- - --warehouse pp",
         "BY must be a whole number with its sign, like +3 or -2, not '-'"},
        {"push --follow=yes", "--follow takes no value"},
        {"status --timeout soon", "--timeout must be a whole number, 0 or more, not 'soon'"},
        {"restore /b", "'restore' needs --store DIR: the folder of the store"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct ctl_call call;
        struct error error = {0};
        enum status status = parse(table[i].line, &call, &error);
        if (status != ST_INVALID || strcmp(error.text, table[i].says) != 0)
            fail_msg("%s\n got: %s\nwant: %s", table[i].line, error.text, table[i].says);
    }
}

static void lines_become_calls(void **state)
{
    (void)state;
    static const struct {
        const char *line, *verb, *name, *value;
    } table[] = {
        {"stock get A", "stock get", "SKU", "A"},
        {"stock get A", "stock get", "warehouse", NULL},
        {"--json stock get A", "stock get", "SKU", "A"},
        {"stock --json get --warehouse pp A", "stock get", "SKU", "A"},
        {"stock get --warehouse pp A", "stock get", "warehouse", "pp"},
        {"stock get A --warehouse=p=p", "stock get", "warehouse", "p=p"},
        {"stock get --warehouse stock A", "stock get", "SKU", "A"},
        {"stock get --warehouse --json A", "stock get", "warehouse", "--json"},
        {"stock get -- --json", "stock get", "SKU", "--json"},
        {"stock get -5", "stock get", "SKU", "-5"},
        {"stock set A 7 --warehouse pp", "stock set", "kind", "on-hand"},
        {"stock set A 7 --warehouse pp --kind available", "stock set", "kind", "available"},
        {"stock adjust A -2 --warehouse pp", "stock adjust", "BY", "-2"},
        {"stock adjust A +2 --warehouse pp", "stock adjust", "BY", "+2"},
        {"stock import -", "stock import", "FILE", "-"},
        {"stock transfer A pp kot 3", "stock transfer", "TO", "kot"},
        {"push", "push", "follow", NULL},
        {"push --follow", "push", "follow", ""},
        {"traffic ozon", "traffic", "last", "20"},
        {"-i main status", "status", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct ctl_call call;
        struct error error = {0};
        if (parse(table[i].line, &call, &error) != ST_OK)
            fail_msg("%s: %s", table[i].line, error.text);
        assert_string_equal(call.verb->name, table[i].verb);
        if (!table[i].name) continue;
        const char *value = ctl_value(&call, table[i].name);
        if (!table[i].value)
            assert_null(value);
        else if (!value || strcmp(value, table[i].value) != 0)
            fail_msg("%s: %s is '%s'", table[i].line, table[i].name, value ? value : "(none)");
    }
}

static void global_flags_are_understood_anywhere(void **state)
{
    (void)state;
    struct ctl_call call;
    struct error error;
    assert_int_equal(parse("-i kot stock --timeout=5 get --json A --socket /s", &call, &error),
                     ST_OK);
    assert_true(call.json);
    assert_string_equal(call.instance, "kot");
    assert_string_equal(call.timeout, "5");
    assert_string_equal(call.socket, "/s");
    assert_int_equal(parse("stock get --help", &call, &error), ST_OK); /* though SKU is missing */
    assert_true(call.help && strcmp(call.verb->name, "stock get") == 0);
    assert_int_equal(parse("stock -h", &call, &error), ST_OK);
    assert_string_equal(call.group, "stock");
    assert_int_equal(parse("--version", &call, &error), ST_OK);
    assert_true(call.version);
}

static void lists_gather_their_values(void **state)
{
    (void)state;
    struct ctl_call call;
    struct error error;
    assert_int_equal(parse("product add A --barcode 1 --name x --barcode 2", &call, &error), ST_OK);
    assert_int_equal(call.list_count, 2);
    assert_string_equal(call.list[1], "2");
}

/* The parser's first pass looks flags up by name alone. */
static void no_flag_is_a_switch_here_and_not_there(void **state)
{
    (void)state;
    for (size_t i = 0; ctl_verb_at(i); i++)
        for (const struct ctl_parameter *a = ctl_verb_at(i)->flags; a && a->name; a++)
            for (size_t j = 0; ctl_verb_at(j); j++)
                for (const struct ctl_parameter *b = ctl_verb_at(j)->flags; b && b->name; b++)
                    if (strcmp(a->name, b->name) == 0)
                        assert_int_equal(a->type == CTL_SWITCH, b->type == CTL_SWITCH);
}

/* What the table promises must be there, and every placeholder must be a parameter's name. */
static void every_verb_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; ctl_verb_at(i); i++) {
        const struct ctl_verb *verb = ctl_verb_at(i);
        assert_true(verb->help && verb->help[strlen(verb->help) - 1] == '.');
        assert_true(verb->run || (verb->method && verb->path && verb->view));
        assert_true(ctl_parameter_count(verb->arguments) <= CTL_ARGUMENTS_MAX);
        assert_true(ctl_parameter_count(verb->flags) <= CTL_FLAGS_MAX);
        for (const struct ctl_parameter *at = verb->flags; at && at->name; at++) {
            assert_non_null(at->help);
            assert_true(at->type == CTL_SWITCH || at->value);
            assert_true((at->type == CTL_CHOICE) == (at->choices != NULL));
            for (const struct ctl_parameter *g = ctl_global_flags; g->name; g++)
                assert_string_not_equal(at->name, g->name);
        }
        for (const char *at = verb->path ? strchr(verb->path, '{') : NULL; at;
             at = strchr(at + 1, '{')) {
            char name[40];
            bool known = false;
            snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "}") - 1, at + 1);
            for (const struct ctl_parameter *p = verb->arguments; p && p->name; p++)
                known |= p->place == CTL_PATH && strcmp(p->name, name) == 0;
            for (const struct ctl_parameter *p = verb->flags; p && p->name; p++)
                known |= p->place == CTL_PATH && p->required && strcmp(p->name, name) == 0;
            if (!known) fail_msg("%s: nothing fills {%s}", verb->name, name);
        }
        /* The example of each verb is a line of that verb. */
        char line[200];
        char *quote;
        snprintf(line, sizeof line, "%s", verb->example + strlen("stockctl "));
        line[strcspn(line, "<|")] = 0; /* what the shell does */
        while ((quote = strchr(line, '\''))) /* one word, as the shell would make it */
            for (*quote++ = 'q'; *quote && *quote != '\''; quote++)
                if (*quote == ' ') *quote = '-';
        struct ctl_call call;
        struct error error;
        char *last;
        while ((last = strchr(line, '\'')))
            *last = 'q';
        if (parse(line, &call, &error) != ST_OK) fail_msg("%s: %s", verb->example, error.text);
        assert_ptr_equal(call.verb, verb);
    }
}

static void help_of_a_verb_reads_like_this(void **state)
{
    (void)state;
    struct ctl_call call;
    struct error error;
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(parse("stock adjust --help", &call, &error), ST_OK);
    ctl_help_verb(&out, call.verb);
    assert_string_equal(
        buf_cstr(&out),
        "Usage: stockctl stock adjust SKU BY --warehouse W [--cause sale|receipt|write-off|count]\n"
        "\n"
        "Adds to a figure, or takes away from it.\n"
        "\n"
        "Arguments:\n"
        "  SKU                        the product's SKU\n"
        "  BY                         pieces, with a sign: +3 or -2\n"
        "\n"
        "Flags:\n"
        "  --warehouse W              where they are\n"
        "  --cause CAUSE              why, for the ledger: sale|receipt|write-off|count (default "
        "count)\n"
        "\n"
        "Example:\n"
        "  stockctl stock adjust A-1 -2 --warehouse pp --cause sale\n");
    buf_free(&out);
}

static void help_lists_every_verb(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 16);
    ctl_help_all(&out);
    for (size_t i = 0; ctl_verb_at(i); i++)
        assert_non_null(strstr(buf_cstr(&out), ctl_verb_at(i)->help));
    assert_false(out.overflow);
    const char *stock = strstr(buf_cstr(&out), "\nStock:\n  stock get ");
    assert_non_null(stock);
    assert_true(strstr(stock, "  warehouse link") < strstr(stock, "\nProducts:\n"));
    buf_reset(&out);
    assert_true(ctl_help_group(&out, "account"));
    assert_non_null(strstr(buf_cstr(&out), "account pause"));
    assert_false(ctl_help_group(&out, "acc"));
    buf_free(&out);
}

/* A verb whose first word no heading names would be in no help. */
static void every_verb_is_of_one_topic(void **state)
{
    (void)state;
    const struct ctl_topic *topic;
    const struct ctl_verb *verb;
    size_t verbs = 0, listed = 0;
    for (; ctl_verb_at(verbs); verbs++) {
        int times = 0;
        for (size_t t = 0; (topic = ctl_topic_at(t)); t++)
            for (size_t i = 0; (verb = ctl_topic_verb(topic, i)); i++)
                times += verb == ctl_verb_at(verbs);
        if (times != 1) fail_msg("'%s' is under %d headings", ctl_verb_at(verbs)->name, times);
    }
    for (size_t t = 0; (topic = ctl_topic_at(t)); t++)
        for (size_t i = 0; ctl_topic_verb(topic, i); i++)
            listed++;
    assert_int_equal(listed, verbs);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(lines_are_refused_with_these_words),
    cmocka_unit_test(lines_become_calls),
    cmocka_unit_test(global_flags_are_understood_anywhere),
    cmocka_unit_test(lists_gather_their_values),
    cmocka_unit_test(no_flag_is_a_switch_here_and_not_there),
    cmocka_unit_test(every_verb_is_whole),
    cmocka_unit_test(help_of_a_verb_reads_like_this),
    cmocka_unit_test(help_lists_every_verb),
    cmocka_unit_test(every_verb_is_of_one_topic),
};
TEST_MAIN(cases)
