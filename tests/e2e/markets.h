/* Any number of accounts at any of the marketplaces in one world, each at a marketplace of its own.
 * Our warehouses msk and spb feed what each of them has, so all of them are to show the same
 * figures (only those of msk where there is one place). Their clocks run a hundred times faster,
 * and the plugins are built for that. */
#ifndef STOCKD_E2E_MARKETS_H
#define STOCKD_E2E_MARKETS_H

#include "harness.h"

enum { MARKET_SCALE = 100, MARKET_WRITES_MAX = 4 };

struct market {
    const char *name;    /* "wb" */
    const char *plugin;  /* the file is NAME.so */
    const char *options; /* of marketsim */
    int places;
    const char *remote[2];                 /* ids of the places */
    const char *there[2];                  /* what marketsim calls them, where otherwise */
    const char *writes[MARKET_WRITES_MAX]; /* what changes stock, as the path of a fault */
    const char *reads[MARKET_WRITES_MAX];  /* what it is read back by */
    const char *orders[MARKET_WRITES_MAX]; /* what tells of orders */
    const char *list;                      /* what lists the listings */
    const char *quotas;                    /* lines of the account, on the faster clock */
};
extern const struct market market_ozon, market_wb, market_allegro, market_wix, market_wix_v1;

struct shop {
    const struct market *market;
    const char *account, *seller; /* its name in conf.d, and who it is there */
    struct sim sim;
    const char *base; /* what the plugin's endpoints are set to; NULL: its own marketplace */
};

/* Starts the marketplace with so many products, SKU-000001 and on, one piece of each in each place,
 * and writes the account's file, with `more` lines. */
void shop_open(struct shop *shop, const struct market *market, const char *account, int products,
               const char *more);
/* The account's file anew, for shops whose marketplace runs. */
void shop_conf(const struct shop *shop, const char *more);
/* After daemon_start: logs in where that is needed, and waits until they are active and all that is
 * to be read of them was read. */
void shops_enter(struct shop *shops, int count);
/* A fault for all that writes (or all that reads back): `fields` are those after "path". */
void shop_fault_writes(const struct shop *shop, const char *fields);
void shop_fault_reads(const struct shop *shop, const char *fields);
void shop_fault_all(const struct shop *shop, const char *fields);
void shop_faults_clear(const struct shop *shop);
int64_t shop_faults_hit(const struct shop *shop);

/* How many figures it shows otherwise. */
int shop_differs(const struct shop *shop, const struct figures *figures);
/* Waits until all show all figures, and the daemon has nothing left to do. */
void shops_wait_shown(const struct shop *shops, int count, const struct figures *figures,
                      int seconds);

/* The figures that were written since `since` (0: ever) and taken. */
struct shop_writes {
    int64_t last_seq, count;
    int same; /* how many were told a pair that had been told the same before */
};
struct shop_writes shop_writes(const struct shop *shop, int64_t since);

/* Last of a test: no marketplace counted a violation, and world_good(). */
void shops_good(const struct shop *shops, int count);

#endif
