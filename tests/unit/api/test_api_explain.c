/* Why a figure is not there: whatever a target and its account are, what is said has words in each
 * language (say/say.h), and no two clauses run together. */
#include "api/api_explain.h"
#include "say/say.h"

#include "test_main.h"

#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */

static struct directory_account shop = {.name = (char *)(uintptr_t) "shop", .no = 1};
static struct directory_account paused = {
    .name = (char *)(uintptr_t) "shop", .no = 1, .paused = true};
static struct directory_warehouse pp = {.key = (char *)(uintptr_t) "pp"};
static size_t said;

static void look(const struct explain_target *t, const struct api_account *account)
{
    struct buf why;
    buf_init(&why, API_WHY_MAX);
    api_explain_why(t, account, NOW_MS, &why);
    if (why.size && !say_knows(buf_cstr(&why))) fail_msg("no words for: %s", buf_cstr(&why));
    said += why.size != 0;
    buf_free(&why);
}

/* What an account can be. */
static size_t make_accounts(struct api_account list[64])
{
    static const enum sync_state states[] = {SYNC_ACTIVE, SYNC_DRY_RUN, SYNC_NEW,     SYNC_LOADING,
                                             SYNC_PARKED, SYNC_PAUSED,  SYNC_DISABLED};
    static const char fresh[] = "new: it sends nothing until its first plan is applied; `stockctl "
                                "plan --account shop` shows it, `stockctl apply ID` sends it";
    static const char *const reasons[] = {
        "", fresh, "read for the first time: run r7, stage 2 of 5, listings"};
    static const struct {
        enum sync_wait wait;
        const char *waiting;
    } waits[] = {
        {SYNC_WAIT_NONE, ""},
        {SYNC_WAIT_QUOTA, "quota 'stock' until 2026-11-21T10:05:00.000Z"},
        {SYNC_WAIT_PAUSE, "a pause until 2026-11-21T10:05:00.000Z after 3 batches failed in a row"},
        {SYNC_WAIT_BLOCKED,
         "blocked by the marketplace until 2026-11-21T10:05:00.000Z: 403: no, go away"},
        {SYNC_WAIT_DENIED, "the credentials may not write stock: 403"},
        {SYNC_WAIT_ORDERS, "increases are held since 2026-11-21T09:00:00.000Z, until the "
                           "account's orders were read, which fails: 500"},
        {SYNC_WAIT_ORDERS,
         "increases are held since 2026-11-21T09:00:00.000Z, until the account's orders "
         "were read; an order came of what was sold out there, which fails: 500"}};
    size_t count = 0;
    for (size_t s = 0; s < sizeof states / sizeof *states; s++)
        for (size_t r = 0; r < (states[s] == SYNC_DRY_RUN ? 2 : 3); r++) {
            struct api_account *a = &list[count++];
            *a = (struct api_account){.state = states[s], .since_ms = r ? NOW_MS - 90000 : 0};
            strcpy(a->reason, reasons[r]);
        }
    for (size_t w = 0; w < sizeof waits / sizeof *waits; w++) {
        struct api_account *a = &list[count++];
        *a = (struct api_account){
            .state = SYNC_ACTIVE, .wait = waits[w].wait, .waiting_since_ms = NOW_MS - 3600000};
        strcpy(a->waiting, waits[w].waiting);
    }
    return count;
}

static void look_with_accounts(const struct explain_target *t)
{
    struct api_account accounts[64];
    size_t count = make_accounts(accounts);
    look(t, NULL);
    for (size_t i = 0; i < count; i++)
        look(t, &accounts[i]);
}

static void each_state_has_words(void **state)
{
    (void)state;
    static const uint32_t flags[] = {TARGET_ABANDONED, TARGET_TAKEN,  TARGET_ERROR,
                                     TARGET_ASKED,     TARGET_WANTED, TARGET_PAUSE};
    enum { FLAGS = sizeof flags / sizeof *flags };
    const struct explain_link links[] = {{.warehouse = &pp}, {.warehouse = &pp, .counted = true}};
    for (int s = 0; s < STATE_COUNT; s++)
        for (uint32_t bits = 0; bits < 1u << FLAGS; bits++)
            for (int variant = 0; variant < 8; variant++) {
                struct explain_target t = {
                    .target = {.account = variant & 4 ? &paused : &shop,
                               .sku = bytes_text("A 1"),
                               .state = (enum target_state)s,
                               .why = "it was never sent",
                               .record = {.sent_value = 5,
                                          .sent_ms = variant & 1 ? NOW_MS - 1000 : 0,
                                          .look_ms = NOW_MS + 5000,
                                          .wanted_ms = NOW_MS - 400000,
                                          .attempts = 3,
                                          .queued_due_ms = variant & 2 ? NOW_MS + 9000 : 0,
                                          .queued_priority =
                                              variant & 1 ? PRIORITY_DECREASE : PRIORITY_INCREASE}},
                    .listing = {.state = variant & 4 ? LISTING_ENDED : LISTING_ACTIVE},
                    .links = links,
                    .link_count = 2,
                };
                if (variant & 1) t.target.note = t.target.code = bytes_text("429");
                if (variant & 2) t.target.text = bytes_text("Too many, wait");
                for (int f = 0; f < FLAGS; f++)
                    if (bits & 1u << f) t.target.record.flags |= flags[f];
                look_with_accounts(&t);
            }
    assert_true(said > 1000);
}

