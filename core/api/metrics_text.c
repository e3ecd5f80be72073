/* The text format of metrics: lines, escapes, numbers. */
#include "api/metrics_text.h"

#include "api/api_private.h"

#include <stdio.h>

static void escaped(struct buf *out, const char *text, bool quotes)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_text(out, "\\n");
        else if (*text == '\\' || (*text == '"' && quotes))
            buf_format(out, "\\%c", *text);
        else
            buf_char(out, *text);
    }
}

void metrics_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_format(out, "# HELP %s ", name);
    escaped(out, help, false);
    buf_format(out, "\n# TYPE %s %s\n", name, type);
}

/* What is no UTF-8 is shown as U+FFFD, as everywhere. */
static void label(struct buf *out, const struct metric_label *l)
{
    json_t *text = api_text(bytes_text(l->value));
    buf_format(out, "%s=\"", l->name);
    escaped(out, json_string_value(text), true);
    buf_char(out, '"');
    json_decref(text);
}

static void begin(struct buf *out, const char *name, const char *suffix,
                  const struct metric_labels *labels)
{
    char between = '{';
    buf_format(out, "%s%s", name, suffix);
    for (int i = 0; labels && i < METRICS_LABELS_MAX && labels->at[i].name; i++) {
        buf_char(out, between);
        label(out, &labels->at[i]);
        between = ',';
    }
    if (between == ',') buf_char(out, '}');
    buf_char(out, ' ');
}

enum { MICRO = 1000000, NUMBER_MAX = 48 };

/* With no digit more than it has: 0.25, 3600. `per` is 1 to MICRO, and divides it. */
static void part_text(char out[NUMBER_MAX], int64_t value, int64_t per)
{
    const uint64_t all = value < 0 ? 0 - (uint64_t)value : (uint64_t)value, one = (uint64_t)per;
    snprintf(out, NUMBER_MAX, "%s%llu.%06u", value < 0 ? "-" : "", (unsigned long long)(all / one),
             (unsigned)(all % one * (MICRO / one)));
    size_t size = strlen(out);
    while (out[size - 1] == '0')
        size--;
    if (out[size - 1] == '.') size--;
    out[size] = 0;
}

void metrics_number(struct buf *out, const char *name, const struct metric_labels *labels,
                    int64_t value)
{
    begin(out, name, "", labels);
    buf_format(out, "%lld\n", (long long)value);
}

void metrics_part(struct buf *out, const char *name, const struct metric_labels *labels,
                  int64_t value, int64_t per)
{
    char text[NUMBER_MAX];
    part_text(text, value, per);
    begin(out, name, "", labels);
    buf_format(out, "%s\n", text);
}

void metrics_histogram(struct buf *out, const char *name, const struct metric_labels *labels,
                       const struct metric_histogram *h)
{
    static const struct metric_labels none = {0};
    struct metric_labels with = labels ? *labels : none;
    char text[NUMBER_MAX];
    int last = 0;
    while (last < METRICS_LABELS_MAX - 1 && with.at[last].name)
        last++;
    for (unsigned i = 0; i <= h->bound_count; i++) {
        const bool all = i == h->bound_count;
        if (!all) part_text(text, h->bounds[i], h->per);
        with.at[last] = (struct metric_label){"le", all ? "+Inf" : text};
        begin(out, name, "_bucket", &with);
        buf_format(out, "%llu\n", (unsigned long long)(all ? h->count : h->within[i]));
    }
    part_text(text, h->sum, h->per);
    begin(out, name, "_sum", labels);
    buf_format(out, "%s\n", text);
    begin(out, name, "_count", labels);
    buf_format(out, "%llu\n", (unsigned long long)h->count);
}
