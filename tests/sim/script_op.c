/* Commands of the operator: drawn, run in their transactions, recorded. What is of one kind alone
 * its theme knows (op_theme.h). */
#include "script_op.h"

#include "base/mem.h"
#include "daemon.h"
#include "op_theme.h"
#include "oracle_store.h"
#include "ties.h"

#include <stdio.h>
#include <string.h>

const struct op_theme *op_theme_of(enum op_kind kind)
{
    static const struct op_theme *const themes[OP_KINDS] = {
        [OP_SET] = &op_set,
        [OP_ADJUST] = &op_adjust,
        [OP_TRANSFER] = &op_transfer,
        [OP_BULK] = &op_bulk,
        [OP_PRODUCT] = &op_product,
        [OP_LINK] = &op_link,
        [OP_UNLINK] = &op_unlink,
        [OP_MAP] = &op_map,
        [OP_UNMAP] = &op_unmap,
        [OP_REQUEUE] = &op_requeue,
        [OP_PAUSE] = &op_pause,
        [OP_RESUME] = &op_resume,
        [OP_AVAILABLE] = &op_available,
        [OP_RESERVE] = &op_reserve,
        [OP_RELEASE] = &op_release,
        [OP_RETURN] = &op_return,
        [OP_SWITCH] = &op_switch,
        [OP_UNDO] = &op_undo,
        [OP_RENAME] = &op_rename,
        [OP_MERGE] = &op_merge,
        [OP_DELETE] = &op_delete,
        [OP_RULE] = &op_rule,
        [OP_SHARE] = &op_share,
        [OP_TAKE_BACK] = &op_take_back,
        [OP_REMAP] = &op_remap,
        [OP_APPLY] = &op_apply,
        [OP_DROP] = &op_drop,
        [OP_UNDO_IMPORT] = &op_undo_import,
        [OP_APPLY_IMPORT] = &op_apply_import,
        [OP_DROP_IMPORT] = &op_drop_import,
        [OP_VELOCITY] = &op_velocity,
    };
    return themes[kind];
}

void op_draw(struct op *op, struct random *random)
{
    const struct world *world = &op->sim->world;
    const struct op_theme *theme = op_theme_of(op->kind);
    op->product = (uint32_t)random_below(random, world->product_count);
    op->local = (uint32_t)random_below(random, world->local_count);
    op->to_local = (uint32_t)random_below(random, world->local_count);
    op->remote = (uint32_t)random_below(random, world->remote_count);
    op->account = (uint32_t)random_below(random, world->account_count);
    op->amount = op_draw_figure(op, random);
    if (theme->draw) theme->draw(op, random);
}

/* ---- names in the store */

struct bytes op_sku(const struct op *op)
{
    return bytes_text(op->sim->world.skus[op->product]);
}

struct bytes op_local(const struct op *op, uint32_t local)
{
    return bytes_text(op->sim->world.locals[local]);
}

struct bytes op_account(const struct op *op)
{
    return bytes_text(op->sim->world.accounts[op->account].name);
}

uint32_t op_local_number(const struct op *op, struct store_txn *txn, uint32_t local)
{
    struct bytes key, value;
    struct warehouse_view view;
    uint32_t number = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_WAREHOUSE);
    while (!number && store_next(cursor, &key, &value) == ST_OK)
        if (warehouse_read(value, &view) == ST_OK && bytes_equal(view.key, op_local(op, local)))
            number = bytes_get_u32(key.data);
    store_cursor_close(cursor);
    return number;
}

/* ---- in its transaction */

static void read_ties(const struct op *op, struct store_txn *txn, op_ties ties)
{
    for (uint32_t a = 0; a < op->sim->world.account_count; a++)
        for (uint32_t i = 0; i < op->sim->world.product_count; i++)
            ties[a][i] = (int16_t)oracle_mapped_product(op->sim, txn, a, i);
}

/* Their targets were made anew. */
static void tell_ties(const struct op *op, struct store_txn *txn)
{
    const struct world *world = &op->sim->world;
    op_ties after, *before = op->ties;
    read_ties(op, txn, after);
    for (uint32_t pair = 0; pair < world_pairs(world); pair++) {
        uint32_t account = world_pair_account(world, pair);
        uint32_t listing = pair % world->product_count;
        if ((*before)[account][listing] != after[account][listing])
            oracle_renewed(op->sim->oracle, pair);
    }
    op->sim->ties_moved = true;
    op->sim->deleted |= op->kind == OP_DELETE;
}

