/* Declarations that contradict themselves: one thing spoiled in a sound one, and the sentence that
 * must follow. */
#include "plugin_support.h"

#include <stddef.h>

static char long_name[65];
static const struct stockd_option too_many[STOCKD_OPTIONS_MAX + 1];

typedef void spoil_fn(struct sample *s);

#define SPOIL(name, ...)               \
    static void name(struct sample *s) \
    {                                  \
        __VA_ARGS__;                   \
    }

SPOIL(id_bad, s->plugin.id = "Sample!")
SPOIL(id_missing, s->plugin.id = NULL)
SPOIL(id_long, memset(long_name, 'a', 64); s->plugin.id = long_name)
SPOIL(version_empty, s->plugin.version = "")
SPOIL(title_not_utf8, s->plugin.title = "caf\xe9")
SPOIL(scratch_large, s->plugin.scratch_max = STOCKD_SCRATCH_MAX + 1)
SPOIL(flags_unknown, s->plugin.flags = 1u << 20)
SPOIL(flag_without_orders, s->plugin.flags = STOCKD_ORDERS_NEED_OPEN;
      s->plugin.operations[STOCKD_FETCH_ORDERS] = NULL)
SPOIL(operation_missing, s->plugin.operations[STOCKD_PUSH_STOCK] = NULL)
SPOIL(element_small, s->plugin.option_size = 8)
SPOIL(element_large, s->plugin.route_size = sizeof(struct stockd_route) + 8)
SPOIL(table_missing, s->plugin.buckets = NULL)
SPOIL(table_long, s->plugin.options = too_many; s->plugin.option_count = STOCKD_OPTIONS_MAX + 1)
SPOIL(option_twice, s->options[3].name = "page")
SPOIL(option_nameless, s->options[1].name = NULL)
SPOIL(option_name_bad, s->options[1].name = "API key")
SPOIL(option_is_core, s->options[1].name = "dry-run")
SPOIL(option_type, s->options[1].type = 9)
SPOIL(option_no_choices, s->options[4].choices = NULL)
SPOIL(option_default_bad, s->options[2].default_value = "5000")
SPOIL(option_secret_default, s->options[1].default_value = "hunter2")
SPOIL(option_secret_int, s->options[2].secret = 1)
SPOIL(endpoint_no_scheme, s->endpoints[0].base_url = "api.example")
SPOIL(endpoint_query, s->endpoints[0].base_url = "https://api.example/?x=1")
SPOIL(endpoint_user, s->endpoints[0].base_url = "https://me@api.example")
SPOIL(endpoint_no_host, s->endpoints[0].base_url = "https:///v1")
SPOIL(endpoint_nowhere, s->endpoints[0].base_url = NULL)
SPOIL(endpoint_secret_url, s->endpoints[0].base_url = NULL; s->endpoints[0].url_option = "api-key")
SPOIL(endpoint_twice, s->endpoints[1].name = "api")
SPOIL(bucket_kind, s->buckets[0].kind = 4)
SPOIL(bucket_amount, s->buckets[0].amount = 0)
SPOIL(bucket_time, s->buckets[1].per_ms = 0)
SPOIL(bucket_key_unknown, s->buckets[0].key_options = "client-id,shop")
SPOIL(bucket_key_secret, s->buckets[0].key_options = "api-key")
SPOIL(route_none, s->plugin.route_count = 0)
SPOIL(route_no_items, s->routes[0].max_items = 0)
SPOIL(route_least_over_most, s->routes[1].min_items = 2)
SPOIL(route_group, s->routes[0].group = 9)
SPOIL(route_bucket, s->routes[0].per_item[0] = (struct stockd_charge){.bucket = 3, .amount = 1})
SPOIL(route_charge, s->routes[0].per_request[0].amount = -1)
SPOIL(route_time, s->routes[0].settle_ms = -1)
SPOIL(route_month, s->routes[0].cadence_ms = 32LL * 24 * 3600 * 1000)
SPOIL(route_note, s->routes[0].confirmation = STOCKD_CONFIRM_NOTE;
      s->plugin.operations[STOCKD_CONFIRM_STOCK] = NULL)
SPOIL(route_parallel, s->routes[0].parallel = 65)
SPOIL(suffix_tld, s->suffixes[0] = ".com")
SPOIL(suffix_path, s->suffixes[0] = "files.example/x")
SPOIL(major, s->plugin.abi_major = 3)
SPOIL(minor, s->plugin.abi_minor = 1)

