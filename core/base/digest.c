/* Hashing by libsodium. */
#include "base/digest.h"

#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>

struct digest {
    crypto_generichash_state *state; /* of its own alignment */
};

struct digest *digest_new(void)
{
    struct digest *digest = mem_alloc(sizeof *digest);
    digest->state = mem_must(
        aligned_alloc(_Alignof(crypto_generichash_state), (sizeof *digest->state + 63) / 64 * 64),
        "a digest");
    crypto_generichash_init(digest->state, NULL, 0, DIGEST_SIZE);
    return digest;
}

void digest_add(struct digest *digest, struct bytes bytes)
{
    crypto_generichash_update(digest->state, bytes.data, bytes.size);
}

void digest_end(struct digest *digest, uint8_t out[DIGEST_SIZE])
{
    crypto_generichash_final(digest->state, out, DIGEST_SIZE);
}

void digest_free(struct digest *digest)
{
    if (!digest) return;
    free(digest->state);
    mem_free(digest);
}

void digest_of(struct bytes bytes, uint8_t out[DIGEST_SIZE])
{
    crypto_generichash(out, DIGEST_SIZE, bytes.data, bytes.size, NULL, 0);
}

bool digest_equal(const uint8_t a[DIGEST_SIZE], const uint8_t b[DIGEST_SIZE])
{
    return sodium_memcmp(a, b, DIGEST_SIZE) == 0;
}
