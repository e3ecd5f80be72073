/* The seller's warehouses and the marketplaces' warehouses. The links between them are in link.c.
 */
#include "engine/place.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/sweep.h"

#include <stdio.h>

enum { WAREHOUSE_KEY_MAX = 63, NAME_MAX_BYTES = 200 };

/* ---- the seller's */

static enum status check_warehouse_key(struct applying *a, struct bytes key)
{
    bool good = key.size > 0 && key.size <= WAREHOUSE_KEY_MAX;
    for (size_t i = 0; good && i < key.size; i++) {
        char c = ((const char *)key.data)[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               (i && (c == '-' || c == '_' || c == '.'));
    }
    if (good) return ST_OK;
    return error_set(
        a->error, ST_INVALID,
        "a warehouse is named by 1 to %d small letters, digits, '-', '_' or '.', beginning with a "
        "letter or digit; '%.*s' is not",
        WAREHOUSE_KEY_MAX, (int)key.size, (const char *)key.data);
}

enum status apply_warehouse_put(struct applying *a, struct wire_reader *r)
{
    struct warehouse_view view = {.key = wire_get_bytes(r), .name = wire_get_bytes(r)};
    enum status status = check_warehouse_key(a, view.key);
    if (status != ST_OK) return status;
    if (view.name.size > NAME_MAX_BYTES)
        return error_set(a->error, ST_TOO_BIG,
                         "a warehouse's name has at most %d bytes; this one has %zu",
                         NAME_MAX_BYTES, view.name.size);
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_warehouse *old = directory_warehouse_by_key(d, view.key);
    if (old && strlen(old->name) == view.name.size &&
        memcmp(old->name, view.name.data, view.name.size) == 0)
        return ST_OK;
    if (!old && d->warehouse_count >= DIRECTORY_WAREHOUSES_MAX)
        return error_set(a->error, ST_TOO_BIG,
                         "there are %d warehouses already, the most there can be",
                         DIRECTORY_WAREHOUSES_MAX);
    applying_sequence(a);
    uint32_t no = old ? old->no : (uint32_t)++a->engine->counters.warehouse;
    uint8_t key[4];
    bytes_put_u32(key, no);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    warehouse_write(record, &view);
    store_put(a->txn, TABLE_WAREHOUSE, bytes_of(key, sizeof key),
              bytes_of(record->data, record->size));
    char what[WAREHOUSE_KEY_MAX + 16], name[NAME_MAX_BYTES + 1];
    snprintf(what, sizeof what, "warehouse %.*s", (int)view.key.size, (const char *)view.key.data);
    if (!old && !view.name.size) view.name = view.key;
    snprintf(name, sizeof name, "%.*s", (int)view.name.size, (const char *)view.name.data);
    change_setting(a, 0, no, what, old ? old->name : "", name);
    engine_directory_stale(a->engine);
    return ST_OK;
}

/* ---- the marketplaces' */

static void remote_save(struct applying *a, uint32_t account, uint32_t number,
                        const struct remote_view *view)
{
    uint8_t key[8];
    bytes_put_u32(key, account);
    bytes_put_u32(key + 4, number);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    remote_write(record, view);
    store_put(a->txn, TABLE_REMOTE_WAREHOUSE, bytes_of(key, sizeof key),
              bytes_of(record->data, record->size));
    engine_directory_stale(a->engine);
    engine_touch_facts(a->engine, account);
}

enum status remote_number(struct applying *a, uint32_t account, const struct remote_view *seen,
                          uint32_t *number)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_remote *old = directory_remote_by_id(d, account, seen->id);
    if (old) {
        *number = old->no;
        return ST_OK;
    }
    if (d->remote_count >= DIRECTORY_REMOTES_MAX)
        return error_set(a->error, ST_TOO_BIG,
                         "there are %d remote warehouses already, the most there can be",
                         DIRECTORY_REMOTES_MAX);
    applying_sequence(a);
    *number = (uint32_t)++a->engine->counters.remote;
    a->engine->counters_changed = true;
    remote_save(a, account, *number, seen);
    return ST_OK;
}

