/* Commands as they are sent: quantity and publication (PUT, one change for up to 1000 offers) and
 * the beta bulk (POST, 25 changes). What becomes of them is in allegro_run.c. */
#include "marketsim/allegro/allegro_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const change_types[] = {"FIXED", "GAIN", NULL};
static const char *const criteria_types[] = {"CONTAINS_OFFERS", NULL};
static const char *const actions[] = {"ACTIVATE", "END", NULL};
static const struct market_shape change_fields[] = {
    {.name = "changeType", .kind = SHAPE_ENUM, .required = true, .values = change_types},
    {.name = "value", .kind = SHAPE_INT, .required = true, .min = INT32_MIN, .max = INT32_MAX},
    {0}};
static const struct market_shape offer_fields[] = {
    {.name = "id", .kind = SHAPE_STRING, .required = true}, {0}};
static const struct market_shape criteria_fields[] = {
    {.name = "offers",
     .kind = SHAPE_OBJECTS,
     .required = true,
     .min = 1,
     .max = ALLEGRO_COMMAND_OFFERS,
     .fields = offer_fields},
    {.name = "type", .kind = SHAPE_ENUM, .required = true, .values = criteria_types},
    {0}};
const struct market_shape allegro_quantity_fields[] = {
    {.name = "modification", .kind = SHAPE_OBJECT, .required = true, .fields = change_fields},
    {.name = "offerCriteria",
     .kind = SHAPE_OBJECTS,
     .required = true,
     .min = 1,
     .max = 1,
     .fields = criteria_fields},
    {0}};
static const struct market_shape action_fields[] = {
    {.name = "action", .kind = SHAPE_ENUM, .required = true, .values = actions},
    {.name = "scheduledFor", .kind = SHAPE_TIME},
    {0}};
const struct market_shape allegro_publication_fields[] = {
    {.name = "publication", .kind = SHAPE_OBJECT, .required = true, .fields = action_fields},
    {.name = "offerCriteria",
     .kind = SHAPE_OBJECTS,
     .required = true,
     .min = 1,
     .max = 1,
     .fields = criteria_fields},
    {0}};
static const struct market_shape bulk_fields[] = {
    {.name = "offerId", .kind = SHAPE_STRING, .required = true},
    {.name = "stock", .kind = SHAPE_OBJECT, .required = true, .fields = change_fields},
    {0}};
const struct market_shape allegro_bulk_fields[] = {
    {.name = "commandId", .kind = SHAPE_STRING, .required = true},
    {.name = "modifications",
     .kind = SHAPE_OBJECTS,
     .required = true,
     .min = 1,
     .max = ALLEGRO_BULK_ITEMS,
     .fields = bulk_fields},
    {0}};

void allegro_commands_free(struct allegro_seller *seller)
{
    for (size_t i = 0; i < seller->command_count; i++) {
        free(seller->commands[i]->tasks);
        free(seller->commands[i]);
    }
    free(seller->commands);
    market_map_free(&seller->by_command);
}

static uint64_t hash_body(const struct market_request *request)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < request->body_len; i++)
        hash = (hash ^ (unsigned char)request->body[i]) * 0x100000001b3u;
    return hash;
}

/* The id is a fresh UUID. One used before is 409; with another body it was given out twice. */
static bool check_id(struct allegro_call *call, const char *id)
{
    if (!allegro_uuid_valid(id)) {
        allegro_violation(call, "shape", "%s: the command id is no UUID: %.60s", call->route->path,
                          id);
        allegro_error(call, 400, "IllegalArgumentException", "Invalid UUID", "commandId");
        return false;
    }
    size_t index = market_map_get_text(&call->seller->by_command, id);
    if (index == MARKET_MAP_NONE) return true;
    struct allegro_command *command = call->seller->commands[index];
    bool same = command->body_hash == hash_body(call->request);
    if (same && call->now_ms < command->hidden_until_ms) {
        /* the first sending is still on its way: this one is there before it */
        command->hidden_until_ms = call->now_ms;
        command->registered_ms = call->now_ms + call->allegro->settings.register_ms;
        allegro_command_report(call, command, true);
        call->answer->status = 201;
        return false;
    }
    if (!same) allegro_violation(call, "command_reuse", "%s was used for another body", id);
    allegro_error(call, 409, "CommandAlreadyExistsException", "Command id was already used",
                  "commandId");
    return false;
}

