/* What only the LMDB store has: files, damage, processes, threads, full maps and disks, kill -9. */
#include "fixture.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
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

static enum status try_open(const char *path, bool create, struct error *error)
{
    char *backups = mem_text(at("backups"));
    struct store_options options = {
        .path = path, .backups = backups, .map_bytes = FIXTURE_MAP_BYTES, .create = create};
    struct store *store;
    *error = (struct error){ST_OK, ""};
    enum status status = store_open_lmdb(&options, &store, error);
    store_close(store);
    mem_free(backups);
    return status;
}

/* Numbered rows, `count` of them with values of `size` bytes, in one transaction. */
static enum status put_rows(struct store *store, int from, int count, size_t size,
                            struct error *error)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    char *value = mem_alloc(size + 1), key[16];
    memset(value, 'v', size);
    for (int i = from; i < from + count; i++) {
        snprintf(key, sizeof key, "%08d", i);
        store_put(txn, TABLE_LEDGER, bytes_text(key), bytes_of(value, size));
    }
    mem_free(value);
    return store_commit(txn, error);
}

static uint64_t rows_of(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    uint64_t rows = store_count(txn, TABLE_LEDGER);
    store_abort(txn);
    return rows;
}

static void make_store(const char *path, int rows)
{
    struct store *store = fixture_open_lmdb(path);
    assert_int_equal(put_rows(store, 0, rows, 100, NULL), ST_OK);
    store_close(store);
}

/* Opening. */

static void test_rows_outlive_the_process(void **state)
{
    (void)state;
    make_store(at("store"), 1000);
    struct store *store = fixture_open_lmdb(at("./store/"));
    assert_int_equal(rows_of(store), 1000);
    struct store_usage usage = store_usage(store);
    assert_int_equal(usage.limit_bytes, FIXTURE_MAP_BYTES);
    assert_true(usage.used_bytes > 100000 && usage.used_bytes <= usage.file_bytes);
    store_close(store);
}

static void test_nothing_there(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(try_open(at("store"), false, &error), ST_NOT_FOUND);
    fixture_expect_text(&error, "/store");
    assert_int_equal(try_open(at("no/parent/store"), true, &error), ST_NOT_FOUND);
    fixture_expect_text(&error, "no/parent");
    assert_int_equal(try_open("", true, &error), ST_INVALID);
}

static void test_default_map_reserves_addresses_only(void **state)
{
    (void)state;
    struct store_options options = {.path = at("store"), .create = true};
    struct store *store;
    struct error error = {ST_OK, ""};
    if (store_open_lmdb(&options, &store, &error) != ST_OK) fail_msg("%s", error.text);
    struct store_usage usage = store_usage(store);
    assert_true(usage.limit_bytes == STORE_MAP_BYTES_DEFAULT);
    assert_true(usage.file_bytes < 1 << 20);
    store_close(store);
}

/* What is damaged is refused, left untouched, and the newest backup named. */

struct damage {
    const char *name;
    size_t cut_to; /* 0: not cut */
    bool empty;
    size_t at;
    const char *bytes;
    size_t size;
    enum status want;
    const char *says;
};

static const struct damage damages[] = {
    {"empty", 0, true, 0, "", 0, ST_DAMAGED, "cut off at byte 0"},
    {"cut in the first page", 100, false, 0, "", 0, ST_DAMAGED, "cut off"},
    {"cut after the first page", 4096, false, 0, "", 0, ST_DAMAGED, "cut off"},
    {"cut in the middle", 65536, false, 0, "", 0, ST_DAMAGED, "cut off at 65536 of"},
    {"cut inside a page", 70001, false, 0, "", 0, ST_DAMAGED, "cut off at 70001 of"},
    {"bad magic", 0, false, 16, "\1\2\3\4", 4, ST_DAMAGED, "the mark of an LMDB file"},
    {"bad magic in the second", 0, false, 4096 + 16, "\1\2\3\4", 4, ST_DAMAGED, "byte 4096"},
    {"other version", 0, false, 20, "\x2a\0\0\0", 4, ST_UNSUPPORTED, "version 42"},
    {"no meta page", 0, false, 10, "\1", 1, ST_DAMAGED, "the mark of an LMDB file"},
    {"page size 0", 0, false, 16 + 24, "\0\0\0\0", 4, ST_DAMAGED, "makes no sense"},
    {"page size huge", 0, false, 16 + 24, "\xff\xff\xff\xff", 4, ST_DAMAGED, "makes no sense"},
    {"pages beyond belief", 0, false, 16 + 120, "\xff\xff\xff\xff\xff", 5, ST_DAMAGED, NULL},
    {"transaction from the future", 0, false, 4096 + 16 + 128, "\xff\xff\xff\xff", 4, ST_OK, NULL},
    {"text", 0, false, 0, "Dear store, this is a letter. It is long enough to be read as a page.",
     69, ST_DAMAGED, "not a store"},
};

