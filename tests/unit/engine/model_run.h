/* One run of the engine beside the model: what the marketplaces show, what is on its way, and the
 * checks after each step. */
#ifndef STOCKD_TEST_ENGINE_MODEL_RUN_H
#define STOCKD_TEST_ENGINE_MODEL_RUN_H

#include "model.h"

enum { STEPS = 400, FLIGHTS = 16, FLIGHT_ITEMS = 12, SNAPSHOTS = 64 };

/* What one place at a marketplace shows, and what was sent there. */
struct place {
    int64_t shown;
    bool open; /* a write left and nobody knows its end */
    int64_t open_value, open_ms;
    int64_t open_before;      /* what was shown when it left */
    uint64_t revision;        /* the highest sent */
    uint64_t wanted_revision; /* as last seen */
    bool acked;
    int64_t acked_value;
    uint64_t sends, reasons; /* I8: sends <= reasons */
};

struct flight {
    bool used;
    int account;
    uint8_t operation[OPERATION_ID_SIZE];
    struct {
        struct engine_item item;
        int place;
        bool landed_or_not; /* what it did is settled: the request is over for the marketplace */
    } items[FLIGHT_ITEMS];
    uint32_t count;
};

struct run {
    struct world w;
    struct random random;
    struct seller seller;
    struct seller snapshots[SNAPSHOTS]; /* before each commit that may be lost */
    unsigned snapshot_count;
    struct place places[PLACES];
    struct flight flights[FLIGHTS];
    uint64_t seed;
    bool ended;    /* the step under way may tell of a listing that is not on sale: it shows 0 */
    bool confirms; /* the step under way may confirm what is shown */
    bool lmdb;
};

int run_pick(struct run *r, int limit);
/* Everything committed up to now cannot be lost any more. */
void run_acknowledge(struct run *r);
/* Before a commit: what the seller knows, to go back to. */
void run_remember(struct run *r);

/* ---- model_look.c: the store's rows */
int place_of(int account, int remote, int listing);
int place_of_item(const struct engine_item *item);
void run_check(struct run *r);      /* I1, I4, I5, I9 as far as the targets show them */
uint64_t run_digest(struct run *r); /* of every row of every table */
void run_rejected(struct run *r, bool rejected[PLACES]);

/* ---- model_market.c: what the marketplaces answer */
/* Answers all items of a flight, at random or all well, and ends it. */
void market_answer(struct run *r, struct flight *flight, bool well);
/* Some figures are read, as a scheduled reading would. */
void market_read(struct run *r);
/* Unresolved writes are looked for; `in_vain`: not all are found. */
void market_looks(struct run *r, int account, bool in_vain);

#endif
