/* Why a figure is not there yet, in one sentence. For core/api's own files only. [worker] */
#ifndef STOCKD_API_EXPLAIN_H
#define STOCKD_API_EXPLAIN_H

#include "api/api_private.h"
#include "query/explain.h"

enum { API_WHY_MAX = 2000 };

/* Nothing when there is nothing to say. `account`: as sync sees it; NULL: in no file of conf.d. */
void api_explain_why(const struct explain_target *target, const struct api_account *account,
                     int64_t now_ms, struct buf *out);
/* Why the account does not show it at all. */
void api_explain_absent(const struct explain_absent *absent, struct bytes sku, struct buf *out);

/* Appends a row for each figure of the product that something the guard holds would change; of the
 * account of that name only, unless it is NULL. */
enum status api_explain_held(struct query *query, uint64_t product, const char *account,
                             json_t *list);

/* What a conflict of that code is, and how to mend it. Static. */
const char *api_conflict_sentence(struct bytes code);

#endif
