/* The way of an import from an account: accepted, gathered (gather.h), products made, taken
 * (import_shop_take.h), spooled; from there on it is an import like any other. A dry run ends when
 * it was taken, and has no job. */
#include "base/mem.h"
#include "engine/guard.h"
#include "intake/import_private.h"
#include "intake/import_shop_spool.h"
#include "sync/gather.h"

#include <stdio.h>
#include <string.h>

struct import_shop {
    struct gather *gather;
    struct shop_take take;
    bool taken;
    struct import_job_shop facts; /* texts are the options' */
    struct import_job_shop sent;  /* as of when the engine task on its way was submitted */
    uint32_t stage;
    /* Products being made. */
    uint64_t after;
    struct shop_create create;
};

bool import_is_shop(const struct import *import)
{
    return import->options.shop.account != NULL;
}

static int64_t now_of(const struct import *import)
{
    return clock_wall_ms(import->imports->options.runtime->clock);
}

/* ---- facts */

void import_shop_describe(const struct import *import, struct import_job_shop *facts)
{
    const struct import_shop_options *options = &import->options.shop;
    *facts = import->shop->sent;
    facts->account = bytes_text(options->account);
    facts->remote = bytes_text(options->remote ? options->remote : "");
    if (import->shop->taken) facts->remote = bytes_text(import->shop->take.places.remote_id);
    facts->add = options->add;
    facts->absent_zero = options->absent_zero;
}

void import_shop_send(struct import *import)
{
    import->shop->sent = import->shop->facts;
}

const struct import_report *import_shop_report(const struct import *import)
{
    return import->shop && import->shop->taken ? &import->shop->take.report : NULL;
}

const struct stock_shown *import_shop_shown(const struct import *import)
{
    return import->shop ? &import->shop->facts.shown : NULL;
}

void import_shop_stage(struct import *import, uint32_t stage)
{
    struct import_shop *shop = import->shop;
    if (!shop) return;
    struct import_stage_times *times = shop->facts.stages;
    for (uint32_t i = 0; i < stage; i++)
        if (!times[i].ended_ms) times[i].ended_ms = now_of(import);
    for (uint32_t i = 0; i <= stage; i++)
        if (!times[i].started_ms) times[i].started_ms = now_of(import);
    shop->stage = stage;
}

static void tell_stage(struct import *import, int64_t done, int64_t total, const char *waiting)
{
    if (import->events.stage)
        import->events.stage(import->events.ctx, import->shop->stage, done, total, waiting);
}

/* ---- the end before anything was taken */

static void fail(struct import *import, enum status status, const char *text)
{
    char sentence[ERROR_TEXT_MAX];
    snprintf(sentence, sizeof sentence, "%.*s%s", ERROR_TEXT_MAX - 32, text,
             status == ST_CANCELLED ? "" : "; nothing was changed");
    import->error.status = status;
    memcpy(import->error.text, sentence, sizeof sentence);
    import_finish(import);
}

static void fail_error(struct import *import, const struct error *error, enum status status)
{
    fail(import, status, error->text);
}

/* ---- 4: spooled */

static void record_spool(struct import *import);

static enum status spooled_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    return import_job_shop(import_of_task(task), txn, error);
}

static void spooled_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    if (status != ST_OK) {
        if (!import_retry(import, error, record_spool)) fail_error(import, error, status);
        return;
    }
    import->retry_ms = 0;
    import->stage = STAGE_WAITING;
    if (!import_ends_early(import)) imports_turn(import->imports);
}

static void record_spool(struct import *import)
{
    if (!import_ends_early(import)) import_engine(import, spooled_run, spooled_done);
}

/* ---- 3: taken */

