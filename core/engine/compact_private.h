/* What the files of forgetting share. For compact*.c only. */
#ifndef STOCKD_ENGINE_COMPACT_PRIVATE_H
#define STOCKD_ENGINE_COMPACT_PRIVATE_H

#include "engine/apply.h"

struct compacting {
    struct applying *a;
    int64_t before_ms;
    uint32_t left; /* rows that this chunk may still look at */
};

/* ---- compact_rows.c: after the ledger, table by table; where it stands is kept in the store */
bool compact_rows_going(struct compacting *c);
void compact_rows_begin(struct compacting *c);
enum status compact_rows(struct compacting *c, bool *end);

#endif
