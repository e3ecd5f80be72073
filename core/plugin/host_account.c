/* What a step says and asks about its account: durable state, claims of tokens, quotas, identity,
 * permissions, logins. */
#include "plugin/operation_private.h"

#include "base/mem.h"
#include "plugin/text.h"

#include <stddef.h>
#include <string.h>

static int state_name_check(struct plugin_operation *op, const char *name)
{
    size_t size = name ? strnlen(name, STOCKD_NAME_MAX + 1) : 0;
    if (size > 0 && size <= STOCKD_NAME_MAX && text_is_visible(name, size)) return 0;
    return refuse(op, "a state's name is not 1 to %u visible characters", STOCKD_NAME_MAX);
}

const void *host_state_get(void *ctx, const char *name, size_t *size)
{
    struct plugin_operation *op = ctx;
    if (size) *size = 0;
    if (state_name_check(op, name)) return NULL;
    const struct state_slot *slot = operation_state(op, name);
    if (!slot || slot->size == 0) return NULL;
    if (size) *size = slot->size;
    /* A copy, so that a state_put of the same step does not change what was given. */
    return step_copy(op, slot->data, slot->size);
}

int host_state_put(void *ctx, const char *name, const void *data, size_t size)
{
    struct plugin_operation *op = ctx;
    if (state_name_check(op, name) ||
        !bytes_take(op, &data, size, STOCKD_STATE_MAX, "a value of the state"))
        return -1;
    const char *kept_name = step_copy(op, name, strlen(name));
    if (!kept_name) return -1;
    if (!operation_state_put(op, name, data, size))
        return refuse(op, "the state has more than %d names", STATES_MAX);
    struct plugin_state *kept = row_add(op, &op->put, sizeof *kept);
    if (!kept) return -1;
    *kept = (struct plugin_state){.name = kept_name, .data = bytes_of(data, size)};
    return 0;
}

/* ---------------------------------------------------------------------------------------------- */

static int base64url_digit(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : -1;
}

/* The decoded second part of "header.payload.signature" (RFC 7519), or NULL. */
static const char *claims_decode(struct arena *arena, const char *jwt, size_t *size)
{
    const char *payload = strchr(jwt, '.');
    const char *end = payload ? strchr(payload + 1, '.') : NULL;
    if (!end) return NULL;
    size_t digits = (size_t)(end - ++payload), n = 0;
    if (digits == 0 || digits % 4 == 1) return NULL;
    char *out = arena_alloc(arena, digits / 4 * 3 + 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = base64url_digit(payload[i]);
        if (digit < 0) return NULL;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0) out[n++] = (char)(bits >> (2 * (3 - i % 4)));
    }
    out[n] = 0;
    if (out[0] != '{' || strlen(out) != n || !text_is_utf8(out, n)) return NULL;
    *size = n;
    return out;
}

/* A token that this operation got is the one whose claims are asked for from now on. */
static void token_remember(struct plugin_operation *op, const struct stockd_token *token)
{
    for (struct claims **at = &op->claims; *at; at = &(*at)->next)
        if (strcmp((*at)->name, token->name) == 0) {
            *at = (*at)->next; /* its text lives on in the operation's memory */
            break;
        }
    struct token_got *got = op->got;
    while (got && strcmp(got->name, token->name) != 0)
        got = got->next;
    if (!got) {
        got = arena_alloc(&op->life, sizeof *got);
        *got = (struct token_got){.next = op->got,
                                  .name = arena_text(&op->life, bytes_text(token->name))};
        op->got = got;
    }
    secret_wipe(got->value);
    mem_free(got->value);
    got->value = mem_text(token->value);
}

static const char *secret_named(struct plugin_operation *op, const char *name)
{
    for (const struct token_got *got = op->got; got; got = got->next)
        if (strcmp(got->name, name) == 0) return got->value;
    for (size_t i = 0; i < op->token_count; i++)
        if (strcmp(op->tokens[i].name, name) == 0) return op->tokens[i].text;
    return plugin_instance_secret(op->instance, name);
}

const char *host_jwt_claims(void *ctx, const char *name, size_t *size)
{
    struct plugin_operation *op = ctx;
    if (size) *size = 0;
    if (!name || strnlen(name, STOCKD_NAME_MAX + 1) > STOCKD_NAME_MAX) return NULL;
    struct claims *claims = op->claims;
    while (claims && strcmp(claims->name, name) != 0)
        claims = claims->next;
    if (!claims) {
        const char *secret = secret_named(op, name);
        if (!secret) return NULL;
        claims = arena_alloc(&op->life, sizeof *claims);
        *claims =
            (struct claims){.next = op->claims, .name = arena_text(&op->life, bytes_text(name))};
        claims->json = claims_decode(&op->life, secret, &claims->size);
        op->claims = claims;
    }
    if (size) *size = claims->size;
    return claims->json;
}

/* ---------------------------------------------------------------------------------------------- */

