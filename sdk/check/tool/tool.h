/* stockd-plugin-check, shared by its files: what is checked, and how a check is reported. */
#ifndef STOCKD_CHECK_TOOL_H
#define STOCKD_CHECK_TOOL_H

#include <stockd/check_host.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct settings {
    const struct stockd_plugin *plugin;
    const char *file;
    bool quiet, first; /* print failures only; end at the first */
    uint32_t seeds;
    uint64_t seed;
    int64_t slow_us;
    unsigned hang_s; /* of the processor */
    struct check_pair options[64];
    size_t option_count;
    const char *listing, *warehouse; /* ids that the plugin takes */
};

/* ---- report.c ---- */
extern unsigned report_failed, report_passed;
/* Prints the sum and gives the exit code. */
int report_sum(void);
void report(const struct settings *settings, bool ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *operation_name(uint32_t operation);

/* ---- tables.c: what the plugin declares ---- */
void check_tables(const struct settings *settings);

/* ---- answers.c: what a hostile server says ---- */
enum { MAY_OK = 1, MAY_COMPLETE = 2, MAY_BE_SLOW = 4 };
struct hostile {
    const char *name;
    struct check_answer answer;
    unsigned may; /* what the plugin may conclude from it; stock rows never */
};
size_t hostile_count(void);
/* As the first answer of an operation, or a later one. The memory belongs to the table and stays.
 */
const struct hostile *hostile_at(size_t index, bool later);

/* ---- samples.c: what an honest one says, from files ---- */
struct sample {
    const char *name, *method, *path; /* a segment "{...}" of the path fits any */
    struct check_answer answer;
};
/* False when the folder cannot be read. */
bool samples_load(const char *folder);
size_t samples_count(void);
/* The nth sample that answers this request, or NULL. */
const struct sample *samples_for(const struct stockd_request *request, size_t nth);
/* Changes some bytes of `body` by the seed; the result is malloc'ed. */
char *mutate(const char *body, size_t size, uint64_t seed, size_t *mutated_size);

/* ---- starts.c: what operations are asked to do ---- */
enum { START_ITEMS = 3 };
struct shape {
    char name[96];
    struct stockd_start start;
    struct stockd_item items[START_ITEMS];
    struct stockd_key keys[START_ITEMS][2];
    char ids[START_ITEMS][3][STOCKD_ID_MAX + 1]; /* listing, article, barcode */
    struct stockd_warehouse_ref warehouses[2];
    const char *open_orders[2];
};
/* The nth way to start an operation; false after the last. */
bool shape_make(const struct settings *settings, uint32_t operation, size_t nth,
                struct shape *shape);

/* ---- drive.c ---- */
void check_operations(const struct settings *settings);

#endif
