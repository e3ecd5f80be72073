/* confirm_stock: what became of writes that were taken, asked by their notes, which is all that is
 * known after a restart. A command is judged by the task of each offer, never by its counts, which
 * are 0 of 0 at first and have been 6 of 7 for ever. Where the task or the operation is no longer
 * known, the offer itself is read, and the figure decides. */
#include "allegro.h"

#include <stdio.h>

#define TASK_ROWS 1000
/* "offset: maximum 999" */
#define OFFSET_LAST 999
/* A command that is not known so long after it was sent was never registered. Until then an index
 * may be behind. */
#define UNKNOWN_MS (600000 / KIT_HASTE)
/* A task that is not listed so long after will not be: the offer is read instead. */
#define MISSING_MS (900000 / KIT_HASTE)
/* A task or operation that failed for no fault of the offer's is written again after this. */
#define AGAIN_MS (60000 / KIT_HASTE)

struct confirming {
    struct allegro_reading *reading; /* not stored: it lies behind this */
    uint32_t first;                  /* the item whose note the request in flight is about */
    int64_t offset;
    bool reading_now;
};

static const struct {
    char kind;
    const char *path;
    int64_t offers; /* the most in one command: what reading its tasks counts as */
} commands[] = {
    {'q', "/sale/offer-quantity-change-commands/", ALLEGRO_COMMAND_ITEMS},
    {'b', "/sale/offer-bulk-modification-commands/", ALLEGRO_BULK_ITEMS},
    {'p', "/sale/offer-publication-commands/", ALLEGRO_COMMAND_ITEMS},
};

static struct confirming *memory_of(const struct stockd_call *call)
{
    struct confirming *confirming = call->host->scratch(
        call->ctx, sizeof(*confirming) + allegro_reading_size(call->start->item_count));
    if (confirming) confirming->reading = (struct allegro_reading *)(void *)(confirming + 1);
    return confirming;
}

/* 1: has its outcome, or waits; not to be read. 0: to be asked for by its note, or read. */
static uint8_t *settled(struct confirming *confirming, uint32_t index)
{
    return &confirming->reading->settled[index];
}

static void judge(const struct stockd_call *call, struct confirming *confirming, uint32_t index,
                  enum stockd_outcome_kind kind, int64_t until_ms, const struct allegro_error *why)
{
    allegro_outcome(call, index, kind, until_ms, why ? why->code : NULL, why ? why->text : NULL);
    *settled(confirming, index) = 1;
}

/* ---- the operation of a PATCH ---- */

enum stockd_verdict allegro_operation_ask(const struct stockd_call *call,
                                          const struct stockd_item *item, const char *id)
{
    char memory[256];
    struct out path = {.data = memory, .room = sizeof(memory)};
    out_literal(&path, "/sale/product-offers/");
    out_percent(&path, item->listing_id);
    out_literal(&path, "/operations/");
    out_percent(&path, id);
    return allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
}

enum allegro_operation allegro_operation_read(const struct stockd_response *answer,
                                              const json_t *doc, struct allegro_error *error)
{
    allegro_error_read(doc, answer->status, error);
    if (answer->transport != STOCKD_ARRIVED) return ALLEGRO_OPERATION_UNREAD;
    bool taken = answer->status >= 200 && answer->status < 300;
    if (error->listed && (answer->status == 422 || taken)) return ALLEGRO_OPERATION_REFUSED;
    if (answer->status == 303) return ALLEGRO_OPERATION_DONE;
    if (answer->status == 202) return ALLEGRO_OPERATION_PENDING;
    if (answer->status == 404 && !allegro_is_page(answer)) return ALLEGRO_OPERATION_OVER;
    const json_t *operation = json_object_get(doc, "operation");
    const char *status = taken ? kit_text(json_object_get(operation, "status"), 32) : NULL;
    if (!status) return ALLEGRO_OPERATION_UNREAD;
    return strcmp(status, "COMPLETED") == 0 ? ALLEGRO_OPERATION_OVER : ALLEGRO_OPERATION_PENDING;
}

/* ---- which to ask for ---- */

static enum stockd_verdict ask(const struct stockd_call *call, const struct confirming *confirming,
                               const struct allegro_note *note)
{
    char memory[256];
    struct out path = {.data = memory, .room = sizeof(memory)};
    const struct stockd_item *item = &call->start->items[confirming->first];
    if (note->kind == 'o') return allegro_operation_ask(call, item, note->id);
    size_t at = 0;
    while (commands[at].kind != note->kind)
        at++;
    out_bytes(&path, commands[at].path, strlen(commands[at].path));
    out_percent(&path, note->id);
    out_literal(&path, "/tasks?limit=");
    out_int(&path, TASK_ROWS);
    out_literal(&path, "&offset=");
    out_int(&path, confirming->offset);
    return allegro_get(call, &path, ALLEGRO_BUCKET_TASKS, commands[at].offers);
}

