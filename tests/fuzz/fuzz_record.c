/* Stored records: any bytes are read or refused; what was read is written as a record that reads
 * the same. Input: which record (1), its bytes. */
#include "fuzz.h"

#include "engine/record.h"
#include "engine/record_change.h"
#include "engine/record_order.h"
#include "engine/record_rule.h"

/* RECORD(product) tries struct product_view with product_read and product_write. */
#define RECORD(noun)                                                                            \
    static bool try_##noun(struct bytes from, struct buf *out)                                  \
    {                                                                                           \
        struct noun##_view view;                                                                \
        if (noun##_read(from, &view) != ST_OK) return false;                                    \
        FUZZ_CHECK(noun##_write(out, &view), "a " #noun " that was read can be written again"); \
        return true;                                                                            \
    }
RECORD(product)
RECORD(warehouse)
RECORD(remote)
RECORD(account)
RECORD(listing)
RECORD(command)
RECORD(order)
RECORD(change)

static bool try_target(struct bytes from, struct buf *out)
{
    struct target_record record;
    struct bytes tail;
    uint8_t row[TARGET_RECORD_MAX];
    if (target_record_read(from, &record, &tail) != ST_OK) return false;
    FUZZ_CHECK(tail.size <= TARGET_TAIL_MAX, "a target's tail has at most %d bytes",
               TARGET_TAIL_MAX);
    size_t size = target_record_write(row, &record);
    FUZZ_CHECK(size <= sizeof row, "a target's record has at most %d bytes", TARGET_RECORD_MAX);
    return buf_add(out, row, size) && buf_add(out, tail.data, tail.size);
}

static bool try_rule(struct bytes from, struct buf *out)
{
    struct rule_record rule;
    char text[RULE_TEXT_MAX];
    if (rule_read(from, &rule) != ST_OK) return false;
    FUZZ_CHECK(strlen(rule_text(&rule, text)) < RULE_TEXT_MAX, "a rule's text fits");
    return buf_add(out, &rule, sizeof rule);
}

typedef bool try_fn(struct bytes from, struct buf *out);
static try_fn *const records[] = {try_product, try_warehouse, try_remote, try_account, try_listing,
                                  try_command, try_order,     try_change, try_target,  try_rule};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    try_fn *try = records[fuzz_u8(&in) % (sizeof records / sizeof records[0])];
    struct bytes rest = fuzz_bytes(&in, size);
    if (rest.size > RECORD_MAX) return 0;
    char *copy = fuzz_copy(rest, false);
    struct buf first, second;
    buf_init(&first, 4 * RECORD_MAX);
    buf_init(&second, 4 * RECORD_MAX);
    if (try(bytes_of(copy, rest.size), &first)) {
        FUZZ_CHECK(try(bytes_of(first.data, first.size), &second), "what was written is read");
        FUZZ_CHECK(
            bytes_equal(bytes_of(first.data, first.size), bytes_of(second.data, second.size)),
            "what is read and written again is the same");
    }
    buf_free(&first);
    buf_free(&second);
    free(copy);
    return 0;
}
