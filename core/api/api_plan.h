/* What the two files of plans offer each other. For core/api's own files only. */
#ifndef STOCKD_API_PLAN_H
#define STOCKD_API_PLAN_H

#include "api/api_private.h"
#include "engine/plan.h"
#include "query/plan.h"

json_t *plan_json(struct query *query, uint64_t id, const struct plan_view *plan); /* [worker] */

/* A page of what would be sent now; `account` 0: all, `bucket` as query_plan_rows. [worker] */
enum status plan_outbox_rows(struct api_read *read, struct query *query, uint32_t account,
                             int bucket);

void api_plan_make(struct http_exchange *exchange);
void api_plan_now_rows(struct http_exchange *exchange);

#endif
