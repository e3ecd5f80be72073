/* The table of routes as a whole: nothing is forgotten in any entry. */
#include "api/api.h"
#include "base/mem.h"
#include "http/exchange.h"

#include "test_main.h"

#include <stdio.h>
#include <string.h>

/* What gives away secrets or the daemon itself. */
static const char *const admin_only[] = {
    "GET /v1/tokens",
    "POST /v1/tokens",
    "DELETE /v1/tokens/{name}",
    "POST /v1/secrets/rekey",
    "PUT /v1/accounts/{name}/secrets/{option}",
    "PUT /v1/alerts/channels/{name}/secrets/{option}",
    "PUT /v1/hooks/{name}/secret",
    "POST /v1/hooks/{name}/sample",
    "POST /v1/accounts/probe",
    "GET /v1/accounts/{name}/file",
    "POST /v1/accounts/{name}/login",
    "POST /v1/reload",
    "POST /v1/backup",
    "POST /v1/plugins/{id}/release",
    "POST /v1/store/rebuild",
    "POST /v1/stock/{sku}/{warehouse}/repair",
};

/* No token, but a signature. */
static const char signed_only[] = "POST /v1/hooks/{name}";

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
        if (strcmp(name, signed_only) == 0) {
            assert_non_null(route->early);
            assert_int_equal(route->scope, HTTP_SCOPE_NONE);
            continue;
        }
        assert_null(route->early);
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

/* ---- docs/openapi.yaml: paths at two blanks, methods at four, as its writer lays it out */

enum { DOCUMENT_MAX = 2 << 20, OPERATIONS_MAX = 400 };

struct operation {
    char name[200], scope[16];
};

static char *document(void)
{
    FILE *file = fopen(STOCKD_SOURCE_DIR "/docs/openapi.yaml", "r");
    assert_non_null(file);
    char *text = mem_alloc(DOCUMENT_MAX);
    text[fread(text, 1, DOCUMENT_MAX - 1, file)] = '\0';
    fclose(file);
    return text;
}

static size_t operations_of(char *text, struct operation *operations)
{
    char path[160] = "", method[16], scope[16];
    size_t count = 0;
    for (char *save, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "  /", 3) == 0) {
            snprintf(path, sizeof path, "%.*s", (int)strcspn(line + 2, ":"), line + 2);
        } else if (*path && line[4] >= 'a' && line[4] <= 'z' &&
                   sscanf(line, "    %15[a-z]:", method) == 1 && strncmp(line, "    ", 4) == 0) {
            for (char *at = method; *at; at++)
                *at = (char)(*at - 'a' + 'A');
            assert_true(count < OPERATIONS_MAX);
            snprintf(operations[count++].name, sizeof operations->name, "%s %s", method, path);
        } else if (count && sscanf(line, "      x-scope: %15[a-z]", scope) == 1) {
            snprintf(operations[count - 1].scope, sizeof operations->scope, "%s", scope);
        } else if (strncmp(line, "components:", 11) == 0) {
            break;
        }
    }
    return count;
}

static void the_document_names_every_route(void **state)
{
    static struct operation operations[OPERATIONS_MAX];
    size_t count;
    struct http_route *routes = api_routes(&count);
    char *text = document();
    size_t named = operations_of(text, operations);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s %s", routes[i].method, routes[i].pattern);
        size_t k = 0;
        while (k < named && strcmp(operations[k].name, name) != 0)
            k++;
        if (k == named) fail_msg("docs/openapi.yaml does not name %s", name);
        assert_string_equal(operations[k].scope, http_scope_name(routes[i].scope));
        operations[k].name[0] = '\0';
    }
    for (size_t k = 0; k < named; k++)
        if (operations[k].name[0])
            fail_msg("docs/openapi.yaml names %s, which is no route", operations[k].name);
    mem_free(text);
    mem_free(routes);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_route_names_its_scope),
    cmocka_unit_test(no_route_stands_twice),
    cmocka_unit_test(the_document_names_every_route),
};

TEST_MAIN(cases)
