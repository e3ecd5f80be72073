/* Wix. V1: changes of many variants, figures of one product, `{}` for an answer. V3: inventory
 * items with their revisions, in bulk, answered one by one. */
#include "wire.h"

#include "base/buf.h"
#include "marketsim/wix/wix_state.h"
#include "network.h"

#include <stdio.h>
#include <string.h>

enum { SETTLE_MS = 15000, STUCK_MS = 3600000 };

static const char update[] = "/stores/v3/bulk/inventory-items/update",
                  create[] = "/stores/v3/bulk/inventory-items/create",
                  items_query[] = "/stores/v3/inventory-items/query",
                  product[] = "/stores/v2/inventoryItems/product/",
                  increment[] = "/stores/v2/inventoryItems/increment",
                  decrement[] = "/stores/v2/inventoryItems/decrement",
                  v1_query[] = "/stores-reader/v2/inventoryItems/query",
                  v1_product[] = "/stores-reader/v2/inventoryItems/product/";

static bool is_own(const struct exchange *x)
{
    const struct world_account *account = &x->sim->world.accounts[x->account];
    const char *site = wire_sent_header(x, "wix-site-id");
    const char *key = wire_sent_header(x, "Authorization");
    char own[32];
    snprintf(own, sizeof own, "key-%u-", x->account + 1);
    return site && strcmp(site, account->client_id) == 0 && key && wire_starts(key, own);
}

