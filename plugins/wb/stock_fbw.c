/* What stands in the warehouses of Wildberries, from the report of the analytics service, summed up
 * by size: figures to show, never to write. Three requests a minute: pages are large. */
#include "stock.h"

#include <stdio.h>
#include <stdlib.h>

/* The method gives up to 250000 rows; so many stay under a step's 50 ms. */
#define PAGE_ROWS 10000u
/* Sizes that are held while they are summed up, and pages: a larger catalogue is shown in part. */
#define SIZES_MAX 400000u
#define PAGES_MAX 400u
/* Rows emitted by one step. */
#define EMIT_ROWS 10000u
#define STATE     "fbw-read"
/* The quantity of a size of which a row could not be read. */
#define UNUSABLE (-1)

static struct wb_fbw_size *sizes_of(struct wb_fbw *fbw)
{
    return (void *)(fbw + 1);
}

int64_t wb_fbw_read_ms(const struct stockd_call *call)
{
    return kit_state_time(call, STATE);
}

static enum stockd_verdict ask(const struct stockd_call *call, const struct wb_fbw *fbw)
{
    char memory[128];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "{\"nmIds\":[],\"chrtIds\":[],\"limit\":");
    out_int(&body, PAGE_ROWS);
    out_literal(&body, ",\"offset\":");
    out_int(&body, fbw->offset);
    out_literal(&body, "}");
    return wb_send(call, &(struct wb_ask){.endpoint = WB_ANALYTICS,
                                          .bucket = WB_BUCKET_ANALYTICS,
                                          .path = "/api/analytics/v1/stocks-report/wb-warehouses",
                                          .body = &body});
}

enum stockd_verdict wb_fbw_begin(const struct stockd_call *call, uint32_t part)
{
    struct wb_fbw *fbw = call->host->scratch(call->ctx, sizeof(*fbw));
    if (!fbw) return kit_bug(call, "no scratch memory");
    *fbw = (struct wb_fbw){.part = part};
    if (!wb_token_reaches(call, WB_CATEGORY_ANALYTICS)) {
        call->host->log(call->ctx, 1,
                        "the token has no category Analytics: stock in Wildberries' own "
                        "warehouses (FBW) is not shown");
        kit_state_time_put(call, STATE, call->now_ms);
        return STOCKD_DONE;
    }
    return ask(call, fbw);
}

/* ---- summing up ---- */

static int by_chrt(const void *a, const void *b)
{
    const struct wb_fbw_size *x = a, *y = b;
    return x->chrt < y->chrt ? -1 : x->chrt > y->chrt;
}

/* The usable rows of a page into `page`. */
static uint32_t read_page(const struct stockd_call *call, struct wb_fbw *fbw, const json_t *rows,
                          struct wb_fbw_size *page)
{
    uint32_t count = 0;
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row) {
        struct wb_fbw_size size;
        if (count == PAGE_ROWS) {
            fbw->lost = true;
            break;
        }
        bool known = kit_id(json_object_get(row, "chrtId"), &size.chrt);
        bool usable = kit_int(json_object_get(row, "quantity"), &size.quantity) &&
                      size.quantity >= 0 && size.quantity <= INT32_MAX;
        if (known && !usable) size.quantity = UNUSABLE;
        if (known) page[count++] = size;
        if (known && usable) continue;
        char where[64];
        snprintf(where, sizeof(where), "stocks-report/wb-warehouses, row %lld",
                 (long long)(fbw->offset + (int64_t)index));
        kit_lose(call, &fbw->lost, "a figure without a usable chrtId or quantity", where);
    }
    return count;
}

/* A sum that lacks a part would be a wrong figure. */
static void add(struct wb_fbw_size *to, const struct wb_fbw_size *size)
{
    bool usable = to->quantity != UNUSABLE && size->quantity != UNUSABLE;
    to->quantity = usable ? to->quantity + size->quantity : UNUSABLE;
}

/* Sorts the sizes and the rows of a page into one list, from its end, so that no other memory is
 * needed; then closes the gaps that equal sizes leave. */
static void merge(struct wb_fbw *fbw, struct wb_fbw_size *sizes, struct wb_fbw_size *page,
                  uint32_t count)
{
    qsort(page, count, sizeof(*page), by_chrt);
    uint32_t a = fbw->count, b = count, to = a + b;
    while (b)
        sizes[--to] = a && sizes[a - 1].chrt > page[b - 1].chrt ? sizes[--a] : page[--b];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fbw->count + count; i++) {
        if (kept && sizes[kept - 1].chrt == sizes[i].chrt)
            add(&sizes[kept - 1], &sizes[i]);
        else
            sizes[kept++] = sizes[i];
    }
    fbw->count = kept;
}

