/* The rings of recorded exchanges, one per account. What is hidden in them: recorder_mask.c. */
#include "net/recorder.h"

#include "base/mem.h"
#include "net/recorder_mask.h"

#include <stdio.h>
#include <strings.h>

enum { URL_KEPT_MAX = 4096, HEADERS_KEPT_MAX = 8192 };

struct kept {
    struct recorder_entry entry;
    size_t bytes;
    char text[];
};

struct account {
    struct account *next;
    char *name;
    struct mask mask;
    bool refused; /* its secrets could not be taken: nothing is recorded */
    struct kept **ring;
    size_t head, count, bytes;
};

struct recorder {
    struct recorder_options options;
    struct account *accounts;
    uint64_t last_id;
    bool on;
    struct buf scratch;
};

struct recorder *recorder_new(const struct recorder_options *options)
{
    struct recorder *recorder = mem_alloc(sizeof *recorder);
    if (options) recorder->options = *options;
    struct recorder_options *own = &recorder->options;
    if (!own->entries) own->entries = RECORDER_ENTRIES;
    if (!own->body_max) own->body_max = RECORDER_BODY_MAX;
    if (!own->bytes_max) own->bytes_max = RECORDER_BYTES_MAX;
    recorder->on = true;
    buf_init(&recorder->scratch, 2 * (own->body_max + HEADERS_KEPT_MAX) + 2 * URL_KEPT_MAX + 64);
    return recorder;
}

static void drop_oldest(struct recorder *recorder, struct account *account)
{
    struct kept *kept = account->ring[account->head];
    account->bytes -= kept->bytes;
    account->head = (account->head + 1) % recorder->options.entries;
    account->count--;
    mem_free(kept);
}

static void account_free(struct recorder *recorder, struct account *account)
{
    while (account->count)
        drop_oldest(recorder, account);
    mask_wipe(&account->mask);
    mem_free(account->ring);
    mem_free(account->name);
    mem_free(account);
}

void recorder_free(struct recorder *recorder)
{
    if (!recorder) return;
    while (recorder->accounts) {
        struct account *next = recorder->accounts->next;
        account_free(recorder, recorder->accounts);
        recorder->accounts = next;
    }
    buf_free(&recorder->scratch);
    mem_free(recorder);
}

void recorder_switch(struct recorder *recorder, bool on)
{
    recorder->on = on;
}

size_t recorder_body_max(const struct recorder *recorder)
{
    return recorder && recorder->on ? recorder->options.body_max : 0;
}

static struct account *find(const struct recorder *recorder, const char *name)
{
    struct account *account = recorder->accounts;
    while (account && strcmp(account->name, name) != 0)
        account = account->next;
    return account;
}

static struct account *find_or_add(struct recorder *recorder, const char *name)
{
    struct account *account = find(recorder, name);
    if (account) return account;
    account = mem_alloc(sizeof *account);
    account->name = mem_text(name);
    account->ring = mem_array(recorder->options.entries, sizeof(struct kept *));
    account->next = recorder->accounts;
    recorder->accounts = account;
    return account;
}

bool recorder_mask_set(struct recorder *recorder, const char *account, const char *const *values,
                       size_t count)
{
    struct account *own = find_or_add(recorder, account);
    own->refused = !mask_set(&own->mask, values, count);
    return !own->refused;
}

const char *recorder_masked(const struct recorder *recorder, const char *account, const char *text,
                            char *out, size_t room)
{
    const struct account *own = recorder ? find(recorder, account) : NULL;
    struct buf masked;
    buf_init(&masked, room);
    if (own && text) mask_text(&own->mask, bytes_text(text), room - 1, &masked);
    snprintf(out, room, "%s", own ? buf_cstr(&masked) : text ? text : "");
    buf_free(&masked);
    return out;
}

void recorder_forget(struct recorder *recorder, const char *account)
{
    for (struct account **at = &recorder->accounts; *at; at = &(*at)->next) {
        if (strcmp((*at)->name, account) != 0) continue;
        struct account *gone = *at;
        *at = gone->next;
        account_free(recorder, gone);
        return;
    }
}

/* --- adding --------------------------------------------------------------------------------- */

/* Texts of one entry lie behind each other in the scratch buffer, each with its NUL; where each
 * begins is known by its offset until they are copied into one piece of memory. */
struct span {
    size_t at, size;
};

