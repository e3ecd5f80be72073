/* Walks a JSON object along its table. Knows types and bounds, nothing of any marketplace. */
#include "market_shape.h"

#include "market_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    const char *title;
    const char *list; /* the one whose element we are in, or NULL: errors inside are "embedded" */
    size_t element;
    struct market_shape_error *error;
};

bool market_shape_id(const json_t *value, int64_t *id)
{
    if (json_is_integer(value)) {
        *id = json_integer_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    if (!text || !*text) return false;
    char *end;
    errno = 0;
    *id = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && text[0] != ' ' && text[0] != '+';
}

/* warehouse_id -> WarehouseId, as the generated validators name fields. */
static void camel_case(const char *name, char *out, size_t size)
{
    size_t used = 0;
    bool upper = true;
    for (; *name && used + 1 < size; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        out[used++] = (char)(upper && *name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
        upper = false;
    }
    out[used] = '\0';
}

/* "Stocks[3]", or "" where it is the body itself. */
static const char *outer_name(const struct walk *walk, char out[96])
{
    char camel[64];
    *out = '\0';
    if (!walk->list) return out;
    camel_case(walk->list, camel, sizeof(camel));
    snprintf(out, 96, "%s[%zu]", camel, walk->element);
    return out;
}

static bool mistyped(const struct walk *walk, const char *name, const char *type)
{
    char outer[96];
    snprintf(walk->error->message, sizeof(walk->error->message),
             "proto: (line 1:1): invalid value for %s field %s", type, name);
    snprintf(walk->error->detail, sizeof(walk->error->detail), "%s%s%s: not a %s",
             outer_name(walk, outer), walk->list ? "." : "", name, type);
    return false;
}

static bool invalid(const struct walk *walk, const char *name, const char *reason)
{
    char camel[64], outer[96];
    camel_case(name, camel, sizeof(camel));
    outer_name(walk, outer);
    if (walk->list)
        snprintf(walk->error->message, sizeof(walk->error->message),
                 "Request validation error: invalid %s.%s: embedded message failed validation",
                 walk->title, outer);
    else
        snprintf(walk->error->message, sizeof(walk->error->message),
                 "Request validation error: invalid %s.%s: %s", walk->title, camel, reason);
    snprintf(walk->error->detail, sizeof(walk->error->detail), "%s%s%s: %s", outer,
             walk->list ? "." : "", name, reason);
    return false;
}

static bool check_bounds(const struct walk *walk, const struct market_shape *field, int64_t value,
                         bool list)
{
    if (field->min == 0 && field->max == 0) return true;
    if (value >= field->min && value <= field->max) return true;
    char reason[96];
    snprintf(reason, sizeof(reason),
             list ? "value must contain between %lld and %lld items, inclusive"
                  : "value must be inside range [%lld, %lld]",
             (long long)field->min, (long long)field->max);
    walk->error->too_many = value > field->max;
    return invalid(walk, field->name, reason);
}

static bool check_enum(const struct walk *walk, const struct market_shape *field,
                       const json_t *value)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; text && field->values[i]; i++)
        if (strcmp(text, field->values[i]) == 0) return true;
    return mistyped(walk, field->name, "enum");
}

static bool check_fields(const struct walk *walk, const json_t *object,
                         const struct market_shape *fields);

static bool check_objects(const struct walk *walk, const struct market_shape *field,
                          const json_t *list)
{
    struct walk inner = {walk->title, field->name, 0, walk->error};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *element = json_array_get(list, i);
        inner.element = i;
        if (!json_is_object(element)) return mistyped(&inner, field->name, "message");
        if (!check_fields(&inner, element, field->fields)) return false;
    }
    return true;
}

static bool check_list(const struct walk *walk, const struct market_shape *field,
                       const json_t *list)
{
    if (!json_is_array(list)) return mistyped(walk, field->name, "repeated");
    if (!check_bounds(walk, field, (int64_t)json_array_size(list), true)) return false;
    if (field->kind == SHAPE_OBJECTS) return check_objects(walk, field, list);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *element = json_array_get(list, i);
        int64_t id;
        if (field->kind == SHAPE_STRINGS ? !json_is_string(element)
                                         : !market_shape_id(element, &id))
            return mistyped(walk, field->name, field->kind == SHAPE_STRINGS ? "string" : "int64");
    }
    return true;
}

static bool check_value(const struct walk *walk, const struct market_shape *field,
                        const json_t *value)
{
    int64_t ms;
    switch (field->kind) {
    case SHAPE_STRING: return json_is_string(value) || mistyped(walk, field->name, "string");
    case SHAPE_BOOL: return json_is_boolean(value) || mistyped(walk, field->name, "bool");
    case SHAPE_ENUM: return check_enum(walk, field, value);
    case SHAPE_INT:
        if (!json_is_integer(value)) return mistyped(walk, field->name, "int64");
        return check_bounds(walk, field, json_integer_value(value), false);
    case SHAPE_TIME:
        if (json_is_string(value) && market_time_parse(json_string_value(value), &ms)) return true;
        return mistyped(walk, field->name, "google.protobuf.Timestamp");
    case SHAPE_OBJECT:
        if (!json_is_object(value)) return mistyped(walk, field->name, "message");
        return check_fields(walk, value, field->fields);
    case SHAPE_STRINGS:
    case SHAPE_IDS:
    case SHAPE_OBJECTS: return check_list(walk, field, value);
    }
    return false;
}

static const struct market_shape *find_field(const struct market_shape *fields, const char *name)
{
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0) return fields;
    return NULL;
}

static bool check_fields(const struct walk *walk, const json_t *object,
                         const struct market_shape *fields)
{
    const char *name;
    json_t *value;
    if (!fields) return true; /* any object will do */
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        const struct market_shape *field = find_field(fields, name);
        if (!field) {
            snprintf(walk->error->message, sizeof(walk->error->message),
                     "proto: (line 1:1): unknown field \"%.80s\"", name);
            snprintf(walk->error->detail, sizeof(walk->error->detail), "unknown field %.80s", name);
            return false;
        }
        /* null is the same as leaving the field out, as in protobuf's JSON mapping */
        if (!json_is_null(value) && !check_value(walk, field, value)) return false;
    }
    for (; fields->name; fields++) {
        if (!fields->required) continue;
        const json_t *given = json_object_get(object, fields->name);
        if (!given || json_is_null(given)) return invalid(walk, fields->name, "value is required");
    }
    return true;
}

bool market_shape_check(const json_t *object, const struct market_shape *fields, const char *title,
                        struct market_shape_error *error)
{
    memset(error, 0, sizeof(*error));
    struct walk walk = {title, NULL, 0, error};
    if (!json_is_object(object)) return mistyped(&walk, "body", "message");
    return check_fields(&walk, object, fields);
}
