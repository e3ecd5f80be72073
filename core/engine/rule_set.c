/* COMMAND_RULE_SET: what the seller says of products; and what follows from it with time. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/product_private.h"
#include "engine/rule.h"
#include "engine/rule_plan.h"
#include "engine/rule_word.h"
#include "engine/target.h"
#include "engine/wake.h"

static struct rule_change read_change(struct wire_reader *r)
{
    struct rule_change c = {.sku = wire_get_bytes(r), .account = wire_get_bytes(r)};
    c.replace = wire_get_u8(r) != 0;
    c.rule.mode = wire_get_u8(r);
    c.rule.given = (uint16_t)(wire_get_u32(r) & ((1u << RULE_FIELDS) - 1));
    for (int f = 0; f < RULE_FIELDS; f++)
        if (c.rule.given & 1u << f) c.rule.fields[f] = wire_get_i64(r);
    c.rule.days = wire_get_u32(r);
    c.rule.factor = wire_get_u32(r);
    c.clear = (uint16_t)wire_get_u32(r);
    c.clear_mode = wire_get_u8(r) != 0;
    c.clear_velocity = wire_get_u8(r) != 0;
    return c;
}

/* The product's figures follow when the last of its rows in a list is put. */
static enum status put_planned(struct applying *a, const struct rule_planned *p)
{
    uint8_t key[12];
    struct rule_record now = p->after;
    bytes_put_u64(key, p->product);
    bytes_put_u32(key + 8, p->account);
    now.revision = applying_sequence(a);
    now.changed_ms = a->command->now_ms;
    if (rule_says_nothing(&now))
        store_delete(a->txn, TABLE_RULE, bytes_of(key, sizeof key));
    else
        store_put(a->txn, TABLE_RULE, bytes_of(key, sizeof key), bytes_of(&now, sizeof now));
    change_rule(a, p->product, p->account, &p->before, &p->after);
    a->result->rows++;
    return ST_OK;
}

static enum status put_plan(struct applying *a, const struct rule_plan *plan)
{
    enum status status = ST_OK;
    bool changed = false;
    for (size_t i = 0; i < rule_plan_count(plan) && status == ST_OK; i++) {
        const struct rule_planned *p = rule_plan_at(plan, i);
        bool last =
            i + 1 == rule_plan_count(plan) || rule_plan_at(plan, i + 1)->product != p->product;
        if (p->changed) status = put_planned(a, p);
        changed |= p->changed;
        if (!last || !changed || status != ST_OK) continue;
        status = target_refresh_product(a, p->product, 0); /* I6 */
        changed = false;
    }
    return status;
}

enum status apply_rule_set(struct applying *a, struct wire_reader *r)
{
    uint64_t count = wire_get_u64(r);
    if (count > RULE_CHANGES_MAX)
        return error_set(a->error, ST_TOO_BIG, "at most %d rules are set at once",
                         RULE_CHANGES_MAX);
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    struct rule_plan *plan = rule_plan_new(a->txn, d);
    enum status status = ST_OK;
    for (uint64_t i = 0; i < count && r->ok && status == ST_OK; i++) {
        struct rule_change change = read_change(r);
        if (r->ok) status = rule_plan_add(plan, &change, a->error);
    }
    for (size_t i = 0; i < rule_plan_count(plan) && status == ST_OK; i++)
        status = rule_plan_check(plan, i, a->error);
    if (status == ST_OK && r->ok) status = put_plan(a, plan);
    rule_plan_free(plan);
    return status;
}

/* ---- the way back */

enum status rule_restore(struct applying *a, uint64_t product, uint32_t account, struct bytes name,
                         struct bytes value)
{
    struct rule_planned p = {.product = product, .account = account};
    struct rule_change change = {0};
    int word = rule_word_find(name);
    if (word < 0 || rule_word_set(&change, (enum rule_word)word, value, a->error) != ST_OK)
        return ST_DAMAGED;
    enum status status = rule_load(a->txn, product, account, &p.before);
    if (status == ST_NOT_FOUND) p.before = (struct rule_record){.version = RULE_VERSION};
    if (status != ST_OK && status != ST_NOT_FOUND)
        return engine_read_failed(a->txn, status, "rule", a->error), ST_DAMAGED;
    p.after = rule_merged(&p.before, &change);
    status = put_planned(a, &p);
    return status == ST_OK ? target_refresh_product(a, product, 0) : status;
}

/* A sale is no longer among the recent ones. */
enum status velocity_passed(struct applying *a, uint64_t product)
{
    return target_refresh_product(a, product, 0);
}

static enum status drop_row(struct applying *a, void *ctx, struct bytes key)
{
    (void)ctx;
    static const struct rule_record nothing;
    struct rule_record before;
    uint64_t product = bytes_get_u64(key.data);
    uint32_t account = bytes_get_u32((const uint8_t *)key.data + 8);
    enum status status = rule_load(a->txn, product, account, &before);
    if (status != ST_OK) return status;
    change_rule(a, product, account, &before, &nothing);
    store_delete(a->txn, TABLE_RULE, key);
    return ST_OK;
}

enum status rule_drop_product(struct applying *a, uint64_t product)
{
    struct key prefix = {0};
    key_u64(&prefix, product);
    return product_walk(a, TABLE_RULE, key_bytes(&prefix), drop_row, NULL);
}
