/* A plugin's operations, whatever the marketplace answers: this file is built once with each
 * plugin. What must hold is what the host of the SDK checks (sdk/check: no outcome for an item that
 * is not there, no request to what was not declared, nothing too long ...), that the operation
 * ends, and what is checked below. plugin_input.h says what an input is. */
#include "fuzz.h"
#include "plugin_input.h"

extern const struct stockd_plugin stockd_plugin;

enum { REQUEST_BODY_MAX = 1 << 20 }; /* of a dozen items */

static void check_requests(const struct check *host)
{
    const struct stockd_request *request = check_request(host);
    FUZZ_CHECK(request, "a step that sends has a request");
    FUZZ_CHECK(request->body_size <= REQUEST_BODY_MAX, "a request of a dozen items is small: %zu",
               request->body_size);
    FUZZ_CHECK((request->flags & STOCKD_REQUEST_FOREIGN) ||
                   request->endpoint < stockd_plugin.endpoint_count,
               "a request goes to a declared endpoint");
    if (request->flags & STOCKD_REQUEST_FOREIGN)
        FUZZ_CHECK(stockd_plugin.foreign_suffixes, "a foreign request needs declared hosts");
}

static void check_end(const struct check *host, const struct stockd_start *start, void *data)
{
    (void)data;
    for (size_t i = 0; i < host->problems.count; i++)
        FUZZ_CHECK(false, "a rule of the ABI: %s", host->problems.at[i]);
    FUZZ_CHECK(host->failure.why != STOCKD_FAIL_BUG, "the plugin says it is wrong itself: %s",
               host->failure.text ? host->failure.text : "");
    FUZZ_CHECK(host->steps < plugin_input_steps_max(start), "operation %u does not end",
               start->operation);
    for (size_t i = 0; i < host->outcomes.count; i++) {
        const struct check_outcome *outcome = &host->outcomes.at[i];
        /* STOCKD_ACCEPTED may be: a reading then tells. */
        bool landed = outcome->given && outcome->last.kind == STOCKD_OK;
        FUZZ_CHECK(!landed || start->operation != STOCKD_PUSH_STOCK || plugin_input_wrote(host),
                   "item %zu landed although nothing was written", i);
        FUZZ_CHECK(!outcome->given || outcome->last.observed == STOCKD_UNKNOWN ||
                       outcome->last.observed > -INT64_C(1000000000000000),
                   "item %zu: an observed figure", i);
    }
    for (size_t i = 0; i < host->stocks.count; i++)
        FUZZ_CHECK(host->stocks.at[i].kind != STOCKD_STOCK_ABSENT || start->item_count,
                   "only what was asked for can be absent");
    bool changes = plugin_input_wrote(host) && start->operation != STOCKD_PUSH_STOCK &&
                   start->operation != STOCKD_AUTHORIZE;
    FUZZ_CHECK(!changes, "operation %u only reads", start->operation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct plugin_input_look look = {.asked = check_requests, .ended = check_end};
    plugin_input_run(&stockd_plugin, data, size, &look);
    return 0;
}
