/* An ordered table of rows in memory. No transactions here. */
#include "store/memory_table.h"

#include "base/mem.h"

#include <string.h>

struct memory_row *memory_row_new(struct bytes key, struct bytes value)
{
    struct memory_row *row = mem_bare(sizeof *row + key.size + value.size);
    row->key_size = key.size;
    row->value_size = value.size;
    if (key.size) memcpy(row->bytes, key.data, key.size);
    if (value.size) memcpy(row->bytes + key.size, value.data, value.size);
    return row;
}

static struct memory_head head_of(struct bytes key)
{
    uint8_t first[16] = {0};
    const uint8_t *at = key.data;
    if (key.size < sizeof first) {
        if (key.size) memcpy(first, key.data, key.size);
        at = first;
    }
    return (struct memory_head){bytes_get_u64(at), bytes_get_u64(at + 8)};
}

/* Seldom: heads mostly tell. Not inlined, so that what asks for it is. */
static __attribute__((noinline)) bool key_below(const struct memory_row *row, struct bytes key)
{
    return bytes_compare(memory_row_key(row), key) < 0;
}

/* Whether the leaf's row at `at`, whose head is `of`, is below the key with the head `head`. */
static inline bool is_below(const struct memory_leaf *leaf, size_t at, struct memory_head of,
                            struct bytes key, struct memory_head head)
{
    if (of.high != head.high) return of.high < head.high;
    if (of.low != head.low) return of.low < head.low;
    return key_below(leaf->rows[at], key);
}

/* Whether the leaf's last key is below `key`. */
static bool ends_below(const struct memory_table *table, size_t leaf, struct bytes key,
                       struct memory_head head)
{
    const struct memory_branch *branch = &table->branches[leaf];
    return is_below(branch->leaf, branch->count - 1, branch->last, key, head);
}

