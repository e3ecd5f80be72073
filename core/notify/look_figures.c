/* Figures that are far from what is usual for them: of each pair of product and warehouse that
 * somebody gave a figure for since the last look, and of those that are told of already. Nothing is
 * searched for: the log of commands names the pairs, their ledger is their past.
 *
 * A finding is over when the figure is near the usual again, when another one is given, or a day
 * after: then it is the new usual. */
#include "engine/command.h"
#include "engine/undo.h"
#include "notify/alert.h"
#include "notify/look_private.h"
#include "notify/usual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    PAST_MAX = 60,                /* entries of a ledger that are the past */
    SINCE_MAX = 60,               /* entries looked at to find the figure given last */
    PAIRS_MAX = 2000,             /* looked at in one look: some 100 ms */
    BEGIN_BEFORE_MS = 600 * 1000, /* after a start: what was given shortly before it */
    BEGIN_COMMANDS = 1000,
};

struct figures {
    const struct looking *l;
    int64_t left;
};

/* ---- one pair */

struct given {
    uint64_t sequence;
    int64_t figure;
    int64_t past[PAST_MAX];
    size_t past_count;
};

static bool is_given(uint32_t cause)
{
    return cause == CAUSE_COUNT || cause == CAUSE_SALE || cause == CAUSE_RECEIPT ||
           cause == CAUSE_WRITE_OFF || cause == CAUSE_IMPORT;
}

/* The figure given last within a day, and what was there before. False: there is none. */
static bool read_given(const struct looking *l, uint64_t product, uint32_t warehouse,
                       struct given *given)
{
    struct key pair = key_pair(product, warehouse), end = pair;
    struct bytes key, value;
    struct ledger_record entry;
    *given = (struct given){0};
    key_u64(&end, UINT64_MAX);
    struct store_cursor *cursor = store_cursor(l->query->txn, TABLE_LEDGER);
    store_seek(cursor, key_bytes(&end), &key, &value);
    enum status status = store_prev(cursor, &key, &value);
    for (int since = 0; status == ST_OK && key.size == 24 && key_starts(key, key_bytes(&pair)) &&
                        value.size == sizeof entry && given->past_count < PAST_MAX;
         status = store_prev(cursor, &key, &value)) {
        memcpy(&entry, value.data, sizeof entry);
        if (entry.gone) break;
        if (given->sequence) {
            given->past[given->past_count++] = entry.on_hand_after;
            continue;
        }
        if (entry.time_ms < l->look->now_ms - DAY_MS || ++since > SINCE_MAX) break;
        if (!is_given(entry.cause)) continue;
        given->sequence = bytes_get_u64((const uint8_t *)key.data + 12);
        given->figure = entry.on_hand_after;
    }
    store_cursor_close(cursor);
    return given->sequence != 0;
}

static bool current(const struct looking *l, uint64_t product, uint32_t warehouse, int64_t *figure)
{
    struct key key = key_pair(product, warehouse);
    struct bytes value;
    struct stock_record stock;
    if (store_get(l->query->txn, TABLE_STOCK, key_bytes(&key), &value) != ST_OK ||
        value.size != sizeof stock)
        return false;
    memcpy(&stock, value.data, sizeof stock);
    *figure = stock.on_hand;
    return true;
}

/* Who gave it: "hook:site", "uid:1000, import 12". */
static void name_source(const struct looking *l, uint64_t sequence, char out[ALERT_TEXT_MAX])
{
    uint8_t key[8];
    struct bytes value;
    struct command_view command;
    bytes_put_u64(key, sequence);
    if (store_get(l->query->txn, TABLE_COMMAND, bytes_of(key, sizeof key), &value) != ST_OK ||
        command_read(value, &command) != ST_OK)
        return;
    char text[ALERT_TEXT_MAX];
    snprintf(text, sizeof text, "%.*s, %s%llu",
             (int)(command.actor.size < 200 ? command.actor.size : 200),
             (const char *)command.actor.data, command.group ? "import " : "command ",
             (unsigned long long)(command.group ? command.group : sequence));
    alert_text(out, bytes_text(text));
}

