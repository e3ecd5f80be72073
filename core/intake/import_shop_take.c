/* From figures that were observed to rows that say what is on hand. A figure that is no figure
 * becomes a refused row, never a zero (I9); nothing is concluded from absence but what the caller
 * allows, who knows that all was read (I10). */
#include "intake/import_shop_take.h"

#include "base/mem.h"
#include "engine/listing_match.h"
#include "engine/rule.h"
#include "intake/import_shop_promised.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    uint64_t product, listing;
    int64_t quantity, read_ms;
};

struct work {
    struct shop_take *take;
    struct store_txn *txn;
    struct error *error;
    struct shop_promised promised;
    struct entry *entries;
    size_t entry_count, entry_room;
    uint64_t *known; /* products that the account has something to say of, sorted at last */
    size_t known_count, known_room;
    struct arena texts; /* for sentences */
};

#define GROW(array, count, room)                                             \
    do {                                                                     \
        if ((count) == (room)) {                                             \
            (room) = (room) ? (room)*2 : 64;                                 \
            (array) = mem_resize((array), (size_t)(room) * sizeof *(array)); \
        }                                                                    \
    } while (0)

static enum status damaged(struct work *w, const char *table)
{
    if (store_failed(w->txn, w->error) != ST_OK) return w->error->status;
    return error_set(w->error, ST_DAMAGED, "store: a row of table %s cannot be read", table);
}

/* ---- telling */

static const char *sku_of(struct work *w, uint64_t product)
{
    uint8_t key[8];
    struct bytes value;
    struct product_view view;
    bytes_put_u64(key, product);
    if (!product || store_get(w->txn, TABLE_PRODUCT, bytes_of(key, 8), &value) != ST_OK ||
        product_read(value, &view) != ST_OK)
        return "";
    return arena_text(&w->texts, view.sku);
}

static bool load_listing(struct work *w, uint64_t listing, struct listing_view *view)
{
    uint8_t key[12];
    struct bytes value;
    bytes_put_u32(key, w->take->places.account);
    bytes_put_u64(key + 4, listing);
    return listing && store_get(w->txn, TABLE_LISTING, bytes_of(key, 12), &value) == ST_OK &&
           listing_read(value, view) == ST_OK;
}

struct bytes shop_listing_sku(const struct listing_view *view)
{
    for (uint32_t i = 0; i < view->key_count; i++)
        if (bytes_equal(view->keys[i].kind, bytes_text("sku"))) return view->keys[i].value;
    return bytes_of("", 0);
}

struct found {
    enum import_bucket bucket;
    uint64_t product, listing;
    int64_t there, before, after;
};

static void show(struct work *w, const struct found *found, const char *why)
{
    struct import_report *report = &w->take->report;
    struct listing_view view;
    if (w->take->options->shop.show != found->bucket) return;
    report->shown_total++;
    if (report->shown_count == SHOP_SHOWN_MAX) return;
    GROW(report->shown, report->shown_count, report->shown_room);
    struct import_shown *row = &report->shown[report->shown_count++];
    bool listed = load_listing(w, found->listing, &view);
    const char *sku = sku_of(w, found->product);
    *row = (struct import_shown){
        .sku =
            arena_text(&report->texts, *sku || !listed ? bytes_text(sku) : shop_listing_sku(&view)),
        .listing = arena_text(&report->texts, listed ? view.id : bytes_of("", 0)),
        .title = arena_text(&report->texts, listed ? view.title : bytes_of("", 0)),
        .why = arena_text(&report->texts, bytes_text(why)),
        .there = found->there,
        .before = found->before,
        .after = found->after};
    arena_reset(&w->texts);
}

/* A row that changes nothing: counted, and its reason kept while there is room. */
static void refuse(struct work *w, const struct found *found, const char *why)
{
    struct shop_take *take = w->take;
    struct listing_view view;
    take->refused_count++;
    show(w, found, why);
    if (!import_refused_wanted(&take->refused)) return;
    if (load_listing(w, found->listing, &view)) {
        struct bytes sku = shop_listing_sku(&view);
        import_refused_add(&take->refused, (uint32_t)take->refused_count, 0,
                           "listing %.*s (%.*s): %s", (int)view.id.size, (const char *)view.id.data,
                           (int)sku.size, (const char *)sku.data, why);
    } else {
        import_refused_add(&take->refused, (uint32_t)take->refused_count, 0, "%s", why);
    }
}

/* ---- listings */

static void know(struct work *w, uint64_t product)
{
    if (!product) return;
    GROW(w->known, w->known_count, w->known_room);
    w->known[w->known_count++] = product;
}

