/* Verification finds what is wrong: each case spoils one thing in the rows of a sound store and
 * expects the sentence that names it. */
#include "engine_fixture.h"

struct found {
    uint64_t count;
    char table[32];
    char text[4096]; /* all sentences */
};

static void gather(void *ctx, const char *table, const char *sentence)
{
    struct found *found = ctx;
    found->count++;
    strncpy(found->table, table, sizeof found->table - 1);
    strncat(found->text, table, sizeof found->text - strlen(found->text) - 1);
    strncat(found->text, ": ", sizeof found->text - strlen(found->text) - 1);
    strncat(found->text, sentence, sizeof found->text - strlen(found->text) - 1);
    strncat(found->text, "\n", sizeof found->text - strlen(found->text) - 1);
}

static struct found look(struct world *w)
{
    struct found found = {0};
    const struct verify_hooks hooks = {.report = gather, .ctx = &found};
    struct verify_result result;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(engine_verify(txn, &hooks, &result, &w->error), ST_OK);
    store_abort(txn);
    assert_int_equal(result.findings, found.count);
    return found;
}

/* A store with something in every table: a link, a write on its way, one unresolved, a conflict. */
static void open_sound(struct world *w)
{
    world_open(w);
    world_shop(w, 3);
    do_barcode(w, "A", "111");
    rows_start(w, 1);
    row_listing(w, "LA2", "A", "111", LISTING_ACTIVE);
    row_stock(w, "R1", "LA", 4);
    assert_int_equal(rows_end(w), ST_OK);
    assert_string_equal(conflict_of(w, "LA2"), "product-has-a-listing");
    assert_int_equal(do_select(w, 1, 1), 1);
    do_outcome(w, 0, OUTCOME_UNRESOLVED, 0);
    assert_int_equal(do_select(w, 1, 1), 1);
    do_link(w, "pp", "shop", "R2");
    do_sweeps(w, 0);
    w->unverified = true;
}

/* Removes the first row of a table. */
static void cut_first(struct world *w, enum store_table table)
{
    struct store_txn *txn = world_begin(w);
    struct store_cursor *cursor = store_cursor(txn, table);
    assert_int_equal(store_next(cursor, NULL, NULL), ST_OK);
    assert_int_equal(store_cursor_delete(cursor), ST_OK);
    store_cursor_close(cursor);
    world_commit(w, txn);
}

