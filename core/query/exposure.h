/* How many pieces an account may sell that are sold already: its exposure to oversells.
 *
 * A sale at another place is known here after a while (visibility), and the account shows the new
 * figure after another while (propagation). What sells elsewhere in between may be sold there
 * again; what the rule keeps back at the account is there for just that.
 *
 *     exposure = sum over other sources of (rate x (visibility + propagation)) - buffer
 *
 * in pieces, not below 0 and not above what the account shows, where
 *
 *     rate         pieces of the product ordered there in the last EXPOSURE_DAYS, in warehouses
 *                  that feed the account, over that time; cancelled orders do not count
 *     visibility   nine of ten of the source's open orders were known here so long after they were
 *                  ordered (by the orders' own times); EXPOSURE_ASSUMED_MS where there are fewer
 *                  than EXPOSURE_SAMPLES of them
 *     propagation  what the account's figure took last from the change here to the acknowledgement
 *                  there; while it is on its way or held up, the time since the change
 *     buffer       what the rule keeps back: its buffer and its velocity, in pieces
 *
 * Sources are accounts whose orders are imported, and hooks: what sells elsewhere is not known.
 * Inside the caller's read transaction, on any thread. */
#ifndef STOCKD_QUERY_EXPOSURE_H
#define STOCKD_QUERY_EXPOSURE_H

#include "query/query.h"

enum {
    EXPOSURE_DAYS = 7, /* a week: weekdays sell differently */
    EXPOSURE_SAMPLES = 5,
    EXPOSURE_SAMPLES_MAX = 1000, /* open orders of a source that are looked at */
    EXPOSURE_ASSUMED_MS = 60 * 1000,
    EXPOSURE_LINES_MAX = 500000, /* order lines looked at for all products: about a second */
    EXPOSURE_MILLI = 1000,       /* thousandths of a piece */
};

struct exposure {
    uint64_t product;
    uint32_t account;
    int64_t sold;          /* pieces, elsewhere */
    int64_t visibility_ms; /* of the sources, by the pieces they sold */
    int64_t propagation_ms;
    int64_t buffer, shown; /* pieces */
    int64_t milli;         /* the exposure, in thousandths of a piece */
};

/* Of one product, at each account that shows it and where it sold elsewhere. */
enum status query_exposure(struct query *query, uint64_t product, int64_t now_ms,
                           bool (*each)(void *ctx, const struct exposure *exposure), void *ctx);

/* Of all products; those above 0, the worst first. */
struct exposures {
    struct exposure *list; /* to be freed with mem_free */
    size_t count;
    bool whole; /* false: there are more than EXPOSURE_LINES_MAX lines, and some were left out */
};
enum status query_exposures(struct query *query, int64_t now_ms, struct exposures *exposures);

#endif
