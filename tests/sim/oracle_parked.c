/* What marketplaces refused, and what was parked. */
#include "oracle_parked.h"

#include "base/mem.h"
#include "engine/record.h"
#include "store/memory.h"

#include <string.h>

/* From the answer until its operation is over, with what else of it is on its way, and the row is
 * written: stalls and writes that fail included. */
#define HEEDED_US (60 * INT64_C(1000000))
/* From an answer with tokens until they are stored. */
#define STORED_US (10 * INT64_C(1000000))
#define NEVER     (INT64_MIN / 2)

struct parked {
    struct sim *sim;
    struct account {
        int64_t refused_us; /* when the account was last told that it is not let in */
        int64_t tokens_us;  /* when it was first told tokens; NEVER: it has none */
        struct parking {
            bool is;
            bool rightly; /* for a reason, since it was last resumed */
        } now, before;    /* before the engine's group under way */
        bool reborn;      /* its row is of another life */
        bool owed;        /* it is parked in memory, and what was written of it was taken back */
    } accounts[PLAN_ACCOUNTS_MAX];
    bool amid;        /* a group is under way */
    uint64_t changes; /* of the accounts' rows when they were last looked at */
};

struct parked *parked_new(struct sim *sim)
{
    struct parked *p = mem_alloc(sizeof *p);
    p->sim = sim;
    for (int i = 0; i < PLAN_ACCOUNTS_MAX; i++)
        p->accounts[i].refused_us = p->accounts[i].tokens_us = NEVER;
    return p;
}

void parked_free(struct parked *p)
{
    mem_free(p);
}

/* ---- what came */

/* Whoever it was is not let in: in whatever words the marketplace has for it. */
static bool is_refusal(const struct exchange *x)
{
    if (x->result != NET_ARRIVED || x->status < 400 || x->status >= 500) return false;
    if (x->status == 401) return true;
    if (x->is_login) return x->status == 400 && strstr(x->answer, "invalid_grant");
    return x->status == 403 && strstr(x->answer, "Api-key"); /* Ozon's */
}

void parked_answered(struct parked *p, const struct exchange *x)
{
    struct account *account = &p->accounts[x->account];
    bool tokens = x->is_login && x->result == NET_ARRIVED && x->status == 200 &&
                  strstr(x->answer, "access_token");
    if (is_refusal(x)) account->refused_us = p->sim->loop.now_us;
    if (tokens && account->tokens_us == NEVER) account->tokens_us = p->sim->loop.now_us;
}

void parked_absent(struct parked *p, uint32_t account)
{
    struct account *of = &p->accounts[account];
    of->reborn = true;
    of->owed = false;
    if (p->sim->loop.now_us - of->tokens_us < STORED_US) of->tokens_us = NEVER;
}

static void group_goes_on(struct parked *p)
{
    for (int i = 0; i < PLAN_ACCOUNTS_MAX && !p->amid; i++)
        p->accounts[i].before = p->accounts[i].now;
    p->amid = true;
}

void parked_undone(struct parked *p)
{
    for (int i = 0; i < PLAN_ACCOUNTS_MAX; i++) {
        struct account *account = &p->accounts[i];
        account->owed |= account->now.is && account->now.rightly && !account->before.is;
        account->now = account->before;
    }
}

void parked_group_ended(struct parked *p)
{
    p->amid = false;
}

/* ---- what is parked */

/* It was refused a moment ago, or nobody has logged in yet. */
static bool has_reason(const struct parked *p, uint32_t i)
{
    const struct account *account = &p->accounts[i];
    bool logs_in = p->sim->world.accounts[i].market == &market_allegro;
    return (logs_in && account->tokens_us == NEVER) ||
           p->sim->loop.now_us - account->refused_us <= HEEDED_US;
}

static void judge(struct parked *p, uint32_t i, const struct account_view *view)
{
    struct sim *sim = p->sim;
    struct account *account = &p->accounts[i];
    account->now.rightly = has_reason(p, i);
    sim_say(sim, 0, "%s is parked: %.*s: %.*s", sim->world.accounts[i].name,
            (int)view->parked_code.size, (const char *)view->parked_code.data,
            (int)view->parked_text.size, (const char *)view->parked_text.data);
    if (!account->now.rightly)
        sim_fail(sim, "parked", 0, "%s is parked although nothing refused it lately: %.*s: %.*s",
                 sim->world.accounts[i].name, (int)view->parked_code.size,
                 (const char *)view->parked_code.data, (int)view->parked_text.size,
                 (const char *)view->parked_text.data);
}

static void look(struct parked *p, struct store_txn *txn, uint32_t i)
{
    struct account *account = &p->accounts[i];
    uint8_t key[4];
    struct bytes value;
    struct account_view view;
    bytes_put_u32(key, i + 1); /* accounts are declared in this order */
    if (store_get(txn, TABLE_ACCOUNT, bytes_of(key, sizeof key), &value) != ST_OK ||
        account_read(value, &view) != ST_OK)
        return;
    bool new = view.parked && !account->now.is && !account->reborn;
    /* Parked, resumed and parked in one group: the resumption was taken back. */
    bool undone = new && p->amid && account->before.is;
    if (undone)
        account->now.rightly = account->before.rightly;
    else if (new && !account->owed)
        judge(p, i, &view);
    account->now.rightly |= new && !undone; /* it has failed otherwise */
    account->owed &= !view.parked;
    account->now.is = view.parked;
    account->reborn = false;
}

void parked_task_ran(struct parked *p, struct store_txn *txn)
{
    group_goes_on(p);
    uint64_t changes = store_memory_changes(p->sim->store, TABLE_ACCOUNT);
    bool reborn = false;
    for (uint32_t i = 0; i < p->sim->world.account_count; i++)
        reborn |= p->accounts[i].reborn;
    if (changes == p->changes && !reborn) return;
    p->changes = changes;
    for (uint32_t i = 0; i < p->sim->world.account_count; i++)
        look(p, txn, i);
}

/* ---- what is over */

bool parked_rightly(const struct parked *p, uint32_t account)
{
    return p->accounts[account].now.rightly || has_reason(p, account);
}

void parked_resumed(struct parked *p, uint32_t account)
{
    group_goes_on(p); /* it is one of its tasks, and may be taken back */
    p->accounts[account].now.rightly = false;
}
