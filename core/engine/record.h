/* What the rows of store/tables.h hold. Fixed records are structs as they stand in memory (a store
 * belongs to one machine); records with text are written with base/wire.h. Every record begins with
 * its version where its shape may grow.
 *
 * Reading a record whose bytes make no sense gives ST_DAMAGED; nothing is guessed from it. */
#ifndef STOCKD_ENGINE_RECORD_H
#define STOCKD_ENGINE_RECORD_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "engine/keys.h"

#include <stdbool.h>
#include <stdint.h>

/* A figure that nobody has told us. */
#define FIGURE_UNKNOWN INT64_MIN

/* The largest figure the store takes: sums over a thousand warehouses stay far inside int64. */
#define FIGURE_MAX INT64_C(1000000000000)

enum {
    RECORD_MAX = 64 << 10
}; /* bytes of one record with text; LMDB has no limit of its own here */

/* ---- stock of (product, warehouse) */

enum figure_kind { FIGURE_ON_HAND = 1, FIGURE_AVAILABLE = 2 };

struct stock_record {
    int64_t on_hand;
    int64_t reserved;
    uint64_t revision; /* command that last changed it */
    int64_t changed_ms;
    int64_t counted_ms; /* when a figure was last given, changed or not; 0: before that was kept */
    uint32_t counted_kind;    /* enum figure_kind of that figure */
    uint32_t counted_account; /* AVAILABLE: it nets the orders of that account only; 0: of all */
    uint32_t counted_remote;  /* ... at that remote warehouse, and those that name none; 0: at all
                                 of the account's */
    uint32_t counted_known;   /* ... 1: of other orders it has what was known here (stock_shown) */
};

/* ---- ledger */

enum cause {
    CAUSE_COUNT = 1, /* somebody counted */
    CAUSE_SALE,
    CAUSE_RECEIPT,
    CAUSE_WRITE_OFF,
    CAUSE_TRANSFER,
    CAUSE_IMPORT,
    CAUSE_ORDER,
    CAUSE_UNDO,
    CAUSE_RETURN,      /* pieces of an order are back */
    CAUSE_RESERVATION, /* somebody reserved by hand */
    CAUSE_MERGE,       /* two products became one */
    CAUSE_DELETE,      /* the product was deleted */
    CAUSE_OPENING,     /* what older entries, no longer kept, came to */
    CAUSE_REPAIR,      /* figure and ledger differed, and somebody said which is right */
    CAUSE_COUNT_OF,    /* how many there are */
};
const char *cause_name(enum cause cause);
enum cause cause_parse(const char *name); /* 0 when there is no such cause */

struct ledger_record {
    int64_t on_hand_before, on_hand_after;
    int64_t reserved_before, reserved_after;
    int64_t time_ms;
    uint32_t cause;
    uint16_t first; /* 1: the pair was uncounted before */
    uint16_t gone;  /* 1: it is uncounted from now on; the figures after are 0 */
};

/* ---- targets */

