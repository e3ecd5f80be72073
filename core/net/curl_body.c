/* The body of an answer: capped, unpacked when it is gzip, held back when it comes in parts and
 * there is no room. */
#include "base/mem.h"
#include "net/curl_internal.h"

#include <string.h>

enum {
    BODY_STEP = 16 * 1024, /* unpacked at a time */
    PENDING_MAX = 4 * CURL_MAX_WRITE_SIZE,
    GZIP_BITS = 15 + 16, /* zlib: the largest window, gzip framing */
};

static const uint8_t gzip_magic[2] = {0x1f, 0x8b};

void body_init(struct body *body, size_t limit, bool parts)
{
    *body = (struct body){.limit = limit, .parts = parts};
    buf_init(&body->data, parts ? limit : limit + 1);
    buf_init(&body->pending, parts ? PENDING_MAX : 0);
}

void body_free(struct body *body)
{
    if (body->stream) inflateEnd(body->stream);
    mem_free(body->stream);
    buf_free(&body->data);
    buf_free(&body->pending);
    body->stream = NULL;
}

static size_t room(const struct body *body)
{
    return body->data.max - body->data.size;
}

static size_t take_plain(struct body *body, const void *data, size_t size)
{
    size_t n = size < room(body) ? size : room(body);
    buf_add(&body->data, data, n);
    return n;
}

/* --- gzip ----------------------------------------------------------------------------------------
 */

static void gzip_begin(struct body *body)
{
    body->stream = mem_alloc(sizeof *body->stream);
    body->in_member = inflateInit2(body->stream, GZIP_BITS) == Z_OK;
    body->damaged = !body->in_member;
}

static void unpack_step(struct body *body)
{
    z_stream *stream = body->stream;
    size_t want = room(body) < BODY_STEP ? room(body) : BODY_STEP;
    stream->next_out = (Bytef *)buf_reserve(&body->data, want);
    stream->avail_out = (uInt)want;
    int code = inflate(stream, Z_NO_FLUSH);
    body->data.size += want - stream->avail_out;
    body->data.data[body->data.size] = 0;
    if (code == Z_STREAM_END)
        body->in_member = false;
    else if (code != Z_OK && code != Z_BUF_ERROR)
        body->damaged = true;
}

/* Another member may follow at once; anything else is padding. */
static void member_begin(struct body *body)
{
    if (body->stream->next_in[0] != gzip_magic[0]) {
        body->padding = true;
        return;
    }
    body->in_member = inflateReset(body->stream) == Z_OK;
    body->damaged = !body->in_member;
}

static size_t take_gzip(struct body *body, const void *data, size_t size)
{
    z_stream *stream = body->stream;
    stream->next_in = (z_const Bytef *)data;
    stream->avail_in = (uInt)size;
    body->stalled = false;
    while (!body->damaged && !body->padding) {
        if (body->in_member && !room(body)) {
            body->stalled = true; /* it may hold output although all input is taken */
            break;
        }
        if (!body->in_member && !stream->avail_in) break;
        if (!body->in_member) {
            member_begin(body);
            continue;
        }
        uInt before = stream->avail_in;
        size_t had = body->data.size;
        unpack_step(body);
        bool idle = stream->avail_in == before && body->data.size == had;
        if (body->in_member && idle) break; /* ends: each step used input or room */
    }
    return body->padding ? size : size - stream->avail_in;
}

/* The first two bytes say whether it is gzip, not a flag: the error page behind the address of a
 * gzip is plain. True when the byte was used up. */
static bool decide(struct body *body, uint8_t byte)
{
    if (!body->has_first && byte == gzip_magic[0]) return body->has_first = true;
    body->begun = true;
    if (!body->has_first) return false;
    if (byte == gzip_magic[1]) {
        gzip_begin(body);
        if (body->stream && !body->damaged) take_gzip(body, gzip_magic, 1);
    } else {
        take_plain(body, gzip_magic, 1);
    }
    return false;
}

/* --- both ----------------------------------------------------------------------------------------
 */

size_t body_take(struct body *body, const void *data, size_t size)
{
    const uint8_t *at = data;
    size_t used = 0;
    if (!body->unpack) body->begun = true;
    while (!body->begun && used < size)
        used += decide(body, at[used]);
    if (body->damaged) return used;
    if (body->stream)
        used += take_gzip(body, at + used, size - used);
    else if (used < size)
        used += take_plain(body, at + used, size - used);
    body->over = !body->parts && body->data.size > body->limit;
    return used;
}

bool body_keep(struct body *body, const void *data, size_t size)
{
    buf_reset(&body->pending);
    body->pending_at = 0;
    return buf_add(&body->pending, data, size);
}

bool body_pending(const struct body *body)
{
    return body->stalled || body->pending_at < body->pending.size;
}

void body_refill(struct body *body)
{
    if (!body_pending(body)) return;
    size_t left = body->pending.size - body->pending_at;
    const char *from = left ? body->pending.data + body->pending_at : "";
    body->pending_at += body_take(body, from, left);
}

bool body_end(struct body *body)
{
    if (body->has_first && !body->begun) take_plain(body, gzip_magic, 1);
    body->begun = true;
    return !body->damaged && !body->in_member;
}
