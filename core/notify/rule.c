/* The rules' names, and findings in a list. */
#include "notify/rule.h"

#include "base/digest.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum alert_severity severity;
} rules[ALERT_RULES] = {
    [ALERT_TOKEN_DEAD] = {"token-dead", ALERT_CRITICAL},
    [ALERT_KEY_EXPIRES] = {"key-expires", ALERT_WARNING},
    [ALERT_PARKED] = {"parked", ALERT_CRITICAL},
    [ALERT_UNSENT] = {"unsent", ALERT_CRITICAL},
    [ALERT_HELD] = {"held", ALERT_WARNING},
    [ALERT_OVERSELL] = {"oversell", ALERT_CRITICAL},
    [ALERT_CONFLICT] = {"conflict", ALERT_WARNING},
    [ALERT_MISSED] = {"missed", ALERT_WARNING},
    [ALERT_DISK] = {"disk", ALERT_CRITICAL},
    [ALERT_PLUGIN] = {"plugin", ALERT_CRITICAL},
    [ALERT_DRIFT] = {"drift", ALERT_WARNING},
    [ALERT_STALE] = {"stale", ALERT_WARNING},
    [ALERT_CHANGE] = {"change", ALERT_WARNING},
    [ALERT_LINK] = {"link", ALERT_CRITICAL},
    [ALERT_UNUSUAL_CHANGE] = {"unusual-change", ALERT_WARNING},
    [ALERT_EXPOSURE] = {"exposure", ALERT_WARNING},
    [ALERT_UNUSUAL_FIGURE] = {"unusual-figure", ALERT_WARNING},
    [ALERT_BACKUP] = {"backup", ALERT_WARNING},
};

const char *alert_rule_name(enum alert_rule rule)
{
    return (unsigned)rule < ALERT_RULES ? rules[rule].name : NULL;
}

int alert_rule_parse(const char *name)
{
    for (int i = 0; i < ALERT_RULES; i++)
        if (strcmp(rules[i].name, name) == 0) return i;
    return -1;
}

enum alert_severity alert_rule_severity(enum alert_rule rule)
{
    return (unsigned)rule < ALERT_RULES ? rules[rule].severity : ALERT_INFO;
}

const char *alert_severity_name(enum alert_severity severity)
{
    static const char *const names[] = {"info", "warning", "critical"};
    return (unsigned)severity < ALERT_SEVERITIES ? names[severity] : "";
}

void alert_text(char out[ALERT_TEXT_MAX], struct bytes text)
{
    size_t n = text.size < ALERT_TEXT_MAX ? text.size : ALERT_TEXT_MAX - 1;
    const unsigned char *from = text.data;
    while (n && n < text.size && (from[n] & 0xc0) == 0x80)
        n--;
    for (size_t i = 0; i < n; i++)
        out[i] = from[i] < ' ' || from[i] == 0x7f ? ' ' : (char)from[i];
    out[n] = 0;
}

/* What is too long, or has bytes that a key should not have, is told apart by its hash. */
static void add_subject(char *key, size_t at, struct bytes subject)
{
    if (at + subject.size < ALERT_KEY_MAX && !memchr(subject.data, 0, subject.size)) {
        memcpy(key + at, subject.data, subject.size);
        key[at + subject.size] = 0;
        return;
    }
    uint8_t hash[DIGEST_SIZE];
    struct digest *digest = digest_new();
    digest_add(digest, subject);
    digest_end(digest, hash);
    digest_free(digest);
    for (size_t i = 0; i < DIGEST_SIZE / 2; i++)
        snprintf(key + at + 2 * i, 3, "%02x", hash[i]);
}

struct alert_finding *alert_findings_add(struct alert_findings *to, enum alert_rule rule,
                                         const char *account, struct bytes subject)
{
    if (to->count == ALERT_FINDINGS_MAX || to->of_rule[rule] == ALERT_RULE_FINDINGS_MAX) {
        to->partial[rule] = true;
        return NULL;
    }
    if (to->count == to->room) {
        to->room = to->room ? 2 * to->room : 16;
        to->list = mem_resize(to->list, to->room * sizeof *to->list);
    }
    struct alert_finding *f = &to->list[to->count++];
    memset(f, 0, sizeof *f);
    f->rule = rule;
    to->of_rule[rule]++;
    snprintf(f->account, sizeof f->account, "%s", account ? account : "");
    int n = snprintf(f->key, sizeof f->key, "%s/%s/", rules[rule].name, f->account);
    add_subject(f->key, (size_t)n, subject);
    return f;
}

void alert_findings_free(struct alert_findings *findings)
{
    mem_free(findings->list);
    *findings = (struct alert_findings){0};
}
