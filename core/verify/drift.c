/* Verifying: drifts against their indexes and targets, and figures to be read again. */
#include "engine/drift_rows.h"
#include "verify/rows.h"

/* A row of a table that holds as many bytes as it should. */
static bool fits(struct verifying *v, enum store_table table, size_t size, size_t right)
{
    if (size == right) return true;
    verify_finding(v, table, "a key or value has %zu bytes, not %zu", size, right);
    return false;
}

static bool target_flag(struct verifying *v, const struct target_id *id, uint32_t flag)
{
    uint8_t key[TARGET_KEY_SIZE];
    struct bytes value;
    struct target_record record;
    target_key_write(key, id);
    return verify_get(v, TABLE_TARGET, bytes_of(key, sizeof key), &value) &&
           target_record_read(value, &record, NULL) == ST_OK && record.flags & flag;
}

static void check_drift(struct verifying *v, struct bytes key, struct bytes value)
{
    struct drift_record record;
    struct bytes unused;
    if (!fits(v, TABLE_DRIFT, key.size, DRIFT_KEY_SIZE) ||
        !fits(v, TABLE_DRIFT, value.size, sizeof record))
        return;
    memcpy(&record, value.data, sizeof record);
    struct target_id id = target_key_read((const uint8_t *)key.data + 12);
    unsigned long long product = id.product, listing = id.listing;
    if (drift_opened(bytes_get_u64((const uint8_t *)key.data + 4)) != record.opened_ms)
        verify_finding(v, TABLE_DRIFT, "listing %llu: its key says another time", listing);
    struct key index = drift_target_key(&id, record.opened_ms), open = drift_open_key(&id);
    if (!verify_get(v, TABLE_DRIFT_TARGET, key_bytes(&index), &unused))
        verify_finding(v, TABLE_DRIFT, "product %llu, listing %llu: is in no list of its target",
                       product, listing);
    if (record.end != DRIFT_OPEN) return;
    if (!verify_get(v, TABLE_DRIFT_OPEN, key_bytes(&open), &value) || value.size != 8 ||
        (int64_t)bytes_get_u64(value.data) != record.opened_ms)
        verify_finding(v, TABLE_DRIFT, "product %llu, listing %llu: is open, and not listed so",
                       product, listing);
    if (!target_flag(v, &id, TARGET_DRIFT))
        verify_finding(v, TABLE_DRIFT, "product %llu, listing %llu: its target does not know of it",
                       product, listing);
}

static void check_index(struct verifying *v, struct bytes key, struct bytes value)
{
    struct drift_record record;
    (void)value;
    if (!fits(v, TABLE_DRIFT_TARGET, key.size, DRIFT_TARGET_KEY_SIZE)) return;
    struct target_id id = target_key_read(key.data);
    uint64_t newest = bytes_get_u64((const uint8_t *)key.data + TARGET_KEY_SIZE);
    if (drift_load(v->txn, &id, drift_opened(newest), &record) != ST_OK)
        verify_finding(v, TABLE_DRIFT_TARGET, "listing %llu: names a drift that is not there",
                       (unsigned long long)id.listing);
}

static void check_open(struct verifying *v, struct bytes key, struct bytes value)
{
    struct drift_record record;
    (void)value;
    if (!fits(v, TABLE_DRIFT_OPEN, key.size, DRIFT_OPEN_KEY_SIZE)) return;
    struct target_id id = target_key_read((const uint8_t *)key.data + 4);
    if (drift_load_open(v->txn, &id, &record) != ST_OK || record.end != DRIFT_OPEN)
        verify_finding(v, TABLE_DRIFT_OPEN, "listing %llu: names a drift that is not open",
                       (unsigned long long)id.listing);
}

/* A row without its target's flag is passed over when it is due; a flag without its row would keep
 * the figure from ever being asked for again. */
static void check_target(struct verifying *v, struct bytes key, struct bytes value)
{
    struct target_record record;
    struct drift_record drift;
    if (key.size != TARGET_KEY_SIZE || target_record_read(value, &record, NULL) != ST_OK)
        return; /* told by target.c */
    if (!(record.flags & TARGET_DRIFT)) return;
    struct target_id id = target_key_read(key.data);
    if (drift_load_open(v->txn, &id, &drift) != ST_OK)
        verify_finding(v, TABLE_TARGET, "listing %llu: says that it has an open drift",
                       (unsigned long long)id.listing);
}

void verify_drifts(struct verifying *v)
{
    verify_walk(v, TABLE_DRIFT, check_drift);
    verify_walk(v, TABLE_DRIFT_TARGET, check_index);
    verify_walk(v, TABLE_DRIFT_OPEN, check_open);
    verify_walk(v, TABLE_TARGET, check_target);
}
