/* What was sent, as others show it too. For core/api's own files only. */
#ifndef STOCKD_API_SENDS_H
#define STOCKD_API_SENDS_H

#include "api/api_private.h"
#include "query/send.h"

json_t *api_batch_id(struct bytes batch); /* null when it is none */
/* What was sent while that push went on, of what it is about. ST_NOT_FOUND, ST_INVALID: each with a
 * sentence. [worker] */
enum status api_sends_of_run(struct query *query, const char *id, struct query_sends *filter);

#endif
