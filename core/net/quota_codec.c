/* A bucket's state as bytes and back. Numbers are LEB128; times in a window are differences; a
 * window is stored in at most STORED_GRAINS pairs, each lasting as long as its latest charge. */
#include "base/mem.h"
#include "net/quota_internal.h"

enum {
    STORED_VERSION = 1,
    STORED_GRAINS = 100,
    STORED_PAIRS_MAX = 128,
    STORED_HEAD = 13, /* numbers before the pairs, with the version */
    NUMBER_MAX = 10,
    STORED_MAX = (STORED_HEAD + 1 + 2 * STORED_PAIRS_MAX) * NUMBER_MAX,
};

struct stored {
    uint64_t kind, spec_amount, spec_per_ms, spec_burst, amount, per_ms;
    uint64_t closed_until, close_span, held;
    uint64_t level_below, level, level_ms; /* level_below: 1 when it owes */
    uint64_t pair_count;
    struct window_pair pairs[STORED_PAIRS_MAX];
};

static uint8_t *put(uint8_t *at, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static bool get(struct bytes *in, uint64_t *value)
{
    const uint8_t *at = in->data;
    *value = 0;
    for (size_t n = 0; n < in->size && n < NUMBER_MAX; n++) {
        *value |= (uint64_t)(at[n] & 0x7f) << (7 * n);
        if (at[n] & 0x80) continue;
        *in = bytes_of(at + n + 1, in->size - n - 1);
        return *value <= INT64_MAX;
    }
    return false;
}

/* --- out -----------------------------------------------------------------------------------------
 */

static uint64_t stored_pairs(const struct quota_bucket *bucket, int64_t now,
                             struct window_pair pairs[STORED_PAIRS_MAX])
{
    int64_t cutoff = bucket_cutoff(bucket, now);
    int64_t grain = bucket->per_ms / STORED_GRAINS + 1;
    int64_t grain_end = INT64_MIN; /* of the last pair's */
    uint64_t count = 0;
    for (uint32_t i = 0; i < bucket->window.count; i++) {
        struct window_pair pair = window_at(&bucket->window, i);
        if (pair.ms <= cutoff) continue;
        if (count && (pair.ms < grain_end || count == STORED_PAIRS_MAX)) {
            pairs[count - 1].ms = pair.ms;
            pairs[count - 1].amount += pair.amount;
        } else {
            pairs[count++] = pair;
        }
        if (pair.ms >= grain_end) grain_end = (pair.ms / grain + 1) * grain;
    }
    return count;
}

bool quota_encode(const struct quota_bucket *bucket, int64_t now_ms, struct buf *out)
{
    int64_t now = book_peek(bucket->book, now_ms);
    const struct quota_spec *spec = &bucket->spec;
    bool owes = bucket->level < 0;
    int64_t level = owes ? -bucket->level : bucket->level;
    /* After a crash nobody knows what what is under way was answered. */
    int64_t held = bucket->held + bucket->at_risk;
    int64_t head[] = {STORED_VERSION,     spec->kind,     spec->amount,   spec->per_ms,
                      spec->burst,        bucket->amount, bucket->per_ms, bucket->closed_until,
                      bucket->close_span, held,           owes,           level,
                      bucket->level_ms};
    _Static_assert(sizeof head / sizeof head[0] == STORED_HEAD, "they fit");
    uint8_t bytes[STORED_MAX], *at = bytes;
    for (size_t i = 0; i < STORED_HEAD; i++)
        at = put(at, (uint64_t)(head[i] > 0 ? head[i] : 0));
    struct window_pair pairs[STORED_PAIRS_MAX];
    uint64_t count = stored_pairs(bucket, now, pairs);
    int64_t before = 0;
    at = put(at, count);
    for (uint64_t i = 0; i < count; i++) {
        at = put(put(at, (uint64_t)(pairs[i].ms - before)), (uint64_t)pairs[i].amount);
        before = pairs[i].ms;
    }
    return buf_add(out, bytes, (size_t)(at - bytes));
}

/* --- in ------------------------------------------------------------------------------------------
 */

static bool read_pairs(struct bytes *in, struct stored *stored)
{
    if (!get(in, &stored->pair_count) || stored->pair_count > STORED_PAIRS_MAX) return false;
    uint64_t ms = 0;
    for (uint64_t i = 0; i < stored->pair_count; i++) {
        uint64_t later, amount;
        if (!get(in, &later) || !get(in, &amount)) return false;
        if (later > INT64_MAX - ms || amount > (uint64_t)INT64_MAX / 4096) return false;
        ms += later;
        stored->pairs[i] = (struct window_pair){(int64_t)ms, (int64_t)amount};
    }
    return in->size == 0;
}

static bool read_stored(struct bytes in, struct stored *stored)
{
    uint64_t version;
    if (!get(&in, &version) || version != STORED_VERSION) return false;
    uint64_t *head[] = {&stored->kind,         &stored->spec_amount, &stored->spec_per_ms,
                        &stored->spec_burst,   &stored->amount,      &stored->per_ms,
                        &stored->closed_until, &stored->close_span,  &stored->held,
                        &stored->level_below,  &stored->level,       &stored->level_ms};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        if (!get(&in, head[i])) return false;
    if (stored->level_below > 1 || stored->level > INT64_MAX / 2) return false;
    if (stored->amount < 1 || stored->per_ms < 1) return false;
    if (stored->close_span > QUOTA_CLOSE_MAX_MS || stored->held > INT64_MAX / 4096) return false;
    return read_pairs(&in, stored);
}

/* Both rings are in order of time; the result is the two merged, and nothing later than `now`. */
static void merge_window(struct quota_bucket *bucket, const struct stored *stored, int64_t now)
{
    struct window old = bucket->window;
    int64_t grain = bucket_grain_ms(bucket);
    bucket->window = (struct window){0};
    uint32_t i = 0;
    uint64_t j = 0;
    while (i < old.count || j < stored->pair_count) {
        bool ours = j == stored->pair_count ||
                    (i < old.count && window_at(&old, i).ms <= stored->pairs[j].ms);
        struct window_pair pair = ours ? window_at(&old, i++) : stored->pairs[j++];
        window_add(&bucket->window, pair.ms, pair.amount, grain);
    }
    window_free(&old);
    window_clamp(&bucket->window, now);
    window_drop(&bucket->window, bucket_cutoff(bucket, now));
}

/* What either side has used is used. */
static void merge_level(struct quota_bucket *bucket, const struct stored *stored, int64_t now)
{
    int64_t full = bucket->burst * bucket->per_ms;
    struct quota_bucket then = *bucket;
    __int128 level = (__int128)stored->level * bucket->per_ms / (int64_t)stored->per_ms;
    __int128 most = stored->level_below ? INT64_MAX / 4 : full;
    if (level > most) level = most;
    then.level = stored->level_below ? -(int64_t)level : (int64_t)level;
    then.level_ms = (int64_t)stored->level_ms < now ? (int64_t)stored->level_ms : now;
    int64_t used = full - bucket_level(&then, now);
    bucket->level = bucket_level(bucket, now);
    bucket->level_ms = bucket->level_ms > now ? bucket->level_ms : now;
    __int128 left = (__int128)bucket->level - used;
    bucket->level = left < INT64_MIN / 4 ? INT64_MIN / 4 : (int64_t)left;
}

static void merge_rate(struct quota_bucket *bucket, const struct stored *stored, int64_t now)
{
    const struct quota_spec *spec = &bucket->spec;
    bool same = stored->spec_amount == (uint64_t)spec->amount &&
                stored->spec_per_ms == (uint64_t)spec->per_ms &&
                stored->spec_burst == (uint64_t)spec->burst;
    if (same) quota_rate(bucket, (int64_t)stored->amount, (int64_t)stored->per_ms, now);
}

bool quota_decode(struct quota_bucket *bucket, struct bytes stored_bytes, int64_t now_ms)
{
    int64_t now = book_now(bucket->book, now_ms);
    struct stored stored;
    if (!read_stored(stored_bytes, &stored) || stored.kind != bucket->spec.kind) {
        bucket_use_up(bucket, now);
        return false;
    }
    merge_rate(bucket, &stored, now);
    int64_t latest = now + (int64_t)stored.close_span;
    int64_t until = (int64_t)stored.closed_until < latest ? (int64_t)stored.closed_until : latest;
    quota_close(bucket, until, now);
    if (bucket->spec.kind == QUOTA_WINDOW) merge_window(bucket, &stored, now);
    if (bucket->spec.kind == QUOTA_TOKENS) merge_level(bucket, &stored, now);
    bucket_spend(bucket, amount_clip((int64_t)stored.held), now);
    return true;
}

void quota_restore(struct quota_bucket *bucket, struct bytes stored, int64_t now_ms)
{
    if (bucket->restored) return;
    bucket->restored = true;
    if (stored.size) quota_decode(bucket, stored, now_ms);
}

bool quota_restored(const struct quota_bucket *bucket)
{
    return bucket->restored;
}
