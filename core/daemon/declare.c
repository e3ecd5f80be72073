/* What files declare becomes commands: warehouses, accounts, links. Links that a file declared
 * before and declares no more are removed; those made by command stay. All in one transaction. */
#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "daemon/daemon.h"
#include "engine/directory.h"
#include "engine/guard.h"

#include <string.h>

/* Row of TABLE_META: the links that files declared at the last load, as warehouse, account, remote.
 */
static const char declared_key[] = "declared-links";

struct declaring {
    struct engine_task task;
    struct daemon *daemon;
    const struct config *config;
    daemon_declared_fn *done;
    void *arg;
    int64_t now_ms;
    struct error refusal; /* the first one; the rest is applied all the same */
};

static enum status apply(struct declaring *d, struct store_txn *txn, enum command_kind kind,
                         struct buf *payload, const struct config_origin *origin,
                         struct error *error)
{
    const struct command command = {.kind = kind,
                                    .actor = "conf.d",
                                    .unguarded = true, /* whoever wrote the file has seen it */
                                    .now_ms = d->now_ms,
                                    .payload = bytes_of(payload->data, payload->size)};
    enum status status = engine_apply(d->daemon->engine, txn, &command, NULL, error);
    buf_reset(payload);
    if (status != ST_INVALID && status != ST_CONFLICT && status != ST_TOO_BIG &&
        status != ST_EXISTS && status != ST_NOT_FOUND)
        return status;
    if (d->refusal.status == ST_OK) {
        d->refusal = *error;
        if (origin) error_prefix(&d->refusal, "%s:%d", origin->file, origin->line);
    }
    return ST_OK;
}

static enum status declare_places(struct declaring *d, struct store_txn *txn, struct buf *payload,
                                  struct error *error)
{
    const struct config *config = d->config;
    enum status status = ST_OK;
    for (size_t i = 0; i < config->warehouse_count && status == ST_OK; i++) {
        command_warehouse_put(payload, bytes_text(config->warehouses[i].name),
                              bytes_text(config->warehouses[i].title));
        status =
            apply(d, txn, COMMAND_WAREHOUSE_PUT, payload, &config->warehouses[i].origin, error);
    }
    for (size_t i = 0; i < config->account_count && status == ST_OK; i++) {
        command_account_put(payload, bytes_text(config->accounts[i].name),
                            bytes_text(config->accounts[i].plugin),
                            config->accounts[i].orders == CONFIG_ORDERS_IMPORT);
        status = apply(d, txn, COMMAND_ACCOUNT_PUT, payload, &config->accounts[i].origin, error);
    }
    return status;
}

static enum status declare_link(struct declaring *d, struct store_txn *txn, struct buf *payload,
                                const struct config_link *link, struct error *error)
{
    const struct link_change change = {.warehouse = bytes_text(link->warehouse),
                                       .account = bytes_text(link->account),
                                       .remote = bytes_text(link->remote),
                                       .order = (uint32_t)link->order,
                                       .share_ppm = link->share_ppm};
    command_link(payload, &change);
    return apply(d, txn, COMMAND_LINK_PUT, payload, &link->origin, error);
}

static bool shares_declared(const struct config *config)
{
    for (size_t i = 0; i < config->link_count; i++)
        if (config->links[i].share_ppm) return true;
    return false;
}

/* Twice where there are shares: one that is raised fits only after another was lowered. What is
 * refused the second time is refused for good. */
static enum status declare_links(struct declaring *d, struct store_txn *txn, struct buf *payload,
                                 struct error *error)
{
    const struct config *config = d->config;
    const struct error before = d->refusal;
    enum status status = ST_OK;
    for (int pass = shares_declared(config) ? 0 : 1; pass < 2; pass++) {
        d->refusal = before;
        for (size_t i = 0; i < config->link_count && status == ST_OK; i++)
            status = declare_link(d, txn, payload, &config->links[i], error);
    }
    return status;
}

static bool still_declared(const struct config *config, struct bytes warehouse,
                           struct bytes account, struct bytes remote)
{
    for (size_t i = 0; i < config->link_count; i++)
        if (bytes_equal(warehouse, bytes_text(config->links[i].warehouse)) &&
            bytes_equal(account, bytes_text(config->links[i].account)) &&
            bytes_equal(remote, bytes_text(config->links[i].remote)))
            return true;
    return false;
}

