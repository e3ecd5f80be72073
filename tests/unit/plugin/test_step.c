/* Steps: what a plugin emits comes out whole and copied, and each broken rule comes out as a bug
 * that moves nothing on. The plugin is built in; each case gives it a step of its own. */
#include "plugin_support.h"

#include <inttypes.h>

typedef enum stockd_verdict step_body(const struct stockd_call *call, const struct stockd_host *h,
                                      void *ctx);
static step_body *body;

static enum stockd_verdict run_body(const struct stockd_call *call)
{
    return body(call, call->host, call->ctx);
}

struct fixture {
    struct sample sample;
    struct plugin_registry *registry;
    struct plugin_instance *instance;
    struct plugin_operation *operation;
    const struct plugin_step *step;
};

static int set_up(void **state)
{
    static const struct plugin_value values[] = {{"client-id", "shop-7"},
                                                 {"api-key", "aGVhZA.eyJzaWQiOiI3In0.c2ln"}};
    struct fixture *f = calloc(1, sizeof *f);
    struct plugin_settings settings = {.account = "shop", .values = values, .value_count = 2};
    struct error error;
    const struct plugin *plugin;
    sample_fill(&f->sample, run_body);
    f->registry = plugin_registry_new(NULL, 0, NULL);
    assert_int_equal(plugin_registry_add(f->registry, &f->sample.plugin, &plugin, &error), ST_OK);
    f->instance = plugin_instance_new(plugin, &settings, &error);
    assert_non_null(f->instance);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    plugin_operation_free(f->operation);
    plugin_instance_unref(f->instance);
    plugin_registry_free(f->registry);
    free(f);
    return 0;
}

enum { ITEMS = 3 };

static void begin(struct fixture *f, enum stockd_operation kind)
{
    char ids[ITEMS][8];
    struct stockd_item items[ITEMS] = {0};
    struct stockd_key keys[] = {{"sku", "S-1"}, {"barcode", "460"}};
    for (int i = 0; i < ITEMS; i++) {
        snprintf(ids[i], sizeof ids[i], "L%d", i);
        items[i] = (struct stockd_item){.listing_id = ids[i],
                                        .warehouse_id = "w1",
                                        .keys = keys,
                                        .key_count = 2,
                                        .note = "note",
                                        .note_size = 4,
                                        .wanted = i * 10,
                                        .base = -1};
    }
    struct stockd_start start = {
        .operation = kind, .items = items, .item_count = ITEMS, .since_ms = 7};
    struct plugin_state states[] = {{"cursor", {"abc", 3}}, {"gone", {"", 0}}};
    struct plugin_value tokens[] = {{"login", "x.eyJleHAiOjl9.y"}, {"opaque", "not-a-jwt"}};
    struct plugin_setup setup = {.start = &start,
                                 .id = {1, 2, 3},
                                 .states = states,
                                 .state_count = 2,
                                 .tokens = tokens,
                                 .token_count = 2};
    struct error error;
    plugin_operation_free(f->operation);
    f->operation = plugin_operation_new(f->instance, &setup, &error);
    if (!f->operation) fail_msg("%s", error.text);
    /* The operation keeps copies only. */
    memset(ids, '!', sizeof ids);
    memset(items, 0x5a, sizeof items);
    memset(keys, 0x5a, sizeof keys);
}

static const struct plugin_step *start_step(struct fixture *f, step_body *with)
{
    body = with;
    f->step = plugin_operation_step(f->operation,
                                    &(struct plugin_input){.event = STOCKD_START, .now_ms = 1000});
    return f->step;
}

static const char *header_find(void *ctx, const char *name)
{
    return strcmp(name, "X-Left") == 0 ? ctx : NULL;
}

static const struct plugin_step *answer_step(struct fixture *f, step_body *with, int status,
                                             bool last)
{
    static char left[] = "5";
    struct stockd_response response = {.transport = STOCKD_ARRIVED,
                                       .status = status,
                                       .last_part = last,
                                       .body = "{}",
                                       .body_size = 2};
    body = with;
    f->step = plugin_operation_step(f->operation, &(struct plugin_input){.event = STOCKD_RESPONSE,
                                                                         .now_ms = 2000,
                                                                         .response = &response,
                                                                         .header = header_find,
                                                                         .header_ctx = left});
    return f->step;
}

/* ---------------------------------------------------------------------------------------------- */

static enum stockd_verdict sees_its_start(const struct stockd_call *c, const struct stockd_host *h,
                                          void *ctx)
{
    assert_int_equal(c->event, STOCKD_START);
    assert_int_equal(c->operation, STOCKD_PUSH_STOCK);
    assert_int_equal(c->now_ms, 1000);
    assert_memory_equal(c->id, "\1\2\3\0", 4);
    assert_null(c->response);
    assert_int_equal(c->start->item_count, ITEMS);
    assert_string_equal(c->start->items[2].listing_id, "L2");
    assert_string_equal(c->start->items[2].warehouse_id, "w1");
    assert_string_equal(c->start->items[1].keys[1].value, "460");
    assert_memory_equal(c->start->items[0].note, "note", 4);
    assert_int_equal(c->start->items[2].wanted, 20);
    assert_int_equal(c->start->size, sizeof *c->start);
    assert_string_equal(h->option(ctx, "client-id"), "shop-7");
    assert_null(h->option(ctx, "api-key")); /* a secret is never readable */
    assert_int_equal(h->option_int(ctx, "settle"), 30000);
    return STOCKD_DONE;
}

