/* Undoing imports and deciding of them: which, when, and whether it must be possible. What the
 * commands are is op_import.c's. */
#include "clerk.h"

#include "base/mem.h"
#include "chaos.h"
#include "daemon.h"
#include "engine/undo.h"
#include "jobs.h"
#include "query/history.h"
#include "script.h"
#include "script_op.h"
#include "settings.h"

#include <string.h>

struct part {
    uint64_t job;
    bool undone;
    struct truth_past past;
};

struct clerk {
    struct sim *sim;
    struct random random;
    struct part *parts; /* in the order they were applied */
    size_t part_count, part_room;
    struct {
        uint64_t job, *list; /* parts; NULL: none is being undone */
        size_t count, at;
        bool whole;
        uint64_t commands; /* of the operator, when it was last asked for */
    } undo;
};

struct clerk *clerk_new(struct sim *sim)
{
    struct clerk *c = mem_alloc(sizeof *c);
    c->sim = sim;
    random_seed(&c->random, sim->plan.seed ^ UINT64_C(0x636c65726b));
    return c;
}

static void end_undo(struct clerk *c)
{
    mem_free(c->undo.list);
    c->undo.list = NULL;
}

void clerk_free(struct clerk *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->part_count; i++)
        mem_free(c->parts[i].past.steps);
    end_undo(c);
    mem_free(c->parts);
    mem_free(c);
}

void clerk_booted(struct clerk *c)
{
    if (c->undo.list) tally_count(&c->sim->tally, "kill -9 amid the undo of an import");
    end_undo(c);
}

/* ---- parts */

bool clerk_keeps(const struct op *op)
{
    return op->followed && op->sim->clerk;
}

struct truth_past *clerk_past(const struct op *op)
{
    struct clerk *c = op->sim->clerk;
    if (c->part_count == c->part_room) {
        c->part_room = c->part_room ? c->part_room * 2 : 16;
        c->parts = mem_resize(c->parts, c->part_room * sizeof *c->parts);
    }
    struct part *part = &c->parts[c->part_count++];
    bool lost = op->sim->plan.mutation == MUTATION_LOST_PART;
    *part = (struct part){.job = op->job,
                          .undone = lost,
                          .past = {.sequence = op->sequence, .kind = (uint32_t)op->kind}};
    return &part->past;
}

static struct part *part_of(struct clerk *c, uint64_t sequence)
{
    for (size_t i = c->part_count; i > 0; i--)
        if (c->parts[i - 1].past.sequence == sequence) return &c->parts[i - 1];
    return NULL;
}

struct truth_past *clerk_undone(struct clerk *c, uint64_t sequence)
{
    struct part *part = part_of(c, sequence);
    if (part) part->undone = true;
    return part ? &part->past : NULL;
}

/* ---- whether it must be possible, by the ledger */

struct since {
    bool any, set; /* something changed the pair after that; gave it a figure, and stands */
};

static void look_after(struct store_txn *txn, const uint8_t pair[12], uint64_t sequence,
                       struct since *since)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, bytes_of(pair, 12), &key, &value);
    for (; status == ST_OK && key_starts(key, bytes_of(pair, 12));
         status = store_next(cursor, &key, &value)) {
        struct ledger_record entry;
        const uint8_t *by = (const uint8_t *)key.data + 12;
        if (bytes_get_u64(by) <= sequence) continue;
        memcpy(&entry, value.data, sizeof entry);
        since->any = true;
        since->set |= (entry.cause == CAUSE_COUNT || entry.cause == CAUSE_IMPORT) &&
                      store_get(txn, TABLE_UNDONE, bytes_of(by, 8), NULL) == ST_NOT_FOUND;
    }
    store_cursor_close(cursor);
}

