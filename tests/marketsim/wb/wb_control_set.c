/* Control endpoints that set things up: sellers, tokens, warehouses, stock. */
#include "marketsim/market_time.h"
#include "marketsim/wb/wb_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_DAYS_MS (INT64_C(180) * 86400000) /* a token lives 180 days */

/* "client_id" is the seller's oid; "api_key" gives it a token of that text instead of a JWT. */
void wb_control_seller(struct market_control *control)
{
    const char *client, *key = NULL, *name = NULL;
    int banned = -1;
    if (!market_control_unpack(control, "{s:s, s?s, s?s, s?b}", "client_id", &client, "api_key",
                               &key, "name", &name, "banned", &banned))
        return;
    int64_t oid = strtoll(client, NULL, 10);
    if (oid <= 0) {
        market_control_error(control, "seller: client_id is a number above 0");
        return;
    }
    struct wb_seller *seller = wb_seller_add(wb_of(control), oid);
    struct wb_token_spec spec = {
        .s = WB_CAN_ALL, .expires_ms = control->now_ms + TOKEN_DAYS_MS, .text = key};
    if (key) wb_token_add(wb_of(control), seller, &spec);
    if (banned >= 0) wb_seller_ban(seller, banned);
    if (name) {
        free(seller->name);
        seller->name = market_strdup(name);
    }
    market_control_ok(control);
}

static void tell_token(struct market_control *control, const struct wb_token *token)
{
    char time[MARKET_TIME_SIZE];
    market_control_json(
        control,
        json_pack("{s:b, s:s, s:s, s:I, s:b, s:b, s:s, s:I, s:s}", "ok", 1, "token", token->text,
                  "expires_at", market_time_format(token->expires_ms, time), "s",
                  (json_int_t)token->s, "sandbox", token->sandbox, "revoked", token->revoked, "sid",
                  wb_seller_of(control)->sid, "oid", (json_int_t)wb_seller_of(control)->oid,
                  "client_id", wb_seller_of(control)->account));
}

void wb_control_token_get(struct market_control *control)
{
    tell_token(control, wb_token_last(wb_seller_of(control)));
}

static const struct {
    const char *name;
    unsigned bit;
} categories[] = {{"content", WB_CAN_CONTENT},       {"analytics", WB_CAN_ANALYTICS},
                  {"prices", WB_CAN_PRICES},         {"marketplace", WB_CAN_MARKETPLACE},
                  {"statistics", WB_CAN_STATISTICS}, {"advert", WB_CAN_ADVERT}};

static bool read_categories(const json_t *list, unsigned *s)
{
    *s = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        unsigned bit = 0;
        for (size_t j = 0; name && j < sizeof(categories) / sizeof(categories[0]); j++)
            if (strcmp(categories[j].name, name) == 0) bit = categories[j].bit;
        if (!bit) return false;
        *s |= bit;
    }
    return json_is_array(list);
}

static struct wb_token *find_token(struct wb_seller *seller, const char *text)
{
    for (size_t i = 0; i < seller->token_count; i++)
        if (strcmp(seller->tokens[i]->text, text) == 0) return seller->tokens[i];
    return NULL;
}

static void revoke(struct market_control *control, const char *text)
{
    struct wb_seller *seller = wb_seller_of(control);
    struct wb_token *token = *text ? find_token(seller, text) : wb_token_last(seller);
    if (!token) {
        market_control_error(control, "token: the seller has no such token");
        return;
    }
    token->revoked = true;
    tell_token(control, token);
}

/* Makes a token, or withdraws one: {"revoke": "<token>"}, "" for the newest. */
void wb_control_token(struct market_control *control)
{
    json_t *list = NULL;
    const char *expires = NULL, *withdrawn = NULL, *text = NULL;
    int read_only = 0, sandbox = 0;
    struct wb_token_spec spec = {.s = WB_CAN_ALL, .expires_ms = control->now_ms + TOKEN_DAYS_MS};
    if (!market_control_unpack(control, "{s?o, s?s, s?b, s?b, s?s, s?s}", "categories", &list,
                               "expires_at", &expires, "read_only", &read_only, "sandbox", &sandbox,
                               "revoke", &withdrawn, "text", &text))
        return;
    if (withdrawn) {
        revoke(control, withdrawn);
        return;
    }
    if (list && !read_categories(list, &spec.s)) {
        market_control_error(control, "token: categories are content, analytics, prices, "
                                      "marketplace, statistics, advert");
        return;
    }
    if (expires && !market_time_parse(expires, &spec.expires_ms)) {
        market_control_error(control, "token: expires_at is no time");
        return;
    }
    if (read_only) spec.s |= WB_READ_ONLY;
    spec.sandbox = sandbox;
    spec.text = text;
    tell_token(control, wb_token_add(wb_of(control), wb_seller_of(control), &spec));
}

static bool set_warehouse(struct market_control *control, json_t *spec)
{
    json_int_t id;
    const char *name = NULL, *kind = "fbs";
    int cargo = 0, delivery = 0, flags[4] = {-1, -1, -1, -1};
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT, "{s:I, s?s, s?s, s?i, s?i, s?b, s?b, s?b, s?b}",
                       "id", &id, "name", &name, "kind", &kind, "cargo_type", &cargo,
                       "delivery_type", &delivery, "processing", &flags[0], "deleting", &flags[1],
                       "blocked", &flags[2], "removed", &flags[3])) {
        market_control_error(control, "warehouse: %s", error.text);
        return false;
    }
    bool fbw = strcmp(kind, "fbw") == 0;
    if (id <= 0 || cargo < 0 || cargo > 3 || delivery < 0 || delivery > 6 ||
        (!fbw && strcmp(kind, "fbs") != 0)) {
        market_control_error(control, "warehouse: id above 0, kind fbs or fbw, cargo_type 1 to 3, "
                                      "delivery_type 1, 2, 3, 5 or 6");
        return false;
    }
    struct wb_warehouse_spec warehouse = {id, name, delivery, cargo, fbw};
    wb_warehouse_add(wb_seller_of(control), &warehouse);
    for (int i = 0; i < 4; i++)
        if (flags[i] >= 0)
            wb_warehouse_flag(wb_seller_of(control), id, (enum wb_warehouse_flag)(1 << i),
                              flags[i]);
    return true;
}

void wb_control_warehouses(struct market_control *control)
{
    market_control_each(control, "warehouses", set_warehouse);
}

static bool set_stock(struct market_control *control, json_t *spec)
{
    const char *offer;
    json_int_t warehouse, stock;
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT, "{s:s, s:I, s:I}", "offer_id", &offer,
                       "warehouse_id", &warehouse, "stock", &stock)) {
        market_control_error(control, "stock: %s", error.text);
        return false;
    }
    if (wb_stock_set(wb_seller_of(control), offer, warehouse, stock)) return true;
    market_control_error(control, "stock: no offer %s or no warehouse %lld", offer,
                         (long long)warehouse);
    return false;
}

void wb_control_stock(struct market_control *control)
{
    market_control_each(control, "stocks", set_stock);
}
