/* What a plugin declares, judged: names, types, ranges, and indexes from one table into another.
 * Sizes and pointers were settled in normal.c. */
#include "plugin/private.h"

#include "plugin/instance.h"
#include "plugin/text.h"

#include <string.h>

/* What an account's section holds for the core itself, in every plugin. */
static const char *const core_keys[] = {
    "plugin", "enabled",  "dry-run",          "orders",    "timeout",
    "batch",  "attempts", "allow-plain-http", "endpoints", "quotas",
};

#define ALL_FLAGS                                                                       \
    (STOCKD_STOCK_NEEDS_IDS | STOCKD_LISTINGS_CARRY_STOCK | STOCKD_STOCK_BY_WAREHOUSE | \
     STOCKD_ORDERS_NEED_OPEN | STOCKD_READINGS_GO_ON | STOCKD_JSON_ENDS_WITH_STEP)

enum { PARALLEL_MAX = 64 };
/* No marketplace counts over more than a month; longer is a slip of units. */
static const int64_t duration_max_ms = 31LL * 24 * 3600 * 1000;

struct judge {
    const struct stockd_plugin *declared;
    const char *file;
    struct error *error;
};

#define REFUSE(judge, ...) error_set((judge)->error, ST_INVALID, __VA_ARGS__)

static enum status name_check(const struct judge *judge, const char *noun, uint32_t index,
                              const char *name)
{
    if (text_is_name(name)) return ST_OK;
    return REFUSE(judge,
                  "%s: the name of %s %u, '%.80s', is not 1 to %u lower case letters, digits, '-' "
                  "and '_'",
                  judge->file, noun, index, name, STOCKD_NAME_MAX);
}

static enum status twice(const struct judge *judge, const char *noun, const char *name)
{
    return REFUSE(judge, "%s: declares the %s '%s' twice", judge->file, noun, name);
}

/* ---------------------------------------------------------------------------------------------- */

static const struct stockd_option *option_named(const struct stockd_plugin *declared,
                                                const char *name, size_t size)
{
    for (uint32_t i = 0; i < declared->option_count; i++)
        if (strncmp(declared->options[i].name, name, size) == 0 &&
            declared->options[i].name[size] == 0)
            return &declared->options[i];
    return NULL;
}

static enum status option_values_check(const struct judge *judge,
                                       const struct stockd_option *option)
{
    if (option->type == STOCKD_OPTION_CHOICE && (!option->choices || !option->choices[0]))
        return REFUSE(judge, "%s: option '%s' is a choice without choices", judge->file,
                      option->name);
    if (option->secret > 1 || option->required > 1)
        return REFUSE(judge, "%s: option '%s': 'required' and 'secret' are 0 or 1", judge->file,
                      option->name);
    if (option->secret && option->type != STOCKD_OPTION_STRING)
        return REFUSE(judge, "%s: option '%s' is secret, so it must be a string", judge->file,
                      option->name);
    if (!option->default_value) return ST_OK;
    if (option->secret)
        return REFUSE(judge, "%s: option '%s' is secret and has a default, which would be printed",
                      judge->file, option->name);
    struct error why;
    if (plugin_option_check(option, option->default_value, NULL, &why) != ST_OK)
        return REFUSE(judge, "%s: the default of an option does not pass its own check: %s",
                      judge->file, why.text);
    return ST_OK;
}

static enum status options_check(const struct judge *judge)
{
    const struct stockd_plugin *p = judge->declared;
    for (uint32_t i = 0; i < p->option_count; i++) {
        const struct stockd_option *option = &p->options[i];
        enum status status = name_check(judge, "option", i, option->name);
        if (status) return status;
        if (option_named(p, option->name, strlen(option->name)) != option)
            return twice(judge, "option", option->name);
        for (size_t k = 0; k < sizeof core_keys / sizeof *core_keys; k++)
            if (strcmp(core_keys[k], option->name) == 0)
                return REFUSE(judge,
                              "%s: its option '%s' is a key that stockd itself reads in every "
                              "account; give it another name",
                              judge->file, option->name);
        if (option->type < STOCKD_OPTION_STRING || option->type > STOCKD_OPTION_DURATION)
            return REFUSE(judge, "%s: option '%s' has type %u, which does not exist", judge->file,
                          option->name, option->type);
        status = option_values_check(judge, option);
        if (status) return status;
    }
    return ST_OK;
}

