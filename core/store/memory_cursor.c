/* Cursors of the store in memory: a row, and its place in the table that holds while no row comes
 * or goes. The row itself is there as long as the cursor, also when it is in the table no longer:
 * what a transaction replaces or removes is kept until it has ended, to be taken back. */
#include "base/mem.h"
#include "store/memory_internal.h"

enum standing { STANDS_NOWHERE, STANDS_BEFORE, STANDS_ROW, STANDS_GAP, STANDS_BEHIND };

struct memory_cursor {
    struct store_cursor head;
    struct memory_txn *txn;
    enum store_table table;
    enum standing standing;
    struct memory_place place;
    uint64_t version;
    const struct memory_row *row; /* where it stands on one, or stood */
    struct memory_cursor *next, *prev;
};

struct store_cursor *memory_cursor_open(struct store_txn *head, enum store_table table)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    struct memory_cursor *cursor = mem_alloc(sizeof *cursor);
    cursor->head.ops = head->ops;
    cursor->txn = txn;
    cursor->table = table;
    cursor->next = txn->open;
    if (cursor->next) cursor->next->prev = cursor;
    txn->open = cursor;
    return &cursor->head;
}

void memory_cursor_close(struct store_cursor *head)
{
    struct memory_cursor *cursor = (struct memory_cursor *)head;
    if (cursor->next) cursor->next->prev = cursor->prev;
    if (cursor->prev)
        cursor->prev->next = cursor->next;
    else
        cursor->txn->open = cursor->next;
    mem_free(cursor);
}

void memory_cursors_close(struct memory_txn *txn)
{
    while (txn->open)
        memory_cursor_close(&txn->open->head);
}

static struct memory_table *table_of(const struct memory_cursor *cursor)
{
    return &cursor->txn->store->tables[cursor->table];
}

/* Stands on the row at its place, or at `otherwise` when `there` is false. */
static enum status stand(struct memory_cursor *cursor, bool there, enum standing otherwise,
                         struct bytes *found, struct bytes *value)
{
    const struct memory_row *row = there ? memory_table_at(table_of(cursor), cursor->place) : NULL;
    if (!row) {
        cursor->standing = otherwise;
        return ST_NOT_FOUND;
    }
    cursor->standing = STANDS_ROW;
    cursor->version = table_of(cursor)->version;
    cursor->row = row;
    memory_lend(cursor->txn, row, found, value);
    return ST_OK;
}

/* The place of the remembered row's key, or of the first row above it; true when the key is there.
 */
static bool find_again(struct memory_cursor *cursor)
{
    if (cursor->standing == STANDS_ROW && cursor->version == table_of(cursor)->version) return true;
    return memory_table_find(table_of(cursor), memory_row_key(cursor->row), &cursor->place);
}

enum status memory_seek(struct store_cursor *head, struct bytes key, struct bytes *found,
                        struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)head;
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    memory_table_find(table_of(cursor), key, &cursor->place);
    return stand(cursor, true, STANDS_BEHIND, found, value);
}

enum status memory_next(struct store_cursor *head, struct bytes *found, struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)head;
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    bool there = true;
    if (cursor->standing == STANDS_BEHIND) return ST_NOT_FOUND;
    if (cursor->standing == STANDS_NOWHERE || cursor->standing == STANDS_BEFORE)
        cursor->place = (struct memory_place){0, 0};
    else if (find_again(cursor))
        there = memory_table_next(table_of(cursor), &cursor->place);
    return stand(cursor, there, STANDS_BEHIND, found, value);
}

enum status memory_prev(struct store_cursor *head, struct bytes *found, struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)head;
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    if (cursor->standing == STANDS_BEFORE) return ST_NOT_FOUND;
    if (cursor->standing == STANDS_NOWHERE || cursor->standing == STANDS_BEHIND)
        cursor->place = memory_table_end(table_of(cursor));
    else
        find_again(cursor);
    bool there = memory_table_prev(table_of(cursor), &cursor->place);
    return stand(cursor, there, STANDS_BEFORE, found, value);
}

enum status memory_last(struct store_cursor *head, struct bytes *found, struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)head;
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    cursor->place = memory_table_end(table_of(cursor));
    bool there = memory_table_prev(table_of(cursor), &cursor->place);
    return stand(cursor, there, STANDS_BEHIND, found, value);
}

static enum status stands_to_write(struct memory_cursor *cursor)
{
    enum status status = memory_writable(cursor->txn, cursor->table);
    if (status != ST_OK) return status;
    if (cursor->standing != STANDS_ROW || !find_again(cursor))
        return memory_fail(cursor->txn, ST_BUG, cursor->table, "a cursor wrote standing on no row");
    cursor->version = table_of(cursor)->version;
    return ST_OK;
}

enum status memory_cursor_put(struct store_cursor *head, struct bytes value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)head;
    enum status status = stands_to_write(cursor);
    if (status != ST_OK) return status;
    memory_lent_free(cursor->txn);
    struct memory_row *row = memory_row_new(memory_row_key(cursor->row), value);
    memory_change_row(cursor->txn, cursor->table, &cursor->place, true, row);
    return ST_OK;
}

enum status memory_cursor_delete(struct store_cursor *head)
{
    struct memory_cursor *cursor = (struct memory_cursor *)head;
    enum status status = stands_to_write(cursor);
    if (status != ST_OK) return status;
    memory_lent_free(cursor->txn);
    memory_change_row(cursor->txn, cursor->table, &cursor->place, true, NULL);
    cursor->standing = STANDS_GAP;
    return ST_OK;
}
