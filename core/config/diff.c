/* The difference of two configurations: both are laid out as subjects (the daemon, each account,
 * warehouse, link and inbox) holding keys, and walked side by side by name. Compared is what a
 * value means ("60s" is "1m"), shown is what may be shown. */
#include "config/config.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct pair {
    char *key;
    const struct config_value *value; /* with a text */
};

struct subject {
    enum config_subject kind;
    char *name; /* "" for the daemon, the guard and the schedule */
    char *path;
    char *summary;
    struct pair *pairs;
    size_t count;
};

struct subjects {
    struct subject *items;
    size_t count;
};

struct walk {
    config_change_fn change;
    void *ctx;
    size_t count;
};

static void add_section(struct subject *subject, const char *prefix,
                        const struct config_section *section)
{
    if (!section->count) return;
    subject->pairs =
        mem_resize(subject->pairs, (subject->count + section->count) * sizeof *subject->pairs);
    for (size_t i = 0; i < section->count; i++)
        if (section->values[i].text)
            subject->pairs[subject->count++] = (struct pair){
                mem_format("%s%s", prefix, section->options[i].name), &section->values[i]};
}

static struct subject *add_subject(struct subjects *subjects, enum config_subject kind, char *name,
                                   char *path, char *summary)
{
    struct subject *subject = &subjects->items[subjects->count++];
    *subject = (struct subject){.kind = kind, .name = name, .path = path, .summary = summary};
    return subject;
}

static void add_account(struct subjects *subjects, const struct config_account *account)
{
    struct subject *subject = add_subject(subjects, CONFIG_SUBJECT_ACCOUNT, mem_text(account->name),
                                          mem_format("accounts.%s", account->name),
                                          mem_format("plugin %s", account->plugin));
    add_section(subject, "", &account->section);
    add_section(subject, "", &account->options);
    add_section(subject, "endpoints.", &account->endpoints);
    add_section(subject, "schedule.", &account->schedule.section);
    for (size_t i = 0; i < account->quota_count; i++) {
        char *prefix = mem_format("quotas.%s.", account->quotas[i].name);
        add_section(subject, prefix, &account->quotas[i].section);
        mem_free(prefix);
    }
}

static void add_link(struct subjects *subjects, const struct config_link *link)
{
    struct subject *subject =
        add_subject(subjects, CONFIG_SUBJECT_LINK,
                    mem_format("%s -> %s/%s", link->warehouse, link->account, link->remote),
                    mem_format("links.%s/%s/%s", link->warehouse, link->account, link->remote),
                    mem_format("order %lld", (long long)link->order));
    add_section(subject, "", &link->section);
}

static void add_mirror(struct subjects *subjects, const struct config_mirror *mirror)
{
    struct subject *subject = add_subject(
        subjects, CONFIG_SUBJECT_MIRROR, mem_text(mirror->name),
        mem_format("mirrors.%s", mirror->name),
        mem_format("from %s to %s", mirror->account ? mirror->account : "?", mirror->warehouse));
    add_section(subject, "", &mirror->section);
}

static void add_alerts(struct subjects *subjects, const struct config_alerts *alerts)
{
    struct subject *subject = add_subject(subjects, CONFIG_SUBJECT_ALERTS, mem_text(""),
                                          mem_text("alerts"), mem_text(""));
    add_section(subject, "", &alerts->section);
    add_section(subject, "rules.", &alerts->rules);
    add_section(subject, "reports.", &alerts->reports.section);
    for (size_t i = 0; i < alerts->channel_count; i++) {
        const struct config_channel *channel = &alerts->channels[i];
        subject = add_subject(subjects, CONFIG_SUBJECT_CHANNEL, mem_text(channel->name),
                              mem_format("alerts.channels.%s", channel->name),
                              mem_text(config_value(&channel->section, "type")->text));
        add_section(subject, "", &channel->section);
    }
}

static void add_hook(struct subjects *subjects, const struct config_hook *hook)
{
    struct subject *subject = add_subject(
        subjects, CONFIG_SUBJECT_HOOK, mem_text(hook->name), mem_format("hooks.%s", hook->name),
        mem_format("%s of %s", hook->orders ? "orders" : "stock", hook->warehouse));
    add_section(subject, "", &hook->section);
}

static int by_kind_and_name(const void *a, const void *b)
{
    const struct subject *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    return strcmp(x->name, y->name);
}

