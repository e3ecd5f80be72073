/* A small plugin that breaks one rule, named by FAULT, so that stockd-plugin-check can show that it
 * notices. FAULT_NONE breaks none. */
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stockd/plugin.h>
#include <time.h>

#define FAULT_NONE      0
#define FAULT_CRASH     1
#define FAULT_HANG      2
#define FAULT_ENDLESS   3
#define FAULT_OK        4
#define FAULT_ZERO      5
#define FAULT_COMPLETE  6
#define FAULT_TABLE     7
#define FAULT_NO_SEND   8
#define FAULT_BYTES     9
#define FAULT_VERDICT   10
#define FAULT_SLOW      11
#define FAULT_ITEM      12
#define FAULT_CHARGE    13
#define FAULT_CRASH_NTH 14 /* only in the second answer, where samples lead */
#define IS(fault)       (FAULT == FAULT_##fault)

static const struct stockd_option options[] = {
    {.name = IS(TABLE) ? "Shop Id" : "shop-id", .type = STOCKD_OPTION_STRING, .help = "The shop."}};
static const struct stockd_endpoint endpoints[] = {
    {.name = "api", .base_url = "https://a.example"}};
static const struct stockd_bucket buckets[] = {
    {.name = "all", .kind = STOCKD_BUCKET_WINDOW, .amount = 1, .per_ms = 1000}};
static const struct stockd_route routes[] = {{.name = "stock", .max_items = 10}};

static enum stockd_verdict ask(const struct stockd_call *call)
{
    struct stockd_request request = {
        .size = sizeof(request), .method = "GET", .path = IS(TABLE) ? "/a b" : "/list"};
    if (IS(CHARGE)) request.charges[0] = (struct stockd_charge){.bucket = 7, .amount = 1};
    if (!IS(NO_SEND)) call->host->request(call->ctx, &request);
    return STOCKD_SEND;
}

static void spin(void)
{
    clock_t begun = clock();
    while (IS(HANG) || clock() - begun < 3 * CLOCKS_PER_SEC / 2)
        continue;
}

/* What a careless author makes of an answer that is no JSON. */
static void be_careless(const struct stockd_call *call)
{
    struct stockd_stock row = {.size = sizeof(row),
                               .warehouse_id = IS(BYTES) ? "\xff" : "2001",
                               .listing_id = "1001",
                               .quantity = 0};
    struct stockd_outcome ok = {.size = sizeof(ok), .kind = STOCKD_OK, .observed = STOCKD_UNKNOWN};
    if (IS(CRASH)) raise(SIGSEGV);
    if (IS(HANG) || IS(SLOW)) spin();
    if (IS(ZERO) || IS(BYTES)) call->host->stock(call->ctx, &row);
    if (IS(COMPLETE)) call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    if (IS(OK) && call->start->item_count) call->host->outcome(call->ctx, 0, &ok);
    if (IS(ITEM)) call->host->outcome(call->ctx, call->start->item_count, &ok);
}

static enum stockd_verdict take(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    if (answer->transport != STOCKD_ARRIVED || answer->status != 200) return STOCKD_DEFAULT;
    json_t *doc = json_loadb(answer->body, answer->body_size, 0, NULL);
    if (IS(CRASH_NTH) && !doc) {
        int *asked = call->host->scratch(call->ctx, sizeof(*asked));
        if (*asked > 1) raise(SIGSEGV);
    }
    if (!doc) be_careless(call);
    bool more = json_is_true(json_object_get(doc, "more"));
    json_decref(doc);
    if (IS(ENDLESS)) return ask(call);
    if (IS(VERDICT)) return (enum stockd_verdict)77;
    if (more) {
        int *asked = call->host->scratch(call->ctx, sizeof(*asked));
        if ((*asked)++ < 3) return ask(call);
    }
    if (doc) return STOCKD_DONE;
    call->host->fail(call->ctx, STOCKD_FAIL_RETRY, "unreadable", "no JSON");
    return STOCKD_FAIL;
}

static enum stockd_verdict step(const struct stockd_call *call)
{
    if (call->event != STOCKD_START) return take(call);
    if (IS(CRASH_NTH)) *(int *)call->host->scratch(call->ctx, sizeof(int)) = 1;
    return ask(call);
}

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;
const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .id = "faulty",
    .version = "1",
    .title = "Faulty",
    STOCKD_TABLE(option, options),
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .operations = {step, step, step},
};
