/* A binary heap of waiting connections, the soonest on top. */
#include "server.h"

static void swap(struct server_delay *a, struct server_delay *b)
{
    struct server_delay kept = *a;
    *a = *b;
    *b = kept;
}

void server_delay_add(struct server_delays *delays, int64_t due_ms, void *connection)
{
    if (delays->count == delays->room) {
        delays->room = delays->room ? delays->room * 2 : 64;
        delays->list = market_realloc(delays->list, delays->room * sizeof(*delays->list));
    }
    size_t at = delays->count++;
    delays->list[at] = (struct server_delay){due_ms, connection};
    while (at > 0 && delays->list[(at - 1) / 2].due_ms > delays->list[at].due_ms) {
        swap(&delays->list[(at - 1) / 2], &delays->list[at]);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct server_delays *delays)
{
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= delays->count) return;
        if (child + 1 < delays->count &&
            delays->list[child + 1].due_ms < delays->list[child].due_ms)
            child++;
        if (delays->list[at].due_ms <= delays->list[child].due_ms) return;
        swap(&delays->list[at], &delays->list[child]);
        at = child;
    }
}

void *server_delay_take(struct server_delays *delays, int64_t now_ms)
{
    if (delays->count == 0 || delays->list[0].due_ms > now_ms) return NULL;
    void *connection = delays->list[0].connection;
    delays->list[0] = delays->list[--delays->count];
    sift_down(delays);
    return connection;
}

int64_t server_delay_wait(const struct server_delays *delays, int64_t now_ms)
{
    if (delays->count == 0) return -1;
    int64_t wait = delays->list[0].due_ms - now_ms;
    return wait > 0 ? wait : 0;
}
