/* The part reports of the section alerts: when reports are sent, and where to. What they say is
 * core/report's. (Not here: the report of mistakes in a configuration, which is report.c.) */
#include "config/build.h"
#include "config/report.h"
#include "schedule/zone.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

static void fault(struct config_report *report, const struct config_value *value, const char *text)
{
    config_report_add(report, CONFIG_ERROR, value->origin.file, value->origin.line,
                      "'%s' in alerts reports: %s", value->option->name, text);
}

/* "09:00" of "daily", in the zone. */
static void take_time(struct config_reports *reports, int which, const char *word,
                      struct config_report *report)
{
    const struct config_value *value = config_value(&reports->section, word);
    struct error error = {0};
    reports->schedules[which] = NULL;
    if (!value->text || !*value->text || strcasecmp(value->text, "off") == 0) return;
    char *text = mem_format("%s %s %s", word, value->text, reports->zone);
    if (schedule_new(text, &reports->schedules[which], &error) != ST_OK) {
        reports->schedules[which] = NULL;
        fault(report, value,
              which == 0 ? "must be a time of day like \"09:00\", or off"
                         : "must be a day and a time like \"mon 09:00\", or off");
    }
    mem_free(text);
}

static void take_zone(struct config_alerts *alerts, struct config_report *report)
{
    struct config_reports *reports = &alerts->reports;
    const struct config_value *value = config_value(&reports->section, "zone");
    struct zone *zone = NULL;
    struct error error = {0};
    reports->zone = value->text && *value->text ? value->text : alerts->zone;
    if (zone_open(reports->zone, &zone, &error) != ST_OK) {
        if (reports->zone == value->text) fault(report, value, error.text);
        reports->zone = "UTC"; /* so that the times are tried all the same */
    }
    zone_free(zone);
}

/* The next name of a list with commas; its size, or 0 at the end. */
static size_t next_name(const char **at, const char **name)
{
    *at += strspn(*at, ", ");
    *name = *at;
    size_t size = strcspn(*at, ", ");
    *at += size;
    return size;
}

static const char *channels_of(const struct config_reports *reports)
{
    const struct config_value *value = config_value(&reports->section, "channels");
    return value && value->text ? value->text : "";
}

bool config_reports_to(const struct config_reports *reports, const char *channel)
{
    const char *at = channels_of(reports), *name;
    if (strcmp(at, "all") == 0) return true;
    for (size_t size; (size = next_name(&at, &name));)
        if (strlen(channel) == size && memcmp(channel, name, size) == 0) return true;
    return false;
}

static void check_channels(const struct config_alerts *alerts, struct config_report *report)
{
    const struct config_value *value = config_value(&alerts->reports.section, "channels");
    const char *at = channels_of(&alerts->reports), *name;
    if (strcmp(at, "all") == 0) return;
    for (size_t size; (size = next_name(&at, &name));) {
        bool known = false;
        for (size_t i = 0; i < alerts->channel_count && !known; i++)
            known = strlen(alerts->channels[i].name) == size &&
                    memcmp(alerts->channels[i].name, name, size) == 0;
        if (known) continue;
        char *text = mem_format("there is no channel '%.*s' in alerts", (int)size, name);
        fault(report, value, text);
        mem_free(text);
    }
}

void config_reports_build(struct config_alerts *alerts, struct config_report *report,
                          const struct config_entry *entry)
{
    const struct config_table *table = config_table(CONFIG_TABLE_REPORTS);
    struct config_reports *reports = &alerts->reports;
    if (entry) {
        struct config_site at = {report, entry->file, "alerts reports"};
        config_section_build(&reports->section, CONFIG_TABLE_REPORTS, &at, entry->value,
                             entry->key->line);
    } else {
        config_section_init(&reports->section, table->options, table->count);
    }
    take_zone(alerts, report);
    take_time(reports, 0, "daily", report);
    take_time(reports, 1, "weekly", report);
    check_channels(alerts, report);
}

void config_reports_free(struct config_reports *reports)
{
    for (int i = 0; i < CONFIG_REPORTS; i++)
        schedule_free(reports->schedules[i]);
    config_section_free(&reports->section);
}
