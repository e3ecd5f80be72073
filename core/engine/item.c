/* Items of a batch. */
#include "engine/item.h"

#include "base/mem.h"

enum { BATCH_FIRST_ROOM = 8 }; /* most are of one item; a full one doubles a few times */

void engine_batch_init(struct engine_batch *batch)
{
    *batch = (struct engine_batch){.next_due_ms = INT64_MAX, .next_decrease_ms = INT64_MAX};
}

void engine_batch_free(struct engine_batch *batch)
{
    mem_free(batch->items);
    arena_free(&batch->memory);
    engine_batch_init(batch);
}

void batch_reset(struct engine_batch *batch)
{
    batch->count = batch->other_routes = batch->other_decreases = batch->settled = 0;
    batch->more = batch->decreases = batch->reading = batch->barred = false;
    batch->last_listing = 0;
    batch->next_due_ms = batch->next_decrease_ms = INT64_MAX;
    arena_reset(&batch->memory);
}

static struct engine_item *append(struct engine_batch *batch)
{
    if (batch->count == batch->room) {
        batch->room = batch->room ? batch->room * 2 : BATCH_FIRST_ROOM;
        batch->items = mem_resize(batch->items, batch->room * sizeof *batch->items);
    }
    return &batch->items[batch->count++];
}

void item_drop_last(struct engine_batch *batch)
{
    batch->count--;
}

static struct bytes keep(struct engine_batch *batch, struct bytes bytes)
{
    if (bytes.size == 0) return bytes_of("", 0);
    return bytes_of(arena_text(&batch->memory, bytes), bytes.size);
}

static void copy_keys(struct engine_batch *batch, const struct listing_view *listing,
                      struct engine_item *item)
{
    struct engine_key *keys = arena_alloc(&batch->memory, sizeof *keys * (listing->key_count + 1));
    for (uint32_t i = 0; i < listing->key_count; i++) {
        keys[i].kind = arena_text(&batch->memory, listing->keys[i].kind);
        keys[i].value = arena_text(&batch->memory, listing->keys[i].value);
    }
    item->keys = keys;
    item->key_count = listing->key_count;
}

enum status item_fill(struct applying *a, const struct target *t,
                      const struct listing_view *listing, struct engine_batch *batch,
                      struct engine_item **out)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_remote *remote = directory_remote(d, t->id.account, t->id.remote);
    const struct engine_rules *rules = engine_rules(a->engine, t->id.account);
    struct engine_item *item = append(batch);
    *item = (struct engine_item){.target = t->id, .listing_state = listing->state};
    item->listing_id = arena_text(&batch->memory, listing->id);
    item->group = arena_text(&batch->memory, listing->group);
    item->remote_id = arena_text(&batch->memory, bytes_text(remote ? remote->id : ""));
    copy_keys(batch, listing, item);
    if (listing->data_version == rules->data_version)
        item->listing_data = keep(batch, listing->data);
    if (t->record.data_version == rules->data_version) {
        item->target_data = keep(batch, target_data(t));
        item->note = keep(batch, target_note(t));
    }
    item->wanted = t->record.wanted_value;
    item->revision = t->record.wanted_revision;
    item->sent_ms = t->record.sent_ms;
    item->base = t->record.flags & TARGET_ACKED      ? t->record.acked_value
                 : t->record.flags & TARGET_OBSERVED ? t->record.observed_value
                                                     : -1;
    *out = item;
    return ST_OK;
}
