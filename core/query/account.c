/* Queries: accounts. */
#include "engine/target.h"
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
