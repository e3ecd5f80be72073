/* Sets of tokens in memory. The store's side is token_store.c. */
#include "sync/token.h"

#include "base/mem.h"

#include <string.h>

struct token_set *token_set_new(void)
{
    struct token_set *set = mem_alloc(sizeof *set);
    set->references = 1;
    return set;
}

struct token_set *token_set_ref(struct token_set *set)
{
    set->references++;
    return set;
}

static void secret_free(char *secret)
{
    if (secret) explicit_bzero(secret, strlen(secret));
    mem_free(secret);
}

void token_clear(struct token *token)
{
    mem_free(token->name);
    secret_free(token->value);
    secret_free(token->refresh);
    *token = (struct token){0};
}

void token_set_unref(struct token_set *set)
{
    if (!set || --set->references > 0) return;
    for (uint32_t i = 0; i < set->count; i++)
        token_clear(&set->list[i]);
    mem_free(set);
}

const struct token *token_set_find(const struct token_set *set, const char *name)
{
    for (uint32_t i = 0; set && i < set->count; i++)
        if (strcmp(set->list[i].name, name) == 0) return &set->list[i];
    return NULL;
}

static struct token_set *copy(const struct token_set *set)
{
    struct token_set *to = token_set_new();
    for (uint32_t i = 0; set && i < set->count; i++) {
        struct token *token = &to->list[to->count++];
        *token = set->list[i];
        token->name = mem_text(token->name);
        token->value = mem_text(token->value);
        token->refresh = mem_text(token->refresh);
    }
    return to;
}

static struct token *find_or_add(struct token_set *set, const char *name)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (strcmp(set->list[i].name, name) == 0) return &set->list[i];
    if (set->count == TOKENS_MAX) return NULL;
    struct token *token = &set->list[set->count++];
    token->name = mem_text(name);
    return token;
}

static void take(struct token *to, const struct stockd_token *from, uint64_t generation,
                 int64_t now_ms)
{
    secret_free(to->value);
    to->value = mem_text(from->value);
    if (from->refresh) {
        secret_free(to->refresh);
        to->refresh = mem_text(from->refresh);
        to->refresh_expires_ms = from->refresh_expires_ms;
        to->grace_ms = from->grace_ms;
    }
    to->expires_ms = from->expires_ms;
    to->obtained_ms = now_ms;
    to->renewing_ms = 0;
    to->generation = generation;
}

struct token_set *token_set_next(const struct token_set *set, const struct plugin_step *step,
                                 uint64_t generation, int64_t now_ms)
{
    if (step->token_count + step->renewal_count == 0) return NULL;
    struct token_set *next = copy(set);
    for (size_t i = 0; i < step->token_count; i++) {
        struct token *token = find_or_add(next, step->tokens[i].name);
        if (token) take(token, &step->tokens[i], generation, now_ms);
    }
    for (size_t i = 0; i < step->renewal_count; i++) {
        struct token *token = (struct token *)token_set_find(next, step->renewals[i]);
        /* A repeat keeps the time of the first: the grace runs from there. */
        if (token && token->renewing_ms == 0) token->renewing_ms = now_ms;
    }
    return next;
}
