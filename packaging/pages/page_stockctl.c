/* stockctl(1), from the table of verbs. */
#include "pages.h"

#include "ctl/help.h"
#include "ctl/verb.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 128 };

static void say_value(struct buf *out, const struct ctl_parameter *parameter)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_text(&text, parameter->help);
    if (parameter->choices) buf_format(&text, ": %s", parameter->choices);
    if (parameter->initial) buf_format(&text, " (default %s)", parameter->initial);
    roff_text(out, buf_cstr(&text));
    buf_free(&text);
}

static void say_flags(struct buf *out, const struct ctl_parameter *flags)
{
    for (; flags && flags->name; flags++) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "--%s", flags->name);
        roff_tag(out, name, flags->type == CTL_SWITCH ? NULL : flags->value);
        say_value(out, flags);
    }
}

static void say_verb(struct buf *out, const struct ctl_verb *verb)
{
    struct buf usage;
    buf_init(&usage, 1 << 16);
    buf_text(&usage, "stockctl ");
    ctl_help_usage(&usage, verb);
    buf_format(out, ".SS \"%s\"\n", verb->name);
    roff_text(out, verb->help);
    buf_text(out, ".PP\n");
    roff_text(out, buf_cstr(&usage));
    for (const struct ctl_parameter *at = verb->arguments; at && at->name; at++) {
        roff_tag(out, at->name, NULL);
        say_value(out, at);
    }
    say_flags(out, verb->flags);
    if (verb->notes) {
        buf_text(out, ".PP\n");
        roff_text(out, verb->notes);
    }
    buf_text(out, ".PP\nExample:\n.PP\n.RS 4\n");
    roff_lines(out, verb->example, strlen(verb->example));
    buf_text(out, ".RE\n");
    buf_free(&usage);
}

/* As `stockctl --help` groups them. */
static void say_topics(struct buf *out)
{
    const struct ctl_topic *topic;
    const struct ctl_verb *verb;
    for (size_t t = 0; (topic = ctl_topic_at(t)); t++) {
        char title[NAME_MAX_BYTES];
        size_t size = (size_t)snprintf(title, sizeof title, "VERBS: %s", topic->title);
        for (size_t i = 0; i < size; i++)
            title[i] = (char)toupper((unsigned char)title[i]);
        roff_section(out, title);
        for (size_t i = 0; (verb = ctl_topic_verb(topic, i)); i++)
            say_verb(out, verb);
    }
}

/* What `stockctl --help` says of the exit codes. */
static void say_exits(struct buf *out)
{
    struct buf help;
    buf_init(&help, PAGE_MAX);
    ctl_help_all(&help);
    static const char from[] = "\nExit codes:\n", to[] = "\nExample:";
    const char *begin = strstr(buf_cstr(&help), from);
    const char *end = begin ? strstr(begin, to) : NULL;
    roff_section(out, "EXIT STATUS");
    if (end) roff_lines(out, begin + sizeof from - 1, (size_t)(end - begin) - (sizeof from - 1));
    buf_free(&help);
}

void page_stockctl(struct buf *out)
{
    roff_title(out, "stockctl", 1, "the command line of stockd");
    roff_section(out, "SYNOPSIS");
    buf_text(out, "\\fBstockctl\\fR \\fIVERB\\fR [\\fIARGUMENTS\\fR] [\\fIFLAGS\\fR]\n.br\n"
                  "\\fBstockctl\\fR \\fIVERB\\fR \\fB\\-\\-help\\fR\n");
    roff_section(out, "DESCRIPTION");
    roff_text(out,
              "`stockctl` asks a running `stockd` over its unix socket and prints the answer as "
              "a table for people, or with `--json` as the daemon gave it. Who may open the "
              "socket may do everything: root, and the members of the group `stockd`. Flags "
              "may stand anywhere; `--` ends them.");
    roff_section(out, "FLAGS OF EVERY VERB");
    say_flags(out, ctl_global_flags);
    say_topics(out);
    say_exits(out);
    roff_section(out, "ENVIRONMENT");
    roff_tag(out, "STOCKD_SOCKET", NULL);
    roff_text(out, "the daemon's socket, where neither `--socket` nor `-i` is given");
    roff_tag(out, "STOCKCTL_LANG", NULL);
    roff_text(out, "the language of what people read, `en` or `ru`, where `--lang` is not given; "
                   "without it LC_ALL, LC_MESSAGES or LANG decides. `--json` and `--csv` are the "
                   "same in all");
    roff_section(out, "FILES");
    roff_tag(out, "/run/stockd/stockd.sock", NULL);
    roff_text(out, "the daemon's socket; `/run/stockd-NAME/stockd.sock` with `-i` NAME");
    roff_section(out, "SEE ALSO");
    buf_text(out, ".BR stockd (8),\n.BR stockd.conf (5)\n");
}
