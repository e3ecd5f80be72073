/* Loads the plugin as the daemon would, and makes hosts and items. */
#include "wb_fixture.h"

#include <stdio.h>

const struct stockd_plugin *wb_plugin(void)
{
    static const struct stockd_plugin *plugin;
    if (!plugin) plugin = fixture_load(WB_PLUGIN);
    return plugin;
}

struct check *wb_host_with(int64_t bits)
{
    struct check *host = check_new(wb_plugin());
    char claims[256];
    snprintf(claims, sizeof(claims),
             "{\"exp\":1798640000,\"s\":%lld,\"oid\":77,\"t\":false,"
             "\"sid\":\"7e8f0000-0000-4000-8000-000000000001\"}",
             (long long)bits);
    check_jwt_claims(host, "token", claims);
    return host;
}

struct check *wb_host(void)
{
    return wb_host_with(WB_ALL_BITS);
}

void wb_items(struct wb_items *at, enum stockd_operation operation, uint32_t count)
{
    memset(at, 0, sizeof(*at));
    at->start = fixture_start(operation);
    at->start.items = at->items;
    at->start.item_count = count;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(at->listing[i], sizeof(at->listing[i]), "%u", 1001 + i);
        snprintf(at->barcode[i], sizeof(at->barcode[i]), "bar-%u", i);
        at->keys[i] = (struct stockd_key){"barcode", at->barcode[i]};
        at->items[i] = (struct stockd_item){
            .listing_id = at->listing[i],
            .group = "501",
            .warehouse_id = "7001",
            .keys = &at->keys[i],
            .key_count = 1,
            .wanted = 5 + i,
            .base = -1,
        };
    }
}

void wb_asked(const struct check *host, const char *path, const char *json)
{
    const struct stockd_request *request = check_request(host);
    assert_non_null(request);
    if (json) {
        fixture_asked(host, path, json);
        return;
    }
    assert_string_equal(request->path, path);
    assert_string_equal(request->method, "GET");
    assert_int_equal(request->body_size, 0);
}

enum stockd_verdict wb_reply_with(struct check *host, int status, const char *body,
                                  const char *header, const char *value)
{
    struct check_pair pair = {header, value};
    struct check_answer answer = {
        .status = status, .body = body, .headers = &pair, .header_count = 1};
    return check_answer(host, &answer);
}
