/* How a request is sent, and the small things every operation needs: keys, kinds, pages. */
#include "ozon.h"

#include <stdio.h>

/* A page may hold more rows than its limit, but not so many times more. */
#define ROWS_PATIENCE 4u

enum stockd_verdict ozon_send(const struct stockd_call *call, const char *path,
                              const struct out *body, bool write)
{
    if (body->overflow) return kit_bug(call, "a request body does not fit its buffer");
    const struct stockd_header headers[] = {
        {.name = "Client-Id", .value = call->host->option(call->ctx, "client-id")},
        {.name = "Api-Key", .value = "", .secret = "api-key", .use = STOCKD_SECRET_PLAIN},
        {.name = "Content-Type", .value = "application/json"}, /* the last: not without a body */
    };
    struct stockd_request request = {
        .size = sizeof(request),
        .flags = write ? STOCKD_REQUEST_WRITE : 0,
        .method = "POST",
        .path = path,
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]) - (body->size == 0),
        .body = body->data,
        .body_size = body->size,
    };
    if (!write) request.charges[0] = (struct stockd_charge){.bucket = OZON_BUCKET_ALL, .amount = 1};
    if (call->host->request(call->ctx, &request) != 0)
        return kit_bug(call, "the host refused a request");
    return STOCKD_SEND;
}

json_t *ozon_member(const json_t *doc, const char *name)
{
    json_t *value = json_object_get(doc, name);
    return value ? value : json_object_get(json_object_get(doc, "result"), name);
}

const char *ozon_warehouse_kind(const struct stockd_start *start, const char *id)
{
    for (uint32_t i = 0; i < start->warehouse_count; i++)
        if (strcmp(start->warehouses[i].id, id) == 0) return start->warehouses[i].kind;
    return NULL;
}

const json_t *ozon_rows(const json_t *doc, const char *name, size_t limit)
{
    const json_t *rows = ozon_member(doc, name);
    return json_is_array(rows) && json_array_size(rows) <= limit * ROWS_PATIENCE ? rows : NULL;
}

enum ozon_next ozon_next(const json_t *doc, size_t rows, char cursor[OZON_CURSOR_MAX + 1])
{
    enum kit_flag more = kit_flag(ozon_member(doc, "has_next"));
    const json_t *value = ozon_member(doc, "cursor");
    if (more == KIT_FALSE) return OZON_PAGE_END;
    /* Without has_next the cursor speaks: none, or an empty page, is the end. */
    bool said = more == KIT_MISSING;
    if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
        return said ? OZON_PAGE_END : OZON_PAGE_LOST;
    const char *next = kit_text(value, OZON_CURSOR_MAX);
    if (!next) return OZON_PAGE_LOST;
    if (rows == 0 || strcmp(next, cursor) == 0) return said ? OZON_PAGE_END : OZON_PAGE_LOST;
    strcpy(cursor, next);
    return OZON_PAGE_MORE;
}
