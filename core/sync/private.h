/* What sync's own files share: accounts, operations under way, and who calls whom. Loop thread,
 * except where a function says otherwise. */
#ifndef STOCKD_SYNC_PRIVATE_H
#define STOCKD_SYNC_PRIVATE_H

#include "base/arena.h"
#include "engine/rows.h"
#include "engine/run.h"
#include "engine/select.h"
#include "net/breaker.h"
#include "plugin/operation.h"
#include "sync/schedules.h"
#include "sync/sync.h"
#include "sync/time.h"
#include "sync/token.h"

enum {
    SYNC_BUCKETS_MAX = 64, /* STOCKD_BUCKETS_MAX */
    SYNC_PARALLEL_MAX = 64,
};

/* ---- one operation of a plugin, from start to end (operation.c) */

struct sync_operation;

/* How an operation ended, for whoever started it. */
struct sync_ending {
    bool ok;
    bool partial;                /* ok, but for rows that could not be used */
    enum stockd_fail fail;       /* unless ok */
    enum plugin_meaning meaning; /* when the answer was left to its default meaning; else 0 */
    const char *code, *text;
    bool bug;
    bool completed; /* some scope was read to its end */
    bool listed;    /* all listings were */
    bool all_stock; /* all stock was */
    bool drained;   /* the orders were */
    bool malformed; /* some row could not be read */
    bool kept;      /* state of the plugin's was put: the next one may go on from there */
    bool resumes;   /* not ok, but it only rests: it goes on from where it is */
    bool unsure;    /* not ok, and its last request may have been carried out */
    uint64_t rows;
};
typedef void sync_ended_fn(struct sync_operation *operation, const struct sync_ending *ending);

/* Rows of one reading that were refused, over all its operations. */
struct sync_refusals {
    uint32_t reading; /* engine/rows.h; 0: it is of no run */
    uint64_t run;     /* the number that its run will have; 0: nothing was refused */
    uint64_t count;
};

struct sync_setup {
    struct sync_account *account;
    enum stockd_operation kind;
    const struct stockd_start *start;
    struct engine_batch *
        batch; /* items in the order of start->items; owned by the operation from now on; or NULL */
    struct quota_claim
        *charged; /* a write's charges, taken already; owned by the operation; or NULL */
    bool flight;  /* the batch left a flight row under `id` */
    uint8_t id[OPERATION_ID_SIZE];
    enum quota_class class;         /* of its readings */
    struct sync_refusals *refusals; /* of the reading it is a part of; or NULL */
    const struct plugin_state *states;
    size_t state_count;
    uint32_t orders_era; /* of a reading of orders: it is given up when that is over */
    /* May be NULL: the write's answer came and is a success; what it says is still to be read and
     * stored. Called before `ended`, at most once. */
    void (*answered)(void *ctx);
    sync_ended_fn *ended;
    void *ctx;
};
/* False when the plugin refuses it; `error` says why, nothing was taken over, `ended` is not
 * called. */
bool sync_operation_start(const struct sync_setup *setup, struct sync_operation **operation,
                          struct error *error);
struct sync_operation *sync_operation_next(struct sync_operation *operation); /* of the account's */
void *sync_operation_ctx(const struct sync_operation *operation);
/* Gives up what waits or flies: `ended` is called with fail RETRY, soon. */
void sync_operation_cancel(struct sync_operation *operation);

/* What an operation must know to say what became of its items when it ends (translate.c). */
struct sync_telling {
    struct sync_account *account;       /* on a worker: its number and no more */
    const struct stockd_plugin *plugin; /* the operation's: the account may have another by now */
    const struct engine_batch *batch;
    bool *told; /* per item: an outcome was emitted */
    bool flight;
    const uint8_t *id;
    uint64_t print; /* of the operation's settings */
    enum stockd_operation kind;
    uint32_t route;
    bool wrote, writes; /* a write request left; the last request was one */
    /* Of the last write's answer: what is read after it tells nothing of what became of it. */
    enum stockd_transport transport;
    int status;
    bool token_is_good;      /* a 401 is about something else than the token */
    char error[200];         /* what the transport said of it, or "" */
    char code[16], why[200]; /* made of these for items that got no outcome */
    int64_t drained_ms;      /* of the account's orders, when the step began */
    int64_t begun_ms, received_ms, now_ms;
    int64_t other_time_ms;         /* rows.h */
    struct sync_refusals refusals; /* when the step began */
};
/* [worker] Writes the step's rows as the payload of one COMMAND_ROWS; when the step ends the
 * operation, every item without an outcome gets the one that follows from how it ended. True when
 * there is something to commit; `logged` when it should stay in the command log. */
