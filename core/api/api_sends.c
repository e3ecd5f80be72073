/* What was sent, and what became of it: /v1/sends. */
#include "api/api_sends.h"
#include "api/api_history.h"
#include "api/api_run.h"

#include "base/mem.h"

#include <stdio.h>

enum { ACCOUNT, SKU, RESULT, SINCE, UNTIL, RUN }; /* parameters of the list */

json_t *api_batch_id(struct bytes batch)
{
    char hex[2 * OPERATION_ID_SIZE + 1] = "";
    if (batch.size != OPERATION_ID_SIZE) return json_null();
    for (size_t i = 0; i < batch.size; i++)
        snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)batch.data)[i]);
    return json_string(hex);
}

/* ---- of which push */

enum { PUSHES_MAX = 200 }; /* the newest ones; what was sent before them names none */

struct push_seen {
    uint64_t number, product;
    uint32_t account, warehouse;
    int64_t started_ms, ended_ms;
};
struct pushes {
    struct push_seen list[PUSHES_MAX];
    uint32_t count;
};

static void find_pushes(struct query *query, struct pushes *pushes)
{
    enum { LOOKED_AT_MAX = 5000 };
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_RUN);
    enum status status = store_last(cursor, &key, &value);
    for (uint32_t seen = 0; status == ST_OK && seen < LOOKED_AT_MAX && pushes->count < PUSHES_MAX;
         seen++, status = store_prev(cursor, &key, &value)) {
        struct run_view run;
        if (key.size != 8 || run_read(value, &run) != ST_OK || !run_is_push(&run)) continue;
        pushes->list[pushes->count++] = (struct push_seen){.number = bytes_get_u64(key.data),
                                                           .product = run.only_product,
                                                           .account = run.only_account,
                                                           .warehouse = run.only_warehouse,
                                                           .started_ms = run.started_ms,
                                                           .ended_ms = run.ended_ms};
    }
    store_cursor_close(cursor);
}

/* The push that went on and was about it; null when there was none: it was sent by itself. */
static json_t *push_of(struct query *query, const struct pushes *pushes,
                       const struct send_item *item)
{
    const struct target_id *id = &item->target;
    for (uint32_t i = 0; i < pushes->count; i++) {
        const struct push_seen *p = &pushes->list[i];
        if (item->sent_ms < p->started_ms || (p->ended_ms && item->sent_ms > p->ended_ms)) continue;
        if (p->account && p->account != id->account) continue;
        if (p->product && p->product != id->product) continue;
        if (p->warehouse &&
            !directory_feeds(query->directory, p->warehouse, id->account, id->remote))
            continue;
        return json_sprintf("r%llu", (unsigned long long)p->number);
    }
    return json_null();
}

/* ---- the list */

struct listing_sends {
    struct query *query;
    struct pushes *pushes;
    json_t *items;
};

static bool add_send(void *ctx, const struct query_send *s)
{
    const struct listing_sends *l = ctx;
    const struct send_item *item = &s->item;
    json_t *json = json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sequence", (json_int_t)s->sequence,
        "sent", api_time(item->result == SEND_EQUAL ? 0 : item->sent_ms), "ended",
        api_time(s->head.time_ms), "account",
        api_cstr_or_null(s->account ? s->account->name : NULL), "sku", api_text_or_null(s->sku),
        "warehouse", api_cstr_or_null(s->remote ? s->remote->id : NULL), "value",
        api_figure(item->value), "before", api_figure(item->before), "after",
        api_figure(item->after));
    json_object_set_new(json, "result", json_string(send_result_name(item->result)));
    json_object_set_new(json, "code", api_text_or_null(item->code));
    json_object_set_new(json, "text", api_text_or_null(item->text));
    json_object_set_new(json, "batch", api_batch_id(s->head.batch));
    json_object_set_new(json, "run", push_of(l->query, l->pushes, item));
    json_object_set_new(json, "listing", api_text_or_null(s->listing));
    json_array_append_new(l->items, json);
    return true;
}

enum status api_sends_of_run(struct query *query, const char *id, struct query_sends *filter)
{
    struct run_view run;
    uint64_t number = run_number(id);
    enum status status = number ? run_find(query, number, &run) : ST_NOT_FOUND;
    if (!number)
        error_set(query->error, ST_NOT_FOUND,
                  "there is no run '%.40s'; `stockctl run list` shows those there are", id);
    if (status != ST_OK) return status;
    if (!run_is_push(&run))
        return error_set(query->error, ST_INVALID,
                         "run %s is '%.*s', which sends nothing; a push does", id,
                         (int)run.kind.size, (const char *)run.kind.data);
    filter->sent_from_ms = run.started_ms;
    filter->sent_until_ms = run.ended_ms;
    filter->of_account = run.only_account;
    filter->of_warehouse = run.only_warehouse;
    filter->of_product = run.only_product;
    return ST_OK;
}

static struct bytes text_of(const char *text)
{
    return bytes_text(text ? text : "");
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const char *const *texts = read->texts;
    struct query_sends filter = {
        .account = text_of(texts[ACCOUNT]), .sku = text_of(texts[SKU]), .result = texts[RESULT]};
    if (texts[SINCE]) filter.since_ms = clock_parse(texts[SINCE]);
    if (texts[UNTIL]) filter.until_ms = clock_parse(texts[UNTIL]);
    enum status status = texts[RUN] ? api_sends_of_run(query, texts[RUN], &filter) : ST_OK;
    if (status != ST_OK) return status;
    struct query_page page = api_query_page(&read->page);
    struct listing_sends l = {query, mem_alloc(sizeof *l.pushes), json_array()};
    find_pushes(query, l.pushes);
    status = query_sends(query, &filter, &page, add_send, &l);
    read->json = api_page_of(l.items, &page);
    mem_free(l.pushes);
    return status;
}

static void list_sends(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "sku", "result", "since",
                                             "until",   "run", NULL};
    const char *result = http_query(exchange, "result");
    if (api_time_refused(exchange, "since") || api_time_refused(exchange, "until")) return;
    if (result && !send_result_known(result))
        http_answer_problem(
            exchange, 400, "invalid",
            "there is no result '%.40s'; there are done, equal, unresolved, failed, "
            "rejected and not-sent",
            result);
    else
        api_read_list(exchange, query_list, parameters);
}

const struct http_route api_send_routes[] = {
    {.method = "GET",
     .pattern = "/v1/sends",
     .scope = HTTP_SCOPE_READ,
     .handle = list_sends,
     .summary = "what was sent, the newest first, and what became of it",
     .query = "account sku result since until run limit cursor"},
    {0},
};
