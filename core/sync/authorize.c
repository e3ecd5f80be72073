/* Getting tokens: renewing them before they expire, or because the marketplace refused one, and
 * logging in with a person's help. One `authorize` at a time in an account, beside which nothing
 * else is begun while it renews: a marketplace may stop taking the old token at any instant of it.
 *
 * What it must never come to is an account that nobody can open again (a refresh token can be used
 * once). So "renewing since" is durable before the request leaves and the new pair before it is
 * used, and a renewal that was cut off is the first thing to be done at the next start, while the
 * marketplace still takes the old refresh token for a repeat. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/backoff.h"

#include <stdio.h>
#include <string.h>

enum {
    LIFE_USED_PERCENT = 80, /* a token is renewed when so much of its life is over */
    RETRY_FIRST_MS = 1000,
    RETRY_GRACE_MS = 5000, /* at most, within a grace of the first try */
    RETRY_MAX_MS = 5 * 60 * 1000,
    TRIES = 3, /* within a grace: a third of it is the most that one may take, or pause after it */
};

static const char park_code[] = "login";

static bool offered(const struct sync_account *account)
{
    return account->plugin->operations[STOCKD_AUTHORIZE] != NULL;
}

static bool needs_login(const struct sync_account *account)
{
    size_t size = sizeof park_code - 1;
    return account->parked && strncmp(account->reason, park_code, size) == 0 &&
           account->reason[size] == ':';
}

void authorize_park(struct sync_account *account, const char *code, const char *text)
{
    char sentence[SYNC_TEXT_MAX];
    snprintf(sentence, sizeof sentence, "%.140s (%.40s); run `stockctl account login %.80s`", text,
             code, account->name);
    account->authorize.refused = false;
    account->authorize.after_refusal = 0;
    account_park(account, park_code, sentence);
}

void authorize_free(struct sync_account *account)
{
    token_set_unref(account->authorize.tokens);
    arena_free(&account->authorize.prompt_memory);
}

/* ---- the tokens there are */

void authorize_loaded(struct sync_account *account, struct token_set *tokens, enum status status,
                      const struct error *error)
{
    struct sync_authorize *a = &account->authorize;
    a->unreadable = status != ST_OK;
    if (status != ST_OK) {
        char text[SYNC_TEXT_MAX];
        snprintf(text, sizeof text, "%.250s; then `stockctl account resume`", error->text);
        account_park(account, "sealed", text);
        return;
    }
    if (a->tokens) { /* a login was faster */
        token_set_unref(tokens);
        return;
    }
    a->tokens = tokens;
    account_mask_secrets(account);
}

void authorize_stored(struct sync_account *account, struct token_set *next,
                      const struct plugin_step *step)
{
    struct sync_authorize *a = &account->authorize;
    token_set_unref(a->tokens);
    a->tokens = next;
    a->unreadable = false;
    if (step->token_count == 0) return;
    for (uint32_t i = 0; i < next->count; i++)
        if (next->list[i].generation > a->generation) a->generation = next->list[i].generation;
    log_info("sync", "token", "account=%s token=%s", account->name, step->tokens[0].name);
    account_mask_secrets(account);
}

static int64_t token_due(const struct token *token)
{
    if (token->renewing_ms) return 0;
    if (token->expires_ms == 0) return INT64_MAX;
    int64_t life = token->expires_ms - token->obtained_ms;
    return life > 0 ? token->obtained_ms + life / 100 * LIFE_USED_PERCENT : token->expires_ms;
}

/* When the next renewal makes sense, were it not for failures. */
static int64_t wanted_at(const struct sync_account *account)
{
    const struct sync_authorize *a = &account->authorize;
    int64_t soonest = INT64_MAX;
    if (a->refused || (a->tokens->count == 0 && !a->tried)) return 0;
    for (uint32_t i = 0; i < a->tokens->count; i++)
        if (token_due(&a->tokens->list[i]) < soonest) soonest = token_due(&a->tokens->list[i]);
    return soonest;
}

static bool some_expired(const struct sync_account *account, int64_t now)
{
    const struct token_set *tokens = account->authorize.tokens;
    for (uint32_t i = 0; i < tokens->count; i++)
        if (tokens->list[i].expires_ms && tokens->list[i].expires_ms <= now) return true;
    return false;
}

bool authorize_ready(const struct sync_account *account)
{
    if (!offered(account)) return true;
    if (!account->authorize.tokens || account->duties[SYNC_RENEW].running) return false;
    return !some_expired(account, sync_now_ms(account->sync));
}

/* ---- answers to requests that carried a token */

/* The newest was got because the one before was refused, and never worked: another would not. */
static bool hopeless(const struct sync_authorize *a)
{
    return a->generation && a->after_refusal == a->generation && a->accepted < a->generation;
}

