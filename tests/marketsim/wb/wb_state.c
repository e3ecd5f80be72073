/* Life of a state: sellers, cards, warehouses, settings. Stock is in wb_stock.c, orders in
 * wb_orders.c, tokens in wb_token.c. */
#include "marketsim/wb/wb_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_NM     100000001
#define FIRST_CHRT   500000001
#define SEEDED_MS    1735689600000 /* 2025-01-01: long before anything a test does */
#define TOKEN_END    4102444800000 /* 2100-01-01 */
#define FIRST_ORDER  3000000000    /* above 2^31, as orders are now */
#define BARCODE_ROOM 64            /* a longer one is cut */

struct wb *wb_create(uint64_t seed)
{
    struct wb *wb = market_alloc(sizeof(*wb));
    wb->random = seed;
    wb->last_order = FIRST_ORDER;
    wb->settings = (struct wb_settings){.scale = 1,
                                        .quotas = true,
                                        .penalty = WB_PENALTY,
                                        .retry_header = true,
                                        .sale_price = true,
                                        .cancel_restores = true,
                                        .hide_fbw = true};
    wb_quota_defaults(&wb->settings);
    wb->writes = market_alloc(WB_WRITES * sizeof(*wb->writes));
    market_trace_init(&wb->trace);
    wb_seller_add(wb, WB_DEFAULT_OID);
    return wb;
}

static void seller_free(struct wb_seller *seller)
{
    for (size_t i = 0; i < seller->token_count; i++) {
        free(seller->tokens[i]->text);
        free(seller->tokens[i]);
    }
    for (size_t i = 0; i < seller->card_count; i++) {
        free(seller->cards[i].vendor_code);
        free(seller->cards[i].title);
    }
    for (size_t i = 0; i < seller->size_count; i++) {
        free(seller->sizes[i].offer);
        free(seller->sizes[i].tech_size);
        free(seller->sizes[i].barcodes);
    }
    for (size_t i = 0; i < seller->warehouse_count; i++) {
        free(seller->warehouses[i].name);
        free(seller->warehouses[i].pairs);
    }
    for (int i = 0; i < WB_HOSTS; i++)
        market_window_free(&seller->pings[i]);
    market_map_free(&seller->by_code);
    market_map_free(&seller->by_offer);
    market_map_free(&seller->by_nm);
    market_map_free(&seller->by_chrt);
    market_map_free(&seller->by_barcode);
    free(seller->tokens);
    free(seller->cards);
    free(seller->sizes);
    free(seller->listed[0]);
    free(seller->listed[1]);
    free(seller->warehouses);
    wb_orders_free(seller);
    free(seller->name);
    free(seller);
}

void wb_destroy(struct wb *wb)
{
    for (size_t i = 0; i < wb->seller_count; i++)
        seller_free(wb->sellers[i]);
    free(wb->sellers);
    free(wb->late);
    free(wb->writes);
    market_trace_free(&wb->trace);
    market_fault_clear(&wb->faults);
    free(wb);
}

struct wb_settings wb_settings_get(const struct wb *wb)
{
    return wb->settings;
}

void wb_settings_set(struct wb *wb, const struct wb_settings *settings)
{
    wb->settings = *settings;
    if (!(wb->settings.scale > 0)) wb->settings.scale = 1;
    wb_forget(wb);
}

void wb_forget(struct wb *wb)
{
    for (size_t i = 0; i < wb->seller_count; i++)
        wb_orders_forget(wb->sellers[i]);
}

struct market_faults *wb_faults(struct wb *wb)
{
    return &wb->faults;
}

struct market_trace *wb_trace(struct wb *wb)
{
    return &wb->trace;
}

struct wb_seller *wb_seller_add(struct wb *wb, int64_t oid)
{
    struct wb_seller *seller = oid ? wb_seller_find(wb, oid) : NULL;
    if (seller) return seller;
    seller = market_alloc(sizeof(*seller));
    seller->oid = oid;
    snprintf(seller->account, sizeof(seller->account), "%lld", (long long)oid);
    snprintf(seller->sid, sizeof(seller->sid), "e8923014-e233-4748-898e-%012llx",
             (unsigned long long)oid & 0xffffffffffff);
    seller->name = market_strdup("Test seller");
    wb->sellers = market_realloc(wb->sellers, (wb->seller_count + 1) * sizeof(*wb->sellers));
    wb->sellers[wb->seller_count++] = seller;
    struct wb_token_spec spec = {.s = WB_CAN_ALL, .expires_ms = TOKEN_END};
    wb_token_add(wb, seller, &spec);
    return seller;
}

