/* A well declared plugin whose steps misbehave in the way its option `act` names. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <stockd/plugin.h>

static int *volatile nowhere;
static volatile int forever = 1;

/* Not a tail call, and nothing a compiler could turn into a loop. */
static int dig(volatile char *above)
{
    volatile char here[4096];
    here[0] = above ? above[0] : 1;
    return (forever ? dig(here) : 0) + here[0];
}

static enum stockd_verdict flood(const struct stockd_call *call)
{
    struct stockd_stock row = {.size = sizeof row, .warehouse_id = "w", .listing_id = "listing"};
    for (int i = 0; i < 1000000; i++)
        call->host->stock(call->ctx, &row);
    return STOCKD_DONE;
}

static enum stockd_verdict flood_bytes(const struct stockd_call *call)
{
    static char text[STOCKD_TEXT_MAX + 1];
    memset(text, 'x', STOCKD_TEXT_MAX);
    for (int i = 0; i < 100000; i++)
        call->host->malformed(call->ctx, text, text);
    return STOCKD_DONE;
}

static enum stockd_verdict act(const struct stockd_call *call)
{
    const char *how = call->host->option(call->ctx, "act");
    if (strcmp(how, "segv") == 0) *nowhere = 1;
    if (strcmp(how, "abort") == 0) abort();
    if (strcmp(how, "overflow") == 0) return (enum stockd_verdict)dig(NULL);
    if (strcmp(how, "ill") == 0) __builtin_trap();
    if (strcmp(how, "fpe") == 0) raise(SIGFPE);
    if (strcmp(how, "kill") == 0) raise(SIGKILL);
    while (strcmp(how, "hang") == 0 && forever) {
    }
    if (strcmp(how, "flood") == 0) return flood(call);
    if (strcmp(how, "flood-bytes") == 0) return flood_bytes(call);
    if (strcmp(how, "verdict") == 0) return (enum stockd_verdict)42;
    if (strcmp(how, "negative") == 0) return (enum stockd_verdict) - 1;
    return STOCKD_DONE;
}

static const struct stockd_option options[] = {
    {.name = "act", .type = STOCKD_OPTION_STRING, .default_value = "nothing"}};
static const struct stockd_route routes[] = {{.name = "all", .max_items = 100}};

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;
const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .id = PLUGIN_ID,
    .version = "1",
    .title = "Misbehaves",
    STOCKD_TABLE(option, options),
    STOCKD_TABLE(route, routes),
    .operations = {act, act, act},
};
