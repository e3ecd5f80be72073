/* Rules of products: /v1/rules, and those of one product. Setting many is in api_rules_many.c. */
#include "api/api_rules.h"

#include "engine/rule_word.h"

#include <stdio.h>
#include <string.h>

/* ---- as JSON */

static json_t *word_json(const struct rule_record *rule, enum rule_word word)
{
    char text[RULE_WORD_TEXT_MAX];
    if (word > RULE_WORD_MODE && word < RULE_WORD_VELOCITY) {
        enum rule_field field = (enum rule_field)(word - RULE_WORD_FIELDS);
        return rule->given & 1u << field ? json_integer((json_int_t)rule->fields[field])
                                         : json_null();
    }
    return api_cstr_or_null(rule_word_text(rule, word, text));
}

json_t *api_rule_json(const struct query_rule *rule)
{
    char text[RULE_TEXT_MAX];
    json_t *to =
        json_pack("{s:o}", "account", api_cstr_or_null(rule->account ? rule->account->name : NULL));
    for (int i = 0; i < RULE_WORDS; i++)
        json_object_set_new(to, rule_word_name((enum rule_word)i),
                            word_json(&rule->rule, (enum rule_word)i));
    json_object_set_new(to, "text", json_string(rule_text(&rule->rule, text)));
    json_object_set_new(to, "since", api_time(rule->rule.changed_ms));
    return to;
}

json_t *api_rule_applies_json(const struct rule *rule)
{
    char velocity[RULE_WORD_TEXT_MAX] = "";
    const struct rule_record record = {.days = rule->days, .factor = rule->factor};
    if (rule->days) rule_velocity_text(&record, velocity, sizeof velocity);
    return json_pack("{s:s, s:I, s:o, s:I, s:I, s:o}", "mode", rule_mode_name(rule->mode), "buffer",
                     (json_int_t)rule->buffer, "cap",
                     rule->cap < 0 ? json_null() : json_integer((json_int_t)rule->cap), "min",
                     (json_int_t)rule->min, "pack", (json_int_t)rule->pack, "velocity",
                     api_cstr_or_null(velocity));
}

static bool add_to_list(void *ctx, const struct query_rule *rule)
{
    json_array_append_new(ctx, api_rule_json(rule));
    return true;
}

enum status api_rules_of(struct query *query, struct bytes sku, json_t **list)
{
    const struct query_rules filter = {.sku = sku};
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    *list = json_array();
    return query_rules(query, &filter, &page, add_to_list, *list);
}

/* ---- lists */

enum { BY_SKU, BY_ACCOUNT };

static bool add_rule(void *ctx, const struct query_rule *rule)
{
    json_t *to = api_rule_json(rule);
    json_object_set_new(to, "sku", api_text_or_null(rule->sku));
    json_array_append_new(ctx, to);
    return true;
}

static struct bytes text_of(const char *text)
{
    return bytes_text(text ? text : "");
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const struct query_rules filter = {.sku = text_of(read->texts[BY_SKU]),
                                       .account = text_of(read->texts[BY_ACCOUNT])};
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    enum status status = query_rules(query, &filter, &page, add_rule, items);
    read->json = api_page_of(items, &page);
    return status;
}

static void list_rules(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"sku", "account", NULL};
    api_read_list(exchange, query_list, parameters);
}

static enum status query_of_product(struct api_read *read, struct query *query)
{
    json_t *list;
    enum status status = api_rules_of(query, read->names[0], &list);
    read->json =
        json_pack("{s:o, s:o, s:n}", "sku", api_text(read->names[0]), "items", list, "next");
    return status;
}

static void list_product_rules(struct http_exchange *exchange)
{
    api_read_start(api_read_named(exchange, query_of_product, NULL));
}

/* ---- one */

enum { ASKED, UNCHANGED, CHANGED }; /* api_read.number: what became of a change */

static enum status query_one(struct api_read *read, struct query *query)
{
    struct query_rule row;
    struct rule applies;
    enum status status = query_rule(query, read->names[0], read->names[1], &row, &applies);
    if (status != ST_OK) return status;
    read->json = api_rule_json(&row);
    json_object_set_new(read->json, "sku", api_text(read->names[0]));
    json_object_set_new(read->json, "applies", api_rule_applies_json(&applies));
    if (read->number != ASKED)
        json_object_set_new(read->json, "changed", json_boolean(read->number == CHANGED));
    return ST_OK;
}

static void get_rule(struct http_exchange *exchange)
{
    api_read_start(api_read_named(exchange, query_one, NULL));
}

/* ---- changing */

static struct bytes value_text(const json_t *value, char text[RULE_WORD_TEXT_MAX])
{
    if (json_is_string(value)) return bytes_of(json_string_value(value), json_string_length(value));
    text[0] = '\0';
    if (json_is_integer(value))
        snprintf(text, RULE_WORD_TEXT_MAX, "%lld", (long long)json_integer_value(value));
    return bytes_text(text);
}

