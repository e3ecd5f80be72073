/* Reading rules, and their words. */
#include "engine/record_rule.h"

#include "base/share.h"

#include <stdio.h>

static const char *const mode_names[RULE_MODES] = {"",         "on",      "off",
                                                   "off=zero", "up-only", "down-only"};
static const char *const field_names[RULE_FIELDS] = {"buffer", "cap", "min", "pack"};

const char *rule_mode_name(enum rule_mode mode)
{
    return (unsigned)mode < RULE_MODES ? mode_names[mode] : "";
}

int rule_mode_parse(struct bytes name)
{
    for (int i = 1; i < RULE_MODES; i++)
        if (bytes_equal(bytes_text(mode_names[i]), name)) return i;
    return -1;
}

const char *rule_field_name(enum rule_field field)
{
    return (unsigned)field < RULE_FIELDS ? field_names[field] : "";
}

size_t rule_velocity_text(const struct rule_record *rule, char *to, size_t room)
{
    char factor[SHARE_TEXT_MAX + 4];
    int size = snprintf(factor, sizeof factor, "%u.%06u", rule->factor / SHARE_WHOLE,
                        rule->factor % SHARE_WHOLE);
    while (factor[size - 1] == '0')
        size--;
    if (factor[size - 1] == '.') size--;
    return (size_t)snprintf(to, room, "%ux%.*s", rule->days, size, factor);
}

const char *rule_text(const struct rule_record *rule, char text[RULE_TEXT_MAX])
{
    size_t at = 0;
    text[0] = '\0';
    if (rule->mode) at += (size_t)snprintf(text, RULE_TEXT_MAX, "%s", rule_mode_name(rule->mode));
    for (int i = 0; i < RULE_FIELDS; i++)
        if (rule->given & 1u << i)
            at += (size_t)snprintf(text + at, RULE_TEXT_MAX - at, "%s%s=%lld", at ? " " : "",
                                   field_names[i], (long long)rule->fields[i]);
    if (rule->days) {
        at += (size_t)snprintf(text + at, RULE_TEXT_MAX - at, "%svelocity=", at ? " " : "");
        rule_velocity_text(rule, text + at, RULE_TEXT_MAX - at);
    }
    return text;
}

bool rule_velocity_parse(struct bytes text, uint32_t *days, uint32_t *factor)
{
    const char *at = text.data;
    uint32_t number = 0;
    size_t i = 0;
    for (; i < text.size && i < 3 && at[i] >= '0' && at[i] <= '9'; i++)
        number = number * 10 + (uint32_t)(at[i] - '0');
    if (i == 0 || i == text.size || at[i] != 'x' || number == 0 || number > RULE_DAYS_MAX)
        return false;
    if (!share_parse_factor(at + i + 1, text.size - i - 1, RULE_FACTOR_MAX, factor)) return false;
    *days = number;
    return true;
}

static bool in_range(const struct rule_record *rule, enum rule_field field)
{
    int64_t value = rule->fields[field];
    if (!(rule->given & 1u << field)) return value == 0;
    if (field == RULE_PACK) return value >= 1 && value <= RULE_PACK_MAX;
    return value >= 0 && value <= FIGURE_MAX;
}

enum status rule_read(struct bytes from, struct rule_record *rule)
{
    if (from.size != sizeof *rule) return ST_DAMAGED;
    memcpy(rule, from.data, sizeof *rule);
    bool good = rule->version == RULE_VERSION && rule->mode < RULE_MODES &&
                rule->given >> RULE_FIELDS == 0 && rule->days <= RULE_DAYS_MAX &&
                rule->factor <= RULE_FACTOR_MAX;
    for (int i = 0; good && i < RULE_FIELDS; i++)
        good = in_range(rule, (enum rule_field)i);
    return good ? ST_OK : ST_DAMAGED;
}
