/* Exposure to oversells as JSON, and as figures for metrics. For core/api's own files only. */
#ifndef STOCKD_API_EXPOSURE_H
#define STOCKD_API_EXPOSURE_H

#include "api/api_private.h"
#include "query/exposure.h"

/* "sku" is left to the caller. [worker] */
json_t *api_exposure_json(const struct query *query, const struct exposure *exposure);

/* Of one account, in thousandths of a piece. */
struct api_exposed {
    uint32_t account;
    int64_t max_milli, sum_milli;
};
/* What metrics show: worked out at most every API_EXPOSURE_EVERY_MS, for it reads all order lines.
 */
enum { API_EXPOSURE_EVERY_MS = 10 * 60 * 1000, API_EXPOSED_MAX = DIRECTORY_ACCOUNTS_MAX };
struct api_exposures {
    int64_t at_ms; /* 0: not yet */
    struct api_exposed list[API_EXPOSED_MAX];
    size_t count;
};
/* [worker] */
enum status api_exposures_read(struct query *query, int64_t now_ms, struct api_exposures *to);

#endif
