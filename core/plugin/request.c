/* What a request becomes outside: its address, the key of the quota it is charged to, and a body
 * with its secrets filled in. */
#include "plugin/instance.h"

#include <stdio.h>
#include <string.h>

static bool key_part(struct buf *out, const char *text, size_t size)
{
    buf_char(out, '/');
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '/' || text[i] == '%')
            buf_format(out, "%%%02X", (unsigned char)text[i]);
        else
            buf_char(out, text[i]);
    }
    return !out->overflow;
}

bool plugin_bucket_key(const struct plugin_instance *instance, uint32_t bucket, const char *seller,
                       struct buf *out)
{
    const struct stockd_plugin *declared = plugin_declared(plugin_instance_plugin(instance));
    if (bucket >= declared->bucket_count) return false;
    const struct stockd_bucket *b = &declared->buckets[bucket];
    buf_format(out, "%s/%s", declared->id, b->name);
    for (const char *at = b->key_options; at && *at;) {
        size_t size = strcspn(at, ",");
        char name[STOCKD_NAME_MAX + 1];
        snprintf(name, sizeof name, "%.*s", (int)size, at);
        const char *value = plugin_instance_option(instance, name);
        key_part(out, value ? value : "", value ? strlen(value) : 0);
        at += size + (at[size] == ',');
    }
    if (b->key_seller) {
        /* Two accounts must not share a bucket before both said who they are. */
        const char *account = plugin_instance_account(instance);
        if (!seller) buf_text(out, "/account");
        key_part(out, seller ? seller : account, strlen(seller ? seller : account));
    }
    return !out->overflow;
}

bool plugin_request_url(const struct plugin_instance *instance,
                        const struct stockd_request *request, struct buf *out)
{
    if (request->flags & STOCKD_REQUEST_FOREIGN) return buf_text(out, request->path);
    const char *base = plugin_instance_endpoint(instance, request->endpoint);
    return base && buf_text(out, base) && buf_text(out, request->path);
}

/* ---------------------------------------------------------------------------------------------- */

bool plugin_request_fills(const struct stockd_request *request)
{
    return (request->flags & (STOCKD_REQUEST_FILL_FORM | STOCKD_REQUEST_FILL_JSON)) != 0;
}

static void form_add(struct buf *out, const char *secret)
{
    for (; *secret; secret++) {
        char c = *secret;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c);
        if (plain)
            buf_char(out, c);
        else
            buf_format(out, "%%%02X", (unsigned char)c);
    }
}

static void json_add(struct buf *out, const char *secret)
{
    for (; *secret; secret++) {
        if ((unsigned char)*secret < ' ')
            buf_format(out, "\\u%04x", (unsigned char)*secret);
        else if (*secret == '"' || *secret == '\\')
            buf_format(out, "\\%c", *secret);
        else
            buf_char(out, *secret);
    }
}

/* What stands between "{secret:" or "{refresh:" and its '}', into `name`; returns the bytes of the
 * whole mark, or 0 when there is none at `at`. */
static size_t mark_read(const char *at, const char *end, char name[STOCKD_NAME_MAX + 1],
                        bool *refresh)
{
    static const char *const heads[] = {"{secret:", "{refresh:"};
    for (size_t i = 0; i < 2; i++) {
        size_t head = strlen(heads[i]);
        if ((size_t)(end - at) < head || memcmp(at, heads[i], head) != 0) continue;
        const char *close = memchr(at + head, '}', (size_t)(end - at) - head);
        if (!close || (size_t)(close - at) - head > STOCKD_NAME_MAX) return 0;
        size_t size = (size_t)(close - at) - head;
        memcpy(name, at + head, size);
        name[size] = 0;
        *refresh = i == 1;
        return head + size + 1;
    }
    return 0;
}

enum status plugin_request_fill(const struct stockd_request *request, plugin_secret_fn *find,
                                void *ctx, struct buf *out, struct error *error)
{
    const char *at = request->body, *end = at + request->body_size;
    while (at < end) {
        const char *brace = memchr(at, '{', (size_t)(end - at));
        buf_add(out, at, (size_t)((brace ? brace : end) - at));
        if (!brace) break;
        char name[STOCKD_NAME_MAX + 1];
        bool refresh;
        size_t size = mark_read(brace, end, name, &refresh);
        at = brace + (size ? size : 1);
        if (size == 0) {
            buf_char(out, '{');
            continue;
        }
        const char *secret = find(ctx, name, refresh);
        if (!secret)
            return error_set(error, ST_NOT_FOUND, "%s '%s' is needed for a request and not there",
                             refresh ? "the refresh token of" : "the secret", name);
        if (request->flags & STOCKD_REQUEST_FILL_FORM)
            form_add(out, secret);
        else
            json_add(out, secret);
    }
    if (out->overflow)
        return error_set(error, ST_TOO_BIG, "a request's body with its secrets is over %zu bytes",
                         out->max);
    return ST_OK;
}
