/* Alerts: what may be wrong. A *rule* is one kind of trouble; a *finding* is one place where it is
 * so now, with a fingerprint that stays the same as long as it is the same trouble. A finding that
 * is new becomes an alert (alert.h), one that is found no more ends it. Pure; any thread. */
#ifndef STOCKD_NOTIFY_RULE_H
#define STOCKD_NOTIFY_RULE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stored: numbers are never used again. */
enum alert_rule {
    ALERT_TOKEN_DEAD = 0,
    ALERT_KEY_EXPIRES = 1,
    ALERT_PARKED = 2,
    ALERT_UNSENT = 3,
    ALERT_HELD = 4,
    ALERT_OVERSELL = 5,
    ALERT_CONFLICT = 6,
    ALERT_MISSED = 7,
    ALERT_DISK = 8,
    ALERT_PLUGIN = 9,
    ALERT_DRIFT = 10,
    ALERT_STALE = 11,
    ALERT_CHANGE = 12,
    ALERT_LINK = 13,
    ALERT_UNUSUAL_CHANGE = 14,
    ALERT_UNUSUAL_FIGURE = 15,
    ALERT_EXPOSURE = 16,
    ALERT_BACKUP = 17,
    ALERT_RULES,
};
/* "token-dead" ...: as in conf.d, the API and messages. Static; NULL: no such rule. */
const char *alert_rule_name(enum alert_rule rule);
int alert_rule_parse(const char *name); /* -1: none */

enum alert_severity { ALERT_INFO = 0, ALERT_WARNING = 1, ALERT_CRITICAL = 2, ALERT_SEVERITIES };
const char *alert_severity_name(enum alert_severity severity);
enum alert_severity alert_rule_severity(enum alert_rule rule);

enum {
    ALERT_TEXT_MAX = 300, /* bytes of `what` and `why`; longer ones are cut */
    ALERT_KEY_MAX = 200,  /* bytes of a fingerprint */
    ALERT_FINDINGS_MAX = 2000,
    ALERT_RULE_FINDINGS_MAX = 500, /* of one rule: what is more is not lost, but told later */
};

/* One place where a rule holds. What the members say depends on the rule: see messages_en.c. */
struct alert_finding {
    enum alert_rule rule;
    char key[ALERT_KEY_MAX + 1]; /* the fingerprint: "RULE/..." */
    char account[64];            /* or "" */
    char what[ALERT_TEXT_MAX], why[ALERT_TEXT_MAX];
    int64_t count, limit;
};

struct alert_findings {
    struct alert_finding *list;
    size_t count, room;
    size_t of_rule[ALERT_RULES];
    bool partial[ALERT_RULES]; /* there may be more: nothing follows from absence (I10) */
};
/* A new finding with its fingerprint, the parts with slashes between; NULL: there are too many, and
 * the rule is partial. Lives until the next one is added. */
struct alert_finding *alert_findings_add(struct alert_findings *to, enum alert_rule rule,
                                         const char *account, struct bytes subject);
void alert_findings_free(struct alert_findings *findings);
/* Copies what fits, whole UTF-8 characters only, controls as blanks. */
void alert_text(char out[ALERT_TEXT_MAX], struct bytes text);

#endif
