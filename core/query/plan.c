/* The outbox as a plan. Which rows there are is target.c's and listing.c's. */
#include "query/plan.h"

#include "engine/state.h"
#include "engine/target.h"
#include "query/rows.h"

static const char *const bucket_names[BUCKETS] = {
    "raise", "lower", "zero", "unchanged", "off", "rejected", "held", "unmapped",
};

const char *plan_bucket_name(enum plan_bucket bucket)
{
    return (unsigned)bucket < BUCKETS ? bucket_names[bucket] : "";
}

int plan_bucket_parse(const char *name)
{
    for (int i = 0; i < BUCKETS; i++)
        if (strcmp(bucket_names[i], name) == 0) return i;
    return -1;
}

/* What is there once a write on its way has landed. */
static int64_t there_of(const struct target_record *r)
{
    if (r->flags & (TARGET_OPEN | TARGET_UNRESOLVED) && !(r->flags & TARGET_ASKED))
        return r->sent_value;
    if (r->flags & TARGET_ACKED) return r->acked_value;
    return r->flags & TARGET_OBSERVED ? r->observed_value : FIGURE_UNKNOWN;
}

static enum plan_bucket bucket_of(const struct target_record *r)
{
    if (r->hold || !(r->flags & TARGET_WANTED) || r->flags & TARGET_LEFT) return BUCKET_HELD;
    if (r->flags & TARGET_REJECTED) return BUCKET_REJECTED;
    int64_t there = there_of(r);
    bool sent = r->flags & (TARGET_ACKED | TARGET_OPEN | TARGET_UNRESOLVED);
    if (sent && there == r->wanted_value && !(r->flags & TARGET_FORCED)) return BUCKET_UNCHANGED;
    if (r->wanted_value == 0) return BUCKET_ZERO;
    return there != FIGURE_UNKNOWN && r->wanted_value < there ? BUCKET_LOWER : BUCKET_RAISE;
}

static bool is_off(const struct query *query, const struct directory_account *account)
{
    return account->paused || account->parked ||
           (query->off && query->off(query->off_ctx, account->no));
}

/* ---- counts */

struct counting {
    struct query *query;
    struct query_plan *plan;
    uint32_t only;
    bool off[DIRECTORY_ACCOUNTS_MAX];
    struct target_id last; /* whose account was looked up last */
    uint32_t at;
};

static uint64_t hash_add(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}

/* Its place among the directory's accounts; false: not asked for. */
static bool place_of(struct counting *c, uint32_t account, uint32_t *at)
{
    const struct directory *d = c->query->directory;
    if (c->only && account != c->only) return false;
    if (c->at >= d->account_count || d->accounts[c->at].no != account)
        for (c->at = 0; c->at < d->account_count && d->accounts[c->at].no != account; c->at++) {
        }
    *at = c->at;
    return c->at < d->account_count && c->at < DIRECTORY_ACCOUNTS_MAX;
}

static void count_target(struct counting *c, struct bytes key, const struct target_record *r)
{
    uint32_t at;
    const struct target_id id = target_key_read(key.data);
    if (!place_of(c, id.account, &at)) return;
    struct query_plan_account *to = &c->plan->accounts[at];
    enum plan_bucket bucket = c->off[at] ? BUCKET_OFF : bucket_of(r);
    to->by_bucket[bucket]++;
    if (bucket > BUCKET_ZERO) return;
    int64_t there = there_of(r);
    if (there != FIGURE_UNKNOWN)
        to->pieces += r->wanted_value > there ? r->wanted_value - there : there - r->wanted_value;
    c->plan->total++;
    c->plan->id = hash_add(c->plan->id, key.data, key.size);
    c->plan->id = hash_add(c->plan->id, &r->wanted_value, sizeof r->wanted_value);
}

