/* Figures that are taken over from a marketplace (`--shops`): imports from accounts, dry runs of
 * them, and a mirror that does it again and again. Draws are of a stream of their own.
 *
 * Judged by what the models have shown: whatever an import brings of a product was shown there for
 * it since the import began, times a pack that somebody spoke of. A dry run brings nothing; a
 * mirror begins nothing while its last run goes on or is held. Where orders are imported nobody can
 * tell from outside which of them a figure of the marketplace has netted: there the record learns
 * what came, and the ledger and the lines alone are judged. */
#ifndef SIM_SHOPS_H
#define SIM_SHOPS_H

#include "sim.h"
#include "store/store.h"

struct import_job;
struct shops;

struct shops *shops_new(struct sim *sim);
void shops_free(struct shops *shops);

/* Recurring: somebody takes over the figures of a place. */
void shops_take(struct sim *sim);
/* The mirror as the configuration has it; none when all is quiet. */
void shops_mirror(struct sim *sim);

/* Something has landed at the account: what is shown there now. */
void shops_shown(struct sim *sim, uint32_t account);

/* In an engine task: the import brings that; `before` 0 where there was no figure. */
void shops_check_row(struct shops *shops, struct store_txn *txn, const struct import_job *job,
                     uint32_t product, uint32_t local, int64_t before, int64_t after);
/* ... it was accepted. */
void shops_check_new(struct shops *shops, struct store_txn *txn, const struct import_job *job,
                     uint64_t number);

#endif
