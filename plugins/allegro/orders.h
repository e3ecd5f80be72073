/* What the files of fetch_orders share. */
#ifndef ALLEGRO_ORDERS_H
#define ALLEGRO_ORDERS_H

#include "allegro.h"

/* Emits a checkout form's lines; false when it could not be read whole (and was said to be
 * malformed). What was bought of is added to `sold`. */
bool allegro_emit_form(const struct stockd_call *call, const json_t *form,
                       struct allegro_sold *sold);
/* Emits what an event says by itself; false as above. `form` is its checkout form's id, or NULL
 * when there is none yet. */
bool allegro_emit_event(const struct stockd_call *call, const json_t *event,
                        struct allegro_sold *sold, const char **form);

#endif
