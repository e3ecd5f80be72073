/* What is stored about imports, as bytes. Who stores it is import_job.c. */
#include "base/wire.h"
#include "sync/import.h"

enum { JOB_VERSION = 1, REFUSAL_VERSION = 1 };

const char *import_state_name(enum import_state state)
{
    static const char *const names[] = {"",       "running",   "done", "partial",
                                        "failed", "cancelled", "held"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
}

bool import_job_write(struct buf *out, const struct import_job *job)
{
    const struct import_counts *counts = &job->counts;
    wire_put_u8(out, JOB_VERSION);
    wire_put_u8(out, (uint8_t)job->state);
    wire_put_bytes(out, job->file);
    wire_put_bytes(out, job->name);
    wire_put_bytes(out, job->actor);
    wire_put_bytes(out, job->warehouse);
    wire_put_bytes(out, job->error);
    wire_put_u8(out, (uint8_t)job->kind);
    wire_put_u8(out, (uint8_t)job->cause);
    wire_put_u8(out, job->create);
    wire_put_u8(out, (uint8_t)job->separator);
    wire_put_i64(out, job->started_ms);
    wire_put_i64(out, job->ended_ms);
    wire_put_u64(out, counts->bytes);
    wire_put_u64(out, counts->rows);
    wire_put_u64(out, counts->changed);
    wire_put_u64(out, counts->unchanged);
    wire_put_u64(out, counts->refused);
    wire_put_u64(out, counts->created);
    wire_put_u64(out, job->cursor_product);
    wire_put_u64(out, job->cursor_warehouse);
    wire_put_u64(out, job->chunks);
    wire_put_u64(out, job->since);
    return wire_put_u64(out, counts->left);
}

enum status import_job_read(struct bytes from, struct import_job *job)
{
    struct wire_reader r = wire_reader(from);
    struct import_counts *counts = &job->counts;
    *job = (struct import_job){0};
    if (wire_get_u8(&r) != JOB_VERSION) return ST_DAMAGED;
    job->state = (enum import_state)wire_get_u8(&r);
    job->file = wire_get_bytes(&r);
    job->name = wire_get_bytes(&r);
    job->actor = wire_get_bytes(&r);
    job->warehouse = wire_get_bytes(&r);
    job->error = wire_get_bytes(&r);
    job->kind = (enum figure_kind)wire_get_u8(&r);
    job->cause = (enum cause)wire_get_u8(&r);
    job->create = wire_get_u8(&r) != 0;
    job->separator = (char)wire_get_u8(&r);
    job->started_ms = wire_get_i64(&r);
    job->ended_ms = wire_get_i64(&r);
    counts->bytes = wire_get_u64(&r);
    counts->rows = wire_get_u64(&r);
    counts->changed = wire_get_u64(&r);
    counts->unchanged = wire_get_u64(&r);
    counts->refused = wire_get_u64(&r);
    counts->created = wire_get_u64(&r);
    job->cursor_product = wire_get_u64(&r);
    job->cursor_warehouse = wire_get_u32(&r);
    job->chunks = wire_get_u64(&r);
    job->since = wire_at_end(&r) ? 0 : wire_get_u64(&r); /* rows of before have none */
    counts->left = wire_at_end(&r) ? 0 : wire_get_u64(&r);
    counts->done = counts->changed + counts->unchanged + counts->refused + counts->left;
    return r.ok ? ST_OK : ST_DAMAGED;
}

bool import_refusal_write(struct buf *out, const char *reason)
{
    wire_put_u8(out, REFUSAL_VERSION);
    return wire_put_text(out, reason);
}

enum status import_refusal_read(struct bytes from, struct bytes *reason)
{
    struct wire_reader r = wire_reader(from);
    if (wire_get_u8(&r) != REFUSAL_VERSION) return ST_DAMAGED;
    *reason = wire_get_bytes(&r);
    return r.ok ? ST_OK : ST_DAMAGED;
}
