/* The command line against the table of verbs. Pure. */
#ifndef STOCKD_CTL_PARSE_H
#define STOCKD_CTL_PARSE_H

#include "base/error.h"
#include "ctl/verb.h"
#include <stdint.h>

/* What the command line says. Points into argv and the table. */
struct ctl_call {
    const struct ctl_verb *verb; /* NULL: only help or version is asked for */
    const char *group;           /* help is asked for this first word of a verb, or NULL */
    const char *arguments[CTL_ARGUMENTS_MAX]; /* NULL: left out */
    const char *flags[CTL_FLAGS_MAX];         /* NULL: not given; "" for a switch */
    const char *list[CTL_LISTS_MAX]; /* the values of the verb's CTL_LIST flags and argument */
    const struct ctl_parameter *list_flag[CTL_LISTS_MAX]; /* and which of them each is of */
    size_t list_count;
    bool json, help, version;
    const char *socket, *instance, *timeout, *lang;
};

/* ST_INVALID with a sentence when it makes no sense. Flags may stand anywhere; "--" ends them; a
 * word like "-2" is an argument. argv[0] is not looked at. */
enum status ctl_parse(int argc, char *const *argv, struct ctl_call *call, struct error *error);

/* The text of an argument or flag of that name; NULL: not given. */
const char *ctl_value(const struct ctl_call *call, const char *name);
bool ctl_is_on(const struct ctl_call *call, const char *name); /* a switch */

/* "30m" in milliseconds; -1: it is no duration. */
int64_t ctl_duration_ms(const char *text);

#endif
