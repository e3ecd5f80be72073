/* An operation's life and one step of it: call the plugin, then hold what it returned against the
 * rules. What it emits meanwhile goes through the host functions (host*.c). */
#include "plugin/operation_private.h"

#include "base/mem.h"
#include "base/region.h"
#include "plugin/crash.h"
#include "plugin/private.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { LIST_KEPT = 256 << 10 }; /* bytes of one list that an idle operation may hold on to */

struct plugin_operation *plugin_operation_new(struct plugin_instance *instance,
                                              const struct plugin_setup *setup, struct error *error)
{
    const struct plugin *plugin = plugin_instance_plugin(instance);
    enum stockd_operation kind = (enum stockd_operation)setup->start->operation;
    if (!plugin_offers(plugin, kind)) {
        error_set(error, ST_UNSUPPORTED, "plugin %s does not offer '%s'", plugin_id(plugin),
                  plugin_operation_name(kind));
        return NULL;
    }
    struct plugin_operation *op = mem_alloc(sizeof *op);
    op->instance = plugin_instance_ref(instance);
    op->plugin = plugin;
    op->declared = plugin_declared(plugin);
    if (operation_setup(op, setup, error) == ST_OK) return op;
    plugin_operation_free(op);
    return NULL;
}

/* Every list of a step with the bytes of its elements. */
struct list_of {
    size_t offset, element;
};
#define LIST(member, type)                                      \
    {                                                           \
        offsetof(struct plugin_operation, member), sizeof(type) \
    }
static const struct list_of lists[] = {
    LIST(outcomes, struct plugin_outcome),       LIST(listing_data, struct plugin_item_data),
    LIST(target_data, struct plugin_item_data),  LIST(notes, struct plugin_item_data),
    LIST(warehouses, struct stockd_warehouse),   LIST(listings, struct stockd_listing),
    LIST(stocks, struct stockd_stock),           LIST(order_lines, struct stockd_order_line),
    LIST(malformed, struct plugin_malformed),    LIST(completes, struct plugin_complete),
    LIST(incompletes, struct plugin_complete),   LIST(put, struct plugin_state),
    LIST(quota_facts, struct stockd_quota_fact), LIST(abilities, struct plugin_ability),
    LIST(warnings, struct plugin_warning),       LIST(key_expiries, struct plugin_key_expiry),
    LIST(new_tokens, struct stockd_token),       LIST(renewals, const char *),
};
enum { LISTS = sizeof lists / sizeof *lists };

static struct list *list_at(struct plugin_operation *op, size_t i)
{
    return (struct list *)((char *)op + lists[i].offset);
}

void secret_wipe(const char *secret)
{
    if (secret) explicit_bzero((char *)secret, strlen(secret));
}

static void secrets_wipe(struct plugin_operation *op)
{
    const struct stockd_token *tokens = op->new_tokens.items;
    for (size_t i = 0; i < op->new_tokens.count; i++) {
        secret_wipe(tokens[i].value);
        secret_wipe(tokens[i].refresh);
    }
}

void plugin_operation_free(struct plugin_operation *op)
{
    if (!op) return;
    secrets_wipe(op);
    for (size_t i = 0; i < op->token_count; i++)
        secret_wipe(op->tokens[i].text);
    for (struct token_got *got = op->got; got; got = got->next) {
        secret_wipe(got->value);
        mem_free(got->value);
    }
    for (size_t i = 0; i < LISTS; i++) {
        struct list *list = list_at(op, i);
        if (list->items) mem_free(list->items); /* most are never used */
    }
    mem_free(op->states.items);
    mem_free(op->scratch);
    mem_free(op->outcome_at);
    arena_free(&op->memory);
    arena_free(&op->life);
    plugin_instance_unref(op->instance);
    mem_free(op);
}

struct plugin_instance *plugin_operation_instance(const struct plugin_operation *op)
{
    return op->instance;
}

const struct stockd_start *plugin_operation_start(const struct plugin_operation *op)
{
    return &op->start;
}

/* ---------------------------------------------------------------------------------------------- */

static void step_begin(struct plugin_operation *op, const struct plugin_input *input)
{
    secrets_wipe(op);
    const struct plugin_outcome *outcomes = op->outcomes.items;
    for (size_t i = 0; i < op->outcomes.count; i++)
        op->outcome_at[outcomes[i].item] = 0;
    for (size_t i = 0; i < LISTS; i++) {
        struct list *list = list_at(op, i);
        if (list->room * lists[i].element > LIST_KEPT) {
            mem_free(list->items);
            *list = (struct list){0};
        }
        list->count = 0;
    }
    arena_reset(&op->memory);
    op->bytes = op->rows = 0;
    op->log_count = op->refused = 0;
    op->has_request = op->has_wait = op->has_fail = false;
    op->more_parts = input->event == STOCKD_RESPONSE && input->response &&
                     input->response->transport == STOCKD_ARRIVED && !input->response->last_part;
    op->input = input;
    op->step = (struct plugin_step){.drained_until_ms = STOCKD_UNKNOWN,
                                    .progress_done = -1,
                                    .response_was_write = op->request_was_write};
}

