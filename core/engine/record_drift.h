/* What TABLE_DRIFT holds: a figure that was read and is not what should have been there, why that
 * may be, what was done, and whether it is over. A target has one open drift at most. */
#ifndef STOCKD_ENGINE_RECORD_DRIFT_H
#define STOCKD_ENGINE_RECORD_DRIFT_H

#include "engine/record.h"

enum drift_code {
    DRIFT_ORDERS = 1,    /* lower: orders that were not read yet may be why */
    DRIFT_ELSEWHERE = 2, /* lower, and the account's orders are netted by somebody else */
    DRIFT_RAISED = 3,
    DRIFT_LOWERED = 4,   /* and no order explains it */
    DRIFT_LOST = 5,      /* it shows what it showed before the last write */
    DRIFT_UNTRACKED = 6, /* the marketplace does not count it */
    DRIFT_MISSING = 7,   /* asked for and not in the answer: nothing follows from that (I9) */
    DRIFT_FOREIGN = 8,   /* somebody keeps overwriting it */
    DRIFT_CODES,
};
/* "unseen-orders", "orders-elsewhere", "raised", "lowered", "lost-write", "untracked", "missing",
 * "foreign-writer"; and a sentence. Static. */
const char *drift_code_name(enum drift_code code);
const char *drift_code_sentence(enum drift_code code);
int drift_code_parse(const char *name); /* 0: there is none such */

enum drift_done {
    DRIFT_DRAINS = 1,   /* the account's orders are read, then the figure again */
    DRIFT_WAITS = 2,    /* left for a while, in which the seller's own system may answer */
    DRIFT_REPAIRED = 3, /* our figure goes out again */
    DRIFT_LEFT = 4,     /* nothing may be sent there now, or nothing follows */
    DRIFT_NAMED = 5,    /* no longer fought: held, until a person decides */
    DRIFT_DONES,
};
const char *drift_done_name(enum drift_done done); /* "drain-asked", "waits", "repaired" ... */

enum drift_end {
    DRIFT_OPEN = 0,
    DRIFT_TRUE_AGAIN = 1,
    DRIFT_EXPLAINED = 2, /* by orders read since */
    DRIFT_RELEASED = 3,  /* by a person: repairs count anew */
    DRIFT_GONE = 4,      /* its target is */
    DRIFT_ENDS,
};
const char *drift_end_name(enum drift_end end); /* "" while it is open */

struct drift_record {
    int64_t expected;    /* acknowledged, less what was sold since */
    int64_t observed;    /* FIGURE_UNKNOWN: no figure was read */
    int64_t wanted;      /* when it was read */
    int64_t opened_ms;   /* when it was first read */
    int64_t since_ms;    /* how long the difference is the same one; a foreign writer's: named */
    int64_t read_ms;     /* when it was last read */
    int64_t repaired_ms; /* the last time; 0: never */
    int64_t closed_ms;   /* 0: open */
    uint64_t revision;   /* of the wanted figure, for since_ms */
    uint32_t repairs, seen;
    uint8_t code, done, end; /* enum drift_code, drift_done, drift_end */
    uint8_t earlier;         /* a foreign writer's: of `repairs`, those of drifts that were over */
    /* Packs more than expected in the last reading that was decided upon, less what orders are told
     * to have given back there since; 0: none, explained, or a row of before this was kept. */
    uint32_t unexplained;
};

#endif
