/* Where a reading of many pages is, kept with each page in the account's durable state, so that one
 * that was interrupted - an answer that did not come, a restart - goes on there instead of from its
 * beginning: else a seller with more pages than come through at a stretch would never reach the
 * end. Readings of orders go on whatever interrupted them, but for a new cut-over; a list
 * (fetch_listings, fetch_stock of everything) goes on within the reading that the daemon names,
 * start->reading_ms. [worker] */
#ifndef KIT_RESUME_H
#define KIT_RESUME_H

#include <stdbool.h>
#include <stdint.h>
#include <stockd/plugin.h>

#define KIT_PLACE_MAX 3900 /* bytes; leaves room for the times within STOCKD_STATE_MAX */
/* An older place is left: a marketplace's cursor does not last for ever, and one that it has
 * forgotten may look like an end. */
#define KIT_RESUME_MS 600000
/* A page of fewer rows is read again as quickly as its place is kept. */
#define KIT_RESUME_ROWS 100

struct kit_resume {
    int64_t started_ms; /* when its first page was asked for: the end tells no more than that */
    int64_t from_ms;    /* the time it asks from */
    char place[KIT_PLACE_MAX + 1]; /* the plugin's own: a cursor, an offset */
};

/* The place of a reading of orders of that mode (a drain's and a sweep's are two). False: none
 * that is of use. */
bool kit_resume(const struct stockd_call *call, struct kit_resume *at);
/* Keeps it with what this step emits. A place that is too long is not kept. */
void kit_resume_put(const struct stockd_call *call, int64_t started_ms, int64_t from_ms,
                    const char *place);
/* The same of a list: `told` is how many rows it has told by then. Keep nothing after a row that
 * could not be read: it is read again, and says so again. */
struct kit_list {
    int64_t told;
    char place[KIT_PLACE_MAX + 1];
};
bool kit_list_resume(const struct stockd_call *call, struct kit_list *at);
void kit_list_put(const struct stockd_call *call, int64_t told, const char *place);

/* The end was reached, or the place is none. */
void kit_resume_drop(const struct stockd_call *call);
/* The answer to the first page asked for from a kept place says that there is no such place: it is
 * dropped, and the next reading begins anew. */
void kit_resume_refused(const struct stockd_call *call);

#endif
