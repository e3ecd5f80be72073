/* Claims: taking charges all or nothing, waiting in order, being granted. What a bucket has free is
 * quota_bucket.c's. */
#include "net/quota_internal.h"

static void ring_push(struct quota_claim *head, struct quota_claim *claim)
{
    claim->prev = head->prev;
    claim->next = head;
    head->prev->next = claim;
    head->prev = claim;
}

static void ring_remove(struct quota_claim *claim)
{
    if (!claim->next) return;
    claim->prev->next = claim->next;
    claim->next->prev = claim->prev;
    claim->prev = claim->next = NULL;
}

/* Two charges on one bucket are one. */
static void merge_charges(struct quota_claim *claim)
{
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        struct quota_charge *charge = &claim->charges[i];
        charge->amount = amount_clip(charge->amount);
        for (uint32_t j = 0; j < i && charge->amount; j++) {
            if (claim->charges[j].bucket != charge->bucket) continue;
            claim->charges[j].amount = amount_clip(claim->charges[j].amount + charge->amount);
            charge->amount = 0;
        }
    }
}

/* --- one pass over the waiting claims, in order ------------------------------------------------
 */

/* The bucket as this pass has left it so far. */
static struct quota_bucket *in_pass(struct quota_book *book, struct quota_bucket *bucket,
                                    int64_t now)
{
    if (bucket->pass == book->pass) return bucket;
    bucket->pass = book->pass;
    bucket->ahead = 0;
    window_drop(&bucket->window, bucket_cutoff(bucket, now));
    return bucket;
}

static int64_t risk_of(const struct quota_bucket *bucket, int64_t amount)
{
    int64_t refused = amount_clip(bucket->spec.refused);
    return amount && refused > amount ? refused - amount : 0;
}

/* Whichever of those under way comes in last must find its charge, though all others were refused:
 * beside a larger one, some of what the charge itself may come to count, too. */
static int64_t needed(const struct quota_charge *charge)
{
    const struct quota_bucket *bucket = charge->bucket;
    int64_t capacity = bucket_capacity(bucket), need = charge->amount;
    if (bucket->held && bucket->largest > need)
        need += risk_of(bucket, need) - risk_of(bucket, bucket->largest);
    return need < capacity ? need : capacity;
}

/* What is to be free for the charge: for what verifies also the half that it leaves to others, or
 * all there is where it needs more than the other half. */
static int64_t wanted_free(const struct quota_claim *claim, const struct quota_charge *charge)
{
    int64_t need = needed(charge);
    if (claim->class != QUOTA_VERIFY) return need;
    int64_t capacity = bucket_capacity(charge->bucket), with_half = need + capacity / 2;
    return with_half < capacity ? with_half : capacity;
}

static bool charge_fits(struct quota_book *book, const struct quota_claim *claim,
                        const struct quota_charge *charge, int64_t now)
{
    if (!charge->amount) return true;
    struct quota_bucket *bucket = in_pass(book, charge->bucket, now);
    return bucket_open(bucket, now) &&
           bucket_safe(bucket, now) >= wanted_free(claim, charge) + bucket->ahead;
}

static bool claim_fits(struct quota_book *book, const struct quota_claim *claim, int64_t now)
{
    for (uint32_t i = 0; i < claim->charge_count; i++)
        if (!charge_fits(book, claim, &claim->charges[i], now)) return false;
    return true;
}

/* How long what holds the claim up will last: 0 when a finish may end it at any moment. */
static int64_t claim_wait_ms(struct quota_book *book, const struct quota_claim *claim, int64_t now)
{
    int64_t longest = 0;
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        const struct quota_charge *charge = &claim->charges[i];
        if (charge_fits(book, claim, charge, now)) continue;
        int64_t when =
            bucket_when(charge->bucket, wanted_free(claim, charge) + charge->bucket->ahead, now);
        if (when != QUOTA_UNKNOWN_MS && when - now > longest) longest = when - now;
    }
    return longest;
}

