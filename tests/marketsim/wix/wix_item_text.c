/* How an inventory item of V3 looks in answers. */
#include "marketsim/market_time.h"
#include "marketsim/wix/wix_state.h"

#include <stdlib.h>

static void text_field(struct market_answer *answer, const char *name, const char *value)
{
    market_answer_text(answer, name);
    market_answer_string(answer, value);
}

static void int_field(struct market_answer *answer, const char *name, int64_t value)
{
    market_answer_text(answer, name);
    market_answer_int(answer, value);
}

static void time_field(struct market_answer *answer, const char *name, int64_t ms)
{
    market_answer_text(answer, name);
    market_answer_time(answer, ms);
}

static void bool_field(struct market_answer *answer, const char *name, bool value)
{
    market_answer_text(answer, name);
    market_answer_text(answer, value ? "true" : "false");
}

static void write_preorder(struct market_answer *answer, const struct wix_item *item)
{
    const struct wix_preorder *preorder = &item->preorder;
    bool_field(answer, ",\"preorderInfo\":{\"enabled\":", preorder->enabled);
    if (preorder->message) text_field(answer, ",\"message\":", preorder->message);
    if ((preorder->enabled || preorder->message) && preorder->limit >= 0)
        int_field(answer, ",\"limit\":", preorder->limit);
    if (item->tracked && preorder->enabled) {
        int64_t limit = preorder->limit >= 0 ? preorder->limit : WIX_PREORDER_MAX;
        int_field(answer, ",\"counter\":", preorder->counter);
        int_field(answer, ",\"quantity\":", limit - preorder->counter);
    }
    market_answer_text(answer, "}");
}

static void write_revision(const struct wix_call *call, int64_t revision,
                           struct market_answer *answer)
{
    bool numeric = call->wix->settings.numeric_revision;
    int_field(answer, numeric ? ",\"revision\":" : ",\"revision\":\"", revision);
    if (!numeric) market_answer_text(answer, "\"");
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
    text_field(answer, "{\"id\":", item->id);
    write_revision(call, item->revision, answer);
    time_field(answer, ",\"createdDate\":", item->created_ms);
    time_field(answer, ",\"updatedDate\":", item->updated_ms);
    text_field(answer, ",\"variantId\":", variant->id);
    text_field(answer, ",\"locationId\":", site->locations[item->location].id);
    text_field(answer, ",\"productId\":", product->id);
    bool_field(answer, ",\"trackQuantity\":", item->tracked);
    text_field(answer, ",\"availabilityStatus\":", status);
    write_preorder(answer, item);
    if (item->tracked)
        int_field(answer, ",\"quantity\":", wix_item_shown(item, call->now_ms));
    else
        bool_field(answer, ",\"inStock\":", item->in_stock);
    text_field(answer, ",\"product\":{\"name\":", product->name);
    text_field(answer, ",\"variantName\":", variant->name);
    text_field(answer, ",\"variantSku\":", variant->sku);
    market_answer_text(answer, ",\"variantVisible\":true}}");
}

json_t *wix_item_json(const struct wix_call *call, const struct wix_item *item)
{
    struct market_answer text = {0};
    wix_item_text(call, item, &text);
    json_t *json = json_loads(text.body, 0, NULL);
    market_answer_free(&text);
    return json;
}
