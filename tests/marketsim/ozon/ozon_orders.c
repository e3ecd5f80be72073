/* Buyers: placing, packing, shipping, cancelling, returning and splitting, and what each does to
 * the stock. How postings look in reads is in ozon_postings.c. */
#include "marketsim/ozon/ozon_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ozon_postings_forget(struct ozon_seller *seller)
{
    for (size_t i = 0; i < seller->posting_count; i++)
        market_kept_forget(&seller->postings[i].look);
}

void ozon_postings_free(struct ozon_seller *seller)
{
    ozon_postings_forget(seller);
    for (size_t i = 0; i < seller->posting_count; i++)
        free(seller->postings[i].lines);
    free(seller->postings);
}

size_t ozon_order_count(const struct ozon_seller *seller)
{
    return seller->posting_count;
}

/* Kept in the order of the lists: by time of placing, then of making. Mostly that is the end. */
static void insert_posting(struct ozon_seller *seller, const struct ozon_posting *posting)
{
    if (seller->posting_count == seller->posting_room) {
        seller->posting_room = seller->posting_room ? seller->posting_room * 2 : 64;
        seller->postings =
            market_realloc(seller->postings, seller->posting_room * sizeof(*seller->postings));
    }
    size_t at = seller->posting_count++;
    while (at > 0 && seller->postings[at - 1].placed_ms > posting->placed_ms) {
        seller->postings[at] = seller->postings[at - 1];
        at--;
    }
    seller->postings[at] = *posting;
}

static struct ozon_posting *find_posting(struct ozon_seller *seller, const char *number)
{
    for (size_t i = seller->posting_count; i > 0; i--)
        if (strcmp(seller->postings[i - 1].number, number) == 0) return &seller->postings[i - 1];
    return NULL;
}

static bool can_place(struct ozon_seller *seller, const struct ozon_order_spec *spec)
{
    for (size_t i = 0; i < spec->line_count; i++) {
        int64_t free_stock = 0, reserved = 0, wanted = 0;
        ozon_stock_get(seller, spec->lines[i].offer_id, spec->warehouse_id, &free_stock, &reserved);
        for (size_t j = 0; j < spec->line_count; j++)
            if (strcmp(spec->lines[j].offer_id, spec->lines[i].offer_id) == 0)
                wanted += spec->lines[j].quantity;
        if (spec->lines[i].quantity <= 0 || !ozon_product_find(seller, spec->lines[i].offer_id))
            return false;
        if (!spec->oversell && free_stock < wanted) return false;
    }
    return spec->line_count > 0;
}

/* An oversold piece is reserved all the same: the buyer has paid for it. */
static void take_stock(struct ozon_warehouse *warehouse, struct ozon_line *line, int64_t now_ms)
{
    struct ozon_pair *pair = ozon_pair_make(warehouse, line->product);
    pair->free = pair->free > line->quantity ? pair->free - line->quantity : 0;
    pair->reserved += line->quantity;
    pair->updated_ms = now_ms;
    line->reserved = line->quantity;
}

static void name_posting(struct ozon_seller *seller, struct ozon_posting *posting)
{
    int64_t order = ++seller->orders_placed;
    posting->id = ++seller->postings_made;
    posting->order_id = 30000000000 + order;
    snprintf(posting->order_number, sizeof(posting->order_number), "%010lld-%04lld",
             (long long)(100000000 + order), (long long)(order % 10000));
    snprintf(posting->number, sizeof(posting->number), "%s-1", posting->order_number);
}

bool ozon_order_place(struct ozon *ozon, struct ozon_seller *seller,
                      const struct ozon_order_spec *spec, int64_t now_ms, char *number, size_t size)
{
    now_ms += ozon->settings.clock_offset_ms;
    size_t warehouse = ozon_warehouse_find(seller, spec->warehouse_id);
    if (warehouse == MARKET_MAP_NONE || !can_place(seller, spec)) return false;
    struct ozon_posting posting = {.warehouse = warehouse,
                                   .placed_ms = spec->placed_ms ? spec->placed_ms : now_ms,
                                   .changed_ms = now_ms,
                                   .visible_ms = now_ms + spec->visible_after_ms,
                                   .line_count = spec->line_count};
    name_posting(seller, &posting);
    posting.lines = market_alloc(spec->line_count * sizeof(*posting.lines));
    for (size_t i = 0; i < spec->line_count; i++) {
        posting.lines[i].product = market_map_get_text(&seller->by_offer, spec->lines[i].offer_id);
        posting.lines[i].quantity = spec->lines[i].quantity;
        take_stock(&seller->warehouses[warehouse], &posting.lines[i], now_ms);
    }
    insert_posting(seller, &posting);
    if (number) snprintf(number, size, "%s", posting.number);
    return true;
}

