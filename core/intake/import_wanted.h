/* Rows whose SKU is to become a product: kept with their text until it is one. Workers. */
#ifndef STOCKD_INTAKE_IMPORT_WANTED_H
#define STOCKD_INTAKE_IMPORT_WANTED_H

#include "base/buf.h"
#include "engine/command.h"

enum {
    IMPORT_WANTED_ROWS = 16384, /* enough to be worth sorting, little enough to hold */
    IMPORT_CREATE_SKUS = 2048,  /* products made by one command */
};

struct import_wanted_row {
    uint32_t sku, sku_size; /* in `skus` */
    struct stock_row row;
};

/* A zeroed one is empty. */
struct import_wanted {
    struct import_wanted_row *rows;
    uint32_t count, room;
    char *skus;
    size_t skus_size, skus_room;
    struct buf *payloads; /* of COMMAND_PRODUCT_BULK */
    uint32_t payload_count;
};

void import_wanted_add(struct import_wanted *wanted, struct bytes sku, const struct stock_row *row);
static inline bool import_wanted_full(const struct import_wanted *wanted)
{
    return wanted->count >= IMPORT_WANTED_ROWS;
}
/* Sorts the rows by SKU and makes the payloads. */
void import_wanted_pack(struct import_wanted *wanted);
static inline struct bytes import_wanted_sku(const struct import_wanted *wanted, uint32_t index)
{
    const struct import_wanted_row *row = &wanted->rows[index];
    return bytes_of(wanted->skus + row->sku, row->sku_size);
}
void import_wanted_clear(struct import_wanted *wanted); /* keeps memory for the next ones */
void import_wanted_free(struct import_wanted *wanted);

#endif
