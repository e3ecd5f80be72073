/* How rows of older versions of stockd become today's (store/schema.h has the order in which that
 * happens, the copy that is kept, and the versions). Engine thread, before anything else. */
#ifndef STOCKD_ENGINE_SCHEMA_H
#define STOCKD_ENGINE_SCHEMA_H

#include "store/schema.h"

/* STORE_SCHEMA with its migrations. Static. */
const struct store_schema *engine_schema(void);

#endif