static void damage_file(const char *file, const struct damage *damage)
{
    if (damage->cut_to || damage->empty) assert_int_equal(truncate(file, (off_t)damage->cut_to), 0);
    if (!damage->size) return;
    int fd = open(file, O_WRONLY);
    assert_int_equal(pwrite(fd, damage->bytes, damage->size, (off_t)damage->at),
                     (ssize_t)damage->size);
    close(fd);
}

static void test_damage_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at("backups"), 0700), 0);
    make_store(at("backups/monday"), 1);
    make_store(at("backups/tuesday"), 1);
    struct timespec old[2] = {{1000, 0}, {1000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, at("backups/monday/data.mdb"), old, 0), 0);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        const struct damage *damage = &damages[i];
        char name[32];
        snprintf(name, sizeof name, "store%zu", i);
        make_store(at(name), 2000);
        char *file = mem_format("%s/data.mdb", at(name));
        damage_file(file, damage);
        size_t before_size, after_size;
        char *before = fixture_file_read(file, &before_size);
        struct error error;
        enum status status = try_open(at(name), true, &error);
        char *after = fixture_file_read(file, &after_size);
        if (damage->want != ST_OK) {
            if (status != damage->want)
                fail_msg("%s: %s \"%s\"", damage->name, status_name(status), error.text);
            if (damage->says) fixture_expect_text(&error, damage->says);
            if (status == ST_DAMAGED) fixture_expect_text(&error, "backups/tuesday");
            assert_int_equal(before_size, after_size);
            assert_memory_equal(before, after, before_size);
        }
        mem_free(before);
        mem_free(after);
        mem_free(file);
    }
}

/* A commit whose last write the disk refused leaves its trees in the older meta page, under the
 * number of the commit before it: LMDB does not use that one, nor is it damage. */
static void test_what_a_refused_commit_leaves(void **state)
{
    (void)state;
    enum { META = 16, MAIN_ROOT = 24 + 48 + 40, TRANSACTION = 128 };
    struct error error;
    uint64_t numbers[2], behind_the_end = 1 << 20;
    make_store(at("store"), 10);
    int fd = open(at("store/data.mdb"), O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pread(fd, &numbers[i], 8, i * 4096 + META + TRANSACTION), 8);
    off_t older = numbers[0] < numbers[1] ? 0 : 4096;
    assert_int_equal(pwrite(fd, &behind_the_end, 8, older + META + MAIN_ROOT), 8);
    if (try_open(at("store"), false, &error) != ST_OK) fail_msg("%s", error.text);
    older = older ? 0 : 4096; /* the newest */
    assert_int_equal(pwrite(fd, &behind_the_end, 8, older + META + MAIN_ROOT), 8);
    assert_int_equal(try_open(at("store"), false, &error), ST_DAMAGED);
    fixture_expect_text(&error, "the newest meta page makes no sense");
    close(fd);
}

static void test_data_file_gone(void **state)
{
    (void)state;
    struct error error;
    make_store(at("store"), 10);
    assert_int_equal(unlink(at("store/data.mdb")), 0);
    assert_int_equal(try_open(at("store"), true, &error), ST_DAMAGED);
    fixture_expect_text(&error, "is gone");
    fixture_expect_text(&error, "no backup was found");
    assert_int_not_equal(access(at("store/data.mdb"), F_OK), 0);
}

static void test_creation_that_was_killed(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at("store"), 0700), 0);
    fixture_file_write(at("store/data.mdb.new"), "half", 4);
    make_store(at("store"), 10);
    assert_int_not_equal(access(at("store/data.mdb.new"), F_OK), 0);
}

