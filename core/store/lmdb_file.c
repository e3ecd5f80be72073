/* The meta pages of LMDB's file and what can be known from them alone. The walk over all pages is
 * in lmdb_walk.c. */
#include "store/lmdb_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* mdb.c: MDB_MAGIC, MDB_DATA_VERSION, P_META, PAGEHDRSZ, MAX_PAGESIZE, sizes of MDB_db, MDB_meta;
 * MDB_INTEGERKEY of the list of free pages, and MDB_NOSUBDIR, which LMDB keeps beside it. */
#define META_MAGIC 0xBEEFC0DEu
enum {
    META_VERSION = 1,
    PAGE_META = 0x08,
    PAGE_HEAD_BYTES = 16,
    PAGE_BYTES_MIN = 512,
    PAGE_BYTES_MAX = 0x8000,
    TREE_BYTES = 48,
    META_BYTES = 136,
    FREE_FLAGS = 0x08,
    FLAG_NO_DIRECTORY = 0x4000,
    /* Pages at the end that were freed before they were written: at most what one transaction can
     * hold (mdb.c: MDB_IDL_UM_MAX), for each commit is followed by making the file long enough. */
    UNWRITTEN_PAGES_MAX = 1 << 17,
};

static void tree_read(const uint8_t *at, struct lmdb_tree *tree)
{
    memcpy(&tree->flags, at + 4, 2);
    memcpy(&tree->depth, at + 6, 2);
    memcpy(&tree->branch_pages, at + 8, 8);
    memcpy(&tree->leaf_pages, at + 16, 8);
    memcpy(&tree->overflow_pages, at + 24, 8);
    memcpy(&tree->rows, at + 32, 8);
    memcpy(&tree->root, at + 40, 8);
}

static enum status meta_read(int fd, const char *path, uint64_t offset, struct lmdb_meta *meta,
                             struct error *error)
{
    uint8_t page[PAGE_HEAD_BYTES + META_BYTES];
    ssize_t n = pread(fd, page, sizeof page, (off_t)offset);
    if (n < 0) return error_set(error, ST_IO, "%s: cannot read: %s", path, strerror(errno));
    if ((size_t)n < sizeof page)
        return error_set(error, ST_DAMAGED,
                         "%s: not a whole store: the file is cut off at byte %llu", path,
                         (unsigned long long)offset + (unsigned long long)n);
    uint16_t flags;
    uint32_t magic, version;
    const uint8_t *at = page + PAGE_HEAD_BYTES;
    memcpy(&flags, page + 10, 2);
    memcpy(&magic, at, 4);
    memcpy(&version, at + 4, 4);
    if (!(flags & PAGE_META) || magic != META_MAGIC)
        return error_set(error, ST_DAMAGED,
                         "%s: not a store, or damaged: the mark of an LMDB file is missing at byte "
                         "%llu",
                         path, (unsigned long long)offset);
    if (version != META_VERSION)
        return error_set(error, ST_UNSUPPORTED,
                         "%s: written in version %u of LMDB's file format, this program knows %d",
                         path, version, META_VERSION);
    memcpy(&meta->page_bytes, at + 24, 4);
    tree_read(at + 24, &meta->free);
    tree_read(at + 24 + TREE_BYTES, &meta->main);
    memcpy(&meta->last_page, at + 120, 8);
    memcpy(&meta->transaction, at + 128, 8);
    return ST_OK;
}

static bool tree_sane(const struct lmdb_tree *tree, uint64_t last_page, unsigned flags)
{
    return tree->flags == flags &&
           (tree->root == LMDB_NO_PAGE || (tree->root > 1 && tree->root <= last_page));
}

static bool page_bytes_sane(uint32_t size)
{
    return size >= PAGE_BYTES_MIN && size <= PAGE_BYTES_MAX && (size & (size - 1)) == 0;
}

static bool meta_sane(const struct lmdb_meta *meta)
{
    unsigned kept = meta->free.flags & FLAG_NO_DIRECTORY;
    return meta->last_page >= 1 && meta->last_page < ((uint64_t)1 << 47) / meta->page_bytes &&
           tree_sane(&meta->free, meta->last_page, FREE_FLAGS | kept) &&
           tree_sane(&meta->main, meta->last_page, 0);
}

/* Only the newest is held against anything: after a commit that the disk refused LMDB leaves in the
 * other one the trees of that commit under the number of the one before. */
enum status lmdb_file_metas(int fd, const char *path, struct lmdb_meta metas[2],
                            struct error *error)
{
    enum status status = meta_read(fd, path, 0, &metas[0], error);
    if (status != ST_OK) return status;
    if (!page_bytes_sane(metas[0].page_bytes))
        return error_set(error, ST_DAMAGED, "%s: damaged: the first meta page makes no sense",
                         path);
    status = meta_read(fd, path, metas[0].page_bytes, &metas[1], error);
    if (status != ST_OK) return status;
    if (metas[1].page_bytes != metas[0].page_bytes)
        return error_set(error, ST_DAMAGED, "%s: damaged: the second meta page makes no sense",
                         path);
    bool second = metas[1].transaction > metas[0].transaction;
    if (!meta_sane(&metas[second]))
        return error_set(error, ST_DAMAGED, "%s: damaged: the newest meta page makes no sense",
                         path);
    /* LMDB finds the newest by comparing, and later by whether its number is even. */
    if ((metas[second].transaction & 1) != second)
        return error_set(error, ST_DAMAGED,
                         "%s: damaged: meta page %d says it is of transaction %llu", path, second,
                         (unsigned long long)metas[second].transaction);
    return ST_OK;
}

static enum status check_open(int fd, const char *path, bool whole, struct error *error)
{
    struct lmdb_meta metas[2];
    struct stat st;
    enum status status = lmdb_file_metas(fd, path, metas, error);
    if (status != ST_OK) return status;
    if (fstat(fd, &st))
        return error_set(error, ST_IO, "%s: cannot look at it: %s", path, strerror(errno));
    const struct lmdb_meta *newest = &metas[metas[1].transaction > metas[0].transaction];
    uint64_t want = (newest->last_page + 1) * newest->page_bytes, have = (uint64_t)st.st_size;
    if (have + (uint64_t)UNWRITTEN_PAGES_MAX * newest->page_bytes < want)
        return error_set(error, ST_DAMAGED, "%s: cut off at %llu of %llu bytes", path,
                         (unsigned long long)have, (unsigned long long)want);
    if (have >= want && !whole) return lmdb_file_roots(fd, path, newest, error);
    struct lmdb_walk walk;
    status = lmdb_file_walk(fd, path, newest, &walk, error);
    if (status == ST_DAMAGED && have < want)
        error_prefix(error, "cut off at %llu of %llu bytes", (unsigned long long)have,
                     (unsigned long long)want);
    return status;
}

enum status lmdb_file_check(const char *path, bool whole, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_set(error, ST_IO, "%s: cannot open: %s", path, strerror(errno));
    enum status status = check_open(fd, path, whole, error);
    close(fd);
    return status;
}
