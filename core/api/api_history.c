/* What happened: /v1/history. */
#include "api/api_history.h"
#include "query/history.h"

#include <stdlib.h>
#include <string.h>

enum { EVENT_FIGURES_MAX = 20, EVENT_CHANGES_MAX = 50 }; /* shown of one event */

static struct bytes text_of(const char *text)
{
    return bytes_text(text ? text : "");
}

/* ---- one event */

struct event_rows {
    struct query *query;
    json_t *list;
    uint32_t seen;
};

json_t *api_figures_side(int64_t on_hand, int64_t reserved, bool known)
{
    if (!known) return json_pack("{s:n, s:n}", "on_hand", "reserved");
    return json_pack("{s:I, s:I}", "on_hand", (json_int_t)on_hand, "reserved",
                     (json_int_t)reserved);
}

static bool add_figure(void *ctx, const struct query_event_figure *f)
{
    const struct event_rows *rows = ctx;
    const struct ledger_record *e = &f->entry;
    json_array_append_new(
        rows->list,
        json_pack("{s:o, s:o, s:s, s:o, s:o}", "sku",
                  api_text_or_null(query_sku(rows->query, f->product)), "warehouse",
                  api_cstr_or_null(f->warehouse ? f->warehouse->key : NULL), "cause",
                  cause_name((enum cause)e->cause), "before",
                  api_figures_side(e->on_hand_before, e->reserved_before, !e->first), "after",
                  api_figures_side(e->on_hand_after, e->reserved_after, !e->gone)));
    return true;
}

/* Barcodes are one value with zero bytes between them: for people a space does. */
static json_t *value_json(const struct change_view *c, struct bytes value)
{
    if (value.size == 0) return json_null();
    if (!bytes_equal(c->key, bytes_text("barcodes"))) return api_text(value);
    struct buf text;
    buf_init(&text, RECORD_MAX);
    for (size_t i = 0; i < value.size; i++) {
        char byte = ((const char *)value.data)[i];
        buf_char(&text, byte == CHANGE_BARCODES_SEPARATOR ? ' ' : byte);
    }
    json_t *json = api_text(bytes_of(text.data, text.size));
    buf_free(&text);
    return json;
}

json_t *api_sku_of(struct query *query, uint64_t product)
{
    return product ? api_text_or_null(query_sku(query, product)) : json_null();
}

static json_t *listing_json(struct query *query, const struct change_view *c)
{
    struct listing_view view;
    const uint8_t *at = c->key.data;
    json_t *json = json_pack("{s:s, s:o, s:o}", "what", "listing", "old",
                             api_sku_of(query, c->other), "new", api_sku_of(query, c->product));
    if (c->key.size != 12) return json;
    const struct directory_account *account =
        directory_account(query->directory, bytes_get_u32(at));
    json_object_set_new(json, "account", api_cstr_or_null(account ? account->name : NULL));
    if (query_load_listing(query, bytes_get_u32(at), bytes_get_u64(at + 4), &view) == ST_OK)
        json_object_set_new(json, "listing", api_text(view.id));
    return json;
}

static json_t *rule_json(struct query *query, const struct change_view *c)
{
    uint32_t no = c->key.size > 4 ? bytes_get_u32(c->key.data) : 0;
    const struct directory_account *account = no ? directory_account(query->directory, no) : NULL;
    struct bytes word =
        bytes_of((const char *)c->key.data + 4, c->key.size > 4 ? c->key.size - 4 : 0);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "what", "rule", "sku",
                     api_sku_of(query, c->product), "account",
                     api_cstr_or_null(account ? account->name : NULL), "field", api_text(word),
                     "old", api_text_or_null(c->old), "new", api_text_or_null(c->new));
}

static json_t *setting_json(const struct change_view *c)
{
    struct bytes words = bytes_of("", 0);
    if (c->key.size > CHANGE_SETTING_HEAD)
        words = bytes_of((const char *)c->key.data + CHANGE_SETTING_HEAD,
                         c->key.size - CHANGE_SETTING_HEAD);
    return json_pack("{s:s, s:o, s:o, s:o}", "what", "setting", "setting", api_text(words), "old",
                     api_text_or_null(c->old), "new", api_text_or_null(c->new));
}

json_t *api_change_json(struct query *query, const struct change_view *c)
{
    switch (c->what) {
    case CHANGE_FIELD:
        return json_pack("{s:s, s:o, s:o, s:o, s:o}", "what", "field", "sku",
                         api_sku_of(query, c->product), "field", api_text(c->key), "old",
                         value_json(c, c->old), "new", value_json(c, c->new));
    case CHANGE_LISTING: return listing_json(query, c);
    case CHANGE_RULE: return rule_json(query, c);
    case CHANGE_SETTING: return setting_json(c);
    case CHANGE_MADE:
        return json_pack("{s:s, s:o}", "what", "made", "sku", api_text_or_null(c->new));
    case CHANGE_GONE:
        return json_pack("{s:s, s:o, s:o}", "what", c->other ? "merged" : "deleted", "sku",
                         api_text_or_null(c->key), "new", api_sku_of(query, c->other));
    default:
        return json_pack("{s:s, s:o, s:o}", "what", change_what_name(c->what), "old",
                         api_sku_of(query, c->other), "new", api_sku_of(query, c->product));
    }
}

