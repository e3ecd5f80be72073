/* Filling the items of a batch from store rows. For the engine's own files only. */
#ifndef STOCKD_ENGINE_ITEM_H
#define STOCKD_ENGINE_ITEM_H

#include "engine/select.h"
#include "engine/target.h"

/* Appends an item for the target of that listing. */
enum status item_fill(struct applying *a, const struct target *target,
                      const struct listing_view *listing, struct engine_batch *batch,
                      struct engine_item **item);
/* Empty, for another selection: its memory is used again. */
void batch_reset(struct engine_batch *batch);
void item_drop_last(struct engine_batch *batch);

#endif
