/* Help texts. */
#include "ctl/help.h"

#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 26, FLAG_WIDTH = 26 };

void ctl_help_usage(struct buf *out, const struct ctl_verb *verb)
{
    buf_text(out, verb->name);
    for (const struct ctl_parameter *at = verb->arguments; at && at->name; at++)
        buf_format(out, at->required ? " %s%s" : " [%s%s]", at->name,
                   at->type == CTL_LIST ? "..." : "");
    for (const struct ctl_parameter *at = verb->flags; at && at->name; at++) {
        const char *open = at->required ? "" : "[", *close = at->required ? "" : "]";
        if (at->type == CTL_SWITCH)
            buf_format(out, " %s--%s%s", open, at->name, close);
        else
            buf_format(out, " %s--%s %s%s%s", open, at->name, at->choices ? at->choices : at->value,
                       close, at->type == CTL_LIST || at->type == CTL_PAIRS ? "..." : "");
    }
}

static void list_verb(struct buf *out, const struct ctl_verb *verb)
{
    buf_format(out, "  %-*s %s\n", NAME_WIDTH, verb->name, verb->help);
}

static void list_topics(struct buf *out)
{
    const struct ctl_topic *topic;
    const struct ctl_verb *verb;
    for (size_t t = 0; (topic = ctl_topic_at(t)); t++) {
        buf_format(out, "\n%s:\n", topic->title);
        for (size_t i = 0; (verb = ctl_topic_verb(topic, i)); i++)
            list_verb(out, verb);
    }
}

static void list_flags(struct buf *out, const struct ctl_parameter *flags)
{
    for (; flags && flags->name; flags++) {
        char left[64];
        const char *value = flags->type == CTL_SWITCH ? NULL : flags->value;
        snprintf(left, sizeof left, "--%s%s%s", flags->name, value ? " " : "", value ? value : "");
        buf_format(out, "  %-*s %s", FLAG_WIDTH, left, flags->help);
        if (flags->choices) buf_format(out, ": %s", flags->choices);
        if (flags->initial) buf_format(out, " (default %s)", flags->initial);
        buf_char(out, '\n');
    }
}

static void list_exits(struct buf *out)
{
    buf_text(out, "\nExit codes:\n"
                  "  0  done\n"
                  "  1  refused, or failed\n"
                  "  2  the command line makes no sense\n"
                  "  3  no daemon answers\n"
                  "  4  partly done: some rows or items were refused\n"
                  "  5  not done yet, or not known to be: timed out, cut off, held, or waiting for "
                  "an account\n");
}

void ctl_help_all(struct buf *out)
{
    buf_text(out, "stockctl: the command line of stockd\n\n"
                  "Usage: stockctl VERB [ARGUMENTS] [FLAGS]\n"
                  "       stockctl VERB --help          one verb, with an example\n");
    list_topics(out);
    buf_text(out, "\nFlags of every verb:\n");
    list_flags(out, ctl_global_flags);
    list_exits(out);
    buf_text(out, "\nExample:\n  stockctl stock set A-1 7 --warehouse pp\n");
}

bool ctl_help_group(struct buf *out, const char *group)
{
    size_t size = strlen(group);
    bool any = false;
    for (size_t i = 0; ctl_verb_at(i); i++) {
        const struct ctl_verb *verb = ctl_verb_at(i);
        if (strncmp(verb->name, group, size) != 0 || verb->name[size] != ' ') continue;
        if (!any) buf_format(out, "Verbs of stockctl %s:\n", group);
        any = true;
        list_verb(out, verb);
    }
    if (any) buf_format(out, "\n'stockctl %s VERB --help' says more.\n", group);
    return any;
}

void ctl_help_verb(struct buf *out, const struct ctl_verb *verb)
{
    buf_text(out, "Usage: stockctl ");
    ctl_help_usage(out, verb);
    buf_format(out, "\n\n%s\n", verb->help);
    if (verb->arguments) {
        buf_text(out, "\nArguments:\n");
        for (const struct ctl_parameter *at = verb->arguments; at->name; at++) {
            buf_format(out, "  %-*s %s", FLAG_WIDTH, at->name, at->help);
            buf_format(out, at->choices ? ": %s\n" : "\n", at->choices);
        }
    }
    if (verb->flags) {
        buf_text(out, "\nFlags:\n");
        list_flags(out, verb->flags);
    }
    if (verb->notes) buf_format(out, "\n%s\n", verb->notes);
    buf_format(out, "\nExample:\n  %s\n", verb->example);
}
