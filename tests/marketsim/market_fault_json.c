/* Faults from and to the JSON of the control side. */
#include "market_fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[FAULT_KINDS] = {
    [FAULT_RATE] = "rate",
    [FAULT_STATUS] = "status",
    [FAULT_HTML] = "html",
    [FAULT_DROP_BEFORE] = "drop_before",
    [FAULT_DEAD_KEY] = "dead_key",
    [FAULT_EMPTY_403] = "empty_403",
    [FAULT_CIRCUIT] = "circuit",
    [FAULT_DROP_AFTER] = "drop_after",
    [FAULT_LATE] = "late",
    [FAULT_SLOW] = "slow",
    [FAULT_NO_EFFECT] = "no_effect",
    [FAULT_ITEM] = "item",
    [FAULT_SHORT_RESULT] = "short_result",
    [FAULT_EMPTY_LIST] = "empty_list",
    [FAULT_MALFORMED] = "malformed",
    [FAULT_TRUNCATED] = "truncated",
    [FAULT_MISTYPED] = "mistyped",
    [FAULT_DUPLICATE] = "duplicate",
    [FAULT_ZEROS] = "zeros",
    [FAULT_OVERSIZED] = "oversized",
};

static bool read_kind(const json_t *spec, enum market_fault_kind *kind)
{
    const char *name = json_string_value(json_object_get(spec, "kind"));
    for (int i = 0; name && i < FAULT_KINDS; i++)
        if (strcmp(kind_names[i], name) == 0) {
            *kind = (enum market_fault_kind)i;
            return true;
        }
    return false;
}

static bool read_offers(json_t *offers, struct market_fault *fault)
{
    if (!offers) return true;
    if (!json_is_array(offers)) return false;
    fault->offers = market_alloc(json_array_size(offers) * sizeof(char *));
    for (size_t i = 0; i < json_array_size(offers); i++) {
        const char *offer = json_string_value(json_array_get(offers, i));
        if (!offer) return false;
        fault->offers[fault->offer_count++] = (char *)(uintptr_t)offer; /* only read */
    }
    return true;
}

/* The fields that are plain values. Texts still belong to the JSON: adding copies them. */
static bool read_fields(json_t *spec, struct market_fault *fault)
{
    const char *kind;
    json_t *offers = NULL;
    json_int_t left = fault->left, skip = 0, retry_after = -1, delay = 0, late = 0, bytes = 0;
    json_error_t error;
    int bad = json_unpack_ex(
        spec, &error, JSON_STRICT,
        "{s:s, s?s, s?s, s?o, s?s, s?s, s?I, s?I, s?F, s?F, s?i, s?I, s?I, s?I, s?I}", "kind",
        &kind, "path", &fault->path, "account", &fault->account, "offers", &offers, "code",
        &fault->code, "message", &fault->message, "count", &left, "skip", &skip, "probability",
        &fault->probability, "share", &fault->share, "status", &fault->status, "retry_after",
        &retry_after, "delay_ms", &delay, "late_ms", &late, "bytes", &bytes);
    if (bad) return false;
    fault->left = left;
    fault->skip = skip;
    fault->retry_after = retry_after;
    fault->delay_ms = delay;
    fault->late_ms = late;
    if (bytes > 0) fault->bytes = (size_t)bytes;
    return read_offers(offers, fault);
}

int market_fault_add_json(struct market_faults *faults, const json_t *spec, char *error,
                          size_t size)
{
    enum market_fault_kind kind;
    if (!read_kind(spec, &kind)) {
        snprintf(error, size, "fault: no such kind");
        return 0;
    }
    struct market_fault fault = market_fault_make(kind);
    int id = 0;
    if (read_fields((json_t *)(uintptr_t)spec, &fault))
        id = market_fault_add(faults, &fault);
    else
        snprintf(error, size, "fault: unknown or mistyped field");
    free(fault.offers);
    return id;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *market_fault_json(const struct market_faults *faults)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const struct market_fault *fault = &faults->list[i];
        json_array_append_new(
            rows, json_pack("{s:i, s:s, s:o, s:o, s:o, s:I, s:f, s:I}", "id", fault->id, "kind",
                            kind_names[fault->kind], "path", text_or_null(fault->path), "account",
                            text_or_null(fault->account), "code", text_or_null(fault->code), "left",
                            (json_int_t)fault->left, "probability", fault->probability, "hits",
                            (json_int_t)fault->hits));
    }
    return rows;
}