/* Pages taken at the end of the file and freed in one transaction are never written. */
static void test_short_file_with_only_free_pages_missing(void **state)
{
    (void)state;
    struct store *store = fixture_open_lmdb(at("store"));
    assert_int_equal(put_rows(store, 0, 10, 10, NULL), ST_OK);
    for (int i = 0; i < 4; i++)
        fixture_put(store, TABLE_JOB, "a", "leaves free pages");
    static char big[500000];
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    assert_int_equal(store_put(txn, TABLE_JOB, bytes_text("a"), bytes_text("b")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_JOB, bytes_text("k"), bytes_of(big, sizeof big)), ST_OK);
    assert_int_equal(store_delete(txn, TABLE_JOB, bytes_text("k")), ST_OK);
    fixture_commit(txn);
    struct store_usage usage = store_usage(store);
    assert_true(usage.file_bytes >= sizeof big); /* made long enough after the commit */
    for (int i = 0; i < 4; i++)
        fixture_put(store, TABLE_JOB, "a", "moves to low pages");
    store_close(store);
    assert_int_equal(truncate(at("store/data.mdb"), (off_t)usage.file_bytes - 300000), 0);
    store = fixture_open_lmdb(at("store"));
    assert_int_equal(rows_of(store), 10);
    assert_int_equal(put_rows(store, 10, 5000, 100, NULL), ST_OK);
    store_close(store);
    store = fixture_open_lmdb(at("store"));
    assert_int_equal(rows_of(store), 5010);
    store_close(store);
}

/* Processes and threads. */

static void test_second_process_is_refused(void **state)
{
    (void)state;
    struct store *store = fixture_open_lmdb(at("store"));
    struct error error;
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld;", (long)getpid());
    assert_int_equal(try_open(at("store"), true, &error), ST_BUSY);
    pid_t child = fork();
    if (child == 0) {
        enum status status = try_open(at("../."), true, &error);
        status = try_open(at("store/"), true, &error);
        _exit(status == ST_BUSY && strstr(error.text, pid) && strstr(error.text, "/store") ? 0 : 1);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    fixture_put(store, TABLE_STOCK, "a", "1");
    store_close(store);
    assert_int_equal(try_open(at("store"), false, &error), ST_OK);
}

static void test_reader_sees_the_commit_before_it(void **state)
{
    (void)state;
    struct store *store = fixture_open_lmdb(at("store"));
    fixture_put(store, TABLE_STOCK, "a", "1");
    struct store_txn *reader = fixture_begin(store, STORE_READ);
    struct store_cursor *cursor = store_cursor(reader, TABLE_STOCK);
    fixture_put(store, TABLE_STOCK, "a", "2");
    fixture_put(store, TABLE_STOCK, "b", "2");
    fixture_expect(reader, TABLE_STOCK, "a", "1");
    assert_int_equal(store_next(cursor, NULL, NULL), ST_OK);
    assert_int_equal(store_next(cursor, NULL, NULL), ST_NOT_FOUND);
    struct store_txn *second = fixture_begin(store, STORE_READ);
    fixture_expect(second, TABLE_STOCK, "a", "2");
    store_abort(reader);
    fixture_expect(second, TABLE_STOCK, "b", "2");
    store_abort(second);
    fixture_expect_committed(store, TABLE_STOCK, "a", "2");
    store_close(store);
}

static void test_too_many_readers(void **state)
{
    (void)state;
    struct store *store = fixture_open_lmdb(at("store"));
    struct store_txn *readers[STORE_READERS_MAX], *more;
    struct error error = {ST_OK, ""};
    for (int i = 0; i < STORE_READERS_MAX; i++)
        readers[i] = fixture_begin(store, STORE_READ);
    assert_int_equal(store_begin(store, STORE_READ, &more, &error), ST_BUSY);
    fixture_expect_text(&error, "126");
    for (int i = 0; i < STORE_READERS_MAX; i++)
        store_abort(readers[i]);
    store_abort(fixture_begin(store, STORE_READ));
    store_close(store);
}

/* Rows "a" and "b" are always written equal, and only grow: readers on other threads must see that.
 */

struct shared {
    struct store *store;
    atomic_bool stop;
    atomic_int refused, unequal, older; /* than what the same thread had read */
};

static uint64_t read_number(struct store_txn *txn, const char *key)
{
    struct bytes value;
    uint64_t number = 0;
    if (store_get(txn, TABLE_STOCK, bytes_text(key), &value) == ST_OK && value.size == 8)
        memcpy(&number, value.data, 8);
    return number;
}

static void *reader_main(void *arg)
{
    struct shared *shared = arg;
    uint64_t last = 0;
    while (!atomic_load(&shared->stop)) {
        struct store_txn *txn;
        if (store_begin(shared->store, STORE_READ, &txn, NULL) != ST_OK) {
            atomic_fetch_add(&shared->refused, 1);
            continue;
        }
        uint64_t a = read_number(txn, "a"), b = read_number(txn, "b");
        if (a != b) atomic_fetch_add(&shared->unequal, 1);
        if (a < last) atomic_fetch_add(&shared->older, 1);
        last = a;
        store_abort(txn);
    }
    return NULL;
}

static void test_readers_on_threads(void **state)
{
    (void)state;
    struct shared shared = {.store = fixture_open_lmdb(at("store"))};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader_main, &shared), 0);
    for (uint64_t n = 1; n <= 1500; n++) {
        struct store_txn *txn = fixture_begin(shared.store, STORE_WRITE);
        store_put(txn, TABLE_STOCK, bytes_text("a"), bytes_of(&n, sizeof n));
        store_put(txn, TABLE_STOCK, bytes_text("b"), bytes_of(&n, sizeof n));
        fixture_commit(txn);
    }
    atomic_store(&shared.stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&shared.refused), 0);
    assert_int_equal(atomic_load(&shared.unequal), 0);
    assert_int_equal(atomic_load(&shared.older), 0);
    store_close(shared.store);
}

