/* One card as listings: a listing for each of its sizes, since a size is what has stock. */
#include "listings.h"

#include <stdio.h>

/* Sizes of one card; real ones have a few dozen. */
#define SIZES_MAX 1000u

enum sku_from { SKU_ARTICLE, SKU_ARTICLE_SIZE, SKU_BARCODE };

struct card {
    const json_t *sizes;
    size_t count; /* of sizes */
    const char *article, *title;
    char nm[KIT_ID_TEXT];
    enum wb_list list;
    enum sku_from sku_from;
};

static enum sku_from sku_from(const struct stockd_call *call)
{
    const char *text = call->host->option(call->ctx, "sku-from");
    if (text && strcmp(text, "barcode") == 0) return SKU_BARCODE;
    if (text && strcmp(text, "article-size") == 0) return SKU_ARTICLE_SIZE;
    return SKU_ARTICLE;
}

/* "0" is written for goods without sizes. */
static const char *size_name(const json_t *size)
{
    const char *name = kit_text(json_object_get(size, "techSize"), STOCKD_ID_MAX);
    return name && strcmp(name, "0") != 0 ? name : NULL;
}

static bool name_is_unique(const struct card *card, size_t index, const char *name)
{
    for (size_t i = 0; i < card->count; i++) {
        const char *other = size_name(json_array_get(card->sizes, i));
        if (i != index && other && strcmp(other, name) == 0) return false;
    }
    return true;
}

/* The size's SKU into `text`, or "": what two sizes might share, or what might be one of several,
 * is no SKU. */
static void sku_of(const struct card *card, size_t index, const char *barcode, uint32_t barcodes,
                   char text[STOCKD_ID_MAX + 1])
{
    const char *name = size_name(json_array_get(card->sizes, index));
    text[0] = '\0';
    if (card->sku_from == SKU_BARCODE) {
        if (barcodes == 1) strcpy(text, barcode);
    } else if (card->article && card->count == 1) {
        strcpy(text, card->article);
    } else if (card->article && card->sku_from == SKU_ARTICLE_SIZE && name &&
               name_is_unique(card, index, name) &&
               strlen(card->article) + 1 + strlen(name) <= STOCKD_ID_MAX) {
        stpcpy(stpcpy(stpcpy(text, card->article), "/"), name);
    }
}

/* Barcodes of a size; false when one cannot be read, or there are more than a listing can have. */
static bool barcodes_of(const json_t *size, struct stockd_key *keys, uint32_t *count)
{
    const json_t *skus = json_object_get(size, "skus");
    size_t index;
    json_t *value;
    if (skus && !json_is_null(skus) && !json_is_array(skus)) return false;
    bool whole = true;
    json_array_foreach (skus, index, value) {
        const char *text = kit_text(value, STOCKD_ID_MAX);
        bool known = false;
        if (json_is_string(value) && !json_string_length(value)) continue;
        if (!text) whole = false;
        for (uint32_t i = 0; text && i < *count && !known; i++)
            known = strcmp(keys[i].value, text) == 0;
        if (!text || known) continue;
        /* One key is kept free for the SKU. */
        if (*count == STOCKD_KEYS_MAX - 1) return false;
        keys[(*count)++] = (struct stockd_key){WB_KEY_BARCODE, text};
    }
    return whole;
}

static bool emit_size(const struct stockd_call *call, const struct card *card, size_t index)
{
    const json_t *size = json_array_get(card->sizes, index);
    struct stockd_key keys[STOCKD_KEYS_MAX];
    char digits[KIT_ID_TEXT], sku[STOCKD_ID_MAX + 1], title[STOCKD_TEXT_MAX];
    int64_t chrt;
    uint32_t count = 0;
    if (!kit_id(json_object_get(size, "chrtID"), &chrt)) {
        kit_malformed(call, "a size without a usable chrtID", card->nm);
        return false;
    }
    kit_digits(chrt, digits);
    bool whole = barcodes_of(size, keys, &count);
    if (!whole) kit_malformed(call, "a size with unreadable barcodes, or too many", digits);
    sku_of(card, index, count ? keys[0].value : NULL, whole ? count : 0, sku);
    if (sku[0]) keys[count++] = (struct stockd_key){WB_KEY_SKU, sku};
    const char *name = size_name(size);
    const char *text = card->title ? card->title : "";
    int size_room = card->title && name ? kit_cut(name, 200) : 0;
    snprintf(title, sizeof(title), size_room ? "%.*s (%.*s)" : "%.*s%.*s", kit_cut(text, 700), text,
             size_room, name ? name : "");
    struct stockd_listing row = {
        .size = sizeof(row),
        .id = digits,
        .keys = keys,
        .key_count = count,
        .group = card->nm,
        .title = title[0] ? title : NULL,
    };
    if (card->list == WB_TRASH) {
        row.state = STOCKD_LISTING_ARCHIVED;
        row.code = "trash";
        row.text = "the card is in the trash";
    }
    call->host->listing(call->ctx, &row);
    return whole;
}

bool wb_emit_card(const struct stockd_call *call, const json_t *json, enum wb_list list)
{
    struct card card = {
        .sizes = json_object_get(json, "sizes"),
        .article = kit_text(json_object_get(json, "vendorCode"), STOCKD_ID_MAX),
        .title = kit_text(json_object_get(json, "title"), SIZE_MAX),
        .list = list,
        .sku_from = sku_from(call),
    };
    int64_t nm;
    if (!kit_id(json_object_get(json, "nmID"), &nm)) {
        kit_malformed(call, "a card without a usable nmID", card.article ? card.article : "?");
        return false;
    }
    kit_digits(nm, card.nm);
    card.count = json_array_size(card.sizes);
    if (!json_is_array(card.sizes) || card.count > SIZES_MAX) {
        kit_malformed(call, "a card whose sizes cannot be read", card.nm);
        return false;
    }
    bool whole = true;
    for (size_t i = 0; i < card.count; i++)
        whole &= emit_size(call, &card, i);
    return whole;
}
