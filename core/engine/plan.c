/* Keeping, applying and dropping plans. What they hold as bytes is plan_record.c's. */
#include "engine/plan.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/guard_private.h"

#include <stdio.h>

/* FNV-1a, 64 bits: an id stands for content, not against an adversary with a socket of ours. */
static uint64_t hash_add(uint64_t hash, struct bytes bytes)
{
    const uint8_t *at = bytes.data;
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}

static void row_write(uint8_t at[TARGET_KEY_SIZE + 16], const struct guard_row *row)
{
    target_key_write(at, &row->target);
    bytes_put_u64(at + TARGET_KEY_SIZE, (uint64_t)row->before);
    bytes_put_u64(at + TARGET_KEY_SIZE + 8, (uint64_t)row->after);
}

static uint64_t id_of(const struct plan_view *plan, const struct guard_effects *e)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const uint64_t head[] = {plan->kind, plan->command, plan->job, plan->total};
    hash = hash_add(hash, bytes_of(head, sizeof head));
    hash = hash_add(hash, plan->payload);
    for (uint32_t i = 0; i < e->row_count; i++) {
        uint8_t row[TARGET_KEY_SIZE + 16];
        row_write(row, &e->rows[i]);
        hash = hash_add(hash, bytes_of(row, sizeof row));
    }
    return (hash ^ hash >> 48) & UINT64_C(0xffffffffffff);
}

static void delete_plan(struct store_txn *txn, uint64_t id)
{
    uint8_t prefix[8];
    bytes_put_u64(prefix, id);
    store_delete(txn, TABLE_PLAN, bytes_of(prefix, sizeof prefix));
    store_delete_prefix(txn, TABLE_PLAN_ROW, bytes_of(prefix, sizeof prefix));
}

static enum status put_plan(struct store_txn *txn, uint64_t id, const struct plan_view *plan,
                            const struct guard_effects *e, struct error *error)
{
    uint8_t key[12];
    struct buf record;
    if (store_count(txn, TABLE_PLAN) >= PLANS_MAX)
        return error_set(error, ST_FULL,
                         "%d plans are held already, the most there can be; apply or drop some "
                         "(`stockctl plan list`)",
                         PLANS_MAX);
    delete_plan(txn, id);
    bytes_put_u64(key, id);
    buf_init(&record, COMMAND_PAYLOAD_MAX + RECORD_MAX);
    plan_write(&record, plan);
    store_put(txn, TABLE_PLAN, bytes_of(key, 8), bytes_of(record.data, record.size));
    buf_free(&record);
    for (uint32_t i = 0; e && i < e->row_count; i++) {
        uint8_t row[TARGET_KEY_SIZE + 16];
        bytes_put_u32(key + 8, i);
        row_write(row, &e->rows[i]);
        store_put(txn, TABLE_PLAN_ROW, bytes_of(key, sizeof key), bytes_of(row, sizeof row));
    }
    return store_failed(txn, error);
}

static void sum_up(struct plan_view *plan, const struct guard_effects *e)
{
    plan->total = e->total;
    for (uint32_t i = 0; i < e->count; i++) {
        plan->zeroed += e->tallies[i].zeroed;
        plan->raised += e->tallies[i].raised;
        if (__builtin_add_overflow(plan->pieces, e->tallies[i].pieces, &plan->pieces))
            plan->pieces = INT64_MAX;
    }
}

enum status plan_keep_held(struct engine *engine, struct store_txn *txn, uint64_t *id,
                           struct error *reason)
{
    struct guard *g = engine->guard;
    if (!g->held || g->command.group) return ST_NOT_FOUND;
    g->held = false;
    struct plan_view plan = {.kind = PLAN_COMMAND,
                             .sequence = engine->counters.sequence,
                             .created_ms = g->command.now_ms,
                             .actor = bytes_text(g->command.actor),
                             .reason = bytes_text(g->reason.text),
                             .payload = g->command.payload,
                             .command = g->command.kind};
    sum_up(&plan, &g->effects);
    *id = id_of(&plan, &g->effects);
    *reason = g->reason;
    struct error error = {0};
    enum status status = put_plan(txn, *id, &plan, &g->effects, &error);
    if (status != ST_OK) *reason = error;
    return status;
}

