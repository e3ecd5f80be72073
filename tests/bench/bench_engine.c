/* How fast the engine is on LMDB, beside plain puts of the same rows into the same store: imports
 * with and without targets, in key order and shuffled; and the push cycle, selections and outcomes
 * sharing commits. Engine side only: no CSV, no network, no threads.
 *
 *     bench_engine [rows]        rows of the import; targets come to four times as many
 *
 * Works in a directory under TMPDIR that it removes. Commits are durable. */
#include "base/mem.h"
#include "base/random.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/rows.h"
#include "engine/select.h"
#include "store/lmdb_store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    ROWS_DEFAULT = 200000,
    CHUNK = 4000,        /* rows of one bulk command */
    CHUNKS_A_COMMIT = 5, /* as the engine thread groups them */
    ACCOUNTS = 4,
    TARGET_ROW = 45, /* bytes of one that was sent before */
    BATCH = 100,     /* items of one request */
    BATCHES_A_COMMIT = 50,
};

struct bench {
    char directory[64];
    struct store *store;
    struct engine *engine;
    struct store_txn *txn;
    uint32_t rows;
    int64_t now;
    unsigned in_group;
};

static void fail(const char *what, const struct error *error)
{
    fprintf(stderr, "bench_engine: %s: %s\n", what, error->text);
    exit(1);
}

/* On a clock, and of the processor: what others do on the machine shows in the first alone. */
struct moment {
    double clock, processor;
};

static double read_clock(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static struct moment moment_now(void)
{
    return (struct moment){read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID)};
}

static void tell(const char *what, uint64_t count, struct moment begun)
{
    struct moment end = moment_now();
    printf("%-58s %9.0f /s  %9.0f /s of processor time\n", what,
           (double)count / (end.clock - begun.clock),
           (double)count / (end.processor - begun.processor));
    fflush(stdout);
}