static enum status endpoints_check(const struct judge *judge)
{
    const struct stockd_plugin *p = judge->declared;
    for (uint32_t i = 0; i < p->endpoint_count; i++) {
        const struct stockd_endpoint *endpoint = &p->endpoints[i];
        enum status status = name_check(judge, "endpoint", i, endpoint->name);
        if (status) return status;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(p->endpoints[k].name, endpoint->name) == 0)
                return twice(judge, "endpoint", endpoint->name);
        if (endpoint->base_url) {
            const char *fault = text_url_fault(endpoint->base_url);
            if (fault)
                return REFUSE(judge, "%s: the address of endpoint '%s', '%.200s', %s", judge->file,
                              endpoint->name, endpoint->base_url, fault);
            continue;
        }
        const char *name = endpoint->url_option;
        const struct stockd_option *option = name ? option_named(p, name, strlen(name)) : NULL;
        if (!option || option->type != STOCKD_OPTION_STRING || option->secret)
            return REFUSE(judge,
                          "%s: endpoint '%s' has neither an address nor a string option that "
                          "gives it",
                          judge->file, endpoint->name);
    }
    return ST_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static enum status bucket_key_check(const struct judge *judge, const struct stockd_bucket *bucket)
{
    for (const char *at = bucket->key_options; at && *at;) {
        size_t size = strcspn(at, ",");
        const struct stockd_option *option = option_named(judge->declared, at, size);
        if (!option)
            return REFUSE(judge, "%s: bucket '%s' is keyed by '%.*s', which is no option",
                          judge->file, bucket->name, (int)size, at);
        if (option->secret)
            return REFUSE(judge,
                          "%s: bucket '%s' is keyed by the secret '%s', which would be stored; "
                          "key it by a plain option or by the seller",
                          judge->file, bucket->name, option->name);
        at += size + (at[size] == ',');
    }
    return ST_OK;
}

static enum status buckets_check(const struct judge *judge)
{
    const struct stockd_plugin *p = judge->declared;
    for (uint32_t i = 0; i < p->bucket_count; i++) {
        const struct stockd_bucket *bucket = &p->buckets[i];
        enum status status = name_check(judge, "bucket", i, bucket->name);
        if (status) return status;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(p->buckets[k].name, bucket->name) == 0)
                return twice(judge, "bucket", bucket->name);
        if (bucket->kind < STOCKD_BUCKET_TOKENS || bucket->kind > STOCKD_BUCKET_IN_FLIGHT)
            return REFUSE(judge, "%s: bucket '%s' has kind %u, which does not exist", judge->file,
                          bucket->name, bucket->kind);
        bool timed = bucket->kind != STOCKD_BUCKET_IN_FLIGHT;
        if (bucket->amount <= 0 || bucket->burst < 0 ||
            (timed && (bucket->per_ms <= 0 || bucket->per_ms > duration_max_ms)))
            return REFUSE(judge,
                          "%s: bucket '%s' allows %lld per %lld ms with burst %lld; amount and "
                          "time must be above 0, burst not below",
                          judge->file, bucket->name, (long long)bucket->amount,
                          (long long)bucket->per_ms, (long long)bucket->burst);
        status = bucket_key_check(judge, bucket);
        if (status) return status;
    }
    return ST_OK;
}

static enum status charges_check(const struct judge *judge, const struct stockd_route *route,
                                 const struct stockd_charge charges[STOCKD_CHARGES_MAX])
{
    for (uint32_t i = 0; i < STOCKD_CHARGES_MAX && charges[i].amount != 0; i++) {
        if (charges[i].amount < 0)
            return REFUSE(judge, "%s: route '%s' charges %lld, less than nothing", judge->file,
                          route->name, (long long)charges[i].amount);
        if (charges[i].bucket >= judge->declared->bucket_count)
            return REFUSE(judge, "%s: route '%s' charges bucket %u of %u", judge->file, route->name,
                          charges[i].bucket, judge->declared->bucket_count);
    }
    return ST_OK;
}

static bool duration_is_sane(int64_t ms)
{
    return ms >= 0 && ms <= duration_max_ms;
}

