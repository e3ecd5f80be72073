/* The host functions about configuration, state, the operation and the account. Rows are taken in
 * rows.c, requests in requests.c; run.c runs the steps. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- configuration and state ---- */

static const struct stockd_option *find_option(const struct check *check, const char *name)
{
    const struct stockd_plugin *plugin = check->plugin;
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const struct stockd_option *option =
            (const void *)((const char *)plugin->options + (size_t)i * plugin->option_size);
        if (strcmp(option->name, name) == 0) return option;
    }
    return NULL;
}

static const char *take_option(void *ctx, const char *name)
{
    struct check *check = ctx;
    const struct stockd_option *option = find_option(check, name);
    if (!option) {
        check_problem(check, "the option '%s' is asked for, but not declared", name);
        return NULL;
    }
    if (option->secret) return NULL;
    for (size_t i = 0; i < check->inner->options.count; i++)
        if (strcmp(check->inner->options.at[i].name, name) == 0)
            return check->inner->options.at[i].value;
    return option->default_value;
}

static int64_t take_option_int(void *ctx, const char *name)
{
    const struct stockd_option *option = find_option(ctx, name);
    const char *text = take_option(ctx, name);
    if (!option || !text) return 0;
    if (option->type == STOCKD_OPTION_BOOL)
        return strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "on") == 0;
    char *unit;
    int64_t value = strtoll(text, &unit, 10);
    if (option->type != STOCKD_OPTION_DURATION) return value;
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(unit, units[i].name) == 0) return value * units[i].ms;
    return value;
}

const struct check_bytes *check_state_of(const struct check *check, const char *name)
{
    for (size_t i = 0; i < check->states.count; i++)
        if (strcmp(check->states.at[i].name, name) == 0 && check->states.at[i].size)
            return &check->states.at[i];
    return NULL;
}

void check_state(struct check *check, const char *name, const void *data, size_t size)
{
    struct check_bytes *at = (struct check_bytes *)(uintptr_t)check_state_of(check, name);
    if (!at) at = CHECK_PUSH(check->states);
    *at =
        (struct check_bytes){check_copy_text(check, name), 0, check_copy(check, data, size), size};
}

static const void *take_state_get(void *ctx, const char *name, size_t *size)
{
    const struct check_bytes *found = check_state_of(ctx, name);
    if (size) *size = found ? found->size : 0;
    return found ? found->data : NULL;
}

static int take_state_put(void *ctx, const char *name, const void *data, size_t size)
{
    struct check *check = ctx;
    if (!check_text(check, "state name", name, STOCKD_NAME_MAX, true)) return -1;
    if (size > STOCKD_STATE_MAX) {
        check_problem(check, "state '%s' of %zu bytes, at most %u", name, size, STOCKD_STATE_MAX);
        return -1;
    }
    check_state(check, name, data, size);
    return 0;
}

static const char *take_jwt_claims(void *ctx, const char *name, size_t *size)
{
    struct check *check = ctx;
    for (size_t i = 0; i < check->inner->claims.count; i++) {
        if (strcmp(check->inner->claims.at[i].name, name) != 0) continue;
        if (size) *size = strlen(check->inner->claims.at[i].value);
        return check->inner->claims.at[i].value;
    }
    if (size) *size = 0;
    return NULL;
}

/* ---- the operation ---- */

static void *take_scratch(void *ctx, size_t size)
{
    struct check *check = ctx;
    size_t max = check->plugin->scratch_max ? check->plugin->scratch_max : STOCKD_SCRATCH_DEFAULT;
    if (max > STOCKD_SCRATCH_MAX) max = STOCKD_SCRATCH_MAX;
    if (size > max) return NULL;
    if (size > check->scratch_size || !check->inner->scratch) {
        /* Moved at each growth, so that a plugin that keeps an old address is found out. */
        void *bigger = check_must(calloc(1, size ? size : 1));
        if (check->inner->scratch) memcpy(bigger, check->inner->scratch, check->scratch_size);
        free(check->inner->scratch);
        check->inner->scratch = bigger;
        check->scratch_size = size;
    }
    return check->inner->scratch;
}

static int take_wait(void *ctx, int64_t ms)
{
    struct check *check = ctx;
    if (ms < 0 || ms > STOCKD_WAIT_MAX) {
        check_problem(check, "a wait of %lld ms: at most 10 minutes", (long long)ms);
        return -1;
    }
    check->inner->waits = true;
    check->wait_ms = ms;
    return 0;
}

static int take_fail(void *ctx, enum stockd_fail why, const char *code, const char *text)
{
    struct check *check = ctx;
    if (why < STOCKD_FAIL_RETRY || why > STOCKD_FAIL_BUG) {
        check_problem(check, "the class of failure %d does not exist", (int)why);
        return -1;
    }
    if (!check_text(check, "failure code", code, STOCKD_ID_MAX, false) ||
        !check_text(check, "failure text", text, 0, false))
        return -1;
    check->inner->failed = true;
    check->failure =
        (struct check_failure){why, check_copy_text(check, code), check_copy_text(check, text)};
    return 0;
}

static const char *take_header(void *ctx, const char *name)
{
    struct check *check = ctx;
    const struct check_answer *answer = check->inner->answer;
    for (size_t i = 0; answer && i < answer->header_count; i++)
        if (strcasecmp(answer->headers[i].name, name) == 0) return answer->headers[i].value;
    return NULL;
}

