/* What a plugin declares, held against the header: one check for each table, with a sentence for
 * each thing that is wrong. */
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PARALLEL_MAX 64u
#define MONTH_MS     (31 * INT64_C(86400000))

static char wrong[1024]; /* the first thing wrong with the table at hand; "" while nothing is */

static void require(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void require(bool holds, const char *format, ...)
{
    if (holds || wrong[0]) return;
    va_list args;
    va_start(args, format);
    vsnprintf(wrong, sizeof(wrong), format, args);
    va_end(args);
}

static void conclude(const struct settings *settings, const char *table)
{
    report(settings, !wrong[0], "%s%s%s", table, wrong[0] ? ": " : "", wrong);
    wrong[0] = '\0';
}

#define ELEMENT(plugin, noun, i) \
    ((const void *)((const char *)(plugin)->noun##s + (size_t)(i) * (plugin)->noun##_size))

/* Lower case letters, digits, '-' and '_', a letter or digit first. */
static bool is_name(const char *text)
{
    if (!text || !text[0] || strlen(text) > STOCKD_NAME_MAX || text[0] == '-' || text[0] == '_')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(text);
}

/* What stockd itself reads in every account's section. */
static bool is_taken(const char *name)
{
    static const char *const taken[] = {"plugin",    "enabled", "dry-run",  "orders",
                                        "timeout",   "batch",   "attempts", "allow-plain-http",
                                        "endpoints", "quotas"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(name, taken[i]) == 0) return true;
    return false;
}

static bool is_text(const char *text)
{
    return text && text[0] && check_is_utf8(text, strlen(text));
}

static void check_head(const struct settings *settings)
{
    const struct stockd_plugin *plugin = settings->plugin;
    const char *base = strrchr(settings->file, '/');
    char name[64];
    require(plugin->size >= sizeof(*plugin) - sizeof(plugin->extension),
            "size is %u; use STOCKD_PLUGIN_HEAD", plugin->size);
    require(is_name(plugin->id), "id '%s' must be lower-case letters, digits, '-' and '_'",
            plugin->id ? plugin->id : "");
    if (!wrong[0]) {
        snprintf(name, sizeof(name), "%s.so", plugin->id);
        require(strcmp(base ? base + 1 : settings->file, name) == 0,
                "id is '%s', so the file must be named %s", plugin->id, name);
    }
    require(is_text(plugin->version), "version is missing");
    require(is_text(plugin->title), "title is missing");
    require(plugin->scratch_max <= STOCKD_SCRATCH_MAX, "scratch_max is %u, at most 64 MiB",
            plugin->scratch_max);
    require((plugin->flags &
             ~(STOCKD_STOCK_NEEDS_IDS | STOCKD_LISTINGS_CARRY_STOCK | STOCKD_STOCK_BY_WAREHOUSE |
               STOCKD_ORDERS_NEED_OPEN | STOCKD_READINGS_GO_ON | STOCKD_JSON_ENDS_WITH_STEP)) == 0,
            "flags 0x%x: one of them does not exist", plugin->flags);
    require(!(plugin->flags & STOCKD_ORDERS_NEED_OPEN) || plugin->operations[STOCKD_FETCH_ORDERS],
            "orders need open ids, but there is no fetch_orders");
    require(!(plugin->flags & STOCKD_LISTINGS_CARRY_STOCK) ||
                plugin->operations[STOCKD_FETCH_LISTINGS],
            "listings carry stock, but there is no fetch_listings");
    conclude(settings, "head");
}

static bool is_choice(const char *choices, const char *value)
{
    size_t size = strlen(value);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, value, size) == 0 && (at[size] == '|' || at[size] == '\0')) return true;
    return false;
}

static bool is_default(const struct stockd_option *option)
{
    const char *text = option->default_value;
    char *end;
    long long value = strtoll(text, &end, 10);
    switch (option->type) {
    case STOCKD_OPTION_INT:
        return *text && !*end &&
               (option->max <= option->min || (value >= option->min && value <= option->max));
    case STOCKD_OPTION_BOOL: return is_choice("true|false|yes|no|on|off", text);
    case STOCKD_OPTION_CHOICE: return option->choices && is_choice(option->choices, text);
    case STOCKD_OPTION_DURATION: return end != text && is_choice("ms|s|m|h|d", end);
    default: return true;
    }
}

static void check_options(const struct settings *settings)
{
    const struct stockd_plugin *plugin = settings->plugin;
    require(!plugin->option_count || plugin->option_size >= sizeof(struct stockd_option),
            "option_size is %u; use STOCKD_TABLE", plugin->option_size);
    require(plugin->option_count <= STOCKD_OPTIONS_MAX, "there are %u, at most %u",
            plugin->option_count, STOCKD_OPTIONS_MAX);
    for (uint32_t i = 0; i < plugin->option_count && !wrong[0]; i++) {
        const struct stockd_option *option = ELEMENT(plugin, option, i);
        require(is_name(option->name), "option %u: '%s' is no name", i,
                option->name ? option->name : "");
        if (wrong[0]) break;
        require(option->type >= STOCKD_OPTION_STRING && option->type <= STOCKD_OPTION_DURATION,
                "%s: type %u does not exist", option->name, option->type);
        require(!is_taken(option->name), "%s: stockd reads that key itself in every account",
                option->name);
        require(!option->secret || option->type == STOCKD_OPTION_STRING,
                "%s: a secret must be a string", option->name);
        require(is_text(option->help), "%s: help is missing", option->name);
        require(option->type != STOCKD_OPTION_CHOICE || option->choices, "%s: choices are missing",
                option->name);
        require(!option->secret || !option->default_value, "%s: a secret has no default",
                option->name);
        require(!option->required || !option->default_value, "%s: what is required has no default",
                option->name);
        require(!option->default_value || is_default(option),
                "%s: the default '%s' would be refused", option->name, option->default_value);
        for (uint32_t k = 0; k < i; k++)
            require(strcmp(((const struct stockd_option *)ELEMENT(plugin, option, k))->name,
                           option->name) != 0,
                    "%s is declared twice", option->name);
    }
    conclude(settings, "options");
}

static const struct stockd_option *option_named(const struct stockd_plugin *plugin,
                                                const char *name, size_t size)
{
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const struct stockd_option *option = ELEMENT(plugin, option, i);
        if (strlen(option->name) == size && strncmp(option->name, name, size) == 0) return option;
    }
    return NULL;
}

