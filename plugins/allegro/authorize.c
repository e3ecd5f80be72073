/* authorize: a login with a person there (device flow, RFC 8628), and the renewal of the token pair
 * without one. Nothing that the login host says in words is repeated: its error_description has
 * been seen to hold a refresh token. */
#include "allegro.h"

#include <stdio.h>

/* "After first use it still works for 60 s" (staff, allegro-api issue 8321). */
#define GRACE_MS 60000
/* "Valid 3 months from issue"; the answer does not say. */
#define REFRESH_MS (INT64_C(90) * 86400000)
/* Where the answer names none: RFC 8628's interval, and the ten minutes seen by others. */
#define INTERVAL_MS     5000
#define INTERVAL_MAX_MS 60000
#define CODE_MS         600000
#define CODE_MAX_MS     3600000
#define DEVICE_CODE_MAX 1024u

struct login {
    int64_t interval_ms, expires_ms;
    bool polling; /* the request in flight asks for the token */
    char device_code[DEVICE_CODE_MAX + 1];
};

static enum stockd_verdict send_form(const struct stockd_call *call, const char *path,
                                     const struct out *body, bool fill)
{
    if (body->overflow) return kit_bug(call, "a form does not fit its buffer");
    const char *client = call->host->option(call->ctx, "client-id");
    const struct stockd_header headers[] = {
        {.name = "Authorization",
         .value = client ? client : "",
         .secret = "client-secret",
         .use = STOCKD_SECRET_BASIC},
        {.name = "Accept", .value = "application/json"},
        {.name = "Content-Type", .value = "application/x-www-form-urlencoded"},
    };
    struct stockd_request request = {
        .size = sizeof(request),
        .flags = fill ? STOCKD_REQUEST_FILL_FORM : 0,
        .method = "POST",
        .endpoint = ALLEGRO_ENDPOINT_AUTH,
        .path = path,
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
        .body = body->data,
        .body_size = body->size,
    };
    if (call->host->request(call->ctx, &request) != 0)
        return kit_bug(call, "the host refused a request");
    return STOCKD_SEND;
}

/* ---- what the login host answers ---- */

/* The word of an OAuth error, or "": lower case and '_' alone, so that no token passes for one. */
static void error_word(const json_t *doc, char word[48])
{
    const char *text = kit_text(json_object_get(doc, "error"), 47);
    word[0] = '\0';
    for (size_t i = 0; text && text[i]; i++)
        if (!((text[i] >= 'a' && text[i] <= 'z') || text[i] == '_')) return;
    if (text) strcpy(word, text);
}

/* The answer's document, or NULL. What is wrong with it is not told by its bytes. */
static json_t *parse(const struct stockd_response *answer)
{
    char why[160];
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    if (json_is_object(doc)) return doc;
    json_decref(doc);
    return NULL;
}

static bool is_token(const char *text)
{
    for (; text && *text; text++)
        if (*text <= ' ' || *text > '~') return false;
    return text != NULL;
}

static bool take_token(const struct stockd_call *call, const json_t *doc)
{
    const char *value = kit_text(json_object_get(doc, "access_token"), STOCKD_SECRET_MAX);
    const json_t *again = json_object_get(doc, "refresh_token");
    const char *refresh = kit_text(again, STOCKD_SECRET_MAX);
    int64_t seconds = 0, from = call->response->sent_ms;
    if (!is_token(value) || (again && !json_is_null(again) && !is_token(refresh))) return false;
    if (from <= 0) from = call->now_ms;
    struct stockd_token token = {.size = sizeof(token),
                                 .name = ALLEGRO_TOKEN,
                                 .value = value,
                                 .refresh = refresh,
                                 .grace_ms = GRACE_MS};
    if (kit_int(json_object_get(doc, "expires_in"), &seconds) && seconds > 0 && seconds < INT32_MAX)
        token.expires_ms = from + seconds * 1000;
    if (refresh) token.refresh_expires_ms = from + REFRESH_MS;
    call->host->token(call->ctx, &token);
    if (refresh) kit_state_time_put(call, ALLEGRO_STATE_REFRESH, from + REFRESH_MS);
    return true;
}

static enum stockd_verdict refused(const struct stockd_call *call, int status, const char *word)
{
    if (status == 401 || strcmp(word, "invalid_client") == 0 ||
        strcmp(word, "unauthorized_client") == 0)
        return kit_fail(call, STOCKD_FAIL_AUTH, *word ? word : "unauthorized",
                        "Allegro does not accept the client-id with this client-secret");
    if (status == 403)
        return kit_fail(call, STOCKD_FAIL_BLOCKED, "http-403",
                        "the login host is behind a page (a captcha?); try again later");
    if (status == 429 || status >= 500 || status == 408)
        return kit_fail(call, STOCKD_FAIL_RETRY, *word ? word : "busy",
                        "the login host does not take requests now");
    return kit_fail(call, STOCKD_FAIL_RETRY, *word ? word : "unreadable",
                    "the login host gave an answer that is none");
}

/* ---- renewal ---- */

static enum stockd_verdict renew(const struct stockd_call *call)
{
    static const char form[] = "grant_type=refresh_token&refresh_token={refresh:" ALLEGRO_TOKEN "}";
    char memory[sizeof(form)];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, form);
    call->host->token_renewing(call->ctx, ALLEGRO_TOKEN);
    return send_form(call, "/auth/oauth/token", &body, true);
}

