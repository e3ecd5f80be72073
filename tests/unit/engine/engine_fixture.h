/* A small world for tests of the engine: a store, an engine, a clock, and each command in a group
 * of its own as a runner would do it. After every commit the whole store is verified, so that no
 * test can leave a broken index behind unnoticed. */
#ifndef STOCKD_TEST_ENGINE_FIXTURE_H
#define STOCKD_TEST_ENGINE_FIXTURE_H

#include "engine/command.h"
#include "engine/engine.h"
#include "engine/rows.h"
#include "engine/select.h"
#include "store/memory.h"
#include "support/test_main.h"
#include "verify/verify.h"

struct world {
    struct store *store;
    struct engine *engine;
    int64_t now;
    uint8_t next_id;    /* of operations */
    bool unverified;    /* do not verify after each commit (large tests) */
    char directory[64]; /* of an LMDB store, or "" */
    /* Of the last command: */
    enum status status;
    struct command_result result;
    struct error error;
    /* Of the last selection: */
    struct engine_batch batch;
    uint8_t operation[OPERATION_ID_SIZE];
    /* The rows being gathered: */
    struct buf rows;
    int64_t begun;
    int64_t drained; /* told with them: when the newest drain began */
};

enum { WORLD_START_MS = 1000000000 };

void world_open(struct world *w);      /* on the memory store */
void world_open_lmdb(struct world *w); /* in a directory of its own, removed by world_close */
void world_close(struct world *w);
/* As after a restart: a new engine on the same store. */
void world_restart(struct world *w);

/* One command in a group of its own. A refusal is returned and the group committed without it. */
enum status world_apply(struct world *w, const struct command *command);
enum status world_do(struct world *w, enum command_kind kind, struct buf *payload); /* frees it */
struct store_txn *world_begin(struct world *w); /* a write transaction and its group */
void world_commit(struct world *w, struct store_txn *txn);
void world_verify(struct world *w);
/* Fails the test with the engine's sentence unless the last command went well. */
void world_ok(struct world *w);
/* The last command was refused with this status and exactly this sentence. */
void world_refused(struct world *w, enum status status, const char *sentence);

/* ---- commands */
enum status do_set(struct world *w, const char *sku, const char *warehouse, int64_t quantity);
enum status do_adjust(struct world *w, const char *sku, const char *warehouse, int64_t by);
enum status do_transfer(struct world *w, const char *sku, const char *from, const char *to,
                        int64_t quantity);
enum status do_product(struct world *w, const char *sku);
enum status do_barcode(struct world *w, const char *sku, const char *barcode);
enum status do_product_delete(struct world *w, const char *sku);
enum status do_rename(struct world *w, const char *from, const char *to);
enum status do_merge(struct world *w, const char *sku, const char *other, enum merge_stock stock);
enum status do_undo(struct world *w, uint64_t sequence);
enum status do_warehouse(struct world *w, const char *key);
enum status do_account(struct world *w, const char *name);
enum status do_link(struct world *w, const char *warehouse, const char *account,
                    const char *remote);
enum status do_unlink(struct world *w, const char *warehouse, const char *account,
                      const char *remote);
enum status do_map(struct world *w, const char *account, const char *listing, const char *sku);
enum status do_switch(struct world *w, const char *account, enum account_switch change);
void do_sweeps(struct world *w, uint32_t limit); /* until there is none */

/* ---- rows: rows_start, any of the others, rows_end */
void rows_start(struct world *w, uint32_t account);
enum status rows_end(struct world *w);
void row_remote(struct world *w, const char *id, bool writable);
void row_listing(struct world *w, const char *id, const char *sku, const char *barcode,
                 enum listing_state state);
void row_stock(struct world *w, const char *remote, const char *listing, int64_t quantity);
void row_outcome(struct world *w, const struct engine_item *item, enum outcome_kind kind,
                 int64_t until_ms);
void row_flight_ended(struct world *w);

/* ---- short cuts */
/* Account "shop" (number 1) with warehouse "pp" linked to its remote warehouse "R1", products
 * "A", "B" ... each with a figure of 10 and a listing "LA", "LB" ...; everything swept. */
void world_shop(struct world *w, unsigned products);
uint32_t do_select(struct world *w, uint32_t account, uint32_t most); /* items taken */
/* One outcome of one kind for item `i` of the last batch; ends the flight. */
void do_outcome(struct world *w, uint32_t i, enum outcome_kind kind, int64_t until_ms);
void do_outcomes(struct world *w, enum outcome_kind kind); /* for all of the batch */
/* Selects and confirms until nothing is due. */
void do_push_all(struct world *w, uint32_t account);

/* ---- looking, at the store's rows and not through the engine */
/* The target of that listing in that remote warehouse; fails the test when there is none. */
struct target_record target_of(struct world *w, const char *listing, const char *remote);
bool target_is(struct world *w, const char *listing, const char *remote); /* there is one */
struct target_id target_id_of(struct world *w, const char *listing, const char *remote);
uint64_t rows_in(struct world *w, enum store_table table);
/* on_hand is FIGURE_UNKNOWN when it was never counted. */
struct stock_record stock_of(struct world *w, const char *sku, uint32_t warehouse);
int64_t on_hand(struct world *w, const char *sku, uint32_t warehouse);
#define assert_stock(w, sku, warehouse, hand, held)                        \
    do {                                                                   \
        const struct stock_record is_ = stock_of((w), (sku), (warehouse)); \
        assert_int_equal(is_.on_hand, (hand));                             \
        assert_int_equal(is_.reserved, (held));                            \
    } while (0)
uint64_t product_no(struct world *w, const char *sku); /* 0: none */
/* The code of the listing's conflict, "" when it has none. Static. */
const char *conflict_of(struct world *w, const char *listing);
uint64_t listing_product_of(struct world *w, const char *listing);

#endif
