/* The claims of a JWT: text that a plugin may read, or nothing. Input: the token. */
#include "fuzz.h"

#include "plugin/operation.h"
#include "plugin/text.h"

static struct bytes token;

static enum stockd_verdict step(const struct stockd_call *call)
{
    size_t size = 1;
    const char *claims = call->host->jwt_claims(call->ctx, "login", &size);
    if (claims) {
        FUZZ_CHECK(claims[0] == '{' && strlen(claims) == size, "claims are a text");
        FUZZ_CHECK(text_is_utf8(claims, size), "claims are UTF-8");
        FUZZ_CHECK(size < token.size, "claims are shorter than what they are of");
        FUZZ_CHECK(call->host->jwt_claims(call->ctx, "login", NULL) == claims, "asked twice");
    } else {
        FUZZ_CHECK(size == 0, "nothing has no size");
    }
    return STOCKD_DONE;
}

static const struct stockd_endpoint endpoints[] = {{.name = "api", .base_url = "https://a.b"}};
static const struct stockd_bucket buckets[] = {
    {.name = "all", .kind = STOCKD_BUCKET_WINDOW, .amount = 1, .per_ms = 1000}};
static const struct stockd_route routes[] = {
    {.name = "stock", .max_items = 1, .per_request = {{.amount = 1}}}};
static const struct stockd_plugin plugin = {
    STOCKD_PLUGIN_HEAD,
    .id = "claims",
    .version = "1",
    .title = "Claims",
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .operations = {step, step, step},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct plugin_registry
        *volatile registry; /* volatile: or it is optimized away, and leaks */
    static struct plugin_instance *instance;
    struct error error = {0};
    if (!instance) {
        const struct plugin *loaded;
        const struct plugin_settings settings = {.account = "shop"};
        registry = plugin_registry_new(NULL, 0, NULL);
        if (plugin_registry_add(registry, &plugin, &loaded, &error) == ST_OK)
            instance = plugin_instance_new(loaded, &settings, &error);
        FUZZ_CHECK(instance, "%s", error.text);
    }
    token = bytes_of(data, size);
    char *text = fuzz_copy(token, true);
    const struct plugin_value tokens[] = {{"login", text}};
    const struct stockd_start start = {.size = sizeof start, .operation = STOCKD_LIST_WAREHOUSES};
    const struct plugin_setup setup = {.start = &start, .tokens = tokens, .token_count = 1};
    struct plugin_operation *operation = plugin_operation_new(instance, &setup, &error);
    FUZZ_CHECK(operation, "%s", error.text);
    const struct plugin_input input = {.event = STOCKD_START, .now_ms = 1};
    const struct plugin_step *done = plugin_operation_step(operation, &input);
    FUZZ_CHECK(done->verdict == STOCKD_DONE && !done->bug, "%s", done->bug ? done->bug : "");
    plugin_operation_free(operation);
    free(text);
    return 0;
}