static bool add_change(void *ctx, const struct change_view *change)
{
    struct event_rows *rows = ctx;
    rows->seen++;
    if (change->what != CHANGE_FIGURE)
        json_array_append_new(rows->list, api_change_json(rows->query, change));
    return true;
}

struct events {
    struct query *query;
    json_t *items;
    enum status status;
};

/* The moment of an event whose command is no longer kept: its ledger still knows. */
static bool note_time(void *ctx, const struct query_event_figure *figure)
{
    *(int64_t *)ctx = figure->entry.time_ms;
    return false;
}

enum status api_event_json(struct query *query, const struct query_event *event, json_t **json)
{
    struct event_rows figures = {query, json_array(), 0}, changes = {query, json_array(), 0};
    int64_t time_ms = event->time_ms;
    enum status status = query_event_figures(query, event, EVENT_FIGURES_MAX, add_figure, &figures);
    if (status == ST_OK)
        status = query_event_changes(query, event, EVENT_CHANGES_MAX, add_change, &changes);
    if (status == ST_OK && !time_ms)
        status = query_event_figures(query, event, 1, note_time, &time_ms);
    bool more =
        json_array_size(figures.list) == EVENT_FIGURES_MAX || changes.seen == EVENT_CHANGES_MAX;
    *json =
        json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "sequence",
                  (json_int_t)event->sequence, "time", api_time(time_ms), "kind",
                  history_kind_name(event->kind), "command",
                  api_cstr_or_null(command_kind_name(event->command)), "actor",
                  api_text_or_null(event->actor), "job",
                  event->group ? json_integer((json_int_t)event->group) : json_null(), "undone_by",
                  event->undone_by ? json_integer((json_int_t)event->undone_by) : json_null(),
                  "stock", figures.list, "changes", changes.list, "more", more);
    return status;
}

static bool add_event(void *ctx, const struct query_event *event)
{
    struct events *e = ctx;
    json_t *json;
    e->status = api_event_json(e->query, event, &json);
    json_array_append_new(e->items, json);
    return e->status == ST_OK;
}

/* ---- the list */

enum { SKU, WAREHOUSE, ACCOUNT, ACTOR, KIND, SINCE, UNTIL, JOB };

static enum status query_events(struct api_read *read, struct query *query)
{
    const char *const *texts = read->texts;
    struct events events = {query, json_array(), ST_OK};
    struct query_history filter = {.sku = text_of(texts[SKU]),
                                   .warehouse = text_of(texts[WAREHOUSE]),
                                   .account = text_of(texts[ACCOUNT]),
                                   .actor = text_of(texts[ACTOR])};
    if (texts[KIND]) filter.kind = (enum history_kind)history_kind_parse(texts[KIND]);
    if (texts[SINCE]) filter.from_ms = clock_parse(texts[SINCE]);
    if (texts[UNTIL]) filter.until_ms = clock_parse(texts[UNTIL]);
    if (texts[JOB]) filter.group = strtoull(texts[JOB], NULL, 10);
    struct query_page page = api_query_page(&read->page);
    enum status status = query_history(query, &filter, &page, add_event, &events);
    read->json = api_page_of(events.items, &page);
    return status == ST_OK ? events.status : status;
}

bool api_time_refused(struct http_exchange *exchange, const char *name)
{
    const char *text = http_query(exchange, name);
    if (!text || clock_parse(text) >= 0) return false;
    http_answer_problem(exchange, 400, "invalid",
                        "parameter '%s' is a time like 2026-09-21T14:30:00Z, not '%.40s'", name,
                        text);
    return true;
}

static void list_events(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"sku",  "warehouse", "account", "actor",
                                             "kind", "since",     "until",   "job"};
    _Static_assert(sizeof parameters / sizeof *parameters == API_TEXTS_MAX, "all of them fit");
    const char *kind = http_query(exchange, "kind");
    int64_t unused = 0;
    struct api_page page;
    if (kind && history_kind_parse(kind) < 0) {
        http_answer_problem(exchange, 400, "invalid",
                            "there is no kind '%.40s'; there are stock, transfer, order, import, "
                            "product, mapping, undo, setting, push and other",
                            kind);
        return;
    }
    if (api_time_refused(exchange, "since") || api_time_refused(exchange, "until") ||
        !http_query_int(exchange, "job", 1, INT64_MAX, &unused) || !api_page_take(exchange, &page))
        return;
    struct api_read *read = api_read_named(exchange, query_events, NULL);
    for (int i = 0; i < API_TEXTS_MAX; i++)
        read->texts[i] = http_query(exchange, parameters[i]);
    read->page = page;
    api_read_start(read);
}

const struct http_route api_history_routes[] = {
    {.method = "GET",
     .pattern = "/v1/history",
     .scope = HTTP_SCOPE_READ,
     .handle = list_events,
     .summary = "what happened, the newest first",
     .query = "sku warehouse account actor kind since until job limit cursor"},
    {0},
};
