/* Pages of rows: by cursor (V3, orders) and by offset (V1). A cursor remembers filter and sort and
 * where the last row stood, so that rows which come or move meanwhile are neither lost nor doubled
 * unless their sort key moved. Rows without a sort come in the order in which they were made. */
#include "marketsim/market_time.h"
#include "marketsim/wix/wix_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    size_t index;
    json_t *value; /* NULL: neither filter nor sort looks at it, and the source writes it */
    json_t *keys;  /* of the sort */
};

struct rows {
    struct row *list;
    size_t count, room;
    const json_t *sort, *filter;
    int64_t since_ms; /* what was updated before does not fit the filter */
};

static void rows_free(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        json_decref(rows->list[i].value);
        json_decref(rows->list[i].keys);
    }
    free(rows->list);
}

static json_t *keys_of(const json_t *value, const json_t *sort)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < json_array_size(sort); i++) {
        json_t *key = wix_filter_value(value, wix_body_text(json_array_get(sort, i), "fieldName"));
        json_array_append_new(keys, key ? json_incref(key) : json_null());
    }
    return keys;
}

static int compare_keys(const json_t *sort, const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < json_array_size(sort); i++) {
        int order = wix_filter_compare(json_array_get(a, i), json_array_get(b, i));
        if (strcmp(wix_body_text(json_array_get(sort, i), "order"), "DESC") == 0) order = -order;
        if (order) return order;
    }
    return 0;
}

static int compare_rows(const void *a, const void *b, void *sort)
{
    const struct row *left = a, *right = b;
    int order = compare_keys(sort, left->keys, right->keys);
    return order ? order : (left->index > right->index) - (left->index < right->index);
}

/* Of a filter on updatedDate, as it is written in answers: as texts such dates stand in the order
 * of their times. INT64_MIN: none. */
static int64_t asked_since(const json_t *filter)
{
    char again[MARKET_TIME_SIZE];
    int64_t ms;
    const json_t *from = json_object_get(json_object_get(filter, "updatedDate"), "$gte");
    const char *text = json_string_value(from);
    bool plain =
        text && market_time_parse(text, &ms) && strcmp(market_time_format(ms, again), text) == 0;
    return plain ? ms : INT64_MIN;
}

static void rows_add(struct rows *rows, size_t index, json_t *value, json_t *keys)
{
    if (rows->count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : 128;
        rows->list = market_realloc(rows->list, rows->room * sizeof(*rows->list));
    }
    rows->list[rows->count++] = (struct row){index, value, keys};
}

/* Takes the row where it fits; `after` is the last one shown, by its keys and index. */
static void rows_take(struct wix_call *call, const struct wix_source *source, struct rows *rows,
                      const struct wix_cursor *after, size_t index)
{
    if (source->updated_ms && source->updated_ms(call, index) < rows->since_ms) return;
    if (source->write && !rows->filter && !json_array_size(rows->sort)) {
        bool seen = !source->seen || source->seen(call, index);
        if (seen && (!after || !after->last || index > after->index))
            rows_add(rows, index, NULL, json_array());
        return;
    }
    json_t *value = source->render(call, index);
    if (!value) return;
    json_t *keys = keys_of(value, rows->sort);
    int order = after && after->last ? compare_keys(rows->sort, keys, after->last) : 1;
    bool past = !after || !after->last || order > 0 || (order == 0 && index > after->index);
    if (past && (!rows->filter || wix_filter_fits(rows->filter, value))) {
        rows_add(rows, index, value, keys);
        return;
    }
    json_decref(value);
    json_decref(keys);
}

