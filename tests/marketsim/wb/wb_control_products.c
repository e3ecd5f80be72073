/* Control endpoint products: cards with their sizes, in bulk or one by one. */
#include "marketsim/wb/wb_control.h"

#include <stdlib.h>
#include <string.h>

#define SIZES_MAX 64

/* Stock of the new sizes in each listed warehouse, which are made where they are not there. */
static bool fill_stock(struct market_control *control, size_t first, json_t *warehouses,
                       int64_t stock)
{
    struct wb_seller *seller = wb_seller_of(control);
    for (size_t w = 0; w < json_array_size(warehouses); w++) {
        int64_t id;
        if (!market_shape_id(json_array_get(warehouses, w), &id) || id <= 0) {
            market_control_error(control, "products: warehouses is a list of ids");
            return false;
        }
        struct wb_warehouse_spec spec = {.id = id};
        wb_warehouse_add(seller, &spec);
        struct wb_warehouse *warehouse = &seller->warehouses[wb_warehouse_index(seller, id)];
        for (size_t i = first; stock >= 0 && i < seller->size_count; i++)
            wb_pair_make(warehouse, i)->free = stock;
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
    size_t before = wb_seller_of(control)->size_count;
    wb_cards_fill(wb_seller_of(control), prefix, (size_t)first, (size_t)count);
    if (fill_stock(control, before, warehouses, stock)) market_control_ok(control);
}

static bool read_sizes(const json_t *list, struct wb_size_spec sizes[SIZES_MAX], size_t *count)
{
    *count = json_array_size(list);
    if (*count > SIZES_MAX) return false;
    for (size_t i = 0; i < *count; i++) {
        json_int_t chrt_id = 0;
        json_t *size = json_array_get(list, i);
        sizes[i] = (struct wb_size_spec){0};
        if (json_unpack_ex(size, NULL, JSON_STRICT, "{s?s, s?s, s?I}", "size", &sizes[i].tech_size,
                           "barcode", &sizes[i].barcodes, "chrt_id", &chrt_id))
            return false;
        sizes[i].chrt_id = chrt_id;
    }
    return true;
}

/* Bits 1 << delivery type out of a list of types. */
static unsigned read_deliveries(const json_t *list)
{
    unsigned deliveries = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        deliveries |= 1u << (json_integer_value(json_array_get(list, i)) & 7);
    return deliveries;
}

static bool find_or_add(struct market_control *control, const char *code, json_t *sizes,
                        const struct wb_size_spec *single, int64_t nm_id)
{
    struct wb_size_spec specs[SIZES_MAX];
    size_t count = 0;
    if (wb_card_find(wb_seller_of(control), code)) return true;
    if (!read_sizes(sizes, specs, &count)) {
        market_control_error(control, "product: sizes is a list of {size, barcode, chrt_id}");
        return false;
    }
    bool added = count ? wb_card_add(wb_seller_of(control), code, nm_id, specs, count)
                       : wb_card_add(wb_seller_of(control), code, nm_id, single, 1);
    if (!added) market_control_error(control, "product: an id of %s is taken", code);
    return added;
}

/* Makes a card, or changes the one that has this vendor code. */
static bool set_product(struct market_control *control, json_t *spec)
{
    const char *code, *barcode = NULL;
    json_int_t nm_id = 0, chrt_id = 0;
    json_t *sizes = NULL, *deliveries = NULL;
    int cargo = 0, trashed = -1, photo = -1, wholesale = -1, touched = 0;
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT,
                       "{s:s, s?I, s?I, s?s, s?o, s?o, s?i, s?b, s?b, s?b, s?b}", "offer_id", &code,
                       "nm_id", &nm_id, "chrt_id", &chrt_id, "barcode", &barcode, "sizes", &sizes,
                       "deliveries", &deliveries, "cargo", &cargo, "trashed", &trashed, "photo",
                       &photo, "wholesale", &wholesale, "touch", &touched) ||
        cargo < 0 || cargo > WB_SGT_OR_KGT) {
        market_control_error(control, "product: %s", cargo ? "cargo is from 1 to 4" : error.text);
        return false;
    }
    struct wb_size_spec single = {NULL, barcode, chrt_id};
    if (!find_or_add(control, code, sizes, &single, nm_id)) return false;
    struct wb_card *card = wb_card_find(wb_seller_of(control), code);
    if (cargo) card->cargo = (enum wb_cargo)cargo;
    if (deliveries) card->deliveries = read_deliveries(deliveries);
    if (photo >= 0) card->no_photo = !photo;
    if (wholesale >= 0) card->wholesale = wholesale;
    if (trashed >= 0) wb_card_trash(wb_seller_of(control), card, trashed, control->now_ms);
    if (touched) wb_card_touch(wb_seller_of(control), card, control->now_ms);
    return true;
}

void wb_control_products(struct market_control *control)
{
    if (json_object_get(control->body, "count"))
        fill_products(control);
    else
        market_control_each(control, "products", set_product);
}
