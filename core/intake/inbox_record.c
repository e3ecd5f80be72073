/* Rows of TABLE_INBOX as bytes. Keys: a claim, which begins with a digit; or 0 and an inbox's name.
 */
#include "intake/inbox_record.h"

#include "base/wire.h"
#include "engine/keys.h"

enum { ROW_VERSION = 1, LAST_VERSION = 1, INBOX_RECORD_MAX = 8 << 10 };

bool inbox_key_is_claim(struct bytes key)
{
    return key.size && *(const char *)key.data != '\0';
}

static struct bytes last_key(const char *inbox, struct key *key)
{
    *key = (struct key){0};
    key_u8(key, 0);
    key_add(key, bytes_text(inbox));
    return key_bytes(key);
}

static void get_digest(struct wire_reader *r, uint8_t digest[IMPORT_DIGEST_SIZE])
{
    struct bytes bytes = wire_get_bytes(r);
    if (bytes.size == IMPORT_DIGEST_SIZE)
        memcpy(digest, bytes.data, IMPORT_DIGEST_SIZE);
    else
        r->ok = false;
}

enum status inbox_row_read(struct bytes from, struct inbox_row *row)
{
    struct wire_reader r = wire_reader(from);
    *row = (struct inbox_row){0};
    if (wire_get_u8(&r) != ROW_VERSION) return ST_DAMAGED;
    row->job = wire_get_u64(&r);
    row->inbox = wire_get_bytes(&r);
    row->file = wire_get_bytes(&r);
    row->size = wire_get_u64(&r);
    row->modified_ms = wire_get_i64(&r);
    get_digest(&r, row->digest);
    row->same_as = wire_get_u64(&r);
    return r.ok ? ST_OK : ST_DAMAGED;
}

enum status inbox_last_read(struct bytes from, struct inbox_last *last)
{
    struct wire_reader r = wire_reader(from);
    *last = (struct inbox_last){0};
    if (wire_get_u8(&r) != LAST_VERSION) return ST_DAMAGED;
    last->job = wire_get_u64(&r);
    last->claim = wire_get_bytes(&r);
    last->file = wire_get_bytes(&r);
    last->when_ms = wire_get_i64(&r);
    last->state = (enum import_state)wire_get_u8(&r);
    last->failed = wire_get_u8(&r) != 0;
    last->counts.rows = wire_get_u64(&r);
    last->counts.changed = wire_get_u64(&r);
    last->counts.unchanged = wire_get_u64(&r);
    last->counts.refused = wire_get_u64(&r);
    last->detail = wire_get_bytes(&r);
    get_digest(&r, last->digest);
    return r.ok ? ST_OK : ST_DAMAGED;
}

enum status inbox_row_get(struct store_txn *txn, struct bytes claim, struct bytes *value)
{
    return store_get(txn, TABLE_INBOX, claim, value);
}

enum status inbox_last_get(struct store_txn *txn, const char *inbox, struct inbox_last *last)
{
    struct key key;
    struct bytes value;
    enum status status = store_get(txn, TABLE_INBOX, last_key(inbox, &key), &value);
    return status == ST_OK ? inbox_last_read(value, last) : status;
}

void inbox_row_put(struct store_txn *txn, const struct import_origin *origin, uint64_t job,
                   uint64_t size, const uint8_t digest[IMPORT_DIGEST_SIZE])
{
    struct inbox_last last;
    struct buf record;
    bool same = inbox_last_get(txn, origin->inbox, &last) == ST_OK &&
                memcmp(last.digest, digest, IMPORT_DIGEST_SIZE) == 0;
    buf_init(&record, INBOX_RECORD_MAX);
    wire_put_u8(&record, ROW_VERSION);
    wire_put_u64(&record, job);
    wire_put_text(&record, origin->inbox);
    wire_put_text(&record, origin->file);
    wire_put_u64(&record, size);
    wire_put_i64(&record, origin->modified_ms);
    wire_put_bytes(&record, bytes_of(digest, IMPORT_DIGEST_SIZE));
    wire_put_u64(&record, same ? last.job : 0);
    store_put(txn, TABLE_INBOX, bytes_text(origin->claim), bytes_of(record.data, record.size));
    buf_free(&record);
}

void inbox_row_finish(struct store_txn *txn, const char *inbox, const char *claim,
                      const struct inbox_last *last)
{
    struct key key;
    struct buf record;
    buf_init(&record, INBOX_RECORD_MAX);
    wire_put_u8(&record, LAST_VERSION);
    wire_put_u64(&record, last->job);
    wire_put_bytes(&record, last->claim);
    wire_put_bytes(&record, last->file);
    wire_put_i64(&record, last->when_ms);
    wire_put_u8(&record, (uint8_t)last->state);
    wire_put_u8(&record, last->failed);
    wire_put_u64(&record, last->counts.rows);
    wire_put_u64(&record, last->counts.changed);
    wire_put_u64(&record, last->counts.unchanged);
    wire_put_u64(&record, last->counts.refused);
    wire_put_bytes(&record, last->detail);
    wire_put_bytes(&record, bytes_of(last->digest, IMPORT_DIGEST_SIZE));
    store_put(txn, TABLE_INBOX, last_key(inbox, &key), bytes_of(record.data, record.size));
    store_delete(txn, TABLE_INBOX, bytes_text(claim));
    buf_free(&record);
}
