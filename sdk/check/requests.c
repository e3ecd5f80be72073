/* The test host's side of requests and quotas: the rules about what may leave. */
#include "inner.h"

#include <string.h>
#include <strings.h>

static bool charges_fit(struct check *check, const struct stockd_charge *charges)
{
    for (size_t i = 0; i < STOCKD_CHARGES_MAX && charges[i].amount; i++) {
        if (charges[i].bucket >= check->plugin->bucket_count || charges[i].amount < 0) {
            check_problem(check, "a request is charged %lld to bucket %u of %u",
                          (long long)charges[i].amount, charges[i].bucket,
                          check->plugin->bucket_count);
            return false;
        }
    }
    return true;
}

static bool secret_exists(const struct check *check, const char *name)
{
    const struct stockd_plugin *plugin = check->plugin;
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const struct stockd_option *option =
            (const void *)((const char *)plugin->options + (size_t)i * plugin->option_size);
        if (option->secret && strcmp(option->name, name) == 0) return true;
    }
    /* Otherwise a token: of this operation, or of one that was stored earlier. */
    return plugin->operations[STOCKD_AUTHORIZE] != NULL;
}

static bool header_fits(struct check *check, const struct stockd_header *header, bool foreign)
{
    static const char *const ours[] = {"host", "content-length", "transfer-encoding", "connection"};
    for (size_t i = 0; header->name && i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strcasecmp(header->name, ours[i]) == 0) {
            check_problem(check, "the header %s is written by the host", header->name);
            return false;
        }
    if (!header->name || !header->name[0] || strpbrk(header->name, "\r\n: ")) {
        check_problem(check, "a header has no name, or one that breaks the request");
        return false;
    }
    if (header->value && strpbrk(header->value, "\r\n")) {
        check_problem(check, "header %s holds a line break", header->name);
        return false;
    }
    if (!header->secret && !header->value) {
        check_problem(check, "header %s has neither a value nor a secret", header->name);
        return false;
    }
    if (header->use > STOCKD_SECRET_HMAC_SHA256_BASE64 ||
        (header->secret != NULL) != (header->use != STOCKD_SECRET_NONE)) {
        check_problem(check, "header %s: secret and use do not fit each other", header->name);
        return false;
    }
    if (header->secret && foreign) {
        check_problem(check, "header %s would take a secret to a foreign host", header->name);
        return false;
    }
    if (header->secret && !secret_exists(check, header->secret)) {
        check_problem(check, "header %s names the secret '%s', which is no option of the plugin",
                      header->name, header->secret);
        return false;
    }
    return true;
}

static bool is_visible(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~') return false;
    return true;
}

static bool limits_fit(struct check *check, const struct stockd_request *request)
{
    const uint32_t fill = STOCKD_REQUEST_FILL_FORM | STOCKD_REQUEST_FILL_JSON;
    const uint32_t all = fill | STOCKD_REQUEST_WRITE | STOCKD_REQUEST_FOREIGN |
                         STOCKD_REQUEST_PARTS | STOCKD_REQUEST_GUNZIP;
    const char *wrong = NULL;
    if (request->flags & ~all) wrong = "a flag that does not exist";
    if ((request->flags & fill) == fill) wrong = "two ways to fill in secrets";
    if ((request->flags & fill) && (request->flags & STOCKD_REQUEST_FOREIGN))
        wrong = "secrets to be filled in for a foreign host";
    if (request->body_max > STOCKD_BODY_MAX || request->body_size > STOCKD_BODY_MAX)
        wrong = "a body of its own or its answer's over STOCKD_BODY_MAX";
    if (request->body_size && !request->body) wrong = "a body's size, but no body";
    if (request->timeout_ms < 0 || request->timeout_ms > STOCKD_TIMEOUT_MAX)
        wrong = "a timeout outside 0 to STOCKD_TIMEOUT_MAX";
    if (check->inner->start->operation == STOCKD_PUSH_STOCK &&
        (request->flags & STOCKD_REQUEST_WRITE) && request->charges[0].amount)
        wrong = "charges of its own, although a write of push_stock is charged by its route";
    if (check->inner->parts) wrong = "come before the last part of an answer";
    if (wrong) check_problem(check, "a request has %s", wrong);
    return !wrong;
}

