/* A report in words: as plain text, as one self-contained page of HTML that a mail client can show,
 * in short, and as JSON for programs (docs/reports.md). Pure; any thread. */
#ifndef STOCKD_REPORT_RENDER_H
#define STOCKD_REPORT_RENDER_H

#include "report/report.h"
#include "report/words.h"
#include "schedule/zone.h"

#include <jansson.h>

enum {
    REPORT_TEXT_MAX = 4 << 20, /* of 256 accounts it is a third of that */
    REPORT_LINES_MAX = 20,     /* alerts that are told one by one */
    REPORT_BRIEF_NEEDS = 5,
};

struct report_style {
    enum lang lang;
    const struct zone *zone; /* of times */
    const char *account;     /* the report is of it alone; NULL: of all */
};
void report_subject(struct buf *out, const struct report *report, const struct report_style *style);
void report_text(struct buf *out, const struct report *report, const struct report_style *style);
void report_html(struct buf *out, const struct report *report, const struct report_style *style);
void report_brief(struct buf *out, const struct report *report, const struct report_style *style);
/* New reference. Texts of alerts are in the language, names of members are not. */
json_t *report_json(const struct report *report, enum lang lang);

/* The whole of it, in one go: write.c. */
enum report_format { REPORT_AS_JSON, REPORT_AS_TEXT, REPORT_AS_HTML, REPORT_FORMATS };
const char *report_format_name(enum report_format format); /* "json" ... */
const char *report_format_type(enum report_format format); /* "application/json" ... */
struct report_form {
    enum report_format format;
    enum lang lang;
    const char *zone; /* by name; one that cannot be read is UTC */
};
enum status report_write(struct store_txn *txn, const struct report_ask *ask,
                         const struct report_form *form, struct buf *out, struct error *error);

/* ---- what text and HTML share: lines.c */

/* What is said of an account, as labels and values, in two parts. */
enum report_part { REPORT_HAPPENED, REPORT_NOW };
typedef void report_line(void *ctx, const char *label, const char *value);
void report_lines(const struct report_account *account, enum report_part part,
                  const struct report *report, enum lang lang, report_line *line, void *ctx);
/* "stockd ran ..."; what was not counted. Sentences. */
void report_head(const struct report *report, const struct report_style *style,
                 void (*sentence)(void *ctx, const char *text), void *ctx);
/* An alert's line and what to do, as its rule has them. */
void report_alert_line(struct buf *out, const struct report_alert *alert, enum lang lang);
void report_alert_todo(struct buf *out, const struct report_alert *alert, enum lang lang);
void report_plan_line(struct buf *out, const struct report_plan *plan,
                      const struct report_style *style);
void report_say(struct buf *out, enum lang lang, enum report_word word, int64_t count);

#endif