static struct found found_of(enum import_bucket bucket, uint64_t product, uint64_t listing,
                             int64_t there)
{
    return (struct found){.bucket = bucket,
                          .product = product,
                          .listing = listing,
                          .there = there,
                          .before = FIGURE_UNKNOWN,
                          .after = FIGURE_UNKNOWN};
}

static const char *unmatched_why(struct work *w, const struct listing_view *view)
{
    struct listing_match match;
    if (listing_match(w->txn, view, &match, NULL) == ST_OK && match.conflict)
        return "it is tied to no product, for its keys do not name just one; 'stockctl conflict "
               "list' "
               "shows them";
    return "it is tied to no product; 'stockctl listing link' ties it, or --create makes one";
}

static void take_figure(struct work *w, uint64_t listing, const struct listing_view *view,
                        const struct observed_record *seen)
{
    struct import_shop_counts *counts = &w->take->report.counts;
    bool number = seen->kind == OBSERVED_NUMBER;
    struct found found = found_of(IMPORT_BUCKET_REFUSED, view->product, listing,
                                  number ? seen->quantity : FIGURE_UNKNOWN);
    counts->listed++;
    if (number && seen->quantity > 0) counts->positive++;
    if (!number || seen->quantity < 0 || seen->quantity > FIGURE_MAX) {
        counts->refused++;
        refuse(w, &found,
               !number              ? "the marketplace does not count its stock"
               : seen->quantity < 0 ? "its figure is below 0"
                                    : "its figure is above what can be stored");
        return;
    }
    if (!view->product) {
        counts->unmatched++;
        counts->creatable += shop_listing_sku(view).size > 0;
        found.bucket = IMPORT_BUCKET_UNMATCHED;
        refuse(w, &found, unmatched_why(w, view));
        return;
    }
    GROW(w->entries, w->entry_count, w->entry_room);
    w->entries[w->entry_count++] = (struct entry){.product = view->product,
                                                  .listing = listing,
                                                  .quantity = seen->quantity,
                                                  .read_ms = seen->read_ms};
}

enum status shop_each_figure(struct store_cursor *observed, const struct shop_places *places,
                             uint64_t listing, int64_t read_ms,
                             bool (*each)(void *ctx, const struct observed_record *seen), void *ctx)
{
    uint8_t prefix[16];
    struct bytes key, value;
    bytes_put_u32(prefix, places->account);
    bytes_put_u64(prefix + 4, listing);
    bytes_put_u32(prefix + 12, places->remote);
    enum status status = store_seek(observed, bytes_of(prefix, 16), &key, &value);
    for (; status == ST_OK && key_starts(key, bytes_of(prefix, 16));
         status = store_next(observed, &key, &value)) {
        struct observed_record seen;
        if (value.size != sizeof seen) return ST_DAMAGED;
        memcpy(&seen, value.data, sizeof seen);
        if (seen.read_ms < read_ms || seen.read_only || seen.kind == OBSERVED_ABSENT) continue;
        if (!each(ctx, &seen)) break;
    }
    return status == ST_NOT_FOUND ? ST_OK : status;
}

struct looking {
    struct work *w;
    uint64_t listing;
    const struct listing_view *view;
};

static bool on_figure(void *ctx, const struct observed_record *seen)
{
    struct looking *l = ctx;
    know(l->w, l->view->product);
    take_figure(l->w, l->listing, l->view, seen);
    return true;
}

static enum status read_listings(struct work *w)
{
    uint8_t prefix[4];
    struct bytes key, value;
    bytes_put_u32(prefix, w->take->places.account);
    struct store_cursor *cursor = store_cursor(w->txn, TABLE_LISTING);
    struct store_cursor *observed = store_cursor(w->txn, TABLE_OBSERVED);
    enum status status = store_seek(cursor, bytes_of(prefix, 4), &key, &value);
    while (status == ST_OK && key.size == 12 && key_starts(key, bytes_of(prefix, 4))) {
        struct listing_view view;
        status = listing_read(value, &view);
        struct looking l = {w, bytes_get_u64((const uint8_t *)key.data + 4), &view};
        if (status == ST_OK && view.state != LISTING_GONE)
            status = shop_each_figure(observed, &w->take->places, l.listing, w->take->read_ms,
                                      on_figure, &l);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(observed);
    store_cursor_close(cursor);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : damaged(w, "listing");
}

/* ---- products */

static enum status load_stock(struct work *w, uint64_t product, struct stock_record *stock,
                              bool *counted)
{
    uint8_t key[12];
    struct bytes value;
    bytes_put_u64(key, product);
    bytes_put_u32(key + 8, w->take->places.warehouse);
    enum status status = store_get(w->txn, TABLE_STOCK, bytes_of(key, 12), &value);
    *counted = status == ST_OK;
    *stock = (struct stock_record){0};
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status != ST_OK || value.size != sizeof *stock) return damaged(w, "stock");
    memcpy(stock, value.data, sizeof *stock);
    return ST_OK;
}

