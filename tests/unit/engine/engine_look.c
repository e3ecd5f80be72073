/* Looking at the store's rows by the keys of store/tables.h. */
#include "engine_fixture.h"

#include "base/wire.h"

static struct store_txn *look(struct world *w)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    return txn;
}

/* The number of the listing, whichever account has it; 0: none. */
static uint64_t listing_no(struct store_txn *txn, const char *id, uint32_t *account)
{
    uint64_t number = 0;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING_ID);
    while (store_next(cursor, &key, &value) == ST_OK) {
        if (!bytes_equal(bytes_of((const char *)key.data + 4, key.size - 4), bytes_text(id)))
            continue;
        number = bytes_get_u64(value.data);
        *account = bytes_get_u32(key.data);
    }
    store_cursor_close(cursor);
    return number;
}

static bool find(struct world *w, const char *listing, const char *remote, struct target_id *id,
                 struct target_record *record)
{
    struct store_txn *txn = look(w);
    uint32_t account = 0, remote_no = 0;
    uint64_t number = listing_no(txn, listing, &account);
    struct bytes key, value;
    struct remote_view view;
    struct store_cursor *cursor = store_cursor(txn, TABLE_REMOTE_WAREHOUSE);
    while (store_next(cursor, &key, &value) == ST_OK)
        if (bytes_get_u32(key.data) == account && remote_read(value, &view) == ST_OK &&
            bytes_equal(view.id, bytes_text(remote)))
            remote_no = bytes_get_u32((const uint8_t *)key.data + 4);
    store_cursor_close(cursor);
    bool found = false;
    cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_id at = target_key_read(key.data);
        if (at.account != account || at.remote != remote_no || at.listing != number) continue;
        assert_false(found); /* one place, one target */
        found = true;
        if (id) *id = at;
        if (record) assert_int_equal(target_record_read(value, record, NULL), ST_OK);
    }
    store_cursor_close(cursor);
    store_abort(txn);
    return found;
}

struct target_record target_of(struct world *w, const char *listing, const char *remote)
{
    struct target_record record;
    if (!find(w, listing, remote, NULL, &record))
        fail_msg("listing %s has no target in %s", listing, remote);
    return record;
}

struct target_id target_id_of(struct world *w, const char *listing, const char *remote)
{
    struct target_id id;
    if (!find(w, listing, remote, &id, NULL))
        fail_msg("listing %s has no target in %s", listing, remote);
    return id;
}

bool target_is(struct world *w, const char *listing, const char *remote)
{
    return find(w, listing, remote, NULL, NULL);
}

uint64_t rows_in(struct world *w, enum store_table table)
{
    struct store_txn *txn = look(w);
    uint64_t rows = store_count(txn, table);
    store_abort(txn);
    return rows;
}

uint64_t product_no(struct world *w, const char *sku)
{
    struct store_txn *txn = look(w);
    struct bytes value;
    uint64_t product = 0;
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) == ST_OK)
        product = bytes_get_u64(value.data);
    store_abort(txn);
    return product;
}

struct stock_record stock_of(struct world *w, const char *sku, uint32_t warehouse)
{
    uint8_t key[12];
    bytes_put_u64(key, product_no(w, sku));
    bytes_put_u32(key + 8, warehouse);
    struct store_txn *txn = look(w);
    struct bytes value;
    struct stock_record stock = {.on_hand = FIGURE_UNKNOWN};
    if (store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value) == ST_OK)
        memcpy(&stock, value.data, sizeof stock);
    store_abort(txn);
    return stock;
}

int64_t on_hand(struct world *w, const char *sku, uint32_t warehouse)
{
    return stock_of(w, sku, warehouse).on_hand;
}

static struct key listing_key(struct store_txn *txn, const char *listing)
{
    uint32_t account = 0;
    uint64_t number = listing_no(txn, listing, &account);
    struct key key = {0};
    key_u32(&key, account);
    key_u64(&key, number);
    return key;
}

const char *conflict_of(struct world *w, const char *listing)
{
    static char code[64];
    struct store_txn *txn = look(w);
    struct key key = listing_key(txn, listing);
    struct bytes value;
    code[0] = 0;
    if (store_get(txn, TABLE_CONFLICT, key_bytes(&key), &value) == ST_OK) {
        struct wire_reader r = wire_reader(value);
        struct bytes text = wire_get_bytes(&r);
        assert_true(text.size < sizeof code);
        memcpy(code, text.data, text.size);
        code[text.size] = 0;
    }
    store_abort(txn);
    return code;
}

uint64_t listing_product_of(struct world *w, const char *listing)
{
    struct store_txn *txn = look(w);
    struct key key = listing_key(txn, listing);
    struct bytes value;
    struct listing_view view;
    if (store_get(txn, TABLE_LISTING, key_bytes(&key), &value) != ST_OK ||
        listing_read(value, &view) != ST_OK)
        fail_msg("there is no listing %s", listing);
    store_abort(txn);
    return view.product;
}
