/* Parsing the command line. */
#include "ctl/parse.h"

#include "base/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERBS_MAX = 128, WORD_MAX = 63 };

/* Words and flags of one command line, before they are understood. */
struct words {
    const char *plain[2 + CTL_ARGUMENTS_MAX + 1]; /* one too many shows */
    size_t count;
};

static bool is_plain(const char *word)
{
    if (word[0] != '-' || word[1] == '\0') return true; /* "-" is standard input */
    return word[1] >= '0' && word[1] <= '9';            /* "-2" */
}

static const struct ctl_parameter *find(const struct ctl_parameter *list, const char *name,
                                        size_t size)
{
    for (; list && list->name; list++)
        if (strlen(list->name) == size && memcmp(list->name, name, size) == 0) return list;
    return NULL;
}

/* The first pass skips over the values of flags without knowing the verb yet: a flag takes a value
 * unless it is a switch in every verb that has it. No two verbs use one name both ways (a test
 * holds that). */
static bool takes_value(const char *name, size_t size)
{
    const struct ctl_parameter *flag = find(ctl_global_flags, name, size);
    if (flag) return flag->type != CTL_SWITCH;
    for (size_t i = 0; ctl_verb_at(i); i++)
        if ((flag = find(ctl_verb_at(i)->flags, name, size))) return flag->type != CTL_SWITCH;
    return false;
}

static const char *long_name(const char *word)
{
    if (strcmp(word, "-h") == 0) return "help";
    if (strcmp(word, "-i") == 0) return "instance";
    if (strcmp(word, "-o") == 0) return "output";
    return strncmp(word, "--", 2) == 0 ? word + 2 : NULL;
}

static enum status gather(int argc, char *const *argv, struct words *words, struct error *error)
{
    const size_t room = sizeof words->plain / sizeof *words->plain;
    bool flags = true;
    for (int i = 1; i < argc; i++) {
        if (flags && strcmp(argv[i], "--") == 0) {
            flags = false;
        } else if (!flags || is_plain(argv[i])) {
            if (words->count < room) words->plain[words->count++] = argv[i];
        } else {
            const char *name = long_name(argv[i]);
            if (!name)
                return error_set(error, ST_INVALID, "unknown flag '%s'; flags are words: --help",
                                 argv[i]);
            size_t size = strcspn(name, "=");
            if (!name[size] && takes_value(name, size)) i++;
        }
    }
    return ST_OK;
}

static enum status unknown_verb(const struct words *words, struct error *error)
{
    const char *names[VERBS_MAX];
    char groups[VERBS_MAX][WORD_MAX + 1];
    size_t count = 0, group_count = 0;
    char said[2 * WORD_MAX + 2];
    const char *first = words->plain[0], *second = words->count > 1 ? words->plain[1] : NULL;
    bool group_known = false;
    for (size_t i = 0; ctl_verb_at(i) && count < VERBS_MAX; i++) {
        const char *name = ctl_verb_at(i)->name;
        size_t size = strcspn(name, " ");
        if (strlen(first) == size && memcmp(first, name, size) == 0) group_known = true;
        names[count++] = name;
        if (group_count && strncmp(groups[group_count - 1], name, size) == 0 &&
            !groups[group_count - 1][size])
            continue;
        snprintf(groups[group_count++], sizeof groups[0], "%.*s", (int)size, name);
    }
    if (group_known && !second)
        return error_set(error, ST_INVALID, "'%s' needs a second word; see 'stockctl %s --help'",
                         first, first);
    snprintf(said, sizeof said, "%.60s%s%.60s", first, second ? " " : "", second ? second : "");
    const char *near = suggest_name(said, names, count);
    if (!near) {
        const char *starts[VERBS_MAX];
        for (size_t i = 0; i < group_count; i++)
            starts[i] = groups[i];
        near = group_known ? NULL : suggest_name(first, starts, group_count);
        if (!group_known) snprintf(said, sizeof said, "%.60s", first);
    }
    if (near)
        return error_set(error, ST_INVALID, "unknown verb '%s'; did you mean '%s'?", said, near);
    return error_set(error, ST_INVALID, "unknown verb '%s'; see 'stockctl%s%s --help'", said,
                     group_known ? " " : "", group_known ? first : "");
}

/* The verb of the longest name that the first words make; how many words it took. */
static const struct ctl_verb *find_verb(const struct words *words, size_t *taken)
{
    const struct ctl_verb *found = NULL;
    for (size_t i = 0; ctl_verb_at(i); i++) {
        const struct ctl_verb *verb = ctl_verb_at(i);
        const char *space = strchr(verb->name, ' ');
        size_t size = space ? (size_t)(space - verb->name) : strlen(verb->name);
        if (words->count == 0 || strlen(words->plain[0]) != size ||
            memcmp(words->plain[0], verb->name, size) != 0)
            continue;
        if (space && (words->count < 2 || strcmp(words->plain[1], space + 1) != 0)) continue;
        if (found && !space) continue;
        found = verb;
        *taken = space ? 2 : 1;
    }
    return found;
}

