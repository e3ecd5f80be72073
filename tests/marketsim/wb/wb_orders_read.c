/* The reads of orders: /api/v3/orders/new, /api/v3/orders, /api/v3/orders/status. What changes
 * orders is in wb_orders.c. */
#include "marketsim/market_time.h"
#include "marketsim/wb/wb_state.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S     INT64_C(86400)
#define PERIOD_S  (30 * DAY_S) /* "at most 30 days in one request" */
#define WEEK_S    (7 * DAY_S)
#define KEPT_DAYS 92 /* "created at most 3 months ago" */

const struct market_shape wb_status_fields[] = {
    {"orders", SHAPE_IDS, true, 1, WB_ORDERS_PAGE, NULL, NULL}, {0}};

static void write_int(struct market_answer *answer, const char *before, int64_t value,
                      const char *after)
{
    market_answer_text(answer, before);
    market_answer_int(answer, value);
    market_answer_text(answer, after);
}

static void write_quoted(struct market_answer *answer, const char *text, const char *after)
{
    market_answer_text(answer, "\"");
    market_answer_text(answer, text);
    market_answer_text(answer, "\"");
    market_answer_text(answer, after);
}

static void write_rid(struct market_answer *answer, int64_t id)
{
    char digits[32];
    uint64_t rest = (uint64_t)id;
    for (size_t at = sizeof(digits); at-- > 0; rest /= 16)
        digits[at] = "0123456789abcdef"[rest % 16];
    market_answer_bytes(answer, digits, sizeof(digits));
}

/* Drains ask every few seconds for all that wait. */
static void write_order(struct wb_call *call, struct wb_order *order, enum wb_read read)
{
    enum { TIME_SECONDS = 19 }; /* bytes of a time without its fraction */
    struct market_answer *answer = call->answer;
    bool fresh = read == WB_READ_NEW;
    if (answer->items++) market_answer_text(answer, ",");
    if (market_kept_write(&order->looks[read], answer)) return;
    size_t from = answer->len;
    const struct wb_seller *seller = call->seller;
    const struct wb_size *size = &seller->sizes[order->size];
    const struct wb_card *card = &seller->cards[size->card];
    char time[MARKET_TIME_SIZE];
    market_answer_text(answer, "{\"address\":null,\"scanPrice\":null,\"deliveryType\":\"fbs\","
                               "\"orderUid\":\"");
    market_answer_text(answer, order->basket);
    market_answer_text(answer, "\",\"article\":");
    market_answer_string(answer, card->vendor_code);
    if (fresh && call->wb->settings.sale_price) market_answer_text(answer, ",\"salePrice\":504600");
    if (!fresh && strcmp(order->supplier_status, "new") != 0)
        write_int(answer, ",\"supplyId\":\"WB-GI-", order->id, "\"");
    market_answer_text(answer, ",\"colorCode\":\"\",\"rid\":\"");
    write_rid(answer, order->id);
    market_answer_text(answer, "\",\"createdAt\":\"");
    market_answer_bytes(answer, market_time_format(order->placed_ms, time), TIME_SECONDS);
    market_answer_text(answer, "Z\",\"offices\":[\"Калуга\"],\"skus\":");
    wb_barcodes_write(answer, size->barcodes);
    write_int(answer, ",\"id\":", order->id, "");
    write_int(answer, ",\"warehouseId\":", seller->warehouses[order->warehouse].id, "");
    write_int(answer, ",\"officeId\":15,\"nmId\":", card->nm_id, "");
    write_int(answer, ",\"chrtId\":", size->chrt_id, "");
    write_int(answer,
              ",\"price\":101400,\"convertedPrice\":101400,\"currencyCode\":643,"
              "\"convertedCurrencyCode\":643,\"cargoType\":",
              card->cargo > WB_KGT ? WB_SGT : (int)card->cargo,
              ",\"crossBorderType\":0,\"comment\":\"\",\"isZeroOrder\":");
    market_answer_text(answer, order->zero ? "true" : "false");
    market_answer_text(answer, ",\"options\":{\"isB2B\":false}}");
    market_kept_take(&order->looks[read], answer, from);
}

void wb_orders_new(struct wb_call *call)
{
    const struct wb_seller *seller = call->seller;
    market_answer_text(call->answer, "{\"orders\":[");
    for (size_t i = 0; i < seller->order_count; i++) {
        struct wb_order *order = &seller->orders[i];
        if (order->visible_ms <= call->now_ms && strcmp(order->supplier_status, "new") == 0 &&
            strcmp(order->wb_status, "waiting") == 0)
            write_order(call, order, WB_READ_NEW);
    }
    market_answer_text(call->answer, "]}");
}

struct window {
    int64_t limit, next, from, to; /* `from` and `to` in seconds; -1: not given */
};

