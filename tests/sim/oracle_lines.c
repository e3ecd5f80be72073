/* What each line of the marketplaces' orders was seen to be. */
#include "oracle_lines.h"

#include "base/mem.h"
#include "oracle_orders.h"
#include "store/memory.h"

enum { LINES = TRUTH_POSTINGS_MAX * TRUTH_LINES_MAX };

struct oracle_lines {
    struct sim *sim;
    bool looked, lost; /* lost: what was seen may not be there */
    uint64_t changes;  /* of the table of lines, when it was looked at */
    struct followed {
        int64_t right_ms; /* of what change its row was once right about; 0: of none */
        bool before;      /* it had left before the import began, and there was no row of it */
    } of[PLAN_ACCOUNTS_MAX][LINES];
};

struct oracle_lines *oracle_lines_new(struct sim *sim)
{
    bool wanted = sim->plan.focus == FOCUS_BEHIND || sim->plan.focus == FOCUS_CUT_OVER;
    if (!wanted || !sim->plan.orders.import) return NULL;
    struct oracle_lines *lines = mem_alloc(sizeof *lines);
    lines->sim = sim;
    return lines;
}

void oracle_lines_free(struct oracle_lines *lines)
{
    mem_free(lines);
}

static void each_line(struct oracle_lines *lines, struct store_txn *txn, uint32_t account,
                      void (*each)(struct oracle_lines *, struct store_txn *, uint32_t,
                                   const struct market_line *, size_t, struct followed *))
{
    struct sim *sim = lines->sim;
    const struct sim_market *market = sim->world.accounts[account].market;
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++)
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line line;
            market->line(&sim->world, account, i, k, &line);
            size_t at = line.number % TRUTH_POSTINGS_MAX * TRUTH_LINES_MAX + k;
            if (line.pair != WORLD_NONE && k < TRUTH_LINES_MAX)
                each(lines, txn, account, &line, k, &lines->of[account][at]);
        }
}

/* ---- once right, right for ever */

static void stays(struct oracle_lines *lines, struct store_txn *txn, uint32_t account,
                  const struct market_line *line, size_t index, struct followed *followed)
{
    struct sim *sim = lines->sim;
    const char *wrong = oracle_line_wrong(sim, txn, account, line, index);
    struct orders_taken taken;
    if (!wrong) { /* one that is held takes nothing, whatever is known of it */
        bool held = oracle_line_taken(sim, txn, account, line->key, &taken) && taken.held;
        followed->right_ms = held ? 0 : line->changed_ms;
        return;
    }
    if (lines->lost) followed->right_ms = 0;
    if (followed->right_ms != line->changed_ms || line->changed_ms == 0) return;
    sim_fail(sim, "I3", sim_topic((uint32_t)line->pair),
             "line %s of %s, which nothing changed since it was read, %s", line->key,
             sim->world.accounts[account].name, wrong);
}

/* ---- before the import */

static void note_before(struct oracle_lines *lines, struct store_txn *txn, uint32_t account,
                        const struct market_line *line, size_t index, struct followed *followed)
{
    struct orders_taken taken;
    (void)index;
    followed->before =
        line->shipped > 0 && !oracle_line_taken(lines->sim, txn, account, line->key, &taken);
}

void oracle_lines_cut_over(struct oracle_lines *lines, struct store_txn *txn, uint32_t account)
{
    if (lines) each_line(lines, txn, account, note_before);
}

static void takes_nothing(struct oracle_lines *lines, struct store_txn *txn, uint32_t account,
                          const struct market_line *line, size_t index, struct followed *followed)
{
    struct orders_taken taken;
    (void)index;
    if (!followed->before || !oracle_line_taken(lines->sim, txn, account, line->key, &taken) ||
        (taken.reserved == 0 && taken.shipped == 0))
        return;
    sim_fail(lines->sim, "I2", sim_topic((uint32_t)line->pair),
             "line %s of %s had left before its orders were imported, and takes %lld pieces",
             line->key, lines->sim->world.accounts[account].name,
             (long long)(taken.reserved + taken.shipped));
}

void oracle_lines_task_ran(struct oracle_lines *lines, struct store_txn *txn)
{
    if (!lines) return;
    uint64_t changes = store_memory_changes(lines->sim->store, TABLE_ORDER_LINE);
    if (lines->looked && !lines->lost && lines->changes == changes) return;
    lines->looked = true;
    lines->changes = changes;
    bool behind = lines->sim->plan.focus == FOCUS_BEHIND;
    for (uint32_t i = 0; i < lines->sim->world.account_count; i++)
        each_line(lines, txn, i, behind ? stays : takes_nothing);
    lines->lost = false;
}

void oracle_lines_lost(struct oracle_lines *lines)
{
    if (lines) lines->lost = true;
}
