/* Reservations by hand. */
#include "api/api_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static json_t *reservation_json(const struct query_reservation *row)
{
    const struct reservation_view *v = &row->reservation;
    return json_pack("{s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "id", (json_int_t)row->number,
                     "sku", api_text_or_null(row->sku), "warehouse",
                     api_cstr_or_null(row->warehouse ? row->warehouse->key : NULL), "quantity",
                     (json_int_t)v->quantity, "note", api_text_or_null(v->note), "actor",
                     api_text_or_null(v->actor), "made", api_time(v->made_ms), "until",
                     api_time(v->until_ms));
}

static bool add_reservation(void *ctx, const struct query_reservation *row)
{
    json_array_append_new(ctx, reservation_json(row));
    return true;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    enum status status = query_reservations(query, &page, add_reservation, items);
    read->json = api_page_of(items, &page);
    return status;
}

static void list_reservations(struct http_exchange *exchange)
{
    static const char *const parameters[] = {NULL};
    api_read_list(exchange, query_list, parameters);
}

static void answer_made(struct api_change *change)
{
    const struct command_result *r = &change->result;
    http_answer_json(change->exchange, 201,
                     json_pack("{s:I, s:O, s:O, s:O, s:o}", "id", (json_int_t)r->reservation, "sku",
                               json_object_get(change->body, "sku"), "warehouse",
                               json_object_get(change->body, "warehouse"), "quantity",
                               json_object_get(change->body, "quantity"), "sequence",
                               json_integer((json_int_t)r->sequence)));
}

static void post_reservation(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"sku", API_TEXT, true},
                                                {"warehouse", API_TEXT, true},
                                                {"quantity", API_INTEGER, true},
                                                {"for_ms", API_INTEGER_OR_NULL, false},
                                                {"note", API_TEXT_OR_NULL, false}};
    json_t *body = api_body(exchange, members, 5, false);
    if (!body) return;
    const json_t *lasts = json_object_get(body, "for_ms");
    struct reserve ask = {.sku = api_body_text(body, "sku"),
                          .warehouse = api_body_text(body, "warehouse"),
                          .quantity = json_integer_value(json_object_get(body, "quantity")),
                          .note = api_body_text(body, "note")};
    if (json_is_integer(lasts)) {
        int64_t ms = json_integer_value(lasts), now = api_now_ms(api_of(exchange));
        if (ms <= 0 || ms > INT64_MAX - now) {
            json_decref(body);
            http_answer_problem(exchange, 400, "invalid",
                                "member 'for_ms' is how long it lasts, in milliseconds above 0");
            return;
        }
        ask.until_ms = now + ms;
    }
    struct api_change *change = api_change_new(exchange, COMMAND_RESERVE, body, answer_made);
    command_reserve(&change->payload, &ask);
    api_change_submit(change);
}

static void answer_released(struct api_change *change)
{
    http_answer_json(change->exchange, 200,
                     json_pack("{s:o, s:b}", "id", api_text(http_path(change->exchange, "id")),
                               "changed", change->result.changed));
}

static void delete_reservation(struct http_exchange *exchange)
{
    struct bytes id = http_path(exchange, "id");
    char *end;
    errno = 0;
    unsigned long long number = strtoull(id.data, &end, 10);
    if (*end || errno || number == 0) {
        http_answer_problem(
            exchange, 404, "not-found",
            "there is no reservation '%.40s'; `stockctl stock reservations` shows those there are",
            (const char *)id.data);
        return;
    }
    struct api_change *change = api_change_new(exchange, COMMAND_RELEASE, NULL, answer_released);
    command_release(&change->payload, number);
    api_change_submit(change);
}

const struct http_route api_reservation_routes[] = {
    {.method = "GET",
     .pattern = "/v1/reservations",
     .scope = HTTP_SCOPE_READ,
     .handle = list_reservations,
     .summary = "pieces promised by hand",
     .query = "limit cursor"},
    {.method = "POST",
     .pattern = "/v1/reservations",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_reservation,
     .summary = "promises pieces to somebody, for a while or until released",
     .accept = "application/json"},
    {.method = "DELETE",
     .pattern = "/v1/reservations/{id}",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = delete_reservation,
     .summary = "ends a reservation"},
    {0},
};