bool sync_translate(const struct plugin_step *step, struct sync_telling *telling, struct buf *out,
                    bool *logged);

/* ---- accounts (account.c) */

struct sync_push {
    uint32_t in_flight; /* selections and operations of this route */
    uint32_t places;    /* of the route's `parallel`, taken: those whose answer is not there yet */
    bool work;          /* there may be something due */
    bool plenty;        /* the last selection left something due behind */
    bool claiming;
    bool decreases;           /* what waits begins with zeros or decreases */
    int64_t next_due_ms;      /* of what waits for this route; 0: not known to wait */
    int64_t next_decrease_ms; /* ... of the zeros and decreases among it */
    struct quota_claim *claim;
    struct breaker breaker;
};

struct sync_duty {
    struct sync_account *account;
    bool asked;  /* by a person: due now, and goes although its ability is closed */
    bool needed; /* by something in here: due now, but not before its ability is open again */
    bool running;
    int64_t last_ms, next_ms, started_ms; /* wall */
    int64_t took_ms;                      /* the last that was read to its end */
    int64_t
        reading_ms;    /* when what it reads was begun, over all runs that it took; 0: as started */
    int64_t moved_ms;  /* its last progress */
    int64_t missed_ms; /* the appointed time that this run makes up for; 0: none */
    bool resumes;      /* the last run rests: the next one goes on from there */
    bool limited;      /* it is being ended, or was, for its hard limit */
    bool kept;         /* what was last told of this run can be gone on from */
    bool told;         /* ... and something was told of its reading, by whatever run */
    bool torn;         /* ... and rows of it were refused */
    bool whole;        /* stock: the last run ended it, and each row of it was used */
    uint32_t reading_epoch; /* of the catalogue, when the reading was begun */
    uint64_t reading_print; /* and of the settings */
    uint32_t failures;
    char error[SYNC_TEXT_MAX];
    int64_t done, total;
    uint64_t run;
    struct sync_refusals refusals;
    struct sync_operation *operation;
};

/* Tokens and how they are got (authorize.c). */
struct sync_authorize {
    struct token_set *tokens; /* the newest; NULL: not read from the store yet */
    bool unreadable;          /* the store's cannot be opened: the account is parked */
    bool tried;               /* there was no token, and a renewal was tried all the same */
    bool refused;             /* the marketplace answered 401 to the newest */
    uint64_t generation;      /* of the newest value, over all tokens */
    uint64_t begun;           /* what that was when the authorize under way began */
    uint64_t after_refusal;   /* the one that a renewal gave because of that */
    int64_t after_ms;         /* ... and when */
    uint64_t accepted;        /* the last one that was not refused */
    int64_t unsure_ms; /* when a renewal last ended that may have been carried out; 0: none */
    struct arena prompt_memory;
    struct sync_prompt prompt;
};

/* The account's orders (orders.c). Times by sync_now_ms. */
struct sync_orders {
    bool sweeping;      /* the operation under way is a sweep */
    int64_t drained_ms; /* begin of the last one that came to its end; 0: none since the start */
    int64_t swept_ms;
    int64_t waiting_ms; /* since when a write waits for one; 0: none does */
    bool barred;        /* a selection has held something back since the routes were opened */
    bool released;      /* decreases have waited long enough */
    /* Signs of orders not read yet: how many there were, by the begin of the operation under way,
     * and by that of the last drain that came to its end. */
    uint64_t signs, signs_begun, signs_drained;
    int64_t sign_ms; /* when the oldest was seen that no drain has followed */
    bool oversold;   /* what it was */
    bool offset_known;
    uint32_t era;            /* account->orders_era, when all this began */
    int64_t begun_offset_ms; /* ... at the begin of the operation under way */
    int64_t offset_ms; /* of the machine's clock against the monotonic one, when all was read */
};

