/* Sealing and opening, and which key does it. Key files themselves are seal_key.c's. */
#include "base/seal.h"

#include "base/mem.h"
#include "base/seal_key.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION = 1,
    MARK_SIZE = 4, /* tells keys apart in messages; which of two it was is then tried */
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    HEAD_SIZE = 1 + MARK_SIZE + NONCE_SIZE,
};
_Static_assert(HEAD_SIZE + TAG_SIZE == SEAL_MORE, "SEAL_MORE");
_Static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "SEAL_KEY_SIZE");

struct seal {
    pthread_mutex_t lock;
    char *path;             /* NULL: the key is in no file */
    struct seal_keys *keys; /* guarded memory; count 0: not read yet */
};

static struct seal *seal_make(const char *path)
{
    if (sodium_init() < 0) abort(); /* only without any source of randomness */
    struct seal *seal = mem_alloc(sizeof *seal);
    pthread_mutex_init(&seal->lock, NULL);
    seal->path = mem_text(path);
    seal->keys = mem_must(sodium_malloc(sizeof *seal->keys), "the keys of what is sealed");
    seal->keys->count = 0;
    return seal;
}

struct seal *seal_new(const char *key_file)
{
    return seal_make(key_file);
}

struct seal *seal_new_fixed(const uint8_t key[SEAL_KEY_SIZE])
{
    struct seal *seal = seal_make(NULL);
    memcpy(seal->keys->keys[0], key, SEAL_KEY_SIZE);
    seal->keys->count = 1;
    return seal;
}

void seal_free(struct seal *seal)
{
    if (!seal) return;
    sodium_free(seal->keys);
    pthread_mutex_destroy(&seal->lock);
    mem_free(seal->path);
    mem_free(seal);
}

void seal_buf_free(struct buf *buf)
{
    if (buf->data) explicit_bzero(buf->data, buf->room);
    buf_free(buf);
}

/* ---- keys, under the lock */

static void key_mark(const uint8_t key[SEAL_KEY_SIZE], uint8_t mark[MARK_SIZE])
{
    uint8_t hash[crypto_generichash_BYTES];
    static const uint8_t what[] = "stockd key mark";
    crypto_generichash(hash, sizeof hash, what, sizeof what, key, SEAL_KEY_SIZE);
    memcpy(mark, hash, MARK_SIZE);
}

static enum status keys_need(struct seal *seal, struct error *error)
{
    if (seal->keys->count) return ST_OK;
    enum status status = seal_keys_read(seal->path, seal->keys, error);
    if (status != ST_OK) seal->keys->count = 0;
    return status;
}

static enum status keys_need_or_make(struct seal *seal, struct error *error)
{
    struct error own = {0};
    enum status status = keys_need(seal, &own);
    if (status == ST_NOT_FOUND) {
        randombytes_buf(seal->keys->keys[0], SEAL_KEY_SIZE);
        seal->keys->count = 1;
        status = seal_keys_write(seal->path, seal->keys, true, &own);
        if (status != ST_OK) seal->keys->count = 0;
    }
    if (status != ST_OK && error) *error = own;
    return status;
}

/* ---- sealing */

