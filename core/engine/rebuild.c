/* Rebuilding: the walk over its parts, comparing and mending. What follows from what is in
 * rebuild_derive.c. */
#include "engine/rebuild_private.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/guard_private.h"
#include "engine/target.h"

#include <stdio.h>

/* First what should be there: each row of these, and what follows from it. Then what is there and
 * should not be. Last what is counted. */
static const enum store_table sources[] = {TABLE_PRODUCT,     TABLE_LISTING, TABLE_TARGET,
                                           TABLE_COMMAND,     TABLE_CHANGE,  TABLE_ORDER_LINE,
                                           TABLE_RESERVATION, TABLE_ALERT};
static const enum store_table derived[] = {
    TABLE_PRODUCT_SKU, TABLE_PRODUCT_BARCODE, TABLE_PRODUCT_FOLD,   TABLE_LISTING_ID,
    TABLE_LISTING_KEY, TABLE_LISTING_PRODUCT, TABLE_OUTBOX,         TABLE_UNRESOLVED,
    TABLE_COMMAND_ID,  TABLE_COMMAND_GROUP,   TABLE_CHANGE_PRODUCT, TABLE_ORDER,
    TABLE_ORDER_OPEN,  TABLE_ORDER_HELD,      TABLE_ORDER_PRODUCT,  TABLE_ALERT,
};
enum {
    SOURCES = sizeof sources / sizeof *sources,
    DERIVED = sizeof derived / sizeof *derived,
    PART_GUARD = SOURCES + DERIVED,
    PARTS,
    CHUNK_MAX = 10000,
};

bool rebuild_is_derived(enum store_table table)
{
    for (size_t i = 0; i < DERIVED; i++)
        if (derived[i] == table) return true;
    return table == TABLE_TARGET || table == TABLE_WAKE || table == TABLE_GUARD ||
           table == TABLE_TARGET_COUNT;
}

uint64_t rebuild_total(struct store_txn *txn)
{
    uint64_t total = store_count(txn, TABLE_TARGET);
    for (size_t i = 0; i < SOURCES; i++)
        total += store_count(txn, sources[i]);
    for (size_t i = 0; i < DERIVED; i++)
        total += store_count(txn, derived[i]);
    return total;
}

struct rebuilding {
    struct store_txn *txn;
    struct applying *a;       /* NULL: only looks */
    struct directory *looked; /* without `a` */
    struct rebuild_told *told;
    struct error *error;
    enum status status;
};

static void failed(struct rebuilding *b, enum status status)
{
    if (b->status == ST_OK && status != ST_OK && status != ST_NOT_FOUND) {
        store_failed(b->txn, b->error);
        b->status = status;
    }
}

/* ---- what should be there */

static void expect(void *ctx, enum store_table table, struct bytes key, struct bytes value)
{
    struct rebuilding *b = ctx;
    struct rebuild_count *count = &b->told->counts[table];
    struct bytes found;
    if (key.size == 0 || key.size > KEY_MAX) return;
    enum status status = store_get(b->txn, table, key, &found);
    failed(b, status);
    if (status == ST_OK && bytes_equal(found, value)) {
        count->right++;
        return;
    }
    count->missing++;
    if (!b->a || b->status != ST_OK) return;
    applying_sequence(b->a);
    store_put(b->txn, table, key, value);
    count->mended++;
}

/* A tied listing has a target in each linked warehouse of its account; one that is to be made by a
 * sweep is made now. */
static void expect_targets(struct rebuilding *b, struct bytes key, struct bytes value)
{
    struct listing_view view;
    if (key.size != 12 || listing_read(value, &view) != ST_OK || !view.product) return;
    struct directory *d = b->a ? engine_directory(b->a->engine, b->txn, b->error) : b->looked;
    const uint32_t account = bytes_get_u32(key.data);
    struct rebuild_count *count = &b->told->counts[TABLE_TARGET];
    for (uint32_t i = 0; d && i < d->remote_count && b->status == ST_OK; i++) {
        if (d->remotes[i].account != account || d->remotes[i].link_count == 0) continue;
        const struct target_id id = {.product = view.product,
                                     .listing = bytes_get_u64((const uint8_t *)key.data + 4),
                                     .account = account,
                                     .remote = d->remotes[i].no};
        struct target t;
        failed(b, target_load(b->txn, &id, &t, b->error));
        if (b->status != ST_OK || t.exists) {
            count->right += b->status == ST_OK;
            continue;
        }
        count->missing++;
        if (!b->a) continue;
        enum status status = target_refresh(b->a, &id);
        if (status != ST_OK) b->status = status;
        count->mended += status == ST_OK;
    }
}

/* It waits in the outbox exactly when it has something to send. */
static void expect_queued(struct rebuilding *b, struct bytes key, struct bytes value)
{
    struct target t;
    const struct target_id id = target_key_read(key.data);
    if (target_decode(&id, value, &t) != ST_OK) return;
    bool queued = t.record.flags & TARGET_QUEUED;
    if (queued == target_must_send(&t.record)) return;
    b->told->counts[TABLE_OUTBOX].missing++;
    if (!b->a) return;
    applying_sequence(b->a);
    target_settle(b->a, &t);
    target_save(b->a, &t);
    b->told->counts[TABLE_OUTBOX].mended++;
}

