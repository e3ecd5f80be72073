/* Warehouses of the seller, links, and the warehouses of accounts. */
#include "api/api_private.h"

#include "base/mem.h"
#include "base/share.h"

#include <stdio.h>

static json_t *link_json(const struct directory *d, const struct directory_link *link)
{
    const struct directory_warehouse *warehouse = directory_warehouse(d, link->warehouse);
    const struct directory_account *account = directory_account(d, link->account);
    const struct directory_remote *remote = directory_remote(d, link->account, link->remote);
    char share[SHARE_TEXT_MAX];
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:o}", "warehouse",
        api_cstr_or_null(warehouse ? warehouse->key : NULL), "account",
        api_cstr_or_null(account ? account->name : NULL), "remote",
        api_cstr_or_null(remote ? remote->id : NULL), "remote_name",
        api_cstr_or_null(remote ? remote->name : NULL), "order", (json_int_t)link->order, "share",
        api_cstr_or_null(link->rule.by_share ? share_text(link->rule.share_ppm, share) : NULL));
}

/* ---- the seller's warehouses */

static json_t *links_of(const struct directory *d, uint32_t warehouse)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < d->link_count; i++)
        if (d->links[i].warehouse == warehouse)
            json_array_append_new(list, link_json(d, &d->links[i]));
    return list;
}

static json_t *warehouse_json(const struct directory *d, const struct directory_warehouse *w,
                              const struct query_count *count)
{
    return json_pack("{s:o, s:o, s:I, s:b, s:o}", "key", api_text(bytes_text(w->key)), "name",
                     api_cstr_or_null(w->name), "counted", (json_int_t)count->count, "counted_all",
                     count->whole, "links", links_of(d, w->no));
}

static enum status query_warehouses(struct api_read *read, struct query *query)
{
    const struct directory *d = query->directory;
    struct query_count *counts = mem_array(d->warehouse_count, sizeof *counts);
    json_t *items = json_array();
    enum status status = query_counted(query, counts);
    for (uint32_t i = 0; i < d->warehouse_count && status == ST_OK; i++)
        json_array_append_new(items, warehouse_json(d, &d->warehouses[i], &counts[i]));
    read->json = api_page_json(items, bytes_of("", 0));
    mem_free(counts);
    return status;
}

static void list_warehouses(struct http_exchange *exchange)
{
    api_read_list(exchange, query_warehouses, NULL);
}

static void look_for_warehouse(struct api_change *change, struct store_txn *txn)
{
    struct directory *d;
    if (directory_load(txn, &d, NULL) != ST_OK) return; /* the command will say so */
    change->existed = directory_warehouse_by_key(d, api_body_text(change->body, "key")) != NULL;
    directory_free(d);
}

static void answer_warehouse(struct api_change *change)
{
    json_t *name = json_object_get(change->body, "name");
    http_answer_json(
        change->exchange, change->existed ? 200 : 201,
        json_pack("{s:O, s:O}", "key", json_object_get(change->body, "key"), "name", name));
}

static void post_warehouse(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"key", API_TEXT, true},
                                                {"name", API_TEXT_OR_NULL, false}};
    json_t *body = api_body(exchange, members, 2, false);
    if (!body) return;
    struct bytes key = api_body_text(body, "key"), name = api_body_text(body, "name");
    char what[160];
    snprintf(what, sizeof what, "warehouse '%.80s'", (const char *)key.data);
    if (api_refused_owned(exchange, API_OWNED_WAREHOUSE, key.data, NULL, NULL, what)) {
        json_decref(body);
        return;
    }
    if (!name.data) {
        name = key; /* what people call it until they say otherwise */
        json_object_set(body, "name", json_object_get(body, "key"));
    }
    struct api_change *change =
        api_change_new(exchange, COMMAND_WAREHOUSE_PUT, body, answer_warehouse);
    change->look = look_for_warehouse;
    command_warehouse_put(&change->payload, key, name);
    api_change_submit(change);
}

/* ---- links */

struct adding {
    const struct directory *directory;
    json_t *items;
};

static bool add_link(void *ctx, const struct query_link *row)
{
    struct adding *adding = ctx;
    json_array_append_new(adding->items, link_json(adding->directory, row->link));
    return true;
}

static enum status query_link_list(struct api_read *read, struct query *query)
{
    struct adding adding = {query->directory, json_array()};
    const char *account = read->texts[0], *warehouse = read->texts[1];
    enum status status = query_links(query, bytes_text(account ? account : ""),
                                     bytes_text(warehouse ? warehouse : ""), add_link, &adding);
    read->json = api_page_json(adding.items, bytes_of("", 0));
    return status;
}

static void list_links(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "warehouse", NULL};
    api_read_list(exchange, query_link_list, parameters);
}

static bool link_is_owned(struct http_exchange *exchange)
{
    const char *warehouse = http_path(exchange, "warehouse").data;
    const char *account = http_path(exchange, "account").data;
    const char *remote = http_path(exchange, "remote").data;
    char what[400];
    snprintf(what, sizeof what, "the link from '%.80s' to '%.80s' of account '%.80s'", warehouse,
             remote, account);
    return api_refused_owned(exchange, API_OWNED_LINK, warehouse, account, remote, what);
}

static struct link_change link_of(struct http_exchange *exchange)
{
    return (struct link_change){.warehouse = http_path(exchange, "warehouse"),
                                .account = http_path(exchange, "account"),
                                .remote = http_path(exchange, "remote")};
}