static enum status count_targets(struct counting *c)
{
    struct bytes key, value;
    struct target_record record;
    struct store_cursor *cursor = store_cursor(c->query->txn, TABLE_TARGET);
    enum status status;
    while ((status = store_next(cursor, &key, &value)) == ST_OK) {
        if (key.size != TARGET_KEY_SIZE || target_record_read(value, &record, NULL) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        count_target(c, key, &record);
    }
    store_cursor_close(cursor);
    return query_failed(c->query, status, TABLE_TARGET);
}

/* Listings less those that are tied to a product: both are counted by their keys alone. */
static enum status count_listings(struct counting *c, enum store_table table, size_t account_at,
                                  bool add)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(c->query->txn, table);
    enum status status;
    while ((status = store_next(cursor, &key, NULL)) == ST_OK) {
        uint32_t at;
        if (key.size < account_at + 4) continue;
        if (!place_of(c, bytes_get_u32((const uint8_t *)key.data + account_at), &at)) continue;
        c->plan->accounts[at].by_bucket[BUCKET_UNMAPPED] += add ? 1 : UINT64_MAX;
    }
    store_cursor_close(cursor);
    return query_failed(c->query, status, table);
}

static enum status take_sequence(struct query *query, uint64_t *sequence)
{
    struct bytes value;
    struct counters counters = {0};
    enum status status = store_get(query->txn, TABLE_META, bytes_text("counters"), &value);
    if (status == ST_OK && value.size <= sizeof counters) memcpy(&counters, value.data, value.size);
    *sequence = counters.sequence;
    return status == ST_NOT_FOUND ? ST_OK : query_failed(query, status, TABLE_META);
}

enum status query_plan(struct query *query, struct bytes account, struct query_plan *plan)
{
    const struct directory *d = query->directory;
    const struct directory_account *only = NULL;
    struct counting c = {.query = query, .plan = plan};
    memset(plan, 0, sizeof *plan);
    plan->id = UINT64_C(14695981039346656037);
    enum status status = account.size ? query_find_account(query, account, &only) : ST_OK;
    if (status != ST_OK) return status;
    c.only = only ? only->no : 0;
    for (uint32_t i = 0; i < d->account_count && i < DIRECTORY_ACCOUNTS_MAX; i++) {
        plan->accounts[i].account = d->accounts[i].no;
        c.off[i] = is_off(query, &d->accounts[i]);
    }
    status = take_sequence(query, &plan->sequence);
    if (status == ST_OK) status = count_targets(&c);
    if (status == ST_OK) status = count_listings(&c, TABLE_LISTING, 0, true);
    if (status == ST_OK) status = count_listings(&c, TABLE_LISTING_PRODUCT, 8, false);
    plan->id = hash_add(plan->id, &c.only, sizeof c.only);
    plan->id = (plan->id ^ plan->id >> 48) & UINT64_C(0xffffffffffff);
    return status;
}

/* ---- rows */

struct giving {
    int bucket;
    bool (*row)(void *ctx, const struct query_plan_row *row);
    void *ctx;
    bool given;
};

static bool give_listing(void *ctx, const struct query_listing *listing)
{
    struct giving *g = ctx;
    const struct query_plan_row row = {
        .bucket = BUCKET_UNMAPPED, .there = FIGURE_UNKNOWN, .listing = listing};
    return g->row(g->ctx, &row);
}

static bool wants(const void *ctx, const struct query_target *t)
{
    const struct giving *g = ctx;
    bool off = t->state == STATE_OFF || t->state == STATE_PARKED;
    enum plan_bucket bucket = off ? BUCKET_OFF : bucket_of(&t->record);
    return g->bucket < 0 ? bucket <= BUCKET_ZERO : (int)bucket == g->bucket;
}

static bool give_target(void *ctx, const struct query_target *t)
{
    struct giving *g = ctx;
    bool off = t->state == STATE_OFF || t->state == STATE_PARKED;
    const struct query_plan_row row = {.bucket = off ? BUCKET_OFF : bucket_of(&t->record),
                                       .there = there_of(&t->record),
                                       .target = t};
    return g->row(g->ctx, &row);
}

enum status query_plan_rows(struct query *query, struct bytes account, int bucket,
                            struct query_page *page,
                            bool (*row)(void *ctx, const struct query_plan_row *row), void *ctx)
{
    struct giving g = {.bucket = bucket, .row = row, .ctx = ctx};
    if (bucket == BUCKET_UNMAPPED) {
        const struct query_listings filter = {.account = account, .state = -1, .mapped = MAPPED_NO};
        return query_listings(query, &filter, page, give_listing, &g);
    }
    const struct query_targets filter = {
        .account = account, .state = -1, .wants = wants, .wants_ctx = &g};
    return query_targets(query, &filter, page, give_target, &g);
}
