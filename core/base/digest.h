/* The hash of bytes that come in parts: BLAKE2b, so that equal digests mean equal bytes. One thread
 * at a time per object. */
#ifndef STOCKD_BASE_DIGEST_H
#define STOCKD_BASE_DIGEST_H

#include "base/bytes.h"

#include <stdbool.h>

enum { DIGEST_SIZE = 32 };

struct digest;

struct digest *digest_new(void);
void digest_add(struct digest *digest, struct bytes bytes);
/* Of all that was added, once. */
void digest_end(struct digest *digest, uint8_t out[DIGEST_SIZE]);
void digest_free(struct digest *digest); /* NULL is fine */
/* Of one piece. */
void digest_of(struct bytes bytes, uint8_t out[DIGEST_SIZE]);
/* In a time that says nothing about where they differ. */
bool digest_equal(const uint8_t a[DIGEST_SIZE], const uint8_t b[DIGEST_SIZE]);

#endif
