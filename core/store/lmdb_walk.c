/* The walk over all pages of an LMDB file: trees, nodes, overflow pages, the list of free pages.
 * Reads with pread, believes nothing, never writes. What the meta pages say is lmdb_file.c's. */
#include "store/lmdb_file.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "store/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* mdb.c: P_*, F_*, PAGEHDRSZ, NODESIZE, sizeof(MDB_db), CURSOR_STACK. */
enum {
    PAGE_BRANCH = 0x01,
    PAGE_LEAF = 0x02,
    PAGE_OVERFLOW = 0x04,
    PAGE_KINDS = 0x6f,
    NODE_BIG = 0x01,
    NODE_TREE = 0x02,
    PAGE_HEAD = 16,
    NODE_HEAD = 8,
    TREE_BYTES = 48,
    DEPTH_MAX = 32,
};

enum tree_kind { TREE_FREE, TREE_MAIN, TREE_TABLE };

struct page {
    uint8_t *bytes;
    uint64_t number;
    uint16_t flags;
    unsigned nodes;
};

struct node {
    uint16_t flags, key_size;
    uint64_t child;     /* branch */
    uint32_t data_size; /* leaf */
    const uint8_t *key, *data;
};

/* One tree being walked. */
struct tree_walk {
    enum tree_kind kind;
    struct lmdb_tree found; /* what was counted */
    char name[64];
    bool roots_only;
    bool any; /* last is there */
    size_t last_size;
    uint8_t last[STORE_KEY_MAX];
};

struct walker {
    int fd;
    const char *path;
    uint32_t page_bytes;
    uint64_t last_page;
    uint8_t *seen; /* a bit per page */
    bool roots_only;
    struct lmdb_walk *walk;
    struct error *error;
};

