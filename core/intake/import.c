/* The life of imports: making them, whose turn it is, stopping, ending. What happens in between is
 * in import_receive.c, import_read.c and import_apply.c. */
#include "base/log.h"
#include "base/mem.h"
#include "intake/import_private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- all */

struct imports *imports_new(const struct imports_options *options)
{
    struct imports *imports = mem_alloc(sizeof *imports);
    imports->options = *options;
    imports->directory = mem_text(options->directory);
    imports->options.directory = imports->directory;
    if (!options->segment_rows) imports->options.segment_rows = IMPORT_SEGMENT_ROWS;
    if (!options->chunk_rows) imports->options.chunk_rows = IMPORT_CHUNK_ROWS;
    return imports;
}

void imports_free(struct imports *imports)
{
    if (!imports) return;
    struct runtime *runtime = imports->options.runtime;
    runtime->timer_close(runtime, &imports->timer);
    runtime->timer_close(runtime, &imports->retry);
    mem_free(imports->directory);
    mem_free(imports);
}

/* The one accepted first. */
static struct import *next_waiting(const struct imports *imports)
{
    struct import *first = NULL;
    for (struct import *i = imports->first; i; i = i->next)
        if (i->stage == STAGE_WAITING && (!first || i->job < first->job)) first = i;
    return first;
}

void imports_turn(struct imports *imports)
{
    if (imports->running || imports->resume || imports->stopping) return;
    struct import *next = next_waiting(imports);
    if (!next) return;
    imports->running = next;
    import_read_start(next);
}

static void tell_stopped(struct timer *timer)
{
    struct imports *imports = (struct imports *)((char *)timer - offsetof(struct imports, timer));
    imports->stopped(imports->stopped_ctx);
}

void imports_check_stopped(struct imports *imports)
{
    struct runtime *runtime = imports->options.runtime;
    if (!imports->stopping || imports->first || imports->resume || imports->timer.armed) return;
    imports->timer.fire = tell_stopped;
    runtime->timer_arm(runtime, &imports->timer, 0);
}

/* ---- what an import waits for */

void import_work(struct import *import, void (*run)(struct work_task *),
                 void (*done)(struct work_task *))
{
    struct runtime *runtime = import->imports->options.runtime;
    import->work = (struct work_task){.run = run, .done = done};
    import->work_error = (struct error){0};
    import->busy++;
    runtime->work_submit(runtime, &import->work);
}

struct import *import_work_done(struct work_task *task)
{
    struct import *import = import_of_work(task);
    import->busy--;
    return import;
}

void import_engine(struct import *import,
                   enum status (*run)(struct engine_task *, struct store_txn *, struct error *),
                   void (*done)(struct engine_task *, enum status, const struct error *))
{
    struct runtime *runtime = import->imports->options.runtime;
    import->task = (struct engine_task){.run = run, .done = done};
    import->now_ms = clock_wall_ms(runtime->clock);
    if (import->shop) import_shop_send(import);
    import->busy++;
    runtime->engine_submit(runtime, &import->task);
}

struct import *import_engine_done(struct engine_task *task)
{
    struct import *import = import_of_task(task);
    import->busy--;
    return import;
}

static void on_timer(struct timer *timer)
{
    struct import *import = (struct import *)((char *)timer - offsetof(struct import, timer));
    void (*fire)(struct import *) = import->on_timer;
    import->on_timer = NULL;
    fire(import);
}

void import_later(struct import *import, int64_t ms, void (*fire)(struct import *))
{
    struct runtime *runtime = import->imports->options.runtime;
    import->on_timer = fire;
    import->timer.fire = on_timer;
    runtime->timer_arm(runtime, &import->timer, ms);
}

int64_t import_retry_ms(int64_t before_ms)
{
    int64_t ms = before_ms ? before_ms * 2 : IMPORT_RETRY_FIRST_MS;
    return ms < IMPORT_RETRY_LAST_MS ? ms : IMPORT_RETRY_LAST_MS;
}

bool import_retry(struct import *import, const struct error *error, void (*again)(struct import *))
{
    enum status status = error->status;
    if (status != ST_FULL && status != ST_IO && status != ST_BUSY) {
        import->retry_ms = 0;
        return false;
    }
    import->retry_ms = import_retry_ms(import->retry_ms);
    char quoted[LOG_QUOTED_MAX];
    log_warning("import", "waits", "job=%llu ms=%lld why=%s", (unsigned long long)import->job,
                (long long)import->retry_ms, log_quote(error->text, quoted));
    import_later(import, import->retry_ms, again);
    import_progress(import, error->text);
    import->stuck = status != ST_BUSY;
    return true;
}

void imports_each_stuck(const struct imports *imports,
                        void (*each)(void *ctx, uint64_t job, const char *name, const char *why),
                        void *ctx)
{
    for (const struct import *i = imports->first; i; i = i->next)
        if (i->stuck && i->job) each(ctx, i->job, i->options.name ? i->options.name : "", i->waits);
}