static const struct {
    spoil_fn *spoil;
    enum status status;
    const char *rest;
} spoiled[] = {
    {id_bad, ST_INVALID,
     "its id, 'Sample!', is not 1 to 63 lower case letters, digits, '-' and '_'"},
    {id_missing, ST_INVALID, "its id is missing"},
    {id_long, ST_INVALID,
     "its id, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', is not 1 to 63 "
     "lower case letters, digits, '-' and '_'"},
    {version_empty, ST_INVALID, "its version is empty"},
    {title_not_utf8, ST_INVALID, "its title is not UTF-8"},
    {scratch_large, ST_INVALID, "wants 67108865 bytes of scratch, at most 67108864 are given"},
    {flags_unknown, ST_INVALID, "sets flags 0x100000, which ABI 1.0 does not have"},
    {flag_without_orders, ST_INVALID,
     "its orders need open ids, but there is no operation 'fetch_orders'"},
    {operation_missing, ST_INVALID, "lacks the operation 'push_stock'"},
    {element_small, ST_UNSUPPORTED, "its options are 8 bytes each, ABI 1.0 has 16 to 56"},
    {element_large, ST_UNSUPPORTED, "its routes are 200 bytes each, ABI 1.0 has 160 to 192"},
    {table_missing, ST_INVALID, "declares 3 buckets but no table of them"},
    {table_long, ST_INVALID, "declares 65 options, at most 64 are taken"},
    {option_twice, ST_INVALID, "declares the option 'page' twice"},
    {option_nameless, ST_INVALID, "the name of option 1 is missing"},
    {option_name_bad, ST_INVALID,
     "the name of option 1, 'API key', is not 1 to 63 lower case letters, digits, '-' and '_'"},
    {option_is_core, ST_INVALID,
     "its option 'dry-run' is a key that stockd itself reads in every account; give it another "
     "name"},
    {option_type, ST_INVALID, "option 'api-key' has type 9, which does not exist"},
    {option_no_choices, ST_INVALID, "option 'mode' is a choice without choices"},
    {option_default_bad, ST_INVALID,
     "the default of an option does not pass its own check: option 'page': '5000' is not from 1 "
     "to 1000"},
    {option_secret_default, ST_INVALID,
     "option 'api-key' is secret and has a default, which would be printed"},
    {option_secret_int, ST_INVALID, "option 'page' is secret, so it must be a string"},
    {endpoint_no_scheme, ST_INVALID,
     "the address of endpoint 'api', 'api.example', does not begin with https://"},
    {endpoint_query, ST_INVALID,
     "the address of endpoint 'api', 'https://api.example/?x=1', holds one of ? # @ \\"},
    {endpoint_user, ST_INVALID,
     "the address of endpoint 'api', 'https://me@api.example', holds one of ? # @ \\"},
    {endpoint_no_host, ST_INVALID, "the address of endpoint 'api', 'https:///v1', names no host"},
    {endpoint_nowhere, ST_INVALID,
     "endpoint 'api' has neither an address nor a string option that gives it"},
    {endpoint_secret_url, ST_INVALID,
     "endpoint 'api' has neither an address nor a string option that gives it"},
    {endpoint_twice, ST_INVALID, "declares the endpoint 'api' twice"},
    {bucket_kind, ST_INVALID, "bucket 'writes' has kind 4, which does not exist"},
    {bucket_amount, ST_INVALID,
     "bucket 'writes' allows 0 per 60000 ms with burst 0; amount and time must be above 0, burst "
     "not below"},
    {bucket_time, ST_INVALID,
     "bucket 'reads' allows 50 per 0 ms with burst 50; amount and time must be above 0, burst not "
     "below"},
    {bucket_key_unknown, ST_INVALID, "bucket 'writes' is keyed by 'shop', which is no option"},
    {bucket_key_secret, ST_INVALID,
     "bucket 'writes' is keyed by the secret 'api-key', which would be stored; key it by a plain "
     "option or by the seller"},
    {route_none, ST_INVALID, "declares no route, so nothing could be written"},
    {route_no_items, ST_INVALID, "route 'batch' takes 1 to 0 items; the most must be 1 to 10000"},
    {route_least_over_most, ST_INVALID,
     "route 'single' takes 2 to 1 items; the most must be 1 to 10000"},
    {route_group, ST_INVALID,
     "route 'batch' has a group, kind or confirmation that does not exist"},
    {route_bucket, ST_INVALID, "route 'batch' charges bucket 3 of 3"},
    {route_charge, ST_INVALID, "route 'batch' charges -1, less than nothing"},
    {route_time, ST_INVALID,
     "route 'batch' has a time that is negative or over 31 days, or a negative largest quantity"},
    {route_month, ST_INVALID,
     "route 'batch' has a time that is negative or over 31 days, or a negative largest quantity"},
    {route_note, ST_INVALID,
     "route 'batch' is confirmed by notes, but there is no operation 'confirm_stock'"},
    {route_parallel, ST_INVALID, "route 'batch' wants 65 operations at once, at most 64 are run"},
    {suffix_tld, ST_INVALID, "the foreign suffix '.com' is not a host or \".domain.tld\""},
    {suffix_path, ST_INVALID,
     "the foreign suffix 'files.example/x' is not a host or \".domain.tld\""},
    {major, ST_UNSUPPORTED, "built for ABI 3, this stockd speaks 1; upgrade stockd"},
    {minor, ST_UNSUPPORTED, "built for ABI 1.1, this stockd speaks 1.0; upgrade stockd"},
};

