/* How events and changes are shown. For core/api's own files only. */
#ifndef STOCKD_API_HISTORY_H
#define STOCKD_API_HISTORY_H

#include "api/api_private.h"
#include "engine/record_change.h"

/* {"on_hand", "reserved"}; both null when not known. [worker] */
json_t *api_figures_side(int64_t on_hand, int64_t reserved, bool known);
/* The product's SKU as it is now; null when there is none any more. [worker] */
json_t *api_sku_of(struct query *query, uint64_t product);
json_t *api_change_json(struct query *query, const struct change_view *change); /* [worker] */

/* One event, as docs/api.md says, with what it changed. [worker] */
struct query_event;
enum status api_event_json(struct query *query, const struct query_event *event, json_t **json);

/* A parameter that is no time: answered. */
bool api_time_refused(struct http_exchange *exchange, const char *name);

#endif