struct wb_seller *wb_seller_find(struct wb *wb, int64_t oid)
{
    if (!oid) return wb->sellers[0];
    for (size_t i = 0; i < wb->seller_count; i++)
        if (wb->sellers[i]->oid == oid) return wb->sellers[i];
    return NULL;
}

void wb_seller_ban(struct wb_seller *seller, bool banned)
{
    seller->banned = banned;
}

static void *with_room(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room) return list;
    *room = *room ? *room * 2 : 64;
    return market_realloc(list, *room * size);
}

static void barcode_keep(const char *at, size_t len, char text[BARCODE_ROOM])
{
    if (len >= BARCODE_ROOM) len = BARCODE_ROOM - 1;
    memcpy(text, at, len);
    text[len] = '\0';
}

static void map_barcodes(struct wb_seller *seller, const char *barcodes, size_t index)
{
    char text[BARCODE_ROOM];
    for (const char *at = barcodes; *at;) {
        size_t len = strcspn(at, ",");
        barcode_keep(at, len, text);
        int64_t number = strtoll(text, NULL, 10);
        if (number) market_map_put_number(&seller->by_barcode, number, index);
        at += len;
        if (*at == ',') at++;
    }
}

static void add_size(struct wb_seller *seller, size_t card, const struct wb_size_spec *spec,
                     bool only)
{
    size_t index = seller->size_count;
    char text[256];
    seller->sizes = with_room(seller->sizes, index, &seller->size_room, sizeof(*seller->sizes));
    struct wb_size *size = &seller->sizes[seller->size_count++];
    memset(size, 0, sizeof(*size));
    const char *code = seller->cards[card].vendor_code, *name = spec->tech_size;
    snprintf(text, sizeof(text), "%.120s/%.60s", code, name ? name : "0");
    size->offer = market_strdup(only ? code : text);
    size->tech_size = market_strdup(name ? name : "0");
    snprintf(text, sizeof(text), "46%011lld", (long long)index + 1);
    size->barcodes = market_strdup(spec->barcodes ? spec->barcodes : text);
    size->chrt_id = spec->chrt_id ? spec->chrt_id : FIRST_CHRT + (int64_t)index;
    size->card = card;
    market_map_put_text(&seller->by_offer, size->offer, index);
    market_map_put_number(&seller->by_chrt, size->chrt_id, index);
    map_barcodes(seller, size->barcodes, index);
}

static bool taken(const struct wb_seller *seller, const struct wb_size_spec *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sizes[i].chrt_id &&
            market_map_get_number(&seller->by_chrt, sizes[i].chrt_id) != MARKET_MAP_NONE)
            return true;
    return false;
}

bool wb_card_add(struct wb_seller *seller, const char *vendor_code, int64_t nm_id,
                 const struct wb_size_spec *sizes, size_t count)
{
    static const struct wb_size_spec single = {NULL, NULL, 0};
    size_t index = seller->card_count;
    if (!nm_id) nm_id = FIRST_NM + (int64_t)index;
    if (nm_id < 0 || market_map_get_text(&seller->by_code, vendor_code) != MARKET_MAP_NONE ||
        market_map_get_number(&seller->by_nm, nm_id) != MARKET_MAP_NONE ||
        taken(seller, sizes, count))
        return false;
    seller->cards = with_room(seller->cards, index, &seller->card_room, sizeof(*seller->cards));
    char title[48];
    snprintf(title, sizeof(title), "Product %zu", index + 1);
    seller->cards[seller->card_count++] =
        (struct wb_card){.vendor_code = market_strdup(vendor_code),
                         .title = market_strdup(title),
                         .nm_id = nm_id,
                         .imt_id = nm_id + 7000000,
                         .created_ms = SEEDED_MS,
                         .updated_ms = SEEDED_MS,
                         .cargo = WB_MGT,
                         .first_size = seller->size_count,
                         .size_count = count ? count : 1};
    market_map_put_text(&seller->by_code, seller->cards[index].vendor_code, index);
    market_map_put_number(&seller->by_nm, nm_id, index);
    if (!count) add_size(seller, index, &single, true);
    for (size_t i = 0; i < count; i++)
        add_size(seller, index, &sizes[i], count == 1);
    seller->stale = true;
    return true;
}

