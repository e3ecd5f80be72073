/* check_account: the version, then one small reading for each ability. Wix does not tell what a key
 * may do; a 403 to such a reading is how it says that a permission is missing. */
#include "wix.h"

#include <stdio.h>

struct account {
    struct wix_gate gate;
    uint32_t next; /* the probe in flight is the one before it */
    bool proven;
};

#define ONE_V1 "{\"query\":{\"paging\":{\"limit\":1}}}"
#define ONE_V3 "{\"query\":{\"cursorPaging\":{\"limit\":1}}}"

static const struct probe {
    enum wix_catalog catalog; /* NONE: both */
    enum stockd_operation operation;
    const char *method, *path, *body, *permission;
} probes[] = {
    {WIX_CATALOG_V3, STOCKD_LIST_WAREHOUSES, "GET", "/stores/v3/locations/default", NULL,
     "read the store's locations"},
    {WIX_CATALOG_V3, STOCKD_FETCH_STOCK, "POST", "/stores/v3/inventory-items/query", ONE_V3,
     "read inventory (Wix Stores: SCOPE.STORES.INVENTORY_ITEM_READ)"},
    {WIX_CATALOG_V3, STOCKD_FETCH_LISTINGS, "POST", "/stores/v3/products/query-variants", ONE_V3,
     "read products, hidden ones included (Wix Stores: SCOPE.STORES.PRODUCT_READ_ADMIN)"},
    {WIX_CATALOG_V1, STOCKD_FETCH_STOCK, "POST", "/stores-reader/v2/inventoryItems/query", ONE_V1,
     "read inventory (Wix Stores: SCOPE.DC-STORES.READ-PRODUCTS)"},
    {WIX_CATALOG_V1, STOCKD_FETCH_LISTINGS, "POST", "/stores-reader/v1/products/query",
     "{\"query\":{\"paging\":{\"limit\":1}},\"includeHiddenProducts\":true}",
     "read products, hidden ones included (Wix Stores: SCOPE.DC-STORES.MANAGE-PRODUCTS)"},
    {WIX_CATALOG_NONE, STOCKD_FETCH_ORDERS, "POST", "/ecom/v1/orders/search",
     "{\"search\":{\"cursorPaging\":{\"limit\":1}}}", "read orders (SCOPE.DC-STORES.READ-ORDERS)"},
};
#define PROBES (sizeof(probes) / sizeof(probes[0]))

static enum stockd_verdict next_probe(const struct stockd_call *call, struct account *account)
{
    for (; account->next < PROBES; account->next++) {
        const struct probe *probe = &probes[account->next];
        if (probe->catalog && probe->catalog != account->gate.catalog) continue;
        char memory[160];
        struct out body = {.data = memory, .room = sizeof(memory)};
        if (probe->body) out_bytes(&body, probe->body, strlen(probe->body));
        account->next++;
        return wix_send(call, probe->method, probe->path, probe->body ? &body : NULL, false);
    }
    if (account->proven) {
        /* No call tells the site's own id; the one under which the key was just taken is it. */
        const char *site = call->host->option(call->ctx, "site-id");
        if (site) call->host->identity(call->ctx, site);
    }
    return STOCKD_DONE;
}

static void denied(const struct stockd_call *call, const struct probe *probe, const char *reason)
{
    char text[STOCKD_TEXT_MAX], code[64];
    snprintf(text, sizeof(text), "the API key may not %s: give it that permission (%.300s)",
             probe->permission, reason);
    snprintf(code, sizeof(code), "missing-permission-%u", (unsigned)probe->operation);
    call->host->ability(call->ctx, probe->operation, 0, text);
    call->host->warning(call->ctx, code, text);
}

/* True when the answer is a 403 that says so. */
static bool is_denied(const struct stockd_call *call, const struct probe *probe)
{
    const struct stockd_response *answer = call->response;
    struct wix_error error;
    char why[160];
    if (!answer || answer->transport != STOCKD_ARRIVED || answer->status != 403) return false;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    wix_error_read(doc, answer->body_size, &error);
    bool is = wix_error_meaning(answer->status, &error) == WIX_MEANS_DENIED;
    if (is) denied(call, probe, error.text[0] ? error.text : error.code);
    json_decref(doc);
    return is;
}

enum stockd_verdict wix_check_account(const struct stockd_call *call)
{
    struct account *account = call->host->scratch(call->ctx, sizeof(*account));
    if (!account) return kit_bug(call, "no scratch memory");
    bool begin;
    enum stockd_verdict verdict = wix_gate(call, &account->gate, true, &begin);
    if (verdict) return verdict;
    if (begin) return next_probe(call, account);
    if (account->next == 0) return kit_bug(call, "an answer to nothing");
    const struct probe *probe = &probes[account->next - 1];
    if (is_denied(call, probe)) return next_probe(call, account);
    json_t *doc;
    verdict = wix_read_answer(call, &account->gate, &doc);
    if (!doc) return verdict;
    json_decref(doc);
    account->proven = true;
    call->host->ability(call->ctx, probe->operation, 1, NULL);
    return next_probe(call, account);
}
