/* Encodings of text files, by what their bytes look like and by iconv. What the text means is
 * others'. */
#include "base/text_encoding.h"

#include "base/mem.h"

#include <errno.h>
#include <iconv.h>

const char *text_encoding_name(enum text_encoding encoding)
{
    static const char *const names[] = {"",         "UTF-8",        "UTF-16LE",
                                        "UTF-16BE", "windows-1251", "windows-1252"};
    return (unsigned)encoding < sizeof names / sizeof *names ? names[encoding] : "";
}

/* ---- looking */

static bool is_plain_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* А-я, Ё, ё of windows-1251; nearly all letters of windows-1252. */
static bool is_high_letter(uint8_t c)
{
    return c >= 0xc0 || c == 0xa8 || c == 0xb8;
}

/* Of the bytes from 0x80, one bit each, those that windows-1251 and windows-1252 read alike
 * (quotes, dashes, a no-break space, signs). */
static bool reads_alike(uint8_t c)
{
    static const uint32_t alike[2] = {0x0afe0af4, 0x08e37ad1};
    return c < 0xc0 && (alike[(c - 0x80) / 32] >> (c % 32) & 1);
}

static void see_letters(struct text_sniff *s, uint8_t c)
{
    bool high = is_high_letter(c), high_before = is_high_letter(s->before);
    s->pairs += high && high_before;
    s->mixed += (high && is_plain_letter(s->before)) || (high_before && is_plain_letter(c));
    if (c < 0x80) return;
    s->differs = s->differs || !reads_alike(c);
    s->not_1251 = s->not_1251 || c == 0x98;
    s->not_1252 = s->not_1252 || c == 0x81 || c == 0x8d || c == 0x8f || c == 0x90 || c == 0x9d;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static void begin_character(struct text_sniff *s, uint8_t c)
{
    s->low = 0x80;
    s->high = 0xbf;
    if (c < 0x80) return;
    if (c < 0xc2 || c > 0xf4) {
        s->invalid++;
        return;
    }
    s->want = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c == 0xe0) s->low = 0xa0;
    if (c == 0xed) s->high = 0x9f;
    if (c == 0xf0) s->low = 0x90;
    if (c == 0xf4) s->high = 0x8f;
}

static void see(struct text_sniff *s, uint8_t c)
{
    if (s->want && c >= s->low && c <= s->high) {
        s->want--;
        s->low = 0x80;
        s->high = 0xbf;
        s->sequences += s->want == 0;
    } else {
        if (s->want) s->invalid++; /* what was begun */
        s->want = 0;
        begin_character(s, c);
    }
    see_letters(s, c);
    if (c == 0 && !s->nul_line) s->nul_line = s->line + 1;
    s->line += c == '\n';
    s->before = c;
}

/* Eight bytes of ASCII without a NUL. */
static bool is_plain(const uint8_t *at)
{
    const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return ((word | ((word - ones) & ~word)) & highs) == 0;
}

void text_sniff_feed(struct text_sniff *s, struct bytes bytes)
{
    const uint8_t *at = bytes.data, *end = at + bytes.size;
    for (size_t i = 0; i < bytes.size && s->size + i < TEXT_SNIFF_HEAD; i++)
        s->head[s->size + i] = at[i];
    s->size += bytes.size;
    while (at < end) {
        if (!s->want && s->before < 0x80 && end - at >= 8 && is_plain(at)) {
            for (int i = 0; i < 8; i++)
                s->line += at[i] == '\n';
            s->before = at[7];
            at += 8;
        } else {
            see(s, *at++);
        }
    }
}

/* ---- judging */

bool text_sniff_has_mark(const struct text_sniff *s)
{
    return (s->size >= 3 && memcmp(s->head, "\xef\xbb\xbf", 3) == 0) ||
           (s->size >= 2 &&
            (memcmp(s->head, "\xff\xfe", 2) == 0 || memcmp(s->head, "\xfe\xff", 2) == 0));
}

