/* What a delivery says: its body into the payload of a command. Pure. Whatever is not understood is
 * refused by name and place, like any other body of the API. */
#include "api/api_hook_private.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum hook_verdict bad(struct hook_reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum hook_verdict bad(struct hook_reading *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->request.said, sizeof r->request.said, format, args);
    va_end(args);
    return HOOK_BAD;
}

/* ---- members */

/* All members are of these (separated by blanks). */
static bool only(struct hook_reading *r, const json_t *object, const char *names, const char *where)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        size_t size = strlen(name);
        bool known = false;
        for (const char *at = names; *at && !known; at += strcspn(at, " "), at += *at == ' ')
            known = strcspn(at, " ") == size && strncmp(at, name, size) == 0;
        if (known) continue;
        bad(r, "%s has an unknown member '%.40s'; there are: %s", where, name, names);
        return false;
    }
    return true;
}

/* -1: neither a text nor a number that is a time; 0: absent. */
static int64_t time_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    char text[24];
    if (!value || json_is_null(value)) return 0;
    if (json_is_string(value)) return hook_time(json_string_value(value));
    if (!json_is_integer(value)) return -1;
    snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    return hook_time(text);
}

static bool is_id(const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) return false;
    return size > 0 && size <= HOOK_ID_MAX;
}

/* ---- the delivery itself */

static void delivery_hash(struct hook_reading *r, struct hook_head *head)
{
    const struct hook_request *q = &r->request;
    uint8_t hash[DIGEST_SIZE];
    struct digest *digest = digest_new();
    if (r->id[0]) {
        digest_add(digest, bytes_of("id", 3));
        digest_add(digest, bytes_text(r->id));
    } else { /* what was signed, time and all: the same values at another time are another delivery
              */
        digest_add(digest, bytes_of("signed", 7));
        digest_add(digest, bytes_text(q->timestamp));
        digest_add(digest, bytes_of(".", 1));
        digest_add(digest, q->body);
    }
    digest_end(digest, hash);
    digest_free(digest);
    memcpy(head->delivery, hash, sizeof head->delivery);
}

static enum hook_verdict read_head(struct hook_reading *r, struct hook_head *head, int64_t *told_ms)
{
    const struct api_hook *s = &r->request.slot->settings;
    const json_t *id = json_object_get(r->json, "id"), *test = json_object_get(r->json, "test");
    bool in_body = s->signs == API_HOOK_BODY;
    const char *text = id && json_is_string(id)               ? json_string_value(id)
                       : in_body || (id && !json_is_null(id)) ? NULL
                                                              : r->request.id;
    *told_ms = time_of(r->json, "time");
    if (id && !json_is_string(id) && !json_is_null(id)) return bad(r, "'id' is not a text");
    if (in_body && (!text || *told_ms == 0))
        return bad(r, "of this hook the body alone is signed, so it needs the members 'id' (of the "
                      "delivery) and 'time'");
    if (s->signs == API_HOOK_ID_TIME && !r->request.id)
        return bad(r, "the header %.40s with the delivery's id is missing", s->delivery_header);
    if (s->signs == API_HOOK_ID_TIME) text = r->request.id;
    if (text && !is_id(text))
        return bad(r, "a delivery's id is 1 to %d characters without control characters",
                   HOOK_ID_MAX);
    if (*told_ms < 0)
        return bad(r, "'time' is neither seconds or milliseconds since 1970 nor RFC 3339");
    if (test && !json_is_boolean(test)) return bad(r, "'test' is not true or false");
    if (in_body && !hook_is_fresh(&r->request, *told_ms)) return HOOK_STALE;
    r->test = json_is_true(test);
    snprintf(r->id, sizeof r->id, "%s", text ? text : "");
    head->name = bytes_text(s->name);
    head->warehouse = bytes_text(s->warehouse);
    head->least_ms = 2 * s->window_ms + HOOK_MARGIN_MS;
    head->keep_ms = s->keep_ms > head->least_ms ? s->keep_ms : head->least_ms;
    delivery_hash(r, head);
    return HOOK_SIGNED;
}

/* ---- stock */