enum status plan_keep_job(struct engine *engine, struct store_txn *txn, uint64_t job,
                          const struct guard_effects *effects, const char *actor,
                          const char *reason, int64_t now_ms, uint64_t *id, struct error *error)
{
    struct plan_view plan = {.kind = PLAN_JOB,
                             .sequence = engine->counters.sequence,
                             .created_ms = now_ms,
                             .actor = bytes_text(actor),
                             .reason = bytes_text(reason),
                             .payload = bytes_of("", 0),
                             .command = COMMAND_STOCK_BULK,
                             .job = job};
    sum_up(&plan, effects);
    *id = id_of(&plan, effects);
    return put_plan(txn, *id, &plan, effects, error);
}

/* Plans of the outbox are made whenever somebody looks. */
static void drop_old_outbox(struct store_txn *txn)
{
    uint64_t oldest = 0;
    int64_t oldest_ms = INT64_MAX;
    uint32_t count = 0;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_PLAN);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct plan_view plan;
        if (key.size != 8 || plan_read(value, &plan) != ST_OK || plan.kind != PLAN_OUTBOX) continue;
        count++;
        if (plan.created_ms >= oldest_ms) continue;
        oldest_ms = plan.created_ms;
        oldest = bytes_get_u64(key.data);
    }
    store_cursor_close(cursor);
    if (count >= PLANS_OUTBOX_KEPT) delete_plan(txn, oldest);
}

enum status plan_keep_outbox(struct engine *engine, struct store_txn *txn, uint64_t id,
                             const struct plan_view *plan, struct error *error)
{
    (void)engine;
    drop_old_outbox(txn);
    return put_plan(txn, id, plan, NULL, error);
}

/* ---- applying, dropping */

void command_plan(struct buf *out, uint64_t id)
{
    wire_put_u64(out, id);
}

enum status plan_get(struct store_txn *txn, uint64_t id, struct plan_view *plan,
                     struct error *error)
{
    uint8_t key[8];
    struct bytes value;
    char text[PLAN_ID_TEXT];
    bytes_put_u64(key, id);
    plan_id_text(id, text);
    enum status status = store_get(txn, TABLE_PLAN, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND)
        return error_set(error, ST_NOT_FOUND,
                         "there is no plan '%s': it was applied or dropped, or what it would do is "
                         "another thing by now; `stockctl plan list` shows those there are",
                         text);
    if (status == ST_OK) status = plan_read(value, plan);
    return status == ST_OK ? ST_OK
                           : (engine_read_failed(txn, ST_DAMAGED, "plan", error), ST_DAMAGED);
}

enum { NAMED_MAX = 5 }; /* products named in a refusal */

/* Products whose stock anything but orders changed after the plan was made. */
struct changed {
    uint64_t since, before; /* command numbers, neither of them among them */
    uint64_t last, count, named[NAMED_MAX];
};

/* Rows of one product follow each other. */
static enum status look_at(struct applying *a, uint64_t product, struct changed *c)
{
    bool is = false;
    if (product == c->last) return ST_OK;
    c->last = product;
    enum status status = plan_product_changed(a->txn, product, c->since, c->before, &is, a->error);
    if (is && c->count < NAMED_MAX) c->named[c->count] = product;
    c->count += is;
    return status;
}

/* Those of its rows, and the one that a merge takes into another. */
static enum status find_changed(struct applying *a, uint64_t id, const struct plan_view *plan,
                                struct changed *c)
{
    uint8_t prefix[8];
    struct bytes key, value;
    bytes_put_u64(prefix, id);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_PLAN_ROW);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix))) {
        struct guard_row row;
        if (!plan_row_read(value, &row)) {
            status = ST_DAMAGED;
            break;
        }
        status = look_at(a, row.target.product, c);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    status = engine_read_failed(a->txn, status, "plan_row", a->error);
    if (status != ST_OK || plan->command != COMMAND_PRODUCT_MERGE) return status;
    struct wire_reader r = wire_reader(plan->payload);
    wire_get_bytes(&r);
    struct bytes other = wire_get_bytes(&r);
    bool known = r.ok && store_get(a->txn, TABLE_PRODUCT_SKU, other, &value) == ST_OK;
    return known && value.size == 8 ? look_at(a, bytes_get_u64(value.data), c) : ST_OK;
}

/* What the command that was just applied changed as well, and the plan does not tell of. */
static enum status find_more(struct applying *a, struct changed *c)
{
    const struct guard_effects *e = &a->engine->guard->effects;
    enum status status = ST_OK;
    for (uint32_t i = 0; i < e->row_count && status == ST_OK; i++)
        status = look_at(a, e->rows[i].target.product, c);
    return status;
}