/* The first leaf whose last key is not below `key`: the one of the last search, or any. */
static size_t find_leaf(const struct memory_table *table, struct bytes key, struct memory_head head)
{
    size_t low = 0, high = table->count, last = table->found.leaf;
    if (last < high) {
        if (ends_below(table, last, key, head))
            low = last + 1;
        else if (last == 0 || ends_below(table, last - 1, key, head))
            return last;
        else
            high = last - 1;
    }
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (ends_below(table, mid, key, head))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool row_below(const struct memory_leaf *leaf, size_t at, struct bytes key,
                      struct memory_head head)
{
    return is_below(leaf, at, leaf->heads[at], key, head);
}

/* The first row of the leaf that is not below `key`, and its last one is not: by growing steps from
 * `near`, then by halves. */
static size_t find_row(const struct memory_branch *branch, size_t near, struct bytes key,
                       struct memory_head head)
{
    const struct memory_leaf *leaf = branch->leaf;
    size_t low = 0, high = branch->count - 1, step = 1;
    if (near < high && row_below(leaf, near, key, head)) {
        low = near + 1;
        for (; low + step <= high && row_below(leaf, low + step - 1, key, head); step *= 2)
            low += step;
        if (low + step <= high) high = low + step - 1;
    } else {
        if (near < high) high = near;
        for (; high >= step && !row_below(leaf, high - step, key, head); step *= 2)
            high -= step;
        if (high >= step) low = high - step + 1;
    }
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (row_below(leaf, mid, key, head))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool memory_table_find(struct memory_table *table, struct bytes key, struct memory_place *place)
{
    struct memory_head head = head_of(key);
    place->leaf = find_leaf(table, key, head);
    place->at = 0;
    if (place->leaf == table->count) return false;
    const struct memory_branch *branch = &table->branches[place->leaf];
    size_t near = place->leaf == table->found.leaf ? table->found.at : branch->count / 2;
    place->at = find_row(branch, near, key, head);
    table->found = *place;
    return bytes_equal(memory_row_key(branch->leaf->rows[place->at]), key);
}

struct memory_row *memory_table_at(const struct memory_table *table, struct memory_place place)
{
    return place.leaf < table->count ? table->branches[place.leaf].leaf->rows[place.at] : NULL;
}

bool memory_table_next(const struct memory_table *table, struct memory_place *place)
{
    if (place->leaf == table->count) return false;
    if (++place->at == table->branches[place->leaf].count) {
        place->leaf++;
        place->at = 0;
    }
    return place->leaf < table->count;
}

bool memory_table_prev(const struct memory_table *table, struct memory_place *place)
{
    if (place->at > 0) {
        place->at--;
        return true;
    }
    if (place->leaf == 0) return false;
    place->leaf--;
    place->at = table->branches[place->leaf].count - 1;
    return true;
}

struct memory_place memory_table_end(const struct memory_table *table)
{
    return (struct memory_place){table->count, 0};
}

static void note_last(struct memory_branch *branch)
{
    branch->last = branch->leaf->heads[branch->count - 1];
}

static void leaf_add(struct memory_table *table, size_t index)
{
    if (table->count == table->room) {
        table->room = table->room ? table->room * 2 : 8;
        table->branches = mem_resize(table->branches, table->room * sizeof *table->branches);
    }
    memmove(table->branches + index + 1, table->branches + index,
            (table->count - index) * sizeof *table->branches);
    table->count++;
    table->branches[index] = (struct memory_branch){.leaf = mem_alloc(sizeof(struct memory_leaf))};
}

/* A full leaf gives its upper half to a new one behind it; at the end of the table, where keys come
 * in order, it gives one row only and stays nearly full. */
static void leaf_split(struct memory_table *table, struct memory_place *place)
{
    leaf_add(table, place->leaf + 1);
    struct memory_branch *lower = &table->branches[place->leaf], *upper = lower + 1;
    bool at_end = place->leaf + 2 == table->count && place->at == lower->count;
    size_t keep = at_end ? lower->count - 1 : lower->count / 2;
    upper->count = lower->count - keep;
    memcpy(upper->leaf->rows, lower->leaf->rows + keep, upper->count * sizeof *upper->leaf->rows);
    memcpy(upper->leaf->heads, lower->leaf->heads + keep,
           upper->count * sizeof *upper->leaf->heads);
    lower->count = keep;
    note_last(lower);
    note_last(upper);
    if (place->at > keep) {
        place->leaf++;
        place->at -= keep;
    }
}

void memory_table_insert(struct memory_table *table, struct memory_place *place,
                         struct memory_row *row)
{
    if (place->leaf == table->count) { /* behind the last row: the end of the last leaf */
        if (table->count == 0) leaf_add(table, 0);
        place->leaf = table->count - 1;
        place->at = table->branches[place->leaf].count;
    }
    if (table->branches[place->leaf].count == MEMORY_LEAF_ROWS) leaf_split(table, place);
    struct memory_branch *branch = &table->branches[place->leaf];
    struct memory_leaf *leaf = branch->leaf;
    size_t behind = branch->count - place->at;
    memmove(leaf->rows + place->at + 1, leaf->rows + place->at, behind * sizeof *leaf->rows);
    memmove(leaf->heads + place->at + 1, leaf->heads + place->at, behind * sizeof *leaf->heads);
    leaf->rows[place->at] = row;
    leaf->heads[place->at] = head_of(memory_row_key(row));
    branch->count++;
    note_last(branch);
    table->rows++;
    table->bytes += row->key_size + row->value_size;
    table->version++;
    table->changes++;
}

struct memory_row *memory_table_replace(struct memory_table *table, struct memory_place place,
                                        struct memory_row *row)
{
    struct memory_leaf *leaf = table->branches[place.leaf].leaf;
    struct memory_row *old = leaf->rows[place.at];
    leaf->rows[place.at] = row;
    table->bytes += row->value_size;
    table->bytes -= old->value_size;
    table->changes++;
    return old;
}

struct memory_row *memory_table_remove(struct memory_table *table, struct memory_place place)
{
    struct memory_branch *branch = &table->branches[place.leaf];
    struct memory_leaf *leaf = branch->leaf;
    struct memory_row *old = leaf->rows[place.at];
    branch->count--;
    size_t behind = branch->count - place.at;
    memmove(leaf->rows + place.at, leaf->rows + place.at + 1, behind * sizeof *leaf->rows);
    memmove(leaf->heads + place.at, leaf->heads + place.at + 1, behind * sizeof *leaf->heads);
    if (branch->count > 0) {
        note_last(branch);
    } else {
        mem_free(leaf);
        table->count--;
        memmove(branch, branch + 1, (table->count - place.leaf) * sizeof *branch);
    }
    table->rows--;
    table->bytes -= old->key_size + old->value_size;
    table->version++;
    table->changes++;
    return old;
}

void memory_table_free(struct memory_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (size_t j = 0; j < table->branches[i].count; j++)
            mem_free(table->branches[i].leaf->rows[j]);
        mem_free(table->branches[i].leaf);
    }
    mem_free(table->branches);
    memset(table, 0, sizeof *table);
}
