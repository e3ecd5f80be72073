/* A CSV file of rules: its head, its rows, and sending them when all were read. For run_*.c only.
 */
#ifndef STOCKD_CTL_RUN_RULES_H
#define STOCKD_CTL_RUN_RULES_H

#include "base/csv.h"
#include "ctl/ctl.h"

struct ctl_rules;

/* The first row names columns of rules: a sku, something said of it, and no listing. */
bool ctl_rules_head(const struct csv_record *record);
struct ctl_rules *ctl_rules_new(struct ctl *ctl, const char *file, const struct csv_record *head);
void ctl_rules_row(struct ctl_rules *rules, const struct csv_record *record);
/* The exit code; says how it went. */
int ctl_rules_end(struct ctl_rules *rules, bool dry_run);
void ctl_rules_free(struct ctl_rules *rules); /* may be NULL */

#endif
