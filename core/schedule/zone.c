/* TZif files: reading, and looking up. */
#include "schedule/zone.h"

#include "base/mem.h"
#include "schedule/posix_tz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 1 << 20, /* the largest of the tz database has some 3 KiB */
    HEADER_SIZE = 44,   /* RFC 9636, 3.1 */
    TYPE_SIZE = 6,      /* ... 3.2: offset, summer, name */
    TYPES_MAX = 256,    /* a transition names its type in one byte */
    COUNTS = 6,
    NAME_SIZE_MAX = 100,
    DAY_S = 86400, /* no offset is as large */
};

struct zone {
    size_t count;     /* of transitions */
    int64_t *times;   /* rising */
    int64_t *offsets; /* from each of them on */
    int64_t first;    /* before the first */
    bool has_rule;    /* after the last */
    struct posix_tz rule;
};

void zone_free(struct zone *zone)
{
    if (!zone) return;
    mem_free(zone->times);
    mem_free(zone->offsets);
    mem_free(zone);
}

/* The counts of one header, in its order. */
enum { IS_UT, IS_STD, LEAP, TIME, TYPE, NAME };

static bool read_header(const uint8_t *at, size_t left, uint32_t counts[COUNTS])
{
    if (left < HEADER_SIZE || memcmp(at, "TZif", 4)) return false;
    for (int i = 0; i < COUNTS; i++)
        counts[i] = bytes_get_u32(at + 20 + 4 * i);
    for (int i = 0; i < COUNTS; i++)
        if (counts[i] > FILE_MAX) return false;
    return counts[TYPE] > 0 && counts[TYPE] <= TYPES_MAX;
}

static size_t block_size(const uint32_t counts[COUNTS], size_t time_size)
{
    return counts[TIME] * (time_size + 1) + counts[TYPE] * (size_t)TYPE_SIZE + counts[NAME] +
           counts[LEAP] * (time_size + 4) + counts[IS_STD] + counts[IS_UT];
}

static bool read_block(struct zone *zone, const uint8_t *at, const uint32_t counts[COUNTS])
{
    const uint8_t *kinds = at + 8 * (size_t)counts[TIME], *types = kinds + counts[TIME];
    zone->count = counts[TIME];
    zone->times = mem_alloc((zone->count + 1) * sizeof *zone->times);
    zone->offsets = mem_alloc((zone->count + 1) * sizeof *zone->offsets);
    zone->first = (int32_t)bytes_get_u32(types);
    if (llabs(zone->first) >= DAY_S) return false;
    for (size_t i = 0; i < zone->count; i++) {
        if (kinds[i] >= counts[TYPE]) return false;
        zone->times[i] = (int64_t)bytes_get_u64(at + 8 * i);
        zone->offsets[i] = (int32_t)bytes_get_u32(types + (size_t)TYPE_SIZE * kinds[i]);
        if (llabs(zone->offsets[i]) >= DAY_S || (i && zone->times[i] <= zone->times[i - 1]))
            return false;
    }
    return true;
}

/* Between two newlines behind the second block. Empty: the table is all there is. */
static bool read_footer(struct zone *zone, const uint8_t *at, size_t left)
{
    char text[NAME_SIZE_MAX];
    const uint8_t *end = left ? memchr(at + 1, '\n', left - 1) : NULL;
    if (!left || *at != '\n' || !end) return false;
    size_t size = (size_t)(end - at - 1);
    if (size >= sizeof text) return false;
    memcpy(text, at + 1, size);
    text[size] = 0;
    zone->has_rule = size > 0;
    return !size || posix_tz_parse(text, &zone->rule);
}

static bool parse(struct zone *zone, struct bytes file)
{
    const uint8_t *at = file.data;
    size_t left = file.size, skip;
    uint32_t counts[COUNTS];
    if (!read_header(at, left, counts) || at[4] < '2') return false;
    skip = HEADER_SIZE + block_size(counts, 4); /* the block for readers of 32 bits */
    if (skip > left) return false;
    at += skip, left -= skip;
    if (!read_header(at, left, counts)) return false;
    at += HEADER_SIZE, left -= HEADER_SIZE;
    skip = block_size(counts, 8);
    if (skip > left || !read_block(zone, at, counts)) return false;
    return read_footer(zone, at + skip, left - skip);
}

enum status zone_parse(const char *name, struct bytes file, struct zone **zone, struct error *error)
{
    struct zone *made = mem_alloc(sizeof *made);
    if (parse(made, file)) {
        *zone = made;
        return ST_OK;
    }
    zone_free(made);
    return error_set(error, ST_DAMAGED,
                     "the file of the time zone %s is no TZif file of version 2 or later: install "
                     "the package tzdata again",
                     name);
}

/* A name, not a path: "Europe/Moscow". */
static bool name_valid(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t size = strspn(name, allowed);
    return size && !name[size] && size < NAME_SIZE_MAX && name[0] != '/';
}

static enum status read_file(const char *name, const char *path, struct zone **zone,
                             struct error *error)
{
    FILE *stream = fopen(path, "re");
    if (!stream && (errno == ENOENT || errno == ENOTDIR))
        return error_set(error, ST_NOT_FOUND,
                         "there is no time zone '%s' (%s): give a name like UTC or Europe/Moscow, "
                         "and see that the package tzdata is installed",
                         name, path);
    if (!stream) return error_set(error, ST_IO, "%s: cannot open it: %s", path, strerror(errno));
    char *bytes = mem_alloc(FILE_MAX);
    size_t size = fread(bytes, 1, FILE_MAX, stream);
    int bad = ferror(stream) ? errno : 0;
    fclose(stream);
    if (bad) {
        mem_free(bytes);
        return error_set(error, ST_IO, "%s: cannot read it: %s", path, strerror(bad));
    }
    enum status status = zone_parse(name, bytes_of(bytes, size), zone, error);
    mem_free(bytes);
    return status;
}

enum status zone_open(const char *name, struct zone **zone, struct error *error)
{
    const char *folder = getenv("TZDIR");
    char path[512];
    if (!strcmp(name, "UTC")) {
        *zone = mem_alloc(sizeof **zone);
        return ST_OK;
    }
    if (!name_valid(name))
        return error_set(error, ST_INVALID,
                         "'%s' is no name of a time zone: give one like UTC or Europe/Moscow",
                         name);
    snprintf(path, sizeof path, "%s/%s", folder && *folder ? folder : "/usr/share/zoneinfo", name);
    return read_file(name, path, zone, error);
}

int64_t zone_offset(const struct zone *zone, int64_t utc_s)
{
    size_t low = 0, high = zone->count; /* the first transition after it */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->times[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_rule) return posix_tz_offset(&zone->rule, utc_s);
    return low ? zone->offsets[low - 1] : zone->first;
}

int64_t zone_to_utc(const struct zone *zone, int64_t local_s)
{
    int64_t before = zone_offset(zone, local_s - DAY_S), after = zone_offset(zone, local_s + DAY_S);
    int64_t larger = before > after ? before : after, smaller = before + after - larger;
    if (zone_offset(zone, local_s - larger) == larger) return local_s - larger;
    if (zone_offset(zone, local_s - smaller) == smaller) return local_s - smaller;
    return local_s - before;
}
