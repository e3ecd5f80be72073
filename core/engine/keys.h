/* Building and reading the keys of store/tables.h. Nothing here touches the store. */
#ifndef STOCKD_ENGINE_KEYS_H
#define STOCKD_ENGINE_KEYS_H

#include "base/bytes.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    KEY_MAX = 511,      /* LMDB's mdb_env_get_maxkeysize as built by default */
    KEY_TEXT_MAX = 200, /* bytes of an SKU, barcode, remote id or other text inside a key */
    OPERATION_ID_SIZE = 16,
    TARGET_KEY_SIZE = 25,
    OUTBOX_KEY_SIZE = 4 + 8 + 1 + 8 + TARGET_KEY_SIZE,
};

struct key {
    size_t size;
    uint8_t at[KEY_MAX];
};

static inline void key_u8(struct key *key, uint8_t v)
{
    assert(key->size + 1 <= KEY_MAX);
    key->at[key->size++] = v;
}

static inline void key_u32(struct key *key, uint32_t v)
{
    assert(key->size + 4 <= KEY_MAX);
    bytes_put_u32(key->at + key->size, v);
    key->size += 4;
}

static inline void key_u64(struct key *key, uint64_t v)
{
    assert(key->size + 8 <= KEY_MAX);
    bytes_put_u64(key->at + key->size, v);
    key->size += 8;
}

static inline void key_add(struct key *key, struct bytes bytes)
{
    assert(key->size + bytes.size <= KEY_MAX);
    if (bytes.size) memcpy(key->at + key->size, bytes.data, bytes.size);
    key->size += bytes.size;
}

static inline struct bytes key_bytes(const struct key *key)
{
    return bytes_of(key->at, key->size);
}

/* Where rows of stock, ledger and orders' effects of that place begin. */
static inline struct key key_pair(uint64_t product, uint32_t warehouse)
{
    struct key key = {0};
    key_u64(&key, product);
    key_u32(&key, warehouse);
    return key;
}

static inline bool key_starts(struct bytes key, struct bytes prefix)
{
    return key.size >= prefix.size && memcmp(key.data, prefix.data, prefix.size) == 0;
}

/* Where a value is shown. */
struct target_id {
    uint64_t product;
    uint64_t listing;
    uint32_t account;
    uint32_t remote; /* remote warehouse */
    uint8_t aspect;  /* 0 is stock */
};

static inline void target_key_write(uint8_t at[TARGET_KEY_SIZE], const struct target_id *id)
{
    bytes_put_u64(at, id->product);
    bytes_put_u32(at + 8, id->account);
    bytes_put_u32(at + 12, id->remote);
    bytes_put_u64(at + 16, id->listing);
    at[24] = id->aspect;
}

static inline struct target_id target_key_read(const uint8_t *at)
{
    return (struct target_id){.product = bytes_get_u64(at),
                              .account = bytes_get_u32(at + 8),
                              .remote = bytes_get_u32(at + 12),
                              .listing = bytes_get_u64(at + 16),
                              .aspect = at[24]};
}

static inline void key_target(struct key *key, const struct target_id *id)
{
    target_key_write(key->at + key->size, id);
    key->size += TARGET_KEY_SIZE;
}

static inline bool target_id_equal(const struct target_id *a, const struct target_id *b)
{
    return a->product == b->product && a->account == b->account && a->remote == b->remote &&
           a->listing == b->listing && a->aspect == b->aspect;
}

/* Where a dirty target waits. */
struct outbox_place {
    uint64_t group;
    int64_t due_ms;
    uint8_t priority;
};

static inline void outbox_key_write(uint8_t at[OUTBOX_KEY_SIZE], const struct outbox_place *place,
                                    const struct target_id *id)
{
    bytes_put_u32(at, id->account);
    bytes_put_u64(at + 4, place->group);
    at[12] = place->priority;
    bytes_put_u64(at + 13, (uint64_t)(place->due_ms > 0 ? place->due_ms : 0));
    target_key_write(at + 21, id);
}

static inline struct outbox_place outbox_key_place(const uint8_t *at)
{
    return (struct outbox_place){.group = bytes_get_u64(at + 4),
                                 .priority = at[12],
                                 .due_ms = (int64_t)bytes_get_u64(at + 13)};
}

#endif