/* What a write with such a one is refused for is something else, and another token no help: it
 * would be asked for with every try. Not for ever: it may be taken back like any. */
bool authorize_is_good(const struct sync_account *account, uint64_t generation)
{
    enum { GOOD_FOR_MS = 10 * 60 * 1000 };
    const struct sync_authorize *a = &account->authorize;
    return generation && generation == a->generation && generation == a->after_refusal &&
           generation == a->accepted && sync_now_ms(account->sync) - a->after_ms < GOOD_FOR_MS;
}

void authorize_answered(struct sync_account *account, uint64_t generation, bool refused, bool wrote)
{
    struct sync_authorize *a = &account->authorize;
    if (!refused && generation > a->accepted) a->accepted = generation;
    if (!refused || generation != a->generation || hopeless(a)) return;
    if (!wrote || !authorize_is_good(account, generation)) a->refused = true;
}

bool authorize_will_help(const struct sync_account *account, uint64_t generation)
{
    const struct sync_authorize *a = &account->authorize;
    if (generation < a->generation) return true;
    return a->refused && !account->parked && !account->removed;
}

/* ---- the prompt */

static const char *kept(struct arena *memory, const char *text)
{
    return text ? arena_text(memory, bytes_text(text)) : NULL;
}

void authorize_prompt(struct sync_account *account, const struct stockd_prompt *prompt)
{
    struct sync_authorize *a = &account->authorize;
    arena_reset(&a->prompt_memory);
    a->prompt = (struct sync_prompt){0};
    if (prompt)
        a->prompt = (struct sync_prompt){.text = kept(&a->prompt_memory, prompt->text),
                                         .url = kept(&a->prompt_memory, prompt->url),
                                         .code = kept(&a->prompt_memory, prompt->code),
                                         .expires_ms = prompt->expires_ms};
    account_say_changed(account);
}

/* ---- one authorize, from start to end */

/* The longest pause before a renewal goes again. The grace runs from the first use that reached the
 * marketplace. That may be the last one that nobody had an answer to, long after the first that
 * left (a network that was down for hours): it, too, is repeated while the old token is good. */
static int64_t pause_most(const struct sync_account *account)
{
    const struct sync_authorize *a = &account->authorize;
    int64_t now = sync_now_ms(account->sync), most = RETRY_MAX_MS;
    for (uint32_t i = 0; a->tokens && i < a->tokens->count; i++) {
        const struct token *t = &a->tokens->list[i];
        if (!t->renewing_ms || !t->grace_ms) continue;
        if (t->renewing_ms + t->grace_ms > now && most > RETRY_GRACE_MS) most = RETRY_GRACE_MS;
        if (a->unsure_ms && a->unsure_ms + t->grace_ms > now && t->grace_ms / TRIES < most)
            most = t->grace_ms / TRIES > RETRY_FIRST_MS ? t->grace_ms / TRIES : RETRY_FIRST_MS;
    }
    return most;
}

int64_t authorize_timeout(const struct sync_account *account, int64_t timeout_ms)
{
    const struct token_set *tokens = account->authorize.tokens;
    int64_t most = timeout_ms ? timeout_ms : NET_TIMEOUT_DEFAULT_MS;
    for (uint32_t i = 0; tokens && i < tokens->count; i++) {
        const struct token *t = &tokens->list[i];
        if (t->renewing_ms && t->grace_ms && t->grace_ms / TRIES < most) most = t->grace_ms / TRIES;
    }
    return most;
}

static void failed(struct sync_account *account, struct sync_duty *duty,
                   const struct sync_ending *ending)
{
    const char *code = ending->code && ending->code[0] ? ending->code : "failed";
    const char *text = ending->text && ending->text[0] ? ending->text : "no reason was given";
    char quoted[LOG_QUOTED_MAX];
    bool login = duty == &account->duties[SYNC_LOGIN];
    log_warning("sync", login ? "login-failed" : "renewal-failed", "account=%s code=%s why=%s",
                account->name, code, log_quote(text, quoted));
    snprintf(duty->error, sizeof duty->error, "%s: %.240s", code, text);
    duty->failures++;
    account->failures++;
    if (login) return; /* what is there may work as before */
    if (ending->unsure) account->authorize.unsure_ms = sync_now_ms(account->sync);
    duty->next_ms =
        sync_now_ms(account->sync) + backoff_ms(account->sync->runtime->random, duty->failures,
                                                RETRY_FIRST_MS, pause_most(account));
    if (ending->fail == STOCKD_FAIL_AUTH || ending->fail == STOCKD_FAIL_DENIED ||
        ending->fail == STOCKD_FAIL_UNSUPPORTED)
        authorize_park(account, code, text);
}

