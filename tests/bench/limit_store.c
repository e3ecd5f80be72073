/* What LMDB alone does on this machine and file system. */
#include "limits.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_SIZE = 16, TABLES_MAX = 8, VALUE_MAX = 256 };

struct raw {
    MDB_env *env;
    MDB_dbi tables[TABLES_MAX];
    char dir[PATH_SIZE];
};

static void check(int rc, const char *what)
{
    if (rc) bench_fail("LMDB, %s: %s", what, mdb_strerror(rc));
}

static void raw_open(struct raw *raw, const struct world *world, int tables)
{
    MDB_txn *txn;
    world_path(world, "raw", raw->dir);
    mkdir(raw->dir, 0700);
    check(mdb_env_create(&raw->env), "environment");
    mdb_env_set_maxdbs(raw->env, TABLES_MAX);
    mdb_env_set_mapsize(raw->env, (size_t)8 << 30);
    check(mdb_env_open(raw->env, raw->dir, MDB_NOTLS, 0600), "open");
    check(mdb_txn_begin(raw->env, NULL, 0, &txn), "begin");
    for (int i = 0; i < tables; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        check(mdb_dbi_open(txn, name, MDB_CREATE, &raw->tables[i]), "table");
    }
    check(mdb_txn_commit(txn), "commit");
}

static void raw_close(struct raw *raw, bool remove)
{
    char path[PATH_SIZE + 16];
    mdb_env_close(raw->env);
    if (!remove) return;
    snprintf(path, sizeof path, "%s/data.mdb", raw->dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/lock.mdb", raw->dir);
    unlink(path);
    rmdir(raw->dir);
}

static void put(MDB_txn *txn, MDB_dbi table, uint64_t number, size_t size)
{
    uint8_t key[KEY_SIZE] = {0}, value[VALUE_MAX] = {0};
    for (int i = 0; i < 8; i++)
        key[i] = (uint8_t)(number >> (56 - 8 * i));
    memcpy(value, &number, sizeof number);
    MDB_val k = {sizeof key, key}, v = {size, value};
    check(mdb_put(txn, table, &k, &v, 0), "put");
}

void limit_commits(const struct world *world, size_t count, struct samples *seconds)
{
    struct raw raw;
    raw_open(&raw, world, 1);
    for (size_t i = 0; i < count; i++) {
        MDB_txn *txn;
        int64_t begun = bench_now_ns();
        check(mdb_txn_begin(raw.env, NULL, 0, &txn), "begin");
        put(txn, raw.tables[0], i, 100);
        check(mdb_txn_commit(txn), "commit");
        samples_add(seconds, bench_since(begun));
    }
    raw_close(&raw, true);
}

double limit_puts(const struct world *world, const struct puts *puts, bool again)
{
    struct raw raw;
    uint64_t random = 1;
    uint32_t *order = malloc(puts->rows * sizeof *order);
    for (size_t i = 0; i < puts->rows; i++)
        order[i] = (uint32_t)i;
    for (size_t i = puts->rows; puts->shuffled && i > 1; i--) {
        size_t other = bench_random(&random) % i;
        uint32_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
    raw_open(&raw, world, puts->tables);
    int64_t begun = bench_now_ns();
    for (size_t at = 0; at < puts->rows;) {
        MDB_txn *txn;
        size_t end = at + puts->commit < puts->rows ? at + puts->commit : puts->rows;
        check(mdb_txn_begin(raw.env, NULL, 0, &txn), "begin");
        for (; at < end; at++)
            for (int t = 0; t < puts->tables; t++)
                put(txn, raw.tables[t], order[at], puts->value);
        check(mdb_txn_commit(txn), "commit");
    }
    double took = bench_since(begun);
    free(order);
    raw_close(&raw, !again);
    return (double)puts->rows / took;
}
