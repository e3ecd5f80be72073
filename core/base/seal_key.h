/* Key files of base/seal.h: reading, making, replacing. For seal.c only. */
#ifndef STOCKD_BASE_SEAL_KEY_H
#define STOCKD_BASE_SEAL_KEY_H

#include "base/seal.h"

struct seal_keys {
    size_t count;
    uint8_t keys[SEAL_KEYS_MAX][SEAL_KEY_SIZE]; /* the first seals */
};

/* ST_NOT_FOUND when there is no such file. */
enum status seal_keys_read(const char *path, struct seal_keys *keys, struct error *error);
/* It is given by systemd, which alone can change it. */
bool seal_keys_credential(const char *path);
/* Puts a file with these keys in the place of what is there, whole or not at all, on disk when it
 * returns. With `only_new` an existing file is ST_EXISTS. */
enum status seal_keys_write(const char *path, const struct seal_keys *keys, bool only_new,
                            struct error *error);

#endif
