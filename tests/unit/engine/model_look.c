/* The model's look at the store: places, checks after each step, a digest of everything. */
#include "model_run.h"

static int listing_index(const char *id)
{
    for (int l = 0; l < LISTINGS; l++)
        if (strcmp(model_listings[l], id) == 0) return l;
    fail_msg("listing %s?", id);
    return 0;
}

int place_of(int account, int remote, int listing)
{
    return (account * REMOTES + remote) * LISTINGS + listing;
}

int place_of_item(const struct engine_item *item)
{
    int remote = strcmp(item->remote_id, "R1") == 0 ? 0 : 1;
    return place_of((int)item->target.account - 1, remote, listing_index(item->listing_id));
}

/* Store number -> index of the model. */
struct names {
    int listing[64], remote[16];
};

static int target_place(const struct names *names, const struct target_id *id)
{
    return place_of((int)id->account - 1, names->remote[id->remote], names->listing[id->listing]);
}

static struct names read_names(struct store_txn *txn)
{
    struct names names;
    memset(&names, -1, sizeof names);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct listing_view view;
        char id[8] = "";
        assert_int_equal(listing_read(value, &view), ST_OK);
        memcpy(id, view.id.data, view.id.size);
        names.listing[bytes_get_u64((const uint8_t *)key.data + 4)] = listing_index(id);
    }
    store_cursor_close(cursor);
    cursor = store_cursor(txn, TABLE_REMOTE_WAREHOUSE);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct remote_view view;
        assert_int_equal(remote_read(value, &view), ST_OK);
        names.remote[bytes_get_u32((const uint8_t *)key.data + 4)] =
            bytes_equal(view.id, bytes_text("R1")) ? 0 : 1;
    }
    store_cursor_close(cursor);
    return names;
}

static void check_target(struct run *r, struct place *p, const struct target_record *t)
{
    bool acked = t->flags & TARGET_ACKED;
    bool open = t->flags & (TARGET_OPEN | TARGET_UNRESOLVED);
    bool shows_none = r->ended && t->acked_value == 0;
    if (!r->confirms && !shows_none && acked && (!p->acked || p->acked_value != t->acked_value))
        fail_msg("the acknowledged mark moved without a confirmation (I5)");
    if (!r->confirms && p->open && !open) fail_msg("an open write was forgotten (I4)");
    if (t->wanted_value == 0 && t->flags & TARGET_WANTED && t->zero_reason == ZERO_NONE)
        fail_msg("a zero without a reason (I9)");
    p->acked = acked;
    p->acked_value = t->acked_value;
    if (!open) p->open = false;
    if (t->wanted_revision != p->wanted_revision) p->reasons++;
    p->wanted_revision = t->wanted_revision;
}

void run_check(struct run *r)
{
    struct store_txn *txn;
    bool seen[PLACES] = {false};
    assert_int_equal(store_begin(r->w.store, STORE_READ, &txn, NULL), ST_OK);
    struct names names = read_names(txn);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_id id = target_key_read(key.data);
        struct target_record record;
        assert_int_equal(target_record_read(value, &record, NULL), ST_OK);
        int place =
            place_of((int)id.account - 1, names.remote[id.remote], names.listing[id.listing]);
        /* One retired target may wait for its write beside the one that took its place. */
        if (seen[place] && !(record.hold & HOLD_NEVER)) seen[place] = false;
        if (seen[place]) continue;
        seen[place] = true;
        check_target(r, &r->places[place], &record);
    }
    for (int i = 0; i < PLACES; i++) {
        if (seen[i]) continue;
        if (r->places[i].open && !r->confirms) fail_msg("an open write was forgotten (I4)");
        r->places[i].open = r->places[i].acked = false;
        r->places[i].wanted_revision = 0;
    }
    store_cursor_close(cursor);
    store_abort(txn);
    for (int p = 0; p < PRODUCTS; p++)
        for (int w = 0; w < WAREHOUSES; w++)
            assert_int_equal(on_hand(&r->w, model_skus[p], (uint32_t)w + 1), r->seller.stock[p][w]);
}

uint64_t run_digest(struct run *r)
{
    struct store_txn *txn;
    uint64_t h = 14695981039346656037u;
    assert_int_equal(store_begin(r->w.store, STORE_READ, &txn, NULL), ST_OK);
    for (int table = 0; table < TABLE_COUNT; table++) {
        struct bytes row[2];
        struct store_cursor *cursor = store_cursor(txn, (enum store_table)table);
        while (store_next(cursor, &row[0], &row[1]) == ST_OK)
            for (int part = 0; part < 2; part++)
                for (size_t i = 0; i < row[part].size; i++)
                    h = (h ^ ((const uint8_t *)row[part].data)[i]) * 1099511628211u;
        store_cursor_close(cursor);
    }
    store_abort(txn);
    return h;
}

void run_rejected(struct run *r, bool rejected[PLACES])
{
    struct store_txn *txn;
    memset(rejected, 0, PLACES * sizeof *rejected);
    assert_int_equal(store_begin(r->w.store, STORE_READ, &txn, NULL), ST_OK);
    struct names names = read_names(txn);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_id id = target_key_read(key.data);
        struct target_record record;
        assert_int_equal(target_record_read(value, &record, NULL), ST_OK);
        rejected[target_place(&names, &id)] |= (record.flags & TARGET_REJECTED) != 0;
    }
    store_cursor_close(cursor);
    store_abort(txn);
}