static struct since look_at(struct clerk *c, struct store_txn *txn, const struct part *part)
{
    const struct sim *sim = c->sim;
    struct since since = {false, false};
    for (uint32_t i = 0; i < part->past.step_count; i++) {
        const struct truth_step *step = &part->past.steps[i];
        int p = truth_find(&sim->truth, step->product);
        uint8_t key[12];
        struct bytes value;
        if (p == WORLD_NONE ||
            store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sim->world.skus[p]), &value) != ST_OK) {
            since.any = true;
            continue;
        }
        memcpy(key, value.data, 8);
        bytes_put_u32(key + 8, step->local + 1); /* warehouses are made in this order */
        look_after(txn, key, part->past.sequence, &since);
    }
    return since;
}

/* What the parts' own plans say, against it. */
static void check_plan(struct clerk *c, struct store_txn *txn, const struct undo_plan *plan)
{
    struct since since = {false, false};
    for (size_t i = 0; i < c->undo.count; i++) {
        const struct part *part = part_of(c, c->undo.list[i]);
        if (!part) return;
        const struct since of = look_at(c, txn, part);
        since.any |= of.any;
        since.set |= of.set;
    }
    if (!since.any && plan->obstacles && !c->sim->plan.orders.import)
        sim_fail(c->sim, "undo", 0, "import %llu cannot be undone (%s), and nothing came since",
                 (unsigned long long)c->undo.job, plan->first);
    if (since.set && !plan->obstacles)
        sim_fail(c->sim, "undo", 0, "import %llu can be undone although figures were given since",
                 (unsigned long long)c->undo.job);
}

/* Those of the record that are not undone are those that can be, the last one first. */
static void check_list(struct clerk *c)
{
    size_t at = 0;
    if (!script_idle(c->sim->script) || c->sim->plan.settings.compact_ms) return;
    for (size_t i = c->part_count; i > 0; i--) {
        const struct part *part = &c->parts[i - 1];
        if (part->job != c->undo.job || part->undone) continue;
        if (at >= c->undo.count || c->undo.list[at] != part->past.sequence)
            sim_fail(c->sim, "undo", 0, "part %llu of import %llu is not among what can be undone",
                     (unsigned long long)part->past.sequence, (unsigned long long)part->job);
        at++;
    }
    if (at < c->undo.count)
        sim_fail(c->sim, "undo", 0, "%zu parts of import %llu can be undone, and there are %zu",
                 c->undo.count, (unsigned long long)c->undo.job, at);
}

/* ---- undoing */

static void crash_maybe(struct clerk *c);

static void ask_for_next(struct clerk *c)
{
    script_clerk(c->sim->script, OP_UNDO_IMPORT, c->undo.job, c->undo.list[c->undo.at], &c->random);
    c->undo.commands = script_commands(c->sim->script);
}

/* One part of it alone, now and then. */
static void choose_part(struct clerk *c)
{
    enum { ONE_IN = 4 };
    c->undo.whole = random_below(&c->random, ONE_IN) != 0;
    if (c->undo.whole || c->undo.count < 2) return;
    c->undo.list[0] = c->undo.list[random_below(&c->random, c->undo.count)];
    c->undo.count = 1;
}

/* As the API does: all of it is looked at before the first part is undone. */
static enum status look(struct clerk *c, struct store_txn *txn, struct undo_plan *plan)
{
    struct query query;
    struct error error;
    enum status status = query_open(&query, txn, &error);
    if (status != ST_OK) return status;
    status = query_group_undoable(&query, c->undo.job, &c->undo.list, &c->undo.count);
    query_close(&query);
    if (status == ST_OK) check_list(c);
    choose_part(c);
    for (size_t i = 0; i < c->undo.count && status == ST_OK; i++)
        status = undo_plan(txn, c->undo.list[i], plan, &error);
    if (status == ST_OK && c->undo.count && script_idle(c->sim->script)) check_plan(c, txn, plan);
    return status;
}

