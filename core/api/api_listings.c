/* Listings and conflicts. */
#include "api/api_explain.h"

#include <string.h>

enum { BY_ACCOUNT, BY_STATE, BY_SKU, BY_CODE, BY_TEXT, UNMAPPED, MAPPED, CONFLICT };

static json_t *listing_json(const struct query_listing *l)
{
    const struct listing_view *v = &l->listing;
    json_t *keys = json_array();
    for (uint32_t i = 0; i < v->key_count; i++)
        json_array_append_new(keys, json_pack("{s:o, s:o}", "kind", api_text(v->keys[i].kind),
                                              "value", api_text(v->keys[i].value)));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "account",
        api_cstr_or_null(l->account ? l->account->name : NULL), "listing", api_text(v->id), "sku",
        api_text_or_null(l->sku), "mapped_by", api_cstr_or_null(l->mapped_by), "keys", keys,
        "group", api_text_or_null(v->group), "title", api_text_or_null(v->title), "state",
        listing_state_name(v->state), "code", api_text_or_null(v->code), "text",
        api_text_or_null(v->text), "outdated", l->outdated, "seen", api_time(v->seen_ms));
}

/* ---- the list */

static bool add_listing(void *ctx, const struct query_listing *row)
{
    json_array_append_new(ctx, listing_json(row));
    return true;
}

static struct bytes text_of(const char *text)
{
    return bytes_text(text ? text : "");
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const struct query_listings filter = {
        .account = text_of(read->texts[BY_ACCOUNT]),
        .sku = text_of(read->texts[BY_SKU]),
        .state = read->texts[BY_STATE] ? listing_state_parse(read->texts[BY_STATE]) : -1,
        .code = text_of(read->texts[BY_CODE]),
        .text = text_of(read->texts[BY_TEXT]),
        .mapped = read->texts[UNMAPPED] ? MAPPED_NO
                  : read->texts[MAPPED] ? MAPPED_YES
                                        : MAPPED_ANY,
        .conflict = read->texts[CONFLICT] != NULL};
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    enum status status = query_listings(query, &filter, &page, add_listing, items);
    read->json = api_page_of(items, &page);
    return status;
}

static void list_listings(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account",  "state",  "sku",      "code", "text",
                                             "unmapped", "mapped", "conflict", NULL};
    const char *state = http_query(exchange, "state");
    if (state && listing_state_parse(state) < 0) {
        http_answer_problem(exchange, 400, "invalid",
                            "there is no state '%.40s'; there are active, ended, not-ready, "
                            "archived, marketplace-stocked, digital and gone",
                            state);
        return;
    }
    for (int i = UNMAPPED; i <= CONFLICT; i++) {
        const char *is = http_query(exchange, parameters[i]);
        if (!is || strcmp(is, "true") == 0) continue;
        http_answer_problem(exchange, 400, "invalid", "parameter '%s' is 'true', or left out",
                            parameters[i]);
        return;
    }
    api_read_list(exchange, query_list, parameters);
}

/* ---- by hand */

static enum status query_one(struct api_read *read, struct query *query)
{
    struct query_listing found;
    enum status status = query_listing(query, read->names[0], read->names[1], &found);
    if (status == ST_OK) read->json = listing_json(&found);
    return status;
}

static void answer_mapped(struct api_change *change)
{
    api_read_start(api_read_named(change->exchange, query_one, NULL));
}

static void map(struct http_exchange *exchange, json_t *body, struct bytes sku)
{
    struct api_change *change = api_change_new(exchange, COMMAND_LISTING_MAP, body, answer_mapped);
    command_listing_map(&change->payload, http_path(exchange, "account"),
                        http_path(exchange, "listing"), sku);
    api_change_submit(change);
}

static void put_product(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"sku", API_TEXT, true}};
    json_t *body = api_body(exchange, members, 1, false);
    if (!body) return;
    struct bytes sku = api_body_text(body, "sku");
    if (sku.size == 0) {
        json_decref(body);
        http_answer_problem(exchange, 400, "invalid",
                            "member 'sku' is empty; DELETE unties a listing");
        return;
    }
    map(exchange, body, sku);
}

static void delete_product(struct http_exchange *exchange)
{
    map(exchange, NULL, bytes_of("", 0));
}

/* ---- conflicts: what mapping will not guess */

const char *api_conflict_sentence(struct bytes code)
{
    static const struct {
        const char *code, *sentence;
    } known[] = {
        {"barcode-on-two-products",
         "several products have its barcode; tie it by hand, or correct the barcodes"},
        {"keys-name-two-products",
         "its keys belong to different products; tie it to the right one by hand"},
        {"product-has-a-listing",
         "another listing of the account shows this product already; tie it by hand to feed both"},
        {"listing-under-a-new-id",
         "a listing that is not on sale any more shows this product; tie this one by hand if it "
         "replaces it, and untie the old one"},
        {"sku-alike",
         "a product's SKU differs from its own only in case or spaces; tie it by hand, or correct "
         "one of the two"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_equal(code, bytes_text(known[i].code))) return known[i].sentence;
    return "tie it by hand with `stockctl listing link`";
}

enum { CONFLICT_SKUS_MAX = 10 };

struct adding {
    struct query *query;
    json_t *items;
    enum status status;
};

static bool add_conflict(void *ctx, const struct query_conflict *c)
{
    struct adding *adding = ctx;
    struct query_product products[CONFLICT_SKUS_MAX];
    uint32_t count = 0;
    adding->status = query_conflict_products(adding->query, c, products, CONFLICT_SKUS_MAX, &count);
    if (adding->status != ST_OK) return false;
    json_t *skus = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(skus, api_text(products[i].product.sku));
    const struct directory_account *account = c->listing.account;
    json_array_append_new(
        adding->items, json_pack("{s:o, s:o, s:o, s:[o], s:o, s:s, s:o}", "account",
                                 api_cstr_or_null(account ? account->name : NULL), "code",
                                 api_text(c->code), "key", api_text_or_null(c->value), "listings",
                                 api_text(c->listing.listing.id), "skus", skus, "text",
                                 api_conflict_sentence(c->code), "since", api_time(c->since_ms)));
    return true;
}

static enum status query_conflict_list(struct api_read *read, struct query *query)
{
    struct adding adding = {query, json_array(), ST_OK};
    struct query_page page = api_query_page(&read->page);
    enum status status =
        query_conflicts(query, text_of(read->texts[0]), &page, add_conflict, &adding);
    read->json = api_page_of(adding.items, &page);
    return status == ST_OK ? adding.status : status;
}

static void list_conflicts(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", NULL};
    api_read_list(exchange, query_conflict_list, parameters);
}

const struct http_route api_listing_routes[] = {
    {.method = "GET",
     .pattern = "/v1/listings",
     .scope = HTTP_SCOPE_READ,
     .handle = list_listings,
     .summary = "what the marketplaces offer of ours",
     .query = "account state sku code text unmapped mapped conflict limit cursor"},
    {.method = "PUT",
     .pattern = "/v1/listings/{account}/{listing}/product",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = put_product,
     .summary = "ties a listing to a product by hand",
     .accept = "application/json"},
    {.method = "DELETE",
     .pattern = "/v1/listings/{account}/{listing}/product",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = delete_product,
     .summary = "unties a listing"},
    {.method = "GET",
     .pattern = "/v1/conflicts",
     .scope = HTTP_SCOPE_READ,
     .handle = list_conflicts,
     .summary = "what matching will not guess",
     .query = "account limit cursor"},
    {0},
};
