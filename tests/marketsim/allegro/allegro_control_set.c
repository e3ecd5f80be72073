/* Control endpoints that set things up: sellers, tokens, offers, stock. */
#include "marketsim/allegro/allegro_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes a seller of an application, both where they are not there, or changes them. */
void allegro_control_seller(struct market_control *control)
{
    struct allegro *allegro = allegro_of(control);
    const char *client = NULL, *key = NULL, *id = NULL, *login = NULL, *name = NULL;
    int one = -1;
    if (!market_control_unpack(control, "{s?s, s?s, s?s, s?s, s?s, s?b}", "client_id", &client,
                               "seller", &id, "api_key", &key, "name", &login, "app_name", &name,
                               "one_fulfillment", &one))
        return;
    struct allegro_seller *seller =
        id ? allegro_seller_find(allegro, NULL, id) : seller_of(control);
    if (!client) client = allegro->apps[seller ? seller->app : 0].client_id;
    if (key) allegro_app_set(allegro, client, key);
    if (!seller) {
        char made[24];
        snprintf(made, sizeof(made), "%zu", 46968690 + allegro->seller_count);
        seller = allegro_seller_add(allegro, client, id ? id : made);
    }
    if (strcmp(allegro->apps[seller->app].client_id, client) != 0) {
        market_control_error(control, "seller: %s belongs to another client_id", seller->id);
        return;
    }
    if (name) allegro_app_name(allegro, client, name);
    if (login) snprintf(seller->login, sizeof(seller->login), "%s", login);
    if (one >= 0) seller->one_fulfillment = one;
    market_control_json(control, json_pack("{s:b, s:s}", "ok", 1, "seller", seller->id));
}

static bool read_scopes(struct market_control *control, const json_t *list, unsigned *scopes)
{
    *scopes = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        bool known;
        const char *text = json_string_value(json_array_get(list, i));
        *scopes |= allegro_scopes_parse(text ? text : "?", &known);
        if (known) continue;
        market_control_error(control, "token: unknown scope");
        return false;
    }
    return true;
}

static void answer_token(struct market_control *control, const struct allegro_token *token)
{
    const struct allegro *allegro = allegro_of(control);
    const struct allegro_app *app = &allegro->apps[seller_of(control)->app];
    int64_t left = token->access_expires_ms - control->now_ms - allegro->settings.clock_offset_ms;
    struct market_answer scopes = {0};
    allegro_scopes_write(&scopes, token->scopes);
    market_control_json(control,
                        json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "access_token",
                                  token->access, "refresh_token", token->refresh, "expires_in",
                                  (json_int_t)(left / 1000), "scope",
                                  scopes.body ? scopes.body : "", "seller", seller_of(control)->id,
                                  "client_id", app->client_id, "client_secret", app->secret));
    market_answer_free(&scopes);
}

/* The pair that works: the same until it is renewed, revoked or expired. */
void allegro_control_token_get(struct market_control *control)
{
    struct allegro_token token =
        allegro_token_ready(allegro_of(control), seller_of(control), control->now_ms);
    answer_token(control, &token);
}

/* Takes consent back, ends access tokens, and gives a new pair, in this order. */
void allegro_control_token(struct market_control *control)
{
    int revoke = 0, expire = 0;
    json_int_t spare_ms = 0;
    json_t *list = NULL;
    unsigned scopes = ALLEGRO_ALL_SCOPES;
    if (!market_control_unpack(control, "{s?b, s?b, s?I, s?o}", "revoke", &revoke, "expire_access",
                               &expire, "spare_ms", &spare_ms, "scopes", &list))
        return;
    if (list && !read_scopes(control, list, &scopes)) return;
    if (revoke) allegro_token_revoke(allegro_of(control), seller_of(control));
    size_t spared = 0;
    if (expire)
        spared = allegro_token_expire_access(allegro_of(control), seller_of(control),
                                             control->now_ms, spare_ms);
    if ((revoke || expire) && !list) {
        market_control_json(control,
                            json_pack("{s:b, s:I}", "ok", 1, "spared", (json_int_t)spared));
        return;
    }
    struct allegro_token token =
        allegro_token_issue(allegro_of(control), seller_of(control), scopes, control->now_ms);
    answer_token(control, &token);
}

