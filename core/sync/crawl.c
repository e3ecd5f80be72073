/* Reading all stock by many operations: one for each remote warehouse, or one for each chunk of the
 * known listings, or both. Where it is, is kept in memory: what fails is read again from there, a
 * new process begins anew. One at a time in an account. */
#include "sync/private.h"

#include "base/mem.h"

enum {
    CRAWL_ITEMS_MAX = 1000, /* of one operation: 100,000 listings in 100 of them, bounded memory */
};

struct sync_crawl {
    struct sync_account *account;
    const char **warehouses; /* those there were when it began; NULL stands for all at once */
    uint32_t warehouse_count, warehouse; /* the one being read */
    uint64_t after;                      /* the last listing that was asked for there */
    uint64_t rows;
    struct sync_operation *operation; /* under way, or NULL */
    bool incomplete;                  /* some operation was not read to its end */
    struct arena memory;
    struct engine_task task;
    struct engine_readings ask;
    struct engine_batch *batch; /* of the next operation */
    struct arena items;
    bool more; /* listings after `after` */
};

bool crawl_needed(const struct sync_account *account)
{
    return account->plugin->flags & (STOCKD_STOCK_BY_WAREHOUSE | STOCKD_STOCK_NEEDS_IDS);
}

static bool by_ids(const struct sync_crawl *crawl)
{
    return crawl->account->plugin->flags & STOCKD_STOCK_NEEDS_IDS;
}

static void batch_drop(struct sync_crawl *crawl)
{
    if (crawl->batch) engine_batch_free(crawl->batch);
    mem_free(crawl->batch);
    crawl->batch = NULL;
}

void crawl_free(struct sync_account *account)
{
    struct sync_crawl *crawl = account->crawl;
    if (!crawl) return;
    batch_drop(crawl);
    arena_free(&crawl->memory);
    arena_free(&crawl->items);
    mem_free(crawl);
    account->crawl = NULL;
}

/* The warehouses as they are now: their list may change while it goes on. */
static struct sync_crawl *crawl_new(struct sync_account *account)
{
    struct sync_crawl *crawl = mem_alloc(sizeof *crawl);
    crawl->account = account;
    bool one_by_one = account->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE;
    crawl->warehouse_count = one_by_one ? account->warehouse_count : 1;
    crawl->warehouses =
        arena_alloc(&crawl->memory, sizeof *crawl->warehouses * (crawl->warehouse_count + 1));
    for (uint32_t i = 0; one_by_one && i < account->warehouse_count; i++)
        crawl->warehouses[i] = arena_text(&crawl->memory, bytes_text(account->warehouses[i].id));
    if (!one_by_one) crawl->warehouses[0] = NULL;
    return crawl;
}

/* ---- its end */

static void end(struct sync_crawl *crawl, const struct sync_ending *ending, bool keep)
{
    struct sync_account *account = crawl->account;
    batch_drop(crawl);
    if (!keep) crawl_free(account);
    duty_ended(account, SYNC_STOCK, ending);
}

static void end_of_all(struct sync_crawl *crawl)
{
    const struct sync_ending ending = {.ok = true,
                                       .completed = !crawl->incomplete,
                                       .all_stock = !crawl->incomplete,
                                       .rows = crawl->rows};
    end(crawl, &ending, false);
}

static void end_in_between(struct sync_crawl *crawl, const char *code, const char *text)
{
    const struct sync_ending ending = {
        .fail = STOCKD_FAIL_RETRY, .code = code, .text = text, .rows = crawl->rows};
    end(crawl, &ending, true);
}

/* ---- one operation */

static void next(struct sync_crawl *crawl);

static void advance(struct sync_crawl *crawl)
{
    if (by_ids(crawl) && crawl->more) return;
    crawl->warehouse++;
    crawl->after = 0;
}

static void operation_ended(struct sync_operation *operation, const struct sync_ending *ending)
{
    struct sync_crawl *crawl = sync_operation_ctx(operation);
    struct sync_duty *duty = &crawl->account->duties[SYNC_STOCK];
    crawl->operation = NULL;
    crawl->batch = NULL; /* freed with the operation */
    if (!ending->ok) {
        crawl->after = crawl->ask.after;
        end(crawl, ending, true);
        return;
    }
    crawl->rows += ending->rows;
    duty->kept |= ending->rows > 0;
    crawl->incomplete |= !ending->completed;
    duty->done = (int64_t)crawl->rows;
    load_stage_progress(crawl->account, SYNC_STOCK);
    advance(crawl);
    next(crawl);
}

