/* Which offers were bought lately, kept as the account's state: an offer that ended for lack of
 * stock, and that somebody bought just before, was sold out by buyers and not set to zero by
 * another program. What orders mean for stock is not decided here. */
#include "allegro.h"

#include <stdlib.h>

#define STATE_SOLD "sold"
/* Of an entry: the offer's number, little endian, and the hour of the newest purchase. */
#define ENTRY_SIZE 10u
#define ENTRIES    (STOCKD_STATE_MAX / ENTRY_SIZE)
#define HOUR_MS    INT64_C(3600000)
/* How long after a purchase the end of its offer counts as its doing. Stock that comes later finds
 * a zero of ours there, unless the account stood still over a weekend. */
#define LATELY_HOURS 72

/* Offers' ids are whole numbers (allegro-api documents them so); 0: another kind, not kept. */
static uint64_t number_of(const char *offer)
{
    char *end;
    bool digits = offer && *offer >= '1' && *offer <= '9' && strlen(offer) < 20;
    unsigned long long number = digits ? strtoull(offer, &end, 10) : 0;
    return digits && !*end ? number : 0;
}

static uint64_t entry_number(const unsigned char *entry)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
        number |= (uint64_t)entry[i] << (8 * i);
    return number;
}

static int64_t entry_hour(const unsigned char *entry)
{
    return entry[8] | entry[9] << 8;
}

/* Hours wrap after seven years; what is that old was dropped long before. */
static int64_t hour_of(int64_t ms)
{
    return ms / HOUR_MS & 0xffff;
}

static bool is_lately(int64_t hour, int64_t now_ms)
{
    /* Allegro's clock may be ahead of ours. */
    int64_t ago = (hour_of(now_ms) - hour + 1) & 0xffff;
    return ago <= LATELY_HOURS + 1;
}

static const unsigned char *find(const struct allegro_sold *sold, uint64_t number)
{
    for (size_t at = 0; at + ENTRY_SIZE <= sold->size; at += ENTRY_SIZE)
        if (entry_number(sold->data + at) == number) return sold->data + at;
    return NULL;
}

void allegro_sold_begin(const struct stockd_call *call, struct allegro_sold *sold)
{
    size_t size;
    const void *data = call->host->state_get(call->ctx, STATE_SOLD, &size);
    sold->size = 0; /* beyond it nothing is read */
    sold->changed = false;
    if (!data || size > sizeof(sold->data) || size % ENTRY_SIZE) return;
    memcpy(sold->data, data, size);
    sold->size = size;
}

void allegro_sold_add(struct allegro_sold *sold, const char *offer, int64_t bought_ms,
                      int64_t now_ms)
{
    uint64_t number = number_of(offer);
    unsigned char entry[ENTRY_SIZE];
    if (!number || bought_ms <= 0 || bought_ms > now_ms) bought_ms = now_ms;
    int64_t hour = hour_of(bought_ms);
    if (!number || now_ms - bought_ms > LATELY_HOURS * HOUR_MS) return;
    const unsigned char *old = find(sold, number);
    if (old && is_lately(entry_hour(old), now_ms) &&
        ((entry_hour(old) - hour) & 0xffff) <= LATELY_HOURS)
        return; /* that one, or a younger one, is kept */
    for (unsigned i = 0; i < 8; i++)
        entry[i] = (unsigned char)(number >> (8 * i));
    entry[8] = (unsigned char)(hour & 0xff);
    entry[9] = (unsigned char)(hour >> 8);
    /* The newest first; the oldest falls out. */
    size_t before = old ? (size_t)(old - sold->data) : sold->size;
    if (!old && sold->size + ENTRY_SIZE <= ENTRIES * ENTRY_SIZE) sold->size += ENTRY_SIZE;
    if (before == ENTRIES * ENTRY_SIZE) before -= ENTRY_SIZE;
    memmove(sold->data + ENTRY_SIZE, sold->data, before);
    memcpy(sold->data, entry, ENTRY_SIZE);
    sold->changed = true;
}

void allegro_sold_end(const struct stockd_call *call, const struct allegro_sold *sold)
{
    if (sold->changed) call->host->state_put(call->ctx, STATE_SOLD, sold->data, sold->size);
}

bool allegro_sold_lately(const struct stockd_call *call, const char *offer)
{
    struct allegro_sold sold;
    uint64_t number = number_of(offer);
    allegro_sold_begin(call, &sold);
    const unsigned char *entry = number ? find(&sold, number) : NULL;
    return entry && is_lately(entry_hour(entry), call->now_ms);
}
