/* The lists of cards, interrupted and gone on with. */
#include "plugin_list.h"
#include "wb_fixture.h"

#include <stdio.h>
#include <stdlib.h>

/* Cards 1 to 4, two at a time, and 9 in the trash. */
static char *answer(const struct check *host)
{
    json_t *asked = fixture_asked_json(host);
    json_t *cursor = json_object_get(json_object_get(asked, "settings"), "cursor");
    int64_t after = json_integer_value(json_object_get(cursor, "nmID"));
    bool trash = strstr(check_request(host)->path, "/trash");
    int64_t last = trash ? 9 : after + 2;
    char *text = malloc(1000);
    size_t size = (size_t)snprintf(text, 1000, "{\"cards\":[");
    for (int64_t nm = trash && after < 9 ? 9 : after + 1; nm <= last && (trash || nm <= 4); nm++)
        size +=
            (size_t)snprintf(text + size, 1000 - size,
                             "%s{\"nmID\":%lld,\"vendorCode\":\"v\",\"sizes\":[{\"chrtID\":%lld,"
                             "\"skus\":[\"b\"]}]}",
                             text[size - 1] == '[' ? "" : ",", (long long)nm, (long long)nm);
    snprintf(text + size, 1000 - size,
             "],\"cursor\":{\"%s\":\"2026-09-01T00:00:00Z\",\"nmID\":%lld}}",
             trash ? "trashedAt" : "updatedAt", (long long)last);
    json_decref(asked);
    return text;
}

/* What it keeps lasts over restarts: its crawl goes on by itself. */
static struct check *host_without_fbw(void)
{
    struct check *host = wb_host();
    check_state(host, "fbw-read", "1789999999999", 13);
    return host;
}

static void the_cards_go_on(void **state)
{
    (void)state;
    const struct fixture_list list = {.host = host_without_fbw,
                                      .start = fixture_start(STOCKD_FETCH_LISTINGS),
                                      .answer = answer,
                                      .scope = STOCKD_SCOPE_LISTINGS,
                                      .rows = 5,
                                      .requests = 5,
                                      .own_place = true};
    fixture_list_goes_on(&list);
}

static const struct CMUnitTest cases[] = {cmocka_unit_test(the_cards_go_on)};

TEST_MAIN(cases)
