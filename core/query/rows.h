/* What the queries share. For query*.c only. */
#ifndef STOCKD_QUERY_ROWS_H
#define STOCKD_QUERY_ROWS_H

#include "engine/keys.h"
#include "query/query.h"

/* ST_NOT_FOUND, ST_DAMAGED ... of a read, with a sentence. */
enum status query_failed(struct query *query, enum status status, enum store_table table);
enum status query_damaged(struct query *query, enum store_table table);

/* Walks the rows of a table that begin with `prefix`, from the page's place on. `look` is given
 * each row and says what to do with it. Rows not given count towards QUERY_SCAN_MAX. */
enum look { LOOK_SKIP, LOOK_GIVEN, LOOK_STOP, LOOK_BROKEN };
typedef enum look (*query_look)(struct query *query, void *ctx, struct bytes key,
                                struct bytes value);
enum status query_walk(struct query *query, enum store_table table, struct bytes prefix,
                       struct query_page *page, query_look look, void *ctx);

enum status query_find_product(struct query *query, struct bytes sku, uint64_t *product);
enum status query_find_account(struct query *query, struct bytes name,
                               const struct directory_account **account);
/* ... or a hook: who tells orders. */
enum status query_find_source(struct query *query, struct bytes name,
                              const struct directory_account **source);
/* What a filter names; what it leaves empty stays as it is. `find` is one of the two above. */
typedef enum status query_find_fn(struct query *query, struct bytes name,
                                  const struct directory_account **account);
enum status query_find_named(struct query *query, query_find_fn *find, struct bytes name,
                             struct bytes sku, const struct directory_account **account,
                             uint64_t *product);

/* Rows beginning with `prefix`, up to QUERY_COUNT_MAX. */
enum status query_count_prefix(struct query *query, enum store_table table, struct bytes prefix,
                               struct query_count *count);

#endif
