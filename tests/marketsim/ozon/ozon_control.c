/* /_control/...: what tests do to the model and see of it, as JSON. This file has the table of
 * endpoints, faults and clearing; the others are in the ozon_control_*.c files. */
#include "marketsim/ozon/ozon_control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void control_json(struct control *control, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    control->answer->status = 200;
    market_answer_text(control->answer, text ? text : "null");
    free(text);
    json_decref(value);
}

void control_ok(struct control *control)
{
    control->answer->status = 200;
    market_answer_text(control->answer, "{\"ok\":true}");
}

void control_error(struct control *control, const char *format, ...)
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

bool control_unpack(struct control *control, const char *format, ...)
{
    json_error_t error;
    va_list args;
    va_start(args, format);
    int bad = json_vunpack_ex(control->body, &error, JSON_STRICT, format, args);
    va_end(args);
    if (bad) control_error(control, "%s", error.text);
    return !bad;
}

void control_each(struct control *control, const char *list,
                  bool (*each)(struct control *control, json_t *spec))
{
    json_t *specs = json_object_get(control->body, list);
    if (!specs) {
        if (each(control, control->body)) control_ok(control);
        return;
    }
    for (size_t i = 0; i < json_array_size(specs); i++)
        if (!each(control, json_array_get(specs, i))) return;
    control_ok(control);
}

static void control_fault(struct control *control)
{
    char error[96];
    int id = market_fault_add_json(&control->ozon->faults, control->body, error, sizeof(error));
    if (id)
        control_json(control, json_pack("{s:b, s:i}", "ok", 1, "id", id));
    else
        control_error(control, "%s", error);
}

static void control_faults_get(struct control *control)
{
    control_json(control, json_pack("{s:o}", "faults", market_fault_json(&control->ozon->faults)));
}

/* One fault by its id, or all of them. */
static void control_faults_clear(struct control *control)
{
    int id = 0;
    if (!control_unpack(control, "{s?i}", "id", &id)) return;
    if (id && !market_fault_remove(&control->ozon->faults, id)) {
        control_error(control, "no fault %d", id);
        return;
    }
    if (!id) market_fault_clear(&control->ozon->faults);
    control_ok(control);
}

static void control_clear(struct control *control)
{
    market_trace_clear(&control->ozon->trace);
    control_ok(control);
}

static const struct {
    const char *method;
    const char *path;
    void (*handle)(struct control *control);
} endpoints[] = {
    {"GET", "settings", control_settings_get},
    {"POST", "settings", control_settings_set},
    {"POST", "seller", control_seller},
    {"POST", "key", control_key},
    {"POST", "warehouse", control_warehouses},
    {"POST", "products", control_products},
    {"GET", "stock", control_stock_get},
    {"POST", "stock", control_stock},
    {"POST", "foreign-write", control_foreign},
    {"POST", "order", control_order},
    {"GET", "orders", control_orders},
    {"POST", "order/pack", control_pack},
    {"POST", "order/ship", control_ship},
    {"POST", "order/deliver", control_deliver},
    {"POST", "order/cancel", control_cancel},
    {"POST", "order/return", control_return},
    {"POST", "order/split", control_split},
    {"GET", "faults", control_faults_get},
    {"POST", "fault", control_fault},
    {"POST", "faults/clear", control_faults_clear},
    {"DELETE", "faults", control_faults_clear},
    {"GET", "state", control_state},
    {"GET", "log", control_log},
    {"GET", "writes", control_writes},
    {"GET", "violations", control_violations},
    {"GET", "counters", control_counters},
    {"POST", "clear", control_clear},
};

static bool read_body(struct control *control)
{
    const struct market_request *request = control->request;
    json_error_t error;
    control->body = request->body_len ? json_loadb(request->body, request->body_len,
                                                   JSON_REJECT_DUPLICATES, &error)
                                      : json_object();
    if (!json_is_object(control->body)) {
        control_error(control, "the body is no JSON object");
        return false;
    }
    return true;
}

static bool read_seller(struct control *control)
{
    char client[24] = "";
    json_t *given = json_object_get(control->body, "client_id");
    bool asked = market_request_query(control->request, "client_id", client, sizeof(client));
    if (json_is_string(given)) {
        snprintf(client, sizeof(client), "%s", json_string_value(given));
        asked = true;
    }
    control->seller = ozon_seller_find(control->ozon, asked ? client : NULL);
    /* only the endpoint that makes sellers may name one that is not there yet */
    bool making = strcmp(control->request->path, "/_control/seller") == 0;
    if (!control->seller && !making) {
        control_error(control, "no seller with Client-Id %s", client);
        return false;
    }
    if (given && !making) json_object_del(control->body, "client_id");
    return true;
}

static void dispatch(struct control *control)
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
    control_error(control, "no control endpoint %s %s", control->request->method, path);
    control->answer->status = 404;
}

static void ozon_control(void *state, const struct market_request *request, int64_t now_ms,
                         struct market_answer *answer)
{
    struct control control = {
        .ozon = state, .request = request, .answer = answer, .now_ms = now_ms};
    ozon_late_apply(control.ozon, now_ms + control.ozon->settings.clock_offset_ms);
    market_answer_header(answer, "Content-Type", "application/json");
    if (read_body(&control) && read_seller(&control)) dispatch(&control);
    json_decref(control.body);
}

static void *create(uint64_t seed)
{
    return ozon_create(seed);
}

static void destroy(void *state)
{
    ozon_destroy(state);
}

static void handle(void *state, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    ozon_handle(state, request, now_ms, answer);
}

const struct market_model ozon_model = {"ozon", create, destroy, ozon_setup, handle, ozon_control};
