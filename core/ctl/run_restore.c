/* restore: a backup in the place of the store, without a daemon. */
#include "ctl/ctl.h"

#include "base/mem.h"
#include "store/backup.h"
#include "store/lmdb_store.h"
#include "store/schema.h"
#include "store/store.h"

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

int ctl_run_restore(struct ctl *ctl, const struct ctl_call *call)
{
    const char *backup = ctl_value(call, "BACKUP"), *path = ctl_value(call, "store");
    struct error error = {0};
    if (store_backup_verify(backup, &error) != ST_OK) {
        ctl_say(ctl, "%s", error.text);
        ctl_say(ctl, "nothing was changed");
        return CTL_REFUSED;
    }
    if (!may_go_on(ctl, call, backup, path)) return CTL_REFUSED;
    enum status status = store_restore(backup, path, &error);
    if (status != ST_OK) {
        ctl_say(ctl, "%s", error.text);
        ctl_say(ctl, status == ST_BUSY ? "stop the daemon first ('systemctl stop stockd'); nothing "
                                         "was changed"
                                       : "nothing was changed");
        return CTL_REFUSED;
    }
    char *old = old_store(path);
    say_restored(ctl, backup, path, old);
    mem_free(old);
    return CTL_OK;
}
