/* The small tables in memory: warehouses, accounts, remote warehouses and links, as one transaction
 * saw them. The engine keeps one of its own; a query loads one from its read transaction. Thousands
 * of rows at most. */
#ifndef STOCKD_ENGINE_DIRECTORY_H
#define STOCKD_ENGINE_DIRECTORY_H

#include "engine/record.h"
#include "store/store.h"

enum {
    DIRECTORY_WAREHOUSES_MAX = 1000,
    DIRECTORY_ACCOUNTS_MAX = 256,
    DIRECTORY_REMOTES_MAX = 10000,
    DIRECTORY_LINKS_MAX = 10000,
};

struct directory_warehouse {
    uint32_t no;
    char *key, *name;
    bool linked; /* some remote warehouse is fed from it */
};

struct directory_link {
    uint32_t account, remote, order, warehouse;
    struct link_record rule;
};

struct directory_remote {
    uint32_t account, no;
    char *id, *name, *kind, *why;
    bool writable, is_default, gone, marketplace;
    int64_t closed_until_ms, read_ms;
    uint32_t link_first, link_count; /* into links, by order */
};

struct directory_account {
    uint32_t no;
    char *name, *plugin;
    bool paused, parked, listings_read, warehouses_read, orders_import, orders_read, planned;
    uint32_t epoch; /* account_view's epoch_number */
    uint32_t orders_era;
    int64_t orders_ms; /* these two as in account_view, too */
};

struct directory {
    struct directory_warehouse *warehouses;
    struct directory_remote *remotes; /* by account, then number */
    struct directory_link *links;     /* by account, remote, order */
    struct directory_account *accounts;
    struct directory_account *hooks; /* "hook:NAME": tell orders too, and nothing else (hook.h) */
    uint32_t warehouse_count, remote_count, link_count, account_count, hook_count;
    bool orders_imported; /* by some account */
};

enum status directory_load(struct store_txn *txn, struct directory **directory,
                           struct error *error);
void directory_free(struct directory *directory);

/* The engine's own, as this transaction sees it, until the next command is applied; NULL with the
 * error set when it cannot be read. [engine thread, in a task] */
struct engine;
struct directory *engine_directory(struct engine *engine, struct store_txn *txn,
                                   struct error *error);

const struct directory_warehouse *directory_warehouse(const struct directory *d, uint32_t no);
const struct directory_warehouse *directory_warehouse_by_key(const struct directory *d,
                                                             struct bytes key);
const struct directory_account *directory_account(const struct directory *d, uint32_t no);
const struct directory_account *directory_account_by_name(const struct directory *d,
                                                          struct bytes name);
/* An account, or a hook. */
const struct directory_account *directory_source(const struct directory *d, uint32_t no);
const struct directory_account *directory_source_by_name(const struct directory *d,
                                                         struct bytes name);
const struct directory_remote *directory_remote(const struct directory *d, uint32_t account,
                                                uint32_t no);
const struct directory_remote *directory_remote_by_id(const struct directory *d, uint32_t account,
                                                      struct bytes id);
/* Whether stock can be written there now. */
static inline bool directory_writable(const struct directory_remote *remote, int64_t now_ms)
{
    return remote->writable && !remote->gone && !remote->marketplace &&
           remote->closed_until_ms <= now_ms;
}
/* True when stock of `warehouse` flows to that remote warehouse. */
bool directory_feeds(const struct directory *d, uint32_t warehouse, uint32_t account,
                     uint32_t remote);

#endif
