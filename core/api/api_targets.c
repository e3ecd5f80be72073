/* GET /v1/targets. */
#include "api/api_target.h"

#include <string.h>

enum { BY_ACCOUNT, BY_SKU, BY_STATE };

/* What the list is narrowed to. */
struct narrowed {
    uint32_t account; /* 0: any */
    int state;        /* -1: any */
    uint64_t product; /* 0: any */
};

static enum status narrow(const struct api_read *read, struct store_txn *txn,
                          const struct directory *d, struct narrowed *to, struct error *error)
{
    *to = (struct narrowed){.state = -1};
    if (read->texts[BY_ACCOUNT]) {
        struct bytes name = bytes_text(read->texts[BY_ACCOUNT]);
        const struct directory_account *account = directory_account_by_name(d, name);
        if (!account) return api_no_account(name, error);
        to->account = account->no;
    }
    if (read->texts[BY_STATE]) to->state = target_state_parse(read->texts[BY_STATE]);
    return read->texts[BY_SKU]
               ? api_find_product(txn, bytes_text(read->texts[BY_SKU]), &to->product, error)
               : ST_OK;
}

static bool fits(const struct narrowed *n, const struct target_facts *f,
                 const struct api_account *account)
{
    if (n->account && f->id.account != n->account) return false;
    return n->state < 0 || (int)target_state_of(&f->record, account) == n->state;
}

static enum status list_rows(struct api_read *read, struct store_txn *txn,
                             const struct directory *d, const struct narrowed *n,
                             struct error *error)
{
    uint8_t first[8];
    struct bytes from = bytes_of(read->page.from, read->page.from_size), key, value;
    bytes_put_u64(first, n->product);
    if (from.size == 0) from = bytes_of(first, sizeof first);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    enum status status = store_seek(cursor, from, &key, &value);
    json_t *items = json_array();
    uint32_t looked = 0;
    for (; status == ST_OK; looked++) {
        struct target_facts f;
        if (!target_facts_read(key, value, &f)) status = ST_DAMAGED;
        if (status != ST_OK || (n->product && f.id.product != n->product)) break;
        if (json_array_size(items) == read->page.limit || looked == API_SCAN_MAX) {
            read->json = api_page_json(items, key);
            return ST_OK;
        }
        const struct api_account *account = api_accounts_find(&read->accounts, f.id.account);
        if (fits(n, &f, account)) json_array_append_new(items, target_json(txn, d, &f, account));
        status = store_next(cursor, &key, &value);
    }
    read->json = api_page_json(items, bytes_of("", 0));
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(txn, "target", error);
}

static enum status query(struct api_read *read, struct store_txn *txn, struct error *error)
{
    struct directory *d;
    struct narrowed n;
    enum status status = directory_load(txn, &d, error);
    if (status != ST_OK) return status;
    status = narrow(read, txn, d, &n, error);
    if (status == ST_OK) status = list_rows(read, txn, d, &n, error);
    directory_free(d);
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
    api_read_list(exchange, query, parameters);
}

const struct http_route api_target_routes[] = {
    {.method = "GET",
     .pattern = "/v1/targets",
     .handle = list_targets,
     .summary = "where figures are shown",
     .query = "account sku state limit cursor"},
    {0},
};
