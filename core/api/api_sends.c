/* What was sent, and what became of it: /v1/sends. */
#include "api/api_private.h"
#include "engine/query_send.h"

#include <stdio.h>

enum { ACCOUNT, SKU, RESULT }; /* parameters of the list */

static json_t *batch_json(struct bytes batch)
{
    char hex[2 * OPERATION_ID_SIZE + 1] = "";
    if (batch.size != OPERATION_ID_SIZE) return json_null();
    for (size_t i = 0; i < batch.size; i++)
        snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)batch.data)[i]);
    return json_string(hex);
}

static bool add_send(void *ctx, const struct query_send *s)
{
    json_array_append_new(
        ctx, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}",
                       "sequence", (json_int_t)s->sequence, "sent", api_time(s->item.sent_ms),
                       "ended", api_time(s->head.time_ms), "account",
                       api_cstr_or_null(s->account ? s->account->name : NULL), "sku",
                       api_text_or_null(s->sku), "warehouse",
                       api_cstr_or_null(s->remote ? s->remote->id : NULL), "value",
                       api_figure(s->item.value), "before", api_figure(s->item.before), "after",
                       api_figure(s->item.after), "result", send_result_name(s->item.result),
                       "code", api_text_or_null(s->item.code), "text",
                       api_text_or_null(s->item.text), "batch", batch_json(s->head.batch)));
    json_t *last = json_array_get(ctx, json_array_size(ctx) - 1);
    json_object_set_new(last, "listing", api_text_or_null(s->listing));
    return true;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const struct query_sends filter = {
        .account = bytes_text(read->texts[ACCOUNT] ? read->texts[ACCOUNT] : ""),
        .sku = bytes_text(read->texts[SKU] ? read->texts[SKU] : ""),
        .result = read->texts[RESULT]};
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    enum status status = query_sends(query, &filter, &page, add_send, items);
    read->json = api_page_of(items, &page);
    return status;
}

static void list_sends(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "sku", "result", NULL};
    const char *result = http_query(exchange, "result");
    if (result && !send_result_known(result))
        http_answer_problem(exchange, 400, "invalid",
                            "there is no result '%.40s'; there are done, unresolved, failed, "
                            "rejected and not-sent",
                            result);
    else
        api_read_list(exchange, query_list, parameters);
}

const struct http_route api_send_routes[] = {
    {.method = "GET",
     .pattern = "/v1/sends",
     .handle = list_sends,
     .summary = "what was sent, the newest first, and what became of it",
     .query = "account sku result limit cursor"},
    {0},
};