static enum stockd_verdict reads_state(const struct stockd_call *c, const struct stockd_host *h,
                                       void *ctx)
{
    (void)c;
    size_t size;
    const char *old = h->state_get(ctx, "cursor", &size);
    assert_int_equal(size, 3);
    assert_int_equal(h->state_put(ctx, "cursor", "defghi", 6), 0);
    assert_memory_equal(old, "abc", 3); /* what was given does not change under the plugin */
    assert_memory_equal(h->state_get(ctx, "cursor", &size), "defghi", 6);
    assert_null(h->state_get(ctx, "gone", &size));
    assert_null(h->state_get(ctx, "never", &size));
    assert_int_equal(h->state_put(ctx, "cursor", NULL, 0), 0);
    assert_null(h->state_get(ctx, "cursor", &size));
    return STOCKD_DONE;
}

static enum stockd_verdict reads_claims(const struct stockd_call *c, const struct stockd_host *h,
                                        void *ctx)
{
    (void)c;
    size_t size;
    assert_string_equal(h->jwt_claims(ctx, "api-key", &size), "{\"sid\":\"7\"}");
    assert_int_equal(size, 11);
    assert_string_equal(h->jwt_claims(ctx, "login", &size), "{\"exp\":9}");
    assert_ptr_equal(h->jwt_claims(ctx, "login", &size), h->jwt_claims(ctx, "login", NULL));
    assert_null(h->jwt_claims(ctx, "opaque", &size));
    assert_null(h->jwt_claims(ctx, "client-id", &size));
    assert_null(h->jwt_claims(ctx, "nobody", &size));
    const char *before = h->jwt_claims(ctx, "login", &size);
    const struct stockd_token token = {
        .size = sizeof token, .name = "login", .value = "x.eyJleHAiOjh9.y"};
    assert_int_equal(h->token(ctx, &token), 0);
    assert_string_equal(h->jwt_claims(ctx, "login", &size), "{\"exp\":8}"); /* the newest */
    assert_string_equal(before, "{\"exp\":9}"); /* lives as long as the operation */
    return STOCKD_DONE;
}

static enum stockd_verdict uses_scratch(const struct stockd_call *c, const struct stockd_host *h,
                                        void *ctx)
{
    if (c->event == STOCKD_START) {
        char *at = h->scratch(ctx, 10);
        for (int i = 0; i < 10; i++)
            assert_int_equal(at[i], 0);
        memset(at, 'x', 10);
        h->wait(ctx, 1);
        return STOCKD_WAIT;
    }
    char *at = h->scratch(ctx, 4096);
    assert_memory_equal(at, "xxxxxxxxxx\0\0", 12); /* kept, and the rest zeroed */
    assert_int_equal(at[4095], 0);
    assert_null(h->scratch(ctx, 4097)); /* over scratch_max */
    assert_ptr_equal(h->scratch(ctx, 1), at);
    return STOCKD_DONE;
}

static void plugin_sees_copies_of_what_was_given(void **state)
{
    static step_body *const bodies[] = {sees_its_start, reads_state, reads_claims};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        begin(f, STOCKD_PUSH_STOCK);
        start_step(f, bodies[i]);
        assert_null(f->step->bug);
        assert_int_equal(f->step->verdict, STOCKD_DONE);
    }
    begin(f, STOCKD_PUSH_STOCK);
    start_step(f, uses_scratch);
    assert_int_equal(f->step->wait_ms, 1);
    plugin_operation_step(f->operation, &(struct plugin_input){.event = STOCKD_TIMER});
    assert_int_equal(f->step->verdict, STOCKD_DONE);
}

/* ---------------------------------------------------------------------------------------------- */

static enum stockd_verdict sends(const struct stockd_call *c, const struct stockd_host *h,
                                 void *ctx)
{
    char path[] = "/v1/stock?x=%20", data[] = "{\"stocks\":[]}", name[] = "Client-Id";
    struct stockd_header headers[] = {
        {.name = name, .value = h->option(ctx, "client-id")},
        {.name = "Api-Key", .secret = "api-key", .use = STOCKD_SECRET_PLAIN},
        {.name = "Authorization", .secret = "login", .use = STOCKD_SECRET_BEARER},
    };
    struct stockd_request request = {.size = sizeof request,
                                     .flags = STOCKD_REQUEST_WRITE,
                                     .method = "POST",
                                     .endpoint = 1,
                                     .header_count = 3,
                                     .path = path,
                                     .headers = headers,
                                     .body = data,
                                     .body_size = sizeof data - 1};
    assert_int_equal(h->request(ctx, &request), 0);
    for (uint32_t i = 0; i < c->start->item_count; i++)
        assert_int_equal(h->note(ctx, i, "feed-1", 6), 0);
    memset(path, '!', sizeof path); /* copied at once */
    memset(data, '!', sizeof data);
    memset(name, '!', sizeof name);
    return STOCKD_SEND;
}

static void request_is_copied_whole(void **state)
{
    struct fixture *f = *state;
    begin(f, STOCKD_PUSH_STOCK);
    const struct plugin_step *step = start_step(f, sends);
    assert_null(step->bug);
    assert_int_equal(step->verdict, STOCKD_SEND);
    const struct stockd_request *r = step->request;
    assert_string_equal(r->method, "POST");
    assert_string_equal(r->path, "/v1/stock?x=%20");
    assert_int_equal(r->endpoint, 1);
    assert_int_equal(r->body_size, 13);
    assert_string_equal(r->body, "{\"stocks\":[]}");
    assert_int_equal(r->body_max, STOCKD_BODY_DEFAULT);
    assert_int_equal(r->header_count, 3);
    assert_string_equal(r->headers[0].name, "Client-Id");
    assert_string_equal(r->headers[0].value, "shop-7");
    assert_string_equal(r->headers[1].secret, "api-key");
    assert_string_equal(r->headers[2].value, "");
    assert_int_equal(step->note_count, ITEMS);
    assert_int_equal(step->notes[2].item, 2);
    assert_memory_equal(step->notes[2].data.data, "feed-1", 6);
}

