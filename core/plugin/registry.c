/* Plugins by name: looking through directories, loading once per device and inode. */
#include "plugin/loader.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "plugin/crash.h"
#include "plugin/private.h"
#include "plugin/text.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_MAX = 4096, /* names looked at in one directory */
    DIRECTORIES_MAX = 16,
    ALIAS_MAX = 96,
};

struct plugin_registry {
    char *directories[DIRECTORIES_MAX];
    size_t directory_count;
    struct plugin_guard *guard;
    struct plugin **plugins;
    size_t plugin_count;
};

struct plugin_registry *plugin_registry_new(const char *const *directories, size_t count,
                                            struct plugin_guard *guard)
{
    struct plugin_registry *registry = mem_alloc(sizeof *registry);
    registry->guard = guard;
    for (size_t i = 0; i < count && i < DIRECTORIES_MAX; i++)
        registry->directories[registry->directory_count++] = mem_text(directories[i]);
    return registry;
}

static void plugin_free(struct plugin *plugin)
{
    plugin_normal_free(&plugin->declared);
    mem_free(plugin->file);
    mem_free(plugin);
}

void plugin_registry_free(struct plugin_registry *registry)
{
    if (!registry) return;
    for (size_t i = 0; i < registry->plugin_count; i++)
        plugin_free(registry->plugins[i]);
    for (size_t i = 0; i < registry->directory_count; i++)
        mem_free(registry->directories[i]);
    mem_free(registry->plugins);
    mem_free(registry);
}

static const struct plugin *keep(struct plugin_registry *registry, struct plugin *plugin)
{
    registry->plugins =
        mem_resize(registry->plugins, (registry->plugin_count + 1) * sizeof *registry->plugins);
    registry->plugins[registry->plugin_count++] = plugin;
    return plugin;
}

/* ---------------------------------------------------------------------------------------------- */

/* Another name of the open file, one that was never used before: the linker goes by names first,
 * and would give the old object for a file that was replaced. Each bit of a count is "/." or "/".
 */
static void alias(int fd, char name[ALIAS_MAX])
{
    static uint32_t count;
    uint32_t bits = ++count;
    size_t used = (size_t)snprintf(name, ALIAS_MAX, "/proc/self/fd");
    for (int i = 0; i < 32; i++)
        used += (size_t)snprintf(name + used, ALIAS_MAX - used, "%s", bits >> i & 1 ? "/." : "/");
    snprintf(name + used, ALIAS_MAX - used, "/%d", fd);
}

/* Maps the file that was checked. Debuggers find it by its path, so that is what it is loaded by
 * unless the path is taken. */
static enum status map(struct plugin *plugin, int fd, struct error *error)
{
    char other[ALIAS_MAX];
    const char *file = plugin->file, *name = file;
    void *taken = dlopen(file, RTLD_LAZY | RTLD_NOLOAD);
    if (taken) {
        dlclose(taken);
        alias(fd, other);
        name = other;
        if (access(name, R_OK) != 0)
            return error_set(error, ST_IO,
                             "%s: an older version of it is loaded, and without /proc a second one "
                             "cannot be; restart stockd",
                             file);
    }
    plugin->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->handle) {
        const char *why = dlerror();
        return error_set(error, ST_INVALID, "%s: cannot be loaded: %s", file,
                         why ? why : "no reason given");
    }
    struct stat st;
    if (name == file &&
        (stat(file, &st) != 0 || st.st_dev != plugin->device || st.st_ino != plugin->inode))
        return error_set(error, ST_BUSY, "%s: replaced while it was loaded; try again", file);
    return ST_OK;
}

static enum status describe(struct plugin *plugin, const char *name, struct error *error)
{
    const struct stockd_plugin *raw = dlsym(plugin->handle, "stockd_plugin");
    if (!raw)
        return error_set(error, ST_INVALID,
                         "%s: no symbol 'stockd_plugin'; export it with STOCKD_EXPORT",
                         plugin->file);
    struct image image;
    if (!image_of(plugin->handle, &image))
        return error_set(error, ST_IO, "%s: its memory cannot be found", plugin->file);
    enum status status = plugin_normalise(raw, &image, plugin->file, &plugin->declared, error);
    return status ? status : plugin_check(&plugin->declared, name, plugin->file, error);
}

static enum status map_and_describe(struct plugin *plugin, int fd, const char *name,
                                    struct error *error)
{
    /* Constructors of the file run here: plugin code already. */
    plugin_guard_enter(plugin->guard, name, "", "load");
    enum status status = map(plugin, fd, error);
    if (!status) status = describe(plugin, name, error);
    if (status && plugin->handle) dlclose(plugin->handle);
    plugin_guard_leave(plugin->guard);
    return status;
}

static const struct plugin *loaded(const struct plugin_registry *registry, const struct stat *st)
{
    for (size_t i = 0; i < registry->plugin_count; i++) {
        const struct plugin *plugin = registry->plugins[i];
        if (plugin->handle && plugin->device == st->st_dev && plugin->inode == st->st_ino)
            return plugin;
    }
    return NULL;
}

