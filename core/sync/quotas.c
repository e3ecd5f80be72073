/* An account's buckets: registered under their keys, charged, taught by answers, kept in the store.
 */
#include "sync/private.h"

#include "base/mem.h"
#include "net/retry_after.h"

#include <string.h>

enum {
    /* What a 429 without Retry-After closes its buckets for: long enough not to hammer, short
       enough not to matter. */
    CLOSE_DEFAULT_MS = 2000,
};

static const struct sync_quota_limit *limit_of(const struct sync_account *account,
                                               const char *bucket)
{
    for (size_t i = 0; i < account->limit_count; i++)
        if (strcmp(account->limits[i].bucket, bucket) == 0) return &account->limits[i];
    return NULL;
}

static struct quota_spec spec_of(const struct sync_account *account,
                                 const struct stockd_bucket *bucket)
{
    struct quota_spec spec = {.kind = (enum quota_kind)bucket->kind,
                              .amount = bucket->amount,
                              .per_ms = bucket->per_ms,
                              .burst = bucket->burst,
                              .refused = bucket->refused_cost};
    const struct sync_quota_limit *limit = limit_of(account, bucket->name);
    if (limit && limit->amount) spec.amount = limit->amount;
    if (limit && limit->per_ms) spec.per_ms = limit->per_ms;
    if (limit && limit->burst) spec.burst = limit->burst;
    return spec;
}

void quotas_bind(struct sync_account *account)
{
    struct buf key;
    buf_init(&key, 4096);
    for (uint32_t i = 0; i < account->plugin->bucket_count && i < SYNC_BUCKETS_MAX; i++) {
        const struct stockd_bucket *declared = &account->plugin->buckets[i];
        const struct quota_spec spec = spec_of(account, declared);
        buf_reset(&key);
        plugin_bucket_key(account->instance, i, account->identity, &key);
        struct quota_bucket *old = account->buckets[i];
        account->buckets[i] =
            quota_bucket(account->sync->book, buf_cstr(&key), declared->name, &spec);
        if (old) quota_bucket_release(old);
    }
    buf_free(&key);
}

void quotas_release(struct sync_account *account)
{
    for (uint32_t i = 0; i < SYNC_BUCKETS_MAX; i++) {
        if (account->buckets[i]) quota_bucket_release(account->buckets[i]);
        account->buckets[i] = NULL;
    }
}

bool quotas_claim_fill(struct sync_account *account, struct quota_claim *claim,
                       const struct stockd_charge *charges, int64_t times)
{
    for (uint32_t i = 0; i < STOCKD_CHARGES_MAX && charges[i].amount > 0; i++) {
        struct quota_bucket *bucket = account->buckets[charges[i].bucket];
        uint32_t at = 0;
        while (at < claim->charge_count && claim->charges[at].bucket != bucket)
            at++;
        if (at == claim->charge_count) {
            if (at == QUOTA_CHARGES_MAX) continue;
            claim->charges[claim->charge_count++] = (struct quota_charge){.bucket = bucket};
        }
        claim->charges[at].amount += charges[i].amount * times;
    }
    return claim->charge_count > 0;
}

static void on_quota_timer(struct timer *timer)
{
    struct sync *sync = (struct sync *)((char *)timer - offsetof(struct sync, quota_timer));
    quotas_turn(sync);
}

void quotas_turn(struct sync *sync)
{
    sync->quota_timer.fire = on_quota_timer;
    int64_t wait = quota_turn(sync->book, sync_now_ms(sync));
    if (wait >= 0) sync->runtime->timer_arm(sync->runtime, &sync->quota_timer, wait);
}

void quotas_answered(struct sync_account *account, struct quota_claim *claim,
                     const struct net_answer *answer)
{
    int64_t now = sync_now_ms(account->sync);
    bool lost = answer->result == NET_LOST; /* whatever it was answered */
    /* A 5xx may be a gateway's, and tells nothing of what was answered behind it. */
    if (lost || answer->status >= 400) quota_refused(claim, now);
    if (answer->result != NET_ARRIVED || answer->status != 429) return;
    int64_t until = retry_after_until(answer, now);
    if (until == 0) until = now + CLOSE_DEFAULT_MS;
    for (uint32_t i = 0; i < claim->charge_count; i++)
        quota_close(claim->charges[i].bucket, until, now);
}