static struct subjects lay_out(const struct config *config)
{
    enum { SINGLE = 5 }; /* daemon, guard, api, schedule, alerts */
    size_t most = SINGLE + config->account_count + config->warehouse_count + config->link_count +
                  config->inbox_count + config->mirror_count + config->hook_count +
                  config->alerts.channel_count;
    struct subjects subjects = {.items = mem_array(most, sizeof *subjects.items)};
    struct subject *daemon = add_subject(&subjects, CONFIG_SUBJECT_DAEMON, mem_text(""),
                                         mem_text("daemon"), mem_text(""));
    add_section(daemon, "", &config->daemon.section);
    struct subject *guard =
        add_subject(&subjects, CONFIG_SUBJECT_GUARD, mem_text(""), mem_text("guard"), mem_text(""));
    add_section(guard, "", &config->guard.section);
    struct subject *schedule = add_subject(&subjects, CONFIG_SUBJECT_SCHEDULE, mem_text(""),
                                           mem_text("schedule"), mem_text(""));
    add_section(schedule, "", &config->schedule.section);
    struct subject *api =
        add_subject(&subjects, CONFIG_SUBJECT_API, mem_text(""), mem_text("api"), mem_text(""));
    add_section(api, "", &config->api.section);
    for (size_t i = 0; i < config->account_count; i++)
        add_account(&subjects, &config->accounts[i]);
    for (size_t i = 0; i < config->warehouse_count; i++) {
        const struct config_warehouse *warehouse = &config->warehouses[i];
        struct subject *subject =
            add_subject(&subjects, CONFIG_SUBJECT_WAREHOUSE, mem_text(warehouse->name),
                        mem_format("warehouses.%s", warehouse->name), mem_text(warehouse->title));
        add_section(subject, "", &warehouse->section);
    }
    for (size_t i = 0; i < config->link_count; i++)
        add_link(&subjects, &config->links[i]);
    for (size_t i = 0; i < config->inbox_count; i++) {
        const struct config_inbox *inbox = &config->inboxes[i];
        struct subject *subject = add_subject(
            &subjects, CONFIG_SUBJECT_INBOX, mem_text(inbox->name),
            mem_format("inboxes.%s", inbox->name), mem_format("folder %s", inbox->folder));
        add_section(subject, "", &inbox->section);
        add_section(subject, "columns.", &inbox->columns);
    }
    for (size_t i = 0; i < config->mirror_count; i++)
        add_mirror(&subjects, &config->mirrors[i]);
    for (size_t i = 0; i < config->hook_count; i++)
        add_hook(&subjects, &config->hooks[i]);
    add_alerts(&subjects, &config->alerts);
    qsort(subjects.items, subjects.count, sizeof *subjects.items, by_kind_and_name);
    return subjects;
}

static void subjects_free(struct subjects *subjects)
{
    for (size_t i = 0; i < subjects->count; i++) {
        struct subject *subject = &subjects->items[i];
        for (size_t k = 0; k < subject->count; k++)
            mem_free(subject->pairs[k].key);
        mem_free(subject->pairs);
        mem_free(subject->name);
        mem_free(subject->path);
        mem_free(subject->summary);
    }
    mem_free(subjects->items);
}

static void tell(struct walk *walk, const struct subject *subject, struct config_change *change)
{
    change->subject = subject->kind;
    change->name = *subject->name ? subject->name : NULL;
    change->kind = !change->old_text   ? CONFIG_ADDED
                   : !change->new_text ? CONFIG_REMOVED
                                       : CONFIG_CHANGED;
    walk->count++;
    char *path = change->key ? mem_format("%s.%s", subject->path, change->key) : NULL;
    change->path = path ? path : subject->path;
    walk->change(walk->ctx, change);
    mem_free(path);
}

static bool same_value(const struct config_value *a, const struct config_value *b)
{
    if (a->secret != b->secret || a->option->type != b->option->type) return false;
    switch (a->option->type) {
    case CONFIG_INT:
    case CONFIG_BOOL:
    case CONFIG_DURATION:
    case CONFIG_SIZE: return a->number == b->number;
    case CONFIG_SCHEDULE: return a->number ? a->number == b->number : !strcasecmp(a->text, b->text);
    default: return !strcmp(a->text, b->text);
    }
}

