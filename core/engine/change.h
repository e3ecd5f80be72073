/* Writing down what a command changes, so that people see it and undo finds the way back. For the
 * engine's own files only. */
#ifndef STOCKD_ENGINE_CHANGE_H
#define STOCKD_ENGINE_CHANGE_H

#include "engine/record_change.h"
#include "engine/record_rule.h"
#include "engine/state.h"

void change_put(struct applying *a, const struct change_view *change);
/* One row for each field in which the two differ. */
void change_fields(struct applying *a, uint64_t product, const struct product_view *old,
                   const struct product_view *new);

/* One row for each word in which the two differ. */
void change_rule(struct applying *a, uint64_t product, uint32_t account,
                 const struct rule_record *old, const struct rule_record *new);
/* Of a warehouse, a link or an account, in words; "": it is not there. Numbers 0: of none. */
enum { CHANGE_SETTING_TEXT = 600 };
void change_setting(struct applying *a, uint32_t account, uint32_t warehouse, const char *what,
                    const char *old, const char *new);

/* The ledger has an entry of this command for that pair. */
static inline void change_figure(struct applying *a, uint64_t product, uint32_t warehouse)
{
    uint8_t key[4];
    bytes_put_u32(key, warehouse);
    change_put(a, &(struct change_view){
                      .what = CHANGE_FIGURE, .product = product, .key = bytes_of(key, sizeof key)});
}

#endif
