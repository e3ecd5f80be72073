/* The words of drifts. Rows are the struct as it is. */
#include "engine/record_drift.h"

static const struct {
    const char *name, *sentence;
} codes[DRIFT_CODES] = {
    [DRIFT_ORDERS] = {"unseen-orders", "buyers may have ordered what was not read yet"},
    [DRIFT_ELSEWHERE] = {"orders-elsewhere",
                         "buyers may have ordered; your own system nets the orders of this account "
                         "and is given time to say so"},
    [DRIFT_RAISED] = {"raised",
                      "somebody else raised it, or pieces of a cancelled order came back"},
    [DRIFT_LOWERED] = {"lowered", "somebody else lowered it: no order explains it"},
    [DRIFT_LOST] = {"lost-write",
                    "it shows what it showed before the last write, which was answered as taken"},
    [DRIFT_UNTRACKED] = {"untracked", "the marketplace does not count this listing's stock"},
    [DRIFT_MISSING] = {"missing", "it was asked for and is not in the answer; that is no 0"},
    [DRIFT_FOREIGN] =
        {"foreign-writer",
         "somebody else keeps overwriting it: another program, another stockd, or the "
         "marketplace itself"},
};

const char *drift_code_name(enum drift_code code)
{
    return (unsigned)code < DRIFT_CODES && code ? codes[code].name : "";
}

const char *drift_code_sentence(enum drift_code code)
{
    return (unsigned)code < DRIFT_CODES && code ? codes[code].sentence : "";
}

int drift_code_parse(const char *name)
{
    for (int i = 1; i < DRIFT_CODES; i++)
        if (strcmp(codes[i].name, name) == 0) return i;
    return 0;
}

const char *drift_done_name(enum drift_done done)
{
    static const char *const names[DRIFT_DONES] = {"",         "drain-asked", "waits",
                                                   "repaired", "left",        "named"};
    return (unsigned)done < DRIFT_DONES ? names[done] : "";
}

const char *drift_end_name(enum drift_end end)
{
    static const char *const names[DRIFT_ENDS] = {"", "true-again", "explained", "released",
                                                  "gone"};
    return (unsigned)end < DRIFT_ENDS ? names[end] : "";
}
