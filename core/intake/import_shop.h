/* What an import from an account came to: for whoever shows it. How it is done is in
 * import_shop.c (its way), import_shop_take.c (what follows from what was read) and
 * import_shop_spool.c (on disk). */
#ifndef STOCKD_INTAKE_IMPORT_SHOP_H
#define STOCKD_INTAKE_IMPORT_SHOP_H

#include "base/arena.h"
#include "intake/import.h"
#include "intake/import_refused.h"

enum { SHOP_SHOWN_MAX = 100000 }; /* rows of one bucket; some 20 MiB */

/* Texts are the report's own; those not known are "". */
struct import_shown {
    const char *sku, *listing, *title, *why;
    int64_t there;         /* what the marketplace shows; FIGURE_UNKNOWN: no figure */
    int64_t before, after; /* on hand here; FIGURE_UNKNOWN: uncounted, or not to be set */
};

struct import_report {
    struct import_shop_counts counts;
    const char *account, *remote, *warehouse;
    const char *kind;  /* in words, what becomes on hand, and why */
    const char *doubt; /* why it would be held as a likely error of the marketplace, or "" */
    struct import_shown *shown;
    uint32_t shown_count, shown_room;
    uint64_t shown_total; /* also those that are not kept */
    struct arena texts;
};

#endif
