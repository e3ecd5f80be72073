/* What feeds what: links with their shares, and listings that are tied to products by hand. */
#include "op_theme.h"
#include "oracle.h"
#include "outside.h"

/* ---- links */

/* Their targets are made anew. */
static void tell_linked(const struct op *op)
{
    const struct world *world = &op->sim->world;
    for (uint32_t i = 0; i < world->product_count; i++)
        oracle_renewed(op->sim->oracle, world_pair(world, op->remote, i));
}

static void draw_link(struct op *op, struct random *random)
{
    (void)random;
    op->account = op->sim->world.remote_account[op->remote];
}

static struct link_change change(const struct op *op)
{
    return (struct link_change){.warehouse = op_local(op, op->local),
                                .account = op_account(op),
                                .remote = bytes_text(op->sim->world.remote_ids[op->remote]),
                                .order = op->local,
                                .share_ppm = op->share_ppm};
}

static enum command_kind write_link(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    struct link_change of = change(op);
    command_link(out, &of);
    return op->kind == OP_UNLINK ? COMMAND_LINK_DELETE : COMMAND_LINK_PUT;
}

static enum op_expected expect_link(const struct op *op, const struct truth *t)
{
    return outside_clash(op, t) ? OP_REFUSED : OP_TAKEN;
}

static enum op_expected expect_unlink(const struct op *op, const struct truth *t)
{
    return t->link[op->remote][op->local] ? OP_TAKEN : OP_REFUSED;
}

static void record_link(struct op *op, struct truth *t)
{
    t->link[op->remote][op->local] = op->kind != OP_UNLINK;
    t->share_ppm[op->remote][op->local] = op->share_ppm;
    if (op->kind == OP_UNLINK) t->unlinked_ms[op->remote][op->local] = t->recorded_ms;
}

const struct op_theme op_link = {.name = "link",
                                 .draw = draw_link,
                                 .write = write_link,
                                 .happened = tell_linked,
                                 .expected = expect_link,
                                 .record = record_link,
                                 .arranges = true};
const struct op_theme op_unlink = {.name = "unlink",
                                   .draw = draw_link,
                                   .write = write_link,
                                   .happened = tell_linked,
                                   .expected = expect_unlink,
                                   .record = record_link,
                                   .arranges = true};

/* ---- shares */

static void draw_share(struct op *op, struct random *random)
{
    enum { TENTH = 100000, TENTHS = 9, ODD = 333333 };
    op->account = op->sim->world.remote_account[op->remote];
    op->share_ppm =
        random_below(random, 3) == 0 ? ODD : TENTH * (1 + (uint32_t)random_below(random, TENTHS));
}

/* The shares of one warehouse are pieces of one cake. */
static enum op_expected expect_share(const struct op *op, const struct truth *t)
{
    enum { WHOLE = 1000000 };
    uint32_t others = 0;
    for (uint32_t r = 0; r < op->sim->world.remote_count; r++)
        if (r != op->remote && t->link[r][op->local]) others += t->share_ppm[r][op->local];
    return others + op->share_ppm <= WHOLE && !outside_clash(op, t) ? OP_TAKEN : OP_REFUSED;
}

const struct op_theme op_share = {.name = "share",
                                  .draw = draw_share,
                                  .write = write_link,
                                  .happened = tell_linked,
                                  .expected = expect_share,
                                  .record = record_link,
                                  .arranges = true};

/* ---- listings to products, or to none */

static uint32_t listing_of(const struct op *op)
{
    return (uint32_t)op->amount % op->sim->world.product_count;
}

static enum command_kind write_listing(const struct op *op, uint32_t listing, struct bytes to,
                                       struct buf *out)
{
    const struct world *world = &op->sim->world;
    uint32_t seller = world->accounts[op->account].seller;
    command_listing_map(out, op_account(op), bytes_text(world->listing_ids[seller][listing]), to);
    return COMMAND_LISTING_MAP;
}

static enum command_kind write_map(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    return write_listing(op, listing_of(op), op->kind == OP_MAP ? op_sku(op) : bytes_of("", 0),
                         out);
}

/* Their targets may be made anew. */
static void tell_mapped(const struct op *op)
{
    const struct world_range pairs = world_pairs_of(&op->sim->world, op->account);
    for (uint32_t pair = pairs.first; pair < pairs.end; pair++)
        oracle_renewed(op->sim->oracle, pair);
}

static void record_map(struct op *op, struct truth *t)
{
    t->mapped_by_hand[op->account][listing_of(op)] = true;
}

const struct op_theme op_map = {.name = "map",
                                .write = write_map,
                                .happened = tell_mapped,
                                .expected =
                                    op_expect_either, /* the listing may not have been read yet */
                                .record = record_map,
                                .arranges = true};
const struct op_theme op_unmap = {.name = "unmap",
                                  .write = write_map,
                                  .happened = tell_mapped,
                                  .expected =
                                      op_expect_either, /* the listing may not have been read yet */
                                  .record = record_map,
                                  .arranges = true};

/* ... by draws of the house, and followed from listing to listing */

static void draw_remap(struct op *op, struct random *random)
{
    op->other = (uint32_t)random_below(random, op->sim->world.product_count); /* the listing */
}

static enum command_kind write_remap(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    return write_listing(op, op->other, op_sku(op), out);
}

/* The listing may not have been read yet, or be none that can be tied. */
static enum op_expected expect_remap(const struct op *op, const struct truth *t)
{
    return t->product[op->product] ? OP_EITHER : OP_REFUSED;
}

static void record_remap(struct op *op, struct truth *t)
{
    t->mapped_by_hand[op->account][op->other] = true;
    past_new(op, t);
}

const struct op_theme op_remap = {.name = "remap",
                                  .draw = draw_remap,
                                  .write = write_remap,
                                  .expected = expect_remap,
                                  .record = record_remap,
                                  .ties = true};