static bool request_fits(struct check *check, const struct stockd_request *request)
{
    bool foreign = (request->flags & STOCKD_REQUEST_FOREIGN) != 0;
    if (!check_text(check, "request method", request->method, 16, true) ||
        !check_text(check, "request path", request->path, STOCKD_PATH_MAX, true))
        return false;
    if (!is_visible(request->path)) {
        check_problem(check, "the path '%s' is not percent-encoded", request->path);
        return false;
    }
    if (foreign ? strncmp(request->path, "https://", 8) != 0 : request->path[0] != '/') {
        check_problem(check, "the path '%s' does not begin with %s", request->path,
                      foreign ? "https://" : "/");
        return false;
    }
    if (!foreign && request->endpoint >= check->plugin->endpoint_count) {
        check_problem(check, "endpoint %u of %u", request->endpoint, check->plugin->endpoint_count);
        return false;
    }
    if (request->header_count > STOCKD_HEADERS_MAX) {
        check_problem(check, "%u headers, at most %u", request->header_count, STOCKD_HEADERS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < request->header_count; i++)
        if (!header_fits(check, &request->headers[i], foreign)) return false;
    return limits_fit(check, request) && charges_fit(check, request->charges);
}

int check_take_request(void *ctx, const struct stockd_request *request)
{
    struct check *check = ctx;
    if (check->inner->asked) {
        check_problem(check, "two requests in one step");
        return -1;
    }
    if (!request_fits(check, request)) return -1;
    struct stockd_header *headers =
        check_memory(check, sizeof(*headers) * (request->header_count + 1));
    for (uint32_t i = 0; i < request->header_count; i++) {
        headers[i] = request->headers[i];
        headers[i].name = check_copy_text(check, headers[i].name);
        headers[i].value = check_copy_text(check, headers[i].value);
        headers[i].secret = check_copy_text(check, headers[i].secret);
    }
    struct stockd_request *copy = CHECK_PUSH(check->requests);
    *copy = *request;
    copy->method = check_copy_text(check, request->method);
    copy->path = check_copy_text(check, request->path);
    copy->headers = headers;
    copy->body = check_copy(check, request->body, request->body_size);
    check->inner->asked = true;
    return 0;
}

int check_take_quota(void *ctx, const struct stockd_quota_fact *fact)
{
    struct check *check = ctx;
    const int64_t figures[] = {fact->remaining, fact->amount, fact->per_ms, fact->cost};
    for (size_t i = 0; i < 4; i++)
        if (figures[i] < 0 && figures[i] != STOCKD_UNKNOWN) {
            check_problem(check, "a quota fact holds the figure %lld", (long long)figures[i]);
            return -1;
        }
    if (fact->closed_until_ms < 0) {
        check_problem(check, "a quota fact closes its bucket until %lld",
                      (long long)fact->closed_until_ms);
        return -1;
    }
    if (fact->bucket >= check->plugin->bucket_count) {
        check_problem(check, "a fact about bucket %u of %u", fact->bucket,
                      check->plugin->bucket_count);
        return -1;
    }
    *CHECK_PUSH(check->quotas) = *fact;
    return 0;
}

const struct stockd_request *check_request(const struct check *check)
{
    return check->requests.count ? &check->requests.at[check->requests.count - 1] : NULL;
}

const char *check_request_header(const struct check *check, const char *name)
{
    const struct stockd_request *request = check_request(check);
    for (uint32_t i = 0; request && i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0) return request->headers[i].value;
    return NULL;
}

const char *check_request_body(const struct check *check)
{
    const struct stockd_request *request = check_request(check);
    return request && request->body ? request->body : "";
}