static enum hook_verdict read_row(struct hook_reading *r, const json_t *json, size_t i,
                                  struct hook_row *row)
{
    bool adjust = r->request.slot->settings.adjust;
    const char *member = adjust ? "by" : "quantity";
    char where[48];
    snprintf(where, sizeof where, "row %zu of 'stock'", i);
    if (!json_is_object(json)) return bad(r, "%s is not an object", where);
    if (!only(r, json, adjust ? "sku by cause" : "sku quantity cause", where)) return HOOK_BAD;
    const json_t *sku = json_object_get(json, "sku"), *quantity = json_object_get(json, member);
    const json_t *cause = json_object_get(json, "cause");
    if (!json_is_string(sku) || !json_string_length(sku))
        return bad(r, "%s needs 'sku', a text", where);
    if (!json_is_integer(quantity)) return bad(r, "%s needs '%s', a whole number", where, member);
    *row = (struct hook_row){.sku = bytes_of(json_string_value(sku), json_string_length(sku)),
                             .quantity = json_integer_value(quantity),
                             .cause = CAUSE_COUNT};
    if (!cause) return HOOK_SIGNED;
    row->cause = json_is_string(cause) ? cause_parse(json_string_value(cause)) : 0;
    if (row->cause == CAUSE_COUNT || row->cause == CAUSE_SALE || row->cause == CAUSE_RECEIPT ||
        row->cause == CAUSE_WRITE_OFF)
        return HOOK_SIGNED;
    return bad(r, "'cause' in %s is count, sale, receipt or write-off", where);
}

static void digest_payload(const struct buf *payload, struct hook_head *head)
{
    digest_of(bytes_of(payload->data, payload->size), head->content);
}

static enum hook_verdict read_stock(struct hook_reading *r, const struct hook_head *head,
                                    int64_t told_ms)
{
    const struct api_hook *s = &r->request.slot->settings;
    const json_t *list = json_object_get(r->json, "stock");
    size_t count = json_array_size(list);
    if (!json_is_array(list)) return bad(r, "the body needs 'stock', a list of rows");
    if (count > HOOK_ROWS_MAX || (count == 0 && !r->test))
        return bad(r, "'stock' has 1 to %d rows, not %zu: more are an import", HOOK_ROWS_MAX,
                   count);
    struct hook_row *rows = mem_array(count, sizeof *rows);
    enum hook_verdict verdict = HOOK_SIGNED;
    for (size_t i = 0; i < count && verdict == HOOK_SIGNED; i++)
        verdict = read_row(r, json_array_get(list, i), i, &rows[i]);
    struct hook_stock stock = {.head = *head,
                               .adjust = s->adjust,
                               .kind = s->available ? FIGURE_AVAILABLE : FIGURE_ON_HAND,
                               .rows = rows,
                               .row_count = (uint32_t)count};
    if (verdict == HOOK_SIGNED) { /* sent again, it may be of another time */
        command_hook_stock(&r->payload, &stock);
        digest_payload(&r->payload, &stock.head);
        stock.told_ms = told_ms;
        buf_reset(&r->payload);
        command_hook_stock(&r->payload, &stock);
    }
    mem_free(rows);
    return verdict;
}

/* ---- orders */

static int state_of(const json_t *json)
{
    const char *word = json_string_value(json);
    if (!word) return -1;
    return strcmp(word, "placed") == 0 ? ORDER_OPEN : order_state_parse(word);
}

static enum hook_verdict read_line(struct hook_reading *r, const json_t *json, const char *where,
                                   struct hook_line *line)
{
    if (!json_is_object(json)) return bad(r, "a line of %s is not an object", where);
    if (!only(r, json, "sku quantity line", where)) return HOOK_BAD;
    const json_t *sku = json_object_get(json, "sku"), *id = json_object_get(json, "line"),
                 *quantity = json_object_get(json, "quantity");
    if (!json_is_string(sku) || !json_string_length(sku))
        return bad(r, "a line of %s needs 'sku', a text", where);
    if (!json_is_integer(quantity) || json_integer_value(quantity) < 0)
        return bad(r, "a line of %s needs 'quantity', a whole number from 0 on", where);
    if (id && (!json_is_string(id) || !is_id(json_string_value(id))))
        return bad(r, "'line' of %s is its id, a text", where);
    *line = (struct hook_line){.sku = bytes_of(json_string_value(sku), json_string_length(sku)),
                               .quantity = json_integer_value(quantity)};
    if (id) line->id = bytes_of(json_string_value(id), json_string_length(id));
    return HOOK_SIGNED;
}

static bool same_line(const struct hook_line *a, const struct hook_line *b)
{
    return bytes_equal(a->id.size ? a->id : a->sku, b->id.size ? b->id : b->sku);
}

static enum hook_verdict read_lines(struct hook_reading *r, const json_t *list, const char *where,
                                    struct hook_line *lines, struct hook_order *order)
{
    enum hook_verdict verdict = HOOK_SIGNED;
    if (list && !json_is_array(list)) return bad(r, "'lines' of %s is not a list", where);
    if (list && json_array_size(list) == 0)
        return bad(r, "'lines' of %s is empty: leave it out where all lines are meant", where);
    order->lines = lines;
    for (size_t i = 0; i < json_array_size(list) && verdict == HOOK_SIGNED; i++) {
        verdict = read_line(r, json_array_get(list, i), where, &lines[i]);
        for (uint32_t k = 0; k < order->line_count && verdict == HOOK_SIGNED; k++)
            if (same_line(&lines[k], &lines[i]))
                verdict = bad(r, "%s names a line twice: give each a 'line' of its own", where);
        order->line_count++;
    }
    return verdict;
}

