/* Readings of orders, and the writes between them. */
#include "oracle_barrier.h"

#include "base/mem.h"
#include "engine/record.h"
#include "oracle_lines.h"
#include "oracle_orders.h"
#include "oracle_signs.h"
#include "peaks.h"
#include "script.h"
#include "store/memory.h"

#include <string.h>

enum {
    FRESHNESS_MS = 10000,
    /* From the decision to compose until the engine does, stalls included. */
    COMPOSING_MS = 6000,
    CURSOR_MAX = 40,
};

#define NEVER INT64_MIN

struct barrier {
    struct sim *sim;
    struct oracle_lines *lines;
    struct account {
        int64_t begun_us; /* of the newest reading */
        bool imports, read;
        struct key cursor_key;
        bool reborn; /* which commits survived the crash is to be seen */
        struct ended {
            int64_t surely_us;  /* it began no earlier; NEVER: not since the last one ended */
            int64_t drained_us; /* begin of the newest that came to its end in this life */
            int64_t bound_us;   /* ... in any, of those that told of all there was */
            int64_t first_us;   /* begin of the first of this life */
            size_t cursor_size;
            char cursor[CURSOR_MAX];
        } is, was; /* before the cursor moved last */
    } accounts[PLAN_ACCOUNTS_MAX];
    struct shown {
        struct peaks peaks;
        int64_t accepted;                          /* and shown as nothing ever since; 0: none */
        int64_t composed_us, drained_us, bound_us; /* of the selection that has not left yet */
        int64_t sign_us;                           /* ... of what it was to wait for */
        bool imported;
    } * pairs;
    struct store_txn *txn; /* the one that a selection is made in */
    struct signs *signs;   /* NULL: this world is not about them */
    /* Changes of the tables when they were looked at; */
    struct looked {
        bool yet;                          /* in this life */
        uint64_t accounts, cursors, lines; /* lines: what is read of those that are open */
    } looked;
};

struct barrier *barrier_new(struct sim *sim, struct oracle_lines *lines)
{
    struct barrier *b = mem_alloc(sizeof *b);
    b->lines = lines;
    b->sim = sim;
    if (sim->plan.focus == FOCUS_SIGNS) b->signs = signs_new(sim);
    b->pairs = mem_array(world_pairs(&sim->world), sizeof *b->pairs);
    const struct ended never = {NEVER, NEVER, NEVER, NEVER, 0, ""};
    for (uint32_t i = 0; i < PLAN_ACCOUNTS_MAX; i++)
        b->accounts[i] = (struct account){.begun_us = NEVER, .is = never, .was = never};
    for (uint32_t i = 0; i < sim->world.account_count; i++) {
        key_u32(&b->accounts[i].cursor_key, i + 1); /* accounts are declared in this order */
        key_add(&b->accounts[i].cursor_key, bytes_text(sim->world.accounts[i].market->drained));
    }
    return b;
}

void barrier_free(struct barrier *b)
{
    if (b->signs) signs_free(b->signs);
    for (uint32_t i = 0; i < world_pairs(&b->sim->world); i++)
        peaks_free(&b->pairs[i].peaks);
    mem_free(b->pairs);
    mem_free(b);
}

static uint32_t account_of(const struct barrier *b, uint32_t pair)
{
    return world_pair_account(&b->sim->world, pair);
}

/* ---- readings */

void barrier_begun(struct barrier *b, uint32_t account)
{
    b->accounts[account].begun_us = b->sim->loop.now_us;
}

void barrier_reads(struct barrier *b, uint32_t account)
{
    if (b->sim->world.accounts[account].market->one_drain) return;
    if (b->accounts[account].is.surely_us == NEVER)
        b->accounts[account].is.surely_us = b->sim->loop.now_us;
}

static void read_account(struct barrier *b, struct store_txn *txn, uint32_t i)
{
    struct account *account = &b->accounts[i];
    uint8_t key[4];
    struct bytes value;
    struct account_view view;
    bytes_put_u32(key, i + 1);
    if (store_get(txn, TABLE_ACCOUNT, bytes_of(key, sizeof key), &value) != ST_OK ||
        account_read(value, &view) != ST_OK)
        return;
    if (view.orders_import && !view.orders_read && (!account->imports || account->read))
        oracle_lines_cut_over(b->lines, txn, i);
    if (view.orders_read && !account->read) b->sim->imported_ms[i] = loop_true_ms(&b->sim->loop);
    account->read = view.orders_read;
    account->imports = view.orders_import;
}

