/* Setting many rules at once: every row is looked at before the first is set, all or none are. */
#include "api/api_rules.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/rule_plan.h"

#include <string.h>

struct setting {
    struct work_task look;
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    json_t *body, *errors;
    struct rule_change *list;
    size_t *rows; /* which row each of the list is */
    size_t count;
    bool dry_run;
    struct keyed keyed;
    bool has_key, existed, known; /* known: done before, by the key */
    uint32_t changes;             /* that it would make */
    struct buf payload;
    struct command_result result;
    int64_t now_ms;
    char actor[API_ACTOR_MAX];
    enum status status;
    struct error error;
};

static void setting_free(struct setting *s)
{
    json_decref(s->body);
    json_decref(s->errors);
    mem_free(s->list);
    mem_free(s->rows);
    buf_free(&s->payload);
    mem_free(s);
}

/* ---- reading rows */

static void refuse(struct setting *s, size_t row, const struct error *error)
{
    json_array_append_new(s->errors, json_pack("{s:I, s:s, s:o}", "row", (json_int_t)row, "code",
                                               status_name(error->status), "text",
                                               api_text(bytes_text(error->text))));
}

static bool is_member(const char *name)
{
    static const char *const names[] = {"sku", "account", "mode",     "buffer", "cap",
                                        "min", "pack",    "velocity", "words"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static enum status check_members(json_t *row, struct error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach (row, name, value) {
        if (!is_member(name))
            return error_set(error, ST_INVALID, "a row has no member '%.40s'", name);
        bool texts = json_is_array(value) && strcmp(name, "words") == 0;
        for (size_t i = 0; texts && i < json_array_size(value); i++)
            texts = json_is_string(json_array_get(value, i));
        if (!texts && (!(json_is_string(value) || json_is_integer(value) || json_is_null(value)) ||
                       strcmp(name, "words") == 0))
            return error_set(error, ST_INVALID,
                             "member '%.40s' is neither a text, a whole number nor null", name);
    }
    return ST_OK;
}

static void read_row(struct setting *s, size_t row)
{
    json_t *object = json_array_get(json_object_get(s->body, "rows"), row);
    struct rule_change change = {.sku = api_body_text(object, "sku"),
                                 .account = api_body_text(object, "account")};
    struct error error = {0};
    enum status status = json_is_object(object)
                             ? check_members(object, &error)
                             : error_set(&error, ST_INVALID, "a row is an object");
    if (status == ST_OK) status = api_rule_read(object, &change, &error);
    if (status != ST_OK) {
        refuse(s, row, &error);
        return;
    }
    s->rows[s->count] = row;
    s->list[s->count++] = change;
}

/* ---- looking at them together [worker] */

static enum status look(struct setting *s, struct store_txn *txn, const struct directory *directory)
{
    struct rule_plan *plan = rule_plan_new(txn, directory);
    size_t *planned = mem_array(s->count + 1, sizeof *planned), at = 0;
    enum status status = ST_OK;
    for (size_t i = 0; i < s->count && status == ST_OK; i++) {
        struct error error = {0};
        enum status added = rule_plan_add(plan, &s->list[i], &error);
        if (added == ST_OK)
            planned[at++] = s->rows[i];
        else if (added == ST_INVALID || added == ST_NOT_FOUND)
            refuse(s, s->rows[i], &error);
        else
            status = error_set(&s->error, added, "%s", error.text);
    }
    for (size_t i = 0; i < at && status == ST_OK; i++) {
        struct error error = {0};
        enum status checked = rule_plan_check(plan, i, &error);
        if (checked == ST_INVALID)
            refuse(s, planned[i], &error);
        else if (checked != ST_OK)
            status = error_set(&s->error, checked, "%s", error.text);
    }
    s->changes = rule_plan_changes(plan);
    mem_free(planned);
    rule_plan_free(plan);
    return status;
}

static void look_run(struct work_task *task)
{
    struct setting *s = (struct setting *)((char *)task - offsetof(struct setting, look));
    struct store_txn *txn;
    struct directory *directory;
    s->status = store_begin(s->api->services.store, STORE_READ, &txn, &s->error);
    if (s->status != ST_OK) return;
    if (s->has_key) {
        s->status = keyed_find(txn, &s->keyed, &s->result, &s->existed, &s->error);
        s->known = s->status == ST_OK;
    }
    if (!s->has_key || s->status == ST_NOT_FOUND)
        s->status = directory_load(txn, &directory, &s->error);
    if (s->status == ST_OK && !s->known) {
        s->status = look(s, txn, directory);
        directory_free(directory);
    }
    store_abort(txn);
}

/* ---- the answer */

static int by_row(const void *a, const void *b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "row"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "row"));
    return (x > y) - (x < y);
}

static json_t *sorted(const json_t *errors)
{
    size_t count = json_array_size(errors);
    json_t **list = mem_array(count + 1, sizeof *list), *to = json_array();
    for (size_t i = 0; i < count; i++)
        list[i] = json_array_get(errors, i);
    qsort(list, count, sizeof *list, by_row);
    for (size_t i = 0; i < count; i++)
        json_array_append(to, list[i]);
    mem_free(list);
    return to;
}

