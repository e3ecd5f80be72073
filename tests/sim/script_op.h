/* One command of the operator. For script.c, script_op.c and op_*.c. */
#ifndef SIM_SCRIPT_OP_H
#define SIM_SCRIPT_OP_H

#include "base/buf.h"
#include "base/runtime.h"
#include "engine/command.h"
#include "oracle_guard.h"
#include "oracle_orders.h"
#include "sim.h"

enum { OP_BULK_MOST = 200 };

/* By account and listing: the products that the store ties listings to; or WORLD_NONE. */
typedef int16_t op_ties[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX];

struct op {
    struct engine_task task; /* first */
    struct sim *sim;
    enum op_kind kind;
    uint8_t id[OPERATION_ID_SIZE];
    int64_t now_ms;
    int64_t ran_us; /* when it last ran to its end */
    uint32_t product, local, to_local, remote, account;
    int64_t amount;
    int64_t until_ms;
    uint64_t reservation;
    uint64_t sequence; /* it was given */
    bool undoes_transfer;
    /* What it met, in its own transaction: what orders had taken of the pair, and what there was.
     */
    struct orders_taken taken;
    int64_t available;
    struct truth_count *count; /* of a figure: what was known of orders then */
    /* A return: of which line. */
    uint32_t seller, posting, line;
    char line_key[MARKET_KEY_MAX];
    bool may_return;
    /* Of op_*.c. */
    uint32_t other; /* a second product, or a listing */
    uint32_t scope; /* of a rule: 0, or the account's index + 1 */
    struct truth_rule rule;
    bool replace;
    uint32_t share_ppm;
    int64_t promised, shipped[PLAN_LOCALS_MAX];
    uint64_t undoes; /* the command with that number */
    uint32_t incarnation;
    bool unguarded;
    uint32_t source;         /* who asks: not 0 */
    struct guard_seen *seen; /* guard_fold.h's */
    uint64_t plan;           /* held as, or the one that it applies or drops */
    struct op *held;         /* ... which is this */
    uint32_t asked;          /* by so many that are not answered */
    bool over;               /* applied or dropped */
    op_ties *ties;           /* of what may change them: what was tied to what before */
    uint64_t arranged;       /* how often links and rules had been changed when it ran */
    bool secret;             /* mutation: the oracle is not told */
    bool followed;           /* jobs.c's: a chunk of an import */
    bool foreseen;           /* ... or what is held of it, as if it were there */
    uint64_t job, job_done;  /* ... or an import that is seen to */
    uint32_t made_count;     /* products that it made, by their SKUs */
    uint16_t made[PLAN_PRODUCTS_MAX];
    uint64_t job_made; /* ... its import so many by then */
    uint64_t since;    /* the plan that held it was made after that command */
    bool may;          /* its own transaction says that it must be taken */
    uint32_t bulk_count;
    struct op_row {
        uint32_t product, local;
        int64_t quantity, shipped;
        bool loose; /* nobody can tell which orders it has netted */
        struct truth_count *count;
        uint32_t incarnation; /* of a command that was held: it names products by number */
    } bulk[OP_BULK_MOST];
    struct op_row *again; /* of an import: figures that are what they were, given once more */
    uint32_t again_count;
    int64_t given_ms; /* ... then, by the store */
    struct op *next;  /* of those under way, in the order of submission */
    void (*ended)(struct op *op, enum status status, const struct error *error);
};

/* Draws what the command is about. */
void op_draw(struct op *op, struct random *random);
/* engine_task.run */
enum status op_run(struct engine_task *task, struct store_txn *txn, struct error *error);
/* Whether the record says that it must be taken, must be refused, or says nothing. */
enum op_expected { OP_TAKEN, OP_REFUSED, OP_EITHER };
enum op_expected op_expected(const struct op *op, const struct truth *truth);
/* It was taken: into the record. */
void op_record(struct op *op, struct truth *truth);
void op_free(struct op *op);
void op_forget_again(struct op *op);
/* In its transaction: a row's figure is given, and meets these orders. */
void op_row_met(struct op *op, struct store_txn *txn, struct op_row *row);
const char *op_name(enum op_kind kind);
const char *op_text(const struct op *op, char out[160]);

#endif
