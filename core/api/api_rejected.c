/* What marketplaces rejected, counted by code: /v1/rejected. */
#include "api/api_private.h"

#include <string.h>

enum { ACCOUNT, SKU, CODE };
enum { GROUPS_MAX = 1000 };

struct counting {
    const char *code; /* only this one, or NULL */
    json_t *groups;
    int64_t total;
};

static json_t *group_of(json_t *groups, const char *account, struct bytes code)
{
    json_t *group;
    size_t i;
    json_array_foreach (groups, i, group) {
        const char *has = json_string_value(json_object_get(group, "code"));
        if (strcmp(json_string_value(json_object_get(group, "account")), account) == 0 &&
            strlen(has) == code.size && memcmp(has, code.data, code.size) == 0)
            return group;
    }
    return NULL;
}

static bool count(void *ctx, const struct query_target *t)
{
    struct counting *c = ctx;
    if (c->code && !bytes_equal(t->code, bytes_text(c->code))) return true;
    c->total++;
    const char *account = t->account ? t->account->name : "";
    json_t *group = group_of(c->groups, account, t->code);
    if (!group && json_array_size(c->groups) == GROUPS_MAX) return true;
    if (!group) {
        group = json_pack("{s:s, s:o, s:i, s:o, s:o}", "account", account, "code",
                          api_text(t->code), "count", 0, "example", api_text_or_null(t->sku),
                          "text", api_text_or_null(t->text));
        json_array_append_new(c->groups, group);
    }
    json_int_t now = json_integer_value(json_object_get(group, "count"));
    json_object_set_new(group, "count", json_integer(now + 1));
    return true;
}

static enum status query_rejected(struct api_read *read, struct query *query)
{
    const char *const *texts = read->texts;
    struct counting c = {.code = texts[CODE], .groups = json_array()};
    const struct query_targets filter = {.account =
                                             bytes_text(texts[ACCOUNT] ? texts[ACCOUNT] : ""),
                                         .sku = bytes_text(texts[SKU] ? texts[SKU] : ""),
                                         .state = STATE_REJECTED};
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    uint8_t place[QUERY_PLACE_MAX];
    enum status status;
    do {
        status = query_targets(query, &filter, &page, count, &c);
        memcpy(place, page.next, page.next_size);
        page.from = bytes_of(place, page.next_size);
    } while (status == ST_OK && page.next_size);
    read->json =
        json_pack("{s:o, s:n, s:I}", "items", c.groups, "next", "total", (json_int_t)c.total);
    return status;
}

static void get_rejected(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "sku", "code", NULL};
    api_read_start(api_read_named(exchange, query_rejected, parameters));
}

const struct http_route api_rejected_routes[] = {
    {.method = "GET",
     .pattern = "/v1/rejected",
     .scope = HTTP_SCOPE_READ,
     .handle = get_rejected,
     .summary = "what was rejected, counted by code",
     .query = "account sku code"},
    {0},
};
