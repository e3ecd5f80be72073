/* Allegro: an offer's figure by PATCH, one for many or up to 25 by commands, the end of many; what
 * became of commands and operations; and offers as lists and by themselves show them. */
#include "wire.h"

#include "base/buf.h"
#include "marketsim/allegro/allegro_state.h"
#include "network.h"

#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 60000, STUCK_MS = 2 * 3600000, UNKNOWN_MS = 600000 };

static const char quantity[] = "/sale/offer-quantity-change-commands",
                  bulk[] = "/sale/offer-bulk-modification-commands",
                  publication[] = "/sale/offer-publication-commands",
                  offers[] = "/sale/product-offers/", list[] = "/sale/offers?";

/* The token is one that was made for this seller; at the login host, the application is its. */
static bool is_own(const struct exchange *x)
{
    const struct world_account *account = &x->sim->world.accounts[x->account];
    struct allegro *allegro = account->model;
    const struct allegro_seller *seller = account->side;
    const char *sent = wire_sent_header(x, "Authorization");
    if (!sent) return false;
    if (wire_starts(sent, "Basic ")) {
        const struct allegro_app *app = allegro_app_basic(allegro, sent);
        return app && app == &allegro->apps[seller->app];
    }
    size_t at = wire_starts(sent, "Bearer ")
                    ? market_map_get_text(&allegro->by_access, sent + strlen("Bearer "))
                    : MARKET_MAP_NONE;
    return at != MARKET_MAP_NONE && allegro->pairs[at]->seller == seller;
}

static int64_t next_ms(const void *model)
{
    const struct allegro *allegro = model;
    return allegro->due_count ? allegro->due[0].due_ms - allegro->settings.clock_offset_ms
                              : INT64_MAX;
}

/* ---- writes */

static bool add(struct exchange *x, const json_t *id, int64_t figure)
{
    const struct world *world = &x->sim->world;
    int product = world_product_by_listing(world, x->account, wire_text(id));
    uint32_t remote = world->accounts[x->account].remote_first;
    return product != WORLD_NONE &&
           network_item(x, world_pair(world, remote, (uint32_t)product), figure);
}

/* The part of the path behind `base` up to the next '/' or the end. */
static void segment(const char *path, const char *base, char out[WIRE_COMMAND_MAX])
{
    const char *from = path + strlen(base);
    size_t size = strcspn(from, "/?");
    if (size >= WIRE_COMMAND_MAX) size = 0;
    memcpy(out, from, size);
    out[size] = 0;
}

static bool write_one(struct exchange *x, const json_t *doc)
{
    char id[WIRE_COMMAND_MAX];
    int64_t figure;
    segment(x->path, offers, id);
    json_t *text = json_string(id);
    bool good = wire_number(json_object_get(json_object_get(doc, "stock"), "available"), &figure) &&
                add(x, text, figure);
    json_decref(text);
    return good;
}

static bool write_many(struct exchange *x, const json_t *doc, int64_t figure)
{
    const json_t *criteria = json_array_get(json_object_get(doc, "offerCriteria"), 0), *row;
    size_t index;
    json_array_foreach (json_object_get(criteria, "offers"), index, row)
        if (!add(x, json_object_get(row, "id"), figure)) return false;
    return x->item_count > 0;
}

static bool write_bulk(struct exchange *x, const json_t *doc)
{
    const json_t *row;
    size_t index;
    json_array_foreach (json_object_get(doc, "modifications"), index, row) {
        const json_t *stock = json_object_get(row, "stock");
        if (strcmp(wire_text(json_object_get(stock, "changeType")), "FIXED") != 0 ||
            !add(x, json_object_get(row, "offerId"),
                 json_integer_value(json_object_get(stock, "value"))))
            return false;
    }
    return x->item_count > 0;
}

static bool write_items(struct exchange *x)
{
    json_t *doc = wire_body(x);
    bool good = false;
    if (wire_starts(x->path, offers)) {
        good = write_one(x, doc);
    } else if (wire_starts(x->path, quantity)) {
        const json_t *change = json_object_get(doc, "modification");
        segment(x->path, "/sale/offer-quantity-change-commands/", x->command);
        good = strcmp(wire_text(json_object_get(change, "changeType")), "FIXED") == 0 &&
               write_many(x, doc, json_integer_value(json_object_get(change, "value")));
    } else if (wire_starts(x->path, publication)) {
        const json_t *action = json_object_get(json_object_get(doc, "publication"), "action");
        segment(x->path, "/sale/offer-publication-commands/", x->command);
        good = strcmp(wire_text(action), "END") == 0 && write_many(x, doc, 0);
    } else if (wire_starts(x->path, bulk)) {
        snprintf(x->command, sizeof x->command, "%s", wire_text(json_object_get(doc, "commandId")));
        good = write_bulk(x, doc);
    }
    json_decref(doc);
    return good;
}

