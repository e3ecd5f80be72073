/* Files of the daemon's own beside the store, as a broken disk may give them back: the spool of an
 * import from an account, and the marks of steps that crashed. Any bytes are refused with a
 * sentence or begun anew. Input: which (1), its bytes. */
#include "fuzz.h"

#include "base/log.h"
#include "intake/import_shop_spool.h"
#include "plugin/crash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEGMENT_ROWS = 64, SLICES_MAX = 10000 };
static char folder[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void folder_remove(void)
{
    static const char *const names[] = {"file", "file.rows"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path_of(names[i]));
    rmdir(folder);
}

static const char *put(struct bytes bytes)
{
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/stockd-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(folder)) abort();
        log_level_set(LOG_ERROR);
        atexit(folder_remove);
    }
    const char *path = path_of("file");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes.data, bytes.size) != (ssize_t)bytes.size) abort();
    close(fd);
    return path;
}

static void try_spool(struct bytes bytes)
{
    struct import_refused refused = {0};
    struct error error = {0};
    struct import_source *source =
        shop_spool_source(put(bytes), bytes.size, SEGMENT_ROWS, &refused);
    enum status status = ST_OK;
    for (int i = 0; status == ST_OK && !import_source_at_end(source); i++) {
        FUZZ_CHECK(i < SLICES_MAX, "it ends");
        status = import_source_slice(source, &error);
    }
    FUZZ_CHECK(status == ST_OK || strstr(error.text, folder), "a refusal names the file");
    import_source_free(source);
    import_refused_free(&refused);
}

static void try_marks(struct bytes bytes)
{
    struct plugin_guard *guard;
    struct plugin_crash crashes[GUARD_PLUGINS];
    struct error error = {0};
    enum status status = plugin_guard_open(put(bytes), clock_system(), &guard, &error);
    FUZZ_CHECK(status == ST_OK, "what is no such file is begun anew: %s", error.text);
    size_t count = plugin_guard_list(guard, crashes);
    FUZZ_CHECK(count <= GUARD_PLUGINS, "no more than there is room for");
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(strnlen(crashes[i].plugin, GUARD_TEXT_MAX) < GUARD_TEXT_MAX &&
                       strnlen(crashes[i].account, GUARD_TEXT_MAX) < GUARD_TEXT_MAX &&
                       strnlen(crashes[i].operation, GUARD_TEXT_MAX) < GUARD_TEXT_MAX,
                   "names end");
    plugin_guard_check(guard, "ozon", &error);
    plugin_guard_enter(guard, "ozon", "shop", "push_stock");
    plugin_guard_leave(guard);
    plugin_guard_close(guard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    unsigned kind = fuzz_u8(&in) % 2;
    struct bytes rest = fuzz_bytes(&in, size);
    if (kind)
        try_marks(rest);
    else
        try_spool(rest);
    return 0;
}
