/* Rows of targets. Most facts of most targets are not there (0), and its times and revisions are
 * near those of its wanted figure: so a row is a mask of the fields that are there, and each as a
 * varint, times and revisions as differences. Some 40 bytes instead of 180, which is what decides
 * how many pages a change of stock or a push touches.
 *
 *     version u8, mask varint, fields varint each in the order of `fields`, tail */
#include "base/wire.h"
#include "engine/record.h"

#include <stddef.h>

enum { ROW_VERSION = 1 };

enum coding {
    PLAIN,    /* unsigned */
    FIGURE,   /* signed */
    TIME,     /* as the difference to wanted_ms */
    REVISION, /* as the difference to wanted_revision */
};

struct field {
    uint16_t offset;
    uint8_t size;
    uint8_t coding;
};

#define FIELD(name, coding)                                                                     \
    {                                                                                           \
        offsetof(struct target_record, name), sizeof(((struct target_record *)0)->name), coding \
    }

/* The order is the store's: fields are only added at the end. The most frequent come first, for a
 * short mask. The wanted ones come before what is told as a difference to them. */
static const struct field fields[] = {
    FIELD(wanted_value, FIGURE),
    FIELD(wanted_ms, FIGURE),
    FIELD(wanted_revision, PLAIN),
    FIELD(flags, PLAIN),
    FIELD(sent_value, FIGURE),
    FIELD(sent_ms, TIME),
    FIELD(sent_revision, REVISION),
    FIELD(acked_value, FIGURE),
    FIELD(acked_ms, TIME),
    FIELD(acked_revision, REVISION),
    FIELD(closed_ms, TIME),
    FIELD(queued_due_ms, TIME),
    FIELD(queued_priority, PLAIN),
    FIELD(sent_before_ms, TIME),
    FIELD(observed_value, FIGURE),
    FIELD(observed_ms, TIME),
    FIELD(group, PLAIN),
    FIELD(zero_reason, PLAIN),
    FIELD(hold, PLAIN),
    FIELD(capped, PLAIN),
    FIELD(route, PLAIN),
    FIELD(due_ms, TIME),
    FIELD(attempts, PLAIN),
    FIELD(look_ms, TIME),
    FIELD(land_ms, TIME),
    FIELD(looks, PLAIN),
    FIELD(note_size, PLAIN),
    FIELD(data_size, PLAIN),
    FIELD(code_size, PLAIN),
    FIELD(text_size, PLAIN),
    FIELD(rejected_revision, REVISION),
    FIELD(batch_cap, PLAIN),
    FIELD(data_version, PLAIN),
    FIELD(vain, PLAIN),
    FIELD(choice, PLAIN),
    FIELD(most, FIGURE),
    FIELD(guard.changed_hour, PLAIN),
    FIELD(guard.zeroed_hour, PLAIN),
    FIELD(direction, PLAIN),
    FIELD(sold_ms, TIME),
    FIELD(guard.by[0], PLAIN),
    FIELD(guard.by[1], PLAIN),
    FIELD(guard.by[2], PLAIN),
    FIELD(guard.hours, PLAIN),
    FIELD(late_ms, TIME),
    FIELD(life, PLAIN),
};

enum { FIELDS = sizeof fields / sizeof *fields };

_Static_assert(FIELDS <= 64, "one bit of the mask for each");
_Static_assert(TARGET_RECORD_MAX >= 1 + 10 + FIELDS * 10, "a version, the mask and all fields");

static inline uint64_t load(const struct target_record *record, const struct field *field)
{
    const uint8_t *at = (const uint8_t *)record + field->offset;
    uint64_t v64;
    uint32_t v32;
    uint16_t v16;
    switch (field->size) {
    case 8: return memcpy(&v64, at, 8), v64;
    case 4: return memcpy(&v32, at, 4), v32;
    case 2: return memcpy(&v16, at, 2), v16;
    default: return *at;
    }
}

/* False when it is more than the field holds. */
static inline bool store(struct target_record *record, const struct field *field, uint64_t value)
{
    uint8_t *at = (uint8_t *)record + field->offset;
    const uint32_t v32 = (uint32_t)value;
    const uint16_t v16 = (uint16_t)value;
    switch (field->size) {
    case 8: return memcpy(at, &value, 8), true;
    case 4: return memcpy(at, &v32, 4), v32 == value;
    case 2: return memcpy(at, &v16, 2), v16 == value;
    default: return *at = (uint8_t)value, *at == value;
    }
}

static inline uint64_t base_of(const struct target_record *record, const struct field *field)
{
    if (field->coding == TIME) return (uint64_t)record->wanted_ms;
    return field->coding == REVISION ? record->wanted_revision : 0;
}

static inline uint8_t *put(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

/* Small whichever its sign. Differences may wrap; they wrap back when they are read. */
static inline uint64_t zigzag(uint64_t value)
{
    return (value << 1) ^ (value >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t zagzig(uint64_t value)
{
    return (value >> 1) ^ (value & 1 ? UINT64_MAX : 0);
}

size_t target_record_write(uint8_t row[TARGET_RECORD_MAX], const struct target_record *record)
{
    uint64_t mask = 0, values[FIELDS];
    /* Unrolled, each field's offset and size are constants: a third of the instructions. */
#pragma GCC unroll 64
    for (unsigned i = 0; i < FIELDS; i++) {
        values[i] = load(record, &fields[i]);
        mask |= (uint64_t)(values[i] != 0) << i;
    }
    uint8_t *at = row;
    *at++ = ROW_VERSION;
    at = put(at, mask);
    for (; mask; mask &= mask - 1) {
        unsigned i = (unsigned)__builtin_ctzll(mask);
        const struct field *field = &fields[i];
        at = put(at,
                 field->coding == PLAIN ? values[i] : zigzag(values[i] - base_of(record, field)));
    }
    return (size_t)(at - row);
}

enum status target_record_read(struct bytes row, struct target_record *record, struct bytes *tail)
{
    struct wire_reader r = wire_reader(row);
    uint8_t version = wire_get_u8(&r);
    uint64_t mask = wire_get_u64(&r);
    memset(record, 0, sizeof *record);
    if (version != ROW_VERSION || (FIELDS < 64 && mask >> (FIELDS % 64))) return ST_DAMAGED;
    bool fits = true;
#pragma GCC unroll 64
    for (unsigned i = 0; i < FIELDS; i++) {
        if (!(mask >> i & 1)) continue;
        uint64_t value = wire_get_u64(&r);
        if (fields[i].coding != PLAIN) value = zagzig(value) + base_of(record, &fields[i]);
        fits &= store(record, &fields[i], value);
    }
    size_t size =
        (size_t)record->note_size + record->data_size + record->code_size + record->text_size;
    if (!r.ok || !fits || size > TARGET_TAIL_MAX || size != (size_t)(r.end - r.at))
        return ST_DAMAGED;
    if (tail) *tail = bytes_of(r.at, size);
    return ST_OK;
}