static const struct directory_link *find_link(const struct directory *d, struct bytes warehouse,
                                              struct bytes account, struct bytes remote)
{
    const struct directory_account *a = directory_account_by_name(d, account);
    const struct directory_warehouse *w = directory_warehouse_by_key(d, warehouse);
    const struct directory_remote *r = a ? directory_remote_by_id(d, a->no, remote) : NULL;
    for (uint32_t i = 0; w && r && i < r->link_count; i++)
        if (d->links[r->link_first + i].warehouse == w->no) return &d->links[r->link_first + i];
    return NULL;
}

static void look_for_link(struct api_change *change, struct store_txn *txn)
{
    struct directory *d;
    const struct link_change link = link_of(change->exchange);
    if (directory_load(txn, &d, NULL) != ST_OK) return; /* the command will say so */
    change->existed = find_link(d, link.warehouse, link.account, link.remote) != NULL;
    directory_free(d);
}

static enum status query_link(struct api_read *read, struct query *query)
{
    const struct directory_link *link =
        find_link(query->directory, read->names[0], read->names[1], read->names[2]);
    if (link) read->json = link_json(query->directory, link);
    return link ? ST_OK : error_set(query->error, ST_NOT_FOUND, "the link was removed meanwhile");
}

static void answer_link(struct api_change *change)
{
    struct api_read *read = api_read_named(change->exchange, query_link, NULL);
    read->http_status = change->existed ? 200 : 201;
    api_read_start(read);
}

static void put_link(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"order", API_INTEGER, false},
                                                {"share", API_TEXT_OR_NULL, false}};
    json_t *body = api_body(exchange, members, 2, true);
    if (!body) return;
    json_int_t order = json_integer_value(json_object_get(body, "order"));
    const char *share = json_string_value(json_object_get(body, "share"));
    uint32_t share_ppm = 0;
    bool share_wrong = share && !share_parse(share, &share_ppm);
    json_decref(body);
    if (share_wrong) {
        http_answer_problem(exchange, 400, "invalid",
                            "member 'share' is a percentage over 0%% and up to 100%%, such as "
                            "'30%%' or '33.3%%'");
        return;
    }
    if (order < 0 || order > UINT32_MAX) {
        http_answer_problem(exchange, 400, "invalid",
                            "member 'order' is a whole number from 0 to %u", UINT32_MAX);
        return;
    }
    if (link_is_owned(exchange)) return;
    struct link_change link = link_of(exchange);
    link.order = (uint32_t)order;
    link.share_ppm = share_ppm;
    struct api_change *change = api_change_new(exchange, COMMAND_LINK_PUT, NULL, answer_link);
    change->look = look_for_link;
    command_link(&change->payload, &link);
    api_change_submit(change);
}

static void answer_unlinked(struct api_change *change)
{
    http_answer_empty(change->exchange, 204);
}

static void delete_link(struct http_exchange *exchange)
{
    if (link_is_owned(exchange)) return;
    const struct link_change link = link_of(exchange);
    struct api_change *change =
        api_change_new(exchange, COMMAND_LINK_DELETE, NULL, answer_unlinked);
    command_link(&change->payload, &link);
    api_change_submit(change);
}

/* ---- an account's warehouses */

static bool add_remote(void *ctx, const struct query_remote *row)
{
    struct adding *adding = ctx;
    const struct directory_remote *r = row->remote;
    json_t *links = json_array();
    for (uint32_t i = 0; i < r->link_count; i++) {
        const struct directory_warehouse *warehouse =
            directory_warehouse(adding->directory, row->links[i].warehouse);
        if (warehouse) json_array_append_new(links, api_text(bytes_text(warehouse->key)));
    }
    json_array_append_new(
        adding->items,
        json_pack("{s:o, s:o, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:b, s:o}", "id",
                  api_text(bytes_text(r->id)), "name", api_cstr_or_null(r->name), "kind",
                  api_cstr_or_null(r->kind), "state", remote_state_name(row->state), "writable",
                  r->writable, "default", r->is_default, "closed_until",
                  api_time(r->closed_until_ms), "why", api_cstr_or_null(r->why), "seen",
                  api_time(r->read_ms), "processing", row->processing, "links", links));
    return true;
}

static enum status query_remote_list(struct api_read *read, struct query *query)
{
    struct adding adding = {query->directory, json_array()};
    enum status status = query_remotes(query, read->names[0], add_remote, &adding);
    read->json = api_page_json(adding.items, bytes_of("", 0));
    return status;
}

static void list_remotes(struct http_exchange *exchange)
{
    api_read_list(exchange, query_remote_list, NULL);
}

const struct http_route api_place_routes[] = {
    {.method = "GET",
     .pattern = "/v1/warehouses",
     .scope = HTTP_SCOPE_READ,
     .handle = list_warehouses,
     .summary = "the seller's warehouses",
     .query = "limit cursor"},
    {.method = "POST",
     .pattern = "/v1/warehouses",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_warehouse,
     .summary = "adds a warehouse, or renames it",
     .accept = "application/json"},
    {.method = "GET",
     .pattern = "/v1/links",
     .scope = HTTP_SCOPE_READ,
     .handle = list_links,
     .summary = "which warehouse feeds which",
     .query = "account warehouse limit cursor"},
    {.method = "PUT",
     .pattern = "/v1/links/{warehouse}/{account}/{remote}",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = put_link,
     .summary = "lets a warehouse feed one of an account",
     .accept = "application/json"},
    {.method = "DELETE",
     .pattern = "/v1/links/{warehouse}/{account}/{remote}",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = delete_link,
     .summary = "ends that"},
    {.method = "GET",
     .pattern = "/v1/accounts/{name}/warehouses",
     .scope = HTTP_SCOPE_READ,
     .handle = list_remotes,
     .summary = "the warehouses of an account",
     .query = "limit cursor"},
    {0},
};
