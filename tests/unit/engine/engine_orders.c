/* Telling of orders. */
#include "engine_orders.h"

struct order_view order_of(enum order_state state, int64_t quantity)
{
    return (struct order_view){.order_id = bytes_text("O1"),
                               .remote = bytes_text("R1"),
                               .status = bytes_text("x"),
                               .refs = {{bytes_text("listing"), bytes_text("LA")}},
                               .ref_count = 1,
                               .state = state,
                               .quantity = quantity,
                               .lowered = true};
}

struct order_view order_now(const struct world *w, enum order_state state, int64_t quantity)
{
    struct order_view order = order_of(state, quantity);
    order.ordered_ms = w->now;
    return order;
}

void tell_line(struct world *w, const char *line, const struct order_view *told)
{
    rows_start(w, 1);
    rows_order_line(&w->rows, bytes_text(line), told);
    rows_end(w);
    world_ok(w);
}

void tell_of(struct world *w, const char *line, const char *listing, enum order_state state,
             int64_t quantity)
{
    struct order_view told = order_of(state, quantity);
    told.order_id = bytes_text(line);
    told.refs[0].value = bytes_text(listing);
    told.lowered = false;
    tell_line(w, line, &told);
}

void tell_drained(struct world *w)
{
    rows_start(w, 1);
    rows_drained(&w->rows, w->now);
    rows_end(w);
    world_ok(w);
}

enum status do_orders(struct world *w, const char *account, bool import)
{
    struct buf buf;
    buf_init(&buf, 1000);
    command_account_put(&buf, bytes_text(account), bytes_text("market"), import);
    return world_do(w, COMMAND_ACCOUNT_PUT, &buf);
}

void world_import_orders(struct world *w)
{
    assert_int_equal(do_orders(w, "shop", true), ST_OK);
    tell_drained(w);
}

void world_order_shop(struct world *w, unsigned products)
{
    world_shop(w, products);
    world_import_orders(w);
    w->now += 60000;
}
