/* The core's own keys, as tables (inside config). The parser, --help and the reference read them.
 */
#ifndef STOCKD_CONFIG_TABLES_H
#define STOCKD_CONFIG_TABLES_H

#include "config/config.h"

struct config_table {
    const char *title; /* of the reference: "accounts.NAME" */
    const char *help;
    const struct config_option_spec *options;
    size_t count;
};

enum config_table_id {
    CONFIG_TABLE_TOP,
    CONFIG_TABLE_DAEMON,
    CONFIG_TABLE_GUARD,
    CONFIG_TABLE_API,
    CONFIG_TABLE_ACCOUNT,
    CONFIG_TABLE_QUOTA,
    CONFIG_TABLE_WAREHOUSE,
    CONFIG_TABLE_LINK,
    CONFIG_TABLE_INBOX,
    CONFIG_TABLE_INBOX_COLUMNS,
    CONFIG_TABLE_MIRROR,
    CONFIG_TABLE_SCHEDULE, /* the tasks first, in the order of enum config_task */
    CONFIG_TABLE_ALERTS,
    CONFIG_TABLE_ALERT_RULES,
    CONFIG_TABLE_REPORTS,
    CONFIG_TABLE_CHANNEL,
    CONFIG_TABLE_HOOK,
    CONFIG_TABLE_COUNT,
};

const struct config_table *config_table(enum config_table_id id);

#endif
