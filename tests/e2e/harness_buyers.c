/* What buyers do at any of the marketplaces, and reading the marketplace's own record of it. */
#include "buyers.h"
#include "harness_private.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- what they do */

/* The place as a member of a control request; "" where there is only one. */
static const char *place_member(const struct shop *shop, int place)
{
    const struct market *market = shop->market;
    const char *id = market->there[place] ? market->there[place] : market->remote[place];
    if (market == &market_allegro) return "";
    bool number = market == &market_ozon || market == &market_wb;
    return text_format(number ? "\"warehouse_id\":%s," : "\"warehouse_id\":\"%s\",", id);
}

const char *buyer_body(const struct shop *shop, const char *sku, int place, int quantity,
                       const char *more)
{
    return text_format(
        "{\"client_id\":\"%s\",%s\"items\":[{\"offer_id\":\"%s\",\"quantity\":%d}]%s}",
        shop->seller, place_member(shop, place), sku, quantity, more);
}

const char *buyer_orders(const struct shop *shop, const char *sku, int place, int quantity,
                         const char *more)
{
    json_t *order =
        sim_post(&shop->sim, "order", "%s", buyer_body(shop, sku, place, quantity, more));
    return text_at(order, "posting_number");
}

void shop_has(const struct shop *shop, const char *sku, int place, int pieces)
{
    const char *where = shop->market == &market_allegro ? "\"warehouse_id\":\"default\","
                                                        : place_member(shop, place);
    sim_post(&shop->sim, "stock", "{\"client_id\":\"%s\",%s\"offer_id\":\"%s\",\"stock\":%d}",
             shop->seller, where, sku, pieces);
}

void buyer_step(const struct shop *shop, const char *what, const char *order)
{
    bool packs = strcmp(what, "ship") == 0 && strcmp(shop->market->plugin, "wix") != 0;
    if (packs)
        sim_post(&shop->sim, "order/pack", "{\"client_id\":\"%s\",\"posting_number\":\"%s\"}",
                 shop->seller, order);
    bool stays = strcmp(what, "return") == 0 && strcmp(shop->market->plugin, "wix") == 0;
    sim_post(&shop->sim, text_format("order/%s", what),
             "{\"client_id\":\"%s\",\"posting_number\":\"%s\"%s}", shop->seller, order,
             stays ? ",\"restock\":false" : "");
}

void shop_moment(const struct shop *shop, const char *path, bool after, const char *control,
                 const char *body)
{
    sim_post(&shop->sim, "moment", "{\"path\":\"%s\",\"after\":%s,\"control\":\"%s\"%s%s}", path,
             after ? "true" : "false", control, body ? ",\"body\":" : "", body ? body : "");
}

void shop_moment_writes(const struct shop *shop, const char *control, const char *body)
{
    for (int i = 0; i < MARKET_WRITES_MAX && shop->market->writes[i]; i++) {
        const char *at = shop->market->writes[i], *path = strchr(at, '/');
        /* a host may stand before the path */
        shop_moment(shop, text_format("%.*s*%s", (int)(path - at), at, path), false, control, body);
    }
}

json_t *shop_moments(const struct shop *shop)
{
    return json_object_get(sim_get(&shop->sim, "moments"), "moments");
}

void shop_fault_orders(const struct shop *shop, const char *fields)
{
    for (int i = 0; i < MARKET_WRITES_MAX && shop->market->orders[i]; i++)
        sim_post(&shop->sim, "fault", "{\"path\":\"%s\",%s}", shop->market->orders[i], fields);
}

/* ---- what the marketplace knows */

int64_t shop_figure(const struct shop *shop, const char *sku, int place)
{
    const char *id =
        shop->market->there[place] ? shop->market->there[place] : shop->market->remote[place];
    const char *where = shop->market == &market_allegro ? "" : text_format("&warehouse_id=%s", id);
    json_t *answer = sim_get(
        &shop->sim, text_format("stock?client_id=%s&offer_id=%s%s", shop->seller, sku, where));
    return number_at(answer, "free");
}

static int64_t time_ms(const char *text)
{
    struct tm tm = {0};
    int ms = 0;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    assert_non_null(rest);
    if (*rest == '.') {
        char digits[4] = "000";
        for (int i = 0; i < 3 && rest[1 + i] >= '0' && rest[1 + i] <= '9'; i++)
            digits[i] = rest[1 + i];
        ms = atoi(digits);
    }
    return (int64_t)timegm(&tm) * 1000 + ms;
}

