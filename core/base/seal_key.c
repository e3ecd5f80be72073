/* Key files: what they look like, who may read them, and replacing one so that a crash leaves the
 * old or the new one. */
#include "base/seal_key.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char word[] = "stockd-key-1 ";

enum {
    HEX_SIZE = 2 * SEAL_KEY_SIZE,
    FILE_MAX = 4096, /* bytes: eight lines of 78 and the comment fit many times over */
};

bool seal_keys_credential(const char *path)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    size_t size = directory ? strlen(directory) : 0;
    return size && strncmp(path, directory, size) == 0 && path[size] == '/';
}

/* systemd gives a credential by an access list, which shows as the group's right to read. */
static mode_t refused_bits(const char *path)
{
    return seal_keys_credential(path) ? S_IRWXO | S_IWGRP : S_IRWXO | S_IRWXG;
}

static enum status file_check(const char *path, int file, struct error *error)
{
    struct stat st;
    if (fstat(file, &st))
        return error_set(error, ST_IO, "key file %s: cannot be looked at: %s", path,
                         strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(error, ST_INVALID, "key file %s: is no regular file", path);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_set(error, ST_DENIED,
                         "key file %s: belongs to user %u; it must be stockd's own (chown)", path,
                         (unsigned)st.st_uid);
    if (st.st_mode & refused_bits(path))
        return error_set(error, ST_DENIED,
                         "key file %s: others may read it (mode %04o), so it protects nothing; "
                         "run: chmod 600 %s",
                         path, (unsigned)st.st_mode & 07777, path);
    return ST_OK;
}

static bool line_read(const char *line, struct seal_keys *keys)
{
    size_t size;
    if (keys->count == SEAL_KEYS_MAX || strncmp(line, word, sizeof word - 1) != 0) return false;
    const char *hex = line + sizeof word - 1;
    if (strspn(hex, "0123456789abcdefABCDEF") != HEX_SIZE || hex[HEX_SIZE]) return false;
    return sodium_hex2bin(keys->keys[keys->count++], SEAL_KEY_SIZE, hex, HEX_SIZE, NULL, &size,
                          NULL) == 0;
}

static enum status text_read(const char *path, char *text, struct seal_keys *keys,
                             struct error *error)
{
    char *rest = text, *line;
    for (int n = 1; (line = strsep(&rest, "\n")); n++)
        if (*line && *line != '#' && !line_read(line, keys))
            return error_set(error, ST_INVALID,
                             "key file %s:%d: is not 'stockd-key-1' with 64 hex digits, at most %d "
                             "of them; put the right file back",
                             path, n, SEAL_KEYS_MAX);
    if (keys->count) return ST_OK;
    return error_set(error, ST_INVALID,
                     "key file %s: holds no key; put the right file back (or remove it, and log "
                     "in again everywhere)",
                     path);
}

enum status seal_keys_read(const char *path, struct seal_keys *keys, struct error *error)
{
    keys->count = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 && errno == ENOENT)
        return error_set(error, ST_NOT_FOUND,
                         "key file %s: is not there; without it nothing that was sealed can be "
                         "opened: put it back",
                         path);
    if (file < 0)
        return error_set(error, ST_IO, "key file %s: cannot be opened: %s", path, strerror(errno));
    char text[FILE_MAX + 1];
    ssize_t size = 0;
    enum status status = file_check(path, file, error);
    if (status == ST_OK && (size = read(file, text, sizeof text)) < 0)
        status = error_set(error, ST_IO, "key file %s: cannot be read: %s", path, strerror(errno));
    if (status == ST_OK && size > FILE_MAX)
        status = error_set(error, ST_TOO_BIG, "key file %s: is over %d bytes", path, FILE_MAX);
    close(file);
    if (status == ST_OK) {
        text[size] = 0;
        status = text_read(path, text, keys, error);
    }
    explicit_bzero(text, sizeof text);
    return status;
}

/* ---- writing */

static void text_make(const struct seal_keys *keys, char text[FILE_MAX])
{
    int n = snprintf(text, FILE_MAX,
                     "# The key of stockd's tokens and sealed secrets: without it nobody can open "
                     "them.\n# Keep it to yourself, and a copy of it apart from the backups.\n");
    for (size_t i = 0; i < keys->count; i++) {
        char hex[HEX_SIZE + 1];
        sodium_bin2hex(hex, sizeof hex, keys->keys[i], SEAL_KEY_SIZE);
        n += snprintf(text + n, FILE_MAX - (size_t)n, "%s%s\n", word, hex);
        explicit_bzero(hex, sizeof hex);
    }
}

static int file_write(const char *path, const char *text)
{
    unlink(path); /* of a write that was cut off */
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    size_t size = strlen(text);
    int bad = write(file, text, size) != (ssize_t)size || fsync(file);
    int why = errno;
    close(file);
    errno = why;
    return bad ? -1 : 0;
}

static int parent_sync(const char *path)
{
    char *copy = mem_text(path);
    int dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int bad = dir < 0 || fsync(dir);
    if (dir >= 0) close(dir);
    mem_free(copy);
    return bad ? -1 : 0;
}

enum status seal_keys_write(const char *path, const struct seal_keys *keys, bool only_new,
                            struct error *error)
{
    char text[FILE_MAX];
    char *fresh = mem_format("%s.new", path);
    text_make(keys, text);
    enum status status = ST_OK;
    if (file_write(fresh, text) ||
        renameat2(AT_FDCWD, fresh, AT_FDCWD, path, only_new ? RENAME_NOREPLACE : 0) ||
        parent_sync(path))
        status = error_set(error, only_new && errno == EEXIST ? ST_EXISTS : ST_IO,
                           "key file %s: cannot be written: %s", path, strerror(errno));
    explicit_bzero(text, sizeof text);
    mem_free(fresh);
    return status;
}