static void succeeded(struct sync_account *account, struct sync_duty *duty)
{
    struct sync_authorize *a = &account->authorize;
    duty->failures = account->duties[SYNC_RENEW].failures = 0;
    duty->error[0] = account->duties[SYNC_RENEW].error[0] = 0;
    duty->last_ms = sync_now_ms(account->sync);
    if (a->refused) {
        a->after_refusal = a->generation;
        a->after_ms = duty->last_ms;
    }
    a->refused = false;
    a->unsure_ms = 0;
    if (duty == &account->duties[SYNC_LOGIN]) {
        a->after_refusal = 0;
        account->duties[SYNC_CHECK].asked = account->plugin->operations[STOCKD_CHECK_ACCOUNT];
    }
    if (needs_login(account) || (a->tokens && strncmp(account->reason, "sealed:", 7) == 0))
        account_unpark(account);
}

/* It ended as it should, and yet what it was for is not there. */
static bool was_in_vain(const struct sync_account *account, const struct sync_duty *duty)
{
    const struct sync_authorize *a = &account->authorize;
    bool login = duty == &account->duties[SYNC_LOGIN];
    if (login) return a->generation == a->begun;
    if (!a->tokens || (a->tokens->count == 0 && !a->refused)) return false; /* it needs none */
    return a->generation == a->begun && wanted_at(account) <= sync_now_ms(account->sync);
}

static void authorize_ended(struct sync_operation *operation, const struct sync_ending *how)
{
    struct sync_duty *duty = sync_operation_ctx(operation);
    struct sync_account *account = duty->account;
    struct sync_ending ending = *how;
    duty->running = false;
    duty->operation = NULL;
    account->authorize.tried = true;
    authorize_prompt(account, NULL);
    if (ending.ok && was_in_vain(account, duty)) {
        ending = (struct sync_ending){.fail = STOCKD_FAIL_RETRY,
                                      .code = "no-token",
                                      .text = "the plugin ended without a new token"};
    }
    if (ending.ok)
        succeeded(account, duty);
    else
        failed(account, duty, &ending);
    account->facts_stale = true;
    history_end(account, (enum sync_task)(duty - account->duties), &ending);
    operations_authorized(account);
    account_say_changed(account);
}

static void start(struct sync_account *account, enum sync_task task)
{
    struct sync_duty *duty = &account->duties[task];
    const struct stockd_start what = {
        .size = sizeof what,
        .operation = STOCKD_AUTHORIZE,
        .warehouses = account->warehouses,
        .warehouse_count = account->warehouse_count,
        .authorize_mode = task == SYNC_LOGIN ? STOCKD_AUTHORIZE_LOGIN : STOCKD_AUTHORIZE_RENEW};
    struct sync_setup setup = {.account = account,
                               .kind = STOCKD_AUTHORIZE,
                               .start = &what,
                               .class = QUOTA_READ,
                               .states = account->states,
                               .state_count = account->state_count,
                               .ended = authorize_ended,
                               .ctx = duty};
    struct error error = {0};
    duty->account = account;
    duty->asked = false;
    duty->done = duty->total = 0;
    account->authorize.begun = account->authorize.generation;
    sync_random_id(account->sync, setup.id);
    duty->running = true;
    history_begin(account, task);
    if (sync_operation_start(&setup, &duty->operation, &error)) return;
    const struct sync_ending ending = {
        .fail = STOCKD_FAIL_RETRY, .code = "refused", .text = error.text};
    duty->running = false;
    failed(account, duty, &ending);
    operations_authorized(account);
}

bool authorize_turn(struct sync_account *account)
{
    struct sync_authorize *a = &account->authorize;
    struct sync_duty *renew = &account->duties[SYNC_RENEW], *login = &account->duties[SYNC_LOGIN];
    int64_t now = sync_now_ms(account->sync);
    if (!offered(account)) return true;
    if (renew->running) return false;
    if (login->asked && !login->running && (a->tokens || a->unreadable)) start(account, SYNC_LOGIN);
    if (!a->tokens) return false;
    if (needs_login(account)) operations_authorized(account); /* nobody renews for them */
    if (login->running || needs_login(account))
        return (a->tokens->count || a->tried) && !some_expired(account, now);
    int64_t due = wanted_at(account);
    if (renew->failures && renew->next_ms > due) due = renew->next_ms;
    if (renew->asked) due = 0;
    if (due <= now) {
        start(account, SYNC_RENEW);
        return false;
    }
    renew->next_ms = due == INT64_MAX ? 0 : due;
    if (due != INT64_MAX) account_wake_at(account, due);
    return !some_expired(account, now) && !a->refused;
}