void allegro_control_device(struct market_control *control)
{
    const char *code = "", *answer = "approve";
    if (!market_control_unpack(control, "{s?s, s?s}", "user_code", &code, "answer", &answer))
        return;
    bool approve = strcmp(answer, "approve") == 0;
    if (!approve && strcmp(answer, "deny") != 0)
        market_control_error(control, "device: answer is approve or deny");
    else if (allegro_device_answer(allegro_of(control), code, seller_of(control), approve,
                                   control->now_ms))
        market_control_ok(control);
    else
        market_control_error(control, "device: no open code %s of this application", code);
}

void allegro_control_shut(struct market_control *control)
{
    json_int_t ms;
    if (!market_control_unpack(control, "{s:I}", "ms", &ms)) return;
    int64_t now_ms = control->now_ms + allegro_of(control)->settings.clock_offset_ms;
    allegro_app_shut(allegro_of(control),
                     allegro_of(control)->apps[seller_of(control)->app].client_id, now_ms + ms);
    market_control_ok(control);
}

/* Offers ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    unsigned flag;
} flags[] = {{"fulfillment", ALLEGRO_FULFILLMENT}, {"republish", ALLEGRO_REPUBLISH},
             {"invalid", ALLEGRO_INVALID},         {"invalid_200", ALLEGRO_INVALID_200},
             {"unlisted", ALLEGRO_UNLISTED},       {NULL, 0}};

static const char *unknown_field(json_t *spec)
{
    static const char *const known[] = {"offer_id", "id",     "external_id", "name",
                                        "stock",    "status", "ended_by",    "busy_ms"};
    const char *key;
    json_t *value;
    json_object_foreach (spec, key, value) {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            found |= strcmp(known[i], key) == 0;
        for (size_t i = 0; flags[i].name; i++)
            found |= strcmp(flags[i].name, key) == 0 && json_is_boolean(value);
        if (!found) return key;
    }
    return NULL;
}

static bool set_status(struct allegro_offer *offer, const char *status, const char *ended_by)
{
    if (*ended_by) {
        unsigned by = ENDED_USER;
        while (by <= ENDED_ERROR && strcmp(allegro_ended_name((enum allegro_ended_by)by), ended_by))
            by++;
        if (by > ENDED_ERROR) return false;
        offer->status = OFFER_ENDED;
        offer->ended_by = (enum allegro_ended_by)by;
    }
    if (!*status) return true;
    if (!allegro_status_parse(status, &offer->status)) return false;
    if (offer->status != OFFER_ENDED)
        offer->ended_by = ENDED_NOT;
    else if (offer->ended_by == ENDED_NOT)
        offer->ended_by = ENDED_USER;
    return true;
}

static bool change_offer(struct market_control *control, struct allegro_offer *offer,
                         const json_t *spec)
{
    int64_t now_ms = control->now_ms + allegro_of(control)->settings.clock_offset_ms;
    const char *name = allegro_body_text(spec, "name");
    for (size_t i = 0; flags[i].name; i++) {
        const json_t *value = json_object_get(spec, flags[i].name);
        if (json_is_true(value)) offer->flags |= flags[i].flag;
        if (json_is_false(value)) offer->flags &= ~flags[i].flag;
    }
    if (*name) {
        free(offer->name);
        offer->name = market_strdup(name);
    }
    if (json_object_get(spec, "external_id"))
        allegro_offer_rename(seller_of(control), offer, allegro_body_text(spec, "external_id"));
    if (json_object_get(spec, "stock"))
        offer->available = allegro_body_int(spec, "stock", offer->available);
    if (json_object_get(spec, "busy_ms"))
        offer->busy_until_ms = now_ms + allegro_body_int(spec, "busy_ms", 0);
    if (set_status(offer, allegro_body_text(spec, "status"), allegro_body_text(spec, "ended_by")))
        return true;
    market_control_error(control, "product: no such status or ended_by");
    return false;
}

/* Makes an offer with this SKU, or changes the one that has it (or this id). */
static bool set_product(struct market_control *control, json_t *spec)
{
    const char *external = allegro_body_text(spec, "offer_id"), *unknown = unknown_field(spec);
    const char *id = allegro_body_text(spec, "id");
    int64_t now_ms = control->now_ms + allegro_of(control)->settings.clock_offset_ms;
    if (unknown || (!*external && !*id)) {
        market_control_error(control, "product: %s %s",
                             unknown ? "unknown field" : "needs an offer_id or an id",
                             unknown ? unknown : "");
        return false;
    }
    struct allegro_offer *offer = *id ? allegro_offer_by_id(seller_of(control), id)
                                      : allegro_offer_find(seller_of(control), external);
    if (!offer)
        offer = allegro_offer_add(allegro_of(control), seller_of(control), *id ? id : NULL,
                                  external, allegro_body_int(spec, "stock", 0), now_ms);
    if (offer) return change_offer(control, offer, spec);
    market_control_error(control, "product: %s is no number", id);
    return false;
}