static bool text_equal(const char *text, struct bytes bytes)
{
    return strlen(text) == bytes.size && memcmp(text, bytes.data, bytes.size) == 0;
}

enum status remote_seen(struct applying *a, uint32_t account, const struct remote_view *seen)
{
    struct remote_view view = *seen;
    view.read_ms = a->command->now_ms;
    if (view.closed_until_ms <= a->command->now_ms) view.closed_until_ms = 0;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_remote *old = directory_remote_by_id(d, account, seen->id);
    uint32_t number;
    if (!old) return remote_number(a, account, &view, &number);
    number = old->no;
    bool opens = old->marketplace != view.marketplace || old->writable != view.writable ||
                 old->gone != view.gone || !old->closed_until_ms != !view.closed_until_ms;
    bool same = !opens && text_equal(old->name, view.name) && text_equal(old->kind, view.kind) &&
                text_equal(old->why, view.why) && old->closed_until_ms == view.closed_until_ms &&
                old->is_default == view.is_default && old->marketplace == view.marketplace &&
                old->read_ms / 60000 == view.read_ms / 60000;
    if (same) return ST_OK;
    bool linked = old->link_count > 0;
    applying_sequence(a);
    remote_save(a, account, number, &view);
    if (opens && linked) sweep_remote(a, account, number);
    return ST_OK;
}

enum status remote_list_complete(struct applying *a, uint32_t account, int64_t begun_ms)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        const struct directory_remote *old = &d->remotes[i];
        if (old->account != account || old->gone || old->read_ms / 60000 >= begun_ms / 60000)
            continue;
        if (old->read_ms == 0 && old->link_count == 0) continue;
        if (old->marketplace) continue;
        struct remote_view view = {
            .id = bytes_text(old->id),
            .name = bytes_text(old->name),
            .kind = bytes_text(old->kind),
            .why = bytes_text(old->read_ms ? "the marketplace no longer lists it"
                                           : "the marketplace lists no such warehouse"),
            .gone = true,
            .read_ms = old->read_ms};
        struct directory *kept = d; /* the view points into it: keep it past the save */
        a->engine->directory = NULL;
        applying_sequence(a);
        remote_save(a, account, old->no, &view);
        if (old->link_count > 0) sweep_remote(a, account, old->no);
        directory_free(a->engine->directory);
        a->engine->directory = kept;
    }
    engine_directory_stale(a->engine);
    return ST_OK;
}

/* As a view, which points into the directory it is of. */
static struct remote_view view_of(const struct directory_remote *remote)
{
    return (struct remote_view){.id = bytes_text(remote->id),
                                .name = bytes_text(remote->name),
                                .kind = bytes_text(remote->kind),
                                .why = bytes_text(remote->why),
                                .writable = remote->writable,
                                .is_default = remote->is_default,
                                .marketplace = remote->marketplace,
                                .gone = remote->gone,
                                .closed_until_ms = remote->closed_until_ms,
                                .read_ms = remote->read_ms};
}

/* The time that it was closed until is over: it is taken for open, until the marketplace says more
 * (I6: the remote warehouse's row is what wakes it). */
enum status apply_reopen(struct applying *a, struct wire_reader *r)
{
    uint32_t account = wire_get_u32(r);
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    a->engine->directory = NULL; /* the views point into it: keep it past the saves */
    for (uint32_t i = 0; r->ok && i < d->remote_count; i++) {
        const struct directory_remote *old = &d->remotes[i];
        if (old->account != account || !old->closed_until_ms ||
            old->closed_until_ms > a->command->now_ms)
            continue;
        struct remote_view view = view_of(old);
        view.closed_until_ms = 0;
        view.writable = true;
        view.why = bytes_of("", 0);
        applying_sequence(a);
        remote_save(a, account, old->no, &view);
        if (old->link_count > 0) sweep_remote(a, account, old->no);
        a->result->rows++;
    }
    engine_directory_stale(a->engine);
    directory_free(d);
    return ST_OK;
}