static struct span add_masked(struct recorder *recorder, const struct account *account,
                              struct bytes text, size_t max)
{
    struct span span = {recorder->scratch.size, 0};
    mask_text(&account->mask, text, max, &recorder->scratch);
    span.size = recorder->scratch.size - span.at;
    buf_char(&recorder->scratch, 0);
    return span;
}

static bool hidden(const struct net_header *header)
{
    return header->use != NET_SECRET_NONE || strcasecmp(header->name, "Authorization") == 0 ||
           strcasecmp(header->name, "Set-Cookie") == 0 || strcasecmp(header->name, "Cookie") == 0;
}

static struct span add_headers(struct recorder *recorder, const struct account *account,
                               const struct net_header *headers, size_t count)
{
    struct span span = {recorder->scratch.size, 0};
    size_t left = HEADERS_KEPT_MAX - 1;
    for (size_t i = 0; i < count; i++) {
        const struct net_header *header = &headers[i];
        size_t name = strlen(header->name), before = recorder->scratch.size;
        if (name + sizeof ": ***\n" > left) break;
        size_t room = left - name - 3;
        buf_text(&recorder->scratch, header->name);
        buf_text(&recorder->scratch, ": ");
        if (hidden(header))
            buf_text(&recorder->scratch, "***");
        else if (header->value)
            mask_text(&account->mask, bytes_text(header->value), room, &recorder->scratch);
        buf_char(&recorder->scratch, '\n');
        left -= recorder->scratch.size - before;
    }
    span.size = recorder->scratch.size - span.at;
    buf_char(&recorder->scratch, 0);
    return span;
}

static struct kept *make(struct recorder *recorder, const struct account *account,
                         const struct net_request *request, const struct net_answer *answer)
{
    size_t body_max = recorder->options.body_max;
    buf_reset(&recorder->scratch);
    struct span method =
        add_masked(recorder, account, bytes_text(request->method ? request->method : ""), 16);
    struct span url =
        add_masked(recorder, account, bytes_text(request->url ? request->url : ""), URL_KEPT_MAX);
    struct span error =
        add_masked(recorder, account, bytes_text(answer->error ? answer->error : ""), 1024);
    struct span sent = add_headers(recorder, account, request->headers, request->header_count);
    struct span got = add_headers(recorder, account, answer->headers, answer->header_count);
    struct span body = add_masked(recorder, account, request->body, body_max);
    bool secret = request->secret_answer && answer->status / 100 == 2 && answer->body.size;
    struct span reply =
        add_masked(recorder, account, secret ? bytes_text("***") : answer->body, body_max);
    size_t bytes = sizeof(struct kept) + recorder->scratch.size;
    struct kept *kept = mem_resize(NULL, bytes);
    const char *text = memcpy(kept->text, recorder->scratch.data, recorder->scratch.size);
    kept->bytes = bytes;
    kept->entry = (struct recorder_entry){
        .id = ++recorder->last_id,
        .sent_ms = answer->sent_ms,
        .received_ms = answer->received_ms,
        .method = text + method.at,
        .url = text + url.at,
        .request_headers = text + sent.at,
        .request_body = bytes_of(text + body.at, body.size),
        .request_size = request->body.size,
        .result = answer->result,
        .status = answer->status,
        .error = text + error.at,
        .answer_headers = text + got.at,
        .answer_body = bytes_of(text + reply.at, reply.size),
        .answer_size = answer->body.size,
    };
    return kept;
}

void recorder_add(struct recorder *recorder, const struct net_request *request,
                  const struct net_answer *answer)
{
    if (!recorder || !recorder->on || !request->account) return;
    struct account *account = find_or_add(recorder, request->account);
    if (account->refused) return;
    struct kept *kept = make(recorder, account, request, answer);
    const struct recorder_options *options = &recorder->options;
    while (account->count && (account->count == options->entries ||
                              account->bytes + kept->bytes > options->bytes_max))
        drop_oldest(recorder, account);
    if (kept->bytes > options->bytes_max) {
        mem_free(kept);
        return;
    }
    account->ring[(account->head + account->count++) % options->entries] = kept;
    account->bytes += kept->bytes;
}

void recorder_each(const struct recorder *recorder, const char *account,
                   bool (*each)(const struct recorder_entry *entry, void *ctx), void *ctx)
{
    const struct account *own = find(recorder, account);
    if (!own) return;
    for (size_t i = own->count; i > 0; i--) {
        size_t at = (own->head + i - 1) % recorder->options.entries;
        if (!each(&own->ring[at]->entry, ctx)) return;
    }
}
