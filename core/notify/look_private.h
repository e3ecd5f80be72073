/* What the files of looking share. */
#ifndef STOCKD_NOTIFY_LOOK_PRIVATE_H
#define STOCKD_NOTIFY_LOOK_PRIVATE_H

#include "notify/look.h"
#include "query/query.h"

struct looking {
    const struct alert_look *look;
    struct alert_findings *to;
    struct query *query;
};

/* look_account.c: one account of the store. */
enum status look_account(const struct looking *l, const struct query_account *account);
/* look_days.c: whether so much changes in a day. */
struct guard_view;
enum status look_days(const struct looking *l, uint32_t account, const char *name,
                      const struct guard_view *guard);
/* look_exposure.c */
enum status look_exposure(const struct looking *l);
/* look_figures.c */
enum status look_figures(const struct looking *l);
/* look_orders.c: orders that took more than there was. */
enum status look_orders(const struct looking *l);
/* look_rows.c: what has rows of its own. */
enum status look_rows(const struct looking *l);

static inline bool look_wants(const struct looking *l, enum alert_rule rule)
{
    return !l->look->limits->off[rule];
}

#endif
