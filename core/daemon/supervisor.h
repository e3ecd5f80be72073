/* Telling the service manager how things stand, in systemd's protocol: datagrams of NAME=VALUE
 * lines to the socket that $NOTIFY_SOCKET names. Without that variable all of this does nothing.
 *
 * The sender is our own: libsystemd would bring a library with compressors and a message bus along
 * for one sendto(). Nothing here blocks: what the socket does not take at once is said again at the
 * next tick, and of two states the newer one counts. Loop thread. */
#ifndef STOCKD_DAEMON_SUPERVISOR_H
#define STOCKD_DAEMON_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { NOTIFY_TEXT_MAX = 512 }; /* bytes of one datagram; longer words are cut */

struct supervisor {
    int fd; /* -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t address_size;
    bool unsaid; /* `text` was not taken yet */
    char text[NOTIFY_TEXT_MAX];
    int64_t feed_us, fed_us; /* how often the watchdog is fed, 0: there is none; when it was last */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. The variables stay: a process that begins
 * anew (exec) reads them again. */
void supervisor_open(struct supervisor *supervisor);
void supervisor_close(struct supervisor *supervisor); /* an opened one, or one of zeros */

/* `status` is one line for people (`systemctl status`). */
void supervisor_ready(struct supervisor *supervisor, const char *status);
void supervisor_reloading(struct supervisor *supervisor);
void supervisor_stopping(struct supervisor *supervisor);
/* The start takes longer, for this reason; it has `more_ms` from now. */
void supervisor_starting(struct supervisor *supervisor, const char *status, int64_t more_ms);
/* Every second or so: feeds the watchdog when it is due, which shows that the loop turns, and says
 * what is unsaid. */
void supervisor_tick(struct supervisor *supervisor);

#endif
