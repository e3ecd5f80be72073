/* Varints and counted bytes. */
#include "base/wire.h"

#include <endian.h>
#include <string.h>

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

/* The least significant seven bits of each of its bytes, put together. */
static uint64_t pack_sevens(uint64_t word)
{
    word = (word & 0x007f007f007f007f) | (word & 0x7f007f007f007f00) >> 1;
    word = (word & 0x00003fff00003fff) | (word & 0x3fff00003fff0000) >> 2;
    return (word & 0x0fffffff) | (word & 0x0fffffff00000000) >> 4;
}

/* Up to eight bytes at once, where so many are left: times have six or seven. */
uint64_t wire_get_long(struct wire_reader *r)
{
    uint64_t value = 0, word, last;
    if (r->end - r->at >= 8) {
        memcpy(&word, r->at, 8);
        word = le64toh(word);
        last = ~word & 0x8080808080808080;
        if (last) {
            r->at += __builtin_ctzll(last) / 8 + 1;
            return pack_sevens(word & (last ^ (last - 1)));
        }
    }
    for (int shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        uint8_t byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
    r->ok = false;
    r->at = r->end;
    return 0;
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
