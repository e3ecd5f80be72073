/* Hashing, keeping and showing events. */
#include "journal.h"

#include "base/mem.h"
#include "marketsim/market_digits.h"

#include <string.h>

void journal_init(struct journal *journal, FILE *print)
{
    *journal = (struct journal){.hash = UINT64_C(14695981039346656037), .print = print};
    journal->lines = mem_array(JOURNAL_KEPT, sizeof *journal->lines);
}

void journal_free(struct journal *journal)
{
    mem_free(journal->lines);
}

static void hash(struct journal *journal, const void *data, size_t size)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < size; i++)
        journal->hash = (journal->hash ^ at[i]) * UINT64_C(1099511628211);
}

/* ---- what vsnprintf does with what events are mostly told by; it takes three times as long */

struct line_out {
    char *at, *end; /* where the 0 comes at the latest */
};

static void put(struct line_out *out, const char *text, size_t size)
{
    size_t room = (size_t)(out->end - out->at);
    if (size > room) size = room;
    memcpy(out->at, text, size);
    out->at += size;
}

static void put_unsigned(struct line_out *out, unsigned long long value)
{
    char digits[MARKET_DIGITS_SIZE], *at = market_digits_unsigned(value, digits);
    put(out, at, market_digits_size(at, digits));
}

static void put_signed(struct line_out *out, long long value)
{
    char digits[MARKET_DIGITS_SIZE], *at = market_digits(value, digits);
    put(out, at, market_digits_size(at, digits));
}

/* How many bytes of the format the conversion is, the '%' among them; 0: not one of these. */
static size_t put_argument(struct line_out *out, const char *format, va_list *args)
{
    bool wide = format[1] == 'l' && format[2] == 'l';
    size_t size = wide ? 4 : 2;
    switch (format[size - 1]) {
    case 's': {
        const char *text = wide ? NULL : va_arg(*args, const char *);
        if (!text) return 0;
        put(out, text, strlen(text));
        return size;
    }
    case 'u':
        put_unsigned(out, wide ? va_arg(*args, unsigned long long) : va_arg(*args, unsigned));
        return size;
    case 'd': put_signed(out, wide ? va_arg(*args, long long) : va_arg(*args, int)); return size;
    default: return 0;
    }
}

/* False: some conversion is none of these. */
static bool write_plain(char text[JOURNAL_TEXT_MAX], const char *format, va_list *args)
{
    struct line_out out = {text, text + JOURNAL_TEXT_MAX - 1};
    for (;;) {
        const char *percent = strchrnul(format, '%');
        put(&out, format, (size_t)(percent - format));
        if (!*percent) break;
        size_t size = put_argument(&out, percent, args);
        if (!size) return false;
        format = percent + size;
    }
    *out.at = 0;
    return true;
}

static void write_text(char text[JOURNAL_TEXT_MAX], const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    if (!write_plain(text, format, &copy)) vsnprintf(text, JOURNAL_TEXT_MAX, format, args);
    va_end(copy);
}

static void print_line(FILE *out, const struct journal_line *line)
{
    int64_t ms = line->at_us / 1000;
    fprintf(out, "%3lld:%02lld:%02lld.%03lld %s\n", (long long)(ms / 3600000),
            (long long)(ms / 60000 % 60), (long long)(ms / 1000 % 60), (long long)(ms % 1000),
            line->text);
}

void journal_add(struct journal *journal, int64_t at_us, journal_topic topic, const char *format,
                 va_list args)
{
    struct journal_line *line = &journal->lines[journal->count++ % JOURNAL_KEPT];
    line->topic = topic;
    line->at_us = at_us;
    write_text(line->text, format, args);
    hash(journal, &at_us, sizeof at_us);
    hash(journal, line->text, strlen(line->text) + 1);
    if (journal->print) print_line(journal->print, line);
}

void journal_show(const struct journal *journal, FILE *out, journal_topic topic, size_t most)
{
    uint64_t kept = journal->count < JOURNAL_KEPT ? journal->count : JOURNAL_KEPT;
    uint64_t first = journal->count;
    for (size_t found = 0; first > journal->count - kept && found < most; first--)
        found += journal->lines[(first - 1) % JOURNAL_KEPT].topic == topic;
    for (uint64_t i = first; i < journal->count; i++)
        if (journal->lines[i % JOURNAL_KEPT].topic == topic)
            print_line(out, &journal->lines[i % JOURNAL_KEPT]);
}
