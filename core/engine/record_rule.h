/* What TABLE_RULE holds: what the seller says of one product, everywhere (account 0) or at one
 * account. What an account's row gives wins over what the product's gives; the rest is as it is by
 * itself. Figures are whole numbers: buffer, cap and min in packs, as the marketplace shows them;
 * pack and velocity in pieces. */
#ifndef STOCKD_ENGINE_RECORD_RULE_H
#define STOCKD_ENGINE_RECORD_RULE_H

#include "engine/record.h"

enum rule_mode {
    RULE_MODE_NONE = 0, /* nothing is said of it */
    RULE_ON,
    RULE_OFF,       /* nothing is sent, not even 0 */
    RULE_OFF_ZERO,  /* 0 is shown */
    RULE_UP_ONLY,   /* a decrease is held */
    RULE_DOWN_ONLY, /* an increase is held */
    RULE_MODES,
};
/* "on", "off", "off=zero", "up-only", "down-only"; "" for none. Static. */
const char *rule_mode_name(enum rule_mode mode);
int rule_mode_parse(struct bytes name); /* -1 when there is no such mode */

enum rule_field { RULE_BUFFER, RULE_CAP, RULE_MIN, RULE_PACK, RULE_FIELDS };
const char *rule_field_name(enum rule_field field);

enum {
    RULE_DAYS_MAX = 90, /* of a velocity: the ledger is read that far back at each change */
    RULE_PACK_MAX = 1000000,
};
#define RULE_FACTOR_MAX UINT32_C(100000000) /* of a velocity, in millionths: 100 */

struct rule_record {
    uint8_t version;
    uint8_t mode;    /* enum rule_mode */
    uint16_t given;  /* bit per enum rule_field */
    uint32_t days;   /* velocity: of the pieces sold in so many days, ... 0: not given */
    uint32_t factor; /* ... so many millionths are kept back; 0: none, though the product says so */
    uint32_t unused;
    int64_t fields[RULE_FIELDS];
    int64_t changed_ms;
    uint64_t revision;
};

enum { RULE_VERSION = 1 };

/* "buffer=2 velocity=7x0.5": for people. */
enum { RULE_TEXT_MAX = 200 };
const char *rule_text(const struct rule_record *rule, char text[RULE_TEXT_MAX]);
/* "7x0.5" of a rule that has a velocity; gives its size. */
size_t rule_velocity_text(const struct rule_record *rule, char *text, size_t room);
/* "7x0.5"; false when it is none. */
bool rule_velocity_parse(struct bytes text, uint32_t *days, uint32_t *factor);
/* ST_DAMAGED when the bytes make no sense. */
enum status rule_read(struct bytes from, struct rule_record *rule);
static inline bool rule_says_nothing(const struct rule_record *rule)
{
    return !rule->mode && !rule->given && !rule->days;
}

#endif
