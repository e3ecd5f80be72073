/* Bytes before they are YAML: what may stand in a file, and wiping. */
#include "config/node.h"
#include "config/report.h"

#include "base/mem.h"

#include <string.h>

void config_wipe(void *at, size_t size)
{
    if (at && size) explicit_bzero(at, size);
}

void config_wipe_text(const char *text)
{
    if (!text) return;
    char *owned = (char *)(uintptr_t)text;
    config_wipe(owned, strlen(owned));
    mem_free(owned);
}

/* The length of the UTF-8 character at `at`, 0 when there is none (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static size_t character(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte, of the second */
        unsigned char size;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last) continue;
        size_t size = forms[i].size;
        if (size > left) return 0;
        if (size > 1 && (at[1] < forms[i].low || at[1] > forms[i].high)) return 0;
        for (size_t k = 2; k < size; k++)
            if ((at[k] & 0xc0) != 0x80) return 0;
        return size;
    }
    return 0;
}

bool config_text_is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    for (size_t i = 0, n; i < size; i += n)
        if (!(n = character(at + i, size - i))) return false;
    return true;
}

static bool has_byte_order_mark(struct bytes text)
{
    static const struct bytes marks[] = {{"\xef\xbb\xbf", 3}, {"\xff\xfe", 2}, {"\xfe\xff", 2}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (text.size >= marks[i].size && !memcmp(text.data, marks[i].data, marks[i].size))
            return true;
    return false;
}

bool config_text_check(struct bytes text, const char *file, struct config_report *report)
{
    if (has_byte_order_mark(text)) {
        config_report_add(report, CONFIG_ERROR, file, 1,
                          "begins with a byte order mark; save it as UTF-8 without one");
        return false;
    }
    const unsigned char *at = text.data;
    int line = 1;
    for (size_t i = 0, n = 0; i < text.size; i += n) {
        n = character(at + i, text.size - i);
        const char *what = NULL;
        if (n == 0)
            what = "a byte that is not UTF-8; save the file as UTF-8";
        else if (at[i] == 0)
            what = "a NUL byte; this is not a text file";
        else if (at[i] == '\t')
            what = "a tab; use spaces (in a value: \"\\t\" in double quotes)";
        if (what) {
            config_report_add(report, CONFIG_ERROR, file, line, "holds %s", what);
            return false;
        }
        if (at[i] == '\n') line++;
    }
    return true;
}