static int compare_index(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* The rows that a filter on ids names, at its top: a new list, or NULL where any row may fit. */
static size_t *named_rows(const struct wix_call *call, const struct wix_source *source,
                          const json_t *filter, size_t *count)
{
    const json_t *ids = json_object_get(json_object_get(filter, "id"), "$in");
    const json_t *variants = json_object_get(json_object_get(filter, "variantId"), "$in");
    bool by_id = source->by_id && ids;
    if (!by_id && !(source->by_variant && variants)) return NULL;
    const json_t *asked = by_id ? ids : variants;
    size_t each = call->site->location_count + 1;
    size_t *indexes = market_alloc((json_array_size(asked) + 1) * each * sizeof(*indexes));
    *count = 0;
    for (size_t i = 0; i < json_array_size(asked); i++) {
        const char *id = json_string_value(json_array_get(asked, i));
        if (!id) continue;
        if (!by_id)
            *count += source->by_variant(call, id, indexes + *count);
        else if ((indexes[*count] = source->by_id(call, id)) != MARKET_MAP_NONE)
            ++*count;
    }
    return indexes;
}

static bool gather_named(struct wix_call *call, const struct wix_source *source, struct rows *rows,
                         const struct wix_cursor *after)
{
    size_t count, *indexes = named_rows(call, source, rows->filter, &count);
    if (!indexes) return false;
    qsort(indexes, count, sizeof(*indexes), compare_index);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || indexes[i] != indexes[i - 1])
            rows_take(call, source, rows, after, indexes[i]);
    free(indexes);
    return true;
}

static void gather(struct wix_call *call, const struct wix_source *source, struct rows *rows,
                   const struct wix_cursor *after, size_t enough)
{
    rows->since_ms = asked_since(rows->filter);
    bool sorted = json_array_size(rows->sort) > 0;
    size_t first = !sorted && after && after->last ? after->index + 1 : 0;
    if (!gather_named(call, source, rows, after))
        for (size_t i = first; i < source->count(call) && (sorted || rows->count < enough); i++)
            rows_take(call, source, rows, after, i);
    if (!sorted || rows->count < 2) return;
    qsort_r(rows->list, rows->count, sizeof(*rows->list), compare_rows,
            (void *)(uintptr_t)rows->sort);
}

static void cursor_free(struct wix_cursor *cursor)
{
    json_decref(cursor->filter);
    json_decref(cursor->sort);
    json_decref(cursor->last);
    memset(cursor, 0, sizeof(*cursor));
}

void wix_cursors_free(struct wix_site *site)
{
    for (size_t i = 0; i < WIX_CURSORS; i++)
        cursor_free(&site->cursors[i]);
}

static struct wix_cursor *cursor_find(struct wix_call *call, const struct wix_source *source,
                                      const char *text)
{
    unsigned long long number;
    int len = 0;
    if (sscanf(text, "cursor.%llu%n", &number, &len) != 1 || text[len]) return NULL;
    struct wix_cursor *cursor = &call->site->cursors[number % WIX_CURSORS];
    return cursor->number == number && cursor->source == source ? cursor : NULL;
}

static bool sort_fits(const json_t *sort, const struct wix_field *fields)
{
    for (size_t i = 0; i < json_array_size(sort); i++) {
        const char *name = wix_body_text(json_array_get(sort, i), "fieldName");
        const struct wix_field *field = fields;
        while (field->name && strcmp(field->name, name) != 0)
            field++;
        if (!field->name || !field->sorts) return false;
    }
    return true;
}

/* What is asked for: out of the query, or out of the cursor that it names. */
static bool read_query(struct wix_call *call, const struct wix_source *source, const json_t *query,
                       struct wix_cursor *asked)
{
    const json_t *paging = json_object_get(query, "cursorPaging");
    const char *text = wix_body_text(paging, "cursor");
    json_t *filter = json_object_get(query, "filter"), *sort = json_object_get(query, "sort");
    char error[160];
    *asked = (struct wix_cursor){.source = source};
    if (*text) {
        struct wix_cursor *there = cursor_find(call, source, text);
        if (!there || json_object_size(filter) || json_array_size(sort)) {
            wix_invalid(call, "cursorPaging.cursor",
                        there ? "a cursor goes without filter and sort" : "invalid cursor", false);
            return false;
        }
        asked->filter = json_incref(there->filter);
        asked->sort = json_incref(there->sort);
        asked->last = json_incref(there->last);
        asked->index = there->index;
        asked->limit = (size_t)wix_body_int(paging, "limit", (int64_t)there->limit);
        return true;
    }
    if (filter && !wix_filter_check(filter, source->fields, error, sizeof(error))) {
        wix_invalid(call, "filter", error, false);
        return false;
    }
    if (!sort_fits(sort, source->fields)) {
        wix_invalid(call, "sort", "unsupported sort field", false);
        return false;
    }
    asked->filter = json_incref(filter);
    asked->sort = json_incref(sort);
    asked->limit = (size_t)wix_body_int(paging, "limit", (int64_t)source->otherwise);
    return true;
}