static enum stockd_verdict answers_items(const struct stockd_call *c, const struct stockd_host *h,
                                         void *ctx)
{
    assert_string_equal(h->header(ctx, "X-Left"), "5");
    assert_null(h->header(ctx, "X-Right"));
    assert_int_equal(c->response->size, sizeof *c->response);
    struct stockd_outcome ok = STOCKD_OUTCOME(STOCKD_OK);
    struct stockd_outcome no = STOCKD_OUTCOME(STOCKD_REJECTED);
    no.code = "NOT_FOUND";
    h->outcome(ctx, 2, &ok);
    h->outcome(ctx, 0, &ok);
    h->outcome(ctx, 2, &no); /* the last counts */
    h->target_data(ctx, 0, "\0\1", 2);
    h->listing_data(ctx, 1, NULL, 0);
    struct stockd_quota_fact fact = STOCKD_QUOTA_FACT(1);
    fact.remaining = 5;
    h->quota(ctx, &fact);
    return STOCKD_DONE;
}

static void outcomes_are_by_item_and_the_last_counts(void **state)
{
    struct fixture *f = *state;
    begin(f, STOCKD_PUSH_STOCK);
    start_step(f, sends);
    const struct plugin_step *step = answer_step(f, answers_items, 200, true);
    assert_null(step->bug);
    assert_true(step->response_was_write);
    assert_int_equal(step->outcome_count, 2);
    assert_int_equal(step->outcomes[0].item, 2);
    assert_int_equal(step->outcomes[0].outcome.kind, STOCKD_REJECTED);
    assert_string_equal(step->outcomes[0].outcome.code, "NOT_FOUND");
    assert_int_equal(step->outcomes[1].item, 0);
    assert_int_equal(step->outcomes[1].outcome.observed, STOCKD_UNKNOWN);
    assert_int_equal(step->target_data_count, 1);
    assert_memory_equal(step->target_data[0].data.data, "\0\1", 2);
    assert_int_equal(step->listing_data_count, 1);
    assert_int_equal(step->listing_data[0].data.size, 0);
    assert_int_equal(step->quota_fact_count, 1);
    assert_int_equal(step->quota_facts[0].cost, STOCKD_UNKNOWN);
    assert_int_equal(step->note_count, 0); /* those of the step before are gone */
}

static enum stockd_verdict emits_all(const struct stockd_call *c, const struct stockd_host *h,
                                     void *ctx)
{
    (void)c;
    char long_text[STOCKD_TEXT_MAX + 10];
    memset(long_text, 'a', sizeof long_text);
    memcpy(long_text + STOCKD_TEXT_MAX - 1, "\xd0\x96", 3); /* a letter across the limit */
    struct stockd_warehouse w = {.size = sizeof w, .id = "w1", .name = long_text, .writable = 1};
    struct stockd_key keys[] = {{"sku", "S\n1"}, {"barcode", "46"}};
    struct stockd_listing l = {.size = sizeof l,
                               .id = "L9",
                               .keys = keys,
                               .key_count = 2,
                               .title = "\xd0\xa1\xd1\x82\xd0\xbe\xd0\xbb",
                               .data = "\1\2",
                               .data_size = 2};
    struct stockd_stock absent = STOCKD_STOCK_ROW, number = STOCKD_STOCK_ROW;
    absent.warehouse_id = number.warehouse_id = "w1";
    absent.listing_id = number.listing_id = "L9";
    absent.kind = STOCKD_STOCK_ABSENT;
    absent.quantity = 0; /* must not pass for a figure */
    number.quantity = 4;
    struct stockd_order_line o = {.size = sizeof o,
                                  .key = "o-1",
                                  .refs = keys,
                                  .ref_count = 1,
                                  .quantity = 2,
                                  .warehouse_id = ""};
    assert_int_equal(h->warehouse(ctx, &w), 0);
    assert_int_equal(h->listing(ctx, &l), 0);
    assert_int_equal(h->stock(ctx, &absent), 0);
    assert_int_equal(h->stock(ctx, &number), 0);
    assert_int_equal(h->order_line(ctx, &o), 0);
    assert_int_equal(h->complete(ctx, STOCKD_SCOPE_WAREHOUSE, "w1"), 0);
    assert_int_equal(h->malformed(ctx, "no quantity", "w2"), 0);
    assert_int_equal(h->complete(ctx, STOCKD_SCOPE_WAREHOUSE, "w2"), 0);
    assert_int_equal(h->complete(ctx, STOCKD_SCOPE_ALL_STOCK, "ignored"), 0);
    assert_int_equal(h->drained_until(ctx, 900), 0);
    assert_int_equal(h->epoch(ctx, "v3"), 0);
    assert_int_equal(h->identity(ctx, "seller-7"), 0);
    assert_int_equal(h->ability(ctx, STOCKD_PUSH_STOCK, 0, "read only key"), 0);
    assert_int_equal(h->warning(ctx, "expiring", NULL), 0);
    assert_int_equal(h->key_expires(ctx, "api-key", 5000), 0);
    struct stockd_token token = {
        .size = sizeof token, .name = "login", .value = "new", .refresh = "r"};
    struct stockd_prompt prompt = {.size = sizeof prompt, .text = "Open", .url = "https://x"};
    assert_int_equal(h->token(ctx, &token), 0);
    assert_int_equal(h->token_renewing(ctx, "login"), 0);
    assert_int_equal(h->prompt(ctx, &prompt), 0);
    h->progress(ctx, 3, 0);
    h->log(ctx, 99, "a line");
    return STOCKD_DONE;
}

