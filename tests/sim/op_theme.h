/* Commands by theme: each file of a theme gives, for its kinds of commands, how they are drawn,
 * written, expected and recorded. */
#ifndef SIM_OP_THEME_H
#define SIM_OP_THEME_H

#include "script_op.h"

struct op_theme {
    const char *name;
    /* Beside what is drawn for every kind (op_draw). May be NULL. */
    void (*draw)(struct op *op, struct random *random);
    enum command_kind (*write)(const struct op *op, struct store_txn *txn, struct buf *out);
    /* In the command's own transaction, before it: what must be known to judge it. May be NULL. */
    void (*look)(struct op *op, struct store_txn *txn);
    /* ... after it was applied; may be NULL. */
    enum status (*after)(struct op *op, struct store_txn *txn, const struct command_result *result,
                         struct error *error);
    /* What the oracles must know of it at the moment it happens; may be NULL. */
    void (*happened)(const struct op *op);
    enum op_expected (*expected)(const struct op *op, const struct truth *truth); /* NULL: taken */
    void (*record)(struct op *op, struct truth *truth); /* NULL: nothing */
    /* It is answered, whatever the answer is; may be NULL. */
    void (*ended)(struct op *op, enum status status);
    void (*text)(const struct op *op, char *out, size_t size); /* for people; or NULL */
    bool ties;     /* it may tie listings to other products */
    bool arranges; /* ... or change by what rules stock is shown where */
};

extern const struct op_theme op_set, op_available, op_adjust, op_transfer;    /* op_stock.c */
extern const struct op_theme op_bulk, op_undo;                                /* ... */
extern const struct op_theme op_reserve, op_release, op_return, op_switch;    /* op_order.c */
extern const struct op_theme op_link, op_unlink, op_share;                    /* op_links.c */
extern const struct op_theme op_map, op_unmap, op_remap;                      /* ... */
extern const struct op_theme op_requeue, op_pause, op_resume;                 /* op_account.c */
extern const struct op_theme op_product, op_rename, op_merge, op_delete;      /* op_catalogue.c */
extern const struct op_theme op_rule;                                         /* op_rule.c */
extern const struct op_theme op_take_back;                                    /* op_past.c */
extern const struct op_theme op_apply, op_drop;                               /* op_plan.c */
extern const struct op_theme op_velocity;                                     /* op_velocity.c */
extern const struct op_theme op_undo_import, op_apply_import, op_drop_import; /* op_import.c */

const struct op_theme *op_theme_of(enum op_kind kind);

/* ---- what a command names, as the store does; a local warehouse's number, 0: it has none */

struct bytes op_sku(const struct op *op);
struct bytes op_account(const struct op *op);
struct bytes op_local(const struct op *op, uint32_t local);
uint32_t op_local_number(const struct op *op, struct store_txn *txn, uint32_t local);

/* op_theme.expected: what decides it is not in the record. */
enum op_expected op_expect_either(const struct op *op, const struct truth *truth);

/* ---- figures (op_stock.c) */

int64_t op_draw_figure(const struct op *op, struct random *random);
/* op_theme.look: fills in `available`. */
void op_look_available(struct op *op, struct store_txn *txn);

/* ---- for the record (op_past.c) */

/* The command is about to be recorded, and was: what it did to figures can be taken back. */
struct past_notes {
    uint32_t count;
    struct past_pair {
        uint32_t product, local;
        int64_t figure;
        bool counted, all;
    } pairs[OP_BULK_MOST];
};
void past_begin(const struct op *op, const struct truth *truth, struct past_notes *notes);
void past_end(const struct op *op, struct truth *truth, const struct past_notes *notes);
/* op_theme.write: the command numbered `undoes` is taken back. */
enum command_kind op_write_undo(const struct op *op, struct store_txn *txn, struct buf *out);
/* A slot for something else that can be taken back; NULL: its number is not known. */
struct truth_past *past_new(const struct op *op, struct truth *truth);
/* What was noted of it, as steps that can be taken back; and taking them back. */
void past_fill(struct truth_past *past, const struct truth *truth, const struct past_notes *notes);
void past_take_steps_back(struct truth *truth, const struct truth_past *past, bool all,
                          int64_t now_ms);
/* Nobody asks for this one any more. */
void past_release(const struct op *op, struct truth *truth);

/* ---- what the guard held (op_plan.c) */

/* The command is kept until it is applied or dropped. */
void op_keep_held(struct op *op);
/* The command that spoke of it is answered. */
void op_forget_held(struct op *op);
void op_free_held(struct sim *sim);

/* ---- products of the record (op_catalogue.c) */

void truth_make(struct truth *truth, uint32_t product);
struct truth_product *truth_take_away(struct truth *truth, uint32_t product, int64_t now_ms);
/* Now, by the clock that the command was given or by the marketplaces', whichever is later. */
int64_t op_latest_ms(const struct op *op);
void truth_give_back(struct truth *truth, uint32_t product, const struct truth_product *of);
void truth_rename(struct truth *truth, uint32_t from, uint32_t to);

#endif
