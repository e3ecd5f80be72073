/* Predicates on text that came from outside: a plugin, or configuration. */
#include "plugin/text.h"

#include <stdint.h>
#include <stockd/plugin.h>
#include <string.h>
#include <strings.h>

/* Bytes of the character at `at`, or 0 when it is malformed (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    unsigned char c = at[0], low = 0x80, high = 0xbf;
    size_t length;
    if (c < 0x80) return 1;
    if (c >= 0xc2 && c <= 0xdf) {
        length = 2;
    } else if (c >= 0xe0 && c <= 0xef) {
        length = 3;
        if (c == 0xe0) low = 0xa0;
        if (c == 0xed) high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
        length = 4;
        if (c == 0xf0) low = 0x90;
        if (c == 0xf4) high = 0x8f;
    } else {
        return 0;
    }
    if (left < length || at[1] < low || at[1] > high) return 0;
    for (size_t i = 2; i < length; i++)
        if (at[i] < 0x80 || at[i] > 0xbf) return 0;
    return length;
}

bool text_is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    while (at < end) {
        uint64_t eight;
        while (end - at >= 8) { /* almost all text is ASCII */
            memcpy(&eight, at, 8);
            if (eight & 0x8080808080808080u) break;
            at += 8;
        }
        if (at == end) break;
        size_t length = utf8_length(at, (size_t)(end - at));
        if (length == 0) return false;
        at += length;
    }
    return true;
}

size_t text_cut(const char *text, size_t limit)
{
    while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80)
        limit--;
    return limit;
}

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool text_is_name(const char *text)
{
    if (!text || !is_lower_or_digit(text[0])) return false;
    size_t i = 1;
    for (; text[i]; i++)
        if (i == STOCKD_NAME_MAX || !(is_lower_or_digit(text[i]) || strchr("-_", text[i])))
            return false;
    return true;
}

bool text_is_token(const char *text, size_t max)
{
    if (!text || !text[0]) return false;
    for (size_t i = 0; text[i]; i++) {
        char c = text[i];
        bool letter = is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
        if (i == max || !(letter || strchr("!#$%&'*+-.^_`|~", c))) return false;
    }
    return true;
}

/* Eight bytes at once: a byte below '!' borrows, one above '~' carries, into its highest bit. */
bool text_is_visible(const char *text, size_t size)
{
    const uint64_t ones = 0x0101010101010101u;
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= size; i += sizeof eight) {
        memcpy(&eight, text + i, sizeof eight);
        if ((eight | (eight - ones * '!') | (eight + ones)) & ones * 0x80) return false;
    }
    for (; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~') return false;
    return true;
}

bool text_is_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f) return false;
    return true;
}

const char *text_url_fault(const char *url)
{
    const char *host;
    if (strncasecmp(url, "https://", 8) == 0)
        host = url + 8;
    else if (strncasecmp(url, "http://", 7) == 0)
        host = url + 7;
    else
        return "does not begin with https://";
    size_t size = strlen(url);
    if (size > STOCKD_TEXT_MAX) return "is too long";
    if (!text_is_visible(url, size)) return "holds spaces or characters that are not ASCII";
    if (strpbrk(url, "?#@\\")) return "holds one of ? # @ \\";
    if (strcspn(host, "/:") == 0) return "names no host";
    return NULL;
}