static void rows_come_out_whole(void **state)
{
    struct fixture *f = *state;
    begin(f, STOCKD_FETCH_ORDERS);
    const struct plugin_step *s = start_step(f, emits_all);
    assert_null(s->bug);
    assert_int_equal(s->warehouse_count, 1);
    assert_int_equal(strlen(s->warehouses[0].name), STOCKD_TEXT_MAX - 1); /* no half letter */
    assert_string_equal(s->listings[0].keys[0].value, "S\n1");            /* a SKU is exact bytes */
    assert_null(s->listings[0].group);
    assert_memory_equal(s->listings[0].data, "\1\2", 2);
    assert_int_equal(s->stock_count, 2);
    assert_int_equal(s->stocks[0].quantity, STOCKD_UNKNOWN);
    assert_int_equal(s->stocks[1].quantity, 4);
    assert_null(s->order_lines[0].warehouse_id);
    assert_int_equal(s->complete_count, 2);
    assert_string_equal(s->completes[0].id, "w1");
    assert_null(s->completes[1].id);
    assert_int_equal(s->incomplete_count, 1); /* a malformed row was in it */
    assert_string_equal(s->incompletes[0].id, "w2");
    assert_string_equal(s->malformed[0].what, "no quantity");
    assert_int_equal(s->drained_until_ms, 900);
    assert_string_equal(s->epoch, "v3");
    assert_string_equal(s->identity, "seller-7");
    assert_false(s->abilities[0].granted);
    assert_string_equal(s->warnings[0].code, "expiring");
    assert_int_equal(s->key_expiries[0].ms, 5000);
    assert_string_equal(s->tokens[0].refresh, "r");
    assert_string_equal(s->renewals[0], "login");
    assert_string_equal(s->prompt->url, "https://x");
    assert_int_equal(s->progress_done, 3);
}

/* ---------------------------------------------------------------------------------------------- */

static enum stockd_verdict malformed_first(const struct stockd_call *c, const struct stockd_host *h,
                                           void *ctx)
{
    if (c->event == STOCKD_START) {
        h->malformed(ctx, "bad row", NULL);
        h->wait(ctx, 5);
        return STOCKD_WAIT;
    }
    h->complete(ctx, STOCKD_SCOPE_ALL_STOCK, NULL);
    return STOCKD_DONE;
}

static void malformed_row_spoils_its_scope_across_steps(void **state)
{
    struct fixture *f = *state;
    begin(f, STOCKD_FETCH_STOCK);
    start_step(f, malformed_first);
    plugin_operation_step(f->operation, &(struct plugin_input){.event = STOCKD_TIMER});
    assert_null(f->step->bug);
    assert_int_equal(f->step->complete_count, 0);
    assert_int_equal(f->step->incomplete_count, 1);
}

/* ---------------------------------------------------------------------------------------------- */

#define BODY(name, ...)                                                                       \
    static enum stockd_verdict name(const struct stockd_call *c, const struct stockd_host *h, \
                                    void *ctx)                                                \
    {                                                                                         \
        (void)c, (void)h, (void)ctx;                                                          \
        __VA_ARGS__;                                                                          \
    }
#define GET .size = sizeof(struct stockd_request), .method = "GET", .path = "/x"
#define REQUEST(...)                                        \
    h->request(ctx, &(struct stockd_request){__VA_ARGS__}); \
    return STOCKD_SEND
#define HEADER(...)                              \
    struct stockd_header header = {__VA_ARGS__}; \
    REQUEST(GET, .headers = &header, .header_count = 1)
#define OUTCOME(item, ...)                                                                        \
    assert_int_equal(                                                                             \
        h->outcome(ctx, item,                                                                     \
                   &(struct stockd_outcome){.size = sizeof(struct stockd_outcome), __VA_ARGS__}), \
        -1);                                                                                      \
    return STOCKD_DONE
#define STOCK(...)                                                                               \
    assert_int_equal(                                                                            \
        h->stock(ctx, &(struct stockd_stock){.size = sizeof(struct stockd_stock), __VA_ARGS__}), \
        -1);                                                                                     \
    return STOCKD_DONE

static char long_id[STOCKD_ID_MAX + 2];

BODY(send_nothing, return STOCKD_SEND)
BODY(wait_nothing, return STOCKD_WAIT)
BODY(wait_long, h->wait(ctx, STOCKD_WAIT_MAX + 1); return STOCKD_WAIT)
BODY(wait_zero, h->wait(ctx, 0); return STOCKD_WAIT)
BODY(fail_silent, return STOCKD_FAIL)
BODY(fail_class, (h->fail)(ctx, (enum stockd_fail)9, NULL, NULL); return STOCKD_FAIL)
BODY(default_at_start, return STOCKD_DEFAULT)
BODY(more_at_start, return STOCKD_MORE)
BODY(verdict_none, return (enum stockd_verdict)0)
BODY(verdict_42, return (enum stockd_verdict)42)
BODY(request_unsent, h->request(ctx, &(struct stockd_request){GET}); return STOCKD_DONE)
BODY(request_twice, h->request(ctx, &(struct stockd_request){GET}); REQUEST(GET))
BODY(request_null, h->request(ctx, NULL); return STOCKD_SEND)
BODY(request_size, REQUEST(.size = 8, .method = "GET", .path = "/x"))
BODY(request_endpoint, REQUEST(GET, .endpoint = 2))
BODY(request_method, REQUEST(.size = sizeof(struct stockd_request), .method = "GET /", .path = "/"))
BODY(request_path, REQUEST(.size = sizeof(struct stockd_request), .method = "GET", .path = "x"))
BODY(request_space,
     REQUEST(.size = sizeof(struct stockd_request), .method = "GET", .path = "/a b\r\nX: y"))
