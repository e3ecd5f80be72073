/* Verifying the small tables, the counters, the command log and the sweeps. */
#include "engine/sweep.h"
#include "verify/rows.h"

static bool load_counters(struct verifying *v)
{
    struct bytes value;
    if (!verify_get(v, TABLE_META, bytes_text("counters"), &value)) {
        if (store_count(v->txn, TABLE_COMMAND))
            verify_finding(v, TABLE_META, "the row 'counters' is missing");
        return false;
    }
    if (value.size != sizeof v->counters) {
        verify_finding(v, TABLE_META, "the row 'counters' has %zu bytes, not %zu", value.size,
                       sizeof v->counters);
        return false;
    }
    memcpy(&v->counters, value.data, sizeof v->counters);
    return true;
}

static void check_number(struct verifying *v, enum store_table table, uint64_t number,
                         uint64_t counter)
{
    if (number == 0 || number > counter)
        verify_finding(v, table, "number %llu is used, but the counter stands at %llu",
                       (unsigned long long)number, (unsigned long long)counter);
}

static void check_directory(struct verifying *v)
{
    const struct directory *d = v->directory;
    for (uint32_t i = 0; i < d->warehouse_count; i++) {
        check_number(v, TABLE_WAREHOUSE, d->warehouses[i].no, v->counters.warehouse);
        if (directory_warehouse_by_key(d, bytes_text(d->warehouses[i].key)) != &d->warehouses[i])
            verify_finding(v, TABLE_WAREHOUSE, "the key '%s' is used twice", d->warehouses[i].key);
    }
    for (uint32_t i = 0; i < d->account_count; i++) {
        check_number(v, TABLE_ACCOUNT, d->accounts[i].no, v->counters.account);
        if (directory_account_by_name(d, bytes_text(d->accounts[i].name)) != &d->accounts[i])
            verify_finding(v, TABLE_ACCOUNT, "the name '%s' is used twice", d->accounts[i].name);
    }
    for (uint32_t i = 0; i < d->remote_count; i++) {
        const struct directory_remote *remote = &d->remotes[i];
        check_number(v, TABLE_REMOTE_WAREHOUSE, remote->no, v->counters.remote);
        if (!directory_account(d, remote->account))
            verify_finding(v, TABLE_REMOTE_WAREHOUSE,
                           "'%s' belongs to account %u, which is missing", remote->id,
                           remote->account);
        if (directory_remote_by_id(d, remote->account, bytes_text(remote->id)) != remote)
            verify_finding(v, TABLE_REMOTE_WAREHOUSE, "account %u has '%s' twice", remote->account,
                           remote->id);
    }
}

static void check_links(struct verifying *v)
{
    const struct directory *d = v->directory;
    for (uint32_t i = 0; i < d->link_count; i++) {
        const struct directory_link *link = &d->links[i];
        const struct directory_remote *remote = directory_remote(d, link->account, link->remote);
        if (!remote)
            verify_finding(v, TABLE_LINK, "a link names remote warehouse %u of account %u: missing",
                           link->remote, link->account);
        if (!directory_warehouse(d, link->warehouse))
            verify_finding(v, TABLE_LINK, "a link names warehouse %u, which is missing",
                           link->warehouse);
        for (uint32_t j = i + 1; j < d->link_count && d->links[j].account == link->account &&
                                 d->links[j].remote == link->remote;
             j++)
            if (d->links[j].warehouse == link->warehouse)
                verify_finding(v, TABLE_LINK,
                               "warehouse %u is linked twice to remote warehouse %u of account %u",
                               link->warehouse, link->remote, link->account);
    }
}

static void check_account_state(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    if (key.size < 5 || !directory_account(v->directory, bytes_get_u32(key.data)))
        verify_finding(v, TABLE_ACCOUNT_STATE, "a row belongs to no account");
}

/* ---- the command log */

static void check_command(struct verifying *v, struct bytes key, struct bytes value)
{
    struct command_view command;
    if (key.size != 8 || command_read(value, &command) != ST_OK) {
        verify_finding(v, TABLE_COMMAND, "a row cannot be read");
        return;
    }
    uint64_t sequence = bytes_get_u64(key.data);
    check_number(v, TABLE_COMMAND, sequence, v->counters.sequence);
    if (command.id.size == 0) return;
    struct bytes found;
    if (!verify_get(v, TABLE_COMMAND_ID, command.id, &found) || !bytes_equal(found, key))
        verify_finding(v, TABLE_COMMAND, "command %llu cannot be found by its id",
                       (unsigned long long)sequence);
}

static void check_command_id(struct verifying *v, struct bytes key, struct bytes value)
{
    struct bytes row;
    struct command_view command;
    if (value.size != 8 || !verify_get(v, TABLE_COMMAND, value, &row)) {
        verify_finding(v, TABLE_COMMAND_ID, "an id belongs to no command");
        return;
    }
    if (command_read(row, &command) == ST_OK && !bytes_equal(command.id, key))
        verify_finding(v, TABLE_COMMAND_ID, "command %llu is found by an id that is not its own",
                       (unsigned long long)bytes_get_u64(value.data));
}

/* ---- sweeps */

static void check_sweep(struct verifying *v, struct bytes key, struct bytes value)
{
    struct sweep_record sweep;
    if (key.size != 8 || value.size < sizeof sweep) {
        verify_finding(v, TABLE_SWEEP, "a row cannot be read");
        return;
    }
    memcpy(&sweep, value.data, sizeof sweep);
    if (sweep.kind != SWEEP_ORDERS)
        check_number(v, TABLE_SWEEP, bytes_get_u64(key.data), v->counters.sweep);
    if (sweep.kind == SWEEP_REMOTE && !directory_remote(v->directory, sweep.account, sweep.remote))
        verify_finding(v, TABLE_SWEEP, "sweep %llu is of remote warehouse %u, which is missing",
                       (unsigned long long)bytes_get_u64(key.data), sweep.remote);
}

bool verify_swept_later(struct verifying *v, uint32_t account, uint32_t remote)
{
    if (store_count(v->txn, TABLE_SWEEP) == 0) return false;
    bool found = false;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(v->txn, TABLE_SWEEP);
    while (!found && store_next(cursor, &key, &value) == ST_OK) {
        struct sweep_record sweep;
        if (value.size < sizeof sweep) continue;
        memcpy(&sweep, value.data, sizeof sweep);
        found = sweep.kind == SWEEP_REMOTE && sweep.account == account && sweep.remote == remote;
    }
    store_cursor_close(cursor);
    return found;
}

void verify_places(struct verifying *v)
{
    if (!load_counters(v) && v->total == 0) return;
    check_directory(v);
    check_links(v);
    verify_walk(v, TABLE_ACCOUNT_STATE, check_account_state);
    verify_walk(v, TABLE_COMMAND, check_command);
    verify_walk(v, TABLE_COMMAND_ID, check_command_id);
    verify_walk(v, TABLE_SWEEP, check_sweep);
}
