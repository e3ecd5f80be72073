/* I13: a refresh token that can be used once is used again within its grace, or not at all. After
 * the grace the process asks with it once more where it cannot know better: it repeated the request
 * in time, or was not there to do so, and no answer with the new pair came to it. */
#ifndef SIM_ORACLE_TOKENS_H
#define SIM_ORACLE_TOKENS_H

#include "network.h"

struct oracle_tokens {
    /* By account: the renewals with the refresh token that left last. */
    struct renewal {
        char *token;
        int64_t used_us, told_us; /* first landed, new pair told; 0: not */
        bool repeated;            /* it left again within the grace of that use */
        bool absent;              /* ... in which the process, or its account, was not there */
    } list[PLAN_ACCOUNTS_MAX];
};

void tokens_sent(struct oracle_tokens *tokens, const struct exchange *x);
void tokens_landed(struct oracle_tokens *tokens, const struct exchange *x);
void tokens_answered(struct oracle_tokens *tokens, const struct exchange *x);
/* No process is there for the account. */
void tokens_absent(struct oracle_tokens *tokens, uint32_t account, int64_t now_us);
void tokens_free(struct oracle_tokens *tokens);
/* Whether the process could not know better than to use that token again. */
bool tokens_excused(const struct oracle_tokens *tokens, const struct exchange *x);

/* The last renewal was carried out, and no answer with the new pair came: the account may be left
 * without a token that works. */
bool tokens_lost(const struct oracle_tokens *tokens, uint32_t account);

#endif
