/* Writes a request body straight into memory of the caller's: the body of a hundred items is on the
 * way between a change and the marketplace. What does not fit sets `overflow`. */
#ifndef KIT_OUT_H
#define KIT_OUT_H

#include "kit/json.h"

#include <string.h>

struct out {
    char *data;
    size_t size, room;
    bool overflow;
};

static inline void out_bytes(struct out *out, const char *data, size_t size)
{
    if (size > out->room - out->size) {
        out->overflow = true;
        return;
    }
    memcpy(out->data + out->size, data, size);
    out->size += size;
}

#define out_literal(out, text) out_bytes(out, text, sizeof(text) - 1)

static inline void out_int(struct out *out, int64_t value)
{
    char digits[KIT_ID_TEXT];
    out_bytes(out, digits, kit_digits(value, digits));
}

/* A JSON string with its quotes: at most 6 bytes for each, and 2. */
static inline void out_string(struct out *out, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    out_literal(out, "\"");
    for (const char *run = text;; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out_bytes(out, run, (size_t)(text - run));
        if (!c) break;
        run = text + 1;
        char escape[6] = {'\\', (char)c, '0', '0', hex[c >> 4], hex[c & 15]};
        if (c < 0x20) escape[1] = 'u';
        out_bytes(out, escape, c < 0x20 ? 6 : 2);
    }
    out_literal(out, "\"");
}

#endif
