/* Explaining: accounts where a product is not shown at all, and what is missing there. */
#include "query/explain_private.h"

#include "base/wire.h"
#include "engine/listing.h"
#include "query/rows.h"

static bool is_linked(const struct directory *d, uint32_t account)
{
    for (uint32_t i = 0; i < d->remote_count; i++)
        if (d->remotes[i].account == account && d->remotes[i].link_count) return true;
    return false;
}

static bool has_row(struct query *query, enum store_table table, const struct key *prefix)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(query->txn, table);
    bool has = store_seek(cursor, key_bytes(prefix), &key, NULL) == ST_OK &&
               key_starts(key, key_bytes(prefix));
    store_cursor_close(cursor);
    return has;
}

/* The first listing of the account tied to the product. */
static uint64_t tied_listing(const struct explaining *e, uint32_t account)
{
    struct key prefix = {0};
    struct bytes key;
    uint64_t listing = 0;
    key_u64(&prefix, e->product.number);
    key_u32(&prefix, account);
    struct store_cursor *cursor = store_cursor(e->query->txn, TABLE_LISTING_PRODUCT);
    if (store_seek(cursor, key_bytes(&prefix), &key, NULL) == ST_OK && key.size == 20 &&
        key_starts(key, key_bytes(&prefix)))
        listing = bytes_get_u64((const uint8_t *)key.data + 12);
    store_cursor_close(cursor);
    return listing;
}

/* The first listing of the account that has this key; one in conflict before others. */
static uint64_t listing_with(const struct explaining *e, uint32_t account, const char *kind,
                             struct bytes value, bool *conflict)
{
    const struct listing_key of = {bytes_text(kind), value};
    struct key prefix;
    struct bytes key;
    uint64_t found = 0;
    if (!listing_index_key(&of, account, 0, &prefix)) return 0;
    prefix.size -= 8; /* any listing */
    struct store_cursor *cursor = store_cursor(e->query->txn, TABLE_LISTING_KEY);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, NULL);
    for (; status == ST_OK && key.size == prefix.size + 8 && key_starts(key, key_bytes(&prefix)) &&
           !*conflict;
         status = store_next(cursor, &key, NULL)) {
        uint64_t listing = bytes_get_u64((const uint8_t *)key.data + prefix.size);
        struct key of_conflict = {0};
        key_u32(&of_conflict, account);
        key_u64(&of_conflict, listing);
        *conflict = has_row(e->query, TABLE_CONFLICT, &of_conflict);
        if (*conflict || !found) found = listing;
    }
    store_cursor_close(cursor);
    return found;
}

static uint64_t listing_like(const struct explaining *e, uint32_t account, bool *conflict)
{
    const struct product_view *p = &e->product.product;
    uint64_t found = listing_with(e, account, "sku", p->sku, conflict);
    for (uint32_t i = 0; i < p->barcode_count && !found; i++)
        found = listing_with(e, account, "barcode", p->barcodes[i], conflict);
    return found;
}

static struct bytes conflict_code(struct query *query, uint32_t account, uint64_t listing)
{
    struct key key = {0};
    struct bytes value;
    key_u32(&key, account);
    key_u64(&key, listing);
    if (store_get(query->txn, TABLE_CONFLICT, key_bytes(&key), &value) != ST_OK)
        return bytes_of("", 0);
    struct wire_reader r = wire_reader(value);
    return wire_get_bytes(&r);
}

static struct explain_absent absent_at(struct explaining *e,
                                       const struct directory_account *account)
{
    struct query *query = e->query;
    struct explain_absent to = {.account = account, .missing = EXPLAIN_NO_LISTING};
    struct listing_view view;
    struct key prefix = {0};
    bool conflict = false;
    key_u32(&prefix, account->no);
    to.conflicts = has_row(query, TABLE_CONFLICT, &prefix);
    uint64_t listing = tied_listing(e, account->no);
    if (listing)
        to.missing = is_linked(query->directory, account->no) ? EXPLAIN_NO_TARGET : EXPLAIN_NO_LINK;
    else
        listing = listing_like(e, account->no, &conflict);
    if (!listing || query_load_listing(query, account->no, listing, &view) != ST_OK) return to;
    to.listing = view.id;
    if (conflict) {
        to.missing = EXPLAIN_CONFLICT;
        to.code = conflict_code(query, account->no, listing);
    } else if (view.product != e->product.number) {
        to.missing = EXPLAIN_UNTIED;
        to.other = view.product ? query_sku(query, view.product) : bytes_of("", 0);
    }
    return to;
}

enum status explain_absent(struct explaining *e)
{
    const struct directory *d = e->query->directory;
    for (uint32_t i = 0; i < d->account_count; i++) {
        const struct directory_account *account = &d->accounts[i];
        if ((e->only && e->only != account) || explain_is_shown(e, account->no)) continue;
        const struct explain_absent absent = absent_at(e, account);
        if (!e->rows->absent(e->rows->ctx, &absent)) break;
    }
    return store_failed(e->query->txn, e->query->error);
}
