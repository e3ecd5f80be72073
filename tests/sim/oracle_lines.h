/* Lines of orders, followed from one transaction to the next, where a list that is behind
 * (replica.h) or an import that is switched (focus cut-over) may spoil them:
 *
 *   I3  what a line was once right about stays so while nothing changes at the marketplace
 *   I2  what had left before the import of orders began takes nothing from the stock
 */
#ifndef SIM_ORACLE_LINES_H
#define SIM_ORACLE_LINES_H

#include "sim.h"
#include "store/store.h"

struct oracle_lines;
struct oracle_lines *oracle_lines_new(struct sim *sim);
void oracle_lines_free(struct oracle_lines *lines);

/* From the engine's transaction, after each task. */
void oracle_lines_task_ran(struct oracle_lines *lines, struct store_txn *txn);
/* What was seen in a transaction may not be there: it was not committed, or lost by a crash. */
void oracle_lines_lost(struct oracle_lines *lines);
/* The account's orders are imported from now on: the first reading is to come. */
void oracle_lines_cut_over(struct oracle_lines *lines, struct store_txn *txn, uint32_t account);

#endif
