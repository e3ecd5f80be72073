/* Backups made while writing goes on, restoring them, refusing what is none, and looking through
 * damaged files. */
#include "fixture.h"

#include "base/mem.h"
#include "base/random.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/schema.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scratch scratch;

static int setup(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static const char *at(const char *name)
{
    return scratch_path(&scratch, name);
}

/* Rows 0 to count-1 with values of mixed sizes, some with pages of their own, and free pages. */
static void fill(struct store *store, int count)
{
    static char value[20000];
    memset(value, 'v', sizeof value);
    for (int round = 0; round < 3; round++) {
        struct store_txn *txn = fixture_begin(store, STORE_WRITE);
        for (int i = 0; i < count; i++) {
            char key[16];
            snprintf(key, sizeof key, "%08d", i * 7919 % count);
            size_t size = i % 397 == 0 ? sizeof value : (size_t)(i % 300);
            store_put(txn, TABLE_LISTING, bytes_text(key), bytes_of(value, size));
            if (i % 3 == round) store_delete(txn, TABLE_JOB, bytes_text(key));
            if (i % 3 != round) store_put(txn, TABLE_JOB, bytes_text(key), bytes_text("x"));
        }
        fixture_commit(txn);
    }
}

static struct store *open_filled(const char *path, int count)
{
    struct store *store = fixture_open_lmdb(path);
    assert_int_equal(store_schema_prepare(store, store_schema_current(), NULL, NULL), ST_OK);
    fill(store, count);
    return store;
}

/* A store at "store" with "mark" = `mark`, and a backup of it at "backup". */
static void make_backup(const char *mark)
{
    struct store *store = open_filled(at("store"), 500);
    fixture_put(store, TABLE_STOCK, "mark", mark);
    assert_int_equal(store_backup(store, at("backup"), NULL), ST_OK);
    store_close(store);
}

static void set_mark(const char *path, const char *mark)
{
    struct store *store = fixture_open_lmdb(path);
    fixture_put(store, TABLE_STOCK, "mark", mark);
    store_close(store);
}

static void expect_mark(const char *path, const char *mark)
{
    struct store *store = fixture_open_lmdb(path);
    fixture_expect_committed(store, TABLE_STOCK, "mark", mark);
    assert_int_equal(store_check(store, NULL, NULL), ST_OK);
    store_close(store);
}

/* The only entry of the scratch directory that begins so; caller frees. NULL: none. */
static char *find_entry(const char *prefix)
{
    DIR *dir = opendir(scratch.path);
    struct dirent *entry;
    char *found = NULL;
    while ((entry = readdir(dir)))
        if (!found && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            found = mem_text(at(entry->d_name));
    closedir(dir);
    return found;
}

/* Backups. */

static void test_backup_is_a_whole_store(void **state)
{
    (void)state;
    struct store *store = open_filled(at("store"), 3000);
    struct store_check a, b;
    assert_int_equal(store_backup(store, at("backup"), NULL), ST_OK);
    assert_int_equal(store_check(store, &a, NULL), ST_OK);
    struct store_usage live = store_usage(store);
    store_close(store);
    assert_int_equal(store_backup_verify(at("backup"), NULL), ST_OK);
    store = fixture_open_lmdb(at("backup"));
    assert_int_equal(store_check(store, &b, NULL), ST_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(a.rows[TABLE_LISTING], 3000);
    struct store_usage copy = store_usage(store);
    assert_true(live.used_bytes < live.file_bytes); /* it has free pages, */
    assert_true(copy.file_bytes < live.file_bytes); /* which were left out */
    assert_true(copy.used_bytes <= copy.file_bytes);
    store_close(store);
    assert_null(find_entry("backup.partial"));
}

static void test_backup_refuses_what_exists(void **state)
{
    (void)state;
    struct store *store = open_filled(at("store"), 10);
    struct error error = {ST_OK, ""};
    assert_int_equal(mkdir(at("backup"), 0700), 0);
    assert_int_equal(store_backup(store, at("backup"), &error), ST_EXISTS);
    fixture_expect_text(&error, "/backup");
    fixture_file_write(at("file"), "x", 1);
    assert_int_equal(store_backup(store, at("file"), &error), ST_EXISTS);
    assert_int_equal(store_backup(store, at("store"), &error), ST_EXISTS);
    assert_int_equal(store_backup(store, at("no/parent"), &error), ST_NOT_FOUND);
    store_close(store);
}

static void test_backup_after_one_that_was_killed(void **state)
{
    (void)state;
    struct store *store = open_filled(at("store"), 100);
    struct error error = {ST_OK, ""};
    assert_int_equal(mkdir(at("backup.partial"), 0700), 0);
    fixture_file_write(at("backup.partial/data.mdb"), "half a store", 12);
    int other = open(at("backup.partial"), O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_int_equal(store_backup(store, at("backup"), &error), ST_BUSY);
    close(other);
    assert_int_equal(store_backup(store, at("backup"), &error), ST_OK);
    assert_int_equal(store_backup_verify(at("backup"), NULL), ST_OK);
    store_close(store);
}

struct writer {
    struct store *store;
    atomic_bool stop;
    atomic_uint_fast64_t committed;
};

/* Rows "a" and "b" of two tables always equal. */
static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    for (uint64_t n = 1; !atomic_load(&writer->stop); n++) {
        struct store_txn *txn = fixture_begin(writer->store, STORE_WRITE);
        uint8_t key[8];
        bytes_put_u64(key, n);
        store_put(txn, TABLE_STOCK, bytes_text("a"), bytes_of(&n, sizeof n));
        store_put(txn, TABLE_LEDGER, bytes_of(key, 8), bytes_of(&n, sizeof n));
        store_put(txn, TABLE_TARGET, bytes_text("b"), bytes_of(&n, sizeof n));
        fixture_commit(txn);
        atomic_store(&writer->committed, n);
    }
    return NULL;
}

static uint64_t number_in(struct store_txn *txn, enum store_table table, const char *key)
{
    struct bytes value;
    uint64_t n;
    assert_int_equal(store_get(txn, table, bytes_text(key), &value), ST_OK);
    memcpy(&n, value.data, sizeof n);
    return n;
}

static void test_backup_while_writing(void **state)
{
    (void)state;
    struct writer writer = {.store = open_filled(at("store"), 2000)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, writer_main, &writer), 0);
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "backup%d", i);
        uint64_t before;
        while ((before = atomic_load(&writer.committed)) < 10)
            sched_yield();
        assert_int_equal(store_backup(writer.store, at(name), NULL), ST_OK);
        uint64_t after = atomic_load(&writer.committed);
        assert_int_equal(store_check(writer.store, NULL, NULL), ST_OK);
        struct store *copy = fixture_open_lmdb(at(name));
        assert_int_equal(store_check(copy, NULL, NULL), ST_OK);
        struct store_txn *txn = fixture_begin(copy, STORE_READ);
        uint64_t n = number_in(txn, TABLE_STOCK, "a");
        assert_int_equal(n, number_in(txn, TABLE_TARGET, "b"));
        assert_int_equal(n, store_count(txn, TABLE_LEDGER));
        assert_true(n >= before && n <= after + 1);
        store_abort(txn);
        store_close(copy);
    }
    atomic_store(&writer.stop, true);
    pthread_join(thread, NULL);
    store_close(writer.store);
}

