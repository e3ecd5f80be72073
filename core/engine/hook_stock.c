/* Figures that a shop tells: each row is set or adjusted, or refused by itself. Upholds I1 through
 * stock.h. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/hook_private.h"
#include "engine/stock.h"

#include "base/mem.h"

struct row {
    uint64_t product;
    int64_t quantity;
    uint32_t number; /* of the delivery */
    enum cause cause;
};

struct delivery {
    struct hooking h;
    bool adjust;
    enum figure_kind kind;
    int64_t told_ms;
    struct row *rows; /* those that can be applied */
    uint32_t count;
};

void command_hook_stock(struct buf *out, const struct hook_stock *stock)
{
    hook_head_write(out, &stock->head);
    wire_put_u8(out, stock->adjust);
    wire_put_u8(out, (uint8_t)stock->kind);
    wire_put_i64(out, stock->told_ms);
    wire_put_u64(out, stock->row_count);
    for (uint32_t i = 0; i < stock->row_count; i++) {
        wire_put_bytes(out, stock->rows[i].sku);
        wire_put_i64(out, stock->rows[i].quantity);
        wire_put_u8(out, (uint8_t)stock->rows[i].cause);
    }
}

static bool is_figure(const struct delivery *d, int64_t quantity)
{
    int64_t least = d->adjust ? -FIGURE_MAX : 0;
    return quantity >= least && quantity <= FIGURE_MAX;
}

/* Shops mostly write whole seconds: what lies in one and the same is not older. */
enum { GRAIN_MS = 1000 };

/* Whether the row can be applied to the pair as it is; 0: yes. */
static enum status judge(struct delivery *d, const struct row *row, enum hook_refusal *why)
{
    const struct stock_seen *seen;
    enum status status = stock_look(d->h.a, row->product, d->h.warehouse->no, &seen);
    int64_t figure = seen->counted ? seen->stock.on_hand + row->quantity : 0;
    *why = 0;
    if (status != ST_OK) return status;
    if (d->adjust && !seen->counted)
        *why = HOOK_UNCOUNTED;
    else if (d->adjust && (figure > FIGURE_MAX || figure < -FIGURE_MAX))
        *why = HOOK_TOO_BIG;
    else if (!d->adjust && d->told_ms && seen->counted &&
             seen->stock.counted_ms / GRAIN_MS > d->told_ms / GRAIN_MS)
        *why = HOOK_OLDER;
    return ST_OK;
}

static struct row *find(struct delivery *d, uint64_t product)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (d->rows[i].product == product) return &d->rows[i];
    return NULL;
}

/* A product named twice is changed by the sum; to be set to two figures makes no sense. */
static enum hook_refusal join(struct delivery *d, struct row *before, const struct row *row)
{
    if (!d->adjust) {
        if (before->quantity != row->quantity) return HOOK_TWICE;
        d->h.told->same++;
        return 0;
    }
    int64_t sum = before->quantity + row->quantity;
    if (!is_figure(d, sum)) return HOOK_TOO_BIG;
    before->quantity = sum;
    d->h.told->applied++;
    return 0;
}

static enum status take_row(struct delivery *d, struct wire_reader *r, uint32_t number)
{
    struct bytes sku = wire_get_bytes(r);
    struct row row = {.quantity = wire_get_i64(r), .number = number};
    enum hook_refusal why = 0;
    row.cause = (enum cause)wire_get_u8(r);
    if ((unsigned)row.cause == 0 || row.cause >= CAUSE_COUNT_OF) r->ok = false;
    if (!r->ok) return ST_OK;
    enum status status = hook_product(d->h.a, sku, &row.product);
    if (status != ST_OK) return status;
    struct row *before = row.product ? find(d, row.product) : NULL;
    if (!row.product)
        why = HOOK_UNKNOWN_SKU;
    else if (!is_figure(d, row.quantity))
        why = HOOK_TOO_BIG;
    else if (before)
        why = join(d, before, &row);
    else
        status = judge(d, &row, &why);
    if (why)
        hooking_refuse(&d->h, number, 0, why);
    else if (!before)
        d->rows[d->count++] = row;
    return status;
}

static enum status apply_row(struct delivery *d, const struct row *row)
{
    struct applying *a = d->h.a;
    uint32_t warehouse = d->h.warehouse->no;
    bool changed = row->quantity != 0;
    enum status status;
    if (d->adjust)
        status = stock_move(a, row->product, warehouse, row->quantity, 0, row->cause);
    else
        status = stock_count(a, row->product, warehouse, row->quantity, d->kind, row->cause,
                             d->told_ms, &changed);
    if (status != ST_OK) return status;
    if (changed) change_figure(a, row->product, warehouse);
    d->h.told->applied += changed;
    d->h.told->same += !changed;
    return ST_OK;
}

static enum status apply_rows_of(struct delivery *d, struct wire_reader *r, uint64_t count)
{
    enum status status = ST_OK;
    d->h.told->rows = (uint32_t)count;
    for (uint32_t i = 0; i < count && r->ok && status == ST_OK; i++)
        status = take_row(d, r, i);
    if (status != ST_OK || !r->ok) return status;
    if (d->h.told->refused_count == count) return hooking_refuse_all(&d->h);
    for (uint32_t i = 0; i < d->count && status == ST_OK; i++)
        status = apply_row(d, &d->rows[i]);
    return status;
}

enum status apply_hook_stock(struct applying *a, struct wire_reader *r)
{
    struct delivery d = {0};
    bool done;
    enum status status = hooking_begin(&d.h, a, r, &done);
    d.adjust = wire_get_u8(r) != 0;
    d.kind = (enum figure_kind)wire_get_u8(r);
    d.told_ms = wire_get_i64(r);
    uint64_t count = wire_get_u64(r);
    if (d.kind != FIGURE_ON_HAND && d.kind != FIGURE_AVAILABLE) r->ok = false;
    if (d.told_ms > a->command->now_ms) d.told_ms = a->command->now_ms;
    if (status == ST_OK && r->ok && !done) {
        if (count == 0 || count > HOOK_ROWS_MAX)
            status = error_set(a->error, ST_INVALID, "a delivery has 1 to %d rows", HOOK_ROWS_MAX);
        d.rows = mem_array(count <= HOOK_ROWS_MAX ? count : 1, sizeof *d.rows);
        if (status == ST_OK) status = apply_rows_of(&d, r, count);
        mem_free(d.rows);
    }
    if (!r->ok && status == ST_OK) d.h.told = NULL; /* nothing is kept: engine_apply refuses */
    return hooking_end(&d.h, status);
}
