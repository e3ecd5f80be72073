/* What is stored about imports, as bytes. Who stores it is import_job.c. */
#include "base/wire.h"
#include "intake/import.h"

enum { JOB_VERSION = 1, REFUSAL_VERSION = 1 };

const char *import_state_name(enum import_state state)
{
    static const char *const names[] = {"",       "running",   "done", "partial",
                                        "failed", "cancelled", "held"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
}

static bool shop_write(struct buf *out, const struct import_job_shop *shop)
{
    const struct import_shop_counts *c = &shop->counts;
    const uint64_t counts[] = {c->listed,    c->matched, c->unmatched, c->conflicting,
                               c->refused,   c->changed, c->unchanged, c->absent,
                               c->creatable, c->zeroed,  c->stocked,   c->positive};
    wire_put_bytes(out, shop->account);
    wire_put_bytes(out, shop->remote);
    wire_put_u8(out, (uint8_t)(shop->add | shop->absent_zero << 1 | shop->external << 2 | 1 << 3 |
                               shop->shown.known << 4));
    wire_put_u64(out, shop->shown.account);
    wire_put_u64(out, shop->shown.remote);
    wire_put_i64(out, shop->shown.read_ms);
    wire_put_u64(out, shop->shown.basis);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        wire_put_u64(out, counts[i]);
    bool fits = true;
    for (uint32_t i = 0; i < SHOP_STAGES; i++) {
        wire_put_i64(out, shop->stages[i].done);
        wire_put_i64(out, shop->stages[i].started_ms);
        fits = wire_put_i64(out, shop->stages[i].ended_ms);
    }
    return fits;
}

static void shop_read(struct wire_reader *r, struct import_job_shop *shop)
{
    struct import_shop_counts *c = &shop->counts;
    uint64_t *const counts[] = {&c->listed,    &c->matched, &c->unmatched, &c->conflicting,
                                &c->refused,   &c->changed, &c->unchanged, &c->absent,
                                &c->creatable, &c->zeroed,  &c->stocked,   &c->positive};
    shop->account = wire_get_bytes(r);
    shop->remote = wire_get_bytes(r);
    uint8_t flags = wire_get_u8(r);
    shop->add = flags & 1;
    shop->absent_zero = (flags & 2) != 0;
    shop->external = (flags & 4) != 0;
    shop->shown.account = wire_get_u32(r);
    if (flags & 8) shop->shown.remote = wire_get_u32(r); /* rows of before have none */
    shop->shown.known = (flags & 16) != 0;
    shop->shown.add = shop->add;
    shop->shown.read_ms = wire_get_i64(r);
    shop->shown.basis = wire_get_u64(r);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *counts[i] = wire_get_u64(r);
    for (uint32_t i = 0; i < SHOP_STAGES; i++) {
        shop->stages[i].done = wire_get_i64(r);
        shop->stages[i].started_ms = wire_get_i64(r);
        shop->stages[i].ended_ms = wire_get_i64(r);
    }
}

const char *import_shop_stage_name(uint32_t stage)
{
    static const char *const names[SHOP_STAGES] = {"orders", "listings", "stock", "figures",
                                                   "apply"};
    return stage < SHOP_STAGES ? names[stage] : "";
}

const char *import_bucket_name(enum import_bucket bucket)
{
    static const char *const names[IMPORT_BUCKETS] = {
        "", "changed", "unchanged", "unmatched", "conflicting", "refused", "absent"};
    return (unsigned)bucket < IMPORT_BUCKETS ? names[bucket] : "";
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
    wire_put_u64(out, job->plan);
    wire_put_u8(out, (uint8_t)job->encoding);
    wire_put_bytes(out, job->found);
    bool fits = wire_put_u64(out, counts->left);
    bool named = false;
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        named = named || job->columns[i].size;
    if (job->shop.account.size || named) fits = shop_write(out, &job->shop);
    for (size_t i = 0; named && i < STOCK_COLUMNS; i++)
        fits = wire_put_bytes(out, job->columns[i]);
    return fits;
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
    job->found = bytes_of("", 0);
    counts->done = counts->changed + counts->unchanged + counts->refused;
    if (wire_at_end(&r)) return r.ok ? ST_OK : ST_DAMAGED;
    job->plan = wire_get_u64(&r);
    job->encoding = (enum text_encoding)wire_get_u8(&r);
    job->found = wire_get_bytes(&r);
    counts->left = wire_get_u64(&r);
    counts->done += counts->left;
    if (!wire_at_end(&r)) shop_read(&r, &job->shop);
    for (size_t i = 0; i < STOCK_COLUMNS && !wire_at_end(&r); i++)
        job->columns[i] = wire_get_bytes(&r);
    return r.ok ? ST_OK : ST_DAMAGED;
}

bool import_refusal_write(struct buf *out, uint32_t column, const char *reason)
{
    wire_put_u8(out, REFUSAL_VERSION);
    bool fits = wire_put_text(out, reason);
    return column ? wire_put_u64(out, column) : fits;
}

enum status import_refusal_read(struct bytes from, uint32_t *column, struct bytes *reason)
{
    struct wire_reader r = wire_reader(from);
    if (wire_get_u8(&r) != REFUSAL_VERSION) return ST_DAMAGED;
    *reason = wire_get_bytes(&r);
    *column = wire_at_end(&r) ? 0 : wire_get_u32(&r); /* rows of before have none */
    return r.ok ? ST_OK : ST_DAMAGED;
}