/* Restoring. */

static void test_restore_swaps(void **state)
{
    (void)state;
    make_backup("old");
    set_mark(at("store"), "new");
    struct error error = {ST_OK, ""};
    enum status status = store_restore(at("backup"), at("store/"), &error);
    if (status != ST_OK) fail_msg("%s", error.text);
    char *kept = find_entry("store.before-restore-");
    assert_non_null(kept);
    expect_mark(at("store"), "old");
    expect_mark(kept, "new");
    struct store *store = fixture_open_lmdb(at("store"));
    fixture_expect_committed(store, TABLE_META, STORE_META_RESTORED, kept);
    assert_int_equal(store_schema_prepare(store, store_schema_current(), NULL, NULL), ST_OK);
    store_close(store);
    mem_free(kept);
    assert_null(find_entry("store.restoring"));
    struct error again = {ST_OK, ""};
    assert_int_equal(store_restore(at("backup"), at("store"), &again), ST_OK);
    expect_mark(at("store"), "old");
}

static void test_restore_where_there_is_none(void **state)
{
    (void)state;
    make_backup("old");
    assert_int_equal(store_restore(at("backup"), at("elsewhere"), NULL), ST_OK);
    expect_mark(at("elsewhere"), "old");
    assert_null(find_entry("elsewhere.before"));
    struct store *store = fixture_open_lmdb(at("elsewhere"));
    fixture_expect_committed(store, TABLE_META, STORE_META_RESTORED, "");
    store_close(store);
}

