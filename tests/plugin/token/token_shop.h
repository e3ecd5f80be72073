/* A marketplace with one product whose refresh tokens can be used once, and still for a short while
 * after that; as a pure function, and the plugin for it. Answers are words, so that nobody has to
 * parse. */
#ifndef TOKEN_SHOP_H
#define TOKEN_SHOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stockd/plugin.h>

enum {
    SHOP_LIFE_MS = 1000 * 1000, /* of an access token, when the shop says nothing else */
    SHOP_GRACE_MS = 60 * 1000,
    SHOP_PAGE_MS =
        60 * 1000, /* where it says "slowly", the page after that comes once in so long */
    SHOP_WRITE_MS =
        500, /* between two writes; where it says "dearly", pages of orders count, too */
    SHOP_ORDER_TIMES = 200,
    SHOP_PENDING = 3, /* how often a login is answered "not yet" */
};

extern const struct stockd_plugin token_shop_plugin; /* where it is not a file of its own */

struct token_shop {
    uint64_t pairs; /* given out so far; 0: nobody has logged in */
    char access[40], refresh[40], used[40];
    int64_t expires_ms, used_ms; /* `used`: the refresh token before, when it was first used */
    int64_t life_ms, grace_ms;   /* 0: as above */
    bool deny_login, forget;     /* forget: every refresh token is unknown */
    int64_t figure;              /* what the shop shows of its one product */
    int64_t closed_until_ms;     /* its warehouse takes no figures until then */
    int pending;
    uint32_t renewals, refusals, reads, denied, warehouse_reads, closed_writes;
    uint32_t pages;  /* of the listings; 0: one */
    bool last_empty; /* the last of them has nothing in it */
    bool unchanged;  /* none has, and it is said that nothing has changed */
    uint32_t page_reads;
    uint32_t order_pages;    /* with an order; behind them is the end */
    uint32_t order_patience; /* every so many-th page of orders is answered 503; 0: none is */
    bool order_slowly, order_dearly;    /* it says so */
    uint32_t order_reads, order_page;   /* how many, and the last */
    int64_t order_ms[SHOP_ORDER_TIMES]; /* when, the first of them */
    uint32_t order_sweeps;              /* that were answered to their end */
    uint32_t order_sweeps_spoilt;       /* so many of them had a row that is none */
    const char *forbidden;              /* paths that begin so are answered 403; NULL: none */
    uint32_t forbidden_times;
    int64_t forbidden_ms; /* when, the last of them */
    uint32_t busy_writes; /* so many are answered 425: nothing was done */
    bool shuns_writes;    /* 401, whatever the token; and each is to be read for before */
    bool was_read;        /* ... with that token */
    uint32_t shunned;
    bool no_list; /* the list of warehouses is answered 501: there is none */
    uint32_t no_list_times;
};

struct shop_answer {
    int status;
    char body[200];
};
/* Carries a request out. `bearer` is the whole header, or NULL. */
struct shop_answer token_shop_serve(struct token_shop *shop, int64_t now_ms, const char *path,
                                    const char *bearer, const char *body);

#endif