static enum stockd_verdict step_call(struct plugin_operation *op, const struct plugin_input *input)
{
    struct stockd_response response = {0};
    struct stockd_call call = {
        .size = sizeof call,
        .event = input->event,
        .operation = op->start.operation,
        .host = &operation_host,
        .ctx = op,
        .now_ms = input->now_ms,
        .start = &op->start,
    };
    memcpy(call.id, op->id, sizeof call.id);
    if (input->event == STOCKD_RESPONSE) {
        response = *input->response;
        response.size = sizeof response;
        if (!response.body) response.body = "";
        call.response = &response;
    }
    plugin_guard_enter(op->plugin->guard, op->declared->id, plugin_instance_account(op->instance),
                       plugin_operation_name((enum stockd_operation)op->start.operation));
    if (op->declared->flags & STOCKD_JSON_ENDS_WITH_STEP) region_enter();
    enum stockd_verdict verdict = op->declared->operations[op->start.operation](&call);
    region_leave(); /* nothing, where none was entered */
    plugin_guard_leave(op->plugin->guard);
    return verdict;
}

/* The rule a verdict breaks, or NULL. */
static const char *verdict_fault(const struct plugin_operation *op, enum stockd_verdict verdict)
{
    bool answered = op->input->event == STOCKD_RESPONSE;
    if (op->has_request && verdict != STOCKD_SEND) return "made a request but did not return SEND";
    if (op->notes.count && verdict != STOCKD_SEND)
        return "put a note on an item in a step that sends nothing";
    switch (verdict) {
    case STOCKD_SEND: return op->has_request ? NULL : "returned SEND without a request";
    case STOCKD_WAIT:
        if (op->more_parts) return "returned WAIT before the last part of an answer";
        return op->has_wait ? NULL : "returned WAIT without a time to wait";
    case STOCKD_DONE: return NULL;
    case STOCKD_FAIL: return op->has_fail ? NULL : "returned FAIL without saying why";
    case STOCKD_DEFAULT: return answered ? NULL : "returned DEFAULT without an answer";
    case STOCKD_MORE:
        return op->more_parts ? NULL : "returned MORE although no part of an answer is left";
    }
    return "returned a verdict that does not exist";
}

/* The sentence of a broken rule lies in the step's memory, past the plugin's share of it. */
static const char *bug_sentence(struct plugin_operation *op, const char *fault, int verdict)
{
    char text[ERROR_TEXT_MAX + 200], more[40] = "";
    if (op->refused > 1) snprintf(more, sizeof more, " (and %u more)", op->refused - 1);
    int n =
        snprintf(text, sizeof text, "plugin %s %s in %s: ", op->declared->id, op->declared->version,
                 plugin_operation_name((enum stockd_operation)op->start.operation));
    if (op->refused)
        snprintf(text + n, sizeof text - (size_t)n, "%s%s", op->why, more);
    else
        snprintf(text + n, sizeof text - (size_t)n, "%s (verdict %d)", fault, verdict);
    return arena_text(&op->memory, bytes_text(text));
}

/* What would move on past the mistake goes; what says what happened stays. */
static void step_is_bug(struct plugin_operation *op, const char *sentence)
{
    struct plugin_step *step = &op->step;
    op->completes.count = op->put.count = op->notes.count = 0;
    step->drained_until_ms = STOCKD_UNKNOWN;
    step->epoch = NULL;
    step->verdict = STOCKD_FAIL;
    step->fail = STOCKD_FAIL_BUG;
    step->fail_code = "plugin-bug";
    step->fail_text = step->bug = sentence;
}

static void verdict_take(struct plugin_operation *op, enum stockd_verdict verdict)
{
    struct plugin_step *step = &op->step;
    const char *fault = op->refused ? op->why : verdict_fault(op, verdict);
    step->verdict = verdict;
    if (fault) {
        step_is_bug(op, bug_sentence(op, fault, (int)verdict));
    } else if (verdict == STOCKD_SEND) {
        step->request = &op->request;
        op->request_was_write = op->request.flags & STOCKD_REQUEST_WRITE;
    } else if (verdict == STOCKD_DEFAULT) {
        const struct stockd_response *r = op->input->response;
        step->meaning = plugin_default_meaning(op->request_was_write,
                                               (enum stockd_transport)r->transport, r->status);
    }
    op->ended = step->verdict != STOCKD_SEND && step->verdict != STOCKD_WAIT &&
                step->verdict != STOCKD_MORE;
}

#define GIVE(nouns, noun, list) (step->nouns = op->list.items, step->noun##_count = op->list.count)

static void lists_give(struct plugin_operation *op)
{
    struct plugin_step *step = &op->step;
    GIVE(outcomes, outcome, outcomes);
    GIVE(listing_data, listing_data, listing_data);
    GIVE(target_data, target_data, target_data);
    GIVE(notes, note, notes);
    GIVE(warehouses, warehouse, warehouses);
    GIVE(listings, listing, listings);
    GIVE(stocks, stock, stocks);
    GIVE(order_lines, order_line, order_lines);
    GIVE(malformed, malformed, malformed);
    GIVE(completes, complete, completes);
    GIVE(incompletes, incomplete, incompletes);
    GIVE(states, state, put);
    GIVE(quota_facts, quota_fact, quota_facts);
    GIVE(abilities, ability, abilities);
    GIVE(warnings, warning, warnings);
    GIVE(key_expiries, key_expiry, key_expiries);
    GIVE(tokens, token, new_tokens);
    GIVE(renewals, renewal, renewals);
}

const struct plugin_step *plugin_operation_step(struct plugin_operation *op,
                                                const struct plugin_input *input)
{
    step_begin(op, input);
    if (op->ended || (input->event == STOCKD_RESPONSE && !input->response)) {
        step_is_bug(op, op->ended ? "stockd asked for a step of an operation that had ended"
                                  : "stockd gave a response event without a response");
    } else {
        enum stockd_verdict verdict = step_call(op, input);
        verdict_take(op, verdict);
    }
    lists_give(op);
    op->input = NULL;
    return &op->step;
}
