/* What commands do to ties. */
#include "ties.h"

#include "base/mem.h"

/* ---- what is asked */

int ties_product(const struct truth *t, uint32_t account, uint32_t listing)
{
    const struct truth_tie *tie = &t->ties[account][listing];
    if (tie->by_hand) return truth_find(t, tie->product);
    return t->product[listing] ? (int)listing : WORLD_NONE;
}

bool ties_may_wait(const struct truth *t, const struct world *world, uint32_t account,
                   uint32_t listing)
{
    if (t->ties[account][listing].by_hand || !t->product[listing]) return false;
    for (uint32_t i = 0; i < world->product_count; i++)
        if (i != listing && ties_product(t, account, i) == (int)listing) return true;
    return false;
}

bool ties_was(const struct truth *t, uint32_t account, uint32_t listing, uint32_t product,
              int64_t since_ms)
{
    if (ties_product(t, account, listing) == (int)product) return true;
    for (size_t i = 0; i < t->tied_count; i++) {
        const struct truth_tied *was = &t->tied[i];
        if (was->account == account && was->listing == listing &&
            was->product == t->incarnation[product] && was->until_ms >= since_ms)
            return true;
    }
    return false;
}

/* ---- what was */

static void add_tied(struct truth *t, struct truth_tied tied)
{
    if (t->tied_count == t->tied_room) {
        t->tied_room = t->tied_room ? 2 * t->tied_room : 64;
        t->tied = mem_resize(t->tied, t->tied_room * sizeof *t->tied);
    }
    t->tied[t->tied_count++] = tied;
}

static void leave(struct truth *t, uint32_t account, uint32_t listing)
{
    int product = ties_product(t, account, listing);
    if (product == WORLD_NONE) return;
    add_tied(t, (struct truth_tied){account, listing, t->incarnation[product], t->recorded_ms});
}

void ties_unnamed(struct truth *t, uint32_t product)
{
    for (uint32_t a = 0; a < PLAN_ACCOUNTS_MAX; a++)
        if (!t->ties[a][product].by_hand) leave(t, a, product);
}

/* ---- commands */

/* A change of the record, noted for whoever takes the command back. */
struct change {
    const struct op *op;
    struct truth *t;
    struct truth_past *past; /* NULL: nobody can */
};

static struct change begin(const struct op *op, struct truth *t)
{
    struct change change = {op, t, NULL};
    for (uint32_t i = 0; i < TRUTH_PAST && op->sequence; i++)
        if (t->past[i].sequence == op->sequence) change.past = &t->past[i];
    return change;
}

/* It bears the SKU, and was tied to the product of it when the command ran. */
static bool bears(const struct op *op, const struct truth *t, uint32_t account, uint32_t sku)
{
    return !t->ties[account][sku].by_hand && op->ties && (*op->ties)[account][sku] != WORLD_NONE;
}

static void put(const struct change *c, uint32_t account, uint32_t listing, struct truth_tie tie)
{
    struct truth_tie *now = &c->t->ties[account][listing];
    if (now->by_hand == tie.by_hand && now->product == tie.product) return;
    if (c->past) {
        struct truth_past *past = c->past;
        past->ties = mem_resize(past->ties, (past->tie_count + 1) * sizeof *past->ties);
        bool tied = bears(c->op, c->t, account, listing);
        past->ties[past->tie_count++] =
            (struct truth_tie_then){account, listing, *now, tied ? c->t->incarnation[listing] : 0};
    }
    leave(c->t, account, listing);
    *now = tie;
}

/* Those of a product that is called otherwise stay with it, whatever their SKUs say. */
static void renamed(const struct change *c)
{
    const struct op *op = c->op;
    if (op->product == op->other || !c->t->product[op->other]) return;
    const struct truth_tie tie = {.product = c->t->incarnation[op->other], .by_hand = true};
    for (uint32_t a = 0; a < op->sim->world.account_count; a++)
        if (bears(op, c->t, a, op->product)) put(c, a, op->product, tie);
}

/* What lines took from it is taken from the other one. */
static void move_tied(struct truth *t, uint32_t from, uint32_t to)
{
    for (size_t i = 0, count = t->tied_count; i < count; i++) {
        struct truth_tied was = t->tied[i];
        if (was.product != from) continue;
        was.product = to;
        add_tied(t, was);
    }
}

static void merged(const struct change *c)
{
    const struct op *op = c->op;
    struct truth *t = c->t;
    if (op->product == op->other || t->product[op->other] || !t->product[op->product]) return;
    uint32_t gone = t->incarnation[op->other];
    const struct truth_tie tie = {.product = t->incarnation[op->product], .by_hand = true};
    move_tied(t, gone, tie.product);
    for (uint32_t a = 0; a < op->sim->world.account_count; a++)
        for (uint32_t i = 0; i < op->sim->world.product_count; i++) {
            const struct truth_tie *was = &t->ties[a][i];
            bool by_hand = was->by_hand && was->product == gone;
            if (by_hand || (i == op->other && bears(op, t, a, i))) put(c, a, i, tie);
        }
}

/* Its listings go by their SKUs again. */
static void deleted(const struct change *c)
{
    const struct op *op = c->op;
    struct truth *t = c->t;
    if (t->product[op->product]) return;
    for (uint32_t a = 0; a < op->sim->world.account_count; a++)
        for (uint32_t i = 0; i < op->sim->world.product_count; i++) {
            const struct truth_tie *was = &t->ties[a][i];
            if (was->by_hand && was->product == t->incarnation[op->product])
                put(c, a, i, (struct truth_tie){.by_hand = false});
        }
}

static void by_hand(const struct change *c, uint32_t listing, bool to_none)
{
    const struct op *op = c->op;
    struct truth_tie tie = {.by_hand = true};
    if (op->sim->plan.mutation == MUTATION_LOST_TIE) return;
    if (!to_none && c->t->product[op->product]) tie.product = c->t->incarnation[op->product];
    put(c, op->account, listing, tie);
}

void ties_record(const struct op *op, struct truth *t)
{
    const struct change change = begin(op, t);
    uint32_t listing = (uint32_t)op->amount % op->sim->world.product_count;
    switch (op->kind) {
    case OP_RENAME: renamed(&change); return;
    case OP_MERGE: merged(&change); return;
    case OP_DELETE: deleted(&change); return;
    case OP_MAP: by_hand(&change, listing, false); return;
    case OP_UNMAP: by_hand(&change, listing, true); return;
    case OP_REMAP: by_hand(&change, op->other, false); return;
    default: return;
    }
}

/* Back to the very product: had the command not been, it would have stayed with that one when it
 * was called otherwise. */
static struct truth_tie tie_then(const struct truth *t, const struct truth_tie_then *then)
{
    bool same = t->product[then->listing] && t->incarnation[then->listing] == then->by_sku;
    if (then->was.by_hand || same || truth_find(t, then->by_sku) == WORLD_NONE) return then->was;
    return (struct truth_tie){.by_hand = true, .product = then->by_sku};
}

void ties_take_back(struct truth *t, const struct truth_past *past)
{
    for (uint32_t i = past->tie_count; i-- > 0;) {
        const struct truth_tie_then *then = &past->ties[i];
        leave(t, then->account, then->listing);
        t->ties[then->account][then->listing] = tie_then(t, then);
    }
}
