/* Wildberries: one warehouse a request, a 204 that only says "taken", a 4xx that means nothing of
 * the batch was applied, and readings of sizes that are asked for by id. */
#include "wire.h"

#include "base/buf.h"
#include "marketsim/wb/wb_state.h"
#include "network.h"

#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 15000, STUCK_MS = 3600000 };

/* The warehouse stands behind "/marketplace/api/v3/stocks/". */
enum { STOCKS_SIZE = sizeof "/marketplace/api/v3/stocks/" - 1 };

/* The token is one that this seller was given, whether it still lives or not. */
static bool is_own(const struct exchange *x)
{
    const char *token = wire_sent_header(x, "Authorization");
    const struct wb_seller *seller = x->sim->world.accounts[x->account].side;
    for (size_t i = 0; token && i < seller->token_count; i++)
        if (strcmp(seller->tokens[i]->text, token) == 0) return true;
    return false;
}

static int remote_of(const struct exchange *x)
{
    char *end;
    int64_t id = strtoll(x->path + STOCKS_SIZE, &end, 10);
    return *end ? WORLD_NONE : world_remote_by_number(&x->sim->world, x->account, id);
}

static bool write_items(struct exchange *x)
{
    const struct world *world = &x->sim->world;
    json_t *doc = wire_body(x), *item;
    int remote = remote_of(x);
    size_t index;
    bool good = remote != WORLD_NONE && json_array_size(json_object_get(doc, "stocks"));
    json_array_foreach (json_object_get(doc, "stocks"), index, item) {
        int product = world_product_by_number(world, x->account,
                                              json_integer_value(json_object_get(item, "chrtId")));
        const json_t *amount = json_object_get(item, "amount");
        good = good && product != WORLD_NONE && json_is_integer(amount) &&
               json_object_size(item) == 2 && /* unknown names are a 204 without effect */
               network_item(x, world_pair(world, (uint32_t)remote, (uint32_t)product),
                            json_integer_value(amount));
        if (!good) break;
    }
    json_decref(doc);
    return good;
}

static void answer(const struct exchange *x, const json_t *doc, enum wire_word *words)
{
    (void)doc;
    if (wire_refuses(x)) wire_all(x, words, WIRE_REFUSED);
    if (x->status == 204) wire_all(x, words, WIRE_TAKEN);
}

static bool read_row(const struct exchange *x, int remote, const json_t *row, struct wire_row *said)
{
    const struct world *world = &x->sim->world;
    int64_t chrt = wire_number_or(json_object_get(row, "chrtId"), 0);
    int product = world_product_by_number(world, x->account, chrt);
    said->spoilt = chrt <= 0;
    if (remote == WORLD_NONE || product == WORLD_NONE) return false;
    said->pair = world_pair(world, (uint32_t)remote, (uint32_t)product);
    said->spoilt = !wire_number(json_object_get(row, "amount"), &said->figure) || said->figure < 0;
    return !said->spoilt;
}

static void read_figures(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    const struct world *world = &x->sim->world;
    if (!x->is_stock_reading || x->status != 200) return;
    int remote = remote_of(x);
    const json_t *rows = json_object_get(doc, "stocks");
    json_t *asked = wire_body(x), *row;
    struct wire_rows told = {0};
    size_t index;
    json_array_foreach (rows, index, row)
        wire_rows_read(&told, x, remote, row, read_row);
    json_array_foreach (json_object_get(asked, "chrtIds"), index, row) {
        int product = world_product_by_number(world, x->account, json_integer_value(row));
        if (!json_is_array(rows) || remote == WORLD_NONE || product == WORLD_NONE) continue;
        uint32_t pair = world_pair(world, (uint32_t)remote, (uint32_t)product);
        if (wire_rows_lack(&told, pair)) wire_tell_absent(pair, tell, ctx);
    }
    wire_rows_tell(&told, tell, ctx);
    json_decref(asked);
}

static int fake(const struct exchange *x, struct buf *body)
{
    (void)x;
    (void)body;
    return 204;
}

static const char *const figures[] = {"amount", NULL};

const struct sim_wire wire_wb = {
    .settle_ms = SETTLE_MS,
    .stuck_ms = STUCK_MS,
    .figures = figures,
    .is_own = is_own,
    .write = write_items,
    .answer = answer,
    .read = read_figures,
    .fake = fake,
};
