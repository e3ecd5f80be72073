/* What the files of explaining share. For explain*.c only. */
#ifndef STOCKD_QUERY_EXPLAIN_PRIVATE_H
#define STOCKD_QUERY_EXPLAIN_PRIVATE_H

#include "engine/state.h"
#include "query/explain.h"

enum { EXPLAIN_ACCOUNTS_MAX = 4096 }; /* account numbers that are remembered */

struct explaining {
    struct query *query;
    struct engine *engine; /* of its own: it only looks */
    int64_t now_ms;
    const struct explain_rows *rows;
    struct query_product product;
    const struct directory_account *only; /* NULL: all */
    uint64_t shown[EXPLAIN_ACCOUNTS_MAX / 64];
    enum status status;
};

static inline void explain_has_target(struct explaining *e, uint32_t account)
{
    if (account < EXPLAIN_ACCOUNTS_MAX) e->shown[account / 64] |= UINT64_C(1) << account % 64;
}

static inline bool explain_is_shown(const struct explaining *e, uint32_t account)
{
    return account < EXPLAIN_ACCOUNTS_MAX && e->shown[account / 64] >> account % 64 & 1;
}

/* Tells of the accounts where it has none. */
enum status explain_absent(struct explaining *e);

#endif
