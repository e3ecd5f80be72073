/* Rows in the order of their keys: an array of leaves, each an array of rows. Two binary searches
 * find a row, or fewer steps near where the one before was found: most are the same or the next
 * one. Inserting moves at most a leaf's pointers, and the leaves' once in a split. Fast to a few
 * million rows, which is what tests have. Private to this module. */
#ifndef STOCKD_STORE_MEMORY_TABLE_H
#define STOCKD_STORE_MEMORY_TABLE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_row {
    size_t key_size, value_size;
    uint8_t bytes[]; /* key, value */
};

enum { MEMORY_LEAF_ROWS = 128 };

/* The first bytes of a key as numbers, with zeros where it has none: two that differ tell the order
 * of their keys, and no row need be fetched. */
struct memory_head {
    uint64_t high, low;
};

struct memory_leaf {
    struct memory_head heads[MEMORY_LEAF_ROWS]; /* of the rows */
    struct memory_row *rows[MEMORY_LEAF_ROWS];
};

/* What finds a leaf lies together: no leaf is fetched but the one. */
struct memory_branch {
    struct memory_leaf *leaf;
    size_t count;            /* of its rows; none is empty */
    struct memory_head last; /* of the last one */
};

/* A place is a row's, or one behind the last row of all. */
struct memory_place {
    size_t leaf, at;
};

struct memory_table {
    struct memory_branch *branches;
    size_t count, room;
    struct memory_place found; /* by the last search; there may be none such by now */
    uint64_t rows, bytes;
    uint64_t version; /* raised when a row comes or goes: places are void then */
    uint64_t changes; /* raised whenever anything is different */
};

struct memory_row *memory_row_new(struct bytes key, struct bytes value);
static inline struct bytes memory_row_key(const struct memory_row *row)
{
    return bytes_of(row->bytes, row->key_size);
}
static inline struct bytes memory_row_value(const struct memory_row *row)
{
    return bytes_of(row->bytes + row->key_size, row->value_size);
}

/* The first row whose key is not below `key`; true when it is `key`. */
bool memory_table_find(struct memory_table *table, struct bytes key, struct memory_place *place);
/* NULL behind the last. */
struct memory_row *memory_table_at(const struct memory_table *table, struct memory_place place);
bool memory_table_next(const struct memory_table *table, struct memory_place *place);
bool memory_table_prev(const struct memory_table *table, struct memory_place *place);
struct memory_place memory_table_end(const struct memory_table *table);

/* Puts `row` in before the place; the place is the row's afterwards. */
void memory_table_insert(struct memory_table *table, struct memory_place *place,
                         struct memory_row *row);
/* Both return the row that was there, now the caller's. */
struct memory_row *memory_table_replace(struct memory_table *table, struct memory_place place,
                                        struct memory_row *row);
struct memory_row *memory_table_remove(struct memory_table *table, struct memory_place place);
void memory_table_free(struct memory_table *table); /* and its rows */

#endif