static void a_row_missing(void **state)
{
    (void)state;
    static const struct {
        enum store_table table;
        const char *finding; /* one of those it causes */
    } cases[] = {
        {TABLE_META, "meta: the row 'counters' is missing"},
        {TABLE_PRODUCT, "stock: product 1 has a figure, but is missing"},
        {TABLE_PRODUCT_SKU, "product: product 1 cannot be found by its SKU 'A'"},
        {TABLE_PRODUCT_BARCODE, "product: product 1 cannot be found by its barcode '111'"},
        {TABLE_WAREHOUSE, "link: a link names warehouse 1, which is missing"},
        {TABLE_STOCK, "ledger: product 1, warehouse 1: the ledger comes to 10, but there is no "
                      "figure"},
        {TABLE_LEDGER, "stock: product 1, warehouse 1: the figure is 10 (reserved 0), the ledger "
                       "comes to 0 (reserved 0)"},
        {TABLE_ACCOUNT, "remote_warehouse: 'R1' belongs to account 1, which is missing"},
        {TABLE_REMOTE_WAREHOUSE, "link: a link names remote warehouse 1 of account 1: missing"},
        {TABLE_LINK, "target: listing 2 in remote warehouse 1 of account 1 (product 2): nothing is "
                     "linked to it, but it is not held for that"},
        {TABLE_LISTING, "listing_id: an id leads to no listing of that id"},
        {TABLE_LISTING_ID, "listing: listing 1 cannot be found by its id 'LA'"},
        {TABLE_LISTING_KEY, "listing: listing 1 cannot be found by its key 'A'"},
        {TABLE_LISTING_PRODUCT, "listing: listing 1 cannot be found by its product 1"},
        {TABLE_TARGET, "listing: listing 1 is tied to product 1 but has no target in 'R1'"},
        {TABLE_OUTBOX,
         "target: listing 3 in remote warehouse 1 of account 1 (product 3): is not in "
         "the outbox where it says it is"},
        {TABLE_FLIGHT,
         "target: listing 2 in remote warehouse 1 of account 1 (product 2): its write "
         "is open, but in no flight"},
        {TABLE_UNRESOLVED, "target: listing 1 in remote warehouse 1 of account 1 (product 1): is "
                           "not among the unresolved where it says it is"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        open_sound(&w);
        assert_int_equal(look(&w).count, 0);
        cut_first(&w, cases[i].table);
        struct found found = look(&w);
        if (!strstr(found.text, cases[i].finding))
            fail_msg("%s\nis not among\n%s", cases[i].finding, found.text);
        world_close(&w);
    }
}

/* Puts a row that should not be there. */
static void a_row_too_many(void **state)
{
    (void)state;
    static const uint8_t nothing[OUTBOX_KEY_SIZE] = {0, 0, 0, 1};
    static const struct {
        enum store_table table;
        size_t key_size, value_size;
        const char *finding;
    } cases[] = {
        {TABLE_PRODUCT_SKU, 3, 8, "product_sku: the SKU '"},
        {TABLE_PRODUCT_BARCODE, 12, 0, "product_barcode: the barcode '"},
        {TABLE_STOCK, 12, sizeof(struct stock_record), "stock: product 1, warehouse 0: the figure"},
        {TABLE_STOCK, 11, 3, "stock: a row cannot be read"},
        {TABLE_LEDGER, 24, sizeof(struct ledger_record),
         "ledger: product 1, warehouse 0: the ledger"},
        {TABLE_COMMAND, 8, 3, "command: a row cannot be read"},
        {TABLE_COMMAND_ID, 16, 8, "command_id: an id belongs to no command"},
        {TABLE_LISTING_ID, 6, 8, "listing_id: an id leads to no listing"},
        {TABLE_LISTING_KEY, 20, 0, "listing_key: a key leads to no listing that has it"},
        {TABLE_LISTING_PRODUCT, 20, 0, "listing_product: a product leads to a listing not tied"},
        {TABLE_TARGET, TARGET_KEY_SIZE, 12, "target: a row cannot be read"},
        {TABLE_OUTBOX, OUTBOX_KEY_SIZE, 0, "outbox: a row leads to no target that waits there"},
        {TABLE_UNRESOLVED, 37, 0, "unresolved: a row leads to no target that waits there"},
        {TABLE_FLIGHT, 20, 26, "flight: a row cannot be read"},
        {TABLE_OBSERVED, 18, sizeof(struct observed_record), "observed: a figure was read of"},
        {TABLE_CONFLICT, 12, 4, "conflict: a conflict is of a listing that is missing"},
        {TABLE_ACCOUNT_STATE, 4, 1, "account_state: a row belongs to no account"},
        {TABLE_SWEEP, 8, 3, "sweep: a row cannot be read"},
        {TABLE_ORDER_EFFECT, 24, 3, "order_effect: a row cannot be read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        open_sound(&w);
        uint8_t key[64] = {0}, value[1024] = {0};
        memcpy(key, nothing, sizeof nothing);
        if (cases[i].table == TABLE_STOCK || cases[i].table == TABLE_LEDGER) {
            key[3] = 0;
            key[7] = 1; /* product 1 */
            value[0] = 9;
        }
        struct store_txn *txn = world_begin(&w);
        store_put(txn, cases[i].table, bytes_of(key, cases[i].key_size),
                  bytes_of(value, cases[i].value_size));
        world_commit(&w, txn);
        struct found found = look(&w);
        if (!strstr(found.text, cases[i].finding))
            fail_msg("%s\nis not among\n%s", cases[i].finding, found.text);
        world_close(&w);
    }
}

static void spoil_target(struct world *w, void (*spoil)(struct target_record *record))
{
    uint8_t key[TARGET_KEY_SIZE];
    struct target_id id = target_id_of(w, "LC", "R1"); /* dirty */
    struct target_record record = target_of(w, "LC", "R1");
    target_key_write(key, &id);
    spoil(&record);
    uint8_t row[TARGET_RECORD_MAX];
    size_t size = target_record_write(row, &record);
    struct store_txn *txn = world_begin(w);
    store_put(txn, TABLE_TARGET, bytes_of(key, sizeof key), bytes_of(row, size));
    world_commit(w, txn);
}

static void other_wanted(struct target_record *r)
{
    r->wanted_value = 11;
}
static void not_queued(struct target_record *r)
{
    r->flags &= ~(uint32_t)TARGET_QUEUED;
}
static void settled_but_queued(struct target_record *r)
{
    r->flags |= TARGET_ACKED;
    r->acked_value = r->wanted_value;
}
static void other_priority(struct target_record *r)
{
    r->queued_priority = PRIORITY_ZERO;
}
static void high_revision(struct target_record *r)
{
    r->wanted_revision = 1000000;
}
static void sent_above_wanted(struct target_record *r)
{
    r->sent_revision = r->wanted_revision + 1;
}
static void zero_without_reason(struct target_record *r)
{
    r->wanted_value = 0;
}
static void unknown_wanted(struct target_record *r)
{
    r->flags &= ~(uint32_t)TARGET_WANTED;
}
static void nothing_feeds_it(struct target_record *r)
{
    r->hold = HOLD_NEVER;
}

static void a_target_that_lies(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct target_record *record);
        const char *finding;
    } cases[] = {
        {other_wanted, "wants 11, its stock and rules come to 10"},
        {not_queued, "must be sent, but does not wait for it"},
        {settled_but_queued, "waits to be sent, but has nothing to send"},
        {other_priority, "waits with priority 0, not 2"},
        {high_revision, "a revision is above the sequence counter"},
        {sent_above_wanted, "was sent, but"},
        {zero_without_reason, "wants 0 without a reason"},
        {unknown_wanted, "its stock is counted, so a figure is wanted"},
        {nothing_feeds_it, "nothing feeds it, and no write of it is open"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        open_sound(&w);
        spoil_target(&w, cases[i].spoil);
        struct found found = look(&w);
        if (!strstr(found.text, cases[i].finding))
            fail_msg("%s\nis not among\n%s", cases[i].finding, found.text);
        world_close(&w);
    }
}

static bool stop(void *ctx, uint64_t done, uint64_t total)
{
    uint64_t *calls = ctx;
    assert_true(done <= total);
    return ++*calls < 2;
}

static void progress_and_stopping(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.unverified = true;
    for (int chunk = 0; chunk < 6; chunk++) {
        static char text[1000][8];
        struct bytes skus[1000];
        for (int i = 0; i < 1000; i++) {
            text[i][0] = (char)('a' + chunk);
            text[i][1] = (char)('a' + i / 100);
            text[i][2] = (char)('0' + i / 10 % 10);
            text[i][3] = (char)('0' + i % 10);
            skus[i] = bytes_text(text[i]);
        }
        struct buf buf;
        buf_init(&buf, COMMAND_PAYLOAD_MAX);
        command_product_bulk(&buf, skus, 1000);
        world_do(&w, COMMAND_PRODUCT_BULK, &buf);
        world_ok(&w);
    }
    uint64_t calls = 1;
    const struct verify_hooks hooks = {.progress = stop, .ctx = &calls};
    struct verify_result result;
    struct store_txn *txn;
    assert_int_equal(store_begin(w.store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(engine_verify(txn, &hooks, &result, &w.error), ST_CANCELLED);
    assert_string_equal(w.error.text, "the verification was stopped");
    assert_int_equal(calls, 2);
    assert_int_equal(engine_verify(txn, NULL, &result, &w.error), ST_OK);
    assert_int_equal(result.findings, 0);
    store_abort(txn);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_row_missing),
    cmocka_unit_test(a_row_too_many),
    cmocka_unit_test(a_target_that_lies),
    cmocka_unit_test(progress_and_stopping),
};

TEST_MAIN(cases)