/* ---- their answers */

static bool has_errors(const json_t *doc)
{
    return json_array_size(json_object_get(doc, "errors")) > 0 ||
           json_array_size(json_object_get(json_object_get(doc, "validation"), "errors")) > 0;
}

static enum wire_word word_of_patch(const struct exchange *x, const json_t *doc)
{
    const json_t *id = json_object_get(doc, "id");
    int64_t shown;
    if (wire_refuses(x) || ((x->status == 200 || x->status == 202) && has_errors(doc)))
        return WIRE_REFUSED;
    if (x->status == 202) return WIRE_TAKEN;
    uint32_t product = x->items[0].pair % x->sim->world.product_count;
    uint32_t seller = x->sim->world.accounts[x->account].seller;
    if (x->status != 200 ||
        (id && strcmp(wire_text(id), x->sim->world.listing_ids[seller][product]) != 0) ||
        !wire_number(json_object_get(json_object_get(doc, "stock"), "available"), &shown))
        return WIRE_SILENT;
    if (shown != x->items[0].value) return WIRE_SILENT;
    /* It has the figure, and shows none: it had ended, and this does not put it back. */
    const json_t *sale = json_object_get(doc, "publication");
    bool ended = strcmp(wire_text(json_object_get(sale, "status")), "ENDED") == 0;
    return shown > 0 && ended ? WIRE_REFUSED : WIRE_DONE;
}

static void answer(const struct exchange *x, const json_t *doc, enum wire_word *words)
{
    if (wire_starts(x->path, offers)) {
        words[0] = word_of_patch(x, doc);
        return;
    }
    /* 409: the id is this command's, so it is registered. */
    if (x->status == 201 || x->status == 409)
        wire_all(x, words, WIRE_TAKEN);
    else if (wire_refuses(x))
        wire_all(x, words, WIRE_REFUSED);
}

/* ---- what became of them */

/* The operation of a 202 is known by the last part of its address. */
static void tell_operation(const struct exchange *x, wire_tell *tell, void *ctx)
{
    const char *location = wire_answer_header(x, "Location");
    const char *at = location ? strstr(location, "/operations/") : NULL;
    if (x->status != 202 || !at || x->item_count != 1) return;
    const struct wire_told told = {.telling = WIRE_OF_WRITE,
                                   .pair = x->items[0].pair,
                                   .word = WIRE_TAKEN,
                                   .command = at + strlen("/operations/")};
    tell(ctx, &told);
}

