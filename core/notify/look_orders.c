/* Orders that took more than there was: of each product in each warehouse with more promised than
 * lies there, the newest open lines, as many as the shortfall needs. A line that the marketplace
 * says was sold without stock, and that leads to nothing of ours yet, counts too.
 *
 * Cost: one look at the stock for each open line. */
#include "notify/look_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGES_MAX = 4,    /* of QUERY_SCAN_MAX lines */
    SHORT_MAX = 5000, /* parts of lines that are short: a catalogue that fell to 0 */
};

/* A part of an open line, where there is less than is promised. */
struct short_part {
    uint64_t product;
    uint32_t warehouse;
    int64_t short_of; /* of the pair */
    int64_t reserved; /* by this line */
    int64_t ordered_ms;
    uint32_t line; /* into lines */
};

struct short_line {
    char account[64];
    uint8_t key[KEY_TEXT_MAX];
    size_t key_size;
    char order[ALERT_TEXT_MAX], sku[ALERT_TEXT_MAX];
    int64_t quantity;
    bool told;
};

struct gathering {
    const struct looking *l;
    struct short_part *parts;
    struct short_line *lines;
    size_t part_count, part_room, line_count, line_room;
};

static int64_t shortfall(const struct looking *l, const struct order_part *part)
{
    struct key key = key_pair(part->product, part->warehouse);
    struct bytes value;
    struct stock_record stock;
    if (store_get(l->query->txn, TABLE_STOCK, key_bytes(&key), &value) != ST_OK ||
        value.size != sizeof stock)
        return 0;
    memcpy(&stock, value.data, sizeof stock);
    return stock.reserved > stock.on_hand ? stock.reserved - stock.on_hand : 0;
}

static void *grow(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room) return list;
    *room = *room ? 2 * *room : 16;
    return mem_resize(list, *room * size);
}

static uint32_t note_line(struct gathering *g, const struct query_order *row)
{
    g->lines = grow(g->lines, g->line_count, &g->line_room, sizeof *g->lines);
    struct short_line *line = &g->lines[g->line_count];
    *line = (struct short_line){.quantity = row->order.quantity, .key_size = row->line.size};
    if (line->key_size > sizeof line->key) line->key_size = sizeof line->key;
    memcpy(line->key, row->line.data, line->key_size);
    snprintf(line->account, sizeof line->account, "%s", row->account ? row->account->name : "");
    alert_text(line->order, row->order.order_id);
    if (row->order.part_count) alert_text(line->sku, row->parts[0].sku);
    return (uint32_t)g->line_count++;
}

static void tell(const struct looking *l, struct short_line *line)
{
    if (line->told) return;
    line->told = true;
    struct alert_finding *f = alert_findings_add(l->to, ALERT_OVERSELL, line->account,
                                                 bytes_of(line->key, line->key_size));
    if (!f) return;
    memcpy(f->what, line->order, sizeof f->what);
    memcpy(f->why, line->sku, sizeof f->why);
    f->count = line->quantity;
}

static bool on_order(void *ctx, const struct query_order *row)
{
    struct gathering *g = ctx;
    const struct order_view *o = &row->order;
    int64_t line = -1;
    if (o->oversell && o->part_count == 0) tell(g->l, &g->lines[note_line(g, row)]);
    for (uint32_t i = 0; i < o->part_count; i++) {
        int64_t short_of = o->parts[i].reserved > 0 ? shortfall(g->l, &o->parts[i]) : 0;
        if (!short_of) continue;
        if (g->part_count == SHORT_MAX) {
            g->l->to->partial[ALERT_OVERSELL] = true;
            return false;
        }
        if (line < 0) line = note_line(g, row);
        g->parts = grow(g->parts, g->part_count, &g->part_room, sizeof *g->parts);
        g->parts[g->part_count++] =
            (struct short_part){.product = o->parts[i].product,
                                .warehouse = o->parts[i].warehouse,
                                .short_of = short_of,
                                .reserved = o->parts[i].reserved,
                                .ordered_ms = o->ordered_ms ? o->ordered_ms : o->first_ms,
                                .line = (uint32_t)line};
    }
    return true;
}

/* By pair, the newest first. */
static int by_pair(const void *a, const void *b)
{
    const struct short_part *x = a, *y = b;
    if (x->product != y->product) return x->product < y->product ? -1 : 1;
    if (x->warehouse != y->warehouse) return x->warehouse < y->warehouse ? -1 : 1;
    if (x->ordered_ms != y->ordered_ms) return x->ordered_ms > y->ordered_ms ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static void tell_newest(const struct gathering *g)
{
    int64_t left = 0;
    if (g->part_count) qsort(g->parts, g->part_count, sizeof *g->parts, by_pair);
    for (size_t i = 0; i < g->part_count; i++) {
        const struct short_part *part = &g->parts[i], *before = i ? part - 1 : NULL;
        if (!before || before->product != part->product || before->warehouse != part->warehouse)
            left = part->short_of;
        if (left > 0) tell(g->l, &g->lines[part->line]);
        left -= part->reserved;
    }
}

enum status look_orders(const struct looking *l)
{
    const struct query_orders filter = {.state = -1, .open = true};
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    struct gathering g = {.l = l};
    enum status status = ST_OK;
    if (!look_wants(l, ALERT_OVERSELL)) return ST_OK;
    bool end = false;
    for (int looked = 0; looked < PAGES_MAX * QUERY_SCAN_MAX && status == ST_OK && !end;
         looked += QUERY_PAGE_MAX) {
        uint8_t from[QUERY_PLACE_MAX];
        memcpy(from, page.next, page.next_size);
        page.from = bytes_of(from, page.next_size);
        status = query_orders(l->query, &filter, &page, on_order, &g);
        end = !page.next_size;
    }
    if (!end) l->to->partial[ALERT_OVERSELL] = true;
    if (status == ST_OK) tell_newest(&g);
    mem_free(g.parts);
    mem_free(g.lines);
    return status;
}
