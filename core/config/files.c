/* Reading the directory and its files. Whoever can write them can make the daemon send anything
 * with the seller's keys, so files of strangers are refused. Not here: what files contain. */
#include "config/files.h"

#include "config/node.h"
#include "config/report.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), e = strlen(end);
    return n > e && !strcmp(name + n - e, end);
}

/* Hidden files, editors' locks (.#x), backups (x~, x.bak), and autosaves (#x#). */
static bool is_leftover(const char *name)
{
    return name[0] == '.' || name[0] == '#' || name[strlen(name) - 1] == '~';
}

static bool is_misnamed(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name && (!strcasecmp(dot, ".yml") || !strcasecmp(dot, ".yaml"));
}

static bool check_owner(const char *path, unsigned mode, unsigned owner,
                        struct config_report *report)
{
    bool good = true;
    if (owner != 0 && owner != geteuid()) {
        config_report_add(report, CONFIG_ERROR, path, 0,
                          "belongs to user %u; it must belong to root or to user %u, who runs this",
                          owner, (unsigned)geteuid());
        good = false;
    }
    if (mode & S_IWOTH) {
        config_report_add(report, CONFIG_ERROR, path, 0,
                          "can be written by everybody (mode %04o); run: chmod o-w %s",
                          mode & 07777, path);
        good = false;
    }
    return good;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(const char *dir, const char *name, struct config_report *report, char ***names,
                     size_t *count)
{
    if (is_leftover(name)) return;
    char shown[CONFIG_SHOWN_MAX];
    config_shown(name, shown);
    if (!ends_with(name, ".yaml")) {
        if (!is_misnamed(name)) return;
        char *path = mem_format("%s/%s", dir, shown);
        config_report_add(report, CONFIG_WARNING, path, 0,
                          "is not read; rename it so that it ends in .yaml");
        mem_free(path);
        return;
    }
    if (strcmp(shown, name)) {
        config_report_add(report, CONFIG_ERROR, dir, 0,
                          "the file name '%s' is too long or holds control characters", shown);
        return;
    }
    *names = mem_resize(*names, (*count + 1) * sizeof **names);
    (*names)[(*count)++] = mem_text(name);
}

static DIR *open_dir(const char *dir, struct config_report *report)
{
    DIR *stream = opendir(dir);
    struct stat st;
    if (!stream || fstat(dirfd(stream), &st)) {
        config_report_add(report, CONFIG_ERROR, dir, 0, "the directory cannot be read: %s",
                          strerror(errno));
        if (stream) closedir(stream);
        return NULL;
    }
    if (check_owner(dir, st.st_mode, st.st_uid, report)) return stream;
    closedir(stream);
    return NULL;
}

char **config_files_list(const char *dir, struct config_report *report, size_t *count)
{
    char **names = NULL;
    *count = 0;
    DIR *stream = open_dir(dir, report);
    if (!stream) return NULL;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(stream)) && *count <= CONFIG_FILES_MAX;)
        add_name(dir, entry->d_name, report, &names, count);
    if (*count > CONFIG_FILES_MAX) {
        config_report_add(report, CONFIG_ERROR, dir, 0, "holds more than %d files ending in .yaml",
                          CONFIG_FILES_MAX);
        mem_free(names[--*count]);
    } else if (errno) {
        config_report_add(report, CONFIG_ERROR, dir, 0, "the directory cannot be read: %s",
                          strerror(errno));
    }
    closedir(stream);
    if (*count) qsort(names, *count, sizeof *names, by_name);
    return names;
}

/* One byte more than `max` is asked for, to notice a file that grew after fstat. */
static enum status read_all(int fd, size_t max, struct bytes *text, struct error *error)
{
    char *data = mem_alloc(max + 2);
    size_t size = 0;
    ssize_t n;
    do {
        n = read(fd, data + size, max + 1 - size);
        if (n > 0) size += (size_t)n;
    } while ((n > 0 && size <= max) || (n < 0 && errno == EINTR));
    *text = bytes_of(data, size);
    if (n >= 0 && size <= max) return ST_OK;
    config_file_free(*text);
    if (n < 0) return error_set(error, ST_IO, "cannot be read: %s", strerror(errno));
    return error_set(error, ST_TOO_BIG, "is larger than %zu bytes", max);
}

enum status config_file_slurp(const char *path, size_t max, struct bytes *text, unsigned *mode,
                              unsigned *owner, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        enum status status = error_set(error, ST_IO, "cannot be read: %s", strerror(errno));
        if (fd >= 0) close(fd);
        return status;
    }
    *mode = st.st_mode & 07777;
    *owner = st.st_uid;
    enum status status;
    if (!S_ISREG(st.st_mode))
        status = error_set(error, ST_INVALID, "is not a regular file");
    else
        status = read_all(fd, max, text, error);
    close(fd);
    return status;
}

bool config_file_read(const char *path, struct config_report *report, struct bytes *text)
{
    unsigned mode = 0, owner = 0;
    struct error error;
    if (config_file_slurp(path, CONFIG_FILE_MAX, text, &mode, &owner, &error) != ST_OK) {
        config_report_add(report, CONFIG_ERROR, path, 0, "%s", error.text);
        return false;
    }
    if (check_owner(path, mode, owner, report)) return true;
    config_file_free(*text);
    return false;
}

void config_file_free(struct bytes text)
{
    void *data = (void *)(uintptr_t)text.data;
    config_wipe(data, text.size);
    mem_free(data);
}
