/* What the bazaar does with requests. */
#include "bazaar.h"

#include "base/mem.h"
#include "counts.h"
#include "odd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
    uint32_t listing, place;
    int64_t wanted, base;
    char note[33];
};

enum { ITEMS_MAX = 1000 };

void bazaar_init(struct bazaar *b, enum scripted kind, uint32_t listings, uint32_t places)
{
    *b =
        (struct bazaar){.kind = kind, .listing_count = listings, .place_count = places, .epoch = 1};
    b->commands = mem_array(BAZAAR_COMMANDS_MAX, sizeof *b->commands);
}

void bazaar_free(struct bazaar *b)
{
    mem_free(b->commands);
}

static void __attribute__((format(printf, 2, 3))) fault(struct bazaar *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!b->fault[0]) vsnprintf(b->fault, sizeof b->fault, format, args);
    va_end(args);
}

static void __attribute__((format(printf, 2, 3))) say(struct buf *out, const char *format, ...)
{
    char line[200];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    buf_add(out, line, (size_t)size);
}

void bazaar_write(struct bazaar *b, uint32_t place, uint32_t listing, int64_t figure)
{
    if (b->listings[listing].deaf) return;
    b->figures[place][listing] = figure;
    b->others[place][listing] = false;
}

void bazaar_tick(struct bazaar *b, int64_t now_ms)
{
    for (uint32_t i = 0; i < b->command_count; i++) {
        struct bazaar_command *c = &b->commands[i];
        if (c->done || c->at_ms > now_ms) continue;
        c->done = true;
        bazaar_write(b, c->place, c->listing, c->value);
    }
}

static uint32_t read_items(struct bazaar *b, const char *body, struct item *items)
{
    uint32_t count = 0;
    for (const char *line = body; line && *line && count < ITEMS_MAX;) {
        struct item *item = &items[count];
        char listing[64], place[64], note[64];
        long long wanted, base;
        if (sscanf(line, "%63s %63s %lld %lld %63s", listing, place, &wanted, &base, note) == 5) {
            *item = (struct item){.wanted = wanted, .base = base};
            item->listing = (uint32_t)atoi(listing + 1);
            item->place = place[0] == 'W' ? (uint32_t)atoi(place + 1) : UINT32_MAX;
            snprintf(item->note, sizeof item->note, "%.32s", note);
            if (item->listing < b->listing_count) count++;
        }
        line = strchr(line, '\n');
        if (line) line++;
    }
    return count;
}

/* ---- reading */

static void tell_figure(const struct bazaar *b, uint32_t place, uint32_t listing, struct buf *out)
{
    int64_t figure = b->figures[place][listing];
    bool absent = b->kind == SCRIPTED_IDS && figure == 0;
    say(out, "s W%u L%u %d %lld\n", place, listing, absent ? STOCKD_STOCK_ABSENT : 0,
        (long long)figure);
}

static int warehouses(const struct bazaar *b, int64_t now_ms, struct buf *out)
{
    for (uint32_t p = 0; p < b->place_count; p++) {
        bool closed = b->closed_until_ms[p] > now_ms;
        say(out, "w W%u %d %lld\n", p, !closed || p % 2,
            closed ? (long long)b->closed_until_ms[p] : 0);
    }
    say(out, "c %d\n", STOCKD_SCOPE_WAREHOUSES);
    return 200;
}

static int listings(struct bazaar *b, struct buf *out)
{
    for (uint32_t i = 0; i < b->listing_count; i++) {
        if (odd_end(b, out)) return 200;
        if (b->listings[i].gone) continue;
        say(out, "l L%u SKU-%u 0\n", i, i);
        for (uint32_t p = 0; b->kind == SCRIPTED_DELTA && p < b->place_count; p++)
            tell_figure(b, p, i, out);
    }
    say(out, "c %d\n", STOCKD_SCOPE_LISTINGS);
    return 200;
}

