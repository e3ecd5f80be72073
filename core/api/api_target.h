/* A target as people see it. For core/api's own files only. [worker] */
#ifndef STOCKD_API_TARGET_H
#define STOCKD_API_TARGET_H

#include "api/api_private.h"

/* `account`: as sync sees it; NULL: in no file of conf.d. */
json_t *api_target_json(struct query *query, const struct query_target *target,
                        const struct api_account *account, int64_t now_ms);

/* What a marketplace said: "code: text", what there is of it, or that no reason was given. */
void api_target_say_answer(struct bytes code, struct bytes text, struct buf *out);

/* Of one whose last write came to nothing, what that was: "try 3 failed: 429: too many". */
void api_target_say_failed(const struct query_target *target, struct buf *out);

/* A page of targets, those of `filter`. */
enum status api_targets_page(const struct api_read *read, struct query *query,
                             const struct query_targets *filter, struct query_page *page,
                             json_t *items);

#endif
