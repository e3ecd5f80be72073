/* One mail by SMTP, sent by libcurl on a worker: it blocks. A mail has no bytes that must leave at
 * most once and no quota, so the loop's transport (curl_transport.h), all of which is about that,
 * would gain nothing from a second protocol.
 *
 * smtps:// begins with TLS; smtp:// must offer STARTTLS unless the host is this machine. TLS is
 * verified against the system's authorities. The login is sent to nobody else. */
#ifndef STOCKD_NET_MAIL_H
#define STOCKD_NET_MAIL_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdatomic.h>

enum { NET_MAIL_TIMEOUT_MS = 30 * 1000, NET_MAIL_RECIPIENTS_MAX = 50, NET_MAIL_SAID_MAX = 300 };

struct net_mail {
    const char *url;             /* smtp(s)://host[:port] */
    const char *from, *to;       /* addresses; `to` with commas between */
    const char *user, *password; /* user NULL: no login */
    struct bytes text;           /* RFC 5322 */
    const atomic_bool *stop;     /* set: given up soon; or NULL */
};
/* ST_OK: the server took it. `said`: its last line, or why not. */
enum status net_mail_send(const struct net_mail *mail, char said[NET_MAIL_SAID_MAX]);

#endif
