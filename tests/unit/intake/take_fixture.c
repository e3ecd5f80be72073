/* What tests of figures that are taken over share: see take_fixture.h. */
#include "take_fixture.h"

static void account(struct world *w, const char *name, bool import)
{
    struct buf buf;
    buf_init(&buf, 1000);
    command_account_put(&buf, bytes_text(name), bytes_text("market"), import);
    assert_int_equal(world_do(w, COMMAND_ACCOUNT_PUT, &buf), ST_OK);
}

static void drained(struct world *w, uint32_t of)
{
    rows_start(w, of);
    rows_drained(&w->rows, w->now);
    rows_end(w);
    world_ok(w);
}

void shops_open(struct world *w, bool import)
{
    world_open(w);
    do_warehouse(w, "pp");
    do_warehouse(w, "kot");
    account(w, "shop", import);
    account(w, "other", import);
    for (uint32_t a = SHOP; a <= OTHER; a++) {
        rows_start(w, a);
        row_remote(w, "R1", true);
        row_remote(w, "R2", true);
        for (char c = 'A'; c <= 'D'; c++)
            row_listing(w, (char[]){'L', c, 0}, (char[]){c, 0}, "", LISTING_ACTIVE);
        rows_end(w);
        world_ok(w);
        drained(w, a);
    }
    for (char c = 'A'; c <= 'D'; c++)
        do_product(w, (char[]){c, 0});
    w->now += 60000;
}

void shop_shows(struct world *w, const char *remote, const char *listing, int64_t quantity)
{
    rows_start(w, SHOP);
    row_stock(w, remote, listing, quantity);
    rows_end(w);
    world_ok(w);
}

void shop_order_changed(struct world *w, uint32_t of, const char *line, const char *remote,
                        enum order_state state, int64_t quantity, int64_t ordered_ms,
                        int64_t changed_ms)
{
    const struct order_view told = {.order_id = bytes_text(line),
                                    .remote = bytes_text(remote),
                                    .status = bytes_text("x"),
                                    .refs = {{bytes_text("listing"), bytes_text("LA")}},
                                    .ref_count = 1,
                                    .state = state,
                                    .quantity = quantity,
                                    .ordered_ms = ordered_ms,
                                    .changed_ms = changed_ms,
                                    .lowered = true};
    rows_start(w, of);
    rows_order_line(&w->rows, bytes_text(line), &told);
    rows_end(w);
    world_ok(w);
}

void shop_order(struct world *w, uint32_t of, const char *line, const char *remote,
                enum order_state state, int64_t quantity, int64_t ordered_ms)
{
    shop_order_changed(w, of, line, remote, state, quantity, ordered_ms, 0);
}

struct import_options shop_from_r1(void)
{
    return (struct import_options){
        .shop = {.account = "shop", .remote = "R1"}, .warehouse = "pp", .cause = CAUSE_IMPORT};
}

enum status shop_take_as(struct world *w, const struct import_options *options, int64_t read_ms,
                         bool import, struct shop_take *taken, struct error *error)
{
    struct store_txn *txn;
    *taken = (struct shop_take){.options = options, .read_ms = read_ms, .orders_import = import};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, error), ST_OK);
    enum status status = shop_take_run(taken, txn, error);
    store_abort(txn);
    return status;
}

void shop_take_ok(struct world *w, const struct import_options *options, int64_t read_ms,
                  struct shop_take *taken)
{
    struct error error = {0};
    if (shop_take_as(w, options, read_ms, true, taken, &error) != ST_OK) fail_msg("%s", error.text);
}

void shop_apply(struct world *w, const struct shop_take *taken)
{
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    const struct stock_bulk bulk = {.kind = FIGURE_AVAILABLE,
                                    .cause = CAUSE_IMPORT,
                                    .job = 1,
                                    .shown = shop_take_shown(taken),
                                    .rows = taken->rows,
                                    .row_count = (uint32_t)taken->row_count};
    command_stock_bulk(&payload, &bulk);
    assert_int_equal(world_do(w, COMMAND_STOCK_BULK, &payload), ST_OK);
}

void shop_import(struct world *w, int64_t read_ms)
{
    struct shop_take taken;
    const struct import_options options = shop_from_r1();
    shop_take_ok(w, &options, read_ms, &taken);
    shop_apply(w, &taken);
    shop_take_free(&taken);
}
