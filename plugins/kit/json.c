/* Tolerant readers of JSON values, times and ids. What they mean is for the operations to say. */
#include "kit/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAFE_DIGITS 18 /* any number of so many digits fits int64 */

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* Copies the document with each number that may not fit put in quotes. `out` has room for twice the
 * bytes: two quotes for at least SAFE_DIGITS + 1 characters, or for an exponent of three. */
static size_t quote_long_numbers(const char *body, size_t size, char *out)
{
    size_t to = 0;
    bool in_string = false;
    for (size_t i = 0; i < size;) {
        char c = body[i];
        if (in_string && c == '\\' && i + 1 < size) {
            out[to++] = c;
            out[to++] = body[i + 1];
            i += 2;
            continue;
        }
        if (c == '"') in_string = !in_string;
        if (in_string || !(c == '-' || (c >= '0' && c <= '9'))) {
            out[to++] = c;
            i++;
            continue;
        }
        size_t end = i;
        bool exponent = false;
        for (; end < size && is_number_char(body[end]); end++)
            exponent |= body[end] == 'e' || body[end] == 'E';
        bool quote = end - i > SAFE_DIGITS || (exponent && end - i >= 3);
        if (quote) out[to++] = '"';
        memcpy(out + to, body + i, end - i);
        to += end - i;
        if (quote) out[to++] = '"';
        i = end;
    }
    return to;
}

json_t *kit_parse(const char *body, size_t size, char why[160])
{
    json_error_t error;
    json_t *doc = json_loadb(body, size, 0, &error);
    if (!doc && json_error_code(&error) == json_error_numeric_overflow) {
        char *copy = malloc(size * 2 + 1);
        if (copy) {
            doc = json_loadb(copy, quote_long_numbers(body, size, copy), 0, &error);
            free(copy);
        }
    }
    if (!doc) snprintf(why, 160, "%.120s at byte %d", error.text, error.position);
    return doc;
}

static bool int_of_text(const char *text, size_t size, int64_t *out)
{
    bool negative = size && text[0] == '-';
    size_t i = negative;
    if (i == size || size - i > 19) return false;
    uint64_t value = 0;
    for (; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (value > (uint64_t)INT64_MAX) return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool kit_int(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    if (json_is_string(value))
        return int_of_text(json_string_value(value), json_string_length(value), out);
    return false; /* a fraction is no count of pieces, and a real above 2^53 is no id */
}

bool kit_id(const json_t *value, int64_t *out)
{
    return kit_int(value, out) && *out > 0;
}

const char *kit_text(const json_t *value, size_t max)
{
    size_t size = json_string_length(value);
    return size > 0 && size <= max ? json_string_value(value) : NULL;
}

int kit_cut(const char *text, int max)
{
    int size = (int)strnlen(text, (size_t)max);
    if (text[size])
        while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
            size--;
    return size;
}

int64_t kit_page_count(const json_t *rows, size_t limit)
{
    size_t count = json_array_size(rows);
    return (int64_t)(count < limit ? count : limit);
}

enum kit_flag kit_flag(const json_t *value)
{
    if (!value || json_is_null(value)) return KIT_MISSING;
    if (json_is_boolean(value)) return json_is_true(value) ? KIT_TRUE : KIT_FALSE;
    const char *text = kit_text(value, 5);
    if (text && strcmp(text, "true") == 0) return KIT_TRUE;
    if (text && strcmp(text, "false") == 0) return KIT_FALSE;
    return KIT_ODD;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back (H. Hinnant,
 * howardhinnant.github.io/date_algorithms.html). */
static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = y / 400;
    int64_t yoe = y - era * 400, doy = (153 * (int64_t)(m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* The last digits of a number that is not below 0; returns what comes behind them. */
static char *put_digits(char *to, int64_t value, int count, char behind)
{
    for (int i = count; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
    to[count] = behind;
    return to + count + 1;
}

void kit_time_text(int64_t ms, char out[32])
{
    if (ms < 0) ms = 0;
    int64_t days = ms / 86400000, rest = ms % 86400000, z = days + 719468, era = z / 146097;
    int64_t doe = z - era * 146097, yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    out = put_digits(out, yoe + era * 400 + (month <= 2), 4, '-');
    out = put_digits(out, month, 2, '-');
    out = put_digits(out, day, 2, 'T');
    out = put_digits(out, rest / 3600000, 2, ':');
    out = put_digits(out, rest / 60000 % 60, 2, ':');
    out = put_digits(out, rest / 1000 % 60, 2, '.');
    out = put_digits(out, rest, 3, 'Z');
    *out = '\0';
}

static int digits_at(const char *text, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* The offset in minutes that a time's tail says; false when it says none. */
static bool offset_of(const char *tail, int *minutes)
{
    *minutes = 0;
    if ((tail[0] == 'Z' || tail[0] == 'z') && tail[1] == '\0') return true;
    if ((tail[0] != '+' && tail[0] != '-') || strlen(tail) != 6 || tail[3] != ':') return false;
    int hours = digits_at(tail + 1, 2), rest = digits_at(tail + 4, 2);
    if (hours < 0 || hours > 23 || rest < 0 || rest > 59) return false;
    *minutes = (hours * 60 + rest) * (tail[0] == '-' ? -1 : 1);
    return true;
}

int64_t kit_time(const json_t *value)
{
    const char *text = kit_text(value, 64);
    if (!text || strlen(text) < 20) return 0;
    int year = digits_at(text, 4), month = digits_at(text + 5, 2), day = digits_at(text + 8, 2);
    int hour = digits_at(text + 11, 2), minute = digits_at(text + 14, 2);
    int second = digits_at(text + 17, 2), offset;
    if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') ||
        text[13] != ':' || text[16] != ':' || year < 1971 || month < 1 || month > 12 || day < 1 ||
        day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return 0;
    const char *tail = text + 19;
    int64_t ms = 0, unit = 100;
    if (*tail == '.')
        for (tail++; *tail >= '0' && *tail <= '9'; tail++, unit /= 10)
            ms += (*tail - '0') * unit;
    if (!offset_of(tail, &offset)) return 0;
    int64_t seconds = days_of(year, (unsigned)month, (unsigned)day) * 86400 + hour * 3600 +
                      minute * 60 + second - (int64_t)offset * 60;
    return seconds * 1000 + ms;
}

void kit_join(char *out, size_t size, const char *const parts[])
{
    char *at = out, *end = out + size - 1;
    for (; *parts; parts++) {
        size_t length = strnlen(*parts, (size_t)(end - at));
        memcpy(at, *parts, length);
        at += length;
    }
    *at = '\0';
}

size_t kit_digits(int64_t value, char out[KIT_ID_TEXT])
{
    char back[KIT_ID_TEXT], *end = back + sizeof(back) - 1, *at = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    *at = '\0';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--at = '-';
    memcpy(out, at, (size_t)(end - at) + 1);
    return (size_t)(end - at);
}

int64_t kit_id_of(const char *text)
{
    int64_t value;
    size_t size = text ? strlen(text) : 0;
    /* "007" is not the id that "7" is. */
    return size && text[0] >= '1' && int_of_text(text, size, &value) ? value : 0;
}