static enum status load_file(struct plugin_registry *registry, const char *name, int fd,
                             const char *file, const struct plugin **out, struct error *error)
{
    struct stat st;
    enum status status = plugin_file_check(fd, file, error);
    if (status) return status;
    if (fstat(fd, &st) != 0)
        return error_set(error, ST_IO, "%s: cannot look at it: %s", file, strerror(errno));
    const struct plugin *known = loaded(registry, &st);
    if (known) {
        if (strcmp(known->declared.id, name) != 0)
            return error_set(error, ST_INVALID,
                             "%s: its id is '%s', so the file must be called "
                             "%s.so",
                             file, known->declared.id, known->declared.id);
        *out = known;
        return ST_OK;
    }
    struct plugin *plugin = mem_alloc(sizeof *plugin);
    *plugin = (struct plugin){
        .file = mem_text(file), .guard = registry->guard, .device = st.st_dev, .inode = st.st_ino};
    status = map_and_describe(plugin, fd, name, error);
    if (status) {
        plugin_free(plugin);
        return status;
    }
    *out = keep(registry, plugin);
    return ST_OK;
}

/* ---------------------------------------------------------------------------------------------- */

struct names {
    char *list[FILES_MAX];
    size_t count;
};

static void names_of(const char *directory, struct names *names)
{
    DIR *dir = opendir(directory);
    if (!dir) return;
    for (struct dirent *entry; names->count < FILES_MAX && (entry = readdir(dir));) {
        size_t size = strlen(entry->d_name);
        if (size <= 3 || strcmp(entry->d_name + size - 3, ".so") != 0) continue;
        char *name = mem_text_n(entry->d_name, size - 3);
        if (text_is_name(name))
            names->list[names->count++] = name;
        else
            mem_free(name);
    }
    closedir(dir);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct names *names_all(const struct plugin_registry *registry)
{
    struct names *names = mem_alloc(sizeof *names);
    for (size_t i = 0; i < registry->directory_count; i++)
        names_of(registry->directories[i], names);
    qsort(names->list, names->count, sizeof *names->list, by_name);
    return names;
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        mem_free(names->list[i]);
    mem_free(names);
}

static enum status not_found(const struct plugin_registry *registry, const char *name,
                             struct error *error)
{
    char where[ERROR_TEXT_MAX / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < registry->directory_count && used < sizeof where; i++)
        used += (size_t)snprintf(where + used, sizeof where - used, "%s%s", i ? ", " : "",
                                 registry->directories[i]);
    struct names *names = names_all(registry);
    const char *near = suggest_name(name, (const char *const *)names->list, names->count);
    enum status status =
        error_set(error, ST_NOT_FOUND, "no plugin '%s': there is no %s.so in %s%s%s%s", name, name,
                  registry->directory_count ? where : "any directory (none is configured)",
                  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    names_free(names);
    return status;
}

enum status plugin_registry_load(struct plugin_registry *registry, const char *name,
                                 const struct plugin **plugin, struct error *error)
{
    if (!text_is_name(name))
        return error_set(error, ST_INVALID,
                         "'%.80s' is no name of a plugin: lower case letters, digits, '-' and '_'",
                         name);
    enum status status = plugin_guard_check(registry->guard, name, error);
    if (status) return status;
    for (size_t i = 0; i < registry->directory_count; i++) {
        char *file = mem_format("%s/%s.so", registry->directories[i], name);
        /* Not blocking: a named pipe must not hold the daemon up. */
        int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        int why = errno;
        if (fd >= 0) {
            status = load_file(registry, name, fd, file, plugin, error);
            close(fd);
        } else if (why != ENOENT && why != ENOTDIR) {
            status = error_set(error, ST_IO, "%s: cannot open it: %s", file, strerror(why));
        }
        mem_free(file);
        if (fd >= 0 || status) return status;
    }
    return not_found(registry, name, error);
}

enum status plugin_registry_add(struct plugin_registry *registry,
                                const struct stockd_plugin *declared, const struct plugin **plugin,
                                struct error *error)
{
    struct plugin *made = mem_alloc(sizeof *made);
    *made = (struct plugin){.file = mem_text("(built in)"), .guard = registry->guard};
    enum status status = plugin_normalise(declared, NULL, made->file, &made->declared, error);
    if (!status) status = plugin_check(&made->declared, NULL, made->file, error);
    if (status) {
        plugin_free(made);
        return status;
    }
    *plugin = keep(registry, made);
    return ST_OK;
}

void plugin_registry_each(struct plugin_registry *registry, plugin_found_fn *found, void *ctx)
{
    struct names *names = names_all(registry);
    for (size_t i = 0; i < names->count; i++) {
        if (i > 0 && strcmp(names->list[i], names->list[i - 1]) == 0) continue;
        const struct plugin *plugin = NULL;
        struct error error = {0};
        plugin_registry_load(registry, names->list[i], &plugin, &error);
        found(ctx, names->list[i], plugin, &error);
    }
    names_free(names);
}