/* The account's last load, going or ended (load.c). */
enum { LOAD_STAGES_MAX = 4 };
struct sync_load_stage {
    enum sync_task task;
    enum run_stage_state state;
    int64_t done, total, started_ms, ended_ms;
    char error[SYNC_TEXT_MAX];
};
struct sync_load {
    bool known;           /* the store was asked */
    bool going;           /* its end is still to come */
    bool changed, urgent; /* since it was stored */
    bool storing;         /* on its way to the store */
    uint64_t number;      /* of the run; 0: none, or not stored yet */
    enum run_state state;
    int64_t started_ms, ended_ms, stored_ms;
    char why[SYNC_TEXT_MAX]; /* why it ended so, when no stage says */
    struct sync_load_stage stages[LOAD_STAGES_MAX];
    uint32_t stage_count;
};

struct sync_crawl;  /* crawl.c */
struct sync_resync; /* resync.c */

struct sync_account {
    struct sync *sync;
    struct sync_account *next;
    char *name;
    uint32_t number;
    struct plugin_instance *instance;
    const struct stockd_plugin *plugin;
    bool enabled, dry_run, first_plan, allow_plain_http, removed;
    bool probe; /* it is in no list and has no row (probe.c) */
    int64_t timeout_ms;
    uint32_t batch, attempts;
    struct sync_quota_limit *limits;
    size_t limit_count;

    struct quota_bucket *buckets[SYNC_BUCKETS_MAX];

    /* Facts of the store, as of the last look (facts.c). */
    bool facts_known, facts_stale, facts_running;
    bool paused, parked, warehouses_read, listings_read, planned, orders_import, orders_read;
    bool has_listings;
    uint32_t orders_era;   /* as in account_view */
    uint64_t proven_print; /* of the settings last found to be this seller's; 0: not known */
    uint64_t parked_print; /* of those that it is parked for; 0: not for settings */
    char *identity;
    char reason[SYNC_TEXT_MAX];
    int64_t since_ms, checked_ms, warehouses_ms, listings_ms, stock_ms;
    struct stockd_warehouse_ref *warehouses;
    uint32_t warehouse_count;
    struct plugin_state *states; /* the plugin's durable state */
    size_t state_count;
    struct arena facts_memory, states_memory; /* of the warehouses, and of the states */

    uint32_t closed_remotes; /* linked ones that are not writable now */
    int64_t reopen_ms;       /* when the next closed one opens by itself; 0: none does */
    bool reopening;
    uint32_t epoch; /* of the catalogue, as in account_view */
    bool recovered, recovering;
    struct sync_push push[STOCKD_ROUTES_MAX];
    bool unsorted;       /* something is to be sent that no selection has given a route yet */
    uint32_t push_first; /* the route whose selection found something last */
    int64_t next_due_ms; /* of the outbox, the soonest of all routes; 0: not known to wait */
    bool looking;        /* a look at unresolved writes is under way */
    bool look_work;
    int64_t next_look_ms;
    bool rereading, reread_work; /* figures that are to be read again */
    int64_t next_reread_ms;
    int64_t settled_ms; /* the account_settling_until that is over and was taken note of */
    struct sync_duty duties[SYNC_TASKS];
    struct sync_authorize authorize;
    struct sync_orders orders;
    struct sync_crawl *crawl;   /* NULL: none was begun */
    struct sync_resync *resync; /* going on, or NULL */
    struct sync_schedules_of schedules;
    struct sync_load load;
    int64_t denied_until_ms[STOCKD_OPERATION_COUNT];
    char denied_why[STOCKD_OPERATION_COUNT][SYNC_TEXT_MAX];
    int64_t blocked_until_ms; /* writing */
    char blocked_why[SYNC_TEXT_MAX];

    /* Steps of one account never run at the same time. */
    struct sync_operation *step_running, *step_first, *step_last;
    struct sync_operation *operations; /* all under way */
    uint32_t busy;                     /* things that will call back */
    struct timer timer;
    int64_t wake_ms; /* when the timer fires; 0: not armed */
    bool turning, turn_again;
    uint64_t sends, items, failures;
    uint64_t print; /* of its settings now */
};

