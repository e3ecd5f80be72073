/* Commands after they were sent: carrying them out, their summary and their tasks. */
#include "marketsim/allegro/allegro_state.h"
#include "marketsim/market_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASKS_DEFAULT    100
#define TASKS_OFFSET_MAX 999

static void fail(struct allegro_task *task, const char *code)
{
    task->status = TASK_FAIL;
    snprintf(task->code, sizeof(task->code), "%s", code);
}

/* Another publication of the same offer is not done yet. */
static bool in_progress(const struct allegro_seller *seller, size_t self, size_t offer)
{
    for (size_t i = 0; i < self; i++) {
        const struct allegro_command *command = seller->commands[i];
        if (command->kind != COMMAND_PUBLICATION || command->completed_ms) continue;
        for (size_t j = 0; j < command->task_count; j++)
            if (command->tasks[j].index == offer && command->tasks[j].status == TASK_NEW)
                return true;
    }
    return false;
}

static void publish(struct allegro *allegro, struct allegro_seller *seller, size_t self,
                    struct allegro_task *task, int64_t now_ms)
{
    if (allegro->settings.in_progress_limit && in_progress(seller, self, task->index))
        fail(task, "InProgressTaskLimitReachedException");
    else if (task->change == CHANGE_END)
        allegro_offer_end(allegro, seller, task->index, ENDED_USER, now_ms);
    else if (!allegro_offer_activate(allegro, seller, task->index, now_ms))
        fail(task, "OfferActivationException");
}

/* GAIN below zero is refused: what Allegro does is not known. */
static void change_stock(struct allegro *allegro, struct allegro_seller *seller,
                         struct allegro_task *task, int64_t now_ms)
{
    const struct allegro_offer *offer = &seller->offers[task->index];
    int64_t stock = task->value + (task->change == CHANGE_GAIN ? offer->available : 0);
    if (offer->flags & ALLEGRO_FULFILLMENT || stock < 0)
        fail(task, "ERR_INVALID_QUANTITY");
    else
        allegro_offer_set(allegro, seller, task->index, stock, now_ms);
}

static void run_task(struct allegro *allegro, struct allegro_seller *seller, size_t self,
                     struct allegro_task *task, int64_t now_ms)
{
    if (task->status != TASK_NEW) return;
    task->status = TASK_SUCCESS;
    if (task->code[0])
        task->status = TASK_FAIL;
    else if (task->index == MARKET_MAP_NONE)
        fail(task, "OFFER_NOT_FOUND");
    else if (seller->commands[self]->no_effect)
        return;
    else if (task->change == CHANGE_END || task->change == CHANGE_ACTIVATE)
        publish(allegro, seller, self, task, now_ms);
    else
        change_stock(allegro, seller, task, now_ms);
}

void allegro_command_run(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                         int64_t now_ms)
{
    struct allegro_command *command = seller->commands[index];
    if (command->completed_ms) return;
    for (size_t i = 0; i < command->task_count; i++)
        run_task(allegro, seller, index, &command->tasks[i], now_ms);
    command->completed_ms = now_ms;
}

bool allegro_command_finish(struct allegro *allegro, struct allegro_seller *seller, const char *id,
                            bool success, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    size_t index = market_map_get_text(&seller->by_command, id);
    if (index == MARKET_MAP_NONE || seller->commands[index]->completed_ms) return false;
    struct allegro_command *command = seller->commands[index];
    for (size_t i = 0; !success && i < command->task_count; i++)
        fail(&command->tasks[i], "EXCEPTION_DURING_OFFER_QUANTITY_UPDATE");
    allegro_command_run(allegro, seller, index, now_ms);
    command->stuck = false;
    return true;
}

static void write_time(struct market_answer *answer, const char *name, int64_t ms, bool odd)
{
    char time[MARKET_TIME_SIZE];
    market_time_format(ms, time);
    if (odd) strcpy(time + 22, "Z"); /* .64Z */
    market_answer_printf(answer, ",\"%s\":\"%s\"", name, time);
}

void allegro_command_report(struct allegro_call *call, const struct allegro_command *command,
                            bool fresh)
{
    const struct allegro_settings *s = &call->allegro->settings;
    struct market_answer *answer = call->answer;
    size_t total = 0, counts[3] = {0, 0, 0};
    if (!fresh && call->now_ms >= command->registered_ms) total = command->task_count;
    for (size_t i = 0; i < total; i++)
        counts[command->tasks[i].status]++;
    if (command->uncounted && counts[TASK_SUCCESS]) counts[TASK_SUCCESS]--;
    bool done = command->completed_ms && !command->uncounted && !s->completed_null;
    market_answer_printf(answer, "{\"id\":\"%s\"", command->id);
    write_time(answer, "createdAt", command->created_ms, false);
    if (done && !fresh)
        write_time(answer, "completedAt", command->completed_ms, false);
    else
        market_answer_text(answer, ",\"completedAt\":null"); /* the document has it nullable */
    market_answer_printf(answer, ",\"taskCount\":{\"total\":%zu,\"success\":%zu,\"failed\":%zu}}",
                         total, counts[TASK_SUCCESS], counts[TASK_FAIL]);
}

