/* HMAC-SHA256 by libsodium: signing, and holding signatures against each other in a time that says
 * nothing about where they differ. Pure; any thread. */
#ifndef STOCKD_BASE_HMAC_H
#define STOCKD_BASE_HMAC_H

#include "base/bytes.h"

#include <stdbool.h>

enum { HMAC_SIZE = 32, HMAC_TEXT_MAX = 2 * HMAC_SIZE + 1 };

/* Of the parts, one behind the other. */
void hmac_sha256(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[HMAC_SIZE]);
bool hmac_equal(const uint8_t a[HMAC_SIZE], const uint8_t b[HMAC_SIZE]);

/* As hexadecimal digits of either case, or as base64 with or without padding. False: the text is
 * none. */
bool hmac_parse(struct bytes text, bool base64, uint8_t out[HMAC_SIZE]);
const char *hmac_text(const uint8_t mac[HMAC_SIZE], bool base64, char out[HMAC_TEXT_MAX]);

/* The key that a secret stands for: its bytes, or, behind "whsec_", what its base64 says. Writes at
 * most `room` bytes, of which strlen(secret) are enough; the size. */
size_t hmac_key(const char *secret, uint8_t *out, size_t room);

#endif