/* 12 was refused for the fourth time; the sentence of what is wanted since. */
static void assert_dirty(struct target_record record, const struct api_account *account,
                         const char *wanted)
{
    struct buf why;
    record.flags |= TARGET_WANTED | TARGET_QUEUED | TARGET_ERROR;
    record.wanted_ms = NOW_MS;
    record.sent_value = 12;
    record.attempts = 4;
    const struct explain_target t = {.target = {.account = &shop,
                                                .sku = bytes_text("A"),
                                                .state = STATE_DIRTY,
                                                .why = "its figure changed",
                                                .code = bytes_text("BUSY"),
                                                .record = record}};
    buf_init(&why, API_WHY_MAX);
    api_explain_why(&t, account, NOW_MS, &why);
    assert_string_equal(buf_cstr(&why), wanted);
    assert_true(say_knows(buf_cstr(&why)));
    buf_free(&why);
}

static void what_a_refused_figure_waits_for(void **state)
{
    (void)state;
    const int64_t due_ms = NOW_MS + 600000;
    const struct api_account free_account = {.state = SYNC_ACTIVE};
    const struct api_account busy = {.state = SYNC_ACTIVE,
                                     .wait = SYNC_WAIT_QUOTA,
                                     .waiting = "quota 'stock' until 2026-11-21T10:05:00.000Z"};
    struct target_record r = {
        .flags = TARGET_PAUSE, .wanted_value = 12, .due_ms = due_ms, .queued_due_ms = due_ms};
    assert_dirty(
        r, &free_account,
        "try 4 failed: BUSY; it is tried again at 2026-11-21T10:10:00.000Z; the figure is 0 s old");
    r.wanted_value = 5;
    r.queued_due_ms = NOW_MS;
    assert_dirty(
        r, &free_account,
        "try 4 failed, of 12: BUSY; its figure changed; it is about to be sent; the figure is 0 s "
        "old");
    assert_dirty(r, &busy,
                 "try 4 failed, of 12: BUSY; it waits for the account: quota 'stock' until "
                 "2026-11-21T10:05:00.000Z; the figure is 0 s old");
    r.queued_due_ms = NOW_MS + 20000;
    assert_dirty(r, &free_account,
                 "try 4 failed, of 12: BUSY; the marketplace takes one write of an item in so much "
                 "time: it goes at 2026-11-21T10:00:20.000Z; the figure is 0 s old");
    r.flags = 0; /* no pause of the figure's own */
    r.queued_due_ms = due_ms;
    assert_dirty(r, &free_account,
                 "the marketplace asks to wait: BUSY; it goes at 2026-11-21T10:10:00.000Z; the "
                 "figure is 0 s old");
}

static void each_hold_has_words(void **state)
{
    (void)state;
    static const uint16_t holds[] = {HOLD_NEVER,   HOLD_UNCOUNTED, HOLD_LISTING, HOLD_EPOCH,
                                     HOLD_FOREIGN, HOLD_ROUTE,     HOLD_REMOTE,  HOLD_OFF};
    const struct explain_link links[] = {{.warehouse = &pp}};
    struct directory_remote remote = {.why = (char *)(uintptr_t) "kept by the marketplace",
                                      .closed_until_ms = NOW_MS};
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
        for (int variant = 0; variant < 4; variant++) {
            struct explain_target t = {
                .target = {.account = &shop,
                           .sku = bytes_text("A"),
                           .state = holds[i] == HOLD_OFF ? STATE_OFF : STATE_HELD,
                           .why = "the remote warehouse may not be written to now",
                           .remote = variant & 1 ? &remote : NULL,
                           .record = {.hold = holds[i], .flags = TARGET_WANTED}},
                .listing = {.state = LISTING_ARCHIVED},
                .links = links,
                .link_count = variant & 2 ? 1 : 0};
            if (variant & 2) t.listing.text = bytes_text("archived by the seller");
            look_with_accounts(&t);
        }
}

static void what_is_shown_says_what_is_odd(void **state)
{
    (void)state;
    const size_t before = said;
    struct explain_target t = {.target = {.account = &shop,
                                          .state = STATE_SYNCED,
                                          .record = {.flags = TARGET_OBSERVED | TARGET_ACKED,
                                                     .observed_value = 3,
                                                     .acked_value = 5,
                                                     .observed_ms = NOW_MS}}};
    look(&t, NULL);
    t.target.record.observed_value = 5;
    t.target.record.capped = CAP_RULE;
    look(&t, NULL);
    t.target.record.capped = CAP_ROUTE;
    look(&t, NULL);
    assert_int_equal(said - before, 3);
}

static void each_absence_has_words(void **state)
{
    (void)state;
    static const char *const codes[] = {"barcode-on-two-products",
                                        "keys-name-two-products",
                                        "product-has-a-listing",
                                        "listing-under-a-new-id",
                                        "sku-alike",
                                        "something-new"};
    for (int missing = 0; missing <= EXPLAIN_NO_TARGET; missing++)
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            const struct explain_absent a = {.account = &shop,
                                             .missing = (enum explain_missing)missing,
                                             .listing = bytes_text("L-1"),
                                             .code = bytes_text(codes[i]),
                                             .other = bytes_text(i & 1 ? "B 2" : ""),
                                             .conflicts = i & 2};
            struct buf why;
            buf_init(&why, API_WHY_MAX);
            api_explain_absent(&a, bytes_text("A 1"), &why);
            if (!say_knows(buf_cstr(&why))) fail_msg("no words for: %s", buf_cstr(&why));
            buf_free(&why);
        }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_state_has_words),   cmocka_unit_test(what_a_refused_figure_waits_for),
    cmocka_unit_test(each_hold_has_words),    cmocka_unit_test(what_is_shown_says_what_is_odd),
    cmocka_unit_test(each_absence_has_words),
};
TEST_MAIN(cases)
