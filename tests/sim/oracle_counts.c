/* What a figure knew of each line, and what follows for the stock. */
#include "oracle_counts.h"

#include "base/mem.h"
#include "forgotten.h"
#include "oracle_orders.h"

enum {
    /* What left so shortly before the count may be in it or not: clocks differ. */
    DOUBT_MS = 5000,
    /* Some times are told in whole seconds. */
    ROUND_MS = 1000,
};

struct oracle_counts {
    struct line_life {
        int64_t shipped_ms, over_ms; /* when it first was so, by the marketplace; 0: it never was */
        int64_t most, last;          /* packs: the most there ever were, and the last that were */
    } of[PLAN_ACCOUNTS_MAX][TRUTH_POSTINGS_MAX][TRUTH_LINES_MAX]; /* by seller */
};

struct oracle_counts *oracle_counts_new(struct sim *sim)
{
    return sim->plan.orders.import ? mem_alloc(sizeof(struct oracle_counts)) : NULL;
}

void oracle_counts_free(struct oracle_counts *counts)
{
    mem_free(counts);
}

/* ---- the lives of lines */

static struct line_life *life_of(struct sim *sim, uint32_t account, const struct market_line *line,
                                 size_t index)
{
    uint32_t seller = sim->world.accounts[account].seller;
    return &sim->counts->of[seller][line->number % TRUTH_POSTINGS_MAX][index % TRUTH_LINES_MAX];
}

void oracle_counts_look(struct sim *sim, uint32_t account)
{
    const struct sim_market *market = sim->world.accounts[account].market;
    if (!sim->counts) return;
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++)
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line line;
            market->line(&sim->world, account, i, k, &line);
            struct line_life *life = life_of(sim, account, &line, k);
            int64_t packs = line.gone ? 0 : line.reserved + line.shipped;
            if (packs > life->most) life->most = packs;
            if (packs) life->last = packs;
            if (line.shipped && !life->shipped_ms) life->shipped_ms = line.changed_ms;
            if (!packs && !life->over_ms) life->over_ms = line.changed_ms;
        }
}

/* ---- what a figure knew */

struct noting {
    struct truth_count *count;
    uint32_t room;
    struct orders_place place;
};

static void note_row(void *ctx, struct bytes key, const struct order_view *row)
{
    struct noting *to = ctx;
    for (uint32_t i = 0; i < row->part_count; i++) {
        const struct order_part *part = &row->parts[i];
        if (part->product != to->place.product || part->warehouse != to->place.warehouse) continue;
        if (to->count->known == to->room) {
            to->room = to->room ? to->room * 2 : 8;
            to->count =
                mem_resize(to->count, sizeof *to->count + to->room * sizeof to->count->lines[0]);
        }
        to->count->lines[to->count->known++] =
            (struct truth_knew){.line = oracle_line_hash(key),
                                .reserved = part->reserved,
                                .shipped = part->shipped,
                                .left = row->was_shipped,
                                .let_go = row->exempt == ORDER_EXEMPT_EXTERNAL,
                                .held = row->held != ORDER_HELD_NOT};
    }
}

struct truth_count *oracle_counts_note(struct sim *sim, struct store_txn *txn, uint32_t product,
                                       uint32_t local, int64_t at_ms)
{
    struct noting to = {.count = mem_alloc(sizeof *to.count)};
    struct key prefix = {0};
    struct bytes key, value;
    to.count->at_ms = at_ms;
    if (!oracle_place(sim, txn, product, local, &to.place)) return to.count;
    key_u64(&prefix, to.place.product);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        struct order_view row;
        struct bytes line = bytes_of((const char *)key.data + 8, key.size - 8);
        if (store_get(txn, TABLE_ORDER_LINE, line, &value) == ST_OK &&
            order_read(value, &row) == ST_OK)
            note_row(&to, line, &row);
    }
    store_cursor_close(cursor);
    forgotten_each(sim->forgotten, note_row, &to);
    return to.count;
}

/* ---- what follows */

