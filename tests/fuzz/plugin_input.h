/* One operation of a plugin, told by a text: how it begins and what is answered. What holds
 * whatever is answered is fuzz_plugin.c's to say; what holds when memory runs out is
 * tests/plugin/memory's.
 *
 * Input, as text, so that it can be read and written by hand: how the operation begins, then
 * answers; the last one is given again as long as something is asked.
 *
 *     op 2                       enum stockd_operation
 *     route 0                    push_stock, confirm_stock
 *     mode 0                     of fetch_orders, of authorize
 *     warehouse 501              fetch_stock: the one to be read
 *     open 12345                 fetch_orders: an order still open
 *     state cursor 616263        the account's durable state, in hex
 *     item ID|GROUP|WAREHOUSE|SKU|BARCODE|WANTED|BASE|STATE|LISTING DATA|TARGET DATA|NOTE
 *     %% 200                     an answer: its status, or "lost", "not-sent", "large"
 *     Retry-After: 5             headers
 *                                an empty line
 *     {"items": []}              the body, until the next line that begins with %%
 */
#ifndef STOCKD_FUZZ_PLUGIN_INPUT_H
#define STOCKD_FUZZ_PLUGIN_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stockd/check_host.h>

struct plugin_input_look {
    void (*asked)(const struct check *host); /* of each request, before its answer; or NULL */
    void (*ended)(const struct check *host, const struct stockd_start *start, void *data);
    void *data;
};

/* Runs the operation to its end; nothing is called where the input describes none that the plugin
 * offers. */
void plugin_input_run(const struct stockd_plugin *plugin, const uint8_t *data, size_t size,
                      const struct plugin_input_look *look);

uint32_t plugin_input_steps_max(const struct stockd_start *start); /* it has ended before */
bool plugin_input_wrote(const struct check *host);

#endif
