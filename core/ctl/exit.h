/* The exit codes of stockctl. Scripts rely on them: never renumber. */
#ifndef STOCKD_CTL_EXIT_H
#define STOCKD_CTL_EXIT_H

enum ctl_exit {
    CTL_OK = 0,
    CTL_REFUSED = 1,     /* the daemon refused the request, or it failed */
    CTL_USAGE = 2,       /* the command line makes no sense */
    CTL_UNREACHABLE = 3, /* no daemon answers; the message says what to do */
    CTL_PARTLY = 4,      /* done, but for some rows or items */
    CTL_WAITING = 5,     /* not done yet: held by the guard, waiting for an account; or not known
                            to be done: timed out, the answer to a change broke off */
};

#endif
