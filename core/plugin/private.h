/* Private to core/plugin: what a loaded plugin is, and the steps by which a file becomes one. */
#ifndef STOCKD_PLUGIN_PRIVATE_H
#define STOCKD_PLUGIN_PRIVATE_H

#include "base/error.h"
#include "plugin/loader.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct plugin {
    struct stockd_plugin declared; /* normalised; its tables are ours, its strings the file's */
    char *file;
    struct plugin_guard *guard; /* or NULL */
    void *handle;               /* dlopen's, or NULL when built in */
    dev_t device;
    ino_t inode;
};

/* elf.c: regular, owner, mode, and an ELF shared object of this machine whose parts all lie within
 * the file, so that mapping it cannot fault. */
enum status plugin_file_check(int fd, const char *file, struct error *error);

/* image.c: the readable memory of one loaded object. A NULL image holds everything. */
enum { IMAGE_SEGMENTS = 16 };
struct image {
    struct {
        const char *start, *end;
    } segments[IMAGE_SEGMENTS];
    size_t segment_count;
};
bool image_of(void *handle, struct image *image);
bool image_holds(const struct image *image, const void *at, size_t size);
/* A NUL-terminated text lies at `at`. */
bool image_holds_text(const struct image *image, const char *at);
/* Bytes of the data symbol that begins at `at`; SIZE_MAX when the file does not say. */
size_t image_symbol_size(const void *at);

/* normal.c: magic, versions, sizes; then everything copied into this ABI's layout. On failure the
 * copy holds nothing. */
enum status plugin_normalise(const struct stockd_plugin *raw, const struct image *image,
                             const char *file, struct stockd_plugin *copy, struct error *error);
void plugin_normal_free(struct stockd_plugin *copy);

/* check.c: what a normalised declaration says. `name` is what the file is called, or NULL. */
enum status plugin_check(const struct stockd_plugin *declared, const char *name, const char *file,
                         struct error *error);

#endif