/* The claim stays waiting, and those behind it must leave it its amount: so nobody passes where it
 * does not fit. Where it fits, what will be back before its wait is over may be taken. */
static void stand_in_line(struct quota_book *book, const struct quota_claim *claim, int64_t wait,
                          int64_t now)
{
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        const struct quota_charge *charge = &claim->charges[i];
        if (!charge->amount) continue;
        bool fits = charge_fits(book, claim, charge, now);
        if (fits && wait > bucket_returns_ms(charge->bucket, charge->amount)) continue;
        charge->bucket->ahead += needed(charge);
    }
}

static void count_waiting(const struct quota_claim *claim, int by)
{
    for (uint32_t i = 0; i < claim->charge_count; i++)
        claim->charges[i].bucket->waiting += by;
}

static void stop_waiting(struct quota_claim *claim)
{
    ring_remove(claim);
    claim->waiting = false;
    count_waiting(claim, -1);
}

/* It is charged `amount`, and what it may come to count beyond that is kept free. */
static void charge_hold(struct quota_charge *charge, int64_t amount)
{
    struct quota_bucket *bucket = charge->bucket;
    if (!bucket->held || amount > bucket->largest) bucket->largest = amount;
    charge->amount = amount;
    charge->risk = risk_of(bucket, amount);
    bucket->held += charge->amount;
    bucket->at_risk += charge->risk;
}

static void charge_release(struct quota_charge *charge)
{
    charge->bucket->held -= charge->amount;
    charge->bucket->at_risk -= charge->risk;
    charge->risk = 0;
}

static void take(struct quota_claim *claim, int64_t now)
{
    for (uint32_t i = 0; i < claim->charge_count; i++)
        charge_hold(&claim->charges[i], claim->charges[i].amount);
    claim->taken = true;
    claim->taken_ms = now;
}

/* Takes the charges of every waiting claim whose turn it is and puts it among the granted. Returns
 * when to look again, or -1. */
static int64_t pass_all(struct quota_book *book, int64_t now)
{
    int64_t next = -1;
    book->pass++;
    for (int class = 0; class < QUOTA_CLASSES; class ++) {
        struct quota_claim *head = &book->waiting[class], *claim = head->next;
        while (claim != head) {
            struct quota_claim *after = claim->next;
            if (claim_fits(book, claim, now)) {
                stop_waiting(claim);
                take(claim, now);
                ring_push(&book->granted, claim);
            } else {
                int64_t wait = claim_wait_ms(book, claim, now);
                stand_in_line(book, claim, wait, now);
                if (wait <= 0 || wait > QUOTA_TURN_MAX_MS) wait = QUOTA_TURN_MAX_MS;
                if (next < 0 || wait < next) next = wait;
            }
            claim = after;
        }
    }
    return next;
}

/* Whether a claim that has just come may go past those that wait. */
static bool may_pass(struct quota_book *book, const struct quota_claim *claim, int64_t now)
{
    bool shares = false;
    for (uint32_t i = 0; i < claim->charge_count; i++)
        shares |= claim->charges[i].bucket->waiting > 0;
    book->pass++;
    for (int class = 0; shares && class <= (int)claim->class; class ++) {
        struct quota_claim *head = &book->waiting[class];
        for (struct quota_claim *ahead = head->next; ahead != head; ahead = ahead->next) {
            /* One that fits waits only for quota_turn to be called: its amounts are kept. */
            stand_in_line(book, ahead, claim_wait_ms(book, ahead, now), now);
        }
    }
    return claim_fits(book, claim, now);
}

/* --- the interface -----------------------------------------------------------------------------
 */

bool quota_claim(struct quota_book *book, struct quota_claim *claim, int64_t now_ms)
{
    int64_t now = book_now(book, now_ms);
    claim->prev = claim->next = NULL;
    claim->waiting = claim->taken = false;
    merge_charges(claim);
    if (may_pass(book, claim, now)) {
        take(claim, now);
        return true;
    }
    claim->waiting = true;
    count_waiting(claim, 1);
    ring_push(&book->waiting[claim->class], claim);
    return false;
}