static enum status refuse_changed(struct applying *a, uint64_t id, const struct changed *c)
{
    char text[PLAN_ID_TEXT], names[400] = "";
    size_t at = 0;
    plan_id_text(id, text);
    for (uint64_t i = 0; i < c->count && i < NAMED_MAX; i++) {
        uint8_t key[8];
        struct bytes value;
        struct product_view view;
        bytes_put_u64(key, c->named[i]);
        if (store_get(a->txn, TABLE_PRODUCT, bytes_of(key, sizeof key), &value) != ST_OK ||
            product_read(value, &view) != ST_OK)
            continue;
        int n =
            snprintf(names + at, sizeof names - at, "%s'%.*s'", at ? ", " : "",
                     (int)(view.sku.size < 60 ? view.sku.size : 60), (const char *)view.sku.data);
        if (n > 0 && at + (size_t)n < sizeof names) at += (size_t)n;
    }
    return error_set(
        a->error, ST_CONFLICT,
        "plan %s is out of date: the stock of %llu of its products was changed since "
        "by more than orders (%s); look, then give the command again, or drop the plan",
        text, (unsigned long long)c->count, names);
}

/* For who wants to undo it (query_plan_applied). */
static void note_applied(struct applying *a, uint64_t id, const char *as, uint64_t number)
{
    char text[PLAN_ID_TEXT], what[PLAN_ID_TEXT + 8], new[64];
    plan_id_text(id, text);
    snprintf(what, sizeof what, "plan %s", text);
    if (number)
        snprintf(new, sizeof new, "%s %llu", as, (unsigned long long)number);
    else
        snprintf(new, sizeof new, "%s", as);
    change_setting(a, 0, 0, what, "held", new);
}

static enum status apply_command(struct applying *a, uint64_t id, const struct plan_view *plan)
{
    struct changed changed = {.since = plan->sequence, .before = UINT64_MAX};
    enum status status = find_changed(a, id, plan, &changed);
    if (status != ST_OK) return status;
    if (changed.count) return refuse_changed(a, id, &changed);
    struct buf payload;
    char *actor = mem_text_n(plan->actor.data, plan->actor.size);
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    buf_add(&payload, plan->payload.data, plan->payload.size);
    const struct command command = {.kind = (enum command_kind)plan->command,
                                    .actor = actor,
                                    .now_ms = a->command->now_ms,
                                    .payload = bytes_of(payload.data, payload.size),
                                    .unguarded = true};
    uint64_t total = plan->total;
    struct command_result result;
    status = guard_look(a->engine, a->txn, &command, &result, a->error);
    buf_free(&payload);
    mem_free(actor);
    a->result->rows = total;
    changed.before = result.sequence;
    if (status == ST_OK && result.changed) status = find_more(a, &changed);
    if (changed.count) return refuse_changed(a, id, &changed); /* the transaction is given up */
    if (status == ST_OK)
        note_applied(a, id, result.changed ? PLAN_AS_COMMAND : PLAN_AS_NOTHING,
                     result.changed ? result.sequence : 0);
    return status;
}

static enum status read_id(struct applying *a, struct wire_reader *r, uint64_t *id,
                           struct plan_view *plan)
{
    *id = wire_get_u64(r);
    return plan_get(a->txn, *id, plan, a->error);
}

enum status apply_plan_apply(struct applying *a, struct wire_reader *r)
{
    uint64_t id;
    struct plan_view plan;
    enum status status = read_id(a, r, &id, &plan);
    if (status != ST_OK) return status;
    uint64_t job = plan.job, total = plan.total;
    const uint32_t kind = plan.kind;
    if (plan.kind == PLAN_COMMAND) status = apply_command(a, id, &plan);
    if (plan.kind == PLAN_OUTBOX) status = plan_apply_outbox(a, &plan);
    if (status != ST_OK) return status;
    if (kind == PLAN_JOB) note_applied(a, id, PLAN_AS_IMPORT, job);
    if (kind == PLAN_OUTBOX) note_applied(a, id, PLAN_AS_OUTBOX, 0);
    applying_sequence(a);
    a->result->job = job;
    if (job) a->result->rows = total;
    delete_plan(a->txn, id);
    return ST_OK;
}

enum status apply_plan_drop(struct applying *a, struct wire_reader *r)
{
    uint64_t id;
    struct plan_view plan;
    enum status status = read_id(a, r, &id, &plan);
    if (status != ST_OK) return status;
    a->result->job = plan.job;
    applying_sequence(a);
    delete_plan(a->txn, id);
    return ST_OK;
}