static enum status route_check(const struct judge *judge, const struct stockd_route *route)
{
    const char *file = judge->file, *name = route->name;
    if (route->max_items == 0 || route->max_items > STOCKD_ITEMS_MAX ||
        route->min_items > route->max_items)
        return REFUSE(judge, "%s: route '%s' takes %u to %u items; the most must be 1 to %u", file,
                      name, route->min_items, route->max_items, STOCKD_ITEMS_MAX);
    if (route->group > STOCKD_GROUP_VALUE || route->kind > STOCKD_WRITE_DELTA ||
        route->confirmation > STOCKD_CONFIRM_READBACK)
        return REFUSE(judge, "%s: route '%s' has a group, kind or confirmation that does not exist",
                      file, name);
    if (route->parallel > PARALLEL_MAX)
        return REFUSE(judge, "%s: route '%s' wants %u operations at once, at most %d are run", file,
                      name, route->parallel, PARALLEL_MAX);
    if (!duration_is_sane(route->cadence_ms) || !duration_is_sane(route->settle_ms) ||
        !duration_is_sane(route->stuck_after_ms) || route->max_quantity < 0)
        return REFUSE(judge,
                      "%s: route '%s' has a time that is negative or over 31 days, or a negative "
                      "largest quantity",
                      file, name);
    if (route->confirmation == STOCKD_CONFIRM_NOTE &&
        !judge->declared->operations[STOCKD_CONFIRM_STOCK])
        return REFUSE(judge,
                      "%s: route '%s' is confirmed by notes, but there is no operation "
                      "'confirm_stock'",
                      file, name);
    enum status status = charges_check(judge, route, route->per_request);
    return status ? status : charges_check(judge, route, route->per_item);
}

static enum status routes_check(const struct judge *judge)
{
    const struct stockd_plugin *p = judge->declared;
    if (p->route_count == 0)
        return REFUSE(judge, "%s: declares no route, so nothing could be written", judge->file);
    for (uint32_t i = 0; i < p->route_count; i++) {
        enum status status = name_check(judge, "route", i, p->routes[i].name);
        if (status) return status;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(p->routes[k].name, p->routes[i].name) == 0)
                return twice(judge, "route", p->routes[i].name);
        status = route_check(judge, &p->routes[i]);
        if (status) return status;
    }
    return ST_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static enum status suffixes_check(const struct judge *judge)
{
    const char *const *suffixes = judge->declared->foreign_suffixes;
    for (; suffixes && *suffixes; suffixes++)
        if (!strchr(*suffixes + (**suffixes != 0), '.') || strpbrk(*suffixes, "/:@*? "))
            return REFUSE(judge, "%s: the foreign suffix '%.80s' is not a host or \".domain.tld\"",
                          judge->file, *suffixes);
    return ST_OK;
}

static enum status head_check(const struct judge *judge, const char *name)
{
    const struct stockd_plugin *p = judge->declared;
    if (!text_is_name(p->id))
        return REFUSE(judge,
                      "%s: its id, '%.80s', is not 1 to %u lower case letters, digits, '-' and '_'",
                      judge->file, p->id, STOCKD_NAME_MAX);
    if (name && strcmp(p->id, name) != 0)
        return REFUSE(judge, "%s: its id is '%s', so the file must be called %s.so", judge->file,
                      p->id, p->id);
    if (!p->version[0] || !p->title[0])
        return REFUSE(judge, "%s: its %s is empty", judge->file,
                      p->version[0] ? "title" : "version");
    if (p->scratch_max > STOCKD_SCRATCH_MAX)
        return REFUSE(judge, "%s: wants %u bytes of scratch, at most %u are given", judge->file,
                      p->scratch_max, STOCKD_SCRATCH_MAX);
    if (p->flags & ~ALL_FLAGS)
        return REFUSE(judge, "%s: sets flags 0x%x, which ABI %u.%u does not have", judge->file,
                      p->flags & ~ALL_FLAGS, STOCKD_ABI_MAJOR, STOCKD_ABI_MINOR);
    if ((p->flags & STOCKD_ORDERS_NEED_OPEN) && !p->operations[STOCKD_FETCH_ORDERS])
        return REFUSE(judge,
                      "%s: its orders need open ids, but there is no operation "
                      "'fetch_orders'",
                      judge->file);
    if ((p->flags & STOCKD_LISTINGS_CARRY_STOCK) && !p->operations[STOCKD_FETCH_LISTINGS])
        return REFUSE(judge,
                      "%s: its listings carry stock, but there is no operation "
                      "'fetch_listings'",
                      judge->file);
    return ST_OK;
}

enum status plugin_check(const struct stockd_plugin *declared, const char *name, const char *file,
                         struct error *error)
{
    struct judge judge = {.declared = declared, .file = file, .error = error};
    enum status status = head_check(&judge, name);
    if (!status) status = options_check(&judge);
    if (!status) status = endpoints_check(&judge);
    if (!status) status = buckets_check(&judge);
    if (!status) status = routes_check(&judge);
    if (!status) status = suffixes_check(&judge);
    return status;
}