static void check_endpoints(const struct settings *settings)
{
    const struct stockd_plugin *plugin = settings->plugin;
    require(plugin->endpoint_count > 0, "there is none, so no request can be made");
    require(plugin->endpoint_size >= sizeof(struct stockd_endpoint),
            "endpoint_size is %u; use STOCKD_TABLE", plugin->endpoint_size);
    require(plugin->endpoint_count <= STOCKD_ENDPOINTS_MAX, "there are %u, at most %u",
            plugin->endpoint_count, STOCKD_ENDPOINTS_MAX);
    for (uint32_t i = 0; i < plugin->endpoint_count && !wrong[0]; i++) {
        const struct stockd_endpoint *endpoint = ELEMENT(plugin, endpoint, i);
        require(is_name(endpoint->name), "endpoint %u has no name", i);
        require(endpoint->base_url || endpoint->url_option,
                "endpoint %u has neither an address nor an option for it", i);
        require(!endpoint->base_url || strncmp(endpoint->base_url, "https://", 8) == 0,
                "the address of endpoint %u is not https", i);
        require(!endpoint->base_url || endpoint->base_url[strlen(endpoint->base_url) - 1] != '/',
                "the address of endpoint %u ends with '/', and so would every path begin twice", i);
        require(!endpoint->url_option ||
                    option_named(plugin, endpoint->url_option, strlen(endpoint->url_option)),
                "endpoint %u takes its address from an option that is not declared", i);
    }
    const char *const *suffix = plugin->foreign_suffixes;
    for (; suffix && *suffix; suffix++)
        require(strchr(*suffix + (**suffix != 0), '.') && !strpbrk(*suffix, "/:@*? "),
                "the foreign suffix '%s' is neither a host nor \".domain.tld\"", *suffix);
    conclude(settings, "endpoints");
}

static void check_bucket_key(const struct stockd_plugin *plugin, const struct stockd_bucket *bucket)
{
    for (const char *at = bucket->key_options; at && *at;) {
        size_t size = strcspn(at, ",");
        const struct stockd_option *option = option_named(plugin, at, size);
        require(option != NULL, "%s: its key names '%.*s', which is no option", bucket->name,
                (int)size, at);
        require(!option || !option->secret, "%s: its key names a secret", bucket->name);
        at += size + (at[size] == ',');
    }
}

