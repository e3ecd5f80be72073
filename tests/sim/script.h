/* The operator: draws commands from the seed, submits them, and keeps the record (truth.h) of what
 * was acknowledged. What was under way when the process died is looked up by its command id in the
 * next life, as a client would that asks again. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "sim.h"

struct script *script_new(struct sim *sim);
void script_free(struct script *script);

/* A process has started: the first one is given a world, the others are asked what they know. */
void script_booted(struct script *script);
/* One thing the operator does now. */
void script_act(struct script *script);
/* ... or tidies up. */
void script_tidy(struct script *script);
/* Counts some products anew. */
void script_count(struct script *script);
/* Undoes what people did that keeps figures back: pauses, imports of orders that are off. */
void script_mend(struct script *script);

/* Another program (outside.h): pieces were sold elsewhere. */
void script_sold(struct script *script, uint32_t product, uint32_t local, int64_t pieces,
                 struct random *random);
/* The clerk (clerk.h): one command about an import, or a part of one. */
void script_clerk(struct script *script, enum op_kind kind, uint64_t job, uint64_t number,
                  struct random *random);

bool script_idle(const struct script *script); /* nothing submitted is unanswered */
/* Somebody paused the account, or may have. */
bool script_pauses(const struct script *script, uint32_t account);
/* A command that takes this link away was given and is not answered: it may be applied. */
bool script_unlinks(const struct script *script, uint32_t remote, uint32_t local);
/* One that switches the import of the account's orders was, and is not. */
bool script_switches(const struct script *script, uint32_t account);
/* One that brings the pieces of that line back was, and is not. */
bool script_returns(const struct script *script, uint32_t seller, uint64_t posting, size_t line);
struct op;
/* jobs.c: what somebody else submits to the engine keeps its place among the commands. When it is
 * answered, it is recorded or not, and freed. */
void script_follow(struct script *script, struct op *op);
void script_followed(struct script *script, struct op *op, bool record);
/* Of those that are not answered. */
void script_each_open(const struct script *script, void (*each)(void *ctx, const struct op *op),
                      void *ctx);
uint64_t script_commands(const struct script *script);

#endif