void quota_reclass(struct quota_book *book, struct quota_claim *claim, enum quota_class class)
{
    if (!claim->waiting || claim->class == class) return;
    ring_remove(claim);
    claim->class = class;
    ring_push(&book->waiting[class], claim);
}

void quota_cancel(struct quota_book *book, struct quota_claim *claim, int64_t now_ms)
{
    book_now(book, now_ms);
    if (claim->waiting) stop_waiting(claim);
    if (!claim->taken) return;
    ring_remove(claim); /* granted, but not told yet */
    for (uint32_t i = 0; i < claim->charge_count; i++)
        charge_release(&claim->charges[i]);
    claim->taken = false;
}

void quota_settle(struct quota_claim *claim, struct quota_bucket *bucket, int64_t actual,
                  int64_t now_ms)
{
    int64_t now = book_now(bucket->book, now_ms);
    actual = amount_clip(actual);
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        struct quota_charge *charge = &claim->charges[i];
        if (charge->bucket != bucket || claim->waiting) continue;
        int64_t more = actual - charge->amount;
        if (claim->taken) {
            charge_release(charge);
            charge_hold(charge, actual);
        } else if (more > 0) {
            bucket_spend(bucket, more, now);
            charge->amount = actual;
        }
        return;
    }
}

void quota_refused(struct quota_claim *claim, int64_t now_ms)
{
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        struct quota_charge *charge = &claim->charges[i];
        if (charge->risk)
            quota_settle(claim, charge->bucket, charge->amount + charge->risk, now_ms);
    }
}

void quota_finish(struct quota_book *book, struct quota_claim *claim, int64_t now_ms)
{
    int64_t now = book_now(book, now_ms);
    if (!claim->taken) return;
    ring_remove(claim);
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        struct quota_charge *charge = &claim->charges[i];
        charge_release(charge);
        bucket_spend(charge->bucket, charge->amount, now);
    }
    claim->taken = false;
}

int64_t quota_turn(struct quota_book *book, int64_t now_ms)
{
    int64_t now = book_now(book, now_ms), next;
    if (book->turning) { /* from inside a `granted` */
        book->again = true;
        return 1;
    }
    book->turning = true;
    do {
        book->again = false;
        next = pass_all(book, now);
        /* Ends: each granted claim left the waiting ones, and a new one is granted at once or waits
         * for the next time round. */
        while (book->granted.next != &book->granted) {
            struct quota_claim *claim = book->granted.next;
            ring_remove(claim);
            claim->granted(claim, now);
            book->again = true;
        }
    } while (book->again);
    book->turning = false;
    if (book->abandoned) book_sweep(book, now);
    return next;
}

/* When the charge fits if all that is in flight finishes now, and ages. */
static int64_t aged_from(const struct quota_charge *charge, int64_t now)
{
    const struct quota_bucket *bucket = charge->bucket;
    int64_t when = now;
    if (bucket->spec.kind == QUOTA_WINDOW) when += bucket_span_ms(bucket);
    if (bucket->spec.kind == QUOTA_TOKENS) when += bucket_returns_ms(bucket, charge->amount);
    return when > bucket->closed_until ? when : bucket->closed_until;
}

int64_t quota_expected(const struct quota_claim *claim, int64_t now_ms,
                       const struct quota_bucket **why)
{
    int64_t latest = now_ms;
    if (why) *why = NULL;
    for (uint32_t i = 0; i < claim->charge_count; i++) {
        const struct quota_charge *charge = &claim->charges[i];
        int64_t now = book_peek(charge->bucket->book, now_ms);
        if (!charge->amount || claim->taken) continue;
        int64_t when = bucket_when(charge->bucket, wanted_free(claim, charge), now);
        bool unknown = when == QUOTA_UNKNOWN_MS;
        if (unknown) when = aged_from(charge, now);
        if (when <= latest && !(unknown && why && !*why)) continue;
        if (when > latest) latest = when;
        if (why) *why = charge->bucket;
    }
    return latest;
}
