/* A radix sort from the lowest byte of the key to its highest. Bytes that are the same in all rows,
 * most of the twelve, cost nothing; rows that are in order already cost one look. */
#include "intake/import_sort.h"

#include "intake/import_rows.h"

#include <string.h>

enum { RADIX = 256, WAREHOUSE_BYTES = 4, KEY_BYTES = 12 };

static inline uint8_t key_byte(const struct stock_row *row, unsigned byte)
{
    if (byte < WAREHOUSE_BYTES) return (uint8_t)(row->warehouse >> (8 * byte));
    return (uint8_t)(row->product >> (8 * (byte - WAREHOUSE_BYTES)));
}

static bool in_order(const struct stock_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (stock_row_order(&rows[i - 1], &rows[i]) > 0) return false;
    return true;
}

/* The bits in which any two rows differ, as a row. */
static struct stock_row differing_bits(const struct stock_row *rows, size_t count)
{
    struct stock_row bits = {0};
    for (size_t i = 1; i < count; i++) {
        bits.product |= rows[i].product ^ rows[0].product;
        bits.warehouse |= rows[i].warehouse ^ rows[0].warehouse;
    }
    return bits;
}

static void pass(const struct stock_row *from, struct stock_row *to, size_t count, unsigned byte)
{
    size_t place[RADIX] = {0};
    for (size_t i = 0; i < count; i++)
        place[key_byte(&from[i], byte)]++;
    for (size_t value = 0, at = 0; value < RADIX; value++) {
        size_t these = place[value];
        place[value] = at;
        at += these;
    }
    for (size_t i = 0; i < count; i++)
        to[place[key_byte(&from[i], byte)]++] = from[i];
}

struct stock_row *import_sort(struct stock_row *rows, struct stock_row *scratch, size_t count)
{
    if (in_order(rows, count)) return rows;
    const struct stock_row bits = differing_bits(rows, count);
    for (unsigned byte = 0; byte < KEY_BYTES; byte++) {
        if (!key_byte(&bits, byte)) continue;
        pass(rows, scratch, count, byte);
        struct stock_row *sorted = scratch;
        scratch = rows;
        rows = sorted;
    }
    return rows;
}
