/* Listings and conflicts. */
#include "api/api_private.h"

#include "base/wire.h"

#include <string.h>

enum { BY_ACCOUNT, BY_STATE, BY_SKU, UNMAPPED };

/* ---- one listing as JSON */

/* How it came to its product, as its keys tell. */
static const char *mapped_by(struct store_txn *txn, const struct listing_view *v)
{
    if (!v->product) return NULL;
    if (v->by_hand) return "hand";
    for (uint32_t i = 0; i < v->key_count; i++) {
        struct bytes value;
        if (!bytes_equal(v->keys[i].kind, bytes_text("sku")) || v->keys[i].value.size == 0 ||
            v->keys[i].value.size > KEY_TEXT_MAX)
            continue;
        if (store_get(txn, TABLE_PRODUCT_SKU, v->keys[i].value, &value) == ST_OK &&
            value.size == 8 && bytes_get_u64(value.data) == v->product)
            return "sku";
    }
    return "barcode";
}

json_t *api_listing_json(struct store_txn *txn, const struct directory *d, uint32_t account,
                         struct bytes value, struct error *error)
{
    struct listing_view v;
    if (listing_read(value, &v) != ST_OK) {
        api_damaged(txn, "listing", error);
        return NULL;
    }
    const struct directory_account *named = directory_account(d, account);
    json_t *keys = json_array();
    for (uint32_t i = 0; i < v.key_count; i++)
        json_array_append_new(keys, json_pack("{s:o, s:o}", "kind", api_text(v.keys[i].kind),
                                              "value", api_text(v.keys[i].value)));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "account",
                     api_cstr_or_null(named ? named->name : NULL), "listing", api_text(v.id), "sku",
                     api_product_sku(txn, v.product), "mapped_by",
                     api_cstr_or_null(mapped_by(txn, &v)), "keys", keys, "group",
                     api_text_or_null(v.group), "title", api_text_or_null(v.title), "state",
                     listing_state_name(v.state), "code", api_text_or_null(v.code), "text",
                     api_text_or_null(v.text), "seen", api_time(v.seen_ms));
}

/* ---- lists */

struct narrowed {
    uint32_t account; /* 0: any */
    int state;        /* -1: any */
    bool unmapped;
    uint64_t product; /* with by_product */
    bool by_product;
};

static enum status narrow(const struct api_read *read, struct store_txn *txn,
                          const struct directory *d, struct narrowed *to, struct error *error)
{
    *to = (struct narrowed){.state = -1, .unmapped = read->texts[UNMAPPED] != NULL};
    if (read->texts[BY_ACCOUNT]) {
        struct bytes name = bytes_text(read->texts[BY_ACCOUNT]);
        const struct directory_account *account = directory_account_by_name(d, name);
        if (!account) return api_no_account(name, error);
        to->account = account->no;
    }
    if (read->texts[BY_STATE]) to->state = listing_state_parse(read->texts[BY_STATE]);
    to->by_product = read->texts[BY_SKU] != NULL;
    return to->by_product
               ? api_find_product(txn, bytes_text(read->texts[BY_SKU]), &to->product, error)
               : ST_OK;
}

/* False: damaged. */
static bool add_if_fits(struct store_txn *txn, const struct directory *d, const struct narrowed *n,
                        uint32_t account, struct bytes value, json_t *items, struct error *error)
{
    struct listing_view v;
    if (listing_read(value, &v) == ST_OK) {
        if (n->state >= 0 && (int)v.state != n->state) return true;
        if (n->unmapped && v.product) return true;
    }
    json_t *listing = api_listing_json(txn, d, account, value, error);
    if (listing) json_array_append_new(items, listing);
    return listing != NULL;
}

/* A product's, by its index: key product, account, listing. */
static enum status list_of_product(struct api_read *read, struct store_txn *txn,
                                   const struct directory *d, const struct narrowed *n,
                                   json_t *items, struct error *error)
{
    struct key prefix = {0};
    struct bytes key, value, next = bytes_of("", 0);
    key_u64(&prefix, n->product);
    if (n->account) key_u32(&prefix, n->account);
    struct bytes from =
        read->page.from_size ? bytes_of(read->page.from, read->page.from_size) : key_bytes(&prefix);
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING_PRODUCT);
    enum status status = store_seek(cursor, from, &key, NULL);
    while (status == ST_OK && key.size == 20 && key_starts(key, key_bytes(&prefix))) {
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        const uint8_t *at = (const uint8_t *)key.data + 8;
        if (store_get(txn, TABLE_LISTING, bytes_of(at, 12), &value) != ST_OK)
            return api_damaged(txn, "listing", error);
        if (!add_if_fits(txn, d, n, bytes_get_u32(at), value, items, error)) return error->status;
        status = store_next(cursor, &key, NULL);
    }
    read->json = api_page_json(items, next);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK
                                                     : api_damaged(txn, "listing_product", error);
}

