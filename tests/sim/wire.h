/* What requests and answers say, read from their bytes for the oracle alone: nothing of it is
 * shared with the plugins, which have their own readers. One table for each kind of marketplace
 * (wire_*.c); what it means for a pair is judged in oracle.c and oracle_answer.c, the same for all.
 *
 * A reader is as willing to understand as a plugin may be: numbers may be texts, and of two rows
 * that differ the first counts. A result without its place, or two for one place, say nothing. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct exchange;

enum { WIRE_COMMAND_MAX = 64 };

/* What an answer says of a write's item. */
enum wire_word {
    WIRE_SILENT, /* nothing: it may be there, or still come */
    WIRE_REFUSED,
    WIRE_TAKEN, /* it will be there or not: to be asked for */
    WIRE_DONE,
};

/* What an answer tells of a pair besides. */
struct wire_told {
    enum wire_telling {
        WIRE_FIGURE,
        WIRE_DOUBTFUL, /* a second figure in the same answer: it proves nothing */
        WIRE_ABSENT,   /* asked for, and not among what was answered */
        WIRE_OF_WRITE, /* what became of the write known by `command` */
        WIRE_NO_WRITE, /* there is no such command, for whatever pair */
    } telling;
    uint32_t pair;
    int64_t figure, revision; /* 0: no revision is told */
    enum wire_word word;
    const char *command;
};

typedef void wire_tell(void *ctx, const struct wire_told *told);

struct sim_wire {
    int64_t settle_ms;  /* its routes': after that a reading tells what became of a write */
    int64_t stuck_ms;   /* after that a decrease may pass */
    int64_t unknown_ms; /* after that a command that nobody knows was never registered; 0: there
                           are none */
    uint32_t before;    /* requests of one push before the last that carries figures */

    /* When the model next carries out by itself what it accepted, in true time; INT64_MAX: nothing
     * of it waits. NULL where what is accepted shows at once. */
    int64_t (*next_ms)(const void *model);

    const char *const *figures; /* names of the fields that are stock; ends with NULL */

    /* False: the request is sent in somebody else's name. */
    bool (*is_own)(const struct exchange *x);
    /* The figures of a write into x->items, in their order; false: it names what there is not. */
    bool (*write)(struct exchange *x);
    /* Of an answer that arrived; words are WIRE_SILENT before. `doc`: NULL where it is no JSON. */
    void (*answer)(const struct exchange *x, const json_t *doc, enum wire_word *words);
    /* What the answer to any request tells of pairs. */
    void (*read)(const struct exchange *x, const json_t *doc, wire_tell *tell, void *ctx);
    /* Mutation: what the marketplace would say had it taken everything. Returns the status. */
    int (*fake)(const struct exchange *x, struct buf *body);
};

extern const struct sim_wire wire_ozon, wire_wb, wire_allegro, wire_wix_v3, wire_wix_v1;

/* ---- wire.c, for the readers */

/* Of a number, or a text that holds one; false: neither. */
bool wire_number(const json_t *value, int64_t *out);
int64_t wire_number_or(const json_t *value, int64_t otherwise);
/* The text, or "". */
const char *wire_text(const json_t *value);
json_t *wire_body(const struct exchange *x);
/* 4xx but 408: whatever it was, it was not applied. */
bool wire_refuses(const struct exchange *x);
/* The header of the request or of its answer; NULL: there is none. */
const char *wire_sent_header(const struct exchange *x, const char *name);
const char *wire_answer_header(const struct exchange *x, const char *name);
void wire_all(const struct exchange *x, enum wire_word *words, enum wire_word word);
bool wire_starts(const char *text, const char *with);
/* The item of that pair, or -1. */
int wire_item_of(const struct exchange *x, uint32_t pair);
/* Rows of one answer. */
struct wire_rows {
    struct wire_row {
        uint32_t pair;
        int64_t figure, other, revision; /* other: the last that was another one */
        bool spoilt;
    } * list;
    size_t count, room;
    bool holes; /* one could not be read: it may be that of any pair that seems not to be there */
    uint32_t *places; /* by pair: where in the list it stands, from 1; 0: nowhere */
    size_t places_room;
};
void wire_rows_add(struct wire_rows *rows, uint32_t pair, int64_t figure, int64_t revision);
/* Reads a row of an answer; false: it says nothing, and with `spoilt` it should have. `remote`: of
 * what place it speaks; WORLD_NONE: it says so itself. It goes by nothing else, for of the same row
 * it is not asked again. */
typedef bool wire_row_read(const struct exchange *x, int remote, const json_t *row,
                           struct wire_row *said);
void wire_rows_read(struct wire_rows *rows, const struct exchange *x, int remote, json_t *row,
                    wire_row_read *read);
bool wire_rows_have(const struct wire_rows *rows, uint32_t pair);
/* No row is of the pair, nor may one be that could not be read. */
bool wire_rows_lack(const struct wire_rows *rows, uint32_t pair);
void wire_rows_tell(struct wire_rows *rows, wire_tell *tell, void *ctx); /* and frees them */
void wire_tell_absent(uint32_t pair, wire_tell *tell, void *ctx);

#endif
