/* Tables, records and values for people. */
#define _XOPEN_SOURCE 700
#include "ctl/table.h"

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

enum { COLUMNS_MAX = 16, CELL_MAX = 4096, GAP = 2 };

size_t ctl_text_width(const char *text)
{
    size_t width = 0;
    mbstate_t state = {0};
    for (size_t left = strlen(text); left;) {
        wchar_t wide;
        size_t size = mbrtowc(&wide, text, left, &state);
        if (size == 0 || size > left) { /* no UTF-8: a byte is a column */
            memset(&state, 0, sizeof state);
            size = 1;
            width++;
        } else {
            int columns = wcwidth(wide);
            width += columns > 0 ? (size_t)columns : 0;
        }
        text += size;
        left -= size;
    }
    return width;
}

const json_t *ctl_member(const json_t *object, const char *member)
{
    char name[64];
    while (object) {
        size_t size = strcspn(member, ".");
        snprintf(name, sizeof name, "%.*s", (int)size, member);
        object = json_object_get(object, name);
        if (!member[size]) break;
        member += size + 1;
    }
    return object;
}

/* Text as it may go to a terminal: no control characters, whatever a listing's title holds. */
static void add_safe(struct buf *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) { /* C1 controls */
            buf_char(out, '?');
            at++;
        } else {
            buf_char(out, *at < 0x20 || *at == 0x7f ? '?' : (char)*at);
        }
    }
}

static void add_time(struct buf *out, const char *text)
{
    int64_t ms = clock_parse(text);
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char local[40];
    if (ms < 0 || !localtime_r(&seconds, &tm) ||
        !strftime(local, sizeof local, "%Y-%m-%d %H:%M:%S", &tm))
        add_safe(out, text);
    else
        buf_text(out, local);
}

static void add_age(struct buf *out, int64_t ms)
{
    static const struct {
        int64_t from, unit;
        const char *name;
    } units[] = {
        {172800000, 86400000, "d"},
        {7200000, 3600000, "h"},
        {120000, 60000, "min"},
        {1000, 1000, "s"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms >= units[i].from) {
            buf_format(out, "%lld %s", (long long)(ms / units[i].unit), ctl_text(units[i].name));
            return;
        }
    buf_format(out, "%lld %s", (long long)ms, ctl_text("ms"));
}

static void add_value(struct buf *out, const json_t *value, enum ctl_cell cell);

/* "colour=red, size=M" */
static void add_pairs(struct buf *out, const json_t *object)
{
    const char *name, *before = "";
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        buf_text(out, before);
        add_safe(out, name);
        buf_char(out, '=');
        add_value(out, value, CELL_TEXT);
        before = ", ";
    }
}

static void add_value(struct buf *out, const json_t *value, enum ctl_cell cell)
{
    if (json_is_string(value)) {
        if (cell == CELL_TIME)
            add_time(out, json_string_value(value));
        else if (cell == CELL_WORD)
            add_safe(out, ctl_state_word(json_string_value(value)));
        else
            add_safe(out, json_string_value(value));
    } else if (json_is_integer(value)) {
        if (cell == CELL_AGE)
            add_age(out, json_integer_value(value));
        else
            buf_format(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        buf_format(out, "%g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        buf_text(out, json_is_true(value) ? ctl_text("yes") : ctl_text("no"));
    } else if (json_is_string(json_object_get(value, "text"))) { /* an object that says itself */
        const char *account = json_string_value(json_object_get(value, "account"));
        if (account) {
            add_safe(out, account);
            buf_text(out, ": ");
        }
        add_safe(out, json_string_value(json_object_get(value, "text")));
    } else if (json_object_size(value)) {
        add_pairs(out, value);
    } else if (json_is_array(value) && json_array_size(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i) buf_text(out, ", ");
            add_value(out, json_array_get(value, i), cell);
        }
    } else {
        buf_char(out, '-');
    }
}

void ctl_cell_text(struct buf *out, const json_t *object, const char *member, enum ctl_cell cell)
{
    add_value(out, ctl_member(object, member), cell);
}

static void pad(struct buf *out, size_t count)
{
    while (count--)
        buf_char(out, ' ');
}

static void add_cell(struct buf *out, const char *text, size_t width, enum ctl_cell cell, bool last)
{
    size_t own = ctl_text_width(text), fill = width > own ? width - own : 0;
    if (cell == CELL_NUMBER || cell == CELL_AGE) {
        pad(out, fill);
        buf_text(out, text);
        fill = 0;
    } else {
        buf_text(out, text);
    }
    if (!last) pad(out, fill + GAP); /* no blanks at the end of a line */
}

void ctl_table(struct buf *out, const struct ctl_column *columns, const json_t *rows)
{
    size_t count = 0, widths[COLUMNS_MAX] = {0}, row_count = json_array_size(rows);
    while (columns[count].title && count < COLUMNS_MAX)
        count++;
    char **cells = mem_array(row_count * count + 1, sizeof *cells);
    for (size_t c = 0; c < count; c++)
        widths[c] = ctl_text_width(ctl_text(columns[c].title));
    for (size_t r = 0; r < row_count; r++)
        for (size_t c = 0; c < count; c++) {
            struct buf cell;
            buf_init(&cell, CELL_MAX);
            ctl_cell_text(&cell, json_array_get(rows, r), columns[c].member, columns[c].cell);
            char *text = cells[r * count + c] = buf_take(&cell);
            size_t width = ctl_text_width(text);
            if (width > widths[c]) widths[c] = width;
        }
    for (size_t c = 0; c < count; c++)
        add_cell(out, ctl_text(columns[c].title), widths[c], columns[c].cell, c + 1 == count);
    buf_char(out, '\n');
    for (size_t i = 0; i < row_count * count; i++) {
        size_t c = i % count;
        add_cell(out, cells[i], widths[c], columns[c].cell, c + 1 == count);
        if (c + 1 == count) buf_char(out, '\n');
        mem_free(cells[i]);
    }
    mem_free(cells);
}

void ctl_record(struct buf *out, const struct ctl_column *columns, const json_t *object)
{
    size_t width = 0;
    for (const struct ctl_column *at = columns; at->title; at++) {
        const size_t own = ctl_text_width(ctl_text(at->title));
        if (ctl_member(object, at->member) && own > width) width = own;
    }
    for (const struct ctl_column *at = columns; at->title; at++) {
        if (!ctl_member(object, at->member)) continue;
        add_cell(out, ctl_text(at->title), width, CELL_TEXT, false);
        ctl_cell_text(out, object, at->member, at->cell);
        buf_char(out, '\n');
    }
}