BODY(request_bucket, REQUEST(GET, .charges = {{.bucket = 3, .amount = 1}}))
BODY(request_charge, REQUEST(GET, .charges = {{.bucket = 0, .amount = -1}}))
BODY(request_write_charge,
     REQUEST(GET, .flags = STOCKD_REQUEST_WRITE, .charges = {{.bucket = 0, .amount = 1}}))
BODY(request_body_null, REQUEST(GET, .body_size = 5))
BODY(request_body_max, REQUEST(GET, .body_max = STOCKD_BODY_MAX + 1))
BODY(request_timeout, REQUEST(GET, .timeout_ms = -1))
BODY(request_flags, REQUEST(GET, .flags = 1u << 30))
BODY(request_headers, REQUEST(GET, .header_count = STOCKD_HEADERS_MAX + 1))
BODY(header_name, HEADER(.name = "X Y", .value = ""))
BODY(header_host, HEADER(.name = "hOsT", .value = "evil"))
BODY(header_split, HEADER(.name = "X", .value = "a\r\nAuthorization: b"))
BODY(header_secret_plain, HEADER(.name = "X", .secret = "client-id", .use = STOCKD_SECRET_PLAIN))
BODY(header_secret_unused, HEADER(.name = "X", .secret = "api-key"))
BODY(foreign_http, REQUEST(.size = sizeof(struct stockd_request), .method = "PUT",
                           .flags = STOCKD_REQUEST_FOREIGN, .path = "http://a.files.example/"))
BODY(foreign_host, REQUEST(.size = sizeof(struct stockd_request), .method = "PUT",
                           .flags = STOCKD_REQUEST_FOREIGN, .path = "https://evil.example/"))
BODY(foreign_user,
     REQUEST(.size = sizeof(struct stockd_request), .method = "PUT",
             .flags = STOCKD_REQUEST_FOREIGN, .path = "https://evil.example:1@a.files.example/"))
BODY(foreign_suffix_only,
     REQUEST(.size = sizeof(struct stockd_request), .method = "PUT",
             .flags = STOCKD_REQUEST_FOREIGN, .path = "https://evilfiles.example/"))
BODY(foreign_under_exact,
     REQUEST(.size = sizeof(struct stockd_request), .method = "PUT",
             .flags = STOCKD_REQUEST_FOREIGN, .path = "https://a.exact.example/"))
BODY(note_unsent, h->note(ctx, 0, "x", 1); return STOCKD_DONE)
BODY(note_long, h->note(ctx, 0, long_id, STOCKD_NOTE_MAX + 1); REQUEST(GET))
BODY(item_out, OUTCOME(3, .kind = STOCKD_OK))
BODY(item_far, OUTCOME(UINT32_MAX, .kind = STOCKD_OK))
BODY(outcome_kind, OUTCOME(0, .kind = 8))
BODY(outcome_changed, OUTCOME(0, .kind = STOCKD_CHANGED, .observed = STOCKD_UNKNOWN))
BODY(outcome_mute, OUTCOME(0, .kind = STOCKD_REJECTED))
BODY(outcome_negative, OUTCOME(0, .kind = STOCKD_OK, .observed = -5))
BODY(outcome_null, h->outcome(ctx, 0, NULL); return STOCKD_DONE)
BODY(target_long, h->target_data(ctx, 0, long_id, STOCKD_TARGET_DATA_MAX + 1); return STOCKD_DONE)
BODY(stock_negative, STOCK(.warehouse_id = "w", .listing_id = "l", .quantity = -1))
BODY(stock_unknown, STOCK(.warehouse_id = "w", .listing_id = "l", .quantity = STOCKD_UNKNOWN))
BODY(stock_nameless, STOCK(.warehouse_id = "w"))
BODY(stock_long, STOCK(.warehouse_id = long_id, .listing_id = "l"))
BODY(stock_utf8, STOCK(.warehouse_id = "w", .listing_id = "\xc0\x80"))
BODY(stock_surrogate, STOCK(.warehouse_id = "w", .listing_id = "ok ok ok \xed\xa0\x80"))
BODY(stock_cut, STOCK(.warehouse_id = "w", .listing_id = "12345678\xe2\x82"))
BODY(stock_size, h->stock(ctx, &(struct stockd_stock){.size = 4}); return STOCKD_DONE)
BODY(listing_keys, h->listing(ctx, &(struct stockd_listing){.size = sizeof(struct stockd_listing),
                                                            .id = "l",
                                                            .key_count = 17});
     return STOCKD_DONE)
BODY(complete_scope, h->complete(ctx, (enum stockd_scope)6, "x"); return STOCKD_DONE)
BODY(complete_nameless, h->complete(ctx, STOCKD_SCOPE_WAREHOUSE, NULL); return STOCKD_DONE)
BODY(drained_push, h->drained_until(ctx, 5); return STOCKD_DONE)
BODY(state_long, h->state_put(ctx, "x", long_id, STOCKD_STATE_MAX + 1); return STOCKD_DONE)
BODY(state_name, h->state_put(ctx, "a b", "", 0); return STOCKD_DONE)
BODY(option_unknown, h->option(ctx, "shop"); return STOCKD_DONE)
BODY(quota_bucket_out, struct stockd_quota_fact fact = STOCKD_QUOTA_FACT(3); h->quota(ctx, &fact);
     return STOCKD_DONE)
BODY(token_split, h->token(ctx, &(struct stockd_token){.size = sizeof(struct stockd_token),
                                                       .name = "login",
                                                       .value = "a\r\nb"});
     return STOCKD_DONE)
