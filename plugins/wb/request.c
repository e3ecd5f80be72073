/* How a request is sent, and the small things every operation needs. */
#include "wb.h"

/* An answer may hold more rows than were asked for, but not so many times more. */
#define ROWS_PATIENCE 4u

enum stockd_verdict wb_send(const struct stockd_call *call, const struct wb_ask *ask)
{
    if (ask->body && ask->body->overflow)
        return kit_bug(call, "a request body does not fit its buffer");
    const struct stockd_header headers[] = {
        {.name = "Authorization", .value = "", .secret = WB_TOKEN, .use = STOCKD_SECRET_PLAIN},
        {.name = "Content-Type", .value = "application/json"},
    };
    struct stockd_request request = {
        .size = sizeof(request),
        .flags = ask->write ? STOCKD_REQUEST_WRITE : 0,
        .method = ask->write  ? "PUT"
                  : ask->body ? "POST"
                              : "GET",
        .endpoint = ask->endpoint,
        .path = ask->path,
        .headers = headers,
        .header_count = ask->body ? 2 : 1,
        .body = ask->body ? ask->body->data : NULL,
        .body_size = ask->body ? ask->body->size : 0,
    };
    if (!ask->write)
        request.charges[0] = (struct stockd_charge){.bucket = ask->bucket, .amount = 1};
    if (call->host->request(call->ctx, &request) != 0)
        return kit_bug(call, "the host refused a request");
    return STOCKD_SEND;
}

const char *wb_warehouse_kind(const struct stockd_start *start, const char *id)
{
    for (uint32_t i = 0; i < start->warehouse_count; i++)
        if (strcmp(start->warehouses[i].id, id) == 0) return start->warehouses[i].kind;
    return NULL;
}

void wb_warehouse_gone(const struct stockd_call *call, const char *id)
{
    struct stockd_warehouse row = {
        .size = sizeof(row),
        .gone = 1,
        .id = id,
        .kind = wb_warehouse_kind(call->start, id),
        .why = "NotFound: Wildberries has no such warehouse of this seller",
    };
    call->host->warehouse(call->ctx, &row);
}

const json_t *wb_rows(const json_t *rows, size_t limit)
{
    return json_is_array(rows) && json_array_size(rows) <= limit * ROWS_PATIENCE ? rows : NULL;
}
