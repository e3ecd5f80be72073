/* The HTTP API: any bytes on its socket, against all of the daemon but its main (tests/unit/api).
 * No answer is a 500, the next client is served, and the store stays as it should be.
 *
 * Unlike the other harnesses it keeps its world from one input to the next: it costs a hundred
 * times more than a request. It begins a new one now and then; a finding that one input alone does
 * not show again is in the inputs before it.
 *
 * Input: what a client sends. */
#include "fuzz.h"

#include "base/mem.h"
#include "unit/api/api_fixture.h"

#include <ctype.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    LIVES = 2000,     /* inputs until a new world */
    LOOK_EVERY = 250, /* inputs between two verifications of the store */
    SILENCE_MS = 25,  /* after so long nothing more is expected: the input was no whole request */
    SILENCE_MAX_MS = 5000,
    ANSWER_MAX = 1 << 20,
};

static struct api_fixture *fixture;
static unsigned age;

static void world_close(void)
{
    if (fixture) api_fixture_close(fixture);
    fixture = NULL;
}

static void world_look(void)
{
    int status;
    char *text = api_ask(fixture, "POST", "/v1/store/verify", NULL, &status);
    FUZZ_CHECK(status == 200 && strstr(text, "\"findings\":0"), "the store verifies: %d %s", status,
               text);
    mem_free(text);
}

static void world_ready(void)
{
    static bool registered;
    if (!registered) atexit(world_close);
    registered = true;
    if (fixture && age % LOOK_EVERY == 0) world_look();
    if (fixture && age >= LIVES) world_close();
    if (!fixture) {
        const struct api_fixture_options options = {.account = true};
        fixture = api_fixture_open(&options);
        int status;
        mem_free(api_ask(fixture, "POST", "/v1/warehouses", "{\"key\":\"pp\"}", &status));
        mem_free(api_ask(fixture, "POST", "/v1/products", "{\"sku\":\"A\"}", &status));
        age = 0;
    }
    age++;
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", api_fixture_socket(fixture));
    FUZZ_CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0,
               "the daemon can be reached");
    return fd;
}

static bool ready(int fd, short events, int ms)
{
    struct pollfd wait = {.fd = fd, .events = events};
    return poll(&wait, 1, ms) == 1;
}

static void send_all(int fd, const char *data, size_t size)
{
    while (size && ready(fd, POLLOUT, SILENCE_MS)) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0) return;
        data += n;
        size -= (size_t)n;
    }
}

/* What was answered until the daemon hung up or said no more. */
static size_t read_all(int fd, char *answer, int silence_ms)
{
    size_t got = 0;
    while (got < ANSWER_MAX && ready(fd, POLLIN, silence_ms)) {
        ssize_t n = recv(fd, answer + got, ANSWER_MAX - got, 0);
        if (n <= 0) break;
        got += (size_t)n;
    }
    answer[got] = '\0';
    return got;
}

static size_t ask(const char *data, size_t size, char *answer, int silence_ms)
{
    int fd = dial();
    send_all(fd, data, size);
    size_t got = read_all(fd, answer, silence_ms);
    close(fd);
    return got;
}

/* A backup goes to any path that is named: not tried here. Nor is a word in percent-encoding. */
static bool spares(const uint8_t *data, size_t size)
{
    char *plain = malloc(size + 1);
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        char hex[3] = {i + 1 < size ? (char)data[i + 1] : 0, i + 2 < size ? (char)data[i + 2] : 0};
        if (data[i] == '%' && isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]) &&
            sscanf(hex, "%x", &byte) == 1) {
            plain[n++] = (char)byte;
            i += 2;
        } else if (data[i]) {
            plain[n++] = (char)data[i];
        }
    }
    plain[n] = '\0';
    bool found = strcasestr(plain, "backup");
    free(plain);
    return !found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char again[] = "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static char answer[ANSWER_MAX + 1];
    if (!spares(data, size)) return 0;
    world_ready();
    ask((const char *)data, size, answer, SILENCE_MS);
    FUZZ_CHECK(!strstr(answer, "HTTP/1.1 500"), "no answer is a 500: %.2000s", answer);
    if (age % 16) return 0;
    ask(again, sizeof again - 1, answer, SILENCE_MAX_MS);
    FUZZ_CHECK(!strncmp(answer, "HTTP/1.1 200", 12), "the next client is served: %.200s", answer);
    return 0;
}
