/* What stands in the way of bringing rules back to what they were before a command. */
#include "engine/undo.h"

#include "engine/directory.h"
#include "engine/keys.h"
#include "engine/rule.h"
#include "engine/rule_plan.h"
#include "engine/rule_word.h"

#include <stdio.h>

static struct bytes word_of(const struct change_view *c)
{
    return bytes_of((const char *)c->key.data + 4, c->key.size - 4);
}

bool undo_rule_changed(struct store_txn *txn, const struct change_view *c)
{
    struct rule_record rule = {0};
    char now[RULE_WORD_TEXT_MAX];
    int word = c->key.size > 4 ? rule_word_find(word_of(c)) : -1;
    if (word < 0) return true;
    enum status status = rule_load(txn, c->product, bytes_get_u32(c->key.data), &rule);
    if (status != ST_OK && status != ST_NOT_FOUND) return true;
    return !bytes_equal(bytes_text(rule_word_text(&rule, (enum rule_word)word, now)), c->new);
}

/* ---- all of a command's together */

struct gathering {
    struct store_txn *txn;
    struct directory *directory;
    struct rule_plan *plan;
    uint64_t product; /* whose change is gathered; 0: none */
    uint32_t account;
    struct rule_change change;
    struct error *error;
};

static enum status flush(struct gathering *g)
{
    uint8_t key[8];
    struct bytes value;
    struct product_view product;
    const struct directory_account *account = directory_account(g->directory, g->account);
    if (!g->product) return ST_OK;
    bytes_put_u64(key, g->product);
    if (store_get(g->txn, TABLE_PRODUCT, bytes_of(key, sizeof key), &value) != ST_OK ||
        product_read(value, &product) != ST_OK)
        return ST_OK; /* it comes back by the same undo, or is an obstacle itself */
    g->change.sku = product.sku;
    g->change.account = account ? bytes_text(account->name) : bytes_of("", 0);
    return rule_plan_add(g->plan, &g->change, g->error);
}

static enum status gather(struct gathering *g, const struct change_view *c)
{
    if (c->what != CHANGE_RULE || c->key.size <= 4) return ST_OK;
    uint32_t account = bytes_get_u32(c->key.data);
    int word = rule_word_find(word_of(c));
    if (word < 0) return ST_OK;
    if (c->product != g->product || account != g->account) {
        enum status status = flush(g);
        if (status != ST_OK) return status;
        g->product = c->product;
        g->account = account;
        g->change = (struct rule_change){0};
    }
    return rule_word_set(&g->change, (enum rule_word)word, c->old, g->error);
}

enum status undo_rules_check(struct store_txn *txn, uint64_t sequence, struct error *error)
{
    struct gathering g = {.txn = txn, .error = error};
    struct key prefix = {0};
    struct bytes key, value;
    enum status status = directory_load(txn, &g.directory, error);
    if (status != ST_OK) return status;
    g.plan = rule_plan_new(txn, g.directory);
    key_u64(&prefix, sequence);
    struct store_cursor *cursor = store_cursor(txn, TABLE_CHANGE);
    enum status found = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && found == ST_OK && key_starts(key, key_bytes(&prefix));
         found = store_next(cursor, &key, &value)) {
        struct change_view change;
        if (change_read(value, &change) == ST_OK) status = gather(&g, &change);
    }
    store_cursor_close(cursor);
    if (status == ST_OK) status = flush(&g);
    for (size_t i = 0; i < rule_plan_count(g.plan) && status == ST_OK; i++)
        status = rule_plan_check(g.plan, i, error);
    rule_plan_free(g.plan);
    directory_free(g.directory);
    return status;
}
