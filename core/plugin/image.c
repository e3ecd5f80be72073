/* Where a loaded object's memory lies, so that a pointer or a count that lies is refused instead of
 * followed. */
#include "plugin/private.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

struct search {
    ElfW(Addr) base;
    const char *name;
    struct image *image;
};

static int segments_add(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    struct search *search = ctx;
    if (info->dlpi_addr != search->base || strcmp(info->dlpi_name, search->name) != 0) return 0;
    struct image *image = search->image;
    for (size_t i = 0; i < info->dlpi_phnum && image->segment_count < IMAGE_SEGMENTS; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type != PT_LOAD || !(h->p_flags & PF_R)) continue;
        const char *start = (const char *)(uintptr_t)(info->dlpi_addr + h->p_vaddr);
        image->segments[image->segment_count].start = start;
        image->segments[image->segment_count++].end = start + h->p_memsz;
    }
    return 1;
}

bool image_of(void *handle, struct image *image)
{
    struct link_map *map = NULL;
    image->segment_count = 0;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map) return false;
    struct search search = {.base = map->l_addr, .name = map->l_name, .image = image};
    return dl_iterate_phdr(segments_add, &search) == 1 && image->segment_count > 0;
}

/* Bytes from `at` to the end of its segment; 0 when it lies in none. */
static size_t left_at(const struct image *image, const void *at)
{
    uintptr_t p = (uintptr_t)at;
    for (size_t i = 0; i < image->segment_count; i++)
        if (p >= (uintptr_t)image->segments[i].start && p < (uintptr_t)image->segments[i].end)
            return (uintptr_t)image->segments[i].end - p;
    return 0;
}

bool image_holds(const struct image *image, const void *at, size_t size)
{
    return !image || size == 0 || left_at(image, at) >= size;
}

bool image_holds_text(const struct image *image, const char *at)
{
    if (!image) return true;
    size_t left = left_at(image, at);
    return left > 0 && strnlen(at, left) < left;
}

size_t image_symbol_size(const void *at)
{
    Dl_info info;
    ElfW(Sym) *symbol = NULL;
    if (!dladdr1(at, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || symbol->st_size == 0)
        return SIZE_MAX;
    return symbol->st_size;
}