static void take_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    struct import_shop *shop = import->shop;
    struct error *error = &import->work_error;
    struct store_txn *txn;
    enum status status = store_begin(import->imports->options.store, STORE_READ, &txn, error);
    if (status != ST_OK) return;
    shop->take.options = &import->options;
    status = shop_take_run(&shop->take, txn, error);
    store_abort(txn);
    const struct import_report *report = &shop->take.report;
    if (status == ST_OK && report->counts.listed == 0 && !import->options.shop.dry_run &&
        !import->options.shop.absent_zero)
        status = error_set(error, ST_CONFLICT,
                           "account '%s' lists no figure in '%s' (an empty answer changes nothing)",
                           report->account, report->remote);
    if (status == ST_OK && !import->options.shop.dry_run)
        status = shop_spool_write(import->path, &shop->take, &import->counts.bytes, error);
    error->status = status;
}

static void keep_facts(struct import *import)
{
    struct import_shop *shop = import->shop;
    shop->taken = true;
    shop->facts.counts = shop->take.report.counts;
    shop->facts.external = !shop->take.orders_import;
    shop->facts.shown = shop_take_shown(&shop->take);
    shop->facts.stages[SHOP_STAGE_FIGURES].done = (int64_t)shop->facts.counts.listed;
}

static void take_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    if (import_ends_early(import)) return;
    if (import->work_error.status != ST_OK) {
        fail_error(import, &import->work_error, import->work_error.status);
        return;
    }
    keep_facts(import);
    if (!import->options.shop.dry_run) {
        record_spool(import);
        return;
    }
    const struct shop_take *take = &import->shop->take;
    import->counts.rows = take->row_count + take->refused_count;
    import_finish(import);
}

/* ---- 2: products made */

static void find_products(struct import *import);

static enum status create_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct import *import = import_of_task(task);
    struct import_shop *shop = import->shop;
    uint64_t made = 0;
    for (uint32_t i = 0; i < shop->create.count; i++) {
        const struct buf *payload = &shop->create.payloads[i];
        const struct command command = {.kind = COMMAND_PRODUCT_PUT,
                                        .actor = import->options.actor,
                                        .now_ms = import->now_ms,
                                        .group = import->job,
                                        .payload = bytes_of(payload->data, payload->size)};
        struct command_result result = {0};
        struct error why = {0};
        enum status status =
            engine_apply(import->imports->options.engine, txn, &command, &result, &why);
        made += status == ST_OK;
        /* One that cannot be made stays a listing that is tied to nothing, and is told as such. */
        if (status == ST_OK || status == ST_EXISTS || status == ST_INVALID ||
            status == ST_CONFLICT || status == ST_TOO_BIG)
            continue;
        *error = why;
        return status;
    }
    return import_job_created(import, txn, made, error);
}

static void make_products(struct import *import);

static void create_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    struct import_shop *shop = import->shop;
    if (status != ST_OK && import_retry(import, error, make_products)) return;
    shop_create_free(&shop->create);
    if (status != ST_OK) {
        fail_error(import, error, status);
        return;
    }
    import->retry_ms = 0;
    import->counts.created = import->stored.created;
    if (import_ends_early(import)) return;
    if (shop->create.more)
        find_products(import);
    else
        import_work(import, take_run, take_done);
}

static void make_products(struct import *import)
{
    if (!import_ends_early(import)) import_engine(import, create_run, create_done);
}

static void find_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    struct import_shop *shop = import->shop;
    struct error *error = &import->work_error;
    struct directory *directory;
    struct store_txn *txn;
    enum status status = store_begin(import->imports->options.store, STORE_READ, &txn, error);
    if (status != ST_OK) return;
    status = directory_load(txn, &directory, error);
    if (status == ST_OK) {
        status = shop_places_find(directory, &import->options, &shop->take.places, error);
        directory_free(directory);
    }
    if (status == ST_OK)
        status = shop_create_find(txn, &shop->take.places, shop->take.read_ms, &shop->after,
                                  &shop->create, error);
    store_abort(txn);
    error->status = status;
}

