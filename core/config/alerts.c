/* The section alerts: its own keys, the switches of its rules, and its channels. What the words
 * mean is core/notify's. */
#include "config/build.h"
#include "config/report.h"
#include "config/tables.h"
#include "schedule/zone.h"

#include "base/address.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY_MINUTES = 24 * 60 };

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0 && text[strlen(with)];
}

/* ---- channels */

static void need(const struct config_channel *channel, const struct config_site *site,
                 const char *name)
{
    const char *text = config_section_text(&channel->section, name);
    if (text && *text) return;
    config_report_add(site->report, CONFIG_ERROR, site->file, channel->origin.line, "%s needs '%s'",
                      site->where, name);
}

static void check_url(const struct config_channel *channel, const struct config_site *site)
{
    const char *must = NULL;
    const char *url = channel->url;
    if (!url) return;
    if (channel->type == CONFIG_EMAIL) {
        if (!begins(url, "smtp://") && !begins(url, "smtps://"))
            must = "must be smtp://HOST:PORT or smtps://HOST:PORT";
    } else if (!begins(url, "https://") &&
               !(begins(url, "http://") && address_url_is_loopback(url))) {
        must = "must begin with https:// (http:// is for this machine only)";
    }
    if (strpbrk(url, " \r\n\t")) must = "must be one address without blanks";
    const struct config_value *value = config_value(&channel->section, "url");
    if (must)
        config_report_add(site->report, CONFIG_ERROR,
                          value->origin.file ? value->origin.file : site->file, value->origin.line,
                          "'url' in %s %s", site->where, must);
}

/* What goes into a mail's head must be one line. */
static void check_line(const struct config_channel *channel, const struct config_site *site,
                       const char *name)
{
    const char *text = config_section_text(&channel->section, name);
    if (!text || !strpbrk(text, "\r\n<>")) return;
    config_report_add(site->report, CONFIG_ERROR, site->file, channel->origin.line,
                      "'%s' in %s must be plain addresses on one line: shop@example.com", name,
                      site->where);
}

static void channel_build(struct config_channel *channel, struct config_report *report,
                          const struct config_entry *entry)
{
    channel->name = mem_text(entry->key->text);
    channel->origin = (struct config_origin){entry->file, entry->key->line};
    char *where = mem_format("alerts channel '%s'", channel->name);
    struct config_site site = {report, entry->file, where};
    struct config_section *section = &channel->section;
    config_section_build(section, CONFIG_TABLE_CHANNEL, &site, entry->value, entry->key->line);
    channel->type = (enum config_channel_type)config_section_number(section, "type");
    channel->enabled = config_section_number(section, "enabled") != 0;
    channel->least = (uint32_t)config_section_number(section, "least");
    channel->url = config_section_text(section, "url");
    channel->from = config_section_text(section, "from");
    channel->to = config_section_text(section, "to");
    channel->user = config_section_text(section, "user");
    channel->password = config_section_text(section, "password");
    channel->token = config_section_text(section, "token");
    channel->chat = config_section_text(section, "chat");
    channel->secret = config_section_text(section, "secret");
    if (config_section_text(section, "type")) {
        if (channel->type != CONFIG_TELEGRAM) need(channel, &site, "url");
        if (channel->type == CONFIG_EMAIL) need(channel, &site, "from");
        if (channel->type == CONFIG_EMAIL) need(channel, &site, "to");
        if (channel->type == CONFIG_EMAIL && channel->user) need(channel, &site, "password");
        if (channel->type == CONFIG_TELEGRAM) need(channel, &site, "token");
        if (channel->type == CONFIG_TELEGRAM) need(channel, &site, "chat");
        check_line(channel, &site, "from");
        check_line(channel, &site, "to");
        check_url(channel, &site);
    }
    mem_free(where);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct config_channel *)a)->name,
                  ((const struct config_channel *)b)->name);
}

static void take_channels(struct config_alerts *alerts, const struct config_site *site,
                          const struct config_entry *entry)
{
    struct config_entries entries = {0};
    config_entries_add(&entries, site, "'channels' in alerts", entry->value, CONFIG_CHANNELS_MAX);
    alerts->channels = mem_array(entries.count, sizeof *alerts->channels);
    for (size_t i = 0; i < entries.count; i++) {
        const struct config_entry *one = &entries.items[i];
        if (config_name_valid(one->key->text))
            channel_build(&alerts->channels[alerts->channel_count++], site->report, one);
        else
            config_report_add(site->report, CONFIG_ERROR, one->file, one->key->line,
                              "a channel's name in alerts must be lower-case letters, digits, '.', "
                              "'_' and '-', beginning with a letter or digit");
    }
    if (alerts->channel_count)
        qsort(alerts->channels, alerts->channel_count, sizeof *alerts->channels, by_name);
    config_entries_free(&entries);
}

