/* Verifying now instead of when its time comes: an account as a whole, or one product's figures. */
#include "api/api_run.h"

/* Why nothing of it is read now; false: answered. */
static bool may_read(struct http_exchange *exchange, const struct sync_account_view *view)
{
    bool stopped =
        view->state == SYNC_PAUSED || view->state == SYNC_PARKED || view->state == SYNC_DISABLED;
    if (!stopped) return true;
    http_answer_problem(exchange, 409, "conflict",
                        "account '%s' is %s, so nothing of it is read%s%s", view->name,
                        sync_state_name(view->state), view->reason[0] ? ": " : "", view->reason);
    return false;
}

static void post_verify(struct http_exchange *exchange)
{
    struct sync_account_view view;
    if (!duty_asked(exchange, &view) || !may_read(exchange, &view)) return;
    enum sync_task task = view.verify;
    const struct duty_before before = duty_before(&view, task);
    sync_ask(api_of(exchange)->services.sync, http_path(exchange, "name").data, task);
    duty_begun(exchange, task, &before);
}

/* ---- one product */

static void answer_asked(struct api_change *change)
{
    http_answer_json(change->exchange, 202,
                     json_pack("{s:I}", "targets", (json_int_t)change->result.rows));
}

static void post_product(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"sku", API_TEXT, true},
                                                {"account", API_TEXT, false}};
    json_t *body = api_body(exchange, members, 2, false);
    if (!body) return;
    struct api_change *change = api_change_new(exchange, COMMAND_REREAD, body, answer_asked);
    command_reread(&change->payload, api_body_text(body, "sku"), api_body_text(body, "account"));
    api_change_submit(change);
}

const struct http_route api_verify_routes[] = {
    {.method = "POST",
     .pattern = "/v1/accounts/{name}/verify",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_verify,
     .summary = "reads every figure of an account now, and compares it",
     .query = "follow",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/verify",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_product,
     .summary = "reads the figures of one product again now",
     .accept = "application/json"},
    {0},
};
