/* The event log of a simulation: everything that happens, in order, hashed. The same seed gives the
 * same bytes. Kept in a ring so that a failure can show what led to it; printed where asked. */
#ifndef SIM_JOURNAL_H
#define SIM_JOURNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    JOURNAL_KEPT = 1 << 16,
    JOURNAL_TEXT_MAX = 240,
    JOURNAL_ROOM = 4 << 20, /* for the texts: a line has 60 bytes or so */
};

/* What an event is about; 0 is the whole world. Shown together after a failure. */
typedef uint32_t journal_topic;

struct journal {
    uint64_t hash;
    uint64_t count;
    FILE *print; /* NULL: nobody watches */
    struct journal_line {
        journal_topic topic;
        int64_t at_us;
        uint64_t text; /* where it is, had the texts never gone round */
    } * lines;
    char *texts;      /* JOURNAL_ROOM, round and round; no text goes over the end */
    uint64_t written; /* bytes of them ever, with those that were passed over at the end */
};

void journal_init(struct journal *journal, FILE *print);
void journal_free(struct journal *journal);
void journal_add(struct journal *journal, int64_t at_us, journal_topic topic, const char *format,
                 va_list args) __attribute__((format(printf, 4, 0)));
/* The last `most` events about the topic. */
void journal_show(const struct journal *journal, FILE *out, journal_topic topic, size_t most);

#endif
