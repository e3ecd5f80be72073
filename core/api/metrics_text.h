/* Writing the text format that Prometheus reads (exposition format 0.0.4): families one after the
 * other, each with its HELP and TYPE, then its samples. Pure.
 *
 * Names of families, labels and types are static and right by construction; values of labels may be
 * any bytes. Units are seconds and bytes; times come in as milliseconds or microseconds. */
#ifndef STOCKD_API_METRICS_TEXT_H
#define STOCKD_API_METRICS_TEXT_H

#include "base/buf.h"

#include <stdint.h>

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum { METRICS_LABELS_MAX = 3 };

struct metric_label {
    const char *name, *value; /* name NULL: no more of them */
};
struct metric_labels {
    struct metric_label at[METRICS_LABELS_MAX];
};

/* `type`: "gauge", "counter", "histogram". */
void metrics_family(struct buf *out, const char *name, const char *type, const char *help);
void metrics_number(struct buf *out, const char *name, const struct metric_labels *labels,
                    int64_t value);
/* `value` / `per` with all its digits: a time in ms per 1000. */
void metrics_part(struct buf *out, const char *name, const struct metric_labels *labels,
                  int64_t value, int64_t per);

/* `within[i]`: how many were at most `bounds[i]`; `count`: all of them. */
struct metric_histogram {
    const int64_t *bounds;
    const uint64_t *within;
    unsigned bound_count;
    uint64_t count;
    int64_t sum, per; /* bounds and sum are divided by `per` */
};
/* Labels: at most METRICS_LABELS_MAX - 1, "le" comes behind them. */
void metrics_histogram(struct buf *out, const char *name, const struct metric_labels *labels,
                       const struct metric_histogram *histogram);

#endif
