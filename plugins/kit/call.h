/* The small things every operation needs of its call: ending it, refusing a row, finding a key.
 * [worker]
 */
#ifndef KIT_CALL_H
#define KIT_CALL_H

#include <stdbool.h>
#include <stockd/plugin.h>

/* What a marketplace takes its time over is divided by this. Tests against one whose clock runs
 * faster build the plugins with that factor; all else is the same source. */
#ifndef KIT_HASTE
#define KIT_HASTE 1
#endif

/* Says why the operation cannot go on; the verdict to return. */
enum stockd_verdict kit_fail(const struct stockd_call *call, enum stockd_fail why, const char *code,
                             const char *text);
/* For an answer without its rows: `name` is what was looked for. Later, with back-off. */
enum stockd_verdict kit_unreadable(const struct stockd_call *call, const char *name);
/* The plugin contradicts itself. */
enum stockd_verdict kit_bug(const struct stockd_call *call, const char *text);

/* Reports a row that cannot be used: what, and where it was. */
void kit_malformed(const struct stockd_call *call, const char *what, const char *where);
/* ... and sets `*lost`: nothing may be said any more of what was not seen. */
void kit_lose(const struct stockd_call *call, bool *lost, const char *what, const char *where);

/* The value of one of an item's keys, or NULL. */
const char *kit_key(const struct stockd_item *item, const char *kind);

#endif
