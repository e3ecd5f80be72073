/* Targets: as JSON with the reason for their state, and GET /v1/targets. */
#include "api/api_target.h"

#include <stdio.h>
#include <string.h>

enum { WHY_MAX = 1400 };

/* ---- why */

static void say_uncounted(struct query *query, const struct query_target *t, struct buf *out)
{
    const struct directory *d = query->directory;
    const char *join = "never counted in ";
    for (uint32_t i = 0; t->remote && i < t->remote->link_count; i++) {
        uint8_t key[12];
        uint32_t no = d->links[t->remote->link_first + i].warehouse;
        bytes_put_u64(key, t->id.product);
        bytes_put_u32(key + 8, no);
        const struct directory_warehouse *warehouse = directory_warehouse(d, no);
        if (!warehouse ||
            store_get(query->txn, TABLE_STOCK, bytes_of(key, sizeof key), NULL) == ST_OK)
            continue;
        buf_format(out, "%s%s", join, warehouse->key);
        join = ", ";
    }
}

void api_target_say_answer(struct bytes code, struct bytes text, struct buf *out)
{
    buf_add(out, code.data, code.size);
    if (code.size && text.size) buf_text(out, ": ");
    buf_add(out, text.data, text.size);
    if (!code.size && !text.size) buf_text(out, "no reason was given");
}

void api_target_say_failed(const struct query_target *t, struct buf *out)
{
    const struct target_record *r = &t->record;
    if (query_target_is_put_off(t))
        buf_text(out, "the marketplace asks to wait");
    else if (!r->attempts)
        buf_text(out, "the last attempt failed");
    else if (r->wanted_value != r->sent_value)
        buf_format(out, "try %u failed, of %lld", r->attempts, (long long)r->sent_value);
    else
        buf_format(out, "try %u failed", r->attempts);
    buf_text(out, ": ");
    api_target_say_answer(t->code, t->text, out);
}

static void say_dirty(const struct query_target *t, const struct api_account *account,
                      int64_t now_ms, struct buf *out)
{
    const struct target_record *r = &t->record;
    char when[CLOCK_TEXT_MAX];
    if (query_target_failed(t))
        api_target_say_failed(t, out);
    else
        buf_text(out, t->why ? t->why : "");
    if (account && account->state != SYNC_ACTIVE)
        buf_format(out, "; its account is %s%s%s", sync_state_name(account->state),
                   account->reason[0] ? ": " : "", account->reason);
    else if (r->queued_due_ms > now_ms)
        buf_format(out, "; not before %s", clock_text(r->queued_due_ms, when));
    else if (account && account->waiting[0])
        buf_format(out, "; waits for %s", account->waiting);
}

static void say_why(struct query *query, const struct query_target *t,
                    const struct api_account *account, int64_t now_ms, struct buf *out)
{
    char when[CLOCK_TEXT_MAX];
    switch (t->state) {
    case STATE_HELD:
        if (t->record.hold & HOLD_UNCOUNTED && !(t->record.hold & HOLD_NEVER))
            say_uncounted(query, t, out);
        else
            buf_text(out, t->why ? t->why : "");
        if (t->record.hold & HOLD_REMOTE && t->remote && t->remote->why[0])
            buf_format(out, ": %s", t->remote->why);
        return;
    case STATE_PARKED:
        buf_text(out, account && account->reason[0] ? account->reason : t->why ? t->why : "");
        return;
    case STATE_UNRESOLVED:
        buf_format(out, "%s at %s", t->why ? t->why : "", clock_text(t->record.look_ms, when));
        return;
    case STATE_REJECTED:
        if (t->code.size || t->text.size) api_target_say_answer(t->code, t->text, out);
        return;
    case STATE_DIRTY: say_dirty(t, account, now_ms, out); return;
    case STATE_SYNCED:
        if (t->record.capped == CAP_RULE)
            buf_text(out, "there is more, but its cap is this figure");
        else if (t->record.capped)
            buf_text(out, "there is more, but the marketplace takes no larger figure");
        return;
    default: buf_text(out, t->why ? t->why : ""); return;
    }
}

/* ---- JSON */

static json_t *figure_if(bool known, int64_t figure)
{
    return known ? json_integer(figure) : json_null();
}

