/* What `stockctl traffic` keeps: a secret is in none of it, wherever a marketplace repeats it and
 * however it is written. Input: an answer's header, a line's end, its body; the bytes 1 to 6 stand
 * for the secret as it is, percent-encoded, with JSON's escapes, and so on. */
#include "fuzz.h"

#include "net/recorder.h"

static const char secret[] = "K3y/of+the=\"shop\"&more";
static const char *const forms[] = {secret,
                                    "K3y%2Fof%2Bthe%3D%22shop%22%26more",
                                    "K3y/of+the=\\\"shop\\\"&more",
                                    "K3y%2fof%2bthe%3d%22shop%22%26more",
                                    "K3y\\/of+the=\\\"shop\\\"&more",
                                    "K3y/of+the=\\\"shop\\\"\\u0026more"};
enum { FORMS = sizeof forms / sizeof forms[0] };

static char *expanded(const char *text)
{
    size_t size = 1;
    for (const char *at = text; *at; at++)
        size += *at >= 1 && *at <= FORMS ? strlen(forms[*at - 1]) : 1;
    char *out = malloc(size), *to = out;
    if (!out) abort();
    for (const char *at = text; *at; at++) {
        if (*at >= 1 && *at <= FORMS)
            to = stpcpy(to, forms[*at - 1]);
        else
            *to++ = *at;
    }
    *to = '\0';
    return out;
}

static void check(const char *where, const void *data, size_t size)
{
    for (int i = 0; i < FORMS; i++)
        FUZZ_CHECK(!memmem(data, size, forms[i], strlen(forms[i])), "%s shows the secret", where);
}

static bool look(const struct recorder_entry *entry, void *ctx)
{
    check("the url", entry->url, strlen(entry->url));
    check("the request's headers", entry->request_headers, strlen(entry->request_headers));
    check("the request's body", entry->request_body.data, entry->request_body.size);
    check("the error", entry->error, strlen(entry->error));
    check("the answer's headers", entry->answer_headers, strlen(entry->answer_headers));
    check("the answer's body", entry->answer_body.data, entry->answer_body.size);
    ++*(int *)ctx;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(bytes_of(data, size), true), *rest = text;
    char *head = expanded(strsep(&rest, "\n")), *body = expanded(rest ? rest : "");
    const char *const secrets[] = {secret};
    struct recorder *recorder = recorder_new(NULL);
    FUZZ_CHECK(recorder_mask_set(recorder, "shop", secrets, 1), "the secret is short enough");
    const struct net_header headers[] = {{.name = "X-Echo", .value = head}};
    struct net_request request = {.account = "shop",
                                  .method = "POST",
                                  .url = head,
                                  .headers = headers,
                                  .header_count = 1,
                                  .body = bytes_text(body)};
    struct net_answer answer = {.status = 400,
                                .headers = headers,
                                .header_count = 1,
                                .body = bytes_text(body),
                                .error = head};
    recorder_add(recorder, &request, &answer);
    int seen = 0;
    recorder_each(recorder, "shop", look, &seen);
    char line[256];
    recorder_masked(recorder, "shop", body, line, sizeof line);
    check("a line of the log", line, strlen(line));
    recorder_free(recorder);
    free(head);
    free(body);
    free(text);
    return 0;
}
