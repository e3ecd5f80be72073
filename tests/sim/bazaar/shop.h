/* One run of the bazaar from the inside: the seller's daemon, and what it talks to. */
#ifndef SIM_SHOP_H
#define SIM_SHOP_H

#include "bazaar.h"
#include "engine/engine.h"
#include "loop.h"
#include "net/transport.h"
#include "plugin/instance.h"
#include "runtime.h"
#include "store/store.h"
#include "sync/sync.h"

struct shop {
    struct transport transport; /* first */
    struct loop loop;
    struct store *store;
    struct sim_runtime *runtime;
    struct engine *engine;
    struct sync *sync;
    const struct plugin *plugin;
    struct plugin_instance *instance;
    struct bazaar bazaar;
    struct random random;
    struct exchange *exchanges;
    uint64_t lives, requests;
    bool quiet, up, stopped, trace, spells;
    uint64_t begun;   /* operations of the plugin, when they were last counted */
    int64_t begun_us; /* ... and when that was */
    char failure[300];
};

/* False: something was not as it should be, which is printed. */
bool shop_run(const struct plugin *plugin, enum scripted kind, uint64_t seed, bool trace);

/* The first of them ends the run. */
void __attribute__((format(printf, 2, 3))) shop_failed(struct shop *s, const char *format, ...);
bool shop_chance(struct shop *s, uint32_t percent); /* never when all is quiet */
int64_t shop_between(struct shop *s, int64_t least, int64_t most);

/* post.c: requests to the bazaar and its answers, late, lost and in parts. */
struct transport shop_post(void);
void shop_post_drop(struct shop *s); /* nobody waits for an answer any more */
void shop_post_free(struct shop *s);

/* closed.c: whether a request may be made at all, by what the plugin said before. */
void shop_closed_check(struct shop *s, const char *path);
void shop_pace_check(struct shop *s);
void shop_asked(enum sync_task task); /* somebody asked for it, whatever was said before */
void shop_resumed(void);
bool shop_is_closed(struct shop *s); /* some ability still is */

#endif