static void add_figures(json_t *to, const struct target_record *r)
{
    const struct {
        const char *name;
        bool known;
        int64_t value;
    } figures[] = {{"wanted", r->flags & TARGET_WANTED, r->wanted_value},
                   {"sent", r->sent_revision != 0, r->sent_value},
                   {"acknowledged", r->flags & TARGET_ACKED, r->acked_value},
                   {"observed", r->flags & TARGET_OBSERVED, r->observed_value}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        json_object_set_new(to, figures[i].name, figure_if(figures[i].known, figures[i].value));
}

static void add_rest(json_t *to, const struct query_target *t)
{
    const struct target_record *r = &t->record;
    bool zero = r->flags & TARGET_WANTED && r->wanted_value == 0;
    bool failed = r->flags & (TARGET_REJECTED | TARGET_ERROR);
    const struct {
        const char *name;
        json_t *value;
    } members[] = {
        {"zero_reason", api_cstr_or_null(zero ? zero_reason_name(r->zero_reason) : NULL)},
        {"capped", json_boolean(r->capped != CAP_NONE)},
        {"changed", api_time(r->wanted_ms)},
        {"sent_at", api_time(r->sent_revision ? r->sent_ms : 0)},
        {"acknowledged_at", api_time(r->flags & TARGET_ACKED ? r->acked_ms : 0)},
        {"observed_at", api_time(r->flags & TARGET_OBSERVED ? r->observed_ms : 0)},
        {"due", api_time(r->flags & TARGET_QUEUED ? r->queued_due_ms : 0)},
        {"attempts", json_integer(r->attempts)},
        {"code", failed ? api_text_or_null(t->code) : json_null()},
        {"text", failed ? api_text_or_null(t->text) : json_null()},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(to, members[i].name, members[i].value);
}

json_t *api_target_json(struct query *query, const struct query_target *t,
                        const struct api_account *account, int64_t now_ms)
{
    struct buf why;
    buf_init(&why, WHY_MAX);
    say_why(query, t, account, now_ms, &why);
    const char *remote = t->remote ? t->remote->id : NULL;
    json_t *to =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "sku", api_text_or_null(t->sku), "account",
                  api_cstr_or_null(t->account ? t->account->name : NULL), "warehouse",
                  api_cstr_or_null(remote), "warehouse_name",
                  api_cstr_or_null(t->remote && t->remote->name[0] ? t->remote->name : remote),
                  "listing", api_text_or_null(t->listing), "state", target_state_name(t->state),
                  "why", api_cstr_or_null(buf_cstr(&why)));
    buf_free(&why);
    add_figures(to, &t->record);
    add_rest(to, t);
    return to;
}

/* ---- lists */

struct adding {
    struct query *query;
    const struct api_accounts *accounts;
    int64_t now_ms;
    json_t *items;
};

static bool add_target(void *ctx, const struct query_target *t)
{
    struct adding *a = ctx;
    const struct api_account *account = api_accounts_find(a->accounts, t->id.account);
    json_array_append_new(a->items, api_target_json(a->query, t, account, a->now_ms));
    return true;
}

enum status api_targets_page(const struct api_read *read, struct query *query,
                             const struct query_targets *filter, struct query_page *page,
                             json_t *items)
{
    struct adding adding = {query, &read->accounts, api_now_ms(read->api), items};
    return query_targets(query, filter, page, add_target, &adding);
}

enum { BY_ACCOUNT, BY_SKU, BY_STATE };

static enum status list(struct api_read *read, struct query *query)
{
    const char *account = read->texts[BY_ACCOUNT], *sku = read->texts[BY_SKU];
    const struct query_targets filter = {
        .account = bytes_text(account ? account : ""),
        .sku = bytes_text(sku ? sku : ""),
        .state = read->texts[BY_STATE] ? target_state_parse(read->texts[BY_STATE]) : -1};
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    enum status status = api_targets_page(read, query, &filter, &page, items);
    read->json = api_page_of(items, &page);
    return status;
}

static void list_targets(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "sku", "state", NULL};
    const char *state = http_query(exchange, "state");
    if (state && target_state_parse(state) < 0) {
        http_answer_problem(exchange, 400, "invalid",
                            "there is no state '%.40s'; there are off, parked, held, unresolved, "
                            "in-flight, rejected, dirty and synced",
                            state);
        return;
    }
    api_read_list(exchange, list, parameters);
}

const struct http_route api_target_routes[] = {
    {.method = "GET",
     .pattern = "/v1/targets",
     .scope = HTTP_SCOPE_READ,
     .handle = list_targets,
     .summary = "where figures are shown",
     .query = "account sku state limit cursor"},
    {0},
};
