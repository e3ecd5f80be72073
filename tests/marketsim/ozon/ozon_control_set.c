/* Control endpoints that set things up: settings, sellers, keys, warehouses, products, stock. */
#include "marketsim/market_time.h"
#include "marketsim/ozon/ozon_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void control_settings_get(struct market_control *control)
{
    const struct ozon_settings *s = &ozon_of(control)->settings;
    market_control_json(
        control,
        json_pack("{s:f, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:b}", "scale", s->scale,
                  "per_second", (json_int_t)s->per_second, "stock_per_minute",
                  (json_int_t)s->stock_per_minute, "pair_ms", (json_int_t)s->pair_ms,
                  "clock_offset_ms", (json_int_t)s->clock_offset_ms, "read_lag_ms",
                  (json_int_t)s->read_lag_ms, "zero_ids", s->zero_ids, "wrap_postings",
                  s->wrap_postings, "omit_zero_rows", s->omit_zero_rows, "total_items",
                  s->total_items, "cancel_restores", s->cancel_restores, "nulls", s->nulls));
}

void control_settings_set(struct market_control *control)
{
    struct ozon_settings s = ozon_of(control)->settings;
    json_int_t second = (json_int_t)s.per_second, minute = (json_int_t)s.stock_per_minute;
    json_int_t pair = s.pair_ms, offset = s.clock_offset_ms, lag = s.read_lag_ms;
    int zero = s.zero_ids, wrap = s.wrap_postings, omit = s.omit_zero_rows;
    int total = s.total_items, restores = s.cancel_restores, nulls = s.nulls;
    if (!market_control_unpack(
            control, "{s?F, s?I, s?I, s?I, s?I, s?I, s?b, s?b, s?b, s?b, s?b, s?b}", "scale",
            &s.scale, "per_second", &second, "stock_per_minute", &minute, "pair_ms", &pair,
            "clock_offset_ms", &offset, "read_lag_ms", &lag, "zero_ids", &zero, "wrap_postings",
            &wrap, "omit_zero_rows", &omit, "total_items", &total, "cancel_restores", &restores,
            "nulls", &nulls))
        return;
    if (s.scale <= 0 || second < 0 || minute < 0 || pair < 0 || second > 1000000 ||
        minute > 1000000) {
        market_control_error(control, "scale must be above 0, limits must not be negative");
        return;
    }
    s.per_second = (size_t)second;
    s.stock_per_minute = (size_t)minute;
    s.pair_ms = pair;
    s.clock_offset_ms = offset;
    s.read_lag_ms = lag;
    s.zero_ids = zero;
    s.wrap_postings = wrap;
    s.omit_zero_rows = omit;
    s.total_items = total;
    s.cancel_restores = restores;
    s.nulls = nulls;
    ozon_settings_set(ozon_of(control), &s);
    market_control_ok(control);
}

void control_seller(struct market_control *control)
{
    const char *client, *key = NULL, *name = NULL, *currency = NULL;
    int signed_up = -1;
    if (!market_control_unpack(control, "{s:s, s?s, s?s, s?s, s?b}", "client_id", &client,
                               "api_key", &key, "name", &name, "currency", &currency, "signed",
                               &signed_up))
        return;
    struct ozon_seller *seller = ozon_seller_find(ozon_of(control), client);
    if (!seller || key)
        seller = ozon_seller_add(ozon_of(control), client, key ? key : OZON_DEFAULT_KEY);
    if (signed_up >= 0) seller->signed_up = signed_up;
    if (currency) snprintf(seller->currency, sizeof(seller->currency), "%s", currency);
    if (name) {
        free(seller->name);
        seller->name = market_strdup(name);
    }
    market_control_ok(control);
}

static bool set_roles(struct ozon_key *key, const json_t *roles)
{
    ozon_key_roles_clear(key);
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *role = json_array_get(roles, i), *list = json_object_get(role, "methods");
        const char *methods[128];
        size_t count = 0;
        for (size_t j = 0; j < json_array_size(list) && count < 127; j++)
            if (json_is_string(json_array_get(list, j)))
                methods[count++] = json_string_value(json_array_get(list, j));
        methods[count] = NULL;
        const char *name = ozon_body_text(role, "name");
        if (!*name) return false;
        ozon_key_role_add(key, name, methods);
    }
    return json_is_array(roles);
}

static bool set_expiry(struct ozon_key *key, const json_t *expires)
{
    key->expires_ms = INT64_MAX;
    if (json_is_null(expires)) return true;
    return json_is_string(expires) &&
           market_time_parse(json_string_value(expires), &key->expires_ms);
}

void control_key(struct market_control *control)
{
    static const char *const states[] = {"active", "deactivated", "ip_restricted"};
    const char *text = OZON_DEFAULT_KEY, *state = "active";
    json_t *expires = NULL, *roles = NULL;
    if (!market_control_unpack(control, "{s?s, s?s, s?o, s?o}", "api_key", &text, "state", &state,
                               "expires_at", &expires, "roles", &roles))
        return;
    for (int i = 0; i < 3; i++) {
        if (strcmp(states[i], state) != 0) continue;
        ozon_key_set(seller_of(control), text, (enum ozon_key_state)i);
        struct ozon_key *key = ozon_key_find(seller_of(control), text);
        if (expires && !set_expiry(key, expires)) {
            market_control_error(control, "expires_at: not a time");
            return;
        }
        if (roles && !set_roles(key, roles)) {
            market_control_error(control, "roles: a list of {\"name\", \"methods\"}");
            return;
        }
        market_control_ok(control);
        return;
    }
    market_control_error(control, "state: active, deactivated or ip_restricted");
}