static int stock(struct bazaar *b, const char *path, const struct item *items, uint32_t count,
                 struct buf *out)
{
    bool whole = true;
    uint32_t only = path[7] == 'W' ? (uint32_t)atoi(path + 8) : UINT32_MAX;
    if (count == 0 && b->kind != SCRIPTED_DELTA) fault(b, "stock is asked for without ids");
    if (only == UINT32_MAX && b->kind == SCRIPTED_IDS)
        fault(b, "stock of no warehouse is asked for");
    for (uint32_t i = 0; i < count; i++) {
        if (odd_end(b, out)) return 200;
        if (odd_silence(b, "an item of a reading: nothing said")) {
            whole = false;
            continue;
        }
        for (uint32_t p = 0; p < b->place_count; p++)
            if ((only == UINT32_MAX || only == p) && !b->listings[items[i].listing].gone)
                tell_figure(b, p, items[i].listing, out);
    }
    if (whole) say(out, "c %d\n", STOCKD_SCOPE_ITEMS);
    return 200;
}

static int confirm(struct bazaar *b, const struct item *items, uint32_t count, int64_t now_ms,
                   struct buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        struct bazaar_command *c = NULL;
        if (odd_end(b, out)) return 200;
        for (uint32_t k = 0; k < b->command_count && !c; k++)
            if (strcmp(b->commands[k].note, items[i].note) == 0 &&
                b->commands[k].listing == items[i].listing &&
                b->commands[k].place == items[i].place)
                c = &b->commands[k];
        if (!c || c->given_up)
            say(out, "o %u %d 0 -1\n", i, STOCKD_RETRY); /* it never came, or nothing came of it */
        else if (b->listings[c->listing].deaf && (c->done = true))
            say(out, "o %u %d 0 -1 DEAF\n", i, STOCKD_REJECTED);
        else if (c->done || !odd_question(b, c, i, now_ms, out))
            say(out, "o %u %d %lld -1\n", i, c->done ? STOCKD_OK : STOCKD_ACCEPTED,
                c->done ? 0 : (long long)now_ms + 20000);
    }
    return 200;
}

/* ---- writing */

static bool closed(const struct bazaar *b, const struct item *item, int64_t now_ms)
{
    return b->closed_until_ms[item->place] > now_ms;
}

/* One item that it does not want, and nothing is done. */
static bool spoilt(const struct bazaar *b, const struct item *items, uint32_t count, int64_t now_ms,
                   struct buf *out)
{
    bool any = false;
    for (uint32_t i = 0; i < count; i++)
        any |= b->listings[items[i].listing].poison || closed(b, &items[i], now_ms);
    for (uint32_t i = 0; any && i < count; i++) {
        if (b->listings[items[i].listing].poison)
            say(out, "o %u %d 0 -1 POISON\n", i, STOCKD_REJECTED);
        else if (closed(b, &items[i], now_ms))
            say(out, "o %u %d %lld -1 CLOSED\n", i, STOCKD_THROTTLED, (long long)now_ms + 60000);
        else
            say(out, "o %u %d 0 -1\n", i, STOCKD_RETRY);
    }
    return any;
}

static void check_batch(struct bazaar *b, const char *how, const struct item *items, uint32_t count,
                        int64_t now_ms)
{
    enum {
        ON_ITS_WAY_MS = 60000
    }; /* what left before the new catalogue was known may still come */
    bool known = counts.epoch == b->epoch && now_ms > counts.told_ms + ON_ITS_WAY_MS;
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].place >= b->place_count) fault(b, "a write to no warehouse");
        if (strcmp(how, "set") == 0 && items[i].place != items[0].place)
            fault(b, "two warehouses in one batch");
        if (strcmp(how, "set") == 0 && items[i].wanted > 100) fault(b, "more than the route takes");
        if (strcmp(how, "value") == 0 && items[i].wanted != items[0].wanted)
            fault(b, "two values in one command");
        if (known && b->listings[items[i].listing].gone)
            fault(b, "a write to a listing of the old catalogue");
        if (items[i].wanted < 0) fault(b, "a write of %lld", (long long)items[i].wanted);
    }
    if (strcmp(how, "value") == 0 && count < SCRIPTED_VALUE_LEAST) fault(b, "a command of few");
    if (strcmp(how, "one") == 0 && count != 1) fault(b, "more than one by one");
}

