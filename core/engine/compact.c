/* Forgetting what is older than it has to be kept, a chunk at a time: commands with what they
 * changed, what was sent, and ledger entries, which are folded into one that opens with what
 * they came to (I1 holds after every chunk). Commands go before the ledger: what can no longer be
 * undone as a whole is not offered. Then order lines that are over and the like (compact_rows.c).
 */
#include "engine/change.h"
#include "engine/compact_private.h"
#include "engine/day.h"
#include "engine/drift.h"
#include "engine/send.h"

enum {
    COMPACT_CHUNK_MAX = 4096,
    COMPACT_CHUNK_MIN = 16, /* fewer would not get through a pair */
    LEDGER_KEY = 24,
    LEDGER_PAIR = 12,
};
static const char place_key[] = "compact"; /* of TABLE_META: where the walk over the ledger is */

/* ---- the log */

static enum status forget_changes(struct compacting *c, struct bytes sequence)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(c->a->txn, TABLE_CHANGE);
    enum status status = store_seek(cursor, sequence, &key, &value);
    while (status == ST_OK && key_starts(key, sequence)) {
        struct change_view change;
        if (change_read(value, &change) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        const uint64_t products[] = {change.product, change.other};
        uint8_t place[12];
        memcpy(place, key.data, sizeof place);
        store_cursor_delete(cursor);
        for (int i = 0; i < 2; i++) {
            struct key index = {0};
            key_u64(&index, products[i]);
            key_add(&index, bytes_of(place, sizeof place));
            store_delete(c->a->txn, TABLE_CHANGE_PRODUCT, key_bytes(&index));
        }
        if (c->left) c->left--;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(c->a->txn, status, "change", c->a->error);
}

/* The oldest command, if it is old enough; `done` when it is not. */
static enum status forget_command(struct compacting *c, bool *done)
{
    struct bytes key, value;
    struct command_view command;
    uint8_t sequence[8];
    struct key group = {0}, id = {0};
    struct store_cursor *cursor = store_cursor(c->a->txn, TABLE_COMMAND);
    enum status status = store_next(cursor, &key, &value);
    bool readable = status == ST_OK && key.size == 8 && command_read(value, &command) == ST_OK;
    *done = status != ST_OK || (readable && command.time_ms >= c->before_ms);
    if (!*done && readable) {
        memcpy(sequence, key.data, sizeof sequence);
        key_u64(&group, command.group);
        key_add(&group, bytes_of(sequence, sizeof sequence));
        key_add(&id, command.id);
        bool grouped = command.group != 0;
        applying_sequence(c->a);
        store_cursor_delete(cursor);
        if (grouped) store_delete(c->a->txn, TABLE_COMMAND_GROUP, key_bytes(&group));
        if (id.size) store_delete(c->a->txn, TABLE_COMMAND_ID, key_bytes(&id));
    }
    store_cursor_close(cursor);
    if (status == ST_OK && !readable) status = ST_DAMAGED;
    status = engine_read_failed(c->a->txn, status, "command", c->a->error);
    if (status != ST_OK || *done) return status;
    store_delete(c->a->txn, TABLE_UNDONE, bytes_of(sequence, sizeof sequence));
    return forget_changes(c, bytes_of(sequence, sizeof sequence));
}

static enum status forget_commands(struct compacting *c)
{
    bool done = false;
    enum status status = ST_OK;
    for (; !done && c->left && status == ST_OK; c->left--)
        status = forget_command(c, &done);
    return status;
}

/* ---- sends: by number, so by time */

static bool send_is_old(struct compacting *c, struct bytes value, uint32_t *items)
{
    struct wire_reader r = wire_reader(value);
    struct send_head head = send_head_read(&r);
    *items = head.count;
    return r.ok && head.time_ms < c->before_ms;
}

static enum status forget_sends(struct compacting *c)
{
    struct bytes key, value;
    uint32_t items;
    struct store_cursor *cursor = store_cursor(c->a->txn, TABLE_SEND);
    enum status status = store_next(cursor, &key, &value);
    for (; status == ST_OK && c->left && send_is_old(c, value, &items); c->left--) {
        applying_sequence(c->a);
        store_cursor_delete(cursor);
        send_forgotten(c->a, items);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(c->a->txn, status, "send", c->a->error);
}

/* ---- the ledger */

/* What was folded of one pair in this chunk. */
struct folding {
    uint8_t key[LEDGER_KEY]; /* of the last old entry */
    struct ledger_record last;
    uint32_t count;
};

/* The old entries go, and the last of them opens the ledger with what they came to; where it ended
 * the figure nothing is left of it. */
static void end_pair(struct compacting *c, struct folding *f)
{
    if (f->count == 0) return;
    bool opens = f->last.first && !f->last.gone && f->count == 1; /* as it is */
    if (!opens) {
        struct bytes key = bytes_of(f->key, sizeof f->key);
        applying_sequence(c->a);
        f->last.on_hand_before = f->last.reserved_before = 0;
        f->last.first = 1;
        f->last.cause = CAUSE_OPENING;
        if (f->last.gone)
            store_delete(c->a->txn, TABLE_LEDGER, key);
        else
            store_put(c->a->txn, TABLE_LEDGER, key, bytes_of(&f->last, sizeof f->last));
    }
    f->count = 0;
}

/* Behind all entries of that pair. */
static enum status next_pair(struct store_cursor *cursor, const uint8_t pair[LEDGER_PAIR],
                             struct bytes *key, struct bytes *value)
{
    uint8_t from[LEDGER_KEY];
    memset(from, 0xff, sizeof from);
    memcpy(from, pair, LEDGER_PAIR);
    return store_seek(cursor, bytes_of(from, sizeof from), key, value);
}

/* Folds another entry; the one before was not the last old one. */
static void fold_entry(struct compacting *c, struct folding *f, const uint8_t key[LEDGER_KEY],
                       const struct ledger_record *entry)
{
    if (f->count) {
        applying_sequence(c->a);
        store_delete(c->a->txn, TABLE_LEDGER, bytes_of(f->key, sizeof f->key));
    }
    memcpy(f->key, key, sizeof f->key);
    f->last = *entry;
    f->count++;
}

/* The oldest command that is kept; UINT64_MAX: there is none. Entries since then stay, whatever
 * their time: after the clock was set back they may be older than that command, and what they say
 * is needed to undo those behind it. */
static enum status oldest_command(struct compacting *c, uint64_t *sequence)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(c->a->txn, TABLE_COMMAND);
    enum status status = store_next(cursor, &key, NULL);
    *sequence = status == ST_OK && key.size == 8 ? bytes_get_u64(key.data) : UINT64_MAX;
    store_cursor_close(cursor);
    return engine_read_failed(c->a->txn, status, "command", c->a->error);
}

/* Of each pair the entries before the first one that is young or of `kept` or later. Where it stops
 * is `place`. */
static enum status fold_ledger(struct compacting *c, uint64_t kept, struct key *place, bool *end)
{
    struct bytes key, value;
    struct folding f = {.count = 0};
    struct store_cursor *cursor = store_cursor(c->a->txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, key_bytes(place), &key, &value);
    place->size = 0;
    for (; status == ST_OK; c->left--) {
        struct ledger_record entry;
        uint8_t at[LEDGER_KEY]; /* copied: writing moves the store's bytes */
        if (key.size != sizeof at || value.size != sizeof entry) {
            status = ST_DAMAGED;
            break;
        }
        memcpy(at, key.data, sizeof at);
        memcpy(&entry, value.data, sizeof entry);
        if (c->left == 0) {
            key_add(place, bytes_of(at, LEDGER_PAIR));
            break;
        }
        if (f.count && memcmp(f.key, at, LEDGER_PAIR) != 0) end_pair(c, &f);
        if (entry.time_ms < c->before_ms && bytes_get_u64(at + LEDGER_PAIR) < kept) {
            fold_entry(c, &f, at, &entry);
            status = store_next(cursor, &key, &value);
        } else {
            end_pair(c, &f);
            status = next_pair(cursor, at, &key, &value);
        }
    }
    end_pair(c, &f);
    *end = status == ST_NOT_FOUND;
    store_cursor_close(cursor);
    return engine_read_failed(c->a->txn, status, "ledger", c->a->error);
}

/* The walk goes on where the last chunk ended: at the pair it was in, whose first entry is an
 * opening by then. A pair with more entries than a chunk looks at is gone through in several. */
static enum status compact_ledger(struct compacting *c, bool *end)
{
    struct key place = {0};
    struct bytes value;
    uint64_t kept;
    enum status status = store_get(c->a->txn, TABLE_META, bytes_text(place_key), &value);
    if (status == ST_OK && value.size <= LEDGER_KEY) key_add(&place, value);
    status = oldest_command(c, &kept);
    if (status == ST_OK) status = fold_ledger(c, kept, &place, end);
    if (status != ST_OK) return status;
    applying_sequence(c->a);
    if (*end)
        store_delete(c->a->txn, TABLE_META, bytes_text(place_key));
    else
        store_put(c->a->txn, TABLE_META, bytes_text(place_key), key_bytes(&place));
    return ST_OK;
}

enum status apply_compact(struct applying *a, struct wire_reader *r)
{
    struct compacting c = {.a = a, .before_ms = wire_get_i64(r)};
    c.left = wire_get_u32(r);
    if (!r->ok) return ST_OK; /* engine_apply says so */
    if (c.left == 0 || c.left > COMPACT_CHUNK_MAX) c.left = COMPACT_CHUNK_MAX;
    if (c.left < COMPACT_CHUNK_MIN) c.left = COMPACT_CHUNK_MIN;
    bool end = false;
    enum status status = forget_commands(&c);
    if (status == ST_OK) status = forget_sends(&c);
    if (status == ST_OK) status = drift_forget(a, c.before_ms, &c.left);
    if (status == ST_OK && day_forget(a->txn, c.before_ms, &c.left)) applying_sequence(a);
    bool rows = compact_rows_going(&c);
    if (status == ST_OK && c.left && !rows) {
        status = compact_ledger(&c, &end);
        if (status == ST_OK && end) compact_rows_begin(&c);
        rows = end;
        end = false;
    }
    if (status == ST_OK && c.left && rows) status = compact_rows(&c, &end);
    a->result->more = !end;
    return status;
}
