/* The files that somebody brought, row by row, and what follows from them for the import of each:
 * it brings figures of its own file and no others; none after it was dropped; and when it has
 * ended, each row has its figure, unless something else changed the stock since. */
#ifndef SIM_JOBS_FILES_H
#define SIM_JOBS_FILES_H

#include "base/buf.h"
#include "intake/import.h"
#include "sim.h"

struct file {
    char name[24];
    uint64_t job;         /* 0: not known to be accepted */
    uint64_t since;       /* the last command before it was */
    bool dropped, create; /* create: products of SKUs that nobody has are made */
    bool amid;            /* it was held when some of its rows had been brought */
    uint32_t count, room;
    struct file_row {
        uint32_t product, local; /* by SKU */
        int64_t figure;
        uint64_t made; /* the command of the import that made the product; 0: none did */
    } * rows;
};

struct files *files_new(struct sim *sim);
void files_free(struct files *files);

/* Some of the products, and SKUs that nobody has, which are to be made or refused. Its name lives
 * as long as the files. */
const char *files_make(struct files *files, struct buf *out, bool *create);

/* The file of a job; NULL: there is none, or it is not known which. */
struct file *files_of(struct files *files, uint64_t job);
void files_accepted(struct files *files, const struct import_job *job, uint64_t number,
                    uint64_t since);

/* In an engine task: the import brings that figure. */
void files_check_row(struct files *files, uint64_t job, uint32_t product, uint32_t local,
                     int64_t figure);
/* ... it made that product, by that command. */
void files_check_made(struct files *files, uint64_t job, uint32_t product, uint64_t sequence);
/* ... it ends there, `since` at the earliest begun. */
void files_check_end(struct files *files, uint64_t number, const struct import_job *job,
                     struct store_txn *txn);

/* No row of the file is of a product that was there when it was brought and still is as it was. */
bool files_names_nobody(struct files *files, uint64_t job, struct store_txn *txn);

/* Calls `between` in a transaction in which the file's figures are all there. False: some of its
 * products were changed since it was brought, so it cannot be told which. */
bool files_as_if(struct files *files, const struct file *file, struct store_txn *txn,
                 void (*between)(void *ctx), void *ctx);

#endif