enum target_flag {
    TARGET_WANTED = 1u << 0,   /* wanted_* are known */
    TARGET_ACKED = 1u << 1,    /* acked_* are known to be what the marketplace took */
    TARGET_OBSERVED = 1u << 2, /* observed_* were read */
    TARGET_QUEUED = 1u << 3,   /* it has a row in the outbox, at `place` */
    TARGET_OPEN = 1u << 4,     /* a write is on its way or unresolved */
    TARGET_UNRESOLVED =
        1u << 5,                /* its outcome is not known: a row in TABLE_UNRESOLVED at look_ms */
    TARGET_ABANDONED = 1u << 6, /* unresolved for too long: decreases may pass. With OPEN: the open
                                   write passes one */
    TARGET_REJECTED = 1u << 7,  /* code and text say why; for rejected_revision */
    TARGET_FORCED = 1u << 8,    /* send even when it seems to be there already */
    TARGET_ERROR = 1u << 9,     /* code and text are of the last failed attempt */
    TARGET_TAKEN = 1u << 10,    /* the open write was answered as taken, and is to be proven */
    TARGET_ASKED = 1u << 11,    /* no write is open; its figure is to be read before one can be.
                                   With UNRESOLVED, for its row there */
    TARGET_LEFT = 1u << 12,     /* changed since the plan that was applied: not sent as it is
                                   (plan.h) */
    TARGET_DOUBTED = 1u << 13,  /* while the write was open pieces were sold or given back there:
                                   taken or not, it does not say what is shown */
    TARGET_COMPARES = 1u << 14, /* with ASKED: it is read for a write that compares, or to know
                                   which way one would be. Without: that reading found no figure,
                                   and the write goes all the same */
    TARGET_DRIFT = 1u << 15,    /* what was read last was not what should be there: it has an open
                                   drift (drift.h) */
    TARGET_REREAD = 1u << 16,   /* its figure is to be read again: a row in TABLE_REREAD */
    TARGET_RESYNC = 1u << 17,   /* with ASKED: only to compare. Another figure goes without it.
                                   Without: acked_value was there, and is to be compared when it is
                                   wanted and nothing holds it */
    TARGET_PAUSE = 1u << 18,    /* due_ms ends the pause after sent_value came to nothing: another
                                   figure does not wait for it. Without: whatever is wanted does */
    TARGET_TWICE = 1u << 19,    /* the open write passes an abandoned one of the same figure: where
                                   that is there, either of them may have come */
};

enum target_hold {
    HOLD_UNCOUNTED = 1u << 0, /* no figure was ever given for a linked warehouse */
    HOLD_REMOTE = 1u << 1,    /* the remote warehouse is gone, blocked or read-only */
    HOLD_LISTING =
        1u << 2, /* the listing is archived, not ready, digital, stocked by the marketplace */
    HOLD_EPOCH = 1u << 5, /* the catalogue changed, and the listing was not seen since */
    HOLD_ROUTE = 1u << 4, /* the plugin names no route for it as it is */
    HOLD_OFF = 1u << 6,   /* switched off for this product */
    HOLD_FOREIGN =
        1u << 7, /* somebody else keeps overwriting it: only a new decrease goes (drift.h) */
    HOLD_NEVER = 1u << 3, /* nothing feeds it any more; it goes when its open write is over */
};

enum zero_reason {
    ZERO_NONE = 0,
    ZERO_STOCK = 1,     /* every linked warehouse was counted and has nothing available */
    ZERO_SHORTFALL = 2, /* more is promised than is there */
    ZERO_SHARE = 3,     /* the shares of what is available come to no piece here */
    ZERO_PACK = 4,      /* what is there fills no pack */
    ZERO_BUFFER = 5,    /* all of it is kept back */
    ZERO_MIN = 6,       /* less than the product's least figure is left */
    ZERO_CAP = 7,       /* the product's largest figure is 0 */
    ZERO_OFF = 8,       /* switched off, with 0 */
};

enum target_cap { CAP_NONE = 0, CAP_ROUTE = 1, CAP_RULE = 2 };

/* The only way its figure may change; the other way is held (target_blocked). */
enum target_direction { DIRECTION_ANY = 0, DIRECTION_UP = 1, DIRECTION_DOWN = 2 };

enum outbox_priority {
    PRIORITY_ZERO = 0,
    PRIORITY_DECREASE = 1,
    PRIORITY_INCREASE = 2,
    PRIORITY_COUNT = 3
};

/* The guard's: when a judged command last changed it, in hours; 0: none did. guard_mark.c knows. */
enum { TARGET_SOURCES = 3 };
struct target_marks {
    uint32_t changed_hour, zeroed_hour; /* ... set it to 0, and nothing raised it since */
    uint32_t by[TARGET_SOURCES], hours; /* the same of those who did last, the last one first */
};