/* ---- its own keys */

/* "22:00-08:00" */
static bool quiet_parse(const char *text, int32_t *from, int32_t *to)
{
    unsigned h1, m1, h2, m2;
    char rest;
    *from = *to = 0;
    if (!*text) return true;
    if (sscanf(text, "%2u:%2u-%2u:%2u%c", &h1, &m1, &h2, &m2, &rest) != 4) return false;
    if (h1 > 24 || h2 > 24 || m1 > 59 || m2 > 59) return false;
    *from = (int32_t)(h1 * 60 + m1) % DAY_MINUTES;
    *to = (int32_t)(h2 * 60 + m2) % DAY_MINUTES;
    return *from != *to;
}

static void check_times(struct config_alerts *alerts, struct config_report *report)
{
    const struct config_value *quiet = config_value(&alerts->section, "quiet");
    const struct config_value *place = config_value(&alerts->section, "zone");
    struct zone *zone = NULL;
    struct error error = {0};
    if (!quiet_parse(quiet->text, &alerts->quiet_from, &alerts->quiet_to))
        config_report_add(report, CONFIG_ERROR, quiet->origin.file, quiet->origin.line,
                          "'quiet' in alerts must be two different times of day: 22:00-08:00");
    if (zone_open(place->text, &zone, &error) != ST_OK)
        config_report_add(report, CONFIG_ERROR, place->origin.file, place->origin.line,
                          "'zone' in alerts: %s", error.text);
    zone_free(zone);
}

void config_alerts_build(struct config_alerts *alerts, struct config_report *report,
                         struct config_entries *entries)
{
    const struct config_table *table = config_table(CONFIG_TABLE_ALERTS);
    const struct config_table *rules = config_table(CONFIG_TABLE_ALERT_RULES);
    struct config_site site = {report, NULL, "alerts"};
    struct config_section *section = &alerts->section;
    config_section_init(section, table->options, table->count);
    config_section_init(&alerts->rules, rules->options, rules->count);
    config_section_take(section, &site, entries);
    const struct config_section *tables[] = {section};
    config_entries_unused(entries, &site, "key", tables, 1, NULL);
    alerts->russian = config_section_number(section, "lang") == 1;
    alerts->zone = config_section_text(section, "zone");
    alerts->quiet_but_critical = config_section_number(section, "quiet-critical") == 0;
    alerts->every_ms = config_section_number(section, "every");
    alerts->group_ms = config_section_number(section, "group");
    alerts->keep_ms = config_section_number(section, "keep-firing-for");
    alerts->unsent_ms = config_section_number(section, "unsent");
    alerts->stale_ms = config_section_number(section, "stale");
    alerts->missed_ms = config_section_number(section, "missed");
    alerts->key_days = config_section_number(section, "key-days");
    alerts->disk_percent = config_section_number(section, "disk");
    alerts->exposure = config_section_number(section, "exposure");
    alerts->stale_times = config_section_number(section, "stale-times");
    alerts->usual_times = config_section_number(section, "usual-times");
    alerts->usual_changes = config_section_number(section, "usual-changes");
    alerts->usual_days = config_section_number(section, "usual-days");
    alerts->change_percent = config_section_number(section, "change");
    check_times(alerts, report);
    const struct config_entry *entry = config_entries_find(entries, "rules");
    if (entry) {
        struct config_site at = {report, entry->file, "alerts rules"};
        config_section_free(&alerts->rules);
        config_section_build(&alerts->rules, CONFIG_TABLE_ALERT_RULES, &at, entry->value,
                             entry->key->line);
    }
    entry = config_entries_find(entries, "channels");
    site.file = entry ? entry->file : NULL;
    if (entry) take_channels(alerts, &site, entry);
    config_reports_build(alerts, report, config_entries_find(entries, "reports"));
}

void config_alerts_free(struct config_alerts *alerts)
{
    config_section_free(&alerts->section);
    config_section_free(&alerts->rules);
    config_reports_free(&alerts->reports);
    for (size_t i = 0; i < alerts->channel_count; i++) {
        config_section_free(&alerts->channels[i].section);
        mem_free((void *)(uintptr_t)alerts->channels[i].name);
    }
    mem_free(alerts->channels);
}