enum status api_rule_read(const json_t *object, struct rule_change *change, struct error *error)
{
    const json_t *words = json_object_get(object, "words");
    enum status status = ST_OK;
    for (int i = 0; i < RULE_WORDS && status == ST_OK; i++) {
        char text[RULE_WORD_TEXT_MAX];
        const json_t *value = json_object_get(object, rule_word_name((enum rule_word)i));
        if (value)
            status = rule_word_set(change, (enum rule_word)i, value_text(value, text), error);
    }
    for (size_t i = 0; i < json_array_size(words) && status == ST_OK; i++) {
        const json_t *word = json_array_get(words, i);
        status = rule_word_take(change, bytes_of(json_string_value(word), json_string_length(word)),
                                error);
    }
    return status;
}

static void answer_rule(struct api_change *change)
{
    struct api_read *read = api_read_named(change->exchange, query_one, NULL);
    read->number = change->result.changed ? CHANGED : UNCHANGED;
    api_read_start(read);
}

static void submit(struct http_exchange *exchange, json_t *body, bool replace)
{
    struct rule_change rule = {.replace = replace};
    struct error error = {0};
    if (api_rule_read(body, &rule, &error) != ST_OK) {
        json_decref(body);
        http_answer_error(exchange, &error);
        return;
    }
    rule.sku = http_path(exchange, "sku");
    if (strstr(http_route(exchange)->pattern, "{account}"))
        rule.account = http_path(exchange, "account");
    struct api_change *change = api_change_new(exchange, COMMAND_RULE_SET, body, answer_rule);
    command_rule_set(&change->payload, &rule, 1);
    api_change_submit(change);
}

static const struct api_member rule_members[] = {
    {"mode", API_TEXT_OR_NULL, false},    {"buffer", API_INTEGER_OR_NULL, false},
    {"cap", API_INTEGER_OR_NULL, false},  {"min", API_INTEGER_OR_NULL, false},
    {"pack", API_INTEGER_OR_NULL, false}, {"velocity", API_TEXT_OR_NULL, false},
    {"words", API_TEXTS, false},
};

static void change_rule(struct http_exchange *exchange, bool replace)
{
    json_t *body =
        api_body(exchange, rule_members, sizeof rule_members / sizeof *rule_members, false);
    if (body) submit(exchange, body, replace);
}

static void put_rule(struct http_exchange *exchange)
{
    change_rule(exchange, true);
}

static void patch_rule(struct http_exchange *exchange)
{
    change_rule(exchange, false);
}

static void delete_rule(struct http_exchange *exchange)
{
    submit(exchange, NULL, true);
}

#define ONE(method_, scope_, handle_, summary_, accept_)                                     \
    {                                                                                        \
        .method = method_, .pattern = "/v1/products/{sku}/rules/{account}", .scope = scope_, \
        .flags = HTTP_KEYED, .handle = handle_, .summary = summary_ " at one account",       \
        .accept = accept_                                                                    \
    }
#define EVERYWHERE(method_, scope_, handle_, summary_, accept_)                    \
    {                                                                              \
        .method = method_, .pattern = "/v1/products/{sku}/rules", .scope = scope_, \
        .flags = HTTP_KEYED, .handle = handle_, .summary = summary_ " everywhere", \
        .accept = accept_                                                          \
    }

const struct http_route api_rule_routes[] = {
    {.method = "GET",
     .pattern = "/v1/rules",
     .scope = HTTP_SCOPE_READ,
     .handle = list_rules,
     .summary = "what is said of products and how they are shown",
     .query = "sku account limit cursor"},
    {.method = "GET",
     .pattern = "/v1/products/{sku}/rules",
     .scope = HTTP_SCOPE_READ,
     .handle = list_product_rules,
     .summary = "the rules of a product"},
    ONE("GET", HTTP_SCOPE_READ, get_rule, "the rule of a product", NULL),
    EVERYWHERE("PUT", HTTP_SCOPE_WRITE, put_rule, "makes the rule of a product so",
               "application/json"),
    ONE("PUT", HTTP_SCOPE_WRITE, put_rule, "makes the rule of a product so", "application/json"),
    EVERYWHERE("PATCH", HTTP_SCOPE_WRITE, patch_rule, "changes the rule of a product",
               "application/json"),
    ONE("PATCH", HTTP_SCOPE_WRITE, patch_rule, "changes the rule of a product", "application/json"),
    EVERYWHERE("DELETE", HTTP_SCOPE_WRITE, delete_rule, "forgets the rule of a product", NULL),
    ONE("DELETE", HTTP_SCOPE_WRITE, delete_rule, "forgets the rule of a product", NULL),
    {0},
};
