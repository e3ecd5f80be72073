/* Every sequence of six documents of one order, out of six kinds: so every multiset of up to six
 * with every permutation and every duplicate. After each document the line has what the documents
 * so far make of it as a set, whatever their order was (I2), and the stock is the fold of that
 * (I1). Hundreds of orders go side by side in one command; half of them with a restart in between.
 */
#include "engine_orders.h"

#include <stdio.h>
#include <string.h>

enum {
    KINDS = 6,
    LENGTH = 6,
    SEQUENCES = 46656, /* KINDS to the power of LENGTH */
    CHUNK = 1944,      /* orders side by side; divides SEQUENCES */
    START = 1000000,   /* pieces there are */
    PP = 1,
};

static const struct {
    enum order_state state;
    int64_t quantity;
} kinds[KINDS] = {{ORDER_OPEN, 5},    {ORDER_OPEN, 4},      {ORDER_SHIPPED, 4},
                  {ORDER_SHIPPED, 3}, {ORDER_CANCELLED, 4}, {ORDER_RETURNED, 3}};

/* When the figure was given, and of which kind. */
enum figure_given { COUNTED_BEFORE, COUNTED_AFTER, AVAILABLE_AFTER };

struct taken {
    int64_t reserved, shipped;
};

/* ---- what a set of documents means, said once more */

static struct taken meaning(unsigned set, bool versions)
{
    int64_t quantity = INT64_MAX;
    bool shipped = false, cancelled = false;
    for (int k = 0; k < KINDS; k++) {
        if (!(set & 1u << k)) continue;
        bool left = kinds[k].state == ORDER_SHIPPED || kinds[k].state == ORDER_RETURNED;
        shipped |= left;
        /* The newest version says it; without versions what is over stays over, and pieces are only
         * taken off. */
        cancelled = versions ? kinds[k].state == ORDER_CANCELLED
                             : cancelled || kinds[k].state == ORDER_CANCELLED;
        if (versions || kinds[k].quantity < quantity) quantity = kinds[k].quantity;
    }
    if (shipped) return (struct taken){0, quantity};
    return cancelled ? (struct taken){0, 0} : (struct taken){quantity, 0};
}

/* ---- telling */

static int digit(int sequence, int at)
{
    for (; at > 0; at--)
        sequence /= KINDS;
    return sequence % KINDS;
}

static struct order_view document(int kind, bool versions, int64_t ordered_ms)
{
    struct order_view told = order_of(kinds[kind].state, kinds[kind].quantity);
    told.has_version = versions;
    told.version = versions ? kind + 1 : 0;
    told.ordered_ms = ordered_ms;
    told.changed_ms = ordered_ms + kind;
    return told;
}

static void name(int sequence, char out[16])
{
    snprintf(out, 16, "%d", sequence);
}

/* Document `at` of each of the sequences, each of them told twice. */
static void tell(struct world *w, int first, int at, bool versions, int64_t ordered_ms)
{
    rows_start(w, 1);
    for (int i = 0; i < CHUNK; i++) {
        char line[16];
        name(first + i, line);
        struct order_view told = document(digit(first + i, at), versions, ordered_ms);
        rows_order_line(&w->rows, bytes_text(line), &told);
        rows_order_line(&w->rows, bytes_text(line), &told);
    }
    rows_end(w);
    world_ok(w);
}

/* ---- looking */

static struct taken line_taken(struct store_txn *txn, int sequence)
{
    struct key key = {0};
    struct bytes value;
    struct order_view view;
    struct taken taken = {0, 0};
    char line[16];
    name(sequence, line);
    key_u32(&key, 1);
    key_add(&key, bytes_text(line));
    assert_int_equal(store_get(txn, TABLE_ORDER_LINE, key_bytes(&key), &value), ST_OK);
    assert_int_equal(order_read(value, &view), ST_OK);
    for (uint32_t i = 0; i < view.part_count; i++) {
        taken.reserved += view.parts[i].reserved;
        taken.shipped += view.parts[i].shipped;
    }
    return taken;
}

/* A count of before is lowered by what leaves; one of after knows of all that; an available figure
 * of after stays what is available. */
