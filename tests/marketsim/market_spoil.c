/* Spoils answers that were right: the rows are a JSON answer that is a list, or its first list, at
 * its top or inside its first object ("result"). */
#include "market_fault.h"

#include <stdlib.h>
#include <string.h>

static json_t *find_rows(json_t *root)
{
    const char *key;
    json_t *value;
    if (json_is_array(root)) return root;
    json_object_foreach (root, key, value) {
        if (json_is_array(value)) return value;
    }
    json_object_foreach (root, key, value) {
        json_t *rows = json_is_object(value) ? find_rows(value) : NULL;
        if (rows) return rows;
    }
    return NULL;
}

/* An empty page that claims to be the last one: nothing tells it from a true end. */
static void empty_rows(json_t *object)
{
    const char *key;
    json_t *value;
    void *next;
    if (json_is_array(object)) json_array_clear(object);
    json_object_foreach_safe(object, next, key, value)
    {
        if (json_is_array(value))
            json_array_clear(value);
        else if (json_is_object(value))
            empty_rows(value);
        else if (json_is_true(value)) /* has_next */
            json_object_set_new(object, key, json_false());
        else if (json_is_string(value)) /* cursor, last_id */
            json_object_set_new(object, key, json_string(""));
    }
}

static void break_rows(json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i += 2) {
        switch (i / 2 % 4) {
        case 0: json_array_set_new(rows, i, json_null()); break;
        case 1: json_array_set_new(rows, i, json_string("row")); break;
        case 2: json_array_set_new(rows, i, json_object()); break;
        default: json_array_set_new(rows, i, json_array()); break;
        }
    }
}

static json_t *as_text(const json_t *value)
{
    char *dumped = json_dumps(value, JSON_ENCODE_ANY);
    json_t *text = json_string(dumped);
    free(dumped);
    return text;
}

static void mistype(json_t *object)
{
    const char *key;
    json_t *value;
    void *next;
    for (size_t i = 0; i < json_array_size(object); i++)
        mistype(json_array_get(object, i));
    json_object_foreach_safe(object, next, key, value)
    {
        if (json_is_number(value) || json_is_boolean(value)) {
            json_object_set_new(object, key, as_text(value));
            continue; /* the value is gone */
        }
        mistype(value);
    }
}

static void duplicate_rows(json_t *rows)
{
    size_t count = json_array_size(rows);
    for (size_t i = 0; i < count; i++)
        json_array_append(rows, json_array_get(rows, i));
}

static void zero_figures(json_t *value, const char *const *figures)
{
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
        zero_figures(json_array_get(value, i), figures);
    if (!json_is_object(value)) return;
    for (size_t i = 0; figures[i]; i++)
        if (json_is_integer(json_object_get(value, figures[i])))
            json_object_set_new(value, figures[i], json_integer(0));
    const char *key;
    json_t *field;
    json_object_foreach (value, key, field) {
        zero_figures(field, figures);
    }
}

static void spoil_json(unsigned spoils, const char *const *figures, struct market_answer *answer)
{
    json_t *parsed = json_loadb(answer->body, answer->len, 0, NULL);
    json_t *root = json_deep_copy(parsed); /* others may hold what was parsed */
    json_decref(parsed);
    json_t *rows = find_rows(root);
    if (rows && spoils & (1u << FAULT_EMPTY_LIST)) empty_rows(root);
    if (rows && spoils & (1u << FAULT_DUPLICATE)) duplicate_rows(rows);
    if (root && spoils & (1u << FAULT_ZEROS)) zero_figures(root, figures);
    if (root && spoils & (1u << FAULT_MISTYPED)) mistype(root);
    if (rows && spoils & (1u << FAULT_MALFORMED)) break_rows(rows);
    char *dumped = root ? json_dumps(root, JSON_COMPACT) : NULL;
    if (dumped) {
        answer->len = 0;
        market_answer_text(answer, dumped);
    }
    free(dumped);
    json_decref(root);
}

static void pad(struct market_answer *answer, size_t bytes)
{
    char blanks[4096];
    memset(blanks, ' ', sizeof(blanks)); /* blanks keep the JSON valid */
    while (answer->len < bytes) {
        size_t rest = bytes - answer->len;
        market_answer_bytes(answer, blanks, rest < sizeof(blanks) ? rest : sizeof(blanks));
    }
}

void market_fault_spoil(const struct market_effect *effect, const char *const *figures,
                        struct market_answer *answer)
{
    unsigned of_bytes = (1u << FAULT_TRUNCATED) | (1u << FAULT_OVERSIZED);
    if (answer->len && effect->spoils & ~of_bytes) spoil_json(effect->spoils, figures, answer);
    if (effect->spoils & (1u << FAULT_TRUNCATED)) answer->len /= 2;
    if (effect->spoils & (1u << FAULT_OVERSIZED)) pad(answer, effect->bytes);
}
