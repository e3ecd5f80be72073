/* The network between the process and the marketplaces' models, as a struct transport. It delays,
 * reorders, refuses, loses before and after the request was carried out, cuts answers, answers for
 * the marketplace's gate (5xx, 429), and delivers requests after everybody has given them up. What
 * is under way when the process dies may still land.
 *
 * The oracle is told of every request three times: when it leaves, when it is carried out, and when
 * its answer is given to the process. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "base/arena.h"
#include "net/transport.h"
#include "sim.h"

enum { NETWORK_ITEMS_MAX = 1000, NETWORK_HEADERS_MAX = 12, NETWORK_ANSWER_HEADERS_MAX = 10 };

/* One request from its sending to the end of all its effects. */
struct exchange {
    uint64_t number; /* from 1 */
    struct sim *sim;
    struct net_request *client; /* NULL: nobody waits for the answer any more */
    uint32_t account;
    char method[8], path[400]; /* as the model takes it, its query behind '?' */
    struct exchange_header {
        const char *name, *value;
    } sent[NETWORK_HEADERS_MAX];
    size_t sent_count;
    struct arena headers_memory; /* of those sent and those answered */
    char *body;
    size_t body_size;
    int64_t sent_us, landed_us; /* landed_us 0: not carried out */
    int64_t due_us;             /* when the client gives up */

    bool is_push, is_stock_reading, is_orders;
    bool is_login;         /* at the host that gives tokens */
    bool is_order_reading; /* of single orders, which a reading of a list of them asks for */
    bool begins_drain;     /* the first page of the list of orders */
    char command[64];      /* push: the name by which it is asked for, or "" */
    uint32_t item_count;   /* push: in the order of the body */
    struct exchange_item {
        uint32_t pair;
        int64_t value;
        int64_t revision; /* that it names; 0: none */
        bool applied;     /* the model took it */
        bool refused;     /* the model did not, or it never got there */
        int64_t composed_us, drained_us, bound_us, sign_us; /* oracle_barrier.c's */
        bool imported;
        bool passes; /* an abandoned write, which may still land after it */
        bool change; /* value is a difference */
        bool hidden; /* taken, but for what is not on sale and stays so: nothing shows */
    } * items;
    uint32_t item_room, noted;

    /* The answer under way. */
    enum net_result result;
    int status;
    char *answer; /* by network_answer_is alone, where it is another than the model's */
    size_t answer_size, answer_room; /* answer_room: of a model's, else 0 */
    struct net_header headers[NETWORK_ANSWER_HEADERS_MAX];
    size_t header_count;
    const char *error;

    bool will_land, claimed_unsent;
    bool lies;      /* what is answered is not what the model said */
    bool faulty;    /* the model was told to answer wrongly */
    uint32_t spoil; /* enum of network.c */
    struct loop_event *client_event, *server_event;
    struct exchange *prev, *next;
};

/* One more item, up to NETWORK_ITEMS_MAX; NULL after that. */
struct exchange_item *network_item(struct exchange *x, uint32_t pair, int64_t value);

/* The model took or refused a figure. NULL: nobody sent it, which fails. */
struct exchange_item *network_noted(struct exchange *x, uint32_t pair, int64_t value, bool applied);

/* What is answered is this, and not what the model said. */
void network_answer_is(struct exchange *x, const char *text, size_t size);

struct network *network_new(struct sim *sim);
void network_free(struct network *network);
struct transport *network_transport(struct network *network);
uint64_t network_requests(const struct network *network);
/* The process is gone: nobody is called back any more. */
void network_cut(struct network *network);

#endif
