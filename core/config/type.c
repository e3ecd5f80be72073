/* The types of the tables: what a text of each must look like, and which number it is. Pure. Not
 * here: files, references, messages with places (value.c). */
#include "config/value.h"

#include "base/bytes.h"
#include "base/share.h"
#include "base/unit.h"
#include "schedule/schedule.h"

#include <string.h>

static bool read_int(const char *text, int64_t *number)
{
    bool negative = *text == '-';
    if (negative) text++;
    if (!unit_digits(&text, number) || *text) return false;
    if (negative) *number = -*number;
    return true;
}

static bool read_bool(const char *text, int64_t *number)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(text, words[i])) {
            *number = i % 2;
            return true;
        }
    return false;
}

static bool read_share(const char *text, int64_t *number)
{
    uint32_t ppm;
    if (!share_parse(text, &ppm)) return false;
    *number = ppm;
    return true;
}

static bool read_choice(const char *choices, const char *text, int64_t *number)
{
    size_t n = strlen(text);
    *number = 0;
    for (const char *at = choices; at && n; ++*number) {
        size_t size = strcspn(at, "|");
        if (size == n && !memcmp(at, text, n)) return true;
        at = at[size] ? at + size + 1 : NULL;
    }
    return false;
}

bool config_name_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strspn(name, allowed);
    return n && n <= CONFIG_NAME_MAX && !name[n] && !strchr("._-", name[0]);
}

static bool one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
    return true;
}

/* http(s)://host[:port][/path]: no user, no query, no fragment, nothing a request line could break
 * on. */
static bool is_url(const char *text)
{
    size_t scheme = !strncmp(text, "https://", 8) ? 8 : !strncmp(text, "http://", 7) ? 7 : 0;
    if (!scheme) return false;
    const char *host = text + scheme;
    size_t n = strcspn(host, "/");
    if (!n || host[0] == ':' || host[n - 1] == ':') return false;
    for (const char *at = host; *at; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f ||
            strchr("@?#\\\"<>^`{|}", *at))
            return false;
    return true;
}

/* Its number is the interval; 0: appointed times, or off. Why not: in `must`. */
static bool read_schedule(const struct config_option_spec *option, const char *text,
                          int64_t *number, struct buf *must)
{
    struct schedule *schedule;
    struct error error;
    *number = 0;
    if (!one_line(text) || strlen(text) >= SCHEDULE_TEXT_MAX) {
        buf_text(must, "must be ");
        config_type_describe(option, must);
        return false;
    }
    if (schedule_new(text, &schedule, &error) != ST_OK) {
        buf_format(must, "cannot be used: %s", error.text);
        return false;
    }
    *number = schedule_interval_ms(schedule);
    schedule_free(schedule);
    if (!*number || *number >= option->min) return true;
    buf_text(must, "is too often: 'every ");
    unit_duration_text(option->min, must);
    buf_text(must, "' is the least");
    return false;
}

static bool read_number(const struct config_option_spec *option, const char *text, int64_t *number)
{
    *number = 0;
    switch (option->type) {
    case CONFIG_INT: return read_int(text, number);
    case CONFIG_BOOL: return read_bool(text, number);
    case CONFIG_CHOICE: return read_choice(option->choices, text, number);
    case CONFIG_DURATION: return unit_duration_read(text, number);
    case CONFIG_SIZE: return unit_size_read(text, number);
    case CONFIG_SHARE: return read_share(text, number);
    case CONFIG_PATH:
    case CONFIG_PATHS:
        if (!*text) return option->default_value && !*option->default_value;
        return text[0] == '/' && one_line(text);
    case CONFIG_NAME: return config_name_valid(text);
    case CONFIG_TEXT: return *text && strlen(text) <= CONFIG_TEXT_MAX && one_line(text);
    case CONFIG_URL: return is_url(text);
    case CONFIG_STRING: return true;
    case CONFIG_SCHEDULE:
    case CONFIG_MAP:
    case CONFIG_LIST: return false;
    }
    return false;
}

static bool is_number(enum config_type type)
{
    return type == CONFIG_INT || type == CONFIG_DURATION || type == CONFIG_SIZE;
}

bool config_value_number(const struct config_option_spec *option, const char *text, int64_t *number,
                         struct buf *must)
{
    if (option->type == CONFIG_SCHEDULE) return read_schedule(option, text, number, must);
    bool good = read_number(option, text, number);
    if (good && is_number(option->type) && option->max > option->min)
        good = *number >= option->min && *number <= option->max;
    if (good) return true;
    buf_text(must, "must be ");
    config_type_describe(option, must);
    return false;
}

static void number_text(enum config_type type, int64_t number, struct buf *out)
{
    if (type == CONFIG_DURATION)
        unit_duration_text(number, out);
    else if (type == CONFIG_SIZE)
        unit_size_text(number, out);
    else
        buf_format(out, "%lld", (long long)number);
}

static void choices_text(const char *choices, struct buf *out)
{
    const char *before = "";
    for (const char *at = choices; at;) {
        size_t size = strcspn(at, "|");
        bool last = !at[size];
        buf_format(out, "%s%.*s", last && *before ? " or " : before, (int)size, at);
        before = ", ";
        at = last ? NULL : at + size + 1;
    }
}

static const char *type_words(enum config_type type)
{
    switch (type) {
    case CONFIG_STRING: return "text";
    case CONFIG_INT: return "a whole number";
    case CONFIG_BOOL: return "yes or no";
    case CONFIG_DURATION: return "a duration (500ms, 30s, 10m, 6h, 2d)";
    case CONFIG_SIZE: return "a size (512MiB, 64GiB)";
    case CONFIG_PATH: return "an absolute path";
    case CONFIG_PATHS: return "a list of absolute paths";
    case CONFIG_NAME: return "a name (lower-case letters, digits, '.', '_', '-'; at most 63)";
    case CONFIG_TEXT: return "one line of 1 to 200 bytes";
    case CONFIG_URL: return "a URL (https://host[:port][/path], nothing behind it)";
    case CONFIG_MAP: return "a mapping";
    case CONFIG_LIST: return "a list";
    case CONFIG_SHARE: return "a percentage over 0% and up to 100% (30%, 33.3%)";
    case CONFIG_SCHEDULE:
        return "a schedule (every 30m, daily 03:00 Europe/Moscow, weekly sun 04:00, cron 15 3 * * "
               "mon-fri, off)";
    case CONFIG_CHOICE: break;
    }
    return "";
}

void config_type_describe(const struct config_option_spec *option, struct buf *out)
{
    if (option->type == CONFIG_CHOICE)
        choices_text(option->choices, out);
    else
        buf_text(out, type_words(option->type));
    if (option->type == CONFIG_SCHEDULE && option->min) {
        buf_text(out, ", at least every ");
        unit_duration_text(option->min, out);
    }
    if (!is_number(option->type) || option->max <= option->min) return;
    buf_text(out, " from ");
    number_text(option->type, option->min, out);
    buf_text(out, " to ");
    number_text(option->type, option->max, out);
}
