/* Small binary writing: varints, signed values, and counted bytes. Records and commands are made of
 * it. The reader never reads past its end: after the first missing byte `ok` is false and
 * everything reads as zero, so a caller reads all and checks once. One thread per value. */
#ifndef STOCKD_BASE_WIRE_H
#define STOCKD_BASE_WIRE_H

#include "base/buf.h"
#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct wire_reader {
    const uint8_t *at, *end;
    bool ok;
};

static inline struct wire_reader wire_reader(struct bytes bytes)
{
    const uint8_t *data = bytes.data;
    return (struct wire_reader){data, bytes.size ? data + bytes.size : data, true}; /* or NULL */
}

uint64_t wire_get_long(struct wire_reader *r); /* for wire_get_u64 */

static inline uint64_t wire_get_u64(struct wire_reader *r)
{
    if (r->at < r->end && *r->at < 0x80) return *r->at++; /* most are short */
    return wire_get_long(r);
}

static inline int64_t wire_get_i64(struct wire_reader *r)
{
    uint64_t v = wire_get_u64(r);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline uint32_t wire_get_u32(struct wire_reader *r)
{
    uint64_t v = wire_get_u64(r);
    if (v > UINT32_MAX) r->ok = false;
    return r->ok ? (uint32_t)v : 0;
}

static inline uint8_t wire_get_u8(struct wire_reader *r)
{
    if (r->at >= r->end) {
        r->ok = false;
        return 0;
    }
    return *r->at++;
}

static inline struct bytes wire_get_bytes(struct wire_reader *r)
{
    uint64_t size = wire_get_u64(r);
    if (!r->ok || size > (uint64_t)(r->end - r->at)) {
        r->ok = false;
        r->at = r->end;
        return bytes_of("", 0);
    }
    struct bytes bytes = bytes_of(r->at, (size_t)size);
    r->at += size;
    return bytes;
}

static inline bool wire_at_end(const struct wire_reader *r)
{
    return r->at == r->end;
}

bool wire_put_u64(struct buf *buf, uint64_t value);
bool wire_put_i64(struct buf *buf, int64_t value);
bool wire_put_u8(struct buf *buf, uint8_t value);
bool wire_put_bytes(struct buf *buf, struct bytes bytes);
bool wire_put_text(struct buf *buf, const char *text); /* NULL is written as "" */

#endif