/* One part of a line, and the last figure of its place. Pieces, and times as they are told. */
struct met {
    int64_t at_ms;
    const struct truth_knew *knew; /* NULL: the process did not know of it then */
    enum market_tells tells;       /* when it changed */
    int64_t shipped;               /* now; */
    int64_t packed;                /* ... with those that are reserved, or were taken in again */
    int64_t least, most;           /* of any time at which it took some */
    int64_t ever;                  /* the line's, wherever they are now: they may have been here */
    bool left, returned, ordered;  /* ordered: it is told when it was placed */
    bool shrunk;                   /* it was of more pieces once */
    bool let_go, fewer;            /* fewer: the marketplace's own line is of fewer than it was */
    int64_t placed_ms, changed_ms, shipped_ms, over_ms;
};

static struct counts_range none(void)
{
    return (struct counts_range){0, 0};
}

/* Nothing that was ever told of its leaving was told as so long before the figure. */
static bool left_after(const struct met *m, int64_t doubt_ms)
{
    return m->shipped_ms + doubt_ms - ROUND_MS > m->at_ms;
}

/* Whatever was told of it was told as so long before the figure. */
static bool changed_before(const struct met *m, int64_t doubt_ms)
{
    return m->tells == MARKET_TELLS_ALWAYS && m->changed_ms + doubt_ms + ROUND_MS <= m->at_ms;
}

/* It had been read as shipped: only what came back by a later word may be on the shelf or not. */
static struct counts_range known_parcel(const struct met *m)
{
    int64_t back = m->knew->shipped - m->packed;
    if (back <= 0 || !m->shrunk) return none();
    bool surely = changed_before(m, -DOUBT_MS) && !m->returned;
    return (struct counts_range){-back, surely ? -back : 0};
}

/* A count of what lies there. */
static struct counts_range of_counted(const struct met *m)
{
    if (m->tells == MARKET_TELLS_NEVER || !m->left) return none();
    if (m->knew && m->knew->left) return known_parcel(m);
    bool after = left_after(m, DOUBT_MS);
    if (after && (!m->shrunk || left_after(m, -DOUBT_MS))) return none();
    if (changed_before(m, DOUBT_MS) && !m->returned)
        return (struct counts_range){m->shipped, m->shipped};
    return (struct counts_range){m->shrunk ? m->shipped - m->most : 0, after ? 0 : m->most};
}

/* ... that was given between the switch of the import and the moment in which the line was let go:
 * what was netted stays so, for the pieces are sold; only what was cancelled before is back. */
static struct counts_range of_let_go(const struct met *m, int64_t lost)
{
    if (!m->ordered || m->placed_ms - ROUND_MS > m->at_ms) return none();
    bool surely = !m->fewer && m->placed_ms + ROUND_MS <= m->at_ms;
    return (struct counts_range){-lost, surely ? -lost : 0};
}

/* An available figure that knew of it: what was cancelled before the figure was in it. */
static struct counts_range of_netted(const struct met *m)
{
    int64_t had = m->knew->reserved + m->knew->shipped, lost = had - m->packed;
    if (had == 0 && m->knew->left && !m->knew->held) return none(); /* it was back already */
    if (m->let_go && lost > 0) return of_let_go(m, lost);
    if (lost < 0 && m->placed_ms <= m->at_ms) return (struct counts_range){-lost, -lost};
    if (lost <= 0 || m->tells == MARKET_TELLS_NEVER) return none();
    if (m->packed == 0 && m->over_ms - ROUND_MS > m->at_ms) return none();
    bool surely = changed_before(m, 0) && !m->returned;
    return (struct counts_range){-lost, surely ? -lost : 0};
}

/* ... that did not: it nets what was ordered before it, and what is cancelled later comes back. */
static struct counts_range of_unknown(const struct met *m)
{
    struct counts_range range = {m->least, m->most};
    if (!m->ordered || m->placed_ms - ROUND_MS > m->at_ms) return none();
    if (m->packed == 0 && m->tells != MARKET_TELLS_NEVER && m->over_ms - ROUND_MS <= m->at_ms) {
        range.least = 0;
        if (changed_before(m, 0) && !m->returned) range.most = 0;
    }
    if (m->placed_ms + ROUND_MS > m->at_ms) range.least = 0;
    return range;
}

