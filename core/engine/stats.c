/* Counting: what a group counts is a list of what happened, added up when the group is kept. */
#include "engine/stats.h"

#include "base/mem.h"
#include "engine/state.h"

const int64_t stats_bounds_ms[STATS_BOUNDS] = {10,     25,     50,     100,    250,     500,
                                               1000,   2500,   5000,   10000,  30000,   60000,
                                               120000, 300000, 600000, 900000, 1800000, 3600000};

enum { CODE_NONE = 0xff, CODE_OTHER = 0xfe, OUTCOME_NONE = 0xff };

struct event {
    uint32_t slot; /* of accounts */
    uint8_t kind, code;
    int64_t took_ms; /* -1: it is an outcome */
};

struct stats {
    struct stats_account *accounts;
    uint32_t account_count;
    struct event *events;
    size_t event_count, event_room;
};

struct stats *stats_new(void)
{
    return mem_alloc(sizeof(struct stats));
}

void stats_free(struct stats *s)
{
    mem_free(s->accounts);
    mem_free(s->events);
    mem_free(s);
}

static uint32_t slot_of(struct stats *s, uint32_t account)
{
    for (uint32_t i = 0; i < s->account_count; i++)
        if (s->accounts[i].account == account) return i;
    s->accounts = mem_resize(s->accounts, (s->account_count + 1) * sizeof *s->accounts);
    s->accounts[s->account_count] = (struct stats_account){.account = account};
    return s->account_count++;
}

static uint8_t code_of(struct stats_account *a, struct bytes code)
{
    char name[STATS_CODE_BYTES] = {0};
    if (code.size == 0) return CODE_NONE;
    for (size_t i = 0; i < code.size && i < sizeof name - 1; i++) {
        const char c = ((const char *)code.data)[i];
        name[i] = c < ' ' || c > '~' ? '?' : c;
    }
    if (strcmp(name, STATS_OTHER) == 0) return CODE_OTHER;
    for (uint32_t i = 0; i < a->code_count; i++)
        if (memcmp(a->codes[i].name, name, sizeof name) == 0) return (uint8_t)i;
    if (a->code_count == STATS_CODES_MAX) return CODE_OTHER;
    memcpy(a->codes[a->code_count].name, name, sizeof name);
    return (uint8_t)a->code_count++;
}

static void add(struct stats *s, struct event event)
{
    enum { ROOM_FIRST = 1024 };
    if (s->event_count == s->event_room) {
        s->event_room = s->event_room ? s->event_room * 2 : ROOM_FIRST;
        s->events = mem_resize(s->events, s->event_room * sizeof *s->events);
    }
    s->events[s->event_count++] = event;
}

void stats_latency(struct stats *s, uint32_t account, int64_t took_ms)
{
    add(s, (struct event){.slot = slot_of(s, account),
                          .kind = OUTCOME_NONE,
                          .code = CODE_NONE,
                          .took_ms = took_ms > 0 ? took_ms : 0});
}

void stats_outcome(struct stats *s, uint32_t account, unsigned kind, struct bytes code)
{
    const uint32_t slot = slot_of(s, account);
    if (kind >= STATS_OUTCOMES) return;
    add(s, (struct event){.slot = slot,
                          .kind = (uint8_t)kind,
                          .code = code_of(&s->accounts[slot], code),
                          .took_ms = -1});
}

static void keep_latency(struct stats_account *a, int64_t took_ms)
{
    unsigned at = 0;
    while (at < STATS_BOUNDS && took_ms > stats_bounds_ms[at])
        at++;
    a->within[at]++;
    a->latency_sum_ms += took_ms;
}

void stats_keep(struct stats *s)
{
    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *e = &s->events[i];
        struct stats_account *a = &s->accounts[e->slot];
        if (e->took_ms >= 0) {
            keep_latency(a, e->took_ms);
            continue;
        }
        a->outcomes[e->kind]++;
        if (e->code == CODE_OTHER)
            a->other++;
        else if (e->code != CODE_NONE)
            a->codes[e->code].count++;
    }
    s->event_count = 0;
}

void stats_drop(struct stats *s)
{
    s->event_count = 0;
}

struct stats_list stats_copy(const struct engine *engine)
{
    const struct stats *s = engine->stats;
    struct stats_list copy = {.count = s->account_count};
    copy.list = mem_array(s->account_count ? s->account_count : 1, sizeof *copy.list);
    if (s->account_count) memcpy(copy.list, s->accounts, s->account_count * sizeof *copy.list);
    return copy;
}
