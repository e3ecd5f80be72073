/* Lines of answers, and what they become:
 *     e EPOCH                      w WAREHOUSE WRITABLE CLOSED_UNTIL
 *     l LISTING SKU STATE          s WAREHOUSE LISTING KIND QUANTITY
 *     o ITEM KIND UNTIL OBSERVED CODE    c SCOPE [WAREHOUSE]
 *     f WHY                        the operation fails there, what follows is not read
 * What steps return besides is in verdicts.c. */
#include "scripted.h"

#include "counts.h"
#include "verdicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 512 << 10, NOTE_SIZE = 32 };

static void note_of(const struct stockd_call *call, char note[NOTE_SIZE + 1])
{
    for (int i = 0; i < 16; i++)
        snprintf(note + 2 * (size_t)i, 3, "%02x", call->id[i]);
}

static size_t write_items(const struct stockd_call *call, const char *note, char *body)
{
    const struct stockd_start *start = call->start;
    size_t size = 0;
    for (uint32_t i = 0; i < start->item_count; i++) {
        const struct stockd_item *item = &start->items[i];
        char own[NOTE_SIZE + 1] = "-";
        if (item->note_size == NOTE_SIZE) memcpy(own, item->note, NOTE_SIZE), own[NOTE_SIZE] = 0;
        if (note[0]) call->host->note(call->ctx, i, note, NOTE_SIZE);
        size +=
            (size_t)snprintf(body + size, BODY_MAX - size, "%s %s %lld %lld %s\n", item->listing_id,
                             item->warehouse_id ? item->warehouse_id : "-", (long long)item->wanted,
                             (long long)item->base, note[0] ? note : own);
    }
    return size;
}

static enum stockd_verdict ask(const struct stockd_call *call, const char *path, const char *note)
{
    char *body = malloc(BODY_MAX);
    const bool push = call->operation == STOCKD_PUSH_STOCK, write = strncmp(path, "/push", 5) == 0;
    struct stockd_request request = {.size = sizeof request, .method = "POST", .path = path};
    request.body = body;
    request.body_size = write_items(call, note, body);
    request.flags = write ? STOCKD_REQUEST_WRITE : 0;
    if (verdicts_parts(call)) request.flags |= STOCKD_REQUEST_PARTS;
    if (!push) request.charges[0] = (struct stockd_charge){.bucket = 0, .amount = 1};
    call->host->request(call->ctx, &request);
    free(body);
    return STOCKD_SEND;
}

static enum stockd_verdict read_stock(const struct stockd_call *call)
{
    char path[300];
    const struct stockd_start *start = call->start;
    const char *warehouse = start->warehouse_id;
    if (call->operation == STOCKD_PUSH_STOCK && start->item_count)
        warehouse = start->items[0].warehouse_id;
    snprintf(path, sizeof path, "/stock/%s%s", warehouse ? warehouse : "-",
             call->operation == STOCKD_PUSH_STOCK ? SCRIPTED_OF_PUSH : "");
    return ask(call, path, "");
}

static enum stockd_verdict begin(const struct stockd_call *call)
{
    static const char *const push[SCRIPTED_COUNT][2] = {
        {"/push/set", ""}, {"/push/value", "/push/one"}, {"/push/delta", ""}};
    char note[NOTE_SIZE + 1] = "";
    const char *kind = call->host->option(call->ctx, "kind");
    const struct stockd_start *start = call->start;
    switch (call->operation) {
    case STOCKD_LIST_WAREHOUSES: return ask(call, "/warehouses", "");
    case STOCKD_FETCH_LISTINGS: return ask(call, "/listings", "");
    case STOCKD_CONFIRM_STOCK: return ask(call, "/confirm", "");
    case STOCKD_PUSH_STOCK:
        if (atoi(kind) == SCRIPTED_VALUE && start->route == 0) note_of(call, note);
        return ask(call, push[atoi(kind)][start->route], note);
    default: return read_stock(call);
    }
}

