/* The program marketsim over real sockets: start, port file, keep-alive, delays that block nobody,
 * drops, a clean end. */
#include "test_main.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct server {
    pid_t pid;
    int port;
    char file[64];
    int out; /* its stdout */
};

static struct server server_start(const char *listen)
{
    struct server server = {.port = 0};
    int ends[2];
    snprintf(server.file, sizeof(server.file), "/tmp/marketsim-test-%d.port", (int)getpid());
    unlink(server.file);
    assert_int_equal(pipe(ends), 0);
    server.pid = fork();
    if (server.pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execl(MARKETSIM_PROGRAM, "marketsim", "--listen", listen, "--port-file", server.file,
              "--products", "10", "--warehouses", "501,502", "--stock", "5", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    server.out = ends[0];
    return server;
}

/* The address on stdout is the event to wait for; the port file is there by then. */
static void server_wait(struct server *server)
{
    char line[128];
    FILE *stream = fdopen(server->out, "r");
    assert_non_null(fgets(line, sizeof(line), stream));
    assert_int_equal(sscanf(line, "http://127.0.0.1:%d", &server->port), 1);
    fclose(stream);
}

static void server_stop(struct server *server)
{
    int status;
    kill(server->pid, SIGTERM);
    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    unlink(server->file);
}

static int dial(const struct server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void ask(int fd, const char *path, const char *body)
{
    char request[2048];
    int len = snprintf(request, sizeof(request),
                       "POST %s HTTP/1.1\r\nHost: sim\r\nClient-Id: 1001\r\nApi-Key: test-key\r\n"
                       "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                       path, strlen(body), body);
    assert_int_equal(write(fd, request, (size_t)len), len);
}

/* Reads one whole answer; gives its status, or 0 where the connection ended without one. */
static int receive(int fd, char *answer, size_t size)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, answer + len, size - 1 - len);
        if (got <= 0) return 0;
        len += (size_t)got;
        answer[len] = '\0';
        const char *head_end = strstr(answer, "\r\n\r\n");
        const char *length = strcasestr(answer, "content-length: ");
        if (head_end && length &&
            len >= (size_t)(head_end + 4 - answer) + (size_t)atol(length + 16))
            return atoi(answer + 9);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void requests_share_a_connection(void **state)
{
    (void)state;
    char answer[8192];
    struct server server = server_start("127.0.0.1:0");
    server_wait(&server);
    int fd = dial(&server);
    for (int i = 0; i < 3; i++) {
        ask(fd, "/v2/warehouse/list", "{\"limit\":10}");
        assert_int_equal(receive(fd, answer, sizeof(answer)), 200);
        assert_non_null(strstr(answer, "\"warehouse_id\":502"));
        assert_non_null(strstr(answer, "Ratelimit-Remaining: "));
    }
    ask(fd, "/_control/state?prefix=SKU-000010", "{}"); /* GET only */
    assert_int_equal(receive(fd, answer, sizeof(answer)), 404);
    close(fd);
    server_stop(&server);
}

static void the_port_file_tells_the_port(void **state)
{
    (void)state;
    struct server server = server_start("127.0.0.1:0");
    server_wait(&server);
    int port = 0;
    FILE *stream = fopen(server.file, "r");
    assert_non_null(stream);
    assert_int_equal(fscanf(stream, "%d", &port), 1);
    fclose(stream);
    assert_int_equal(port, server.port);
    server_stop(&server);
}

static void delays_block_nobody(void **state)
{
    (void)state;
    char answer[8192];
    struct server server = server_start("127.0.0.1:0");
    server_wait(&server);
    int slow = dial(&server), quick = dial(&server);
    ask(quick, "/_control/fault",
        "{\"kind\":\"slow\",\"delay_ms\":400,\"path\":\"/v1/seller/info\"}");
    assert_int_equal(receive(quick, answer, sizeof(answer)), 200);
    int64_t begin = now_ms();
    ask(slow, "/v1/seller/info", "{}");
    struct pollfd early = {slow, POLLIN, 0};
    for (int i = 0; i < 10; i++) {
        ask(quick, "/v1/roles", "{}");
        assert_int_equal(receive(quick, answer, sizeof(answer)), 200);
    }
    assert_int_equal(poll(&early, 1, 0), 0);
    assert_int_equal(receive(slow, answer, sizeof(answer)), 200);
    assert_in_range(now_ms() - begin, 400, 5000);
    close(slow);
    close(quick);
    server_stop(&server);
}

static void drops_close_the_connection(void **state)
{
    (void)state;
    char answer[8192];
    struct server server = server_start("127.0.0.1:0");
    server_wait(&server);
    int control = dial(&server), fd = dial(&server);
    ask(control, "/_control/fault", "{\"kind\":\"drop_after\"}");
    assert_int_equal(receive(control, answer, sizeof(answer)), 200);
    ask(fd, "/v2/products/stocks",
        "{\"stocks\":[{\"offer_id\":\"SKU-000001\",\"stock\":77,\"warehouse_id\":501}]}");
    assert_int_equal(receive(fd, answer, sizeof(answer)), 0);
    ask(control, "/v2/product/info/stocks-by-warehouse/fbs",
        "{\"offer_id\":[\"SKU-000001\"],\"limit\":10}");
    assert_int_equal(receive(control, answer, sizeof(answer)), 200);
    assert_non_null(strstr(answer, "\"free_stock\":77"));
    close(fd);
    close(control);
    server_stop(&server);
}

static void it_ends_while_answers_wait(void **state)
{
    (void)state;
    char answer[1024];
    struct server server = server_start("127.0.0.1:0");
    server_wait(&server);
    int fd = dial(&server), waiting = dial(&server);
    ask(fd, "/_control/fault",
        "{\"kind\":\"drop_before\",\"delay_ms\":600000,\"path\":\"/v1/seller/info\"}");
    assert_int_equal(receive(fd, answer, sizeof(answer)), 200);
    ask(waiting, "/v1/seller/info", "{}");
    ask(fd, "/v1/roles", "{}");
    assert_int_equal(receive(fd, answer, sizeof(answer)), 200);
    server_stop(&server);
    close(fd);
    close(waiting);
}

static void it_opens_loopback_only(void **state)
{
    (void)state;
    int status;
    struct server server = server_start("0.0.0.0:0");
    assert_int_equal(waitpid(server.pid, &status, 0), server.pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    close(server.out);
}

/* A buyer comes right before the second write, and the figure is looked at right after it. */
static void moments_come_between_requests(void **state)
{
    (void)state;
    static const char order[] =
        "{\"path\":\"POST /v2/products/*\",\"control\":\"order\",\"skip\":1,\"body\":"
        "{\"warehouse_id\":501,\"items\":[{\"offer_id\":\"SKU-000001\",\"quantity\":2}]}}";
    static const char look[] = "{\"path\":\"POST /v2/products/*\",\"after\":true,\"skip\":1,"
                               "\"control\":\"stock?offer_id=SKU-000001&warehouse_id=501\"}";
    char answer[8192];
    struct server server = server_start("127.0.0.1:0");
    server_wait(&server);
    int fd = dial(&server);
    ask(fd, "/_control/moment", "{\"path\":\"*\"}");
    assert_int_equal(receive(fd, answer, sizeof(answer)), 400);
    ask(fd, "/_control/moment", order);
    assert_int_equal(receive(fd, answer, sizeof(answer)), 200);
    ask(fd, "/_control/moment", look);
    assert_int_equal(receive(fd, answer, sizeof(answer)), 200);
    for (int i = 1; i <= 3; i++) {
        char body[128];
        snprintf(body, sizeof(body),
                 "{\"stocks\":[{\"offer_id\":\"SKU-00000%d\",\"stock\":7,\"warehouse_id\":501}]}",
                 i);
        ask(fd, "/v2/products/stocks", body);
        assert_int_equal(receive(fd, answer, sizeof(answer)), 200);
    }
    ask(fd, "/_control/moments", "{}");
    assert_int_equal(receive(fd, answer, sizeof(answer)), 200);
    const char *first = strstr(answer, "\"control\":\"order\"");
    assert_non_null(first);
    assert_non_null(strstr(first, "\"posting_number\""));
    const char *second = strstr(first + 1, "\"control\":\"stock?");
    assert_non_null(second);
    assert_non_null(strstr(second, "\"reserved\":2"));
    assert_null(strstr(second + 1, "\"control\""));
    close(fd);
    server_stop(&server);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(moments_come_between_requests), cmocka_unit_test(requests_share_a_connection),
    cmocka_unit_test(the_port_file_tells_the_port),  cmocka_unit_test(delays_block_nobody),
    cmocka_unit_test(drops_close_the_connection),    cmocka_unit_test(it_ends_while_answers_wait),
    cmocka_unit_test(it_opens_loopback_only),
};

TEST_MAIN(cases)