/* Ends the reserve of a posting: its pieces are gone, or back on the shelf. */
static void release(struct ozon_seller *seller, struct ozon_posting *posting, bool back,
                    int64_t now_ms)
{
    for (size_t i = 0; i < posting->line_count; i++) {
        struct ozon_line *line = &posting->lines[i];
        struct ozon_pair *pair =
            ozon_pair_make(&seller->warehouses[posting->warehouse], line->product);
        pair->reserved -= line->reserved;
        if (back) pair->free += line->reserved;
        pair->updated_ms = now_ms;
        line->reserved = 0;
    }
}

static bool not_left(const struct ozon_posting *posting)
{
    return posting->status == STATUS_AWAITING_PACKAGING ||
           posting->status == STATUS_AWAITING_DELIVER;
}

static bool ship(struct ozon_seller *seller, struct ozon_posting *posting, int64_t now_ms)
{
    if (!not_left(posting)) return false;
    release(seller, posting, false, now_ms);
    posting->status = STATUS_DELIVERING;
    posting->left_ms = now_ms;
    return true;
}

static bool cancel(struct ozon_seller *seller, struct ozon_posting *posting, bool restores,
                   int64_t now_ms)
{
    if (!not_left(posting) && posting->status != STATUS_DELIVERING) return false;
    posting->after_ship = posting->status == STATUS_DELIVERING;
    if (!posting->after_ship) release(seller, posting, restores, now_ms);
    posting->status = STATUS_CANCELLED;
    return true;
}

/* What was delivered stays so; what the buyer never took comes back as cancelled after shipping. */
static bool give_back(struct ozon_posting *posting)
{
    if (posting->status != STATUS_DELIVERED && posting->status != STATUS_DELIVERING) return false;
    if (posting->status == STATUS_DELIVERING) {
        posting->status = STATUS_CANCELLED;
        posting->after_ship = true;
    }
    posting->returned = true;
    return true;
}

static bool advance(struct ozon_posting *posting, enum ozon_status from, enum ozon_status to)
{
    if (posting->status != from) return false;
    posting->status = to;
    return true;
}

bool ozon_order_step(struct ozon *ozon, struct ozon_seller *seller, const char *number,
                     enum ozon_posting_step step, int64_t now_ms)
{
    now_ms += ozon->settings.clock_offset_ms;
    struct ozon_posting *posting = find_posting(seller, number);
    bool done = false;
    if (!posting) return false;
    switch (step) {
    case OZON_PACK:
        done = advance(posting, STATUS_AWAITING_PACKAGING, STATUS_AWAITING_DELIVER);
        break;
    case OZON_SHIP: done = ship(seller, posting, now_ms); break;
    case OZON_DELIVER: done = advance(posting, STATUS_DELIVERING, STATUS_DELIVERED); break;
    case OZON_CANCEL: done = cancel(seller, posting, ozon->settings.cancel_restores, now_ms); break;
    case OZON_RETURN: done = give_back(posting); break;
    }
    if (!done) return false;
    posting->changed_ms = now_ms;
    market_kept_forget(&posting->look);
    return true;
}

static struct ozon_posting make_child(struct ozon_seller *seller, const struct ozon_posting *parent,
                                      int child, int64_t now_ms)
{
    struct ozon_posting made = *parent;
    made.id = ++seller->postings_made;
    snprintf(made.number, sizeof(made.number), "%s-%d", parent->order_number, child);
    snprintf(made.parent, sizeof(made.parent), "%s", parent->number);
    made.lines = market_alloc(parent->line_count * sizeof(*made.lines));
    made.line_count = 0;
    made.changed_ms = now_ms;
    made.look = (struct market_kept){0};
    return made;
}

static void add_line(struct ozon_posting *posting, const struct ozon_line *line, int32_t quantity)
{
    posting->lines[posting->line_count++] = (struct ozon_line){line->product, quantity, quantity};
}

bool ozon_order_split(struct ozon *ozon, struct ozon_seller *seller, const char *number,
                      bool keep_parent, int64_t now_ms)
{
    now_ms += ozon->settings.clock_offset_ms;
    struct ozon_posting *parent = find_posting(seller, number);
    if (!parent || parent->status != STATUS_AWAITING_PACKAGING || parent->parent[0]) return false;
    bool one = parent->line_count == 1;
    if (one && parent->lines[0].quantity < 2) return false;
    struct ozon_posting first = make_child(seller, parent, 2, now_ms);
    struct ozon_posting rest = make_child(seller, parent, 3, now_ms);
    add_line(&first, &parent->lines[0], one ? 1 : parent->lines[0].quantity);
    if (one) add_line(&rest, &parent->lines[0], parent->lines[0].quantity - 1);
    for (size_t i = 1; i < parent->line_count; i++)
        add_line(&rest, &parent->lines[i], parent->lines[i].quantity);
    for (size_t i = 0; i < parent->line_count; i++)
        parent->lines[i].reserved = 0; /* it lies with the children now */
    parent->status = keep_parent ? STATUS_SPLIT : STATUS_GONE;
    parent->changed_ms = now_ms;
    market_kept_forget(&parent->look);
    insert_posting(seller, &first);
    insert_posting(seller, &rest);
    return true;
}
