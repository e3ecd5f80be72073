/* Looking at an account before it is one (sync/probe.h), and where an account stands in conf.d.
 * Nothing here writes configuration: that is for whoever may (docs/api.md). */
#include "api/api_follow.h"
#include "sync/probe.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    WAKES_PROBES = UINT32_MAX, /* in place of an account's number */
    PROBE_LISTED_MAX = 20,     /* listings told unless all are asked for */
};

struct probing {
    struct api *api;
    struct http_exchange *exchange;
    struct sync_probe *probe;
    json_t *file, *told;
    bool all, allow_plain_http, login;
    char name[64];
};

/* ---- the result */

static void add_warning(void *ctx, const char *code, const char *text)
{
    json_array_append_new(ctx, json_pack("{s:o, s:o}", "code", api_cstr_or_null(code), "text",
                                         api_cstr_or_null(text)));
}

static void add_denied(void *ctx, const char *operation, const char *text)
{
    json_array_append_new(ctx, json_pack("{s:o, s:o}", "operation", api_cstr_or_null(operation),
                                         "text", api_cstr_or_null(text)));
}

static void add_warehouse(void *ctx, const struct sync_probe_warehouse *w)
{
    json_array_append_new(ctx, json_pack("{s:o, s:o, s:o, s:b, s:b, s:o}", "id",
                                         api_cstr_or_null(w->id), "name", api_cstr_or_null(w->name),
                                         "kind", api_cstr_or_null(w->kind), "writable", w->writable,
                                         "marketplace", w->marketplace, "why",
                                         api_cstr_or_null(w->why)));
}

struct listing_lists {
    json_t *unmatched, *conflicts;
    size_t most;
};

static void add_listing(void *ctx, const struct sync_probe_listing *l)
{
    struct listing_lists *lists = ctx;
    json_t *list = l->conflict ? lists->conflicts : lists->unmatched;
    if (json_array_size(list) >= lists->most) return;
    json_array_append_new(
        list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "listing", api_cstr_or_null(l->id), "sku",
                        api_cstr_or_null(l->sku), "barcode", api_cstr_or_null(l->barcode), "title",
                        api_cstr_or_null(l->title), "code", api_cstr_or_null(l->conflict)));
}

static json_t *listings_json(const struct probing *p, const struct sync_probe_view *view)
{
    struct listing_lists lists = {json_array(), json_array(),
                                  p->all ? PROBE_LISTINGS_MAX : PROBE_LISTED_MAX};
    sync_probe_listings(p->probe, add_listing, &lists);
    return json_pack("{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "read",
                     (json_int_t)view->listings, "whole", view->listings_whole, "by_sku",
                     (json_int_t)view->by_sku, "by_barcode", (json_int_t)view->by_barcode,
                     "unmatched", (json_int_t)view->unmatched, "conflicts",
                     (json_int_t)view->conflicts, "not_ours", (json_int_t)view->not_ours,
                     "unmatched_listings", lists.unmatched, "conflict_listings", lists.conflicts);
}

static json_t *result_json(struct probing *p, const struct sync_probe_view *view)
{
    json_t *warnings = json_array(), *denied = json_array(), *warehouses = json_array();
    sync_probe_warnings(p->probe, add_warning, warnings);
    sync_probe_denied(p->probe, add_denied, denied);
    sync_probe_warehouses(p->probe, add_warehouse, warehouses);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:O}", "event", "result", "identity",
                     api_cstr_or_null(view->identity), "same_as", api_cstr_or_null(view->same),
                     "key_expires", api_time(view->key_expires_ms), "warnings", warnings, "denied",
                     denied, "warehouses", warehouses, "listings", listings_json(p, view), "file",
                     p->file);
}

/* ---- the stream */

static void tell_end(struct follow *f, struct probing *p, const struct sync_probe_view *view)
{
    if (view->ok) {
        follow_end(f, result_json(p, view));
        return;
    }
    static const char what_to_do[] = "; the marketplace does not accept these credentials: see "
                                     "that the key is whole, still valid, and of this seller";
    char *detail = mem_format("%s: %s%s", view->code, view->text, view->refused ? what_to_do : "");
    follow_end(f, json_pack("{s:s, s:s, s:o, s:s, s:b}", "event", "failed", "code",
                            view->refused ? "denied" : "io", "detail", api_text(bytes_text(detail)),
                            "stage", view->stage, "refused", view->refused));
    mem_free(detail);
}

static bool probe_tell(struct follow *f)
{
    struct probing *p = f->state;
    struct sync_probe_view view;
    sync_probe_view(p->probe, &view);
    if (view.ended) {
        tell_end(f, p, &view);
        return false;
    }
    json_t *now = json_pack("{s:s, s:s, s:i, s:i, s:I, s:o}", "event", "progress", "stage",
                            view.stage, "number", (int)view.number, "stages", (int)view.stages,
                            "done", (json_int_t)view.done, "total",
                            view.total ? json_integer(view.total) : json_null());
    if (!json_equal(now, p->told)) {
        json_decref(p->told);
        p->told = json_incref(now);
        follow_line(f, json_incref(now));
    }
    json_decref(now);
    return false;
}

static void probing_free(void *state)
{
    struct probing *p = state;
    sync_probe_free(p->probe);
    json_decref(p->file);
    json_decref(p->told);
    mem_free(p);
}

