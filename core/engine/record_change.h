/* What TABLE_CHANGE holds: what a command changed besides stock, from what to what. Bytes point
 * into those they were read from. */
#ifndef STOCKD_ENGINE_RECORD_CHANGE_H
#define STOCKD_ENGINE_RECORD_CHANGE_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

#include <stdint.h>

enum change_what {
    CHANGE_MADE = 1,    /* the product was made */
    CHANGE_FIELD,       /* key: its field; old, new: its values */
    CHANGE_GONE,        /* deleted, or with `other` merged into that; old: its record */
    CHANGE_LISTING,     /* key: account u32, listing u64; from product `other` to `product` */
    CHANGE_FIGURE,      /* key: warehouse u32; the ledger has an entry of that command */
    CHANGE_ORDER,       /* key: of TABLE_ORDER_LINE; old: parts that it had of `other` */
    CHANGE_RESERVATION, /* key: reservation u64; from `other` to `product` */
    CHANGE_RULE,        /* key: account u32 (0: everywhere), word of a rule; old, new: its values,
                           as text (rule_word.h) */
    CHANGE_SETTING,     /* key: account u32 (0: none), warehouse u32 (0: none), what it is about in
                           words: "link msk -> ozon-main 501"; old, new: in words */
    CHANGE_COUNT,
};
const char *change_what_name(uint32_t what);

enum { CHANGE_SETTING_HEAD = 8 }; /* account and warehouse, before the words */

struct change_view {
    enum change_what what;
    uint64_t product, other; /* other 0: none */
    uint8_t flag;            /* LISTING: was tied by hand */
    struct bytes key, old, new;
};
bool change_write(struct buf *out, const struct change_view *change);
enum status change_read(struct bytes from, struct change_view *change);

/* Barcodes as one value: a zero byte between two. */
enum { CHANGE_BARCODES_SEPARATOR = 0 };

#endif
