/* The operator's hands: submitting, taking answers, asking again after a crash. */
#include "script.h"

#include "base/mem.h"
#include "clerk.h"
#include "daemon.h"
#include "jobs.h"
#include "op_theme.h"
#include "oracle.h"
#include "oversold.h"
#include "script_op.h"

#include <string.h>

struct script {
    struct sim *sim;
    struct random random, house;
    struct op *first, **end; /* submitted and not answered, in their order */
    uint64_t commands, reserved;
    bool begun;
};

struct script *script_new(struct sim *sim)
{
    struct script *s = mem_alloc(sizeof *s);
    s->sim = sim;
    s->end = &s->first;
    random_seed(&s->random, sim->plan.seed ^ UINT64_C(0x6f70657261746f72));
    random_seed(&s->house, sim->plan.seed ^ UINT64_C(0x7469646965737570));
    return s;
}

void script_free(struct script *s)
{
    for (struct op *op = s->first, *next; op; op = next) {
        next = op->next;
        op_free(op);
    }
    op_free_held(s->sim);
    truth_free(&s->sim->truth);
    mem_free(s);
}

uint64_t script_commands(const struct script *s)
{
    return s->commands;
}

bool script_idle(const struct script *s)
{
    return s->first == NULL;
}

bool script_unlinks(const struct script *s, uint32_t remote, uint32_t local)
{
    for (const struct op *op = s->first; op; op = op->next)
        if (op->kind == OP_UNLINK && op->remote == remote && op->local == local) return true;
    return false;
}

bool script_switches(const struct script *s, uint32_t account)
{
    for (const struct op *op = s->first; op; op = op->next)
        if (op->kind == OP_SWITCH && op->account == account) return true;
    return false;
}

bool script_pauses(const struct script *s, uint32_t account)
{
    bool paused = s->sim->truth.paused[account];
    for (const struct op *op = s->first; op; op = op->next)
        paused |= (op->kind == OP_PAUSE || op->kind == OP_RESUME) && op->account == account;
    return paused;
}

bool script_returns(const struct script *s, uint32_t seller, uint64_t posting, size_t line)
{
    for (const struct op *op = s->first; op; op = op->next)
        if (op->kind == OP_RETURN && op->seller == seller && op->posting == posting &&
            op->line == line)
            return true;
    return false;
}

void script_each_open(const struct script *s, void (*each)(void *ctx, const struct op *op),
                      void *ctx)
{
    for (const struct op *op = s->first; op; op = op->next)
        each(ctx, op);
}

static journal_topic topic_of(const struct op *op)
{
    (void)op;
    return 0;
}

/* ---- answers */

static void check_answer(const struct op *op, enum status status, const struct error *error)
{
    char text[160];
    enum op_expected expected = op_expected(op, &op->sim->truth);
    bool refused = status == ST_INVALID || status == ST_NOT_FOUND || status == ST_CONFLICT ||
                   status == ST_EXISTS || status == ST_TOO_BIG;
    if (status == ST_HELD && !op->sim->guard.on)
        sim_fail(op->sim, "answers", topic_of(op), "held without a guard: %s", op_text(op, text));
    if (status == ST_OK && expected == OP_REFUSED)
        sim_fail(op->sim, "answers", topic_of(op), "taken, but must be refused: %s",
                 op_text(op, text));
    if (refused && expected == OP_TAKEN)
        sim_fail(op->sim, "answers", topic_of(op), "refused, but must be taken: %s: %s",
                 op_text(op, text), error->text);
}

static enum tally_end end_of(enum status status)
{
    switch (status) {
    case ST_OK: return TALLY_TAKEN;
    case ST_HELD: return TALLY_HELD;
    case ST_INVALID:
    case ST_NOT_FOUND:
    case ST_CONFLICT:
    case ST_EXISTS:
    case ST_TOO_BIG: return TALLY_REFUSED;
    default: return TALLY_FAILED;
    }
}

static void op_ended(struct engine_task *task, enum status status, const struct error *error)
{
    struct op *op = (struct op *)task;
    struct script *s = op->sim->script;
    char text[160];
    if (status == ST_CANCELLED) return; /* the process died: not known; see script_booted */
    sim_say(op->sim, topic_of(op), "%s: %s", op_text(op, text), status_name(status));
    check_answer(op, status, error);
    op->sim->tally.commands[op->kind][end_of(status)]++;
    if (status == ST_OK) guard_oracle_counts(op->sim->guard_oracle, op);
    if (status == ST_OK) op_record(op, &op->sim->truth);
    if (status == ST_OK) oversold_recorded(op->sim->oversold, op);
    struct op **at = &s->first;
    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
    if (!*at) s->end = at;
    const struct op_theme *theme = op_theme_of(op->kind);
    if (theme->ended) theme->ended(op, status);
    past_release(op, &op->sim->truth);
    op_forget_held(op);
    if (status == ST_HELD && op->task.plan) {
        op->plan = op->task.plan;
        guard_oracle_held(op->sim->guard_oracle, op, op->plan);
        op_keep_held(op);
        return;
    }
    op_free(op);
}