/* What is shown there is less than what lies here. */
static bool keeps_back(const struct rule *rule)
{
    return rule->mode != RULE_ON || rule->buffer || rule->min || rule->cap >= 0 ||
           rule->pack != 1 || rule->days;
}

static void add_row(struct shop_take *take, uint64_t product, int64_t quantity)
{
    GROW(take->rows, take->row_count, take->row_room);
    take->rows[take->row_count++] = (struct stock_row){
        .product = product, .warehouse = take->places.warehouse, .quantity = quantity};
}

/* What lies here and is not shown there is what was promised there; otherwise all that is promised.
 */
static bool lacks_its_own(const struct shop_take *take)
{
    return take->orders_import && !take->places.fed;
}

/* One product and its figure there becomes what is on hand here. */
static enum status take_product(struct work *w, const struct entry *entry)
{
    struct shop_take *take = w->take;
    struct import_shop_counts *counts = &take->report.counts;
    struct stock_record stock;
    bool counted;
    enum status status = load_stock(w, entry->product, &stock, &counted);
    if (status != ST_OK) return status;
    struct found found =
        found_of(IMPORT_BUCKET_REFUSED, entry->product, entry->listing, entry->quantity);
    struct rule rule;
    if (rule_find(w->txn, entry->product, take->places.account, &rule) != ST_OK)
        return damaged(w, "rule");
    if (take->places.fed && keeps_back(&rule)) {
        counts->refused++;
        refuse(w, &found, "a rule of its product keeps pieces back from what is shown there");
        return ST_OK;
    }
    int64_t promised = lacks_its_own(take)
                           ? shop_promised_of(&w->promised, entry->product, entry->read_ms)
                           : stock.reserved;
    int64_t figure = entry->quantity * rule.pack + promised;
    int64_t after = figure + (take->options->shop.add ? stock.on_hand : 0);
    if (after < 0 || after > FIGURE_MAX) {
        counts->refused++;
        refuse(w, &found, "with what is promised it is above what can be stored");
        return ST_OK;
    }
    bool changes = !counted || after != stock.on_hand;
    counts->matched++;
    counts->changed += changes;
    counts->unchanged += !changes;
    counts->zeroed += counted && stock.on_hand > 0 && after == 0;
    found.bucket = changes ? IMPORT_BUCKET_CHANGED : IMPORT_BUCKET_UNCHANGED;
    found.before = counted ? stock.on_hand : FIGURE_UNKNOWN;
    found.after = after;
    show(w, &found, "");
    add_row(take, entry->product, figure);
    return ST_OK;
}

static int by_product(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->product != y->product) return x->product < y->product ? -1 : 1;
    return (x->listing > y->listing) - (x->listing < y->listing);
}

static enum status take_products(struct work *w)
{
    enum status status = ST_OK;
    if (w->entry_count) qsort(w->entries, w->entry_count, sizeof *w->entries, by_product);
    for (size_t i = 0, end; i < w->entry_count && status == ST_OK; i = end) {
        bool differ = false;
        for (end = i; end < w->entry_count && w->entries[end].product == w->entries[i].product;
             end++)
            differ |= w->entries[end].quantity != w->entries[i].quantity;
        if (!differ) {
            status = take_product(w, &w->entries[i]);
            continue;
        }
        for (size_t n = i; n < end; n++) {
            const struct found found = found_of(IMPORT_BUCKET_CONFLICTING, w->entries[n].product,
                                                w->entries[n].listing, w->entries[n].quantity);
            w->take->report.counts.conflicting++;
            refuse(w, &found,
                   "several listings of one product show different figures there; untie those that "
                   "are not it, or make them equal");
        }
    }
    return status;
}

