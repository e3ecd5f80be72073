/* Small servers in threads: one connection after the other, nothing kept open. */
#include "hearer.h"

#include "harness.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEPT = 1 << 20, LINE = 64 * 1024 };

int hearer_http, hearer_smtp;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char http_text[KEPT], mail_text[KEPT];
static int answer_status = 200, takes_mail = 1, requests;

static void keep(char *all, const char *text)
{
    pthread_mutex_lock(&lock);
    size_t size = strlen(all);
    snprintf(all + size, KEPT - size, "%s\n", text);
    pthread_mutex_unlock(&lock);
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* ---- HTTP */

static void http_one(FILE *in, FILE *out)
{
    static char line[LINE], body[LINE], all[2 * LINE + 300], signature[200];
    size_t length = 0;
    char first[300];
    if (!fgets(line, sizeof line, in)) return;
    snprintf(first, sizeof first, "%.280s", line);
    signature[0] = 0;
    while (fgets(line, sizeof line, in) && line[0] != '\r') {
        if (strncasecmp(line, "content-length:", 15) == 0) length = strtoul(line + 15, NULL, 10);
        if (strncasecmp(line, "x-stockd-signature:", 19) == 0)
            snprintf(signature, sizeof signature, "%.180s", line);
    }
    if (length >= sizeof body) length = sizeof body - 1;
    body[fread(body, 1, length, in)] = 0;
    pthread_mutex_lock(&lock);
    int status = answer_status;
    requests++;
    pthread_mutex_unlock(&lock);
    snprintf(all, sizeof all, "%d %s%s%s", status, first, signature, body);
    keep(http_text, all);
    fprintf(out,
            "HTTP/1.1 %d X\r\nContent-Length: 34\r\nConnection: close\r\n\r\n"
            "{\"description\":\"as the test says\"}",
            status);
    fflush(out);
}

/* ---- mail */

static int digit(int c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void decode(const char *line, char *to, size_t *size)
{
    unsigned bits = 0;
    int have = 0;
    for (; digit(*line) >= 0; line++) {
        bits = bits << 6 | (unsigned)digit(*line);
        have += 6;
        if (have >= 8 && *size < LINE - 1) to[(*size)++] = (char)(bits >> (have -= 8));
    }
    to[*size] = 0;
}

/* Bodies are decoded, part by part; of heads the type is kept. */
static void take_line(const char *line, char *text, size_t *size, bool *body)
{
    if (*body && strncmp(line, "--", 2) == 0) *body = false;
    if (*body)
        decode(line, text, size);
    else if (strncmp(line, "Content-Type:", 13) == 0 && *size + strlen(line) < LINE)
        *size += (size_t)sprintf(text + *size, "%s", line);
    *body |= line[0] == '\r';
}

static void mail_one(FILE *in, FILE *out)
{
    static char line[LINE], text[LINE];
    bool data = false, body = false;
    size_t size = 0;
    fputs("220 test ready\r\n", out);
    fflush(out);
    while (fgets(line, sizeof line, in)) {
        const char *answer = "250 fine\r\n";
        if (data && line[0] != '.') {
            take_line(line, text, &size, &body);
            continue;
        }
        if (data) {
            keep(mail_text, text);
            data = body = false;
            answer = "250 queued as 42\r\n";
        } else if (strncasecmp(line, "RCPT", 4) == 0) {
            pthread_mutex_lock(&lock);
            if (!takes_mail) answer = "450 mailbox is busy\r\n";
            pthread_mutex_unlock(&lock);
        } else if (strncasecmp(line, "DATA", 4) == 0) {
            data = true;
            size = 0;
            text[0] = 0;
            answer = "354 go on\r\n";
        } else if (strncasecmp(line, "QUIT", 4) == 0) {
            answer = "221 bye\r\n";
        }
        fputs(answer, out);
        fflush(out);
    }
}

/* ---- */

struct server {
    int fd;
    void (*one)(FILE *in, FILE *out);
};

static void *serve(void *arg)
{
    const struct server *server = arg;
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
        if (in && out) server->one(in, out);
        if (in) fclose(in);
        if (out) fclose(out);
    }
    return NULL;
}

void hearer_start(void)
{
    static struct server http = {.one = http_one}, mail = {.one = mail_one};
    pthread_t thread;
    http.fd = listen_somewhere(&hearer_http);
    mail.fd = listen_somewhere(&hearer_smtp);
    http_text[0] = mail_text[0] = 0;
    assert_int_equal(pthread_create(&thread, NULL, serve, &http), 0);
    pthread_detach(thread);
    assert_int_equal(pthread_create(&thread, NULL, serve, &mail), 0);
    pthread_detach(thread);
}

void hearer_answers(int status, int mail)
{
    pthread_mutex_lock(&lock);
    answer_status = status;
    takes_mail = mail;
    pthread_mutex_unlock(&lock);
}

static const char *copy(const char *all)
{
    static char kept[KEPT];
    pthread_mutex_lock(&lock);
    snprintf(kept, sizeof kept, "%s", all);
    pthread_mutex_unlock(&lock);
    return kept;
}

const char *heard_http(void)
{
    return copy(http_text);
}

const char *heard_mail(void)
{
    return copy(mail_text);
}

int hearer_requests(void)
{
    pthread_mutex_lock(&lock);
    int count = requests;
    pthread_mutex_unlock(&lock);
    return count;
}

int heard_times(const char *all, const char *text)
{
    int count = 0;
    for (; (all = strstr(all, text)); all++)
        count++;
    return count;
}
