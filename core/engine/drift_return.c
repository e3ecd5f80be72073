/* Pieces that an order gave back at the marketplace, told of after a reading had shown them there:
 * then nobody else wrote that figure. What is decided at the reading is in drift.c. */
#include "engine/drift_rows.h"

/* The reading for which it was repaired or named may have shown them already, and no drain that was
 * begun long enough after it has left them out; where it is known when they came back, such a drain
 * did not see them (it was read by a clock far ahead), and a sweep tells of them hours later. */
static bool may_be(const struct applying *a, const struct drift_record *d,
                   const struct drift_return *back)
{
    int64_t shown_ms = d->code == DRIFT_FOREIGN ? d->since_ms : d->read_ms;
    int64_t drained_ms = back->drained_ms ? back->drained_ms : a->command->now_ms;
    bool known = back->from_ms > 0;
    return back->from_ms <= shown_ms && (known || drained_ms < shown_ms + DRIFT_LATE_MS);
}

/* What was counted for that reading is not any more. */
static void uncount(struct target *t, struct drift_record *d)
{
    if (d->code == DRIFT_FOREIGN) { /* named and not repaired; the others count as they did */
        d->repairs -= d->earlier;
        t->record.hold &= (uint16_t)~HOLD_FOREIGN;
    } else if (d->done == DRIFT_REPAIRED) {
        d->repairs--;
    }
}

enum status drift_returned(struct applying *a, struct target *t, const struct drift_return *back)
{
    struct drift_record d;
    if (back->packs <= 0) return ST_OK;
    enum status status = drift_load_newest(a, &t->id, &d);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    bool open = d.end == DRIFT_OPEN;
    if (!d.unexplained || !may_be(a, &d, back) || !(open || d.end == DRIFT_TRUE_AGAIN))
        return ST_OK;
    d.unexplained -= back->packs < d.unexplained ? (uint32_t)back->packs : d.unexplained;
    bool explained = d.unexplained == 0;
    if (explained) uncount(t, &d);
    if (explained && !open) d.end = DRIFT_EXPLAINED;
    drift_save(a, &t->id, &d);
    return explained && open ? drift_close(a, t, DRIFT_EXPLAINED) : ST_OK;
}
