/* Ozon's writes of stock, their results by item, and its two readings of stock. */
#include "wire.h"

#include "base/buf.h"
#include "network.h"

#include <string.h>

enum { SETTLE_MS = 60000, STUCK_MS = 3600000 };

static bool is_own(const struct exchange *x)
{
    const char *client = wire_sent_header(x, "Client-Id");
    return client && strcmp(client, x->sim->world.accounts[x->account].client_id) == 0;
}

static int remote_of(const struct exchange *x, const json_t *id)
{
    return world_remote_by_number(&x->sim->world, x->account, wire_number_or(id, 0));
}

static int pair_of(const struct exchange *x, int remote, int64_t listing)
{
    const struct world *world = &x->sim->world;
    int product = world_product_by_number(world, x->account, listing);
    if (remote == WORLD_NONE || product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(world, (uint32_t)remote, (uint32_t)product);
}

static bool write_items(struct exchange *x)
{
    json_t *doc = wire_body(x), *item;
    size_t index;
    bool good = true;
    json_array_foreach (json_object_get(doc, "stocks"), index, item) {
        int remote = world_remote_by_number(
            &x->sim->world, x->account, json_integer_value(json_object_get(item, "warehouse_id")));
        int pair = pair_of(x, remote, json_integer_value(json_object_get(item, "product_id")));
        int64_t figure = json_integer_value(json_object_get(item, "stock"));
        good = pair != WORLD_NONE && network_item(x, (uint32_t)pair, figure);
        if (!good) break;
    }
    json_decref(doc);
    return good;
}

/* What the row says of its item, wherever it stands; of two rows the last. */
static void read_result(const struct exchange *x, const json_t *row, enum wire_word *words,
                        bool *unclear)
{
    const struct world *world = &x->sim->world;
    const json_t *offer = json_object_get(row, "offer_id"), *updated;
    int remote = world_remote_by_number(world, x->account,
                                        json_integer_value(json_object_get(row, "warehouse_id")));
    if (remote == WORLD_NONE || !json_is_string(offer)) return;
    int product = world_product_by_sku(world, json_string_value(offer), json_string_length(offer));
    if (product == WORLD_NONE) return;
    updated = json_object_get(row, "updated");
    uint32_t pair = world_pair(world, (uint32_t)remote, (uint32_t)product);
    for (uint32_t i = 0; i < x->item_count; i++) {
        if (x->items[i].pair != pair || unclear[i]) continue;
        unclear[i] = !json_is_boolean(updated);
        words[i] = unclear[i] ? WIRE_SILENT : json_is_true(updated) ? WIRE_DONE : WIRE_REFUSED;
    }
}

static void answer(const struct exchange *x, const json_t *doc, enum wire_word *words)
{
    const json_t *row;
    size_t index;
    bool unclear[NETWORK_ITEMS_MAX] = {false};
    if (wire_refuses(x)) wire_all(x, words, WIRE_REFUSED);
    if (x->status != 200) return;
    json_array_foreach (json_object_get(doc, "result"), index, row)
        read_result(x, row, words, unclear);
}

static bool read_row(const struct exchange *x, int remote, const json_t *row, struct wire_row *said)
{
    const json_t *place = json_object_get(row, "warehouse_id");
    int64_t listing = wire_number_or(json_object_get(row, "product_id"), 0); /* dumps: a text */
    said->spoilt = listing <= 0 || (remote == WORLD_NONE && wire_number_or(place, 0) <= 0);
    if (remote == WORLD_NONE) remote = remote_of(x, place);
    int pair = pair_of(x, remote, listing);
    if (pair == WORLD_NONE) return false;
    said->pair = (uint32_t)pair;
    said->spoilt =
        !wire_number(json_object_get(row, "free_stock"), &said->figure) || said->figure < 0;
    return !said->spoilt;
}

static void read_figures(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    const struct world *world = &x->sim->world;
    const struct world_account *account = &world->accounts[x->account];
    if (!x->is_stock_reading || x->status != 200) return;
    const json_t *rows = json_object_get(doc, "products");
    if (!rows) rows = json_object_get(doc, "stocks");
    json_t *asked = wire_body(x), *row;
    const json_t *place = json_object_get(asked, "warehouse_id"); /* of a dump */
    int remote = place ? remote_of(x, place) : WORLD_NONE;
    struct wire_rows told = {0};
    size_t index;
    json_array_foreach (rows, index, row)
        if (!place || remote != WORLD_NONE) wire_rows_read(&told, x, remote, row, read_row);
    json_array_foreach (json_object_get(asked, "offer_id"), index, row) {
        int product = world_product_by_sku(world, json_string_value(row), json_string_length(row));
        for (uint32_t r = 0; product >= 0 && r < account->remote_count; r++) {
            uint32_t pair = world_pair(world, account->remote_first + r, (uint32_t)product);
            if (wire_rows_lack(&told, pair)) wire_tell_absent(pair, tell, ctx);
        }
    }
    wire_rows_tell(&told, tell, ctx);
    json_decref(asked);
}

static int fake(const struct exchange *x, struct buf *body)
{
    const struct world *world = &x->sim->world;
    buf_text(body, "{\"result\":[");
    for (uint32_t i = 0; i < x->item_count; i++) {
        uint32_t remote = x->items[i].pair / world->product_count;
        uint32_t product = x->items[i].pair % world->product_count;
        uint32_t seller = world->accounts[x->account].seller;
        buf_format(body,
                   "%s{\"warehouse_id\":%s,\"product_id\":%s,\"offer_id\":\"%s\","
                   "\"updated\":true,\"errors\":[]}",
                   i ? "," : "", world->remote_ids[remote], world->listing_ids[seller][product],
                   world->skus[product]);
    }
    buf_text(body, "]}");
    return 200;
}

static const char *const figures[] = {"present", "reserved", "free_stock", NULL};

const struct sim_wire wire_ozon = {
    .settle_ms = SETTLE_MS,
    .stuck_ms = STUCK_MS,
    .figures = figures,
    .is_own = is_own,
    .write = write_items,
    .answer = answer,
    .read = read_figures,
    .fake = fake,
};
