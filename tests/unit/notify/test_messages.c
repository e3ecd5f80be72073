/* Both catalogues say everything, with the same parameters; the rules of conf.d are those there
 * are; mails and Telegram's bodies are well formed whatever a text holds. */
#include "test_main.h"

#include "base/mem.h"
#include "config/tables.h"
#include "ctl/verb.h"
#include "notify/compose.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The set of parameters of a text, as bits; fails on one that is not known. */
static unsigned parameters(const char *text)
{
    static const char *const names[] = {"account", "what", "why", "title", "count", "limit"};
    unsigned found = 0;
    for (const char *at = text; (at = strchr(at, '{')); at++) {
        size_t size = strcspn(at + 1, "}"), i = 0;
        while (i < 6 && (strlen(names[i]) != size || strncmp(at + 1, names[i], size) != 0))
            i++;
        if (i == 6) fail_msg("a parameter that is none in: %s", text);
        found |= 1u << i;
    }
    return found;
}

/* Commands within `...`, which are the same in all languages. */
static void assert_same_commands(const char *one, const char *other)
{
    for (const char *at = one; (at = strstr(at, "`stockctl")); at++) {
        char command[200];
        size_t size = strcspn(at + 1, "`");
        assert_true(size < sizeof command);
        memcpy(command, at + 1, size);
        command[size] = 0;
        if (!strstr(other, command)) fail_msg("'%s' is not in: %s", command, other);
    }
}

static bool is_verb(const char *command)
{
    const struct ctl_verb *verb;
    for (size_t i = 0; (verb = ctl_verb_at(i)); i++) {
        size_t size = strlen(verb->name);
        if (strncmp(command, verb->name, size) == 0 && strchr(" `", command[size])) return true;
    }
    return false;
}

/* What people are told to type exists. */
static void assert_commands(const char *text)
{
    for (const char *at = text; (at = strstr(at, "`stockctl ")); at++)
        if (!is_verb(at + strlen("`stockctl "))) fail_msg("there is no such command: %s", at);
}

static void assert_pair(const char *en, const char *ru)
{
    assert_non_null(en);
    assert_non_null(ru);
    assert_true(en[0] && ru[0]);
    if (parameters(en) != parameters(ru)) fail_msg("other parameters: %s / %s", en, ru);
    assert_commands(en);
    assert_same_commands(en, ru);
    assert_same_commands(ru, en);
}

static void catalogues_are_complete(void **state)
{
    (void)state;
    const struct alert_catalogue *en = alert_catalogue(ALERT_EN), *ru = alert_catalogue(ALERT_RU);
    for (int i = 0; i < ALERT_RULES; i++) {
        assert_pair(en->words[i].title, ru->words[i].title);
        assert_pair(en->words[i].line, ru->words[i].line);
        assert_pair(en->words[i].todo, ru->words[i].todo);
        assert_pair(en->words[i].over, ru->words[i].over);
        assert_int_equal(parameters(en->words[i].title), 0);
        assert_string_not_equal(en->words[i].title, ru->words[i].title);
    }
    for (int i = 0; i < PHRASES; i++)
        assert_pair(en->phrases[i], ru->phrases[i]);
}

static void rules_are_those_of_the_configuration(void **state)
{
    (void)state;
    const struct config_table *table = config_table(CONFIG_TABLE_ALERT_RULES);
    assert_int_equal(table->count, ALERT_RULES);
    for (size_t i = 0; i < table->count; i++)
        assert_string_equal(table->options[i].name, alert_rule_name((enum alert_rule)i));
    assert_int_equal(alert_rule_parse("held"), ALERT_HELD);
    assert_int_equal(alert_rule_parse("nothing"), -1);
}

static void parameters_are_filled_in_once(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    const struct alert_values values = {.account = "{what}", .what = "w", .count = -3};
    alert_fill(&out, "{account} {what} {why}|{count} {odd} {", &values);
    assert_string_equal(buf_cstr(&out), "{what} w |-3  {");
    buf_free(&out);
}

static void a_mail_is_lines_of_ascii(void **state)
{
    (void)state;
    struct message message = {0};
    struct buf mail;
    compose_test(ALERT_RU, "почта\r\nBcc: everybody@example.com", 0, &message);
    buf_init(&mail, COMPOSE_BODY_MAX);
    compose_mail(&mail, &message, "a@example.com", "b@example.com", 0, "id");
    const char *text = buf_cstr(&mail);
    assert_non_null(strstr(text, "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"));
    assert_null(strstr(text, "\nBcc"));
    size_t line = 0;
    for (const char *at = text; *at; at++) {
        assert_true((unsigned char)*at < 0x80);
        line = *at == '\n' ? 0 : line + 1;
        assert_true(line <= 78);
        if (*at == '\n') assert_int_equal(at[-1], '\r');
    }
    buf_free(&mail);
    message_free(&message);
}

/* Whole characters, at most as many UTF-16 units as Telegram takes. */
static void a_long_text_is_cut_for_telegram(void **state)
{
    (void)state;
    struct message message = {.subject = mem_text("s"), .text = mem_alloc(4 * 5000 + 1)};
    for (int i = 0; i < 5000; i++)
        memcpy(message.text + 4 * (size_t)i, "\xf0\x9f\x98\x80", 4);
    char *body = compose_telegram(&message, "-100");
    json_t *json = json_loads(body, 0, NULL);
    assert_non_null(json);
    const char *text = json_string_value(json_object_get(json, "text"));
    assert_int_equal(strlen(text), 3 + (TELEGRAM_TEXT_MAX - 3) / 2 * 4);
    json_decref(json);
    mem_free(body);
    message_free(&message);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(catalogues_are_complete),
    cmocka_unit_test(rules_are_those_of_the_configuration),
    cmocka_unit_test(parameters_are_filled_in_once),
    cmocka_unit_test(a_mail_is_lines_of_ascii),
    cmocka_unit_test(a_long_text_is_cut_for_telegram),
};
TEST_MAIN(cases)
