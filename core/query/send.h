/* Reading what was sent, the newest first. As query.h: inside the caller's read transaction, on any
 * thread. */
#ifndef STOCKD_QUERY_SEND_H
#define STOCKD_QUERY_SEND_H

#include "engine/send.h"
#include "query/query.h"

/* "done", "equal", "rejected", "failed", "unresolved", "not-sent": how people call outcomes. */
const char *send_result_name(uint8_t outcome);
bool send_result_known(const char *name);

struct query_send {
    uint64_t sequence; /* of the command that told it */
    struct send_head head;
    struct send_item item;
    const struct directory_account *account;
    const struct directory_remote *remote; /* NULL: missing */
    struct bytes sku, listing;             /* size 0: missing */
};
struct query_sends {
    struct bytes account, sku;  /* size 0: any */
    const char *result;         /* NULL: any */
    int64_t since_ms, until_ms; /* of the outcome; 0: no limit */
    /* What a push was about: 0: any. */
    int64_t sent_from_ms, sent_until_ms;
    uint32_t of_account, of_warehouse;
    uint64_t of_product;
};
/* With a filter pages may be short: a page looks at QUERY_SCAN_MAX sends. */
enum status query_sends(struct query *query, const struct query_sends *filter,
                        struct query_page *page,
                        bool (*row)(void *ctx, const struct query_send *send), void *ctx);

/* What became of the target's last write, found by the time of its outcome and not by looking at
 * all sends. `found` is false when that row is no longer kept, or the write is still open. */
enum status query_send_of(struct query *query, const struct query_target *target,
                          struct query_send *send, bool *found);

#endif
