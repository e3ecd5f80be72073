/* Verifying listings, their indexes, what was observed of them, and conflicts. */
#include "engine/listing.h"
#include "verify/rows.h"

static struct key number_key(uint32_t account, uint64_t listing)
{
    struct key key = {0};
    key_u32(&key, account);
    key_u64(&key, listing);
    return key;
}

static bool load(struct verifying *v, uint32_t account, uint64_t listing, struct listing_view *view)
{
    struct key key = number_key(account, listing);
    struct bytes value;
    return verify_get(v, TABLE_LISTING, key_bytes(&key), &value) &&
           listing_read(value, view) == ST_OK;
}

/* ---- from the listing to its indexes */

static void check_found_by_keys(struct verifying *v, uint32_t account, uint64_t listing,
                                const struct listing_view *view)
{
    for (uint32_t i = 0; i < view->key_count; i++) {
        struct key index;
        struct bytes unused;
        if (!listing_index_key(&view->keys[i], account, listing, &index)) continue;
        if (!verify_get(v, TABLE_LISTING_KEY, key_bytes(&index), &unused))
            verify_finding(v, TABLE_LISTING, "listing %llu cannot be found by its key '%.*s'",
                           (unsigned long long)listing, (int)view->keys[i].value.size,
                           (const char *)view->keys[i].value.data);
    }
}

/* Each linked warehouse of the account has a target for it, unless a sweep has yet to make it. */
static void check_has_targets(struct verifying *v, uint32_t account, uint64_t listing,
                              uint64_t product)
{
    const struct directory *d = v->directory;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        if (d->remotes[i].account != account || d->remotes[i].link_count == 0) continue;
        const struct target_id id = {
            .product = product, .account = account, .remote = d->remotes[i].no, .listing = listing};
        struct key key = {0};
        struct bytes unused;
        key_target(&key, &id);
        if (!verify_get(v, TABLE_TARGET, key_bytes(&key), &unused) &&
            !verify_swept_later(v, account, d->remotes[i].no))
            verify_finding(
                v, TABLE_LISTING, "listing %llu is tied to product %llu but has no target in '%s'",
                (unsigned long long)listing, (unsigned long long)product, d->remotes[i].id);
    }
}

static void check_mapping(struct verifying *v, uint32_t account, uint64_t listing, uint64_t product)
{
    struct key index = {0};
    struct bytes unused;
    key_u64(&index, product);
    if (!verify_get(v, TABLE_PRODUCT, key_bytes(&index), &unused))
        verify_finding(v, TABLE_LISTING, "listing %llu is tied to product %llu, which is missing",
                       (unsigned long long)listing, (unsigned long long)product);
    key_u32(&index, account);
    key_u64(&index, listing);
    if (!verify_get(v, TABLE_LISTING_PRODUCT, key_bytes(&index), &unused))
        verify_finding(v, TABLE_LISTING, "listing %llu cannot be found by its product %llu",
                       (unsigned long long)listing, (unsigned long long)product);
    check_has_targets(v, account, listing, product);
}

static void check_listing(struct verifying *v, struct bytes key, struct bytes value)
{
    struct listing_view view;
    if (key.size != 12 || listing_read(value, &view) != ST_OK) {
        verify_finding(v, TABLE_LISTING, "a row cannot be read");
        return;
    }
    uint32_t account = bytes_get_u32(key.data);
    uint64_t listing = bytes_get_u64((const uint8_t *)key.data + 4);
    if (!directory_account(v->directory, account))
        verify_finding(v, TABLE_LISTING, "listing %llu belongs to account %u, which is missing",
                       (unsigned long long)listing, account);
    if (listing == 0 || listing > v->counters.listing)
        verify_finding(v, TABLE_LISTING, "listing %llu is above the counter, which is %llu",
                       (unsigned long long)listing, (unsigned long long)v->counters.listing);
    struct key index = {0};
    struct bytes found;
    key_u32(&index, account);
    if (view.id.size <= KEY_TEXT_MAX) key_add(&index, view.id);
    if (!verify_get(v, TABLE_LISTING_ID, key_bytes(&index), &found) || found.size != 8 ||
        bytes_get_u64(found.data) != listing)
        verify_finding(v, TABLE_LISTING, "listing %llu cannot be found by its id '%.*s'",
                       (unsigned long long)listing, (int)view.id.size, (const char *)view.id.data);
    check_found_by_keys(v, account, listing, &view);
    if (view.product) check_mapping(v, account, listing, view.product);
}

