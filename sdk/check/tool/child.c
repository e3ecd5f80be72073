/* Processes for cases, their time limits, and what is left of those that died. */
#include "child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CASE_SECONDS = 60, /* of the clock, for a plugin that sleeps */
    CASES_A_CHILD = 50,
    EXIT_HUNG = 3, /* of a child */
};

struct finding *finding;
static struct finding *findings; /* shared with the children: of the last CASES_A_CHILD cases */
static size_t first_index;       /* of findings[0] */

void found(const char *what, const char *detail)
{
    if (!finding->problem[0])
        snprintf(finding->problem, sizeof(finding->problem), "%s%s%s", what, *detail ? ": " : "",
                 detail);
}

/* ---- in a child ---- */

static void on_alarm(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_HUNG);
}

static void do_cases(const struct child_work *work, size_t index, size_t count)
{
    const struct itimerval limit = {.it_value = {.tv_sec = work->settings->hang_s}};
    signal(SIGALRM, on_alarm);
    signal(SIGVTALRM, on_alarm);
    for (size_t i = 0; i < count; i++) {
        finding = &findings[i];
        alarm(CASE_SECONDS);
        setitimer(ITIMER_VIRTUAL, &limit, NULL);
        bool go_on = work->run(work->settings, work->argument, index + i);
        finding->done = true;
        if (finding->problem[0] || !go_on) break;
    }
    _exit(0);
}

/* ---- the parent ---- */

static void share(void)
{
    if (findings) return;
    findings = mmap(NULL, CASES_A_CHILD * sizeof(*findings), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (findings != MAP_FAILED) return;
    perror("mmap");
    exit(2);
}

/* How the child ended is a finding of the case that it did then. */
static void judge_end(int status)
{
    char text[64];
    size_t at = 0;
    while (at + 1 < CASES_A_CHILD && findings[at].done)
        at++;
    finding = &findings[at];
    if (WIFSIGNALED(status)) {
        snprintf(text, sizeof(text), "signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
        finding->problem[0] = '\0';
        found("crashed", text);
    } else if (WEXITSTATUS(status) == EXIT_HUNG) {
        finding->problem[0] = '\0';
        found("a step did not return", "");
        finding->hung = true;
    } else if (WEXITSTATUS(status)) {
        snprintf(text, sizeof(text), "exit code %d", WEXITSTATUS(status));
        found("ended the process", text);
    }
    finding->done = finding->done || status != 0;
}

static void run_child(const struct child_work *work, size_t index, size_t count)
{
    share();
    memset(findings, 0, CASES_A_CHILD * sizeof(*findings));
    first_index = index;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    if (child == 0) do_cases(work, index, count);
    int status = 0;
    waitpid(child, &status, 0);
    judge_end(status);
}

/* Is it so when nothing came before it, too? */
static void look_alone(const struct child_work *work, size_t index)
{
    struct finding in_company = *finding;
    run_child(work, index, 1);
    finding = &findings[0];
    if (finding->problem[0]) return;
    *finding = in_company;
    size_t size = strlen(finding->problem);
    snprintf(finding->problem + size, sizeof(finding->problem) - size,
             " (only after the cases before it in the same process)");
}

bool child_case(const struct child_work *work, size_t index)
{
    size_t left = work->count - index, at = index - first_index;
    if (!findings || index < first_index || at >= CASES_A_CHILD || index == 0 ||
        !findings[at].done) {
        run_child(work, index, left < CASES_A_CHILD ? left : CASES_A_CHILD);
        at = 0;
    }
    finding = &findings[at];
    if (finding->problem[0] && !finding->hung && at > 0) look_alone(work, index);
    return !finding->problem[0];
}