static bool set_warehouse(struct market_control *control, json_t *spec)
{
    json_int_t id;
    const char *name = NULL, *kind = "fbs", *status = NULL;
    int kgt = 0, third = 0, removed = -1;
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT, "{s:I, s?s, s?s, s?s, s?b, s?b, s?b}", "id", &id,
                       "name", &name, "kind", &kind, "status", &status, "kgt", &kgt, "third_party",
                       &third, "removed", &removed)) {
        market_control_error(control, "warehouse: %s", error.text);
        return false;
    }
    struct ozon_warehouse_spec warehouse = {id, name, OZON_FBS, kgt, third};
    if (id <= 0 || !ozon_kind_parse(kind, &warehouse.kind)) {
        market_control_error(control,
                             "warehouse: id must be above 0, kind is fbs, rfbs, fbo or fbp");
        return false;
    }
    ozon_warehouse_add(seller_of(control), &warehouse);
    if (status && !ozon_warehouse_status(seller_of(control), id, status)) {
        market_control_error(control, "warehouse: no such status: %s", status);
        return false;
    }
    if (removed >= 0)
        seller_of(control)->warehouses[ozon_warehouse_find(seller_of(control), id)].removed =
            removed;
    return true;
}

void control_warehouses(struct market_control *control)
{
    market_control_each(control, "warehouses", set_warehouse);
}

static void set_flags(struct ozon_product *product, const json_t *spec)
{
    for (const struct ozon_flag_name *f = ozon_flag_names; f->name; f++) {
        const json_t *value = json_object_get(spec, f->name);
        if (json_is_true(value)) product->flags |= f->flag;
        if (json_is_false(value)) product->flags &= ~f->flag;
    }
}

/* Fields that neither are known nor name a flag. */
static const char *unknown_field(json_t *spec)
{
    static const char *const known[] = {"offer_id", "product_id", "sku", "barcode", "archived"};
    const char *key;
    json_t *value;
    json_object_foreach (spec, key, value) {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            found |= strcmp(known[i], key) == 0;
        for (const struct ozon_flag_name *f = ozon_flag_names; f->name; f++)
            found |= strcmp(f->name, key) == 0 && json_is_boolean(value);
        if (!found) return key;
    }
    return NULL;
}

/* Makes a product, or changes the one that has this offer_id. */
static bool set_product(struct market_control *control, json_t *spec)
{
    const char *offer = ozon_body_text(spec, "offer_id"), *unknown = unknown_field(spec);
    const char *barcode = json_string_value(json_object_get(spec, "barcode"));
    const json_t *archived = json_object_get(spec, "archived");
    struct ozon_product *product = ozon_product_find(seller_of(control), offer);
    if (unknown || !*offer) {
        market_control_error(control, "product: %s %s",
                             unknown ? "unknown field" : "needs an offer_id",
                             unknown ? unknown : "");
        return false;
    }
    if (!product)
        product = ozon_product_add(seller_of(control), offer, ozon_body_int(spec, "product_id", 0),
                                   ozon_body_int(spec, "sku", 0), barcode);
    if (!product) {
        market_control_error(control, "product: the product_id or sku of %s is taken", offer);
        return false;
    }
    set_flags(product, spec);
    if (archived && !ozon_archive_parse(ozon_body_text(spec, "archived"), &product->archive)) {
        market_control_error(control, "product: archived is no, manual, auto or seasonal");
        return false;
    }
    return true;
}

/* Stock of `count` products in each listed warehouse, which are made where they are not there. */
static bool fill_stock(struct market_control *control, size_t first, json_t *warehouses,
                       int64_t stock)
{
    for (size_t w = 0; w < json_array_size(warehouses); w++) {
        int64_t id;
        if (!market_shape_id(json_array_get(warehouses, w), &id) || id <= 0) {
            market_control_error(control, "products: warehouses is a list of ids");
            return false;
        }
        struct ozon_warehouse_spec spec = {id, NULL, OZON_FBS, false, false};
        ozon_warehouse_add(seller_of(control), &spec);
        for (size_t i = first; stock >= 0 && i < seller_of(control)->product_count; i++)
            ozon_stock_set(seller_of(control), seller_of(control)->products[i].offer_id, id, stock,
                           control->now_ms);
    }
    return true;
}

static void fill_products(struct market_control *control)
{
    json_int_t count, first = 1, stock = -1;
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
    size_t before = seller_of(control)->product_count;
    ozon_products_fill(seller_of(control), prefix, (size_t)first, (size_t)count);
    if (fill_stock(control, before, warehouses, stock)) market_control_ok(control);
}

void control_products(struct market_control *control)
{
    if (json_object_get(control->body, "count"))
        fill_products(control);
    else
        market_control_each(control, "products", set_product);
}

static bool set_stock(struct market_control *control, json_t *spec, bool foreign)
{
    const char *offer;
    json_int_t warehouse, stock;
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT, "{s:s, s:I, s:I}", "offer_id", &offer,
                       "warehouse_id", &warehouse, "stock", &stock)) {
        market_control_error(control, "stock: %s", error.text);
        return false;
    }
    bool set =
        foreign ? ozon_stock_foreign(seller_of(control), offer, warehouse, stock, control->now_ms)
                : ozon_stock_set(seller_of(control), offer, warehouse, stock, control->now_ms);
    if (!set)
        market_control_error(control, "stock: no offer %s or no warehouse %lld", offer,
                             (long long)warehouse);
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

void control_stock(struct market_control *control)
{
    market_control_each(control, "stocks", set_one);
}

void control_foreign(struct market_control *control)
{
    market_control_each(control, "stocks", write_one);
}
