/* Durations and sizes: a number and a unit. */
#include "base/unit.h"

#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};
static const struct unit sizes[] = {
    {"TiB", INT64_C(1) << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1},
};
enum { DURATIONS = sizeof durations / sizeof *durations, SIZES = sizeof sizes / sizeof *sizes };

bool unit_digits(const char **text, int64_t *number)
{
    const char *at = *text;
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, *at - '0', number))
            return false;
    bool any = at != *text;
    *text = at;
    return any;
}

static bool read_unit(const char *text, const struct unit *units, size_t count, int64_t *number)
{
    if (!unit_digits(&text, number)) return false;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(text, units[i].name))
            return !__builtin_mul_overflow(*number, units[i].factor, number);
    return false;
}

static void unit_text(int64_t number, const struct unit *units, size_t count, struct buf *out)
{
    size_t i = 0;
    while (i + 1 < count && (number == 0 || number % units[i].factor))
        i++;
    buf_format(out, "%lld%s", (long long)(number / units[i].factor), units[i].name);
}

bool unit_duration_read(const char *text, int64_t *ms)
{
    return read_unit(text, durations, DURATIONS, ms);
}

bool unit_size_read(const char *text, int64_t *bytes)
{
    return read_unit(text, sizes, SIZES, bytes);
}

void unit_duration_text(int64_t ms, struct buf *out)
{
    unit_text(ms, durations, DURATIONS, out);
}

void unit_size_text(int64_t bytes, struct buf *out)
{
    unit_text(bytes, sizes, SIZES, out);
}