static enum status list_all(struct api_read *read, struct store_txn *txn, const struct directory *d,
                            const struct narrowed *n, json_t *items, struct error *error)
{
    uint8_t first[4];
    struct bytes key, value, next = bytes_of("", 0);
    bytes_put_u32(first, n->account);
    struct bytes from = read->page.from_size ? bytes_of(read->page.from, read->page.from_size)
                                             : bytes_of(first, sizeof first);
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING);
    enum status status = store_seek(cursor, from, &key, &value);
    for (uint32_t looked = 0; status == ST_OK && key.size == 12; looked++) {
        uint32_t account = bytes_get_u32(key.data);
        if (n->account && account != n->account) break;
        if (json_array_size(items) == read->page.limit || looked == API_SCAN_MAX) {
            next = key;
            break;
        }
        if (!add_if_fits(txn, d, n, account, value, items, error)) return error->status;
        status = store_next(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(txn, "listing", error);
}

static enum status query_listings(struct api_read *read, struct store_txn *txn, struct error *error)
{
    struct directory *d;
    struct narrowed n;
    enum status status = directory_load(txn, &d, error);
    if (status != ST_OK) return status;
    status = narrow(read, txn, d, &n, error);
    if (status == ST_OK)
        status = n.by_product ? list_of_product(read, txn, d, &n, json_array(), error)
                              : list_all(read, txn, d, &n, json_array(), error);
    directory_free(d);
    return status;
}

static void list_listings(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "state", "sku", "unmapped", NULL};
    const char *state = http_query(exchange, "state"), *unmapped = http_query(exchange, "unmapped");
    if (state && listing_state_parse(state) < 0) {
        http_answer_problem(exchange, 400, "invalid",
                            "there is no state '%.40s'; there are active, ended, not-ready, "
                            "archived, marketplace-stocked, digital and gone",
                            state);
        return;
    }
    if (unmapped && strcmp(unmapped, "true") != 0) {
        http_answer_problem(exchange, 400, "invalid",
                            "parameter 'unmapped' is 'true', or left out");
        return;
    }
    api_read_list(exchange, query_listings, parameters);
}

/* ---- by hand */

static enum status query_listing(struct api_read *read, struct store_txn *txn, struct error *error)
{
    struct directory *d;
    struct bytes number, value;
    struct key key = {0}, row = {0};
    enum status status = directory_load(txn, &d, error);
    if (status != ST_OK) return status;
    const struct directory_account *account = directory_account_by_name(d, read->names[0]);
    if (account && read->names[1].size <= KEY_TEXT_MAX) {
        key_u32(&key, account->no);
        key_add(&key, read->names[1]);
        key_u32(&row, account->no);
        if (store_get(txn, TABLE_LISTING_ID, key_bytes(&key), &number) == ST_OK &&
            number.size == 8) {
            key_add(&row, number);
            if (store_get(txn, TABLE_LISTING, key_bytes(&row), &value) == ST_OK)
                read->json = api_listing_json(txn, d, account->no, value, error);
        }
    }
    directory_free(d);
    return read->json ? ST_OK : api_damaged(txn, "listing", error);
}

static void answer_mapped(struct api_change *change)
{
    api_read_start(api_read_named(change->exchange, query_listing, NULL));
}

static void map(struct http_exchange *exchange, json_t *body, struct bytes sku)
{
    struct api_change *change = api_change_new(exchange, COMMAND_LISTING_MAP, body, answer_mapped);
    command_listing_map(&change->payload, http_path(exchange, "account"),
                        http_path(exchange, "listing"), sku);
    api_change_submit(change);
}

static void put_product(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"sku", API_TEXT, true}};
    json_t *body = api_body(exchange, members, 1, false);
    if (!body) return;
    struct bytes sku = api_body_text(body, "sku");
    if (sku.size == 0) {
        json_decref(body);
        http_answer_problem(exchange, 400, "invalid",
                            "member 'sku' is empty; DELETE unties a listing");
        return;
    }
    map(exchange, body, sku);
}

static void delete_product(struct http_exchange *exchange)
{
    map(exchange, NULL, bytes_of("", 0));
}

/* ---- conflicts: what mapping will not guess */