static void find_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    if (import_ends_early(import)) return;
    if (import->work_error.status != ST_OK)
        fail_error(import, &import->work_error, import->work_error.status);
    else if (import->shop->create.count)
        make_products(import);
    else
        import_work(import, take_run, take_done);
}

static void find_products(struct import *import)
{
    import_work(import, find_run, find_done);
}

/* ---- 1: gathered */

static const uint32_t stage_of[GATHER_STAGES] = {
    [GATHER_ORDERS] = SHOP_STAGE_ORDERS,
    [GATHER_LISTS] = SHOP_STAGE_LISTS,
    [GATHER_STOCK] = SHOP_STAGE_STOCK,
    [GATHER_ORDERS_AGAIN] = SHOP_STAGE_FIGURES,
};

static enum status stage_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    return import_job_shop(import_of_task(task), txn, error);
}

static void stage_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    (void)status; /* it is only shown; the next stage tells again */
    (void)error;
    /* Stopped meanwhile; otherwise what was armed goes on. */
    if (!import->shop->gather && !import->on_timer) import_ends_early(import);
}

static void on_gathering(void *ctx, const struct gather_view *view)
{
    struct import *import = ctx;
    struct import_shop *shop = import->shop;
    uint32_t stage = stage_of[view->stage];
    bool next = stage != shop->stage || !shop->facts.stages[stage].started_ms;
    import_shop_stage(import, stage);
    if (view->done) shop->facts.stages[stage].done = view->done;
    tell_stage(import, view->done, view->total, view->waiting);
    if (next && import->job && !import->busy) import_engine(import, stage_run, stage_done);
}

static void go_on(struct import *import)
{
    if (import_ends_early(import)) return;
    if (import->busy) /* the stage is being stored */
        import_later(import, 1, go_on);
    else if (import->options.create && !import->options.shop.dry_run)
        find_products(import);
    else
        import_work(import, take_run, take_done);
}

static void end_of_gathering(struct import *import)
{
    if (import->busy)
        import_later(import, 1, end_of_gathering);
    else if (!import_ends_early(import))
        fail_error(import, &import->error, import->error.status);
}

/* What was not read there is absent only where all that is there was read (I10). A refused row of
 * another warehouse spoils that as well: the ABI does not say of which one it is, but that the
 * scope which is completed next has holes, and most plugins read all warehouses as one scope. */
static void check_absent(const struct import *import, const struct gather_ending *ending,
                         struct error *error)
{
    const struct import_shop_options *options = &import->options.shop;
    if (error->status != ST_OK || !options->absent_zero) return;
    if (!ending->listings_whole)
        error_set(error, ST_CONFLICT,
                  "the listings of account '%s' were not read to their end, "
                  "so nothing follows from what is absent",
                  options->account);
    else if (!ending->stock_whole)
        error_set(error, ST_CONFLICT,
                  "some rows of the stock of account '%s' could not be used, "
                  "so nothing follows from what is absent; `stockctl run list` shows its reading",
                  options->account);
}

static void on_gathered(void *ctx, const struct gather_ending *ending)
{
    struct import *import = ctx;
    struct import_shop *shop = import->shop;
    struct error error = {.status = ending->status};
    snprintf(error.text, sizeof error.text, "%s", ending->error);
    shop->take.read_ms = ending->stock_ms;
    shop->take.orders_import = ending->orders_import;
    check_absent(import, ending, &error);
    gather_free(shop->gather);
    shop->gather = NULL;
    if (error.status == ST_CANCELLED && !import->cancelled) import->halted = true;
    if (error.status == ST_OK) {
        import_shop_stage(import, SHOP_STAGE_FIGURES);
        import_later(import, 0, go_on);
        return;
    }
    import->error = error;
    import_later(import, 0, end_of_gathering);
}