struct sync {
    struct runtime *runtime;
    struct engine *engine;
    struct transport *transport;
    struct recorder *recorder;
    struct seal *seal;
    void (*changed)(void *ctx, uint32_t account);
    void *ctx;
    struct quota_book *book;
    struct sync_time time;
    struct timer quota_timer;
    struct sync_account *accounts;
    struct sync_probe *probes;
    struct gather *gathers;
    struct timer collector; /* frees removed accounts */
    bool sweeping, sweep_again, swept;
    uint32_t sweep_failures;  /* in a row */
    struct timer sweep_timer; /* after one */
    bool compacting;
    int64_t compact_ms; /* when it is due; 0: not known yet */
    bool waking, wake_again;
    struct timer wake_timer;
    bool stopping;
    struct timer grace;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    uint32_t busy;
};

int64_t sync_now_ms(struct sync *sync); /* sync/time.h */
void sync_random_id(struct sync *sync, uint8_t id[OPERATION_ID_SIZE]);
void sync_busy(struct sync_account *account, int change);
/* Tells who waits for it, when it stops and nothing is busy any more. */
void sync_finished(struct sync *sync);

/* Looks at everything the account could do now, and starts it. Cheap when there is nothing. */
void account_turn(struct sync_account *account);
void account_wake_at(struct sync_account *account, int64_t wall_ms);
bool account_may_write(const struct sync_account *account);
/* After the clock was set forward: until then no write, and no reading back, may think that its
 * span is over. 0: nothing to wait for. */
int64_t account_spacing_until(const struct sync_account *account);
int64_t account_settling_until(const struct sync_account *account);
/* Writes sent before that lie in another time than a reading begun at `now`; 0: none does. */
int64_t account_other_time(const struct sync_account *account, int64_t now);
enum sync_state account_state(const struct sync_account *account);
/* All that must be read before anything is sent was read. */
bool account_loaded(const struct sync_account *account);
/* Its settings are others than those that were found to be its seller's: it is checked first, and
 * until then nothing is written or read under them. */
bool account_unproven(const struct sync_account *account);
/* It is parked for settings that it has no longer: a check says whether that is over. */
bool account_mended(const struct sync_account *account);
void account_park(struct sync_account *account, const char *code, const char *text);
/* ... for what its settings, as they are, were answered. */
void account_refused(struct sync_account *account, const char *code, const char *text);
/* What parked it is over; does nothing when it is not parked, or paused too. */
void account_unpark(struct sync_account *account);
/* An operation failed as a whole: parks, closes the ability, or blocks, as the class asks. */
void account_failed(struct sync_account *account, enum stockd_operation kind,
                    const struct sync_ending *ending);
void account_say_changed(struct sync_account *account);
void account_mask_secrets(struct sync_account *account); /* in recordings; sync.c */

void push_turn(struct sync_account *account);  /* push.c */
void push_hurry(struct sync_account *account); /* a zero or a decrease has come */
void push_stop(struct sync_account *account);  /* what waits for quota, waits no more */
/* The batch as a plugin sees it, in `memory`. */
struct stockd_item *sync_items(const struct engine_batch *batch, struct arena *memory);
void look_turn(struct sync_account *account);   /* look.c */
void reread_turn(struct sync_account *account); /* reread.c */
void duty_turn(struct sync_account *account);   /* duty.c */
/* What the duty's one operation, or the last of several, came to. */
void duty_ended(struct sync_account *account, enum sync_task task,
                const struct sync_ending *ending);
bool duty_offered(const struct sync_account *account, enum sync_task task);
/* Its reading can go on where it was ended. */
bool duty_goes_on(const struct sync_account *account, enum sync_task task);
/* The last run was no end: the next one goes on from there. */
bool duty_will_go_on(const struct sync_duty *duty);
/* The task by which the account's figures are read, and so verified. */
enum sync_task duty_verify(const struct sync_account *account);
/* Of its readings: what verifies figures that are known by now can wait. */
enum quota_class duty_class(const struct sync_account *account, enum sync_task task);
int64_t duty_last_done(const struct sync_account *account, enum sync_task task);
/* Something in here cannot wait for its schedule: it begins as soon as it may. What a marketplace
 * shut out is not asked for any sooner by that: only people may (sync_ask). */
void duty_need(struct sync_account *account, enum sync_task task);
/* Before that its ability is closed to it; a time that is over: it is not. */
int64_t duty_shut_until(const struct sync_account *account, enum sync_task task);
/* When it is due; INT64_MAX: not at all now. Of tasks with a turn of their own: by their schedule.
 */
