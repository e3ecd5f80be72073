/* COMMAND_RULE_SET: what the seller says of products; and what follows from it with time. */
#include "engine/apply.h"
#include "engine/rule.h"
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

static enum status check_change(struct applying *a, const struct rule_change *c)
{
    if (c->rule.mode >= RULE_MODES || c->rule.days > RULE_DAYS_MAX ||
        c->rule.factor > RULE_FACTOR_MAX)
        return error_set(a->error, ST_INVALID,
                         "a velocity is of 1 to %d days, with a factor from 0 to %u: 7x0.5",
                         RULE_DAYS_MAX, RULE_FACTOR_MAX / 1000000);
    for (int f = 0; f < RULE_FIELDS; f++) {
        if (!(c->rule.given & 1u << f)) continue;
        int64_t least = f == RULE_PACK, most = f == RULE_PACK ? RULE_PACK_MAX : FIGURE_MAX;
        if (c->rule.fields[f] < least || c->rule.fields[f] > most)
            return error_set(a->error, ST_INVALID,
                             "%s is a whole number from %lld to %lld; this one is %lld",
                             rule_field_name((enum rule_field)f), (long long)least, (long long)most,
                             (long long)c->rule.fields[f]);
    }
    return ST_OK;
}

struct rule_place {
    uint64_t product;
    uint32_t account;
};

static enum status find_place(struct applying *a, const struct rule_change *c,
                              struct rule_place *place)
{
    const struct directory_account *account = NULL;
    enum status status = apply_find_product(a, c->sku, &place->product);
    if (status == ST_OK && c->account.size) status = apply_find_account(a, c->account, &account);
    if (status == ST_OK) status = check_change(a, c);
    place->account = account ? account->no : 0;
    return status;
}

/* What is said now, over what was said before. */
static struct rule_record merged(const struct rule_record *before, const struct rule_change *c)
{
    struct rule_record now = {0};
    if (!c->replace) now = *before;
    if (c->clear_mode) now.mode = RULE_MODE_NONE;
    if (c->clear_velocity) now.days = now.factor = 0;
    if (c->rule.mode) now.mode = c->rule.mode;
    if (c->rule.days) {
        now.days = c->rule.days;
        now.factor = c->rule.factor;
    }
    for (int f = 0; f < RULE_FIELDS; f++) {
        if (c->clear & 1u << f) {
            now.given &= (uint16_t) ~(1u << f);
            now.fields[f] = 0;
        }
        if (!(c->rule.given & 1u << f)) continue;
        now.given |= (uint16_t)(1u << f);
        now.fields[f] = c->rule.fields[f];
    }
    now.version = RULE_VERSION;
    now.revision = before->revision;
    now.changed_ms = before->changed_ms;
    return now;
}

static enum status put_change(struct applying *a, const struct rule_place *place,
                              const struct rule_change *c)
{
    struct rule_record before = {.version = RULE_VERSION};
    enum status status = rule_load(a->txn, place->product, place->account, &before);
    if (status != ST_OK && status != ST_NOT_FOUND)
        return engine_read_failed(a->txn, status, "rule", a->error), ST_DAMAGED;
    struct rule_record now = merged(&before, c);
    if (memcmp(&before, &now, sizeof now) == 0) return ST_OK;
    uint8_t key[12];
    bytes_put_u64(key, place->product);
    bytes_put_u32(key + 8, place->account);
    now.revision = applying_sequence(a);
    now.changed_ms = a->command->now_ms;
    if (rule_says_nothing(&now))
        store_delete(a->txn, TABLE_RULE, bytes_of(key, sizeof key));
    else
        store_put(a->txn, TABLE_RULE, bytes_of(key, sizeof key), bytes_of(&now, sizeof now));
    a->result->rows++;
    return target_refresh_product(a, place->product, 0); /* I6 */
}

enum status apply_rule_set(struct applying *a, struct wire_reader *r)
{
    uint64_t count = wire_get_u64(r);
    struct rule_place place;
    if (count > RULE_CHANGES_MAX)
        return error_set(a->error, ST_TOO_BIG, "at most %d rules are set at once",
                         RULE_CHANGES_MAX);
    struct wire_reader again = *r;
    for (uint64_t i = 0; i < count && r->ok; i++) { /* all are checked before the first is put */
        struct rule_change change = read_change(r);
        enum status status = r->ok ? find_place(a, &change, &place) : ST_OK;
        if (status != ST_OK) return status;
    }
    for (uint64_t i = 0; i < count && r->ok; i++) {
        struct rule_change change = read_change(&again);
        enum status status = find_place(a, &change, &place);
        if (status == ST_OK) status = put_change(a, &place, &change);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}

/* A sale is no longer among the recent ones. */
enum status velocity_passed(struct applying *a, uint64_t product)
{
    return target_refresh_product(a, product, 0);
}

/* With its product. */
void rule_drop_product(struct applying *a, uint64_t product)
{
    uint8_t prefix[8];
    struct bytes key, value;
    bytes_put_u64(prefix, product);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_RULE);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix))) {
        store_cursor_delete(cursor);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
}