/* Pieces of the SKU in one row: orders of several lines, or of one piece each. */
static int64_t pieces(const json_t *order, const char *sku)
{
    json_t *items = json_object_get(order, "items"), *item;
    size_t i;
    int64_t sum = 0;
    if (!items) return strcmp(text_at(order, "offer_id"), sku) == 0;
    json_array_foreach (items, i, item)
        if (strcmp(text_at(item, "offer_id"), sku) == 0) sum += number_at(item, "quantity");
    return sum;
}

static bool is_cancelled(const json_t *order)
{
    static const char *const members[] = {"status", "supplier_status", "wb_status", "fulfillment"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcasestr(text_at(order, members[i]), "cancel") == text_at(order, members[i]) &&
            *text_at(order, members[i]))
            return true;
    return false;
}

int64_t shop_sold(const struct shop *shop, const char *sku, int64_t since_ms)
{
    json_t *answer = sim_get(&shop->sim, text_format("orders?client_id=%s", shop->seller)), *row;
    json_t *rows = json_object_get(answer, "postings");
    size_t i;
    int64_t sum = 0;
    if (!rows) rows = json_object_get(answer, "orders");
    json_array_foreach (rows, i, row)
        if (!is_cancelled(row) && (!since_ms || time_ms(text_at(row, "placed_at")) >= since_ms))
            sum += pieces(row, sku);
    return sum;
}

static bool is_for(const char *const *patterns, const json_t *row)
{
    for (int i = 0; i < MARKET_WRITES_MAX && patterns[i]; i++) {
        const char *path = text_at(row, "path"), *both = path;
        const char *bare = strchr(path, ' ') ? strchr(path, ' ') + 1 : path;
        if (!strchr(path, ' ')) both = text_format("%s %s", text_at(row, "method"), path);
        if (fnmatch(patterns[i], *patterns[i] == '/' ? bare : both, 0) == 0) return true;
    }
    return false;
}

struct shop_request shop_last(const struct shop *shop, const char *const *patterns,
                              int64_t before_ns)
{
    struct shop_request found = {0};
    json_t *rows = json_object_get(sim_get(&shop->sim, "log"), "requests"), *row;
    size_t i;
    json_array_foreach (rows, i, row) {
        int status = (int)number_at(row, "status");
        int64_t received_ns = number_at(row, "received_ns");
        if (status < 200 || status > 299 || (before_ns && received_ns >= before_ns)) continue;
        if (!is_for(patterns, row)) continue;
        found = (struct shop_request){number_at(row, "seq"), number_at(row, "now_ms"), received_ns,
                                      status};
    }
    return found;
}

int shop_wrote(const struct shop *shop, const char *seller)
{
    json_t *rows = json_object_get(sim_get(&shop->sim, "log"), "requests"), *row;
    size_t i;
    int count = 0;
    json_array_foreach (rows, i, row)
        count += strcmp(text_at(row, "account"), seller) == 0 && is_for(shop->market->writes, row);
    return count;
}

struct shop_told shop_told(const struct shop *shop, const char *sku, int64_t since)
{
    struct shop_told told = {.seq = since};
    json_t *rows = json_object_get(sim_get(&shop->sim, text_format("writes?client_id=%s&since=%lld",
                                                                   shop->seller, (long long)since)),
                                   "writes");
    json_t *row;
    size_t i;
    json_array_foreach (rows, i, row) {
        told.seq = number_at(row, "seq");
        if (strcmp(text_at(row, "offer_id"), sku) != 0 || *text_at(row, "code")) continue;
        told.count++;
        told.last = number_at(row, "stock");
    }
    return told;
}

/* ---- what the daemon has */

int64_t stock_of(const char *sku, const char *warehouse, const char *member)
{
    json_t *answer = api_get(text_format("/v1/stock/%s", sku)), *row;
    size_t i;
    json_array_foreach (json_object_get(answer, "stock"), i, row)
        if (strcmp(text_at(row, "warehouse"), warehouse) == 0) return number_at(row, member);
    return -1;
}

void drain(const struct shop *shop)
{
    ctl_ok("account refresh %s --task orders", shop->account);
}

static json_t *lines(const struct shop *shop, const char *filter)
{
    return json_object_get(api_get(text_format("/v1/orders?account=%s&limit=1000%s%s",
                                               shop->account, *filter ? "&" : "", filter)),
                           "items");
}

int64_t lines_of(const struct shop *shop, const char *filter)
{
    return (int64_t)json_array_size(lines(shop, filter));
}

json_t *line_at(const struct shop *shop, const char *filter, size_t index)
{
    return json_array_get(lines(shop, filter), index);
}
