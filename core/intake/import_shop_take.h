/* What follows from a reading of an account: each listing's figure there against the product and
 * figure here, in one read transaction. Nothing is changed. Workers. */
#ifndef STOCKD_INTAKE_IMPORT_SHOP_TAKE_H
#define STOCKD_INTAKE_IMPORT_SHOP_TAKE_H

#include "engine/directory.h"
#include "intake/import_shop.h"

/* Where from and where to, as numbers of the engine. */
struct shop_places {
    uint32_t account, remote, warehouse;
    bool fed; /* what is shown there comes from that warehouse, all of it */
    char remote_id[KEY_TEXT_MAX + 1];
};
/* ST_NOT_FOUND, ST_INVALID, ST_CONFLICT with a sentence. */
enum status shop_places_find(const struct directory *directory,
                             const struct import_options *options, struct shop_places *places,
                             struct error *error);

struct shop_take {
    /* Given. */
    const struct import_options *options;
    int64_t read_ms; /* figures read since then are of the reading */
    bool orders_import;
    /* Taken. */
    struct shop_places places;
    uint64_t basis;         /* the newest command that it knows of */
    struct stock_row *rows; /* by product; on hand, or what is to be added */
    uint64_t row_count, row_room;
    struct import_refused refused; /* the first of them; `line` counts them from 1 */
    uint64_t refused_count;
    struct import_report report;
};
enum status shop_take_run(struct shop_take *take, struct store_txn *txn, struct error *error);
/* Where its rows come from: for the commands that apply them. */
struct stock_shown shop_take_shown(const struct shop_take *take);
void shop_take_free(struct shop_take *take);

/* The listing's SKU, or size 0. */
struct bytes shop_listing_sku(const struct listing_view *view);
/* The listing's figures there that are of the reading, until `each` returns false. `observed`: a
 * cursor of TABLE_OBSERVED. */
enum status shop_each_figure(struct store_cursor *observed, const struct shop_places *places,
                             uint64_t listing, int64_t read_ms,
                             bool (*each)(void *ctx, const struct observed_record *seen),
                             void *ctx);

/* Payloads of COMMAND_PRODUCT_PUT for listings with a figure there that are tied to no product and
 * have an SKU: at most SHOP_CREATE_MOST, of listings after *after. */
enum { SHOP_CREATE_MOST = 200 };
struct shop_create {
    struct buf payloads[SHOP_CREATE_MOST];
    uint32_t count;
    bool more;
};
enum status shop_create_find(struct store_txn *txn, const struct shop_places *places,
                             int64_t read_ms, uint64_t *after, struct shop_create *create,
                             struct error *error);
void shop_create_free(struct shop_create *create);

#endif