void quotas_learn(struct sync_account *account, const struct stockd_quota_fact *facts, size_t count,
                  struct quota_claim *claim)
{
    int64_t now = sync_now_ms(account->sync);
    for (size_t i = 0; i < count; i++) {
        const struct stockd_quota_fact *fact = &facts[i];
        struct quota_bucket *bucket = account->buckets[fact->bucket];
        if (!bucket) continue;
        if (fact->amount > 0 && fact->per_ms > 0)
            quota_rate(bucket, fact->amount, fact->per_ms, now);
        if (fact->remaining >= 0) quota_remaining(bucket, fact->remaining, now);
        if (fact->closed_until_ms > 0) quota_close(bucket, fact->closed_until_ms, now);
        if (fact->cost > 0 && claim) quota_settle(claim, bucket, fact->cost, now);
    }
    if (count) quotas_turn(account->sync);
}

struct engine_quota_row *quotas_rows(struct quota_claim *claim, int64_t now_ms,
                                     struct arena *memory, uint32_t *count)
{
    struct engine_quota_row *rows = arena_alloc(memory, sizeof *rows * QUOTA_CHARGES_MAX);
    *count = 0;
    struct buf state;
    buf_init(&state, RECORD_MAX);
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        buf_reset(&state);
        if (!quota_encode(claim->charges[i].bucket, now_ms, &state) || state.size == 0) continue;
        rows[*count].bucket = quota_bucket_key(claim->charges[i].bucket);
        rows[(*count)++].state =
            bytes_of(arena_text(memory, bytes_of(state.data, state.size)), state.size);
    }
    buf_free(&state);
    return rows;
}

/* ---- what is stored of them */

bool quotas_restored(const struct sync_account *account)
{
    for (uint32_t i = 0; i < SYNC_BUCKETS_MAX && account->buckets[i]; i++)
        if (!quota_restored(account->buckets[i])) return false;
    return true;
}

void quotas_stored_name(struct sync_stored_quotas *stored, const struct plugin_instance *instance,
                        const char *identity)
{
    uint32_t count = plugin_declared(plugin_instance_plugin(instance))->bucket_count;
    struct buf key;
    buf_init(&key, 4096);
    for (uint32_t i = 0; i < count && i < SYNC_BUCKETS_MAX; i++) {
        buf_reset(&key);
        plugin_bucket_key(instance, i, identity, &key);
        mem_free(stored->keys[i]);
        stored->keys[i] = mem_text(buf_cstr(&key));
    }
    buf_free(&key);
}

void quotas_stored_read(struct sync_stored_quotas *stored, struct store_txn *txn)
{
    for (uint32_t i = 0; i < SYNC_BUCKETS_MAX && stored->keys[i]; i++) {
        struct bytes value;
        mem_free(stored->states[i]);
        stored->states[i] = NULL;
        stored->sizes[i] = 0;
        if (store_get(txn, TABLE_QUOTA, bytes_text(stored->keys[i]), &value) != ST_OK) continue;
        stored->states[i] = mem_text_n(value.data, value.size);
        stored->sizes[i] = value.size;
    }
}

void quotas_stored_take(const struct sync_stored_quotas *stored, struct sync_account *account,
                        int64_t now_ms)
{
    for (uint32_t i = 0; i < SYNC_BUCKETS_MAX && stored->keys[i] && account->buckets[i]; i++)
        if (strcmp(stored->keys[i], quota_bucket_key(account->buckets[i])) == 0)
            quota_restore(account->buckets[i], bytes_of(stored->states[i], stored->sizes[i]),
                          now_ms);
}

void quotas_stored_free(struct sync_stored_quotas *stored)
{
    for (uint32_t i = 0; i < SYNC_BUCKETS_MAX; i++) {
        mem_free(stored->keys[i]);
        mem_free(stored->states[i]);
    }
}