/* The command of that id and kind, its offers paid for, or NULL after having answered. */
static const struct allegro_command *find_command(struct allegro_call *call,
                                                  enum allegro_command_kind kind)
{
    size_t index = market_map_get_text(&call->seller->by_command, call->ids[0]);
    const struct allegro_command *command =
        index == MARKET_MAP_NONE ? NULL : call->seller->commands[index];
    if (!command || command->kind != kind || call->now_ms < command->hidden_until_ms) {
        allegro_error(call, 404, "CommandNotFoundException", "Command not found", NULL);
        return NULL;
    }
    return allegro_quota_reports(call, command->task_count) ? command : NULL;
}

static void summary(struct allegro_call *call, enum allegro_command_kind kind)
{
    const struct allegro_command *command = find_command(call, kind);
    if (command) allegro_command_report(call, command, false);
}

static const char *message_of(const struct allegro_task *task)
{
    if (task->status != TASK_FAIL) return "";
    return strcmp(task->code, "OFFER_NOT_FOUND") == 0 ? "The offer does not exist." : task->code;
}

static void write_errors(struct market_answer *answer, const struct allegro_task *task)
{
    market_answer_text(answer, ",\"errors\":[");
    if (task->status == TASK_FAIL) {
        market_answer_text(answer, "{\"code\":");
        market_answer_string(answer, task->code);
        market_answer_text(answer, ",\"message\":");
        market_answer_string(answer, message_of(task));
        market_answer_text(answer, ",\"details\":null,\"path\":null,\"userMessage\":\"Błąd podczas "
                                   "zmiany liczby sztuk.\"}");
    }
    market_answer_text(answer, "]}");
}

static void write_task(struct allegro_call *call, const struct allegro_command *command,
                       const struct allegro_task *task, const char *field)
{
    static const char *const names[] = {"NEW", "SUCCESS", "FAIL"};
    struct market_answer *answer = call->answer;
    bool odd = call->allegro->settings.odd_times;
    if (answer->items++) market_answer_text(answer, ",");
    market_answer_text(answer, command->kind == COMMAND_BULK ? "{\"subject\":{\"offerId\":"
                                                             : "{\"offer\":{\"id\":");
    market_answer_string(answer, task->offer);
    if (command->kind == COMMAND_BULK)
        market_answer_printf(answer, ",\"field\":\"%s\"}", field);
    else
        market_answer_printf(answer, "},\"field\":\"%s\"", field);
    market_answer_text(answer, ",\"message\":");
    market_answer_string(answer, message_of(task));
    market_answer_printf(answer, ",\"status\":\"%s\"", names[task->status]);
    write_time(answer, "scheduledAt", command->registered_ms, odd);
    if (task->status == TASK_NEW)
        market_answer_text(answer, ",\"finishedAt\":null");
    else
        write_time(answer, "finishedAt", odd ? command->registered_ms - 16 : command->completed_ms,
                   false);
    write_errors(answer, task);
}

static bool page(struct allegro_call *call, int64_t *limit, int64_t *offset)
{
    *limit = allegro_query_int(call, "limit", TASKS_DEFAULT);
    *offset = allegro_query_int(call, "offset", 0);
    if (*limit >= 1 && *limit <= ALLEGRO_COMMAND_OFFERS && *offset >= 0 &&
        *offset <= TASKS_OFFSET_MAX)
        return true;
    allegro_violation(call, "shape", "%s: limit is 1..%d, offset 0..%d", call->route->path,
                      ALLEGRO_COMMAND_OFFERS, TASKS_OFFSET_MAX);
    allegro_error(call, 422, "ConstraintViolationException", "limit or offset is out of range",
                  NULL);
    return false;
}

static void tasks(struct allegro_call *call, enum allegro_command_kind kind, const char *field)
{
    int64_t limit, offset;
    if (!page(call, &limit, &offset)) return;
    const struct allegro_command *command = find_command(call, kind);
    if (!command) return;
    struct market_answer *answer = call->answer;
    size_t count = call->now_ms >= command->registered_ms ? command->task_count : 0;
    market_answer_text(answer, "{\"tasks\":[");
    if (count && call->allegro->settings.foreign_tasks) {
        struct allegro_task other = {.status = TASK_FAIL, .code = "PRICE_NOT_CHANGED"};
        memcpy(other.offer, command->tasks[0].offer, sizeof(other.offer));
        write_task(call, command, &other, "price");
    }
    for (size_t i = (size_t)offset; i < count && i < (size_t)(offset + limit); i++) {
        if (call->effect->short_share > 0 &&
            market_random_share(&call->allegro->random) < call->effect->short_share)
            continue;
        write_task(call, command, &command->tasks[i], field);
    }
    market_answer_text(answer, "]}");
}

void allegro_quantity_get(struct allegro_call *call)
{
    summary(call, COMMAND_QUANTITY);
}

void allegro_quantity_tasks(struct allegro_call *call)
{
    tasks(call, COMMAND_QUANTITY, "quantity");
}

void allegro_publication_get(struct allegro_call *call)
{
    summary(call, COMMAND_PUBLICATION);
}

void allegro_publication_tasks(struct allegro_call *call)
{
    tasks(call, COMMAND_PUBLICATION, "publication");
}

void allegro_bulk_get(struct allegro_call *call)
{
    summary(call, COMMAND_BULK);
}

void allegro_bulk_tasks(struct allegro_call *call)
{
    tasks(call, COMMAND_BULK, "stock");
}
