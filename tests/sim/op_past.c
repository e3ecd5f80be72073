/* What was done and can be taken back; and taking it back: the inverse, in the record too. */
#include "op_theme.h"

#include "base/mem.h"
#include "clerk.h"
#include "ties.h"

#include <string.h>

/* ---- slots */

struct truth_past *past_new(const struct op *op, struct truth *t)
{
    if (!op->sequence) return NULL; /* its answer was lost: nobody knows the number */
    for (uint32_t i = 0; i < TRUTH_PAST; i++) {
        struct truth_past *past = &t->past[t->past_count++ % TRUTH_PAST];
        if (past->asked) continue;
        mem_free(past->steps);
        mem_free(past->gone);
        mem_free(past->ties);
        *past = (struct truth_past){.sequence = op->sequence, .kind = op->kind};
        return past;
    }
    return NULL;
}

static struct truth_past *find(const struct op *op, struct truth *t)
{
    for (uint32_t i = 0; i < TRUTH_PAST; i++)
        if (op->undoes && t->past[i].sequence == op->undoes) return &t->past[i];
    return NULL;
}

void past_release(const struct op *op, struct truth *t)
{
    struct truth_past *past = find(op, t);
    if (past && op->kind == OP_TAKE_BACK && past->asked) past->asked--;
}

/* ---- what commands did to figures */

/* Lines of any marketplace may have met a figure that was given as available. */
static bool nets_any(const struct truth *t, uint32_t product, uint32_t local)
{
    const struct truth_count *count = t->count[product][local];
    return t->unsure[product][local].all || (count && count->available);
}

static void note(const struct truth *t, uint32_t product, uint32_t local, struct past_notes *notes)
{
    if (notes->count == OP_BULK_MOST) return;
    notes->pairs[notes->count++] =
        (struct past_pair){product, local, t->figure[product][local], t->counted[product][local],
                           nets_any(t, product, local)};
}

void past_begin(const struct op *op, const struct truth *t, struct past_notes *notes)
{
    notes->count = 0;
    bool kept = clerk_keeps(op) || op->sim->plan.house.weights[OP_TAKE_BACK];
    if (!op->sequence || !kept) return;
    switch (op->kind) {
    case OP_TRANSFER: note(t, op->product, op->to_local, notes); /* fall through */
    case OP_SET:
    case OP_AVAILABLE:
    case OP_ADJUST: note(t, op->product, op->local, notes); return;
    case OP_BULK:
        for (uint32_t i = 0; i < op->bulk_count; i++)
            if (t->product[op->bulk[i].product])
                note(t, op->bulk[i].product, op->bulk[i].local, notes);
        return;
    default: return;
    }
}

void past_fill(struct truth_past *past, const struct truth *t, const struct past_notes *notes)
{
    past->steps = mem_array(notes->count, sizeof *past->steps);
    past->step_count = notes->count;
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct past_pair *n = &notes->pairs[i];
        past->steps[i] =
            (struct truth_step){.product = t->incarnation[n->product],
                                .local = n->local,
                                .by = t->figure[n->product][n->local] - n->figure,
                                .first = !n->counted,
                                .count = past->kind != OP_ADJUST && past->kind != OP_TRANSFER,
                                .all = n->all || nets_any(t, n->product, n->local)};
    }
}

void past_end(const struct op *op, struct truth *t, const struct past_notes *notes)
{
    struct truth_past *past = NULL;
    if (notes->count) past = clerk_keeps(op) ? clerk_past(op) : past_new(op, t);
    if (past) past_fill(past, t, notes);
}

/* ---- taking back */

static void draw(struct op *op, struct random *random)
{
    struct truth *t = &op->sim->truth;
    struct truth_past *past = &t->past[random_below(random, TRUTH_PAST)];
    op->undoes = past->sequence;
    if (past->sequence) past->asked++;
}

enum command_kind op_write_undo(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_undo(out, op->undoes);
    return COMMAND_UNDO;
}

