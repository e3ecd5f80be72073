/* Plans as rows, and their ids as text. */
#include "base/wire.h"
#include "engine/plan.h"

#include <stdio.h>
#include <stdlib.h>

enum { PLAN_VERSION = 1 };

const char *plan_kind_name(enum plan_kind kind)
{
    static const char *const names[] = {"", "command", "job", "outbox"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "";
}

bool plan_write(struct buf *out, const struct plan_view *plan)
{
    wire_put_u8(out, PLAN_VERSION);
    wire_put_u8(out, (uint8_t)plan->kind);
    wire_put_u64(out, plan->sequence);
    wire_put_i64(out, plan->created_ms);
    wire_put_bytes(out, plan->actor);
    wire_put_bytes(out, plan->reason);
    wire_put_bytes(out, plan->payload);
    wire_put_u64(out, plan->command);
    wire_put_u64(out, plan->job);
    wire_put_u64(out, plan->account);
    wire_put_u64(out, plan->total);
    wire_put_u64(out, plan->zeroed);
    wire_put_u64(out, plan->raised);
    return wire_put_i64(out, plan->pieces);
}

enum status plan_read(struct bytes from, struct plan_view *plan)
{
    struct wire_reader r = wire_reader(from);
    *plan = (struct plan_view){0};
    if (wire_get_u8(&r) != PLAN_VERSION) return ST_DAMAGED;
    plan->kind = (enum plan_kind)wire_get_u8(&r);
    plan->sequence = wire_get_u64(&r);
    plan->created_ms = wire_get_i64(&r);
    plan->actor = wire_get_bytes(&r);
    plan->reason = wire_get_bytes(&r);
    plan->payload = wire_get_bytes(&r);
    plan->command = wire_get_u32(&r);
    plan->job = wire_get_u64(&r);
    plan->account = wire_get_u32(&r);
    plan->total = wire_get_u64(&r);
    plan->zeroed = wire_get_u64(&r);
    plan->raised = wire_get_u64(&r);
    plan->pieces = wire_get_i64(&r);
    return r.ok ? ST_OK : ST_DAMAGED;
}

bool plan_row_read(struct bytes value, struct guard_row *row)
{
    if (value.size != TARGET_KEY_SIZE + 16) return false;
    const uint8_t *at = value.data;
    row->target = target_key_read(at);
    row->before = (int64_t)bytes_get_u64(at + TARGET_KEY_SIZE);
    row->after = (int64_t)bytes_get_u64(at + TARGET_KEY_SIZE + 8);
    return true;
}

void plan_id_text(uint64_t id, char text[PLAN_ID_TEXT])
{
    snprintf(text, PLAN_ID_TEXT, "p%012llx", (unsigned long long)id & 0xffffffffffffULL);
}

bool plan_id_parse(const char *text, uint64_t *id)
{
    if (text[0] != 'p' || strlen(text) != 13 || strspn(text + 1, "0123456789abcdef") != 12)
        return false;
    *id = strtoull(text + 1, NULL, 16);
    return true;
}
