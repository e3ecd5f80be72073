/* A small REST shop on a loopback port: the marketplace that sdk/template is a plugin for. Stock by
 * (warehouse, id); a request without the right key is answered 401. For tests:
 *   GET /_figures                all figures, and how many writes there were
 * usage: shop PORT-FILE KEY PRODUCTS POISON-ID */
#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PRODUCTS_MAX = 1000, PAGE = 40, BODY_MAX = 1 << 20 };

static const char *const warehouses[] = {"w1", "w2"};
static struct {
    const char *key;
    int products;
    int poison; /* a write that holds this id is answered 400 as a whole */
    json_int_t writes;
    json_int_t figures[2][PRODUCTS_MAX + 1];
} shop;

struct body {
    char *data;
    size_t size;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static int warehouse_index(const char *id)
{
    for (int w = 0; id && w < 2; w++)
        if (strcmp(id, warehouses[w]) == 0) return w;
    return -1;
}

static json_t *list_warehouses(void)
{
    json_t *list = json_array();
    for (int w = 0; w < 2; w++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "id", warehouses[w], "name",
                                              warehouses[w], "open", 1));
    return json_pack("{s:o}", "warehouses", list);
}

static json_t *list_stock(struct MHD_Connection *connection)
{
    const char *page = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "page");
    int w = warehouse_index(
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "warehouse"));
    int first = (page ? atoi(page) - 1 : 0) * PAGE + 1;
    if (w < 0 || first < 1) return NULL;
    json_t *rows = json_array();
    for (int p = first; p < first + PAGE && p <= shop.products; p++) {
        char id[16], sku[16];
        snprintf(id, sizeof id, "%d", p);
        snprintf(sku, sizeof sku, "ART-%04d", p);
        json_array_append_new(rows, json_pack("{s:s, s:s, s:I}", "id", id, "sku", sku, "quantity",
                                              shop.figures[w][p]));
    }
    return json_pack("{s:o, s:b}", "stock", rows, "more", first + PAGE <= shop.products);
}

static json_t *write_stock(const struct body *body)
{
    json_t *rows = json_loadb(body->data, body->size, 0, NULL), *row, *results = json_array();
    size_t i;
    shop.writes++;
    json_array_foreach (rows, i, row)
        if (atoi(json_string_value(json_object_get(row, "id"))) == shop.poison) {
            json_decref(rows);
            json_decref(results);
            return NULL;
        }
    json_array_foreach (rows, i, row) {
        const char *id = json_string_value(json_object_get(row, "id"));
        int p = id ? atoi(id) : 0;
        int w = warehouse_index(json_string_value(json_object_get(row, "warehouse")));
        json_int_t quantity = json_integer_value(json_object_get(row, "quantity"));
        bool ok = w >= 0 && p >= 1 && p <= shop.products && quantity >= 0;
        if (ok) shop.figures[w][p] = quantity;
        json_array_append_new(results, ok ? json_pack("{s:b}", "ok", 1)
                                          : json_pack("{s:b, s:s}", "ok", 0, "error", "no such"));
    }
    json_decref(rows);
    return json_pack("{s:o}", "results", results);
}

static json_t *all_figures(void)
{
    json_t *all = json_array();
    for (int w = 0; w < 2; w++) {
        json_t *row = json_array();
        for (int p = 1; p <= shop.products; p++)
            json_array_append_new(row, json_integer(shop.figures[w][p]));
        json_array_append_new(all, row);
    }
    return json_pack("{s:o, s:I}", "figures", all, "writes", shop.writes);
}

static bool post_of(const char *method)
{
    return strcmp(method, "POST") == 0;
}

static json_t *serve(struct MHD_Connection *connection, const char *url, const char *method,
                     const struct body *body)
{
    bool get = strcmp(method, "GET") == 0, post = post_of(method);
    if (get && strcmp(url, "/warehouses") == 0) return list_warehouses();
    if (get && strcmp(url, "/stock") == 0) return list_stock(connection);
    if (post && strcmp(url, "/stock") == 0) return write_stock(body);
    return NULL;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    (void)ctx;
    (void)version;
    struct body *body = *state;
    if (!body) {
        *state = calloc(1, sizeof *body);
        return MHD_YES;
    }
    if (*size) {
        if (body->size + *size > BODY_MAX) return MHD_NO;
        body->data = realloc(body->data, body->size + *size);
        memcpy(body->data + body->size, data, *size);
        body->size += *size;
        *size = 0;
        return MHD_YES;
    }
    if (strcmp(url, "/_figures") == 0) return answer(connection, 200, all_figures());
    const char *key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    if (!key || strncmp(key, "Bearer ", 7) != 0 || strcmp(key + 7, shop.key) != 0)
        return answer(connection, 401, json_pack("{s:s}", "error", "who are you?"));
    json_t *json = serve(connection, url, method, body);
    return json ? answer(connection, 200, json)
                : answer(connection, post_of(method) ? 400 : 404,
                         json_pack("{s:s}", "error", "no such thing"));
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    (void)ctx;
    (void)connection;
    (void)how;
    struct body *body = *state;
    if (body) free(body->data);
    free(body);
}

int main(int argc, char **argv)
{
    if (argc != 5) return 2;
    shop.key = argv[2];
    shop.products = atoi(argv[3]) < PRODUCTS_MAX ? atoi(argv[3]) : PRODUCTS_MAX;
    shop.poison = atoi(argv[4]);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, NULL,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (!daemon) return 1;
    char text[16], temporary[4096];
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(text, sizeof text, "%u\n", (unsigned)info->port);
    snprintf(temporary, sizeof temporary, "%s.new", argv[1]);
    FILE *file = fopen(temporary, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0 || rename(temporary, argv[1]) != 0)
        return 1;
    for (;;)
        pause(); /* until the test ends it */
}