static int pair_of(const struct exchange *x, const char *offer)
{
    const struct world *world = &x->sim->world;
    int product = world_product_by_listing(world, x->account, offer);
    if (product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(world, world->accounts[x->account].remote_first, (uint32_t)product);
}

static void read_operation(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    char offer[WIRE_COMMAND_MAX];
    const char *at = strstr(x->path, "/operations/");
    segment(x->path, offers, offer);
    int pair = pair_of(x, offer);
    bool refused = has_errors(doc) && (x->status == 422 || x->status / 100 == 2);
    if (pair == WORLD_NONE || (x->status != 303 && !refused)) return;
    const struct wire_told told = {.telling = WIRE_OF_WRITE,
                                   .pair = (uint32_t)pair,
                                   .word = refused ? WIRE_REFUSED : WIRE_DONE,
                                   .command = at + strlen("/operations/")};
    tell(ctx, &told);
}

static void read_tasks(const struct exchange *x, const json_t *doc, const char *base,
                       wire_tell *tell, void *ctx)
{
    char command[WIRE_COMMAND_MAX];
    const json_t *task;
    size_t index;
    segment(x->path, base, command);
    struct wire_told told = {.telling = WIRE_NO_WRITE, .word = WIRE_REFUSED, .command = command};
    if (x->status == 404) tell(ctx, &told);
    if (x->status != 200) return;
    told.telling = WIRE_OF_WRITE;
    json_array_foreach (json_object_get(doc, "tasks"), index, task) {
        const json_t *subject = json_object_get(task, "subject");
        const json_t *offer = subject ? json_object_get(subject, "offerId")
                                      : json_object_get(json_object_get(task, "offer"), "id");
        const char *field = wire_text(json_object_get(subject ? subject : task, "field"));
        const char *status = wire_text(json_object_get(task, "status"));
        int pair = pair_of(x, wire_text(offer));
        if (pair == WORLD_NONE || strcmp(field, "price") == 0) continue;
        told.pair = (uint32_t)pair;
        told.word = strcmp(status, "SUCCESS") == 0 ? WIRE_DONE
                    : strcmp(status, "FAIL") == 0  ? WIRE_REFUSED
                                                   : WIRE_TAKEN;
        tell(ctx, &told);
    }
}

static bool read_row(const struct exchange *x, int remote, const json_t *offer,
                     struct wire_row *said)
{
    (void)remote;
    int pair = pair_of(x, wire_text(json_object_get(offer, "id")));
    const char *status =
        wire_text(json_object_get(json_object_get(offer, "publication"), "status"));
    bool on_sale = strcmp(status, "ENDED") != 0 && strcmp(status, "INACTIVE") != 0;
    if (pair == WORLD_NONE || !*status) return false;
    *said = (struct wire_row){.pair = (uint32_t)pair};
    return !on_sale || wire_number(json_object_get(json_object_get(offer, "stock"), "available"),
                                   &said->figure);
}

static void read_offers(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    struct wire_rows rows = {0};
    json_t *row;
    size_t index;
    if (x->status != 200) return;
    json_array_foreach (json_object_get(doc, "offers"), index, row)
        wire_rows_read(&rows, x, WORLD_NONE, row, read_row);
    wire_rows_tell(&rows, tell, ctx);
}

static void read_offer(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    struct wire_rows rows = {0};
    char id[WIRE_COMMAND_MAX];
    segment(x->path, offers, id);
    int pair = pair_of(x, id);
    if (x->status == 404 && pair != WORLD_NONE) wire_tell_absent((uint32_t)pair, tell, ctx);
    if (x->status != 200) return;
    struct wire_row said;
    if (read_row(x, WORLD_NONE, doc, &said)) wire_rows_add(&rows, said.pair, said.figure, 0);
    wire_rows_tell(&rows, tell, ctx);
}

static void read_figures(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx)
{
    if (x->is_push)
        tell_operation(x, tell, ctx);
    else if (wire_starts(x->path, list))
        read_offers(x, doc, tell, ctx);
    else if (wire_starts(x->path, offers) && strstr(x->path, "/operations/"))
        read_operation(x, doc, tell, ctx);
    else if (wire_starts(x->path, offers))
        read_offer(x, doc, tell, ctx);
    else if (wire_starts(x->path, quantity))
        read_tasks(x, doc, "/sale/offer-quantity-change-commands/", tell, ctx);
    else if (wire_starts(x->path, bulk))
        read_tasks(x, doc, "/sale/offer-bulk-modification-commands/", tell, ctx);
    else if (wire_starts(x->path, publication))
        read_tasks(x, doc, "/sale/offer-publication-commands/", tell, ctx);
}

static int fake(const struct exchange *x, struct buf *body)
{
    uint32_t seller = x->sim->world.accounts[x->account].seller;
    uint32_t product = x->items[0].pair % x->sim->world.product_count;
    if (!wire_starts(x->path, offers)) {
        buf_format(body, "{\"id\":\"%s\",\"taskCount\":{\"total\":0}}", x->command);
        return 201;
    }
    buf_format(body,
               "{\"id\":\"%s\",\"stock\":{\"available\":%lld},\"publication\":{\"status\":"
               "\"ACTIVE\"},\"validation\":{\"errors\":[]}}",
               x->sim->world.listing_ids[seller][product], (long long)x->items[0].value);
    return 200;
}

static const char *const figures[] = {"available", NULL};

const struct sim_wire wire_allegro = {
    .settle_ms = SETTLE_MS,
    .stuck_ms = STUCK_MS,
    .unknown_ms = UNKNOWN_MS,
    .before = 2,
    .figures = figures,
    .next_ms = next_ms,
    .is_own = is_own,
    .write = write_items,
    .answer = answer,
    .read = read_figures,
    .fake = fake,
};
