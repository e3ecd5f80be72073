/* The operator's own record of which product each listing of each account belongs to: that of its
 * SKU, or the one it was tied to by a command (by hand, or because its product was called otherwise
 * or went into another). The store is asked for one thing only: whether a listing was tied at all
 * when such a command ran, for when the marketplace told of it, and whether it could be sold then,
 * only the process knows. To which product nobody has to ask. */
#ifndef SIM_TIES_H
#define SIM_TIES_H

#include "script_op.h"

/* The product by index; WORLD_NONE: to none. */
int ties_product(const struct truth *truth, uint32_t account, uint32_t listing);

/* Whether it may be tied to none although a product bears its SKU: another listing of the account
 * was tied to that product by hand, and which of the two came first cannot be told. */
bool ties_may_wait(const struct truth *truth, const struct world *world, uint32_t account,
                   uint32_t listing);

/* Whether it belonged to that product at some time since then, in true time, or does now. */
bool ties_was(const struct truth *truth, uint32_t account, uint32_t listing, uint32_t product,
              int64_t since_ms);

/* From now on the SKU names another product than it did, or none. */
void ties_unnamed(struct truth *truth, uint32_t product);

/* The command was taken, and is in the rest of the record. */
void ties_record(const struct op *op, struct truth *truth);

/* What it did to ties is taken back. */
void ties_take_back(struct truth *truth, const struct truth_past *past);

#endif