static void each_fault_has_its_sentence(void **state)
{
    (void)state;
    struct plugin_registry *registry = plugin_registry_new(NULL, 0, NULL);
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        struct sample sample;
        struct error error = {0};
        const struct plugin *plugin;
        char expected[ERROR_TEXT_MAX];
        sample_fill(&sample, sample_done);
        spoiled[i].spoil(&sample);
        plugin_registry_add(registry, &sample.plugin, &plugin, &error);
        snprintf(expected, sizeof expected, "(built in): %s", spoiled[i].rest);
        assert_sentence(&error, spoiled[i].status, expected);
    }
    plugin_registry_free(registry);
}

static void sound_one_is_taken_and_normalised(void **state)
{
    (void)state;
    struct plugin_registry *registry = plugin_registry_new(NULL, 0, NULL);
    struct sample sample;
    struct error error = {0};
    const struct plugin *plugin;
    sample_fill(&sample, sample_done);
    if (plugin_registry_add(registry, &sample.plugin, &plugin, &error) != ST_OK)
        fail_msg("%s", error.text);
    const struct stockd_plugin *d = plugin_declared(plugin);
    assert_ptr_not_equal(d->routes, sample.routes); /* our own copy */
    assert_int_equal(d->routes[0].min_items, 1);
    assert_int_equal(d->routes[0].parallel, 1);
    assert_int_equal(d->buckets[1].burst, 50);
    assert_int_equal(d->data_version, 3);
    assert_int_equal(d->scratch_max, 4096);
    assert_non_null(plugin_option(plugin, "mode"));
    assert_null(plugin_option(plugin, "mod"));
    plugin_registry_free(registry);
}

/* A field is added at the end of a struct, or the major rises: what a plugin compiled long ago
 * passes must stay where it was. */
static void layout_of_abi_1_0_is_kept(void **state)
{
    (void)state;
    assert_int_equal(offsetof(struct stockd_plugin, id), 16);
    assert_int_equal(offsetof(struct stockd_plugin, options), 48);
    assert_int_equal(offsetof(struct stockd_plugin, operations), 128);
    assert_int_equal(offsetof(struct stockd_option, max), 40);
    assert_int_equal(offsetof(struct stockd_route, max_quantity), 184);
    assert_int_equal(sizeof(struct stockd_item), 112);
    assert_int_equal(sizeof(struct stockd_key), 16);
    assert_int_equal(sizeof(struct stockd_header), 32);
    assert_int_equal(sizeof(struct stockd_charge), 16);
    assert_int_equal(offsetof(struct stockd_host, request), 56);
    assert_int_equal(offsetof(struct stockd_host, prompt), sizeof(struct stockd_host) - 8);
}

static uint32_t routes_wild(const struct stockd_item *item, uint32_t *routes, uint32_t max)
{
    (void)item;
    const uint32_t wild[] = {1, 9, 1, 0, UINT32_MAX, 0};
    memcpy(routes, wild, sizeof wild);
    assert_true(max >= sizeof wild / sizeof *wild);
    return 4000000000u; /* far more than there is room for */
}

static void routes_of_an_item_are_valid_and_named_once(void **state)
{
    (void)state;
    struct plugin_registry *registry = plugin_registry_new(NULL, 0, NULL);
    struct stockd_item item = {.listing_id = "x"};
    uint32_t routes[STOCKD_ROUTES_MAX];
    const struct plugin *plain, *wild;
    struct sample sample, other;
    struct error error;
    sample_fill(&sample, sample_done);
    assert_int_equal(plugin_registry_add(registry, &sample.plugin, &plain, &error), ST_OK);
    assert_int_equal(plugin_item_routes(plain, &item, routes), 1);
    assert_int_equal(routes[0], 0);
    sample_fill(&other, sample_done);
    other.plugin.item_routes = routes_wild;
    assert_int_equal(plugin_registry_add(registry, &other.plugin, &wild, &error), ST_OK);
    assert_int_equal(plugin_item_routes(wild, &item, routes), 2);
    assert_int_equal(routes[0], 1);
    assert_int_equal(routes[1], 0);
    plugin_registry_free(registry);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_fault_has_its_sentence),
    cmocka_unit_test(sound_one_is_taken_and_normalised),
    cmocka_unit_test(layout_of_abi_1_0_is_kept),
    cmocka_unit_test(routes_of_an_item_are_valid_and_named_once),
};

TEST_MAIN(cases)
