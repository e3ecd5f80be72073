/* References in values: ${env:NAME}, ${file:/path}, ${credential:name} (inside config). */
#ifndef STOCKD_CONFIG_SECRET_H
#define STOCKD_CONFIG_SECRET_H

#include "config/config.h"

/* True when `text` has a '$' that means something. */
bool config_secret_has(const char *text);
/* `text` with its references replaced, to be freed with config_wipe_text; `references` says how
 * many there were. NULL with a sentence that names the source and nothing it holds. `warning` gets
 * a sentence when a file can be read by others; its status is ST_OK when there is none. */
char *config_secret_resolve(const char *text, size_t *references, struct error *error,
                            struct error *warning);

#endif