static enum status unknown_flag(const struct ctl_verb *verb, const char *name, size_t size,
                                struct error *error)
{
    const char *names[CTL_FLAGS_MAX + 10];
    size_t count = 0;
    for (const struct ctl_parameter *at = verb ? verb->flags : NULL; at && at->name; at++)
        names[count++] = at->name;
    for (const struct ctl_parameter *at = ctl_global_flags; at->name; at++)
        names[count++] = at->name;
    char said[WORD_MAX + 1];
    snprintf(said, sizeof said, "%.*s", (int)size, name);
    const char *near = suggest_name(said, names, count);
    const char *of = verb ? verb->name : "";
    if (near)
        return error_set(error, ST_INVALID, "unknown flag '--%s'; did you mean '--%s'?", said,
                         near);
    return error_set(error, ST_INVALID, "unknown flag '--%s'; see 'stockctl%s%s --help'", said,
                     verb ? " " : "", of);
}

static bool is_number(const char *text, bool sign_needed)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (sign_needed ? digits == text : digits != text) return false;
    if (!*digits || strlen(digits) > 18) return false;
    return digits[strspn(digits, "0123456789")] == '\0';
}

static bool is_choice(const char *choices, const char *text)
{
    for (const char *at = choices; *at;) {
        size_t size = strcspn(at, "|");
        if (strlen(text) == size && memcmp(at, text, size) == 0) return true;
        at += size + (at[size] == '|');
    }
    return false;
}

int64_t ctl_duration_ms(const char *text)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end;
    errno = 0;
    long long count = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
    if (count < 0 || errno) return -1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0)
            return count > INT64_MAX / units[i].ms ? -1 : count * units[i].ms;
    return -1;
}

static enum status check_value(const struct ctl_parameter *of, bool is_flag, const char *text,
                               struct error *error)
{
    const char *dashes = is_flag ? "--" : "";
    if (of->type == CTL_COUNT && !is_number(text, false))
        return error_set(error, ST_INVALID, "%s%s must be a whole number, 0 or more, not '%.60s'",
                         dashes, of->name, text);
    if (of->type == CTL_SIGNED && !is_number(text, true))
        return error_set(error, ST_INVALID,
                         "%s%s must be a whole number with its sign, like +3 or -2, not '%.60s'",
                         dashes, of->name, text);
    if (of->type == CTL_DURATION && ctl_duration_ms(text) <= 0)
        return error_set(error, ST_INVALID,
                         "%s%s must be a duration like 30m, 12h or 2d, not '%.60s'", dashes,
                         of->name, text);
    if (of->type == CTL_CHOICE && !is_choice(of->choices, text))
        return error_set(error, ST_INVALID, "%s%s must be one of %s, not '%.60s'", dashes, of->name,
                         of->choices, text);
    if (of->type == CTL_PAIRS && *text && (*text == '=' || !strchr(text, '=')))
        return error_set(error, ST_INVALID, "%s%s must be NAME=VALUE, not '%.60s'", dashes,
                         of->name, text);
    if (!*text && of->type == CTL_TEXT && of->place == CTL_PATH)
        return error_set(error, ST_INVALID, "%s%s is empty", dashes, of->name);
    return ST_OK;
}

static void set_global(struct ctl_call *call, const char *name, const char *value)
{
    if (strcmp(name, "json") == 0) call->json = true;
    if (strcmp(name, "help") == 0) call->help = true;
    if (strcmp(name, "version") == 0) call->version = true;
    if (strcmp(name, "socket") == 0) call->socket = value;
    if (strcmp(name, "instance") == 0) call->instance = value;
    if (strcmp(name, "timeout") == 0) call->timeout = value;
    if (strcmp(name, "lang") == 0) call->lang = value;
}

static enum status add_to_list(struct ctl_call *call, const struct ctl_parameter *of,
                               const char *dashes, const char *value, struct error *error)
{
    size_t same = 0;
    for (size_t i = 0; i < call->list_count; i++)
        same += call->list_flag[i] == of;
    if (same == CTL_LIST_MAX || call->list_count == CTL_LISTS_MAX)
        return error_set(error, ST_INVALID, "%s%s is given more than %d times", dashes, of->name,
                         CTL_LIST_MAX);
    call->list_flag[call->list_count] = of;
    call->list[call->list_count++] = value;
    return ST_OK;
}

static enum status set_flag(struct ctl_call *call, const struct ctl_parameter *flag,
                            const char *value, struct error *error)
{
    size_t index = (size_t)(flag - call->verb->flags);
    if (flag->type == CTL_LIST || flag->type == CTL_PAIRS) {
        enum status status = add_to_list(call, flag, "--", value, error);
        if (status != ST_OK) return status;
    } else if (call->flags[index]) {
        return error_set(error, ST_INVALID, "--%s is given twice", flag->name);
    }
    call->flags[index] = value;
    return ST_OK;
}

