/* What is true, counted by the test alone: every piece that came, went or was sold, and when. */
#include "soak.h"

#include <stdlib.h>
#include <string.h>

/* Between the request and what the marketplace wrote into its log as the time of a change. */
enum { CLOCK_SLACK_MS = 1000 };

struct change {
    int64_t at_ms, by;
};

static struct pair {
    struct change *changes;
    int count, room;
    int64_t figure; /* the sum */
} * pairs[PLACES];
static int pair_count;
static int64_t told_seq[SHOPS];
struct told told;
static int64_t unread_ms;

void book_unread(int64_t ms)
{
    unread_ms = ms;
}

void book_open(int products)
{
    pair_count = products + 1;
    for (int w = 0; w < PLACES; w++)
        pairs[w] = calloc((size_t)pair_count, sizeof *pairs[w]);
    memset(told_seq, 0, sizeof told_seq);
    told = (struct told){0};
}

void book_close(void)
{
    for (int w = 0; w < PLACES; w++) {
        for (int p = 0; p < pair_count; p++)
            free(pairs[w][p].changes);
        free(pairs[w]);
    }
}

void book_add(int product, int place, int64_t by)
{
    struct pair *pair = &pairs[place][product];
    if (pair->count == pair->room) {
        pair->room = pair->room ? pair->room * 2 : 8;
        pair->changes = realloc(pair->changes, (size_t)pair->room * sizeof *pair->changes);
    }
    pair->changes[pair->count++] = (struct change){now_ms(), by};
    pair->figure += by;
}

void book_set(int product, int place, int64_t figure)
{
    book_add(product, place, figure - pairs[place][product].figure);
}

int64_t book_figure(int product, int place)
{
    return pairs[place][product].figure;
}

/* What was available at that time, and what was taken in the window before it. */
static int64_t available_at(const struct pair *pair, int64_t at_ms, int64_t *taken)
{
    int64_t figure = pair->figure;
    *taken = 0;
    for (int i = pair->count - 1; i >= 0; i--) {
        const struct change *c = &pair->changes[i];
        if (c->at_ms > at_ms + CLOCK_SLACK_MS) {
            figure -= c->by;
            continue;
        }
        if (c->at_ms < at_ms - BOOK_WINDOW_MS - unread_ms) break;
        if (c->by < 0) *taken -= c->by;
    }
    return figure;
}

static int place_of(const struct shop *shop, const json_t *row)
{
    const json_t *id = json_object_get(row, "warehouse_id");
    const char *text = json_string_value(id);
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(id));
    for (int w = 0; w < shop->market->places; w++)
        if (strcmp(shop->market->remote[w], text ? text : digits) == 0) return w;
    return -1;
}

static void judge(const struct shop *shop, const json_t *row)
{
    int product = atoi(text_at(row, "offer_id") + strlen("SKU-")), place = place_of(shop, row);
    bool by = json_is_true(json_object_get(row, "change")); /* more or fewer, not so many */
    if (*text_at(row, "code") || by || product < 1 || product >= pair_count || place < 0) return;
    int64_t stock = number_at(row, "stock"), at = number_at(row, "received_ns") / 1000000, taken;
    int64_t there = available_at(&pairs[place][product], at, &taken);
    int64_t excess = stock - (there > 0 ? there : 0);
    told.figures++;
    if (excess > told.too_many) told.too_many = excess;
    if (excess <= 0 || stock <= there + taken) return;
    if (told.beyond++ == 0)
        snprintf(told.worst, sizeof told.worst,
                 "%s was told %lld of %s at %s while %lld were there and %lld had been taken",
                 shop->account, (long long)stock, text_at(row, "offer_id"), soak_place(place),
                 (long long)there, (long long)taken);
}

void book_read(struct soak *soak, int shop)
{
    size_t mark = keep_mark(), i;
    const char *what = text_format("writes?client_id=%s&since=%lld", soak->shops[shop].seller,
                                   (long long)told_seq[shop]);
    json_t *rows = json_object_get(sim_get(&soak->shops[shop].sim, what), "writes"), *row;
    json_array_foreach (rows, i, row) {
        judge(&soak->shops[shop], row);
        told_seq[shop] = number_at(row, "seq");
    }
    keep_forget(mark);
}

static int differ(const struct soak *soak, const struct shop *shop, bool say)
{
    static bool seen[PLACES][20001];
    json_t *state =
               sim_get(&shop->sim, text_format("state?prefix=SKU-&client_id=%s", shop->seller)),
           *pair;
    size_t i;
    int wrong = 0;
    memset(seen, 0, sizeof seen);
    json_array_foreach (json_object_get(state, "pairs"), i, pair) {
        json_t *row = json_pack("{s:O}", "warehouse_id", json_array_get(pair, 1));
        int product = atoi(json_string_value(json_array_get(pair, 0)) + strlen("SKU-"));
        int place = place_of(shop, row);
        json_decref(row);
        if (product < 1 || product > soak->products || place < 0) continue;
        int64_t there = json_integer_value(json_array_get(pair, 2));
        int64_t wanted = pairs[place][product].figure;
        seen[place][product] = true;
        if (there == (wanted > 0 ? wanted : 0)) continue;
        if (say && wrong < 10)
            print_message("%s shows %lld of %s at %s; %lld are there\n", shop->account,
                          (long long)there, soak_sku(product), soak_place(place),
                          (long long)wanted);
        wrong++;
    }
    for (int w = 0; w < shop->market->places; w++)
        for (int p = 1; p <= soak->products; p++)
            wrong += !seen[w][p] && pairs[w][p].figure > 0;
    return wrong;
}

int book_differs(const struct soak *soak, bool say)
{
    size_t mark = keep_mark();
    int wrong = 0;
    for (int s = 0; s < SHOPS; s++)
        wrong += differ(soak, &soak->shops[s], say);
    keep_forget(mark);
    return wrong;
}
