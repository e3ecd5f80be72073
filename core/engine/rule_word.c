/* Reading and writing the words of rules. What they make of figures is in rule.c. */
#include "engine/rule_word.h"

#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN = 40 }; /* bytes of a word that makes no sense, in a sentence */

const char *rule_word_name(enum rule_word word)
{
    if (word == RULE_WORD_MODE) return "mode";
    if (word == RULE_WORD_VELOCITY) return "velocity";
    return rule_field_name((enum rule_field)(word - RULE_WORD_FIELDS));
}

int rule_word_find(struct bytes name)
{
    for (int i = 0; i < RULE_WORDS; i++)
        if (bytes_equal(bytes_text(rule_word_name((enum rule_word)i)), name)) return i;
    return -1;
}

const char *rule_word_text(const struct rule_record *rule, enum rule_word word,
                           char text[RULE_WORD_TEXT_MAX])
{
    text[0] = '\0';
    if (word == RULE_WORD_MODE) {
        snprintf(text, RULE_WORD_TEXT_MAX, "%s", rule_mode_name(rule->mode));
    } else if (word == RULE_WORD_VELOCITY) {
        if (rule->days) rule_velocity_text(rule, text, RULE_WORD_TEXT_MAX);
    } else if (rule->given & 1u << (word - RULE_WORD_FIELDS)) {
        snprintf(text, RULE_WORD_TEXT_MAX, "%lld",
                 (long long)rule->fields[word - RULE_WORD_FIELDS]);
    }
    return text;
}

/* ---- reading */

static const char *shown(struct bytes word, char text[WORD_SHOWN + 1])
{
    snprintf(text, WORD_SHOWN + 1, "%.*s", (int)word.size, (const char *)word.data);
    return text;
}

static const char *near_mode(const char *word)
{
    const char *names[RULE_MODES];
    for (int i = 1; i < RULE_MODES; i++) /* 'of' is more like off than like on */
        names[RULE_MODES - 1 - i] = rule_mode_name((enum rule_mode)i);
    return suggest_name(word, names, RULE_MODES - 1);
}

static enum status no_mode(struct bytes word, struct error *error)
{
    char text[WORD_SHOWN + 1];
    const char *near = near_mode(shown(word, text));
    if (near)
        return error_set(error, ST_INVALID, "there is no switch '%s'; did you mean '%s'?", text,
                         near);
    return error_set(error, ST_INVALID,
                     "there is no switch '%s'; there are on, off, off=zero, up-only and down-only",
                     text);
}

static enum status set_mode(struct rule_change *change, struct bytes value, struct error *error)
{
    int mode = rule_mode_parse(value);
    if (mode < 0) return no_mode(value, error);
    change->rule.mode = (uint8_t)mode;
    return ST_OK;
}

static enum status set_field(struct rule_change *change, enum rule_field field, struct bytes value,
                             struct error *error)
{
    char text[WORD_SHOWN + 1];
    const char *at = value.data;
    int64_t number = 0, most = field == RULE_PACK ? RULE_PACK_MAX : FIGURE_MAX;
    bool good = value.size < 19;
    for (size_t i = 0; i < value.size && good; i++) {
        good = at[i] >= '0' && at[i] <= '9';
        number = number * 10 + (at[i] - '0');
    }
    if (!good || number > most || number < (field == RULE_PACK))
        return error_set(error, ST_INVALID,
                         "%s is a whole number from %d to %lld, or empty to forget it, not '%s'",
                         rule_field_name(field), field == RULE_PACK, (long long)most,
                         shown(value, text));
    change->rule.given |= (uint16_t)(1u << field);
    change->rule.fields[field] = number;
    return ST_OK;
}

/* "0": none is kept back, though the product's rule says so. */
static enum status set_velocity(struct rule_change *change, struct bytes value, struct error *error)
{
    char text[WORD_SHOWN + 1];
    if (bytes_equal(value, bytes_text("0"))) {
        change->rule.days = 1;
        change->rule.factor = 0;
        return ST_OK;
    }
    if (rule_velocity_parse(value, &change->rule.days, &change->rule.factor)) return ST_OK;
    return error_set(error, ST_INVALID,
                     "velocity is DAYSxFACTOR, such as 7x0.5: half of what sold in the last 7 days "
                     "is kept back (1 to %d days, a factor from 0 to %u), 0, or empty to forget "
                     "it; not '%s'",
                     RULE_DAYS_MAX, (unsigned)(RULE_FACTOR_MAX / 1000000), shown(value, text));
}

