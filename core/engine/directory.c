/* Loading the small tables, and finding things in them. */
#include "engine/directory.h"

#include "base/mem.h"
#include "engine/hook.h"

#include <stdlib.h>

static char *text_of(struct bytes bytes)
{
    return mem_text_n(bytes.data, bytes.size);
}

struct loading {
    struct store_cursor *cursor;
    struct bytes key, value;
    enum status status;
};

static struct loading load_first(struct store_txn *txn, enum store_table table)
{
    struct loading l = {.cursor = store_cursor(txn, table)};
    l.status = store_seek(l.cursor, bytes_of("", 0), &l.key, &l.value);
    return l;
}

static void load_next(struct loading *l)
{
    l->status = store_next(l->cursor, &l->key, &l->value);
}

static enum status load_end(struct loading *l, const char *what, struct error *error)
{
    store_cursor_close(l->cursor);
    if (l->status == ST_NOT_FOUND) return ST_OK;
    return error_set(error, l->status, "store: table %s cannot be read; restore the newest backup",
                     what);
}

static enum status load_warehouses(struct store_txn *txn, struct directory *d, struct error *error)
{
    d->warehouses = mem_array(store_count(txn, TABLE_WAREHOUSE), sizeof *d->warehouses);
    struct loading l = load_first(txn, TABLE_WAREHOUSE);
    for (; l.status == ST_OK; load_next(&l)) {
        struct warehouse_view view;
        if (l.key.size != 4 || warehouse_read(l.value, &view) != ST_OK) {
            l.status = ST_DAMAGED;
            break;
        }
        d->warehouses[d->warehouse_count++] = (struct directory_warehouse){
            .no = bytes_get_u32(l.key.data), .key = text_of(view.key), .name = text_of(view.name)};
    }
    return load_end(&l, "warehouse", error);
}

static enum status load_accounts(struct store_txn *txn, struct directory *d, struct error *error)
{
    d->accounts = mem_array(store_count(txn, TABLE_ACCOUNT), sizeof *d->accounts);
    struct loading l = load_first(txn, TABLE_ACCOUNT);
    for (; l.status == ST_OK; load_next(&l)) {
        struct account_view view;
        if (l.key.size != 4 || account_read(l.value, &view) != ST_OK) {
            l.status = ST_DAMAGED;
            break;
        }
        d->accounts[d->account_count++] =
            (struct directory_account){.no = bytes_get_u32(l.key.data),
                                       .name = text_of(view.name),
                                       .plugin = text_of(view.plugin),
                                       .paused = view.paused,
                                       .parked = view.parked,
                                       .listings_read = view.listings_read,
                                       .warehouses_read = view.warehouses_read,
                                       .epoch = view.epoch_number,
                                       .orders_era = view.orders_era,
                                       .orders_ms = view.orders_ms,
                                       .orders_import = view.orders_import,
                                       .planned = view.planned,
                                       .orders_read = view.orders_read};
        d->orders_imported |= view.orders_import;
    }
    return load_end(&l, "account", error);
}

static bool load_hook(void *ctx, const struct hook_view *hook)
{
    struct directory *d = ctx;
    d->hooks = mem_resize(d->hooks, (d->hook_count + 1) * sizeof *d->hooks);
    d->hooks[d->hook_count++] = (struct directory_account){
        .no = hook->source,
        .name = mem_format("hook:%.*s", (int)hook->name.size, (const char *)hook->name.data),
        .plugin = mem_text(""),
        .orders_import = true,
        .orders_read = true};
    return true;
}

static enum status load_hooks(struct store_txn *txn, struct directory *d, struct error *error)
{
    enum status status = hooks_each(txn, load_hook, d);
    d->orders_imported |= d->hook_count > 0;
    if (status == ST_OK) return ST_OK;
    return error_set(error, status, "store: table hook cannot be read; restore the newest backup");
}

static enum status load_links(struct store_txn *txn, struct directory *d, struct error *error)
{
    d->links = mem_array(store_count(txn, TABLE_LINK), sizeof *d->links);
    struct loading l = load_first(txn, TABLE_LINK);
    for (; l.status == ST_OK; load_next(&l)) {
        if (l.key.size != 16 || l.value.size != sizeof(struct link_record)) {
            l.status = ST_DAMAGED;
            break;
        }
        const uint8_t *k = l.key.data;
        struct directory_link *link = &d->links[d->link_count++];
        *link = (struct directory_link){.account = bytes_get_u32(k),
                                        .remote = bytes_get_u32(k + 4),
                                        .order = bytes_get_u32(k + 8),
                                        .warehouse = bytes_get_u32(k + 12)};
        memcpy(&link->rule, l.value.data, sizeof link->rule);
    }
    return load_end(&l, "link", error);
}

static enum status load_remotes(struct store_txn *txn, struct directory *d, struct error *error)
{
    d->remotes = mem_array(store_count(txn, TABLE_REMOTE_WAREHOUSE), sizeof *d->remotes);
    struct loading l = load_first(txn, TABLE_REMOTE_WAREHOUSE);
    for (; l.status == ST_OK; load_next(&l)) {
        struct remote_view view;
        if (l.key.size != 8 || remote_read(l.value, &view) != ST_OK) {
            l.status = ST_DAMAGED;
            break;
        }
        const uint8_t *k = l.key.data;
        d->remotes[d->remote_count++] = (struct directory_remote){
            .account = bytes_get_u32(k),
            .no = bytes_get_u32(k + 4),
            .id = text_of(view.id),
            .name = text_of(view.name),
            .kind = text_of(view.kind),
            .why = text_of(view.why),
            .writable = view.writable,
            .is_default = view.is_default,
            .gone = view.gone,
            .marketplace = view.marketplace,
            .closed_until_ms = view.closed_until_ms,
            .read_ms = view.read_ms,
        };
    }
    return load_end(&l, "remote_warehouse", error);
}

