/* Hashing, keeping and showing events. */
#include "journal.h"

#include "base/mem.h"
#include "marketsim/market_digits.h"

#include <string.h>

void journal_init(struct journal *journal, FILE *print)
{
    *journal = (struct journal){.hash = UINT64_C(14695981039346656037), .print = print};
    journal->lines = mem_array(JOURNAL_KEPT, sizeof *journal->lines);
    journal->texts = mem_bare(JOURNAL_ROOM);
}

void journal_free(struct journal *journal)
{
    mem_free(journal->lines);
    mem_free(journal->texts);
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

/* The bytes without the 0; SIZE_MAX: some conversion is none of these. */
static size_t write_plain(char text[JOURNAL_TEXT_MAX], const char *format, va_list *args)
{
    struct line_out out = {text, text + JOURNAL_TEXT_MAX - 1};
    for (;;) {
        const char *percent = strchrnul(format, '%');
        put(&out, format, (size_t)(percent - format));
        if (!*percent) break;
        size_t size = put_argument(&out, percent, args);
        if (!size) return SIZE_MAX;
        format = percent + size;
    }
    *out.at = 0;
    return (size_t)(out.at - text);
}

static size_t write_text(char text[JOURNAL_TEXT_MAX], const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    size_t size = write_plain(text, format, &copy);
    va_end(copy);
    if (size != SIZE_MAX) return size;
    vsnprintf(text, JOURNAL_TEXT_MAX, format, args);
    return strlen(text);
}

/* Where the next text goes: of so many bytes as one may have. */
static char *text_room(struct journal *journal)
{
    uint64_t left = JOURNAL_ROOM - journal->written % JOURNAL_ROOM;
    if (left < JOURNAL_TEXT_MAX) journal->written += left;
    return journal->texts + journal->written % JOURNAL_ROOM;
}

/* Its text has not been written over. */
static bool is_kept(const struct journal *journal, const struct journal_line *line)
{
    return journal->written - line->text <= JOURNAL_ROOM;
}

static void print_line(const struct journal *journal, FILE *out, const struct journal_line *line)
{
    int64_t ms = line->at_us / 1000;
    fprintf(out, "%3lld:%02lld:%02lld.%03lld %s\n", (long long)(ms / 3600000),
            (long long)(ms / 60000 % 60), (long long)(ms / 1000 % 60), (long long)(ms % 1000),
            journal->texts + line->text % JOURNAL_ROOM);
}

void journal_add(struct journal *journal, int64_t at_us, journal_topic topic, const char *format,
                 va_list args)
{
    struct journal_line *line = &journal->lines[journal->count++ % JOURNAL_KEPT];
    line->topic = topic;
    line->at_us = at_us;
    char *text = text_room(journal);
    size_t size = write_text(text, format, args) + 1;
    line->text = journal->written;
    journal->written += size;
    hash(journal, &at_us, sizeof at_us);
    hash(journal, text, size);
    if (journal->print) print_line(journal, journal->print, line);
}

void journal_show(const struct journal *journal, FILE *out, journal_topic topic, size_t most)
{
    uint64_t kept = journal->count < JOURNAL_KEPT ? journal->count : JOURNAL_KEPT;
    uint64_t first = journal->count;
    for (size_t found = 0; first > journal->count - kept && found < most; first--) {
        const struct journal_line *line = &journal->lines[(first - 1) % JOURNAL_KEPT];
        if (!is_kept(journal, line)) break;
        found += line->topic == topic;
    }
    for (uint64_t i = first; i < journal->count; i++)
        if (journal->lines[i % JOURNAL_KEPT].topic == topic)
            print_line(journal, out, &journal->lines[i % JOURNAL_KEPT]);
}
