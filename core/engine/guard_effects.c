/* What a command does to the figures shown, tallied by account. It is judged in guard.c. */
#include "engine/guard_mark.h"
#include "engine/guard_private.h"

#include "base/mem.h"

enum {
    SLOTS = GUARD_WINDOW_HOURS + 1,
    STEPS_LOOKED = 32, /* whatever products they are of */
};

uint32_t guard_source(const char *actor, uint64_t job)
{
    uint32_t hash = 2166136261u; /* FNV-1a: two sources on one number share a limit, no more */
    for (const char *at = actor ? actor : ""; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    for (int i = 0; job && i < 64; i += 8)
        hash = (hash ^ (uint8_t)(job >> i)) * 16777619u;
    return hash ? hash : 1;
}

void guard_effects_reset(struct guard_effects *e, uint32_t source, uint32_t hour)
{
    e->source = source;
    e->hour = hour;
    e->count = e->row_count = e->given_count = 0;
    e->total = 0;
}

void guard_effects_free(struct guard_effects *e)
{
    mem_free(e->tallies);
    mem_free(e->rows);
    mem_free(e->given);
    *e = (struct guard_effects){0};
}

static struct guard_tally *tally_of(struct guard_effects *e, uint32_t account)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (e->tallies[i].account == account) return &e->tallies[i];
    if (e->count == e->room) {
        e->room = e->room ? e->room * 2 : 4;
        e->tallies = mem_resize(e->tallies, e->room * sizeof *e->tallies);
    }
    struct guard_tally *t = &e->tallies[e->count++];
    memset(t, 0, sizeof *t);
    t->account = account;
    return t;
}

static void add_row(struct guard_effects *e, const struct guard_row *row)
{
    e->total++;
    if (e->row_count == GUARD_ROWS_KEPT) return;
    if (e->row_count == e->row_room) {
        e->row_room = e->row_room ? e->row_room * 2 : 16;
        e->rows = mem_resize(e->rows, e->row_room * sizeof *e->rows);
    }
    e->rows[e->row_count++] = *row;
}

/* ---- what was counted before */

static void count_before(struct guard_before *b, const struct guard_row *row, uint32_t changed_hour,
                         uint32_t zeroed_hour, uint32_t hour, int by)
{
    bool zeroed = guard_counted(zeroed_hour, hour);
    if (guard_counted(changed_hour, hour)) b->changed[changed_hour % SLOTS] += (uint32_t)by;
    if (row->after == 0 && zeroed)
        b->zeroed[zeroed_hour % SLOTS] += (uint32_t)by;
    else if (row->before == 0 && zeroed)
        b->restored[zeroed_hour % SLOTS] += (uint32_t)by;
}

/* A zero of another source shows something again. */
static void give_back(struct guard_effects *e, uint32_t account, const struct guard_mark *mark,
                      int by)
{
    uint32_t i = 0;
    while (i < e->given_count &&
           (e->given[i].account != account || e->given[i].source != mark->source ||
            e->given[i].hour != mark->zeroed_hour))
        i++;
    if (i == e->given_count) {
        if (e->given_count == e->given_room) {
            e->given_room = e->given_room ? e->given_room * 2 : 4;
            e->given = mem_resize(e->given, e->given_room * sizeof *e->given);
        }
        e->given[e->given_count++] =
            (struct guard_given){account, mark->source, mark->zeroed_hour, 0};
    }
    e->given[i].count += (uint32_t)by;
}

/* Adds it to the tally (`by` 1), or takes it off again (-1). */
static void count_row(struct guard_effects *e, const struct guard_row *row, int by)
{
    uint32_t hour = e->hour;
    struct guard_tally *t = tally_of(e, row->target.account);
    const struct target_marks *marks = &row->marks;
    struct guard_mark each[TARGET_SOURCES], mine = guard_mark_of(marks, e->source);
    bool raised = row->after != 0 && row->before == 0;
    t->changed += (uint64_t)by;
    t->zeroed += row->after == 0 ? (uint64_t)by : 0;
    t->raised += raised ? (uint64_t)by : 0;
    count_before(&t->all, row, marks->changed_hour, marks->zeroed_hour, hour, by);
    count_before(&t->mine, row, mine.changed_hour, mine.zeroed_hour, hour, by);
    guard_marks_read(marks, each);
    for (int i = 0; raised && i < TARGET_SOURCES; i++)
        if (each[i].source && each[i].source != e->source &&
            guard_counted(each[i].zeroed_hour, hour))
            give_back(e, row->target.account, &each[i], by);
}

/* ---- one step */

/* The row of a step that the same command made there before; NULL: there is none. One that changes
 * many products is done with each before it goes on to the next. One that takes listings from one
 * product to another (a merge, and taking it back) goes from one to the other and back again. */
static struct guard_row *step_before(struct guard_effects *e, const struct target_id *id)
{
    uint32_t last = e->row_count > STEPS_LOOKED ? e->row_count - STEPS_LOOKED : 0;
    for (uint32_t i = e->row_count;
         i-- > 0 && (i >= last || e->rows[i].target.product == id->product);)
        if (e->rows[i].target.product == id->product && e->rows[i].target.listing == id->listing &&
            e->rows[i].target.account == id->account && e->rows[i].target.remote == id->remote)
            return &e->rows[i];
    return NULL;
}

static int64_t pieces_between(int64_t before, int64_t after)
{
    return after > before ? after - before : before - after;
}

/* As if that step had not been: the record's marks are what they were. */
static void take_back(struct guard_effects *e, struct guard_row *row, struct target_marks *marks)
{
    struct guard_tally *t = tally_of(e, row->target.account);
    count_row(e, row, -1);
    if (t->pieces < INT64_MAX) t->pieces -= pieces_between(row->before, row->after);
    *marks = row->marks;
    uint32_t after = e->row_count - 1 - (uint32_t)(row - e->rows);
    memmove(row, row + 1, after * sizeof *row);
    e->row_count--;
    e->total--;
}

void guard_effects_forget(struct guard_effects *e, const struct target_id *id,
                          struct target_marks *marks)
{
    struct guard_row *step = step_before(e, id);
    if (step) take_back(e, step, marks);
}

void guard_effects_add(struct guard_effects *e, const struct target_id *id,
                       struct target_marks *marks, int64_t before, int64_t after)
{
    if (before == FIGURE_UNKNOWN || before == after) return;
    struct guard_row *step = step_before(e, id);
    if (step) {
        before = step->before;
        take_back(e, step, marks);
        if (before == after) return;
    }
    const struct guard_row row = {*id, before, after, *marks};
    struct guard_tally *t = tally_of(e, id->account);
    count_row(e, &row, 1);
    if (__builtin_add_overflow(t->pieces, pieces_between(before, after), &t->pieces))
        t->pieces = INT64_MAX;
    guard_mark(marks, e->source, before, after, e->hour);
    add_row(e, &row);
}
