/* A growing buffer with a maximum set at birth. Over the maximum it keeps what it had, remembers,
 * and buf_add returns false. Always NUL-terminated past `size`. One thread. */
#ifndef STOCKD_BASE_BUF_H
#define STOCKD_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL until something is added */
    size_t size, room, max;
    bool overflow;
};

void buf_init(struct buf *buf, size_t max);
void buf_free(struct buf *buf);
void buf_reset(struct buf *buf); /* empty, keeps its memory and maximum */
bool buf_add(struct buf *buf, const void *data, size_t size);
bool buf_text(struct buf *buf, const char *text);
bool buf_char(struct buf *buf, char c);
bool buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vformat(struct buf *buf, const char *format, va_list args);
/* Room for `size` more bytes at the end, not yet counted; NULL over the maximum. */
char *buf_reserve(struct buf *buf, size_t size);
const char *buf_cstr(const struct buf *buf); /* never NULL */
/* The memory, now the caller's (mem_free); the buffer is empty after. Never NULL. */
char *buf_take(struct buf *buf);

#endif
