/* Requests over libcurl: secrets filled in, and the validator's word about each. */
#include "drive.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct memory {
    char *data;
    size_t size;
};

static void memory_add(struct memory *memory, const char *data, size_t size)
{
    memory->data = realloc(memory->data, memory->size + size + 1);
    if (!memory->data) abort();
    memcpy(memory->data + memory->size, data, size);
    memory->size += size;
    memory->data[memory->size] = '\0';
}

static size_t take_body(char *data, size_t one, size_t size, void *context)
{
    memory_add(context, data, one * size);
    return one * size;
}

/* ---- secrets */

static char *base64url(const char *text, size_t size, size_t *out_size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *out = calloc(1, size + 4);
    if (!out) abort();
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < size; i++) {
        const char *at = strchr(digits, text[i]);
        if (!at || !text[i]) break;
        bits = bits << 6 | (uint32_t)(at - digits);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out[(*out_size)++] = (char)(bits >> count);
    }
    return out;
}

void drive_secret_set(struct drive *drive, const char *name, const char *value, const char *refresh)
{
    struct drive_secret *secret = NULL;
    for (size_t i = 0; i < drive->secret_count; i++)
        if (strcmp(drive->secrets[i].name, name) == 0) secret = &drive->secrets[i];
    if (!secret && drive->secret_count < DRIVE_NAMES)
        secret = &drive->secrets[drive->secret_count++];
    if (!secret) abort();
    snprintf(secret->name, sizeof(secret->name), "%s", name);
    secret->value = strdup(value);
    if (refresh) secret->refresh = strdup(refresh);
    const char *first = strchr(value, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    if (!second) return;
    size_t size = 0;
    char *claims = base64url(first + 1, (size_t)(second - first - 1), &size);
    if (size && claims[0] == '{') check_jwt_claims(drive->host, name, claims);
    free(claims);
}

static const struct drive_secret *secret_of(const struct drive *drive, const char *name,
                                            size_t size)
{
    for (size_t i = 0; i < drive->secret_count; i++)
        if (strlen(drive->secrets[i].name) == size &&
            strncmp(drive->secrets[i].name, name, size) == 0)
            return &drive->secrets[i];
    fprintf(stderr,
            "contract-drive: the plugin names the secret '%.*s', give --secret %.*s=VALUE\n",
            (int)size, name, (int)size, name);
    exit(2);
}

static char *base64(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = strlen(text), used = 0;
    char *out = calloc(1, size * 4 / 3 + 8);
    if (!out) abort();
    for (size_t i = 0; i < size; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < size ? (unsigned char)text[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            out[used++] = i + k <= size ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

static struct curl_slist *add_header(struct drive *drive, struct curl_slist *list,
                                     const struct stockd_header *header)
{
    const char *value = header->value ? header->value : "";
    char *line = NULL, *pair = NULL, *basic = NULL;
    const char *secret =
        header->secret ? secret_of(drive, header->secret, strlen(header->secret))->value : "";
    int size;
    if (header->use == STOCKD_SECRET_BASIC) {
        size = asprintf(&pair, "%s:%s", value, secret);
        basic = base64(pair);
        size = asprintf(&line, "%s: Basic %s", header->name, basic);
    } else if (header->use == STOCKD_SECRET_BEARER) {
        size = asprintf(&line, "%s: Bearer %s", header->name, secret);
    } else {
        size = asprintf(&line, "%s: %s%s", header->name, value, secret);
    }
    if (size < 0) abort();
    list = curl_slist_append(list, line);
    free(line);
    free(pair);
    free(basic);
    return list;
}

static void add_escaped(struct memory *out, const char *text, bool form)
{
    if (form) {
        char *escaped = curl_easy_escape(NULL, text, 0);
        memory_add(out, escaped, strlen(escaped));
        curl_free(escaped);
        return;
    }
    json_t *value = json_string(text);
    char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    memory_add(out, quoted + 1, strlen(quoted) - 2);
    free(quoted);
    json_decref(value);
}

/* "{secret:NAME}" and "{refresh:NAME}" in a body that asks for them. */
static struct memory fill_body(struct drive *drive, const struct stockd_request *request)
{
    struct memory out = {0};
    const char *at = request->body, *end = at ? at + request->body_size : NULL;
    memory_add(&out, "", 0);
    bool form = request->flags & STOCKD_REQUEST_FILL_FORM;
    bool fill = form || request->flags & STOCKD_REQUEST_FILL_JSON;
    while (at < end) {
        bool secret = fill && end - at > 8 && strncmp(at, "{secret:", 8) == 0;
        bool refresh = fill && end - at > 9 && strncmp(at, "{refresh:", 9) == 0;
        const char *close = secret || refresh ? memchr(at, '}', (size_t)(end - at)) : NULL;
        if (!close) {
            memory_add(&out, at++, 1);
            continue;
        }
        const char *name = at + (secret ? 8 : 9);
        const struct drive_secret *found = secret_of(drive, name, (size_t)(close - name));
        add_escaped(&out, secret ? found->value : found->refresh, form);
        at = close + 1;
    }
    return out;
}

/* ---- one exchange */

struct answer {
    struct memory body;
    struct check_pair headers[64];
    size_t header_count;
};

static size_t take_header(char *data, size_t one, size_t size, void *context)
{
    struct answer *answer = context;
    size *= one;
    char *colon = memchr(data, ':', size);
    if (!colon || answer->header_count == 64) return size;
    size_t value = (size_t)(colon - data) + 1, end = size;
    while (value < size && data[value] == ' ')
        value++;
    while (end > value && (data[end - 1] == '\r' || data[end - 1] == '\n'))
        end--;
    answer->headers[answer->header_count++] = (struct check_pair){
        strndup(data, (size_t)(colon - data)), strndup(data + value, end - value)};
    return size;
}

/* Prism says in a header what of the request and the answer is against the document, and answers by
 * itself what the document does not know. */
static void judge(struct drive *drive, const struct stockd_request *request,
                  const struct answer *answer, long status)
{
    const char *said = NULL;
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcasecmp(answer->headers[i].name, "sl-violations") == 0)
            said = answer->headers[i].value;
    if (!said && answer->body.data && strstr(answer->body.data, "stoplight.io/prism/errors"))
        said = answer->body.data;
    if (!said) return;
    drive->violations++;
    printf("  VIOLATION %s %s -> %ld\n    %s\n    request: %.*s\n    answer: %.400s\n",
           request->method, request->path, status, said,
           (int)(request->body_size < 400 ? request->body_size : 400),
           request->body ? (const char *)request->body : "",
           answer->body.data ? answer->body.data : "");
}

static const char *url_of(const struct drive *drive, const struct stockd_request *request)
{
    const char *base = request->endpoint < DRIVE_NAMES ? drive->urls[request->endpoint] : NULL;
    if (base) return base;
    fprintf(stderr, "contract-drive: give --endpoint %s=URL\n",
            drive->plugin->endpoints[request->endpoint].name);
    exit(2);
}

/* Whole, or in the parts that were asked for. */
static enum stockd_verdict hand_over(struct drive *drive, struct check_answer *answer, bool parts)
{
    while (parts && answer->body_size > STOCKD_PART_MAX) {
        struct check_answer part = *answer;
        part.body_size = STOCKD_PART_MAX;
        part.more_parts = 1;
        if (check_answer(drive->host, &part) != STOCKD_MORE) return drive->host->verdict;
        answer->body += STOCKD_PART_MAX;
        answer->body_size -= STOCKD_PART_MAX;
    }
    return check_answer(drive->host, answer);
}

enum stockd_verdict drive_exchange(struct drive *drive)
{
    const struct stockd_request *request = check_request(drive->host);
    CURL *curl = curl_easy_init();
    struct answer answer = {0};
    struct curl_slist *headers = NULL;
    struct memory body = fill_body(drive, request);
    char *url;
    for (uint32_t i = 0; i < request->header_count; i++)
        headers = add_header(drive, headers, &request->headers[i]);
    headers = curl_slist_append(headers, "Expect:");
    if (asprintf(&url, "%s%s", url_of(drive, request), request->path) < 0) abort();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    if (body.size) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.size);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    drive->requests++;
    if (code == CURLE_OK)
        judge(drive, request, &answer, status);
    else
        printf("  %s %s: %s\n", request->method, url, curl_easy_strerror(code));
    struct check_answer given = {.transport = code == CURLE_OK ? STOCKD_ARRIVED : STOCKD_LOST,
                                 .status = (int)status,
                                 .body = answer.body.data,
                                 .body_size = answer.body.size,
                                 .headers = answer.headers,
                                 .header_count = answer.header_count};
    enum stockd_verdict verdict = hand_over(drive, &given, request->flags & STOCKD_REQUEST_PARTS);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(url);
    free(body.data);
    return verdict;
}
