/* How fast a bulk import goes, on the daemon's own runtime and a durable LMDB store, beside the
 * machine's own limit: the same number of rows put into the same two tables with nothing around it.
 *
 * usage: bench_import DIRECTORY [ROWS [TARGETS [CHUNK_ROWS]]]
 * TARGETS: how many accounts show each product. Prints one line per measurement. */
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/loop_runtime.h"
#include "engine/rows.h"
#include "intake/import.h"
#include "store/lmdb_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PIECE_BYTES = 64 << 10, SETUP_ROWS = 5000, SAMPLE_MS = 5, ACCOUNTS_MAX = 16 };

struct bench {
    uv_loop_t loop;
    struct store *store;
    struct engine *engine;
    struct random random;
    struct loop_runtime *runtime;
    struct imports *imports;
    uint32_t rows, targets, chunk_rows;
    const char *directory;

    /* One import. */
    struct import *import;
    uint32_t sent, step, pass;
    struct buf piece;
    size_t piece_sent;
    uv_timer_t sampler;
    int64_t begun_us, accepted_us, first_chunk_us;
    long peak_kib;
    bool failed;
};

static int64_t now_us(void)
{
    return clock_mono_us(clock_system());
}

static void must(enum status status, const struct error *error)
{
    if (status == ST_OK) return;
    fprintf(stderr, "bench_import: %s\n", error->text);
    exit(1);
}

/* Anonymous memory: LMDB's pages are the kernel's. */
static long private_kib(void)
{
    char line[200];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1) break;
    if (file) fclose(file);
    return kib;
}

static struct store *open_store(const struct bench *b, const char *name)
{
    char *path = mem_format("%s/%s", b->directory, name);
    const struct store_options options = {.path = path, .create = true};
    struct store *store;
    struct error error = {0};
    must(store_open_lmdb(&options, &store, &error), &error);
    mem_free(path);
    return store;
}

/* ---- the machine's limit */

static void measure_raw(const struct bench *b)
{
    struct store *store = open_store(b, "raw");
    struct error error = {0};
    struct stock_record stock = {0};
    struct ledger_record entry = {0};
    uint8_t key[24] = {0};
    int64_t begun = now_us();
    for (uint32_t row = 0; row < b->rows;) {
        struct store_txn *txn;
        must(store_begin(store, STORE_WRITE, &txn, &error), &error);
        for (uint32_t i = 0; i < b->chunk_rows && row < b->rows; i++, row++) {
            bytes_put_u64(key, row + 1);
            store_put(txn, TABLE_STOCK, bytes_of(key, 12), bytes_of(&stock, sizeof stock));
            store_put(txn, TABLE_LEDGER, bytes_of(key, 24), bytes_of(&entry, sizeof entry));
        }
        must(store_commit(txn, &error), &error);
    }
    double seconds = (double)(now_us() - begun) / 1e6;
    printf("raw: %u rows of two puts, a durable commit each %u rows: %.0f rows/s\n", b->rows,
           b->chunk_rows, b->rows / seconds);
    store_close(store);
}

/* ---- the world */

static void apply(struct bench *b, enum command_kind kind, const struct buf *payload, bool unlogged)
{
    struct store_txn *txn;
    struct error error = {0};
    const struct command command = {.kind = kind,
                                    .actor = "bench",
                                    .now_ms = 1,
                                    .payload = bytes_of(payload->data, payload->size),
                                    .unlogged = unlogged};
    must(store_begin(b->store, STORE_WRITE, &txn, &error), &error);
    must(engine_group_begin(b->engine, txn, &error), &error);
    must(engine_apply(b->engine, txn, &command, NULL, &error), &error);
    must(engine_group_flush(b->engine, txn, &error), &error);
    must(store_commit(txn, &error), &error);
}

static void make_products(struct bench *b, struct buf *payload)
{
    char(*names)[24] = mem_array(SETUP_ROWS, sizeof *names);
    struct bytes *skus = mem_array(SETUP_ROWS, sizeof *skus);
    for (uint32_t at = 0; at < b->rows;) {
        uint32_t count = 0;
        for (; count < SETUP_ROWS && at < b->rows; count++, at++) {
            snprintf(names[count], sizeof names[count], "SKU-%08u", at);
            skus[count] = bytes_text(names[count]);
        }
        buf_reset(payload);
        command_product_bulk(payload, skus, count);
        apply(b, COMMAND_PRODUCT_BULK, payload, false);
    }
    mem_free(skus);
    mem_free(names);
}

