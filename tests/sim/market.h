/* One kind of marketplace as the simulation sees it: what a model of tests/marketsim is asked for,
 * whatever it sells. A world has one model of each kind it needs, and accounts that live in it.
 * Everything here is called on the one thread, and nothing of it draws from a random stream that
 * is not given. */
#ifndef SIM_MARKET_H
#define SIM_MARKET_H

#include "base/random.h"
#include "marketsim/market_fault.h"
#include "marketsim/market_trace.h"
#include "plan.h"
#include "plugin/instance.h"

struct exchange;
struct sim;
struct sim_wire;
struct world;

enum {
    MARKET_LINES_MAX = 4, /* of an order */
    MARKET_KEY_MAX = 96,
    MARKET_OPTIONS_MAX = 8,
};

/* One line of an order, as the marketplace has it now. */
struct market_line {
    char key[MARKET_KEY_MAX];  /* unique in the account */
    int pair;                  /* WORLD_NONE: of nothing that the world has */
    uint64_t number;           /* of its order, for the record; below TRUTH_POSTINGS_MAX */
    int state;                 /* the model's, for people */
    bool formless;             /* it is in no list yet, and only an event told of it */
    bool gone;                 /* it is in no list any more */
    bool beside;               /* it took nothing from the figure: there was none */
    int64_t reserved, shipped; /* what it should have taken while nothing is confirmed as back */
    int64_t placed_ms, changed_ms, visible_ms;
};

/* Whether it tells when an order changed last, as parcels leave and orders are cancelled. */
enum market_tells { MARKET_TELLS_NEVER, MARKET_TELLS_SOMETIMES, MARKET_TELLS_ALWAYS };

/* An order to be placed. */
struct market_order {
    uint32_t remote;
    struct market_piece {
        uint32_t product;
        int32_t quantity;
    } lines[MARKET_LINES_MAX];
    uint32_t line_count;
    bool oversell;
    int64_t late_ms; /* until it is in any list */
};

/* What people do to a listing by hand. Each of the first two pairs is done and undone. */
enum meddling {
    MEDDLE_VANISH, /* it is in no list any more, or archived */
    MEDDLE_RETURN,
    MEDDLE_RENAME, /* another SKU, which belongs to no product */
    MEDDLE_NAME_BACK,
    MEDDLE_BARCODE,
    MEDDLE_END,
    MEDDLE_ACTIVATE,
    MEDDLE_KINDS,
};

struct sim_market {
    const char *plugin; /* its id */
    int64_t most;       /* figure of a target */
    int64_t late_ms;    /* a request given up lands at most this much later: inside the settle time
                           that the routes declare, which is the promise that everything rests on */
    uint32_t remotes_least, remotes_most; /* of an account */
    const char *drained; /* the account's state that moves when orders were read to their end */
    const struct sim_wire *wire; /* how the oracle reads its requests and answers */
    bool one_drain; /* what begins a drain begins nothing else, so that its begin is known */
    bool async;     /* what is accepted shows later */
    enum market_tells tells;

    void (*make)(struct world *world, uint32_t account, const struct plan *plan);
    void (*destroy)(void *model);
    /* Names and values for the plugin's instance. */
    size_t (*options)(const struct world *world, uint32_t account, struct plugin_value *values);
    /* A new life for its key; the old one is dead. May be NULL. */
    void (*key)(struct world *world, uint32_t account, bool alive);
    /* May be NULL. */
    void (*open)(struct world *world, uint32_t remote, bool open);

    /* What buyers can take there now. */
    int64_t (*shown)(const struct world *world, uint32_t remote, uint32_t product);
    /* What a reading tells of it, where that may be shown a moment later only. May be NULL. */
    int64_t (*told)(const struct world *world, uint32_t remote, uint32_t product);

    /* Somebody else writes a figure there: another program of the seller's. May be NULL. */
    void (*write)(struct world *world, uint32_t remote, uint32_t product, int64_t figure,
                  int64_t now_ms);

    /* False: nothing of the kind can be done there. May be NULL. */
    bool (*meddle)(struct world *world, uint32_t account, uint32_t product, enum meddling what,
                   int64_t now_ms);
    /* Another name for a warehouse. May be NULL. */
    void (*rename)(struct world *world, uint32_t remote, uint32_t number);

    /* The request's kind; `path` is as the model takes it, `x->path` is filled with it. False: this
     * marketplace has no such address. */
    bool (*read_request)(struct exchange *x, const char *method, const char *url);
    void (*handle)(void *model, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer);
    void (*forget)(void *model); /* it writes its answers anew, and none as it kept it */
    uint64_t (*writes)(const void *model);
    /* What came of the write with that number: into the exchange's item of that pair, by
     * network_noted. */
    void (*note)(struct exchange *x, uint64_t number);
    struct market_trace *(*trace)(void *model);
    struct market_faults *(*faults)(void *model);
    /* Time alone has moved: what falls due is carried out. May be NULL. */
    void (*advance)(void *model, int64_t now_ms);
    /* Whether commands are from now on carried out only when they are let go: the one that this
     * request asked for, if it is so old and nothing passed it. May be NULL, both. */
    void (*hold)(void *model, bool on);
    void (*let_go)(struct exchange *x, int64_t age_ms);

    /* Orders, of an account's seller. */
    size_t (*order_count)(const struct world *world, uint32_t account);
    size_t (*line_count)(const struct world *world, uint32_t account, size_t order);
    /* When the order changed last, and its number (struct market_line): what can be told of it
     * without looking at its lines. */
    int64_t (*changed_ms)(const struct world *world, uint32_t account, size_t order,
                          uint64_t *number);
    void (*line)(const struct world *world, uint32_t account, size_t order, size_t line,
                 struct market_line *out);
    /* Both tell buyers.c's buyers_tell what they did. */
    void (*place)(struct sim *sim, uint32_t account, const struct market_order *order);
    void (*go_on)(struct sim *sim, uint32_t account);
};

extern const struct sim_market market_ozon, market_wb, market_allegro, market_wix_v3, market_wix_v1;

const struct sim_market *market_of(enum market_kind kind);
/* "ozon", "wb", "allegro", "wix", "wix-v1"; MARKET_KINDS: there is none such. */
enum market_kind market_parse(const char *name);

#endif