static void test_restore_after_one_that_was_killed(void **state)
{
    (void)state;
    make_backup("old");
    assert_int_equal(mkdir(at("store.restoring"), 0700), 0);
    fixture_file_write(at("store.restoring/data.mdb"), "half a store", 12);
    assert_int_equal(store_restore(at("backup"), at("store"), NULL), ST_OK);
    expect_mark(at("store"), "old");
}

static void expect_refused(const char *backup, enum status want, const char *says)
{
    struct error error = {ST_OK, ""};
    enum status status = store_restore(backup, at("store"), &error);
    if (status != want) fail_msg("%s: %s \"%s\"", backup, status_name(status), error.text);
    fixture_expect_text(&error, says);
    assert_null(find_entry("store.restoring"));
    assert_null(find_entry("store.before"));
    expect_mark(at("store"), "old");
}

static void test_restore_refuses_what_is_no_backup(void **state)
{
    (void)state;
    make_backup("old");
    assert_int_equal(mkdir(at("empty"), 0700), 0);
    assert_int_equal(mkdir(at("text"), 0700), 0);
    fixture_file_write(at("text/data.mdb"), "not a store", 11);
    expect_refused(at("missing"), ST_NOT_FOUND, "missing");
    expect_refused(at("empty"), ST_NOT_FOUND, "data.mdb");
    expect_refused(at("text"), ST_DAMAGED, "text");
    expect_refused(at("store"), ST_INVALID, "the store itself");
    expect_refused(at("./store/../store/."), ST_INVALID, "the store itself");

    struct store *store = fixture_open_lmdb(at("bare")); /* no schema */
    store_close(store);
    expect_refused(at("bare"), ST_NOT_FOUND, "no schema version");
    store = fixture_open_lmdb(at("future"));
    const struct store_schema future = {.version = STORE_SCHEMA + 7};
    assert_int_equal(store_schema_prepare(store, &future, NULL, NULL), ST_OK);
    expect_refused(at("future"), ST_BUSY, "in use"); /* a live store is no backup */
    store_close(store);
    expect_refused(at("future"), ST_UNSUPPORTED, "newer stockd");
}

static void test_restore_refuses_a_cut_backup(void **state)
{
    (void)state;
    make_backup("old");
    struct stat st;
    assert_int_equal(stat(at("backup/data.mdb"), &st), 0);
    for (off_t size = st.st_size - 1; size > 0; size -= st.st_size / 5) {
        assert_int_equal(truncate(at("backup/data.mdb"), size), 0);
        expect_refused(at("backup"), ST_DAMAGED, "/backup");
        assert_int_equal(store_backup_verify(at("backup"), NULL), ST_DAMAGED);
    }
}

static void test_restore_refuses_a_store_in_use(void **state)
{
    (void)state;
    make_backup("old");
    struct store *store = fixture_open_lmdb(at("store"));
    struct error error = {ST_OK, ""};
    assert_int_equal(store_restore(at("backup"), at("store"), &error), ST_BUSY);
    fixture_expect_text(&error, "in use by process");
    assert_null(find_entry("store.restoring"));
    fixture_put(store, TABLE_STOCK, "still", "works");
    store_close(store);
}

/* Damage anywhere in the file: looking never crashes, and what is found sound can be read and
 * written by LMDB, which would not survive much. */

/* Runs in a child: 0 when the store can be opened, read and written, or refuses. */
static int child_uses(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        struct store_options options = {.path = path, .map_bytes = FIXTURE_MAP_BYTES};
        struct store *store;
        if (store_open_lmdb(&options, &store, NULL) == ST_OK) {
            store_check(store, NULL, NULL);
            fill(store, 50);
            store_close(store);
        }
        _exit(0);
    }
    int how;
    waitpid(child, &how, 0);
    return how;
}

/* Heads of pages and nodes are where damage matters most. */
static void damage_some(struct random *random, char *data, size_t size)
{
    size_t pages = size / 4096;
    for (uint64_t n = 1 + random_below(random, 3); n > 0; n--) {
        size_t page = random_below(random, pages);
        uint64_t kind = random_below(random, 4);
        size_t in_page = random_below(random, kind == 0 ? 4096 : kind == 1 ? 160 : 24);
        char *at_byte = data + page * 4096 + in_page;
        if (kind == 2)
            memset(data + page * 4096, (int)random_below(random, 256), 4096);
        else if (kind == 3 && pages > 1)
            memcpy(data + page * 4096, data + random_below(random, pages) * 4096, 4096);
        else
            *at_byte = (char)(*at_byte ^ (1 << random_below(random, 8)));
    }
}

