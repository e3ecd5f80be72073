/* Queries: what a plan that was applied came to, and which accounts it made live. Both are in the
 * history, as settings that the command changed. */
#include "engine/command.h"
#include "engine/plan.h"
#include "query/history.h"
#include "query/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last command that applied the plan; 0: none that is still known. */
static uint64_t find_apply(struct query *query, uint64_t plan)
{
    struct bytes key, value;
    uint64_t found = 0;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_COMMAND);
    enum status status = store_last(cursor, &key, &value);
    for (; status == ST_OK && !found; status = store_prev(cursor, &key, &value)) {
        struct command_view command;
        if (key.size != 8 || command_read(value, &command) != ST_OK) break;
        if (command.kind != COMMAND_PLAN_APPLY) continue;
        struct wire_reader r = wire_reader(command.payload);
        if (wire_get_u64(&r) == plan && r.ok) found = bytes_get_u64(key.data);
    }
    store_cursor_close(cursor);
    return found;
}

static bool words_after(struct bytes text, const char *word, uint64_t *number)
{
    char copy[64];
    size_t size = strlen(word);
    snprintf(copy, sizeof copy, "%.*s", (int)text.size, (const char *)text.data);
    if (strncmp(copy, word, size) != 0 || copy[size] != ' ') return false;
    *number = strtoull(copy + size, NULL, 10);
    return *number != 0;
}

static bool take(void *ctx, const struct change_view *change)
{
    struct query_applied *applied = ctx;
    if (change->what != CHANGE_SETTING) return true;
    bool found = words_after(change->new, PLAN_AS_COMMAND, &applied->command) ||
                 words_after(change->new, PLAN_AS_IMPORT, &applied->job);
    return !found;
}

enum status query_plan_applied(struct query *query, uint64_t plan, struct query_applied *applied)
{
    char id[PLAN_ID_TEXT];
    plan_id_text(plan, id);
    *applied = (struct query_applied){.sequence = find_apply(query, plan)};
    if (!applied->sequence)
        return error_set(query->error, ST_NOT_FOUND,
                         "no plan '%s' was applied; `stockctl history` shows what was", id);
    const struct query_event event = {.sequence = applied->sequence};
    enum status status = query_event_changes(query, &event, UINT32_MAX, take, applied);
    if (status != ST_OK || applied->command || applied->job) return status;
    return error_set(query->error, ST_CONFLICT,
                     "plan %s changed nothing here: it let figures go to the marketplaces; undo "
                     "the changes of stock they came from",
                     id);
}

struct naming {
    void (*each)(void *ctx, struct bytes account);
    void *ctx;
};

static bool name_live(void *ctx, const struct change_view *change)
{
    static const char about[] = "account ";
    enum { BEFORE = CHANGE_SETTING_HEAD + sizeof about - 1 };
    const struct naming *naming = ctx;
    if (change->what == CHANGE_SETTING && bytes_equal(change->new, bytes_text(PLAN_LIVE)) &&
        change->key.size > BEFORE)
        naming->each(naming->ctx,
                     bytes_of((const char *)change->key.data + BEFORE, change->key.size - BEFORE));
    return true;
}

enum status query_made_live(struct query *query, uint64_t sequence,
                            void (*each)(void *ctx, struct bytes account), void *ctx)
{
    struct naming naming = {each, ctx};
    const struct query_event event = {.sequence = sequence};
    return query_event_changes(query, &event, UINT32_MAX, name_live, &naming);
}