static void make_listings(struct bench *b, uint32_t account, struct buf *payload)
{
    struct rows_head head = {.account = account, .begun_ms = 1, .received_ms = 2};
    for (uint32_t at = 0; at < b->rows;) {
        buf_reset(payload);
        rows_begin(payload, &head);
        for (uint32_t i = 0; i < SETUP_ROWS && at < b->rows; i++, at++) {
            char sku[24];
            snprintf(sku, sizeof sku, "SKU-%08u", at);
            const struct listing_view listing = {.id = bytes_text(sku),
                                                 .keys = {{bytes_text("sku"), bytes_text(sku)}},
                                                 .key_count = 1};
            rows_listing(payload, &listing, false);
        }
        apply(b, COMMAND_ROWS, payload, true);
    }
    buf_reset(payload);
    rows_begin(payload, &head);
    rows_complete(payload, SCOPE_LISTINGS, bytes_of("", 0));
    apply(b, COMMAND_ROWS, payload, true);
}

static void make_account(struct bench *b, uint32_t number, struct buf *payload)
{
    char name[16];
    snprintf(name, sizeof name, "acc-%u", number);
    buf_reset(payload);
    command_account_put(payload, bytes_text(name), bytes_text("bench"), false);
    apply(b, COMMAND_ACCOUNT_PUT, payload, false);
    const struct engine_rules rules = {.route_count = 1, .routes = {{.max_items = 100}}};
    engine_rules_set(b->engine, number, &rules);
    struct rows_head head = {.account = number, .begun_ms = 1, .received_ms = 2};
    const struct remote_view remote = {
        .id = bytes_text("r1"), .name = bytes_text("Remote"), .writable = true};
    buf_reset(payload);
    rows_begin(payload, &head);
    rows_remote(payload, &remote);
    rows_complete(payload, SCOPE_WAREHOUSES, bytes_of("", 0));
    apply(b, COMMAND_ROWS, payload, true);
    const struct link_change link = {.warehouse = bytes_text("pp"),
                                     .account = bytes_text(name),
                                     .remote = bytes_text("r1"),
                                     .order = 1};
    buf_reset(payload);
    command_link(payload, &link);
    apply(b, COMMAND_LINK_PUT, payload, false);
    make_listings(b, number, payload);
}

static void make_world(struct bench *b)
{
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    command_warehouse_put(&payload, bytes_text("pp"), bytes_text("Main"));
    apply(b, COMMAND_WAREHOUSE_PUT, &payload, false);
    make_products(b, &payload);
    for (uint32_t account = 1; account <= b->targets; account++)
        make_account(b, account, &payload);
    buf_free(&payload);
}

/* ---- one import */

/* Rows in key order, or, with a large odd step, each once in what is no order. */
static void next_piece(struct bench *b)
{
    buf_reset(&b->piece);
    b->piece_sent = 0;
    while (b->sent < b->rows && b->piece.size < PIECE_BYTES - 64) {
        uint32_t row = (uint32_t)((uint64_t)b->sent++ * b->step % b->rows);
        buf_format(&b->piece, "SKU-%08u,pp,%u\n", row, (row + b->pass) % 1000);
    }
}

static void send_on(void *ctx)
{
    struct bench *b = ctx;
    for (;;) { /* until there is no room, or no more */
        if (b->piece_sent == b->piece.size) next_piece(b);
        if (b->piece.size == 0) break;
        size_t left = b->piece.size - b->piece_sent;
        size_t took = import_write(b->import, bytes_of(b->piece.data + b->piece_sent, left));
        b->piece_sent += took;
        if (took < left) return;
    }
    import_end(b->import);
}

static void on_accepted(void *ctx, uint64_t job)
{
    (void)job;
    ((struct bench *)ctx)->accepted_us = now_us();
}

static void on_progress(void *ctx, const struct import_counts *counts, const char *waiting)
{
    struct bench *b = ctx;
    (void)waiting;
    if (counts->done && !b->first_chunk_us) b->first_chunk_us = now_us();
}

static void on_ended(void *ctx, const struct import_ending *ending)
{
    struct bench *b = ctx;
    b->import = NULL;
    b->failed = ending->state != IMPORT_DONE || ending->counts.changed != b->rows;
    if (b->failed) fprintf(stderr, "bench_import: %s\n", ending->error);
    uv_timer_stop(&b->sampler);
}