BODY(ability_out, h->ability(ctx, (enum stockd_operation)8, 1, NULL); return STOCKD_DONE)
BODY(two_wrongs, h->epoch(ctx, NULL); h->identity(ctx, ""); h->warning(ctx, NULL, NULL);
     return STOCKD_DONE)

static const struct {
    step_body *body;
    const char *rest;
} bugs[] = {
    {send_nothing, "returned SEND without a request (verdict 1)"},
    {wait_nothing, "returned WAIT without a time to wait (verdict 2)"},
    {wait_long, "a wait of 600001 ms is not from 1 to 600000"},
    {wait_zero, "a wait of 0 ms is not from 1 to 600000"},
    {fail_silent, "returned FAIL without saying why (verdict 4)"},
    {fail_class, "a failure of class 9, which does not exist"},
    {default_at_start, "returned DEFAULT without an answer (verdict 5)"},
    {more_at_start, "returned MORE although no part of an answer is left (verdict 6)"},
    {verdict_none, "returned a verdict that does not exist (verdict 0)"},
    {verdict_42, "returned a verdict that does not exist (verdict 42)"},
    {request_unsent, "made a request but did not return SEND (verdict 3)"},
    {request_twice, "one step made two requests"},
    {request_null, "a request is NULL"},
    {request_size, "a request says it is 8 bytes, ABI 1.0 has 72 to 136"},
    {request_endpoint, "a request names endpoint 2 of 2"},
    {request_method, "a request has the method 'GET /'"},
    {request_path, "a request's path 'x' does not begin with '/'"},
    {request_space, "a request's path holds characters that are not percent-encoded: '/a b\r\nX: "
                    "y'"},
    {request_bucket, "a request charges 1 to bucket 3 of 3"},
    {request_charge, "a request charges -1 to bucket 0 of 3"},
    {request_write_charge, "a write of push_stock names charges; they come from its route"},
    {request_body_null,
     "a request has a body of 5 bytes (but none is there) and wants up to 0; at most 67108864"},
    {request_body_max,
     "a request has a body of 0 bytes (but none is there) and wants up to 67108865; at most "
     "67108864"},
    {request_timeout, "a request has a timeout of -1 ms, not 0 to 600000"},
    {request_flags, "a request sets flags 0x40000000, which ABI 1.0 does not have"},
    {request_headers, "a request has 25 headers, at most 24 are sent, and no table of them"},
    {header_name, "a request has the header 'X Y', which is no name of a header"},
    {header_host, "a request has the header 'hOsT', which is written by the core"},
    {header_split, "the value of header 'X' is over 8192 bytes or holds a line break"},
    {header_secret_plain, "header 'X' names 'client-id' as its secret, which is a plain option"},
    {header_secret_unused, "header 'X' names a secret but no use of it"},
    {foreign_http, "a foreign request goes to 'http://a.files.example/', which is not https or not "
                   "under a declared suffix"},
    {foreign_host, "a foreign request goes to 'https://evil.example/', which is not https or not "
                   "under a declared suffix"},
    {foreign_user, "a foreign request goes to 'https://evil.example:1@a.files.example/', which is "
                   "not https or not under a declared suffix"},
    {foreign_suffix_only, "a foreign request goes to 'https://evilfiles.example/', which is not "
                          "https or not under a declared suffix"},
    {foreign_under_exact, "a foreign request goes to 'https://a.exact.example/', which is not "
                          "https or not under a declared suffix"},
    {note_unsent, "put a note on an item in a step that sends nothing (verdict 3)"},
    {note_long, "a note is 129 bytes, at most 128 are kept"},
    {item_out, "an outcome names item 3 of 3"},
    {item_far, "an outcome names item 4294967295 of 3"},
    {outcome_kind, "an outcome has the kind 8, which does not exist"},
    {outcome_changed, "an outcome says 'changed' but not to what"},
    {outcome_mute, "an outcome says 'rejected' without a code or a text"},
    {outcome_negative, "an outcome observed -5"},
    {outcome_null, "an outcome is NULL"},
    {target_long, "data of a target is 65 bytes, at most 64 are kept"},
    {stock_negative, "a stock row has the quantity -1; what is not known is not emitted"},
    {stock_unknown,
     "a stock row has the quantity -9223372036854775808; what is not known is not emitted"},
    {stock_nameless, "a stock row's listing is missing"},
    {stock_long, "a stock row's warehouse is longer than 200 bytes"},
    {stock_utf8, "a stock row's listing is not UTF-8"},
    {stock_surrogate, "a stock row's listing is not UTF-8"},
    {stock_cut, "a stock row's listing is not UTF-8"},
    {stock_size, "a stock row says it is 4 bytes, ABI 1.0 has 64 to 72"},
    {listing_keys, "a listing has 17 keys, at most 16 are kept, and no table of them"},
    {complete_scope, "completes the scope 6, which does not exist"},
    {complete_nameless, "the warehouse that was completed is missing"},
    {drained_push, "drained until 5 in push_stock"},
    {state_long, "a value of the state is 4097 bytes, at most 4096 are kept"},
    {state_name, "a state's name is not 1 to 63 visible characters"},
    {option_unknown, "asked for the option 'shop', which it does not declare"},
    {quota_bucket_out, "a quota fact names bucket 3 of 3"},
    {token_split, "a token's value is not 1 to 8192 visible characters"},
    {ability_out, "an ability names operation 8, which does not exist"},
    {two_wrongs, "the catalogue's epoch is missing (and 2 more)"},
};

