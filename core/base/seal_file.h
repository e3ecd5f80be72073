/* Sealed secrets as files of one directory, a file each: what configuration refers to by
 * ${sealed:NAME}. Names are 1 to SEAL_FILE_NAME_MAX of [a-z0-9._-], not beginning with a dot.
 *
 * A file is replaced whole or not at all, and on disk when the function returns. Any thread, one
 * writer at a time. Errors as in base/seal.h, and ST_NOT_FOUND for a name that is not there. */
#ifndef STOCKD_BASE_SEAL_FILE_H
#define STOCKD_BASE_SEAL_FILE_H

#include "base/seal.h"

#include <stddef.h>

enum {
    SEAL_FILE_NAME_MAX = 128,
    SEAL_FILE_BYTES_MAX = 64 << 10, /* of a secret */
};

bool seal_file_name_valid(const char *name);
/* Makes the directory (mode 0700) when it is missing. */
enum status seal_file_write(struct seal *seal, const char *directory, const char *name,
                            struct bytes plain, struct error *error);
/* Adds to `out`, which is to be freed with seal_buf_free. */
enum status seal_file_read(struct seal *seal, const char *directory, const char *name,
                           struct buf *out, struct error *error);
/* Seals every file anew that is not under the newest key. What no key opens stays as it is and is
 * counted. */
enum status seal_files_renew(struct seal *seal, const char *directory, uint64_t *sealed,
                             uint64_t *unreadable, struct error *error);

#endif