static void operate(struct sync_crawl *crawl)
{
    struct sync_account *account = crawl->account;
    const struct stockd_start what = {
        .size = sizeof what,
        .operation = STOCKD_FETCH_STOCK,
        .item_count = crawl->batch ? crawl->batch->count : 0,
        .items = crawl->batch ? sync_items(crawl->batch, &crawl->items) : NULL,
        .warehouse_id = crawl->warehouses[crawl->warehouse],
        .warehouses = account->warehouses,
        .warehouse_count = account->warehouse_count};
    struct sync_setup setup = {.account = account,
                               .kind = STOCKD_FETCH_STOCK,
                               .start = &what,
                               .batch = crawl->batch,
                               .class = duty_class(account, SYNC_STOCK),
                               .refusals = &account->duties[SYNC_STOCK].refusals,
                               .states = account->states,
                               .state_count = account->state_count,
                               .ended = operation_ended,
                               .ctx = crawl};
    sync_random_id(account->sync, setup.id);
    struct error error = {0};
    bool started = sync_operation_start(&setup, &crawl->operation, &error);
    arena_free(&crawl->items);
    if (started) return;
    const struct sync_ending ending = {
        .fail = STOCKD_FAIL_BUG, .code = "refused", .text = error.text};
    end(crawl, &ending, false);
}

/* ---- the items of one */

static enum status select_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct sync_crawl *crawl =
        (struct sync_crawl *)((char *)task - offsetof(struct sync_crawl, task));
    return engine_select_readings(crawl->account->sync->engine, txn, &crawl->ask, crawl->batch,
                                  error);
}

static void select_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct sync_crawl *crawl =
        (struct sync_crawl *)((char *)task - offsetof(struct sync_crawl, task));
    struct sync_account *account = crawl->account;
    sync_busy(account, -1);
    if (status != ST_OK) {
        end_in_between(crawl, "not-selected", error->text);
    } else {
        crawl->more = crawl->batch->more;
        crawl->after = crawl->batch->last_listing;
        if (crawl->batch->count) {
            operate(crawl);
        } else {
            batch_drop(crawl);
            advance(crawl);
            next(crawl);
        }
    }
    account_turn(account);
}

static void select_items(struct sync_crawl *crawl)
{
    struct sync_account *account = crawl->account;
    crawl->batch = mem_alloc(sizeof *crawl->batch);
    engine_batch_init(crawl->batch);
    crawl->ask = (struct engine_readings){.account = account->number,
                                          .remote_id = crawl->warehouses[crawl->warehouse],
                                          .after = crawl->after,
                                          .most = CRAWL_ITEMS_MAX,
                                          .now_ms = sync_now_ms(account->sync)};
    crawl->task = (struct engine_task){.run = select_run, .done = select_done};
    sync_busy(account, 1);
    account->sync->runtime->engine_submit(account->sync->runtime, &crawl->task);
}

/* Whether somebody has stopped the account meanwhile. */
static bool stopped(const struct sync_account *account)
{
    return account->sync->stopping || account->removed || !account->enabled || account->paused ||
           account->parked || account_unproven(account);
}

static bool is_long(const struct sync_account *account)
{
    return sync_now_ms(account->sync) - account->duties[SYNC_STOCK].started_ms >=
           account->schedules.soft_limit_ms;
}

static void rest(struct sync_crawl *crawl)
{
    const struct sync_ending ending = {.fail = STOCKD_FAIL_RETRY,
                                       .resumes = true,
                                       .code = "soft-limit",
                                       .text = "it has gone on for its soft limit; it goes on from "
                                               "there when other tasks had their turn",
                                       .rows = crawl->rows};
    end(crawl, &ending, true);
}

static void next(struct sync_crawl *crawl)
{
    if (crawl->warehouse >= crawl->warehouse_count)
        end_of_all(crawl);
    else if (stopped(crawl->account))
        end_in_between(crawl, "stopped", "the account was stopped while its stock was being read");
    else if (is_long(crawl->account))
        rest(crawl);
    else if (by_ids(crawl))
        select_items(crawl);
    else
        operate(crawl);
}

void crawl_cancel(struct sync_account *account)
{
    struct sync_crawl *crawl = account->crawl;
    if (crawl && crawl->operation) sync_operation_cancel(crawl->operation);
}

void crawl_start(struct sync_account *account, bool anew)
{
    if (anew) crawl_free(account);
    if (!account->crawl) account->crawl = crawl_new(account);
    next(account->crawl);
}
