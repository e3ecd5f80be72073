/* A message as a mail (RFC 5322, 2045, 2047) and as what Telegram wants. */
#include "notify/compose.h"

#include "base/mem.h"
#include "schedule/civil.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { BASE64_LINE = 57, WORD_BYTES = 39 };

static void put_base64(struct buf *out, const unsigned char *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t v = (uint32_t)data[i] << 16;
        if (i + 1 < size) v |= (uint32_t)data[i + 1] << 8;
        if (i + 2 < size) v |= data[i + 2];
        buf_char(out, digits[v >> 18 & 63]);
        buf_char(out, digits[v >> 12 & 63]);
        buf_char(out, i + 1 < size ? digits[v >> 6 & 63] : '=');
        buf_char(out, i + 2 < size ? digits[v & 63] : '=');
    }
}

/* Encoded words of at most 75 characters, each of whole characters (RFC 2047, 2 and 5). */
static void put_words(struct buf *out, const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < WORD_BYTES ? size - at : WORD_BYTES;
        while (at + n < size && n > 1 && ((unsigned char)text[at + n] & 0xc0) == 0x80)
            n--;
        buf_text(out, at ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        put_base64(out, (const unsigned char *)text + at, n);
        buf_text(out, "?=");
        at += n;
    }
}

static void put_date(struct buf *out, int64_t now_ms)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = civil_of(now_ms / 1000);
    int weekday = civil_weekday(civil_days(c.year, c.month, c.day));
    buf_format(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[weekday], c.day,
               months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

static void put_part(struct buf *out, const char *type, const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const size_t size = strlen(text);
    buf_format(out,
               "Content-Type: text/%s; charset=utf-8\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\n",
               type);
    for (size_t i = 0; i < size; i += BASE64_LINE) {
        put_base64(out, bytes + i, size - i < BASE64_LINE ? size - i : BASE64_LINE);
        buf_text(out, "\r\n");
    }
}

void compose_mail(struct buf *out, const struct message *message, const char *from, const char *to,
                  int64_t now_ms, const char *id)
{
    const char *at = strrchr(from, '@');
    buf_format(out, "From: %s\r\nTo: %s\r\nSubject: ", from, to);
    put_words(out, message->subject);
    buf_text(out, "\r\n");
    put_date(out, now_ms);
    buf_format(out, "Message-ID: <%s@%s>\r\n", id, at && at[1] ? at + 1 : "stockd");
    buf_text(out, "Auto-Submitted: auto-generated\r\n"
                  "MIME-Version: 1.0\r\n");
    if (!message->html) {
        put_part(out, "plain", message->text);
        return;
    }
    /* Base64 has no '=_', so the boundary is in no part (RFC 2045, 6.7). */
    static const char boundary[] = "=_stockd";
    buf_format(out, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n--%s\r\n",
               boundary, boundary);
    put_part(out, "plain", message->text);
    buf_format(out, "--%s\r\n", boundary);
    put_part(out, "html", message->html);
    buf_format(out, "--%s--\r\n", boundary);
}

/* How many bytes hold `most` UTF-16 units, in which Telegram counts. */
static size_t bytes_within(const char *text, size_t most)
{
    size_t at = 0, units = 0;
    while (text[at]) {
        unsigned char c = (unsigned char)text[at];
        size_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        units += size == 4 ? 2 : 1;
        if (units > most || strnlen(text + at, size) < size) break;
        at += size;
    }
    return at;
}

char *compose_telegram(const struct message *message, const char *chat)
{
    char *whole =
        mem_format("%s\n\n%s", message->subject, message->brief ? message->brief : message->text);
    size_t size = bytes_within(whole, TELEGRAM_TEXT_MAX);
    json_t *json = json_pack("{s:s, s:s%, s:b}", "chat_id", chat, "text", whole, size,
                             "disable_web_page_preview", 1);
    char *dump = json ? json_dumps(json, JSON_COMPACT) : NULL;
    char *body = mem_text(dump ? dump : "{}");
    free(dump);
    json_decref(json);
    mem_free(whole);
    return body;
}