static bool check_value(struct allegro_call *call, const json_t *change)
{
    bool fixed = strcmp(allegro_body_text(change, "changeType"), "FIXED") == 0;
    if (!fixed || allegro_body_int(change, "value", 0) > 0) return true;
    allegro_violation(call, "zero_quantity", "%s takes no FIXED value below 1", call->route->path);
    allegro_error(call, 422, "INCORRECT_QUANTITY_VALUE", "Quantity must be greater than 0",
                  "modification.value");
    return false;
}

static void journal(struct allegro_call *call, const struct allegro_task *task, const char *way)
{
    const struct allegro_offer *offer =
        task->index == MARKET_MAP_NONE ? NULL : &call->seller->offers[task->index];
    struct allegro_write write = {.request = call->seq,
                                  .now_ms = call->now_ms,
                                  .received_ns = call->request->received_ns,
                                  .stock = task->change == CHANGE_ACTIVATE ? -1 : task->value,
                                  .external = offer && offer->external ? offer->external : "",
                                  .way = way,
                                  .code = offer ? "" : "NOT_FOUND"};
    memcpy(write.offer, task->offer, sizeof(write.offer));
    allegro_write_add(call->allegro, &write);
}

/* A task for one offer, with the fault that this request has for it. */
static struct allegro_task make_task(struct allegro_call *call, const char *id,
                                     enum allegro_change change, int64_t value)
{
    struct allegro_offer *offer = allegro_offer_by_id(call->seller, id);
    struct allegro_task task = {.index = offer ? allegro_offer_index(call->seller, offer)
                                               : MARKET_MAP_NONE,
                                .change = change,
                                .value = value};
    snprintf(task.offer, sizeof(task.offer), "%.23s", id);
    const struct market_fault *fault = market_fault_item(call->effect, id, &call->allegro->random);
    if (!fault && offer && offer->external)
        fault = market_fault_item(call->effect, offer->external, &call->allegro->random);
    if (fault) snprintf(task.code, sizeof(task.code), "%s", fault->code ? fault->code : "ERROR");
    if (offer && offer->flags & ALLEGRO_FULFILLMENT && change <= CHANGE_GAIN)
        allegro_violation(call, "fulfillment", "%s is stocked by Allegro", offer->id);
    return task;
}

static bool take_one(int64_t *left)
{
    if (*left == 0) return false;
    if (*left > 0) --*left;
    return true;
}

static struct allegro_command *add_command(struct allegro_call *call, const char *id,
                                           enum allegro_command_kind kind, size_t tasks)
{
    struct allegro_seller *seller = call->seller;
    size_t index = seller->command_count;
    struct allegro_command *command = market_alloc(sizeof(*command));
    *command = (struct allegro_command){.kind = kind,
                                        .body_hash = hash_body(call->request),
                                        .request = call->seq,
                                        .created_ms = call->now_ms,
                                        .tasks = market_alloc(tasks * sizeof(*command->tasks))};
    snprintf(command->id, sizeof(command->id), "%s", id);
    seller->commands = market_realloc(seller->commands, (index + 1) * sizeof(*seller->commands));
    seller->commands[seller->command_count++] = command;
    market_map_put_text(&seller->by_command, command->id, index);
    return command;
}

/* Registered, and carried out by and by: 0 of 0 is what the answer says. */
static void launch(struct allegro_call *call, struct allegro_command *command, const char *way)
{
    struct allegro_settings *s = &call->allegro->settings;
    int64_t start = call->now_ms + (call->effect->late_ms > 0 ? call->effect->late_ms : 0);
    for (size_t i = 0; i < command->task_count; i++)
        journal(call, &command->tasks[i], way);
    command->no_effect = call->effect->no_effect;
    command->stuck = take_one(&s->stuck_commands);
    command->uncounted = !command->stuck && take_one(&s->uncounted);
    command->registered_ms = start + s->register_ms;
    command->hidden_until_ms = start;
    struct allegro_due due = {.due_ms = start + s->command_ms,
                              .kind = DUE_COMMAND,
                              .seller = call->seller,
                              .index = call->seller->command_count - 1};
    if (!command->stuck) allegro_due_add(call->allegro, &due);
    call->answer->items = command->task_count;
    allegro_command_report(call, command, true);
    call->answer->status = 201;
}