struct target_record {
    int64_t wanted_value, wanted_ms;
    uint64_t wanted_revision;
    int64_t sent_value, sent_ms;
    uint64_t sent_revision;        /* 0: never sent */
    int64_t acked_value, acked_ms; /* acked_ms 0: what was acknowledged is there no longer */
    uint64_t acked_revision;
    int64_t observed_value, observed_ms;
    uint64_t rejected_revision;
    int64_t due_ms;  /* not before, whatever else says so; see TARGET_PAUSE */
    int64_t look_ms; /* UNRESOLVED: when to look again */
    int64_t land_ms; /* UNRESOLVED: it may land until then */
    uint64_t group;  /* push group */
    int64_t queued_due_ms;
    int64_t
        sent_before_ms; /* sent_ms of the write before: for one that turns out never to have left */
    int64_t
        closed_ms;  /* when the last write that may have landed was over: cadence counts from it */
    uint32_t flags; /* enum target_flag */
    uint16_t hold;  /* enum target_hold */
    uint8_t zero_reason; /* enum zero_reason */
    uint8_t queued_priority;
    uint16_t attempts;  /* failures in a row */
    uint16_t batch_cap; /* at most this many in a batch with it; 0: no limit */
    uint8_t route;      /* of the last write */
    uint8_t capped;     /* enum target_cap: wanted_value is the largest, the stock is more */
    uint8_t looks;      /* how often an unresolved write was looked for in vain */
    uint8_t note_size, data_size, code_size;
    uint16_t text_size; /* the tail: note, plugin data, code, text, in this order */
    uint8_t vain;       /* writes in a row that were taken and then not seen */
    uint8_t choice;     /* several routes: of which of its choices, from 1, the group is; 0: not
                           sorted yet */
    uint8_t direction;  /* enum target_direction */
    uint8_t unused[1];
    uint32_t data_version; /* of note and plugin data */
    uint32_t life; /* in which the observed figure was read (state.h); 0: that is not asked, or it
                      was not read: a row was missing */
    int64_t most;  /* several routes: the largest figure they take; 0: no limit */
    struct target_marks guard;
    int64_t
        sold_ms; /* when an order last lowered `acked_value`: readings begun before say nothing */
    int64_t late_ms; /* since when its figure is not there, whatever was wanted meanwhile; 0: it is,
                        or is held back (target_count.h) */
};

enum { TARGET_TAIL_MAX = 128 + 64 + 200 + 1000 };

/* A row is the record, closely packed (record_target.c), and its tail. */
enum { TARGET_RECORD_MAX = 480, TARGET_ROW_MAX = TARGET_RECORD_MAX + TARGET_TAIL_MAX };
size_t target_record_write(uint8_t row[TARGET_RECORD_MAX], const struct target_record *record);
/* `tail` may be NULL. */
enum status target_record_read(struct bytes row, struct target_record *record, struct bytes *tail);

/* ---- outbox order: see keys.h */

/* ---- observed figure of (account, listing, remote warehouse, type) */

enum observed_kind { OBSERVED_NUMBER = 0, OBSERVED_UNTRACKED = 1, OBSERVED_ABSENT = 2 };

struct observed_record {
    int64_t quantity;       /* what can still be bought; FIGURE_UNKNOWN unless a number */
    int64_t reserved;       /* FIGURE_UNKNOWN when not said */
    int64_t marketplace_ms; /* the marketplace's own time, or 0 */
    int64_t read_ms;        /* when the answer was received */
    uint8_t kind;           /* enum observed_kind */
    uint8_t read_only;
    uint8_t unused[2];
    uint32_t reading; /* of rows.h; 0: none */
};

/* ---- records with text. `view` structs point into the bytes they were read from. */

enum { PRODUCT_BARCODES_MAX = 16 };

