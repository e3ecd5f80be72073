/* Remote warehouses as rows. For the engine's own files only. */
#ifndef STOCKD_ENGINE_PLACE_H
#define STOCKD_ENGINE_PLACE_H

#include "engine/state.h"

/* The number of the account's remote warehouse `id`, made when it is missing with `seen` as its
 * row. */
enum status remote_number(struct applying *a, uint32_t account, const struct remote_view *seen,
                          uint32_t *number);

/* A remote warehouse as the marketplace tells it. */
enum status remote_seen(struct applying *a, uint32_t account, const struct remote_view *seen);

/* The account's warehouses were read to the end by an operation begun at `begun_ms`: those not
 * named since then are gone. */
enum status remote_list_complete(struct applying *a, uint32_t account, int64_t begun_ms);

/* Refuses unless all accounts fed from that warehouse count orders the way `account` does: where
 * some figures net orders and some do not, no figure would be right. */
enum status orders_agree(struct applying *a, uint32_t warehouse, uint32_t account,
                         bool orders_import);

#endif
