/* One configured value against the option it is for. Never repeats the value of a secret. */
#include "plugin/instance.h"

#include "plugin/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum status bad(const struct stockd_option *option, const char *text, const char *wanted,
                       struct error *error)
{
    return error_set(error, ST_INVALID, "option '%s': '%.100s' is not %s", option->name,
                     option->secret ? "***" : text, wanted);
}

static bool number_read(const char *text, int64_t *number, const char **end)
{
    if (!(*text >= '0' && *text <= '9') && !(*text == '-' && text[1] >= '0' && text[1] <= '9'))
        return false;
    char *after;
    errno = 0;
    long long value = strtoll(text, &after, 10);
    *number = value;
    *end = after;
    return errno == 0;
}

static bool bool_read(const char *text, int64_t *number)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) != 0) continue;
        *number = (int64_t)(i % 2);
        return true;
    }
    return false;
}

static bool duration_read(const char *text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    const char *unit;
    int64_t count;
    if (!number_read(text, &count, &unit) || count < 0) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].unit) == 0)
            return !__builtin_mul_overflow(count, units[i].ms, ms);
    return false;
}

static bool choice_holds(const char *choices, const char *text)
{
    size_t size = strlen(text);
    for (const char *at = choices; *at;) {
        size_t n = strcspn(at, "|");
        if (n == size && memcmp(at, text, n) == 0) return true;
        at += n + (at[n] == '|');
    }
    return false;
}

static enum status string_check(const struct stockd_option *option, const char *text,
                                struct error *error)
{
    size_t size = strnlen(text, STOCKD_SECRET_MAX + 1);
    if (size == 0) return error_set(error, ST_INVALID, "option '%s' is empty", option->name);
    if (size > STOCKD_SECRET_MAX)
        return error_set(error, ST_INVALID, "option '%s' is longer than %u bytes", option->name,
                         STOCKD_SECRET_MAX);
    if (!text_is_utf8(text, size) || !text_is_plain(text, size))
        return error_set(error, ST_INVALID,
                         "option '%s' holds a line break, another control character, or bytes "
                         "that are not UTF-8",
                         option->name);
    return ST_OK;
}

enum status plugin_option_check(const struct stockd_option *option, const char *text,
                                int64_t *number, struct error *error)
{
    int64_t value = 0;
    const char *end = "";
    char wanted[300];
    switch (option->type) {
    case STOCKD_OPTION_STRING: return string_check(option, text, error);
    case STOCKD_OPTION_CHOICE:
        if (choice_holds(option->choices, text)) return ST_OK;
        snprintf(wanted, sizeof wanted, "one of %s", option->choices);
        return bad(option, text, wanted, error);
    case STOCKD_OPTION_BOOL:
        if (!bool_read(text, &value)) return bad(option, text, "true or false", error);
        break;
    case STOCKD_OPTION_INT:
        if (!number_read(text, &value, &end) || *end)
            return bad(option, text, "a whole number", error);
        break;
    default:
        if (!duration_read(text, &value))
            return bad(option, text, "a duration like 500ms, 30s, 10m, 6h or 2d", error);
        break;
    }
    bool ranged = option->type != STOCKD_OPTION_BOOL && option->max > option->min;
    if (ranged && (value < option->min || value > option->max)) {
        snprintf(wanted, sizeof wanted, "from %lld to %lld%s", (long long)option->min,
                 (long long)option->max, option->type == STOCKD_OPTION_DURATION ? " ms" : "");
        return bad(option, text, wanted, error);
    }
    if (number) *number = value;
    return ST_OK;
}
