/* Many runs in several processes at once: each takes the next one that nobody has taken. A run
 * knows nothing of it; what it prints comes out when its process has ended, in one piece. */
#ifndef SIM_SPREAD_H
#define SIM_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

/* `run` adds what came of the run with that index to `sum`, which is of `size` bytes and plain: it
 * is handed from process to process as it is, and `add` puts it to the caller's. False: a process
 * did not come to its end. */
bool spread(unsigned processes, size_t count, void (*run)(void *ctx, size_t index, void *sum),
            void (*add)(void *ctx, const void *sum), void *ctx, size_t size);

#endif