/* ---- what is here and not there */

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void take_absent(struct work *w, uint64_t product, const struct stock_record *stock)
{
    struct shop_take *take = w->take;
    struct import_shop_counts *counts = &take->report.counts;
    bool zero = take->options->shop.absent_zero;
    int64_t promised =
        lacks_its_own(take) ? shop_promised_of(&w->promised, product, INT64_MAX) : stock->reserved;
    struct found found = found_of(IMPORT_BUCKET_ABSENT, product, 0, FIGURE_UNKNOWN);
    if (stock->on_hand <= 0) return;
    counts->absent++;
    found.before = stock->on_hand;
    if (zero) found.after = promised;
    show(w, &found, "");
    if (!zero || stock->on_hand == promised) return;
    counts->changed++;
    counts->zeroed += promised == 0;
    add_row(take, product, promised);
}

static enum status read_absent(struct work *w)
{
    struct import_shop_counts *counts = &w->take->report.counts;
    struct bytes key, value;
    if (w->known_count) qsort(w->known, w->known_count, sizeof *w->known, by_number);
    struct store_cursor *cursor = store_cursor(w->txn, TABLE_STOCK);
    enum status status = store_next(cursor, &key, &value);
    for (; status == ST_OK; status = store_next(cursor, &key, &value)) {
        struct stock_record stock;
        if (key.size != 12 || value.size != sizeof stock) break;
        if (bytes_get_u32((const uint8_t *)key.data + 8) != w->take->places.warehouse) continue;
        uint64_t product = bytes_get_u64(key.data);
        memcpy(&stock, value.data, sizeof stock);
        counts->stocked += stock.on_hand > 0;
        if (!w->known_count ||
            !bsearch(&product, w->known, w->known_count, sizeof product, by_number))
            take_absent(w, product, &stock);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : damaged(w, "stock");
}

/* ---- all */

static uint64_t newest_command(struct store_txn *txn)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(txn, TABLE_COMMAND);
    uint64_t newest =
        store_last(cursor, &key, NULL) == ST_OK && key.size == 8 ? bytes_get_u64(key.data) : 0;
    store_cursor_close(cursor);
    return newest;
}

/* Rows are numbered behind the refused ones, so that each has a number of its own in the job. */
static void number_rows(struct shop_take *take)
{
    for (uint64_t i = 0; i < take->row_count; i++)
        take->rows[i].line = (uint32_t)(take->refused_count + i + 1);
}

static void conclude(struct work *w)
{
    enum { ZEROES_LEAST = 3 };
    struct import_report *report = &w->take->report;
    const struct import_shop_counts *c = &report->counts;
    const struct shop_take *take = w->take;
    report->kind =
        take->places.fed
            ? "what is available there and everything that is promised here, for it is fed from "
              "this warehouse"
        : take->orders_import
            ? "what is available there and what its open orders have promised: what is physically "
              "present"
            : "what is available there and all that is promised here, for the account's orders are "
              "not netted by stockd (orders: external)";
    report->doubt = "";
    if (c->listed == 0)
        report->doubt = "the account lists no figure at all there";
    else if (c->positive == 0 && c->changed && c->listed >= ZEROES_LEAST)
        report->doubt = "every figure there is 0";
}

enum status shop_take_run(struct shop_take *take, struct store_txn *txn, struct error *error)
{
    struct work w = {.take = take, .txn = txn, .error = error};
    struct directory *directory;
    enum status status = directory_load(txn, &directory, error);
    if (status != ST_OK) return status;
    status = shop_places_find(directory, take->options, &take->places, error);
    directory_free(directory);
    take->basis = newest_command(txn);
    if (status == ST_OK && take->orders_import)
        status = shop_promised_read(&w.promised, txn, &take->places, error);
    if (status == ST_OK) status = read_listings(&w);
    if (status == ST_OK) status = take_products(&w);
    if (status == ST_OK) status = read_absent(&w);
    struct import_report *report = &take->report;
    report->account = arena_text(&report->texts, bytes_text(take->options->shop.account));
    report->remote = arena_text(&report->texts, bytes_text(take->places.remote_id));
    report->warehouse = arena_text(&report->texts, bytes_text(take->options->warehouse));
    conclude(&w);
    number_rows(take);
    shop_promised_free(&w.promised);
    mem_free(w.entries);
    mem_free(w.known);
    arena_free(&w.texts);
    return status;
}

struct stock_shown shop_take_shown(const struct shop_take *take)
{
    return (struct stock_shown){.account = take->places.account,
                                .remote = take->places.remote,
                                .add = take->options->shop.add,
                                .known = !lacks_its_own(take),
                                .read_ms = take->read_ms,
                                .basis = take->basis};
}

void shop_take_free(struct shop_take *take)
{
    mem_free(take->rows);
    mem_free(take->report.shown);
    arena_free(&take->report.texts);
    import_refused_free(&take->refused);
    *take = (struct shop_take){0};
}
