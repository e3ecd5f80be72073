/* What the oracle keeps of a pair. For its own files: oracle.c (from selection to the wire),
 * oracle_landed.c (what lands), oracle_answer.c (what comes back). */
#ifndef SIM_ORACLE_PAIR_H
#define SIM_ORACLE_PAIR_H

#include "oracle.h"
#include "oracle_again.h"
#include "oracle_barrier.h"
#include "oracle_store.h"
#include "oracle_tokens.h"
#include "wire.h"

enum {
    ORACLE_TOLD = 4,
    ORACLE_FINES = 16,
    ORACLE_SLACK_MS = 250, /* of settle times: clocks cut to ms, and delays between the parts */
};

struct pair {
    /* The selection that has not left yet. */
    bool selected, forced_selected, passes;
    int64_t selected_value, selected_us;
    uint32_t selected_learned; /* oracle_again.h's count then */
    uint64_t selected_revision;
    /* What left last. */
    bool sent, settled_ok; /* settled_ok: the marketplace took it, and the process was told */
    int64_t known_us;      /* ... that was then */
    bool sought;           /* ... and may look for it all the same: the store refused something soon
                              after, it died with that, or it was told a moment too early */
    int64_t sent_value, sent_us;
    int64_t before_value;              /* what was surely there before that */
    int64_t read_before;               /* what was read there last before that, or 0 */
    bool told_before;                  /* it was what answers had told last before it left */
    int64_t wrote_us, wrote_before_us; /* when what may have changed it left; and before that */
    uint64_t sent_revision;
    uint32_t sent_learned;
    uint64_t open_exchange; /* not resolved: it may be there or still come */
    bool lost;              /* ... and no answer of its own will say any more */
    int64_t lost_us;
    char command[WIRE_COMMAND_MAX]; /* by which it may be asked for, or "" */
    bool applied;                   /* the model took what was sent last */
    bool waits;                     /* when all became silent: for its card */
    int64_t astray; /* what was sent last was a change from so many more than there were: a lie */
    bool forced;
    /* The same figure, refused again and again: how often, since when, as which. */
    uint32_t refused;
    int64_t refused_us, refused_value;
    /* Since it left last, what was sent then may go again: for something that the process cannot
     * have known otherwise; for its lines may have been let go, and taken up again. */
    bool again, switched;
    int64_t renewed_us; /* when its target may have been made anew */
    /* The figure read last by what was asked for when all that had been written had settled, true
     * or not; 0 where none was since a write was known to be taken. */
    int64_t read_value;
    uint64_t landed; /* the newest request that did something */
    int64_t last_shown;
    /* Other figures than before that answers told of it, the newest last; by when they were last
     * asked for. */
    struct told {
        int64_t figure, asked_us;
        bool lie;
        bool other; /* the pair really showed another figure than had been sent last */
    } told[ORACLE_TOLD];
    uint32_t told_count;
    int64_t told_revision, named_revision; /* the highest that was told; that was written with */
};

struct oracle {
    struct sim *sim;
    struct pair *pairs;
    struct oracle_flights flights;
    struct barrier *barrier;
    struct again *again;
    struct oracle_lines *lines; /* NULL: nothing of them is followed */
    struct oracle_tokens tokens;
    int64_t late_us[PLAN_ACCOUNTS_MAX]; /* by seller: when something last landed late */
    struct fines {
        struct fine { /* a refusal at the price of ten requests */
            uint64_t exchange;
            int64_t landed_us, told_us; /* told_us 0: the process has not been answered */
        } list[ORACLE_FINES];
        uint64_t count;
    } fines[PLAN_ACCOUNTS_MAX]; /* by seller */
    /* By account, where what is accepted shows later: whether that may be by now. */
    struct later {
        bool moved;     /* something was done there since it was looked at */
        int64_t due_ms; /* then the model does something by itself, in true time */
    } later[PLAN_ACCOUNTS_MAX];
    int64_t crashed_us;
    int64_t saw_us;   /* when the first request left after the clock was last set forward */
    int64_t begun_us; /* when this life began */
    uint64_t violations[MARKET_KINDS], writes;
};

/* Whether that figure was told of the pair, by an answer to what was asked since then. */
bool oracle_was_told(const struct pair *p, int64_t figure, int64_t since_us);

/* Whether answers that lied were the last to tell that figure. */
bool oracle_was_lied(const struct pair *p, int64_t figure);

/* Something was done at the account, or at another one of its seller's. */
void oracle_moved(struct oracle *o, uint32_t account);

/* The process learns what the refusal cost. */
void oracle_fine_told(struct oracle *o, const struct exchange *x);

static inline const struct sim_market *oracle_market_of(const struct oracle *o, uint32_t pair)
{
    return world_account_of(&o->sim->world, pair)->market;
}

#endif
