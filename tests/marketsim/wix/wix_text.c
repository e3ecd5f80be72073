/* How inventory items and variants of V3 look in answers. */
#include "marketsim/market_field.h"
#include "marketsim/wix/wix_state.h"

static void write_preorder(struct market_answer *answer, const struct wix_item *item)
{
    const struct wix_preorder *preorder = &item->preorder;
    market_field_bool(answer, ",\"preorderInfo\":{\"enabled\":", preorder->enabled);
    if (preorder->message) market_field_text(answer, ",\"message\":", preorder->message);
    if ((preorder->enabled || preorder->message) && preorder->limit >= 0)
        market_field_int(answer, ",\"limit\":", preorder->limit);
    if (item->tracked && preorder->enabled) {
        int64_t limit = preorder->limit >= 0 ? preorder->limit : WIX_PREORDER_MAX;
        market_field_int(answer, ",\"counter\":", preorder->counter);
        market_field_int(answer, ",\"quantity\":", limit - preorder->counter);
    }
    market_answer_text(answer, "}");
}

void wix_item_text(const struct wix_call *call, const struct wix_item *item,
                   struct market_answer *answer)
{
    const struct wix_site *site = call->site;
    const struct wix_variant *variant = &site->variants[item->variant];
    const struct wix_product *product = &site->products[variant->product];
    const char *status = wix_item_sells(item, call->now_ms) ? "IN_STOCK"
                         : item->preorder.enabled           ? "PREORDER"
                                                            : "OUT_OF_STOCK";
    market_field_text(answer, "{\"id\":", item->id);
    if (call->wix->settings.numeric_revision)
        market_field_int(answer, ",\"revision\":", item->revision);
    else
        market_field_int_text(answer, ",\"revision\":", item->revision);
    market_field_time(answer, ",\"createdDate\":", item->created_ms);
    market_field_time(answer, ",\"updatedDate\":", item->updated_ms);
    market_field_text(answer, ",\"variantId\":", variant->id);
    market_field_text(answer, ",\"locationId\":", site->locations[item->location].id);
    market_field_text(answer, ",\"productId\":", product->id);
    market_field_bool(answer, ",\"trackQuantity\":", item->tracked);
    market_field_text(answer, ",\"availabilityStatus\":", status);
    write_preorder(answer, item);
    if (item->tracked)
        market_field_int(answer, ",\"quantity\":", wix_item_shown(item, call->now_ms));
    else
        market_field_bool(answer, ",\"inStock\":", item->in_stock);
    market_field_text(answer, ",\"product\":{\"name\":", product->name);
    market_field_text(answer, ",\"variantName\":", variant->name);
    market_field_text(answer, ",\"variantSku\":", variant->sku);
    market_answer_text(answer, ",\"variantVisible\":true}}");
}

void wix_variant_text(const struct wix_call *call, size_t index, struct market_answer *answer)
{
    const struct wix_variant *variant = &call->site->variants[index];
    const struct wix_product *product = &call->site->products[variant->product];
    bool preorder, sells = wix_variant_sells(call, index, &preorder);
    market_field_text(answer, "{\"id\":", variant->id);
    market_field_text(answer, ",\"variantId\":", variant->id);
    market_field_text(answer, ",\"visible\":true,\"sku\":", variant->sku);
    market_field_text(answer, ",\"barcode\":", variant->barcode);
    market_field_bool(answer, ",\"optionChoices\":[],\"inventoryStatus\":{\"inStock\":", sells);
    market_field_bool(answer, ",\"preorderEnabled\":", preorder);
    market_field_text(answer, "},\"productData\":{\"productId\":", product->id);
    market_field_text(answer, ",\"name\":", product->name);
    market_field_text(answer, ",\"productType\":", product->digital ? "DIGITAL" : "PHYSICAL");
    market_field_bool(answer, ",\"visible\":", product->visible);
    market_answer_text(answer, ",\"revision\":\"1\"}}");
}

static json_t *tree_of(struct market_answer *text)
{
    json_t *tree = json_loadb(text->body, text->len, 0, NULL);
    market_answer_free(text);
    return tree;
}

json_t *wix_item_json(const struct wix_call *call, const struct wix_item *item)
{
    struct market_answer text = {0};
    wix_item_text(call, item, &text);
    return tree_of(&text);
}

json_t *wix_variant_json(const struct wix_call *call, size_t index)
{
    struct market_answer text = {0};
    wix_variant_text(call, index, &text);
    return tree_of(&text);
}
