/* Queries: what happened. Every step looks for the last row below a sequence number, so that a page
 * may begin anywhere. What an event changed is in event.c. */
#include "query/history.h"

#include "base/mem.h"
#include "engine/command.h"
#include "engine/undo.h"
#include "query/rows.h"

static const char *const kind_names[HISTORY_KINDS] = {
    "",        "stock", "transfer", "order", "import", "product",
    "mapping", "undo",  "setting",  "push",  "other",
};

const char *history_kind_name(enum history_kind kind)
{
    return (unsigned)kind < HISTORY_KINDS ? kind_names[kind] : "";
}

int history_kind_parse(const char *name)
{
    for (int i = 1; i < HISTORY_KINDS; i++)
        if (strcmp(kind_names[i], name) == 0) return i;
    return -1;
}

static enum history_kind kind_of(uint32_t command)
{
    switch (command) {
    case COMMAND_STOCK_SET:
    case COMMAND_STOCK_ADJUST:
    case COMMAND_HOOK_STOCK:
    case COMMAND_RESERVE:
    case COMMAND_RELEASE:
    case COMMAND_WAKE: return HISTORY_STOCK;
    case COMMAND_STOCK_TRANSFER: return HISTORY_TRANSFER;
    case COMMAND_STOCK_BULK:
    case COMMAND_PRODUCT_BULK: return HISTORY_IMPORT;
    case COMMAND_PRODUCT_PUT:
    case COMMAND_PRODUCT_DELETE:
    case COMMAND_PRODUCT_RENAME:
    case COMMAND_PRODUCT_MERGE: return HISTORY_PRODUCT;
    case COMMAND_LISTING_MAP: return HISTORY_MAPPING;
    case COMMAND_UNDO: return HISTORY_UNDO;
    case COMMAND_WAREHOUSE_PUT:
    case COMMAND_LINK_PUT:
    case COMMAND_LINK_DELETE:
    case COMMAND_ACCOUNT_PUT:
    case COMMAND_ACCOUNT_SWITCH:
    case COMMAND_RULE_SET: return HISTORY_SETTING;
    case COMMAND_REQUEUE:
    case COMMAND_RESYNC:
    case COMMAND_RETRY: return HISTORY_PUSH;
    case COMMAND_ROWS:
    case COMMAND_HOOK_ORDERS:
    case COMMAND_ORDER_RETURN: return HISTORY_ORDER;
    }
    return HISTORY_OTHER;
}

/* ---- stepping back */

/* The largest sequence number below `below` among the rows that begin with `prefix` and go on with
 * one; 0: none. */
static uint64_t last_below(struct query *query, enum store_table table, const struct key *prefix,
                           uint64_t below)
{
    struct key from = *prefix;
    struct bytes key;
    key_u64(&from, below);
    struct store_cursor *cursor = store_cursor(query->txn, table);
    store_seek(cursor, key_bytes(&from), NULL, NULL);
    bool found = store_prev(cursor, &key, NULL) == ST_OK && key_starts(key, key_bytes(prefix)) &&
                 key.size >= prefix->size + 8;
    uint64_t sequence = found ? bytes_get_u64((const uint8_t *)key.data + prefix->size) : 0;
    store_cursor_close(cursor);
    return sequence;
}

struct history {
    const struct query_history *filter;
    uint64_t product;
    const struct directory_warehouse *warehouse;
    const struct directory_account *account;
};

static uint64_t step_back(struct query *query, const struct history *h, uint64_t below)
{
    const struct directory *d = query->directory;
    struct key prefix = {0};
    if (h->filter->group && !h->product) {
        key_u64(&prefix, h->filter->group);
        return last_below(query, TABLE_COMMAND_GROUP, &prefix, below);
    }
    if (!h->product) return last_below(query, TABLE_COMMAND, &prefix, below);
    uint64_t best = 0;
    for (uint32_t i = 0; i < d->warehouse_count; i++) {
        if (h->warehouse && h->warehouse != &d->warehouses[i]) continue;
        struct key pair = key_pair(h->product, d->warehouses[i].no);
        uint64_t at = last_below(query, TABLE_LEDGER, &pair, below);
        if (at > best) best = at;
    }
    if (h->warehouse) return best;
    key_u64(&prefix, h->product);
    uint64_t at = last_below(query, TABLE_CHANGE_PRODUCT, &prefix, below);
    return at > best ? at : best;
}

