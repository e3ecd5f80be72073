/* A row of TABLE_RESERVATION. Texts point into the bytes they were read from. */
#ifndef STOCKD_ENGINE_RESERVE_H
#define STOCKD_ENGINE_RESERVE_H

#include "engine/record.h"

struct reservation_view {
    uint64_t product;
    uint32_t warehouse;
    int64_t quantity;
    int64_t made_ms, until_ms; /* until 0: until it is released */
    struct bytes actor, note;
};
bool reservation_write(struct buf *out, const struct reservation_view *reservation);
enum status reservation_read(struct bytes from, struct reservation_view *reservation);

#endif
