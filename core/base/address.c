/* Reading and writing addresses with ports. */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool read_port(const char *text, uint16_t *port)
{
    size_t size = strlen(text);
    if (size == 0 || size > 5 || strspn(text, "0123456789") != size) return false;
    unsigned long number = strtoul(text, NULL, 10);
    *port = (uint16_t)number;
    return number <= UINT16_MAX;
}

static bool read_v4(const char *host, uint16_t port, struct address *address)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&address->at;
    if (inet_pton(AF_INET, host, &in->sin_addr) != 1) return false;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    address->size = sizeof *in;
    address->loopback = ntohl(in->sin_addr.s_addr) >> 24 == 127;
    return true;
}

static bool read_v6(const char *host, uint16_t port, struct address *address)
{
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address->at;
    if (inet_pton(AF_INET6, host, &in->sin6_addr) != 1) return false;
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    address->size = sizeof *in;
    address->loopback = IN6_IS_ADDR_LOOPBACK(&in->sin6_addr);
    return true;
}

enum status address_read(const char *text, struct address *address, struct error *error)
{
    char copy[ADDRESS_TEXT_MAX];
    uint16_t port = 0;
    memset(address, 0, sizeof *address);
    bool good = strlen(text) < sizeof copy;
    snprintf(copy, sizeof copy, "%s", text);
    char *colon = strrchr(copy, ':');
    good = good && colon && read_port(colon + 1, &port);
    if (good) {
        *colon = '\0';
        size_t size = strlen(copy);
        bool six = copy[0] == '[' && size > 2 && copy[size - 1] == ']';
        if (six) copy[size - 1] = '\0';
        good = six ? read_v6(copy + 1, port, address) : read_v4(copy, port, address);
    }
    if (good) return ST_OK;
    return error_set(error, ST_INVALID,
                     "'%.80s' is no address with a port; write numbers, such as 127.0.0.1:8321 or "
                     "[::1]:8321",
                     text);
}

bool address_url_is_loopback(const char *url)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = strstr(url, "://");
    if (!host) return false;
    host += 3;
    size_t size = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (memchr(host, '@', strcspn(host, "/?#"))) return false; /* "localhost:x@elsewhere" */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == size && !strncasecmp(host, names[i], size)) return true;
    return false;
}

void address_write(const struct sockaddr_storage *at, char out[ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (at->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)at;
        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof host);
        snprintf(out, ADDRESS_TEXT_MAX, "[%s]:%u", host, ntohs(in->sin6_port));
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)at;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(in->sin_port));
    }
}
