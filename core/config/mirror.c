/* What must hold of mirrors: they name what exists, a warehouse has one at most, and no figure
 * comes back to where it was copied from. */
#include "config/build.h"
#include "config/report.h"

#include <string.h>

static bool reads_place(const struct config_mirror *mirror, const struct config_link *link)
{
    return !strcmp(mirror->account, link->account) &&
           (!mirror->remote || !strcmp(mirror->remote, link->remote));
}

/* Whether figures of `from` reach the mirror's warehouse by links and mirrors. */
static bool comes_from(const struct config *config, const struct config_mirror *mirror,
                       const char *from, size_t depth)
{
    if (depth > config->mirror_count) return false;
    for (size_t i = 0; i < config->link_count; i++) {
        const struct config_link *link = &config->links[i];
        if (!reads_place(mirror, link)) continue;
        if (!strcmp(link->warehouse, from)) return true;
        for (size_t m = 0; m < config->mirror_count; m++) {
            const struct config_mirror *other = &config->mirrors[m];
            if (other->account && other->warehouse && !strcmp(other->warehouse, link->warehouse) &&
                comes_from(config, other, from, depth + 1))
                return true;
        }
    }
    return false;
}

static void check_loop(const struct config *config, const struct config_mirror *mirror,
                       struct config_report *report)
{
    if (!comes_from(config, mirror, mirror->warehouse, 0)) return;
    config_report_add(report, CONFIG_ERROR, mirror->origin.file, mirror->origin.line,
                      "mirror '%s' would copy the figures of warehouse '%s' back to itself: %s%s%s"
                      " of account '%s' is fed from it; remove that link, or mirror another"
                      " warehouse of the account",
                      mirror->name, mirror->warehouse, mirror->remote ? "'" : "",
                      mirror->remote ? mirror->remote : "a warehouse", mirror->remote ? "'" : "",
                      mirror->account);
}

static void check_names(const struct config *config, const struct config_mirror *mirror,
                        struct config_report *report)
{
    const struct config_value *account = config_value(&mirror->section, "account");
    const struct config_value *warehouse = config_value(&mirror->section, "warehouse");
    if (!config_account(config, mirror->account))
        config_report_add(report, CONFIG_ERROR, account->origin.file, account->origin.line,
                          "mirror '%s' names the unknown account '%s'", mirror->name,
                          mirror->account);
    for (size_t i = 0; i < config->mirror_count; i++) {
        const struct config_mirror *other = &config->mirrors[i];
        if (other == mirror) break;
        if (!other->warehouse || strcmp(other->warehouse, mirror->warehouse) != 0) continue;
        config_report_add(report, CONFIG_ERROR, warehouse->origin.file, warehouse->origin.line,
                          "mirror '%s' feeds the warehouse '%s', which mirror '%s' at %s:%d feeds"
                          " too; they would overwrite each other",
                          mirror->name, mirror->warehouse, other->name, other->origin.file,
                          other->origin.line);
    }
}

void config_mirrors_check(const struct config *config, struct config_report *report)
{
    for (size_t i = 0; i < config->mirror_count; i++) {
        const struct config_mirror *mirror = &config->mirrors[i];
        if (!mirror->account || !mirror->warehouse) continue; /* said already */
        check_names(config, mirror, report);
        check_loop(config, mirror, report);
    }
}
