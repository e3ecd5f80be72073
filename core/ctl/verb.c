/* The table of verbs, put together from its groups. */
#include "ctl/verb.h"

#include <string.h>

/* One a line. */
/* clang-format off */
static const struct ctl_verb *const groups[] = {
    ctl_verbs_stock,
    ctl_verbs_inbox,
    ctl_verbs_hooks,
    ctl_verbs_orders,
    ctl_verbs_catalogue,
    ctl_verbs_rules,
    ctl_verbs_history,
    ctl_verbs_accounts,
    ctl_verbs_work,
    ctl_verbs_plans,
    ctl_verbs_drift,
    ctl_verbs_alerts,
    ctl_verbs_admin,
    ctl_verbs_tokens,
    ctl_verbs_events,
};
/* clang-format on */

const struct ctl_verb *ctl_verb_at(size_t index)
{
    for (size_t group = 0; group < sizeof groups / sizeof *groups; group++)
        for (const struct ctl_verb *verb = groups[group]; verb->name; verb++)
            if (index-- == 0) return verb;
    return NULL;
}

/* A first word that stands nowhere here is in no help: a test holds that there is none. */
/* clang-format off */
static const struct ctl_topic topics[] = {
    {"Accounts", "account"},
    {"Stock", "stock warehouse import inbox hook mirror"},
    {"Products", "product listing conflict"},
    {"Orders", "order exposure"},
    {"Work", "status push resync retry verify target plan apply drop drift run schedule traffic"},
    {"History", "history sends undo explain"},
    {"Alerts and reports", "alert report events"},
    {"Administration", "reload plugin store backup backups restore token"},
};
/* clang-format on */

const struct ctl_topic *ctl_topic_at(size_t index)
{
    return index < sizeof topics / sizeof *topics ? &topics[index] : NULL;
}

static bool begins_with(const struct ctl_verb *verb, const char *word, size_t size)
{
    return strncmp(verb->name, word, size) == 0 && (!verb->name[size] || verb->name[size] == ' ');
}

const struct ctl_verb *ctl_topic_verb(const struct ctl_topic *topic, size_t index)
{
    for (const char *word = topic->words; *word; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        const struct ctl_verb *verb;
        for (size_t i = 0; (verb = ctl_verb_at(i)); i++)
            if (begins_with(verb, word, size) && index-- == 0) return verb;
        word += size;
    }
    return NULL;
}

const struct ctl_parameter ctl_global_flags[] = {
    {.name = "json", .help = "print the daemon's JSON", .type = CTL_SWITCH, .place = CTL_HERE},
    {.name = "socket",
     .help = "the daemon's socket; also from STOCKD_SOCKET",
     .value = "PATH",
     .place = CTL_HERE},
    {.name = "instance",
     .help = "the instance stockd@NAME; short: -i",
     .value = "NAME",
     .place = CTL_HERE},
    {.name = "timeout",
     .help = "give up after so many seconds (default 60; 0: never)",
     .type = CTL_COUNT,
     .value = "SECONDS",
     .place = CTL_HERE},
    {.name = "lang",
     .help = "the language of what people read; also from STOCKCTL_LANG, else the locale",
     .type = CTL_CHOICE,
     .choices = "en|ru",
     .value = "LANG",
     .place = CTL_HERE},
    {.name = "help", .help = "this help; short: -h", .type = CTL_SWITCH, .place = CTL_HERE},
    {.name = "version", .help = "print the version", .type = CTL_SWITCH, .place = CTL_HERE},
    {0},
};

size_t ctl_parameter_count(const struct ctl_parameter *list)
{
    size_t count = 0;
    while (list && list[count].name)
        count++;
    return count;
}