/* ---- one event */

static enum status read_event(struct query *query, const struct history *h, uint64_t sequence,
                              struct query_event *event)
{
    uint8_t key[8];
    struct bytes value;
    struct command_view command;
    *event = (struct query_event){.sequence = sequence, .product = h->product};
    bytes_put_u64(key, sequence);
    enum status status = store_get(query->txn, TABLE_COMMAND, bytes_of(key, sizeof key), &value);
    if (status == ST_OK) {
        if (command_read(value, &command) != ST_OK) return query_damaged(query, TABLE_COMMAND);
        event->command = command.kind;
        event->time_ms = command.time_ms;
        event->group = command.group;
        event->actor = command.actor;
    }
    event->kind = kind_of(event->command);
    if (status != ST_OK && status != ST_NOT_FOUND)
        return query_failed(query, status, TABLE_COMMAND);
    status = store_get(query->txn, TABLE_UNDONE, bytes_of(key, sizeof key), &value);
    if (status == ST_OK && value.size == 8) event->undone_by = bytes_get_u64(value.data);
    return query_failed(query, status, TABLE_UNDONE);
}

static bool note_change(void *ctx, const struct change_view *change)
{
    (void)change;
    *(bool *)ctx = true;
    return false;
}

struct finding {
    uint32_t number; /* account or warehouse */
    bool found;
};

static bool find_account(void *ctx, const struct change_view *change)
{
    struct finding *f = ctx;
    if (change->what == CHANGE_SETTING) {
        f->found =
            change->key.size >= CHANGE_SETTING_HEAD && bytes_get_u32(change->key.data) == f->number;
        return !f->found;
    }
    bool of_account = change->what == CHANGE_LISTING || change->what == CHANGE_ORDER ||
                      change->what == CHANGE_RULE;
    f->found = of_account && change->key.size >= 4 && bytes_get_u32(change->key.data) == f->number;
    return !f->found;
}

static bool find_warehouse(void *ctx, const struct change_view *change)
{
    struct finding *f = ctx;
    if (change->what == CHANGE_SETTING)
        f->found = change->key.size >= CHANGE_SETTING_HEAD &&
                   bytes_get_u32((const uint8_t *)change->key.data + 4) == f->number;
    else
        f->found = change->what == CHANGE_FIGURE && change->key.size == 4 &&
                   bytes_get_u32(change->key.data) == f->number;
    return !f->found;
}

enum { EVENT_ROWS_MAX = 1000 }; /* looked at to see whether an event passes */

static enum status find_in_bulk(void *ctx, uint64_t product, uint32_t warehouse)
{
    struct finding *f = ctx;
    (void)product;
    f->found = warehouse == f->number;
    return f->found ? ST_CANCELLED : ST_OK;
}

static enum status touches_warehouse(struct query *query, const struct query_event *event,
                                     uint32_t warehouse, bool *found)
{
    struct finding finding = {.number = warehouse};
    enum status status =
        event->command == COMMAND_STOCK_BULK
            ? undo_pairs(query->txn, event->sequence, find_in_bulk, &finding, query->error)
            : query_event_changes(query, event, EVENT_ROWS_MAX, find_warehouse, &finding);
    *found = finding.found;
    return finding.found ? ST_OK : status;
}

