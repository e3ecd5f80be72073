/* Typing one text by its table entry (inside config). */
#ifndef STOCKD_CONFIG_VALUE_H
#define STOCKD_CONFIG_VALUE_H

#include "config/config.h"
#include "config/node.h"

/* Where a value is: for messages. */
struct config_site {
    struct config_report *report;
    const char *file;
    const char *where; /* "account 'ozon-main' (plugin ozon)" */
};

/* The number of `text`, when it is what the option asks for. Otherwise what it must be: "must be
 * yes or no". Looks at the text alone. */
bool config_value_number(const struct config_option_spec *option, const char *text, int64_t *number,
                         struct buf *must);
/* Takes what the file says, or reports why not and keeps what was there. `origin` is set in both
 * cases: the key was given. */
void config_value_take(struct config_value *value, const struct config_site *site,
                       const struct config_node *node);
/* Takes the default of the table. False when it is not of the option's type. */
bool config_value_default(struct config_value *value);
void config_value_clear(struct config_value *value); /* wipes */

/* "a duration from 1s to 10m": for messages and the reference. */
void config_type_describe(const struct config_option_spec *option, struct buf *out);

#endif