static void each_broken_rule_is_a_bug_with_its_sentence(void **state)
{
    struct fixture *f = *state;
    memset(long_id, 'x', sizeof long_id - 1);
    for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
        char expected[ERROR_TEXT_MAX];
        begin(f, STOCKD_PUSH_STOCK);
        const struct plugin_step *step = start_step(f, bugs[i].body);
        snprintf(expected, sizeof expected, "plugin sample 1.2 in push_stock: %s", bugs[i].rest);
        if (!step->bug || strcmp(step->bug, expected) != 0)
            fail_msg("expected %s\n     got %s", expected, step->bug ? step->bug : "no bug");
        assert_int_equal(step->verdict, STOCKD_FAIL);
        assert_int_equal(step->fail, STOCKD_FAIL_BUG);
        assert_string_equal(step->fail_code, "plugin-bug");
        assert_null(step->request);
        assert_int_equal(step->note_count, 0);
    }
}

static enum stockd_verdict good_then_bad(const struct stockd_call *c, const struct stockd_host *h,
                                         void *ctx)
{
    (void)c;
    struct stockd_outcome ok = STOCKD_OUTCOME(STOCKD_OK);
    struct stockd_stock row = STOCKD_STOCK_ROW;
    row.warehouse_id = row.listing_id = "x";
    row.quantity = 1;
    h->outcome(ctx, 1, &ok);
    h->stock(ctx, &row);
    row.quantity = -1;
    h->stock(ctx, &row);
    h->complete(ctx, STOCKD_SCOPE_ALL_STOCK, NULL);
    h->state_put(ctx, "cursor", "new", 3);
    h->drained_until(ctx, 5);
    h->epoch(ctx, "e");
    h->note(ctx, 0, "n", 1);
    h->request(ctx, &(struct stockd_request){GET});
    return STOCKD_SEND;
}

/* What landed is known for good; what would pass over the bad row is not believed. */
static void bug_keeps_facts_and_moves_nothing_on(void **state)
{
    struct fixture *f = *state;
    begin(f, STOCKD_FETCH_ORDERS);
    const struct plugin_step *s = start_step(f, good_then_bad);
    assert_non_null(s->bug);
    assert_int_equal(s->outcome_count, 1);
    assert_int_equal(s->stock_count, 1);
    assert_int_equal(s->complete_count, 0);
    assert_int_equal(s->state_count, 0);
    assert_int_equal(s->note_count, 0);
    assert_int_equal(s->drained_until_ms, STOCKD_UNKNOWN);
    assert_null(s->epoch);
    assert_null(s->request);
}

/* ---------------------------------------------------------------------------------------------- */

BODY(asks, REQUEST(GET))
BODY(leaves_it, return STOCKD_DEFAULT)
BODY(more, return STOCKD_MORE)
BODY(asks_write, REQUEST(GET, .flags = STOCKD_REQUEST_WRITE))
BODY(foreign_fine,
     REQUEST(.size = sizeof(struct stockd_request), .method = "PUT",
             .flags = STOCKD_REQUEST_FOREIGN, .path = "https://b1.FILES.example:443/k?sig=1"))
BODY(wait_in_parts, h->wait(ctx, 5); return STOCKD_WAIT)

static void answer_comes_in_parts(void **state)
{
    struct fixture *f = *state;
    begin(f, STOCKD_FETCH_STOCK);
    start_step(f, asks);
    assert_int_equal(answer_step(f, more, 200, false)->verdict, STOCKD_MORE);
    assert_int_equal(answer_step(f, asks, 200, false)->verdict, STOCKD_FAIL);
    assert_string_equal(f->step->bug, "plugin sample 1.2 in fetch_stock: a request was made before "
                                      "the last part of an answer");
    begin(f, STOCKD_FETCH_STOCK);
    start_step(f, asks);
    assert_non_null(answer_step(f, wait_in_parts, 200, false)->bug);
    begin(f, STOCKD_FETCH_STOCK);
    start_step(f, asks);
    assert_non_null(answer_step(f, more, 200, true)->bug);
    begin(f, STOCKD_FETCH_STOCK);
    assert_null(start_step(f, foreign_fine)->bug);
}

static void no_step_follows_the_end(void **state)
{
    struct fixture *f = *state;
    begin(f, STOCKD_FETCH_STOCK);
    start_step(f, send_nothing);
    start_step(f, asks);
    assert_string_equal(f->step->bug, "stockd asked for a step of an operation that had ended");
    assert_null(f->step->request);
}

static void default_meaning_is_the_designs(void **state)
{
    static const struct {
        enum stockd_transport transport;
        int status;
        enum plugin_meaning read, write;
    } table[] = {
        {STOCKD_ARRIVED, 200, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_UNRESOLVED},
        {STOCKD_ARRIVED, 302, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_UNRESOLVED},
        {STOCKD_ARRIVED, 400, PLUGIN_MEANS_HALVE, PLUGIN_MEANS_HALVE},
        {STOCKD_ARRIVED, 401, PLUGIN_MEANS_AUTH, PLUGIN_MEANS_AUTH},
        {STOCKD_ARRIVED, 403, PLUGIN_MEANS_DENIED, PLUGIN_MEANS_DENIED},
        {STOCKD_ARRIVED, 404, PLUGIN_MEANS_HALVE, PLUGIN_MEANS_HALVE},
        {STOCKD_ARRIVED, 408, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_UNRESOLVED},
        {STOCKD_ARRIVED, 422, PLUGIN_MEANS_HALVE, PLUGIN_MEANS_HALVE},
        {STOCKD_ARRIVED, 425, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_RETRY},
        {STOCKD_ARRIVED, 429, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_RETRY},
        {STOCKD_ARRIVED, 500, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_UNRESOLVED},
        {STOCKD_ARRIVED, 503, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_UNRESOLVED},
        {STOCKD_NOT_SENT, 0, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_RETRY},
        {STOCKD_LOST, 0, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_UNRESOLVED},
        {STOCKD_TOO_LARGE, 200, PLUGIN_MEANS_HALVE, PLUGIN_MEANS_UNRESOLVED},
        {STOCKD_TOO_LARGE, 429, PLUGIN_MEANS_RETRY, PLUGIN_MEANS_RETRY},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(plugin_default_meaning(false, table[i].transport, table[i].status),
                         table[i].read);
        assert_int_equal(plugin_default_meaning(true, table[i].transport, table[i].status),
                         table[i].write);
    }
    begin(f, STOCKD_PUSH_STOCK);
    start_step(f, asks_write);
    assert_int_equal(answer_step(f, leaves_it, 500, true)->meaning, PLUGIN_MEANS_UNRESOLVED);
    begin(f, STOCKD_PUSH_STOCK);
    start_step(f, asks);
    assert_int_equal(answer_step(f, leaves_it, 500, true)->meaning, PLUGIN_MEANS_RETRY);
    assert_string_equal(plugin_meaning_name(PLUGIN_MEANS_HALVE), "halve");
}

