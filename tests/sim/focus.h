/* Worlds with much of one thing: what is rare in a world of everything, and happens in some minutes
 * of these. Each is drawn on top of what the seed says otherwise, from a stream of its own, and
 * only where it is asked for (--focus). */
#ifndef SIM_FOCUS_H
#define SIM_FOCUS_H

#include "network.h"

const char *focus_name(enum focus focus);
/* "any": drawn by the seed (FOCUS_ANY); FOCUS_KINDS: there is none such. */
enum focus focus_parse(const char *name);

/* The last one of the plan_*: accounts are at marketplaces of `kinds` (bits 1 << kind). */
void plan_focus(struct plan *plan, enum focus focus, unsigned kinds);

/* What a focus adds to what goes wrong: chaos.c's, when the hostile phase begins. */
void focus_begin(struct sim *sim);
/* A request was carried out. */
void focus_landed(struct exchange *x);
/* Somebody asks for what an account shows to be read. */
void focus_ask(struct sim *sim);
/* Every answer to a reading of figures is an error for a while. */
void focus_blind(struct sim *sim);

#endif