static bool is_said(const struct rule_change *change, enum rule_word word)
{
    if (word == RULE_WORD_MODE) return change->rule.mode || change->clear_mode;
    if (word == RULE_WORD_VELOCITY) return change->rule.days || change->clear_velocity;
    return (change->rule.given | change->clear) >> (word - RULE_WORD_FIELDS) & 1;
}

static void forget(struct rule_change *change, enum rule_word word)
{
    if (word == RULE_WORD_MODE)
        change->clear_mode = true;
    else if (word == RULE_WORD_VELOCITY)
        change->clear_velocity = true;
    else
        change->clear |= (uint16_t)(1u << (word - RULE_WORD_FIELDS));
}

enum status rule_word_set(struct rule_change *change, enum rule_word word, struct bytes value,
                          struct error *error)
{
    char before[RULE_WORD_TEXT_MAX], text[WORD_SHOWN + 1];
    const char *name = rule_word_name(word);
    if (is_said(change, word))
        return error_set(error, ST_INVALID, "'%s=%s' and '%s=%s' contradict: say %s once", name,
                         rule_word_text(&change->rule, word, before), name, shown(value, text),
                         name);
    if (value.size == 0 || bytes_equal(value, bytes_text("none"))) {
        forget(change, word);
        return ST_OK;
    }
    if (word == RULE_WORD_MODE) return set_mode(change, value, error);
    if (word == RULE_WORD_VELOCITY) return set_velocity(change, value, error);
    return set_field(change, (enum rule_field)(word - RULE_WORD_FIELDS), value, error);
}

/* A word with "=" whose name is none. */
static enum status no_name(struct bytes name, struct error *error)
{
    const char *names[RULE_WORDS];
    char text[WORD_SHOWN + 1];
    for (int i = 0; i < RULE_WORDS; i++)
        names[i] = rule_word_name((enum rule_word)i);
    const char *near = suggest_name(shown(name, text), names, RULE_WORDS);
    if (near)
        return error_set(error, ST_INVALID, "a rule has no '%s'; did you mean '%s='?", text, near);
    return error_set(
        error, ST_INVALID,
        "a rule has no '%s'; there are buffer=, cap=, min=, pack= and velocity=", text);
}

/* A word without "=" that is no mode. */
static enum status no_word(struct bytes word, struct error *error)
{
    char text[WORD_SHOWN + 1];
    int name = rule_word_find(word);
    if (name > RULE_WORD_MODE)
        return error_set(error, ST_INVALID, "'%s' needs a value: %s=%s, or %s= to forget it",
                         shown(word, text), text, name == RULE_WORD_VELOCITY ? "7x0.5" : "2", text);
    if (!near_mode(shown(word, text))) {
        const char *names[RULE_WORDS];
        for (int i = 0; i < RULE_WORDS; i++)
            names[i] = rule_word_name((enum rule_word)i);
        const char *near = suggest_name(text, names, RULE_WORDS);
        if (near)
            return error_set(error, ST_INVALID, "a rule has no '%s'; did you mean '%s='?", text,
                             near);
    }
    return no_mode(word, error);
}

enum status rule_word_take(struct rule_change *change, struct bytes word, struct error *error)
{
    const char *sign = word.size ? memchr(word.data, '=', word.size) : NULL;
    if (rule_mode_parse(word) >= 0) return rule_word_set(change, RULE_WORD_MODE, word, error);
    if (!sign) return no_word(word, error);
    size_t size = (size_t)(sign - (const char *)word.data);
    struct bytes name = bytes_of(word.data, size), value = bytes_of(sign + 1, word.size - size - 1);
    int found = rule_word_find(name);
    if (found >= 0) return rule_word_set(change, (enum rule_word)found, value, error);
    if (rule_mode_parse(name) >= 0) return no_mode(word, error); /* "off=nil" */
    return no_name(name, error);
}