/* Full. */

static void test_map_full(void **state)
{
    (void)state;
    struct store_options options = {.path = at("store"), .map_bytes = 1 << 20, .create = true};
    struct store *store;
    struct error error = {ST_OK, ""};
    assert_int_equal(store_open_lmdb(&options, &store, &error), ST_OK);
    assert_int_equal(put_rows(store, 0, 100, 1000, &error), ST_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(put_rows(store, 100, 2000, 1000, &error), ST_FULL);
        fixture_expect_text(&error, "1048576");
        fixture_expect_text(&error, "store-size");
        fixture_expect_text(&error, "/store");
        assert_int_equal(rows_of(store), 100);
        assert_int_equal(put_rows(store, 50, 60, 1000, &error), ST_OK); /* small ones still go */
        struct store_txn *txn = fixture_begin(store, STORE_WRITE);
        for (int n = 100; n < 110; n++) {
            char key[16];
            snprintf(key, sizeof key, "%08d", n);
            assert_int_equal(store_delete(txn, TABLE_LEDGER, bytes_text(key)), ST_OK);
        }
        fixture_commit(txn);
    }
    store_close(store);
    options.map_bytes = FIXTURE_MAP_BYTES;
    assert_int_equal(store_open_lmdb(&options, &store, &error), ST_OK);
    assert_int_equal(rows_of(store), 100);
    assert_int_equal(put_rows(store, 100, 2000, 1000, &error), ST_OK);
    store_close(store);
}

enum { SKIPPED = 77 };

/* A tiny file system of our own; false where that is not allowed. */
static bool mount_small(const char *path, const char *size)
{
    if (mkdir(path, 0700)) return false;
    if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS)) return false;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return false;
    char options[64];
    snprintf(options, sizeof options, "size=%s", size);
    return mount("tmpfs", path, "tmpfs", 0, options) == 0;
}

static void skip_without_mount(void)
{
    print_message("skipped: mounting a small file system needs root or user namespaces\n");
    scratch_remove(&scratch);
    exit(SKIPPED);
}

static void test_disk_full(void **state)
{
    (void)state;
    char *disk = mem_text(at("disk"));
    if (!mount_small(disk, "1m")) skip_without_mount();
    struct store *store = fixture_open_lmdb(at("disk/store"));
    struct error error = {ST_OK, ""};
    int rows = 0;
    while (put_rows(store, rows, 20, 1000, &error) == ST_OK) {
        rows += 20;
        assert_true(rows < 2000);
    }
    assert_true(rows > 100);
    assert_int_equal(error.status, ST_FULL);
    fixture_expect_text(&error, "/disk/store");
    fixture_expect_text(&error, "disk is full");
    fixture_expect_text(&error, "bytes free");
    assert_int_equal(rows_of(store), rows);
    for (int i = 0; i < 5; i++)
        assert_int_equal(put_rows(store, rows, 400, 1000, &error), ST_FULL);
    assert_int_equal(rows_of(store), rows);
    assert_int_equal(mount(NULL, disk, NULL, MS_REMOUNT, "size=16m"), 0);
    assert_int_equal(put_rows(store, rows, 400, 1000, &error), ST_OK);
    store_close(store);
    store = fixture_open_lmdb(at("disk/store"));
    assert_int_equal(rows_of(store), rows + 400);
    store_close(store);
    umount2(disk, MNT_DETACH);
    mem_free(disk);
}

