/* The CSV reader. Whole records are split where they lie in the bytes given; only one that crosses
 * the end of a part is copied. What columns mean is stock_csv.c's. */
#include "base/csv.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { HELD_STEP = 1024 };

struct csv_reader {
    csv_record_fn record;
    csv_separator_fn choose; /* or NULL */
    void *ctx;
    char separator; /* 0: not known yet */
    bool at_start;  /* nothing read yet: a byte order mark may come */
    bool skipping;  /* inside a line too long to keep */
    bool cancelled;
    uint64_t line;   /* of the next record */
    struct buf held; /* a record's beginning, from the parts before */
    struct csv_field fields[CSV_FIELDS_MAX];
    size_t count;
    char *unquoted; /* CSV_RECORD_MAX: quoted fields without their quotes */
    size_t unquoted_size;
};

struct csv_reader *csv_new(char separator, csv_record_fn record, void *ctx)
{
    struct csv_reader *reader = mem_alloc(sizeof *reader);
    reader->record = record;
    reader->ctx = ctx;
    reader->separator = separator;
    reader->at_start = true;
    reader->line = 1;
    buf_init(&reader->held, CSV_RECORD_MAX);
    return reader;
}

void csv_free(struct csv_reader *reader)
{
    if (!reader) return;
    buf_free(&reader->held);
    mem_free(reader->unquoted);
    mem_free(reader);
}

void csv_on_separator(struct csv_reader *reader, csv_separator_fn choose)
{
    reader->choose = choose;
}

char csv_separator(const struct csv_reader *reader)
{
    return reader->separator;
}

uint64_t csv_line(const struct csv_reader *reader)
{
    return reader->line;
}

static inline const char *find(char c, const char *at, const char *end)
{
    return at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
}

