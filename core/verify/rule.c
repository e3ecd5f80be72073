/* Verifying rules and shares, and computing anew what stock and rules make of a target. Rules are
 * put together and applied here in another way than in rule.c, so that a mistake there shows; only
 * what a row holds and what sold (a sum over the ledger) is read by the same functions. */
#include "engine/rule.h"
#include "engine/wake.h"
#include "verify/rows.h"

static void check_rule(struct verifying *v, struct bytes key, struct bytes value)
{
    struct rule_record rule;
    struct bytes unused;
    if (key.size != 12 || rule_read(value, &rule) != ST_OK || rule_says_nothing(&rule)) {
        verify_finding(v, TABLE_RULE, "a row cannot be read");
        return;
    }
    uint32_t account = bytes_get_u32((const uint8_t *)key.data + 8);
    if (!verify_get(v, TABLE_PRODUCT, bytes_of(key.data, 8), &unused))
        verify_finding(v, TABLE_RULE, "a rule is of product %llu, which is missing",
                       (unsigned long long)bytes_get_u64(key.data));
    if (account && !directory_account(v->directory, account))
        verify_finding(v, TABLE_RULE, "a rule is of account %u, which is missing", account);
    if (rule.revision > v->counters.sequence)
        verify_finding(v, TABLE_RULE, "a revision is above the sequence counter, which is %llu",
                       (unsigned long long)v->counters.sequence);
}

/* What the links of one warehouse get of its pieces is never more than those. */
static void check_shares(struct verifying *v)
{
    const struct directory *d = v->directory;
    for (uint32_t i = 0; i < d->warehouse_count; i++) {
        uint64_t sum = 0;
        for (uint32_t k = 0; k < d->link_count; k++)
            if (d->links[k].warehouse == d->warehouses[i].no && d->links[k].rule.by_share)
                sum += d->links[k].rule.share_ppm;
        if (sum > 1000000)
            verify_finding(v, TABLE_LINK, "the shares of warehouse '%s' come to %llu millionths",
                           d->warehouses[i].key, (unsigned long long)sum);
    }
}

void verify_rules(struct verifying *v)
{
    verify_walk(v, TABLE_RULE, check_rule);
    check_shares(v);
}

/* ---- one target */

/* Field by field: the account's row if it says something of it, else the product's. */
static const struct rule_record *says(const struct rule_record *rows, int field)
{
    for (int i = 1; i >= 0; i--)
        if (rows[i].given & 1u << field) return &rows[i];
    return NULL;
}

static int64_t field_of(const struct rule_record *rows, int field, int64_t otherwise)
{
    const struct rule_record *row = says(rows, field);
    return row ? row->fields[field] : otherwise;
}

/* Pieces dealt out one by one to the links with the largest remainders. */
static int64_t dealt(const struct directory *d, const struct directory_link *mine, int64_t pieces)
{
    int64_t shares = 0, given = 0, before = 0;
    int64_t floor = pieces * (int64_t)mine->rule.share_ppm / 1000000;
    int64_t rest = pieces * (int64_t)mine->rule.share_ppm - floor * 1000000;
    for (const struct directory_link *l = d->links; l < d->links + d->link_count; l++) {
        if (!l->rule.by_share || l->warehouse != mine->warehouse) continue;
        int64_t exact = pieces * (int64_t)l->rule.share_ppm, part = exact / 1000000;
        shares += l->rule.share_ppm;
        given += part;
        if (exact - part * 1000000 > rest || (exact - part * 1000000 == rest && l < mine)) before++;
    }
    return floor + (given + before < pieces * shares / 1000000);
}