static enum status damaged(struct walker *w, uint64_t page, const struct tree_walk *tree,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum status damaged(struct walker *w, uint64_t page, const struct tree_walk *tree,
                           const char *format, ...)
{
    char why[160];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return error_set(w->error, ST_DAMAGED, "%s: damaged: table %s, page %llu: %s", w->path,
                     tree->name, (unsigned long long)page, why);
}

/* Each page belongs to one thing only. */
static enum status claim(struct walker *w, const struct tree_walk *tree, uint64_t page,
                         uint64_t count)
{
    if (page < 2 || page > w->last_page || count > w->last_page - page + 1)
        return damaged(w, page, tree, "lies outside the file");
    for (uint64_t i = page; i < page + count; i++) {
        uint8_t bit = (uint8_t)(1u << (i % 8));
        if (w->seen[i / 8] & bit) return damaged(w, i, tree, "is used twice");
        w->seen[i / 8] |= bit;
    }
    return ST_OK;
}

static enum status read_at(struct walker *w, const struct tree_walk *tree, uint64_t page,
                           void *into, size_t size)
{
    ssize_t n = pread(w->fd, into, size, (off_t)(page * w->page_bytes));
    if (n < 0)
        return error_set(w->error, ST_IO, "%s: cannot read page %llu: %s", w->path,
                         (unsigned long long)page, strerror(errno));
    if ((size_t)n < size) return damaged(w, page, tree, "lies behind the end of the file");
    uint64_t number;
    memcpy(&number, into, sizeof number);
    if (number != page)
        return damaged(w, page, tree, "says it is page %llu", (unsigned long long)number);
    return ST_OK;
}

static enum status page_read(struct walker *w, const struct tree_walk *tree, uint64_t number,
                             unsigned want, struct page *page)
{
    enum status status = claim(w, tree, number, 1);
    if (status == ST_OK) status = read_at(w, tree, number, page->bytes, w->page_bytes);
    if (status != ST_OK) return status;
    uint16_t lower, upper;
    memcpy(&page->flags, page->bytes + 10, 2);
    memcpy(&lower, page->bytes + 12, 2);
    memcpy(&upper, page->bytes + 14, 2);
    page->number = number;
    if ((page->flags & PAGE_KINDS) != want)
        return damaged(w, number, tree, "is of kind %#x, not %#x", page->flags, want);
    if (lower < PAGE_HEAD || lower > upper || upper > w->page_bytes || lower % 2)
        return damaged(w, number, tree, "its bounds %u and %u make no sense", lower, upper);
    page->nodes = (lower - PAGE_HEAD) / 2u;
    /* LMDB itself excepts the list of free pages from having two. */
    if (page->nodes < (want == PAGE_BRANCH && tree->kind != TREE_FREE ? 2u : 1u))
        return damaged(w, number, tree, "it has %u nodes", page->nodes);
    return ST_OK;
}

static enum status node_read(struct walker *w, const struct tree_walk *tree,
                             const struct page *page, unsigned index, struct node *node)
{
    uint16_t at, low, high;
    memcpy(&at, page->bytes + PAGE_HEAD + 2 * index, 2);
    size_t heads = PAGE_HEAD + 2 * (size_t)page->nodes, room = w->page_bytes;
    if (at < heads || at + (size_t)NODE_HEAD > room || at % 2)
        return damaged(w, page->number, tree, "node %u lies outside it", index);
    const uint8_t *bytes = page->bytes + at;
    memcpy(&low, bytes, 2);
    memcpy(&high, bytes + 2, 2);
    memcpy(&node->flags, bytes + 4, 2);
    memcpy(&node->key_size, bytes + 6, 2);
    node->key = bytes + NODE_HEAD;
    node->data = node->key + node->key_size;
    node->data_size = low | (uint32_t)high << 16;
    node->child = node->data_size | (uint64_t)node->flags << 32;
    bool leaf = page->flags & PAGE_LEAF;
    size_t data = !leaf ? 0 : node->flags & NODE_BIG ? 8 : node->data_size;
    if ((size_t)at + NODE_HEAD + node->key_size + data > room)
        return damaged(w, page->number, tree, "node %u reaches out of it", index);
    bool may_be_empty = !leaf && index == 0; /* a branch's first key is not kept */
    if (node->key_size > STORE_KEY_MAX || (node->key_size == 0 && !may_be_empty))
        return damaged(w, page->number, tree, "node %u has a key of %u bytes", index,
                       node->key_size);
    return ST_OK;
}

static int key_order(const struct tree_walk *tree, struct bytes a, struct bytes b)
{
    if (tree->kind != TREE_FREE) return bytes_compare(a, b);
    uint64_t x = 0, y = 0;
    memcpy(&x, a.data, sizeof x);
    memcpy(&y, b.data, sizeof y);
    return (x > y) - (x < y);
}

static enum status key_check(struct walker *w, struct tree_walk *tree, const struct page *page,
                             const struct node *node)
{
    if (tree->kind == TREE_FREE && node->key_size != sizeof(uint64_t))
        return damaged(w, page->number, tree, "a key has %u bytes", node->key_size);
    struct bytes key = bytes_of(node->key, node->key_size);
    if (tree->any && key_order(tree, bytes_of(tree->last, tree->last_size), key) >= 0)
        return damaged(w, page->number, tree, "its keys are out of order");
    tree->any = true;
    tree->last_size = node->key_size;
    memcpy(tree->last, node->key, node->key_size);
    return ST_OK;
}

/* Pages after the first of a value have no heads: being there is all that can be asked of them. */
static enum status overflow_read(struct walker *w, const struct tree_walk *tree, uint64_t number,
                                 uint8_t *into, size_t size)
{
    uint8_t chunk[4096];
    enum status status = read_at(w, tree, number, chunk, PAGE_HEAD);
    off_t from = (off_t)(number * w->page_bytes) + PAGE_HEAD;
    for (size_t done = 0; status == ST_OK && done < size;) {
        size_t want = size - done < sizeof chunk ? size - done : sizeof chunk;
        ssize_t n = pread(w->fd, into ? into + done : chunk, want, from + (off_t)done);
        if (n < 0)
            status = error_set(w->error, ST_IO, "%s: cannot read page %llu: %s", w->path,
                               (unsigned long long)number, strerror(errno));
        else if (n == 0)
            status = damaged(w, number, tree, "its value lies behind the end of the file");
        else
            done += (size_t)n;
    }
    return status;
}

/* A value with pages of its own. `copy`: its bytes, for the caller to free. */
static enum status overflow_walk(struct walker *w, struct tree_walk *tree, const struct node *node,
                                 uint8_t **copy)
{
    uint64_t number;
    uint32_t pages;
    uint16_t flags;
    uint8_t head[PAGE_HEAD];
    memcpy(&number, node->data, sizeof number);
    uint64_t want = (PAGE_HEAD - 1 + (uint64_t)node->data_size) / w->page_bytes + 1;
    enum status status = claim(w, tree, number, want);
    if (status == ST_OK) status = read_at(w, tree, number, head, sizeof head);
    if (status != ST_OK) return status;
    memcpy(&flags, head + 10, 2);
    memcpy(&pages, head + 12, 4);
    if ((flags & PAGE_KINDS) != PAGE_OVERFLOW || pages != want)
        return damaged(w, number, tree, "is no value of %llu pages", (unsigned long long)want);
    tree->found.overflow_pages += want;
    if (copy) *copy = mem_alloc(node->data_size + (size_t)1);
    return overflow_read(w, tree, number, copy ? *copy : NULL, node->data_size);
}

/* A row of the free list: a count, then page numbers. */
static enum status free_row(struct walker *w, struct tree_walk *tree, const struct page *page,
                            const struct node *node)
{
    uint8_t *copy = NULL;
    const uint8_t *data = node->data;
    enum status status = ST_OK;
    if (node->flags & NODE_BIG) {
        status = overflow_walk(w, tree, node, &copy);
        data = copy;
    }
    uint64_t count = 0;
    if (status == ST_OK && node->data_size >= 8) memcpy(&count, data, 8);
    if (status == ST_OK && (node->data_size < 8 || count > node->data_size / 8 - 1))
        status = damaged(w, page->number, tree, "a list of free pages makes no sense");
    for (uint64_t i = 1; i <= count && status == ST_OK; i++) {
        uint64_t number;
        memcpy(&number, data + 8 * i, 8);
        status = claim(w, tree, number, 1);
        w->walk->free_pages++;
    }
    mem_free(copy);
    return status;
}

static enum status tree_walk(struct walker *w, struct tree_walk *tree,
                             const struct lmdb_tree *said);

/* A row of the main tree: a table. */
static enum status table_row(struct walker *w, struct tree_walk *main, const struct page *page,
                             const struct node *node)
{
    if (node->flags != NODE_TREE || node->data_size != TREE_BYTES)
        return damaged(w, page->number, main, "a table's head makes no sense");
    struct lmdb_tree said;
    memcpy(&said.flags, node->data + 4, 2);
    memcpy(&said.depth, node->data + 6, 2);
    memcpy(&said.branch_pages, node->data + 8, 8);
    memcpy(&said.leaf_pages, node->data + 16, 8);
    memcpy(&said.overflow_pages, node->data + 24, 8);
    memcpy(&said.rows, node->data + 32, 8);
    memcpy(&said.root, node->data + 40, 8);
    if (said.flags) return damaged(w, page->number, main, "a table has flags %#x", said.flags);
    struct tree_walk table = {.kind = TREE_TABLE, .roots_only = w->roots_only};
    snprintf(table.name, sizeof table.name, "%.*s", (int)node->key_size, (const char *)node->key);
    enum status status = tree_walk(w, &table, &said);
    w->walk->rows += table.found.rows;
    return status;
}

static enum status leaf_walk(struct walker *w, struct tree_walk *tree, const struct page *page)
{
    tree->found.leaf_pages++;
    for (unsigned i = 0; i < page->nodes; i++) {
        struct node node;
        enum status status = node_read(w, tree, page, i, &node);
        if (status == ST_OK) status = key_check(w, tree, page, &node);
        if (status != ST_OK) return status;
        tree->found.rows++;
        if (tree->kind == TREE_MAIN)
            status = table_row(w, tree, page, &node);
        else if (node.flags & ~NODE_BIG)
            status = damaged(w, page->number, tree, "node %u has flags %#x", i, node.flags);
        else if (tree->kind == TREE_FREE)
            status = free_row(w, tree, page, &node);
        else if (node.flags & NODE_BIG)
            status = overflow_walk(w, tree, &node, NULL);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}

static enum status page_walk(struct walker *w, struct tree_walk *tree, uint64_t number,
                             unsigned depth);

static enum status branch_walk(struct walker *w, struct tree_walk *tree, const struct page *page,
                               unsigned depth)
{
    tree->found.branch_pages++;
    for (unsigned i = 0; i < page->nodes; i++) {
        struct node node;
        enum status status = node_read(w, tree, page, i, &node);
        /* What is left of a branch's key is below it, what is right is not. */
        if (status == ST_OK && i > 0 && tree->any &&
            (tree->kind != TREE_FREE || node.key_size == sizeof(uint64_t)) &&
            key_order(tree, bytes_of(tree->last, tree->last_size),
                      bytes_of(node.key, node.key_size)) >= 0)
            status = damaged(w, page->number, tree, "its keys do not divide the pages below");
        if (status == ST_OK) status = page_walk(w, tree, node.child, depth - 1);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}

/* Recursion ends with the depth, which is at most DEPTH_MAX. */
static enum status page_walk(struct walker *w, struct tree_walk *tree, uint64_t number,
                             unsigned depth)
{
    struct page page = {.bytes = mem_alloc(w->page_bytes)};
    enum status status = page_read(w, tree, number, depth > 1 ? PAGE_BRANCH : PAGE_LEAF, &page);
    if (status == ST_OK && !tree->roots_only)
        status = depth > 1 ? branch_walk(w, tree, &page, depth) : leaf_walk(w, tree, &page);
    mem_free(page.bytes);
    return status;
}

static enum status tree_walk(struct walker *w, struct tree_walk *tree, const struct lmdb_tree *said)
{
    enum status status = ST_OK;
    if (said->root == LMDB_NO_PAGE) {
        if (said->depth || said->rows || said->branch_pages || said->leaf_pages ||
            said->overflow_pages)
            return damaged(w, 0, tree, "empty, but with rows or pages");
        return ST_OK;
    }
    if (said->depth < 1 || said->depth > DEPTH_MAX)
        return damaged(w, said->root, tree, "a tree of depth %u", said->depth);
    status = page_walk(w, tree, said->root, said->depth);
    const struct lmdb_tree *found = &tree->found;
    if (status == ST_OK && !tree->roots_only &&
        (found->rows != said->rows || found->branch_pages != said->branch_pages ||
         found->leaf_pages != said->leaf_pages || found->overflow_pages != said->overflow_pages))
        status = damaged(w, said->root, tree,
                         "%llu rows on %llu leaves were counted, %llu on %llu are written down",
                         (unsigned long long)found->rows, (unsigned long long)found->leaf_pages,
                         (unsigned long long)said->rows, (unsigned long long)said->leaf_pages);
    w->walk->used_pages += found->branch_pages + found->leaf_pages + found->overflow_pages;
    return status;
}

static enum status walk(struct walker *w, const struct lmdb_meta *meta)
{
    struct tree_walk main = {.kind = TREE_MAIN, .name = "of tables"};
    struct tree_walk free_list = {
        .kind = TREE_FREE, .name = "of free pages", .roots_only = w->roots_only};
    w->seen = mem_alloc(meta->last_page / 8 + 1);
    enum status status = tree_walk(w, &main, &meta->main);
    if (status == ST_OK) status = tree_walk(w, &free_list, &meta->free);
    mem_free(w->seen);
    return status;
}

enum status lmdb_file_walk(int fd, const char *path, const struct lmdb_meta *meta,
                           struct lmdb_walk *report, struct error *error)
{
    memset(report, 0, sizeof *report);
    struct walker w = {fd, path, meta->page_bytes, meta->last_page, NULL, false, report, error};
    enum status status = walk(&w, meta);
    if (status == ST_OK)
        report->lost_pages = meta->last_page - 1 - report->used_pages - report->free_pages;
    return status;
}

enum status lmdb_file_roots(int fd, const char *path, const struct lmdb_meta *meta,
                            struct error *error)
{
    struct lmdb_walk none = {0};
    struct walker w = {fd, path, meta->page_bytes, meta->last_page, NULL, true, &none, error};
    return walk(&w, meta);
}
