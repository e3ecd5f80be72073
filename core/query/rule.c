/* Queries: rules of products. */
#include "query/rule.h"

#include "query/rows.h"

struct filtering {
    const struct directory_account *account; /* NULL: any */
    bool (*row)(void *ctx, const struct query_rule *rule);
    void *ctx;
};

static enum look look_rule(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    const struct filtering *f = ctx;
    struct query_rule row = {0};
    if (key.size != 12 || rule_read(value, &row.rule) != ST_OK)
        return query_damaged(query, TABLE_RULE), LOOK_BROKEN;
    uint32_t account = bytes_get_u32((const uint8_t *)key.data + 8);
    if (f->account && f->account->no != account) return LOOK_SKIP;
    row.product = bytes_get_u64(key.data);
    row.sku = query_sku(query, row.product);
    row.account = account ? directory_account(query->directory, account) : NULL;
    return f->row(f->ctx, &row) ? LOOK_GIVEN : LOOK_STOP;
}

enum status query_rules(struct query *query, const struct query_rules *filter,
                        struct query_page *page,
                        bool (*row)(void *ctx, const struct query_rule *rule), void *ctx)
{
    struct filtering f = {.row = row, .ctx = ctx};
    struct key prefix = {0};
    uint64_t product = 0;
    page->next_size = 0;
    enum status status = query_find_named(query, query_find_account, filter->account, filter->sku,
                                          &f.account, &product);
    if (status != ST_OK) return status;
    if (product) key_u64(&prefix, product);
    if (product && f.account) key_u32(&prefix, f.account->no);
    return query_walk(query, TABLE_RULE, key_bytes(&prefix), page, look_rule, &f);
}

enum status query_rule(struct query *query, struct bytes sku, struct bytes account,
                       struct query_rule *rule, struct rule *applies)
{
    *rule = (struct query_rule){.sku = sku, .rule = {.version = RULE_VERSION}};
    enum status status = query_find_product(query, sku, &rule->product);
    if (status == ST_OK && account.size)
        status = query_find_account(query, account, &rule->account);
    if (status != ST_OK) return status;
    uint32_t no = rule->account ? rule->account->no : 0;
    status = rule_load(query->txn, rule->product, no, &rule->rule);
    if (status == ST_OK || status == ST_NOT_FOUND)
        status = applies ? rule_find(query->txn, rule->product, no, applies) : ST_OK;
    return status == ST_OK ? ST_OK : query_failed(query, status, TABLE_RULE);
}
