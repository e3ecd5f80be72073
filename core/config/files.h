/* The directory and its files as bytes, with what must hold of their owners and modes (inside
 * config). */
#ifndef STOCKD_CONFIG_FILES_H
#define STOCKD_CONFIG_FILES_H

#include "base/bytes.h"
#include "config/config.h"

/* The names to read, sorted; at most CONFIG_FILES_MAX. Free each and the array. */
char **config_files_list(const char *dir, struct config_report *report, size_t *count);
/* The bytes of a file of the configuration; free with config_file_free. `path` is also its name in
 * messages. False after reporting. */
bool config_file_read(const char *path, struct config_report *report, struct bytes *text);
void config_file_free(struct bytes text); /* wipes */

/* Opens without waiting on a FIFO and reads a regular file whole, `max` bytes at most; `mode` is
 * its mode. Otherwise a sentence that goes on from the file's name: "cannot be read: ...". */
enum status config_file_slurp(const char *path, size_t max, struct bytes *text, unsigned *mode,
                              unsigned *owner, struct error *error);

#endif
