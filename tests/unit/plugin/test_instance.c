/* Configuration against a plugin's tables, and what an instance makes of requests. */
#include "plugin_support.h"

#include "base/buf.h"

#include <inttypes.h>

struct fixture {
    struct sample sample;
    struct plugin_registry *registry;
    const struct plugin *plugin;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error error;
    sample_fill(&f->sample, sample_done);
    f->sample.endpoints[1].base_url = NULL; /* taken from the option client-id */
    f->registry = plugin_registry_new(NULL, 0, NULL);
    assert_int_equal(plugin_registry_add(f->registry, &f->sample.plugin, &f->plugin, &error),
                     ST_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    plugin_registry_free(f->registry);
    free(f);
    return 0;
}

enum { VALUES = 4 };

static void wrong_settings_have_their_sentence(void **state)
{
    static const struct {
        struct plugin_value values[VALUES], endpoints[2];
        const char *sentence;
    } cases[] = {
        {{{"client-id", "https://x"}, {"api_kay", "k"}},
         {{0}},
         "unknown key 'api_kay' for plugin sample; did you mean 'api-key'?"},
        {{{"page", "7"}}, {{0}}, "option 'client-id' is missing: Whose shop."},
        {{{"client-id", "https://x"}, {"page", "7x"}},
         {{0}},
         "option 'page': '7x' is not a whole number"},
        {{{"client-id", "https://x"}, {"page", "0"}},
         {{0}},
         "option 'page': '0' is not from 1 to 1000"},
        {{{"client-id", "https://x"}, {"page", "99999999999999999999"}},
         {{0}},
         "option 'page': '99999999999999999999' is not a whole number"},
        {{{"client-id", "https://x"}, {"strict", "maybe"}},
         {{0}},
         "option 'strict': 'maybe' is not true or false"},
        {{{"client-id", "https://x"}, {"mode", "in"}},
         {{0}},
         "option 'mode': 'in' is not one of skip|in-stock|enable"},
        {{{"client-id", "https://x"}, {"settle", "5 min"}},
         {{0}},
         "option 'settle': '5 min' is not a duration like 500ms, 30s, 10m, 6h or 2d"},
        {{{"client-id", "https://x"}, {"settle", "9223372036854775807d"}},
         {{0}},
         "option 'settle': '9223372036854775807d' is not a duration like 500ms, 30s, 10m, 6h or "
         "2d"},
        {{{"client-id", ""}}, {{0}}, "option 'client-id' is empty"},
        {{{"client-id", "https://x"}, {"api-key", "line\r\nX-Other: 1"}},
         {{0}},
         "option 'api-key' holds a line break, another control character, or bytes that are not "
         "UTF-8"},
        {{{"client-id", "https://x"}, {"client-id", "https://y"}},
         {{0}},
         "option 'client-id' is given twice"},
        {{{"client-id", "shop 7"}},
         {{0}},
         "option 'client-id': address 'shop 7' does not begin with https://"},
        {{{"client-id", "https://x"}},
         {{"apl", "https://y"}},
         "plugin sample has no endpoint 'apl'; did you mean 'api'?"},
        {{{"client-id", "https://x"}},
         {{"api", "ftp://y"}},
         "endpoint 'api': address 'ftp://y' does not begin with https://"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plugin_settings settings = {
            .account = "shop", .values = cases[i].values, .endpoints = cases[i].endpoints};
        while (settings.value_count < VALUES && cases[i].values[settings.value_count].name)
            settings.value_count++;
        while (settings.endpoint_count < 2 && cases[i].endpoints[settings.endpoint_count].name)
            settings.endpoint_count++;
        struct error error = {0};
        assert_null(plugin_instance_new(f->plugin, &settings, &error));
        assert_sentence(&error, ST_INVALID, cases[i].sentence);
    }
}

static struct plugin_instance *instance(const struct fixture *f, const char *account)
{
    static const struct plugin_value values[] = {{"client-id", "https://id/a%b"},
                                                 {"api-key", "s3cret\"+"},
                                                 {"settle", "2m"},
                                                 {"strict", "OFF"}};
    static const struct plugin_value endpoints[] = {{"api", "http://127.0.0.1:8080//"}};
    struct plugin_settings settings = {.account = account,
                                       .values = values,
                                       .value_count = 4,
                                       .endpoints = endpoints,
                                       .endpoint_count = 1};
    struct error error;
    struct plugin_instance *made = plugin_instance_new(f->plugin, &settings, &error);
    if (!made) fail_msg("%s", error.text);
    return made;
}

static void values_are_typed_and_secrets_kept_apart(void **state)
{
    struct plugin_instance *one = instance(*state, "shop");
    assert_string_equal(plugin_instance_option(one, "mode"), "skip");
    assert_int_equal(plugin_instance_option_int(one, "page"), 100);
    assert_int_equal(plugin_instance_option_int(one, "settle"), 120000);
    assert_int_equal(plugin_instance_option_int(one, "strict"), 0);
    assert_null(plugin_instance_option(one, "api-key"));
    assert_string_equal(plugin_instance_secret(one, "api-key"), "s3cret\"+");
    assert_null(plugin_instance_secret(one, "client-id"));
    assert_null(plugin_instance_secret(one, "nothing"));
    assert_string_equal(plugin_instance_endpoint(one, 0), "http://127.0.0.1:8080");
    assert_string_equal(plugin_instance_endpoint(one, 1), "https://id/a%b");
    assert_null(plugin_instance_endpoint(one, 2));
    assert_ptr_equal(plugin_instance_ref(one), one);
    plugin_instance_unref(one);
    assert_string_equal(plugin_instance_account(one), "shop"); /* one reference is left */
    plugin_instance_unref(one);
}

static void equal_keys_share_a_bucket_and_others_do_not(void **state)
{
    struct plugin_instance *one = instance(*state, "shop");
    struct buf key;
    buf_init(&key, 1000);
    assert_true(plugin_bucket_key(one, 0, "seller", &key));
    assert_string_equal(buf_cstr(&key), "sample/writes/https:%2F%2Fid%2Fa%25b/skip");
    buf_reset(&key);
    assert_true(plugin_bucket_key(one, 1, "a/b", &key));
    assert_string_equal(buf_cstr(&key), "sample/reads/a%2Fb");
    buf_reset(&key);
    assert_true(plugin_bucket_key(one, 1, NULL, &key)); /* nobody knows yet whose it is */
    assert_string_equal(buf_cstr(&key), "sample/reads/account/shop");
    assert_false(plugin_bucket_key(one, 3, NULL, &key));
    buf_free(&key);
    plugin_instance_unref(one);
}

static void address_is_base_and_path(void **state)
{
    struct plugin_instance *one = instance(*state, "shop");
    struct stockd_request request = {.size = sizeof request, .endpoint = 0, .path = "/v2/x?y=1"};
    struct buf url;
    buf_init(&url, 1000);
    assert_true(plugin_request_url(one, &request, &url));
    assert_string_equal(buf_cstr(&url), "http://127.0.0.1:8080/v2/x?y=1");
    buf_reset(&url);
    request.flags = STOCKD_REQUEST_FOREIGN;
    request.path = "https://a.files.example/b";
    assert_true(plugin_request_url(one, &request, &url));
    assert_string_equal(buf_cstr(&url), "https://a.files.example/b");
    buf_free(&url);
    plugin_instance_unref(one);
}

static const char *find_secret(void *ctx, const char *name, bool refresh)
{
    if (strcmp(name, "api-key") == 0 && !refresh) return plugin_instance_secret(ctx, name);
    return strcmp(name, "login") == 0 && refresh ? "r/1\x01" : NULL;
}

static void secrets_are_filled_in_as_the_bytes_leave(void **state)
{
    static const struct {
        uint32_t flags;
        const char *body, *filled; /* NULL: the error */
    } cases[] = {
        {STOCKD_REQUEST_FILL_FORM, "key={secret:api-key}&refresh_token={refresh:login}",
         "key=s3cret%22%2B&refresh_token=r%2F1%01"},
        {STOCKD_REQUEST_FILL_JSON, "{\"k\":\"{secret:api-key}\",\"r\":\"{refresh:login}\"}",
         "{\"k\":\"s3cret\\\"+\",\"r\":\"r/1\\u0001\"}"},
        {STOCKD_REQUEST_FILL_JSON, "{}{secret:{secret:", "{}{secret:{secret:"},
        {STOCKD_REQUEST_FILL_JSON, "{secret:client-id}", NULL}, /* plain options are not secrets */
        {STOCKD_REQUEST_FILL_JSON, "", ""},
    };
    struct plugin_instance *one = instance(*state, "shop");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stockd_request request = {
            .flags = cases[i].flags, .body = cases[i].body, .body_size = strlen(cases[i].body)};
        struct buf out;
        struct error error;
        buf_init(&out, 1000);
        assert_true(plugin_request_fills(&request));
        enum status status = plugin_request_fill(&request, find_secret, one, &out, &error);
        assert_int_equal(status, cases[i].filled ? ST_OK : ST_NOT_FOUND);
        if (cases[i].filled)
            assert_string_equal(buf_cstr(&out), cases[i].filled);
        else
            assert_string_equal(error.text,
                                "the secret 'client-id' is needed for a request and not there");
        buf_free(&out);
    }
    plugin_instance_unref(one);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(wrong_settings_have_their_sentence, set_up, tear_down),
    cmocka_unit_test_setup_teardown(values_are_typed_and_secrets_kept_apart, set_up, tear_down),
    cmocka_unit_test_setup_teardown(equal_keys_share_a_bucket_and_others_do_not, set_up, tear_down),
    cmocka_unit_test_setup_teardown(address_is_base_and_path, set_up, tear_down),
    cmocka_unit_test_setup_teardown(secrets_are_filled_in_as_the_bytes_leave, set_up, tear_down),
};

TEST_MAIN(cases)
