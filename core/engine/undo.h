/* What undoing a command would do, and what stands in its way. Pure reading: used by the command
 * itself before its first write, and by people before they ask for it.
 *
 * Undoing writes the inverse with the cause `undo`. Stock is undone as a difference, so that what
 * was sold since stays sold. In the way stand: another figure given for the pair since then (undo
 * that first), anything at all after a pair's first figure (without which it has none), an order
 * line that holds pieces of it, and a field or a mapping that was changed since. */
#ifndef STOCKD_ENGINE_UNDO_H
#define STOCKD_ENGINE_UNDO_H

#include "engine/record.h"
#include "engine/record_change.h"
#include "store/store.h"

/* What a command did to one pair, by its ledger. */
struct undo_figure {
    uint64_t product;
    uint32_t warehouse;
    int64_t on_hand_before, on_hand_after, reserved_before, reserved_after;
    bool first;         /* uncounted before */
    bool gone;          /* uncounted after */
    uint64_t later;     /* the last command that changed it since and is not undone; 0: none */
    uint64_t later_set; /* the last of them that gave a figure */
};
/* ST_NOT_FOUND without a sentence: nothing. */
enum status undo_figure_read(struct store_txn *txn, uint64_t sequence, uint64_t product,
                             uint32_t warehouse, struct undo_figure *figure, struct error *error);

struct undo_plan {
    void (*figure)(void *ctx, const struct undo_figure *figure);     /* or NULL */
    void (*change)(void *ctx, const struct change_view *change);     /* or NULL; not FIGURE */
    void (*obstacle)(void *ctx, uint64_t product, const char *text); /* or NULL */
    void *ctx;
    uint64_t figures, changes, obstacles; /* counted */
    char first[ERROR_TEXT_MAX / 2];       /* obstacle */
};
/* ST_NOT_FOUND: there is no such command any more; ST_CONFLICT: it is undone already, or of a kind
 * that is not undone. Each with a sentence. */
enum status undo_plan(struct store_txn *txn, uint64_t sequence, struct undo_plan *plan,
                      struct error *error);

/* ---- in undo_order.c */

/* Order lines that hold pieces of the pair and would still do so after an undo of the command. They
 * need a figure, also where they changed none: an order that a count knew of already leaves no
 * entry in the ledger. */
enum status undo_lines_left(struct store_txn *txn, uint64_t sequence, uint64_t product,
                            uint32_t warehouse, uint64_t *lines, struct error *error);

/* ---- in undo_rule.c */

/* What the change gave to a rule is not what it says now. */
bool undo_rule_changed(struct store_txn *txn, const struct change_view *change);
/* ST_INVALID with a sentence: the rules as they were before contradict what is said by now. */
enum status undo_rules_check(struct store_txn *txn, uint64_t sequence, struct error *error);

/* ---- in undo_plan.c */

/* The pairs that a command changed. `each` may write; false or a failure ends it. */
typedef enum status undo_pair_fn(void *ctx, uint64_t product, uint32_t warehouse);
enum status undo_pairs(struct store_txn *txn, uint64_t sequence, undo_pair_fn *each, void *ctx,
                       struct error *error);

#endif