/* Files that are sent instead of a text, by their first bytes. */
static const char *other_kind(const struct text_sniff *s)
{
    static const struct {
        const char *head;
        size_t size;
        const char *what;
    } kinds[] = {
        {"PK\x03\x04", 4, "a ZIP archive (an .xlsx file is one, too)"},
        {"PK\x05\x06", 4, "an empty ZIP archive"},
        {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "an Excel file of the old kind (.xls)"},
        {"\x1f\x8b", 2, "a gzip archive"},
        {"%PDF-", 5, "a PDF"},
        {"7z\xbc\xaf\x27\x1c", 6, "a 7z archive"},
        {"Rar!", 4, "a RAR archive"},
        {"\x7f"
         "ELF",
         4, "a program"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (s->size >= kinds[i].size && memcmp(s->head, kinds[i].head, kinds[i].size) == 0)
            return kinds[i].what;
    return NULL;
}

/* UTF-8 with single broken bytes is told from another encoding by what there is more of. One letter
 * alone says nothing. */
enum { CLEARLY = 8, LEAST = 2 };

static enum status judge_unmarked(const struct text_sniff *s, enum text_encoding *encoding,
                                  struct error *error)
{
    uint64_t invalid = s->invalid + (s->want != 0);
    if (invalid == 0 || (s->sequences && s->sequences >= invalid)) {
        *encoding = TEXT_UTF8;
        return ST_OK;
    }
    bool legacy = s->sequences * CLEARLY <= invalid;
    if (legacy && !s->not_1251 && s->pairs >= LEAST && s->mixed * CLEARLY <= s->pairs)
        *encoding = TEXT_WINDOWS_1251;
    else if (legacy && !s->not_1252 && s->mixed >= LEAST && s->pairs * 2 <= s->mixed)
        *encoding = TEXT_WINDOWS_1252;
    else if (legacy && !s->differs)
        *encoding = TEXT_WINDOWS_1252;
    else if (!s->pairs && !s->mixed)
        *encoding = TEXT_UTF8; /* some broken bytes and nothing to go by: their rows are refused */
    else
        return error_set(error, ST_INVALID,
                         "the file is not UTF-8, and whether it is windows-1251 or windows-1252 "
                         "cannot be told for sure; say which (`--encoding`, or `encoding:` of the "
                         "inbox), or save it as \"CSV UTF-8\"");
    return ST_OK;
}

enum status text_sniff_end(const struct text_sniff *s, enum text_encoding said,
                           enum text_encoding *encoding, struct error *error)
{
    const char *other = other_kind(s);
    bool marked = text_sniff_has_mark(s);
    *encoding = TEXT_UTF8;
    if (other)
        return error_set(error, ST_INVALID, "the file is %s, not text; save it as CSV", other);
    if (marked && s->head[0] != 0xef) *encoding = s->head[0] == 0xff ? TEXT_UTF16LE : TEXT_UTF16BE;
    if (marked && said && said != *encoding)
        return error_set(error, ST_INVALID,
                         "the file's byte order mark says %s, not %s as was said",
                         text_encoding_name(*encoding), text_encoding_name(said));
    if (*encoding != TEXT_UTF8) return ST_OK;
    if (s->nul_line && said != TEXT_UTF16LE && said != TEXT_UTF16BE)
        return error_set(error, ST_INVALID,
                         "line %llu holds a NUL byte, so the file is not text of an encoding known "
                         "here (UTF-16 needs its byte order mark); save it as \"CSV UTF-8\"",
                         (unsigned long long)s->nul_line);
    if (marked) return ST_OK;
    if (!said) return judge_unmarked(s, encoding, error);
    *encoding = said;
    return ST_OK;
}

/* ---- decoding */

enum { PIECE_BYTES = 16 << 10, REST_MAX = 4 };

struct text_decoder {
    iconv_t iconv;
    unsigned unit;       /* bytes that one character has at least */
    bool plain, started; /* plain: UTF-8 already; started: behind a byte order mark */
    char rest[REST_MAX]; /* of a character cut by the end of a part */
    size_t rest_size;
    char piece[PIECE_BYTES];
};

enum status text_decoder_new(enum text_encoding encoding, struct text_decoder **decoder,
                             struct error *error)
{
    struct text_decoder *d = mem_alloc(sizeof *d);
    d->plain = encoding == TEXT_UTF8 || encoding == TEXT_FOUND;
    d->unit = encoding == TEXT_UTF16LE || encoding == TEXT_UTF16BE ? 2 : 1;
    if (!d->plain) d->iconv = iconv_open("UTF-8", text_encoding_name(encoding));
    if (!d->plain && d->iconv == (iconv_t)-1) {
        mem_free(d);
        return error_set(error, ST_UNSUPPORTED,
                         "this system's iconv does not know %s; save the file as \"CSV UTF-8\"",
                         text_encoding_name(encoding));
    }
    *decoder = d;
    return ST_OK;
}

void text_decoder_free(struct text_decoder *d)
{
    if (!d) return;
    if (!d->plain) iconv_close(d->iconv);
    mem_free(d);
}

static enum status give(struct text_decoder *d, const char *end, text_sink_fn sink, void *ctx,
                        struct error *error)
{
    struct bytes utf8 = bytes_of(d->piece, (size_t)(end - d->piece));
    if (!d->started && utf8.size) {
        d->started = true;
        if (utf8.size >= 3 && memcmp(utf8.data, "\xef\xbb\xbf", 3) == 0)
            utf8 = bytes_of(d->piece + 3, utf8.size - 3);
    }
    return utf8.size ? sink(utf8, ctx, error) : ST_OK;
}

/* Converts [at, end); what is left at its end is the beginning of a character. */
static enum status convert(struct text_decoder *d, const char **at, const char *end,
                           text_sink_fn sink, void *ctx, struct error *error)
{
    while (*at < end) { /* each round uses bytes, makes room, or leaves */
        char *in = (char *)(uintptr_t)*at, *out = d->piece;
        size_t in_left = (size_t)(end - *at), out_left = sizeof d->piece - 1;
        size_t done = iconv(d->iconv, &in, &in_left, &out, &out_left);
        int code = done == (size_t)-1 ? errno : 0;
        *at = in;
        if (code == EILSEQ) {
            *out++ = '\xff';
            *at += in_left < d->unit ? in_left : d->unit;
        }
        enum status status = give(d, out, sink, ctx, error);
        if (status != ST_OK || code == EINVAL) return status;
    }
    return ST_OK;
}

enum status text_decode(struct text_decoder *d, struct bytes bytes, bool last, text_sink_fn sink,
                        void *ctx, struct error *error)
{
    const char *at = bytes.data, *end = at + bytes.size;
    if (d->plain) return bytes.size ? sink(bytes, ctx, error) : ST_OK;
    enum status status = ST_OK;
    while (d->rest_size && at < end && status == ST_OK) { /* a byte more each round */
        d->rest[d->rest_size++] = *at++;
        const char *from = d->rest, *to = d->rest + d->rest_size;
        status = convert(d, &from, to, sink, ctx, error);
        d->rest_size = (size_t)(to - from);
        memmove(d->rest, from, d->rest_size);
    }
    if (status == ST_OK) status = convert(d, &at, end, sink, ctx, error);
    if (status != ST_OK) return status;
    if (at < end) {
        d->rest_size = (size_t)(end - at);
        memcpy(d->rest, at, d->rest_size);
    }
    if (!last || !d->rest_size) return ST_OK;
    d->rest_size = 0;
    return sink(bytes_of("\xff", 1), ctx, error);
}