struct product_view {
    struct bytes sku, name, brand, description, image, attributes;
    struct bytes barcodes[PRODUCT_BARCODES_MAX];
    uint32_t barcode_count;
    int64_t created_ms, changed_ms;
    uint64_t revision;
};
bool product_write(struct buf *out, const struct product_view *product);
enum status product_read(struct bytes from, struct product_view *product);

struct warehouse_view {
    struct bytes key, name;
};
bool warehouse_write(struct buf *out, const struct warehouse_view *warehouse);
enum status warehouse_read(struct bytes from, struct warehouse_view *warehouse);

struct remote_view {
    struct bytes id, name, kind, why;
    bool writable, is_default, gone;
    bool marketplace; /* the marketplace's own stock: shown, never written */
    int64_t closed_until_ms;
    int64_t read_ms; /* 0: linked, but not seen at the marketplace yet */
};
bool remote_write(struct buf *out, const struct remote_view *remote);
enum status remote_read(struct bytes from, struct remote_view *remote);

/* Facts about an account that must survive a restart; the state shown is derived from them. */
struct account_view {
    struct bytes name, plugin, identity, epoch;
    struct bytes parked_code, parked_text;
    bool paused, parked;
    bool warehouses_read, listings_read; /* to their end, since the last epoch */
    bool orders_import;                  /* stockd nets its orders itself */
    bool orders_read;                    /* a drain was read to its end: the cut-over is over */
    int64_t orders_ms;                   /* of such a drain, not always the last */
    uint32_t orders_era; /* how often it changed who nets them: each time a new cut-over begins */
    uint64_t print;      /* of the settings that were found to be this seller's; 0: not known */
    int64_t since_ms;    /* of the state shown */
    int64_t checked_ms, warehouses_ms, listings_ms, stock_ms;
    int64_t key_expires_ms;
    struct bytes warnings;  /* wire: code, text pairs */
    struct bytes abilities; /* wire: operation, granted, text */
    uint64_t parked_print;  /* of the settings that it was parked for; 0: not for settings */
    uint32_t epoch_number;  /* rises with every new epoch after the first */
    bool planned; /* a first plan was applied, or is not asked for: it is no new account */
};
bool account_write(struct buf *out, const struct account_view *account);
enum status account_read(struct bytes from, struct account_view *account);

struct link_record {
    uint32_t share_ppm; /* by share: of what is available; else 1,000,000 */
    uint32_t by_share;  /* 1: the shares of one warehouse are pieces of one cake (rule.h); 0: the
                           whole, whatever its other links take */
};

enum listing_state {
    LISTING_ACTIVE = 0,
    LISTING_ENDED,
    LISTING_NOT_READY,
    LISTING_ARCHIVED,
    LISTING_MARKETPLACE_STOCKED,
    LISTING_DIGITAL,
    LISTING_GONE,
    LISTING_STATES,
};
const char *listing_state_name(enum listing_state state);
int listing_state_parse(const char *name); /* -1 when there is no such state */

enum { LISTING_KEYS_MAX = 16 };

struct listing_key {
    struct bytes kind, value;
};

struct listing_view {
    uint64_t product; /* 0: not mapped */
    uint64_t former; /* not mapped: the product it was tied to before, under which a write may still
                        be open */
    enum listing_state state;
    bool by_hand; /* mapped by a person: kept whatever the keys say */
    struct bytes id, group, title, code, text, data;
    uint32_t data_version;
    struct listing_key keys[LISTING_KEYS_MAX];
    uint32_t key_count;
    int64_t seen_ms;
    uint32_t epoch; /* the account's epoch_number when it was last seen */
};
bool listing_write(struct buf *out, const struct listing_view *listing);
enum status listing_read(struct bytes from, struct listing_view *listing);

/* ---- commands */

struct command_view {
    uint32_t kind; /* enum command_kind */
    int64_t time_ms;
    uint64_t group; /* of a job, or 0 */
    struct bytes actor, id, payload;
};
bool command_write(struct buf *out, const struct command_view *command);
enum status command_read(struct bytes from, struct command_view *command);

#endif