static void test_looking_through_damage(void **state)
{
    (void)state;
    struct store *store = open_filled(at("store"), 3000);
    assert_int_equal(store_backup(store, at("backup"), NULL), ST_OK); /* without free pages */
    store_close(store);
    size_t size;
    char *good = fixture_file_read(at("backup/data.mdb"), &size);
    char *bad = mem_alloc(size);
    const char *only = getenv("SEED"), *until = getenv("SEEDS");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1;
    uint64_t last = only ? first : until ? strtoull(until, NULL, 10) : 300;
    unsigned sound = 0, refused = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        struct random random;
        random_seed(&random, seed);
        memcpy(bad, good, size);
        damage_some(&random, bad, size);
        mkdir(at("bad"), 0700);
        fixture_file_write(at("bad/data.mdb"), bad, size);
        struct error error = {ST_OK, ""};
        enum status status = store_backup_verify(at("bad"), &error);
        status == ST_OK ? sound++ : refused++;
        if (status != ST_OK) fixture_expect_text(&error, "/bad/data.mdb");
        if (status == ST_OK && child_uses(at("bad")))
            fail_msg("SEED=%llu: found sound, but using it crashed", (unsigned long long)seed);
        unlink(at("bad/lock.mdb"));
    }
    print_message("%u found sound, %u refused\n", sound, refused);
    assert_true(only || (refused > 100 && sound > 0));
    mem_free(good);
    mem_free(bad);
}

/* Check on a store in use finds what was damaged behind its back, without trusting it. */
static void test_check_finds_a_damaged_page(void **state)
{
    (void)state;
    struct store *store = open_filled(at("store"), 3000);
    assert_int_equal(store_check(store, NULL, NULL), ST_OK);
    store_close(store);
    struct stat st;
    assert_int_equal(stat(at("store/data.mdb"), &st), 0);
    store = fixture_open_lmdb(at("store"));
    int fd = open(at("store/data.mdb"), O_RDWR), found = 0;
    for (off_t page = 2; page < st.st_size / 4096 && found < 5; page++) {
        char was[24], rubbish[24];
        memset(rubbish, 0x5a, sizeof rubbish);
        assert_int_equal(pread(fd, was, sizeof was, page * 4096), sizeof was);
        assert_int_equal(pwrite(fd, rubbish, sizeof rubbish, page * 4096), sizeof rubbish);
        struct error error = {ST_OK, ""};
        if (store_check(store, NULL, &error) == ST_DAMAGED) {
            fixture_expect_text(&error, "damaged: table");
            found++;
        }
        assert_int_equal(pwrite(fd, was, sizeof was, page * 4096), sizeof was);
    }
    assert_int_equal(found, 5);
    close(fd);
    assert_int_equal(store_check(store, NULL, NULL), ST_OK);
    store_close(store);
}

static void test_check_in_memory(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    fill(store, 300);
    struct store_check report;
    assert_int_equal(store_check(store, &report, NULL), ST_OK);
    assert_int_equal(report.rows[TABLE_LISTING], 300);
    assert_int_equal(report.rows[TABLE_RUN], 0);
    assert_true(report.bytes[TABLE_LISTING] > 300 * 100);
    store_close(store);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(test_backup_is_a_whole_store, setup, teardown),
    cmocka_unit_test_setup_teardown(test_backup_refuses_what_exists, setup, teardown),
    cmocka_unit_test_setup_teardown(test_backup_after_one_that_was_killed, setup, teardown),
    cmocka_unit_test_setup_teardown(test_backup_while_writing, setup, teardown),
    cmocka_unit_test_setup_teardown(test_restore_swaps, setup, teardown),
    cmocka_unit_test_setup_teardown(test_restore_where_there_is_none, setup, teardown),
    cmocka_unit_test_setup_teardown(test_restore_after_one_that_was_killed, setup, teardown),
    cmocka_unit_test_setup_teardown(test_restore_refuses_what_is_no_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(test_restore_refuses_a_cut_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(test_restore_refuses_a_store_in_use, setup, teardown),
    cmocka_unit_test_setup_teardown(test_looking_through_damage, setup, teardown),
    cmocka_unit_test_setup_teardown(test_check_finds_a_damaged_page, setup, teardown),
    cmocka_unit_test_setup_teardown(test_check_in_memory, setup, teardown),
};

TEST_MAIN(cases)