static enum status passes(struct query *query, const struct history *h,
                          const struct query_event *event, bool *pass)
{
    const struct query_history *f = h->filter;
    enum status status = ST_OK;
    *pass = false;
    if (f->kind && event->kind != f->kind) return ST_OK;
    if (f->actor.size && !bytes_equal(f->actor, event->actor)) return ST_OK;
    if (f->group && event->group != f->group) return ST_OK;
    if (f->until_ms && event->time_ms >= f->until_ms) return ST_OK;
    *pass = true;
    if (h->account && !bytes_equal(event->actor, bytes_text(h->account->name))) {
        struct finding finding = {.number = h->account->no};
        status = query_event_changes(query, event, EVENT_ROWS_MAX, find_account, &finding);
        *pass = finding.found;
    }
    if (status != ST_OK || !*pass || h->product) return status;
    if (h->warehouse) status = touches_warehouse(query, event, h->warehouse->no, pass);
    bool quiet = event->command == COMMAND_ROWS || event->command == COMMAND_SWEEP ||
                 event->command == COMMAND_RECOVER || event->command == COMMAND_REOPEN ||
                 event->command == COMMAND_COMPACT;
    if (status == ST_OK && *pass && quiet && !f->kind) {
        *pass = false;
        status = query_event_changes(query, event, 1, note_change, pass);
    }
    return status;
}

static enum status find_names(struct query *query, struct history *h)
{
    const struct query_history *f = h->filter;
    enum status status = ST_OK;
    if (f->sku.size) status = query_find_product(query, f->sku, &h->product);
    if (status == ST_OK && f->account.size)
        status = query_find_account(query, f->account, &h->account);
    if (status != ST_OK || !f->warehouse.size) return status;
    h->warehouse = directory_warehouse_by_key(query->directory, f->warehouse);
    if (h->warehouse) return ST_OK;
    return error_set(query->error, ST_NOT_FOUND, "there is no warehouse '%.*s'",
                     (int)f->warehouse.size, (const char *)f->warehouse.data);
}

enum status query_history(struct query *query, const struct query_history *filter,
                          struct query_page *page,
                          bool (*row)(void *ctx, const struct query_event *event), void *ctx)
{
    struct history h = {.filter = filter};
    uint32_t limit = page->limit ? page->limit : QUERY_PAGE_DEFAULT, given = 0, seen = 0;
    if (limit > QUERY_PAGE_MAX) limit = QUERY_PAGE_MAX;
    page->next_size = 0;
    enum status status = find_names(query, &h);
    if (status != ST_OK) return status;
    if (page->from.size && page->from.size != 8)
        return error_set(query->error, ST_INVALID,
                         "that place is not one of this list; begin at its beginning");
    uint64_t at = page->from.size ? bytes_get_u64(page->from.data) : UINT64_MAX;
    for (;; seen++) {
        if (given == limit || seen == QUERY_SCAN_MAX) { /* there may be more */
            bytes_put_u64(page->next, at);
            page->next_size = 8;
            break;
        }
        struct query_event event;
        bool pass;
        at = step_back(query, &h, at);
        if (!at) break;
        status = read_event(query, &h, at, &event);
        if (status != ST_OK) return status;
        if (filter->from_ms && event.command && event.time_ms < filter->from_ms) break;
        status = passes(query, &h, &event, &pass);
        if (status != ST_OK) return status;
        if (pass && !row(ctx, &event)) break;
        given += pass;
    }
    return store_failed(query->txn, query->error);
}

/* ---- an import */

static bool is_undoable(struct query *query, struct bytes sequence)
{
    struct bytes value;
    struct command_view command;
    return store_get(query->txn, TABLE_COMMAND, sequence, &value) == ST_OK &&
           command_read(value, &command) == ST_OK && command.kind == COMMAND_STOCK_BULK &&
           store_get(query->txn, TABLE_UNDONE, sequence, NULL) == ST_NOT_FOUND;
}

enum status query_group_undoable(struct query *query, uint64_t group, uint64_t **list,
                                 size_t *count)
{
    struct key prefix = {0};
    uint64_t at = UINT64_MAX;
    key_u64(&prefix, group);
    *list = NULL;
    *count = 0;
    while ((at = last_below(query, TABLE_COMMAND_GROUP, &prefix, at)) != 0) {
        uint8_t sequence[8];
        bytes_put_u64(sequence, at);
        if (!is_undoable(query, bytes_of(sequence, sizeof sequence))) continue;
        *list = mem_resize(*list, (*count + 1) * sizeof **list);
        (*list)[(*count)++] = at;
    }
    return store_failed(query->txn, query->error);
}