static enum status remove_undeclared(struct declaring *d, struct store_txn *txn,
                                     struct buf *payload, struct error *error)
{
    struct bytes value;
    if (store_get(txn, TABLE_META, bytes_text(declared_key), &value) != ST_OK) return ST_OK;
    struct buf before;
    buf_init(&before, 16 << 20);
    buf_add(&before, value.data, value.size);
    struct wire_reader r = wire_reader(bytes_of(before.data, before.size));
    enum status status = ST_OK;
    while (r.ok && !wire_at_end(&r) && status == ST_OK) {
        struct bytes warehouse = wire_get_bytes(&r), account = wire_get_bytes(&r),
                     remote = wire_get_bytes(&r);
        if (!r.ok || still_declared(d->config, warehouse, account, remote)) continue;
        const struct link_change change = {
            .warehouse = warehouse, .account = account, .remote = remote};
        struct error gone = {0};
        command_link(payload, &change);
        const struct command command = {.kind = COMMAND_LINK_DELETE,
                                        .actor = "conf.d",
                                        .unguarded = true,
                                        .now_ms = d->now_ms,
                                        .payload = bytes_of(payload->data, payload->size)};
        status = engine_apply(d->daemon->engine, txn, &command, NULL, &gone);
        buf_reset(payload);
        if (status == ST_NOT_FOUND) status = ST_OK; /* somebody was faster */
        if (status != ST_OK) *error = gone;
    }
    buf_free(&before);
    return status;
}

static void remember(struct declaring *d, struct store_txn *txn)
{
    struct buf now;
    buf_init(&now, 16 << 20);
    for (size_t i = 0; i < d->config->link_count; i++) {
        wire_put_text(&now, d->config->links[i].warehouse);
        wire_put_text(&now, d->config->links[i].account);
        wire_put_text(&now, d->config->links[i].remote);
    }
    store_put(txn, TABLE_META, bytes_text(declared_key), bytes_of(buf_cstr(&now), now.size));
    buf_free(&now);
}

/* The numbers by which the engine knows the accounts. */
static enum status look_up_numbers(struct declaring *d, struct store_txn *txn, struct error *error)
{
    struct directory *directory;
    struct daemon_instances *instances = d->arg ? *(struct daemon_instances **)d->arg : NULL;
    enum status status = directory_load(txn, &directory, error);
    if (status != ST_OK) return status;
    uint32_t waiting[CONFIG_ACCOUNTS_MAX], count = 0;
    for (size_t i = 0; i < d->config->account_count; i++) {
        const struct directory_account *account =
            directory_account_by_name(directory, bytes_text(d->config->accounts[i].name));
        bool same = account && strcmp(account->plugin, d->config->accounts[i].plugin) == 0;
        if (instances) daemon_instances_number(instances, i, same ? account->no : 0);
        if (account && d->config->accounts[i].first_plan) waiting[count++] = account->no;
    }
    engine_guard_wait(d->daemon->engine, waiting, count);
    directory_free(directory);
    return ST_OK;
}

static void declare_guard(struct declaring *d)
{
    const struct config_guard *c = &d->config->guard;
    const struct engine_guard guard = {
        .on = c->enabled,
        .at_least = c->at_least,
        .account = {c->zeroed, c->changed, c->pieces},
        .source = {c->source_zeroed, c->source_changed, c->source_pieces}};
    engine_guard_set(d->daemon->engine, &guard);
}

static enum status declare_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct declaring *d = (struct declaring *)((char *)task - offsetof(struct declaring, task));
    struct buf payload;
    buf_init(&payload, RECORD_MAX);
    d->refusal = (struct error){0};
    declare_guard(d);
    enum status status = declare_places(d, txn, &payload, error);
    /* What is gone makes room for what has its share now. */
    if (status == ST_OK) status = remove_undeclared(d, txn, &payload, error);
    if (status == ST_OK) status = declare_links(d, txn, &payload, error);
    if (status == ST_OK) status = look_up_numbers(d, txn, error);
    if (status == ST_OK) remember(d, txn);
    buf_free(&payload);
    return status;
}

static void declare_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct declaring *d = (struct declaring *)((char *)task - offsetof(struct declaring, task));
    const struct error *said = status != ST_OK ? error : &d->refusal;
    d->done(d->daemon, d->config, said->status, said, d->arg);
    mem_free(d);
}

void daemon_declare(struct daemon *daemon, const struct config *config, daemon_declared_fn *done,
                    void *arg)
{
    struct declaring *d = mem_alloc(sizeof *d);
    d->daemon = daemon;
    d->config = config;
    d->done = done;
    d->arg = arg;
    d->now_ms = clock_wall_ms(clock_system());
    d->task = (struct engine_task){.run = declare_run, .done = declare_done};
    struct runtime *runtime = loop_runtime(daemon->runtime);
    runtime->engine_submit(runtime, &d->task);
}