/* Of what it does: of a plan that is applied, of the command that it holds. */
static void tell_done(struct op *op, struct store_txn *txn, const struct op_theme *theme)
{
    if (theme->happened) theme->happened(op);
    if (theme->ties) tell_ties(op, txn);
    op->sim->arranged += theme->ties || theme->arranges;
}

/* Products are called otherwise by now, or gone. */
static void find_rows(struct op *op)
{
    for (uint32_t i = 0; i < op->bulk_count; i++) {
        int p = truth_find(&op->sim->truth, op->bulk[i].incarnation);
        if (p != WORLD_NONE) op->bulk[i].product = (uint32_t)p;
    }
}

static enum status run_command(struct op *op, struct store_txn *txn, struct command_result *result,
                               struct error *error)
{
    static const char *const people[] = {"operator", "stockctl", "api", "clerk"};
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    struct command command = {.actor = op->sim->guard.on ? people[op->source] : people[0],
                              .now_ms = op->now_ms,
                              .unguarded = op->unguarded};
    command.kind = op_theme_of(op->kind)->write(op, txn, &payload);
    command.payload = bytes_of(payload.data ? payload.data : "", payload.size);
    memcpy(command.id, op->id, sizeof op->id);
    op->arranged = op->sim->arranged;
    guard_oracle_before(op->sim->guard_oracle, op, txn);
    enum status status = engine_apply(daemon_engine(op->sim->daemon), txn, &command, result, error);
    guard_oracle_after(op->sim->guard_oracle, op, txn, status);
    buf_free(&payload);
    return status;
}

enum status op_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct op *op = (struct op *)task;
    struct op *of = op->kind == OP_APPLY && op->held ? op->held : op;
    struct command_result result;
    const struct op_theme *theme = op_theme_of(of->kind);
    if (theme->ties && !of->ties) of->ties = mem_alloc(sizeof *of->ties);
    if (theme->ties) read_ties(of, txn, *of->ties);
    of->now_ms = op->now_ms;
    if (of != op) find_rows(of);
    if (theme->look) theme->look(of, txn);
    enum status status = run_command(op, txn, &result, error);
    if (status == ST_OK && theme->after) status = theme->after(of, txn, &result, error);
    if (status != ST_OK) return status;
    tell_done(of, txn, theme);
    op->ran_us = op->sim->loop.now_us;
    op->sequence = result.changed ? result.sequence : 0;
    return status;
}

/* ---- the record */

int64_t op_latest_ms(const struct op *op)
{
    int64_t true_ms = loop_true_ms(&op->sim->loop);
    return op->now_ms > true_ms ? op->now_ms : true_ms;
}

enum op_expected op_expected(const struct op *op, const struct truth *t)
{
    const struct op_theme *theme = op_theme_of(op->kind);
    return theme->expected ? theme->expected(op, t) : OP_TAKEN;
}

enum op_expected op_expect_either(const struct op *op, const struct truth *t)
{
    (void)op;
    (void)t;
    return OP_EITHER;
}

void op_record(struct op *op, struct truth *t)
{
    struct past_notes notes;
    t->recorded_ms = loop_true_ms(&op->sim->loop);
    past_begin(op, t, &notes);
    const struct op_theme *theme = op_theme_of(op->kind);
    if (theme->record) theme->record(op, t);
    past_end(op, t, &notes);
    ties_record(op, t);
}

void op_forget_again(struct op *op)
{
    for (uint32_t i = 0; i < op->again_count; i++)
        mem_free(op->again[i].count);
    mem_free(op->again);
    op->again = NULL;
    op->again_count = 0;
}

void op_free(struct op *op)
{
    op_forget_again(op);
    guard_seen_free(op->seen);
    mem_free(op->ties);
    mem_free(op->count);
    for (uint32_t i = 0; i < OP_BULK_MOST; i++)
        mem_free(op->bulk[i].count);
    mem_free(op);
}

/* ---- for people */

const char *op_name(enum op_kind kind)
{
    return op_theme_of(kind)->name;
}

const char *op_text(const struct op *op, char out[160])
{
    const struct op_theme *theme = op_theme_of(op->kind);
    snprintf(out, 160, "%s %s %s->%s %lld remote=%s %s rows=%u", op_name(op->kind),
             op->sim->world.skus[op->product], op->sim->world.locals[op->local],
             op->sim->world.locals[op->to_local], (long long)op->amount,
             op->sim->world.remote_ids[op->remote], op->sim->world.accounts[op->account].name,
             op->bulk_count);
    if (theme->text) theme->text(op, out + strlen(out), 160 - strlen(out));
    return out;
}
