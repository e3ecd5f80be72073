/* Rows of the store that sync, notify and the newer parts of the engine keep: any bytes are read or
 * refused; what was read is written as a row that reads the same. Input: which row (1), its bytes.
 * The others are fuzz_record.c's. */
#include "fuzz.h"

#include "base/buf.h"
#include "engine/api_token.h"
#include "engine/plan.h"
#include "engine/reserve.h"
#include "engine/run.h"
#include "engine/run_bad.h"
#include "intake/import.h"
#include "intake/inbox_record.h"
#include "notify/alert.h"

#define ROW(noun, type)                                                                  \
    static bool try_##noun(struct bytes from, struct buf *out)                           \
    {                                                                                    \
        struct type row;                                                                 \
        if (noun##_read(from, &row) != ST_OK) return false;                              \
        FUZZ_CHECK(noun##_write(out, &row), "a " #noun " that was read can be written"); \
        return true;                                                                     \
    }
ROW(run, run_view)
ROW(plan, plan_view)
ROW(reservation, reservation_view)
ROW(import_job, import_job)

static bool try_alert(struct bytes from, struct buf *out)
{
    struct alert_view alert;
    if (alert_read(from, &alert) != ST_OK) return false;
    alert_write(out, &alert);
    return true;
}

/* What is only read: nothing outside it is looked at, so that its texts can be copied. */
static bool copied(struct buf *out, struct bytes text)
{
    buf_add(out, text.data, text.size);
    return false;
}

static bool try_run_bad(struct bytes from, struct buf *out)
{
    struct run_bad bad;
    return run_bad_read(from, &bad) == ST_OK &&
           (copied(out, bad.code) || copied(out, bad.text) || copied(out, bad.listing) ||
            copied(out, bad.warehouse) || copied(out, bad.place));
}

static bool try_inbox(struct bytes from, struct buf *out)
{
    struct inbox_row row;
    return inbox_row_read(from, &row) == ST_OK && (copied(out, row.inbox) || copied(out, row.file));
}

static bool try_inbox_last(struct bytes from, struct buf *out)
{
    struct inbox_last last;
    return inbox_last_read(from, &last) == ST_OK &&
           (copied(out, last.claim) || copied(out, last.file) || copied(out, last.detail));
}

static bool try_refusal(struct bytes from, struct buf *out)
{
    struct bytes reason;
    uint32_t column;
    return import_refusal_read(from, &column, &reason) == ST_OK && copied(out, reason);
}

static bool try_token(struct bytes from, struct buf *out)
{
    struct api_token token;
    return api_token_read(bytes_text("name"), from, &token) == ST_OK &&
           (copied(out, token.hash) || copied(out, token.actor));
}

typedef bool try_fn(struct bytes from, struct buf *out);
static try_fn *const rows[] = {try_run,     try_plan,  try_reservation, try_import_job, try_alert,
                               try_run_bad, try_inbox, try_inbox_last,  try_refusal,    try_token};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    try_fn *try = rows[fuzz_u8(&in) % (sizeof rows / sizeof rows[0])];
    struct bytes rest = fuzz_bytes(&in, size);
    if (rest.size > RECORD_MAX) return 0;
    char *copy = fuzz_copy(rest, false);
    struct buf first, second;
    buf_init(&first, 8 * RECORD_MAX);
    buf_init(&second, 8 * RECORD_MAX);
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
