/* Reading rules. As query.h: inside the caller's read transaction, on any thread. */
#ifndef STOCKD_QUERY_RULE_H
#define STOCKD_QUERY_RULE_H

#include "engine/rule.h"
#include "query/query.h"

struct query_rule {
    uint64_t product;
    struct bytes sku;                        /* size 0: missing */
    const struct directory_account *account; /* NULL: everywhere */
    struct rule_record rule;
};
struct query_rules {
    struct bytes sku, account; /* size 0: any */
};
/* By product; with an account only what is said for it, not what is said for everywhere. */
enum status query_rules(struct query *query, const struct query_rules *filter,
                        struct query_page *page,
                        bool (*row)(void *ctx, const struct query_rule *rule), void *ctx);

/* What is said of a product for one account (size 0: everywhere), empty when nothing is; and what
 * applies there (`applies` may be NULL). */
enum status query_rule(struct query *query, struct bytes sku, struct bytes account,
                       struct query_rule *rule, struct rule *applies);

#endif
