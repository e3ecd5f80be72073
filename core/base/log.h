/* Logging: one line per event, logfmt or JSON, to stderr or a file that can be reopened. Any
 * thread. A line is `log_info("account", "parked", "account=%s why=%s", ...)`: module, event,
 * pairs. Values with spaces or quotes are written by log_quote. Secrets never reach it: what holds
 * them has no way to print them. As JSON the same line is an object of texts, in the same order;
 * words that are no pair are its member "text". */
#ifndef STOCKD_BASE_LOG_H
#define STOCKD_BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_ERROR = 0, LOG_WARNING = 1, LOG_INFO = 2, LOG_DEBUG = 3 };

enum log_format { LOG_LOGFMT = 0, LOG_JSON = 1 };
/* From the next line on. */
void log_format_set(enum log_format format);

void log_level_set(enum log_level level);
enum log_level log_level_get(void);
/* NULL or "" means stderr. Returns 0, or an errno: then the log stays where it was. */
int log_open(const char *path);
/* After the file was moved away: the same path once more. */
int log_reopen(void);

void log_line(enum log_level level, const char *module, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_error(module, event, ...)   log_line(LOG_ERROR, module, event, __VA_ARGS__)
#define log_warning(module, event, ...) log_line(LOG_WARNING, module, event, __VA_ARGS__)
#define log_info(module, event, ...)    log_line(LOG_INFO, module, event, __VA_ARGS__)
#define log_debug(module, event, ...)                                                      \
    do {                                                                                   \
        if (log_level_get() >= LOG_DEBUG) log_line(LOG_DEBUG, module, event, __VA_ARGS__); \
    } while (0)

enum { LOG_QUOTED_MAX = 600 };
/* `text` as a logfmt value, quoted when it must be, cut when it is long; returns `out`. */
const char *log_quote(const char *text, char out[LOG_QUOTED_MAX]);

#endif
