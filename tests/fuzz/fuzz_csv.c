/* CSV as it arrives: however the bytes are cut, the same records come out, within the limits.
 * Input: how the bytes are cut (1), the separator (1), the bytes. */
#include "fuzz.h"

#include "base/csv.h"

enum { HASH_START = 17, HASH_FACTOR = 31 };

struct seen {
    uint64_t hash, records, last_line;
};

static void add(struct seen *seen, const void *data, size_t size)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < size; i++)
        seen->hash = seen->hash * HASH_FACTOR + at[i] + HASH_START;
}

static bool on_record(const struct csv_record *record, void *ctx)
{
    struct seen *seen = ctx;
    FUZZ_CHECK(record->line > seen->last_line, "lines rise");
    FUZZ_CHECK(record->count <= CSV_FIELDS_MAX, "at most CSV_FIELDS_MAX fields");
    FUZZ_CHECK(!record->problem || record->count == 0, "a refused record has no fields");
    size_t total = 0;
    for (size_t i = 0; i < record->count; i++) {
        total += record->fields[i].text.size;
        add(seen, record->fields[i].text.data, record->fields[i].text.size);
        add(seen, record->fields[i].quoted ? "q" : "p", 1);
    }
    FUZZ_CHECK(total <= CSV_RECORD_MAX, "a record has at most CSV_RECORD_MAX bytes");
    if (record->problem) add(seen, record->problem, strlen(record->problem));
    add(seen, &record->line, sizeof record->line);
    seen->last_line = record->line;
    seen->records++;
    return true;
}

static struct seen read_cut(struct bytes bytes, size_t cut, char separator, enum status *status)
{
    struct seen seen = {0};
    struct csv_reader *reader = csv_new(separator, on_record, &seen);
    const char *at = bytes.data;
    *status = ST_OK;
    for (size_t done = 0; done < bytes.size && *status == ST_OK;) {
        size_t n = bytes.size - done < cut ? bytes.size - done : cut;
        char *part = fuzz_copy(bytes_of(at + done, n), false);
        *status = csv_feed(reader, bytes_of(part, n), NULL);
        free(part);
        done += n;
    }
    if (*status == ST_OK) *status = csv_end(reader, NULL);
    csv_free(reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = {0, ',', ';', '\t'};
    struct fuzz_input in = {data, data + size};
    size_t cut = 1 + fuzz_u8(&in);
    char separator = separators[fuzz_u8(&in) % sizeof separators];
    struct bytes rest = fuzz_bytes(&in, size);
    enum status whole_status, cut_status;
    struct seen whole = read_cut(rest, rest.size + 1, separator, &whole_status);
    struct seen parts = read_cut(rest, cut, separator, &cut_status);
    FUZZ_CHECK(whole_status == cut_status, "cut or whole, it reads the same: %s, %s",
               status_name(whole_status), status_name(cut_status));
    if (whole_status != ST_OK) return 0; /* how far it came before may differ */
    FUZZ_CHECK(whole.records == parts.records && whole.hash == parts.hash,
               "cut into %zu or whole, the same records come out", cut);
    return 0;
}
