/* Help texts, made from the table of verbs. */
#ifndef STOCKD_CTL_HELP_H
#define STOCKD_CTL_HELP_H

#include "base/buf.h"
#include "ctl/verb.h"

void ctl_help_all(struct buf *out);
/* The verbs whose first word is `group`; false when there are none. */
bool ctl_help_group(struct buf *out, const char *group);
void ctl_help_verb(struct buf *out, const struct ctl_verb *verb);
/* "stock get SKU [--warehouse W]" */
void ctl_help_usage(struct buf *out, const struct ctl_verb *verb);

#endif