static bool read_number(struct wb_call *call, const char *name, bool required, int64_t *value)
{
    char text[32], *end;
    *value = -1;
    if (!market_request_query(call->request, name, text, sizeof(text))) {
        if (required) wb_bad_request(call, "IncorrectParameter", name);
        return !required;
    }
    *value = strtoll(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end) return true;
    wb_bad_request(call, "IncorrectParameter", name);
    return false;
}

static bool check_window(struct wb_call *call, struct window *window)
{
    int64_t now = call->now_ms / 1000;
    bool both = window->from >= 0 && window->to >= 0;
    const char *wrong = NULL;
    if (window->limit < 1 || window->limit > WB_ORDERS_PAGE) wrong = "limit is from 1 to 1000";
    if (both && window->to < window->from) wrong = "dateTo is before dateFrom";
    if (both && window->to - window->from > PERIOD_S) wrong = "a period above 30 days";
    if (window->to > now + WEEK_S) wrong = "dateTo is more than a week ahead";
    if (!wrong) return true;
    wb_bad_request(call, "IncorrectParameter", wrong);
    return false;
}

/* Seen live: no breach of what the document says, yet a 400. */
static bool check_week(struct wb_call *call, const struct window *window)
{
    if (!call->wb->settings.date_to_week || window->to < 0 || window->from < 0 ||
        window->to - window->from <= WEEK_S)
        return true;
    wb_error(call, 400, "IncorrectParameter", "Incorrect parameter");
    return false;
}

static bool in_window(const struct wb_call *call, const struct window *window,
                      const struct wb_order *order)
{
    int64_t placed = order->placed_ms / 1000, now = call->now_ms / 1000;
    int64_t from = window->from >= 0 ? window->from : now - PERIOD_S;
    return order->id > window->next && order->visible_ms <= call->now_ms && placed >= from &&
           (window->to < 0 || placed <= window->to) && placed >= now - KEPT_DAYS * DAY_S;
}

static void write_next(struct wb_call *call, const struct window *window, int64_t last)
{
    struct market_answer *answer = call->answer;
    enum wb_next end = call->wb->settings.next_end;
    market_answer_text(answer, "],\"next\":");
    if (last)
        market_answer_int(answer, last);
    else if (end == WB_NEXT_NULL)
        market_answer_text(answer, "null");
    else
        market_answer_int(answer, end == WB_NEXT_REPEAT ? window->next : 0);
    market_answer_text(answer, "}");
}

void wb_orders_list(struct wb_call *call)
{
    const struct wb_seller *seller = call->seller;
    struct window window;
    if (!read_number(call, "limit", true, &window.limit) ||
        !read_number(call, "next", true, &window.next) ||
        !read_number(call, "dateFrom", false, &window.from) ||
        !read_number(call, "dateTo", false, &window.to) || !check_window(call, &window) ||
        !check_week(call, &window))
        return;
    int64_t last = 0;
    market_answer_text(call->answer, "{\"orders\":[");
    for (size_t i = 0; i < seller->order_count && call->answer->items < (size_t)window.limit; i++) {
        if (!in_window(call, &window, &seller->orders[i])) continue;
        write_order(call, &seller->orders[i], WB_READ_LIST);
        last = seller->orders[i].id;
    }
    write_next(call, &window, last);
}

static void write_status(struct wb_call *call, struct wb_order *order)
{
    struct market_answer *answer = call->answer;
    if (answer->items++) market_answer_text(answer, ",");
    if (market_kept_write(&order->looks[WB_READ_STATUS], answer)) return;
    size_t from = answer->len;
    bool can = order->reserved && strcmp(order->supplier_status, "complete") != 0;
    write_int(answer, "{\"id\":", order->id,
              can ? ",\"isCancellable\":true" : ",\"isCancellable\":false");
    market_answer_text(answer, ",\"supplierStatus\":\"");
    market_answer_text(answer, order->supplier_status);
    market_answer_text(answer, "\",\"wbStatus\":");
    if (call->wb->settings.null_wb_status)
        market_answer_text(answer, "null}");
    else
        write_quoted(answer, order->wb_status, "}");
    market_kept_take(&order->looks[WB_READ_STATUS], answer, from);
}

/* Ids rise in the list of orders. */
static struct wb_order *find_order(const struct wb_seller *seller, int64_t id)
{
    size_t low = 0, high = seller->order_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (seller->orders[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < seller->order_count && seller->orders[low].id == id ? &seller->orders[low] : NULL;
}

void wb_orders_status(struct wb_call *call)
{
    const json_t *ids = json_object_get(call->body, "orders");
    if (!wb_ids_check(call, "orders")) return;
    market_answer_text(call->answer, "{\"orders\":[");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        int64_t id = 0;
        market_shape_id(json_array_get(ids, i), &id);
        struct wb_order *order = find_order(call->seller, id);
        double share = call->effect->short_share;
        if (!order || (share > 0 && market_random_share(&call->wb->random) < share)) continue;
        write_status(call, order);
    }
    market_answer_text(call->answer, "]}");
}
