/* The soak: the real daemon under load for minutes. What its parts share.
 *
 *   book.c    what is true: the test's own count of every piece, and whether what a marketplace was
 *             told can have been true
 *   load.c    buyers, operators, reloads, faults
 *   gauge.c   what the daemon takes meanwhile: memory, files, turns of its loop, runs
 *   test_soak.c  the case: how long, when what begins, and the bounds */
#ifndef STOCKD_SOAK_SOAK_H
#define STOCKD_SOAK_SOAK_H

#include "../e2e/buyers.h"

enum { SHOPS = 4, PLACES = 2 };

/* SKU-000001 and on. The first few are few and wanted by all, so that they are sold out again and
 * again; the last quarter is only imported, and no buyer finds it. */
struct soak {
    struct shop shops[SHOPS];
    int products, hot, sold; /* 1..hot, ..sold, ..products */
    int64_t begun_ms, seconds;
};

const char *soak_sku(int product);
const char *soak_place(int place); /* our name of it */

/* ---- book.c */

void book_open(int products);
void book_close(void);
/* A change that begins now: of a piece that is sold, say, -1. */
void book_add(int product, int place, int64_t by);
/* A figure that begins to be so now, whatever it was. */
void book_set(int product, int place, int64_t figure);
int64_t book_figure(int product, int place); /* available */
/* How long ago the orders of a shop were last read to their end: of all shops the longest. */
void book_unread(int64_t ms);
/* Reads what the shop was told since the last call, and counts what was too many: more than what is
 * available there plus all that was taken of it since orders were last read, and in the
 * BOOK_WINDOW_MS before that: the ten seconds that a reading counts for, and the way of a write. */
enum { BOOK_WINDOW_MS = 20000 };
struct told {
    int64_t figures;  /* told so far */
    int64_t beyond;   /* of them: beyond what I17 allows */
    int64_t too_many; /* pieces shown too many at once, for the moment: the most */
    char worst[160];  /* the first one that was beyond, "" for none */
};
extern struct told told;
void book_read(struct soak *soak, int shop);
/* Figures of all shops that are not what they should be; says which when asked to. */
int book_differs(const struct soak *soak, bool say);

/* ---- load.c */

struct done {
    int64_t orders, sold_out, shipped, cancelled;        /* sold_out: refused, nothing was there */
    int64_t changes, transfers, imports, reads, refused; /* refused: transfers of what is gone */
    int64_t reloads, faults;
};
extern struct done done;
void load_first(struct soak *soak);
/* What is due at this moment; called again and again. */
void load_turn(struct soak *soak);
/* No load and no faults any more; what runs in the background has ended. */
void load_end(struct soak *soak);

/* ---- gauge.c */

void gauge_open(void);
/* One sample; a second apart. */
void gauge_sample(const struct soak *soak);
/* What the samples say, those of the warm-up left out. */
struct gauges {
    size_t samples;
    double memory_mib, memory_most_mib; /* median, most: anonymous memory */
    double growth_mib;                  /* its slope (Theil and Sen's) times its time */
    double files_before, files_after;   /* descriptors: median of the first and the last quarter */
    int files_most, threads_most;
    double turns, late_turns; /* of the loop since the start; of them above 5 ms */
    double own_late_turns;    /* and those that were without what they waited for a processor */
    double processor_late_turns;
    double turn_most_ms, turn_own_most_ms, turn_processor_most_ms;
    double kept_waiting_ms; /* the most that the machine kept a thread of ours from running */
    double kept_late;       /* the share of its slices that it kept so for more than 5 ms */
    double overdue_s;       /* the most that a run of a schedule was late */
    char overdue[96];       /* which */
    double unread_s;        /* orders of a shop were not read to their end for so long: the most */
    char unread[32];        /* which */
    double unsent_s;        /* the oldest change that was at no marketplace: the most */
    double processor;       /* cores in use */
};
struct gauges gauge_read(const struct soak *soak);
void gauge_close(void);

#endif
