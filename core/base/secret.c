/* Making secrets by libsodium. */
#include "base/secret.h"

#include <sodium.h>
#include <stdint.h>

void secret_make(char out[SECRET_TEXT + 1])
{
    uint8_t bytes[SECRET_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(out, SECRET_TEXT + 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}