int64_t duty_due(struct sync_account *account, enum sync_task task);
/* When its schedule wants it done after the last time that it was, though it failed or waits since;
 * 0: not known, or it may not be done now; INT64_MAX: never. */
int64_t duty_overdue(struct sync_account *account, enum sync_task task);
/* Begin of what a reading reads. */
int64_t duty_reading_ms(const struct sync_duty *duty);
bool duty_stock_known(
    const struct sync_account *account); /* what is there was read, or cannot be */
/* False: what was used of the account's quotas is not known yet, and nothing is to be sent.
 * recover.c */
bool recover_turn(struct sync_account *account);
/* A write of one that was removed is over: another one of its name may have waited for that. */
void recover_left(const struct sync_account *removed);
void reopen_turn(struct sync_account *account); /* reopen.c */
void resync_turn(struct sync_account *account); /* resync.c */

/* ---- facts of the store (facts.c) */

void facts_refresh(struct sync_account *account); /* when they are stale */
/* [engine thread] The account's facts as the task's transaction has them, `which` of them, instead
 * of those in `facts` (NULL: none), by the account's time `now_ms`. */
struct sync_facts;
enum status facts_read(struct sync_account *account, enum engine_facts which, int64_t now_ms,
                       struct store_txn *txn, struct sync_facts **facts, struct error *error);
/* Takes them over, and frees them; of tasks in the order in which they were run. */
void facts_take(struct sync_facts *facts);
void facts_free(struct sync_facts *facts);

/* ---- all stock, by many operations (crawl.c) */

/* Whether the plugin reads stock by warehouse or by ids, so that it takes more than one. */
bool crawl_needed(const struct sync_account *account);
/* Begins, or goes on where one that failed stopped. duty_ended is called at its end. */
void crawl_start(struct sync_account *account, bool anew);
/* Ends the operation under way, as sync_operation_cancel. */
void crawl_cancel(struct sync_account *account);
void crawl_free(struct sync_account *account);

/* ---- readings for imports (gather.c) */

/* Something about the account moved on. */
void gathers_changed(struct sync *sync, const struct sync_account *account);

/* ---- orders (orders.c) */

void orders_turn(struct sync_account *account);
/* Whether stockd reads this account's orders. */
bool orders_wanted(const struct sync_account *account);
/* What a selection now must hold back. */
enum engine_barrier orders_barrier(struct sync_account *account);
/* A selection held something back: asks for a drain. */
void orders_barred(struct sync_account *account);
/* The engine saw a sign of orders not read yet (`oversold`: of a sale where nothing was left): what
 * was read before counts as old, and a drain goes at once. */
void orders_signed(struct sync_account *account, bool oversold);
/* What is held back for orders, since when and why; false: nothing is. */
bool orders_describe(const struct sync_account *account, char *text, size_t size,
                     int64_t *since_ms);

/* ---- the list of accounts (accounts.c) */

struct sync_account *accounts_find(struct sync *sync, const char *name); /* NULL: none */
void accounts_free_one(struct sync_account *account);

/* What is due by time (wake.c): a reservation that ends. */
void wakes_go(struct sync *sync);
/* What is too old goes, once a day (compact.c). */
void compact_maybe(struct sync *sync);

/* Durable sweeps go on (sweep.c); at the first account also those that the last run left. */
void sweeps_go(struct sync *sync);
void sweeps_resume(struct sync *sync);

/* ---- tokens (authorize.c) */

/* True when the account has what it needs to speak to the marketplace, as far as can be known:
 * without it nothing else is begun. Starts renewals and logins. */
bool authorize_turn(struct sync_account *account);
/* The tokens of the store, or why they cannot be opened. Takes `tokens`. */
void authorize_loaded(struct sync_account *account, struct token_set *tokens, enum status status,
                      const struct error *error);
/* A step's tokens are durable. Takes `next`. */
void authorize_stored(struct sync_account *account, struct token_set *next,
                      const struct plugin_step *step);
void authorize_free(struct sync_account *account);
/* A request may leave with the account's tokens now; false: a renewal comes first. */
bool authorize_ready(const struct sync_account *account);
/* A request with tokens of this generation, which `wrote` or read, was answered: with a 401
 * (`refused`), or not. */