static void cursor_keep(struct ended *ended, struct bytes cursor)
{
    ended->cursor_size = cursor.size;
    memcpy(ended->cursor, cursor.data, cursor.size);
}

/* With a clock that is ahead it asks for times to come, and a list that lies has less. */
static bool told_all(const struct sim *sim, uint32_t account, int64_t begun_us)
{
    return !oracle_drain_was_ahead(sim, begun_us) && begun_us > sim->lied_us[account];
}

/* The cursor has moved: a reading came to its end. */
static void drain_ended(struct barrier *b, struct store_txn *txn, uint32_t i, struct bytes cursor)
{
    struct account *account = &b->accounts[i];
    struct ended *is = &account->is;
    int64_t surely_us = is->surely_us == NEVER ? account->begun_us : is->surely_us;
    cursor_keep(is, cursor);
    is->surely_us = NEVER;
    is->drained_us = account->begun_us;
    if (is->first_us == NEVER) is->first_us = account->begun_us;
    if (told_all(b->sim, i, surely_us)) is->bound_us = surely_us;
    if (account->imports) oracle_drained(b->sim, txn, i, surely_us, is->first_us);
}

static bool cursor_is(const struct ended *ended, struct bytes cursor)
{
    return bytes_equal(cursor, bytes_of(ended->cursor, ended->cursor_size));
}

static void read_cursor(struct barrier *b, struct store_txn *txn, uint32_t i)
{
    struct account *account = &b->accounts[i];
    struct bytes cursor;
    if (store_get(txn, TABLE_ACCOUNT_STATE, key_bytes(&account->cursor_key), &cursor) != ST_OK ||
        cursor.size > CURSOR_MAX)
        cursor = bytes_of("", 0);
    if (account->reborn) cursor_keep(&account->is, cursor);
    account->reborn = false;
    if (cursor_is(&account->is, cursor)) return;
    if (cursor_is(&account->was, cursor)) { /* the commit of what moved it failed */
        account->is = account->was;
        return;
    }
    account->was = account->is;
    drain_ended(b, txn, i, cursor);
}

/* What there was of changes when it is looked at now. */
static struct looked changes(const struct barrier *b)
{
    const struct store *store = b->sim->store;
    return (struct looked){.yet = true,
                           .accounts = store_memory_changes(store, TABLE_ACCOUNT),
                           .cursors = store_memory_changes(store, TABLE_ACCOUNT_STATE),
                           .lines = store_memory_changes(store, TABLE_SWEEP) +
                                    store_memory_changes(store, TABLE_ORDER_OPEN) +
                                    store_memory_changes(store, TABLE_ORDER_HELD)};
}

void barrier_task_ran(struct barrier *b, struct store_txn *txn)
{
    if (!b->sim->plan.orders.import) return;
    struct looked was = b->looked, now = changes(b);
    bool accounts = !was.yet || was.accounts != now.accounts;
    bool cursors = !was.yet || was.cursors != now.cursors;
    bool lines = accounts || was.lines != now.lines;
    b->looked = now;
    for (uint32_t i = 0; i < b->sim->world.account_count && (lines || cursors); i++) {
        if (accounts) read_account(b, txn, i);
        if (lines && !b->accounts[i].imports) oracle_left(b->sim, txn, i);
        if (cursors) read_cursor(b, txn, i);
    }
}

void barrier_answered(struct barrier *b, const struct exchange *x, const json_t *doc)
{
    if (b->signs) signs_answered(b->signs, x, doc);
}

void barrier_crashed(struct barrier *b)
{
    for (int i = 0; i < PLAN_ACCOUNTS_MAX; i++) {
        struct account *account = &b->accounts[i];
        account->is.drained_us = account->is.first_us = NEVER;
        account->reborn = true;
    }
    if (b->signs) signs_crashed(b->signs);
    b->looked.yet = false;
}

