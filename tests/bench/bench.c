/* Time, samples and the table. What is measured lives in the row_*.c files. */
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_MAX = 96, NOTES_MAX = 32, NOTE_SIZE = 400 };

static struct row rows[ROWS_MAX];
static size_t row_count;
static char notes[NOTES_MAX][NOTE_SIZE];
static size_t note_count;
static int64_t started_ns;

void bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    table_print(false); /* what was measured before is not lost with it */
    exit(1);
}

void bench_say(const char *format, ...)
{
    if (!started_ns) started_ns = bench_now_ns();
    va_list args;
    va_start(args, format);
    fprintf(stderr, "[%6.1f s] ", bench_since(started_ns));
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

double bench_since(int64_t begun_ns)
{
    return (double)(bench_now_ns() - begun_ns) / 1e9;
}

uint64_t bench_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- samples */

void samples_add(struct samples *samples, double value)
{
    if (samples->count < SAMPLES_MAX) samples->values[samples->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_at(struct samples *samples, double quantile)
{
    if (samples->count == 0) return NAN;
    qsort(samples->values, samples->count, sizeof samples->values[0], by_value);
    size_t at = (size_t)(quantile * (double)(samples->count - 1) + 0.5);
    return samples->values[at];
}

struct figure figure_of(struct samples *samples)
{
    return (struct figure){.median = samples_at(samples, 0.5),
                           .least = samples_at(samples, 0),
                           .most = samples_at(samples, 1),
                           .runs = samples->count};
}

struct figure figure_one(double value)
{
    return (struct figure){value, value, value, 1};
}

/* ---- the table */

void table_add(const struct row *row)
{
    if (row_count == ROWS_MAX) bench_fail("too many rows");
    rows[row_count] = *row;
    rows[row_count].number = row_count;
    row_count++;
}

void table_note(const char *format, ...)
{
    if (note_count == NOTES_MAX) return;
    va_list args;
    va_start(args, format);
    vsnprintf(notes[note_count++], NOTE_SIZE, format, args);
    va_end(args);
}

static void put_number(char *out, size_t size, double value, int decimals)
{
    char plain[64];
    snprintf(plain, sizeof plain, "%.*f", decimals, value);
    size_t digits = strcspn(plain, ".");
    size_t used = 0;
    for (size_t i = 0; plain[i] && used + 2 < size; i++) { /* 1234567.8 -> 1 234 567.8 */
        if (i && i < digits && (digits - i) % 3 == 0 && plain[i - 1] != '-') out[used++] = ' ';
        out[used++] = plain[i];
    }
    out[used] = 0;
}

struct cells {
    char measured[200], target[64], limit[200], ratio[24], verdict[12];
};

static void fill_cells(const struct row *row, struct cells *cells)
{
    char median[48], least[48], most[48], number[48];
    put_number(median, sizeof median, row->figure.median, row->decimals);
    put_number(least, sizeof least, row->figure.least, row->decimals);
    put_number(most, sizeof most, row->figure.most, row->decimals);
    *cells = (struct cells){0};
    if (row->figure.runs > 1)
        snprintf(cells->measured, sizeof cells->measured, "%s %s (%s-%s)", median, row->unit, least,
                 most);
    else
        snprintf(cells->measured, sizeof cells->measured, "%s %s", median, row->unit);
    if (row->target > 0) {
        put_number(number, sizeof number, row->target, row->decimals);
        snprintf(cells->target, sizeof cells->target, "%s %s",
                 row->better == LESS ? "<=" : ">=", number);
        bool reached = row->better == LESS ? row->figure.median <= row->target
                                           : row->figure.median >= row->target;
        snprintf(cells->verdict, sizeof cells->verdict, "%s", reached ? "reached" : "MISSED");
    }
    if (row->limit_value > 0) {
        put_number(number, sizeof number, row->limit_value, row->decimals);
        snprintf(cells->limit, sizeof cells->limit, "%s: %s", row->limit, number);
        snprintf(cells->ratio, sizeof cells->ratio, "%.2f", row->figure.median / row->limit_value);
    } else {
        snprintf(cells->limit, sizeof cells->limit, "%s", row->limit);
    }
}

static void print_markdown(void)
{
    puts("| what | target | measured: median (least-most) | | the machine's own limit, same run | "
         "ratio |");
    puts("|---|---|---|---|---|---|");
    const char *group = "";
    for (size_t i = 0; i < row_count; i++) {
        struct cells c;
        fill_cells(&rows[i], &c);
        if (strcmp(group, rows[i].group) != 0) printf("| **%s** | | | | | |\n", rows[i].group);
        group = rows[i].group;
        printf("| %s | %s | %s | %s | %s | %s |\n", rows[i].what, c.target, c.measured, c.verdict,
               c.limit, c.ratio);
    }
    if (note_count) putchar('\n');
    for (size_t i = 0; i < note_count; i++)
        printf("- %s\n", notes[i]);
}

static void print_text(void)
{
    const char *group = "";
    for (size_t i = 0; i < row_count; i++) {
        struct cells c;
        fill_cells(&rows[i], &c);
        if (strcmp(group, rows[i].group) != 0) printf("\n%s\n", rows[i].group);
        group = rows[i].group;
        printf("  %-58s %-12s %-44s %-8s %s%s%s\n", rows[i].what, c.target, c.measured, c.verdict,
               c.limit, c.ratio[0] ? "  ratio " : "", c.ratio);
    }
    if (note_count) putchar('\n');
    for (size_t i = 0; i < note_count; i++)
        printf("  %s\n", notes[i]);
}

/* By heading, then as they were added. */
static int by_group(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

void table_print(bool markdown)
{
    qsort(rows, row_count, sizeof rows[0], by_group);
    if (markdown)
        print_markdown();
    else
        print_text();
    fflush(stdout);
}
