/* Collecting messages (inside config). Each is one line of text: whatever came from a file goes
 * through config_shown first, secrets never come here. */
#ifndef STOCKD_CONFIG_REPORT_H
#define STOCKD_CONFIG_REPORT_H

#include "config/config.h"

/* `file` NULL: the text names its place itself; `line` 0: the whole file. */
void config_report_add(struct config_report *report, enum config_severity severity,
                       const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void config_report_sort(struct config_report *report);

enum { CONFIG_SHOWN_MAX = 96, CONFIG_SHOWN_TEXT = 60 };
/* `text` as it can stand in a message: control characters replaced, cut after CONFIG_SHOWN_TEXT
 * bytes; returns `out`. */
const char *config_shown(const char *text, char out[CONFIG_SHOWN_MAX]);
/* The same for a key, which ends where a key must end: of `api-key=123` only `api-key...` is
 * shown, because a value that slipped into a key may be a secret. */
const char *config_shown_key(const char *text, char out[CONFIG_SHOWN_MAX]);

/* The sentence's end that helps with an unknown name: "; did you mean 'x'?" or, when there are few
 * names, "; known are a, b". May be "". Other case and '_' for '-' count as near. */
void config_hint(const char *word, const char *const *names, size_t count, struct buf *out);

#endif
