/* Runs under the shim, and is met by signals wherever it is: also within the shim's own functions,
 * which its handler calls again. Ends with 0, or by SIGALRM where it hangs. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 5000, EVERY_NS = 10000, GIVE_UP_S = 10 };

static int pipe_ends[2];
static volatile sig_atomic_t signals;

/* As libuv's does. */
static void on_signal(int number)
{
    char byte = (char)number;
    if (write(pipe_ends[1], &byte, 1) == 1 && read(pipe_ends[0], &byte, 1) == 1) signals++;
}

int main(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM};
    const struct itimerspec often = {{.tv_nsec = EVERY_NS}, {.tv_nsec = EVERY_NS}};
    timer_t timer;
    struct timespec now;
    if (pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC) || sigaction(SIGTERM, &action, NULL) ||
        timer_create(CLOCK_MONOTONIC, &event, &timer))
        return 1;
    alarm(GIVE_UP_S);
    timer_settime(timer, 0, &often, NULL);
    while (signals < SIGNALS)
        clock_gettime(CLOCK_MONOTONIC, &now);
    return 0;
}
