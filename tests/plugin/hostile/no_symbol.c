/* A shared object that is no plugin. */
#include <stockd/plugin.h>

STOCKD_EXPORT extern const int stockd_something;
const int stockd_something = 1;
