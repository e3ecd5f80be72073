/* Messages about the configuration: collecting, bounding and sorting them, and making foreign text
 * fit to stand in one. Not here: what is wrong, and printing the whole (print.c). */
#include "config/report.h"

#include "base/mem.h"
#include "base/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE_MAX = 8 << 10, /* bytes: two places and a few shown texts */
    HINT_LIST_MAX = 12,    /* more names than this are not listed */
    HINT_WORD_MAX = 64,    /* bytes of a word worth comparing */
};

void config_report_add(struct config_report *report, enum config_severity severity,
                       const char *file, int line, const char *format, ...)
{
    size_t *seen = severity == CONFIG_ERROR ? &report->errors : &report->warnings;
    if (++*seen > CONFIG_MESSAGES_MAX) return;
    struct buf text;
    buf_init(&text, MESSAGE_MAX);
    if (file && line > 0)
        buf_format(&text, "%s:%d: ", file, line);
    else if (file)
        buf_format(&text, "%s: ", file);
    va_list args;
    va_start(args, format);
    buf_vformat(&text, format, args);
    va_end(args);
    report->messages = mem_resize(report->messages, (report->count + 1) * sizeof *report->messages);
    report->messages[report->count++] = (struct config_message){
        .severity = severity,
        .text = buf_take(&text),
        .file = mem_text(file),
        .line = line,
    };
}

static int by_place(const void *a, const void *b)
{
    const struct config_message *x = a, *y = b;
    int order = strcmp(x->file ? x->file : "", y->file ? y->file : "");
    if (order) return order;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return strcmp(x->text, y->text);
}

void config_report_sort(struct config_report *report)
{
    if (report->count) qsort(report->messages, report->count, sizeof *report->messages, by_place);
}

void config_report_free(struct config_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        mem_free(report->messages[i].text);
        mem_free(report->messages[i].file);
    }
    mem_free(report->messages);
    *report = (struct config_report){0};
}

const char *config_shown(const char *text, char out[CONFIG_SHOWN_MAX])
{
    size_t n = 0;
    while (text[n] && n < CONFIG_SHOWN_TEXT) {
        unsigned char c = (unsigned char)text[n];
        out[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    if (text[n]) {
        while (n && ((unsigned char)text[n] & 0xc0) == 0x80) /* not inside a UTF-8 character */
            n--;
        memcpy(out + n, "...", 3);
        n += 3;
    }
    out[n] = 0;
    return out;
}

const char *config_shown_key(const char *text, char out[CONFIG_SHOWN_MAX])
{
    size_t end = strcspn(text, " :=\t\r\n\"'");
    if (!text[end] || end > CONFIG_SHOWN_TEXT) return config_shown(text, out);
    char cut[CONFIG_SHOWN_TEXT + 1];
    memcpy(cut, text, end);
    cut[end] = 0;
    config_shown(cut, out);
    strcat(out, "...");
    return out;
}

void config_hint(const char *word, const char *const *names, size_t count, struct buf *out)
{
    char plain[HINT_WORD_MAX];
    size_t n = strlen(word);
    if (n && n < sizeof plain) {
        for (size_t i = 0; i <= n; i++)
            plain[i] = word[i] == '_' ? '-' : (char)tolower((unsigned char)word[i]);
        const char *near = suggest_name(plain, names, count);
        if (near) {
            buf_format(out, "; did you mean '%s'?", near);
            return;
        }
    }
    for (size_t i = 0; i < count && count <= HINT_LIST_MAX; i++)
        buf_format(out, "%s%s", i ? ", " : "; known are ", names[i]);
}