int host_quota(void *ctx, const struct stockd_quota_fact *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_quota_fact fact;
    if (!row_read(op, &fact, sizeof fact, raw, sizeof fact, "a quota fact")) return -1;
    if (fact.bucket >= op->declared->bucket_count)
        return refuse(op, "a quota fact names bucket %u of %u", fact.bucket,
                      op->declared->bucket_count);
    const int64_t figures[] = {fact.remaining, fact.amount, fact.per_ms, fact.cost};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (figures[i] < 0 && figures[i] != STOCKD_UNKNOWN)
            return refuse(op, "a quota fact holds the negative figure %lld", (long long)figures[i]);
    if (fact.closed_until_ms < 0)
        return refuse(op, "a quota fact closes its bucket until %lld",
                      (long long)fact.closed_until_ms);
    struct stockd_quota_fact *kept = row_add(op, &op->quota_facts, sizeof *kept);
    if (!kept) return -1;
    *kept = fact;
    return 0;
}

int host_identity(void *ctx, const char *seller)
{
    struct plugin_operation *op = ctx;
    if (!id_take(op, &seller, true, "the seller's identity")) return -1;
    op->step.identity = seller;
    return 0;
}

int host_ability(void *ctx, enum stockd_operation operation, int granted, const char *text)
{
    struct plugin_operation *op = ctx;
    if ((unsigned)operation >= STOCKD_OPERATION_COUNT)
        return refuse(op, "an ability names operation %u, which does not exist",
                      (unsigned)operation);
    if (!text_take(op, &text, "an ability's text")) return -1;
    struct plugin_ability *kept = row_add(op, &op->abilities, sizeof *kept);
    if (!kept) return -1;
    *kept = (struct plugin_ability){.operation = operation, .granted = granted != 0, .text = text};
    return 0;
}

int host_warning(void *ctx, const char *code, const char *text)
{
    struct plugin_operation *op = ctx;
    if (!id_take(op, &code, true, "a warning's code") || !text_take(op, &text, "a warning's text"))
        return -1;
    struct plugin_warning *kept = row_add(op, &op->warnings, sizeof *kept);
    if (!kept) return -1;
    *kept = (struct plugin_warning){.code = code, .text = text};
    return 0;
}

static bool secret_name_take(struct plugin_operation *op, const char **name, const char *what)
{
    if (!text_is_name(*name)) {
        refuse(op, "%s has the name '%.80s'", what, *name ? *name : "");
        return false;
    }
    *name = step_copy(op, *name, strlen(*name));
    return *name != NULL;
}

int host_key_expires(void *ctx, const char *secret, int64_t ms)
{
    struct plugin_operation *op = ctx;
    if (ms <= 0) return refuse(op, "a key expires at %lld", (long long)ms);
    if (!secret_name_take(op, &secret, "an expiring key")) return -1;
    struct plugin_key_expiry *kept = row_add(op, &op->key_expiries, sizeof *kept);
    if (!kept) return -1;
    *kept = (struct plugin_key_expiry){.secret = secret, .ms = ms};
    return 0;
}

/* The text itself is never part of a reason: it is a secret. */
static bool secret_take(struct plugin_operation *op, const char **text, bool required,
                        const char *what)
{
    if (!*text && !required) return true;
    size_t size = *text ? strnlen(*text, STOCKD_SECRET_MAX + 1) : 0;
    if (size == 0 || size > STOCKD_SECRET_MAX || !text_is_visible(*text, size)) {
        refuse(op, "%s is not 1 to %u visible characters", what, STOCKD_SECRET_MAX);
        return false;
    }
    *text = step_copy(op, *text, size);
    return *text != NULL;
}

int host_token(void *ctx, const struct stockd_token *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_token token;
    if (!row_read(op, &token, sizeof token, raw, offsetof(struct stockd_token, refresh_expires_ms),
                  "a token"))
        return -1;
    if (token.expires_ms < 0 || token.refresh_expires_ms < 0 || token.grace_ms < 0)
        return refuse(op, "a token has a negative time");
    if (!secret_name_take(op, &token.name, "a token") ||
        !secret_take(op, &token.value, true, "a token's value") ||
        !secret_take(op, &token.refresh, false, "a refresh token"))
        return -1;
    struct stockd_token *kept = row_add(op, &op->new_tokens, sizeof *kept);
    if (!kept) return -1;
    *kept = token;
    kept->size = sizeof *kept;
    token_remember(op, kept);
    return 0;
}

int host_token_renewing(void *ctx, const char *name)
{
    struct plugin_operation *op = ctx;
    if (!secret_name_take(op, &name, "a token to be renewed")) return -1;
    const char **kept = row_add(op, &op->renewals, sizeof *kept);
    if (!kept) return -1;
    *kept = name;
    return 0;
}

int host_prompt(void *ctx, const struct stockd_prompt *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_prompt prompt;
    if (!row_read(op, &prompt, sizeof prompt, raw, offsetof(struct stockd_prompt, expires_ms),
                  "a prompt"))
        return -1;
    if (!prompt.text || !*prompt.text) return refuse(op, "a prompt does not say what to do");
    if (!text_take(op, &prompt.text, "a prompt's text") ||
        !text_take(op, &prompt.url, "a prompt's address") ||
        !text_take(op, &prompt.code, "a prompt's code"))
        return -1;
    op->prompt = prompt;
    op->prompt.size = sizeof prompt;
    op->step.prompt = &op->prompt;
    return 0;
}
