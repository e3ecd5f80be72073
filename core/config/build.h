/* The steps of loading that make parts of a configuration (inside config). Each reports and goes
 * on. */
#ifndef STOCKD_CONFIG_BUILD_H
#define STOCKD_CONFIG_BUILD_H

#include "config/config.h"
#include "config/section.h"
#include "config/tables.h"

struct config_source {
    struct config_report *report;
    config_plugin_fn plugin;
    void *ctx;
    const struct config_schedule *schedule; /* of all accounts */
};

/* One mapping against one table. */
void config_section_build(struct config_section *section, enum config_table_id id,
                          const struct config_site *site, const struct config_node *node, int line);
void config_daemon_build(struct config_daemon *daemon, const char *instance,
                         struct config_report *report, struct config_entries *entries);
void config_guard_build(struct config_guard *guard, struct config_report *report,
                        struct config_entries *entries);
void config_schedule_build(struct config_schedule *schedule, struct config_report *report,
                           struct config_entries *entries);
/* Of one account, whose other keys are known: `map` is what it says itself, or NULL. */
void config_schedule_of_account(struct config_account *account, const struct config_schedule *all,
                                const struct config_site *site, const struct config_entry *map);
void config_schedule_free(struct config_schedule *schedule);
void config_api_build(struct config_api *api, struct config_report *report,
                      struct config_entries *entries);
void config_api_free(struct config_api *api);
void config_account_build(struct config_account *account, const struct config_source *source,
                          const struct config_daemon *daemon, const struct config_entry *entry);
void config_account_free(struct config_account *account);
void config_warehouse_build(struct config_warehouse *warehouse, struct config_report *report,
                            const struct config_entry *entry);
void config_link_build(struct config_link *link, struct config_report *report, const char *file,
                       const struct config_node *node);

void config_inbox_build(struct config_inbox *inbox, struct config_report *report,
                        const struct config_entry *entry);
void config_inbox_free(struct config_inbox *inbox);

void config_mirror_build(struct config_mirror *mirror, struct config_report *report,
                         const struct config_entry *entry);

void config_hook_build(struct config_hook *hook, struct config_report *report,
                       const struct config_entry *entry);
void config_hook_free(struct config_hook *hook);

/* alerts.c; also what must hold within. */
void config_alerts_build(struct config_alerts *alerts, struct config_report *report,
                         struct config_entries *entries);
void config_alerts_free(struct config_alerts *alerts);
/* Their part reports: `entry` is what is written of it, or NULL. The channels are known. */
void config_reports_build(struct config_alerts *alerts, struct config_report *report,
                          const struct config_entry *entry);
void config_reports_free(struct config_reports *reports);

/* ... of mirrors. */
void config_mirrors_check(const struct config *config, struct config_report *report);
/* What must hold between accounts, warehouses and links, once all files were read whole. */
void config_check(const struct config *config, struct config_report *report);

#endif