/* Memory for the sizes there are and a page more; NULL over what is held. */
static struct wb_fbw *grow(const struct stockd_call *call, struct wb_fbw *fbw)
{
    if (fbw->count + PAGE_ROWS <= fbw->room) return fbw;
    uint32_t room = fbw->room * 2 + PAGE_ROWS;
    if (room > SIZES_MAX + PAGE_ROWS) room = SIZES_MAX + PAGE_ROWS;
    if (fbw->count + PAGE_ROWS > room) return NULL;
    fbw = call->host->scratch(call->ctx, sizeof(*fbw) + room * sizeof(struct wb_fbw_size));
    if (fbw) fbw->room = room;
    return fbw;
}

/* ---- the end ---- */

static enum stockd_verdict emit_some(const struct stockd_call *call, struct wb_fbw *fbw)
{
    const struct wb_fbw_size *sizes = sizes_of(fbw);
    for (uint32_t n = 0; n < EMIT_ROWS && fbw->emitted < fbw->count; n++, fbw->emitted++) {
        char digits[KIT_ID_TEXT];
        struct stockd_stock row = STOCKD_STOCK_ROW;
        if (sizes[fbw->emitted].quantity == UNUSABLE) continue;
        kit_digits(sizes[fbw->emitted].chrt, digits);
        row.warehouse_id = WB_FBW;
        row.listing_id = digits;
        row.type = "fbw";
        row.read_only = 1;
        row.quantity = sizes[fbw->emitted].quantity;
        call->host->stock(call->ctx, &row);
    }
    fbw->emitting = true;
    if (fbw->emitted < fbw->count) {
        call->host->wait(call->ctx, 1);
        return STOCKD_WAIT;
    }
    kit_state_time_put(call, STATE, call->now_ms);
    if (!fbw->lost) call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSE, WB_FBW);
    return STOCKD_DONE;
}

/* Nothing is told of a report that was not read to its end: its sums may lack rows. */
static enum stockd_verdict give_up(const struct stockd_call *call, const char *why)
{
    char text[300];
    snprintf(text, sizeof(text), "stock in Wildberries' own warehouses (FBW) was not read: %.*s",
             kit_cut(why, 200), why);
    call->host->log(call->ctx, 1, text);
    return STOCKD_DONE;
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct wb_fbw *fbw,
                                     const json_t *doc)
{
    const json_t *items = json_object_get(json_object_get(doc, "data"), "items");
    const json_t *rows = wb_rows(items, PAGE_ROWS);
    if (!rows) return give_up(call, "the answer has no 'items' that can be read");
    size_t size = json_array_size(rows);
    if (size == 0) return emit_some(call, fbw);
    if (++fbw->pages == PAGES_MAX || !(fbw = grow(call, fbw)))
        return give_up(call, "there are more sizes than are held at once");
    struct wb_fbw_size *page = malloc(PAGE_ROWS * sizeof(*page));
    if (!page)
        return kit_fail(call, STOCKD_FAIL_RETRY, "memory",
                        "no memory for a page; read again later");
    uint32_t count = read_page(call, fbw, rows, page);
    merge(fbw, sizes_of(fbw), page, count);
    free(page);
    fbw->offset += kit_page_count(rows, PAGE_ROWS);
    return ask(call, fbw);
}

enum stockd_verdict wb_fbw_step(const struct stockd_call *call)
{
    struct wb_fbw *fbw = call->host->scratch(call->ctx, sizeof(*fbw));
    if (!fbw) return kit_bug(call, "no scratch memory");
    const struct stockd_response *answer = call->response;
    if (call->event == STOCKD_TIMER && fbw->emitting) return emit_some(call, fbw);
    if (call->event != STOCKD_RESPONSE || !answer) return kit_bug(call, "a step without an answer");
    if (answer->transport != STOCKD_ARRIVED) return give_up(call, "no answer came");
    wb_quota_learn(call, WB_BUCKET_ANALYTICS);
    char why[160];
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    enum stockd_verdict verdict;
    if (answer->status == 204 && !fbw->offset) { /* no data */
        verdict = emit_some(call, fbw);
    } else if (answer->status == 200 && doc) {
        verdict = take_page(call, fbw, doc);
    } else {
        struct wb_error error;
        wb_error_read(doc, &error);
        if (wb_error_meaning(answer->status, &error) != WB_MEANS_TOO_FAST && answer->status < 500)
            kit_state_time_put(call, STATE,
                               call->now_ms); /* it will not be otherwise in a minute */
        verdict = give_up(call, error.text[0] ? error.text : "Wildberries refused");
    }
    json_decref(doc);
    return verdict;
}
