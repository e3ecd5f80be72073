/* A process with one account at the token shop: store in memory, a runtime on one thread, a network
 * that is slow and may lose what it carries. It can be killed between any two steps; the store and
 * the shop stay. */
#ifndef TOKEN_WORLD_H
#define TOKEN_WORLD_H

#include "engine/command.h"
#include "sync/sync.h"
#include "token_shop.h"

#include <stdbool.h>
#include <stdint.h>

struct token_world;

struct token_world *token_world_new(uint64_t seed);
/* ... that does nothing by a schedule, once it has read everything; its tokens last for ever. */
struct token_world *token_world_quiet(uint64_t seed);
void token_world_free(struct token_world *world);
struct token_shop *token_world_shop(struct token_world *world);
struct store *token_world_store(struct token_world *world);
/* Percent of requests that never leave, and of answers that are lost. */
void token_world_lose(struct token_world *world, uint32_t not_sent, uint32_t lost);

void token_world_boot(struct token_world *world);
/* kill -9; some of the commits nobody was told of are lost, requests on their way may still land.
 * The next boot comes `pause_ms` later. */
void token_world_kill(struct token_world *world, int64_t pause_ms);

bool token_world_step(struct token_world *world);
uint64_t token_world_commits(const struct token_world *world); /* of this life */
int64_t token_world_now_ms(const struct token_world *world);
/* Steps until so much time has passed. */
void token_world_run(struct token_world *world, int64_t ms);
struct sync_account_view token_world_view(struct token_world *world);
bool token_world_ask(struct token_world *world, enum sync_task task);
/* ... after the first boot: a login, and some minutes in which everything is read. */
void token_world_login(struct token_world *world);
/* A command of somebody else's; takes the payload. Commits made until now are acknowledged. */
void token_world_apply(struct token_world *world, enum command_kind kind, struct buf *payload);
/* Its product has that figure in a warehouse of ours, which feeds the shop's. */
void token_world_sells(struct token_world *world, int64_t figure);
/* ... and is counted again. */
void token_world_counts(struct token_world *world, int64_t figure);
/* By the person at the keyboard. */
void token_world_resume(struct token_world *world);

/* Its orders are imported: to be said before the first boot. */
void token_world_orders(struct token_world *world);
/* Other schedules from now on, for this life and those after it; NULL: as they were. `soft` and
 * `hard` as in sync.h. */
void token_world_schedules(struct token_world *world, const char *const texts[SYNC_TIMED],
                           int64_t soft_ms, int64_t hard_ms);
/* One of them as people see it. Texts live until the next call; `schedule` NULL: there is none. */
struct sync_schedule_view token_world_schedule(struct token_world *world, const char *task);
/* No request is answered any more; those under way never are. */
void token_world_hang(struct token_world *world, bool hang);
/* ... but that they are given up now. */
void token_world_give_up(struct token_world *world);
/* The account is in the configuration no longer, and is there again. */
void token_world_leave(struct token_world *world);
void token_world_return(struct token_world *world);
/* Such a text, of its marketplace, is masked before it is kept or logged. */
bool token_world_masks(const struct token_world *world, const char *text);
void token_world_sleep(struct token_world *world, int64_t ms);

/* How far the renewal under way is. */
enum token_point {
    POINT_NONE,     /* nothing of it is durable */
    POINT_MARKED,   /* "renewing since" is written */
    POINT_SENT,     /* the request is on its way */
    POINT_CONSUMED, /* the shop has changed the pair */
    POINT_ANSWERED, /* the answer came, and is not stored */
    POINTS,
};
enum token_point token_world_point(const struct token_world *world);

#endif