static void answer_refused(struct setting *s)
{
    size_t rows = json_array_size(json_object_get(s->body, "rows"));
    size_t refused = json_array_size(s->errors);
    char detail[200];
    snprintf(detail, sizeof detail,
             "%zu of %zu rows make no sense, see 'errors'; nothing was changed", refused, rows);
    http_answer_json(s->exchange, 400,
                     json_pack("{s:s, s:s, s:i, s:s, s:s, s:I, s:I, s:o}", "type", "about:blank",
                               "title", "Bad Request", "status", 400, "code", "invalid", "detail",
                               detail, "rows", (json_int_t)rows, "refused", (json_int_t)refused,
                               "errors", sorted(s->errors)));
}

static void answer_done(struct setting *s)
{
    json_t *sequence = s->dry_run || !s->result.changed
                           ? json_null()
                           : json_integer((json_int_t)s->result.sequence);
    http_answer_json(s->exchange, 200,
                     json_pack("{s:I, s:I, s:b, s:o}", "rows", (json_int_t)s->count, "changed",
                               (json_int_t)(s->dry_run ? s->changes : s->result.rows), "dry_run",
                               s->dry_run, "sequence", sequence));
}

/* ---- the command */

static enum status set_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct setting *s = (struct setting *)((char *)task - offsetof(struct setting, task));
    struct command command = {.kind = COMMAND_RULE_SET,
                              .actor = s->actor,
                              .now_ms = s->now_ms,
                              .payload = bytes_of(s->payload.data, s->payload.size)};
    if (s->has_key) { /* the same request may have come twice at once */
        enum status found = keyed_find(txn, &s->keyed, &s->result, &s->existed, error);
        if (found != ST_NOT_FOUND) return found;
        memcpy(command.id, s->keyed.id, sizeof command.id);
    }
    enum status status = engine_apply(s->api->services.engine, txn, &command, &s->result, error);
    if (status == ST_OK && s->has_key) keyed_keep(txn, &s->keyed, &s->result, false, s->now_ms);
    return status;
}

static void set_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct setting *s = (struct setting *)((char *)task - offsetof(struct setting, task));
    if (status == ST_OK)
        answer_done(s);
    else if (status == ST_HELD && task->plan)
        api_answer_held(s->exchange, task->plan, error->text);
    else
        http_answer_error(s->exchange, error);
    setting_free(s);
}

static void look_done(struct work_task *task)
{
    struct setting *s = (struct setting *)((char *)task - offsetof(struct setting, look));
    struct runtime *runtime = s->api->services.runtime;
    if (s->status == ST_OK && json_array_size(s->errors) == 0 && !s->dry_run && !s->known) {
        command_rule_set(&s->payload, s->list, (uint32_t)s->count);
        runtime->engine_submit(runtime, &s->task);
        return;
    }
    if (s->status != ST_OK)
        http_answer_error(s->exchange, &s->error);
    else if (json_array_size(s->errors) && !s->known)
        answer_refused(s);
    else
        answer_done(s);
    setting_free(s);
}

static void set_rules(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"rows", API_LIST, true},
                                                {"dry_run", API_SWITCH, false}};
    json_t *body = api_body(exchange, members, 2, false);
    if (!body) return;
    size_t rows = json_array_size(json_object_get(body, "rows"));
    if (rows == 0 || rows > RULE_CHANGES_MAX) {
        json_decref(body);
        http_answer_problem(exchange, 400, "invalid",
                            "member 'rows' has 1 to %d rows; this one has %zu", RULE_CHANGES_MAX,
                            rows);
        return;
    }
    struct setting *s = mem_alloc(sizeof *s);
    s->api = api_of(exchange);
    s->exchange = exchange;
    s->body = body;
    s->errors = json_array();
    s->dry_run = json_is_true(json_object_get(body, "dry_run"));
    s->list = mem_array(rows, sizeof *s->list);
    s->rows = mem_array(rows, sizeof *s->rows);
    s->now_ms = api_now_ms(s->api);
    api_actor(exchange, s->actor);
    s->has_key = api_key_take(exchange, http_body(exchange), &s->keyed);
    buf_init(&s->payload, COMMAND_PAYLOAD_MAX);
    s->look = (struct work_task){.run = look_run, .done = look_done};
    s->task = (struct engine_task){.run = set_run, .done = set_done};
    for (size_t i = 0; i < rows; i++)
        read_row(s, i);
    s->api->services.runtime->work_submit(s->api->services.runtime, &s->look);
}

const struct http_route api_rules_many_routes[] = {
    {.method = "POST",
     .pattern = "/v1/rules",
     .scope = HTTP_SCOPE_WRITE,
     .handle = set_rules,
     .summary = "sets rules of many products, all or none",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {0},
};