/* Both arrays are sorted by (account, remote): one walk joins them. */
static void join_links(struct directory *d)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        struct directory_remote *remote = &d->remotes[i];
        while (at < d->link_count &&
               (d->links[at].account < remote->account ||
                (d->links[at].account == remote->account && d->links[at].remote < remote->no)))
            at++;
        remote->link_first = at;
        while (at < d->link_count && d->links[at].account == remote->account &&
               d->links[at].remote == remote->no)
            at++;
        remote->link_count = at - remote->link_first;
    }
    for (uint32_t i = 0; i < d->link_count; i++)
        for (uint32_t w = 0; w < d->warehouse_count; w++)
            if (d->warehouses[w].no == d->links[i].warehouse) d->warehouses[w].linked = true;
}

enum status directory_load(struct store_txn *txn, struct directory **directory, struct error *error)
{
    struct directory *d = mem_alloc(sizeof *d);
    enum status status = load_warehouses(txn, d, error);
    if (status == ST_OK) status = load_accounts(txn, d, error);
    if (status == ST_OK) status = load_links(txn, d, error);
    if (status == ST_OK) status = load_remotes(txn, d, error);
    if (status == ST_OK) status = load_hooks(txn, d, error);
    if (status != ST_OK) {
        directory_free(d);
        return status;
    }
    join_links(d);
    *directory = d;
    return ST_OK;
}

void directory_free(struct directory *d)
{
    if (!d) return;
    for (uint32_t i = 0; i < d->warehouse_count; i++) {
        mem_free(d->warehouses[i].key);
        mem_free(d->warehouses[i].name);
    }
    for (uint32_t i = 0; i < d->account_count; i++) {
        mem_free(d->accounts[i].name);
        mem_free(d->accounts[i].plugin);
    }
    for (uint32_t i = 0; i < d->hook_count; i++) {
        mem_free(d->hooks[i].name);
        mem_free(d->hooks[i].plugin);
    }
    mem_free(d->hooks);
    for (uint32_t i = 0; i < d->remote_count; i++) {
        mem_free(d->remotes[i].id);
        mem_free(d->remotes[i].name);
        mem_free(d->remotes[i].kind);
        mem_free(d->remotes[i].why);
    }
    mem_free(d->warehouses);
    mem_free(d->accounts);
    mem_free(d->remotes);
    mem_free(d->links);
    mem_free(d);
}

static bool same(const char *text, struct bytes bytes)
{
    return strlen(text) == bytes.size && memcmp(text, bytes.data, bytes.size) == 0;
}

const struct directory_warehouse *directory_warehouse(const struct directory *d, uint32_t no)
{
    for (uint32_t i = 0; i < d->warehouse_count; i++)
        if (d->warehouses[i].no == no) return &d->warehouses[i];
    return NULL;
}

const struct directory_warehouse *directory_warehouse_by_key(const struct directory *d,
                                                             struct bytes key)
{
    for (uint32_t i = 0; i < d->warehouse_count; i++)
        if (same(d->warehouses[i].key, key)) return &d->warehouses[i];
    return NULL;
}

const struct directory_account *directory_account(const struct directory *d, uint32_t no)
{
    for (uint32_t i = 0; i < d->account_count; i++)
        if (d->accounts[i].no == no) return &d->accounts[i];
    return NULL;
}

const struct directory_account *directory_account_by_name(const struct directory *d,
                                                          struct bytes name)
{
    for (uint32_t i = 0; i < d->account_count; i++)
        if (same(d->accounts[i].name, name)) return &d->accounts[i];
    return NULL;
}

const struct directory_account *directory_source(const struct directory *d, uint32_t no)
{
    for (uint32_t i = 0; i < d->hook_count && hook_is_source(no); i++)
        if (d->hooks[i].no == no) return &d->hooks[i];
    return directory_account(d, no);
}

const struct directory_account *directory_source_by_name(const struct directory *d,
                                                         struct bytes name)
{
    for (uint32_t i = 0; i < d->hook_count; i++)
        if (same(d->hooks[i].name, name)) return &d->hooks[i];
    return directory_account_by_name(d, name);
}

const struct directory_remote *directory_remote(const struct directory *d, uint32_t account,
                                                uint32_t no)
{
    uint32_t low = 0, high = d->remote_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct directory_remote *r = &d->remotes[middle];
        if (r->account < account || (r->account == account && r->no < no))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == d->remote_count) return NULL;
    const struct directory_remote *r = &d->remotes[low];
    return r->account == account && r->no == no ? r : NULL;
}

const struct directory_remote *directory_remote_by_id(const struct directory *d, uint32_t account,
                                                      struct bytes id)
{
    for (uint32_t i = 0; i < d->remote_count; i++)
        if (d->remotes[i].account == account && same(d->remotes[i].id, id)) return &d->remotes[i];
    return NULL;
}

bool directory_feeds(const struct directory *d, uint32_t warehouse, uint32_t account,
                     uint32_t remote)
{
    const struct directory_remote *r = directory_remote(d, account, remote);
    for (uint32_t i = 0; r && i < r->link_count; i++)
        if (d->links[r->link_first + i].warehouse == warehouse) return true;
    return false;
}