static void take_progress(void *ctx, int64_t done, int64_t total)
{
    if (done < 0 || total < 0) check_problem(ctx, "progress below 0");
}

static void take_log(void *ctx, int level, const char *text)
{
    struct check *check = ctx;
    static const char *const levels[] = {"0", "1", "2", "3"};
    if (level < 0 || level > 3 || !check_text(check, "log text", text, 0, true)) return;
    *CHECK_PUSH(check->logs) = (struct check_pair){levels[level], check_copy_text(check, text)};
}

/* ---- the account ---- */

static int take_drained(void *ctx, int64_t ms)
{
    struct check *check = ctx;
    if (ms > check->now_ms) check_problem(check, "drained until a time that is still to come");
    if (ms <= 0 || check->inner->start->operation != STOCKD_FETCH_ORDERS) {
        check_problem(check, "drained until %lld, by operation %u", (long long)ms,
                      check->inner->start->operation);
        return -1;
    }
    check->drained_ms = ms;
    return 0;
}

static int take_epoch(void *ctx, const char *epoch)
{
    struct check *check = ctx;
    if (!check_text(check, "epoch", epoch, STOCKD_ID_MAX, true)) return -1;
    check->epoch = check_copy_text(check, epoch);
    return 0;
}

static int take_identity(void *ctx, const char *seller)
{
    struct check *check = ctx;
    if (!check_text(check, "identity", seller, STOCKD_ID_MAX, true)) return -1;
    check->seller = check_copy_text(check, seller);
    return 0;
}

static int take_ability(void *ctx, enum stockd_operation operation, int granted, const char *text)
{
    struct check *check = ctx;
    if ((int)operation < 0 || operation >= STOCKD_OPERATION_COUNT ||
        !check_text(check, "ability text", text, 0, false)) {
        check_problem(check, "an ability for operation %d", (int)operation);
        return -1;
    }
    *CHECK_PUSH(check->abilities) =
        (struct check_ability){operation, granted, check_copy_text(check, text)};
    return 0;
}

static int take_warning(void *ctx, const char *code, const char *text)
{
    struct check *check = ctx;
    if (!check_text(check, "warning code", code, STOCKD_ID_MAX, true) ||
        !check_text(check, "warning text", text, 0, false))
        return -1;
    *CHECK_PUSH(check->warnings) =
        (struct check_pair){check_copy_text(check, code), check_copy_text(check, text)};
    return 0;
}

static int take_expiry(void *ctx, const char *secret, int64_t ms)
{
    struct check *check = ctx;
    if (!check_text(check, "secret name", secret, STOCKD_NAME_MAX, true)) return -1;
    if (ms <= 0) {
        check_problem(check, "a key expires at %lld", (long long)ms);
        return -1;
    }
    *CHECK_PUSH(check->expiries) = (struct check_expiry){check_copy_text(check, secret), ms};
    return 0;
}

static int take_token(void *ctx, const struct stockd_token *token)
{
    struct check *check = ctx;
    if (!check_text(check, "token name", token->name, STOCKD_ID_MAX, true) ||
        !check_text(check, "token value", token->value, STOCKD_SECRET_MAX, true) ||
        !check_text(check, "refresh token", token->refresh, STOCKD_SECRET_MAX, false))
        return -1;
    struct stockd_token *copy = CHECK_PUSH(check->tokens);
    *copy = *token;
    copy->name = check_copy_text(check, token->name);
    copy->value = check_copy_text(check, token->value);
    copy->refresh = check_copy_text(check, token->refresh);
    return 0;
}

static int take_renewing(void *ctx, const char *name)
{
    struct check *check = ctx;
    if (!check_text(check, "token name", name, STOCKD_ID_MAX, true)) return -1;
    *CHECK_PUSH(check->renewing) = check_copy_text(check, name);
    return 0;
}

static int take_prompt(void *ctx, const struct stockd_prompt *prompt)
{
    struct check *check = ctx;
    if (!check_text(check, "prompt", prompt->text, 0, true)) return -1;
    struct stockd_prompt *copy = CHECK_PUSH(check->prompts);
    *copy = *prompt;
    copy->text = check_copy_text(check, prompt->text);
    copy->url = check_copy_text(check, prompt->url);
    copy->code = check_copy_text(check, prompt->code);
    return 0;
}

const struct stockd_host check_host_table = {
    .size = sizeof(struct stockd_host),
    .abi_minor = STOCKD_ABI_MINOR,
    .option = take_option,
    .option_int = take_option_int,
    .state_get = take_state_get,
    .state_put = take_state_put,
    .jwt_claims = take_jwt_claims,
    .scratch = take_scratch,
    .request = check_take_request,
    .wait = take_wait,
    .fail = take_fail,
    .header = take_header,
    .quota = check_take_quota,
    .progress = take_progress,
    .log = take_log,
    .warehouse = check_take_warehouse,
    .listing = check_take_listing,
    .stock = check_take_stock,
    .order_line = check_take_line,
    .malformed = check_take_malformed,
    .complete = check_take_complete,
    .drained_until = take_drained,
    .epoch = take_epoch,
    .outcome = check_take_outcome,
    .listing_data = check_take_listing_data,
    .target_data = check_take_target_data,
    .note = check_take_note,
    .identity = take_identity,
    .ability = take_ability,
    .warning = take_warning,
    .key_expires = take_expiry,
    .token = take_token,
    .token_renewing = take_renewing,
    .prompt = take_prompt,
};
