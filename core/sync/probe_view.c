/* What a probe shows of itself. */
#include "sync/probe_private.h"

#include <string.h>

/* The seller's other account: at the same plugin, under the same identity. */
static const char *same_seller(const struct sync_probe *probe)
{
    const struct sync_account *mine = &probe->account;
    for (const struct sync_account *a = mine->sync->accounts; a && mine->identity; a = a->next)
        if (!a->removed && a->identity && strcmp(a->plugin->id, mine->plugin->id) == 0 &&
            strcmp(a->identity, mine->identity) == 0)
            return a->name;
    return NULL;
}

void sync_probe_view(const struct sync_probe *probe, struct sync_probe_view *view)
{
    uint32_t stage = probe->stage < PROBE_STAGES ? probe->stage : PROBE_STAGES - 1;
    *view = (struct sync_probe_view){.ended = probe->ended,
                                     .ok = probe->ok,
                                     .stage = sync_task_name(probe_stages[stage]),
                                     .number = probe->stage_number,
                                     .stages = probe->stage_count,
                                     .done = probe->done,
                                     .total = probe->total,
                                     .code = probe->code,
                                     .text = probe->text,
                                     .refused = probe->refused,
                                     .identity = probe->account.identity,
                                     .same = same_seller(probe),
                                     .key_expires_ms = probe->key_expires_ms,
                                     .listings_whole = probe->whole,
                                     .listings = probe->kept,
                                     .by_sku = probe->by_sku,
                                     .by_barcode = probe->by_barcode,
                                     .unmatched = probe->unmatched,
                                     .conflicts = probe->conflicts,
                                     .not_ours = probe->not_ours};
}

void sync_probe_warnings(const struct sync_probe *probe,
                         void (*each)(void *ctx, const char *code, const char *text), void *ctx)
{
    for (uint32_t i = 0; i < probe->warning_count; i++)
        each(ctx, probe->warnings[i].code, probe->warnings[i].text);
}

void sync_probe_denied(const struct sync_probe *probe,
                       void (*each)(void *ctx, const char *operation, const char *text), void *ctx)
{
    for (uint32_t i = 0; i < probe->denied_count; i++)
        each(ctx, probe->denied[i].code, probe->denied[i].text);
}

void sync_probe_warehouses(const struct sync_probe *probe,
                           void (*each)(void *ctx, const struct sync_probe_warehouse *warehouse),
                           void *ctx)
{
    for (uint32_t i = 0; i < probe->warehouse_count; i++)
        each(ctx, &probe->warehouses[i]);
}

void sync_probe_listings(const struct sync_probe *probe,
                         void (*each)(void *ctx, const struct sync_probe_listing *listing),
                         void *ctx)
{
    for (uint32_t i = 0; i < probe->kept; i++) {
        const struct found *f = &probe->found[i];
        if (f->ours && (f->shown.conflict || !f->product)) each(ctx, &f->shown);
    }
}
