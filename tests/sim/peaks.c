#include "peaks.h"

#include "base/mem.h"

void peaks_free(struct peaks *peaks)
{
    mem_free(peaks->kept);
}

void peaks_put(struct peaks *peaks, int64_t figure, int64_t now_us)
{
    enum { ROOM_FIRST = 8 };
    struct peak ended = {now_us, peaks->figure};
    peaks->figure = figure;
    if (figure >= ended.figure) return; /* which exceeds it from now on */
    while (peaks->count && peaks->kept[peaks->count - 1].figure <= ended.figure)
        peaks->count--;
    if (peaks->count == peaks->room) {
        peaks->room = peaks->room ? 2 * peaks->room : ROOM_FIRST;
        peaks->kept = mem_resize(peaks->kept, peaks->room * sizeof *peaks->kept);
    }
    peaks->kept[peaks->count++] = ended;
}

int64_t peaks_since(const struct peaks *peaks, int64_t us)
{
    for (size_t i = 0; i < peaks->count; i++)
        if (peaks->kept[i].until_us > us && peaks->kept[i].figure > peaks->figure)
            return peaks->kept[i].figure;
    return peaks->figure;
}
