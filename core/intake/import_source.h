/* Where the rows of an import come from: a file (import_reader.h), or the figures of an account
 * (import_shop.h). Whatever it is, it is on disk by now, so that a process that ended can read it
 * again, and gives its rows as numbers, sorted.
 *
 * A source is read in slices, each with a read transaction of its own so that none is kept for
 * long. Nothing here changes the store: products to be made are given as payloads, and looked up
 * again when they have been made. Workers; what a slice left behind may be read by the loop until
 * the next one begins. */
#ifndef STOCKD_INTAKE_IMPORT_SOURCE_H
#define STOCKD_INTAKE_IMPORT_SOURCE_H

#include "base/buf.h"
#include "base/bytes.h"
#include "intake/import_rows.h"

struct import_source;

struct import_source_counts {
    uint64_t bytes, rows, refused;
};

struct import_source_ops {
    enum status (*slice)(struct import_source *source, struct error *error);
    uint32_t (*payload_count)(const struct import_source *source);
    struct bytes (*payload)(const struct import_source *source, uint32_t index);
    bool (*at_end)(const struct import_source *source);
    struct import_rows *(*rows)(struct import_source *source);
    void (*describe)(const struct import_source *source, struct buf *out);
    void (*done)(struct import_source *source);
    void (*free)(struct import_source *source);
};

/* First member of each kind. */
struct import_source {
    const struct import_source_ops *ops;
    struct import_source_counts counts;
};

/* Goes on. Not ST_OK: the source as a whole is of no use. */
static inline enum status import_source_slice(struct import_source *source, struct error *error)
{
    return source->ops->slice(source, error);
}

/* Products to be made before the next slice: payloads of COMMAND_PRODUCT_BULK, in SKU order. */
static inline uint32_t import_source_payload_count(const struct import_source *source)
{
    return source->ops->payload_count ? source->ops->payload_count(source) : 0;
}
static inline struct bytes import_source_payload(const struct import_source *source, uint32_t index)
{
    return source->ops->payload(source, index);
}

/* ... and no payloads are left. */
static inline bool import_source_at_end(const struct import_source *source)
{
    return source->ops->at_end(source);
}

/* At the end: the usable rows, sealed. They live as long as the source. */
static inline struct import_rows *import_source_rows(struct import_source *source)
{
    return source->ops->rows(source);
}

/* What was found of its form, as far as it is known: for people. */
static inline void import_source_describe(const struct import_source *source, struct buf *out)
{
    if (source->ops->describe) source->ops->describe(source, out);
}

/* Gives back what only reading needs. */
static inline void import_source_done(struct import_source *source)
{
    if (source->ops->done) source->ops->done(source);
}

static inline void import_source_free(struct import_source *source) /* NULL is fine */
{
    if (source) source->ops->free(source);
}

#endif
