/* Numbers in decimal, written from their end: lists are full of them, and printf would be most of
 * what they cost. */
#ifndef MARKETSIM_MARKET_DIGITS_H
#define MARKETSIM_MARKET_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define MARKET_DIGITS_SIZE 24 /* any number, its sign and a 0 */

/* Writes them and a 0 so that they end where `text` does. Gives where they begin. */
static inline char *market_digits_unsigned(uint64_t value, char text[MARKET_DIGITS_SIZE])
{
    char *at = text + MARKET_DIGITS_SIZE - 1;
    *at = '\0';
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    return at;
}

static inline char *market_digits(int64_t value, char text[MARKET_DIGITS_SIZE])
{
    char *at = market_digits_unsigned(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, text);
    if (value < 0) *--at = '-';
    return at;
}

/* How many bytes stand from `at`, which one of the above gave, to the end of `text`. */
static inline size_t market_digits_size(const char *at, const char text[MARKET_DIGITS_SIZE])
{
    return (size_t)(text + MARKET_DIGITS_SIZE - 1 - at);
}

#endif
