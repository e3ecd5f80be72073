/* What the readers of the wire share. */
#include "wire.h"

#include "base/mem.h"
#include "network.h"
#include "wire_known.h"

#include <stdlib.h>
#include <string.h>

bool wire_number(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    char *end;
    if (!text || !*text) return false;
    *out = strtoll(text, &end, 10);
    return *end == 0;
}

int64_t wire_number_or(const json_t *value, int64_t otherwise)
{
    int64_t number;
    return wire_number(value, &number) ? number : otherwise;
}

const char *wire_text(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : "";
}

json_t *wire_body(const struct exchange *x)
{
    /* As the models read it, so that it is parsed once (parsed.h). */
    json_t *doc = json_loadb(x->body, x->body_size, JSON_REJECT_DUPLICATES, NULL);
    return doc ? doc : json_loadb(x->body, x->body_size, 0, NULL);
}

bool wire_refuses(const struct exchange *x)
{
    return x->status >= 400 && x->status < 500 && x->status != 408;
}

const char *wire_sent_header(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->sent_count; i++)
        if (strcasecmp(x->sent[i].name, name) == 0) return x->sent[i].value;
    return NULL;
}

const char *wire_answer_header(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->header_count; i++)
        if (strcasecmp(x->headers[i].name, name) == 0) return x->headers[i].value;
    return NULL;
}

void wire_all(const struct exchange *x, enum wire_word *words, enum wire_word word)
{
    for (uint32_t i = 0; i < x->item_count; i++)
        words[i] = word;
}

bool wire_starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

int wire_item_of(const struct exchange *x, uint32_t pair)
{
    for (uint32_t i = 0; i < x->item_count; i++)
        if (x->items[i].pair == pair) return (int)i;
    return -1;
}

/* ---- rows of an answer */

static struct wire_row *find(const struct wire_rows *rows, uint32_t pair)
{
    uint32_t place = pair < rows->places_room ? rows->places[pair] : 0;
    return place ? &rows->list[place - 1] : NULL;
}

static void place(struct wire_rows *rows, uint32_t pair)
{
    if (pair >= rows->places_room) {
        size_t room = 2 * ((size_t)pair + 1);
        rows->places = mem_resize(rows->places, room * sizeof *rows->places);
        memset(rows->places + rows->places_room, 0,
               (room - rows->places_room) * sizeof *rows->places);
        rows->places_room = room;
    }
    rows->places[pair] = (uint32_t)rows->count;
}

void wire_rows_add(struct wire_rows *rows, uint32_t pair, int64_t figure, int64_t revision)
{
    enum { ROOM_FIRST = 32 };
    struct wire_row *there = find(rows, pair);
    if (there) {
        if (there->figure == figure) return;
        there->spoilt = true;
        there->other = figure;
        return;
    }
    if (rows->count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : ROOM_FIRST;
        rows->list = mem_resize(rows->list, rows->room * sizeof *rows->list);
    }
    rows->list[rows->count++] =
        (struct wire_row){.pair = pair, .figure = figure, .revision = revision};
    place(rows, pair);
}

void wire_rows_read(struct wire_rows *rows, const struct exchange *x, int remote, json_t *row,
                    wire_row_read *read)
{
    struct wire_known *known = x->sim->known;
    const struct wire_row *said = wire_known_find(known, x->account, remote, row);
    struct wire_row now = {0};
    if (!said) {
        if (!read(x, remote, row, &now)) {
            rows->holes |= now.spoilt;
            return;
        }
        wire_known_keep(known, x->account, remote, row, &now);
        said = &now;
    }
    wire_rows_add(rows, said->pair, said->figure, said->revision);
}

bool wire_rows_have(const struct wire_rows *rows, uint32_t pair)
{
    return find(rows, pair) != NULL;
}

bool wire_rows_lack(const struct wire_rows *rows, uint32_t pair)
{
    return !rows->holes && !find(rows, pair);
}

void wire_rows_tell(struct wire_rows *rows, wire_tell *tell, void *ctx)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct wire_row *row = &rows->list[i];
        struct wire_told told = {.telling = WIRE_FIGURE, /* of two the first is what counts */
                                 .pair = row->pair,
                                 .figure = row->figure,
                                 .revision = row->revision};
        tell(ctx, &told);
        told.telling = WIRE_DOUBTFUL;
        told.figure = row->other;
        if (row->spoilt) tell(ctx, &told);
    }
    mem_free(rows->list);
    mem_free(rows->places);
    *rows = (struct wire_rows){0};
}

void wire_tell_absent(uint32_t pair, wire_tell *tell, void *ctx)
{
    const struct wire_told told = {.telling = WIRE_ABSENT, .pair = pair};
    tell(ctx, &told);
}