/* What came since may stand in the way. */
static enum op_expected expect(const struct op *op, const struct truth *t)
{
    (void)t;
    return op->undoes ? OP_EITHER : OP_REFUSED;
}

/* A figure that was taken back stays the one that lines are judged by: those that it knew met the
 * one before it, too. */
static void doubt_back(struct truth *t, uint32_t p, const struct truth_step *step, bool all,
                       int64_t now_ms)
{
    if (!step->count && !all) return;
    truth_doubt(t, p, step->local, all || step->all, now_ms);
    truth_doubt(t, p, step->local, all || step->all, now_ms);
}

void past_take_steps_back(struct truth *t, const struct truth_past *past, bool all, int64_t now_ms)
{
    for (uint32_t i = 0; i < past->step_count; i++) {
        const struct truth_step *step = &past->steps[i];
        int p = truth_find(t, step->product);
        if (p == WORLD_NONE) continue;
        t->figure[p][step->local] -= step->by;
        doubt_back(t, (uint32_t)p, step, all, now_ms);
        if (!step->first) continue;
        t->counted[p][step->local] = false;
        truth_counted(t, (uint32_t)p, step->local, NULL);
        t->figure[p][step->local] = 0;
    }
}

static void take_merge_back(const struct op *op, struct truth *t, const struct truth_past *past)
{
    bool import = op->sim->plan.orders.import; /* lines may have changed hands since */
    past_take_steps_back(t, past, import, op_latest_ms(op));
    truth_give_back(t, past->other_name, past->gone);
    for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++)
        if (import && t->counted[past->other_name][l])
            truth_doubt(t, past->other_name, l, true, op_latest_ms(op));
    for (uint32_t i = 0; i < t->reservation_count; i++)
        if (t->reservations[i].merged == past->gone->incarnation)
            t->reservations[i].product = past->other_name;
}

static void take_delete_back(const struct op *op, struct truth *t, const struct truth_past *past)
{
    truth_give_back(t, past->name, past->gone);
    for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++)
        if (op->sim->plan.orders.import && t->counted[past->name][l])
            truth_doubt(t, past->name, l, true, op_latest_ms(op));
}

static void take_rule_back(struct truth *t, const struct truth_past *past)
{
    int p = truth_find(t, past->product);
    if (p == WORLD_NONE) return;
    struct truth_rule *now = &t->rules[p][past->account];
    const struct truth_rule *was = &past->rule, *became = &past->rule_after;
    if (was->mode != became->mode) now->mode = was->mode;
    if (was->days != became->days || was->factor != became->factor) {
        now->days = was->days;
        now->factor = was->factor;
    }
    for (int i = 0; i < TRUTH_FIELDS; i++) {
        uint16_t bit = (uint16_t)(1u << i);
        if ((was->given & bit) == (became->given & bit) && was->fields[i] == became->fields[i])
            continue;
        now->given = (uint16_t)((now->given & ~bit) | (was->given & bit));
        now->fields[i] = was->fields[i];
    }
}

static void take_back(const struct op *op, struct truth *t, const struct truth_past *past)
{
    int p = truth_find(t, past->product);
    switch (past->kind) {
    case OP_RULE: take_rule_back(t, past); return;
    case OP_MERGE: take_merge_back(op, t, past); return;
    case OP_DELETE: take_delete_back(op, t, past); return;
    case OP_RENAME:
        if (p != WORLD_NONE) truth_rename(t, (uint32_t)p, past->name);
        return;
    case OP_PRODUCT:
        if (p != WORLD_NONE) mem_free(truth_take_away(t, (uint32_t)p, op_latest_ms(op)));
        return;
    default: past_take_steps_back(t, past, false, op_latest_ms(op)); return;
    }
}

static void record(struct op *op, struct truth *t)
{
    const struct truth_past *past = find(op, t);
    if (!past) return;
    take_back(op, t, past);
    ties_take_back(t, past);
}

const struct op_theme op_take_back = {.name = "take-back",
                                      .draw = draw,
                                      .write = op_write_undo,
                                      .expected = expect,
                                      .record = record,
                                      .ties = true};