static const struct follow_kind probe_kind = {NULL, probe_tell, probing_free};

static void probe_changed(void *ctx)
{
    follows_changed(ctx, WAKES_PROBES);
}

/* Nothing can be asked before a person has given their consent. */
static void answer_login(struct probing *p)
{
    struct http_exchange *exchange = p->exchange;
    http_answer_stream_begin(exchange, 200, "application/x-ndjson", NULL);
    http_answer_stream_json(
        exchange, json_pack("{s:s, s:b, s:O}", "event", "result", "login", 1, "file", p->file));
    http_answer_stream_end(exchange);
    probing_free(p);
}

static void drafted(void *arg, enum status status, const struct error *error,
                    const struct api_draft *draft)
{
    struct probing *p = arg;
    struct api *api = p->api;
    if (status != ST_OK) {
        http_answer_error(p->exchange, error);
        probing_free(p);
    } else {
        p->file = json_pack("{s:s, s:s, s:I, s:I}", "path", draft->path, "text", draft->text, "uid",
                            (json_int_t)geteuid(), "gid", (json_int_t)getegid());
        if (draft->login) {
            answer_login(p);
        } else {
            const struct sync_probe_options options = {
                .account = {.name = p->name,
                            .instance = draft->instance,
                            .allow_plain_http = p->allow_plain_http},
                .changed = probe_changed,
                .ctx = api};
            p->probe = sync_probe_start(api->services.sync, &options);
            follow_start(api, p->exchange, &probe_kind, p, WAKES_PROBES);
        }
    }
    api->busy--;
    api_maybe_closed(api);
}

/* ---- the request */

static bool all_texts(const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)object, name, value)
        if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
            return false;
    return true;
}

/* What is wrong with the body, or NULL. */
static const char *wrong(const json_t *body)
{
    static const char *const texts[] = {"name", "plugin", "orders"};
    static const char *const objects[] = {"options", "secrets", "endpoints"};
    static const char *const switches[] = {"dry_run", "allow_plain_http", "all"};
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)body, name, value) {
        int kind = 0;
        for (int i = 0; i < 3; i++) {
            if (strcmp(name, texts[i]) == 0) kind = 1;
            if (strcmp(name, objects[i]) == 0) kind = 2;
            if (strcmp(name, switches[i]) == 0) kind = 3;
        }
        if (kind == 0) return "there is a member that is not known here; see docs/api.md";
        if (kind == 1 && !json_is_string(value)) return "'name', 'plugin' and 'orders' are texts";
        if (kind == 2 && (!json_is_object(value) || !all_texts(value)))
            return "'options', 'secrets' and 'endpoints' are objects of texts";
        if (kind == 3 && !json_is_boolean(value))
            return "'dry_run', 'allow_plain_http' and 'all' are true or false";
    }
    const char *orders = json_string_value(json_object_get(body, "orders"));
    if (orders && strcmp(orders, "import") != 0 && strcmp(orders, "external") != 0)
        return "'orders' is 'import' or 'external'";
    if (!json_object_get(body, "name") || !json_object_get(body, "plugin"))
        return "'name' and 'plugin' are required";
    return NULL;
}

static void wipe(json_t *body)
{
    const char *name;
    json_t *value;
    json_object_foreach (json_object_get(body, "secrets"), name, value)
        if (json_is_string(value))
            explicit_bzero((char *)json_string_value(value), json_string_length(value));
}

static void post_probe(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    json_t *body = http_body_object(exchange);
    if (!body) return;
    const char *mistake = wrong(body);
    if (mistake) {
        http_answer_problem(exchange, 400, "invalid", "%s", mistake);
    } else if (!api->services.draft || !api->services.sync) {
        http_answer_problem(exchange, 501, "unsupported", "this daemon adds no accounts");
    } else {
        struct probing *p = mem_alloc(sizeof *p);
        p->api = api;
        p->exchange = exchange;
        p->all = json_is_true(json_object_get(body, "all"));
        p->allow_plain_http = json_is_true(json_object_get(body, "allow_plain_http"));
        snprintf(p->name, sizeof p->name, "%s", json_string_value(json_object_get(body, "name")));
        api->busy++;
        api->services.draft(api->services.ctx, body, drafted, p);
        json_decref(body); /* wiped by the daemon, which still reads it */
        return;
    }
    wipe(body);
    json_decref(body);
}

static void get_file(struct http_exchange *exchange)
{
    const struct api_services *services = &api_of(exchange)->services;
    struct bytes name = http_path(exchange, "name");
    json_t *file = services->account_file ? services->account_file(services->ctx, name.data) : NULL;
    if (file)
        http_answer_json(exchange, 200, file);
    else
        http_answer_problem(exchange, 404, "not-found", "no file of conf.d has an account '%.80s'",
                            (const char *)name.data);
}

const struct http_route api_probe_routes[] = {
    {.method = "POST",
     .pattern = "/v1/accounts/probe",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_probe,
     .summary = "looks at an account before it is one",
     .accept = "application/json"},
    {.method = "GET",
     .pattern = "/v1/accounts/{name}/file",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = get_file,
     .summary = "where it stands in conf.d"},
    {0},
};
