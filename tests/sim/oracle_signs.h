/* Signs of orders that nobody has read (I17): a figure that comes with more pieces reserved than
 * the orders known by then explain. Once that was told, nothing is raised at the account before
 * orders were read that came later. Of Ozon alone, whose readings tell what is reserved, and only
 * in worlds that are about it (focus.h). */
#ifndef SIM_ORACLE_SIGNS_H
#define SIM_ORACLE_SIGNS_H

#include "network.h"

#include <jansson.h>

struct signs;
struct signs *signs_new(struct sim *sim);
void signs_free(struct signs *signs);

/* An answer is given to the process. */
void signs_answered(struct signs *signs, const struct exchange *x, const json_t *doc);
/* When the newest sign was told that the process must know of, that no order it knows explains by
 * now, and that is younger than the begin of the newest reading; SIGNS_NONE: there is none. */
int64_t signs_unread_us(struct signs *signs, struct store_txn *txn, uint32_t account,
                        int64_t drained_us);
#define SIGNS_NONE INT64_MIN
void signs_crashed(struct signs *signs);

#endif
