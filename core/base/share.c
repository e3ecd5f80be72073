/* Percentages and factors as millionths. */
#include "base/share.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 9 };

/* Digits with at most one point, times 10^`places`; no finer than that. */
static bool decimal(const char *text, size_t size, unsigned places, uint64_t *value)
{
    unsigned digits = 0, behind = 0;
    bool point = false;
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.' && !point && digits) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || ++digits > DIGITS_MAX) return false;
        if (point && ++behind > places) return false;
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    }
    if (!digits || (point && !behind)) return false;
    for (; behind < places; behind++)
        *value *= 10;
    return true;
}

bool share_parse(const char *text, uint32_t *ppm)
{
    size_t size = strlen(text);
    uint64_t value;
    if (size < 2 || text[size - 1] != '%' || !decimal(text, size - 1, 4, &value)) return false;
    if (value == 0 || value > SHARE_WHOLE) return false;
    *ppm = (uint32_t)value;
    return true;
}

bool share_parse_factor(const char *text, size_t size, uint32_t max, uint32_t *ppm)
{
    uint64_t value;
    if (!decimal(text, size, 6, &value) || value > max) return false;
    *ppm = (uint32_t)value;
    return true;
}

const char *share_text(uint32_t ppm, char text[SHARE_TEXT_MAX])
{
    int size = snprintf(text, SHARE_TEXT_MAX, "%u.%04u", ppm / 10000, ppm % 10000);
    while (text[size - 1] == '0')
        size--;
    if (text[size - 1] == '.') size--;
    memcpy(text + size, "%", 2);
    return text;
}