static const char *conflict_sentence(struct bytes code)
{
    static const struct {
        const char *code, *sentence;
    } known[] = {
        {"barcode-on-two-products",
         "several products have its barcode; tie it by hand, or correct the barcodes"},
        {"keys-name-two-products",
         "its keys belong to different products; tie it to the right one by hand"},
        {"product-has-a-listing",
         "another listing of the account shows this product already; tie it by hand to feed both"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_equal(code, bytes_text(known[i].code))) return known[i].sentence;
    return "tie it by hand with `stockctl listing link`";
}

static void add_sku(struct store_txn *txn, json_t *skus, uint64_t product)
{
    json_t *sku = api_product_sku(txn, product);
    if (json_is_string(sku))
        json_array_append_new(skus, sku);
    else
        json_decref(sku);
}

/* The products that the conflicting key names: by its SKU, and by its barcode. */
static json_t *conflicting_skus(struct store_txn *txn, struct bytes value)
{
    enum { SKUS_MAX = 10 };
    json_t *skus = json_array();
    struct key prefix = {0};
    struct bytes key, number;
    if (value.size == 0 || value.size > KEY_TEXT_MAX) return skus;
    if (store_get(txn, TABLE_PRODUCT_SKU, value, &number) == ST_OK && number.size == 8)
        add_sku(txn, skus, bytes_get_u64(number.data));
    key_add(&prefix, value);
    key_u8(&prefix, 0);
    struct store_cursor *cursor = store_cursor(txn, TABLE_PRODUCT_BARCODE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, NULL);
    while (status == ST_OK && key.size == prefix.size + 8 && key_starts(key, key_bytes(&prefix)) &&
           json_array_size(skus) < SKUS_MAX) {
        add_sku(txn, skus, bytes_get_u64((const uint8_t *)key.data + prefix.size));
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    return skus;
}

static json_t *conflict_json(struct store_txn *txn, const struct directory *d, struct bytes key,
                             struct bytes value)
{
    struct wire_reader r = wire_reader(value);
    struct bytes code = wire_get_bytes(&r), about = wire_get_bytes(&r), row;
    int64_t since = wire_get_i64(&r);
    if (!r.ok) return NULL;
    const struct directory_account *account = directory_account(d, bytes_get_u32(key.data));
    struct listing_view listing;
    json_t *listings = json_array();
    if (store_get(txn, TABLE_LISTING, key, &row) == ST_OK && listing_read(row, &listing) == ST_OK)
        json_array_append_new(listings, api_text(listing.id));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "account",
                     api_cstr_or_null(account ? account->name : NULL), "code", api_text(code),
                     "key", api_text_or_null(about), "listings", listings, "skus",
                     conflicting_skus(txn, about), "text", conflict_sentence(code), "since",
                     api_time(since));
}

static enum status list_conflicts_from(struct api_read *read, struct store_txn *txn,
                                       const struct directory *d, uint32_t account,
                                       struct error *error)
{
    uint8_t first[4];
    struct bytes key, value, next = bytes_of("", 0);
    bytes_put_u32(first, account);
    struct bytes from = read->page.from_size ? bytes_of(read->page.from, read->page.from_size)
                                             : bytes_of(first, sizeof first);
    json_t *items = json_array();
    struct store_cursor *cursor = store_cursor(txn, TABLE_CONFLICT);
    enum status status = store_seek(cursor, from, &key, &value);
    while (status == ST_OK && key.size >= 4 && (!account || bytes_get_u32(key.data) == account)) {
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        json_t *conflict = conflict_json(txn, d, key, value);
        if (!conflict) return api_damaged(txn, "conflict", error);
        json_array_append_new(items, conflict);
        status = store_next(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(txn, "conflict", error);
}

static enum status query_conflicts(struct api_read *read, struct store_txn *txn,
                                   struct error *error)
{
    struct directory *d;
    enum status status = directory_load(txn, &d, error);
    if (status != ST_OK) return status;
    const struct directory_account *account = NULL;
    if (read->texts[0] && !(account = directory_account_by_name(d, bytes_text(read->texts[0]))))
        status = api_no_account(bytes_text(read->texts[0]), error);
    else
        status = list_conflicts_from(read, txn, d, account ? account->no : 0, error);
    directory_free(d);
    return status;
}

static void list_conflicts(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", NULL};
    api_read_list(exchange, query_conflicts, parameters);
}

const struct http_route api_listing_routes[] = {
    {.method = "GET",
     .pattern = "/v1/listings",
     .handle = list_listings,
     .summary = "what the marketplaces offer of ours",
     .query = "account state sku unmapped limit cursor"},
    {.method = "PUT",
     .pattern = "/v1/listings/{account}/{listing}/product",
     .handle = put_product,
     .summary = "ties a listing to a product by hand",
     .accept = "application/json"},
    {.method = "DELETE",
     .pattern = "/v1/listings/{account}/{listing}/product",
     .handle = delete_product,
     .summary = "unties a listing"},
    {.method = "GET",
     .pattern = "/v1/conflicts",
     .handle = list_conflicts,
     .summary = "what matching will not guess",
     .query = "account limit cursor"},
    {0},
};
