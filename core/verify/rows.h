/* What the parts of a verification share. For verify*.c only. */
#ifndef STOCKD_VERIFY_ROWS_H
#define STOCKD_VERIFY_ROWS_H

#include "engine/state.h"
#include "engine/target.h"
#include "verify/verify.h"

struct verify_live {
    int64_t live, showing;
};

struct verifying {
    struct store_txn *txn;
    const struct verify_hooks *hooks;
    struct verify_result *result;
    struct error *error;
    struct directory *directory;
    struct counters counters;
    uint64_t total; /* rows there are to look at */
    enum status status;
    uint8_t *flights; /* target keys on their way, sorted */
    size_t flight_count;
    bool flights_whole;        /* all of them fitted */
    struct verify_live *lives; /* as directory->accounts: counted anew */
};

void verify_finding(struct verifying *v, enum store_table table, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Calls `row` for every row of the table. */
typedef void (*verify_row)(struct verifying *v, struct bytes key, struct bytes value);
void verify_walk(struct verifying *v, enum store_table table, verify_row row);
/* One row was looked at; false: stop. */
bool verify_step(struct verifying *v);

/* The row's value; false when it is not there (or the store fails: then v->status says so). */
bool verify_get(struct verifying *v, enum store_table table, struct bytes key, struct bytes *value);

void verify_places(struct verifying *v);   /* place.c: small tables, commands, sweeps */
void verify_stock(struct verifying *v);    /* stock.c: stock and ledger */
void verify_products(struct verifying *v); /* product.c: also what changed of them */
void verify_history(struct verifying *v);  /* history.c: imports, undone, sent */
void verify_listings(struct verifying *v); /* listing.c */
void verify_orders(struct verifying *v);   /* order.c: lines, reservations */
void verify_targets(struct verifying *v);  /* target.c: targets, outbox, open writes */

void verify_rules(struct verifying *v);  /* rule.c: rules, shares */
void verify_drifts(struct verifying *v); /* drift.c: drifts, figures to be read again */
void verify_tokens(struct verifying *v);
void verify_days(struct verifying *v);   /* day.c: what reports count */
void verify_hooks(struct verifying *v);  /* hook.c */
void verify_alerts(struct verifying *v); /* alert.c */

/* What the target's figure should be, by rule.c. False when a row cannot be read (told
 * there). Its remote warehouse must exist. */
struct verified_figure {
    int64_t value; /* before the route's largest */
    bool counted;
    uint8_t mode; /* enum rule_mode */
};
bool verify_figure(struct verifying *v, const struct target *target, struct verified_figure *out);

/* A sweep is still to come to that remote warehouse's targets. */
bool verify_swept_later(struct verifying *v, uint32_t account, uint32_t remote);

#endif