static void emit(const struct stockd_call *call, const char *line)
{
    char a[64] = "", b[64] = "", code[64] = "";
    long long x = 0, y = 0, z = 0;
    const struct stockd_host *host = call->host;
    switch (line[0]) {
    case 'e':
        if (sscanf(line, "e %63s", a) == 1) host->epoch(call->ctx, a);
        counts.said = (uint32_t)atoi(a + 1);
        return;
    case 'w':
        if (sscanf(line, "w %63s %lld %lld", a, &x, &y) == 3) {
            struct stockd_warehouse row = {.size = sizeof row, .writable = x != 0, .id = a};
            row.name = a;
            row.closed_until_ms = y;
            row.why = y ? "stocktaking" : NULL;
            host->warehouse(call->ctx, &row);
        }
        return;
    case 'l':
        if (sscanf(line, "l %63s %63s %lld", a, b, &x) == 3) {
            const struct stockd_key key = {"sku", b};
            struct stockd_listing row = {.size = sizeof row, .id = a, .keys = &key, .key_count = 1};
            row.state = (uint32_t)x;
            host->listing(call->ctx, &row);
        }
        return;
    case 's':
        if (sscanf(line, "s %63s %63s %lld %lld", a, b, &x, &y) == 4) {
            struct stockd_stock row = STOCKD_STOCK_ROW;
            row.warehouse_id = a;
            row.listing_id = b;
            row.kind = (uint32_t)x;
            if (x == STOCKD_STOCK_NUMBER) row.quantity = y;
            host->stock(call->ctx, &row);
        }
        return;
    case 'o':
        if (sscanf(line, "o %lld %lld %lld %lld %63s", &x, &y, &z, &(long long){0}, code) >= 3) {
            long long observed = -1;
            sscanf(line, "o %*s %*s %*s %lld", &observed);
            struct stockd_outcome out = STOCKD_OUTCOME((uint32_t)y);
            out.until_ms = z;
            out.observed = observed >= 0 ? observed : STOCKD_UNKNOWN;
            out.code = code[0] ? code : NULL;
            host->outcome(call->ctx, (uint32_t)x, &out);
        }
        return;
    case 'c': /* a push is asked for nothing to its end */
        if (call->operation != STOCKD_PUSH_STOCK && sscanf(line, "c %lld %63s", &x, a) >= 1)
            host->complete(call->ctx, (enum stockd_scope)x, a[0] ? a : NULL);
        return;
    default: return;
    }
}

/* The lines of an answer, or of a part of it, with what was left of the one before. True: it said
 * that the operation fails, for that reason. */
static bool read_lines(const struct stockd_call *call, struct verdicts *v, enum stockd_fail *why)
{
    long long number;
    const struct stockd_response *r = call->response;
    for (size_t i = 0; i < r->body_size; i++) {
        if (v->left + 1 < sizeof v->line) v->line[v->left++] = r->body[i];
        if (r->body[i] != '\n') continue;
        v->line[v->left] = '\0';
        v->left = 0;
        if (sscanf(v->line, "f %lld", &number) == 1) {
            *why = (enum stockd_fail)number;
            return true;
        }
        emit(call, v->line);
    }
    return false;
}

static enum stockd_verdict answered(const struct stockd_call *call, struct verdicts *v)
{
    const struct stockd_response *r = call->response;
    enum stockd_fail why;
    enum stockd_verdict verdict;
    if (r->transport != STOCKD_ARRIVED || r->status >= 300) {
        counts_count("DEFAULT");
        if (v->answered && !v->again) counts_count("an answer in parts that breaks off");
        return STOCKD_DEFAULT;
    }
    v->answered = true;
    if (read_lines(call, v, &why)) {
        counts_count(call->operation == STOCKD_PUSH_STOCK ? "a push that fails amid its items"
                                                          : "a reading that fails amid its rows");
        return verdicts_fail(call, why);
    }
    if (!r->last_part) {
        counts_count("an answer in parts");
        return verdicts_amid(call, &verdict) ? verdict : STOCKD_MORE;
    }
    if (!v->again && verdicts_again(call)) {
        v->again = true;
        v->left = 0;
        return call->operation == STOCKD_PUSH_STOCK ? read_stock(call) : begin(call);
    }
    return verdicts_after(call, &verdict) ? verdict : STOCKD_DONE;
}

static enum stockd_verdict step_of(const struct stockd_call *call)
{
    struct verdicts *v = call->host->scratch(call->ctx, sizeof *v);
    enum stockd_verdict verdict;
    if (call->event == STOCKD_RESPONSE) return answered(call, v);
    if (call->event == STOCKD_TIMER) return v->answered ? STOCKD_DONE : begin(call);
    counts.begun++;
    return verdicts_before(call, &verdict) ? verdict : begin(call);
}

