/* What TABLE_ORDER_LINE holds: one line of an order at a marketplace, as it was told and as it was
 * applied. Texts point into the bytes they were read from. */
#ifndef STOCKD_ENGINE_RECORD_ORDER_H
#define STOCKD_ENGINE_RECORD_ORDER_H

#include "base/wire.h"
#include "engine/record.h"

enum {
    ORDER_REFS_MAX = 16,  /* STOCKD_KEYS_MAX of the plugin ABI */
    ORDER_PARTS_MAX = 16, /* (product, warehouse) pairs that one line takes from */
};

enum order_state { ORDER_OPEN = 0, ORDER_SHIPPED, ORDER_CANCELLED, ORDER_RETURNED, ORDER_STATES };
const char *order_state_name(enum order_state state);
int order_state_parse(const char *name); /* -1 when there is no such state */

/* Why a line has no effect yet: quarantined, shown, and applied when the reason is gone. */
enum order_held {
    ORDER_HELD_NOT = 0,
    ORDER_HELD_UNKNOWN_LISTING,   /* no listing of the account is what the line names */
    ORDER_HELD_AMBIGUOUS,         /* its references lead to different products */
    ORDER_HELD_UNMAPPED,          /* the listing is tied to no product */
    ORDER_HELD_NO_WAREHOUSE,      /* it names none, and the account has not just one */
    ORDER_HELD_UNKNOWN_WAREHOUSE, /* the account has no such remote warehouse */
    ORDER_HELD_UNLINKED,          /* no local warehouse feeds it */
    ORDER_HELD_UNCOUNTED,         /* none of those that feed it has a figure */
    ORDER_HELD_COUNT,
};
/* The code, and a sentence that says how to mend it. Static. */
const char *order_held_name(enum order_held held);
const char *order_held_text(enum order_held held);

/* Why a line has no effect. */
enum order_exempt {
    ORDER_EXEMPT_NOT = 0,
    ORDER_EXEMPT_BEFORE,      /* over before the account's orders were imported, or so old that
                                 it may be one that was forgotten */
    ORDER_EXEMPT_MARKETPLACE, /* taken from the marketplace's own stock */
    ORDER_EXEMPT_EXTERNAL,    /* it was open when the account's orders stopped being imported: none
                                 is reserved for it, until they are imported again */
    ORDER_EXEMPT_DELETED,     /* its product was deleted */
};

/* What a line has taken from one pair. */
struct order_part {
    uint64_t product;
    uint32_t warehouse;
    int64_t reserved, shipped;
};

struct order_view {
    struct bytes order_id, remote, status; /* remote: the remote warehouse's id, or empty */
    struct listing_key refs[ORDER_REFS_MAX];
    uint32_t ref_count;
    enum order_state state;
    bool has_version, marketplace_stock, lowered, oversell;
    int64_t quantity, version;
    int64_t ordered_ms, changed_ms; /* the marketplace's times; 0: not said */
    /* Not told by the marketplace: */
    bool was_shipped;      /* some document said so */
    bool return_confirmed; /* the pieces are back */
    enum order_held held;
    enum order_exempt exempt;
    int64_t first_ms, applied_ms;
    uint64_t listing; /* what the references lead to; 0: not known */
    int64_t pack;     /* pieces of one: the rule's when the line first led to a product, and kept
                         whatever the rule says later; 0: it never did */
    struct order_part parts[ORDER_PARTS_MAX];
    uint32_t part_count;
};
/* Pieces of one; 1 while it is not known. */
static inline int64_t order_pack(const struct order_view *order)
{
    return order->pack ? order->pack : 1;
}
/* Many marketplaces tell whole seconds: the latest moment that such a time may be. */
static inline int64_t order_time_latest(int64_t told_ms)
{
    enum { SECOND_MS = 1000 };
    return told_ms % SECOND_MS ? told_ms : told_ms + SECOND_MS - 1;
}
/* By then it was surely placed: when its time was over, or it was known here. */
static inline int64_t order_placed_ms(const struct order_view *o)
{
    int64_t latest = order_time_latest(o->ordered_ms);
    int64_t known = o->first_ms > o->ordered_ms ? o->first_ms : o->ordered_ms;
    return o->ordered_ms && latest < known ? latest : known;
}
/* Pieces of it are promised, or would be: it is in TABLE_ORDER_OPEN. */
static inline bool order_is_open(const struct order_view *o)
{
    return o->state == ORDER_OPEN && !o->was_shipped && o->exempt != ORDER_EXEMPT_EXTERNAL;
}
bool order_write(struct buf *out, const struct order_view *order);
enum status order_read(struct bytes from, struct order_view *order);
/* Only the id that the marketplace gave the order; empty where the row cannot be read. */
struct bytes order_id_read(struct bytes from);

/* The fields that a marketplace tells; also those of a ROW_ORDER_LINE (rows.h). */
void order_told_write(struct buf *out, const struct order_view *order);
struct order_view order_told_read(struct wire_reader *reader);

#endif
