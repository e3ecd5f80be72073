/* Sealing: secret options of accounts, and a new key for everything that is sealed. The work is the
 * daemon's. */
#include "api/api_private.h"

#include "base/mem.h"

#include <string.h>

struct asking {
    struct api *api;
    struct http_exchange *exchange;
};

static void answer(void *arg, enum status status, const struct error *error, json_t *json)
{
    struct asking *asking = arg;
    if (status == ST_OK)
        http_answer_json(asking->exchange, 200, json);
    else
        http_answer_error(asking->exchange, error);
    asking->api->busy--;
    api_maybe_closed(asking->api);
    mem_free(asking);
}

static struct asking *ask(struct http_exchange *exchange)
{
    struct asking *asking = mem_alloc(sizeof *asking);
    *asking = (struct asking){api_of(exchange), exchange};
    asking->api->busy++;
    return asking;
}

static bool offered(struct http_exchange *exchange)
{
    const struct api_services *services = &api_of(exchange)->services;
    if (services->rekey && services->seal_secret) return true;
    http_answer_problem(exchange, 501, "unsupported", "this daemon seals nothing");
    return false;
}

static void post_rekey(struct http_exchange *exchange)
{
    const struct api_services *services = &api_of(exchange)->services;
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    if (offered(exchange)) services->rekey(services->ctx, answer, ask(exchange));
}

void api_seal_secret(struct http_exchange *exchange, const char *name, const char *option)
{
    static const struct api_member members[] = {{"value", API_TEXT, true}};
    const struct api_services *services = &api_of(exchange)->services;
    json_t *body = api_body(exchange, members, 1, false);
    if (!body) return;
    const char *value = json_string_value(json_object_get(body, "value"));
    if (!value[0])
        http_answer_problem(exchange, 400, "invalid", "'value' is empty");
    else if (offered(exchange))
        services->seal_secret(services->ctx, name, option, value, answer, ask(exchange));
    explicit_bzero((char *)value, strlen(value));
    json_decref(body);
}

static void put_secret(struct http_exchange *exchange)
{
    api_seal_secret(exchange, http_path(exchange, "name").data, http_path(exchange, "option").data);
}

const struct http_route api_secret_routes[] = {
    {.method = "POST",
     .pattern = "/v1/secrets/rekey",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_rekey,
     .summary = "seals all tokens and secrets under a new key",
     .accept = "application/json"},
    {.method = "PUT",
     .pattern = "/v1/accounts/{name}/secrets/{option}",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = put_secret,
     .summary = "seals a secret option for use in conf.d",
     .accept = "application/json"},
    {0},
};
