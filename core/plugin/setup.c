/* What an operation begins with: deep copies of its start, tokens and durable state. */
#include "plugin/operation_private.h"

#include "base/mem.h"

#include <string.h>

static const char *text_copy(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, bytes_text(text)) : NULL;
}

static const void *data_copy(struct arena *arena, const void *data, size_t size)
{
    if (!data || size == 0) return NULL;
    return memcpy(arena_alloc(arena, size), data, size);
}

static const struct stockd_key *keys_copy(struct arena *arena, const struct stockd_key *keys,
                                          uint32_t count)
{
    if (count == 0) return NULL;
    struct stockd_key *copy = arena_alloc(arena, count * sizeof *copy);
    for (uint32_t i = 0; i < count; i++) {
        copy[i].kind = text_copy(arena, keys[i].kind);
        copy[i].value = text_copy(arena, keys[i].value);
    }
    return copy;
}

/* Neighbours often share a warehouse or a group, and then the caller's pointer. */
static const char *shared_copy(struct arena *arena, const char *text, const char *before,
                               const char *before_copy)
{
    return text && text == before ? before_copy : text_copy(arena, text);
}

static void items_copy(struct arena *arena, struct stockd_start *start)
{
    const struct stockd_item *from = start->items;
    if (start->item_count == 0) return;
    struct stockd_item *items = arena_alloc(arena, start->item_count * sizeof *items);
    for (uint32_t i = 0; i < start->item_count; i++) {
        const struct stockd_item *before = i ? &from[i - 1] : &from[0];
        struct stockd_item *item = &items[i];
        *item = from[i];
        item->listing_id = text_copy(arena, from[i].listing_id);
        item->group = shared_copy(arena, from[i].group, i ? before->group : NULL,
                                  i ? items[i - 1].group : NULL);
        item->warehouse_id =
            shared_copy(arena, from[i].warehouse_id, i ? before->warehouse_id : NULL,
                        i ? items[i - 1].warehouse_id : NULL);
        item->keys = keys_copy(arena, from[i].keys, from[i].key_count);
        item->listing_data = data_copy(arena, from[i].listing_data, from[i].listing_data_size);
        item->target_data = data_copy(arena, from[i].target_data, from[i].target_data_size);
        item->note = data_copy(arena, from[i].note, from[i].note_size);
    }
    start->items = items;
}

static void start_copy(struct plugin_operation *op, const struct stockd_start *from)
{
    struct arena *arena = &op->life;
    struct stockd_start *start = &op->start;
    *start = *from;
    start->size = sizeof *start;
    items_copy(arena, start);
    start->warehouse_id = text_copy(arena, from->warehouse_id);
    if (from->warehouse_count) {
        struct stockd_warehouse_ref *refs =
            arena_alloc(arena, from->warehouse_count * sizeof *refs);
        for (uint32_t i = 0; i < from->warehouse_count; i++) {
            refs[i] = from->warehouses[i];
            refs[i].id = text_copy(arena, from->warehouses[i].id);
            refs[i].kind = text_copy(arena, from->warehouses[i].kind);
        }
        start->warehouses = refs;
    }
    if (from->open_order_count) {
        const char **orders = arena_alloc(arena, from->open_order_count * sizeof *orders);
        for (uint32_t i = 0; i < from->open_order_count; i++)
            orders[i] = text_copy(arena, from->open_orders[i]);
        start->open_orders = orders;
    }
}

/* Our own caller's promises; broken ones are bugs of stockd. */
static enum status start_check(const struct stockd_plugin *declared,
                               const struct stockd_start *start, struct error *error)
{
    const char *name = plugin_operation_name((enum stockd_operation)start->operation);
    bool by_route =
        start->operation == STOCKD_PUSH_STOCK || start->operation == STOCKD_CONFIRM_STOCK;
    if (by_route && start->route >= declared->route_count)
        return error_set(error, ST_BUG, "%s of plugin %s: there is no route %u", name, declared->id,
                         start->route);
    if (start->operation == STOCKD_PUSH_STOCK &&
        (start->item_count == 0 || start->item_count > declared->routes[start->route].max_items))
        return error_set(error, ST_BUG, "%s of plugin %s: %u items on route '%s', which takes %u",
                         name, declared->id, start->item_count, declared->routes[start->route].name,
                         declared->routes[start->route].max_items);
    for (uint32_t i = 0; i < start->item_count; i++)
        if (!start->items[i].listing_id)
            return error_set(error, ST_BUG, "%s of plugin %s: item %u has no listing id", name,
                             declared->id, i);
    return ST_OK;
}

/* ---------------------------------------------------------------------------------------------- */

struct state_slot *operation_state(struct plugin_operation *op, const char *name)
{
    struct state_slot *slots = op->states.items;
    for (size_t i = 0; i < op->states.count; i++)
        if (strcmp(slots[i].name, name) == 0) return &slots[i];
    return NULL;
}

bool operation_state_put(struct plugin_operation *op, const char *name, const void *data,
                         size_t size)
{
    struct state_slot *slot = operation_state(op, name);
    if (!slot) {
        struct list *list = &op->states;
        if (list->count == STATES_MAX) return false;
        if (list->count == list->room) {
            list->room = list->room ? list->room * 2 : 8;
            list->items = mem_resize(list->items, list->room * sizeof *slot);
        }
        slot = (struct state_slot *)list->items + list->count++;
        *slot = (struct state_slot){.name = text_copy(&op->life, name)};
    }
    if (size > slot->room) {
        slot->room = size > 2 * slot->room ? size : 2 * slot->room;
        slot->data = arena_alloc(&op->life, slot->room);
    }
    if (size) memcpy(slot->data, data, size);
    slot->size = size;
    return true;
}

enum status operation_setup(struct plugin_operation *op, const struct plugin_setup *setup,
                            struct error *error)
{
    enum status status = start_check(op->declared, setup->start, error);
    if (status) return status;
    memcpy(op->id, setup->id, sizeof op->id);
    start_copy(op, setup->start);
    if (op->start.item_count)
        op->outcome_at = mem_array(op->start.item_count, sizeof *op->outcome_at);
    for (size_t i = 0; i < setup->state_count; i++)
        operation_state_put(op, setup->states[i].name, setup->states[i].data.data,
                            setup->states[i].data.size);
    if (setup->token_count) {
        op->tokens = arena_alloc(&op->life, setup->token_count * sizeof *op->tokens);
        for (size_t i = 0; i < setup->token_count; i++) {
            op->tokens[i].name = text_copy(&op->life, setup->tokens[i].name);
            op->tokens[i].text = text_copy(&op->life, setup->tokens[i].text);
        }
        op->token_count = setup->token_count;
    }
    return ST_OK;
}
