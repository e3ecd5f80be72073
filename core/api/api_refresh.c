/* Reading an account again at once, instead of when its time comes. */
#include "api/api_run.h"

#include <string.h>

static bool is_reading(enum sync_task task)
{
    return task != SYNC_RENEW && task != SYNC_LOGIN && task != SYNC_RESYNC;
}

/* The tasks that parameter `task` names; all readings without it. False: answered. */
static bool ask(struct http_exchange *exchange, const struct sync_account_view *view, json_t *asked)
{
    struct sync *sync = api_of(exchange)->services.sync;
    const char *account = http_path(exchange, "name").data;
    const char *only = http_query(exchange, "task");
    bool known = false;
    for (int i = 0; i < SYNC_TASKS; i++) {
        const char *name = sync_task_name((enum sync_task)i);
        if (!is_reading((enum sync_task)i) || (only && strcmp(only, name) != 0)) continue;
        known = true;
        if (view->tasks[i].offered && sync_ask(sync, account, (enum sync_task)i))
            json_array_append_new(asked, json_string(name));
    }
    if (known) return true;
    http_answer_problem(
        exchange, 400, "invalid",
        "there is no task '%.40s'; there are check, warehouses, listings, stock and orders", only);
    return false;
}

static void post_refresh(struct http_exchange *exchange)
{
    struct sync_account_view view;
    if (!duty_asked(exchange, &view)) return;
    if (view.state == SYNC_PAUSED || view.state == SYNC_DISABLED) {
        http_answer_problem(exchange, 409, "conflict",
                            "account '%s' is %s, so nothing of it is read", view.name,
                            sync_state_name(view.state));
        return;
    }
    json_t *asked = json_array();
    if (ask(exchange, &view, asked))
        http_answer_json(exchange, 202,
                         json_pack("{s:o, s:O}", "account", api_text(http_path(exchange, "name")),
                                   "tasks", asked));
    json_decref(asked);
}

const struct http_route api_refresh_routes[] = {
    {.method = "POST",
     .pattern = "/v1/accounts/{name}/refresh",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_refresh,
     .summary = "reads an account again at once",
     .query = "task",
     .accept = "application/json"},
    {0},
};