/* ---- the store */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void open_store(struct bench *b)
{
    struct error error;
    char path[sizeof b->directory + 16];
    const char *base = getenv("TMPDIR");
    snprintf(b->directory, sizeof b->directory, "%s/stockd-bench-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(b->directory)) exit(1);
    snprintf(path, sizeof path, "%s/store", b->directory);
    const struct store_options options = {
        .path = path, .create = true, .map_bytes = (uint64_t)16 << 30}; /* valgrind maps no more */
    if (store_open_lmdb(&options, &b->store, &error) != ST_OK) fail("open", &error);
    b->engine = engine_new();
    b->now = 1700000000000;
}

static void close_store(struct bench *b)
{
    engine_free(b->engine);
    store_close(b->store);
    nftw(b->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void begin(struct bench *b)
{
    struct error error;
    if (store_begin(b->store, STORE_WRITE, &b->txn, &error) != ST_OK ||
        engine_group_begin(b->engine, b->txn, &error) != ST_OK)
        fail("begin", &error);
    b->in_group = 0;
}

static void commit(struct bench *b)
{
    struct error error;
    if (engine_group_flush(b->engine, b->txn, &error) != ST_OK ||
        store_commit(b->txn, &error) != ST_OK)
        fail("commit", &error);
}

static void apply(struct bench *b, enum command_kind kind, const struct buf *payload,
                  struct command_result *result)
{
    struct error error;
    const struct command command = {.kind = kind,
                                    .actor = "bench",
                                    .now_ms = b->now,
                                    .payload = bytes_of(payload->data, payload->size),
                                    .unlogged = true};
    if (engine_apply(b->engine, b->txn, &command, result, &error) != ST_OK)
        fail(command_kind_name(kind), &error);
}

/* ---- the catalogue */

static void make_products(struct bench *b)
{
    static char text[CHUNK][16];
    static struct bytes skus[CHUNK];
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    for (uint32_t first = 0; first < b->rows; first += CHUNK) {
        uint32_t count = 0;
        for (; count < CHUNK && first + count < b->rows; count++) {
            snprintf(text[count], sizeof text[count], "SKU-%08u", first + count + 1);
            skus[count] = bytes_text(text[count]);
        }
        buf_reset(&buf);
        command_product_bulk(&buf, skus, count);
        begin(b);
        apply(b, COMMAND_PRODUCT_BULK, &buf, NULL);
        commit(b);
    }
    buf_free(&buf);
}

static void make_places(struct bench *b)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    begin(b);
    command_warehouse_put(&buf, bytes_text("pp"), bytes_text("Main"));
    apply(b, COMMAND_WAREHOUSE_PUT, &buf, NULL);
    commit(b);
    buf_free(&buf);
}

/* One listing of every product in each account, one linked remote warehouse each. */
static void make_listings(struct bench *b)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    for (uint32_t account = 1; account <= ACCOUNTS; account++) {
        char name[16], id[24], sku[16];
        snprintf(name, sizeof name, "shop-%u", account);
        begin(b);
        buf_reset(&buf);
        command_account_put(&buf, bytes_text(name), bytes_text("market"), false);
        apply(b, COMMAND_ACCOUNT_PUT, &buf, NULL);
        const struct rows_head head = {.account = account, .received_ms = b->now};
        const struct remote_view remote = {.id = bytes_text("R1"), .writable = true};
        buf_reset(&buf);
        rows_begin(&buf, &head);
        rows_remote(&buf, &remote);
        apply(b, COMMAND_ROWS, &buf, NULL);
        const struct link_change link = {bytes_text("pp"), bytes_text(name), bytes_text("R1"), 0,
                                         0};
        buf_reset(&buf);
        command_link(&buf, &link);
        apply(b, COMMAND_LINK_PUT, &buf, NULL);
        commit(b);
        for (uint32_t first = 0; first < b->rows; first += CHUNK) {
            buf_reset(&buf);
            rows_begin(&buf, &head);
            for (uint32_t i = first; i < first + CHUNK && i < b->rows; i++) {
                snprintf(sku, sizeof sku, "SKU-%08u", i + 1);
                snprintf(id, sizeof id, "%09u", 700000000 + i);
                const struct listing_view listing = {
                    .id = bytes_text(id),
                    .title = bytes_text("A product with a title of ordinary length"),
                    .keys = {{bytes_text("sku"), bytes_text(sku)}},
                    .key_count = 1};
                rows_listing(&buf, &listing, false);
            }
            begin(b);
            apply(b, COMMAND_ROWS, &buf, NULL);
            commit(b);
        }
        struct engine_rules rules = {.route_count = 1, .attempts = 5};
        rules.routes[0].max_items = BATCH;
        engine_rules_set(b->engine, account, &rules);
    }
    buf_reset(&buf);
    command_sweep(&buf, 0);
    struct command_result result;
    do {
        begin(b);
        apply(b, COMMAND_SWEEP, &buf, &result);
        commit(b);
    } while (result.more);
    buf_free(&buf);
}

/* ---- imports */

static uint32_t *order_of(const struct bench *b, bool shuffled)
{
    uint32_t *order = mem_array(b->rows, sizeof *order);
    struct random random;
    random_seed(&random, 7);
    for (uint32_t i = 0; i < b->rows; i++)
        order[i] = i + 1;
    for (uint32_t i = b->rows; shuffled && i > 1; i--) {
        uint32_t j = (uint32_t)random_below(&random, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
    return order;
}

static void import(struct bench *b, bool shuffled, int64_t figure, const char *what)
{
    uint32_t *order = order_of(b, shuffled);
    static struct stock_row rows[CHUNK];
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    b->now += 1000;
    struct moment begun = moment_now();
    begin(b);
    for (uint32_t first = 0; first < b->rows; first += CHUNK) {
        uint32_t count = 0;
        for (; count < CHUNK && first + count < b->rows; count++)
            rows[count] = (struct stock_row){.product = order[first + count],
                                             .warehouse = 1,
                                             .quantity = figure + order[first + count] % 50};
        const struct stock_bulk bulk = {
            .kind = FIGURE_ON_HAND, .cause = CAUSE_IMPORT, .rows = rows, .row_count = count};
        buf_reset(&buf);
        command_stock_bulk(&buf, &bulk);
        apply(b, COMMAND_STOCK_BULK, &buf, NULL);
        if (++b->in_group == CHUNKS_A_COMMIT) {
            commit(b);
            begin(b);
        }
    }
    commit(b);
    tell(what, b->rows, begun);
    buf_free(&buf);
    mem_free(order);
}

/* ---- the push cycle */

static void push(struct bench *b, const char *what)
{
    struct engine_batch batch;
    struct buf rows;
    uint64_t pushed = 0, operations = 0;
    struct error error;
    engine_batch_init(&batch);
    buf_init(&rows, COMMAND_PAYLOAD_MAX);
    b->now += 1000;
    struct moment begun = moment_now();
    begin(b);
    for (uint32_t account = 1; account <= ACCOUNTS; account++) {
        for (;;) {
            struct engine_select ask = {.account = account, .most = BATCH, .now_ms = b->now};
            operations++;
            memcpy(ask.operation, &operations, sizeof operations);
            if (engine_select(b->engine, b->txn, &ask, &batch, &error) != ST_OK)
                fail("select", &error);
            if (batch.count == 0) break;
            const struct rows_head head = {.account = account, .received_ms = b->now};
            buf_reset(&rows);
            rows_begin(&rows, &head);
            for (uint32_t i = 0; i < batch.count; i++) {
                const struct outcome outcome = {.target = batch.items[i].target,
                                                .revision = batch.items[i].revision,
                                                .value = batch.items[i].wanted,
                                                .kind = OUTCOME_OK,
                                                .observed = FIGURE_UNKNOWN};
                rows_outcome(&rows, &outcome);
            }
            rows_flight_ended(&rows, ask.operation);
            apply(b, COMMAND_ROWS, &rows, NULL);
            pushed += batch.count;
            if (++b->in_group == BATCHES_A_COMMIT) {
                commit(b);
                begin(b);
            }
        }
    }
    commit(b);
    tell(what, pushed, begun);
    engine_batch_free(&batch);
    buf_free(&rows);
}

/* ---- the machine: the same rows by plain puts */

struct shape {
    enum store_table table;
    size_t key, value;
};

static void plain(struct bench *b, const struct shape *shapes, size_t count, bool shuffled,
                  const char *what)
{
    uint32_t *order = order_of(b, shuffled);
    uint8_t key[64] = {0}, value[512] = {0};
    struct moment begun = moment_now();
    struct error error;
    struct store_txn *txn;
    for (uint32_t i = 0; i < b->rows;) {
        if (store_begin(b->store, STORE_WRITE, &txn, &error) != ST_OK) fail("begin", &error);
        for (uint32_t n = 0; n < CHUNK * CHUNKS_A_COMMIT && i < b->rows; n++, i++)
            for (size_t s = 0; s < count; s++) {
                bytes_put_u64(key, order[i]);
                bytes_put_u32(key + 8, (uint32_t)s);
                store_put(txn, shapes[s].table, bytes_of(key, shapes[s].key),
                          bytes_of(value, shapes[s].value));
            }
        if (store_commit(txn, &error) != ST_OK) fail("commit", &error);
    }
    tell(what, b->rows, begun);
    mem_free(order);
}

static void compare(struct bench *b)
{
    static const struct shape without[] = {{TABLE_STOCK, 12, sizeof(struct stock_record)},
                                           {TABLE_LEDGER, 24, sizeof(struct ledger_record)}};
    struct shape with[2 + 2 * ACCOUNTS] = {without[0], without[1]};
    for (int i = 0; i < ACCOUNTS; i++) {
        with[2 + 2 * i] = (struct shape){TABLE_TARGET, TARGET_KEY_SIZE, TARGET_ROW};
        with[3 + 2 * i] = (struct shape){TABLE_OUTBOX, OUTBOX_KEY_SIZE, 0};
    }
    open_store(b);
    plain(b, without, 2, false, "plain puts, stock and ledger, key order: rows");
    close_store(b);
    open_store(b);
    plain(b, without, 2, true, "plain puts, stock and ledger, shuffled: rows");
    close_store(b);
    open_store(b);
    plain(b, with, 2 + 2 * ACCOUNTS, false,
          "plain puts, and four targets and outbox, key order: rows");
    close_store(b);
}

int main(int argc, char **argv)
{
    struct bench b = {.rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ROWS_DEFAULT};
    if (b.rows == 0) b.rows = ROWS_DEFAULT;
    printf("%u rows, commits of %d rows\n", b.rows, CHUNK * CHUNKS_A_COMMIT);
    compare(&b);
    open_store(&b);
    make_products(&b);
    make_places(&b);
    import(&b, false, 1000, "import, no targets, key order, first figures: rows");
    import(&b, false, 2000, "import, no targets, key order, changed figures: rows");
    import(&b, true, 3000, "import, no targets, shuffled, changed figures: rows");
    close_store(&b);
    open_store(&b);
    make_products(&b);
    make_places(&b);
    struct moment begun = moment_now();
    make_listings(&b);
    tell("catalogue: listings with a target each", (uint64_t)b.rows * ACCOUNTS, begun);
    import(&b, false, 1000, "import, four targets, key order, first figures: rows");
    push(&b, "push cycle, key order, first figures: items");
    import(&b, false, 2000, "import, four targets, key order, changed figures: rows");
    push(&b, "push cycle, key order: items");
    import(&b, true, 500, "import, four targets, shuffled, changed figures: rows");
    push(&b, "push cycle, after shuffled decreases: items");
    close_store(&b);
    return 0;
}
