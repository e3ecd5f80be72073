/* Logging in at a marketplace: asked for here, followed as a run (api_duty.c), while the person
 * does what the prompt says. */
#include "api/api_run.h"

#include <stdio.h>

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

static void post_login(struct http_exchange *exchange)
{
    struct sync *sync = api_of(exchange)->services.sync;
    const char *name = http_path(exchange, "name").data;
    struct sync_account_view view;
    if (!duty_asked(exchange, &view)) return;
    const struct sync_task_view *login = &view.tasks[SYNC_LOGIN];
    const struct duty_before before = duty_before(&view, SYNC_LOGIN);
    bool going = login->running; /* a second one joins it */
    if (login->offered && (going || sync_ask(sync, name, SYNC_LOGIN))) {
        duty_begun(exchange, SYNC_LOGIN, &before);
        return;
    }
    http_answer_problem(exchange, 409, "conflict", "account '%s' cannot be logged in: %s", name,
                        login->offered ? "it is disabled in its file of conf.d"
                                       : "its plugin knows no login; its credentials are in "
                                         "its file of conf.d");
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
