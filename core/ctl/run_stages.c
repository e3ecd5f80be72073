/* Runs with stages, in words: which one goes on, and how each of them ended. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include <string.h>

/* 1234567 -> 1,234,567 */
static void add_count(struct buf *out, json_int_t count)
{
    char digits[32];
    int size = snprintf(digits, sizeof digits, "%lld", (long long)count);
    for (int i = 0; i < size; i++) {
        if (i && (size - i) % 3 == 0 && digits[i - 1] != '-') buf_char(out, ',');
        buf_char(out, digits[i]);
    }
}

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(json_object_get(object, member));
    return value ? value : "";
}

static void add_text(struct buf *out, const json_t *object, const char *member)
{
    ctl_cell_text(out, object, member, CELL_TEXT); /* no control characters */
}

static void add_amount(struct buf *out, const json_t *stage)
{
    const json_t *total = json_object_get(stage, "total");
    json_int_t done = json_integer_value(json_object_get(stage, "done"));
    if (!json_is_integer(total) && done == 0) return;
    buf_text(out, "  ");
    add_count(out, done);
    if (!json_is_integer(total)) return;
    buf_text(out, " of ");
    add_count(out, json_integer_value(total));
    const json_t *percent = json_object_get(stage, "percent");
    if (json_is_integer(percent))
        buf_format(out, "  %lld %%", (long long)json_integer_value(percent));
}

bool ctl_stage_line(struct buf *out, const json_t *run)
{
    const json_t *stages = json_object_get(run, "stages"), *stage;
    size_t i, at = SIZE_MAX;
    json_array_foreach (stages, i, stage) {
        bool running = strcmp(text(stage, "state"), "running") == 0;
        if (running || (at == SIZE_MAX && strcmp(text(stage, "state"), "waiting") == 0)) at = i;
        if (running) break;
    }
    if (at == SIZE_MAX) return false;
    stage = json_array_get(stages, at);
    buf_format(out, "stage %zu of %zu  ", at + 1, json_array_size(stages));
    add_text(out, stage, "name");
    add_amount(out, stage);
    if (*text(stage, "error")) {
        buf_text(out, "  it failed and is tried again: ");
        add_text(out, stage, "error");
    }
    return true;
}

void ctl_stages_end(struct buf *out, const json_t *run)
{
    const json_t *stage;
    size_t i;
    json_array_foreach (json_object_get(run, "stages"), i, stage) {
        const char *state = text(stage, "state");
        buf_text(out, "  ");
        add_text(out, stage, "name");
        buf_text(out, ": ");
        ctl_cell_text(out, stage, "state", CELL_WORD);
        json_int_t done = json_integer_value(json_object_get(stage, "done"));
        if (strcmp(state, "done") == 0 && done) {
            buf_text(out, ", ");
            add_count(out, done);
        }
        if (*text(stage, "error")) {
            buf_text(out, ", ");
            add_text(out, stage, "error");
        }
        buf_char(out, '\n');
    }
}
