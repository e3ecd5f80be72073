/* Reading what happened: commands with what they changed, the newest first. As query.h: inside the
 * caller's read transaction, on any thread. */
#ifndef STOCKD_QUERY_HISTORY_H
#define STOCKD_QUERY_HISTORY_H

#include "engine/record_change.h"
#include "query/query.h"

/* What people call the kinds of commands. */
enum history_kind {
    HISTORY_ANY = 0,
    HISTORY_STOCK, /* set, adjusted, reserved, released */
    HISTORY_TRANSFER,
    HISTORY_ORDER, /* sold, cancelled, back */
    HISTORY_IMPORT,
    HISTORY_PRODUCT, /* made, edited, renamed, merged, deleted */
    HISTORY_MAPPING,
    HISTORY_UNDO,
    HISTORY_SETTING, /* warehouses, links, accounts */
    HISTORY_PUSH,    /* pushes, resyncs, retries */
    HISTORY_OTHER,
    HISTORY_KINDS,
};
const char *history_kind_name(enum history_kind kind);
int history_kind_parse(const char *name); /* -1: none of that name */

struct query_history {
    struct bytes sku, warehouse, account, actor; /* size 0: any */
    enum history_kind kind;
    int64_t from_ms, until_ms; /* 0: no limit */
    uint64_t group;            /* 0: any */
};

struct query_event {
    uint64_t sequence;
    enum history_kind kind;
    int64_t time_ms;
    uint32_t command; /* enum command_kind; 0: no longer in the log */
    uint64_t group;   /* of an import, or 0 */
    struct bytes actor;
    uint64_t undone_by; /* 0: not undone */
    uint64_t product;   /* of the filter, or 0 */
};

/* With a SKU only what happened to that product (and what it was before a rename), read by its own
 * rows; otherwise all commands but those that changed nothing people would call an event (readings,
 * sweeps), unless the filter asks for their kind. */
enum status query_history(struct query *query, const struct query_history *filter,
                          struct query_page *page,
                          bool (*row)(void *ctx, const struct query_event *event), void *ctx);

/* The rows of an event: of the product it was asked for, or of all. At most `limit`. */
struct query_event_figure {
    uint64_t product;
    const struct directory_warehouse *warehouse; /* NULL: missing */
    struct ledger_record entry;
};
enum status query_event_figures(struct query *query, const struct query_event *event,
                                uint32_t limit,
                                bool (*row)(void *ctx, const struct query_event_figure *figure),
                                void *ctx);
enum status query_event_changes(struct query *query, const struct query_event *event,
                                uint32_t limit,
                                bool (*row)(void *ctx, const struct change_view *change),
                                void *ctx);

/* The commands of an import that can be undone and are not, the last one first; `list` is to be
 * freed with mem_free. */
enum status query_group_undoable(struct query *query, uint64_t group, uint64_t **list,
                                 size_t *count);

/* What a plan that was applied came to: a command, or an import. ST_NOT_FOUND: it was not applied,
 * or so long ago that it is not known; ST_CONFLICT: it changed nothing that could be undone. */
struct query_applied {
    uint64_t sequence; /* of the command that applied it */
    uint64_t command;  /* what it did, or 0 */
    uint64_t job;      /* the import it let go on, or 0 */
};
enum status query_plan_applied(struct query *query, uint64_t plan, struct query_applied *applied);
/* The new accounts that such a command made live. */
enum status query_made_live(struct query *query, uint64_t sequence,
                            void (*each)(void *ctx, struct bytes account), void *ctx);

/* The figures of a product as they were at a time, by its ledger; those uncounted then are not
 * `counted`. ST_NOT_FOUND: no such product. */
enum status query_stock_at(struct query *query, struct bytes sku, int64_t at_ms,
                           bool (*row)(void *ctx, const struct query_stock *stock), void *ctx);

#endif
