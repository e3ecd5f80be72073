/* The list of offers, interrupted and gone on with. */
#include "allegro_fixture.h"
#include "plugin_list.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 2 };
static int64_t offers[] = {16, 15, 14, 13, 12, 11}; /* the newest first */
static size_t count;

/* Two at a time: a short page proves nothing. */
static char *answer(const struct check *host)
{
    const char *at = strstr(check_request(host)->path, "offset=");
    assert_non_null(at);
    size_t offset = strtoul(at + 7, NULL, 10), size = 0;
    char *text = malloc(1000);
    size += (size_t)snprintf(text, 1000, "{\"offers\":[");
    for (size_t i = offset; i < count && i < offset + PAGE; i++)
        size += (size_t)snprintf(text + size, 1000 - size,
                                 "%s{\"id\":\"%lld\",\"name\":\"T\",\"stock\":{\"available\":3},"
                                 "\"publication\":{\"status\":\"ACTIVE\"}}",
                                 i > offset ? "," : "", (long long)offers[i]);
    snprintf(text + size, 1000 - size, "],\"totalCount\":%zu}", count);
    return text;
}

static struct fixture_list listings(enum stockd_operation operation)
{
    count = 6;
    return (struct fixture_list){.host = allegro_host,
                                 .start = fixture_start(operation),
                                 .answer = answer,
                                 .scope = STOCKD_SCOPE_ALL_STOCK,
                                 .rows = 12,
                                 .requests = 3};
}

static void the_list_goes_on(void **state)
{
    (void)state;
    const struct fixture_list both = listings(STOCKD_FETCH_LISTINGS),
                              stock = listings(STOCKD_FETCH_STOCK);
    fixture_list_goes_on(&both);
    fixture_list_goes_on(&stock);
}

/* Meanwhile the two newest have gone: the others stand where these stood. */
static void two_leave(void)
{
    memmove(offers, offers + 2, sizeof(offers) - 2 * sizeof(offers[0]));
    count -= 2;
}

static void what_moved_meanwhile_is_read(void **state)
{
    (void)state;
    static const int64_t all[] = {16, 15, 14, 13, 12, 11};
    for (size_t at = 1; at < 3; at++) {
        const struct fixture_list list = listings(STOCKD_FETCH_LISTINGS);
        memcpy(offers, all, sizeof(all));
        assert_int_equal(fixture_list_halves(&list, at, two_leave), 12);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_list_goes_on),
    cmocka_unit_test(what_moved_meanwhile_is_read),
};

TEST_MAIN(cases)
