/* Queries: links and remote warehouses, out of the directory. */
#include "engine/sweep.h"
#include "query/rows.h"

enum status query_links(struct query *query, struct bytes account, struct bytes warehouse,
                        bool (*row)(void *ctx, const struct query_link *link), void *ctx)
{
    const struct directory *d = query->directory;
    const struct directory_account *only = NULL;
    enum status status = account.size ? query_find_account(query, account, &only) : ST_OK;
    if (status != ST_OK) return status;
    const struct directory_warehouse *from = directory_warehouse_by_key(d, warehouse);
    if (warehouse.size && !from)
        return error_set(query->error, ST_NOT_FOUND, "there is no warehouse '%.*s'",
                         (int)warehouse.size, (const char *)warehouse.data);
    for (uint32_t i = 0; i < d->link_count; i++) {
        const struct directory_link *at = &d->links[i];
        if (only && at->account != only->no) continue;
        if (warehouse.size && at->warehouse != from->no) continue;
        const struct query_link link = {.link = at,
                                        .warehouse = directory_warehouse(d, at->warehouse),
                                        .account = directory_account(d, at->account),
                                        .remote = directory_remote(d, at->account, at->remote)};
        if (!link.warehouse || !link.account || !link.remote)
            return query_damaged(query, TABLE_LINK);
        if (!row(ctx, &link)) break;
    }
    return ST_OK;
}

static const char *const remote_states[] = {"open", "unseen", "gone", "blocked", "marketplace"};

const char *remote_state_name(enum remote_state state)
{
    return (unsigned)state < sizeof remote_states / sizeof *remote_states ? remote_states[state]
                                                                          : "";
}

static enum remote_state state_of(const struct directory_remote *remote)
{
    if (remote->marketplace) return REMOTE_MARKETPLACE;
    if (remote->gone) return REMOTE_GONE;
    if (remote->read_ms == 0) return REMOTE_UNSEEN;
    return remote->writable && !remote->closed_until_ms ? REMOTE_OPEN : REMOTE_BLOCKED;
}

static bool processing(struct query *query, const struct directory_remote *remote)
{
    bool found = false;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_SWEEP);
    while (!found && store_next(cursor, &key, &value) == ST_OK) {
        struct sweep_record sweep;
        if (value.size != sizeof sweep) continue;
        memcpy(&sweep, value.data, sizeof sweep);
        found = sweep.kind == SWEEP_REMOTE && sweep.account == remote->account &&
                sweep.remote == remote->no;
    }
    store_cursor_close(cursor);
    return found;
}

enum status query_remotes(struct query *query, struct bytes account,
                          bool (*row)(void *ctx, const struct query_remote *remote), void *ctx)
{
    const struct directory *d = query->directory;
    const struct directory_account *of;
    enum status status = query_find_account(query, account, &of);
    for (uint32_t i = 0; i < d->remote_count && status == ST_OK; i++) {
        if (d->remotes[i].account != of->no) continue;
        const struct query_remote remote = {.remote = &d->remotes[i],
                                            .links = d->links + d->remotes[i].link_first,
                                            .state = state_of(&d->remotes[i]),
                                            .processing = processing(query, &d->remotes[i])};
        if (!row(ctx, &remote)) break;
    }
    return status;
}
