/* Walk. */
#include "store/lmdb_file.h"
enum status lmdb_file_walk(int fd, const char *path, const struct lmdb_meta *meta,
                           struct lmdb_walk *walk, struct error *error)
{
    (void)fd;
    (void)meta;
    (void)walk;
    return error_set(error, ST_DAMAGED, "%s: damaged", path);
}
