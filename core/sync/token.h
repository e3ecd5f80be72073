/* An account's tokens, in memory and in the store. A set never changes once it is made, so that a
 * request under way keeps the secrets it left with; what a step emits makes the next set.
 *
 * A token is durable before it is used: the order is token_set_next, token_store in the step's
 * transaction, and after its commit the new set takes the old one's place.
 *
 * IN THE STORE a token is a row of TABLE_TOKEN under the account's name, sealed (base/seal.h) with
 * its own name and time, so that a row can neither be read nor put under another name. The time
 * stands before it in plain: restoring a backup keeps the newer of two rows without opening them.
 *
 * THREADS. Sets: the loop, but for reading one that somebody holds. Functions with a transaction:
 * the engine thread. */
#ifndef STOCKD_SYNC_TOKEN_H
#define STOCKD_SYNC_TOKEN_H

#include "base/seal.h"
#include "plugin/operation.h"
#include "store/store.h"

enum { TOKENS_MAX = 16 }; /* of one account; more are a plugin's mistake */

struct token {
    char *name, *value;
    char *refresh;      /* or NULL */
    int64_t expires_ms; /* 0: does not expire */
    int64_t refresh_expires_ms, grace_ms;
    int64_t obtained_ms;
    int64_t renewing_ms; /* since then its renewal may have reached the marketplace; 0: not */
    uint64_t generation; /* rises with every new value, in memory only; 0: of the store */
};

void token_clear(struct token *token); /* wipes */

struct token_set {
    uint32_t references, count;
    struct token list[TOKENS_MAX];
};

struct token_set *token_set_new(void);
struct token_set *token_set_ref(struct token_set *set);
void token_set_unref(struct token_set *set); /* wipes; NULL is fine */
const struct token *token_set_find(const struct token_set *set, const char *name);
/* The set after what the step says of tokens; NULL when it says nothing. */
struct token_set *token_set_next(const struct token_set *set, const struct plugin_step *step,
                                 uint64_t generation, int64_t now_ms);

/* Writes the tokens that the step names, as they are in `set`. Every one is sealed before the first
 * is written, so that anything but ST_OK has changed nothing. */
enum status token_store(struct seal *seal, struct store_txn *txn, const char *account,
                        const struct token_set *set, const struct plugin_step *step, int64_t now_ms,
                        struct error *error);
/* All tokens of the account as a new set. The error names token and account. */
enum status token_load(struct seal *seal, struct store_txn *txn, const char *account,
                       struct token_set **set, struct error *error);

/* After a restore: rows of the store that was replaced take the place of those that were written
 * before them. Nothing is opened, so no key is needed. */
enum status token_keep_newer(struct store_txn *from, struct store_txn *to, uint64_t *kept,
                             struct error *error);
/* Seals every row anew that is not under the newest key. What no key opens stays as it is and is
 * counted. */
enum status token_renew_all(struct seal *seal, struct store_txn *txn, uint64_t *sealed,
                            uint64_t *unreadable, struct error *error);

#endif