/* There is but one, and nothing to be said of it: for test code that all models share. */
static bool name_warehouse(struct market_control *control, json_t *spec)
{
    if (strcmp(allegro_body_text(spec, "id"), ALLEGRO_WAREHOUSE) == 0) return true;
    market_control_error(control, "warehouse: the only one is \"%s\"", ALLEGRO_WAREHOUSE);
    return false;
}

void allegro_control_warehouses(struct market_control *control)
{
    market_control_each(control, "warehouses", name_warehouse);
}

static bool only_default(const json_t *warehouses)
{
    for (size_t i = 0; i < json_array_size(warehouses); i++) {
        const char *id = json_string_value(json_array_get(warehouses, i));
        if (!id || strcmp(id, ALLEGRO_WAREHOUSE) != 0) return false;
    }
    return true;
}

static void fill_products(struct market_control *control)
{
    json_int_t count, first = 1, stock = 0;
    const char *prefix = "SKU-";
    json_t *warehouses = NULL;
    if (!market_control_unpack(control, "{s:I, s?I, s?I, s?s, s?o}", "count", &count, "first",
                               &first, "stock", &stock, "prefix", &prefix, "warehouses",
                               &warehouses))
        return;
    if (count < 0 || count > 10000000 || first < 0) {
        market_control_error(control, "products: count must be from 0 to 10000000");
        return;
    }
    if (!only_default(warehouses)) {
        market_control_error(control, "products: the only warehouse is \"%s\"", ALLEGRO_WAREHOUSE);
        return;
    }
    allegro_offers_fill(allegro_of(control), seller_of(control), prefix, (size_t)first,
                        (size_t)count, stock, 0);
    market_control_ok(control);
}

void allegro_control_products(struct market_control *control)
{
    if (json_object_get(control->body, "count"))
        fill_products(control);
    else
        market_control_each(control, "products", set_product);
}

static bool set_stock(struct market_control *control, json_t *spec, bool foreign)
{
    const char *offer, *warehouse = ALLEGRO_WAREHOUSE;
    json_int_t stock;
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT, "{s:s, s?s, s:I}", "offer_id", &offer,
                       "warehouse_id", &warehouse, "stock", &stock)) {
        market_control_error(control, "stock: %s", error.text);
        return false;
    }
    bool set = strcmp(warehouse, ALLEGRO_WAREHOUSE) == 0 &&
               (foreign ? allegro_stock_foreign : allegro_stock_set)(
                   allegro_of(control), seller_of(control), offer, stock, control->now_ms);
    if (!set) market_control_error(control, "stock: no offer %s, or below 0", offer);
    return set;
}

static bool set_one(struct market_control *control, json_t *spec)
{
    return set_stock(control, spec, false);
}

static bool write_one(struct market_control *control, json_t *spec)
{
    return set_stock(control, spec, true);
}

void allegro_control_stock(struct market_control *control)
{
    market_control_each(control, "stocks", set_one);
}

void allegro_control_foreign(struct market_control *control)
{
    market_control_each(control, "stocks", write_one);
}

void allegro_control_finish(struct market_control *control)
{
    const char *id, *result = "success";
    if (!market_control_unpack(control, "{s:s, s?s}", "command_id", &id, "result", &result)) return;
    if (allegro_command_finish(allegro_of(control), seller_of(control), id,
                               strcmp(result, "success") == 0, control->now_ms))
        market_control_ok(control);
    else
        market_control_error(control, "command %s: unknown, or done", id);
}
