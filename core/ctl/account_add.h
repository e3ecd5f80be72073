/* Adding an account from the command line: what is known of it, asked for, and written. For the
 * files of `account add` only. */
#ifndef STOCKD_CTL_ACCOUNT_ADD_H
#define STOCKD_CTL_ACCOUNT_ADD_H

#include "ctl/ctl.h"

struct account_add {
    const char *name, *plugin;             /* live in `words`, or on the command line */
    bool ask;                              /* somebody is there to answer */
    bool known;                            /* the store remembers an account of that name */
    json_t *words;                         /* keeps what was typed */
    json_t *options, *secrets, *endpoints; /* name -> text */
    json_t *links;                         /* [{"remote", "warehouse"}] */
    json_t *described;                     /* the plugin, as the daemon describes it */
    json_t *found;                         /* what the probe found */
};

/* Fills in from the flags, then from the person, what is needed before the marketplace can be
 * asked. An exit code; what is missing is said, with the flag that gives it. */
int account_collect(struct ctl *ctl, const struct ctl_call *call, struct account_add *add);
/* Which of our warehouses feeds which of the account's: checks what was given, or asks. */
int account_links(struct ctl *ctl, struct account_add *add);
/* Tells what the probe found. */
void account_report(struct ctl *ctl, const struct account_add *add);
/* A line from the person, NULL at the end of input; kept with `add`. */
const char *account_ask(struct ctl *ctl, struct account_add *add, const char *question);
bool account_confirm(struct ctl *ctl, const char *question);

/* Puts a new file beside the others: whole or not at all, never over one that is there.
 * 0 or the errno. `uid` and `gid` are the daemon's, who must be able to read it. */
int account_file_put(const char *path, const char *text, uid_t uid, gid_t gid);
/* Moves it to PATH.removed, or the first such name that is free, which is given back in `to`. */
int account_file_aside(const char *path, char to[4096]);

#endif
