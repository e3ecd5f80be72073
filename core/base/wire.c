/* Varints and counted bytes. */
#include "base/wire.h"

enum { VARINT_MAX = 10 };

static size_t put(char *at, uint64_t value)
{
    size_t n = 0;
    while (value >= 0x80) {
        at[n++] = (char)(value | 0x80);
        value >>= 7;
    }
    at[n++] = (char)value;
    return n;
}

/* The longest one and the NUL behind it fit for sure: nearly always. */
static bool has_room(const struct buf *buf)
{
    return !buf->overflow && buf->room - buf->size > VARINT_MAX &&
           buf->max - buf->size >= VARINT_MAX;
}

bool wire_put_u64(struct buf *buf, uint64_t value)
{
    char bytes[VARINT_MAX];
    if (!has_room(buf)) return buf_add(buf, bytes, put(bytes, value));
    buf->size += put(buf->data + buf->size, value);
    buf->data[buf->size] = 0;
    return true;
}

bool wire_put_i64(struct buf *buf, int64_t value)
{
    return wire_put_u64(buf, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

bool wire_put_u8(struct buf *buf, uint8_t value)
{
    if (!has_room(buf)) return buf_add(buf, &value, 1);
    buf->data[buf->size++] = (char)value;
    buf->data[buf->size] = 0;
    return true;
}

bool wire_put_bytes(struct buf *buf, struct bytes bytes)
{
    return wire_put_u64(buf, bytes.size) && buf_add(buf, bytes.data, bytes.size);
}

bool wire_put_text(struct buf *buf, const char *text)
{
    return wire_put_bytes(buf, text ? bytes_text(text) : bytes_of("", 0));
}
