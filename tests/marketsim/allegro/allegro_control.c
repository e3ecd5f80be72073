/* /_control/...: what tests do to the model and see of it, as JSON. This file has the table of
 * endpoints, faults and clearing; the others are in the allegro_control_*.c files. */
#include "marketsim/allegro/allegro_control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void allegro_control_json(struct allegro_control *control, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    control->answer->status = 200;
    market_answer_text(control->answer, text ? text : "null");
    free(text);
    json_decref(value);
}

void allegro_control_ok(struct allegro_control *control)
{
    control->answer->status = 200;
    market_answer_text(control->answer, "{\"ok\":true}");
}

void allegro_control_error(struct allegro_control *control, const char *format, ...)
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

bool allegro_control_unpack(struct allegro_control *control, const char *format, ...)
{
    json_error_t error;
    va_list args;
    va_start(args, format);
    int bad = json_vunpack_ex(control->body, &error, JSON_STRICT, format, args);
    va_end(args);
    if (bad) allegro_control_error(control, "%s", error.text);
    return !bad;
}

void allegro_control_each(struct allegro_control *control, const char *list,
                          bool (*each)(struct allegro_control *control, json_t *spec))
{
    json_t *specs = json_object_get(control->body, list);
    if (!specs) {
        if (each(control, control->body)) allegro_control_ok(control);
        return;
    }
    for (size_t i = 0; i < json_array_size(specs); i++)
        if (!each(control, json_array_get(specs, i))) return;
    allegro_control_ok(control);
}

static void control_fault(struct allegro_control *control)
{
    char error[96];
    int id = market_fault_add_json(&control->allegro->faults, control->body, error, sizeof(error));
    if (id)
        allegro_control_json(control, json_pack("{s:b, s:i}", "ok", 1, "id", id));
    else
        allegro_control_error(control, "%s", error);
}

static void control_faults_get(struct allegro_control *control)
{
    allegro_control_json(
        control, json_pack("{s:o}", "faults", market_fault_json(&control->allegro->faults)));
}

/* One fault by its id, or all of them. */
static void control_faults_clear(struct allegro_control *control)
{
    int id = 0;
    if (!allegro_control_unpack(control, "{s?i}", "id", &id)) return;
    if (id && !market_fault_remove(&control->allegro->faults, id)) {
        allegro_control_error(control, "no fault %d", id);
        return;
    }
    if (!id) market_fault_clear(&control->allegro->faults);
    allegro_control_ok(control);
}

static void control_clear(struct allegro_control *control)
{
    market_trace_clear(&control->allegro->trace);
    allegro_control_ok(control);
}

static const struct {
    const char *method;
    const char *path;
    void (*handle)(struct allegro_control *control);
} endpoints[] = {
    {"GET", "settings", allegro_control_settings_get},
    {"POST", "settings", allegro_control_settings_set},
    {"POST", "seller", allegro_control_seller},
    {"GET", "token", allegro_control_token_get},
    {"POST", "token", allegro_control_token},
    {"POST", "device", allegro_control_device},
    {"POST", "shut", allegro_control_shut},
    {"POST", "products", allegro_control_products},
    {"GET", "stock", allegro_control_stock_get},
    {"POST", "stock", allegro_control_stock},
    {"POST", "foreign-write", allegro_control_foreign},
    {"GET", "commands", allegro_control_commands},
    {"POST", "command/finish", allegro_control_finish},
    {"POST", "order", allegro_control_order},
    {"GET", "orders", allegro_control_orders},
    {"POST", "order/fill", allegro_control_step},
    {"POST", "order/pay", allegro_control_step},
    {"POST", "order/pack", allegro_control_step},
    {"POST", "order/ship", allegro_control_step},
    {"POST", "order/deliver", allegro_control_step},
    {"POST", "order/cancel", allegro_control_step},
    {"POST", "order/auto-cancel", allegro_control_step},
    {"POST", "order/return", allegro_control_step},
    {"GET", "faults", control_faults_get},
    {"POST", "fault", control_fault},
    {"POST", "faults/clear", control_faults_clear},
    {"DELETE", "faults", control_faults_clear},
    {"GET", "state", allegro_control_state},
    {"GET", "log", allegro_control_log},
    {"GET", "writes", allegro_control_writes},
    {"GET", "violations", allegro_control_violations},
    {"GET", "counters", allegro_control_counters},
    {"POST", "clear", control_clear},
};

static bool read_body(struct allegro_control *control)
{
    const struct market_request *request = control->request;
    json_error_t error;
    control->body = request->body_len ? json_loadb(request->body, request->body_len,
                                                   JSON_REJECT_DUPLICATES, &error)
                                      : json_object();
    if (!json_is_object(control->body)) {
        allegro_control_error(control, "the body is no JSON object");
        return false;
    }
    return true;
}

static bool take_name(struct allegro_control *control, const char *name, char *value, size_t size)
{
    json_t *given = json_object_get(control->body, name);
    bool asked = market_request_query(control->request, name, value, size);
    if (json_is_string(given)) {
        snprintf(value, size, "%s", json_string_value(given));
        json_object_del(control->body, name);
        asked = true;
    }
    return asked;
}

static bool read_seller(struct allegro_control *control)
{
    bool client = take_name(control, "client_id", control->client_id, sizeof(control->client_id));
    bool seller = take_name(control, "seller", control->seller_id, sizeof(control->seller_id));
    control->seller = allegro_seller_find(control->allegro, client ? control->client_id : NULL,
                                          seller ? control->seller_id : NULL);
    /* only the endpoint that makes sellers may name one that is not there yet */
    if (control->seller || strcmp(control->request->path, "/_control/seller") == 0) return true;
    allegro_control_error(control, "no seller %s of client %s", control->seller_id,
                          control->client_id);
    return false;
}

static void dispatch(struct allegro_control *control)
{
    static const char prefix[] = "/_control/";
    const char *path = control->request->path;
    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0) path += sizeof(prefix) - 1;
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
        if (strcmp(endpoints[i].path, path) == 0 &&
            strcmp(endpoints[i].method, control->request->method) == 0) {
            endpoints[i].handle(control);
            return;
        }
    allegro_control_error(control, "no control endpoint %s %s", control->request->method, path);
    control->answer->status = 404;
}

static void allegro_control(void *state, const struct market_request *request, int64_t now_ms,
                            struct market_answer *answer)
{
    struct allegro_control control = {
        .allegro = state, .request = request, .answer = answer, .now_ms = now_ms};
    allegro_advance(control.allegro, now_ms);
    market_answer_header(answer, "Content-Type", "application/json");
    if (read_body(&control) && read_seller(&control)) dispatch(&control);
    json_decref(control.body);
}

static void *create(uint64_t seed)
{
    return allegro_create(seed);
}

static void destroy(void *state)
{
    allegro_destroy(state);
}

static void handle(void *state, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    allegro_handle(state, request, now_ms, answer);
}

const struct market_model allegro_model = {"allegro",     create, destroy,
                                           allegro_setup, handle, allegro_control};
