/* References in values: ${env:NAME}, ${file:/path}, ${credential:name}, ${sealed:NAME} (inside
 * config). */
#ifndef STOCKD_CONFIG_SECRET_H
#define STOCKD_CONFIG_SECRET_H

#include "config/config.h"

struct seal;

/* Where ${sealed:NAME} is looked up. */
struct config_sealed {
    const char *directory;
    struct seal *seal;
};

/* True when `text` has a '$' that means something. */
bool config_secret_has(const char *text);
/* `text` with its references replaced, to be freed with config_wipe_text; `references` says how
 * many there were. NULL with a sentence that names the source and nothing it holds. `warning` gets
 * a sentence when a file can be read by others; its status is ST_OK when there is none. `sealed`
 * NULL: there are none where this value stands. */
char *config_secret_resolve(const char *text, const struct config_sealed *sealed,
                            size_t *references, struct error *error, struct error *warning);

#endif
