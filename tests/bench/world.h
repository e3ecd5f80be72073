/* The world that is measured: a directory, a marketsim and a stockd as processes of their own, and
 * what the kernel tells about them. */
#ifndef STOCKD_BENCH_WORLD_H
#define STOCKD_BENCH_WORLD_H

#include "bench.h"
#include "client.h"

#include <sys/types.h>

#define WORLD_ACCOUNT   "bench"
#define WORLD_WAREHOUSE "pp"
#define WORLD_PREFIX    "SKU-"
enum { WORLD_REMOTE_FIRST = 501, PATH_SIZE = 512 };

struct world {
    char dir[PATH_SIZE]; /* made and removed by world_open and world_close */
    pid_t market, daemon;
    unsigned port;
    struct client *api;     /* to the daemon */
    struct client *control; /* to marketsim */
};

struct world_shape {
    size_t products; /* that the marketplace has; 0: no account at all */
    int accounts;    /* that show them all; 0: one */
    bool waits;      /* nothing is sent before a plan was applied */
    int remotes;     /* of the marketplace, all linked to WORLD_WAREHOUSE */
    int stock;       /* that the marketplace shows at first */
    bool quotas;     /* both sides keep Ozon's limits; otherwise nobody counts */
    int scale;       /* with quotas: windows last 1/scale of their time */
};

void world_open(struct world *world, const char *name);
void world_close(struct world *world); /* ends both processes */
void world_path(const struct world *world, const char *name, char out[PATH_SIZE]);

void world_market_start(struct world *world, const struct world_shape *shape);
void world_market_stop(struct world *world);

void world_configure(const struct world *world, const struct world_shape *shape);
/* Starts stockd and waits until it has said that it is ready; the seconds that took. */
double world_daemon_start(struct world *world);
void world_daemon_stop(struct world *world);
void world_daemon_kill(struct world *world); /* kill -9 */
/* Another stockd on another store of this world begins from a copy of this one's. */
void world_store_save(const struct world *world, const char *name);
void world_store_load(const struct world *world, const char *name);

/* Waits until all accounts are active (or would be, but for their first plan), or nothing is to be
 * sent, on its way or to be looked for; ends the program after `seconds`. */
void world_wait_active(struct world *world, double seconds);
void world_wait_clean(struct world *world, double seconds);
void world_pause(struct world *world, bool pause);
void world_nap(void); /* between two looks: a look costs the measured ones time */
/* Rows of a table of the daemon's store; counting costs it nothing. */
int64_t world_rows(struct world *world, const char *table);

/* Pairs that the marketplace has been asked to write, and requests refused with 4xx. */
struct world_writes {
    int64_t requests, items, refused, violations;
};
struct world_writes world_writes(struct world *world);

/* stockctl ARGUMENTS, waited for; seconds. Ends the program when it fails. */
double world_stockctl(struct world *world, char *const arguments[]);
/* A CSV with `count` rows "sku,warehouse,quantity" of products from `first` on. */
void world_csv(const char *path, size_t first, size_t count, int quantity, bool shuffled);
double world_import(struct world *world, const char *path, bool create);

/* ---- what the kernel says of a process */

double process_private_mib(pid_t pid); /* private dirty, without files mapped shared */
double process_cpu_s(pid_t pid);

/* Samples a process's memory in a thread of its own until it is stopped. */
struct peak;
struct peak *peak_start(pid_t pid);
double peak_stop(struct peak *peak);

#endif
