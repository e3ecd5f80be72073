/* What tests of figures that are taken over from an account share: two shops whose figures are put
 * into the store as a reading would, and an import of them without one: taken, and applied. */
#ifndef STOCKD_TEST_TAKE_FIXTURE_H
#define STOCKD_TEST_TAKE_FIXTURE_H

#include "intake/import_shop_take.h"
#include "unit/engine/engine_fixture.h"

enum { PP = 1, KOT = 2, SHOP = 1, OTHER = 2 };

/* Products A to D in two shops that have R1 and R2; pp and kot count nothing. */
void shops_open(struct world *w, bool import);
/* SHOP shows that of it. */
void shop_shows(struct world *w, const char *remote, const char *listing, int64_t quantity);
/* A drain of that account tells of a line of listing LA. */
void shop_order_changed(struct world *w, uint32_t of, const char *line, const char *remote,
                        enum order_state state, int64_t quantity, int64_t ordered_ms,
                        int64_t changed_ms);
/* ... which does not say when orders changed. */
void shop_order(struct world *w, uint32_t of, const char *line, const char *remote,
                enum order_state state, int64_t quantity, int64_t ordered_ms);

struct import_options shop_from_r1(void); /* of SHOP, into pp */
/* Figures read since `read_ms` count. `import`: so are SHOP's orders. */
enum status shop_take_as(struct world *w, const struct import_options *options, int64_t read_ms,
                         bool import, struct shop_take *taken, struct error *error);
void shop_take_ok(struct world *w, const struct import_options *options, int64_t read_ms,
                  struct shop_take *taken);
void shop_apply(struct world *w, const struct shop_take *taken); /* as an import applies it */
void shop_import(struct world *w, int64_t read_ms);              /* all of it at once, from R1 */

#define assert_at_pp(w, sku, hand, held)                                           \
    do {                                                                           \
        struct stock_record is_ = stock_of((w), (sku), PP);                        \
        assert_int_equal(is_.on_hand, (hand));                                     \
        if (is_.on_hand != FIGURE_UNKNOWN) assert_int_equal(is_.reserved, (held)); \
    } while (0)

#endif
