/* At start: jobs that did not end go on, and files that belong to none are removed. */
#include "base/log.h"
#include "base/mem.h"
#include "intake/import_private.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct found {
    uint64_t job;
    struct import_job view;
    void *record; /* what the view's texts point into */
};

struct import_resume {
    struct work_task work;
    struct imports *imports;
    struct found *found;
    size_t count;
    bool again; /* not at start: other files may be of imports that are being received */
    struct error error;
};

/* Perhaps: before its first row, or amid. */
static bool was_given_up(const struct import_job *job)
{
    return job->state == IMPORT_CANCELLED || job->state == IMPORT_PARTIAL;
}

static void found_add(struct import_resume *resume, uint64_t job, struct bytes record)
{
    resume->found = mem_resize(resume->found, (resume->count + 1) * sizeof *resume->found);
    struct found *found = &resume->found[resume->count];
    found->job = job;
    found->record = mem_text_n(record.data, record.size);
    if (import_job_read(bytes_of(found->record, record.size), &found->view) == ST_OK &&
        (found->view.state == IMPORT_RUNNING || found->view.state == IMPORT_HELD ||
         (resume->again && was_given_up(&found->view))))
        resume->count++;
    else
        mem_free(found->record);
}

/* What was held and is given up leaves its file. */
static void remove_dropped(const struct import_resume *resume)
{
    for (size_t i = 0; i < resume->count; i++) {
        const struct import_job *job = &resume->found[i].view;
        if (!was_given_up(job)) continue;
        char *path = mem_format("%s/%.*s", resume->imports->directory, (int)job->file.size,
                                (const char *)job->file.data);
        unlink(path);
        mem_free(path);
    }
}

static bool is_going_on(const struct imports *imports, uint64_t job)
{
    for (const struct import *i = imports->first; i; i = i->next)
        if (i->job == job) return true;
    return false;
}

static enum status find_jobs(struct import_resume *resume)
{
    struct store_txn *txn;
    enum status status =
        store_begin(resume->imports->options.store, STORE_READ, &txn, &resume->error);
    if (status != ST_OK) return status;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    for (status = store_next(cursor, &key, &value); status == ST_OK;
         status = store_next(cursor, &key, &value))
        if (key.size == 8) found_add(resume, bytes_get_u64(key.data), value);
    status = store_failed(txn, &resume->error);
    store_abort(txn);
    return status;
}

static bool is_wanted(const struct import_resume *resume, const char *name)
{
    for (size_t i = 0; i < resume->count; i++)
        if (bytes_equal(resume->found[i].view.file, bytes_text(name))) return true;
    return false;
}

