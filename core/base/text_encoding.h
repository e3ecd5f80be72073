/* What bytes of a text file mean: finding its encoding, and turning it into UTF-8. Pure; one thread
 * at a time per object.
 *
 * FINDING. All bytes of the file go through a sniff, for a file may be ASCII for a million lines
 * and hold its first Russian letter in the last one. Known are UTF-8 (with and without a byte order
 * mark), UTF-16 with one, and of the encodings without any mark windows-1251 and windows-1252.
 * Those two give every byte a meaning, so they are told apart by what surrounds the letters:
 * Russian letters stand beside each other, accented ones among plain ones. Where that says nothing
 * clear the file is refused, and whoever sends it says what it is. Files that are no text
 * (archives, spreadsheets, NUL bytes) are refused with what they are.
 *
 * DECODING. What has no meaning in the encoding becomes the byte 0xFF, which is no UTF-8: the row
 * it stands in can be refused, and no other. */
#ifndef STOCKD_BASE_TEXT_ENCODING_H
#define STOCKD_BASE_TEXT_ENCODING_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum text_encoding {
    TEXT_FOUND = 0, /* not said: to be found */
    TEXT_UTF8 = 1,
    TEXT_UTF16LE = 2,
    TEXT_UTF16BE = 3,
    TEXT_WINDOWS_1251 = 4,
    TEXT_WINDOWS_1252 = 5,
};
/* "UTF-8", "windows-1251" ...; "" for TEXT_FOUND. Static. */
const char *text_encoding_name(enum text_encoding encoding);

enum { TEXT_SNIFF_HEAD = 8 };

/* Zeroed: nothing was seen. */
struct text_sniff {
    uint8_t head[TEXT_SNIFF_HEAD]; /* the file's first bytes */
    uint64_t size, line;
    uint64_t nul_line;  /* of the first NUL byte; 0: none */
    uint64_t sequences; /* characters of several bytes that are UTF-8 */
    uint64_t invalid;   /* bytes that are none */
    uint64_t pairs;     /* of two letters of windows-1251 beyond ASCII side by side */
    uint64_t mixed;     /* such a letter beside one of ASCII */
    bool differs;       /* a byte with different meanings in windows-1251 and windows-1252 */
    bool not_1251, not_1252;
    uint8_t before;          /* the last byte */
    uint8_t want, low, high; /* of a UTF-8 character: bytes still to come, bounds of the next */
};
void text_sniff_feed(struct text_sniff *sniff, struct bytes bytes);
/* After the last byte. `said` is what the sender said, or TEXT_FOUND. ST_INVALID: with a sentence
 * that says what the file is instead, or what to say. */
enum status text_sniff_end(const struct text_sniff *sniff, enum text_encoding said,
                           enum text_encoding *encoding, struct error *error);
bool text_sniff_has_mark(const struct text_sniff *sniff); /* a byte order mark */

struct text_decoder;
typedef enum status (*text_sink_fn)(struct bytes utf8, void *ctx, struct error *error);

/* ST_UNSUPPORTED: the system's iconv does not know it. */
enum status text_decoder_new(enum text_encoding encoding, struct text_decoder **decoder,
                             struct error *error);
void text_decoder_free(struct text_decoder *decoder); /* NULL is fine */
/* Gives UTF-8 to `sink`, without a byte order mark; ends at the sink's first failure, with it. */
enum status text_decode(struct text_decoder *decoder, struct bytes bytes, bool last,
                        text_sink_fn sink, void *ctx, struct error *error);

#endif