static enum status put(struct seal *seal, struct bytes name, struct bytes plain, struct buf *out,
                       struct error *error)
{
    enum status status = keys_need_or_make(seal, error);
    if (status != ST_OK) return status;
    uint8_t *at = (uint8_t *)buf_reserve(out, plain.size + SEAL_MORE);
    if (!at) return error_set(error, ST_TOO_BIG, "a secret of %zu bytes is too long", plain.size);
    const uint8_t *key = seal->keys->keys[0];
    unsigned long long size;
    at[0] = VERSION;
    key_mark(key, at + 1);
    randombytes_buf(at + 1 + MARK_SIZE, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(at + HEAD_SIZE, &size, plain.data, plain.size,
                                               name.data, name.size, NULL, at + 1 + MARK_SIZE, key);
    out->size += HEAD_SIZE + (size_t)size;
    out->data[out->size] = 0;
    return ST_OK;
}

enum status seal_put(struct seal *seal, struct bytes name, struct bytes plain, struct buf *out,
                     struct error *error)
{
    if (!seal) return error_set(error, ST_UNSUPPORTED, "no key for sealing is configured");
    pthread_mutex_lock(&seal->lock);
    enum status status = put(seal, name, plain, out, error);
    pthread_mutex_unlock(&seal->lock);
    return status;
}

static const char *where(const struct seal *seal)
{
    return seal->path ? seal->path : "in use";
}

static enum status get(struct seal *seal, struct bytes name, struct bytes sealed, struct buf *out,
                       struct error *error)
{
    const uint8_t *from = sealed.data;
    if (sealed.size < SEAL_MORE || from[0] != VERSION)
        return error_set(error, ST_DAMAGED, "the sealed bytes of '%.*s' are not what was written",
                         (int)name.size, (const char *)name.data);
    enum status status = keys_need(seal, error);
    if (status != ST_OK) return status;
    bool known = false;
    size_t body = sealed.size - HEAD_SIZE;
    uint8_t *at = (uint8_t *)buf_reserve(out, body - TAG_SIZE);
    if (!at) return error_set(error, ST_TOO_BIG, "a sealed secret is over %zu bytes", out->max);
    for (size_t i = 0; i < seal->keys->count; i++) {
        uint8_t mark[MARK_SIZE];
        unsigned long long size;
        key_mark(seal->keys->keys[i], mark);
        if (memcmp(mark, from + 1, MARK_SIZE) != 0) continue;
        known = true;
        if (crypto_aead_xchacha20poly1305_ietf_decrypt(at, &size, NULL, from + HEAD_SIZE, body,
                                                       name.data, name.size, from + 1 + MARK_SIZE,
                                                       seal->keys->keys[i]))
            continue;
        out->size += (size_t)size;
        out->data[out->size] = 0;
        return ST_OK;
    }
    if (known)
        return error_set(error, ST_DAMAGED, "the sealed bytes of '%.*s' are not what was written",
                         (int)name.size, (const char *)name.data);
    return error_set(error, ST_CONFLICT,
                     "key file %s: is not the one that '%.*s' was sealed with (its key has the "
                     "mark %02x%02x%02x%02x); put the right file back, nothing is lost",
                     where(seal), (int)name.size, (const char *)name.data, from[1], from[2],
                     from[3], from[4]);
}

enum status seal_get(struct seal *seal, struct bytes name, struct bytes sealed, struct buf *out,
                     struct error *error)
{
    if (!seal) return error_set(error, ST_UNSUPPORTED, "no key for sealing is configured");
    pthread_mutex_lock(&seal->lock);
    enum status status = get(seal, name, sealed, out, error);
    /* A wrong file may have been put right meanwhile: it is read again the next time. */
    if (status == ST_CONFLICT && seal->path) seal->keys->count = 0;
    pthread_mutex_unlock(&seal->lock);
    return status;
}

/* ---- another key */

static enum status rekey_begin(struct seal *seal, struct error *error)
{
    struct seal_keys *keys = seal->keys;
    if (!seal->path) return error_set(error, ST_UNSUPPORTED, "the key is in no file");
    if (seal_keys_credential(seal->path))
        return error_set(error, ST_UNSUPPORTED,
                         "key file %s: is a credential that systemd gives; put a new line above "
                         "the old one there, restart, and remove the old line afterwards",
                         seal->path);
    keys->count = 0; /* as it is on disk */
    enum status status = seal_keys_read(seal->path, keys, error);
    if (status == ST_NOT_FOUND) return keys_need_or_make(seal, error);
    if (status != ST_OK || keys->count == SEAL_KEYS_MAX) return status;
    memmove(keys->keys[1], keys->keys[0], keys->count * SEAL_KEY_SIZE);
    randombytes_buf(keys->keys[0], SEAL_KEY_SIZE);
    keys->count++;
    status = seal_keys_write(seal->path, keys, false, error);
    if (status != ST_OK) keys->count = 0; /* read again: nobody knows which it is now */
    return status;
}

enum status seal_rekey_begin(struct seal *seal, struct error *error)
{
    if (!seal) return error_set(error, ST_UNSUPPORTED, "no key for sealing is configured");
    pthread_mutex_lock(&seal->lock);
    enum status status = rekey_begin(seal, error);
    pthread_mutex_unlock(&seal->lock);
    return status;
}

enum status seal_rekey_end(struct seal *seal, struct error *error)
{
    enum status status = ST_OK;
    if (!seal) return error_set(error, ST_UNSUPPORTED, "no key for sealing is configured");
    pthread_mutex_lock(&seal->lock);
    struct seal_keys *keys = seal->keys;
    bool given = seal->path && seal_keys_credential(seal->path); /* not ours to change */
    status = keys_need(seal, error);
    if (status == ST_OK && keys->count > 1 && !given) {
        sodium_memzero(keys->keys[1], (keys->count - 1) * SEAL_KEY_SIZE);
        keys->count = 1;
        if (seal->path) status = seal_keys_write(seal->path, keys, false, error);
        if (status != ST_OK) keys->count = 0;
    }
    pthread_mutex_unlock(&seal->lock);
    return status;
}

bool seal_rekey_open(struct seal *seal)
{
    if (!seal) return false;
    pthread_mutex_lock(&seal->lock);
    bool open = keys_need(seal, NULL) == ST_OK && seal->keys->count > 1;
    pthread_mutex_unlock(&seal->lock);
    return open;
}

bool seal_is_lost(enum status status)
{
    return status == ST_DAMAGED || status == ST_CONFLICT || status == ST_TOO_BIG;
}

bool seal_is_newest(struct seal *seal, struct bytes sealed)
{
    uint8_t mark[MARK_SIZE];
    bool newest = false;
    pthread_mutex_lock(&seal->lock);
    if (keys_need(seal, NULL) == ST_OK && sealed.size >= SEAL_MORE) {
        key_mark(seal->keys->keys[0], mark);
        newest = memcmp(mark, (const uint8_t *)sealed.data + 1, MARK_SIZE) == 0;
    }
    pthread_mutex_unlock(&seal->lock);
    return newest;
}

uint64_t seal_print(struct bytes plain)
{
    uint8_t hash[crypto_generichash_BYTES_MIN];
    uint64_t print;
    crypto_generichash(hash, sizeof hash, plain.data, plain.size, NULL, 0);
    memcpy(&print, hash, sizeof print);
    return print ? print : 1;
}