static enum hook_verdict read_order(struct hook_reading *r, const json_t *json, size_t i,
                                    struct hook_line *lines, struct hook_order *order)
{
    static const char known[] = "id state lines version ordered changed restocked";
    char where[48];
    snprintf(where, sizeof where, "order %zu", i);
    if (!json_is_object(json)) return bad(r, "%s is not an object", where);
    if (!only(r, json, known, where)) return HOOK_BAD;
    const json_t *id = json_object_get(json, "id"), *version = json_object_get(json, "version"),
                 *back = json_object_get(json, "restocked");
    int state = state_of(json_object_get(json, "state"));
    if (!json_is_string(id) || !is_id(json_string_value(id)))
        return bad(r, "%s needs 'id', a text", where);
    if (state < 0) return bad(r, "'state' of %s is placed, shipped, cancelled or returned", where);
    if (version && !json_is_integer(version))
        return bad(r, "'version' of %s is a whole number that rises", where);
    if (back && !json_is_boolean(back)) return bad(r, "'restocked' of %s is true or false", where);
    if (state == ORDER_OPEN && !json_object_get(json, "lines"))
        return bad(r, "%s needs 'lines', for it is placed", where);
    *order = (struct hook_order){
        .id = bytes_of(json_string_value(id), json_string_length(id)),
        .state = (enum order_state)state,
        .restocked = json_is_true(back),
        .has_version = version != NULL,
        .version = json_integer_value(version),
        .ordered_ms = time_of(json, "ordered"),
        .changed_ms = time_of(json, "changed"),
    };
    if (order->ordered_ms < 0 || order->changed_ms < 0)
        return bad(r, "'ordered' and 'changed' of %s are times", where);
    return read_lines(r, json_object_get(json, "lines"), where, lines, order);
}

static enum hook_verdict read_orders(struct hook_reading *r, const struct hook_head *head)
{
    const json_t *list = json_object_get(r->json, "orders");
    size_t count = json_array_size(list), lines = 0, at = 0;
    if (!json_is_array(list)) return bad(r, "the body needs 'orders', a list");
    for (size_t i = 0; i < count; i++) {
        size_t more = json_array_size(json_object_get(json_array_get(list, i), "lines"));
        lines += more ? more : 1;
    }
    if (lines > HOOK_ROWS_MAX || (count == 0 && !r->test))
        return bad(r, "a delivery has 1 to %d lines of orders, not %zu", HOOK_ROWS_MAX, lines);
    struct hook_order *orders = mem_array(count, sizeof *orders);
    struct hook_line *room = mem_array(lines, sizeof *room);
    enum hook_verdict verdict = HOOK_SIGNED;
    for (size_t i = 0; i < count && verdict == HOOK_SIGNED; i++) {
        verdict = read_order(r, json_array_get(list, i), i, room + at, &orders[i]);
        at += orders[i].line_count;
    }
    struct hook_orders told = {.head = *head, .orders = orders, .order_count = (uint32_t)count};
    if (verdict == HOOK_SIGNED) {
        command_hook_orders(&r->payload, &told);
        digest_payload(&r->payload, &told.head);
        buf_reset(&r->payload);
        command_hook_orders(&r->payload, &told);
    }
    mem_free(orders);
    mem_free(room);
    return verdict;
}

/* ---- */

enum hook_verdict hook_read_body(struct hook_reading *r)
{
    const struct api_hook *s = &r->request.slot->settings;
    struct hook_head head = {.keep_ms = 0};
    json_error_t error;
    int64_t told_ms;
    r->json =
        json_loadb(r->request.body.data, r->request.body.size, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(r->json))
        return bad(r, "the body is not a JSON object%s%.120s", r->json ? "" : ": ",
                   r->json ? "" : error.text);
    const char *known = s->orders ? "id time test orders" : "id time test stock";
    if (!only(r, r->json, known, "the body")) return HOOK_BAD;
    enum hook_verdict verdict = read_head(r, &head, &told_ms);
    if (verdict != HOOK_SIGNED) return verdict;
    r->kind = s->orders ? COMMAND_HOOK_ORDERS : COMMAND_HOOK_STOCK;
    return s->orders ? read_orders(r, &head) : read_stock(r, &head, told_ms);
}

void hook_row_names(const struct hook_reading *r, const struct hook_refused *refused,
                    const char **sku, const char **order)
{
    bool orders = r->kind == COMMAND_HOOK_ORDERS;
    const json_t *row =
        json_array_get(json_object_get(r->json, orders ? "orders" : "stock"), refused->row);
    *order = orders ? json_string_value(json_object_get(row, "id")) : NULL;
    if (orders) row = json_array_get(json_object_get(row, "lines"), refused->line);
    *sku = json_string_value(json_object_get(row, "sku"));
}