static void test_disk_full_when_created(void **state)
{
    (void)state;
    char *disk = mem_text(at("disk"));
    if (!mount_small(disk, "16k")) skip_without_mount();
    struct error error;
    assert_int_equal(try_open(at("disk/store"), true, &error), ST_FULL);
    fixture_expect_text(&error, "disk is full");
    assert_int_equal(mount(NULL, disk, NULL, MS_REMOUNT, "size=1m"), 0);
    assert_int_equal(try_open(at("disk/store"), true, &error), ST_OK);
    umount2(disk, MNT_DETACH);
    mem_free(disk);
}

static void test_backup_on_a_full_disk(void **state)
{
    (void)state;
    char *disk = mem_text(at("disk"));
    if (!mount_small(disk, "256k")) skip_without_mount();
    make_store(at("store"), 20000);
    struct store *store = fixture_open_lmdb(at("store"));
    struct error error = {ST_OK, ""};
    assert_int_equal(store_backup(store, at("disk/backup"), &error), ST_FULL);
    fixture_expect_text(&error, "/disk/backup");
    fixture_expect_text(&error, "disk is full");
    assert_int_equal(rmdir(at("disk/backup.partial")), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(mount(NULL, disk, NULL, MS_REMOUNT, "size=16m"), 0);
    assert_int_equal(store_backup(store, at("disk/backup"), &error), ST_OK);
    store_close(store);
    umount2(disk, MNT_DETACH);
    mem_free(disk);
}

/* kill -9 in the middle of commits: each number that was acknowledged is there, and no half one. */

static void commit_for_ever(const char *path, int acknowledge)
{
    struct store_options options = {.path = path, .map_bytes = FIXTURE_MAP_BYTES, .create = true};
    struct store *store;
    if (store_open_lmdb(&options, &store, NULL) != ST_OK) _exit(1);
    uint32_t next = 0;
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    next = (uint32_t)store_count(txn, TABLE_LEDGER) / 50;
    store_abort(txn);
    for (;; next++) {
        if (put_rows(store, (int)next * 50, 50, 200, NULL) != ST_OK) _exit(1);
        if (write(acknowledge, &next, sizeof next) != sizeof next) _exit(1);
    }
}

static void test_kill_9_loses_nothing_acknowledged(void **state)
{
    (void)state;
    uint32_t last = 0;
    for (int round = 0; round < 12; round++) {
        int pipe_fd[2];
        assert_int_equal(pipe(pipe_fd), 0);
        pid_t child = fork();
        if (child == 0) {
            close(pipe_fd[0]);
            commit_for_ever(at("store"), pipe_fd[1]);
        }
        close(pipe_fd[1]);
        for (int n = 0; n < 5 + round * 7; n++)
            assert_int_equal(read(pipe_fd[0], &last, sizeof last), sizeof last);
        kill(child, SIGKILL);
        while (read(pipe_fd[0], &last, sizeof last) == sizeof last)
            continue;
        close(pipe_fd[0]);
        waitpid(child, NULL, 0);
        struct store *store = fixture_open_lmdb(at("store"));
        uint64_t rows = rows_of(store);
        assert_int_equal(rows % 50, 0);
        assert_true(rows / 50 >= last + 1 && rows / 50 <= last + 2);
        store_close(store);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(test_rows_outlive_the_process, setup, teardown),
    cmocka_unit_test_setup_teardown(test_nothing_there, setup, teardown),
    cmocka_unit_test_setup_teardown(test_default_map_reserves_addresses_only, setup, teardown),
    cmocka_unit_test_setup_teardown(test_damage_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(test_what_a_refused_commit_leaves, setup, teardown),
    cmocka_unit_test_setup_teardown(test_data_file_gone, setup, teardown),
    cmocka_unit_test_setup_teardown(test_creation_that_was_killed, setup, teardown),
    cmocka_unit_test_setup_teardown(test_short_file_with_only_free_pages_missing, setup, teardown),
    cmocka_unit_test_setup_teardown(test_second_process_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(test_reader_sees_the_commit_before_it, setup, teardown),
    cmocka_unit_test_setup_teardown(test_too_many_readers, setup, teardown),
    cmocka_unit_test_setup_teardown(test_readers_on_threads, setup, teardown),
    cmocka_unit_test_setup_teardown(test_map_full, setup, teardown),
    cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
    cmocka_unit_test_setup_teardown(test_disk_full_when_created, setup, teardown),
    cmocka_unit_test_setup_teardown(test_backup_on_a_full_disk, setup, teardown),
    cmocka_unit_test_setup_teardown(test_kill_9_loses_nothing_acknowledged, setup, teardown),
};

TEST_MAIN(cases)
