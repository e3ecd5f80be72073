/* Files of imports: whole writes and reads with sentences for what fails. Workers. */
#ifndef STOCKD_INTAKE_IMPORT_FILE_H
#define STOCKD_INTAKE_IMPORT_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A new file for reading and writing that only we may read; the directory is made when missing. */
enum status import_file_create(const char *path, int *fd, struct error *error);
enum status import_file_write(int fd, const char *path, const void *data, size_t size,
                              struct error *error);
/* On disk, name included; closes it, whatever comes. */
enum status import_file_finish(int fd, const char *path, struct error *error);
/* Less than `size` only at the file's end. */
enum status import_file_read(int fd, const char *path, void *data, size_t size, uint64_t offset,
                             size_t *got, struct error *error);

#endif
