/* The world: groups, commands, verification. Looking at rows is in engine_look.c. */
#include "engine_fixture.h"
#include "say/say.h"

#include "base/mem.h"
#include "store/lmdb_store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void start(struct world *w)
{
    w->engine = engine_new();
    w->now = WORLD_START_MS;
    engine_batch_init(&w->batch);
    buf_init(&w->rows, COMMAND_PAYLOAD_MAX);
}

void world_open(struct world *w)
{
    *w = (struct world){.store = store_open_memory()};
    start(w);
}

void world_open_lmdb(struct world *w)
{
    *w = (struct world){0};
    const char *base = getenv("TMPDIR");
    snprintf(w->directory, sizeof w->directory, "%s/stockd-engine-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(w->directory));
    char path[sizeof w->directory + 16];
    snprintf(path, sizeof path, "%s/store", w->directory);
    const struct store_options options = {
        .path = path, .map_bytes = 64 << 20, .create = true, .without_durability = true};
    if (store_open_lmdb(&options, &w->store, &w->error) != ST_OK) fail_msg("%s", w->error.text);
    start(w);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void world_close(struct world *w)
{
    engine_batch_free(&w->batch);
    buf_free(&w->rows);
    engine_free(w->engine);
    store_close(w->store);
    if (w->directory[0]) nftw(w->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void world_restart(struct world *w)
{
    engine_free(w->engine);
    w->engine = engine_new();
}

/* ---- groups */

struct store_txn *world_begin(struct world *w)
{
    struct store_txn *txn;
    if (store_begin(w->store, STORE_WRITE, &txn, &w->error) != ST_OK ||
        engine_group_begin(w->engine, txn, &w->error) != ST_OK)
        fail_msg("%s", w->error.text);
    return txn;
}

/* As a runner does it: what fails is given up as a whole. */
static enum status commit(struct world *w, struct store_txn *txn, struct error *error)
{
    enum status status = engine_group_flush(w->engine, txn, error);
    if (status != ST_OK)
        store_abort(txn);
    else
        status = store_commit(txn, error);
    if (status != ST_OK) engine_group_drop(w->engine);
    if (!w->unverified) world_verify(w);
    return status;
}

void world_commit(struct world *w, struct store_txn *txn)
{
    struct error error;
    if (commit(w, txn, &error) != ST_OK) fail_msg("%s", error.text);
}

static void print_finding(void *ctx, const char *table, const char *sentence)
{
    (void)ctx;
    print_error("verify: %s: %s\n", table, sentence);
}

void world_verify(struct world *w)
{
    const struct verify_hooks hooks = {.report = print_finding};
    struct verify_result result;
    struct store_txn *txn;
    struct error error;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, &error), ST_OK);
    if (engine_verify(txn, &hooks, &result, &error) != ST_OK) fail_msg("%s", error.text);
    store_abort(txn);
    if (result.findings) fail_msg("%llu findings", (unsigned long long)result.findings);
}

static bool is_refusal(enum status status)
{
    return status == ST_INVALID || status == ST_NOT_FOUND || status == ST_CONFLICT ||
           status == ST_EXISTS || status == ST_TOO_BIG;
}

enum status world_apply(struct world *w, const struct command *command)
{
    struct store_txn *txn = world_begin(w);
    w->error = (struct error){ST_OK, ""};
    w->status = engine_apply(w->engine, txn, command, &w->result, &w->error);
    if (w->status == ST_OK || is_refusal(w->status)) {
        struct error why;
        enum status status = commit(w, txn, &why);
        if (status != ST_OK) w->error = why;
        if (status != ST_OK) w->status = status; /* only where the store was made to fail */
    } else {
        store_abort(txn);
        engine_group_drop(w->engine);
    }
    return w->status;
}

enum status world_do(struct world *w, enum command_kind kind, struct buf *payload)
{
    const struct command command = {.kind = kind,
                                    .actor = "test",
                                    .now_ms = w->now,
                                    .payload = bytes_of(payload->data, payload->size)};
    enum status status = world_apply(w, &command);
    buf_free(payload);
    return status;
}

void world_ok(struct world *w)
{
    if (w->status != ST_OK) fail_msg("%s: %s", status_name(w->status), w->error.text);
}

void world_refused(struct world *w, enum status status, const char *sentence)
{
    assert_string_equal(w->error.text, sentence);
    assert_string_equal(status_name(w->status), status_name(status));
    if (status == ST_HELD && !say_knows(sentence)) fail_msg("no words for: %s", sentence);
}

/* ---- commands */

static struct buf payload(void)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    return buf;
}

enum status do_set(struct world *w, const char *sku, const char *warehouse, int64_t quantity)
{
    struct buf buf = payload();
    const struct stock_set set = {.sku = bytes_text(sku),
                                  .warehouse = bytes_text(warehouse),
                                  .quantity = quantity,
                                  .kind = FIGURE_ON_HAND,
                                  .cause = CAUSE_COUNT};
    command_stock_set(&buf, &set);
    return world_do(w, COMMAND_STOCK_SET, &buf);
}

enum status do_adjust(struct world *w, const char *sku, const char *warehouse, int64_t by)
{
    struct buf buf = payload();
    const struct stock_adjust adjust = {bytes_text(sku), bytes_text(warehouse), by, CAUSE_SALE};
    command_stock_adjust(&buf, &adjust);
    return world_do(w, COMMAND_STOCK_ADJUST, &buf);
}

enum status do_transfer(struct world *w, const char *sku, const char *from, const char *to,
                        int64_t quantity)
{
    struct buf buf = payload();
    const struct stock_transfer transfer = {bytes_text(sku), bytes_text(from), bytes_text(to),
                                            quantity};
    command_stock_transfer(&buf, &transfer);
    return world_do(w, COMMAND_STOCK_TRANSFER, &buf);
}

enum status do_product(struct world *w, const char *sku)
{
    struct buf buf = payload();
    const struct product_put put = {.sku = bytes_text(sku)};
    command_product_put(&buf, &put);
    return world_do(w, COMMAND_PRODUCT_PUT, &buf);
}

enum status do_barcode(struct world *w, const char *sku, const char *barcode)
{
    struct buf buf = payload();
    const struct bytes barcodes[] = {bytes_text(barcode)};
    const struct product_put put = {
        .sku = bytes_text(sku), .barcodes = barcodes, .barcode_count = barcode[0] ? 1 : 0};
    command_product_put(&buf, &put);
    return world_do(w, COMMAND_PRODUCT_PUT, &buf);
}

enum status do_product_delete(struct world *w, const char *sku)
{
    struct buf buf = payload();
    command_product_delete(&buf, bytes_text(sku));
    return world_do(w, COMMAND_PRODUCT_DELETE, &buf);
}

enum status do_rename(struct world *w, const char *from, const char *to)
{
    struct buf buf = payload();
    command_product_rename(&buf, bytes_text(from), bytes_text(to));
    return world_do(w, COMMAND_PRODUCT_RENAME, &buf);
}

enum status do_merge(struct world *w, const char *sku, const char *other, enum merge_stock stock)
{
    struct buf buf = payload();
    command_product_merge(&buf, bytes_text(sku), bytes_text(other), stock);
    return world_do(w, COMMAND_PRODUCT_MERGE, &buf);
}

enum status do_undo(struct world *w, uint64_t sequence)
{
    struct buf buf = payload();
    command_undo(&buf, sequence);
    return world_do(w, COMMAND_UNDO, &buf);
}

enum status do_warehouse(struct world *w, const char *key)
{
    struct buf buf = payload();
    command_warehouse_put(&buf, bytes_text(key), bytes_text(key));
    return world_do(w, COMMAND_WAREHOUSE_PUT, &buf);
}

enum status do_account(struct world *w, const char *name)
{
    struct buf buf = payload();
    command_account_put(&buf, bytes_text(name), bytes_text("market"), false);
    return world_do(w, COMMAND_ACCOUNT_PUT, &buf);
}

static enum status do_link_change(struct world *w, enum command_kind kind, const char *warehouse,
                                  const char *account, const char *remote)
{
    struct buf buf = payload();
    const struct link_change link = {bytes_text(warehouse), bytes_text(account), bytes_text(remote),
                                     0, 0};
    command_link(&buf, &link);
    return world_do(w, kind, &buf);
}

enum status do_link(struct world *w, const char *warehouse, const char *account, const char *remote)
{
    return do_link_change(w, COMMAND_LINK_PUT, warehouse, account, remote);
}

enum status do_unlink(struct world *w, const char *warehouse, const char *account,
                      const char *remote)
{
    return do_link_change(w, COMMAND_LINK_DELETE, warehouse, account, remote);
}

enum status do_map(struct world *w, const char *account, const char *listing, const char *sku)
{
    struct buf buf = payload();
    command_listing_map(&buf, bytes_text(account), bytes_text(listing), bytes_text(sku));
    return world_do(w, COMMAND_LISTING_MAP, &buf);
}

enum status do_switch(struct world *w, const char *account, enum account_switch change)
{
    struct buf buf = payload();
    command_account_switch(&buf, bytes_text(account), change, "auth", "the key was refused");
    return world_do(w, COMMAND_ACCOUNT_SWITCH, &buf);
}

void do_sweeps(struct world *w, uint32_t limit)
{
    do {
        struct buf buf = payload();
        command_sweep(&buf, limit);
        world_do(w, COMMAND_SWEEP, &buf);
        world_ok(w);
    } while (w->result.more);
}

/* ---- rows */

void rows_start(struct world *w, uint32_t account)
{
    buf_reset(&w->rows);
    const struct rows_head head = {.account = account,
                                   .data_version = 1,
                                   .begun_ms = w->begun ? w->begun : w->now,
                                   .received_ms = w->now,
                                   .drained_ms = w->drained};
    rows_begin(&w->rows, &head);
}

enum status rows_end(struct world *w)
{
    const struct command command = {.kind = COMMAND_ROWS,
                                    .actor = "shop",
                                    .now_ms = w->now,
                                    .payload = bytes_of(w->rows.data, w->rows.size),
                                    .unlogged = true};
    return world_apply(w, &command);
}

void row_remote(struct world *w, const char *id, bool writable)
{
    const struct remote_view remote = {
        .id = bytes_text(id), .name = bytes_text("Remote"), .writable = writable};
    rows_remote(&w->rows, &remote);
}

void row_listing(struct world *w, const char *id, const char *sku, const char *barcode,
                 enum listing_state state)
{
    struct listing_view listing = {.id = bytes_text(id), .state = state};
    if (sku)
        listing.keys[listing.key_count++] =
            (struct listing_key){bytes_text("sku"), bytes_text(sku)};
    if (barcode)
        listing.keys[listing.key_count++] =
            (struct listing_key){bytes_text("barcode"), bytes_text(barcode)};
    rows_listing(&w->rows, &listing, false);
}

void row_stock(struct world *w, const char *remote, const char *listing, int64_t quantity)
{
    const struct seen_stock seen = {.remote = bytes_text(remote),
                                    .listing = bytes_text(listing),
                                    .type = bytes_text("fbs"),
                                    .kind = quantity == FIGURE_UNKNOWN ? OBSERVED_ABSENT
                                                                       : OBSERVED_NUMBER,
                                    .quantity = quantity == FIGURE_UNKNOWN ? 0 : quantity,
                                    .reserved = FIGURE_UNKNOWN};
    rows_stock(&w->rows, &seen);
}

void row_outcome(struct world *w, const struct engine_item *item, enum outcome_kind kind,
                 int64_t until_ms)
{
    const struct outcome outcome = {.target = item->target,
                                    .revision = item->revision,
                                    .value = item->wanted,
                                    .kind = kind,
                                    .until_ms = until_ms,
                                    .observed = FIGURE_UNKNOWN,
                                    .code = bytes_text(kind == OUTCOME_REJECTED ? "NO" : ""),
                                    .text = bytes_text("")};
    rows_outcome(&w->rows, &outcome);
}

void row_flight_ended(struct world *w)
{
    rows_flight_ended(&w->rows, w->operation);
}

/* ---- short cuts */

void world_shop(struct world *w, unsigned products)
{
    do_warehouse(w, "pp");
    do_account(w, "shop");
    rows_start(w, 1);
    row_remote(w, "R1", true);
    assert_int_equal(rows_end(w), ST_OK);
    do_link(w, "pp", "shop", "R1");
    world_ok(w);
    for (unsigned i = 0; i < products; i++) {
        char sku[2] = {(char)('A' + i), 0}, listing[3] = {'L', sku[0], 0};
        do_product(w, sku);
        do_set(w, sku, "pp", 10);
        rows_start(w, 1);
        row_listing(w, listing, sku, NULL, LISTING_ACTIVE);
        assert_int_equal(rows_end(w), ST_OK);
    }
    do_sweeps(w, 0);
}

uint32_t do_select(struct world *w, uint32_t account, uint32_t most)
{
    struct engine_select ask = {.account = account, .most = most, .now_ms = w->now};
    ask.operation[0] = ++w->next_id;
    ask.operation[1] = (uint8_t)account;
    memcpy(w->operation, ask.operation, sizeof w->operation);
    struct store_txn *txn = world_begin(w);
    w->status = engine_select(w->engine, txn, &ask, &w->batch, &w->error);
    world_ok(w);
    world_commit(w, txn);
    return w->batch.count;
}

void do_outcome(struct world *w, uint32_t i, enum outcome_kind kind, int64_t until_ms)
{
    assert_true(i < w->batch.count);
    rows_start(w, w->batch.items[i].target.account);
    row_outcome(w, &w->batch.items[i], kind, until_ms);
    row_flight_ended(w);
    rows_end(w);
    world_ok(w);
}

void do_outcomes(struct world *w, enum outcome_kind kind)
{
    if (w->batch.count == 0) return;
    rows_start(w, w->batch.items[0].target.account);
    for (uint32_t i = 0; i < w->batch.count; i++)
        row_outcome(w, &w->batch.items[i], kind, 0);
    row_flight_ended(w);
    rows_end(w);
    world_ok(w);
}

void do_push_all(struct world *w, uint32_t account)
{
    while (do_select(w, account, 100))
        do_outcomes(w, OUTCOME_OK);
}