/* The next note that nobody has asked for. Then what is left is read. A value of 2 in `settled`
 * marks an item that is to be read. */
static enum stockd_verdict next(const struct stockd_call *call, struct confirming *confirming)
{
    const struct stockd_start *start = call->start;
    struct allegro_note note;
    for (; confirming->first < start->item_count; confirming->first++) {
        uint8_t *mark = settled(confirming, confirming->first);
        if (*mark) continue;
        if (allegro_note_read(&start->items[confirming->first], &note)) {
            confirming->offset = 0;
            return ask(call, confirming, &note);
        }
        *mark = 2;
    }
    for (uint32_t i = 0; i < start->item_count; i++)
        *settled(confirming, i) = *settled(confirming, i) != 2;
    confirming->reading_now = true;
    return allegro_reading_next(call, confirming->reading);
}

/* ---- tasks of a command ---- */

static bool same_note(const struct stockd_item *a, const struct stockd_item *b)
{
    struct allegro_note x, y;
    return allegro_note_read(a, &x) && allegro_note_read(b, &y) && x.kind == y.kind &&
           strcmp(x.id, y.id) == 0;
}

/* The offer a task is about, when it is about its stock (or its end); else NULL. */
static const char *task_offer(const json_t *task, char kind)
{
    const json_t *subject = json_object_get(task, "subject");
    const char *field = kit_text(json_object_get(subject ? subject : task, "field"), 64);
    const char *offer = kit_text(json_object_get(subject, "offerId"), STOCKD_ID_MAX);
    if (!offer)
        offer = kit_text(json_object_get(json_object_get(task, "offer"), "id"), STOCKD_ID_MAX);
    if (kind == 'p') return offer; /* such a command has one kind of task */
    if (!field || strcmp(field, kind == 'b' ? "stock" : "quantity") != 0) return NULL;
    return offer;
}

/* Codes that say nothing of the offer: the same may go again. */
static bool is_passing(const char *code)
{
    static const char *const parts[] = {"EXCEPTION_DURING", "INTERNAL",       "TIMEOUT",
                                        "UNAVAILABLE",      "InProgressTask", "CONFLICT",
                                        "EDIT_IN_PROGRESS"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcasestr(code, parts[i])) return true;
    return false;
}

static void task_failed(const struct stockd_call *call, struct confirming *confirming,
                        uint32_t index, const struct allegro_note *note, const json_t *task)
{
    struct allegro_error error;
    allegro_error_read(task, 0, &error);
    const char *message = kit_text(json_object_get(task, "message"), STOCKD_ID_MAX);
    if (!error.listed) error.code = message ? message : "task-failed";
    if (is_passing(error.code)) {
        judge(call, confirming, index, STOCKD_THROTTLED, call->now_ms + AGAIN_MS, &error);
    } else if (note->kind == 'p' &&
               (strcasestr(error.code, "ENDED") || strcasestr(error.text, "ended"))) {
        *settled(confirming, index) = 2; /* it is at its end already? its own page says */
    } else {
        judge(call, confirming, index, STOCKD_REJECTED, 0, &error);
    }
}

static void take_task(const struct stockd_call *call, struct confirming *confirming, uint32_t index,
                      const struct allegro_note *note, const json_t *task)
{
    const char *status = kit_text(json_object_get(task, "status"), 32);
    if (status && strcmp(status, "FAIL") == 0)
        return task_failed(call, confirming, index, note, task);
    /* NEW, and a word that is not known: not over yet. */
    if (!status || strcmp(status, "SUCCESS") != 0)
        return judge(call, confirming, index, STOCKD_ACCEPTED, 0, NULL);
    judge(call, confirming, index, STOCKD_OK, 0, NULL);
    if (note->kind == 'p') {
        allegro_mark(call, index, "e", "");
        allegro_emit_state(call, &call->start->items[index], STOCKD_LISTING_ENDED, "ENDED",
                           "ended by a zero of stockd's");
    } else {
        allegro_confirmed(call, index, note->value, NULL);
    }
}

/* A task names an offer once; of two, the first is what counts. */
static void take_tasks(const struct stockd_call *call, struct confirming *confirming,
                       const struct allegro_note *note, const json_t *tasks)
{
    const struct stockd_start *start = call->start;
    const struct stockd_item *first = &start->items[confirming->first];
    size_t at;
    json_t *task;
    uint32_t guess = confirming->first;
    json_array_foreach (tasks, at, task) {
        const char *offer = task_offer(task, note->kind);
        for (uint32_t i = 0; offer && i < start->item_count; i++) {
            uint32_t index = (guess + i) % start->item_count;
            const struct stockd_item *item = &start->items[index];
            if (*settled(confirming, index) || strcmp(item->listing_id, offer) != 0 ||
                !same_note(item, first))
                continue;
            take_task(call, confirming, index, note, task);
            guess = index + 1;
            break;
        }
    }
}

