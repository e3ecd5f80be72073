/* The table of routes as a whole: nothing is forgotten in any entry. */
#include "api/api.h"
#include "api/http_exchange.h"
#include "base/mem.h"

#include "test_main.h"

#include <string.h>

/* What gives away secrets or the daemon itself. */
static const char *const admin_only[] = {
    "GET /v1/tokens",
    "POST /v1/tokens",
    "DELETE /v1/tokens/{name}",
    "POST /v1/secrets/rekey",
    "PUT /v1/accounts/{name}/secrets/{option}",
    "POST /v1/accounts/probe",
    "GET /v1/accounts/{name}/file",
    "POST /v1/accounts/{name}/login",
    "POST /v1/reload",
    "POST /v1/backup",
    "POST /v1/plugins/{id}/release",
    "POST /v1/store/rebuild",
};

static bool is_admin_only(const char *name)
{
    for (size_t i = 0; i < sizeof admin_only / sizeof *admin_only; i++)
        if (strcmp(admin_only[i], name) == 0) return true;
    return false;
}

static void every_route_names_its_scope(void **state)
{
    size_t count, admins = 0;
    struct http_route *routes = api_routes(&count);
    (void)state;
    assert_true(count > 80);
    for (size_t i = 0; i < count; i++) {
        const struct http_route *route = &routes[i];
        char name[200];
        snprintf(name, sizeof name, "%s %s", route->method, route->pattern);
        enum http_scope wanted = is_admin_only(name)                 ? HTTP_SCOPE_ADMIN
                                 : strcmp(route->method, "GET") == 0 ? HTTP_SCOPE_READ
                                                                     : HTTP_SCOPE_WRITE;
        if (route->scope != wanted)
            fail_msg("%s takes the scope '%s'; it should be '%s', or stand in the list of this "
                     "test",
                     name, http_scope_name(route->scope), http_scope_name(wanted));
        assert_non_null(route->handle);
        assert_non_null(route->summary);
        admins += wanted == HTTP_SCOPE_ADMIN;
    }
    assert_int_equal(admins, sizeof admin_only / sizeof *admin_only);
    mem_free(routes);
}

static void no_route_stands_twice(void **state)
{
    size_t count;
    struct http_route *routes = api_routes(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(routes[i].method, routes[k].method) == 0 &&
                strcmp(routes[i].pattern, routes[k].pattern) == 0)
                fail_msg("%s %s stands twice", routes[i].method, routes[i].pattern);
    mem_free(routes);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_route_names_its_scope),
    cmocka_unit_test(no_route_stands_twice),
};

TEST_MAIN(cases)
