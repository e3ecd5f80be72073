/* Scratch directories, stores and rows for tests of the store. */
#include "fixture.h"

#include "base/mem.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void scratch_make(struct scratch *scratch)
{
    const char *base = getenv("TMPDIR");
    snprintf(scratch->path, sizeof scratch->path, "%s/stockd-store-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(scratch->path));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
    nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
    static char paths[8][2 * FIXTURE_PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch->path, name);
    return path;
}

struct store *fixture_open_lmdb(const char *path)
{
    struct store_options options = {
        .path = path, .map_bytes = FIXTURE_MAP_BYTES, .create = true, .without_durability = true};
    struct store *store;
    struct error error = {ST_OK, ""};
    if (store_open_lmdb(&options, &store, &error) != ST_OK) fail_msg("%s", error.text);
    return store;
}

struct store *fixture_open(enum fixture_kind kind, const struct scratch *scratch)
{
    if (kind == FIXTURE_MEMORY) return store_open_memory();
    return fixture_open_lmdb(scratch_path(scratch, "store"));
}

struct store_txn *fixture_begin(struct store *store, enum store_access access)
{
    struct store_txn *txn;
    struct error error = {ST_OK, ""};
    if (store_begin(store, access, &txn, &error) != ST_OK) fail_msg("%s", error.text);
    return txn;
}

void fixture_commit(struct store_txn *txn)
{
    struct error error = {ST_OK, ""};
    if (store_commit(txn, &error) != ST_OK) fail_msg("%s", error.text);
}

void fixture_put(struct store *store, enum store_table table, const char *key, const char *value)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    assert_int_equal(store_put(txn, table, bytes_text(key), bytes_text(value)), ST_OK);
    fixture_commit(txn);
}

void fixture_expect(struct store_txn *txn, enum store_table table, const char *key,
                    const char *value)
{
    struct bytes found;
    enum status status = store_get(txn, table, bytes_text(key), &found);
    assert_int_equal(status, value ? ST_OK : ST_NOT_FOUND);
    if (!value) return;
    assert_int_equal(found.size, strlen(value));
    assert_memory_equal(found.data, value, found.size);
}

void fixture_expect_committed(struct store *store, enum store_table table, const char *key,
                              const char *value)
{
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    fixture_expect(txn, table, key, value);
    store_abort(txn);
}

void fixture_expect_text(const struct error *error, const char *part)
{
    if (!strstr(error->text, part)) fail_msg("\"%s\" lacks \"%s\"", error->text, part);
}

void fixture_file_write(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    close(fd);
}

char *fixture_file_read(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    *size = (size_t)st.st_size;
    char *data = mem_alloc(*size + 1);
    assert_int_equal(read(fd, data, *size), st.st_size);
    close(fd);
    return data;
}