void authorize_answered(struct sync_account *account, uint64_t generation, bool refused,
                        bool wrote);
/* The newest was got a short while ago because the one before was refused, and has been accepted
 * since. */
bool authorize_is_good(const struct sync_account *account, uint64_t generation);
/* What was refused with tokens of this generation may be tried again: there is a newer one, or one
 * will be got. */
bool authorize_will_help(const struct sync_account *account, uint64_t generation);
void authorize_prompt(struct sync_account *account, const struct stockd_prompt *prompt);
/* Parks the account until somebody logs in. */
void authorize_park(struct sync_account *account, const char *code, const char *text);
/* How long a request of authorize may take: so long that a lost answer leaves time for repeats
 * within the grace. */
int64_t authorize_timeout(const struct sync_account *account, int64_t timeout_ms);
/* The operations that wait for a renewal hear of its end (operation_send.c). */
void operations_authorized(struct sync_account *account);

/* ---- probes (probe_take.c, probe.c): an operation of an account with `probe` comes here instead
 * of the store */

/* [engine thread] Looks up what the step's listings would match. */
enum status probe_match(struct sync_account *account, const struct plugin_step *step,
                        struct store_txn *txn, struct error *error);
/* After it. True: enough was read, the operation may end. */
bool probe_took(struct sync_account *account, const struct plugin_step *step);
void probes_stop(struct sync *sync);
void probes_free(struct sync *sync);

/* ---- the first load (load.c): tells of what duty.c does, as one run */

/* [engine thread] The load of the store, as of the end of the last process. */
enum status load_read(struct store_txn *txn, uint32_t account, struct sync_load *load,
                      struct error *error);
/* A stage that begins in an account that was never loaded begins the run. */
void load_stage_begins(struct sync_account *account, enum sync_task task);
void load_stage_progress(struct sync_account *account, enum sync_task task);
/* After what became of the duty was noted there. */
void load_stage_ends(struct sync_account *account, enum sync_task task,
                     const struct sync_ending *ending);
void load_turn(struct sync_account *account);
void load_removed(struct sync_account *account);
void load_describe(const struct sync_account *account, struct sync_load_view *view);

/* ---- history (history.c): rows of TABLE_RUN, written behind what they tell about */

void history_begin(struct sync_account *account, enum sync_task task);
void history_end(struct sync_account *account, enum sync_task task,
                 const struct sync_ending *ending);

/* ---- quotas (quotas.c) */

void quotas_bind(
    struct sync_account *account); /* registers the account's buckets under their present keys */
void quotas_release(struct sync_account *account);
/* What the store has of buckets, by key; zeroed at first. Keys are given or made by name. */
struct sync_stored_quotas {
    char *keys[SYNC_BUCKETS_MAX];
    char *states[SYNC_BUCKETS_MAX];
    size_t sizes[SYNC_BUCKETS_MAX];
};
/* Whether what was used of each of the account's buckets is known: nothing is claimed before. */
bool quotas_restored(const struct sync_account *account);
/* [engine thread] The buckets of an account with that seller (NULL: not known yet). */
void quotas_stored_name(struct sync_stored_quotas *stored, const struct plugin_instance *instance,
                        const char *identity);
void quotas_stored_read(struct sync_stored_quotas *stored, struct store_txn *txn);
/* [loop] Into the account's buckets that have those keys. */
void quotas_stored_take(const struct sync_stored_quotas *stored, struct sync_account *account,
                        int64_t now_ms);
void quotas_stored_free(struct sync_stored_quotas *stored);
/* Fills a claim from charges; false when there is nothing to charge. `times` multiplies. */
bool quotas_claim_fill(struct sync_account *account, struct quota_claim *claim,
                       const struct stockd_charge *charges, int64_t times);
void quotas_turn(struct sync *sync);
/* Takes up what an answer taught: 429, Retry-After, the plugin's facts. */
void quotas_answered(struct sync_account *account, struct quota_claim *claim,
                     const struct net_answer *answer);
void quotas_learn(struct sync_account *account, const struct stockd_quota_fact *facts, size_t count,
                  struct quota_claim *claim);
/* [loop] States of the claim's buckets as engine rows, in `memory`. */
struct engine_quota_row *quotas_rows(struct quota_claim *claim, int64_t now_ms,
                                     struct arena *memory, uint32_t *count);

#endif
