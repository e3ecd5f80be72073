/* What a run is about and what it did: warehouses, links, batches. [worker] */
#include "api/api_run.h"
#include "api/api_sends.h"

#include <stdio.h>
#include <string.h>

enum { BATCHES_MAX = 200 }; /* the newest; `stockctl sends --run` has each figure */

/* ---- places */

enum status run_add_places(struct query *query, const struct run_view *run, json_t *json)
{
    const struct directory *d = query->directory;
    const struct directory_account *of = directory_account_by_name(d, run->account);
    json_t *places = json_array();
    for (uint32_t i = 0; i < d->link_count; i++) {
        const struct directory_link *link = &d->links[i];
        if (run->account.size && (!of || link->account != of->no)) continue;
        if (run->only_warehouse && link->warehouse != run->only_warehouse) continue;
        const struct directory_account *account = directory_account(d, link->account);
        const struct directory_remote *remote = directory_remote(d, link->account, link->remote);
        const struct directory_warehouse *warehouse = directory_warehouse(d, link->warehouse);
        json_array_append_new(
            places, json_pack("{s:o, s:o, s:o, s:o}", "warehouse",
                              api_cstr_or_null(warehouse ? warehouse->key : NULL), "account",
                              api_cstr_or_null(account ? account->name : NULL), "remote",
                              api_cstr_or_null(remote ? remote->id : NULL), "remote_name",
                              api_cstr_or_null(remote ? remote->name : NULL)));
    }
    json_object_set_new(json, "places", places);
    return ST_OK;
}

/* ---- batches: the rows of one request, as far as they are this run's */

struct gathering {
    json_t *batches, *batch, *results, *remotes;
    uint64_t sequence;
    int64_t sent_ms;
};

static void add_one(json_t *counts, const char *name)
{
    json_int_t now = json_integer_value(json_object_get(counts, name));
    json_object_set_new(counts, name, json_integer(now + 1));
}

static void add_remote(json_t *remotes, const char *id)
{
    const json_t *known;
    size_t i;
    json_array_foreach (remotes, i, known)
        if (strcmp(json_string_value(known), id) == 0) return;
    json_array_append_new(remotes, json_string(id));
}

static bool gather(void *ctx, const struct query_send *s)
{
    struct gathering *g = ctx;
    if (!g->batch || g->sequence != s->sequence) {
        if (json_array_size(g->batches) == BATCHES_MAX) return false;
        g->results = json_object();
        g->remotes = json_array();
        g->sequence = s->sequence;
        g->sent_ms = INT64_MAX;
        g->batch = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "sequence", (json_int_t)s->sequence,
                             "batch", api_batch_id(s->head.batch), "account",
                             api_cstr_or_null(s->account ? s->account->name : NULL), "remotes",
                             g->remotes, "ended", api_time(s->head.time_ms), "results", g->results);
        json_array_append_new(g->batches, g->batch);
    }
    if (s->remote) add_remote(g->remotes, s->remote->id);
    add_one(g->results, send_result_name(s->item.result));
    add_one(g->batch, "items");
    if (s->item.sent_ms < g->sent_ms) g->sent_ms = s->item.sent_ms;
    json_object_set_new(g->batch, "sent", api_time(s->item.result == SEND_EQUAL ? 0 : g->sent_ms));
    return true;
}

enum status run_add_batches(struct query *query, uint64_t number, json_t *json)
{
    char id[24];
    uint8_t place[QUERY_PLACE_MAX];
    struct query_sends filter = {.result = NULL};
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    struct gathering g = {.batches = json_array()};
    snprintf(id, sizeof id, "r%llu", (unsigned long long)number);
    enum status status = api_sends_of_run(query, id, &filter);
    do {
        if (status == ST_OK) status = query_sends(query, &filter, &page, gather, &g);
        memcpy(place, page.next, page.next_size);
        page.from = bytes_of(place, page.next_size);
    } while (status == ST_OK && page.next_size && json_array_size(g.batches) < BATCHES_MAX);
    json_object_set_new(json, "batches", g.batches);
    return status;
}
