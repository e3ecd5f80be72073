/* The service manager's datagrams. Not here: when there is something to tell (daemon.c, reload.c).
 */
#include "daemon/supervisor.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_open(const struct supervisor *supervisor)
{
    return supervisor->address_size != 0;
}

/* A path, or '@' and a name without a file. False: it is neither, or too long. */
static bool take_address(struct supervisor *supervisor, const char *text)
{
    size_t size = strlen(text);
    struct sockaddr_un *address = &supervisor->address;
    if ((text[0] != '/' && text[0] != '@') || size < 2 || size >= sizeof address->sun_path)
        return false;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, text, size);
    bool named = text[0] == '/';
    if (!named) address->sun_path[0] = 0;
    supervisor->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + named);
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

void supervisor_open(struct supervisor *supervisor)
{
    const char *text = getenv("NOTIFY_SOCKET");
    char quoted[LOG_QUOTED_MAX];
    *supervisor = (struct supervisor){.fd = -1};
    if (!text || !*text) return;
    if (take_address(supervisor, text))
        supervisor->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (supervisor->fd < 0) {
        supervisor->address_size = 0;
        log_warning("daemon", "not-notifying", "NOTIFY_SOCKET=%s note=\"it is no socket's path\"",
                    log_quote(text, quoted));
        return;
    }
    supervisor->feed_us = feeding();
}

void supervisor_close(struct supervisor *supervisor)
{
    if (!is_open(supervisor)) return;
    if (supervisor->unsaid) supervisor_tick(supervisor);
    close(supervisor->fd);
    *supervisor = (struct supervisor){.fd = -1};
}

static bool send_text(struct supervisor *supervisor, const char *text)
{
    return sendto(supervisor->fd, text, strlen(text), MSG_NOSIGNAL,
                  (const struct sockaddr *)&supervisor->address, supervisor->address_size) >= 0;
}

static void say(struct supervisor *supervisor)
{
    supervisor->unsaid = !send_text(supervisor, supervisor->text);
}

void supervisor_ready(struct supervisor *supervisor, const char *status)
{
    if (!is_open(supervisor)) return;
    snprintf(supervisor->text, sizeof supervisor->text, "READY=1\nSTATUS=%.400s", status);
    say(supervisor);
}

void supervisor_reloading(struct supervisor *supervisor)
{
    if (!is_open(supervisor)) return;
    snprintf(supervisor->text, sizeof supervisor->text,
             "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading the configuration",
             (long long)clock_mono_us(clock_system()));
    say(supervisor);
}

void supervisor_stopping(struct supervisor *supervisor)
{
    if (!is_open(supervisor)) return;
    snprintf(supervisor->text, sizeof supervisor->text, "STOPPING=1\nSTATUS=stopping");
    say(supervisor);
}

void supervisor_starting(struct supervisor *supervisor, const char *status, int64_t more_ms)
{
    if (!is_open(supervisor)) return;
    snprintf(supervisor->text, sizeof supervisor->text, "EXTEND_TIMEOUT_USEC=%lld\nSTATUS=%.400s",
             (long long)more_ms * 1000, status);
    say(supervisor);
}

void supervisor_tick(struct supervisor *supervisor)
{
    if (!is_open(supervisor)) return;
    if (supervisor->unsaid) say(supervisor);
    int64_t now_us = clock_mono_us(clock_system());
    if (!supervisor->feed_us || now_us - supervisor->fed_us < supervisor->feed_us) return;
    if (send_text(supervisor, "WATCHDOG=1")) supervisor->fed_us = now_us;
}
