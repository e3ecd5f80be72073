/* The check digit of GTINs. */
#include "engine/barcode.h"

#include <stdbool.h>

static bool is_gtin(struct bytes barcode)
{
    const char *at = barcode.data;
    if (barcode.size != 8 && (barcode.size < 12 || barcode.size > 14)) return false;
    for (size_t i = 0; i < barcode.size; i++)
        if (at[i] < '0' || at[i] > '9') return false;
    return true;
}

enum status barcode_check(struct bytes barcode, struct error *error)
{
    const char *at = barcode.data;
    if (!is_gtin(barcode)) return ST_OK;
    int sum = 0, weight = 3; /* counted from the check digit on: 3, 1, 3 ... */
    for (size_t i = barcode.size - 1; i-- > 0; weight = 4 - weight)
        sum += weight * (at[i] - '0');
    int check = (10 - sum % 10) % 10, last = at[barcode.size - 1] - '0';
    if (check == last) return ST_OK;
    return error_set(error, ST_INVALID,
                     "barcode '%.*s' is no GTIN-%zu: its last digit would be %d, not %d; a digit "
                     "is wrong",
                     (int)barcode.size, at, barcode.size, check, last);
}
