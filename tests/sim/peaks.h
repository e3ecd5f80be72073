/* The most that a figure was since any time: of what it was before, only that is kept which nothing
 * since exceeded. All zero: it was always 0. */
#ifndef SIM_PEAKS_H
#define SIM_PEAKS_H

#include <stddef.h>
#include <stdint.h>

struct peaks {
    int64_t figure; /* now */
    struct peak {
        int64_t until_us, figure; /* figures fall, times rise */
    } * kept;                     /* owned */
    size_t count, room;
};

void peaks_free(struct peaks *peaks);
/* `now_us` never goes back. */
void peaks_put(struct peaks *peaks, int64_t figure, int64_t now_us);
/* What it was at `us` counts, what ended then does not; INT64_MIN: ever. */
int64_t peaks_since(const struct peaks *peaks, int64_t us);

#endif
