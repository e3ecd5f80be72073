/* Schedules: those of all accounts, and those of one, which go before them. Here is also what must
 * hold between the keys. Not here: what a schedule looks like (type.c, schedule/). */
#include "config/build.h"
#include "config/report.h"
#include "config/tables.h"

#include "base/mem.h"

#include <string.h>

void config_schedule_build(struct config_schedule *schedule, struct config_report *report,
                           struct config_entries *entries)
{
    const struct config_table *table = config_table(CONFIG_TABLE_SCHEDULE);
    struct config_site site = {report, NULL, "schedule"};
    struct config_section *section = &schedule->section;
    config_section_init(section, table->options, table->count);
    config_section_take(section, &site, entries);
    const struct config_section *tables[] = {section};
    config_entries_unused(entries, &site, "key", tables, 1, NULL);
    schedule->soft_ms = config_section_number(section, "soft-limit");
    schedule->hard_ms = config_section_number(section, "hard-limit");
}

/* The same keys without defaults: what an account does not say is said for all. */
static struct config_option_spec *own_table(const struct config_table *table)
{
    struct config_option_spec *own = mem_array(table->count, sizeof *own);
    memcpy(own, table->options, table->count * sizeof *own);
    for (size_t i = 0; i < table->count; i++)
        own[i].default_value = NULL;
    return own;
}

static void take_own(struct config_schedule *schedule, const struct config_site *site,
                     const struct config_entry *map)
{
    const struct config_table *table = config_table(CONFIG_TABLE_SCHEDULE);
    config_section_init(&schedule->section, own_table(table), table->count);
    if (!map) return;
    char *where = mem_format("the schedule of %s", site->where);
    const struct config_site here = {site->report, map->file, where};
    struct config_entries entries = {0};
    if (config_entries_add(&entries, &here, where, map->value, CONFIG_KEYS_MAX)) {
        config_section_take(&schedule->section, &here, &entries);
        const struct config_section *tables[] = {&schedule->section};
        config_entries_unused(&entries, &here, "key", tables, 1, NULL);
    }
    config_entries_free(&entries);
    mem_free(where);
}

/* The value in force. */
static const struct config_value *in_force(const struct config_schedule *own,
                                           const struct config_schedule *all, size_t key)
{
    const struct config_value *value = &own->section.values[key];
    return value->text ? value : &all->section.values[key];
}

static void check_orders(const struct config_account *account, const struct config_value *orders,
                         struct config_report *report)
{
    const struct schedule *schedule = account->schedule.tasks[CONFIG_TASK_ORDERS];
    if (account->orders != CONFIG_ORDERS_IMPORT || !schedule_is_off(schedule)) return;
    config_report_add(report, CONFIG_ERROR, orders->origin.file, orders->origin.line,
                      "'orders' in schedule cannot be off for account '%s': with orders: import "
                      "what is sold there is taken off here by reading its orders; give it an "
                      "interval, or set orders: external",
                      account->name);
}

static void check_limits(const struct config_schedule *schedule, const struct config_value *soft,
                         const struct config_value *hard, const char *where,
                         struct config_report *report)
{
    const struct config_origin *at = soft->origin.file ? &soft->origin : &hard->origin;
    if (schedule->soft_ms < schedule->hard_ms || !at->file) return;
    config_report_add(report, CONFIG_ERROR, at->file, at->line,
                      "'soft-limit' (%s) must be less than 'hard-limit' (%s) in the schedule of %s",
                      soft->text, hard->text, where);
}

void config_schedule_of_account(struct config_account *account, const struct config_schedule *all,
                                const struct config_site *site, const struct config_entry *map)
{
    enum { SOFT = CONFIG_TASKS, HARD };
    struct config_schedule *own = &account->schedule;
    take_own(own, site, map);
    for (size_t i = 0; i < CONFIG_TASKS; i++) /* the text was tried when it was taken */
        schedule_new(in_force(own, all, i)->text, &own->tasks[i], NULL);
    const struct config_value *soft = in_force(own, all, SOFT), *hard = in_force(own, all, HARD);
    own->soft_ms = soft->number;
    own->hard_ms = hard->number;
    if (!own->tasks[CONFIG_TASK_ORDERS]) return; /* its zone's file went away just now */
    check_orders(account, in_force(own, all, CONFIG_TASK_ORDERS), site->report);
    check_limits(own, soft, hard, site->where, site->report);
}

void config_schedule_free(struct config_schedule *schedule)
{
    const struct config_option_spec *options = schedule->section.options;
    bool own = options && options != config_table(CONFIG_TABLE_SCHEDULE)->options;
    for (size_t i = 0; i < CONFIG_TASKS; i++)
        schedule_free(schedule->tasks[i]);
    config_section_free(&schedule->section);
    if (own) mem_free((void *)(uintptr_t)options);
}
