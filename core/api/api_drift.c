/* Drifts: figures that were read and are not what should be there, what was done about them, and
 * deciding that ours is right. */
#include "api/api_private.h"
#include "query/drift.h"

#include <string.h>

enum { BY_ACCOUNT, BY_SKU, ALL };
enum { TEXT_MAX = 700 };

/* What was done, in words. */
static void say_done(const struct query_drift *row, struct buf *out)
{
    const struct drift_record *d = &row->drift;
    char when[CLOCK_TEXT_MAX];
    switch ((enum drift_done)d->done) {
    case DRIFT_DRAINS:
        buf_text(out, "its orders are read, then the figure again before it is raised");
        break;
    case DRIFT_WAITS:
        buf_text(out, "left to your own system for 26 hours; ours goes out again after that");
        break;
    case DRIFT_REPAIRED:
        buf_format(out, "ours goes out again, as decided at %s", clock_text(d->repaired_ms, when));
        if (d->repairs > 1) buf_format(out, ", for the %uth time", d->repairs);
        if (row->why) buf_format(out, "; %s", row->why);
        break;
    case DRIFT_NAMED:
        buf_format(out,
                   "%u repairs were overwritten, the last of %s; it is held and only a "
                   "decrease goes out: stop the other writer, then `stockctl drift resolve`",
                   d->repairs, clock_text(d->repaired_ms, when));
        break;
    case DRIFT_LEFT:
        buf_format(out, "left%s%s", row->why ? ": " : "", row->why ? row->why : "");
        break;
    case DRIFT_DONES: break;
    }
}

static json_t *drift_json(const struct query_drift *row)
{
    const struct drift_record *d = &row->drift;
    struct buf done;
    buf_init(&done, TEXT_MAX);
    say_done(row, &done);
    const char *remote = row->remote ? row->remote->id : NULL;
    const struct {
        const char *name;
        json_t *value;
    } members[] = {
        {"sku", api_text_or_null(row->sku)},
        {"account", api_cstr_or_null(row->account ? row->account->name : NULL)},
        {"warehouse", api_cstr_or_null(remote)},
        {"warehouse_name",
         api_cstr_or_null(row->remote && row->remote->name[0] ? row->remote->name : remote)},
        {"listing", api_text_or_null(row->listing)},
        {"expected", json_integer(d->expected)},
        {"observed", api_figure(d->observed)},
        {"wanted", api_figure(d->wanted)},
        {"code", json_string(drift_code_name(d->code))},
        {"text", json_string(drift_code_sentence(d->code))},
        {"done", json_string(drift_done_name(d->done))},
        {"what", api_cstr_or_null(buf_cstr(&done))},
        {"opened", api_time(d->opened_ms)},
        {"read", api_time(d->read_ms)},
        {"readings", json_integer(d->seen)},
        {"repairs", json_integer(d->repairs)},
        {"repaired", api_time(d->repaired_ms)},
        {"closed", api_time(d->closed_ms)},
        {"end", api_cstr_or_null(drift_end_name(d->end))},
    };
    json_t *to = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(to, members[i].name, members[i].value);
    buf_free(&done);
    return to;
}

static bool add_drift(void *ctx, const struct query_drift *row)
{
    json_array_append_new(ctx, drift_json(row));
    return true;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const char *account = read->texts[BY_ACCOUNT], *sku = read->texts[BY_SKU];
    const struct query_drifts filter = {.account = bytes_text(account ? account : ""),
                                        .sku = bytes_text(sku ? sku : ""),
                                        .all = read->texts[ALL] != NULL};
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    enum status status = query_drifts(query, &filter, &page, add_drift, items);
    read->json = api_page_of(items, &page);
    return status;
}

static void list_drifts(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "sku", "all", NULL};
    const char *all = http_query(exchange, "all");
    if (all && strcmp(all, "true") != 0) {
        http_answer_problem(exchange, 400, "invalid", "parameter 'all' is 'true', or left out");
        return;
    }
    api_read_list(exchange, query_list, parameters);
}

static void answer_resolved(struct api_change *change)
{
    http_answer_json(change->exchange, 200,
                     json_pack("{s:I}", "targets", (json_int_t)change->result.rows));
}

static void post_resolve(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"warehouse", API_TEXT, false}};
    json_t *body = api_body(exchange, members, 1, true);
    if (!body) return;
    struct api_change *change =
        api_change_new(exchange, COMMAND_DRIFT_RESOLVE, body, answer_resolved);
    command_drift_resolve(&change->payload, http_path(exchange, "account"),
                          http_path(exchange, "listing"), api_body_text(body, "warehouse"));
    api_change_submit(change);
}

const struct http_route api_drift_routes[] = {
    {.method = "GET",
     .pattern = "/v1/drift",
     .scope = HTTP_SCOPE_READ,
     .handle = list_drifts,
     .summary = "figures that are not what should be there, and what was done",
     .query = "account sku all limit cursor"},
    {.method = "POST",
     .pattern = "/v1/drift/{account}/{listing}/resolve",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_resolve,
     .summary = "says that our figure is right: it is sent, whoever wrote another",
     .accept = "application/json"},
    {0},
};