/* The pair of a product's variant at a place; `place` NULL: V1's one. */
static int pair_of(const struct exchange *x, const char *of_product, const char *variant,
                   const char *place)
{
    const struct world *world = &x->sim->world;
    char listing[WORLD_ID_MAX];
    size_t size = strlen(of_product), more = strlen(variant);
    if (size + 1 + more >= sizeof listing) return WORLD_NONE;
    memcpy(listing, of_product, size);
    listing[size] = '/';
    memcpy(listing + size + 1, variant, more + 1);
    int listed = world_product_by_listing(world, x->account, listing);
    int remote = place ? world_remote_by_id(world, x->account, place)
                       : (int)world->accounts[x->account].remote_first;
    if (listed == WORLD_NONE || remote == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(world, (uint32_t)remote, (uint32_t)listed);
}

static int pair_of_row(const struct exchange *x, const json_t *row)
{
    return pair_of(x, wire_text(json_object_get(row, "productId")),
                   wire_text(json_object_get(row, "variantId")),
                   wire_text(json_object_get(row, "locationId")));
}

/* An inventory item of this site by its id. */
static int pair_of_item(const struct exchange *x, const char *id)
{
    const struct wix_site *site = x->sim->world.accounts[x->account].side;
    size_t at = market_map_get_text(&site->by_item, id);
    if (at == MARKET_MAP_NONE) return WORLD_NONE;
    const struct wix_variant *variant = &site->variants[site->items[at].variant];
    return pair_of(x, site->products[variant->product].id, variant->id,
                   site->locations[site->items[at].location].id);
}

static struct exchange_item *add(struct exchange *x, int pair, const json_t *figure)
{
    if (pair == WORLD_NONE || !json_is_integer(figure)) return NULL;
    return network_item(x, (uint32_t)pair, json_integer_value(figure));
}

/* ---- writes */

static bool write_changes(struct exchange *x, const json_t *doc, bool down)
{
    const json_t *row;
    size_t index;
    json_array_foreach (json_object_get(doc, down ? "decrementData" : "incrementData"), index,
                        row) {
        int pair = pair_of(x, wire_text(json_object_get(row, "productId")),
                           wire_text(json_object_get(row, "variantId")), NULL);
        struct exchange_item *item =
            add(x, pair, json_object_get(row, down ? "decrementBy" : "incrementBy"));
        if (!item || item->value <= 0) return false;
        item->change = true;
        if (down) item->value = -item->value;
    }
    return x->item_count > 0;
}

static bool write_product(struct exchange *x, const json_t *doc)
{
    const json_t *item = json_object_get(doc, "inventoryItem"), *row;
    const char *id = x->path + sizeof product - 1;
    size_t index;
    json_array_foreach (json_object_get(item, "variants"), index, row)
        if (!add(x, pair_of(x, id, wire_text(json_object_get(row, "variantId")), NULL),
                 json_object_get(row, "quantity")))
            return false;
    /* Left out, or false, it would switch tracking off. */
    return x->item_count > 0 && json_is_true(json_object_get(item, "trackQuantity"));
}

static bool write_update(struct exchange *x, const json_t *doc)
{
    const json_t *row;
    size_t index;
    json_array_foreach (json_object_get(doc, "inventoryItems"), index, row) {
        const json_t *sent = json_object_get(row, "inventoryItem");
        struct exchange_item *item = add(x, pair_of_item(x, wire_text(json_object_get(sent, "id"))),
                                         json_object_get(sent, "quantity"));
        if (!item || !wire_number(json_object_get(sent, "revision"), &item->revision)) return false;
    }
    return x->item_count > 0;
}

static bool write_create(struct exchange *x, const json_t *doc)
{
    const json_t *row;
    size_t index;
    json_array_foreach (json_object_get(doc, "inventoryItems"), index, row)
        if (!add(x, pair_of_row(x, row), json_object_get(row, "quantity"))) return false;
    return x->item_count > 0;
}

static bool write_items(struct exchange *x)
{
    json_t *doc = wire_body(x);
    bool good = false;
    if (strcmp(x->path, increment) == 0)
        good = write_changes(x, doc, false);
    else if (strcmp(x->path, decrement) == 0)
        good = write_changes(x, doc, true);
    else if (wire_starts(x->path, product))
        good = write_product(x, doc);
    else if (strcmp(x->path, update) == 0)
        good = write_update(x, doc);
    else if (strcmp(x->path, create) == 0)
        good = write_create(x, doc);
    json_decref(doc);
    return good;
}

/* ---- their answers */

static void answer_v1(const struct exchange *x, const json_t *doc, enum wire_word *words)
{
    if (wire_refuses(x)) wire_all(x, words, WIRE_REFUSED);
    if (x->status == 200 && json_is_object(doc)) wire_all(x, words, WIRE_TAKEN);
}

/* The figure that an inventory item shows; false: it cannot be read, or nothing is counted. */
static bool item_figure(const json_t *item, int64_t *figure, int64_t *revision)
{
    const char *word = wire_text(json_object_get(item, "trackQuantity"));
    bool untracked =
        json_is_false(json_object_get(item, "trackQuantity")) || strcmp(word, "false") == 0;
    return json_is_object(item) && !untracked &&
           wire_number(json_object_get(item, "revision"), revision) &&
           wire_number(json_object_get(item, "quantity"), figure);
}

static enum wire_word word_of(const struct exchange *x, const json_t *result, uint32_t index)
{
    const json_t *meta = json_object_get(result, "itemMetadata");
    const json_t *error = json_object_get(meta, "error"), *item = json_object_get(result, "item");
    bool failed = error && !json_is_null(error);
    int64_t figure, revision;
    if (json_is_false(json_object_get(meta, "success")) && failed) return WIRE_REFUSED;
    if (!json_is_true(json_object_get(meta, "success")) || failed) return WIRE_SILENT;
    if (!item || json_is_null(item)) return WIRE_DONE;
    bool fits = pair_of_row(x, item) == (int)x->items[index].pair &&
                item_figure(item, &figure, &revision) && figure == x->items[index].value;
    return fits ? WIRE_DONE : WIRE_SILENT;
}

static void answer_v3(const struct exchange *x, const json_t *doc, enum wire_word *words)
{
    const json_t *result;
    size_t index;
    bool named[NETWORK_ITEMS_MAX] = {false};
    if (wire_refuses(x)) wire_all(x, words, WIRE_REFUSED);
    if (x->status != 200) return;
    json_array_foreach (json_object_get(doc, "results"), index, result) {
        int64_t at;
        const json_t *meta = json_object_get(result, "itemMetadata");
        if (!wire_number(json_object_get(meta, "originalIndex"), &at) || at < 0 ||
            at >= (int64_t)x->item_count)
            continue;
        words[at] = named[at] ? WIRE_SILENT : word_of(x, result, (uint32_t)at);
        named[at] = true;
    }
}

/* ---- figures */

static int64_t sellable(int64_t figure)
{
    return figure > 0 ? figure : 0;
}

static void add_product(const struct exchange *x, const json_t *item, struct wire_rows *rows)
{
    const json_t *variant;
    size_t index;
    json_array_foreach (json_object_get(item, "variants"), index, variant) {
        int64_t figure;
        int pair = pair_of(x, wire_text(json_object_get(item, "productId")),
                           wire_text(json_object_get(variant, "variantId")), NULL);
        if (pair != WORLD_NONE && wire_number(json_object_get(variant, "quantity"), &figure))
            wire_rows_add(rows, (uint32_t)pair, sellable(figure), 0);
    }
}

static void read_v1(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    struct wire_rows rows = {0};
    const json_t *row;
    size_t index;
    if (x->status != 200) return;
    if (strcmp(x->path, v1_query) == 0)
        json_array_foreach (json_object_get(doc, "inventoryItems"), index, row)
            add_product(x, row, &rows);
    else if (wire_starts(x->path, v1_product))
        add_product(x, json_object_get(doc, "inventoryItem"), &rows);
    wire_rows_tell(&rows, tell, ctx);
}

static bool read_row(const struct exchange *x, int remote, const json_t *item,
                     struct wire_row *said)
{
    (void)remote;
    int64_t figure, revision;
    int pair = pair_of_row(x, item);
    if (pair == WORLD_NONE || !item_figure(item, &figure, &revision)) return false;
    *said =
        (struct wire_row){.pair = (uint32_t)pair, .figure = sellable(figure), .revision = revision};
    return true;
}

/* Variants that were asked for by id, everywhere or at one place, and not answered. */
static void tell_missing(const struct exchange *x, const struct wire_rows *rows, wire_tell *tell,
                         void *ctx)
{
    const struct world *world = &x->sim->world;
    const struct world_account *account = &world->accounts[x->account];
    const struct world_range pairs = world_pairs_of(world, x->account);
    json_t *asked = wire_body(x);
    const json_t *filter = json_object_get(json_object_get(asked, "query"), "filter"), *id;
    const char *only = json_string_value(json_object_get(filter, "locationId"));
    size_t index;
    json_array_foreach (json_object_get(json_object_get(filter, "variantId"), "$in"), index, id) {
        for (uint32_t pair = pairs.first; pair < pairs.end; pair++) {
            const char *listing = world->listing_ids[account->seller][pair % world->product_count];
            const char *variant = strchr(listing, '/');
            if (!variant || strcmp(variant + 1, wire_text(id)) != 0 ||
                (only && strcmp(only, world->remote_ids[pair / world->product_count]) != 0) ||
                wire_rows_have(rows, pair))
                continue;
            wire_tell_absent(pair, tell, ctx);
        }
    }
    json_decref(asked);
}

static void read_v3(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    struct wire_rows rows = {0};
    json_t *row;
    size_t index;
    if (x->status != 200) return;
    json_array_foreach (json_object_get(doc, "results"), index, row)
        wire_rows_read(&rows, x, WORLD_NONE, json_object_get(row, "item"), read_row);
    json_array_foreach (json_object_get(doc, "inventoryItems"), index, row)
        wire_rows_read(&rows, x, WORLD_NONE, row, read_row);
    if (strcmp(x->path, items_query) == 0 && json_is_array(json_object_get(doc, "inventoryItems")))
        tell_missing(x, &rows, tell, ctx);
    wire_rows_tell(&rows, tell, ctx);
}

static int fake_v1(const struct exchange *x, struct buf *body)
{
    (void)x;
    buf_text(body, "{}");
    return 200;
}

/* Without the items: their new revisions are nowhere. */
static int fake_v3(const struct exchange *x, struct buf *body)
{
    buf_text(body, "{\"results\":[");
    for (uint32_t i = 0; i < x->item_count; i++)
        buf_format(body, "%s{\"itemMetadata\":{\"originalIndex\":%u,\"success\":true}}",
                   i ? "," : "", i);
    buf_text(body, "]}");
    return 200;
}

static const char *const figures[] = {"quantity", NULL};

#define WIX_WIRE                                                                        \
    .figures = figures, .settle_ms = SETTLE_MS, .stuck_ms = STUCK_MS, .is_own = is_own, \
    .write = write_items

const struct sim_wire wire_wix_v1 = {WIX_WIRE, .before = 2, .answer = answer_v1, .read = read_v1,
                                     .fake = fake_v1};
const struct sim_wire wire_wix_v3 = {WIX_WIRE, .before = 3, .answer = answer_v3, .read = read_v3,
                                     .fake = fake_v3};
