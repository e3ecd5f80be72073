/* One simulation: everything of one seed, and the three things all parts need from it: to say what
 * happens, to fail, and to know the phase. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/random.h"
#include "journal.h"
#include "loop.h"
#include "plan.h"
#include "plugin/loader.h"
#include "store/store.h"
#include "tally.h"
#include "truth.h"
#include "world.h"

struct daemon;
struct seal;
struct network;
struct oracle;
struct oversold;
struct oversold_list;
struct parked;
struct script;
struct stale;

enum sim_phase {
    SIM_HOSTILE, /* the operator works, things go wrong */
    SIM_QUIET,   /* nothing goes wrong any more: everything must come right */
    SIM_SILENT,  /* everything is right: nothing more may be sent */
};

enum { SIM_FAILURE_MAX = 800 };

struct sim {
    struct plan plan;
    struct loop loop;
    struct journal journal;
    struct world world;
    struct truth truth;
    struct store *store;
    const struct plugin *const *plugins; /* by kind of marketplace */
    struct seal *seal;
    struct daemon *daemon;
    struct network *network;
    struct oracle *oracle;
    struct oversold *oversold;
    struct stale *stale;
    struct parked *parked;
    struct tally tally;
    struct script *script;
    struct recurring *recurring; /* chaos.c's */
    uint8_t *foreign;            /* ... and by pair, how often somebody else wrote there */
    uint8_t meddled[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX]; /* by seller: bits 1 << meddling;
                                                              1 << MEDDLE_KINDS: ever */
    struct random chaos; /* of what happens to the process and the marketplace */
    struct random buyers;
    int64_t imported_ms[PLAN_ACCOUNTS_MAX]; /* when the account's last cut-over was over */
    int64_t drained_ms[PLAN_ACCOUNTS_MAX][TRUTH_POSTINGS_MAX]; /* of what change a reading was
                                                                   seen to take in the posting */
    int64_t dark_until_us;     /* the list of orders fails until then */
    bool deleted;              /* some product, with what its orders took of it */
    struct engine_guard guard; /* as it is configured now */
    struct guard_oracle *guard_oracle;
    struct op *held;     /* op_plan.c's */
    uint64_t arranged;   /* how often what makes figures of stock was changed */
    uint64_t packs;      /* bits: pieces of a pack that some rule once spoke of */
    bool ties_moved;     /* listings may be tied to other products than those of their SKUs */
    struct jobs *jobs;   /* NULL: none */
    struct shops *shops; /* ... and nobody takes over figures */
    struct clerk *clerk; /* ... and nobody sees to them */
    struct forgotten *forgotten; /* NULL: no orders are */
    int64_t blind_until_us;      /* readings of figures fail until then */
    int64_t login_until_us;      /* ... and the host that gives tokens is gone */
    struct replica *replica;     /* replica.c's */
    struct wire_known *known;    /* what rows of figures say */
    struct beliefs *beliefs;     /* oracle_belief.c's */
    struct oracle_counts *counts;
    struct random settings;
    struct random outside;
    int64_t *sold_outside;        /* outside.c's, by pair: pieces */
    bool away[PLAN_ACCOUNTS_MAX]; /* not in the configuration */
    struct settings_return {
        struct sim *sim;
        uint32_t account;
    } returns[PLAN_ACCOUNTS_MAX];
    struct random lies;
    int sick;          /* the account that suffers from plan.sick now; WORLD_NONE: none does */
    struct lie_spell { /* lies.c's */
        uint32_t account;
        enum lie kind;
        int64_t until_us;
    } spell;
    int64_t lied_us[PLAN_ACCOUNTS_MAX]; /* when a list of orders was last less than there is */
    /* A list of Wildberries' cards was: but for changes they are read once a day. */
    bool lied_cards[PLAN_ACCOUNTS_MAX];
    enum sim_phase phase;
    bool failed;
    char failed_oracle[16], failure[SIM_FAILURE_MAX];
    journal_topic failed_topic;
    int64_t failed_us;
    int64_t ahead_us;       /* when the clock was last ahead by more than a drain reads again */
    int64_t ahead_first_us; /* ... and first; 0: never */
    int64_t stepped_us;     /* when the clock was last set forward */
    int64_t back_us, set_back_ms; /* when it was last set back; by how much it ever was */
    int64_t unstored_us;          /* when the store last refused what a task did */
};

/* What a run did, for the summary. */
struct sim_result {
    bool failed;
    char oracle[16]; /* that failed */
    uint64_t hash, events;
    int64_t simulated_ms, converged_ms; /* how long the quiet phase took */
    uint64_t commands, requests, writes, crashes;
    struct tally tally;
    struct oversold_list *oversold; /* the caller's, filled; NULL: nobody wants it */
};

/* Runs one plan to its end. Of `result` only `oversold` is read. `print`: where every event goes,
 * or NULL. A failure is told to `out`.
 */
void sim_run(const struct plan *plan, const struct plugin *const plugins[MARKET_KINDS], FILE *print,
             FILE *out, struct sim_result *result);

void sim_say(struct sim *sim, journal_topic topic, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first failure counts; the run ends soon after it. `oracle` is one of those in sim.c. */
void sim_fail(struct sim *sim, const char *oracle, journal_topic topic, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool sim_has_oracle(const char *name);
/* The names of all of them, in one line. */
void sim_list_oracles(FILE *out);

static inline bool sim_chance(struct random *random, uint32_t ppm)
{
    return random_below(random, 1000000) < ppm;
}

static inline journal_topic sim_topic(uint32_t pair)
{
    return pair + 1;
}

#endif
