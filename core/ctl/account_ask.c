/* What `account add` must know before it can ask the marketplace: from the flags, or from the
 * person at the terminal. */
#include "ctl/account_add.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 4096 };

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

const char *account_ask(struct ctl *ctl, struct account_add *add, const char *question)
{
    char line[ANSWER_MAX];
    fprintf(ctl->err, "%s", question);
    fflush(ctl->err);
    if (!fgets(line, sizeof line, stdin)) return NULL;
    line[strcspn(line, "\r\n")] = '\0';
    json_t *kept = json_string(line);
    if (!kept) return NULL;
    json_array_append_new(add->words, kept);
    return json_string_value(kept);
}

bool account_confirm(struct ctl *ctl, const char *question)
{
    char line[64];
    fprintf(ctl->err, "%s [y/N] ", question);
    fflush(ctl->err);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* ---- flags of the form NAME=VALUE */

/* The value of a secret: itself, the first line of a file, or of standard input. */
static int read_value(struct ctl *ctl, const char *name, const char *given, json_t **value)
{
    char secret[CTL_SECRET_MAX];
    *value = NULL;
    if (strcmp(given, "-") == 0) {
        if (ctl_read_secret(ctl, name, secret)) *value = json_string(secret);
    } else if (given[0] == '@') {
        FILE *file = fopen(given + 1, "re");
        if (!file) {
            ctl_say(ctl, "--secret %s: %s cannot be read: %s", name, given + 1, strerror(errno));
            return CTL_USAGE;
        }
        if (!fgets(secret, sizeof secret, file)) secret[0] = '\0';
        fclose(file);
        secret[strcspn(secret, "\r\n")] = '\0';
        if (secret[0]) *value = json_string(secret);
    } else {
        *value = given[0] ? json_string(given) : NULL;
    }
    explicit_bzero(secret, sizeof secret);
    if (*value) return CTL_OK;
    ctl_say(ctl, "--secret %s: there is no value, or it is not UTF-8 text", name);
    return CTL_USAGE;
}

static int take_pairs(struct ctl *ctl, const struct ctl_call *call, const char *flag, json_t *into)
{
    bool secret = strcmp(flag, "secret") == 0;
    for (size_t i = 0; i < call->list_count; i++) {
        if (strcmp(call->list_flag[i]->name, flag) != 0) continue;
        const char *equals = strchr(call->list[i], '=');
        if (!equals || equals == call->list[i]) {
            ctl_say(ctl, "--%s must be NAME=VALUE, not '%.60s'", flag,
                    secret ? "***" : call->list[i]);
            return CTL_USAGE;
        }
        char *name = mem_format("%.*s", (int)(equals - call->list[i]), call->list[i]);
        json_t *value = NULL;
        int code = CTL_OK;
        if (json_object_get(into, name)) {
            ctl_say(ctl, "--%s gives '%s' twice", flag, name);
            code = CTL_USAGE;
        } else if (secret) {
            code = read_value(ctl, name, equals + 1, &value);
        } else {
            value = json_string(equals + 1);
        }
        if (code == CTL_OK && json_object_set_new(into, name, value)) {
            ctl_say(ctl, "--%s %s is not UTF-8 text", flag, name);
            code = CTL_USAGE;
        }
        mem_free(name);
        if (code != CTL_OK) return code;
    }
    return CTL_OK;
}

static int take_links(struct ctl *ctl, const struct ctl_call *call, struct account_add *add)
{
    for (size_t i = 0; i < call->list_count; i++) {
        if (strcmp(call->list_flag[i]->name, "warehouse") != 0) continue;
        const char *equals = strrchr(call->list[i], '=');
        if (!equals || equals == call->list[i] || !equals[1]) {
            ctl_say(ctl, "--warehouse must be REMOTE=OURS, not '%.60s'", call->list[i]);
            return CTL_USAGE;
        }
        json_array_append_new(add->links,
                              json_pack("{s:s%, s:s}", "remote", call->list[i],
                                        (size_t)(equals - call->list[i]), "warehouse", equals + 1));
    }
    return CTL_OK;
}

/* ---- plugin and name */

static int choose_plugin(struct ctl *ctl, struct account_add *add)
{
    json_t *answer = NULL, *plugin;
    size_t i;
    int code = ctl_ask_pages(ctl, "/v1/plugins", &answer);
    if (code != CTL_OK) return code;
    const json_t *items = json_object_get(answer, "items");
    struct buf names;
    buf_init(&names, 1 << 16);
    json_array_foreach (items, i, plugin)
        if (strcmp(text(plugin, "state"), "loaded") == 0)
            buf_format(&names, "%s%s", names.size ? ", " : "", text(plugin, "id"));
    if (!names.size) {
        ctl_say(ctl, "the daemon has no plugins; 'stockctl plugin list' shows where it looks");
        code = CTL_REFUSED;
    } else if (!add->ask) {
        ctl_say(ctl, "which marketplace? Give --plugin with one of %s", buf_cstr(&names));
        code = CTL_USAGE;
    } else {
        fprintf(ctl->err, "Marketplaces:\n");
        json_array_foreach (items, i, plugin)
            if (strcmp(text(plugin, "state"), "loaded") == 0)
                fprintf(ctl->err, "  %-12s %s\n", text(plugin, "id"), text(plugin, "title"));
        add->plugin = account_ask(ctl, add, "Which one? ");
        if (!add->plugin || !*add->plugin) code = CTL_USAGE;
    }
    buf_free(&names);
    json_decref(answer);
    return code;
}

static int describe_plugin(struct ctl *ctl, struct account_add *add)
{
    struct buf path;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/plugins/");
    ctl_encode(&path, add->plugin);
    int code = ctl_ask(ctl, "GET", buf_cstr(&path), NULL, false, &add->described);
    buf_free(&path);
    return code;
}

static int choose_name(struct ctl *ctl, struct account_add *add)
{
    if (!add->ask) {
        ctl_say(ctl,
                "what shall the account be called? Give a name: 'stockctl account add "
                "%s-main ...'",
                add->plugin ? add->plugin : "ozon");
        return CTL_USAGE;
    }
    char *question =
        mem_format("A short name for the account, used everywhere [%s-main]: ", add->plugin);
    add->name = account_ask(ctl, add, question);
    mem_free(question);
    if (!add->name) return CTL_USAGE;
    if (!*add->name) {
        char *name = mem_format("%s-main", add->plugin);
        json_t *kept = json_string(name);
        json_array_append_new(add->words, kept);
        add->name = json_string_value(kept);
        mem_free(name);
    }
    return CTL_OK;
}

/* ---- options */

static int ask_option(struct ctl *ctl, struct account_add *add, const json_t *option)
{
    const char *name = text(option, "name");
    bool secret = json_is_true(json_object_get(option, "secret"));
    json_t *value = NULL;
    if (*text(option, "help")) fprintf(ctl->err, "%s\n", text(option, "help"));
    if (secret) {
        char typed[CTL_SECRET_MAX];
        if (ctl_read_secret(ctl, name, typed)) value = json_string(typed);
        explicit_bzero(typed, sizeof typed);
    } else {
        char *question = mem_format("%s: ", name);
        const char *typed = account_ask(ctl, add, question);
        mem_free(question);
        if (typed && *typed) value = json_string(typed);
    }
    if (!value) {
        ctl_say(ctl, "without %s the account cannot be added; nothing was written", name);
        return CTL_USAGE;
    }
    json_object_set_new(secret ? add->secrets : add->options, name, value);
    return CTL_OK;
}

static int complete_options(struct ctl *ctl, struct account_add *add)
{
    const json_t *option;
    size_t i;
    bool missing = false;
    json_array_foreach (json_object_get(add->described, "options"), i, option) {
        const char *name = text(option, "name");
        bool secret = json_is_true(json_object_get(option, "secret"));
        if (!json_is_true(json_object_get(option, "required"))) continue;
        if (json_object_get(secret ? add->secrets : add->options, name)) continue;
        if (add->ask) {
            int code = ask_option(ctl, add, option);
            if (code != CTL_OK) return code;
            continue;
        }
        if (secret)
            ctl_say(ctl, "%s is missing: give --secret %s=@FILE, or %s=- for standard input  (%s)",
                    name, name, name, text(option, "help"));
        else
            ctl_say(ctl, "%s is missing: give --option %s=VALUE  (%s)", name, name,
                    text(option, "help"));
        missing = true;
    }
    return missing ? CTL_USAGE : CTL_OK;
}

int account_collect(struct ctl *ctl, const struct ctl_call *call, struct account_add *add)
{
    add->name = ctl_value(call, "NAME");
    add->plugin = ctl_value(call, "plugin");
    int code = take_pairs(ctl, call, "option", add->options);
    if (code == CTL_OK) code = take_pairs(ctl, call, "secret", add->secrets);
    if (code == CTL_OK) code = take_pairs(ctl, call, "endpoint", add->endpoints);
    if (code == CTL_OK) code = take_links(ctl, call, add);
    if (code == CTL_OK && !add->plugin) code = choose_plugin(ctl, add);
    if (code == CTL_OK) code = describe_plugin(ctl, add);
    if (code == CTL_OK && !add->name) code = choose_name(ctl, add);
    if (code == CTL_OK) code = complete_options(ctl, add);
    return code;
}

/* ---- links */

static bool knows(const json_t *list, const char *member, const char *value)
{
    const json_t *item;
    size_t i;
    json_array_foreach (list, i, item)
        if (strcmp(text(item, member), value) == 0) return true;
    return false;
}

static int check_links(struct ctl *ctl, const struct account_add *add, const json_t *ours)
{
    const json_t *link, *theirs = json_object_get(add->found, "warehouses");
    size_t i;
    json_array_foreach (add->links, i, link) {
        if (!knows(ours, "key", text(link, "warehouse"))) {
            ctl_say(ctl,
                    "--warehouse %s=%s: there is no warehouse '%s' of ours; 'stockctl "
                    "warehouse add %s' makes it",
                    text(link, "remote"), text(link, "warehouse"), text(link, "warehouse"),
                    text(link, "warehouse"));
            return CTL_USAGE;
        }
        if (json_is_array(theirs) && !knows(theirs, "id", text(link, "remote"))) {
            ctl_say(ctl,
                    "--warehouse %s=%s: the account has no warehouse with the id %s; those it "
                    "has are above",
                    text(link, "remote"), text(link, "warehouse"), text(link, "remote"));
            return CTL_USAGE;
        }
    }
    return CTL_OK;
}

static void ask_links(struct ctl *ctl, struct account_add *add, const json_t *ours)
{
    const json_t *theirs;
    size_t i, k;
    struct buf keys;
    buf_init(&keys, 1 << 16);
    json_array_foreach (ours, k, theirs)
        buf_format(&keys, "%s%s", k ? ", " : "", text(theirs, "key"));
    json_array_foreach (json_object_get(add->found, "warehouses"), i, theirs) {
        if (!json_is_true(json_object_get(theirs, "writable"))) continue;
        char *question = mem_format("Which of ours (%s) feeds %s '%s'? [none] ", buf_cstr(&keys),
                                    text(theirs, "id"), text(theirs, "name"));
        const char *key = account_ask(ctl, add, question);
        while (key && *key && !knows(ours, "key", key)) {
            ctl_say(ctl, "there is no warehouse '%s' of ours", key);
            key = account_ask(ctl, add, question);
        }
        mem_free(question);
        if (!key) break;
        if (*key)
            json_array_append_new(add->links, json_pack("{s:s, s:s}", "remote", text(theirs, "id"),
                                                        "warehouse", key));
    }
    buf_free(&keys);
}

int account_links(struct ctl *ctl, struct account_add *add)
{
    json_t *answer = NULL;
    int code = ctl_ask_pages(ctl, "/v1/warehouses", &answer);
    const json_t *ours = json_object_get(answer, "items");
    if (code == CTL_OK && add->ask && json_array_size(add->links) == 0 && json_array_size(ours))
        ask_links(ctl, add, ours);
    if (code == CTL_OK) code = check_links(ctl, add, ours);
    json_decref(answer);
    return code;
}