static void register_command(struct bazaar *b, const struct item *item, int64_t now_ms)
{
    struct bazaar_command *c = &b->commands[b->command_count];
    bool there = b->figures[item->place][item->listing] == item->wanted;
    if (b->command_count == BAZAAR_COMMANDS_MAX) return;
    *c = (struct bazaar_command){.listing = item->listing,
                                 .place = item->place,
                                 .value = item->wanted,
                                 .at_ms = now_ms + b->slow_ms * (item->listing % 3)};
    c->met = there && b->others[item->place][item->listing] && item->base >= 0 &&
             item->base != item->wanted;
    memcpy(c->note, item->note, sizeof c->note);
    b->command_count++;
}

/* A second write while one is under way is what must never be (I4). A figure that is read and was
 * not there before ends a command (design.md, section 5); of one that somebody else had made
 * before, in a moment of which its sender has no reading that counts, nobody can tell whose it is.
 */
static void check_open(struct bazaar *b, const struct item *item)
{
    for (uint32_t i = 0; i < b->command_count; i++)
        if (!b->commands[i].done && !b->commands[i].met &&
            b->commands[i].listing == item->listing && b->commands[i].place == item->place)
            fault(b, "L%u in W%u is written while a command for it is under way", item->listing,
                  item->place);
}

static int push(struct bazaar *b, const char *how, const struct item *items, uint32_t count,
                int64_t now_ms, struct buf *out)
{
    check_batch(b, how, items, count, now_ms);
    if (b->fault[0] || spoilt(b, items, count, now_ms, out)) return 200;
    bool ended = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct item *item = &items[i];
        int64_t *figure = &b->figures[item->place][item->listing];
        if (!ended) ended = odd_end(b, out); /* the others may be done nevertheless */
        if (ended && random_below(&b->odd, 2)) continue;
        check_open(b, item);
        b->writes++;
        if (strcmp(how, "value") != 0 &&
            odd_write(b, how, item->listing, item->place, item->wanted, i, now_ms, out))
            continue;
        if (strcmp(how, "value") == 0) {
            bool silent = odd_silence(b, "an item of a push: nothing said, to be asked for");
            if (!silent || random_below(&b->odd, 2)) register_command(b, item, now_ms);
            if (silent) continue;
            say(out, "o %u %d %lld -1\n", i, STOCKD_ACCEPTED, (long long)now_ms + 5000);
            continue;
        }
        if (strcmp(how, "delta") == 0 && item->base != *figure)
            fault(b, "a delta from %lld, and %lld is there", (long long)item->base,
                  (long long)*figure);
        bazaar_write(b, item->place, item->listing, item->wanted);
        if (strcmp(how, "one") == 0) say(out, "o %u %d 0 %lld\n", i, STOCKD_OK, (long long)*figure);
    }
    return strcmp(how, "set") == 0 && !b->odd_share && !b->end_share ? 204 : 200;
}

int bazaar_handle(struct bazaar *b, const char *path, const char *body, int64_t now_ms,
                  struct buf *out)
{
    struct item *items = mem_array(ITEMS_MAX, sizeof *items);
    uint32_t count = read_items(b, body, items);
    int status = 404;
    bazaar_tick(b, now_ms);
    if (strncmp(path, "/push/", 6) != 0) say(out, "e v%u\n", b->epoch);
    if (strcmp(path, "/warehouses") == 0) status = warehouses(b, now_ms, out);
    if (strcmp(path, "/listings") == 0) status = listings(b, out);
    if (strncmp(path, "/stock/", 7) == 0) status = stock(b, path, items, count, out);
    if (strcmp(path, "/confirm") == 0) status = confirm(b, items, count, now_ms, out);
    if (strncmp(path, "/push/", 6) == 0) status = push(b, path + 6, items, count, now_ms, out);
    mem_free(items);
    return status;
}
