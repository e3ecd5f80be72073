/* Checking changes of rules against what the store says and what came before them in their list. */
#include "engine/rule_plan.h"

#include "base/mem.h"
#include "engine/rule.h"

struct rule_plan {
    struct store_txn *txn;
    const struct directory *directory;
    struct rule_planned *list;
    size_t count, room;
};

struct rule_plan *rule_plan_new(struct store_txn *txn, const struct directory *directory)
{
    struct rule_plan *plan = mem_alloc(sizeof *plan);
    plan->txn = txn;
    plan->directory = directory;
    return plan;
}

void rule_plan_free(struct rule_plan *plan)
{
    if (!plan) return;
    mem_free(plan->list);
    mem_free(plan);
}

size_t rule_plan_count(const struct rule_plan *plan)
{
    return plan->count;
}

const struct rule_planned *rule_plan_at(const struct rule_plan *plan, size_t index)
{
    return &plan->list[index];
}

/* ---- what a change names */

static enum status find_product(struct rule_plan *plan, struct bytes sku, uint64_t *product,
                                struct error *error)
{
    struct bytes value;
    if (sku.size == 0 || sku.size > KEY_TEXT_MAX)
        return error_set(error, ST_INVALID, "an SKU has 1 to %d bytes; this one has %zu",
                         KEY_TEXT_MAX, sku.size);
    enum status status = store_get(plan->txn, TABLE_PRODUCT_SKU, sku, &value);
    if (status == ST_NOT_FOUND)
        return error_set(error, ST_NOT_FOUND,
                         "there is no product '%.*s'; add it with `stockctl product add %.*s`",
                         (int)sku.size, (const char *)sku.data, (int)sku.size,
                         (const char *)sku.data);
    if (status != ST_OK || value.size != 8)
        return error_set(error, ST_DAMAGED, "the number of product '%.*s' cannot be read",
                         (int)sku.size, (const char *)sku.data);
    *product = bytes_get_u64(value.data);
    return ST_OK;
}

static enum status find_account(struct rule_plan *plan, struct bytes name, uint32_t *account,
                                struct error *error)
{
    *account = 0;
    if (name.size == 0) return ST_OK;
    const struct directory_account *found = directory_account_by_name(plan->directory, name);
    if (!found)
        return error_set(
            error, ST_NOT_FOUND,
            "there is no account '%.*s'; `stockctl account list` shows those there are",
            (int)name.size, (const char *)name.data);
    *account = found->no;
    return ST_OK;
}

/* ---- what is said, with the plan done so far; empty when nothing is */

static enum status said(struct rule_plan *plan, uint64_t product, uint32_t account,
                        struct rule_record *rule, struct error *error)
{
    for (size_t i = plan->count; i-- > 0;) {
        if (plan->list[i].product != product || plan->list[i].account != account) continue;
        *rule = plan->list[i].after;
        return ST_OK;
    }
    *rule = (struct rule_record){.version = RULE_VERSION};
    enum status status = rule_load(plan->txn, product, account, rule);
    if (status == ST_OK || status == ST_NOT_FOUND) return ST_OK;
    return error_set(error, ST_DAMAGED, "a rule of product %llu cannot be read",
                     (unsigned long long)product);
}

/* ---- what makes no sense */

static enum status check_values(const struct rule_change *c, struct error *error)
{
    if (c->rule.mode >= RULE_MODES || c->rule.days > RULE_DAYS_MAX ||
        c->rule.factor > RULE_FACTOR_MAX)
        return error_set(error, ST_INVALID,
                         "a velocity is of 1 to %d days, with a factor from 0 to %u: 7x0.5",
                         RULE_DAYS_MAX, RULE_FACTOR_MAX / 1000000);
    for (int f = 0; f < RULE_FIELDS; f++) {
        if (!(c->rule.given & 1u << f)) continue;
        int64_t least = f == RULE_PACK, most = f == RULE_PACK ? RULE_PACK_MAX : FIGURE_MAX;
        if (c->rule.fields[f] < least || c->rule.fields[f] > most)
            return error_set(error, ST_INVALID,
                             "%s is a whole number from %lld to %lld; this one is %lld",
                             rule_field_name((enum rule_field)f), (long long)least, (long long)most,
                             (long long)c->rule.fields[f]);
    }
    return ST_OK;
}

