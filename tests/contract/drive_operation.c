/* One operation from its start to its end, and what is said of it. */
#include "drive.h"

#include <stdio.h>
#include <time.h>

#define STEPS_MAX 2000u /* of one operation; more is a loop */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void drive_wait(const struct drive *drive, int64_t ms)
{
    ms = (int64_t)((double)ms / drive->scale);
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

/* What the operation said of the account lives on. */
static void keep_tokens(struct drive *drive)
{
    for (size_t i = 0; i < drive->host->tokens.count; i++) {
        const struct stockd_token *token = &drive->host->tokens.at[i];
        drive_secret_set(drive, token->name, token->value, token->refresh);
    }
}

static void say(const struct drive *drive, const char *title)
{
    const struct check *host = drive->host;
    printf("%-34s %3u requests", title, drive->requests);
    if (host->warehouses.count) printf(", %zu warehouses", host->warehouses.count);
    if (host->listings.count) printf(", %zu listings", host->listings.count);
    if (host->stocks.count) printf(", %zu figures", host->stocks.count);
    if (host->lines.count) printf(", %zu order lines", host->lines.count);
    unsigned kinds[STOCKD_UNRESOLVED + 1] = {0};
    static const char *const names[] = {"without outcome", "ok",      "accepted", "retry",
                                        "throttled",       "changed", "rejected", "unresolved"};
    for (size_t i = 0; i < host->outcomes.count; i++)
        kinds[host->outcomes.at[i].given ? host->outcomes.at[i].last.kind : 0]++;
    for (unsigned i = 0; i <= STOCKD_UNRESOLVED; i++)
        if (kinds[i]) printf(", %u %s", kinds[i], names[i]);
    printf("\n");
    for (size_t i = 0; i < host->outcomes.count; i++)
        if (host->outcomes.at[i].last.kind == STOCKD_REJECTED)
            printf("  rejected: %s %s\n", host->outcomes.at[i].last.code,
                   host->outcomes.at[i].last.text ? host->outcomes.at[i].last.text : "");
    for (size_t i = 0; i < host->malformed.count; i++)
        printf("  malformed: %s (%s)\n", host->malformed.at[i].name, host->malformed.at[i].value);
    for (size_t i = 0; i < host->warnings.count; i++)
        printf("  warning: %s: %s\n", host->warnings.at[i].name, host->warnings.at[i].value);
    for (size_t i = 0; i < host->prompts.count; i++)
        printf("  prompt: %s %s %s\n", host->prompts.at[i].text,
               host->prompts.at[i].url ? host->prompts.at[i].url : "",
               host->prompts.at[i].code ? host->prompts.at[i].code : "");
}

bool drive_run(struct drive *drive, const struct stockd_start *start, const char *title)
{
    struct check *host = drive->host;
    drive->requests = 0;
    host->now_ms = now_ms();
    enum stockd_verdict verdict = check_start(host, start);
    while ((verdict == STOCKD_SEND || verdict == STOCKD_WAIT) && host->steps < STEPS_MAX) {
        keep_tokens(drive);
        if (verdict == STOCKD_WAIT) drive_wait(drive, host->wait_ms);
        host->now_ms = now_ms();
        verdict = verdict == STOCKD_WAIT ? check_timer(host) : drive_exchange(drive);
    }
    keep_tokens(drive);
    say(drive, title);
    bool done = verdict == STOCKD_DONE && host->problems.count == 0;
    if (done) return true;
    drive->failures++;
    printf("  FAILED: verdict %d, reason %d, %s: %s\n", (int)verdict, (int)host->failure.why,
           host->failure.code ? host->failure.code : "-",
           host->failure.text ? host->failure.text : "-");
    for (size_t i = 0; i < host->problems.count; i++)
        printf("  PROBLEM: %s\n", host->problems.at[i]);
    return false;
}
