/* A table of rows by their addresses, each of which is held, so that nothing else comes to lie
 * there. What rows say is read in wire_*.c. */
#include "wire_known.h"

#include "base/mem.h"
#include "parsed.h"

enum { PLACES_BITS = 13, PLACES = 1 << PLACES_BITS }; /* some pages of 500 rows of each account */

struct place {
    json_t *row; /* NULL: nothing is known here */
    uint32_t account;
    int remote;
    struct wire_row said;
};

struct wire_known {
    struct place places[PLACES];
};

struct wire_known *wire_known_new(void)
{
    return mem_alloc(sizeof(struct wire_known));
}

void wire_known_free(struct wire_known *known)
{
    for (int i = 0; i < PLACES; i++)
        json_decref(known->places[i].row);
    mem_free(known);
}

static size_t place_of(const json_t *row)
{
    return (size_t)((uintptr_t)row * UINT64_C(0x9e3779b97f4a7c15) >> (64 - PLACES_BITS));
}

const struct wire_row *wire_known_find(const struct wire_known *known, uint32_t account, int remote,
                                       const json_t *row)
{
    const struct place *place = &known->places[place_of(row)];
    bool same = row && place->row == row && place->account == account && place->remote == remote;
    return same ? &place->said : NULL;
}

void wire_known_keep(struct wire_known *known, uint32_t account, int remote, json_t *row,
                     const struct wire_row *said)
{
    if (!parsed_keeps()) return;
    struct place *place = &known->places[place_of(row)];
    json_t *older = place->row;
    *place = (struct place){json_incref(row), account, remote, *said};
    json_decref(older);
}