void clerk_undo(struct sim *sim)
{
    struct clerk *c = sim->clerk;
    struct store_txn *txn;
    struct undo_plan plan = {0};
    if (!daemon_is_up(sim->daemon) || c->undo.list || !c->part_count) return;
    uint64_t at =
        random_below(&c->random, 2) ? c->part_count - 1 : random_below(&c->random, c->part_count);
    c->undo.job = c->parts[at].job;
    c->undo.count = c->undo.at = 0;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return;
    enum status status = look(c, txn, &plan);
    store_abort(txn);
    if (status == ST_OK && c->undo.count && !plan.obstacles) {
        sim_say(sim, 0, "import %llu is to be undone: %zu parts", (unsigned long long)c->undo.job,
                c->undo.count);
        ask_for_next(c);
        crash_maybe(c);
        return;
    }
    if (plan.obstacles) tally_count(&sim->tally, "import that cannot be undone");
    end_undo(c);
}

static void undone_all(struct clerk *c)
{
    if (c->undo.whole) tally_count(&c->sim->tally, "import undone as a whole");
    end_undo(c);
}

void clerk_answered(struct op *op, enum status status)
{
    struct sim *sim = op->sim;
    struct clerk *c = sim->clerk;
    if (!c->undo.list || c->undo.list[c->undo.at] != op->undoes) return;
    bool refused = status == ST_CONFLICT || status == ST_NOT_FOUND || status == ST_INVALID;
    bool alone = script_commands(sim->script) == c->undo.commands && jobs_idle(sim);
    if (refused && alone && !sim->plan.orders.import)
        sim_fail(sim, "undo", 0, "part %llu of import %llu is refused, and nothing came between",
                 (unsigned long long)op->undoes, (unsigned long long)op->job);
    if (status != ST_OK || !daemon_is_up(sim->daemon)) {
        end_undo(c);
    } else if (++c->undo.at == c->undo.count) {
        undone_all(c);
    } else {
        ask_for_next(c);
    }
}

/* ---- amid */

/* Of what is over within the second: some time while it goes on. */
static int64_t amid_us(struct clerk *c)
{
    enum { STEPS = 10 };
    const struct runtime_delays *d = &c->sim->plan.delays;
    return (int64_t)random_below(&c->random,
                                 (uint64_t)(STEPS * (d->work_us + d->engine_us + d->commit_us)));
}

static void rush(void *ctx)
{
    struct sim *sim = ctx;
    enum { COMMANDS = 12 };
    for (int i = 0; i < COMMANDS && sim->phase == SIM_HOSTILE && daemon_is_up(sim->daemon); i++)
        script_act(sim->script);
}

void clerk_chunk(struct clerk *c)
{
    const struct sim *sim = c->sim;
    if (!sim->plan.settings.guard_ms || sim->phase != SIM_HOSTILE || sim->failed) return;
    if (random_below(&c->random, 2)) settings_guard_tight(c->sim);
}

void clerk_accepted(struct clerk *c)
{
    enum { RUSHES = 3 };
    if (!c->sim->guard.on || random_below(&c->random, 3)) return;
    for (int i = 0; i < RUSHES; i++)
        loop_after(&c->sim->loop, amid_us(c), rush, c->sim);
}

static void crash_amid(void *ctx)
{
    struct sim *sim = ctx;
    if (sim->phase == SIM_HOSTILE && !sim->failed && sim->clerk->undo.list) chaos_crash(sim);
}

static void crash_maybe(struct clerk *c)
{
    if (c->sim->plan.crash_ms && random_below(&c->random, 2))
        loop_after(&c->sim->loop, amid_us(c), crash_amid, c->sim);
}

/* ---- deciding */

void clerk_decide(struct sim *sim)
{
    struct clerk *c = sim->clerk;
    struct jobs_held held[JOBS_HELD_MOST];
    if (!daemon_is_up(sim->daemon)) return;
    uint32_t count = jobs_held(sim, held);
    if (count == 0) return;
    const struct jobs_held *of = &held[random_below(&c->random, count)];
    bool drop = sim_chance(&c->random, sim->plan.intake.drop);
    script_clerk(sim->script, drop ? OP_DROP_IMPORT : OP_APPLY_IMPORT, of->job, of->plan,
                 &c->random);
}
