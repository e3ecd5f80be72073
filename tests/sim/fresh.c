#include "fresh.h"

#include "focus.h"
#include "plan.h"

#include <stdio.h>

static const char *const worlds[] = {
    "",
    "--only ozon",
    "--lies",
    "--only wb",
    "",
    "--settings",
    "--foreign",
    "--only allegro",
    "--hours 0.5",
    "--jobs --hours 0.5",
    "",
    "--only wix",
    "--house",
    "--only wix-v1",
    "--plain",
    "--lies --foreign --settings --hours 0.5",
    "--intake --hours 0.4",
    "--shops --external --foreign --hours 0.5",
    "--mixed --hours 0.5",
    "--days",
};

enum { WORLDS = sizeof worlds / sizeof worlds[0], FOCUSES = FOCUS_KINDS - 1 };

void fresh_world(uint64_t seed, char options[FRESH_WORLD_MAX])
{
    unsigned turn = (unsigned)(seed % (WORLDS + FOCUSES));
    if (turn < WORLDS)
        snprintf(options, FRESH_WORLD_MAX, "%s", worlds[turn]);
    else
        snprintf(options, FRESH_WORLD_MAX, "--focus %s",
                 focus_name((enum focus)(turn - WORLDS + 1)));
}
