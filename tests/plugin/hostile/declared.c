/* A plugin that does nothing, with one thing wrong in what it declares; the build says which. */
#include <stddef.h>
#include <stockd/plugin.h>

#ifndef MAJOR
#define MAJOR STOCKD_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR STOCKD_ABI_MINOR
#endif
#ifndef MAGIC
#define MAGIC STOCKD_PLUGIN_MAGIC
#endif
#ifndef SIZE
#define SIZE sizeof(struct stockd_plugin)
#endif
#ifndef ID
#define ID PLUGIN_ID
#endif
#ifndef TITLE
#define TITLE "Hostile"
#endif

static enum stockd_verdict done(const struct stockd_call *call)
{
    (void)call;
    return STOCKD_DONE;
}

#ifdef OLD_LAYOUT
/* As an older minor would have been compiled: shorter elements, a shorter whole. What follows each
 * table must not be read as its tail. */
#undef SIZE
#define SIZE offsetof(struct stockd_plugin, extension)
static const struct {
    const char *name;
    uint32_t type;
    uint8_t required, secret;
    uint16_t reserved;
} options[] = {{"alpha", STOCKD_OPTION_STRING, 0, 0, 0}, {"beta", STOCKD_OPTION_BOOL, 0, 0, 0}};
static const struct {
    const char *name, *base_url;
} endpoints[] = {{"api", "https://old.example"}, {"files", "https://files.old.example"}};
static const struct {
    const char *name;
    uint32_t kind, reserved;
    int64_t amount, per_ms;
} buckets[] = {{"writes", STOCKD_BUCKET_TOKENS, 0, 80, 60000},
               {"reads", STOCKD_BUCKET_WINDOW, 0, 10, 1000}};
static const struct {
    const char *name;
    uint32_t group, kind, confirmation, min_items, max_items, parallel;
    struct stockd_charge per_request[STOCKD_CHARGES_MAX], per_item[STOCKD_CHARGES_MAX];
} routes[] = {{.name = "all", .max_items = 100}, {.name = "one", .max_items = 1}};
#else
__attribute__((unused)) static const struct stockd_option options[] = {
    {.name = "alpha", .type = STOCKD_OPTION_STRING}};
static const struct stockd_endpoint endpoints[] = {
    {.name = "api", .base_url = "https://a.example"}};
static const struct stockd_bucket buckets[] = {
    {.name = "writes", .kind = STOCKD_BUCKET_TOKENS, .amount = 80, .per_ms = 60000}};
static const struct stockd_route routes[] = {{.name = "all", .max_items = 100}};
#endif

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;
const struct stockd_plugin stockd_plugin = {
    .magic = MAGIC,
    .abi_major = MAJOR,
    .abi_minor = MINOR,
    .size = (uint32_t)SIZE,
    .id = ID,
    .version = "1",
    .title = (const char *)TITLE,
#ifdef OPTIONS
    .options = (const struct stockd_option *)OPTIONS,
#else
    .options = (const void *)options,
#endif
#ifdef OPTION_COUNT
    .option_count = OPTION_COUNT,
#else
    .option_count = sizeof options / sizeof *options,
#endif
    .option_size = sizeof *options,
    .endpoints = (const void *)endpoints,
    .endpoint_count = sizeof endpoints / sizeof *endpoints,
    .endpoint_size = sizeof *endpoints,
    .buckets = (const void *)buckets,
    .bucket_count = sizeof buckets / sizeof *buckets,
    .bucket_size = sizeof *buckets,
    .routes = (const void *)routes,
    .route_count = sizeof routes / sizeof *routes,
    .route_size = sizeof *routes,
    .operations = {done, done, done},
#ifdef OLD_LAYOUT
    /* Past the size it declares: must read as absent. */
    .extension = (const void *(*)(const char *))0x30,
#endif
};