static void remove_others(const struct import_resume *resume)
{
    DIR *directory = opendir(resume->imports->directory);
    struct dirent *entry;
    if (!directory) return; /* no import was ever received */
    while ((entry = readdir(directory))) {
        if (strncmp(entry->d_name, IMPORT_FILE_PREFIX, strlen(IMPORT_FILE_PREFIX)) != 0) continue;
        if (!is_wanted(resume, entry->d_name)) unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
}

static void resume_run(struct work_task *task)
{
    struct import_resume *resume =
        (struct import_resume *)((char *)task - offsetof(struct import_resume, work));
    if (find_jobs(resume) != ST_OK) return;
    if (resume->again)
        remove_dropped(resume);
    else
        remove_others(resume);
}

/* The import as it was, waiting for its turn. */
static void go_on(struct imports *imports, const struct found *found)
{
    const struct import_job *job = &found->view;
    char *warehouse = mem_text_n(job->warehouse.data, job->warehouse.size);
    char *name = mem_text_n(job->name.data, job->name.size);
    char *actor = mem_text_n(job->actor.data, job->actor.size);
    char *account = mem_text_n(job->shop.account.data, job->shop.account.size);
    char *remote = mem_text_n(job->shop.remote.data, job->shop.remote.size);
    struct stock_naming columns = {0};
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        if (job->columns[i].size)
            columns.of[i] = mem_text_n(job->columns[i].data, job->columns[i].size);
    const struct import_options options = {.shop = {.account = account[0] ? account : NULL,
                                                    .remote = remote[0] ? remote : NULL,
                                                    .add = job->shop.add,
                                                    .absent_zero = job->shop.absent_zero},
                                           .warehouse = warehouse[0] ? warehouse : NULL,
                                           .kind = job->kind,
                                           .cause = job->cause,
                                           .create = job->create,
                                           .separator = job->separator,
                                           .columns = columns,
                                           .encoding = job->encoding,
                                           .name = name,
                                           .actor = actor};
    struct import *import = import_make(imports, &options);
    stock_naming_free(&columns);
    mem_free(account);
    mem_free(remote);
    mem_free(warehouse);
    mem_free(name);
    mem_free(actor);
    import->job = found->job;
    import->stage = STAGE_WAITING;
    import->whole = true;
    import->started_ms = job->started_ms;
    import->counts = job->counts;
    import->cursor =
        (struct stock_row){.product = job->cursor_product, .warehouse = job->cursor_warehouse};
    import->chunks = job->chunks;
    import->since = job->since;
    snprintf(import->found, sizeof import->found, "%.*s", (int)job->found.size,
             (const char *)job->found.data);
    snprintf(import->file, sizeof import->file, "%.*s", (int)job->file.size,
             (const char *)job->file.data);
    import->path = mem_format("%s/%s", imports->directory, import->file);
    import->halted = imports->stopping;
    log_info("import", "goes-on", "job=%llu done=%llu", (unsigned long long)import->job,
             (unsigned long long)job->counts.done);
    if (import_is_shop(import)) import_shop_resume(import, job);
    if (!import_ends_early(import) && import->stage == STAGE_GATHERING) import_shop_start(import);
}

static void on_retry(struct timer *timer)
{
    imports_look_again((struct imports *)((char *)timer - offsetof(struct imports, retry)));
}

/* Nobody would ask again for a job that goes on, or was released. */
static void check_found(struct imports *imports, const struct error *error)
{
    char quoted[LOG_QUOTED_MAX];
    imports->retry_ms = error->status == ST_OK ? 0 : import_retry_ms(imports->retry_ms);
    if (!imports->retry_ms) return;
    log_error("import", "not-resumed", "ms=%lld why=%s", (long long)imports->retry_ms,
              log_quote(error->text, quoted));
    imports->retry.fire = on_retry;
    if (!imports->stopping)
        imports->options.runtime->timer_arm(imports->options.runtime, &imports->retry,
                                            imports->retry_ms);
}

static void resume_done(struct work_task *task)
{
    struct import_resume *resume =
        (struct import_resume *)((char *)task - offsetof(struct import_resume, work));
    struct imports *imports = resume->imports;
    imports->resume = NULL;
    check_found(imports, &resume->error);
    for (struct import *i = imports->first; i; i = i->next) /* they waited for the files */
        if (i->stage == STAGE_RECEIVING) import_receive_turn(i);
    for (size_t i = 0; i < resume->count; i++) {
        if (resume->found[i].view.state == IMPORT_RUNNING &&
            !is_going_on(imports, resume->found[i].job))
            go_on(imports, &resume->found[i]);
        mem_free(resume->found[i].record);
    }
    mem_free(resume->found);
    mem_free(resume);
    if (imports->look_again && !imports->stopping) {
        imports->look_again = false;
        imports_look_again(imports);
    }
    imports_turn(imports);
    if (imports->options.settled) imports->options.settled(imports->options.ctx);
    imports_check_stopped(imports);
}

static void look(struct imports *imports, bool again)
{
    struct import_resume *resume = mem_alloc(sizeof *resume);
    resume->again = again;
    imports->resume = resume;
    resume->imports = imports;
    resume->work = (struct work_task){.run = resume_run, .done = resume_done};
    imports->options.runtime->work_submit(imports->options.runtime, &resume->work);
}

void imports_resume(struct imports *imports)
{
    look(imports, false);
}

void imports_look_again(struct imports *imports)
{
    if (imports->resume || imports->stopping)
        imports->look_again = true;
    else
        look(imports, true);
}