/* One flag of the second pass; `*i` is moved over its value. */
static enum status take_flag(int argc, char *const *argv, int *i, struct ctl_call *call,
                             struct error *error)
{
    const char *name = long_name(argv[*i]);
    size_t size = strcspn(name, "=");
    const struct ctl_parameter *own = call->verb ? find(call->verb->flags, name, size) : NULL;
    const struct ctl_parameter *flag = own ? own : find(ctl_global_flags, name, size);
    if (!flag) return unknown_flag(call->verb, name, size, error);
    const char *value = name[size] ? name + size + 1 : NULL;
    if (flag->type == CTL_SWITCH) {
        if (value) return error_set(error, ST_INVALID, "--%s takes no value", flag->name);
        value = "";
    } else if (!value) {
        if (*i + 1 >= argc || strcmp(argv[*i + 1], "--") == 0)
            return error_set(error, ST_INVALID, "--%s needs a value: --%s %s", flag->name,
                             flag->name, flag->value);
        value = argv[++*i];
    }
    enum status status = check_value(flag, true, value, error);
    if (status != ST_OK) return status;
    if (own) return set_flag(call, flag, value, error);
    set_global(call, flag->name, value);
    return ST_OK;
}

static enum status take_flags(int argc, char *const *argv, struct ctl_call *call,
                              struct error *error)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_plain(argv[i])) continue;
        enum status status = take_flag(argc, argv, &i, call, error);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}

static enum status take_arguments(const struct words *words, size_t taken, struct ctl_call *call,
                                  struct error *error)
{
    const struct ctl_verb *verb = call->verb;
    size_t count = ctl_parameter_count(verb->arguments);
    bool rest = count && verb->arguments[count - 1].type == CTL_LIST;
    for (size_t i = taken; i < words->count; i++) {
        size_t at = rest && i - taken >= count ? count - 1 : i - taken;
        if (at == count)
            return error_set(error, ST_INVALID,
                             "'%s' takes no further argument: '%.60s'; see 'stockctl %s --help'",
                             verb->name, words->plain[i], verb->name);
        const struct ctl_parameter *argument = &verb->arguments[at];
        enum status status = check_value(argument, false, words->plain[i], error);
        if (status == ST_OK && argument->type == CTL_LIST)
            status = add_to_list(call, argument, "", words->plain[i], error);
        if (status != ST_OK) return status;
        call->arguments[at] = words->plain[i];
    }
    return ST_OK;
}

static enum status check_required(const struct ctl_call *call, struct error *error)
{
    const struct ctl_verb *verb = call->verb;
    for (size_t i = 0; i < ctl_parameter_count(verb->arguments); i++)
        if (verb->arguments[i].required && !call->arguments[i])
            return error_set(error, ST_INVALID, "'%s' needs %s: %s", verb->name,
                             verb->arguments[i].name, verb->arguments[i].help);
    for (size_t i = 0; i < ctl_parameter_count(verb->flags); i++)
        if (verb->flags[i].required && !call->flags[i])
            return error_set(error, ST_INVALID, "'%s' needs --%s %s: %s", verb->name,
                             verb->flags[i].name, verb->flags[i].value, verb->flags[i].help);
    return ST_OK;
}

enum status ctl_parse(int argc, char *const *argv, struct ctl_call *call, struct error *error)
{
    memset(call, 0, sizeof *call);
    struct words words = {.count = 0};
    enum status status = gather(argc, argv, &words, error);
    if (status != ST_OK) return status;
    size_t taken = 0;
    call->verb = find_verb(&words, &taken);
    status = take_flags(argc, argv, call, error);
    if (status != ST_OK) /* without a verb its flags are unknown too: that is not the point */
        return call->verb || !words.count ? status : unknown_verb(&words, error);
    if (call->version) return ST_OK;
    if (!call->verb) {
        if (call->help && words.count < 2) {
            call->group = words.count ? words.plain[0] : NULL;
            return ST_OK;
        }
        if (words.count) return unknown_verb(&words, error);
        return error_set(error, ST_INVALID, "what shall I do? See 'stockctl --help'");
    }
    if (call->help) return ST_OK;
    status = take_arguments(&words, taken, call, error);
    if (status == ST_OK) status = check_required(call, error);
    return status;
}

const char *ctl_value(const struct ctl_call *call, const char *name)
{
    const struct ctl_verb *verb = call->verb;
    for (size_t i = 0; i < ctl_parameter_count(verb->arguments); i++)
        if (strcmp(verb->arguments[i].name, name) == 0) return call->arguments[i];
    for (size_t i = 0; i < ctl_parameter_count(verb->flags); i++)
        if (strcmp(verb->flags[i].name, name) == 0)
            return call->flags[i] ? call->flags[i] : verb->flags[i].initial;
    return NULL;
}

bool ctl_is_on(const struct ctl_call *call, const char *name)
{
    return ctl_value(call, name) != NULL;
}
