/* Health: what of an account is a warning, and what a failure. */
#include "api/api_health.h"

#include "base/clock.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { KEY_SOON_MS = 14 * 24 * 3600 * 1000 }; /* a key that expires within that is a warning */

enum health { HEALTH_OK, HEALTH_WARNING, HEALTH_FAILING };

struct judging {
    json_t *reasons;
    enum health worst;
    int64_t now_ms;
};

static void add(struct judging *judging, enum health health, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(struct judging *judging, enum health health, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *reason = json_string(text);
    json_array_append_new(judging->reasons, reason ? reason : json_string("a name is not UTF-8"));
    if (health > judging->worst) judging->worst = health;
}

static bool works(const char *state)
{
    return !strcmp(state, "active") || !strcmp(state, "new") || !strcmp(state, "loading");
}

static void judge(struct judging *j, const json_t *account)
{
    const char *name = json_string_value(json_object_get(account, "name"));
    const char *state = json_string_value(json_object_get(account, "state"));
    const char *why = json_string_value(json_object_get(account, "why"));
    const char *expires = json_string_value(json_object_get(account, "key_expires"));
    int64_t rejected = json_integer_value(json_object_get(account, "rejected"));
    int64_t late = json_integer_value(json_object_get(account, "oldest_unsent_ms"));
    if (!strcmp(state, "parked"))
        add(j, HEALTH_FAILING, "account %s is parked: %s", name, why ? why : "no reason is known");
    else if (why && works(state))
        add(j, HEALTH_WARNING, "account %s: %s", name, why);
    if (expires && clock_parse(expires) - j->now_ms < KEY_SOON_MS)
        add(j, HEALTH_WARNING, "the key of account %s expires at %s", name, expires);
    if (rejected)
        add(j, HEALTH_WARNING,
            "account %s: %lld rejected; see `stockctl target list --state rejected`", name,
            (long long)rejected);
    if (late >= HEALTH_LATE_MS && !strcmp(state, "active"))
        add(j, HEALTH_WARNING, "account %s: a figure is not there after %lld minutes", name,
            (long long)(late / 60000));
}

void api_health_add(json_t *status, int64_t now_ms)
{
    static const char *const names[] = {"ok", "warning", "failing"};
    struct judging judging = {.reasons = json_array(), .now_ms = now_ms};
    const json_t *counts = json_object_get(status, "counts");
    json_t *account;
    size_t i;
    json_array_foreach (json_object_get(status, "accounts"), i, account)
        judge(&judging, account);
    int64_t conflicts = json_integer_value(json_object_get(counts, "conflicts"));
    if (conflicts)
        add(&judging, HEALTH_WARNING, "%lld listings are in conflict; see `stockctl conflict list`",
            (long long)conflicts);
    json_object_set_new(status, "health", json_string(names[judging.worst]));
    json_object_set_new(status, "reasons", judging.reasons);
}

static void add_reason(json_t *status, const char *reason)
{
    json_t *text = json_string(reason);
    json_array_append_new(json_object_get(status, "reasons"),
                          text ? text : json_string("a name is not UTF-8"));
}

void api_health_warn(json_t *status, const char *reason)
{
    const char *health = json_string_value(json_object_get(status, "health"));
    add_reason(status, reason);
    if (health && strcmp(health, "ok") == 0)
        json_object_set_new(status, "health", json_string("warning"));
}

void api_health_fail(json_t *status, const char *reason)
{
    add_reason(status, reason);
    json_object_set_new(status, "health", json_string("failing"));
}