void wb_cards_fill(struct wb_seller *seller, const char *prefix, size_t first, size_t count)
{
    char code[96];
    for (size_t i = 0; i < count; i++) {
        snprintf(code, sizeof(code), "%.64s%06zu", prefix, first + i);
        wb_card_add(seller, code, 0, NULL, 0);
    }
}

struct wb_card *wb_card_find(struct wb_seller *seller, const char *vendor_code)
{
    size_t index = market_map_get_text(&seller->by_code, vendor_code);
    return index == MARKET_MAP_NONE ? NULL : &seller->cards[index];
}

struct wb_size *wb_size_find(struct wb_seller *seller, const char *offer)
{
    size_t index = market_map_get_text(&seller->by_offer, offer);
    return index == MARKET_MAP_NONE ? NULL : &seller->sizes[index];
}

void wb_card_touch(struct wb_seller *seller, struct wb_card *card, int64_t now_ms)
{
    card->updated_ms = now_ms;
    seller->stale = true;
    wb_orders_forget(seller);
}

void wb_card_trash(struct wb_seller *seller, struct wb_card *card, bool trashed, int64_t now_ms)
{
    card->trashed_ms = trashed ? now_ms : 0;
    wb_card_touch(seller, card, now_ms);
}

size_t wb_warehouse_index(const struct wb_seller *seller, int64_t id)
{
    for (size_t i = 0; i < seller->warehouse_count; i++)
        if (seller->warehouses[i].id == id) return i;
    return MARKET_MAP_NONE;
}

bool wb_warehouse_add(struct wb_seller *seller, const struct wb_warehouse_spec *spec)
{
    if (spec->id <= 0 || wb_warehouse_index(seller, spec->id) != MARKET_MAP_NONE) return false;
    seller->warehouses = market_realloc(seller->warehouses, (seller->warehouse_count + 1) *
                                                                sizeof(*seller->warehouses));
    char name[48];
    snprintf(name, sizeof(name), "Warehouse %lld", (long long)spec->id);
    seller->warehouses[seller->warehouse_count++] =
        (struct wb_warehouse){.id = spec->id,
                              .name = market_strdup(spec->name ? spec->name : name),
                              .delivery = spec->delivery ? spec->delivery : WB_DELIVERY_FBS,
                              .cargo = spec->cargo ? spec->cargo : WB_MGT,
                              .fbw = spec->fbw};
    return true;
}

bool wb_warehouse_flag(struct wb_seller *seller, int64_t warehouse_id, enum wb_warehouse_flag flag,
                       bool on)
{
    size_t index = wb_warehouse_index(seller, warehouse_id);
    if (index == MARKET_MAP_NONE) return false;
    struct wb_warehouse *warehouse = &seller->warehouses[index];
    warehouse->flags = on ? warehouse->flags | (unsigned)flag : warehouse->flags & ~(unsigned)flag;
    return true;
}

void wb_barcodes_write(struct market_answer *answer, const char *barcodes)
{
    char text[BARCODE_ROOM];
    market_answer_text(answer, "[");
    for (const char *at = barcodes; *at;) {
        size_t len = strcspn(at, ",");
        barcode_keep(at, len, text);
        if (at != barcodes) market_answer_text(answer, ",");
        market_answer_string(answer, text);
        at += len;
        if (*at == ',') at++;
    }
    market_answer_text(answer, "]");
}

int64_t wb_body_int(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *wb_body_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

bool wb_ids_check(struct wb_call *call, const char *name)
{
    const json_t *list = json_object_get(call->body, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (json_is_integer(json_array_get(list, i))) continue;
        wb_bad_request(call, "IncorrectRequest", "an id that is no number");
        return false;
    }
    return true;
}

bool wb_lists_int(const json_t *list, int64_t value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_integer_value(json_array_get(list, i)) == value) return true;
    return false;
}