static enum stockd_verdict step(const struct stockd_call *call)
{
    counts.said = 0;
    counts.wrong = false;
    enum stockd_verdict verdict = step_of(call);
    if (verdict == STOCKD_DONE) counts_done((enum stockd_operation)call->operation);
    if (counts.said && !counts.wrong && counts.said != counts.epoch) {
        counts.epoch = counts.said;
        counts.told_ms = call->now_ms;
    }
    return verdict;
}

static uint32_t value_routes(const struct stockd_item *item, uint32_t *routes, uint32_t max)
{
    if (item->wanted == 0 || max < 2) {
        routes[0] = 1;
        return 1;
    }
    routes[0] = 0;
    routes[1] = 1;
    return 2;
}

static const struct stockd_option options[] = {
    {.name = "kind", .type = STOCKD_OPTION_STRING, .required = 1, .help = "Which of them it is."},
    {.name = "odd",
     .type = STOCKD_OPTION_STRING,
     .help = "How often its steps are odd (percent)."}};
static const struct stockd_endpoint endpoints[] = {
    {.name = "api", .base_url = "https://bazaar.example"}};
static const struct stockd_bucket buckets[] = {
    {.name = "reads", .kind = STOCKD_BUCKET_WINDOW, .amount = 600, .per_ms = 60000},
    {.name = "writes", .kind = STOCKD_BUCKET_WINDOW, .amount = 300, .per_ms = 60000},
    {.name = "items", .kind = STOCKD_BUCKET_TOKENS, .amount = 400, .per_ms = 60000, .burst = 40}};

#define CHARGES \
    .per_request = {{.bucket = 1, .amount = 1}}, .per_item = {{.bucket = 2, .amount = 1}}

static const struct stockd_route by_set[] = {{.name = "set",
                                              .group = STOCKD_GROUP_WAREHOUSE,
                                              .confirmation = STOCKD_CONFIRM_READBACK,
                                              .max_items = 1000,
                                              .parallel = 2,
                                              .settle_ms = 10000,
                                              .max_quantity = 100,
                                              CHARGES}};
static const struct stockd_route by_value[] = {
    {.name = "value",
     .group = STOCKD_GROUP_VALUE,
     .confirmation = STOCKD_CONFIRM_NOTE,
     .min_items = SCRIPTED_VALUE_LEAST,
     .max_items = 1000,
     .parallel = 2,
     .settle_ms = 10000,
     CHARGES},
    {.name = "one", .max_items = 1, .parallel = 4, .settle_ms = 10000, CHARGES}};
static const struct stockd_route by_delta[] = {{.name = "delta",
                                                .kind = STOCKD_WRITE_DELTA,
                                                .confirmation = STOCKD_CONFIRM_READBACK,
                                                .max_items = 300,
                                                .settle_ms = 10000,
                                                CHARGES}};

#define COMMON                                                                            \
    STOCKD_PLUGIN_HEAD, .id = "scripted", .version = "1", .title = "Bazaar",              \
                        STOCKD_TABLE(option, options), STOCKD_TABLE(endpoint, endpoints), \
                        STOCKD_TABLE(bucket, buckets)

const struct stockd_plugin scripted_plugins[SCRIPTED_COUNT] = {
    {COMMON, .flags = STOCKD_STOCK_NEEDS_IDS | STOCKD_STOCK_BY_WAREHOUSE,
     STOCKD_TABLE(route, by_set), .operations = {step, step, step, [STOCKD_FETCH_LISTINGS] = step}},
    {COMMON, .flags = STOCKD_STOCK_NEEDS_IDS, STOCKD_TABLE(route, by_value),
     .item_routes = value_routes,
     .operations = {step, step,
                    step, [STOCKD_FETCH_LISTINGS] = step, [STOCKD_CONFIRM_STOCK] = step}},
    {COMMON, .flags = STOCKD_LISTINGS_CARRY_STOCK, STOCKD_TABLE(route, by_delta),
     .operations = {step, step, step, [STOCKD_FETCH_LISTINGS] = step}},
};
