/* How many items a second the two steps of a write take: building a body of 100 and reading its
 * answer, with a host that does nothing. One line; not a test. */
#include "ozon_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 20000, ITEMS = 100 };

static struct {
    char scratch[1 << 16];
    size_t sent, ok;
} bench;

static const char *take_option(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return "42";
}

static void *take_scratch(void *ctx, size_t size)
{
    (void)ctx;
    return size <= sizeof(bench.scratch) ? bench.scratch : NULL;
}

static int take_request(void *ctx, const struct stockd_request *request)
{
    (void)ctx;
    bench.sent += request->body_size;
    return 0;
}

static int take_outcome(void *ctx, uint32_t item, const struct stockd_outcome *outcome)
{
    (void)ctx, (void)item;
    bench.ok += outcome->kind == STOCKD_OK;
    return 0;
}

static const char *take_header(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

int main(void)
{
    static struct ozon_items batch;
    const struct stockd_host host = {.size = sizeof(host),
                                     .option = take_option,
                                     .scratch = take_scratch,
                                     .request = take_request,
                                     .outcome = take_outcome,
                                     .header = take_header};
    char body[ITEMS * 128] = "{\"result\":[";
    ozon_items(&batch, STOCKD_PUSH_STOCK, ITEMS);
    for (int i = 0; i < ITEMS; i++)
        sprintf(
            body + strlen(body),
            "%s{\"warehouse_id\":7001,\"product_id\":%d,\"offer_id\":\"art-%d\",\"updated\":true,"
            "\"errors\":[]}",
            i ? "," : "", 1001 + i, i);
    strcat(body, "]}");
    struct stockd_response response = {
        .size = sizeof(response), .status = 200, .last_part = 1, .body = body};
    response.body_size = strlen(body);
    struct stockd_call call = {.size = sizeof(call),
                               .operation = STOCKD_PUSH_STOCK,
                               .host = &host,
                               .now_ms = 1790000000000,
                               .start = &batch.start};
    stockd_step_fn push = ozon_plugin()->operations[STOCKD_PUSH_STOCK];
    clock_t before = clock();
    for (int i = 0; i < ROUNDS; i++) {
        call.event = STOCKD_START;
        call.response = NULL;
        if (push(&call) != STOCKD_SEND) abort();
        call.event = STOCKD_RESPONSE;
        call.response = &response;
        if (push(&call) != STOCKD_DONE) abort();
    }
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    if (bench.ok != (size_t)ROUNDS * ITEMS) abort();
    printf("ozon push: %.0f items/s (body built and answer read, %d a request)\n",
           ROUNDS * ITEMS / seconds, ITEMS);
    return 0;
}