static void cursor_keep(struct wix_call *call, const struct wix_cursor *asked,
                        const struct row *last, char *text, size_t size)
{
    uint64_t number = ++call->site->cursors_made;
    struct wix_cursor *cursor = &call->site->cursors[number % WIX_CURSORS];
    cursor_free(cursor);
    *cursor = (struct wix_cursor){.number = number,
                                  .source = asked->source,
                                  .filter = json_deep_copy(asked->filter), /* the body's */
                                  .sort = json_deep_copy(asked->sort),
                                  .last = json_incref(last->keys),
                                  .index = last->index,
                                  .limit = asked->limit};
    snprintf(text, size, "cursor.%llu", (unsigned long long)number);
}

static void write_row(struct wix_call *call, const struct wix_source *source, const struct row *row,
                      struct market_answer *answer)
{
    if (source->write) {
        source->write(call, row->index, answer);
        return;
    }
    char *text = json_dumps(row->value, JSON_COMPACT);
    market_answer_text(answer, text ? text : "{}");
    free(text);
}

/* {"orders":[...],"metadata":{"count":2,"cursors":{"next":"..."},"hasNext":true}} */
static void write_page(struct wix_call *call, const struct wix_source *source,
                       const struct rows *rows, size_t shown, const char *next)
{
    struct market_answer *answer = wix_answer_begin(call);
    bool unsaid = strcmp(source->rows, "inventoryItems") == 0; /* whether there is more */
    market_answer_text(answer, "{");
    market_answer_string(answer, source->rows);
    market_answer_text(answer, ":[");
    for (size_t i = 0; i < shown; i++) {
        if (i) market_answer_text(answer, ",");
        write_row(call, source, &rows->list[i], answer);
    }
    market_answer_text(answer, "],");
    market_answer_string(answer, source->paging);
    market_answer_text(answer, ":{\"count\":");
    market_answer_int(answer, (int64_t)shown);
    market_answer_text(answer, ",\"cursors\":{");
    if (*next) {
        market_answer_text(answer, "\"next\":");
        market_answer_string(answer, next);
    }
    market_answer_text(answer, unsaid  ? "}}}"
                               : *next ? "},\"hasNext\":true}}"
                                       : "},\"hasNext\":false}}");
}

void wix_query_cursor(struct wix_call *call, const struct wix_source *source, const json_t *query)
{
    struct wix_cursor asked;
    char next[40] = "";
    if (!read_query(call, source, query, &asked)) return;
    if (!asked.limit) asked.limit = source->otherwise;
    struct rows rows = {.sort = asked.sort, .filter = asked.filter};
    gather(call, source, &rows, &asked, asked.limit + 1);
    size_t shown = rows.count < asked.limit ? rows.count : asked.limit;
    if (rows.count > shown) cursor_keep(call, &asked, &rows.list[shown - 1], next, sizeof(next));
    call->answer->items = shown;
    write_page(call, source, &rows, shown, next);
    rows_free(&rows);
    cursor_free(&asked);
}

json_t *wix_query_offset(struct wix_call *call, const struct wix_source *source,
                         const struct wix_offset_query *query, size_t *total)
{
    struct rows rows = {.sort = query->sort, .filter = query->filter};
    gather(call, source, &rows, NULL, SIZE_MAX);
    json_t *list = json_array();
    for (size_t i = query->offset; i < rows.count && i - query->offset < query->limit; i++)
        json_array_append(list, rows.list[i].value);
    *total = rows.count;
    call->answer->items = json_array_size(list);
    rows_free(&rows);
    return list;
}
