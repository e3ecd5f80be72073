/* Reading metrics strictly: https://prometheus.io/docs/instrumenting/exposition_formats/ */
#include "exposition.h"

#include "test_main.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_ = 200, LABELS_MAX_ = 2000 };

struct family {
    char name[NAME_MAX_], type[20];
    size_t first, count; /* samples */
};
struct sample {
    char name[NAME_MAX_], labels[LABELS_MAX_];
    double value;
    size_t family;
};
struct exposition {
    struct family *families;
    struct sample *samples;
    size_t family_count, sample_count;
    const char *line;
};

#define refuse(e, why) fail_msg("%s: %.*s", (why), (int)strcspn((e)->line, "\n"), (e)->line)

static bool ends(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

/* A name at `*at`; moves behind it. */
static void take_name(struct exposition *e, const char **at, char out[NAME_MAX_])
{
    size_t n = 0;
    if (!isalpha((unsigned char)**at) && **at != '_') refuse(e, "no name");
    while (isalnum((unsigned char)**at) || **at == '_') {
        if (n == NAME_MAX_ - 1) refuse(e, "a name too long");
        out[n++] = *(*at)++;
    }
    out[n] = 0;
}

static void take_help(struct exposition *e)
{
    const char *at = e->line + strlen("# HELP ");
    struct family f = {.first = e->sample_count};
    take_name(e, &at, f.name);
    if (*at++ != ' ' || *at == '\n') refuse(e, "no help");
    for (; *at != '\n'; at++)
        if (*at == '\\' && *++at != '\\' && *at != 'n') refuse(e, "a wrong escape in help");
    if (strncmp(f.name, "stockd_", 7) != 0) refuse(e, "a name without stockd_");
    if (ends(f.name, "_ms") || ends(f.name, "_us") || ends(f.name, "_kib"))
        refuse(e, "not in seconds or bytes");
    for (size_t i = 0; i < e->family_count; i++)
        if (strcmp(e->families[i].name, f.name) == 0) refuse(e, "a family told twice");
    if (e->family_count && !e->families[e->family_count - 1].type[0])
        refuse(e, "HELP after a family without TYPE");
    e->families = realloc(e->families, (e->family_count + 1) * sizeof f);
    e->families[e->family_count++] = f;
}

static void take_type(struct exposition *e)
{
    const char *at = e->line + strlen("# TYPE ");
    char name[NAME_MAX_];
    if (!e->family_count) refuse(e, "TYPE before HELP");
    struct family *f = &e->families[e->family_count - 1];
    take_name(e, &at, name);
    if (strcmp(name, f->name) != 0 || f->type[0] || f->first != e->sample_count)
        refuse(e, "TYPE is not behind its HELP");
    if (sscanf(at, " %19[a-z]", f->type) != 1 || at[1 + strlen(f->type)] != '\n')
        refuse(e, "no type");
    if (strcmp(f->type, "gauge") != 0 && strcmp(f->type, "counter") != 0 &&
        strcmp(f->type, "histogram") != 0)
        refuse(e, "an unknown type");
    if (ends(f->name, "_total") != (strcmp(f->type, "counter") == 0))
        refuse(e, "counters, and they alone, end in _total");
}

/* {a="b",c="d"}: each name once, values escaped and UTF-8. */
static void take_labels(struct exposition *e, const char **at, char out[LABELS_MAX_])
{
    char names[8][NAME_MAX_];
    const char *begin = *at + 1;
    int count = 0;
    out[0] = 0;
    if (**at != '{') return;
    do {
        (*at)++;
        if (count >= 8) {
            refuse(e, "too many labels");
            return; /* fail_msg does not come back; the compiler of -O1 does not know */
        }
        take_name(e, at, names[count]);
        for (int i = 0; i < count; i++)
            if (strcmp(names[i], names[count]) == 0) refuse(e, "a label twice");
        count++;
        if (*(*at)++ != '=' || *(*at)++ != '"') refuse(e, "no value of a label");
        for (; **at != '"'; (*at)++) {
            if (**at == '\n' || !**at) refuse(e, "a label's value without an end");
            if (**at == '\\' && *++*at != '\\' && **at != '"' && **at != 'n')
                refuse(e, "a wrong escape");
        }
        (*at)++;
    } while (**at == ',');
    if (**at != '}') refuse(e, "labels without an end");
    size_t size = (size_t)(*at - begin);
    if (size >= LABELS_MAX_) refuse(e, "labels too long");
    memcpy(out, begin, size);
    out[size] = 0;
    json_t *utf8 = json_stringn(out, size);
    if (!utf8) refuse(e, "a label that is no UTF-8");
    json_decref(utf8);
    (*at)++;
}

static void take_sample(struct exposition *e)
{
    struct sample s = {.family = e->family_count - 1};
    const char *at = e->line;
    char *end;
    if (!e->family_count) refuse(e, "a sample without a family");
    const struct family *f = &e->families[s.family];
    take_name(e, &at, s.name);
    take_labels(e, &at, s.labels);
    const char *suffix = s.name + strlen(f->name);
    bool histogram = strcmp(f->type, "histogram") == 0;
    bool fits = strncmp(s.name, f->name, strlen(f->name)) == 0 &&
                (histogram ? !strcmp(suffix, "_bucket") || !strcmp(suffix, "_sum") ||
                                 !strcmp(suffix, "_count")
                           : !*suffix);
    if (!fits || !f->type[0]) refuse(e, "a sample of another family");
    if (*at++ != ' ' || isspace((unsigned char)*at)) refuse(e, "no value");
    s.value = strtod(at, &end);
    if (end == at || *end != '\n' || !isfinite(s.value)) refuse(e, "no number, or more than one");
    if (strcmp(f->type, "gauge") != 0 && s.value < 0) refuse(e, "a counter below 0");
    for (size_t i = f->first; i < e->sample_count; i++)
        if (!strcmp(e->samples[i].name, s.name) && !strcmp(e->samples[i].labels, s.labels))
            refuse(e, "a sample told twice");
    e->samples = realloc(e->samples, (e->sample_count + 1) * sizeof s);
    e->samples[e->sample_count++] = s;
    e->families[s.family].count++;
}

/* The bucket's bound, and the labels without it. */
static double bound_of(struct exposition *e, const struct sample *s, char rest[LABELS_MAX_])
{
    const char *le = strstr(s->labels, "le=\"");
    if (!le || (le != s->labels && le[-1] != ',')) refuse(e, "a bucket without le");
    snprintf(rest, LABELS_MAX_, "%.*s", (int)(le > s->labels ? le - 1 - s->labels : 0), s->labels);
    return strcmp(le, "le=\"+Inf\"") == 0 ? INFINITY : strtod(le + 4, NULL);
}

static void check_histogram(struct exposition *e, const struct family *f)
{
    char last[LABELS_MAX_] = "", rest[LABELS_MAX_], name[NAME_MAX_ + 8];
    double bound = -1, count = -1;
    for (size_t i = f->first; i < f->first + f->count; i++) {
        const struct sample *s = &e->samples[i];
        if (!ends(s->name, "_bucket")) continue;
        double here = bound_of(e, s, rest);
        if (count >= 0 && strcmp(rest, last) == 0) {
            if (here <= bound || s->value < count) fail_msg("%s: buckets fall", f->name);
        } else if (count >= 0 && !isinf(bound)) {
            fail_msg("%s: no bucket of +Inf", f->name);
        }
        strcpy(last, rest);
        bound = here;
        count = s->value;
        if (!isinf(here)) continue;
        snprintf(name, sizeof name, "%s_count", f->name);
        if (exposition_value(e, name, rest) != s->value)
            fail_msg("%s: its count is not its last bucket", f->name);
        snprintf(name, sizeof name, "%s_sum", f->name);
        if (isnan(exposition_value(e, name, rest))) fail_msg("%s: no sum", f->name);
    }
    if (count >= 0 && !isinf(bound)) fail_msg("%s: no bucket of +Inf", f->name);
}

struct exposition *exposition_read(const char *text)
{
    struct exposition *e = calloc(1, sizeof *e);
    size_t size = strlen(text);
    if (!size || text[size - 1] != '\n') fail_msg("the text does not end with a line's end");
    for (e->line = text; *e->line; e->line = strchr(e->line, '\n') + 1) {
        if (strncmp(e->line, "# HELP ", 7) == 0)
            take_help(e);
        else if (strncmp(e->line, "# TYPE ", 7) == 0)
            take_type(e);
        else
            take_sample(e);
    }
    e->line = "";
    for (size_t i = 0; i < e->family_count; i++)
        if (strcmp(e->families[i].type, "histogram") == 0) check_histogram(e, &e->families[i]);
    return e;
}

void exposition_free(struct exposition *e)
{
    free(e->families);
    free(e->samples);
    free(e);
}

double exposition_value(const struct exposition *e, const char *name, const char *labels)
{
    for (size_t i = 0; i < e->sample_count; i++)
        if (!strcmp(e->samples[i].name, name) && !strcmp(e->samples[i].labels, labels))
            return e->samples[i].value;
    return NAN;
}

bool exposition_knows(const struct exposition *e, const char *name)
{
    static const char *const suffixes[] = {"", "_bucket", "_sum", "_count"};
    char full[NAME_MAX_ + 8];
    for (size_t i = 0; i < e->family_count; i++) {
        bool histogram = strcmp(e->families[i].type, "histogram") == 0;
        for (size_t s = histogram ? 1 : 0; s < (histogram ? 4 : 1); s++) {
            snprintf(full, sizeof full, "%s%s", e->families[i].name, suffixes[s]);
            if (strcmp(full, name) == 0) return true;
        }
    }
    return false;
}

void exposition_only_grew(const struct exposition *before, const struct exposition *after)
{
    for (size_t i = 0; i < before->sample_count; i++) {
        const struct sample *s = &before->samples[i];
        if (strcmp(before->families[s->family].type, "gauge") == 0) continue;
        double now = exposition_value(after, s->name, s->labels);
        if (isnan(now) || now < s->value)
            fail_msg("%s{%s} fell from %g to %g", s->name, s->labels, s->value, now);
    }
}
