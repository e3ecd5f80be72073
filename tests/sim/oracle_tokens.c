/* Refresh tokens from their first use to the answer with the pair that comes after them. What
 * counts as a second use is the model's to say. */
#include "oracle_tokens.h"

#include "base/mem.h"

#include <jansson.h>
#include <string.h>

#define GRACE_US  (60 * INT64_C(1000000)) /* as the plugin says it */
#define STORED_US (10 * INT64_C(1000000)) /* from the answer to a pair that no fall takes along */

static const char mark[] = "&refresh_token=";

/* The refresh token that the request carries, or NULL: it is no renewal. */
static const char *token_of(const struct exchange *x)
{
    const char *at = x->body ? strstr(x->body, mark) : NULL;
    return at && strncmp(x->body, "grant_type=refresh_token&", 25) == 0 ? at + sizeof mark - 1
                                                                        : NULL;
}

static bool is_of(const struct renewal *r, const struct exchange *x)
{
    const char *token = token_of(x);
    return token && r->token && strcmp(r->token, token) == 0;
}

static bool in_grace(const struct renewal *r, int64_t now_us)
{
    return r->used_us && now_us - r->used_us < GRACE_US;
}

void tokens_sent(struct oracle_tokens *tokens, const struct exchange *x)
{
    struct renewal *r = &tokens->list[x->account];
    if (!token_of(x)) return;
    if (is_of(r, x)) {
        r->repeated |= in_grace(r, x->sent_us);
        return;
    }
    mem_free(r->token);
    *r = (struct renewal){.token = mem_text(token_of(x))};
}

void tokens_landed(struct oracle_tokens *tokens, const struct exchange *x)
{
    struct renewal *r = &tokens->list[x->account];
    if (is_of(r, x) && !r->used_us && x->status == 200) r->used_us = x->landed_us;
}

void tokens_answered(struct oracle_tokens *tokens, const struct exchange *x)
{
    struct renewal *r = &tokens->list[x->account];
    if (!is_of(r, x) || x->lies || x->result != NET_ARRIVED || x->status != 200) return;
    json_t *doc = json_loadb(x->answer, x->answer_size, 0, NULL);
    if (json_is_string(json_object_get(doc, "access_token")) && !r->told_us)
        r->told_us = x->sim->loop.now_us;
    json_decref(doc);
}

void tokens_absent(struct oracle_tokens *tokens, uint32_t account, int64_t now_us)
{
    struct renewal *r = &tokens->list[account];
    r->absent |= in_grace(r, now_us);
    if (r->told_us && now_us - r->told_us < STORED_US) r->told_us = 0;
}

void tokens_free(struct oracle_tokens *tokens)
{
    for (int i = 0; i < PLAN_ACCOUNTS_MAX; i++)
        mem_free(tokens->list[i].token);
}

bool tokens_excused(const struct oracle_tokens *tokens, const struct exchange *x)
{
    const struct renewal *r = &tokens->list[x->account];
    return is_of(r, x) && r->used_us && !r->told_us && (r->repeated || r->absent);
}

bool tokens_lost(const struct oracle_tokens *tokens, uint32_t account)
{
    const struct renewal *r = &tokens->list[account];
    return r->used_us && !r->told_us;
}