static void sample(uv_timer_t *timer)
{
    struct bench *b = timer->data;
    long kib = private_kib();
    if (kib > b->peak_kib) b->peak_kib = kib;
}

static void measure(struct bench *b, const char *name, uint32_t step)
{
    const struct import_options options = {.actor = "bench"};
    const struct import_events events = {.writable = send_on,
                                         .accepted = on_accepted,
                                         .progress = on_progress,
                                         .ended = on_ended,
                                         .ctx = b};
    long before = private_kib();
    b->sent = 0;
    b->step = step;
    b->pass++;
    b->peak_kib = 0;
    b->first_chunk_us = 0;
    uv_timer_start(&b->sampler, sample, 0, SAMPLE_MS);
    b->begun_us = now_us();
    b->import = import_new(b->imports, &options, &events);
    send_on(b);
    while (b->import)
        uv_run(&b->loop, UV_RUN_ONCE);
    double seconds = (double)(now_us() - b->begun_us) / 1e6;
    printf("%s: %u rows, %u targets each: %.0f rows/s in %.2f s (accepted %.2f, read and sorted "
           "%.2f, applied %.2f); private memory %ld KiB before, %ld KiB at most\n",
           name, b->rows, b->targets, b->rows / seconds, seconds,
           (double)(b->accepted_us - b->begun_us) / 1e6,
           (double)(b->first_chunk_us - b->accepted_us) / 1e6,
           seconds - (double)(b->first_chunk_us - b->begun_us) / 1e6, before, b->peak_kib);
    fflush(stdout);
    if (b->failed) exit(1);
}

static void open_runtime(struct bench *b)
{
    struct error error = {0};
    const struct loop_runtime_options options = {
        .loop = &b->loop, .store = b->store, .engine = b->engine, .random = &b->random};
    must(loop_runtime_open(&options, &b->runtime, &error), &error);
    char *spool = mem_format("%s/jobs", b->directory);
    const struct imports_options imports = {.runtime = loop_runtime(b->runtime),
                                            .engine = b->engine,
                                            .store = b->store,
                                            .directory = spool,
                                            .chunk_rows = b->chunk_rows};
    b->imports = imports_new(&imports);
    mem_free(spool);
}

static void stop(void *ctx)
{
    uv_stop(ctx);
}

static void close_all(struct bench *b)
{
    imports_stop(b->imports, stop, &b->loop);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    imports_free(b->imports);
    uv_close((uv_handle_t *)&b->sampler, NULL);
    loop_runtime_close(b->runtime, stop, &b->loop);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    loop_runtime_free(b->runtime);
    uv_run(&b->loop, UV_RUN_NOWAIT);
    uv_loop_close(&b->loop);
    engine_free(b->engine);
    store_close(b->store);
    buf_free(&b->piece);
}

static uint32_t number(int argc, char **argv, int at, uint32_t otherwise)
{
    return argc > at ? (uint32_t)strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_import DIRECTORY [ROWS [TARGETS [CHUNK_ROWS]]]\n");
        return 64;
    }
    static struct bench b;
    b.directory = argv[1];
    b.rows = number(argc, argv, 2, 1000000);
    b.targets = number(argc, argv, 3, 0);
    b.chunk_rows = number(argc, argv, 4, IMPORT_CHUNK_ROWS);
    if (b.rows == 0 || b.targets > ACCOUNTS_MAX || b.chunk_rows == 0) return 64;
    mkdir(b.directory, 0700);
    log_level_set(LOG_WARNING);
    uv_loop_init(&b.loop);
    uv_timer_init(&b.loop, &b.sampler);
    b.sampler.data = &b;
    buf_init(&b.piece, PIECE_BYTES);
    random_seed_system(&b.random);
    measure_raw(&b);
    b.store = open_store(&b, "store");
    b.engine = engine_new();
    int64_t begun = now_us();
    make_world(&b);
    printf("world: %u products, %u listings, made in %.1f s\n", b.rows, b.rows * b.targets,
           (double)(now_us() - begun) / 1e6);
    open_runtime(&b);
    measure(&b, "first figures, key order", 1);
    measure(&b, "changed figures, key order", 1);
    measure(&b, "changed figures, shuffled", 611953); /* prime: no common factor with ROWS */
    close_all(&b);
    return 0;
}
