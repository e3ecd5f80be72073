/* GET /v1/reports: what happened, as JSON, text or HTML. What it says is core/report's. */
#include "api/api_history.h"
#include "api/api_private.h"
#include "base/mem.h"
#include "notify/notify.h"
#include "report/render.h"
#include "report/reports.h"

#include <stdlib.h>
#include <string.h>

#define DAY_LENGTH_MS (INT64_C(24) * 60 * 60 * 1000) /* the span where nothing else is said */

struct reporting {
    struct work_task task;
    struct api *api;
    struct http_exchange *exchange;
    struct report_ask ask;
    struct report_form form;
    char *account, *zone;
    uint32_t *known;
    struct buf text;
    enum status status;
    struct error error;
};

/* ---- which form */

/* Of one element of Accept: its q in thousandths, 1000 where it says none. */
static int quality(const char *at, size_t size)
{
    for (const char *end = at + size; at < end; at++)
        if (*at == ';') {
            at += 1 + strspn(at + 1, " ");
            if (strncmp(at, "q=", 2) == 0) return (int)(strtod(at + 2, NULL) * 1000);
        }
    return 1000;
}

static int format_of_type(const char *at, size_t size)
{
    static const struct {
        const char *type;
        enum report_format format;
    } types[] = {{"application/json", REPORT_AS_JSON}, {"*/*", REPORT_AS_JSON},
                 {"application/*", REPORT_AS_JSON},    {"text/html", REPORT_AS_HTML},
                 {"text/plain", REPORT_AS_TEXT},       {"text/*", REPORT_AS_TEXT}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].type) == size && memcmp(at, types[i].type, size) == 0)
            return (int)types[i].format;
    return -1;
}

/* What the client likes most of what there is; -1: nothing. */
static int format_accepted(const char *accept)
{
    int best = -1, best_quality = 0;
    if (!accept) return REPORT_AS_JSON;
    for (const char *at = accept; *at; at += *at == ',') {
        at += strspn(at, " ");
        const size_t size = strcspn(at, ",");
        const int format = format_of_type(at, strcspn(at, ",; ")), q = quality(at, size);
        if (format >= 0 && q > best_quality) {
            best = format;
            best_quality = q;
        }
        at += size;
    }
    return best;
}

static bool take_format(struct http_exchange *exchange, struct report_form *form)
{
    const char *name = http_query(exchange, "format");
    const int accepted = format_accepted(http_header(exchange, "Accept"));
    for (int i = 0; name && i < REPORT_FORMATS; i++)
        if (strcmp(name, report_format_name((enum report_format)i)) == 0) {
            form->format = (enum report_format)i;
            return true;
        }
    form->format = (enum report_format)accepted;
    if (!name && accepted >= 0) return true;
    if (name)
        http_answer_problem(exchange, 400, "invalid",
                            "parameter 'format' is 'json', 'text' or 'html'");
    else
        http_answer_problem(exchange, 406, "not-acceptable",
                            "a report is application/json, text/plain or text/html");
    return false;
}

static bool take_lang(struct http_exchange *exchange, struct report_form *form)
{
    const struct notify *notify = api_of(exchange)->services.notify;
    const char *name = http_query(exchange, "lang");
    const int lang = name ? lang_parse(name) : notify ? (int)notify_lang(notify) : LANG_EN;
    form->lang = (enum lang)lang;
    if (lang >= 0) return true;
    http_answer_problem(exchange, 400, "invalid", "parameter 'lang' is 'en' or 'ru'");
    return false;
}

/* ---- writing it */

static void write_run(struct work_task *task)
{
    struct reporting *r = (struct reporting *)((char *)task - offsetof(struct reporting, task));
    struct store_txn *txn;
    r->status = store_begin(r->api->services.store, STORE_READ, &txn, &r->error);
    if (r->status != ST_OK) return;
    r->status = report_write(txn, &r->ask, &r->form, &r->text, &r->error);
    store_abort(txn);
}

static void write_done(struct work_task *task)
{
    struct reporting *r = (struct reporting *)((char *)task - offsetof(struct reporting, task));
    if (r->status == ST_OK)
        http_answer_text(r->exchange, 200, report_format_type(r->form.format),
                         bytes_of(buf_cstr(&r->text), r->text.size));
    else
        http_answer_error(r->exchange, &r->error);
    buf_free(&r->text);
    mem_free(r->account);
    mem_free(r->zone);
    mem_free(r->known);
    mem_free(r);
}

/* Accounts that are in use now are told of whatever happened. */
static void take_known(struct api *api, struct reporting *r)
{
    struct api_accounts accounts = api_accounts_take(api);
    r->known = mem_array(accounts.count ? accounts.count : 1, sizeof *r->known);
    for (size_t i = 0; i < accounts.count; i++)
        if (accounts.list[i].state != SYNC_DISABLED)
            r->known[r->ask.known_count++] = accounts.list[i].number;
    r->ask.known = r->known;
    api_accounts_free(&accounts);
}

static void get_report(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    const char *account = http_query(exchange, "account"), *since = http_query(exchange, "since"),
               *until = http_query(exchange, "until");
    struct report_form form;
    if (api_time_refused(exchange, "since") || api_time_refused(exchange, "until")) return;
    if (!take_format(exchange, &form) || !take_lang(exchange, &form)) return;
    struct reporting *r = mem_alloc(sizeof *r);
    *r = (struct reporting){.api = api,
                            .exchange = exchange,
                            .form = form,
                            .account = mem_text(account),
                            .task = {.run = write_run, .done = write_done}};
    r->zone = mem_text(api->services.reports ? reports_zone(api->services.reports) : "UTC");
    r->form.zone = r->zone;
    r->ask.now_ms = api_now_ms(api);
    r->ask.until_ms = until ? clock_parse(until) : r->ask.now_ms;
    r->ask.from_ms = since ? clock_parse(since) : r->ask.until_ms - DAY_LENGTH_MS;
    if (account) r->ask.account = bytes_text(r->account);
    take_known(api, r);
    buf_init(&r->text, REPORT_TEXT_MAX);
    api->services.runtime->work_submit(api->services.runtime, &r->task);
}

const struct http_route api_report_routes[] = {
    {.method = "GET",
     .pattern = "/v1/reports",
     .scope = HTTP_SCOPE_READ,
     .handle = get_report,
     .summary = "what happened in a span of time, and what needs a person",
     .query = "account since until format lang"},
    {0},
};
