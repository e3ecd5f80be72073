/* Sorted rows to chunks. Rows of one pair lie side by side: with one figure they are one row, with
 * several they are refused. */
#include "intake/import_fill.h"

#include "base/mem.h"

enum { NAMED_MAX = 8 }; /* rows of one pair that are named when they contradict each other */

struct pair {
    struct stock_row named[NAMED_MAX];
    uint32_t named_count;
    uint64_t count;
    bool contradicts;
};

static enum status next_pair(struct import_rows *rows, struct pair *pair, struct error *error)
{
    const struct stock_row *row = import_rows_at(rows);
    pair->named[0] = *row;
    pair->named_count = 0;
    pair->count = 0;
    pair->contradicts = false;
    while (row && stock_row_order(row, &pair->named[0]) == 0) {
        if (row->quantity != pair->named[0].quantity) pair->contradicts = true;
        if (pair->named_count < NAMED_MAX) pair->named[pair->named_count++] = *row;
        pair->count++;
        enum status status = import_rows_next(rows, error);
        if (status != ST_OK) return status;
        row = import_rows_at(rows);
    }
    return ST_OK;
}

static const struct stock_row *contradicting(const struct pair *pair, const struct stock_row *row)
{
    for (uint32_t i = 0; i < pair->named_count; i++)
        if (pair->named[i].quantity != row->quantity) return &pair->named[i];
    return NULL;
}

static void refuse_pair(struct import_fill *fill, struct import_chunk *chunk,
                        const struct pair *pair)
{
    chunk->refused += pair->count;
    for (uint32_t i = 0; i < pair->named_count; i++) {
        const struct stock_row *row = &pair->named[i], *other = contradicting(pair, row);
        if (other)
            import_refused_add(fill->refused, row->line, 0,
                               "line %u gives the same SKU and warehouse another quantity (%lld, "
                               "here %lld); keep the right one",
                               other->line, (long long)other->quantity, (long long)row->quantity);
        else /* the contradiction is further down than what is kept of the pair */
            import_refused_add(fill->refused, row->line, 0,
                               "other lines give the same SKU and warehouse another quantity; keep "
                               "the right one");
    }
}

enum status import_fill_next(struct import_fill *fill, struct import_chunk *chunk,
                             struct error *error)
{
    if (!chunk->rows) {
        chunk->rows = mem_array(fill->chunk_rows, sizeof *chunk->rows);
        buf_init(&chunk->payload, COMMAND_PAYLOAD_MAX);
    }
    chunk->count = 0;
    chunk->repeated = chunk->refused = 0;
    chunk->kept_from = fill->refused->count;
    struct pair pair;
    while (chunk->count < fill->chunk_rows && import_rows_at(fill->rows)) {
        enum status status = next_pair(fill->rows, &pair, error);
        if (status != ST_OK) return status;
        if (pair.contradicts) refuse_pair(fill, chunk, &pair);
        if (stock_row_order(&pair.named[0], &fill->cursor) <= 0) continue;
        fill->cursor = pair.named[0];
        if (pair.contradicts) continue;
        chunk->rows[chunk->count++] = pair.named[0];
        chunk->repeated += pair.count - 1;
    }
    chunk->kept_to = fill->refused->count;
    chunk->last = fill->cursor;
    buf_reset(&chunk->payload);
    if (chunk->count == 0) return ST_OK;
    struct stock_bulk bulk = {.kind = fill->kind,
                              .cause = fill->cause,
                              .job = fill->job,
                              .since = fill->since,
                              .rows = chunk->rows,
                              .row_count = chunk->count};
    if (fill->shown) bulk.shown = *fill->shown;
    command_stock_bulk(&chunk->payload, &bulk);
    return ST_OK;
}

void import_chunk_free(struct import_chunk *chunk)
{
    mem_free(chunk->rows);
    buf_free(&chunk->payload);
    *chunk = (struct import_chunk){0};
}