/* The separator that occurs most often outside of quotes in the first line. */
static char find_separator(const char *at, const char *end)
{
    static const char candidates[] = CSV_SEPARATORS;
    enum { COUNT = sizeof candidates - 1 };
    size_t counts[COUNT] = {0}, best = 0;
    bool quoted = false;
    for (; at < end && *at != '\n'; at++) {
        if (*at == '"') quoted = !quoted;
        for (size_t i = 0; i < COUNT && !quoted; i++)
            counts[i] += *at == candidates[i];
    }
    for (size_t i = 1; i < COUNT; i++)
        if (counts[i] > counts[best]) best = i;
    return candidates[best];
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void add_field(struct csv_reader *reader, const char *at, const char *end, bool quoted)
{
    if (reader->count == CSV_FIELDS_MAX) return;
    if (!quoted) {
        while (at < end && is_space(*at))
            at++;
        while (end > at && is_space(end[-1]))
            end--;
    }
    reader->fields[reader->count++] = (struct csv_field){bytes_of(at, (size_t)(end - at)), quoted};
}

static void give(struct csv_reader *reader, const char *problem)
{
    struct csv_record record = {reader->line, reader->fields, reader->count, problem};
    if (!reader->record(&record, reader->ctx)) reader->cancelled = true;
}

/* A line without quotes. */
static void give_plain(struct csv_reader *reader, const char *at, const char *end)
{
    reader->count = 0;
    if (end > at && end[-1] == '\r') end--;
    if (at == end) return;
    for (;;) {
        const char *next = find(reader->separator, at, end);
        add_field(reader, at, next ? next : end, false);
        if (!next) break;
        at = next + 1;
    }
    if (reader->count == 1 && reader->fields[0].text.size == 0) return; /* blank */
    give(reader, NULL);
}

/* One quoted field from just behind its opening quote. Returns where it ends (at a separator, a
 * line break, or `end`), or NULL when the closing quote is not there. */
static const char *take_quoted(struct csv_reader *reader, const char *at, const char *end)
{
    char *start = reader->unquoted + reader->unquoted_size, *out = start;
    for (;;) {
        const char *quote = find('"', at, end);
        if (!quote) return NULL;
        memcpy(out, at, (size_t)(quote - at));
        out += quote - at;
        at = quote + 1;
        if (at == end || *at != '"') break;
        *out++ = '"';
        at++;
    }
    /* What stands between the closing quote and the separator belongs to the field, but spaces. */
    const char *rest = at;
    while (at < end && *at != reader->separator && *at != '\n')
        at++;
    const char *rest_end = at;
    while (rest_end > rest && is_space(rest_end[-1]))
        rest_end--;
    memcpy(out, rest, (size_t)(rest_end - rest));
    out += rest_end - rest;
    reader->unquoted_size = (size_t)(out - reader->unquoted);
    add_field(reader, start, out, true);
    return at;
}

/* A record that may hold quotes. Returns the byte after it; NULL when it does not end here (a quote
 * is open, or there is no line break and `whole` is not set). Nothing is given then. */
static const char *split_quoted(struct csv_reader *reader, const char *at, const char *end,
                                bool whole)
{
    if (!reader->unquoted) reader->unquoted = mem_alloc(CSV_RECORD_MAX);
    reader->count = reader->unquoted_size = 0;
    for (;;) {
        const char *field = at;
        while (field < end && is_space(*field) && *field != reader->separator)
            field++;
        if (field < end && *field == '"') {
            at = take_quoted(reader, field + 1, end);
            if (!at) return NULL;
        } else {
            while (at < end && *at != reader->separator && *at != '\n')
                at++;
            add_field(reader, field, at, false);
        }
        if (at == end) return whole ? end : NULL;
        if (*at++ == '\n') return at;
    }
}

static uint64_t count_lines(const char *at, const char *end)
{
    uint64_t lines = 0;
    while ((at = find('\n', at, end))) {
        lines++;
        at++;
    }
    return lines;
}

static const char *next_line(const char *at, const char *end)
{
    const char *newline = find('\n', at, end);
    return newline ? newline + 1 : end;
}

/* A quote that nothing closes within the longest record, or within the file: its line alone is
 * bad. */
static const char *give_unclosed(struct csv_reader *reader, const char *at, const char *end)
{
    reader->count = 0;
    give(reader, "a quote is opened and not closed within 64 KiB");
    reader->line++;
    return next_line(at, end);
}

/* Gives the records of [at, end). Returns where the first record begins that is not whole. */
static const char *read_records(struct csv_reader *reader, const char *at, const char *end,
                                bool whole)
{
    const char *quote = at; /* the next quote not before `at`, or `end` */
    while (at < end && !reader->cancelled) {
        const char *newline = find('\n', at, end);
        if (!newline && !whole) return at;
        const char *stop = newline ? newline : end;
        if (quote < at || quote == at) {
            quote = find('"', at, end);
            if (!quote) quote = end;
        }
        if (stop - at > CSV_RECORD_MAX) {
            reader->count = 0;
            give(reader, "the line is too long");
        } else if (quote >= stop) {
            give_plain(reader, at, stop);
        } else {
            const char *limit = end - at > CSV_RECORD_MAX ? at + CSV_RECORD_MAX : end;
            const char *next = split_quoted(reader, at, limit, whole && limit == end);
            if (!next) {
                if (limit == end && !whole) return at;
                at = give_unclosed(reader, at, end);
                continue;
            }
            give(reader, NULL);
            reader->line += count_lines(at, next) + (next == end && next[-1] != '\n');
            at = next;
            continue;
        }
        reader->line++;
        at = newline ? newline + 1 : end;
    }
    return at;
}

/* The rest of a line that was too long to keep. */
static const char *skip_line(struct csv_reader *reader, const char *at, const char *end)
{
    const char *newline = find('\n', at, end);
    if (!newline) return end;
    reader->skipping = false;
    reader->line++;
    return newline + 1;
}

/* `held` is full and still no whole record: its first line is bad; what follows it is kept. */
static void give_up_first_line(struct csv_reader *reader)
{
    struct buf *held = &reader->held;
    const char *end = held->data + held->size;
    const char *next = next_line(held->data, end);
    reader->count = 0;
    if (next == end && next[-1] != '\n') {
        give(reader, "the line is too long");
        reader->skipping = true;
        buf_reset(held);
        return;
    }
    next = give_unclosed(reader, held->data, end);
    held->size = (size_t)(end - next);
    memmove(held->data, next, held->size);
}

/* Completes the held record with bytes of the new part; returns the first byte not used. */
static const char *read_held(struct csv_reader *reader, const char *at, const char *end)
{
    struct buf *held = &reader->held;
    /* Up to the next line break; when that does not end the record, to one further and further off,
     * so that a record of many lines is not read again for each. */
    size_t step = 0;
    /* Each round uses bytes of the part or shortens `held` by a line. */
    while (held->size && !reader->cancelled && !reader->skipping) {
        size_t left = (size_t)(end - at);
        const char *stop = next_line(at + (step < left ? step : left), end);
        step = step ? step * 2 : HELD_STEP;
        size_t room = CSV_RECORD_MAX - held->size, size = (size_t)(stop - at);
        if (size > room) size = room;
        buf_add(held, at, size);
        at += size;
        const char *first = held->data, *last = held->data + held->size;
        const char *rest = read_records(reader, first, last, false);
        held->size = (size_t)(last - rest);
        memmove(held->data, rest, held->size);
        if (held->size == CSV_RECORD_MAX)
            give_up_first_line(reader);
        else if (at == end)
            break;
    }
    return at;
}

static enum status check_start(struct csv_reader *reader, const char **at, const char *end,
                               bool whole, bool *wait, struct error *error)
{
    size_t size = (size_t)(end - *at);
    *wait = !whole && size < 3;
    if (*wait) return ST_OK;
    if (size >= 2 && (memcmp(*at, "\xff\xfe", 2) == 0 || memcmp(*at, "\xfe\xff", 2) == 0))
        return error_set(error, ST_UNSUPPORTED,
                         "the file is UTF-16; save it as \"CSV UTF-8\" and send it again");
    if (size >= 3 && memcmp(*at, "\xef\xbb\xbf", 3) == 0) *at += 3;
    reader->at_start = false;
    return ST_OK;
}

/* Everything before the separator is known waits for the first whole line. */
static bool know_separator(struct csv_reader *reader, const char *at, const char *end, bool whole)
{
    if (reader->separator) return true;
    while (at < end && (*at == '\n' || *at == '\r')) /* blank lines say nothing */
        at++;
    const char *newline = find('\n', at, end);
    if (!whole && !newline) return false;
    if (!newline) newline = end;
    if (reader->choose)
        reader->separator = reader->choose(bytes_of(at, (size_t)(newline - at)), reader->ctx);
    else
        reader->separator = find_separator(at, newline);
    reader->cancelled = reader->cancelled || !reader->separator;
    return true;
}

/* The beginning is gathered in `held` until the byte order mark and the separator are known. */
static enum status read_start(struct csv_reader *reader, const char **at, const char *end,
                              bool whole, bool *wait, struct error *error)
{
    struct buf *held = &reader->held;
    size_t room = CSV_RECORD_MAX - held->size, size = (size_t)(end - *at);
    if (size > room) size = room;
    buf_add(held, *at, size);
    const char *first = buf_cstr(held), *last = first + held->size;
    whole = whole || held->size == CSV_RECORD_MAX;
    if (reader->at_start) {
        const char *start = first;
        enum status status = check_start(reader, &start, last, whole, wait, error);
        if (status != ST_OK || *wait) {
            *at += size;
            return status;
        }
        held->size -= (size_t)(start - first);
        if (held->size) memmove(held->data, start, held->size);
        last = first + held->size;
    }
    *wait = !know_separator(reader, first, last, whole);
    *at += size;
    if (*wait || reader->cancelled) return ST_OK;
    const char *rest = read_records(reader, first, last, false);
    held->size = (size_t)(last - rest);
    if (held->size) memmove(held->data, rest, held->size);
    if (held->size == CSV_RECORD_MAX) give_up_first_line(reader);
    return ST_OK;
}

static enum status outcome(const struct csv_reader *reader, struct error *error)
{
    if (!reader->cancelled) return ST_OK;
    return error_set(error, ST_CANCELLED, "reading stopped at line %llu",
                     (unsigned long long)reader->line);
}

enum status csv_feed(struct csv_reader *reader, struct bytes bytes, struct error *error)
{
    const char *at = bytes.data, *end = at + bytes.size;
    if (bytes.size == 0 || reader->cancelled) return outcome(reader, error);
    if (reader->at_start || !reader->separator) {
        bool wait = false;
        enum status status = read_start(reader, &at, end, false, &wait, error);
        if (status != ST_OK || wait) return status;
    }
    /* Each round uses bytes, or leaves by the return. */
    while (at < end && !reader->cancelled) {
        if (reader->skipping) {
            at = skip_line(reader, at, end);
            continue;
        }
        if (reader->held.size) {
            at = read_held(reader, at, end);
            continue;
        }
        at = read_records(reader, at, end, false);
        if (reader->cancelled) break;
        size_t size = (size_t)(end - at);
        if (size > CSV_RECORD_MAX) size = CSV_RECORD_MAX;
        if (size) buf_add(&reader->held, at, size);
        at += size;
        if (reader->held.size == CSV_RECORD_MAX) give_up_first_line(reader);
    }
    return outcome(reader, error);
}

enum status csv_end(struct csv_reader *reader, struct error *error)
{
    if (reader->at_start || !reader->separator) {
        const char *none = "";
        bool wait = false;
        enum status status = read_start(reader, &none, none, true, &wait, error);
        if (status != ST_OK) return status;
    }
    struct buf *held = &reader->held;
    if (held->size && !reader->cancelled && !reader->skipping) {
        read_records(reader, held->data, held->data + held->size, true);
        buf_reset(held);
    }
    return outcome(reader, error);
}

int csv_column_number(const char *text)
{
    size_t digits = *text == '#' ? strspn(text + 1, "0123456789") : 0;
    if (!digits || text[1 + digits]) return 0;
    long number = digits > 3 ? 0 : strtol(text + 1, NULL, 10);
    return number >= 1 && number <= CSV_FIELDS_MAX ? (int)number : -1;
}