static void take_out(struct script *s, struct op *op)
{
    struct op **at = &s->first;
    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
    if (!*at) s->end = at;
}

void script_follow(struct script *s, struct op *op)
{
    *s->end = op;
    s->end = &op->next;
}

void script_followed(struct script *s, struct op *op, bool record)
{
    char text[160];
    record &= s->sim->plan.mutation != MUTATION_LOST_IMPORT;
    if (record) sim_say(s->sim, topic_of(op), "import: %s", op_text(op, text));
    if (record) guard_oracle_counts(s->sim->guard_oracle, op);
    if (record) op_record(op, &s->sim->truth);
    if (record) oversold_recorded(s->sim->oversold, op);
    take_out(s, op);
    op_free(op);
}

/* ---- questions */

static void submit(struct script *s, struct op *op, struct random *random)
{
    uint64_t id[2];
    id[0] = random_u64(random);
    id[1] = random_u64(random);
    memcpy(op->id, id, sizeof op->id);
    enum { PEOPLE = 3 };
    op->source = 1 + (uint32_t)(id[1] % PEOPLE);
    op->unguarded = !s->begun; /* whoever makes the world sees what is done */
    op->now_ms = clock_wall_ms(&s->sim->loop.clock);
    op->task = (struct engine_task){.run = op_run, .done = op_ended};
    *s->end = op;
    s->end = &op->next;
    s->commands++;
    daemon_submit(s->sim->daemon, &op->task);
}

static struct op *op_new(struct script *s, enum op_kind kind, struct random *random)
{
    struct op *op = mem_alloc(sizeof *op);
    op->sim = s->sim;
    op->kind = kind;
    op_draw(op, random);
    return op;
}

static enum op_kind draw_kind(const uint32_t weights[OP_KINDS], struct random *random)
{
    uint32_t sum = 0, kind = 0;
    for (int i = 0; i < OP_KINDS; i++)
        sum += weights[i];
    uint32_t drawn = (uint32_t)random_below(random, sum);
    while (drawn >= weights[kind])
        drawn -= weights[kind++];
    return (enum op_kind)kind;
}

void script_act(struct script *s)
{
    enum op_kind kind = draw_kind(s->sim->plan.op_weights, &s->random);
    if (kind == OP_RESERVE && s->reserved++ >= TRUTH_RESERVATIONS_MAX) kind = OP_SET;
    struct op *op = op_new(s, kind, &s->random);
    if (s->sim->plan.mutation == MUTATION_SECRET_FORCE && kind == OP_SET) {
        op->kind = OP_REQUEUE;
        op->secret = true;
    }
    submit(s, op, &s->random);
}

void script_tidy(struct script *s)
{
    enum op_kind kind = draw_kind(s->sim->plan.house.weights, &s->house);
    submit(s, op_new(s, kind, &s->house), &s->house);
}

void script_sold(struct script *s, uint32_t product, uint32_t local, int64_t pieces,
                 struct random *random)
{
    struct op *op = op_new(s, OP_ADJUST, random);
    op->product = product;
    op->local = local;
    op->amount = -pieces;
    submit(s, op, random);
}

void script_clerk(struct script *s, enum op_kind kind, uint64_t job, uint64_t number,
                  struct random *random)
{
    struct op *op = op_new(s, kind, random);
    op->job = job;
    if (kind == OP_UNDO_IMPORT)
        op->undoes = number;
    else
        op->plan = number;
    submit(s, op, random);
}

/* ---- the beginning of each life */

struct warehouse_op {
    struct engine_task task; /* first */
    struct script *script;
    struct buf payload;
};

static enum status warehouse_run(struct engine_task *task, struct store_txn *txn,
                                 struct error *error)
{
    struct warehouse_op *op = (struct warehouse_op *)task;
    struct sim *sim = op->script->sim;
    const struct command command = {.kind = COMMAND_WAREHOUSE_PUT,
                                    .actor = "conf.d",
                                    .now_ms = clock_wall_ms(&sim->loop.clock),
                                    .payload = bytes_of(op->payload.data, op->payload.size)};
    return engine_apply(daemon_engine(sim->daemon), txn, &command, NULL, error);
}

static void warehouse_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct warehouse_op *op = (struct warehouse_op *)task;
    if (status == ST_INVALID || status == ST_NOT_FOUND || status == ST_TOO_BIG)
        sim_fail(op->script->sim, "boot", 0, "no warehouse: %s", error->text);
    buf_free(&op->payload);
    mem_free(op);
}

static void put_warehouses(struct script *s)
{
    for (uint32_t i = 0; i < s->sim->world.local_count; i++) {
        struct warehouse_op *op = mem_alloc(sizeof *op);
        op->script = s;
        op->task = (struct engine_task){.run = warehouse_run, .done = warehouse_done};
        buf_init(&op->payload, 1024);
        command_warehouse_put(&op->payload, bytes_text(s->sim->world.locals[i]), bytes_text("x"));
        daemon_submit(s->sim->daemon, &op->task);
    }
}

