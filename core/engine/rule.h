/* Rules at work: what applies to a product at an account, and what it makes of the stock. The
 * figures here are of one transaction; nothing is kept. [any thread with a transaction] */
#ifndef STOCKD_ENGINE_RULE_H
#define STOCKD_ENGINE_RULE_H

#include "engine/directory.h"
#include "engine/record_rule.h"
#include "store/store.h"

/* What applies: the account's row over the product's. */
struct rule {
    enum rule_mode mode; /* never RULE_MODE_NONE */
    int64_t buffer, min; /* packs */
    int64_t cap;         /* packs; -1: none */
    int64_t pack;        /* pieces, at least 1 */
    uint32_t days;       /* velocity; 0: none */
    uint32_t factor;
};
/* ST_DAMAGED, or what the store says, when a row cannot be read. */
enum status rule_find(struct store_txn *txn, uint64_t product, uint32_t account, struct rule *rule);
/* One row; ST_NOT_FOUND when there is none. */
enum status rule_load(struct store_txn *txn, uint64_t product, uint32_t account,
                      struct rule_record *record);

/* Pieces of the product sold from that warehouse in the `days` before `now_ms`: what sales and
 * orders took from what is available, less what cancelled orders gave back. `oldest_ms`: of the
 * first entry that counts, kept when none does. At most RULE_ENTRIES_MAX entries of the ledger are
 * looked at, the newest ones. */
enum { RULE_ENTRIES_MAX = 10000 };
#define RULE_DAY_MS INT64_C(86400000)
enum status rule_sold(struct store_txn *txn, uint64_t product, uint32_t warehouse, int64_t now_ms,
                      uint32_t days, int64_t *sold, int64_t *oldest_ms);

/* What the link lets through of what is available in its warehouse. A share is by largest
 * remainder over all links of that warehouse that have one: together they are never more than
 * what is there, and all of it when the shares add up to the whole. */
int64_t rule_link_pieces(const struct directory *directory, const struct directory_link *link,
                         int64_t available);

/* The rule applied to what the links bring, step by step. */
struct rule_steps {
    int64_t pieces;   /* from the links */
    int64_t packs;    /* of which so many packs */
    int64_t buffer;   /* packs kept back, `velocity` among them */
    int64_t velocity; /* packs kept back for what sold lately */
    int64_t rest;     /* without the rule's own buffer */
    int64_t left;     /* without all that is kept back */
    int64_t least;    /* ... 0 if below the least figure */
    int64_t most;     /* ... not above the largest */
    int64_t value;    /* to be shown: as the switch lets it */
    uint8_t zero;     /* enum zero_reason, when value is 0 and pieces are not; else ZERO_NONE */
    bool capped;
};
void rule_apply(const struct rule *rule, int64_t pieces, int64_t sold, struct rule_steps *steps);

#endif
