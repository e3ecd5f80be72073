/* How a request is sent, and how pages follow each other. */
#include "wix.h"

/* A page may hold more rows than its limit, but not so many times more. */
#define ROWS_PATIENCE 4u

enum stockd_verdict wix_send(const struct stockd_call *call, const char *method, const char *path,
                             const struct out *body, bool write)
{
    if (body && body->overflow) return kit_bug(call, "a request body does not fit its buffer");
    /* The key goes as it is: Wix wants no scheme before it. */
    const struct stockd_header headers[] = {
        {.name = "Authorization", .value = "", .secret = "api-key", .use = STOCKD_SECRET_PLAIN},
        {.name = "wix-site-id", .value = call->host->option(call->ctx, "site-id")},
        {.name = "Accept", .value = "application/json"},
        {.name = "Content-Type", .value = "application/json"},
    };
    struct stockd_request request = {
        .size = sizeof(request),
        .flags = write ? STOCKD_REQUEST_WRITE : 0,
        .method = method,
        .path = path,
        .headers = headers,
        .header_count = body ? 4 : 3,
        .body = body ? body->data : NULL,
        .body_size = body ? body->size : 0,
    };
    if (!write) request.charges[0] = (struct stockd_charge){.bucket = WIX_BUCKET_ALL, .amount = 1};
    if (call->host->request(call->ctx, &request) != 0)
        return kit_bug(call, "the host refused a request");
    return STOCKD_SEND;
}

const json_t *wix_rows(const json_t *doc, const char *name, size_t limit)
{
    const json_t *rows = json_object_get(doc, name);
    return json_is_array(rows) && json_array_size(rows) <= limit * ROWS_PATIENCE ? rows : NULL;
}

void wix_paging(struct out *body, size_t limit, const char *cursor)
{
    out_literal(body, "\"cursorPaging\":{\"limit\":");
    out_int(body, (int64_t)limit);
    if (*cursor) {
        out_literal(body, ",\"cursor\":");
        out_string(body, cursor);
    }
    out_literal(body, "}");
}

enum wix_next wix_next(const json_t *paging, size_t rows, size_t limit,
                       char cursor[WIX_CURSOR_MAX + 1])
{
    const json_t *cursors = json_object_get(paging, "cursors");
    const json_t *value = json_object_get(cursors, "next");
    enum kit_flag more = kit_flag(json_object_get(paging, "hasNext"));
    if (more == KIT_FALSE) return WIX_PAGE_END;
    bool none =
        !value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0);
    if ((paging && !json_is_object(paging) && !json_is_null(paging)) ||
        (cursors && !json_is_object(cursors) && !json_is_null(cursors)) || more == KIT_ODD)
        return WIX_PAGE_LOST;
    if (none) {
        if (more == KIT_TRUE) return WIX_PAGE_LOST;
        /* Some answers have no paging at all. Then only a page that is not full is the last. */
        return json_is_object(cursors) || rows < limit ? WIX_PAGE_END : WIX_PAGE_LOST;
    }
    const char *next = kit_text(value, WIX_CURSOR_MAX);
    if (!next) return WIX_PAGE_LOST;
    /* A cursor after an empty page, or one that stands still, is the end only where nothing says
     * that there is more. */
    if (rows == 0 || strcmp(next, cursor) == 0)
        return more == KIT_TRUE ? WIX_PAGE_LOST : WIX_PAGE_END;
    strcpy(cursor, next);
    return WIX_PAGE_MORE;
}
