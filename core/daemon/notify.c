/* The service manager's datagrams. Not here: when there is something to tell (daemon.c, reload.c).
 */
#include "daemon/notify.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_open(const struct notify *notify)
{
    return notify->address_size != 0;
}

/* A path, or '@' and a name without a file. False: it is neither, or too long. */
static bool take_address(struct notify *notify, const char *text)
{
    size_t size = strlen(text);
    struct sockaddr_un *address = &notify->address;
    if ((text[0] != '/' && text[0] != '@') || size < 2 || size >= sizeof address->sun_path)
        return false;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, text, size);
    bool named = text[0] == '/';
    if (!named) address->sun_path[0] = 0;
    notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + named);
    return true;
}

static int64_t number_of(const char *text)
{
    char *end;
    errno = 0;
    long long number = text ? strtoll(text, &end, 10) : 0;
    return text && *text && !*end && !errno && number > 0 ? number : 0;
}

/* Twice as often as it must be, which is what sd_watchdog_enabled(3) asks for. */
static int64_t feeding(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    if (pid && number_of(pid) != getpid()) return 0; /* meant for another process */
    return number_of(getenv("WATCHDOG_USEC")) / 2;
}

void notify_open(struct notify *notify)
{
    const char *text = getenv("NOTIFY_SOCKET");
    char quoted[LOG_QUOTED_MAX];
    *notify = (struct notify){.fd = -1};
    if (!text || !*text) return;
    if (take_address(notify, text))
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->fd < 0) {
        notify->address_size = 0;
        log_warning("daemon", "not-notifying", "NOTIFY_SOCKET=%s note=\"it is no socket's path\"",
                    log_quote(text, quoted));
        return;
    }
    notify->feed_us = feeding();
}

void notify_close(struct notify *notify)
{
    if (!is_open(notify)) return;
    if (notify->unsaid) notify_tick(notify);
    close(notify->fd);
    *notify = (struct notify){.fd = -1};
}

static bool send_text(struct notify *notify, const char *text)
{
    return sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL,
                  (const struct sockaddr *)&notify->address, notify->address_size) >= 0;
}

static void say(struct notify *notify)
{
    notify->unsaid = !send_text(notify, notify->text);
}

void notify_ready(struct notify *notify, const char *status)
{
    if (!is_open(notify)) return;
    snprintf(notify->text, sizeof notify->text, "READY=1\nSTATUS=%.400s", status);
    say(notify);
}

void notify_reloading(struct notify *notify)
{
    if (!is_open(notify)) return;
    snprintf(notify->text, sizeof notify->text,
             "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading the configuration",
             (long long)clock_mono_us(clock_system()));
    say(notify);
}

void notify_stopping(struct notify *notify)
{
    if (!is_open(notify)) return;
    snprintf(notify->text, sizeof notify->text, "STOPPING=1\nSTATUS=stopping");
    say(notify);
}

void notify_starting(struct notify *notify, const char *status, int64_t more_ms)
{
    if (!is_open(notify)) return;
    snprintf(notify->text, sizeof notify->text, "EXTEND_TIMEOUT_USEC=%lld\nSTATUS=%.400s",
             (long long)more_ms * 1000, status);
    say(notify);
}

void notify_tick(struct notify *notify)
{
    if (!is_open(notify)) return;
    if (notify->unsaid) say(notify);
    int64_t now_us = clock_mono_us(clock_system());
    if (!notify->feed_us || now_us - notify->fed_us < notify->feed_us) return;
    if (send_text(notify, "WATCHDOG=1")) notify->fed_us = now_us;
}
