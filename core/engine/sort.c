/* Sorting dirty targets among the routes that the plugin names for them. */
#include "engine/selecting.h"

enum { SORT_MAX = 5000 }; /* targets of one selection: bounds its time */

static uint32_t choices(const struct selecting *s, const struct engine_item *item,
                        uint32_t routes[ENGINE_ROUTES_MAX])
{
    uint32_t count = s->rules->item_routes(s->rules->ctx, item, routes, ENGINE_ROUTES_MAX),
             kept = 0;
    for (uint32_t i = 0; i < count && i < ENGINE_ROUTES_MAX; i++)
        if (routes[i] < s->rules->route_count) routes[kept++] = routes[i];
    return kept;
}

bool select_takes_route(struct selecting *s, const struct target *t, const struct engine_item *item)
{
    uint32_t routes[ENGINE_ROUTES_MAX];
    uint32_t choice = t->record.choice;
    if (!routes_chosen(s->rules)) return s->ask->route == 0;
    uint32_t count = choices(s, item, routes);
    return choice && choice <= count && routes[choice - 1] == s->ask->route &&
           (!s->route->max_quantity || item->wanted <= s->route->max_quantity);
}

/* The largest figure that any of them takes; 0: there is no limit. */
static int64_t largest(const struct selecting *s, const uint32_t *routes, uint32_t count)
{
    int64_t most = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t of_route = s->rules->routes[routes[i]].max_quantity;
        if (of_route == 0) return 0;
        if (of_route > most) most = of_route;
    }
    return most;
}

static void place(struct selecting *s, struct target *t, const struct listing_view *listing,
                  uint32_t route, uint32_t choice)
{
    /* The listing is the store's: it is gone with the first write. */
    uint64_t group = route_group(s->rules, route, &t->id, listing->group, t->record.wanted_value);
    target_dequeue(&s->a, t);
    t->record.group = group;
    t->record.choice = (uint8_t)choice;
    target_settle(&s->a, t);
    if (t->record.flags & TARGET_QUEUED)
        select_tell_route(s, route, t->record.queued_priority); /* if only for when it is due */
}

/* The plugin names no way: shown as held, and asked again when its figure or listing changes. */
static void hold(struct selecting *s, struct target *t)
{
    t->record.hold |= HOLD_ROUTE;
    target_settle(&s->a, t);
    s->batch->settled++;
}

enum status select_sort_one(struct selecting *s, struct target *t,
                            const struct listing_view *listing, uint32_t from, bool *placed)
{
    uint32_t routes[ENGINE_ROUTES_MAX], count = 0;
    struct listing_view now = *listing;
    *placed = false;
    for (int round = 0; round < 2; round++) { /* again when a limit of the routes cut the figure */
        struct engine_item *item;
        enum status status = item_fill(&s->a, t, &now, s->batch, &item);
        if (status != ST_OK) return status;
        count = choices(s, item, routes);
        item_drop_last(s->batch);
        int64_t most = largest(s, routes, count);
        if (most == t->record.most) break;
        t->record.most = most;
        status = target_recompute(&s->a, t, &now);
        if (status == ST_OK) status = target_listing(&s->a, &t->id, &now); /* it may have written */
        if (status != ST_OK) return status;
    }
    for (uint32_t i = from; i < count && !*placed; i++) {
        int64_t most = s->rules->routes[routes[i]].max_quantity;
        if (most && t->record.wanted_value > most) continue;
        place(s, t, &now, routes[i], i + 1);
        *placed = true;
    }
    if (!*placed && from == 0) hold(s, t);
    target_save(&s->a, t);
    return ST_OK;
}

static enum status sort_row(struct selecting *s, const struct target_id *id)
{
    struct target target;
    struct listing_view listing;
    bool placed;
    enum status status = target_load(s->a.txn, id, &target, s->a.error);
    if (status != ST_OK) return status;
    status = target_listing(&s->a, id, &listing);
    if (status == ST_NOT_FOUND) {
        target_retire(&s->a, &target);
        return ST_OK;
    }
    if (status == ST_OK) status = target_recompute(&s->a, &target, &listing);
    if (status != ST_OK) return status;
    target_settle(&s->a, &target);
    if (target.record.flags & TARGET_QUEUED && target.record.queued_due_ms <= s->ask->now_ms) {
        status = target_listing(&s->a, id, &listing); /* again: settling wrote */
        return status == ST_OK ? select_sort_one(s, &target, &listing, 0, &placed) : status;
    }
    if (target.record.flags & TARGET_QUEUED)
        select_tell_due(s, target.record.queued_due_ms, target.record.queued_priority);
    target_save(&s->a, &target);
    return ST_OK;
}

/* Due rows of the groups `first` to `last`. Each leaves its place, so the next is found there. */
static enum status sort_groups(struct selecting *s, uint64_t first, uint64_t last, uint32_t *left)
{
    struct outbox_place from = {.group = first};
    struct target_id least = {.account = s->ask->account};
    for (;;) {
        uint8_t at[OUTBOX_KEY_SIZE];
        struct bytes key, value;
        outbox_key_write(at, &from, &least);
        enum status status = store_seek(s->outbox, bytes_of(at, sizeof at), &key, &value);
        if (status == ST_NOT_FOUND) return ST_OK;
        if (status != ST_OK) return status;
        if (key.size != OUTBOX_KEY_SIZE || bytes_get_u32(key.data) != s->ask->account) return ST_OK;
        struct outbox_place place = outbox_key_place(key.data);
        if (place.group > last) return ST_OK;
        if (place.due_ms > s->ask->now_ms) { /* nothing more of this priority is due */
            select_tell_due(s, place.due_ms, place.priority);
            from = (struct outbox_place){.group = place.group, .priority = place.priority};
            if (from.priority++ == UINT8_MAX) return ST_OK;
            continue;
        }
        if (*left == 0) {
            s->batch->more = true;
            return ST_OK;
        }
        (*left)--;
        struct target_id id = target_key_read((const uint8_t *)key.data + 21);
        status = sort_row(s, &id);
        if (status != ST_OK) return status;
        from = place;
    }
}

enum status select_sort(struct selecting *s)
{
    uint32_t left = SORT_MAX;
    if (!routes_chosen(s->rules)) return ST_OK;
    /* Groups that name no route: not sorted yet, or made when the plugin had other routes. */
    enum status status = sort_groups(s, ROUTE_UNSORTED, route_first_group(0) - 1, &left);
    if (status != ST_OK) return status;
    return sort_groups(s, route_first_group(s->rules->route_count), UINT64_MAX, &left);
}
