/* Sealing: small secrets kept where others may read, bound to the name they are kept under
 * (XChaCha20-Poly1305 of libsodium, the name as associated data).
 *
 * THE KEY lies in a file of its own, outside what it protects: a line "stockd-key-1" with 64 hex
 * digits. It is made (mode 0600) when something is sealed for the first time, read when something
 * is needed, and refused when others may read it. A file may hold several keys, one a line: the
 * first seals, all of them open. So a new key is given in three steps that may be cut off anywhere:
 *
 *     seal_rekey_begin    the file holds the new key, then the old ones
 *     ... whatever !seal_is_newest is opened and sealed again, durably ...
 *     seal_rekey_end      the file holds the new key alone
 *
 * and seal_rekey_open says after a start whether the last two are still to be done.
 *
 * ERRORS. ST_NOT_FOUND, ST_DENIED, ST_INVALID: the key file, named, with what to do about it.
 * ST_DAMAGED: the bytes were changed, or belong to another name. ST_CONFLICT: sealed under a key
 * that the file does not hold. Nothing is ever lost by an error.
 *
 * CONCURRENCY. Any thread. Keys lie in guarded memory and are wiped when freed. */
#ifndef STOCKD_BASE_SEAL_H
#define STOCKD_BASE_SEAL_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SEAL_KEY_SIZE = 32,          /* crypto_aead_xchacha20poly1305_ietf_KEYBYTES */
    SEAL_MORE = 1 + 4 + 24 + 16, /* bytes that sealing adds: version, key's mark, nonce, tag */
    SEAL_KEYS_MAX = 8,           /* lines of a key file */
};

struct seal;

/* Reads nothing yet. NULL: secrets cannot be kept, and everything below says so. */
struct seal *seal_new(const char *key_file);
/* A key that is in no file, for tests and the simulator. */
struct seal *seal_new_fixed(const uint8_t key[SEAL_KEY_SIZE]);
void seal_free(struct seal *seal); /* NULL is fine */

/* Adds the sealed bytes to `out`. */
enum status seal_put(struct seal *seal, struct bytes name, struct bytes plain, struct buf *out,
                     struct error *error);
/* Adds the plain bytes to `out`, which is to be freed with seal_buf_free. */
enum status seal_get(struct seal *seal, struct bytes name, struct bytes sealed, struct buf *out,
                     struct error *error);
void seal_buf_free(struct buf *buf); /* wipes */

/* When so many were cut off that the file is full, the newest key that is there is gone on with. */
enum status seal_rekey_begin(struct seal *seal, struct error *error);
enum status seal_rekey_end(struct seal *seal, struct error *error);
/* The file holds more than one key. False, too, when it cannot be read. */
bool seal_rekey_open(struct seal *seal);
/* Tells whether two secrets are the same, without keeping them: 64 bits of BLAKE2b, never 0. */
uint64_t seal_print(struct bytes plain);
/* What seal_get says of something that no key of the file opens, now or later: the old keys need
 * not be kept for it. Any other error may be over the next time. */
bool seal_is_lost(enum status status);
/* Sealed under the key that seals now. */
bool seal_is_newest(struct seal *seal, struct bytes sealed);

#endif
