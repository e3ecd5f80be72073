/* /v1/exposure: how many pieces may be sold that are sold already, the worst first. */
#include "api/api_exposure.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BY_ACCOUNT, LIMIT };

json_t *api_exposure_json(const struct query *query, const struct exposure *e)
{
    const struct directory_account *account = directory_account(query->directory, e->account);
    return json_pack("{s:o, s:f, s:I, s:i, s:I, s:I, s:I, s:I}", "account",
                     api_cstr_or_null(account ? account->name : NULL), "exposure",
                     (double)e->milli / EXPOSURE_MILLI, "sold", (json_int_t)e->sold, "days",
                     EXPOSURE_DAYS, "visibility_ms", (json_int_t)e->visibility_ms, "propagation_ms",
                     (json_int_t)e->propagation_ms, "buffer", (json_int_t)e->buffer, "shown",
                     (json_int_t)e->shown);
}

/* ---- by account */

static struct api_exposed *exposed(struct api_exposures *to, uint32_t account)
{
    for (size_t i = 0; i < to->count; i++)
        if (to->list[i].account == account) return &to->list[i];
    if (to->count == API_EXPOSED_MAX) return NULL;
    to->list[to->count] = (struct api_exposed){.account = account};
    return &to->list[to->count++];
}

static void sum_up(const struct exposures *all, struct api_exposures *to)
{
    for (size_t i = 0; i < all->count; i++) {
        struct api_exposed *one = exposed(to, all->list[i].account);
        if (!one) continue;
        if (all->list[i].milli > one->max_milli) one->max_milli = all->list[i].milli;
        one->sum_milli += all->list[i].milli;
    }
}

enum status api_exposures_read(struct query *query, int64_t now_ms, struct api_exposures *to)
{
    struct exposures all;
    enum status status = query_exposures(query, now_ms, &all);
    *to = (struct api_exposures){.at_ms = now_ms};
    if (status == ST_OK) sum_up(&all, to);
    mem_free(all.list);
    return status;
}

static json_t *accounts_json(const struct query *query, const struct exposures *all)
{
    struct api_exposures *sums = mem_alloc(sizeof *sums);
    json_t *list = json_array();
    sum_up(all, sums);
    for (size_t i = 0; i < sums->count; i++) {
        const struct directory_account *account =
            directory_account(query->directory, sums->list[i].account);
        json_array_append_new(list,
                              json_pack("{s:o, s:f, s:f}", "account",
                                        api_cstr_or_null(account ? account->name : NULL), "max",
                                        (double)sums->list[i].max_milli / EXPOSURE_MILLI, "sum",
                                        (double)sums->list[i].sum_milli / EXPOSURE_MILLI));
    }
    mem_free(sums);
    return list;
}

/* ---- the list */

static enum status query_list(struct api_read *read, struct query *query)
{
    struct exposures all;
    const struct directory_account *only = NULL;
    const char *name = read->texts[BY_ACCOUNT];
    if (name) only = directory_account_by_name(query->directory, bytes_text(name));
    if (name && !only) return api_no_account(bytes_text(name), query->error);
    enum status status = query_exposures(query, api_now_ms(read->api), &all);
    json_t *items = json_array();
    for (size_t i = 0; i < all.count && json_array_size(items) < read->page.limit; i++) {
        const struct exposure *e = &all.list[i];
        if (only && e->account != only->no) continue;
        json_t *item = api_exposure_json(query, e);
        json_object_set_new(item, "sku", api_text_or_null(query_sku(query, e->product)));
        json_array_append_new(items, item);
    }
    read->json = json_pack("{s:o, s:n, s:o, s:b}", "items", items, "next", "accounts",
                           accounts_json(query, &all), "whole", all.whole);
    mem_free(all.list);
    return status;
}

static void get_exposure(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", NULL};
    int64_t limit = HTTP_PAGE_DEFAULT;
    if (!http_query_int(exchange, "limit", 1, HTTP_PAGE_MAX, &limit)) return;
    struct api_read *read = api_read_named(exchange, query_list, parameters);
    read->page.limit = (uint32_t)limit;
    api_read_start(read);
}

const struct http_route api_exposure_routes[] = {
    {.method = "GET",
     .pattern = "/v1/exposure",
     .scope = HTTP_SCOPE_READ,
     .handle = get_exposure,
     .summary = "how many pieces may be sold that are sold already, the worst first",
     .query = "account limit"},
    {0},
};