const char *imports_waits(const struct imports *imports, uint64_t job)
{
    for (const struct import *i = imports->first; i; i = i->next)
        if (i->job == job && i->waits[0]) return i->waits;
    return NULL;
}

void import_progress(struct import *import, const char *waiting)
{
    snprintf(import->waits, sizeof import->waits, "%s", waiting);
    import->stuck = false;
    if (import->events.progress)
        import->events.progress(import->events.ctx, &import->counts, waiting);
}

/* ---- the end */

static void import_free(struct import *import)
{
    struct imports *imports = import->imports;
    struct import **at = &imports->first;
    while (*at != import) /* it is in the list */
        at = &(*at)->next;
    *at = import->next;
    if (imports->running == import) imports->running = NULL;
    imports->options.runtime->timer_close(imports->options.runtime, &import->timer);
    import_apply_free(import);
    import_source_free(import->source);
    import_refused_free(&import->refused);
    buf_free(&import->filling);
    buf_free(&import->writing);
    import_shop_free(import);
    mem_free((char *)(uintptr_t)import->options.shop.account);
    mem_free((char *)(uintptr_t)import->options.shop.remote);
    mem_free((char *)(uintptr_t)import->options.shop.mirror);
    mem_free((char *)(uintptr_t)import->options.warehouse);
    stock_naming_free(&import->options.columns);
    mem_free((char *)(uintptr_t)import->options.name);
    mem_free((char *)(uintptr_t)import->options.actor);
    mem_free((char *)(uintptr_t)import->options.origin.inbox);
    mem_free((char *)(uintptr_t)import->options.origin.claim);
    mem_free((char *)(uintptr_t)import->options.origin.file);
    mem_free(import->path);
    mem_free(import);
}

/* Accepted before, under the same key: how that one is. */
static void tell_repeated(struct import *import)
{
    struct imports *imports = import->imports;
    bool failed = import->state == IMPORT_FAILED || import->state == IMPORT_CANCELLED;
    const struct import_ending ending = {.repeated = true,
                                         .job = import->new_job,
                                         .state = import->state,
                                         .status = failed ? ST_CONFLICT : ST_OK,
                                         .error = import->because,
                                         .plan = import->plan,
                                         .found = import->found,
                                         .counts = import->counts};
    log_info("import", "repeated", "job=%llu state=%s", (unsigned long long)import->new_job,
             import_state_name(import->state));
    import->stage = STAGE_TELLING;
    if (import->events.ended) import->events.ended(import->events.ctx, &ending);
    import_free(import);
    imports_turn(imports);
    imports_check_stopped(imports);
}

static void tell_end(struct import *import)
{
    struct imports *imports = import->imports;
    const struct import_ending ending = {
        .report = import_shop_report(import),
        .job = import->job,
        .state = import->state,
        .status = import->error.status,
        .error = import->error.text,
        .plan = import->plan,
        .found = import->found,
        .counts = import->counts,
        .refused = import->refused.at,
        .refused_count = import->refused.count,
        .duration_ms = (clock_mono_us(imports->options.runtime->clock) - import->begun_us) / 1000};
    char quoted[LOG_QUOTED_MAX];
    log_info("import", "ended",
             "job=%llu state=%s rows=%llu changed=%llu refused=%llu ms=%lld why=%s",
             (unsigned long long)import->job, import_state_name(import->state),
             (unsigned long long)import->counts.rows, (unsigned long long)import->counts.changed,
             (unsigned long long)import->counts.refused, (long long)ending.duration_ms,
             log_quote(import->error.text, quoted));
    import->stage = STAGE_TELLING;
    if (import->events.ended) import->events.ended(import->events.ctx, &ending);
    import_free(import);
    imports_turn(imports);
    if (imports->options.settled) imports->options.settled(imports->options.ctx);
    imports_check_stopped(imports);
}

void import_told_held(struct import *import)
{
    import_refused_sort(&import->refused);
    import->state = IMPORT_HELD;
    tell_end(import);
}

static void remove_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    if (import->fd >= 0) close(import->fd);
    import->fd = -1;
    unlink(import->path);
}

static void remove_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    if (import->repeated)
        tell_repeated(import);
    else
        tell_end(import);
}

static void remove_file(struct import *import)
{
    import->stage = STAGE_REMOVING;
    import_work(import, remove_run, remove_done);
}

static void record_end(struct import *import);

/* The job stays as it is, and is gone on with at the next start. */
static void give_up_recording(struct import *import)
{
    import->state = IMPORT_RUNNING;
    tell_end(import);
}

static enum status record_end_run(struct engine_task *task, struct store_txn *txn,
                                  struct error *error)
{
    return import_job_ended(import_of_task(task), txn, error);
}

static void record_end_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    if (status == ST_OK)
        remove_file(import);
    else if (import->halted || !import_retry(import, error, record_end))
        give_up_recording(import);
}

static void record_end(struct import *import)
{
    import->stage = STAGE_ENDING;
    if (import->halted && import->retry_ms) { /* it was being tried again */
        give_up_recording(import);
        return;
    }
    import_engine(import, record_end_run, record_end_done);
}

