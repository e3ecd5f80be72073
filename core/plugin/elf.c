/* What can be known about a plugin's file before it is mapped: who may write it, and whether it is
 * whole. A file cut short would pass dlopen and fault at the first touch of a missing page. */
#include "plugin/private.h"

#include "base/mem.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROGRAM_HEADERS_MAX = 64 }; /* shared objects have about ten */

/* This program's own ELF header, for class, byte order and machine; defined by the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static enum status owner_check(const struct stat *st, const char *file, struct error *error)
{
    if (!S_ISREG(st->st_mode))
        return error_set(error, ST_DENIED, "%s: not a regular file; a plugin is a shared object",
                         file);
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return error_set(error, ST_DENIED,
                         "%s: owned by user %u, neither root nor the user stockd runs as (%u); "
                         "chown it",
                         file, st->st_uid, geteuid());
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return error_set(error, ST_DENIED,
                         "%s: writable by others than its owner (mode %04o); chmod go-w it", file,
                         st->st_mode & 07777u);
    return ST_OK;
}

static bool inside(uint64_t at, uint64_t size, uint64_t file_size)
{
    return at <= file_size && size <= file_size - at;
}

static enum status cut(const char *file, uint64_t size, const char *part, struct error *error)
{
    return error_set(error, ST_DAMAGED,
                     "%s: cut short: its %s reaches past the end of the file (%llu bytes); install "
                     "it again",
                     file, part, (unsigned long long)size);
}

static enum status header_check(const ElfW(Ehdr) * head, const char *file, struct error *error)
{
    const ElfW(Ehdr) *own = &__ehdr_start;
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
        return error_set(error, ST_DAMAGED, "%s: not an ELF shared object", file);
    if (head->e_ident[EI_CLASS] != own->e_ident[EI_CLASS] ||
        head->e_ident[EI_DATA] != own->e_ident[EI_DATA] || head->e_machine != own->e_machine)
        return error_set(error, ST_UNSUPPORTED,
                         "%s: built for another machine (ELF class %u, machine %u; this stockd is "
                         "class %u, machine %u)",
                         file, head->e_ident[EI_CLASS], head->e_machine, own->e_ident[EI_CLASS],
                         own->e_machine);
    if (head->e_type != ET_DYN)
        return error_set(error, ST_DAMAGED, "%s: an ELF file, but not a shared object (type %u)",
                         file, head->e_type);
    if (head->e_phentsize != sizeof(ElfW(Phdr)) || head->e_phnum == 0 ||
        head->e_phnum > PROGRAM_HEADERS_MAX)
        return error_set(error, ST_DAMAGED, "%s: damaged: its program headers make no sense", file);
    return ST_OK;
}

static enum status segments_check(const ElfW(Phdr) * headers, size_t count, uint64_t size,
                                  const char *file, struct error *error)
{
    bool dynamic = false, load = false;
    for (size_t i = 0; i < count; i++) {
        const ElfW(Phdr) *h = &headers[i];
        if (h->p_type != PT_LOAD && h->p_type != PT_DYNAMIC) continue;
        if (!inside(h->p_offset, h->p_filesz, size))
            return cut(file, size, h->p_type == PT_LOAD ? "code or data" : "dynamic section",
                       error);
        if (h->p_filesz > h->p_memsz)
            return error_set(error, ST_DAMAGED, "%s: damaged: a segment is larger than its memory",
                             file);
        dynamic |= h->p_type == PT_DYNAMIC;
        load |= h->p_type == PT_LOAD;
    }
    if (!dynamic || !load)
        return error_set(error, ST_DAMAGED, "%s: an ELF file, but not a shared object", file);
    return ST_OK;
}

static enum status elf_check(int fd, uint64_t size, const char *file, struct error *error)
{
    ElfW(Ehdr) head;
    if (size < sizeof head || pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head)
        return error_set(error, ST_DAMAGED,
                         "%s: not an ELF shared object: only %llu bytes long; install it again",
                         file, (unsigned long long)size);
    enum status status = header_check(&head, file, error);
    if (status) return status;
    size_t bytes = head.e_phnum * sizeof(ElfW(Phdr));
    if (!inside(head.e_phoff, bytes, size)) return cut(file, size, "program header table", error);
    if (head.e_shoff && !inside(head.e_shoff, (uint64_t)head.e_shnum * head.e_shentsize, size))
        return cut(file, size, "section header table", error);
    ElfW(Phdr) headers[PROGRAM_HEADERS_MAX];
    if (pread(fd, headers, bytes, (off_t)head.e_phoff) != (ssize_t)bytes)
        return cut(file, size, "program header table", error);
    return segments_check(headers, head.e_phnum, size, file, error);
}

enum status plugin_file_check(int fd, const char *file, struct error *error)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return error_set(error, ST_IO, "%s: cannot look at it: %s", file, strerror(errno));
    enum status status = owner_check(&st, file, error);
    return status ? status : elf_check(fd, (uint64_t)st.st_size, file, error);
}
