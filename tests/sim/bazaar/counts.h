/* What happened in the bazaar's runs, by name, so that nobody has to believe that a drawn oddity
 * occurs (`stockd-bazaar --count`, `--all-occur`), and what plugins said of themselves, by which
 * shop.c judges what is done afterwards. One thread. */
#ifndef SIM_COUNTS_H
#define SIM_COUNTS_H

#include <stockd/plugin.h>

#include <stdbool.h>
#include <stdio.h>

enum { COUNTS_FAILS = 7, COUNTS_NAMES_MAX = 64 };

struct counts {
    uint64_t of[COUNTS_NAMES_MAX]; /* in the order of counts.c's table */
    uint64_t begun;                /* operations of plugins */
    bool quiet;                    /* set by shop.c: plugins are as usual from now on */
    bool wrong;     /* the present step breaks a rule: what it says of the epoch does not count */
    uint32_t said;  /* the epoch that the present step tells; 0: none */
    uint32_t epoch; /* of the catalogue, as this life was told at `told_ms`; 0: not yet */
    int64_t told_ms;
    int64_t spell_until_ms; /* until then every operation fails before it asks */
    /* Of this life: when an operation of that kind last failed so; 0: never. */
    int64_t failed_ms[STOCKD_OPERATION_COUNT][COUNTS_FAILS];
};

extern struct counts counts; /* the plugins have no place of their own to keep it */

void counts_count(const char *name); /* one of counts.c's; anything else ends the program */
/* A plugin's step fails for that reason, before or after it asked. */
void counts_failed(enum stockd_operation operation, enum stockd_fail why, bool asked,
                   int64_t now_ms);
/* One that had begun before ended well after all: its kind is open again. */
void counts_done(enum stockd_operation operation);
void counts_new_life(void);
void counts_tell(FILE *out);
uint32_t counts_missing(FILE *out); /* how many names never happened; says which */

#endif
