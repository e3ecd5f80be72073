/* What the guard holds of a product: commands and imports that would change what it shows, and wait
 * for somebody to apply or drop them. */
#include "api/api_explain.h"

#include "engine/plan.h"

#include <string.h>

/* Figures of plans that one request looks at: some 20 ms. A plan keeps GUARD_ROWS_KEPT of them, and
 * there are few plans but where somebody lets them pile up. */
enum { LOOKED_AT_MAX = 200000, HELD_SHOWN_MAX = 100 };

struct holding {
    struct query *query;
    uint64_t product;
    const char *only; /* this account, or NULL */
    json_t *list;
    uint32_t looked;
};

static void add_row(struct holding *h, uint64_t id, const struct plan_view *plan,
                    const struct guard_row *row)
{
    char text[PLAN_ID_TEXT];
    const struct directory *directory = h->query->directory;
    const struct directory_account *account = directory_account(directory, row->target.account);
    const struct directory_remote *remote =
        directory_remote(directory, row->target.account, row->target.remote);
    if (h->only && (!account || strcmp(account->name, h->only) != 0)) return;
    plan_id_text(id, text);
    json_array_append_new(
        h->list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "plan", text, "since",
                           api_time(plan->created_ms), "actor", api_text_or_null(plan->actor),
                           "reason", api_text_or_null(plan->reason), "account",
                           api_cstr_or_null(account ? account->name : NULL), "warehouse",
                           api_cstr_or_null(remote ? remote->id : NULL), "before",
                           api_figure(row->before), "after", api_figure(row->after)));
}

static enum status look_at_plan(struct holding *h, uint64_t id, const struct plan_view *plan)
{
    uint8_t prefix[8];
    struct bytes key, value;
    bytes_put_u64(prefix, id);
    struct store_cursor *cursor = store_cursor(h->query->txn, TABLE_PLAN_ROW);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix)) &&
           h->looked < LOOKED_AT_MAX && json_array_size(h->list) < HELD_SHOWN_MAX) {
        struct guard_row row;
        h->looked++;
        if (!plan_row_read(value, &row)) {
            store_cursor_close(cursor);
            return api_damaged(h->query, "plan_row");
        }
        if (row.target.product == h->product) add_row(h, id, plan, &row);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status api_explain_held(struct query *query, uint64_t product, const char *account,
                             json_t *list)
{
    struct holding h = {query, product, account, list, 0};
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_PLAN);
    enum status status = store_seek(cursor, bytes_of("", 0), &key, &value);
    while (status == ST_OK) {
        struct plan_view plan;
        if (key.size != 8 || plan_read(value, &plan) != ST_OK) {
            store_cursor_close(cursor);
            return api_damaged(query, "plan");
        }
        if (plan.kind != PLAN_OUTBOX) status = look_at_plan(&h, bytes_get_u64(key.data), &plan);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}
