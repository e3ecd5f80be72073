/* Mirrors: accounts that feed a warehouse on a schedule. Each run is an import from an account
 * (import.h) with its job, run, guard and undo; here is only when the next one begins.
 *
 * The next run begins `every` after the beginning of the last one, which the store knows also over
 * a restart. While the last one goes on nothing begins, and neither while it is held by the guard:
 * somebody must apply or drop its plan first. Nor while the store cannot say how it is.
 *
 * Loop thread. */
#ifndef STOCKD_INTAKE_MIRRORS_H
#define STOCKD_INTAKE_MIRRORS_H

#include "intake/import.h"

struct mirrors;

struct mirror_settings {
    const char *name, *account, *warehouse;
    const char *remote; /* NULL: the account's only one */
    int64_t every_ms;
    bool absent_zero, create, enabled;
};

/* All must outlive mirrors_free. */
struct mirrors *mirrors_new(struct runtime *runtime, struct store *store, struct imports *imports);
/* Those there are from now on; texts are copied. What runs goes on. */
void mirrors_put(struct mirrors *mirrors, const struct mirror_settings *settings, size_t count);
/* Begins nothing more. `stopped` may be called from inside. */
void mirrors_stop(struct mirrors *mirrors, void (*stopped)(void *ctx), void *ctx);
void mirrors_free(struct mirrors *mirrors); /* after `stopped`; NULL is fine */

struct mirror_view {
    struct mirror_settings settings;
    bool running;
    int64_t next_ms; /* 0: not by itself */
};
/* By name. Texts live until mirrors_put. */
void mirrors_each(const struct mirrors *mirrors,
                  void (*each)(void *ctx, const struct mirror_view *view), void *ctx);
/* What a run of it is asked for; false: there is none of that name. Texts as above. */
bool mirrors_options(const struct mirrors *mirrors, const char *name,
                     struct import_options *options);

/* [any thread] The number of a mirror's last job; 0: there was none. */
enum status mirror_last_job(struct store_txn *txn, const char *name, uint64_t *job,
                            struct error *error);
/* [engine thread] A job of that mirror was accepted. */
void mirror_job_put(struct store_txn *txn, const char *name, uint64_t job);

#endif
