/* Loads the plugin as the daemon would, and makes hosts and items. */
#include "allegro_fixture.h"

#include <stdio.h>

const struct stockd_plugin *allegro_plugin(void)
{
    static const struct stockd_plugin *plugin;
    if (!plugin) plugin = fixture_load(ALLEGRO_PLUGIN);
    return plugin;
}

struct check *allegro_host(void)
{
    struct check *host = check_new(allegro_plugin());
    check_option(host, "client-id", "abc");
    check_option(host, "app-name", "shop");
    check_option(host, "app-url", "https://shop.example/about");
    return host;
}

void allegro_items(struct allegro_items *at, enum stockd_operation operation, uint32_t count)
{
    memset(at, 0, sizeof(*at));
    at->start = fixture_start(operation);
    at->start.items = at->items;
    at->start.item_count = count;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(at->listing[i], sizeof(at->listing[i]), "%u", 70001 + i);
        snprintf(at->sku[i], sizeof(at->sku[i]), "sku-%u", i);
        at->keys[i] = (struct stockd_key){"sku", at->sku[i]};
        at->items[i] = (struct stockd_item){
            .listing_id = at->listing[i],
            .warehouse_id = "default",
            .keys = &at->keys[i],
            .key_count = 1,
            .wanted = 5,
            .base = -1,
        };
    }
}

void allegro_note(struct allegro_items *at, uint32_t i, const char *note)
{
    snprintf(at->note[i], sizeof(at->note[i]), "%s", note);
    at->items[i].note = at->note[i];
    at->items[i].note_size = (uint32_t)strlen(at->note[i]);
}

void allegro_asked(const struct check *host, const char *method, const char *path)
{
    const struct stockd_request *request = check_request(host);
    assert_non_null(request);
    assert_string_equal(request->method, method);
    assert_string_equal(request->path, path);
}

void allegro_outcome_is(const struct check *host, uint32_t item, enum stockd_outcome_kind kind)
{
    assert_true(item < host->outcomes.count);
    assert_int_equal(host->outcomes.at[item].given, 1);
    assert_int_equal(host->outcomes.at[item].last.kind, kind);
}

const char *allegro_marks(const struct check *host)
{
    static char text[65];
    const char *marks = "";
    for (size_t i = 0; i < host->listing_data.count; i++) {
        const struct check_bytes *data = &host->listing_data.at[i];
        if (data->item != 0) continue;
        snprintf(text, sizeof(text), "%.*s", (int)data->size, (const char *)data->data);
        marks = text;
    }
    return marks;
}
