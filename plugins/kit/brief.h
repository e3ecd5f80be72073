/* How far back a drain begins. It reads again what was shown shortly before the last one, for
 * clocks differ and changes may be shown late: a quarter of an hour. Where so much changes that
 * this takes many pages, most drains are brief: they begin shortly before the newest change that
 * was read, by the marketplace's own clock, and the whole quarter is read once a minute. Else a
 * drain would take longer than it counts for, and no increase would ever be sent. [worker] */
#ifndef KIT_BRIEF_H
#define KIT_BRIEF_H

#include <stdbool.h>
#include <stdint.h>
#include <stockd/plugin.h>

#define KIT_BRIEF_PAGES 5u /* of the whole: from so many on */
#define KIT_BRIEF_BACK_MS                                                                         \
    120000                       /* before the newest change: what is shown so late is not missed \
                                  */
#define KIT_BRIEF_WHOLE_MS 60000 /* from one whole drain to the next */

struct kit_brief {
    bool brief; /* this drain is */
    /* The newest change that was read, by the marketplace's clock, or the time there when the first
     * page was told: the plugin raises it. */
    int64_t newest_ms;
    int64_t whole_ms; /* when the last whole drain began */
};

/* Where a drain begins that would, whole, begin at `from_ms`; `cursor_ms` is when the last one did.
 */
int64_t kit_brief_from(const struct stockd_call *call, int64_t cursor_ms, int64_t from_ms,
                       struct kit_brief *at);
/* The drain, begun at `started_ms`, was read to its end: so many pages. */
void kit_brief_end(const struct stockd_call *call, int64_t started_ms, uint32_t pages,
                   const struct kit_brief *at);

#endif