static void expect_alert(struct rebuilding *b, struct bytes key, struct bytes value)
{
    struct rebuild_count *count = &b->told->counts[TABLE_ALERT];
    enum rebuild_alert what = rebuild_alert_look(b->txn, key, value);
    count->right += what == REBUILD_ALERT_RIGHT;
    if (what == REBUILD_ALERT_RIGHT) return;
    count->missing++;
    if (!b->a) return;
    applying_sequence(b->a);
    rebuild_alert_mend(b->txn, key, value, what, b->a->command->now_ms);
    count->mended++;
}

/* Mending moves the store's bytes: the row is copied first. */
static void look_at_source(struct rebuilding *b, enum store_table table, struct bytes key,
                           struct bytes value, struct buf *memory)
{
    buf_reset(memory);
    buf_add(memory, key.data, key.size);
    buf_add(memory, value.data, value.size);
    key = bytes_of(memory->data, key.size);
    value = bytes_of((const char *)memory->data + key.size, value.size);
    rebuild_derive(table, key, value, expect, b);
    if (table == TABLE_LISTING) expect_targets(b, key, value);
    if (table == TABLE_TARGET && key.size == TARGET_KEY_SIZE) expect_queued(b, key, value);
    if (table == TABLE_ALERT) expect_alert(b, key, value);
}

/* ---- what should not be there */

struct probe {
    enum store_table table;
    struct bytes key, value;
    bool found;
};

static void compare(void *ctx, enum store_table table, struct bytes key, struct bytes value)
{
    struct probe *p = ctx;
    p->found |= table == p->table && bytes_equal(key, p->key) && bytes_equal(value, p->value);
}

static void look_at_derived(struct rebuilding *b, enum store_table table, struct bytes key,
                            struct bytes value)
{
    enum store_table source;
    struct key of, at = {0};
    struct probe probe = {.table = table, .key = key, .value = value};
    struct bytes row;
    if (table == TABLE_ALERT && !rebuild_alert_is_index(key)) return;
    if (table == TABLE_ALERT) probe.found = rebuild_alert_is_index_right(b->txn, key, value);
    if (rebuild_source(table, key, value, &source, &of)) {
        enum status status = store_get(b->txn, source, key_bytes(&of), &row);
        failed(b, status);
        if (status == ST_OK) rebuild_derive(source, key_bytes(&of), row, compare, &probe);
    }
    if (probe.found || b->status != ST_OK) return;
    b->told->counts[table].surplus++;
    if (!b->a || key.size > KEY_MAX) return;
    applying_sequence(b->a);
    key_add(&at, key);
    store_delete(b->txn, table, key_bytes(&at));
    b->told->counts[table].mended++;
}

/* ---- what is counted */

static void count_live(struct rebuilding *b)
{
    struct guard_live lives[DIRECTORY_ACCOUNTS_MAX], had;
    uint32_t count = 0;
    struct bytes key, value;
    struct directory *d = NULL;
    failed(b, directory_load(b->txn, &d, b->error));
    for (; d && count < d->account_count && count < DIRECTORY_ACCOUNTS_MAX; count++)
        lives[count] = (struct guard_live){.account = d->accounts[count].no};
    directory_free(d);
    struct store_cursor *cursor = store_cursor(b->txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_record r;
        if (key.size != TARGET_KEY_SIZE || target_record_read(value, &r, NULL) != ST_OK) continue;
        uint32_t account = target_key_read(key.data).account;
        for (uint32_t i = 0; i < count; i++) {
            if (lives[i].account != account) continue;
            lives[i].live += (guard_live_of(&r) & LIVE) != 0;
            lives[i].showing += (guard_live_of(&r) & LIVE_SHOWING) != 0;
        }
    }
    store_cursor_close(cursor);
    for (uint32_t i = 0; i < count && b->status == ST_OK; i++) {
        struct engine *engine = b->a ? b->a->engine : NULL;
        struct rebuild_count *told = &b->told->counts[TABLE_GUARD];
        failed(b, guard_live_get(engine, b->txn, lives[i].account, &had, b->error));
        bool right = had.live == lives[i].live && had.showing == lives[i].showing;
        told->right += right;
        told->missing += !right;
        if (right || !b->a) continue;
        applying_sequence(b->a);
        guard_live_add(engine, lives[i].account, lives[i].live - had.live,
                       lives[i].showing - had.showing);
        told->mended++;
    }
}

static void told_count(void *ctx, uint32_t account, bool right)
{
    struct rebuilding *b = ctx;
    struct rebuild_count *told = &b->told->counts[TABLE_TARGET_COUNT];
    (void)account;
    told->right += right;
    told->missing += !right;
    told->mended += !right && b->a;
    if (!right && b->a) applying_sequence(b->a);
}

