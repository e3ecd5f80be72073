/* The HTTP client of the benchmark. */
#include "client.h"

#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER_FIRST = 64 << 10, REQUEST_MAX = 64 << 10 };

static bool reconnect(struct client *client)
{
    const struct sockaddr *to = (const struct sockaddr *)&client->address;
    int one = 1;
    if (client->fd >= 0) close(client->fd);
    client->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, to, client->address_size) != 0) return false;
    if (to->sa_family == AF_INET)
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return true;
}

static struct client *client_open(const void *address, socklen_t size)
{
    struct client *client = calloc(1, sizeof *client);
    memcpy(&client->address, address, size);
    client->address_size = size;
    client->fd = -1;
    client->size = BUFFER_FIRST;
    client->buffer = malloc(client->size + 1);
    if (reconnect(client)) return client;
    client_close(client);
    return NULL;
}

struct client *client_unix(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    return client_open(&at, sizeof at);
}

struct client *client_tcp(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return client_open(&at, sizeof at);
}

void client_close(struct client *client)
{
    if (!client) return;
    if (client->fd >= 0) close(client->fd);
    free(client->buffer);
    free(client);
}

size_t client_build(char *out, size_t size, const char *method, const char *path,
                    const char *headers, const char *body, size_t body_size)
{
    int head = snprintf(out, size,
                        "%s %s HTTP/1.1\r\nHost: stockd\r\n%s"
                        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                        method, path, headers ? headers : "", body_size);
    if (head < 0 || (size_t)head + body_size >= size) bench_fail("a request is too long");
    memcpy(out + head, body, body_size);
    return (size_t)head + body_size;
}

void client_send(struct client *client, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return; /* the answer will be missing */
        bytes += sent;
        size -= (size_t)sent;
    }
}

static bool fill(struct client *client)
{
    if (client->used == client->size) {
        client->size *= 2;
        client->buffer = realloc(client->buffer, client->size + 1);
    }
    ssize_t got;
    do
        got = recv(client->fd, client->buffer + client->used, client->size - client->used, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    client->used += (size_t)got;
    client->buffer[client->used] = 0;
    return true;
}

static size_t content_length(const char *head)
{
    const char *line = strcasestr(head, "\r\ncontent-length:");
    return line ? strtoul(line + 17, NULL, 10) : 0;
}

int client_answer(struct client *client)
{
    client->used = 0; /* one request at a time: nothing of the last answer is left */
    char *end = NULL;
    client->buffer[0] = 0;
    while (!(end = strstr(client->buffer, "\r\n\r\n")))
        if (!fill(client)) return 0;
    size_t head = (size_t)(end - client->buffer) + 4;
    end[2] = 0;
    size_t body = content_length(client->buffer);
    int status = atoi(client->buffer + 9);
    while (client->used < head + body)
        if (!fill(client)) return 0;
    client->body = client->buffer + head;
    client->body_size = body;
    return status;
}

int client_ask(struct client *client, const char *method, const char *path, const char *body)
{
    static char request[REQUEST_MAX];
    size_t size = client_build(request, sizeof request, method, path, NULL, body ? body : "",
                               body ? strlen(body) : 0);
    client_send(client, request, size);
    int status = client_answer(client);
    if (status || !reconnect(client)) return status;
    client_send(client, request, size);
    return client_answer(client);
}

json_t *client_json(struct client *client, const char *method, const char *path, const char *body)
{
    int status = client_ask(client, method, path, body);
    if (status < 200 || status > 299)
        bench_fail("%s %s was answered with %d: %.*s", method, path, status,
                   status ? (int)client->body_size : 0, status ? client->body : "");
    json_error_t why;
    json_t *answer = json_loadb(client->body, client->body_size, 0, &why);
    if (!answer) bench_fail("%s %s: %s", method, path, why.text);
    return answer;
}