static bool pieces_of(struct verifying *v, const struct directory_link *link, uint64_t product,
                      int64_t *sum)
{
    struct key key = {0};
    struct bytes value;
    struct stock_record stock;
    key_u64(&key, product);
    key_u32(&key, link->warehouse);
    if (!verify_get(v, TABLE_STOCK, key_bytes(&key), &value) || value.size != sizeof stock)
        return false;
    memcpy(&stock, value.data, sizeof stock);
    int64_t available = stock.on_hand - stock.reserved;
    if (available > 0)
        *sum += link->rule.by_share ? dealt(v->directory, link, available) : available;
    return true;
}

static int64_t figure(const struct rule_record *rows, const struct rule_record *velocity,
                      int64_t pieces, int64_t sold)
{
    int64_t pack = field_of(rows, RULE_PACK, 1);
    int64_t value = pieces / pack - field_of(rows, RULE_BUFFER, 0);
    if (velocity && velocity->factor && sold > 0) {
        long double kept = (long double)sold * velocity->factor / 1000000 / (long double)pack;
        int64_t packs = (int64_t)kept;
        value -= packs + ((long double)packs < kept);
    }
    int64_t cap = field_of(rows, RULE_CAP, INT64_MAX);
    if (value < field_of(rows, RULE_MIN, 0) || value < 0) value = 0;
    return value > cap ? cap : value;
}

/* The figure as it was computed last, at a time that is not kept: until the next moment at which a
 * sale passes nothing changes. So it is right if it is right just before one of those moments, or
 * with nothing sold. */
static bool right_at_some_time(struct verifying *v, const struct target *t,
                               const struct directory_remote *remote,
                               const struct rule_record *rows, const struct rule_record *velocity,
                               int64_t pieces)
{
    struct bytes key, value;
    bool right = figure(rows, NULL, pieces, 0) == t->record.wanted_value;
    struct store_cursor *cursor = store_cursor(v->txn, TABLE_WAKE);
    while (!right && store_next(cursor, &key, &value) == ST_OK) {
        const uint8_t *at = key.data;
        int64_t sum = 0;
        if (key.size != 17 || at[8] != WAKE_VELOCITY || bytes_get_u64(at + 9) != t->id.product)
            continue;
        for (uint32_t i = 0; i < remote->link_count; i++) {
            int64_t sold, oldest = INT64_MAX;
            uint32_t warehouse = v->directory->links[remote->link_first + i].warehouse;
            if (rule_sold(v->txn, t->id.product, warehouse, (int64_t)bytes_get_u64(at) - 1,
                          velocity->days, &sold, &oldest) == ST_OK)
                sum += sold;
        }
        right = figure(rows, velocity, pieces, sum) == t->record.wanted_value;
    }
    store_cursor_close(cursor);
    return right;
}

bool verify_figure(struct verifying *v, const struct target *t, struct verified_figure *out)
{
    const struct directory_remote *remote =
        directory_remote(v->directory, t->id.account, t->id.remote);
    struct rule_record rows[2] = {{0}};
    *out = (struct verified_figure){.counted = true};
    int64_t pieces = 0;
    for (uint32_t i = 0; i < remote->link_count; i++)
        out->counted &=
            pieces_of(v, &v->directory->links[remote->link_first + i], t->id.product, &pieces);
    for (int i = 0; i < 2; i++) {
        enum status status = rule_load(v->txn, t->id.product, i ? t->id.account : 0, &rows[i]);
        if (status == ST_NOT_FOUND)
            rows[i] = (struct rule_record){0};
        else if (status != ST_OK)
            return false;
    }
    out->mode = rows[1].mode ? rows[1].mode : rows[0].mode;
    const struct rule_record *velocity = rows[1].days ? &rows[1] : rows[0].days ? &rows[0] : NULL;
    out->value = figure(rows, NULL, pieces, 0);
    if (out->mode == RULE_OFF_ZERO)
        out->value = 0;
    else if (velocity && velocity->factor && out->counted && t->record.capped != CAP_ROUTE &&
             right_at_some_time(v, t, remote, rows, velocity, pieces))
        out->value = t->record.wanted_value;
    return true;
}