/* The offers of a criteria list, each once: it is a set. */
static size_t read_offers(struct allegro_call *call, const char **ids)
{
    const json_t *criteria = json_object_get(call->body, "offerCriteria");
    const json_t *offers = json_object_get(json_array_get(criteria, 0), "offers");
    struct market_map seen = {.slots = NULL};
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(offers); i++) {
        const char *id = allegro_body_text(json_array_get(offers, i), "id");
        if (market_map_get_text(&seen, id) != MARKET_MAP_NONE) continue;
        market_map_put_text(&seen, id, 0);
        ids[count++] = id;
    }
    market_map_free(&seen);
    return count;
}

static void put_command(struct allegro_call *call, enum allegro_command_kind kind,
                        enum allegro_change change, int64_t value, const char *way)
{
    const char *ids[ALLEGRO_COMMAND_OFFERS];
    size_t count = read_offers(call, ids);
    if (!check_id(call, call->ids[0]) || !allegro_quota_command(call, kind, count)) return;
    struct allegro_command *command = add_command(call, call->ids[0], kind, count);
    for (size_t i = 0; i < count; i++)
        command->tasks[command->task_count++] = make_task(call, ids[i], change, value);
    launch(call, command, way);
}

void allegro_quantity_put(struct allegro_call *call)
{
    const json_t *change = json_object_get(call->body, "modification");
    bool fixed = strcmp(allegro_body_text(change, "changeType"), "FIXED") == 0;
    if (check_value(call, change))
        put_command(call, COMMAND_QUANTITY, fixed ? CHANGE_FIXED : CHANGE_GAIN,
                    allegro_body_int(change, "value", 0), "quantity");
}

void allegro_publication_put(struct allegro_call *call)
{
    const json_t *publication = json_object_get(call->body, "publication");
    bool end = strcmp(allegro_body_text(publication, "action"), "END") == 0;
    put_command(call, COMMAND_PUBLICATION, end ? CHANGE_END : CHANGE_ACTIVATE, 0,
                end ? "end" : "activate");
}

/* Ids of another form, the same offer twice, a value of 0. */
static bool check_bulk(struct allegro_call *call, const json_t *rows)
{
    struct market_map seen = {.slots = NULL};
    bool fine = true;
    for (size_t i = 0; fine && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *id = allegro_body_text(row, "offerId");
        if (market_map_get_text(&seen, id) != MARKET_MAP_NONE) {
            allegro_violation(call, "shape", "two modifications of the stock of %.40s", id);
            allegro_error(call, 422, "ConstraintViolationException",
                          "Multiple modifications of the same type for the same offer",
                          "modifications");
            fine = false;
        }
        market_map_put_text(&seen, id, 0);
        fine = fine && check_value(call, json_object_get(row, "stock"));
    }
    market_map_free(&seen);
    return fine;
}

void allegro_bulk_post(struct allegro_call *call)
{
    const json_t *rows = json_object_get(call->body, "modifications");
    const char *id = allegro_body_text(call->body, "commandId");
    size_t count = json_array_size(rows);
    if (!check_bulk(call, rows) || !check_id(call, id) ||
        !allegro_quota_command(call, COMMAND_BULK, count))
        return;
    struct allegro_command *command = add_command(call, id, COMMAND_BULK, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i), *change = json_object_get(row, "stock");
        bool fixed = strcmp(allegro_body_text(change, "changeType"), "FIXED") == 0;
        command->tasks[command->task_count++] =
            make_task(call, allegro_body_text(row, "offerId"), fixed ? CHANGE_FIXED : CHANGE_GAIN,
                      allegro_body_int(change, "value", 0));
    }
    launch(call, command, "bulk");
}
