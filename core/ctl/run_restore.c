/* restore: a backup in the place of the store, without a daemon. */
#include "ctl/ctl.h"

#include "base/mem.h"
#include "store/backup.h"
#include "store/lmdb_store.h"
#include "store/schema.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Asks on the terminal; without one, only --yes will do. */
static bool may_go_on(struct ctl *ctl, const struct ctl_call *call, const char *backup,
                      const char *store)
{
    char answer[16] = "";
    struct stat st;
    if (ctl_is_on(call, "yes") || stat(store, &st) != 0) return true; /* nothing to replace */
    if (!isatty(STDIN_FILENO)) {
        ctl_say(ctl, "%s would be replaced by %s; say --yes if that is meant", store, backup);
        return false;
    }
    fprintf(ctl->err,
            "%s will be replaced by %s.\nWhat is there now is kept beside it. Go on? [y/N] ", store,
            backup);
    fflush(ctl->err);
    if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y')) return true;
    ctl_say(ctl, "nothing was changed");
    return false;
}

/* Where the store that was replaced is now: the new one's own note of it. */
static char *old_store(const char *path)
{
    const struct store_options options = {.path = path};
    struct store *store;
    struct store_txn *txn;
    struct bytes value;
    char *old = NULL;
    if (store_open_lmdb(&options, &store, NULL) != ST_OK) return NULL;
    if (store_begin(store, STORE_READ, &txn, NULL) == ST_OK) {
        if (store_get(txn, TABLE_META, bytes_text(STORE_META_RESTORED), &value) == ST_OK &&
            value.size)
            old = mem_text_n(value.data, value.size);
        store_abort(txn);
    }
    store_close(store);
    return old;
}

static void say_restored(struct ctl *ctl, const char *backup, const char *path, const char *old)
{
    if (ctl->json) {
        json_t *answer =
            json_pack("{s:s, s:s, s:s?}", "store", path, "backup", backup, "old_store", old);
        if (answer) ctl_show_json(ctl, answer);
        json_decref(answer);
        return;
    }
    fprintf(ctl->out, "%s now holds what %s holds.\n", path, backup);
    if (old)
        fprintf(ctl->out,
                "What was there before is kept in %s; delete it when you do not need it any "
                "more.\n",
                old);
    fprintf(ctl->out, "Start the daemon. It takes nothing that a marketplace shows as known: each "
                      "figure is read\nthere before it is raised.\n");
}

/* Whose the store is, or would be: the folder's that it is in. */
static void owner_of(const char *path, struct stat *owner)
{
    char *copy = mem_text(path);
    if (stat(path, owner) != 0 && stat(dirname(copy), owner) != 0) owner->st_uid = geteuid();
    mem_free(copy);
}

/* Restored by root, for a daemon that is somebody else: it could not open what root wrote. */
static void give_to_owner(struct ctl *ctl, const char *path, const struct stat *owner)
{
    static const char *const below[] = {"data.mdb", "lock.mdb", NULL};
    if (geteuid() != 0 || owner->st_uid == 0) return;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), failed = 0;
    for (size_t i = 0; fd >= 0 && below[i]; i++)
        if (fchownat(fd, below[i], owner->st_uid, owner->st_gid, AT_SYMLINK_NOFOLLOW) != 0 &&
            errno != ENOENT)
            failed = errno;
    if (fd < 0 || fchown(fd, owner->st_uid, owner->st_gid) != 0) failed = errno;
    char *lock = mem_format("%s.lock", path);
    if (lchown(lock, owner->st_uid, owner->st_gid) != 0 && errno != ENOENT) failed = errno;
    mem_free(lock);
    if (fd >= 0) close(fd);
    if (failed)
        ctl_say(ctl, "%s could not be given to the user it belonged to: %s; do it by 'chown -R'",
                path, strerror(failed));
}

int ctl_run_restore(struct ctl *ctl, const struct ctl_call *call)
{
    const char *backup = ctl_value(call, "BACKUP"), *path = ctl_value(call, "store");
    struct error error = {0};
    struct stat owner;
    if (store_backup_verify(backup, &error) != ST_OK) {
        ctl_say(ctl, "%s", error.text);
        ctl_say(ctl, "nothing was changed");
        return CTL_REFUSED;
    }
    if (!may_go_on(ctl, call, backup, path)) return CTL_REFUSED;
    owner_of(path, &owner);
    enum status status = store_restore(backup, path, &error);
    if (status != ST_OK) {
        ctl_say(ctl, "%s", error.text);
        ctl_say(ctl, status == ST_BUSY ? "stop the daemon first ('systemctl stop stockd'); nothing "
                                         "was changed"
                                       : "nothing was changed");
        return CTL_REFUSED;
    }
    char *old = old_store(path);
    give_to_owner(ctl, path, &owner);
    say_restored(ctl, backup, path, old);
    mem_free(old);
    return CTL_OK;
}
