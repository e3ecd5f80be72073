/* Plugins for the bazaar: one set of steps that says line by line what the marketplace's answer
 * tells it to, declared in several ways.
 *
 * A request's body has a line for each item: listing, warehouse, wanted, base, note ("-" for none).
 * An answer's lines are what is emitted: see scripted.c. */
#ifndef SIM_SCRIPTED_H
#define SIM_SCRIPTED_H

#include <stockd/plugin.h>

enum scripted {
    SCRIPTED_IDS,   /* no dump, by warehouse; a success proves nothing: read back; 0 is no row */
    SCRIPTED_VALUE, /* equal values by a command that is asked for by its note, others one by one */
    SCRIPTED_DELTA, /* says how many more; listings carry the stock */
    SCRIPTED_COUNT,
};

extern const struct stockd_plugin scripted_plugins[SCRIPTED_COUNT];

enum { SCRIPTED_VALUE_LEAST = 2 };

#define SCRIPTED_OF_PUSH "?push" /* ends the path of a reading that a push makes */

#endif
