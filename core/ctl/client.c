/* HTTP over the unix socket with libcurl. */
#include "ctl/client.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UPLOAD_BUFFER = 256 << 10 };

struct ctl_client {
    CURL *curl;
    char *socket_path;
    const char *language; /* of what is said to us, or NULL */
};

/* One request under way. */
struct exchange {
    struct ctl_client *client;
    const struct ctl_request *request;
    struct ctl_answer *answer;
    struct buf line;
    uint64_t sent;
    int read_errno;
    bool too_long;
};

struct ctl_client *ctl_client_new(const char *socket_path)
{
    struct ctl_client *client = mem_alloc(sizeof *client);
    client->socket_path = mem_text(socket_path);
    client->curl = mem_must(curl_easy_init(), "a connection");
    return client;
}

void ctl_client_speak(struct ctl_client *client, const char *language)
{
    client->language = language;
}

const char *ctl_client_socket(const struct ctl_client *client)
{
    return client->socket_path;
}

void ctl_client_free(struct ctl_client *client)
{
    curl_easy_cleanup(client->curl);
    mem_free(client->socket_path);
    mem_free(client);
}

void ctl_answer_free(struct ctl_answer *answer)
{
    buf_free(&answer->body);
}

void ctl_encode(struct buf *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                     (*at >= '0' && *at <= '9') || *at == '-' || *at == '_' || *at == '~';
        /* A dot is written out too: "." and ".." must not look like steps in a path. */
        buf_format(out, plain ? "%c" : "%%%02X", *at);
    }
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    ssize_t n;
    do
        n = read(x->request->upload, to, size * count);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        x->read_errno = errno;
        return CURL_READFUNC_ABORT;
    }
    x->sent += (uint64_t)n;
    if (x->request->sent) x->request->sent(x->sent, x->request->upload_size, x->request->ctx);
    return (size_t)n;
}

static bool take_lines(struct exchange *x, const char *at, size_t size)
{
    while (size) {
        const char *newline = memchr(at, '\n', size);
        size_t part = newline ? (size_t)(newline - at) : size;
        if (!buf_add(&x->line, at, part)) return false;
        if (!newline) return true;
        if (x->line.size) x->request->line(buf_cstr(&x->line), x->request->ctx);
        buf_reset(&x->line);
        at += part + 1;
        size -= part + 1;
    }
    return true;
}

static size_t on_write(char *from, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    long status = 0;
    size *= count;
    curl_easy_getinfo(x->client->curl, CURLINFO_RESPONSE_CODE, &status);
    bool taken = x->request->line && status >= 200 && status < 300
                     ? take_lines(x, from, size)
                     : buf_add(&x->answer->body, from, size);
    x->too_long = !taken;
    return taken ? size : 0;
}

static void describe_no_daemon(struct exchange *x)
{
    long why = 0;
    const char *path = x->client->socket_path;
    struct ctl_answer *answer = x->answer;
    curl_easy_getinfo(x->client->curl, CURLINFO_OS_ERRNO, &why);
    if (why == EACCES || why == EPERM)
        snprintf(answer->error, sizeof answer->error,
                 "not allowed to open %s; run this as a member of the daemon's group (see 'ls -l "
                 "%s')",
                 path, path);
    else
        snprintf(
            answer->error, sizeof answer->error,
            "no daemon answers on %s%s%s; start it with 'systemctl start stockd', or say where "
            "it listens with --socket or -i",
            path, why ? ": " : "", why ? strerror((int)why) : "");
}

static enum ctl_result conclude(struct exchange *x, CURLcode code)
{
    struct ctl_answer *answer = x->answer;
    const char *type = NULL;
    curl_easy_getinfo(x->client->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(x->client->curl, CURLINFO_CONTENT_TYPE, &type);
    if (type) snprintf(answer->type, sizeof answer->type, "%.*s", (int)strcspn(type, "; "), type);
    if (code == CURLE_OK && x->line.size) x->request->line(buf_cstr(&x->line), x->request->ctx);
    switch (code) {
    case CURLE_OK: return CTL_ANSWERED;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST: /* what a path too long is called */
        describe_no_daemon(x);
        return CTL_NO_DAEMON;
    case CURLE_OPERATION_TIMEDOUT:
        snprintf(answer->error, sizeof answer->error,
                 "no answer within %ld s; what was asked for may still be done",
                 x->request->timeout_s);
        return CTL_TIMED_OUT;
    case CURLE_ABORTED_BY_CALLBACK:
        snprintf(answer->error, sizeof answer->error, "%s", strerror(x->read_errno));
        return CTL_INPUT_FAILED;
    default:
        snprintf(answer->error, sizeof answer->error, "%s",
                 x->too_long ? "it is too long" : curl_easy_strerror(code));
        return CTL_CUT_OFF;
    }
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header)
{
    return mem_must(curl_slist_append(list, header), "a header");
}

static struct curl_slist *set_body(struct exchange *x, CURL *curl)
{
    const struct ctl_request *request = x->request;
    struct curl_slist *headers = add_header(NULL, "Accept: application/json");
    char language[100];
    if (x->client->language) {
        snprintf(language, sizeof language, "Accept-Language: %.80s", x->client->language);
        headers = add_header(headers, language);
    }
    if (request->upload >= 0) {
        headers = add_header(headers, "Content-Type: text/csv");
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->upload_size);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(curl, CURLOPT_READDATA, x);
    } else if (request->body) {
        headers = add_header(headers, "Content-Type: application/json");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    } else if (strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
        headers = add_header(headers, "Content-Type:"); /* none */
    }
    return headers;
}

enum ctl_result ctl_client_ask(struct ctl_client *client, const struct ctl_request *request,
                               struct ctl_answer *answer)
{
    struct exchange x = {.client = client, .request = request, .answer = answer};
    CURL *curl = client->curl;
    memset(answer, 0, sizeof *answer);
    buf_init(&answer->body, CTL_ANSWER_MAX);
    buf_init(&x.line, CTL_LINE_MAX);
    char *url = mem_format("http://stockd%s", request->path);
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, request->timeout_s);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "stockctl/" STOCKD_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &x);
    struct curl_slist *headers = set_body(&x, curl);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    enum ctl_result result = conclude(&x, curl_easy_perform(curl));
    curl_slist_free_all(headers);
    buf_free(&x.line);
    mem_free(url);
    return result;
}