/* A cap of each product. */
static void give_rules(struct script *s)
{
    if (s->sim->plan.focus != FOCUS_CAPPED && s->sim->plan.focus != FOCUS_READ) return;
    for (uint32_t p = 0; p < s->sim->world.product_count; p++) {
        struct op *op = op_new(s, OP_RULE, &s->house);
        op->product = p;
        submit(s, op, &s->house);
    }
}

static void give_world(struct script *s)
{
    const struct world *world = &s->sim->world;
    for (uint32_t p = 0; p < world->product_count; p++) {
        if (random_below(&s->random, 4) == 0) continue;
        struct op *op = op_new(s, OP_PRODUCT, &s->random);
        op->product = p;
        submit(s, op, &s->random);
    }
    for (uint32_t r = 0; r < world->remote_count; r++)
        for (uint32_t l = 0; l < world->local_count; l++) {
            if (random_below(&s->random, 2)) continue;
            struct op *op = op_new(s, OP_LINK, &s->random);
            op->remote = r;
            op->local = l;
            op->account = world->remote_account[r];
            submit(s, op, &s->random);
        }
    for (uint32_t l = 0; l < world->local_count; l++) {
        struct op *op = op_new(s, OP_BULK, &s->random);
        for (uint32_t i = 0; i < op->bulk_count; i++)
            op->bulk[i].local = l;
        submit(s, op, &s->random);
    }
    give_rules(s);
}

static bool was_applied(struct store_txn *txn, const struct op *op)
{
    return store_get(txn, TABLE_COMMAND_ID, bytes_of(op->id, sizeof op->id), NULL) == ST_OK;
}

/* The client asks what became of what it was not answered for. */
static void ask_again(struct script *s)
{
    struct store_txn *txn;
    char text[160];
    enum { TRIES = 3 }; /* the store fails once, now and then */
    enum status status = ST_IO;
    for (int i = 0; i < TRIES && s->first && status != ST_OK; i++)
        status = store_begin(s->sim->store, STORE_READ, &txn, NULL);
    if (status != ST_OK) return;
    for (struct op *op = s->first, *next; op; op = next) {
        next = op->next;
        bool applied = op->followed ? jobs_kept(txn, op) : was_applied(txn, op);
        sim_say(s->sim, topic_of(op), "%s: %s after all", op_text(op, text),
                applied ? "taken" : "not taken");
        if (applied) guard_oracle_counts(s->sim->guard_oracle, op);
        if (applied) op_record(op, &s->sim->truth);
        if (applied) oversold_recorded(s->sim->oversold, op);
        past_release(op, &s->sim->truth);
        op_forget_held(op);
        op_free(op);
    }
    s->first = NULL;
    s->end = &s->first;
    store_abort(txn);
}

/* A process that starts takes them from the files, whatever became of switches before. */
static void record_imports(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        if (!sim->away[i]) sim->truth.imports[i] = sim->world.accounts[i].orders_import;
}

void script_booted(struct script *s)
{
    ask_again(s);
    record_imports(s->sim);
    if (s->sim->clerk) clerk_booted(s->sim->clerk);
    if (s->begun) oracle_compare_store(s->sim, "after a restart");
    put_warehouses(s);
    if (!s->begun) give_world(s);
    s->begun = true;
}

void script_count(struct script *s)
{
    enum { COUNTS = 12 };
    for (int i = 0; i < COUNTS; i++)
        submit(s, op_new(s, OP_SET, &s->random), &s->random);
}

/* What was refused by name waits for a person. */
static void ask_for_all(struct script *s)
{
    for (uint32_t p = 0; p < s->sim->world.product_count; p++) {
        struct op *op = op_new(s, OP_REQUEUE, &s->random);
        op->product = p;
        op->amount = 0;
        submit(s, op, &s->random);
    }
}

/* What parked it is mended, and the process has to see that by itself. */
static void resume(struct script *s, uint32_t account)
{
    if (!s->sim->truth.paused[account]) return;
    struct op *op = op_new(s, OP_RESUME, &s->random);
    op->account = account;
    submit(s, op, &s->random);
}

void script_mend(struct script *s)
{
    if (s->sim->plan.focus == FOCUS_FINES) ask_for_all(s);
    for (uint32_t i = 0; i < s->sim->world.account_count; i++) {
        resume(s, i);
        /* One that the store refused is asked for again. */
        if (!s->sim->plan.op_weights[OP_SWITCH] || s->sim->truth.imports[i]) continue;
        struct op *op = op_new(s, OP_SWITCH, &s->random);
        op->account = i;
        op->amount = s->sim->world.accounts[i].orders_import = true;
        submit(s, op, &s->random);
    }
}