static enum stockd_verdict take_renewal(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    if (answer->transport == STOCKD_TOO_LARGE)
        return kit_fail(call, STOCKD_FAIL_RETRY, "unreadable", "the answer is too long");
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT; /* once more within the grace */
    json_t *doc = parse(answer);
    char word[48];
    enum stockd_verdict verdict;
    error_word(doc, word);
    if (answer->status == 200 && take_token(call, doc))
        verdict = STOCKD_DONE;
    else if (answer->status == 400 && strcmp(word, "invalid_grant") == 0)
        verdict = kit_fail(call, STOCKD_FAIL_AUTH, word,
                           "the refresh token was used or has expired; log in again");
    else
        verdict = refused(call, answer->status, word);
    json_decref(doc);
    return verdict;
}

/* ---- a login ---- */

static enum stockd_verdict ask_device(const struct stockd_call *call)
{
    const char *client = call->host->option(call->ctx, "client-id");
    char memory[1024];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "client_id=");
    out_percent(&body, client ? client : "");
    return send_form(call, "/auth/oauth/device", &body, false);
}

static enum stockd_verdict wait(const struct stockd_call *call, struct login *login)
{
    if (call->now_ms + login->interval_ms >= login->expires_ms)
        return kit_fail(call, STOCKD_FAIL_AUTH, "login-expired",
                        "nobody confirmed the login in time; begin it again");
    call->host->wait(call->ctx, login->interval_ms);
    return STOCKD_WAIT;
}

static int64_t seconds_of(const json_t *doc, const char *name, int64_t missing, int64_t most)
{
    int64_t seconds;
    if (!kit_int(json_object_get(doc, name), &seconds) || seconds <= 0) return missing;
    return seconds < most / 1000 ? seconds * 1000 : most;
}

static enum stockd_verdict take_device(const struct stockd_call *call, struct login *login)
{
    const struct stockd_response *answer = call->response;
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    json_t *doc = parse(answer);
    const char *device = kit_text(json_object_get(doc, "device_code"), DEVICE_CODE_MAX);
    const char *code = kit_text(json_object_get(doc, "user_code"), 64);
    const char *url = kit_text(json_object_get(doc, "verification_uri_complete"), 500);
    if (!url) url = kit_text(json_object_get(doc, "verification_uri"), 500);
    enum stockd_verdict verdict;
    if (answer->status == 200 && device && code && url) {
        strcpy(login->device_code, device);
        login->interval_ms = seconds_of(doc, "interval", INTERVAL_MS, INTERVAL_MAX_MS);
        login->expires_ms = call->now_ms + seconds_of(doc, "expires_in", CODE_MS, CODE_MAX_MS);
        struct stockd_prompt prompt = {
            .size = sizeof(prompt),
            .text = "Open the address, log in to Allegro as the seller, and confirm the code.",
            .url = url,
            .code = code,
            .expires_ms = login->expires_ms};
        call->host->prompt(call->ctx, &prompt);
        login->polling = true;
        verdict = wait(call, login);
    } else {
        char word[48];
        error_word(doc, word);
        verdict = refused(call, answer->status, word);
    }
    json_decref(doc);
    return verdict;
}

static enum stockd_verdict poll(const struct stockd_call *call, const struct login *login)
{
    char memory[DEVICE_CODE_MAX * 3 + 128];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "grant_type=");
    out_percent(&body, "urn:ietf:params:oauth:grant-type:device_code");
    out_literal(&body, "&device_code=");
    out_percent(&body, login->device_code);
    return send_form(call, "/auth/oauth/token", &body, false);
}

static enum stockd_verdict take_poll(const struct stockd_call *call, struct login *login)
{
    const struct stockd_response *answer = call->response;
    /* A lost answer costs a poll, no more. */
    if (answer->transport != STOCKD_ARRIVED) return wait(call, login);
    json_t *doc = parse(answer);
    char word[48];
    error_word(doc, word);
    bool taken = answer->status == 200 && take_token(call, doc);
    json_decref(doc);
    if (taken) return STOCKD_DONE;
    if (strcmp(word, "access_denied") == 0)
        return kit_fail(call, STOCKD_FAIL_AUTH, word, "the login was refused by the person asked");
    if (strcmp(word, "expired_token") == 0 || strcmp(word, "invalid_grant") == 0)
        return kit_fail(call, STOCKD_FAIL_AUTH, "login-expired",
                        "nobody confirmed the login in time; begin it again");
    if (strcmp(word, "slow_down") == 0 || answer->status == 429) {
        login->interval_ms += INTERVAL_MS;
        if (login->interval_ms > INTERVAL_MAX_MS) login->interval_ms = INTERVAL_MAX_MS;
        return wait(call, login);
    }
    bool pending = strcmp(word, "authorization_pending") == 0 || answer->status == 408 ||
                   answer->status >= 500;
    return pending ? wait(call, login) : refused(call, answer->status, word);
}

static bool is_login(const struct stockd_start *start)
{
    return start->size >= offsetof(struct stockd_start, authorize_mode) + sizeof(uint32_t) &&
           start->authorize_mode == STOCKD_AUTHORIZE_LOGIN;
}

enum stockd_verdict allegro_authorize(const struct stockd_call *call)
{
    bool with_person = is_login(call->start);
    if (call->event == STOCKD_START) return with_person ? ask_device(call) : renew(call);
    if (call->event == STOCKD_RESPONSE && !call->response)
        return kit_bug(call, "a step without an answer");
    if (!with_person) return take_renewal(call);
    struct login *login = call->host->scratch(call->ctx, sizeof(*login));
    if (!login) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_TIMER) return poll(call, login);
    return login->polling ? take_poll(call, login) : take_device(call, login);
}