static void say(struct import *import, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct import *import, enum status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(import->error.text, sizeof import->error.text, format, args);
    va_end(args);
    import->error.status = status;
}

/* Read and applied to its end: was anything of use? */
static void judge(struct import *import)
{
    const struct import_counts *counts = &import->counts;
    const struct import_refusal *first = import->refused.at;
    char why[ERROR_TEXT_MAX] = "their products were deleted meanwhile";
    if (import->refused.count && first->column)
        snprintf(why, sizeof why, "the first is line %u, column %u: %s", first->line, first->column,
                 first->reason);
    else if (import->refused.count)
        snprintf(why, sizeof why, "the first is line %u: %s", first->line, first->reason);
    bool file = !import_is_shop(import);
    if (file && counts->bytes == 0)
        say(import, ST_INVALID, "the file is empty; nothing was changed");
    else if (file && counts->rows == 0)
        say(import, ST_INVALID, "the file has no rows; nothing was changed");
    else if (file && counts->changed + counts->unchanged == 0)
        say(import, ST_INVALID, "none of the %llu rows could be used; nothing was changed; %s",
            (unsigned long long)counts->rows, why);
    else if (counts->refused && !counts->left)
        say(import, ST_OK, "%llu of %llu rows were refused; %s",
            (unsigned long long)counts->refused, (unsigned long long)counts->rows, why);
    else if (counts->left)
        say(import, ST_OK,
            "%llu of %llu rows were refused, %llu left out, for their stock was changed since the "
            "plan, or their product is gone; `stockctl import refused %llu` lists them",
            (unsigned long long)counts->refused, (unsigned long long)counts->rows,
            (unsigned long long)counts->left, (unsigned long long)import->job);
}

void import_finish(struct import *import)
{
    const struct import_counts *counts = &import->counts;
    bool applied = counts->changed + counts->unchanged > 0;
    if (import->repeated) { /* only told: it has ended, or goes on, by itself */
        remove_file(import);
        return;
    }
    import_refused_sort(&import->refused);
    if (import->error.status == ST_OK) judge(import);
    if (import->error.status == ST_OK)
        import->state = counts->refused || counts->left ? IMPORT_PARTIAL : IMPORT_DONE;
    else if (applied)
        import->state = IMPORT_PARTIAL;
    else
        import->state = import->error.status == ST_CANCELLED ? IMPORT_CANCELLED : IMPORT_FAILED;
    if (import->job)
        record_end(import);
    else
        remove_file(import);
}

bool import_ends_early(struct import *import)
{
    if (!import->cancelled && !import->halted) return false;
    const struct import_counts *counts = &import->counts;
    if (import->cancelled && counts->done == 0)
        say(import, ST_CANCELLED, "cancelled before anything was changed");
    else if (import->cancelled)
        say(import, ST_CANCELLED,
            "cancelled when %llu of %llu rows were dealt with; what was applied stays",
            (unsigned long long)counts->done, (unsigned long long)counts->rows);
    else
        say(import, ST_CANCELLED, "stockd is stopping; %s",
            import->job ? "the import goes on at the next start" : "import again");
    if (import->halted && !import->cancelled && import->job) {
        import->state = IMPORT_RUNNING;
        import->stage = STAGE_TELLING;
        import_later(import, 0, tell_end);
    } else {
        import_finish(import);
    }
    return true;
}

/* ---- being told to end */

/* What waits for nothing of its own is woken; everything else looks when its task is done. */
static void end_early(struct import *import)
{
    if (import->stage == STAGE_RECEIVING && !import->busy)
        import_receive_turn(import);
    else if (import->stage == STAGE_WAITING)
        import_ends_early(import);
    else if (import->stage == STAGE_GATHERING)
        import_shop_stop(import);
    else if (import->on_timer && import->stage != STAGE_TELLING)
        import_later(import, 0, import->on_timer);
}

void import_cancel(struct import *import)
{
    if (import->cancelled || import->halted || import->stage >= STAGE_ENDING) return;
    import->cancelled = true;
    end_early(import);
}

bool imports_cancel(struct imports *imports, uint64_t job)
{
    for (struct import *i = imports->first; i; i = i->next)
        if (i->job == job && job && i->stage < STAGE_ENDING) {
            import_cancel(i);
            return true;
        }
    return false;
}

void import_release(struct import *import)
{
    import->events = (struct import_events){0};
    if (!import->whole) import_cancel(import);
}

void imports_stop(struct imports *imports, void (*stopped)(void *ctx), void *ctx)
{
    imports->stopping = true;
    imports->stopped = stopped;
    imports->stopped_ctx = ctx;
    imports->options.runtime->timer_stop(imports->options.runtime, &imports->retry);
    for (struct import *i = imports->first; i; i = i->next) {
        if (i->halted) continue;
        i->halted = true;
        if (!i->cancelled) end_early(i);
    }
    imports_check_stopped(imports);
}
