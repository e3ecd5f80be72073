/* From what a file declares to a copy in this ABI's layout: versions, sizes, and every pointer held
 * against the object's own memory. What the declaration says is judged in check.c. */
#include "plugin/private.h"

#include "base/mem.h"
#include "plugin/text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { SUFFIXES_MAX = 32, TEXT_FIELDS = 4 };

struct text_field {
    size_t offset;
    const char *name;
    bool required;
};

/* A table of a plugin: where the plugin keeps it, and how much of an element must be there (what
 * follows may be missing in an older minor, and then reads as zero). */
struct table {
    const char *noun;
    size_t pointer, count, size; /* offsets in struct stockd_plugin */
    size_t least, full;
    uint32_t max;
    struct text_field texts[TEXT_FIELDS];
};

#define TABLE(noun, member, least_member, limit)        \
    noun, offsetof(struct stockd_plugin, member##s),    \
        offsetof(struct stockd_plugin, member##_count), \
        offsetof(struct stockd_plugin, member##_size),  \
        offsetof(struct stockd_##member, least_member), sizeof(struct stockd_##member), limit

static const struct table tables[] = {
    {TABLE("option", option, default_value, STOCKD_OPTIONS_MAX),
     {{offsetof(struct stockd_option, name), "name", true},
      {offsetof(struct stockd_option, default_value), "default", false},
      {offsetof(struct stockd_option, choices), "choices", false},
      {offsetof(struct stockd_option, help), "help", false}}},
    {TABLE("endpoint", endpoint, url_option, STOCKD_ENDPOINTS_MAX),
     {{offsetof(struct stockd_endpoint, name), "name", true},
      {offsetof(struct stockd_endpoint, base_url), "base address", false},
      {offsetof(struct stockd_endpoint, url_option), "url option", false}}},
    {TABLE("bucket", bucket, burst, STOCKD_BUCKETS_MAX),
     {{offsetof(struct stockd_bucket, name), "name", true},
      {offsetof(struct stockd_bucket, key_options), "key options", false}}},
    {TABLE("route", route, cadence_ms, STOCKD_ROUTES_MAX),
     {{offsetof(struct stockd_route, name), "name", true}}},
};

enum { TABLES = sizeof tables / sizeof *tables };

struct source {
    const struct image *image;
    const char *file;
    struct error *error;
};

static enum status text_check(const struct source *source, const char *text, bool required,
                              const char *what)
{
    if (!text && !required) return ST_OK;
    if (!text) return error_set(source->error, ST_INVALID, "%s: %s is missing", source->file, what);
    if (!image_holds_text(source->image, text))
        return error_set(source->error, ST_INVALID, "%s: %s does not point to a text of this file",
                         source->file, what);
    size_t size = strnlen(text, STOCKD_TEXT_MAX + 1);
    if (size > STOCKD_TEXT_MAX)
        return error_set(source->error, ST_INVALID, "%s: %s is longer than %u bytes", source->file,
                         what, STOCKD_TEXT_MAX);
    if (!text_is_utf8(text, size))
        return error_set(source->error, ST_INVALID, "%s: %s is not UTF-8", source->file, what);
    return ST_OK;
}

static enum status elements_check(const struct source *source, const struct table *table,
                                  const char *elements, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (size_t f = 0; f < TEXT_FIELDS && table->texts[f].name; f++) {
            char what[64];
            snprintf(what, sizeof what, "the %s of %s %u", table->texts[f].name, table->noun, i);
            const char *text;
            memcpy(&text, elements + i * table->full + table->texts[f].offset, sizeof text);
            enum status status = text_check(source, text, table->texts[f].required, what);
            if (status) return status;
        }
    }
    return ST_OK;
}

/* The plugin's pointer to the table is replaced by one to our copy, which plugin_normal_free frees;
 * before that, or on failure, it is NULL. */
static enum status table_copy(const struct source *source, const struct table *table,
                              struct stockd_plugin *copy)
{
    const char *raw;
    uint32_t count, size;
    char *self = (char *)copy;
    memcpy(&raw, self + table->pointer, sizeof raw);
    memcpy(&count, self + table->count, sizeof count);
    memcpy(&size, self + table->size, sizeof size);
    memset(self + table->pointer, 0, sizeof raw);
    uint32_t full = (uint32_t)table->full;
    memcpy(self + table->size, &full, sizeof full);
    if (count == 0) return ST_OK;
    const char *noun = table->noun, *file = source->file;
    if (count > table->max)
        return error_set(source->error, ST_INVALID, "%s: declares %u %ss, at most %u are taken",
                         file, count, noun, table->max);
    if (!raw)
        return error_set(source->error, ST_INVALID, "%s: declares %u %ss but no table of them",
                         file, count, noun);
    if (size < table->least || size > table->full)
        return error_set(source->error, ST_UNSUPPORTED,
                         "%s: its %ss are %u bytes each, ABI %u.%u has %zu to %zu", file, noun,
                         size, STOCKD_ABI_MAJOR, STOCKD_ABI_MINOR, table->least, table->full);
    if (!image_holds(source->image, raw, (size_t)count * size))
        return error_set(source->error, ST_INVALID,
                         "%s: declares %u %ss, which reach past the file's memory", file, count,
                         noun);
    char *elements = mem_array(count, table->full);
    memcpy(self + table->pointer, &elements, sizeof elements);
    for (uint32_t i = 0; i < count; i++)
        memcpy(elements + i * table->full, raw + (size_t)i * size, size);
    return elements_check(source, table, elements, count);
}

static enum status suffixes_check(const struct source *source, const char *const *suffixes)
{
    for (uint32_t i = 0; suffixes; i++) {
        if (i > SUFFIXES_MAX || !image_holds(source->image, &suffixes[i], sizeof *suffixes))
            return error_set(source->error, ST_INVALID,
                             "%s: its foreign suffixes have no NULL at the end (at most %d)",
                             source->file, SUFFIXES_MAX);
        if (!suffixes[i]) break;
        enum status status = text_check(source, suffixes[i], true, "a foreign suffix");
        if (status) return status;
    }
    return ST_OK;
}

static enum status version_check(const struct source *source, const struct stockd_plugin *raw)
{
    if (!image_holds(source->image, raw, offsetof(struct stockd_plugin, flags)) ||
        raw->magic != STOCKD_PLUGIN_MAGIC)
        return error_set(source->error, ST_INVALID,
                         "%s: its symbol 'stockd_plugin' is not a stockd plugin (wrong magic); "
                         "begin it with STOCKD_PLUGIN_HEAD",
                         source->file);
    if (raw->abi_major != STOCKD_ABI_MAJOR)
        return error_set(source->error, ST_UNSUPPORTED,
                         "%s: built for ABI %u, this stockd speaks %u; %s", source->file,
                         raw->abi_major, STOCKD_ABI_MAJOR,
                         raw->abi_major > STOCKD_ABI_MAJOR ? "upgrade stockd"
                                                           : "install a newer build of the plugin");
    if (raw->abi_minor > STOCKD_ABI_MINOR)
        return error_set(source->error, ST_UNSUPPORTED,
                         "%s: built for ABI %u.%u, this stockd speaks %u.%u; upgrade stockd",
                         source->file, raw->abi_major, raw->abi_minor, STOCKD_ABI_MAJOR,
                         STOCKD_ABI_MINOR);
    size_t least = offsetof(struct stockd_plugin, extension), full = sizeof *raw;
    size_t there = source->image ? image_symbol_size(raw) : SIZE_MAX;
    if (raw->size < least || raw->size > full || raw->size > there)
        return error_set(source->error, ST_UNSUPPORTED,
                         "%s: says its description is %u bytes, ABI %u.%u has %zu to %zu%s",
                         source->file, raw->size, STOCKD_ABI_MAJOR, STOCKD_ABI_MINOR, least, full,
                         raw->size > there ? " and the file holds fewer" : "");
    return ST_OK;
}

static enum status operations_check(const struct source *source, const struct stockd_plugin *copy)
{
    for (uint32_t i = 0; i < STOCKD_OPERATION_COUNT; i++) {
        const char *name = plugin_operation_name((enum stockd_operation)i);
        if (!copy->operations[i] && i <= STOCKD_PUSH_STOCK)
            return error_set(source->error, ST_INVALID, "%s: lacks the operation '%s'",
                             source->file, name);
        const void *code = (const void *)(uintptr_t)copy->operations[i];
        if (code && !image_holds(source->image, code, 1))
            return error_set(source->error, ST_INVALID,
                             "%s: its operation '%s' does not point into the file", source->file,
                             name);
    }
    const void *routes = (const void *)(uintptr_t)copy->item_routes;
    const void *extension = (const void *)(uintptr_t)copy->extension;
    if ((routes && !image_holds(source->image, routes, 1)) ||
        (extension && !image_holds(source->image, extension, 1)))
        return error_set(source->error, ST_INVALID,
                         "%s: one of its functions does not point into the file", source->file);
    return ST_OK;
}

static enum status body_copy(const struct source *source, struct stockd_plugin *copy)
{
    enum status status = text_check(source, copy->id, true, "its id");
    if (!status) status = text_check(source, copy->version, true, "its version");
    if (!status) status = text_check(source, copy->title, true, "its title");
    if (!status) status = suffixes_check(source, copy->foreign_suffixes);
    if (!status) status = operations_check(source, copy);
    return status;
}

static void defaults_fill(struct stockd_plugin *copy)
{
    static const int64_t stuck_after_ms = 3600000; /* plugin.h: 0 means 1 hour */
    copy->size = sizeof *copy;
    if (copy->scratch_max == 0) copy->scratch_max = STOCKD_SCRATCH_DEFAULT;
    struct stockd_route *routes = (struct stockd_route *)copy->routes;
    for (uint32_t i = 0; i < copy->route_count; i++) {
        if (routes[i].min_items == 0) routes[i].min_items = 1;
        if (routes[i].parallel == 0) routes[i].parallel = 1;
        if (routes[i].stuck_after_ms == 0) routes[i].stuck_after_ms = stuck_after_ms;
    }
    struct stockd_bucket *buckets = (struct stockd_bucket *)copy->buckets;
    for (uint32_t i = 0; i < copy->bucket_count; i++)
        if (buckets[i].burst == 0) buckets[i].burst = buckets[i].amount;
}

enum status plugin_normalise(const struct stockd_plugin *raw, const struct image *image,
                             const char *file, struct stockd_plugin *copy, struct error *error)
{
    struct source source = {.image = image, .file = file, .error = error};
    memset(copy, 0, sizeof *copy);
    enum status status = version_check(&source, raw);
    if (status) return status;
    memcpy(copy, raw, raw->size);
    /* All tables leave the plugin's memory first, so that a failure frees only what is ours. */
    for (size_t i = 0; i < TABLES; i++) {
        enum status one = table_copy(&source, &tables[i], copy);
        if (one) {
            for (size_t later = i + 1; later < TABLES; later++)
                memset((char *)copy + tables[later].pointer, 0, sizeof(void *));
            plugin_normal_free(copy);
            return one;
        }
    }
    status = body_copy(&source, copy);
    if (status) {
        plugin_normal_free(copy);
        return status;
    }
    defaults_fill(copy);
    return ST_OK;
}

void plugin_normal_free(struct stockd_plugin *copy)
{
    for (size_t i = 0; i < TABLES; i++) {
        void *elements;
        memcpy(&elements, (char *)copy + tables[i].pointer, sizeof elements);
        mem_free(elements);
    }
    memset(copy, 0, sizeof *copy);
}
