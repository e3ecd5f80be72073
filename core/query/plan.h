/* What would be sent now: the outbox as a plan, per account and bucket. Reads all targets, so it
 * belongs on a worker: some half a microsecond each. */
#ifndef STOCKD_QUERY_PLAN_H
#define STOCKD_QUERY_PLAN_H

#include "query/query.h"

enum plan_bucket {
    BUCKET_RAISE,     /* a larger figure, or the first one */
    BUCKET_LOWER,     /* a smaller one, above 0 */
    BUCKET_ZERO,      /* 0 */
    BUCKET_UNCHANGED, /* it is there already */
    BUCKET_OFF,       /* its account is paused, parked or disabled */
    BUCKET_REJECTED,  /* by the marketplace; sent when it changes or is pushed */
    BUCKET_HELD,      /* nothing can be sent now, for a reason */
    BUCKET_UNMAPPED,  /* listings that are tied to no product */
    BUCKETS,
};
const char *plan_bucket_name(enum plan_bucket bucket);
int plan_bucket_parse(const char *name); /* -1: none of that name */

struct query_plan_account {
    uint32_t account;
    uint64_t by_bucket[BUCKETS];
    int64_t pieces; /* sum of the differences that would be sent; those to unknown figures are not
                       in it */
};
struct query_plan {
    uint64_t sequence;                                          /* the last command in it */
    uint64_t id;                                                /* of what would be sent: plan.h */
    uint64_t total;                                             /* figures that would be sent */
    struct query_plan_account accounts[DIRECTORY_ACCOUNTS_MAX]; /* as directory->accounts */
};
/* `account` (a name) of size 0: all. */
enum status query_plan(struct query *query, struct bytes account, struct query_plan *plan);

struct query_plan_row {
    enum plan_bucket bucket;
    int64_t there;                       /* FIGURE_UNKNOWN: not known */
    const struct query_target *target;   /* NULL for BUCKET_UNMAPPED */
    const struct query_listing *listing; /* BUCKET_UNMAPPED only */
};
/* `bucket` -1: what would be sent (raise, lower, zero). By product; unmapped ones by listing. */
enum status query_plan_rows(struct query *query, struct bytes account, int bucket,
                            struct query_page *page,
                            bool (*row)(void *ctx, const struct query_plan_row *row), void *ctx);

#endif