static void check_pair(const struct looking *l, uint64_t product, uint32_t warehouse)
{
    struct given given;
    int64_t now;
    char subject[48], text[ALERT_TEXT_MAX];
    const struct alert_limits *limits = l->look->limits;
    if (!read_given(l, product, warehouse, &given) || !current(l, product, warehouse, &now) ||
        given.past_count < (size_t)limits->usual_changes)
        return;
    struct usual usual = usual_of(given.past, given.past_count);
    if (!usual_is_far(&usual, given.figure, limits->usual_times) ||
        !usual_is_far(&usual, now, limits->usual_times))
        return;
    snprintf(subject, sizeof subject, "%llu.%u", (unsigned long long)product, warehouse);
    struct alert_finding *f =
        alert_findings_add(l->to, ALERT_UNUSUAL_FIGURE, "", bytes_text(subject));
    if (!f) return;
    const struct bytes sku = query_sku(l->query, product);
    const struct directory_warehouse *place = directory_warehouse(l->query->directory, warehouse);
    snprintf(text, sizeof text, "%.*s/%.60s", (int)(sku.size < 200 ? sku.size : 200),
             (const char *)sku.data, place ? place->key : "");
    alert_text(f->what, bytes_text(text));
    name_source(l, given.sequence, f->why);
    f->count = given.figure;
    f->limit = usual.median;
}

static bool is_found(const struct looking *l, uint64_t product, uint32_t warehouse)
{
    char key[ALERT_KEY_MAX + 1];
    snprintf(key, sizeof key, "%s//%llu.%u", alert_rule_name(ALERT_UNUSUAL_FIGURE),
             (unsigned long long)product, warehouse);
    for (size_t i = 0; i < l->to->count; i++)
        if (strcmp(l->to->list[i].key, key) == 0) return true;
    return false;
}

static enum status on_pair(void *ctx, uint64_t product, uint32_t warehouse)
{
    struct figures *f = ctx;
    if (f->left-- <= 0) return ST_CANCELLED;
    if (!is_found(f->l, product, warehouse)) check_pair(f->l, product, warehouse);
    return ST_OK;
}

/* ---- those that are told of */

static bool on_open(void *ctx, struct bytes subject)
{
    unsigned long long product;
    unsigned warehouse;
    char text[48];
    snprintf(text, sizeof text, "%.*s", (int)(subject.size < 47 ? subject.size : 47),
             (const char *)subject.data);
    if (sscanf(text, "%llu.%u", &product, &warehouse) == 2)
        check_pair(ctx, (uint64_t)product, (uint32_t)warehouse);
    return true;
}

/* ---- what was given since the last look */

/* 0: there is no command. */
static uint64_t last_command(const struct looking *l)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(l->query->txn, TABLE_COMMAND);
    bool any = store_last(cursor, &key, NULL) == ST_OK && key.size == 8;
    uint64_t last = any ? bytes_get_u64(key.data) : 0;
    store_cursor_close(cursor);
    return last;
}

static uint64_t begin_after(const struct looking *l)
{
    struct bytes key, value;
    uint64_t after = last_command(l);
    struct store_cursor *cursor = store_cursor(l->query->txn, TABLE_COMMAND);
    for (int i = 0; i < BEGIN_COMMANDS && store_prev(cursor, &key, &value) == ST_OK; i++) {
        struct command_view command;
        if (key.size != 8 || command_read(value, &command) != ST_OK ||
            command.time_ms < l->look->now_ms - BEGIN_BEFORE_MS)
            break;
        after = bytes_get_u64(key.data) - 1;
    }
    store_cursor_close(cursor);
    return after;
}

static bool gives_figures(uint32_t kind)
{
    return kind == COMMAND_STOCK_SET || kind == COMMAND_STOCK_ADJUST ||
           kind == COMMAND_STOCK_BULK || kind == COMMAND_HOOK_STOCK;
}

static enum status look_new(struct figures *f, uint64_t after)
{
    uint8_t from[8];
    struct bytes key, value;
    bytes_put_u64(from, after + 1);
    struct store_cursor *cursor = store_cursor(f->l->query->txn, TABLE_COMMAND);
    enum status status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
    for (; status == ST_OK && f->left > 0; status = store_next(cursor, &key, &value)) {
        struct command_view command;
        if (key.size != 8 || command_read(value, &command) != ST_OK) continue;
        if (!gives_figures(command.kind)) continue;
        status = undo_pairs(f->l->query->txn, bytes_get_u64(key.data), on_pair, f, NULL);
        if (status == ST_CANCELLED) status = ST_OK; /* enough for one look */
        if (status != ST_OK) break;
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status look_figures(const struct looking *l)
{
    struct figures f = {.l = l, .left = PAIRS_MAX};
    struct alert_memory *memory = l->look->memory;
    if (!look_wants(l, ALERT_UNUSUAL_FIGURE) || !memory) return ST_OK;
    uint64_t last = last_command(l);
    uint64_t after = memory->figures_known ? memory->figures_after : begin_after(l);
    enum status status =
        alert_open_each(l->query->txn, ALERT_UNUSUAL_FIGURE, on_open, (void *)(uintptr_t)l);
    if (status == ST_OK) status = look_new(&f, after);
    memory->figures_known = status == ST_OK;
    memory->figures_after = last;
    return status;
}
