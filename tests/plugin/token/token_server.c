/* The token shop on a port of this machine. usage: token-shop PORT-FILE LIFE-MS GRACE-MS
 * Steered by GET /_consent (the person at the code agrees), /_revoke (no access token is good any
 * more) and /_look (words: pairs refusals figure). */
#include "token_shop.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct token_shop shop;
static bool consented;

struct body {
    char text[400];
    size_t size;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct shop_answer steer(const char *url)
{
    struct shop_answer answer = {.status = 200};
    if (strcmp(url, "/_consent") == 0) consented = true;
    if (strcmp(url, "/_revoke") == 0) snprintf(shop.access, sizeof shop.access, "revoked");
    snprintf(answer.body, sizeof answer.body, "%llu %u %lld", (unsigned long long)shop.pairs,
             shop.refusals, (long long)shop.figure);
    return answer;
}

static struct shop_answer serve(const char *url, const char *bearer, const char *body)
{
    if (url[1] == '_') return steer(url);
    if (!consented && strncmp(body, "device", 6) == 0) shop.pending = 1;
    return token_shop_serve(&shop, now_ms(), url, bearer, body);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    (void)ctx;
    (void)method;
    (void)version;
    struct body *body = *state;
    if (!body) {
        *state = calloc(1, sizeof *body);
        return MHD_YES;
    }
    if (*size) {
        if (body->size + *size >= sizeof body->text) return MHD_NO;
        memcpy(body->text + body->size, data, *size);
        body->size += *size;
        *size = 0;
        return MHD_YES;
    }
    const char *bearer = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    struct shop_answer answer = serve(url, bearer, body->text);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(answer.body), answer.body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer.status, response);
    MHD_destroy_response(response);
    return result;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    (void)ctx;
    (void)connection;
    (void)how;
    free(*state);
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    shop.life_ms = atoll(argv[2]);
    shop.grace_ms = atoll(argv[3]);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, NULL,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (!daemon) return 1;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    char temporary[4096];
    snprintf(temporary, sizeof temporary, "%s.new", argv[1]);
    FILE *file = fopen(temporary, "w");
    if (!file || fprintf(file, "%u\n", (unsigned)info->port) < 0 || fclose(file) ||
        rename(temporary, argv[1]))
        return 1;
    for (;;)
        pause(); /* until the test ends it */
}
