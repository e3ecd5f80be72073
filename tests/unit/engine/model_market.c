/* The marketplaces of the model: outcomes, readings, looking for lost writes. */
#include "model_run.h"

static enum outcome_kind random_kind(struct run *r)
{
    static const enum outcome_kind kinds[] = {
        OUTCOME_OK,       OUTCOME_OK,         OUTCOME_OK,      OUTCOME_OK,
        OUTCOME_ACCEPTED, OUTCOME_RETRY,      OUTCOME_CHANGED, OUTCOME_THROTTLED,
        OUTCOME_REJECTED, OUTCOME_UNRESOLVED, OUTCOME_SPLIT,   OUTCOME_UNSENT};
    return kinds[run_pick(r, sizeof kinds / sizeof *kinds)];
}

/* Lets the write do at the marketplace what fits the outcome; one that did something already is
 * answered by what it did. */
static struct outcome make_outcome(struct run *r, struct flight *flight, uint32_t i,
                                   enum outcome_kind kind)
{
    const struct engine_item *item = &flight->items[i].item;
    struct place *p = &r->places[flight->items[i].place];
    if (flight->items[i].landed_or_not) kind = OUTCOME_UNRESOLVED;
    struct outcome o = {.target = item->target,
                        .revision = item->revision,
                        .value = item->wanted,
                        .kind = kind,
                        .observed = FIGURE_UNKNOWN};
    if (kind == OUTCOME_OK) p->shown = item->wanted;
    if (!flight->items[i].landed_or_not &&
        (kind == OUTCOME_UNRESOLVED || kind == OUTCOME_ACCEPTED) && run_pick(r, 2))
        p->shown = item->wanted;
    if (kind == OUTCOME_CHANGED) {
        if (run_pick(r, 2)) p->shown = run_pick(r, 30);
        o.observed = p->shown;
    }
    if (kind == OUTCOME_SPLIT) o.observed = 1 + run_pick(r, 5);
    if (kind == OUTCOME_THROTTLED || kind == OUTCOME_ACCEPTED)
        o.until_ms = r->w.now + run_pick(r, 20000);
    if (kind != OUTCOME_OK) p->reasons++;
    return o;
}

void market_answer(struct run *r, struct flight *flight, bool all_ok)
{
    rows_start(&r->w, (uint32_t)flight->account + 1);
    for (uint32_t i = 0; i < flight->count; i++) {
        struct outcome o = make_outcome(r, flight, i, all_ok ? OUTCOME_OK : random_kind(r));
        rows_outcome(&r->w.rows, &o);
        if (o.kind != OUTCOME_UNRESOLVED && o.kind != OUTCOME_ACCEPTED)
            r->places[flight->items[i].place].open = false;
    }
    rows_flight_ended(&r->w.rows, flight->operation);
    run_remember(r);
    r->confirms = true;
    rows_end(&r->w);
    world_ok(&r->w);
    run_acknowledge(
        r); /* what happened there cannot be taken back here; crashes are step_crash's */
    flight->used = false;
}

/* ---- reading */

static void row_shown(struct run *r, int account, int remote, int listing)
{
    int64_t shown = r->places[place_of(account, remote, listing)].shown;
    bool absent = shown == 0 && run_pick(r, 2);
    row_stock(&r->w, model_remotes[remote], model_listings[listing],
              absent ? FIGURE_UNKNOWN : shown);
}

void market_read(struct run *r)
{
    int account = run_pick(r, ACCOUNTS);
    rows_start(&r->w, (uint32_t)account + 1);
    for (int l = 0; l < LISTINGS; l++)
        if (run_pick(r, 2)) row_shown(r, account, run_pick(r, REMOTES), l);
    run_remember(r);
    r->confirms = true;
    rows_end(&r->w);
    world_ok(&r->w);
    run_acknowledge(r);
}

void market_looks(struct run *r, int account, bool in_vain)
{
    run_remember(r);
    const struct engine_looks ask = {
        .account = (uint32_t)account + 1, .most = 100, .now_ms = r->w.now, .lease_ms = 1000};
    struct store_txn *txn = world_begin(&r->w);
    assert_int_equal(engine_select_looks(r->w.engine, txn, &ask, &r->w.batch, &r->w.error), ST_OK);
    world_commit(&r->w, txn);
    run_acknowledge(r);
    if (r->w.batch.count == 0) return;
    rows_start(&r->w, (uint32_t)account + 1);
    for (uint32_t i = 0; i < r->w.batch.count; i++) {
        const struct engine_item *item = &r->w.batch.items[i];
        int place = place_of_item(item);
        const struct outcome look = {.target = item->target,
                                     .revision = item->revision,
                                     .kind = OUTCOME_LOOK,
                                     .observed = FIGURE_UNKNOWN};
        if (in_vain && run_pick(r, 2))
            rows_outcome(&r->w.rows, &look);
        else
            row_shown(r, account, place / LISTINGS % REMOTES, place % LISTINGS);
        r->places[place].reasons++;
    }
    r->confirms = true;
    run_remember(r);
    rows_end(&r->w);
    world_ok(&r->w);
    run_acknowledge(r);
}
