/* Default meaning of answers: what an answer comes to when the plugin leaves it to the core. */
#include "plugin/operation.h"

static enum plugin_meaning status_meaning(bool write, int status)
{
    switch (status) {
    case 401: return PLUGIN_MEANS_AUTH;
    case 403: return PLUGIN_MEANS_DENIED;
    case 425: /* not looked at by the server, so not applied either */
    case 429: return PLUGIN_MEANS_RETRY;
    case 408: return write ? PLUGIN_MEANS_UNRESOLVED : PLUGIN_MEANS_RETRY;
    default: break;
    }
    if (status >= 400 && status < 500) return PLUGIN_MEANS_HALVE;
    /* 5xx; and 1xx to 3xx, which a plugin should have read: for a write nothing is known. */
    return write ? PLUGIN_MEANS_UNRESOLVED : PLUGIN_MEANS_RETRY;
}

enum plugin_meaning plugin_default_meaning(bool write, enum stockd_transport transport, int status)
{
    switch (transport) {
    case STOCKD_ARRIVED: return status_meaning(write, status);
    case STOCKD_NOT_SENT: return PLUGIN_MEANS_RETRY;
    case STOCKD_LOST: break;
    case STOCKD_TOO_LARGE:
        if (status >= 400) return status_meaning(write, status);
        if (!write) return PLUGIN_MEANS_HALVE; /* fewer items, a shorter answer */
        break;
    }
    return write ? PLUGIN_MEANS_UNRESOLVED : PLUGIN_MEANS_RETRY;
}

const char *plugin_meaning_name(enum plugin_meaning meaning)
{
    static const char *const names[] = {"none", "retry", "unresolved", "auth", "denied", "halve"};
    return (unsigned)meaning < sizeof names / sizeof *names ? names[meaning] : names[0];
}