/* `over` is the account's row, `under` the product's. */
static enum status check_pair(struct bytes sku, const struct rule_record *over,
                              const struct rule_record *under, const char *account,
                              struct error *error)
{
    const struct rule_record *min = over->given & 1u << RULE_MIN ? over : under;
    const struct rule_record *cap = over->given & 1u << RULE_CAP ? over : under;
    if (!(min->given & 1u << RULE_MIN) || !(cap->given & 1u << RULE_CAP) ||
        min->fields[RULE_MIN] <= cap->fields[RULE_CAP])
        return ST_OK;
    return error_set(error, ST_INVALID,
                     "'%.*s'%s%s would have min=%lld above cap=%lld, so that nothing but 0 could "
                     "be shown: lower min, raise cap, or say off=zero",
                     (int)sku.size, (const char *)sku.data, account ? " at account " : "",
                     account ? account : "", (long long)min->fields[RULE_MIN],
                     (long long)cap->fields[RULE_CAP]);
}

enum status rule_plan_check(struct rule_plan *plan, size_t index, struct error *error)
{
    static const struct rule_record nothing;
    const struct directory *d = plan->directory;
    const struct rule_planned *p = &plan->list[index];
    const uint16_t both = 1u << RULE_MIN | 1u << RULE_CAP;
    struct rule_record other;
    if (!(p->after.given & both)) return ST_OK;
    enum status status = check_pair(p->sku, &p->after, &nothing, NULL, error);
    if (status == ST_OK && p->account) {
        const struct directory_account *account = directory_account(d, p->account);
        status = said(plan, p->product, 0, &other, error);
        if (status == ST_OK)
            status = check_pair(p->sku, &p->after, &other, account ? account->name : NULL, error);
        return status;
    }
    for (uint32_t i = 0; i < d->account_count && status == ST_OK; i++) {
        status = said(plan, p->product, d->accounts[i].no, &other, error);
        if (status == ST_OK && other.given & both)
            status = check_pair(p->sku, &other, &p->after, d->accounts[i].name, error);
    }
    return status;
}

/* ---- adding */

struct rule_record rule_merged(const struct rule_record *before, const struct rule_change *c)
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

static bool is_there(const struct rule_plan *plan, uint64_t product, uint32_t account)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->list[i].product == product && plan->list[i].account == account) return true;
    return false;
}

enum status rule_plan_add(struct rule_plan *plan, const struct rule_change *change,
                          struct error *error)
{
    struct rule_planned p = {.sku = change->sku};
    enum status status = find_product(plan, change->sku, &p.product, error);
    if (status == ST_OK) status = find_account(plan, change->account, &p.account, error);
    if (status == ST_OK) status = check_values(change, error);
    if (status == ST_OK && is_there(plan, p.product, p.account))
        return error_set(error, ST_INVALID, "'%.*s'%s%.*s is given twice", (int)p.sku.size,
                         (const char *)p.sku.data, p.account ? " at account " : "",
                         (int)change->account.size, (const char *)change->account.data);
    if (status == ST_OK) status = said(plan, p.product, p.account, &p.before, error);
    if (status != ST_OK) return status;
    p.after = rule_merged(&p.before, change);
    p.changed = memcmp(&p.before, &p.after, sizeof p.before) != 0;
    if (plan->count == plan->room) {
        plan->room = plan->room ? plan->room * 2 : 4;
        plan->list = mem_resize(plan->list, plan->room * sizeof *plan->list);
    }
    plan->list[plan->count++] = p;
    return ST_OK;
}

uint32_t rule_plan_changes(const struct rule_plan *plan)
{
    uint32_t changes = 0;
    for (size_t i = 0; i < plan->count; i++)
        changes += plan->list[i].changed;
    return changes;
}
