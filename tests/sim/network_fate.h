/* What becomes of a request: chosen when it leaves, from the plan's rates. For network.c. */
#ifndef SIM_NETWORK_FATE_H
#define SIM_NETWORK_FATE_H

#include "network.h"

enum spoil {
    SPOIL_NONE,
    SPOIL_RESET,      /* carried out, then the connection breaks */
    SPOIL_SLOW,       /* carried out, and answered after the client gave up */
    SPOIL_ERROR,      /* carried out, and the gate answers 5xx */
    SPOIL_GATE_ERROR, /* the gate answers 5xx and passes nothing on */
    SPOIL_GATE_429,   /* the gate answers 429 with Retry-After */
    SPOIL_GATE_429_SILENT,
    SPOIL_FAKE_ACK,   /* mutation: dropped, and answered as done */
    SPOIL_EMPTY_LIST, /* mutation: no orders at all */
    SPOIL_REPEAT,     /* mutation: lands again later */
    SPOIL_DENY_LOGIN, /* mutation: passed on to nobody, and denied */
};

struct fate {
    bool lands;
    int64_t way_ms; /* until it lands */
    enum spoil spoil;
    bool answers; /* without the marketplace: `result` after `answer_ms` */
    enum net_result result;
    int64_t answer_ms;
    bool claims_unsent; /* mutation */
};

struct fate network_fate(struct random *random, struct exchange *x);
/* At the marketplace's gate: false when the gate answers itself. */
bool network_gate(struct exchange *x);
/* What happens to the answer; returns how much longer it takes. */
int64_t network_spoil(struct exchange *x);
/* Mutation: changes a figure in the body. */
void network_alter(struct exchange *x);
/* Mutations of what the process sends, before anybody reads it. */
void network_mutate(struct exchange *x);
int64_t network_way_ms(struct exchange *x);
int64_t network_repeat_ms(struct exchange *x);

/* network.c's, for the gate. */
void network_answer_now(struct exchange *x, int64_t ms);
void network_answer_header(struct exchange *x, const char *name, const char *value);

#endif