/* ---- from the indexes to the listing */

static void check_id(struct verifying *v, struct bytes key, struct bytes value)
{
    struct listing_view view;
    bool right = key.size > 4 && value.size == 8 &&
                 load(v, bytes_get_u32(key.data), bytes_get_u64(value.data), &view) &&
                 bytes_equal(view.id, bytes_of((const uint8_t *)key.data + 4, key.size - 4));
    if (!right) verify_finding(v, TABLE_LISTING_ID, "an id leads to no listing of that id");
}

static void check_key(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    struct listing_view view;
    bool has = false;
    if (key.size > 14) {
        const uint8_t *number = (const uint8_t *)key.data + key.size - 12;
        uint32_t account = bytes_get_u32(number);
        uint64_t listing = bytes_get_u64(number + 4);
        if (load(v, account, listing, &view))
            for (uint32_t i = 0; i < view.key_count && !has; i++) {
                struct key index;
                has = listing_index_key(&view.keys[i], account, listing, &index) &&
                      bytes_equal(key_bytes(&index), key);
            }
    }
    if (!has) verify_finding(v, TABLE_LISTING_KEY, "a key leads to no listing that has it");
}

static void check_product_index(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    struct listing_view view;
    const uint8_t *at = key.data;
    bool right = key.size == 20 && load(v, bytes_get_u32(at + 8), bytes_get_u64(at + 12), &view) &&
                 view.product == bytes_get_u64(at);
    if (!right)
        verify_finding(v, TABLE_LISTING_PRODUCT, "a product leads to a listing not tied to it");
}

static void check_conflict(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    struct listing_view view;
    const uint8_t *at = key.data;
    if (key.size != 12 || !load(v, bytes_get_u32(at), bytes_get_u64(at + 4), &view))
        verify_finding(v, TABLE_CONFLICT, "a conflict is of a listing that is missing");
    else if (view.product)
        verify_finding(v, TABLE_CONFLICT, "listing %llu is tied to product %llu and in conflict",
                       (unsigned long long)bytes_get_u64(at + 4), (unsigned long long)view.product);
}

static void check_observed(struct verifying *v, struct bytes key, struct bytes value)
{
    struct listing_view view;
    const uint8_t *at = key.data;
    if (key.size < 16 || value.size != sizeof(struct observed_record)) {
        verify_finding(v, TABLE_OBSERVED, "a row cannot be read");
        return;
    }
    if (!load(v, bytes_get_u32(at), bytes_get_u64(at + 4), &view) ||
        !directory_remote(v->directory, bytes_get_u32(at), bytes_get_u32(at + 12)))
        verify_finding(v, TABLE_OBSERVED,
                       "a figure was read of listing %llu in remote warehouse %u: missing",
                       (unsigned long long)bytes_get_u64(at + 4), bytes_get_u32(at + 12));
}

void verify_listings(struct verifying *v)
{
    verify_walk(v, TABLE_LISTING, check_listing);
    verify_walk(v, TABLE_LISTING_ID, check_id);
    verify_walk(v, TABLE_LISTING_KEY, check_key);
    verify_walk(v, TABLE_LISTING_PRODUCT, check_product_index);
    verify_walk(v, TABLE_CONFLICT, check_conflict);
    verify_walk(v, TABLE_OBSERVED, check_observed);
}
