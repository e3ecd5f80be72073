/* Queries: accounts, and what waits to be sent for them. */
#include "engine/target.h"
#include "engine/target_count.h"
#include "query/rows.h"

static const char *state_name(const struct account_view *account)
{
    if (account->parked) return "parked";
    if (account->paused) return "paused";
    return account->warehouses_read && account->listings_read ? "active" : "starting";
}

static enum status load(struct query *query, uint32_t number, struct query_account *account)
{
    uint8_t key[4];
    struct bytes value;
    bytes_put_u32(key, number);
    enum status status = store_get(query->txn, TABLE_ACCOUNT, bytes_of(key, sizeof key), &value);
    if (status != ST_OK || account_read(value, &account->account) != ST_OK)
        return query_damaged(query, TABLE_ACCOUNT);
    account->number = number;
    account->state = state_name(&account->account);
    return ST_OK;
}

enum status query_account(struct query *query, struct bytes name, struct query_account *account)
{
    const struct directory_account *found;
    enum status status = query_find_account(query, name, &found);
    return status == ST_OK ? load(query, found->no, account) : status;
}

enum status query_accounts(struct query *query,
                           bool (*row)(void *ctx, const struct query_account *account), void *ctx)
{
    for (uint32_t i = 0; i < query->directory->account_count; i++) {
        struct query_account account;
        enum status status = load(query, query->directory->accounts[i].no, &account);
        if (status != ST_OK) return status;
        if (!row(ctx, &account)) break;
    }
    return ST_OK;
}

static enum status count_of_account(struct query *query, enum store_table table, uint32_t account,
                                    struct query_count *count)
{
    uint8_t prefix[4];
    bytes_put_u32(prefix, account);
    return query_count_prefix(query, table, bytes_of(prefix, sizeof prefix), count);
}

enum status query_conflict_count(struct query *query, uint32_t account, struct query_count *count)
{
    return count_of_account(query, TABLE_CONFLICT, account, count);
}

enum status query_quarantined_count(struct query *query, uint32_t account,
                                    struct query_count *count)
{
    return count_of_account(query, TABLE_ORDER_HELD, account, count);
}

enum status query_listing_count(struct query *query, uint32_t account, struct query_count *count)
{
    return count_of_account(query, TABLE_LISTING, account, count);
}

/* ---- the outbox */

static void note_since(const struct target *target, struct query_outbox *to)
{
    int64_t since_ms = target_waits_since_ms(&target->record);
    if (since_ms && (to->oldest_ms == 0 || since_ms < to->oldest_ms)) to->oldest_ms = since_ms;
}

static enum status look_waiting(struct query *query, struct bytes key, struct query_outbox *to)
{
    if (key.size != OUTBOX_KEY_SIZE) return query_damaged(query, TABLE_OUTBOX);
    const struct outbox_place place = outbox_key_place(key.data);
    if (place.priority >= PRIORITY_COUNT) return query_damaged(query, TABLE_OUTBOX);
    to->by_priority[place.priority]++;
    if (place.due_ms < to->next_due_ms) to->next_due_ms = place.due_ms;
    const uint8_t *at = (const uint8_t *)key.data + OUTBOX_KEY_SIZE - TARGET_KEY_SIZE;
    struct target_id id = target_key_read(at);
    struct target target;
    enum status status = target_load(query->txn, &id, &target, query->error);
    if (status == ST_OK && target.exists) note_since(&target, to);
    return status;
}

/* Figures that wait for a reading, or for what became of an abandoned write, have no place in the
 * outbox. */
static enum status look_asked(struct query *query, struct bytes prefix, struct query_outbox *to)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_UNRESOLVED);
    enum status status = store_seek(cursor, prefix, &key, NULL);
    if (status == ST_OK && key_starts(key, prefix) && key.size > 12)
        to->next_look_ms = (int64_t)bytes_get_u64((const uint8_t *)key.data + 4);
    for (uint32_t seen = 0; status == ST_OK && seen < QUERY_COUNT_MAX && key_starts(key, prefix) &&
                            key.size > TARGET_KEY_SIZE;
         seen++) {
        struct target_id id =
            target_key_read((const uint8_t *)key.data + key.size - TARGET_KEY_SIZE);
        struct target target;
        status = target_load(query->txn, &id, &target, query->error);
        if (status == ST_OK && target.exists && !(target.record.flags & TARGET_OPEN))
            note_since(&target, to);
        if (status == ST_OK) status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    return query_failed(query, status, TABLE_UNRESOLVED);
}

enum status query_outbox(struct query *query, uint32_t account, struct query_outbox *outbox)
{
    *outbox =
        (struct query_outbox){.whole = true, .next_due_ms = INT64_MAX, .next_look_ms = INT64_MAX};
    uint8_t at[4];
    bytes_put_u32(at, account);
    const struct bytes prefix = bytes_of(at, sizeof at);
    struct bytes key;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_OUTBOX);
    enum status status = store_seek(cursor, prefix, &key, NULL);
    for (uint32_t seen = 0; status == ST_OK && key_starts(key, prefix); seen++) {
        if (seen == QUERY_COUNT_MAX) {
            outbox->whole = false;
            break;
        }
        status = look_waiting(query, key, outbox);
        if (status == ST_OK) status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    status = query_failed(query, status, TABLE_OUTBOX);
    if (status != ST_OK) return status;
    status = look_asked(query, prefix, outbox);
    if (status != ST_OK) return status;
    return query_count_prefix(query, TABLE_UNRESOLVED, prefix, &outbox->unresolved);
}
