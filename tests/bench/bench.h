/* What the parts of the benchmark share: time, samples, and the one table that comes out.
 *
 * One process, one thread but where a row says otherwise. A part that cannot go on says why and
 * ends the program: a benchmark that goes on after a mistake measures the mistake. */
#ifndef STOCKD_BENCH_BENCH_H
#define STOCKD_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void bench_say(const char *format, ...) __attribute__((format(printf, 1, 2))); /* progress */

int64_t bench_now_ns(void);             /* CLOCK_MONOTONIC: the clock of marketsim's log */
double bench_since(int64_t begun_ns);   /* seconds */
uint64_t bench_random(uint64_t *state); /* splitmix64: the same numbers in each run */

/* ---- samples of one figure */

enum { SAMPLES_MAX = 65536 };

struct samples {
    double values[SAMPLES_MAX];
    size_t count;
};

void samples_add(struct samples *samples, double value);
double samples_at(struct samples *samples, double quantile); /* 0 to 1; sorts */

/* ---- the table */

enum better { LESS, MORE, NEITHER };

/* A measured figure: median, least and most of the runs. */
struct figure {
    double median, least, most;
    size_t runs;
};
struct figure figure_of(struct samples *samples);
struct figure figure_one(double value);

struct row {
    const char *group; /* heading; begins with its number, by which headings are sorted */
    size_t number;     /* the table's */
    char what[160];
    const char *unit;
    int decimals;
    struct figure figure;
    enum better better;
    double target;      /* 0: none */
    char limit[120];    /* what the machine allows, in words; "" when nothing compares */
    double limit_value; /* 0: none */
};

void table_add(const struct row *row);
void table_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void table_print(bool markdown);

/* ---- options */

struct bench_options {
    bool quick;
    int runs;          /* of what is cheap to repeat */
    size_t products;   /* of the big store; 0: as quick says */
    const char *build; /* build directory: bin/, plugins/, tests/ */
    const char *only;  /* names of parts, separated by commas; NULL: all */
    const char *keep;  /* a directory to work in, kept afterwards; NULL: temporary */
};
extern struct bench_options bench_options;

#endif
