/* GET /v1/runs/{id}/refused: the rows of a run that could not be used, and why. Those of a file are
 * kept with its import, those of a reading with its run. */
#include "api/api_run.h"
#include "engine/run_bad.h"
#include "intake/import.h"

/* One row as JSON; NULL: it cannot be read. */
typedef json_t *refused_json(struct bytes key, struct bytes value);

static json_t *of_reading(struct bytes key, struct bytes value)
{
    struct run_bad bad;
    if (key.size != 12 || run_bad_read(value, &bad) != ST_OK) return NULL;
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "row",
                     (json_int_t)bytes_get_u32((const uint8_t *)key.data + 8) + 1, "code",
                     api_text(bad.code), "detail", api_text(bad.text), "listing",
                     api_text_or_null(bad.listing), "warehouse", api_text_or_null(bad.warehouse),
                     "place", api_text_or_null(bad.place), "figure", api_figure(bad.figure));
}

static json_t *of_file(struct bytes key, struct bytes value)
{
    struct bytes reason;
    uint32_t column;
    if (key.size != 16 || import_refusal_read(value, &column, &reason) != ST_OK) return NULL;
    return json_pack("{s:I, s:o, s:s, s:o}", "row",
                     (json_int_t)bytes_get_u64((const uint8_t *)key.data + 8), "column",
                     column ? json_integer(column) : json_null(), "code", "file", "detail",
                     api_text(reason));
}

static enum status walk(struct api_read *read, struct query *query, enum store_table table,
                        refused_json *json)
{
    uint8_t prefix[8];
    struct bytes key, value, next = bytes_of("", 0);
    bytes_put_u64(prefix, read->number);
    struct bytes all = bytes_of(prefix, sizeof prefix);
    struct bytes from =
        read->page.from_size ? bytes_of(read->page.from, read->page.from_size) : all;
    json_t *items = json_array(), *item;
    struct store_cursor *cursor = store_cursor(query->txn, table);
    enum status status = store_seek(cursor, from, &key, &value);
    while (status == ST_OK && key_starts(key, all)) {
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        item = json(key, value);
        if (!item) status = ST_DAMAGED;
        if (!item) break;
        json_array_append_new(items, item);
        status = store_next(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(query, "run_bad");
}

static enum status query_refused(struct api_read *read, struct query *query)
{
    struct run_view run;
    enum status status = run_find(query, read->number, &run);
    if (status != ST_OK) return status;
    bool file = bytes_equal(run.kind, bytes_text("import"));
    return walk(read, query, file ? TABLE_JOB_BAD : TABLE_RUN_BAD, file ? of_file : of_reading);
}

static void list_refused(struct http_exchange *exchange)
{
    const char *id = http_path(exchange, "id").data;
    struct api_page page;
    uint64_t number = run_number(id);
    if (!number) {
        http_answer_problem(exchange, 404, "not-found",
                            "there is no run '%.80s' that is over; `stockctl run list` shows those "
                            "there are",
                            id);
        return;
    }
    if (!api_page_take(exchange, &page)) return;
    struct api_read *read = api_read_new(exchange, query_refused);
    read->number = number;
    read->page = page;
    api_read_start(read);
}

const struct http_route api_refused_routes[] = {
    {.method = "GET",
     .pattern = "/v1/runs/{id}/refused",
     .scope = HTTP_SCOPE_READ,
     .handle = list_refused,
     .summary = "its rows that could not be used, and why",
     .query = "limit cursor"},
    {0},
};
