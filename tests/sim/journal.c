/* Hashing, keeping and showing events. */
#include "journal.h"

#include "base/mem.h"

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
    vsnprintf(line->text, sizeof line->text, format, args);
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
