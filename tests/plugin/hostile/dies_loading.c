/* A plugin whose constructor takes the process down. */
#include <stdlib.h>
#include <stockd/plugin.h>

__attribute__((constructor)) static void die(void)
{
    abort();
}
