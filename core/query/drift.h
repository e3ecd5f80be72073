/* Queries: drifts. The rules of query.h hold. */
#ifndef STOCKD_QUERY_DRIFT_H
#define STOCKD_QUERY_DRIFT_H

#include "engine/record_drift.h"
#include "query/query.h"

struct query_drift {
    struct target_id id;
    const struct directory_account *account; /* NULL: missing */
    const struct directory_remote *remote;   /* NULL: missing */
    struct bytes sku, listing;               /* size 0: missing */
    struct drift_record drift;
    /* Of its target as it is now, while the drift is open: why nothing is sent, or NULL. Static. */
    const char *why;
};
struct query_drifts {
    struct bytes account, sku; /* size 0: any */
    bool all;                  /* also those that are over; then the newest first */
};
enum status query_drifts(struct query *query, const struct query_drifts *filter,
                         struct query_page *page,
                         bool (*row)(void *ctx, const struct query_drift *drift), void *ctx);

/* Open ones; `account` 0: of all. */
enum status query_drift_count(struct query *query, uint32_t account, struct query_count *count);

#endif
