/* Queries: what each answers, its order, its pages, its refusals. */
#include "engine_fixture.h"

#include "query/query.h"

#include <stdio.h>

struct asking {
    struct world w;
    struct store_txn *txn;
    struct query q;
    char text[2048]; /* what the callbacks saw */
    unsigned stop;   /* after so many rows; 0: never */
    unsigned rows;
};

static void ask(struct asking *a)
{
    assert_int_equal(store_begin(a->w.store, STORE_READ, &a->txn, NULL), ST_OK);
    assert_int_equal(query_open(&a->q, a->txn, &a->w.error), ST_OK);
    a->text[0] = 0;
    a->rows = 0;
}

static void end(struct asking *a)
{
    query_close(&a->q);
    store_abort(a->txn);
}

static bool note(struct asking *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool note(struct asking *a, const char *format, ...)
{
    size_t at = strlen(a->text);
    va_list args;
    va_start(args, format);
    vsnprintf(a->text + at, sizeof a->text - at, format, args);
    va_end(args);
    return ++a->rows != a->stop;
}

#define TEXT(b) (int)(b).size, (const char *)(b).data

static bool note_stock(void *ctx, const struct query_stock *s)
{
    if (!s->counted) return note(ctx, "%s:- ", s->warehouse->key);
    return note(ctx, "%s:%lld ", s->warehouse->key, (long long)s->available);
}

static bool note_ledger(void *ctx, const struct query_ledger *e)
{
    return note(ctx, "%s:%lld>%lld:%s:%.*s ", e->warehouse->key, (long long)e->entry.on_hand_before,
                (long long)e->entry.on_hand_after, cause_name((enum cause)e->entry.cause),
                TEXT(e->actor));
}

static void stock_and_history(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    do_warehouse(&a.w, "pp");
    do_warehouse(&a.w, "kot");
    do_warehouse(&a.w, "far");
    do_product(&a.w, "A");
    do_set(&a.w, "A", "pp", 5);
    do_set(&a.w, "A", "kot", 2);
    do_transfer(&a.w, "A", "pp", "kot", 3);
    do_adjust(&a.w, "A", "pp", -4);
    ask(&a);
    struct query_stock_total total;
    assert_int_equal(query_stock(&a.q, bytes_text("A"), &total, note_stock, &a), ST_OK);
    assert_string_equal(a.text, "pp:-2 kot:5 far:- ");
    assert_int_equal(total.on_hand, 3);
    assert_int_equal(total.counted, 2);
    assert_int_equal(total.uncounted, 1);
    assert_int_equal(query_stock(&a.q, bytes_text("Z"), &total, note_stock, &a), ST_NOT_FOUND);
    assert_string_equal(a.w.error.text, "there is no product 'Z'");
    struct query_count counts[3];
    assert_int_equal(query_counted(&a.q, counts), ST_OK);
    assert_int_equal(counts[0].count + 10 * counts[1].count + 100 * counts[2].count, 11);
    assert_true(counts[0].whole);
    a.text[0] = 0;
    struct query_page page = {.limit = 2};
    const struct bytes any = bytes_of("", 0);
    assert_int_equal(query_ledger(&a.q, bytes_text("A"), any, &page, note_ledger, &a), ST_OK);
    assert_string_equal(a.text, "pp:2>-2:sale:test kot:2>5:transfer:test ");
    struct query_page next = {.from = bytes_of(page.next, page.next_size), .limit = 2};
    assert_int_equal(query_ledger(&a.q, bytes_text("A"), any, &next, note_ledger, &a), ST_OK);
    assert_string_equal(a.text + 40, "pp:5>2:transfer:test kot:0>2:count:test ");
    struct query_page last = {.from = bytes_of(next.next, next.next_size)};
    a.text[0] = 0;
    assert_int_equal(query_ledger(&a.q, bytes_text("A"), any, &last, note_ledger, &a), ST_OK);
    assert_string_equal(a.text, "pp:0>5:count:test ");
    assert_int_equal(last.next_size, 0);
    a.text[0] = 0;
    struct query_page one = {0};
    query_ledger(&a.q, bytes_text("A"), bytes_text("kot"), &one, note_ledger, &a);
    assert_string_equal(a.text, "kot:2>5:transfer:test kot:0>2:count:test ");
    struct query_page bad = {.from = bytes_text("x")};
    assert_int_equal(query_ledger(&a.q, bytes_text("A"), any, &bad, note_ledger, &a), ST_INVALID);
    assert_int_equal(query_ledger(&a.q, bytes_text("A"), bytes_text("no"), &one, note_ledger, &a),
                     ST_NOT_FOUND);
    end(&a);
    world_close(&a.w);
}

static bool note_product(void *ctx, const struct query_product *p)
{
    return note(ctx, "%.*s ", TEXT(p->product.sku));
}

static void products(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    static const char *const skus[] = {"A-2", "B", "A-1", "A", "A-3"};
    for (size_t i = 0; i < 5; i++)
        do_barcode(&a.w, skus[i], i % 2 ? "111" : "222");
    ask(&a);
    struct query_product product;
    assert_int_equal(query_product(&a.q, bytes_text("B"), &product), ST_OK);
    assert_int_equal(product.number, 2);
    assert_int_equal(query_product(&a.q, bytes_text("C"), &product), ST_NOT_FOUND);
    static const struct {
        const char *prefix, *pages;
    } cases[] = {{"", "A A-1 | A-2 A-3 | B |"}, {"A-", "A-1 A-2 | A-3 |"}, {"C", "|"}};
    for (size_t i = 0; i < 3; i++) {
        struct query_page page = {.limit = 2};
        uint8_t place[QUERY_PLACE_MAX];
        a.text[0] = 0;
        do {
            assert_int_equal(
                query_products(&a.q, bytes_text(cases[i].prefix), &page, note_product, &a), ST_OK);
            note(&a, "%s", page.next_size ? "| " : "|");
            memcpy(place, page.next, page.next_size);
            page.from = bytes_of(place, page.next_size);
        } while (page.next_size);
        assert_string_equal(a.text, cases[i].pages);
    }
    a.text[0] = 0;
    struct query_page page = {0};
    query_products_by_barcode(&a.q, bytes_text("111"), &page, note_product, &a);
    assert_string_equal(a.text, "B A ");
    struct query_page foreign = {.from = bytes_text("B")};
    assert_int_equal(query_products(&a.q, bytes_text("A"), &foreign, note_product, &a), ST_INVALID);
    assert_string_equal(a.w.error.text,
                        "that place is not one of this list; begin at its beginning");
    a.rows = 0;
    a.stop = 1; /* the callback may stop */
    query_products(&a.q, bytes_of("", 0), &page, note_product, &a);
    assert_int_equal(a.rows, 1);
    end(&a);
    world_close(&a.w);
}

static bool note_link(void *ctx, const struct query_link *l)
{
    return note(ctx, "%s>%s/%s ", l->warehouse->key, l->account->name, l->remote->id);
}

static bool note_remote(void *ctx, const struct query_remote *r)
{
    return note(ctx, "%s:%s:%u%s ", r->remote->id, remote_state_name(r->state),
                r->remote->link_count, r->processing ? ":processing" : "");
}

static void links_and_remote_warehouses(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    world_shop(&a.w, 1);
    do_warehouse(&a.w, "kot");
    rows_start(&a.w, 1);
    row_remote(&a.w, "R2", false);
    const struct remote_view gone = {.id = bytes_text("R3"), .gone = true};
    rows_remote(&a.w.rows, &gone);
    const struct seen_stock fbo = {.remote = bytes_text("FBO"),
                                   .listing = bytes_text("LA"),
                                   .type = bytes_text("fbo"),
                                   .read_only = true,
                                   .quantity = 3};
    rows_stock(&a.w.rows, &fbo);
    rows_end(&a.w);
    do_link(&a.w, "kot", "shop", "R1");
    do_sweeps(&a.w, 0);
    do_link(&a.w, "kot", "shop", "R9");
    ask(&a);
    query_remotes(&a.q, bytes_text("shop"), note_remote, &a);
    assert_string_equal(a.text, "R1:open:2 R2:blocked:0 R3:gone:0 FBO:marketplace:0 "
                                "R9:unseen:1:processing ");
    a.text[0] = 0;
    query_links(&a.q, bytes_of("", 0), bytes_of("", 0), note_link, &a);
    assert_string_equal(a.text, "pp>shop/R1 kot>shop/R1 kot>shop/R9 ");
    a.text[0] = 0;
    query_links(&a.q, bytes_text("shop"), bytes_text("pp"), note_link, &a);
    assert_string_equal(a.text, "pp>shop/R1 ");
    assert_int_equal(query_links(&a.q, bytes_text("no"), bytes_of("", 0), note_link, &a),
                     ST_NOT_FOUND);
    assert_int_equal(query_remotes(&a.q, bytes_text("no"), note_remote, &a), ST_NOT_FOUND);
    end(&a);
    world_close(&a.w);
}

static bool note_account(void *ctx, const struct query_account *v)
{
    return note(ctx, "%.*s:%s ", TEXT(v->account.name), v->state);
}

static void accounts_and_their_states(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    world_shop(&a.w, 4);
    do_account(&a.w, "second");
    do_account(&a.w, "third");
    rows_start(&a.w, 1);
    rows_complete(&a.w.rows, SCOPE_LISTINGS, bytes_of("", 0));
    rows_complete(&a.w.rows, SCOPE_WAREHOUSES, bytes_of("", 0));
    rows_end(&a.w);
    do_switch(&a.w, "third", ACCOUNT_PARK);
    do_push_all(&a.w, 1);
    ask(&a);
    query_accounts(&a.q, note_account, &a);
    assert_string_equal(a.text, "shop:active second:starting third:parked ");
    struct query_account account;
    assert_int_equal(query_account(&a.q, bytes_text("third"), &account), ST_OK);
    assert_true(bytes_equal(account.account.parked_code, bytes_text("auth")));
    assert_int_equal(query_account(&a.q, bytes_text("no"), &account), ST_NOT_FOUND);
    struct query_count count;
    query_listing_count(&a.q, 1, &count);
    assert_int_equal(count.count, 4);
    end(&a);
    world_close(&a.w);
}

static bool note_listing(void *ctx, const struct query_listing *l)
{
    return note(ctx, "%.*s=%.*s:%s ", TEXT(l->listing.id), TEXT(l->sku),
                l->mapped_by ? l->mapped_by : "-");
}

static bool note_conflict(void *ctx, const struct query_conflict *c)
{
    struct asking *a = ctx;
    struct query_product products[4];
    uint32_t count;
    assert_int_equal(query_conflict_products(&a->q, c, products, 4, &count), ST_OK);
    note(a, "%.*s:%.*s:%.*s", TEXT(c->listing.listing.id), TEXT(c->code), TEXT(c->value));
    for (uint32_t i = 0; i < count; i++)
        note(a, "%s%.*s", i ? "," : "=", TEXT(products[i].product.sku));
    return note(a, " ");
}

static bool note_observed(void *ctx, const struct query_observed *o)
{
    return note(ctx, "%s/%.*s:%lld:%d ", o->remote->id, TEXT(o->type),
                (long long)o->observed.quantity, o->observed.kind);
}

static void listings_and_conflicts(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    world_shop(&a.w, 2);
    do_barcode(&a.w, "C", "111");
    do_barcode(&a.w, "D", "222");
    do_barcode(&a.w, "E", "222");
    rows_start(&a.w, 1);
    row_listing(&a.w, "LC", "other", "111", LISTING_ARCHIVED);
    row_listing(&a.w, "LA2", "A", NULL, LISTING_ACTIVE);
    row_listing(&a.w, "LX", NULL, "222", LISTING_ACTIVE);
    row_stock(&a.w, "R1", "LA", 7);
    row_stock(&a.w, "R2", "LA", FIGURE_UNKNOWN);
    rows_end(&a.w);
    do_map(&a.w, "shop", "LB", "D");
    ask(&a);
    static const struct {
        struct query_listings filter;
        const char *rows;
    } cases[] = {
        {{.state = -1}, "LA=A:sku LB=D:hand LC=C:barcode LA2=:- LX=:- "},
        {{.state = LISTING_ARCHIVED}, "LC=C:barcode "},
        {{.state = -1, .mapped = MAPPED_NO}, "LA2=:- LX=:- "},
        {{.state = LISTING_ACTIVE, .mapped = MAPPED_YES, .account = {"shop", 4}},
         "LA=A:sku LB=D:hand "},
        {{.state = -1, .sku = {"D", 1}}, "LB=D:hand "},
        {{.state = -1, .sku = {"B", 1}}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct query_page page = {0};
        a.text[0] = 0;
        assert_int_equal(query_listings(&a.q, &cases[i].filter, &page, note_listing, &a), ST_OK);
        assert_string_equal(a.text, cases[i].rows);
    }
    struct query_listing one;
    assert_int_equal(query_listing(&a.q, bytes_text("shop"), bytes_text("LA"), &one), ST_OK);
    assert_int_equal(query_listing(&a.q, bytes_text("shop"), bytes_text("no"), &one), ST_NOT_FOUND);
    assert_string_equal(a.w.error.text, "account 'shop' has no listing 'no'");
    a.text[0] = 0;
    query_listing(&a.q, bytes_text("shop"), bytes_text("LA"), &one);
    query_observed(&a.q, 1, one.number, note_observed, &a);
    assert_string_equal(a.text, "R1/fbs:7:0 R2/fbs:-9223372036854775808:2 ");
    a.text[0] = 0;
    struct query_page page = {.limit = 1};
    query_conflicts(&a.q, bytes_text("shop"), &page, note_conflict, &a);
    assert_string_equal(a.text, "LA2:product-has-a-listing:A=A ");
    struct query_page next = {.from = bytes_of(page.next, page.next_size)};
    query_conflicts(&a.q, bytes_text("shop"), &next, note_conflict, &a);
    assert_string_equal(a.text + 30, "LX:barcode-on-two-products:222=D,E ");
    end(&a);
    world_close(&a.w);
}

static bool note_target(void *ctx, const struct query_target *t)
{
    return note(ctx, "%.*s:%s%s%s ", TEXT(t->sku), target_state_name(t->state), t->why ? "/" : "",
                t->why ? t->why : "");
}

static const char *targets(struct asking *a, const char *account, const char *sku, int state)
{
    const struct query_targets filter = {
        .account = bytes_text(account), .sku = bytes_text(sku), .state = state};
    struct query_page page = {.limit = 3};
    uint8_t place[QUERY_PLACE_MAX];
    a->text[0] = 0;
    do {
        assert_int_equal(query_targets(&a->q, &filter, &page, note_target, a), ST_OK);
        memcpy(place, page.next, page.next_size);
        page.from = bytes_of(place, page.next_size);
    } while (page.next_size);
    return a->text;
}

static void a_write_that_was_taken_is_not_called_unanswered(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    world_shop(&a.w, 6);
    do_push_all(&a.w, 1);
    do_set(&a.w, "B", "pp", 1);
    do_select(&a.w, 1, 1);
    do_outcome(&a.w, 0, OUTCOME_ACCEPTED, 0);
    ask(&a);
    assert_string_equal(targets(&a, "shop", "", STATE_UNRESOLVED),
                        "B:unresolved/the marketplace took it; whether it is shown is looked for ");
    end(&a);
    world_close(&a.w);
}

static void targets_and_their_states(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    world_shop(&a.w, 6);
    do_push_all(&a.w, 1);
    do_set(&a.w, "B", "pp", 1);
    do_select(&a.w, 1, 1);
    do_outcome(&a.w, 0, OUTCOME_UNRESOLVED, 0);
    do_set(&a.w, "C", "pp", 1);
    do_select(&a.w, 1, 1);
    do_outcome(&a.w, 0, OUTCOME_REJECTED, 0);
    do_set(&a.w, "D", "pp", 1);
    do_select(&a.w, 1, 1);
    do_set(&a.w, "E", "pp", 1);
    rows_start(&a.w, 1);
    row_listing(&a.w, "LF", "F", NULL, LISTING_ARCHIVED);
    rows_end(&a.w);
    ask(&a);
    assert_string_equal(targets(&a, "", "", -1),
                        "A:synced B:unresolved/a write was not answered; it is looked for "
                        "C:rejected D:in-flight E:dirty/its figure changed F:held/the marketplace "
                        "does not let this listing's stock be set now ");
    assert_string_equal(targets(&a, "shop", "", STATE_DIRTY), "E:dirty/its figure changed ");
    assert_string_equal(targets(&a, "", "", STATE_DIRTY), "E:dirty/its figure changed ");
    assert_string_equal(targets(&a, "shop", "", STATE_UNRESOLVED),
                        "B:unresolved/a write was not answered; it is looked for ");
    assert_string_equal(targets(&a, "shop", "A", -1), "A:synced ");
    assert_string_equal(targets(&a, "", "A", STATE_DIRTY), "");
    struct query_target_counts counts;
    assert_int_equal(query_target_counts(&a.q, 0, &counts), ST_OK);
    for (int s = STATE_HELD; s < STATE_COUNT; s++)
        assert_int_equal(counts.by_state[s], 1);
    assert_int_equal(query_target_counts(&a.q, 2, &counts), ST_OK);
    assert_int_equal(counts.by_state[STATE_SYNCED], 0);
    end(&a);
    do_switch(&a.w, "shop", ACCOUNT_PARK);
    ask(&a);
    assert_string_equal(targets(&a, "", "A", -1), "A:parked/the account is parked ");
    assert_string_equal(targets(&a, "shop", "", STATE_DIRTY), "");
    end(&a);
    do_switch(&a.w, "shop", ACCOUNT_PAUSE);
    ask(&a);
    assert_string_equal(targets(&a, "", "A", -1), "A:off/the account is paused ");
    const struct query_targets bad = {.sku = bytes_text("Z"), .state = -1};
    struct query_page page = {0};
    assert_int_equal(query_targets(&a.q, &bad, &page, note_target, &a), ST_NOT_FOUND);
    end(&a);
    for (int s = 0; s < STATE_COUNT; s++)
        assert_int_equal(target_state_parse(target_state_name((enum target_state)s)), s);
    assert_int_equal(target_state_parse("no"), -1);
    world_close(&a.w);
}

static void a_damaged_row_is_told(void **state)
{
    (void)state;
    struct asking a = {0};
    world_open(&a.w);
    world_shop(&a.w, 1);
    a.w.unverified = true;
    struct store_txn *txn = world_begin(&a.w);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    store_next(cursor, NULL, NULL);
    store_cursor_put(cursor, bytes_text("?"));
    store_cursor_close(cursor);
    world_commit(&a.w, txn);
    ask(&a);
    const struct query_targets all = {.state = -1};
    struct query_page page = {0};
    assert_int_equal(query_targets(&a.q, &all, &page, note_target, &a), ST_DAMAGED);
    assert_string_equal(a.w.error.text,
                        "store: a row of table target cannot be read; run `stockctl "
                        "store verify`");
    end(&a);
    world_close(&a.w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(stock_and_history),
    cmocka_unit_test(products),
    cmocka_unit_test(links_and_remote_warehouses),
    cmocka_unit_test(accounts_and_their_states),
    cmocka_unit_test(listings_and_conflicts),
    cmocka_unit_test(a_write_that_was_taken_is_not_called_unanswered),
    cmocka_unit_test(targets_and_their_states),
    cmocka_unit_test(a_damaged_row_is_told),
};

TEST_MAIN(cases)