static void check_buckets(const struct settings *settings)
{
    const struct stockd_plugin *plugin = settings->plugin;
    require(plugin->bucket_count > 0, "there is none: every marketplace has a limit");
    require(!plugin->bucket_count || plugin->bucket_size >= sizeof(struct stockd_bucket),
            "bucket_size is %u; use STOCKD_TABLE", plugin->bucket_size);
    require(plugin->bucket_count <= STOCKD_BUCKETS_MAX, "there are %u, at most %u",
            plugin->bucket_count, STOCKD_BUCKETS_MAX);
    for (uint32_t i = 0; i < plugin->bucket_count && !wrong[0]; i++) {
        const struct stockd_bucket *bucket = ELEMENT(plugin, bucket, i);
        require(is_name(bucket->name), "bucket %u has no name", i);
        if (wrong[0]) break;
        require(bucket->kind >= STOCKD_BUCKET_TOKENS && bucket->kind <= STOCKD_BUCKET_IN_FLIGHT,
                "%s: kind %u does not exist", bucket->name, bucket->kind);
        require(bucket->amount > 0, "%s: amount must be above 0", bucket->name);
        require(bucket->kind == STOCKD_BUCKET_IN_FLIGHT || bucket->per_ms > 0,
                "%s: per_ms must be above 0", bucket->name);
        check_bucket_key(plugin, bucket);
    }
    conclude(settings, "buckets");
}

static void check_charges(const struct stockd_plugin *plugin, const struct stockd_route *route,
                          const struct stockd_charge *charges)
{
    for (size_t i = 0; i < STOCKD_CHARGES_MAX && charges[i].amount; i++)
        require(charges[i].bucket < plugin->bucket_count && charges[i].amount > 0,
                "%s: a charge of %lld to bucket %u", route->name, (long long)charges[i].amount,
                charges[i].bucket);
}

static void check_routes(const struct settings *settings)
{
    const struct stockd_plugin *plugin = settings->plugin;
    require(plugin->route_count > 0, "there is none, so nothing can be written");
    require(!plugin->route_count || plugin->route_size >= sizeof(struct stockd_route),
            "route_size is %u; use STOCKD_TABLE", plugin->route_size);
    require(plugin->route_count <= STOCKD_ROUTES_MAX, "there are %u, at most %u",
            plugin->route_count, STOCKD_ROUTES_MAX);
    for (uint32_t i = 0; i < plugin->route_count && !wrong[0]; i++) {
        const struct stockd_route *route = ELEMENT(plugin, route, i);
        require(is_name(route->name), "route %u has no name", i);
        if (wrong[0]) break;
        require(route->group <= STOCKD_GROUP_VALUE && route->kind <= STOCKD_WRITE_DELTA &&
                    route->confirmation <= STOCKD_CONFIRM_READBACK,
                "%s: group, kind or confirmation does not exist", route->name);
        require(route->max_items > 0 && route->max_items <= STOCKD_ITEMS_MAX,
                "%s: max_items is %u, not 1 to %u", route->name, route->max_items,
                STOCKD_ITEMS_MAX);
        require(route->parallel <= PARALLEL_MAX, "%s: parallel is above %u", route->name,
                PARALLEL_MAX);
        require(route->cadence_ms <= MONTH_MS && route->settle_ms <= MONTH_MS &&
                    route->stuck_after_ms <= MONTH_MS,
                "%s: a time is above 31 days: a slip of units?", route->name);
        require(route->min_items <= route->max_items, "%s: min_items is above max_items",
                route->name);
        require(route->cadence_ms >= 0 && route->settle_ms >= 0 && route->stuck_after_ms >= 0 &&
                    route->max_quantity >= 0,
                "%s: a time or limit is below 0", route->name);
        require(route->confirmation != STOCKD_CONFIRM_NOTE ||
                    plugin->operations[STOCKD_CONFIRM_STOCK],
                "%s: confirmed by note, but there is no confirm_stock", route->name);
        require(route->confirmation != STOCKD_CONFIRM_READBACK || route->settle_ms > 0,
                "%s: confirmed by reading back, but settle_ms is 0", route->name);
        check_charges(plugin, route, route->per_request);
        check_charges(plugin, route, route->per_item);
    }
    for (uint32_t i = 0; i <= STOCKD_PUSH_STOCK; i++)
        require(plugin->operations[i] != NULL, "the operation %s is required", operation_name(i));
    conclude(settings, "routes and operations");
}

void check_tables(const struct settings *settings)
{
    check_head(settings);
    check_options(settings);
    check_endpoints(settings);
    check_buckets(settings);
    check_routes(settings);
}
