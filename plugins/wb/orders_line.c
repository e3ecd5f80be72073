/* One assembly task as an order line of one piece, and what its two statuses mean together. */
#include "orders.h"

/* What Wildberries says of where the piece is. */
enum place {
    PLACE_UNSAID,    /* the seller's word decides */
    PLACE_ON_WAY,    /* it left the seller, or came to the buyer */
    PLACE_CANCELLED, /* cancelled; whether it had left says the seller's word */
    PLACE_BACK,      /* cancelled after it left: not on the shelf again before it is there */
};

/* All words of wbStatus in the official document. */
static const struct {
    const char *word;
    enum place place;
} places[] = {
    {"waiting", PLACE_UNSAID},
    {"sorted", PLACE_ON_WAY},
    {"sold", PLACE_ON_WAY},
    {"ready_for_pickup", PLACE_ON_WAY},
    {"postponed_delivery", PLACE_ON_WAY},
    {"accepted_by_carrier", PLACE_ON_WAY},
    {"sent_to_carrier", PLACE_ON_WAY},
    {"canceled", PLACE_CANCELLED},
    {"declined_by_client", PLACE_CANCELLED}, /* in the first hour, before it is assembled */
    {"canceled_by_client", PLACE_BACK},      /* when it was to be handed over */
    {"canceled_by_carrier", PLACE_BACK},
    {"defect", PLACE_BACK}, /* a piece that is no good does not go back on sale by itself */
};

/* All words of supplierStatus. */
static const struct {
    const char *word;
    enum stockd_order_state state;
} words[] = {
    {"new", STOCKD_ORDER_OPEN},
    {"confirm", STOCKD_ORDER_OPEN},
    {"complete", STOCKD_ORDER_SHIPPED},
    {"cancel", STOCKD_ORDER_CANCELLED},
    /* By the carrier who already had it. */
    {"cancel_carrier", STOCKD_ORDER_RETURNED},
};

static bool supplier_state(const char *word, enum stockd_order_state *state)
{
    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i].word) != 0) continue;
        *state = words[i].state;
        return true;
    }
    return false;
}

bool wb_status_state(const struct wb_status *status, enum stockd_order_state *state)
{
    enum stockd_order_state seller = STOCKD_ORDER_OPEN;
    bool known = supplier_state(status->supplier, &seller), new_word = status->wb != NULL;
    enum place place = PLACE_UNSAID;
    for (size_t i = 0; new_word && i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(status->wb, places[i].word) != 0) continue;
        place = places[i].place;
        new_word = false;
        break;
    }
    bool left = seller == STOCKD_ORDER_SHIPPED || seller == STOCKD_ORDER_RETURNED;
    switch (place) {
    case PLACE_UNSAID:
        /* A cancellation beside a word that is not known: the piece may be anywhere. */
        *state = seller == STOCKD_ORDER_CANCELLED && new_word ? STOCKD_ORDER_RETURNED : seller;
        return known;
    case PLACE_ON_WAY:
        *state = seller == STOCKD_ORDER_CANCELLED || seller == STOCKD_ORDER_RETURNED
                     ? STOCKD_ORDER_RETURNED
                     : STOCKD_ORDER_SHIPPED;
        return true;
    case PLACE_CANCELLED:
        /* Only what the seller surely still has is free again. */
        *state = known && !left ? STOCKD_ORDER_CANCELLED : STOCKD_ORDER_RETURNED;
        return true;
    case PLACE_BACK: *state = STOCKD_ORDER_RETURNED; return true;
    }
    return false;
}

bool wb_task_read(const struct stockd_call *call, const json_t *row, struct wb_task *task)
{
    memset(task, 0, sizeof(*task));
    const char *article = kit_text(json_object_get(row, "article"), STOCKD_ID_MAX);
    if (!kit_id(json_object_get(row, "id"), &task->id)) {
        kit_malformed(call, "an order without a usable id", article ? article : "?");
        return false;
    }
    size_t index;
    json_t *value;
    uint32_t count = 0;
    json_array_foreach (json_object_get(row, "skus"), index, value) {
        const char *text = kit_text(value, WB_BARCODE_MAX);
        if (text && count < WB_TASK_BARCODES) strcpy(task->barcodes[count++], text);
    }
    if (!kit_id(json_object_get(row, "chrtId"), &task->chrt)) task->chrt = 0;
    if (!kit_id(json_object_get(row, "warehouseId"), &task->warehouse)) task->warehouse = 0;
    task->created_ms = kit_time(json_object_get(row, "createdAt"));
    task->zero = kit_flag(json_object_get(row, "isZeroOrder")) == KIT_TRUE;
    if (article) strcpy(task->article, article);
    if (task->chrt || count || article) return true;
    char digits[KIT_ID_TEXT];
    kit_digits(task->id, digits);
    kit_malformed(call, "an order that names neither a size, a barcode nor an article", digits);
    return false;
}

/* The article is a SKU only where listings have it for one. */
static const char *article_kind(const struct stockd_call *call)
{
    const char *from = call->host->option(call->ctx, "sku-from");
    return !from || strcmp(from, "article") == 0 ? WB_KEY_SKU : WB_KEY_ARTICLE;
}

void wb_task_emit(const struct stockd_call *call, const struct wb_task *task,
                  const struct wb_status *status)
{
    char key[KIT_ID_TEXT], chrt[KIT_ID_TEXT], warehouse[KIT_ID_TEXT], words_text[80];
    struct stockd_key refs[WB_TASK_BARCODES + 2];
    enum stockd_order_state state = STOCKD_ORDER_OPEN;
    uint32_t count = 0;
    if (!wb_status_state(status, &state)) state = STOCKD_ORDER_OPEN;
    kit_digits(task->id, key);
    kit_digits(task->chrt, chrt);
    kit_digits(task->warehouse, warehouse);
    if (task->chrt) refs[count++] = (struct stockd_key){"listing", chrt};
    for (uint32_t i = 0; i < WB_TASK_BARCODES && task->barcodes[i][0]; i++)
        refs[count++] = (struct stockd_key){WB_KEY_BARCODE, task->barcodes[i]};
    if (task->article[0]) refs[count++] = (struct stockd_key){article_kind(call), task->article};
    const char *supplier = status->supplier ? status->supplier : "?";
    const char *wb = status->wb ? status->wb : "?";
    struct out told = {.data = words_text, .room = sizeof(words_text) - 1};
    out_bytes(&told, supplier, (size_t)kit_cut(supplier, 30));
    out_literal(&told, "/");
    out_bytes(&told, wb, (size_t)kit_cut(wb, 40));
    words_text[told.size] = '\0';
    struct stockd_order_line line = {
        .size = sizeof(line),
        .state = state,
        .key = key,
        .order_id = key,
        .refs = count ? refs : NULL,
        .ref_count = count,
        /* Wildberries lowers its figure with the order; from 0 there is nothing to lower. Which of
         * the two it was its page said. */
        .marketplace_lowered = !task->zero && !task->id_only,
        .oversell = task->zero,
        .quantity = 1,
        .warehouse_id = task->warehouse ? warehouse : NULL,
        .ordered_ms = task->created_ms,
        .status = words_text,
    };
    call->host->order_line(call->ctx, &line);
}
