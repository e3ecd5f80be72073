/* Filters and comparisons over rendered rows. Paths go through objects by dots; a list on the way
 * stands for any of its members. */
#include "marketsim/wix/wix_state.h"

#include <stdio.h>
#include <string.h>

static const char *const operators[] = {"$eq", "$ne",  "$in",         "$gt",     "$gte",
                                        "$lt", "$lte", "$startsWith", "$exists", "$hasSome"};

static bool operator_known(const char *name, bool exact)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
        if (strcmp(operators[i], name) == 0) return !exact || i < 3;
    return false;
}

static const struct wix_field *field_find(const struct wix_field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0) return fields;
    return NULL;
}

static bool check_condition(const json_t *condition, const struct wix_field *field, char *error,
                            size_t size)
{
    const char *name;
    json_t *value;
    if (!json_is_object(condition)) return true; /* a plain value is $eq */
    json_object_foreach ((json_t *)(uintptr_t)condition, name, value) {
        bool list = strcmp(name, "$in") == 0 || strcmp(name, "$hasSome") == 0;
        if (operator_known(name, field->exact) && json_is_array(value) == list) continue;
        snprintf(error, size, "unsupported operator %.40s on %.60s", name, field->name);
        return false;
    }
    return true;
}

bool wix_filter_check(const json_t *filter, const struct wix_field *fields, char *error,
                      size_t size)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)filter, name, value) {
        if (strcmp(name, "$and") == 0 || strcmp(name, "$or") == 0) {
            for (size_t i = 0; i < json_array_size(value); i++)
                if (!wix_filter_check(json_array_get(value, i), fields, error, size)) return false;
            continue;
        }
        if (strcmp(name, "$not") == 0) {
            if (!wix_filter_check(value, fields, error, size)) return false;
            continue;
        }
        const struct wix_field *field = field_find(fields, name);
        if (!field) {
            snprintf(error, size, "unsupported filter field %.80s", name);
            return false;
        }
        if (!check_condition(value, field, error, size)) return false;
    }
    return true;
}

int wix_filter_compare(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        double x = json_number_value(a), y = json_number_value(b);
        return (x > y) - (x < y);
    }
    if (json_is_string(a) && json_is_string(b)) {
        int order = strcmp(json_string_value(a), json_string_value(b));
        return (order > 0) - (order < 0);
    }
    int left = a ? (int)json_typeof(a) : -1, right = b ? (int)json_typeof(b) : -1;
    return (left > right) - (left < right);
}

/* A number may be asked for as text and the other way round: numericId is text in answers. */
static int compare_asked(const json_t *have, const json_t *asked)
{
    int64_t number;
    if (json_is_string(have) && json_is_integer(asked) && market_shape_id(have, &number))
        return (number > json_integer_value(asked)) - (number < json_integer_value(asked));
    if (json_is_string(have) && json_is_string(asked)) {
        int64_t other;
        if (market_shape_id(have, &number) && market_shape_id(asked, &other))
            return (number > other) - (number < other);
    }
    return wix_filter_compare(have, asked);
}

static bool in_list(const json_t *have, const json_t *list)
{
    int64_t number;
    const char *text = market_shape_id(have, &number) ? NULL : json_string_value(have);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *asked = json_array_get(list, i);
        if (text && json_is_string(asked)) { /* most lists are of these, and long */
            if (strcmp(text, json_string_value(asked)) == 0) return true;
        } else if (have && compare_asked(have, asked) == 0) {
            return true;
        }
    }
    return false;
}

static bool operator_fits(const char *name, const json_t *have, const json_t *asked)
{
    if (strcmp(name, "$exists") == 0) return (have != NULL) == json_is_true(asked);
    if (strcmp(name, "$in") == 0 || strcmp(name, "$hasSome") == 0) return in_list(have, asked);
    if (strcmp(name, "$ne") == 0) return !have || compare_asked(have, asked) != 0;
    if (!have) return false;
    if (strcmp(name, "$startsWith") == 0) {
        const char *text = json_string_value(have), *start = json_string_value(asked);
        return text && start && strncmp(text, start, strlen(start)) == 0;
    }
    int order = compare_asked(have, asked);
    if (strcmp(name, "$gt") == 0) return order > 0;
    if (strcmp(name, "$gte") == 0) return order >= 0;
    if (strcmp(name, "$lt") == 0) return order < 0;
    if (strcmp(name, "$lte") == 0) return order <= 0;
    return order == 0;
}

static bool condition_fits(const json_t *condition, const json_t *have)
{
    const char *name;
    json_t *asked;
    if (!json_is_object(condition)) return operator_fits("$eq", have, condition);
    json_object_foreach ((json_t *)(uintptr_t)condition, name, asked) {
        if (!operator_fits(name, have, asked)) return false;
    }
    return true;
}

static bool path_fits(const json_t *condition, const json_t *at, const char *path)
{
    if (json_is_array(at)) {
        for (size_t i = 0; i < json_array_size(at); i++)
            if (path_fits(condition, json_array_get(at, i), path)) return true;
        return false;
    }
    if (!*path) return condition_fits(condition, at);
    size_t len = strcspn(path, ".");
    const json_t *next = json_object_getn(at, path, len);
    if (!next) return condition_fits(condition, NULL);
    return path_fits(condition, next, path + len + (path[len] == '.'));
}

json_t *wix_filter_value(const json_t *row, const char *path)
{
    json_t *at = (json_t *)(uintptr_t)row;
    while (at && *path) {
        size_t len = strcspn(path, ".");
        at = json_object_getn(at, path, len);
        path += len + (path[len] == '.');
    }
    return at;
}

static bool any_fits(const json_t *list, const json_t *row)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (wix_filter_fits(json_array_get(list, i), row)) return true;
    return false;
}

static bool all_fit(const json_t *list, const json_t *row)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!wix_filter_fits(json_array_get(list, i), row)) return false;
    return true;
}

bool wix_filter_fits(const json_t *filter, const json_t *row)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)filter, name, value) {
        bool fits = strcmp(name, "$and") == 0   ? all_fit(value, row)
                    : strcmp(name, "$or") == 0  ? any_fits(value, row)
                    : strcmp(name, "$not") == 0 ? !wix_filter_fits(value, row)
                                                : path_fits(value, row, name);
        if (!fits) return false;
    }
    return true;
}
