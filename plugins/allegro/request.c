/* How a request is sent, and the small things every operation needs: paths, ids, pages. */
#include "allegro.h"

#include <stdio.h>

#define MEDIA_PUBLIC "application/vnd.allegro.public.v1+json"
#define MEDIA_BETA   "application/vnd.allegro.beta.v1+json"
/* A page may hold more rows than its limit, but not so many times more. */
#define ROWS_PATIENCE 4u
#define AGENT_MAX     1024

static const char *option(const struct stockd_call *call, const char *name)
{
    const char *text = call->host->option(call->ctx, name);
    return text ? text : "";
}

enum stockd_verdict allegro_send(const struct stockd_call *call, const struct allegro_ask *ask)
{
    if (ask->body && ask->body->overflow) return kit_bug(call, "a body does not fit its buffer");
    char name[200 + 1], url[700 + 1], agent[AGENT_MAX];
    kit_join(name, sizeof(name), (const char *const[]){option(call, "app-name"), NULL});
    kit_join(url, sizeof(url), (const char *const[]){option(call, "app-url"), NULL});
    kit_join(agent, sizeof(agent),
             (const char *const[]){name, "/" STOCKD_VERSION " (+", url, ")", NULL});
    const char *media = ask->beta ? MEDIA_BETA : MEDIA_PUBLIC;
    /* userMessage comes in that language; the codes are the same in all. */
    struct stockd_header headers[] = {
        {.name = "Authorization", .secret = ALLEGRO_TOKEN, .use = STOCKD_SECRET_BEARER},
        {.name = "User-Agent", .value = agent},
        {.name = "Accept", .value = media},
        {.name = "Accept-Language", .value = "en-US"},
        {.name = "Content-Type", .value = media},
    };
    struct stockd_request request = {
        .size = sizeof(request),
        .flags = ask->write ? STOCKD_REQUEST_WRITE : 0,
        .method = ask->method,
        .endpoint = ALLEGRO_ENDPOINT_API,
        .path = ask->path,
        .headers = headers,
        .header_count = ask->body ? 5 : 4,
        .body = ask->body ? ask->body->data : NULL,
        .body_size = ask->body ? ask->body->size : 0,
    };
    if (!ask->write) memcpy(request.charges, ask->charges, sizeof(request.charges));
    if (call->host->request(call->ctx, &request) != 0)
        return kit_bug(call, "the host refused a request");
    return STOCKD_SEND;
}

enum stockd_verdict allegro_get(const struct stockd_call *call, const struct out *path,
                                uint32_t bucket, int64_t amount)
{
    if (path->overflow || path->size == path->room)
        return kit_bug(call, "a path does not fit its buffer");
    path->data[path->size] = '\0';
    struct allegro_ask ask = {.method = "GET", .path = path->data};
    ask.charges[0] = (struct stockd_charge){.bucket = ALLEGRO_BUCKET_CLIENT, .amount = 1};
    if (bucket != ALLEGRO_BUCKET_CLIENT)
        ask.charges[1] = (struct stockd_charge){.bucket = bucket, .amount = amount};
    return allegro_send(call, &ask);
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void out_percent(struct out *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (is_unreserved(*text))
            out_bytes(out, text, 1);
        else
            out_bytes(out, escape, 3);
    }
}

bool allegro_is_segment(const char *text)
{
    size_t size = text ? strlen(text) : 0;
    if (size == 0 || size > 63 || text[0] == '.') return false;
    for (size_t i = 0; i < size; i++)
        if (!is_unreserved(text[i])) return false;
    return true;
}

void allegro_uuid(const struct stockd_call *call, char out[ALLEGRO_UUID_SIZE + 1])
{
    uint8_t b[16];
    memcpy(b, call->id, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(out, ALLEGRO_UUID_SIZE + 1,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}

const json_t *allegro_rows(const json_t *doc, const char *name, size_t limit)
{
    const json_t *rows = json_object_get(doc, name);
    return json_is_array(rows) && json_array_size(rows) <= limit * ROWS_PATIENCE ? rows : NULL;
}
