/* Each half is an operation in one host, whose state stays. */
#include "plugin_list.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 100, REQUESTS_MAX = 100, OLD_MS = 11 * 60 * 1000 };

struct rows {
    char names[ROWS_MAX][300];
    size_t count;
};

static void add(struct rows *rows, const char *kind, const char *place, const char *id)
{
    char name[300];
    snprintf(name, sizeof(name), "%s %s %s", kind, place, id);
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->names[i], name) == 0) return;
    assert_true(rows->count < ROWS_MAX);
    strcpy(rows->names[rows->count++], name);
}

static void add_all(struct rows *rows, const struct check *host)
{
    for (size_t i = 0; i < host->listings.count; i++)
        add(rows, "listing", "", host->listings.at[i].id);
    for (size_t i = 0; i < host->stocks.count; i++)
        add(rows, "stock", host->stocks.at[i].warehouse_id, host->stocks.at[i].listing_id);
}

/* The operation until its request `at` is to be answered, or to its end; its requests. */
static size_t run(const struct fixture_list *list, struct check *host,
                  const struct stockd_start *start, size_t at, struct rows *rows)
{
    size_t answered = 0;
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    for (; host->verdict == STOCKD_SEND && answered < at; answered++) {
        assert_true(answered < REQUESTS_MAX);
        char *text = list->answer(host);
        check_reply(host, 200, text);
        free(text);
    }
    add_all(rows, host);
    return host->requests.count;
}

static struct check *interrupted(const struct fixture_list *list, struct stockd_start *start,
                                 size_t at, struct rows *rows)
{
    struct check *host = list->host();
    *start = list->start;
    start->reading_ms = host->now_ms;
    run(list, host, start, at, rows);
    assert_int_equal(host->verdict, STOCKD_SEND);
    host->now_ms += 60000;
    return host;
}

static void is_whole(const struct fixture_list *list, const struct check *host,
                     const struct rows *rows)
{
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_true(fixture_completed(host, list->scope, NULL));
    assert_int_equal(rows->count, list->rows);
}

static void goes_on(const struct fixture_list *list, size_t at)
{
    struct stockd_start start;
    struct rows rows = {.count = 0}, later = {.count = 0};
    struct check *host = interrupted(list, &start, at, &rows);
    size_t requests = run(list, host, &start, REQUESTS_MAX, &rows);
    is_whole(list, host, &rows);
    assert_true(requests <= list->requests - at + list->again);
    run(list, host, &start, REQUESTS_MAX, &later);
    is_whole(list, host, &later);
    fixture_end(host);
}

static void begins_anew(const struct fixture_list *list, size_t at, bool old)
{
    struct stockd_start start;
    struct rows before = {.count = 0}, rows = {.count = 0};
    struct check *host = interrupted(list, &start, at, &before);
    if (old)
        host->now_ms += OLD_MS;
    else
        start.reading_ms = host->now_ms;
    assert_int_equal(run(list, host, &start, REQUESTS_MAX, &rows), list->requests);
    is_whole(list, host, &rows);
    fixture_end(host);
}

static void keeps_nothing_alone(const struct fixture_list *list)
{
    struct rows rows = {.count = 0};
    struct check *host = list->host();
    size_t states = host->states.count;
    run(list, host, &list->start, list->requests - 1, &rows);
    for (size_t i = states; i < host->states.count; i++)
        assert_null(strstr(host->states.at[i].name, "-place"));
    fixture_end(host);
}

void fixture_list_goes_on(const struct fixture_list *list)
{
    struct stockd_start start = list->start;
    struct rows rows = {.count = 0};
    struct check *host = list->host();
    assert_int_equal(run(list, host, &start, REQUESTS_MAX, &rows), list->requests);
    is_whole(list, host, &rows);
    fixture_end(host);
    keeps_nothing_alone(list);
    for (size_t at = 0; at < list->requests; at++) {
        goes_on(list, at);
        if (list->own_place) continue;
        begins_anew(list, at, false);
        begins_anew(list, at, true);
    }
}

size_t fixture_list_halves(const struct fixture_list *list, size_t at, void (*between)(void))
{
    struct stockd_start start;
    struct rows rows = {.count = 0};
    struct check *host = interrupted(list, &start, at, &rows);
    between();
    run(list, host, &start, REQUESTS_MAX, &rows);
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_true(fixture_completed(host, list->scope, NULL));
    fixture_end(host);
    return rows.count;
}
