/* /v1/inboxes: the folders that files are dropped into. What they show lives on the loop. */
#include "api/api_private.h"

#include "engine/plan.h"
#include "intake/inbox.h"

static json_t *last_json(const struct inbox_view *view)
{
    const struct import_counts *c = &view->last.counts;
    if (!view->last.when_ms) return json_null();
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:I}", "file",
        api_text(bytes_text(view->last.file)), "moved", api_text(bytes_text(view->last.where)),
        "job", view->last.job ? json_integer((json_int_t)view->last.job) : json_null(), "state",
        import_state_name(view->last.state), "detail",
        api_text_or_null(bytes_text(view->last.detail)), "time", api_time(view->last.when_ms),
        "rows", (json_int_t)c->rows, "changed", (json_int_t)c->changed, "same",
        (json_int_t)c->unchanged, "refused", (json_int_t)c->refused);
}

static json_t *waiting_json(const struct inboxes *inboxes, size_t index, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        struct inbox_waiting waiting;
        inboxes_waiting(inboxes, index, i, &waiting);
        json_array_append_new(list, json_pack("{s:o, s:I, s:o}", "file",
                                              api_text(bytes_text(waiting.file)), "bytes",
                                              (json_int_t)waiting.bytes, "why",
                                              api_text_or_null(bytes_text(waiting.why))));
    }
    return list;
}

static json_t *pending_json(const struct inboxes *inboxes, size_t index, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        struct inbox_pending pending;
        char plan[PLAN_ID_TEXT] = "";
        inboxes_pending(inboxes, index, i, &pending);
        if (pending.plan) plan_id_text(pending.plan, plan);
        json_array_append_new(
            list, json_pack("{s:o, s:I, s:s, s:o}", "file", api_text(bytes_text(pending.file)),
                            "job", (json_int_t)pending.job, "state",
                            pending.plan ? "held" : "running", "plan", api_cstr_or_null(plan)));
    }
    return list;
}

static json_t *inbox_json(const struct inboxes *inboxes, size_t index)
{
    struct inbox_view view;
    inboxes_view(inboxes, index, &view);
    bool problem = view.problem[0] != '\0';
    const char *state = problem ? "waiting" : view.looked_ms ? "watching" : "starting";
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "name",
                     view.name, "folder", view.folder, "warehouse",
                     api_cstr_or_null(view.warehouse), "kind",
                     view.kind == FIGURE_AVAILABLE ? "available" : "on-hand", "state", state,
                     "detail", api_cstr_or_null(view.problem), "looked", api_time(view.looked_ms),
                     "waiting", waiting_json(inboxes, index, view.waiting_count), "pending",
                     pending_json(inboxes, index, view.pending_count), "waiting_count",
                     (json_int_t)view.waiting_count, "pending_count",
                     (json_int_t)view.pending_count, "last", last_json(&view));
}

static void list_inboxes(struct http_exchange *exchange)
{
    const struct inboxes *inboxes = api_of(exchange)->services.inboxes;
    json_t *items = json_array();
    for (size_t i = 0; inboxes && i < inboxes_count(inboxes); i++)
        json_array_append_new(items, inbox_json(inboxes, i));
    http_answer_json(exchange, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

static void look_now(struct http_exchange *exchange)
{
    struct inboxes *inboxes = api_of(exchange)->services.inboxes;
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    if (inboxes) inboxes_look(inboxes);
    http_answer_json(exchange, 202, json_pack("{s:b}", "looking", 1));
}

const struct http_route api_inbox_routes[] = {
    {.method = "GET",
     .pattern = "/v1/inboxes",
     .scope = HTTP_SCOPE_READ,
     .handle = list_inboxes,
     .summary = "folders that files are dropped into"},
    {.method = "POST",
     .pattern = "/v1/inboxes/look",
     .scope = HTTP_SCOPE_WRITE,
     .handle = look_now,
     .summary = "looks into all of them now",
     .accept = "application/json"},
    {0},
};