static const struct truth_knew *knew_of(const struct truth_count *count, uint64_t hash)
{
    for (uint32_t i = 0; count && i < count->known; i++)
        if (count->lines[i].line == hash) return &count->lines[i];
    return NULL;
}

/* Which of its pieces came from that place when all are over, only a line of one place tells. */
static void fill_pieces(struct sim *sim, const struct counts_line *of,
                        const struct order_part *part, struct met *m)
{
    const struct line_life *life = life_of(sim, of->account, of->line, of->index);
    int64_t pack = order_pack(of->row), all = 0;
    bool one = of->row->part_count == 1;
    for (uint32_t i = 0; i < of->row->part_count; i++)
        all += of->row->parts[i].reserved + of->row->parts[i].shipped;
    m->shipped = part->shipped;
    m->packed = part->reserved + part->shipped;
    int64_t away = life->most * pack - all;
    m->most = m->packed + (away > 0 ? away : 0);
    m->ever = life->most * pack;
    int64_t packs = of->line->reserved + of->line->shipped;
    m->fewer = life->most > packs;
    m->shrunk = m->returned ? m->fewer : away > 0;
    if (m->returned && one) m->packed = of->line->shipped * pack;
    bool took = one && !m->returned && !of->row->held; /* held: perhaps nothing since the figure */
    m->least = m->packed ? m->packed : took ? life->last * pack : 0;
    m->shipped_ms = life->shipped_ms;
    m->over_ms = life->over_ms;
}

static struct met meet(struct sim *sim, const struct truth_count *count,
                       const struct counts_line *of, const struct order_part *part)
{
    struct met m = {.at_ms = count ? count->at_ms : 0,
                    .knew = knew_of(count, of->hash),
                    .tells = sim->world.accounts[of->account].market->tells,
                    .left = of->row->was_shipped && !of->row->held,
                    .returned = of->row->return_confirmed,
                    .let_go = of->row->exempt == ORDER_EXEMPT_EXTERNAL,
                    .ordered = of->row->ordered_ms != 0,
                    .placed_ms = of->line->placed_ms,
                    .changed_ms = of->line->changed_ms};
    fill_pieces(sim, of, part, &m);
    return m;
}

/* A marketplace that tells the time of a change sometimes: with it, or without. */
static struct counts_range of_figure(const struct truth_count *count, struct met m)
{
    struct counts_range range = none();
    for (int told = 0; count && told < 2; told++) {
        struct counts_range r = !count->available ? of_counted(&m)
                                : m.knew          ? of_netted(&m)
                                                  : of_unknown(&m);
        range.least = told && range.least < r.least ? range.least : r.least;
        range.most = told && range.most > r.most ? range.most : r.most;
        if (m.tells != MARKET_TELLS_SOMETIMES) return range;
        m.tells = MARKET_TELLS_NEVER;
    }
    return range;
}

struct counts_range oracle_counts_judge(struct sim *sim, uint32_t product, uint32_t local,
                                        const struct counts_line *of, const struct order_part *part)
{
    const struct truth *t = &sim->truth;
    const struct truth_count *count = t->count[product][local];
    const struct truth_unsure *unsure = &t->unsure[product][local];
    struct met m = meet(sim, count, of, part);
    bool exempt = of->row->exempt && of->row->exempt != ORDER_EXEMPT_EXTERNAL;
    if (m.knew && m.knew->let_go) { /* it is new to the figure when it is taken up again */
        exempt |= of->row->exempt == ORDER_EXEMPT_EXTERNAL;
        m.knew = NULL;
    }
    struct counts_range range = exempt ? none() : of_figure(count, m);
    bool there = unsure->times && m.placed_ms - ROUND_MS <= unsure->until_ms;
    if (there && (unsure->all || m.tells != MARKET_TELLS_NEVER)) {
        range.least -= m.ever * unsure->times;
        range.most += m.ever * unsure->times;
    }
    return range;
}
