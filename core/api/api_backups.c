/* Backups: which there are, when the next one is made, and making one now. */
#include "api/api_private.h"

#include "backup/backups.h"
#include "base/mem.h"
#include "store/rotation.h"

/* ---- which there are */

struct listing_backups {
    struct work_task task;
    struct http_exchange *exchange;
    char *directory;
    struct backup_list list;
    enum status status;
    struct error error;
};

static void list_run(struct work_task *task)
{
    struct listing_backups *l =
        (struct listing_backups *)((char *)task - offsetof(struct listing_backups, task));
    l->status = backup_list_read(l->directory, &l->list, &l->error);
}

static json_t *schedule_json(const struct backups_view *view)
{
    return json_pack("{s:s, s:I, s:o, s:b, s:o, s:o, s:o}", "schedule", view->schedule, "keep",
                     (json_int_t)view->keep, "due", api_time(view->next_ms), "running",
                     view->running, "last", api_time(view->last_ok_ms), "failing_since",
                     api_time(view->failed_ms), "error",
                     view->error[0] ? json_string(view->error) : json_null());
}

static void list_done(struct work_task *task)
{
    struct listing_backups *l =
        (struct listing_backups *)((char *)task - offsetof(struct listing_backups, task));
    struct backups_view view;
    backups_view(api_of(l->exchange)->services.backups, &view);
    if (l->status == ST_OK) {
        json_t *items = json_array(), *answer = schedule_json(&view);
        for (size_t i = 0; i < l->list.count; i++) {
            const struct backup_entry *e = &l->list.entries[i];
            json_array_append_new(
                items, json_pack("{s:o, s:o, s:I, s:b}", "path", api_text(bytes_text(e->path)),
                                 "made", api_time(e->made_ms), "bytes", (json_int_t)e->bytes,
                                 "automatic", e->automatic));
        }
        json_object_set_new(answer, "directory", api_text(bytes_text(l->directory)));
        json_object_set_new(answer, "items", items);
        http_answer_json(l->exchange, 200, answer);
    } else {
        http_answer_error(l->exchange, &l->error);
    }
    backup_list_free(&l->list);
    mem_free(l->directory);
    mem_free(l);
}

static void list_backups(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    struct backups_view view;
    struct listing_backups *l = mem_alloc(sizeof *l);
    backups_view(api->services.backups, &view);
    l->exchange = exchange;
    l->directory = mem_text(view.directory);
    l->task = (struct work_task){.run = list_run, .done = list_done};
    api->services.runtime->work_submit(api->services.runtime, &l->task);
}

/* ---- one now */

static void made(void *ctx, const struct backup_result *result)
{
    struct http_exchange *exchange = ctx;
    if (result->status == ST_OK)
        http_answer_json(exchange, 201,
                         json_pack("{s:o, s:I, s:I}", "path", api_text(bytes_text(result->path)),
                                   "bytes", (json_int_t)result->bytes, "duration_ms",
                                   (json_int_t)result->duration_ms));
    else
        http_answer_error(exchange, &result->error);
}

static void post_backup(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"path", API_TEXT, false}};
    json_t *body = api_body(exchange, members, 1, true);
    if (!body) return;
    const char *path = json_string_value(json_object_get(body, "path"));
    if (path && path[0] != '/')
        http_answer_problem(exchange, 400, "invalid",
                            "the path of a backup begins with '/': it is on the daemon's machine, "
                            "and '%.200s' would be wherever the daemon runs",
                            path);
    else
        backups_make(api_of(exchange)->services.backups, path, made, exchange);
    json_decref(body);
}

const struct http_route api_backup_routes[] = {
    {.method = "GET",
     .pattern = "/v1/backups",
     .scope = HTTP_SCOPE_READ,
     .handle = list_backups,
     .summary = "the backups in their directory, and when the next one is made"},
    {.method = "POST",
     .pattern = "/v1/backup",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_backup,
     .summary = "copies the store while the daemon goes on",
     .accept = "application/json"},
    {0},
};