void import_shop_start(struct import *import)
{
    struct imports *imports = import->imports;
    const struct gather_options options = {.account = import->options.shop.account,
                                           .changed = on_gathering,
                                           .ended = on_gathered,
                                           .ctx = import};
    import->stage = STAGE_GATHERING;
    if (!imports->options.sync) {
        fail(import, ST_CONFLICT, "this process reads no accounts");
        return;
    }
    import->shop->gather = gather_start(imports->options.sync, &options);
}

/* Cancelled or halted. */
void import_shop_stop(struct import *import)
{
    struct import_shop *shop = import->shop;
    gather_free(shop->gather);
    shop->gather = NULL;
    if (import->on_timer)
        import_later(import, 0, import->on_timer);
    else if (!import->busy)
        import_ends_early(import);
}

/* ---- 0: asked for */

static void check_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    struct error *error = &import->work_error;
    struct directory *directory;
    struct shop_places places;
    struct store_txn *txn;
    enum status status = store_begin(import->imports->options.store, STORE_READ, &txn, error);
    if (status != ST_OK) return;
    status = directory_load(txn, &directory, error);
    if (status == ST_OK) {
        status = shop_places_find(directory, &import->options, &places, error);
        directory_free(directory);
    }
    store_abort(txn);
    if (status == ST_OK && import->options.shop.add && import->options.shop.absent_zero)
        status = error_set(error, ST_INVALID,
                           "what is added says nothing of what is absent; leave out one of "
                           "--add and --absent zero");
    error->status = status;
}

static void check_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    if (import_ends_early(import)) return;
    if (import->work_error.status != ST_OK)
        fail_error(import, &import->work_error, import->work_error.status);
    else if (import->options.shop.dry_run)
        import_shop_start(import);
    else
        import_accept(import);
}

struct import *import_from_account(struct imports *imports, const struct import_options *options,
                                   const struct import_events *events)
{
    struct import *import = import_make(imports, options);
    import->events = *events;
    import->halted = imports->stopping;
    import->whole = true;
    import->options.kind = FIGURE_AVAILABLE;
    import->shop = mem_alloc(sizeof *import->shop);
    import->stage = STAGE_ACCEPTING;
    import_name_file(import, "shop");
    import_work(import, check_run, check_done);
    return import;
}

void import_shop_resume(struct import *import, const struct import_job *job)
{
    import->shop = mem_alloc(sizeof *import->shop);
    import->shop->facts = job->shop;
    import->shop->facts.account = import->shop->facts.remote = bytes_of("", 0);
    if (job->counts.bytes) return; /* what was read is in its file */
    memset(import->shop->facts.stages, 0, sizeof import->shop->facts.stages);
    import->stage = STAGE_GATHERING;
}

void import_shop_free(struct import *import)
{
    struct import_shop *shop = import->shop;
    if (!shop) return;
    gather_free(shop->gather);
    shop_create_free(&shop->create);
    shop_take_free(&shop->take);
    mem_free(shop);
    import->shop = NULL;
}

struct import_source *import_shop_source(struct import *import)
{
    return shop_spool_source(import->path, import->counts.bytes,
                             import->imports->options.segment_rows, &import->refused);
}

/* ---- judging what the guard cannot see: figures that are shown nowhere yet */

enum status import_shop_judge(const struct import *import, struct error *error)
{
    enum { ZEROES_LEAST = 3 };
    if (!import->shop || import->chunks) return ST_OK;
    const struct import_shop_counts *c = &import->shop->sent.counts;
    const char *account = import->options.shop.account;
    if (c->listed == 0 && c->changed)
        return error_set(error, ST_HELD,
                         "account '%s' lists no figure at all there, and %llu products would "
                         "become 0",
                         account, (unsigned long long)c->zeroed);
    if (c->positive == 0 && c->changed && c->listed >= ZEROES_LEAST)
        return error_set(error, ST_HELD,
                         "every one of the %llu figures of account '%s' there is 0, which is "
                         "mostly an error of the marketplace",
                         (unsigned long long)c->listed, account);
    return guard_judge_zeroed(import->imports->options.engine, c->zeroed, c->stocked, error);
}
