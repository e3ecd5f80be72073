/* Varints and counted bytes. */
#include "base/wire.h"

enum { VARINT_MAX = 10 };

bool wire_put_u64(struct buf *buf, uint64_t value)
{
    char bytes[VARINT_MAX];
    size_t n = 0;
    while (value >= 0x80) {
        bytes[n++] = (char)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (char)value;
    return buf_add(buf, bytes, n);
}

bool wire_put_i64(struct buf *buf, int64_t value)
{
    return wire_put_u64(buf, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

bool wire_put_u8(struct buf *buf, uint8_t value)
{
    return buf_add(buf, &value, 1);
}

bool wire_put_bytes(struct buf *buf, struct bytes bytes)
{
    return wire_put_u64(buf, bytes.size) && buf_add(buf, bytes.data, bytes.size);
}

bool wire_put_text(struct buf *buf, const char *text)
{
    return wire_put_bytes(buf, text ? bytes_text(text) : bytes_of("", 0));
}
