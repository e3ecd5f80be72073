/* A small marketplace for the scripted plugins. It says what was done to it that a marketplace
 * would never forgive: see `fault`. One thread, no clock of its own. */
#ifndef SIM_BAZAAR_H
#define SIM_BAZAAR_H

#include "base/buf.h"
#include "base/random.h"
#include "scripted.h"

#include <stdbool.h>

enum { BAZAAR_LISTINGS_MAX = 60, BAZAAR_PLACES_MAX = 3, BAZAAR_COMMANDS_MAX = 20000 };

struct bazaar_listing {
    bool poison; /* spoils every batch it is in, by name */
    bool deaf;   /* writes are taken and never seen */
    bool gone;   /* not in the new catalogue */
};

struct bazaar_command {
    char note[33];
    uint32_t listing, place;
    int64_t value, at_ms;
    bool done;     /* it is not under way any more */
    bool given_up; /* ... and was never carried out, however often it is asked for */
    bool met; /* its figure was there before it, somebody else's, and its sender did not know */
};

struct bazaar {
    enum scripted kind;
    struct bazaar_listing listings[BAZAAR_LISTINGS_MAX];
    int64_t figures[BAZAAR_PLACES_MAX][BAZAAR_LISTINGS_MAX];
    bool others[BAZAAR_PLACES_MAX][BAZAAR_LISTINGS_MAX]; /* that figure is somebody else's */
    int64_t closed_until_ms[BAZAAR_PLACES_MAX];
    uint32_t listing_count, place_count, epoch;
    struct bazaar_command *commands;
    uint32_t command_count;
    int64_t slow_ms;    /* how long a command takes */
    struct random odd;  /* which items of a batch are answered in an odd way */
    uint32_t odd_share; /* of a hundred */
    uint32_t end_share; /* of a thousand rows or items: the whole operation fails there */
    uint64_t writes;
    char fault[200]; /* the first thing it would not forgive, or "" */
};

void bazaar_init(struct bazaar *b, enum scripted kind, uint32_t listings, uint32_t places);
void bazaar_free(struct bazaar *b);
/* Returns the HTTP status; what is to be emitted goes to `out`. */
int bazaar_handle(struct bazaar *b, const char *path, const char *body, int64_t now_ms,
                  struct buf *out);
/* A write comes to its effect, or not: the listing may be deaf. */
void bazaar_write(struct bazaar *b, uint32_t place, uint32_t listing, int64_t figure);
void bazaar_tick(struct bazaar *b, int64_t now_ms); /* commands that are due are carried out */

#endif