/* ---- writes */

void barrier_task_runs(struct barrier *b, struct store_txn *txn)
{
    b->txn = txn;
}

static void keep_shown(struct barrier *b, uint32_t pair, int64_t figure)
{
    peaks_put(&b->pairs[pair].peaks, figure, b->sim->loop.now_us);
}

/* What is accepted for an offer that has ended never shows, and nobody was told: as long as nothing
 * is shown, it may be taken for shown. */
void barrier_shown(struct barrier *b, uint32_t pair)
{
    struct shown *s = &b->pairs[pair];
    int64_t shown = world_shown(&b->sim->world, pair);
    if (shown > 0) s->accepted = 0;
    keep_shown(b, pair, s->accepted > shown ? s->accepted : shown);
}

void barrier_accepted(struct barrier *b, uint32_t pair, int64_t value)
{
    int64_t shown = world_shown(&b->sim->world, pair);
    b->pairs[pair].accepted = shown > 0 ? 0 : value;
    keep_shown(b, pair, value > shown ? value : shown);
}

/* By the operator's record; while a switch is not answered nobody can tell. */
static bool imports_surely(const struct barrier *b, uint32_t account)
{
    return b->sim->truth.imports[account] && !script_switches(b->sim->script, account);
}

void barrier_selected(struct barrier *b, uint32_t pair, bool passes)
{
    struct shown *s = &b->pairs[pair];
    const struct account *account = &b->accounts[account_of(b, pair)];
    s->composed_us = b->sim->loop.now_us;
    s->drained_us = account->is.drained_us;
    s->bound_us = account->is.bound_us;
    s->sign_us = b->signs && account->read
                     ? signs_unread_us(b->signs, b->txn, account_of(b, pair), s->drained_us)
                     : SIGNS_NONE;
    s->imported = imports_surely(b, account_of(b, pair)) && !passes;
}

void barrier_sent(const struct barrier *b, struct exchange_item *item)
{
    const struct shown *s = &b->pairs[item->pair];
    item->composed_us = s->composed_us;
    item->drained_us = s->drained_us;
    item->bound_us = s->bound_us;
    item->imported = s->imported;
    item->sign_us = s->sign_us;
}

/* Whether the write is none to be judged; counted either way. */
static bool is_excused(const struct barrier *b, const struct exchange_item *item)
{
    struct tally *tally = &b->sim->tally;
    /* What was lowered by somebody else shows less than anybody here knows: a decrease from what is
     * known may be none. */
    bool excused = !item->imported || item->hidden || b->sim->foreign[item->pair];
    tally_count(tally, excused                   ? "excused"
                       : item->bound_us == NEVER ? "judged by all that was ever shown"
                                                 : "judged by what was shown since");
    return excused;
}

void barrier_landed(struct barrier *b, const struct exchange_item *item)
{
    struct sim *sim = b->sim;
    if (!sim->plan.orders.import || !sim->truth.imports[account_of(b, item->pair)]) return;
    /* A reading tells nothing of an order that is not shown yet. */
    int64_t bound_us =
        item->bound_us == NEVER ? NEVER : item->bound_us - sim->plan.orders.visible_ms * 1000;
    int64_t age_ms =
        item->drained_us == NEVER ? INT64_MAX : (item->composed_us - item->drained_us) / 1000;
    if (is_excused(b, item)) return;
    bool more = item->value > peaks_since(&b->pairs[item->pair].peaks, bound_us);
    if (item->sign_us != SIGNS_NONE && more)
        sim_fail(sim, "I17", sim_topic(item->pair),
                 "%lld is more than was shown, and was composed %lld ms after more was told to be "
                 "reserved than the orders read since explain",
                 (long long)item->value, (long long)(item->composed_us - item->sign_us) / 1000);
    if (age_ms > FRESHNESS_MS + COMPOSING_MS && more)
        sim_fail(sim, "I17", sim_topic(item->pair),
                 "%lld is more than was shown, and orders were last read %lld ms before it was "
                 "composed",
                 (long long)item->value, (long long)age_ms);
}