static void check_stock(struct world *w, struct store_txn *txn, struct taken sum,
                        enum figure_given given)
{
    struct stock_record stock;
    struct bytes value;
    uint8_t key[12];
    bytes_put_u64(key, product_no(w, "A"));
    bytes_put_u32(key + 8, PP);
    assert_int_equal(store_get(txn, TABLE_STOCK, bytes_of(key, 12), &value), ST_OK);
    memcpy(&stock, value.data, sizeof stock);
    assert_int_equal(stock.reserved, sum.reserved);
    int64_t moved = given == COUNTED_BEFORE ? -sum.shipped : 0;
    assert_int_equal(stock.on_hand, START + (given == AVAILABLE_AFTER ? sum.reserved : moved));
}

/* Each line is what its documents up to `at` mean; the pieces of them all. */
static struct taken check_lines(struct store_txn *txn, int first, int at, bool versions)
{
    struct taken sum = {0, 0};
    for (int i = 0; i < CHUNK; i++) {
        unsigned set = 0;
        for (int k = 0; k <= at; k++)
            set |= 1u << digit(first + i, k);
        struct taken want = meaning(set, versions), have = line_taken(txn, first + i);
        if (want.reserved != have.reserved || want.shipped != have.shipped)
            fail_msg("sequence %d after %d documents: %lld, %lld instead of %lld, %lld", first + i,
                     at + 1, (long long)have.reserved, (long long)have.shipped,
                     (long long)want.reserved, (long long)want.shipped);
        sum.reserved += want.reserved;
        sum.shipped += want.shipped;
    }
    return sum;
}

static void shop(struct world *w)
{
    world_open(w);
    w->unverified = true;
    world_order_shop(w, 1);
}

static void give_figure(struct world *w, enum figure_kind kind)
{
    struct buf buf;
    buf_init(&buf, 1000);
    const struct stock_set set = {.sku = bytes_text("A"),
                                  .warehouse = bytes_text("pp"),
                                  .quantity = START,
                                  .kind = kind,
                                  .cause = CAUSE_COUNT};
    command_stock_set(&buf, &set);
    assert_int_equal(world_do(w, COMMAND_STOCK_SET, &buf), ST_OK);
}

#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 5 * CHUNK }; /* a sample: each takes some fifteen times as long there */
#else
enum { STRIDE = CHUNK };
#endif

static void all_sequences(bool versions, enum figure_given given)
{
    struct world w;
    struct taken before = {0, 0};
    shop(&w);
    int64_t ordered_ms = given == COUNTED_BEFORE ? w.now + 60000 : w.now - 30000;
    give_figure(&w, given == AVAILABLE_AFTER ? FIGURE_AVAILABLE : FIGURE_ON_HAND);
    w.now += 120000;
    for (int first = 0; first < SEQUENCES; first += STRIDE) {
        struct taken sum = {0, 0};
        for (int at = 0; at < LENGTH; at++) {
            tell(&w, first, at, versions, ordered_ms);
            if (first / CHUNK % 2) world_restart(&w);
            struct error error = {0};
            struct store_txn *txn;
            assert_int_equal(store_begin(w.store, STORE_READ, &txn, &error), ST_OK);
            sum = check_lines(txn, first, at, versions);
            const struct taken all = {before.reserved + sum.reserved, before.shipped + sum.shipped};
            check_stock(&w, txn, all, given);
            store_abort(txn);
        }
        before.reserved += sum.reserved;
        before.shipped += sum.shipped;
    }
    world_verify(&w); /* among others, that the figures are the fold of the ledger */
    world_close(&w);
}

static void documents_with_versions(void **state)
{
    (void)state;
    all_sequences(true, COUNTED_BEFORE);
}

static void documents_without_versions(void **state)
{
    (void)state;
    all_sequences(false, COUNTED_BEFORE);
}

static void documents_of_before_the_count(void **state)
{
    (void)state;
    all_sequences(false, COUNTED_AFTER);
}

static void documents_of_before_an_available_figure(void **state)
{
    (void)state;
    all_sequences(false, AVAILABLE_AFTER);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(documents_with_versions),
    cmocka_unit_test(documents_without_versions),
    cmocka_unit_test(documents_of_before_the_count),
    cmocka_unit_test(documents_of_before_an_available_figure),
};

TEST_MAIN(cases)
