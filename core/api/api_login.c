/* Logging in at a marketplace: asked for here, followed as a run (api_duty.c), while the person
 * does what the prompt says. */
#include "api/api_run.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

json_t *prompt_json(const struct sync_prompt *prompt)
{
    if (!prompt->text) return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "text", api_text(bytes_text(prompt->text)), "url",
                     api_cstr_or_null(prompt->url), "code", api_cstr_or_null(prompt->code),
                     "expires", api_time(prompt->expires_ms));
}

void prompt_sentence(const struct sync_prompt *prompt, char *out, size_t room)
{
    snprintf(out, room, "a login waits: %.120s%s%.120s%s%.40s", prompt->text,
             prompt->url ? " " : "", prompt->url ? prompt->url : "", prompt->code ? " code " : "",
             prompt->code ? prompt->code : "");
}

static void answer_begun(struct http_exchange *exchange, const char *name)
{
    struct sync_account_view view;
    if (!sync_account_view(api_of(exchange)->services.sync, name, &view)) return;
    char *location = mem_format("/v1/runs/%s:login", view.name);
    http_answer_header(exchange, "Location", location);
    mem_free(location);
    http_answer_json(exchange, 202, duty_json(&view, SYNC_LOGIN));
}

static void post_login(struct http_exchange *exchange)
{
    struct sync *sync = api_of(exchange)->services.sync;
    struct bytes name = http_path(exchange, "name");
    const char *follow = http_query(exchange, "follow");
    struct sync_account_view view;
    struct error error;
    if (follow && strcmp(follow, "true") != 0) {
        http_answer_problem(exchange, 400, "invalid", "parameter 'follow' is 'true', or left out");
        return;
    }
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    if (!sync || !sync_account_view(sync, name.data, &view)) {
        api_no_account(name, &error);
        http_answer_error(exchange, &error);
        return;
    }
    const struct sync_task_view *login = &view.tasks[SYNC_LOGIN];
    const struct duty_before before = {login->run, login->failures};
    bool going = login->running; /* a second one joins it */
    if (!login->offered || (!going && !sync_ask(sync, name.data, SYNC_LOGIN))) {
        http_answer_problem(exchange, 409, "conflict", "account '%s' cannot be logged in: %s",
                            (const char *)name.data,
                            login->offered ? "it is disabled in its file of conf.d"
                                           : "its plugin knows no login; its credentials are in "
                                             "its file of conf.d");
        return;
    }
    if (follow)
        duty_follow(exchange, name.data, SYNC_LOGIN, &before);
    else
        answer_begun(exchange, name.data);
}

const struct http_route api_login_routes[] = {
    {.method = "POST",
     .pattern = "/v1/accounts/{name}/login",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_login,
     .summary = "begins a login that a person completes",
     .query = "follow",
     .accept = "application/json"},
    {0},
};