/* What this group changed so far is put with the rest first. */
static void count_targets(struct rebuilding *b)
{
    uint32_t accounts[DIRECTORY_ACCOUNTS_MAX], count = 0;
    struct directory *d = NULL;
    failed(b, directory_load(b->txn, &d, b->error));
    for (; d && count < d->account_count && count < DIRECTORY_ACCOUNTS_MAX; count++)
        accounts[count] = d->accounts[count].no;
    directory_free(d);
    if (b->status == ST_OK && b->a) failed(b, target_count_flush(b->a->engine->counting, b->txn));
    if (b->status == ST_OK)
        failed(b, target_count_check(b->txn, accounts, count, b->a != NULL, told_count, b));
}

/* ---- chunks */

static enum store_table table_of(uint8_t part)
{
    return part < SOURCES ? sources[part] : derived[part - SOURCES];
}

/* The next row of the part, searched for anew: mending may have changed the table. */
static bool step(struct rebuilding *b, struct rebuild_place *place, struct buf *memory)
{
    enum store_table table = table_of(place->part);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(b->txn, table);
    enum status status = store_seek(cursor, key_bytes(&place->from), &key, &value);
    if (status == ST_OK && place->from.size && bytes_equal(key, key_bytes(&place->from)))
        status = store_next(cursor, &key, &value);
    failed(b, status);
    if (status == ST_OK && key.size <= KEY_MAX) {
        place->from.size = 0;
        key_add(&place->from, key);
        if (place->part < SOURCES)
            look_at_source(b, table, key, value, memory);
        else
            look_at_derived(b, table, key, value);
    }
    store_cursor_close(cursor);
    return status == ST_OK;
}

static enum status chunk(struct rebuilding *b, uint32_t limit)
{
    struct rebuild_place *place = &b->told->next;
    struct buf memory;
    buf_init(&memory, COMMAND_PAYLOAD_MAX + RECORD_MAX);
    if (limit == 0 || limit > CHUNK_MAX) limit = CHUNK_MAX;
    for (uint32_t n = 0; n < limit && b->status == ST_OK && place->part < PART_GUARD; n++) {
        if (step(b, place, &memory)) {
            b->told->rows++;
        } else {
            place->part++;
            place->from.size = 0;
        }
    }
    if (b->status == ST_OK && place->part >= PART_GUARD) {
        count_live(b);
        count_targets(b);
        b->told->rows += store_count(b->txn, TABLE_TARGET);
        place->end = true;
    }
    buf_free(&memory);
    return b->status == ST_OK ? store_failed(b->txn, b->error) : b->status;
}

enum status rebuild_look(struct store_txn *txn, uint32_t limit, struct rebuild_told *told,
                         struct error *error)
{
    struct rebuilding b = {.txn = txn, .told = told, .error = error};
    enum status status = directory_load(txn, &b.looked, error);
    if (status == ST_OK) status = chunk(&b, limit);
    directory_free(b.looked);
    return status;
}

void command_rebuild(struct buf *out, const struct rebuild_place *from, uint32_t limit)
{
    wire_put_u8(out, from->part);
    wire_put_bytes(out, key_bytes(&from->from));
    wire_put_u64(out, limit);
}

/* In the history: what was mended of each table. */
static void note(struct applying *a, const struct rebuild_told *told)
{
    for (int i = 0; i < TABLE_COUNT; i++) {
        const struct rebuild_count *c = &told->counts[i];
        char what[80], old[120];
        if (!c->mended) continue;
        snprintf(what, sizeof what, "table %s", store_table_name((enum store_table)i));
        snprintf(old, sizeof old, "%llu missing or wrong, %llu surplus",
                 (unsigned long long)c->missing, (unsigned long long)c->surplus);
        change_setting(a, 0, 0, what, old, "mended");
    }
}

enum status apply_rebuild(struct applying *a, struct wire_reader *r)
{
    struct rebuild_told *told = a->command->rebuilt, *mine = mem_alloc(sizeof *mine);
    mine->next.part = wire_get_u8(r);
    struct bytes from = wire_get_bytes(r);
    uint32_t limit = wire_get_u32(r);
    if (from.size > KEY_MAX || mine->next.part > PARTS) r->ok = false;
    enum status status = ST_OK;
    if (r->ok) {
        struct rebuilding b = {.txn = a->txn, .a = a, .told = mine, .error = a->error};
        key_add(&mine->next.from, from);
        status = chunk(&b, limit);
    }
    if (status == ST_OK && r->ok) note(a, mine);
    a->result->more = !mine->next.end;
    for (int i = 0; told && i < TABLE_COUNT; i++) {
        told->counts[i].right += mine->counts[i].right;
        told->counts[i].missing += mine->counts[i].missing;
        told->counts[i].surplus += mine->counts[i].surplus;
        told->counts[i].mended += mine->counts[i].mended;
    }
    if (told) told->next = mine->next;
    if (told) told->rows += mine->rows;
    mem_free(mine);
    return status;
}
