/* The event log of a simulation: everything that happens, in order, hashed. The same seed gives the
 * same bytes. Kept in a ring so that a failure can show what led to it; printed where asked. */
#ifndef SIM_JOURNAL_H
#define SIM_JOURNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JOURNAL_KEPT = 1 << 16, JOURNAL_TEXT_MAX = 240 };

/* What an event is about; 0 is the whole world. Shown together after a failure. */
typedef uint32_t journal_topic;

struct journal {
    uint64_t hash;
    uint64_t count;
    FILE *print; /* NULL: nobody watches */
    struct journal_line {
        journal_topic topic;
        int64_t at_us;
        char text[JOURNAL_TEXT_MAX];
    } * lines;
};

void journal_init(struct journal *journal, FILE *print);
void journal_free(struct journal *journal);
void journal_add(struct journal *journal, int64_t at_us, journal_topic topic, const char *format,
                 va_list args) __attribute__((format(printf, 4, 0)));
/* The last `most` events about the topic. */
void journal_show(const struct journal *journal, FILE *out, journal_topic topic, size_t most);

#endif
