/* Control requests: reading, answering, dispatching, and the endpoints that know nothing of any
 * marketplace. */
#include "market_control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void market_control_json(struct market_control *control, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    control->answer->status = 200;
    market_answer_text(control->answer, text ? text : "null");
    free(text);
    json_decref(value);
}

void market_control_ok(struct market_control *control)
{
    control->answer->status = 200;
    market_answer_text(control->answer, "{\"ok\":true}");
}

void market_control_error(struct market_control *control, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    control->answer->status = 400;
    control->answer->len = 0;
    market_answer_text(control->answer, "{\"ok\":false,\"error\":");
    market_answer_string(control->answer, text);
    market_answer_text(control->answer, "}");
}

bool market_control_unpack(struct market_control *control, const char *format, ...)
{
    json_error_t error;
    va_list args;
    va_start(args, format);
    int bad = json_vunpack_ex(control->body, &error, JSON_STRICT, format, args);
    va_end(args);
    if (bad) market_control_error(control, "%s", error.text);
    return !bad;
}

void market_control_each(struct market_control *control, const char *list,
                         bool (*each)(struct market_control *control, json_t *spec))
{
    json_t *specs = json_object_get(control->body, list);
    if (!specs) {
        if (each(control, control->body)) market_control_ok(control);
        return;
    }
    for (size_t i = 0; i < json_array_size(specs); i++)
        if (!each(control, json_array_get(specs, i))) return;
    market_control_ok(control);
}

int64_t market_control_number(const struct market_control *control, const char *name,
                              int64_t otherwise)
{
    char text[32];
    if (!market_request_query(control->request, name, text, sizeof(text))) return otherwise;
    return strtoll(text, NULL, 10);
}

static void add_fault(struct market_control *control)
{
    char error[96];
    int id = market_fault_add_json(control->faults, control->body, error, sizeof(error));
    if (id)
        market_control_json(control, json_pack("{s:b, s:i}", "ok", 1, "id", id));
    else
        market_control_error(control, "%s", error);
}

static void list_faults(struct market_control *control)
{
    market_control_json(control, json_pack("{s:o}", "faults", market_fault_json(control->faults)));
}

/* One fault by its id, or all of them. */
static void clear_faults(struct market_control *control)
{
    int id = 0;
    if (!market_control_unpack(control, "{s?i}", "id", &id)) return;
    if (id && !market_fault_remove(control->faults, id)) {
        market_control_error(control, "no fault %d", id);
        return;
    }
    if (!id) market_fault_clear(control->faults);
    market_control_ok(control);
}

static void list_requests(struct market_control *control)
{
    char path[64];
    bool by_path = market_request_query(control->request, "path", path, sizeof(path));
    int64_t since = market_control_number(control, "since", 0);
    market_control_json(control, json_pack("{s:o}", "requests",
                                           market_trace_requests_json(
                                               control->trace, since > 0 ? (uint64_t)since : 0,
                                               by_path ? path : NULL)));
}

static void list_violations(struct market_control *control)
{
    char text[32];
    bool by_kind = market_request_query(control->request, "kind", text, sizeof(text));
    const char *kind = by_kind ? text : NULL;
    market_control_json(control, json_pack("{s:I, s:o}", "total",
                                           (json_int_t)market_trace_violated(control->trace, kind),
                                           "violations",
                                           market_trace_violations_json(control->trace, kind)));
}

static void list_counters(struct market_control *control)
{
    json_t *counters = market_trace_counters_json(control->trace);
    json_object_set_new(counters, "writes", json_integer((json_int_t)control->writes));
    market_control_json(control, counters);
}

static void clear_trace(struct market_control *control)
{
    market_trace_clear(control->trace);
    market_control_ok(control);
}

static const struct market_control_endpoint common[] = {
    {"GET", "faults", list_faults},
    {"POST", "fault", add_fault},
    {"POST", "faults/clear", clear_faults},
    {"DELETE", "faults", clear_faults},
    {"GET", "log", list_requests},
    {"GET", "violations", list_violations},
    {"GET", "counters", list_counters},
    {"POST", "clear", clear_trace},
    {NULL, NULL, NULL},
};

static const struct market_control_endpoint *find_endpoint(
    const struct market_control_endpoint *endpoints, const char *method, const char *path)
{
    for (; endpoints->method; endpoints++)
        if (strcmp(endpoints->path, path) == 0 && strcmp(endpoints->method, method) == 0)
            return endpoints;
    return NULL;
}

static bool read_body(struct market_control *control)
{
    const struct market_request *request = control->request;
    json_error_t error;
    control->body = request->body_len ? json_loadb(request->body, request->body_len,
                                                   JSON_REJECT_DUPLICATES, &error)
                                      : json_object();
    if (!json_is_object(control->body)) {
        market_control_error(control, "the body is no JSON object");
        return false;
    }
    return true;
}

static bool read_account(struct market_control *control, bool making,
                         void *(*find)(void *state, const char *id))
{
    char id[64] = "";
    json_t *given = json_object_get(control->body, "client_id");
    bool asked = market_request_query(control->request, "client_id", id, sizeof(id));
    if (json_is_string(given)) {
        snprintf(id, sizeof(id), "%s", json_string_value(given));
        asked = true;
    }
    control->account = find(control->state, asked ? id : NULL);
    /* only the endpoint that makes sellers may name one that is not there yet */
    if (!control->account && !making) {
        market_control_error(control, "no seller with client_id %s", id);
        return false;
    }
    if (given && !making) json_object_del(control->body, "client_id");
    return true;
}

void market_control_run(struct market_control *control,
                        const struct market_control_endpoint *endpoints,
                        void *(*find)(void *state, const char *id))
{
    static const char prefix[] = "/_control/";
    const char *path = control->request->path, *method = control->request->method;
    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0) path += sizeof(prefix) - 1;
    market_answer_header(control->answer, "Content-Type", "application/json");
    if (read_body(control) && read_account(control, strcmp(path, "seller") == 0, find)) {
        const struct market_control_endpoint *found = find_endpoint(endpoints, method, path);
        if (!found) found = find_endpoint(common, method, path);
        if (found) {
            found->handle(control);
        } else {
            market_control_error(control, "no control endpoint %s %s", method, path);
            control->answer->status = 404;
        }
    }
    json_decref(control->body);
    control->body = NULL;
}

bool market_control_post(const struct market_model *model, void *state, int64_t now_ms,
                         const char *path, json_t *body, char *error, size_t size)
{
    struct market_answer answer = {0};
    char *text = json_dumps(body, JSON_COMPACT);
    struct market_request request = {
        .method = "POST", .path = path, .body = text, .body_len = text ? strlen(text) : 0};
    model->control(state, &request, now_ms, &answer);
    bool done = answer.status == 200;
    if (!done) snprintf(error, size, "%s", answer.body ? answer.body : path);
    market_answer_free(&answer);
    free(text);
    json_decref(body);
    return done;
}

json_t *market_control_split(const char *list)
{
    json_t *ids = json_array();
    for (const char *at = list ? list : ""; *at;) {
        size_t len = strcspn(at, ",");
        json_array_append_new(ids, json_stringn(at, len));
        at += len;
        if (*at == ',') at++;
    }
    return ids;
}
