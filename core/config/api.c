/* The section `api`: where programs may ask over TCP. */
#include "config/build.h"
#include "config/report.h"
#include "config/tables.h"

#include "base/address.h"
#include "base/mem.h"

#include <string.h>

static void check_listen(const struct config_api *api, struct config_report *report)
{
    const struct config_value *value = config_value(&api->section, "listen");
    struct address address;
    struct error error;
    if (address_read(api->listen, &address, &error) != ST_OK)
        config_report_add(report, CONFIG_ERROR, value->origin.file, value->origin.line,
                          "api: listen: %s", error.text);
    else if (!address.loopback && !api->behind_tls)
        config_report_add(
            report, CONFIG_ERROR, value->origin.file, value->origin.line,
            "api: listen: %s can be reached from other machines, and stockd speaks no TLS: tokens "
            "and figures would cross the network in the clear. Listen on 127.0.0.1 or [::1], or "
            "put a proxy that ends TLS before it and say so with 'behind-tls: yes'",
            api->listen);
}

static void take_hosts(struct config_api *api, struct config_report *report)
{
    const struct config_value *value = config_value(&api->section, "hosts");
    api->hosts = mem_array(CONFIG_HOSTS_MAX, sizeof *api->hosts);
    for (const char *at = value->text; *at;) {
        at += strspn(at, " \t\n,");
        size_t size = strcspn(at, " \t\n,");
        if (size == 0) break;
        if (api->host_count == CONFIG_HOSTS_MAX) {
            config_report_add(report, CONFIG_ERROR, value->origin.file, value->origin.line,
                              "api: hosts: there are more than %d names", CONFIG_HOSTS_MAX);
            return;
        }
        api->hosts[api->host_count++] = mem_text_n(at, size);
        if (strcspn(api->hosts[api->host_count - 1], ":/*@") != size)
            config_report_add(report, CONFIG_ERROR, value->origin.file, value->origin.line,
                              "api: hosts: '%.80s' is no name of a host: write it without scheme, "
                              "port and path",
                              api->hosts[api->host_count - 1]);
        at += size;
    }
}

void config_api_build(struct config_api *api, struct config_report *report,
                      struct config_entries *entries)
{
    const struct config_table *table = config_table(CONFIG_TABLE_API);
    struct config_site site = {report, NULL, "api"};
    struct config_section *section = &api->section;
    config_section_init(section, table->options, table->count);
    config_section_take(section, &site, entries);
    const struct config_section *tables[] = {section};
    config_entries_unused(entries, &site, "key", tables, 1, NULL);
    api->behind_tls = config_section_number(section, "behind-tls") != 0;
    const char *listen = config_section_text(section, "listen");
    api->listen = listen && *listen ? listen : NULL;
    take_hosts(api, report);
    if (api->listen) check_listen(api, report);
}

void config_api_free(struct config_api *api)
{
    for (size_t i = 0; i < api->host_count; i++)
        mem_free((void *)(uintptr_t)api->hosts[i]);
    mem_free(api->hosts);
    config_section_free(&api->section);
}
