/* What the marketplace has, kept between operations, and writes and readings of all of it. */
#include "drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_MS 60000 /* before asking again, by the marketplace's clock */
#define BATCH_MAX     1000u /* items of one reading */

static const char *keep_text(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void *keep_bytes(const void *data, size_t size)
{
    void *copy = malloc(size + 1);
    if (!copy) abort();
    if (size) memcpy(copy, data, size);
    return copy;
}

void drive_keep_warehouses(struct drive *drive)
{
    for (size_t i = 0; i < drive->host->warehouses.count; i++) {
        const struct stockd_warehouse *row = &drive->host->warehouses.at[i];
        if (row->gone || drive->warehouse_count == DRIVE_NAMES) continue;
        drive->warehouses[drive->warehouse_count++] =
            (struct stockd_warehouse_ref){.id = keep_text(row->id),
                                          .kind = keep_text(row->kind),
                                          .writable = row->writable && !row->marketplace};
    }
}

void drive_keep_listings(struct drive *drive)
{
    for (size_t i = 0; i < drive->host->listings.count; i++) {
        const struct stockd_listing *row = &drive->host->listings.at[i];
        uint32_t at = 0;
        while (at < drive->listing_count && strcmp(drive->listings[at].id, row->id) != 0)
            at++;
        if (at == DRIVE_ROWS) return;
        struct stockd_listing kept = *row;
        struct stockd_key *keys = calloc(row->key_count + 1, sizeof(*keys));
        if (!keys) abort();
        for (uint32_t k = 0; k < row->key_count; k++)
            keys[k] =
                (struct stockd_key){keep_text(row->keys[k].kind), keep_text(row->keys[k].value)};
        kept.id = keep_text(row->id);
        kept.keys = keys;
        kept.group = keep_text(row->group);
        if (row->data)
            kept.data = keep_bytes(row->data, row->data_size);
        else if (at < drive->listing_count) {
            kept.data = drive->listings[at].data;
            kept.data_size = drive->listings[at].data_size;
        }
        drive->listings[at] = kept;
        if (at == drive->listing_count) drive->listing_count++;
    }
}

static struct drive_target *target_of(struct drive *drive, const char *listing,
                                      const char *warehouse)
{
    for (uint32_t i = 0; i < drive->target_count; i++)
        if (strcmp(drive->listings[drive->targets[i].listing].id, listing) == 0 &&
            strcmp(drive->targets[i].warehouse, warehouse) == 0)
            return &drive->targets[i];
    return NULL;
}

void drive_keep_stock(struct drive *drive)
{
    for (size_t i = 0; i < drive->host->stocks.count; i++) {
        const struct stockd_stock *row = &drive->host->stocks.at[i];
        struct drive_target *target =
            row->warehouse_id ? target_of(drive, row->listing_id, row->warehouse_id) : NULL;
        if (target && row->kind == STOCKD_STOCK_NUMBER) target->base = row->quantity;
        if (target && row->kind == STOCKD_STOCK_ABSENT) target->base = 0;
    }
}

void drive_make_targets(struct drive *drive)
{
    for (uint32_t w = 0; w < drive->warehouse_count; w++)
        for (uint32_t l = 0; l < drive->listing_count; l++)
            if (drive->warehouses[w].writable &&
                drive->listings[l].state == STOCKD_LISTING_ACTIVE &&
                drive->target_count < DRIVE_ROWS)
                drive->targets[drive->target_count++] = (struct drive_target){
                    .listing = l, .warehouse = drive->warehouses[w].id, .base = -1};
}

/* ---- items */

struct batch {
    struct stockd_start start;
    struct stockd_item items[BATCH_MAX];
    struct drive_target *targets[BATCH_MAX];
};

static struct stockd_item item_of(const struct drive *drive, const struct drive_target *target)
{
    const struct stockd_listing *listing = &drive->listings[target->listing];
    return (struct stockd_item){
        .listing_id = listing->id,
        .group = listing->group,
        .warehouse_id = target->warehouse,
        .keys = listing->keys,
        .key_count = listing->key_count,
        .listing_state = listing->state,
        .listing_data = listing->data,
        .listing_data_size = (uint32_t)listing->data_size,
        .target_data = target->target_data.data,
        .target_data_size = (uint32_t)target->target_data.size,
        .note = target->note.data,
        .note_size = (uint32_t)target->note.size,
        .wanted = target->wanted,
        .base = target->base,
        .revision = 1,
    };
}

static void batch_begin(struct drive *drive, struct batch *batch, enum stockd_operation operation)
{
    memset(batch, 0, sizeof(*batch));
    batch->start = (struct stockd_start){.size = sizeof(struct stockd_start),
                                         .operation = operation,
                                         .items = batch->items,
                                         .warehouses = drive->warehouses,
                                         .warehouse_count = drive->warehouse_count};
}

static void batch_add(struct drive *drive, struct batch *batch, struct drive_target *target)
{
    batch->targets[batch->start.item_count] = target;
    batch->items[batch->start.item_count++] = item_of(drive, target);
}

/* What the plugin wants to find again with its items. */
static void batch_keep(struct drive *drive, struct batch *batch)
{
    struct check *host = drive->host;
    for (size_t i = 0; i < host->target_data.count; i++) {
        const struct check_bytes *row = &host->target_data.at[i];
        batch->targets[row->item]->target_data = *row;
        batch->targets[row->item]->target_data.data = keep_bytes(row->data, row->size);
    }
    for (size_t i = 0; i < host->notes.count; i++) {
        const struct check_bytes *row = &host->notes.at[i];
        batch->targets[row->item]->note = *row;
        batch->targets[row->item]->note.data = keep_bytes(row->data, row->size);
    }
    for (size_t i = 0; i < host->listing_data.count; i++) {
        const struct check_bytes *row = &host->listing_data.at[i];
        struct stockd_listing *listing = &drive->listings[batch->targets[row->item]->listing];
        listing->data = keep_bytes(row->data, row->size);
        listing->data_size = row->size;
    }
    for (uint32_t i = 0; i < batch->start.item_count && i < host->outcomes.count; i++)
        batch->targets[i]->open = host->outcomes.at[i].last.kind == STOCKD_ACCEPTED;
    drive_keep_stock(drive);
}

/* ---- reading */

static void read_items(struct drive *drive, const char *warehouse)
{
    struct batch *batch = malloc(sizeof(*batch));
    if (!batch) abort();
    batch_begin(drive, batch, STOCKD_FETCH_STOCK);
    for (uint32_t i = 0; i < drive->target_count && batch->start.item_count < BATCH_MAX; i++)
        if (!warehouse || strcmp(drive->targets[i].warehouse, warehouse) == 0)
            batch_add(drive, batch, &drive->targets[i]);
    batch->start.warehouse_id = warehouse;
    if (batch->start.item_count && drive_run(drive, &batch->start, "fetch_stock (items)"))
        batch_keep(drive, batch);
    free(batch);
}

void drive_read(struct drive *drive)
{
    bool by_warehouse = drive->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE;
    bool needs_ids = drive->plugin->flags & STOCKD_STOCK_NEEDS_IDS;
    for (uint32_t w = 0; w < (by_warehouse ? drive->warehouse_count : 1); w++) {
        const char *warehouse = by_warehouse ? drive->warehouses[w].id : NULL;
        struct stockd_start start = {.size = sizeof(start),
                                     .operation = STOCKD_FETCH_STOCK,
                                     .warehouse_id = warehouse,
                                     .warehouses = drive->warehouses,
                                     .warehouse_count = drive->warehouse_count};
        if (!needs_ids && drive_run(drive, &start, "fetch_stock")) drive_keep_stock(drive);
        read_items(drive, warehouse);
    }
}

/* ---- writing */

static uint32_t route_of(const struct drive *drive, const struct drive_target *target)
{
    struct stockd_item item = item_of(drive, target);
    uint32_t routes[STOCKD_ROUTES_MAX] = {0};
    if (!drive->plugin->item_routes) return 0;
    return drive->plugin->item_routes(&item, routes, STOCKD_ROUTES_MAX) ? routes[0] : UINT32_MAX;
}

static bool fits(const struct drive *drive, const struct batch *batch,
                 const struct stockd_route *route, const struct drive_target *target)
{
    if (!batch->start.item_count) return true;
    const struct stockd_item *first = &batch->items[0];
    struct stockd_item item = item_of(drive, target);
    if (batch->start.item_count >= route->max_items || batch->start.item_count >= BATCH_MAX)
        return false;
    switch (route->group) {
    case STOCKD_GROUP_WAREHOUSE: return strcmp(first->warehouse_id, item.warehouse_id) == 0;
    case STOCKD_GROUP_LISTING:
        return first->group && item.group && strcmp(first->group, item.group) == 0;
    case STOCKD_GROUP_VALUE: return first->wanted == item.wanted;
    default: return true;
    }
}

/* The first batch of a route among the targets not yet written. */
static bool write_batch(struct drive *drive, bool *written, uint32_t route)
{
    struct batch *batch = malloc(sizeof(*batch));
    if (!batch) abort();
    batch_begin(drive, batch, STOCKD_PUSH_STOCK);
    batch->start.route = route;
    const struct stockd_route *rules = &drive->plugin->routes[route];
    for (uint32_t i = 0; i < drive->target_count; i++) {
        struct drive_target *target = &drive->targets[i];
        if (written[i] || route_of(drive, target) != route || !fits(drive, batch, rules, target))
            continue;
        if (rules->kind != STOCKD_WRITE_ABSOLUTE && target->base == target->wanted) continue;
        written[i] = true;
        target->route = route;
        batch_add(drive, batch, target);
    }
    bool any = batch->start.item_count > 0;
    char title[64];
    snprintf(title, sizeof(title), "push_stock (%s)", rules->name);
    if (any && drive_run(drive, &batch->start, title)) batch_keep(drive, batch);
    free(batch);
    return any;
}

void drive_write(struct drive *drive, int64_t first)
{
    bool *written = calloc(drive->target_count + 1, sizeof(*written));
    if (!written) abort();
    for (uint32_t i = 0; i < drive->target_count; i++)
        drive->targets[i].wanted = i % 3 == 0 ? 0 : i % 3 == 1 ? first : first + i;
    for (uint32_t route = 0; route < drive->plugin->route_count; route++)
        while (write_batch(drive, written, route)) {
        }
    free(written);
}

void drive_confirm(struct drive *drive, unsigned rounds)
{
    if (!drive->plugin->operations[STOCKD_CONFIRM_STOCK]) return;
    struct batch *batch = malloc(sizeof(*batch));
    if (!batch) abort();
    for (unsigned round = 0; round < rounds; round++)
        for (uint32_t route = 0; route < drive->plugin->route_count; route++) {
            batch_begin(drive, batch, STOCKD_CONFIRM_STOCK);
            batch->start.route = route;
            for (uint32_t i = 0; i < drive->target_count && batch->start.item_count < BATCH_MAX;
                 i++)
                if (drive->targets[i].open && drive->targets[i].note.size &&
                    drive->targets[i].route == route)
                    batch_add(drive, batch, &drive->targets[i]);
            if (!batch->start.item_count) continue;
            if (drive_run(drive, &batch->start, "confirm_stock")) batch_keep(drive, batch);
            drive_wait(drive, LOOK_AGAIN_MS);
        }
    free(batch);
}
