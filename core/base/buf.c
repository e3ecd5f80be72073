/* A growing buffer with a maximum. */
#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { BUF_FIRST_ROOM = 256 };

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_free(struct buf *buf)
{
    mem_free(buf->data);
    *buf = (struct buf){.max = buf->max};
}

void buf_reset(struct buf *buf)
{
    buf->size = 0;
    buf->overflow = false;
    if (buf->data) buf->data[0] = 0;
}

char *buf_reserve(struct buf *buf, size_t size)
{
    if (buf->overflow || size > buf->max || buf->size > buf->max - size) {
        buf->overflow = true;
        return NULL;
    }
    size_t need = buf->size + size + 1;
    if (need > buf->room) {
        size_t room = buf->room ? buf->room : BUF_FIRST_ROOM;
        while (room < need)
            room *= 2;
        buf->data = mem_resize(buf->data, room);
        buf->room = room;
        buf->data[buf->size] = 0;
    }
    return buf->data + buf->size;
}

bool buf_add(struct buf *buf, const void *data, size_t size)
{
    char *at = buf_reserve(buf, size);
    if (!at) return false;
    if (size) memcpy(at, data, size);
    buf->size += size;
    buf->data[buf->size] = 0;
    return true;
}

bool buf_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_char(struct buf *buf, char c)
{
    return buf_add(buf, &c, 1);
}

bool buf_vformat(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *at = n < 0 ? NULL : buf_reserve(buf, (size_t)n);
    if (!at) return false;
    vsnprintf(at, (size_t)n + 1, format, args);
    buf->size += (size_t)n;
    return true;
}

bool buf_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool fits = buf_vformat(buf, format, args);
    va_end(args);
    return fits;
}

const char *buf_cstr(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data ? buf->data : mem_alloc(1);
    *buf = (struct buf){.max = buf->max};
    return data;
}