static const struct config_value *pair_find(const struct subject *subject, const char *key)
{
    for (size_t i = 0; i < subject->count; i++)
        if (!strcmp(subject->pairs[i].key, key)) return subject->pairs[i].value;
    return NULL;
}

/* A value that was or becomes a secret is shown on neither side: the other side may hold the same
 * text under a table that did not say so. */
static void tell_key(struct walk *walk, const struct subject *subject, const char *key,
                     const struct config_value *old, const struct config_value *new)
{
    if (old && new &&same_value(old, new)) return;
    bool secret = (old && old->secret) || (new &&new->secret);
    struct config_change change = {
        .key = key,
        .old_text = !old     ? NULL
                    : secret ? "***"
                             : config_value_shown(old),
        .new_text = !new     ? NULL
                    : secret ? "***"
                             : config_value_shown(new),
        .restart = (new ? new : old)->option->restart,
    };
    tell(walk, subject, &change);
}

static void compare_subject(struct walk *walk, const struct subject *old, const struct subject *new)
{
    for (size_t i = 0; i < old->count; i++)
        tell_key(walk, new, old->pairs[i].key, old->pairs[i].value,
                 pair_find(new, old->pairs[i].key));
    for (size_t i = 0; i < new->count; i++)
        if (!pair_find(old, new->pairs[i].key))
            tell_key(walk, new, new->pairs[i].key, NULL, new->pairs[i].value);
}

size_t config_diff(const struct config *old, const struct config *new, config_change_fn change,
                   void *ctx)
{
    struct subjects before = lay_out(old), after = lay_out(new);
    struct walk walk = {change, ctx, 0};
    for (size_t i = 0, k = 0; i < before.count || k < after.count;) {
        const struct subject *a = i < before.count ? &before.items[i] : NULL;
        const struct subject *b = k < after.count ? &after.items[k] : NULL;
        int order = !a ? 1 : !b ? -1 : by_kind_and_name(a, b);
        if (order == 0)
            compare_subject(&walk, a, b);
        else if (order < 0)
            tell(&walk, a, &(struct config_change){.old_text = a->summary});
        else
            tell(&walk, b, &(struct config_change){.new_text = b->summary});
        i += order <= 0;
        k += order >= 0;
    }
    subjects_free(&before);
    subjects_free(&after);
    return walk.count;
}

static void print_value(const char *text, struct buf *out)
{
    buf_text(out, *text ? text : "\"\"");
}

void config_change_print(const struct config_change *change, struct buf *out)
{
    static const char *const words[] = {
        [CONFIG_SUBJECT_DAEMON] = "daemon",
        [CONFIG_SUBJECT_GUARD] = "guard",
        [CONFIG_SUBJECT_API] = "api",
        [CONFIG_SUBJECT_ACCOUNT] = "account",
        [CONFIG_SUBJECT_WAREHOUSE] = "warehouse",
        [CONFIG_SUBJECT_LINK] = "link",
        [CONFIG_SUBJECT_INBOX] = "inbox",
        [CONFIG_SUBJECT_MIRROR] = "mirror",
        [CONFIG_SUBJECT_SCHEDULE] = "schedule",
        [CONFIG_SUBJECT_ALERTS] = "alerts",
        [CONFIG_SUBJECT_CHANNEL] = "channel",
        [CONFIG_SUBJECT_HOOK] = "hook",
    };
    buf_text(out, words[change->subject]);
    if (change->name) buf_format(out, " '%s'", change->name);
    if (!change->key) {
        const char *text = change->old_text ? change->old_text : change->new_text;
        buf_format(out, " is %s (%s)", change->kind == CONFIG_ADDED ? "added" : "removed", text);
        return;
    }
    buf_format(out, ": %s", change->key);
    if (change->kind == CONFIG_ADDED) {
        buf_text(out, " is set to ");
        print_value(change->new_text, out);
    } else if (change->kind == CONFIG_REMOVED) {
        buf_text(out, " is no longer set, it was ");
        print_value(change->old_text, out);
    } else if (!strcmp(change->old_text, change->new_text)) {
        buf_text(out, " changes, shown as ");
        print_value(change->new_text, out);
    } else {
        buf_text(out, " changes from ");
        print_value(change->old_text, out);
        buf_text(out, " to ");
        print_value(change->new_text, out);
    }
    if (change->restart) buf_text(out, " (needs a restart)");
}
