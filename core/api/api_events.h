/* Limits of live events. For core/api's own files only. */
#ifndef STOCKD_API_EVENTS_H
#define STOCKD_API_EVENTS_H

enum {
    EVENTS_STREAMS_MAX = 32,         /* each costs a look a second while it is open */
    EVENTS_BACK_MAX = 1000,          /* commands a client may have missed; more is a `reset` */
    EVENTS_RUNS_MAX = 20,            /* the newest runs, looked at for what is new */
    EVENTS_TOLD_MAX = 512,           /* accounts and runs of which is known what was told */
    EVENTS_HEARTBEAT_MS = 15 * 1000, /* below what proxies take for dead */
};

#endif