/* The tasks were read to their end: what is left of this command has none. */
static void take_missing(const struct stockd_call *call, struct confirming *confirming,
                         bool command_unknown)
{
    const struct stockd_start *start = call->start;
    const struct stockd_item *first = &start->items[confirming->first];
    for (uint32_t i = confirming->first; i < start->item_count; i++) {
        struct allegro_note note;
        if (*settled(confirming, i) || !allegro_note_read(&start->items[i], &note) ||
            !same_note(&start->items[i], first))
            continue;
        int64_t age = call->now_ms - note.sent_ms;
        if (command_unknown && age >= UNKNOWN_MS)
            judge(call, confirming, i, STOCKD_RETRY, 0, NULL);
        else if (command_unknown || age < MISSING_MS)
            judge(call, confirming, i, STOCKD_ACCEPTED, 0, NULL);
        else
            *settled(confirming, i) = 2;
    }
}

static enum stockd_verdict take_command(const struct stockd_call *call,
                                        struct confirming *confirming,
                                        const struct allegro_note *note)
{
    const struct stockd_response *answer = call->response;
    json_t *doc;
    if (answer->transport == STOCKD_ARRIVED && answer->status == 404 && !allegro_is_page(answer)) {
        take_missing(call, confirming, true);
        return next(call, confirming);
    }
    enum stockd_verdict verdict = allegro_read_answer(call, &doc);
    if (!doc) return verdict;
    const json_t *tasks = allegro_rows(doc, "tasks", TASK_ROWS);
    if (!tasks) {
        json_decref(doc);
        return kit_unreadable(call, "tasks");
    }
    int64_t rows = (int64_t)json_array_size(tasks);
    struct stockd_quota_fact fact = STOCKD_QUOTA_FACT(ALLEGRO_BUCKET_TASKS);
    fact.cost = rows; /* offers are counted: those that were told */
    call->host->quota(call->ctx, &fact);
    take_tasks(call, confirming, note, tasks);
    json_decref(doc);
    /* Other fields' tasks may push ours past the first page. */
    if (rows >= TASK_ROWS && confirming->offset < OFFSET_LAST) {
        confirming->offset = OFFSET_LAST;
        return ask(call, confirming, note);
    }
    take_missing(call, confirming, false);
    return next(call, confirming);
}

/* ---- an operation's answer ---- */

static enum stockd_verdict take_operation(const struct stockd_call *call,
                                          struct confirming *confirming,
                                          const struct allegro_note *note)
{
    const struct stockd_response *answer = call->response;
    uint32_t index = confirming->first;
    char why[160];
    struct allegro_error error;
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    enum stockd_verdict verdict = 0;
    switch (allegro_operation_read(answer, doc, &error)) {
    case ALLEGRO_OPERATION_DONE:
        judge(call, confirming, index, STOCKD_OK, 0, NULL);
        allegro_operation_done(call, index, note->value);
        break;
    case ALLEGRO_OPERATION_PENDING: judge(call, confirming, index, STOCKD_ACCEPTED, 0, NULL); break;
    case ALLEGRO_OPERATION_REFUSED:
        *settled(confirming, index) = 1;
        allegro_patch_refused(call, index, note->value, &error);
        break;
    case ALLEGRO_OPERATION_OVER: *settled(confirming, index) = 2; break;
    case ALLEGRO_OPERATION_UNREAD:
        verdict = answer->status < 400 ? kit_unreadable(call, "operation")
                                       : allegro_read_refused(call, doc);
        break;
    }
    json_decref(doc);
    return verdict ? verdict : next(call, confirming);
}

enum stockd_verdict allegro_confirm_stock(const struct stockd_call *call)
{
    struct confirming *confirming = memory_of(call);
    struct allegro_note note;
    if (!confirming) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) return next(call, confirming);
    if (call->event != STOCKD_RESPONSE || !call->response)
        return kit_bug(call, "a step without an answer");
    /* A figure that is read closes the write, or shows that it did not land: the core compares. */
    if (confirming->reading_now) return allegro_reading_take(call, confirming->reading);
    if (!allegro_note_read(&call->start->items[confirming->first], &note))
        return kit_bug(call, "an answer about no note");
    return note.kind == 'o' ? take_operation(call, confirming, &note)
                            : take_command(call, confirming, &note);
}