static void start_must_fit_the_tables(void **state)
{
    struct fixture *f = *state;
    struct stockd_item items[101];
    memset(items, 0, sizeof items);
    for (int i = 0; i < 101; i++)
        items[i].listing_id = "l";
    struct stockd_start start = {.operation = STOCKD_PUSH_STOCK, .items = items, .item_count = 101};
    struct plugin_setup setup = {.start = &start};
    struct error error;
    assert_null(plugin_operation_new(f->instance, &setup, &error));
    assert_sentence(&error, ST_BUG,
                    "push_stock of plugin sample: 101 items on route 'batch', which takes 100");
    start.item_count = 1;
    start.route = 2;
    assert_null(plugin_operation_new(f->instance, &setup, &error));
    assert_sentence(&error, ST_BUG, "push_stock of plugin sample: there is no route 2");
    start.operation = 77;
    assert_null(plugin_operation_new(f->instance, &setup, &error));
    assert_sentence(&error, ST_UNSUPPORTED, "plugin sample does not offer 'unknown'");
}

/* ---------------------------------------------------------------------------------------------- */

/* The hostile plugin as a file, told by its option what to do. */
static const char *hostile_bug(const char *act, size_t *stocks, size_t *malformed)
{
    static char bug[ERROR_TEXT_MAX];
    const char *folder = HOSTILE_DIR;
    struct plugin_value value = {"act", act};
    struct plugin_settings settings = {.account = "a", .values = &value, .value_count = 1};
    struct stockd_start start = {.operation = STOCKD_FETCH_STOCK};
    struct plugin_setup setup = {.start = &start};
    struct plugin_registry *registry = plugin_registry_new(&folder, 1, NULL);
    const struct plugin *plugin;
    struct error error;
    if (plugin_registry_load(registry, "behaves", &plugin, &error)) fail_msg("%s", error.text);
    struct plugin_instance *instance = plugin_instance_new(plugin, &settings, &error);
    struct plugin_operation *operation = plugin_operation_new(instance, &setup, &error);
    const struct plugin_step *step =
        plugin_operation_step(operation, &(struct plugin_input){.event = STOCKD_START});
    snprintf(bug, sizeof bug, "%s", step->bug ? step->bug : "no bug");
    *stocks = step->stock_count;
    *malformed = step->malformed_count;
    plugin_operation_free(operation);
    plugin_instance_unref(instance);
    plugin_registry_free(registry);
    return bug;
}

static void hostile_file_is_bounded(void **state)
{
    (void)state;
    size_t stocks, malformed;
    assert_string_equal(hostile_bug("nothing", &stocks, &malformed), "no bug");
    assert_string_equal(hostile_bug("flood", &stocks, &malformed),
                        "plugin behaves 1 in fetch_stock: one step emitted more than 200000 rows "
                        "(and 799999 more)");
    assert_int_equal(stocks, STOCKD_STEP_ROWS_MAX);
    assert_non_null(strstr(hostile_bug("flood-bytes", &stocks, &malformed),
                           "one step emitted more than 64 MiB (and "));
    assert_true(malformed * STOCKD_TEXT_MAX * 2 < STOCKD_STEP_BYTES_MAX);
    assert_non_null(strstr(hostile_bug("verdict", &stocks, &malformed), "(verdict 42)"));
    assert_non_null(strstr(hostile_bug("negative", &stocks, &malformed), "(verdict -1)"));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(plugin_sees_copies_of_what_was_given, set_up, tear_down),
    cmocka_unit_test_setup_teardown(request_is_copied_whole, set_up, tear_down),
    cmocka_unit_test_setup_teardown(outcomes_are_by_item_and_the_last_counts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(rows_come_out_whole, set_up, tear_down),
    cmocka_unit_test_setup_teardown(malformed_row_spoils_its_scope_across_steps, set_up, tear_down),
    cmocka_unit_test_setup_teardown(each_broken_rule_is_a_bug_with_its_sentence, set_up, tear_down),
    cmocka_unit_test_setup_teardown(bug_keeps_facts_and_moves_nothing_on, set_up, tear_down),
    cmocka_unit_test_setup_teardown(answer_comes_in_parts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(no_step_follows_the_end, set_up, tear_down),
    cmocka_unit_test_setup_teardown(default_meaning_is_the_designs, set_up, tear_down),
    cmocka_unit_test_setup_teardown(start_must_fit_the_tables, set_up, tear_down),
    cmocka_unit_test(hostile_file_is_bounded),
};

TEST_MAIN(cases)
