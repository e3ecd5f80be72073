/* Output for people: aligned tables and records, and single values as text. Widths count columns of
 * a terminal, not bytes. Control characters in what the daemon says never reach the terminal. */
#ifndef STOCKD_CTL_TABLE_H
#define STOCKD_CTL_TABLE_H

#include "base/buf.h"
#include "ctl/verb.h"

#include <jansson.h>

/* Terminal columns of UTF-8 text. The program must have set a UTF-8 LC_CTYPE. */
size_t ctl_text_width(const char *text);

/* The value of a member ("after.on_hand") as text: null and absent are "-", lists are joined by
 * ", ", times are local. */
void ctl_cell_text(struct buf *out, const json_t *object, const char *member, enum ctl_cell cell);

/* A heading and one line per element of `rows`. Columns end with a title of NULL. */
void ctl_table(struct buf *out, const struct ctl_column *columns, const json_t *rows);
/* "title  value" lines; absent members are left out. */
void ctl_record(struct buf *out, const struct ctl_column *columns, const json_t *object);

/* What `member` names, or NULL. */
const json_t *ctl_member(const json_t *object, const char *member);

#endif
