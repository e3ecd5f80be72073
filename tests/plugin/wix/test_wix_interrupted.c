/* Lists of both catalogues, interrupted and gone on with. */
#include "plugin_list.h"
#include "wix_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { LAST = 6, PAGE = 2 };

/* Where the page asked for begins: a number in the cursor (V3), or in a filter that is JSON inside
 * a string (V1). */
static int place_asked(const struct check *host)
{
    const char *body = check_request_body(host);
    const char *cursor = strstr(body, "\"cursor\":\"c"), *number = strstr(body, "$gt");
    if (cursor) return atoi(cursor + 11);
    return number ? atoi(strpbrk(number, "0123456789")) : 0;
}

static void row(char *text, size_t size, const char *path, int n)
{
    if (strstr(path, "/v3/products"))
        snprintf(text, size, "{\"variantId\":\"v%d\",\"productData\":{\"productId\":\"p%d\"}}", n,
                 n);
    else if (strstr(path, "/v3/inventory"))
        snprintf(text, size,
                 "{\"id\":\"i%d\",\"revision\":\"5\",\"productId\":\"p%d\",\"variantId\":\"v%d\","
                 "\"locationId\":\"" PLACE "\",\"trackQuantity\":true,\"quantity\":3}",
                 n, n, n);
    else if (strstr(path, "inventoryItems"))
        snprintf(text, size,
                 "{\"productId\":\"p%d\",\"numericId\":\"%d\",\"trackQuantity\":true,"
                 "\"variants\":[{\"variantId\":\"" NIL "\",\"quantity\":3}],"
                 "\"preorderInfo\":{\"enabled\":false}}",
                 n, n);
    else
        snprintf(text, size, "{\"id\":\"p%d\",\"numericId\":\"%d\",\"manageVariants\":false}", n,
                 n);
}

static char *answer_of(const struct check *host, const char *version)
{
    const char *path = check_request(host)->path;
    bool v3 = strstr(path, "/v3/");
    char *text = malloc(4000), one[400];
    if (strstr(path, "provision/version")) {
        snprintf(text, 4000, "{\"catalogVersion\":\"%s\"}", version);
        return text;
    }
    const char *name = strstr(path, "products") ? (v3 ? "variants" : "products") : "inventoryItems";
    int after = place_asked(host), n = after;
    size_t size = (size_t)snprintf(text, 4000, "{\"%s\":[", name);
    for (; n < LAST && n < after + PAGE; n++) {
        row(one, sizeof(one), path, n + 1);
        size += (size_t)snprintf(text + size, 4000 - size, "%s%s", n > after ? "," : "", one);
    }
    snprintf(text + size, 4000 - size,
             v3 && n < LAST
                 ? "],\"pagingMetadata\":{\"cursors\":{\"next\":\"c%d\"},\"hasNext\":true}}"
                 : "],\"pagingMetadata\":{\"cursors\":{},\"hasNext\":false}}",
             n);
    return text;
}

static char *answer_v1(const struct check *host)
{
    return answer_of(host, "V1_CATALOG");
}

static char *answer_v3(const struct check *host)
{
    return answer_of(host, "V3_CATALOG");
}

static struct check *host_v1(void)
{
    return wix_host(1);
}

static struct check *host_v3(void)
{
    return wix_host(3);
}

static void lists_go_on(void **state)
{
    (void)state;
    const struct fixture_list lists[] = {
        {.host = host_v3,
         .start = fixture_start(STOCKD_FETCH_STOCK),
         .answer = answer_v3,
         .scope = STOCKD_SCOPE_ALL_STOCK,
         .rows = LAST,
         .requests = 3},
        /* The version is asked for each time. */
        {.host = host_v3,
         .start = fixture_start(STOCKD_FETCH_LISTINGS),
         .answer = answer_v3,
         .scope = STOCKD_SCOPE_LISTINGS,
         .rows = LAST,
         .requests = 4,
         .again = 1},
        {.host = host_v1,
         .start = fixture_start(STOCKD_FETCH_STOCK),
         .answer = answer_v1,
         .scope = STOCKD_SCOPE_ALL_STOCK,
         .rows = LAST,
         .requests = 4},
        /* ... and what was read of the inventory, before the products, is read again. */
        {.host = host_v1,
         .start = fixture_start(STOCKD_FETCH_LISTINGS),
         .answer = answer_v1,
         .scope = STOCKD_SCOPE_LISTINGS,
         .rows = LAST,
         .requests = 9,
         .again = 6},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        fixture_list_goes_on(&lists[i]);
}

/* Among the products what the inventory says is not known any more: what is kept with the listings
 * stays, and no guess is put there. */
static void what_is_kept_with_listings_stays(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_LISTINGS);
    struct check *host = host_v1();
    start.reading_ms = host->now_ms;
    for (int half = 0; half < 2; half++) {
        check_start(host, &start);
        for (int i = 0; i < (half ? 10 : 7) && host->verdict == STOCKD_SEND; i++) {
            char *text = answer_v1(host);
            check_reply(host, 200, text);
            free(text);
        }
        assert_int_equal(host->listings.count, half ? 2 : 4);
        for (size_t i = 0; i < host->listings.count; i++)
            assert_int_equal(host->listings.at[i].data_size, half ? 0 : 3);
    }
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static bool moved;

static char *answer_moving(const struct check *host)
{
    return moved ? answer_v3(host) : answer_v1(host);
}

static void move(void)
{
    moved = true;
}

/* A site that has moved to the other catalogue meanwhile: all of that is read. */
static void another_catalogue_begins_anew(void **state)
{
    (void)state;
    const struct fixture_list list = {.host = host_v1,
                                      .start = fixture_start(STOCKD_FETCH_LISTINGS),
                                      .answer = answer_moving,
                                      .scope = STOCKD_SCOPE_LISTINGS};
    for (size_t at = 6; at < 9; at++) {
        moved = false;
        assert_int_equal(fixture_list_halves(&list, at, move), (at - 5) * PAGE + LAST);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(lists_go_on),
    cmocka_unit_test(what_is_kept_with_listings_stays),
    cmocka_unit_test(another_catalogue_begins_anew),
};

TEST_MAIN(cases)
