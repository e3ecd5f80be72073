/* The store's file, before LMDB maps it: any bytes are refused with a sentence, or are a store that
 * can be opened, read through and verified without the process ending. It is what a restore looks
 * at in a backup, too. Input: data.mdb. */
#include "fuzz.h"

#include "store/backup.h"
#include "store/check.h"
#include "store/lmdb_store.h"
#include "store/schema.h"
#include "verify/verify.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void folder_remove(void)
{
    static const char *const names[] = {"store/data.mdb", "store/lock.mdb", "store.lock"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path_of(names[i]));
    rmdir(path_of("store"));
    rmdir(folder);
}

static void put(const uint8_t *data, size_t size)
{
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/stockd-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(folder) || mkdir(path_of("store"), 0700)) abort();
        atexit(folder_remove);
    }
    unlink(path_of("store/lock.mdb"));
    int fd = open(path_of("store/data.mdb"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
    close(fd);
}

static void read_through(struct store *store)
{
    struct error error = {0};
    struct verify_result result;
    struct store_txn *txn;
    enum status status = store_check(store, NULL, &error);
    FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
    if (status != ST_OK || store_begin(store, STORE_READ, &txn, &error) != ST_OK) return;
    const struct verify_hooks hooks = {0};
    status = engine_verify(txn, &hooks, &result, &error);
    FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
    store_abort(txn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct store *store;
    put(data, size);
    enum status status = store_backup_verify(path_of("store"), &error);
    FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
    /* A store that is opened is not looked through, only its roots are: what lies deeper is found
     * by `store verify`. So what the look found damaged is not opened here. */
    if (status != ST_OK) return 0;
    const struct store_options options = {
        .path = path_of("store"), .map_bytes = 16 << 20, .without_durability = true};
    status = store_open_lmdb(&options, &store, &error);
    FUZZ_CHECK(status == ST_OK || error.text[0], "a refusal says why");
    if (status != ST_OK) return 0;
    if (store_schema_prepare(store, store_schema_current(), NULL, &error) == ST_OK)
        read_through(store);
    store_close(store);
    return 0;
}
