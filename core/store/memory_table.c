/* An ordered table of rows in memory. No transactions here. */
#include "store/memory_table.h"

#include "base/mem.h"

#include <string.h>

struct memory_row *memory_row_new(struct bytes key, struct bytes value)
{
    struct memory_row *row = mem_alloc(sizeof *row + key.size + value.size);
    row->key_size = key.size;
    row->value_size = value.size;
    if (key.size) memcpy(row->bytes, key.data, key.size);
    if (value.size) memcpy(row->bytes + key.size, value.data, value.size);
    return row;
}

static struct memory_head head_of(struct bytes key)
{
    uint8_t first[16] = {0};
    if (key.size) memcpy(first, key.data, key.size < sizeof first ? key.size : sizeof first);
    return (struct memory_head){bytes_get_u64(first), bytes_get_u64(first + 8)};
}

/* Like bytes_compare(), of the leaf's row and the key with that head. */
static bool is_below(const struct memory_leaf *leaf, size_t at, struct bytes key,
                     struct memory_head head)
{
    struct memory_head other = leaf->heads[at];
    if (other.high != head.high) return other.high < head.high;
    if (other.low != head.low) return other.low < head.low;
    return bytes_compare(memory_row_key(leaf->rows[at]), key) < 0;
}

/* The first leaf whose last key is not below `key`. */
static size_t find_leaf(const struct memory_table *table, struct bytes key, struct memory_head head)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct memory_leaf *leaf = table->leaves[mid];
        if (is_below(leaf, leaf->count - 1, key, head))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool memory_table_find(const struct memory_table *table, struct bytes key,
                       struct memory_place *place)
{
    struct memory_head head = head_of(key);
    place->leaf = find_leaf(table, key, head);
    place->at = 0;
    if (place->leaf == table->count) return false;
    const struct memory_leaf *leaf = table->leaves[place->leaf];
    size_t low = 0, high = leaf->count - 1;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (is_below(leaf, mid, key, head))
            low = mid + 1;
        else
            high = mid;
    }
    place->at = low;
    return bytes_equal(memory_row_key(leaf->rows[low]), key);
}

struct memory_row *memory_table_at(const struct memory_table *table, struct memory_place place)
{
    return place.leaf < table->count ? table->leaves[place.leaf]->rows[place.at] : NULL;
}

bool memory_table_next(const struct memory_table *table, struct memory_place *place)
{
    if (place->leaf == table->count) return false;
    if (++place->at == table->leaves[place->leaf]->count) {
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
    place->at = table->leaves[place->leaf]->count - 1;
    return true;
}

struct memory_place memory_table_end(const struct memory_table *table)
{
    return (struct memory_place){table->count, 0};
}

static struct memory_leaf *leaf_add(struct memory_table *table, size_t index)
{
    if (table->count == table->room) {
        table->room = table->room ? table->room * 2 : 8;
        table->leaves = mem_resize(table->leaves, table->room * sizeof *table->leaves);
    }
    memmove(table->leaves + index + 1, table->leaves + index,
            (table->count - index) * sizeof *table->leaves);
    table->count++;
    return table->leaves[index] = mem_alloc(sizeof(struct memory_leaf));
}

/* A full leaf gives its upper half to a new one behind it; at the end of the table, where keys come
 * in order, it gives one row only and stays nearly full. */
static void leaf_split(struct memory_table *table, struct memory_place *place)
{
    struct memory_leaf *lower = table->leaves[place->leaf];
    bool at_end = place->leaf + 1 == table->count && place->at == lower->count;
    struct memory_leaf *upper = leaf_add(table, place->leaf + 1);
    size_t keep = at_end ? lower->count - 1 : lower->count / 2;
    upper->count = lower->count - keep;
    memcpy(upper->rows, lower->rows + keep, upper->count * sizeof *upper->rows);
    memcpy(upper->heads, lower->heads + keep, upper->count * sizeof *upper->heads);
    lower->count = keep;
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
        place->at = table->leaves[place->leaf]->count;
    }
    if (table->leaves[place->leaf]->count == MEMORY_LEAF_ROWS) leaf_split(table, place);
    struct memory_leaf *leaf = table->leaves[place->leaf];
    size_t behind = leaf->count - place->at;
    memmove(leaf->rows + place->at + 1, leaf->rows + place->at, behind * sizeof *leaf->rows);
    memmove(leaf->heads + place->at + 1, leaf->heads + place->at, behind * sizeof *leaf->heads);
    leaf->rows[place->at] = row;
    leaf->heads[place->at] = head_of(memory_row_key(row));
    leaf->count++;
    table->rows++;
    table->bytes += row->key_size + row->value_size;
    table->version++;
    table->changes++;
}

struct memory_row *memory_table_replace(struct memory_table *table, struct memory_place place,
                                        struct memory_row *row)
{
    struct memory_leaf *leaf = table->leaves[place.leaf];
    struct memory_row *old = leaf->rows[place.at];
    leaf->rows[place.at] = row;
    table->bytes += row->value_size;
    table->bytes -= old->value_size;
    table->changes++;
    return old;
}

struct memory_row *memory_table_remove(struct memory_table *table, struct memory_place place)
{
    struct memory_leaf *leaf = table->leaves[place.leaf];
    struct memory_row *old = leaf->rows[place.at];
    leaf->count--;
    size_t behind = leaf->count - place.at;
    memmove(leaf->rows + place.at, leaf->rows + place.at + 1, behind * sizeof *leaf->rows);
    memmove(leaf->heads + place.at, leaf->heads + place.at + 1, behind * sizeof *leaf->heads);
    if (leaf->count == 0) {
        mem_free(leaf);
        table->count--;
        memmove(table->leaves + place.leaf, table->leaves + place.leaf + 1,
                (table->count - place.leaf) * sizeof *table->leaves);
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
        for (size_t j = 0; j < table->leaves[i]->count; j++)
            mem_free(table->leaves[i]->rows[j]);
        mem_free(table->leaves[i]);
    }
    mem_free(table->leaves);
    memset(table, 0, sizeof *table);
}
