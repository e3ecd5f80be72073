/* Files as rows, and what their imports may and must bring. Bringing them, and the tasks that apply
 * them, are jobs.c's. */
#include "jobs_files.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MOST = 90, FIGURE_MOST = 120 };

struct files {
    struct sim *sim;
    struct file **list; /* in the order they were brought */
    size_t count, room;
};

struct files *files_new(struct sim *sim)
{
    struct files *f = mem_alloc(sizeof *f);
    f->sim = sim;
    return f;
}

void files_free(struct files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        mem_free(f->list[i]->rows);
        mem_free(f->list[i]);
    }
    mem_free(f->list);
    mem_free(f);
}

/* ---- making one */

static uint64_t below(struct sim *sim, uint64_t limit)
{
    return random_below(&sim->settings, limit);
}

static struct file *add(struct files *f)
{
    if (f->count == f->room) {
        f->room = f->room ? f->room * 2 : 16;
        f->list = mem_resize(f->list, f->room * sizeof *f->list);
    }
    struct file *file = f->list[f->count++] = mem_alloc(sizeof *file);
    file->rows = mem_array(ROWS_MOST, sizeof *file->rows);
    snprintf(file->name, sizeof file->name, "file-%zu.csv", f->count);
    return file;
}

/* In half of the worlds files make products: every other one of them. */
static bool may_create(const struct files *f)
{
    struct random random;
    random_seed(&random, f->sim->plan.seed ^ UINT64_C(0x637265617465));
    return random_below(&random, 2) && f->count % 2;
}

const char *files_make(struct files *f, struct buf *out, bool *create)
{
    const struct world *world = &f->sim->world;
    struct file *file = add(f);
    *create = file->create = may_create(f);
    uint32_t local = (uint32_t)below(f->sim, world->local_count);
    bool lacks = f->sim->plan.mutation == MUTATION_LOST_ROW;
    buf_format(out, "sku,warehouse,quantity\n");
    for (uint32_t p = 0; p < world->product_count && file->count < ROWS_MOST; p++) {
        if (below(f->sim, 3) == 0) continue;
        int64_t figure = below(f->sim, 4) ? (int64_t)below(f->sim, FIGURE_MOST) : 0;
        if (!lacks || file->count)
            buf_format(out, "%s,%s,%" PRId64 "\n", world->skus[p], world->locals[local], figure);
        file->rows[file->count++] = (struct file_row){p, local, figure, 0};
    }
    if (below(f->sim, 3) == 0 && !*create)
        buf_format(out, "nobody-has-it,%s,5\n", world->locals[local]);
    return file->name;
}

struct file *files_of(struct files *f, uint64_t job)
{
    for (size_t i = f->count; job && i > 0; i--)
        if (f->list[i - 1]->job == job) return f->list[i - 1];
    return NULL;
}

void files_accepted(struct files *f, const struct import_job *job, uint64_t number, uint64_t since)
{
    for (size_t i = 0; i < f->count; i++) {
        struct file *file = f->list[i];
        bool is = bytes_equal(job->name, bytes_text(file->name));
        /* The commit that accepted another one under this number was lost. */
        if (!is && file->job == number) file->job = 0;
        if (!is) continue;
        file->job = number;
        file->since = since;
    }
}

/* ---- what it may bring */

void files_check_row(struct files *f, uint64_t job, uint32_t product, uint32_t local,
                     int64_t figure)
{
    struct sim *sim = f->sim;
    const struct file *file = files_of(f, job);
    bool said = false;
    /* A product that was called otherwise when the file was read. */
    for (uint32_t i = 0; file && i < file->count; i++)
        said |= file->rows[i].local == local && file->rows[i].figure == figure &&
                (file->rows[i].product == product || sim->ties_moved);
    if (!said)
        sim_fail(sim, "import", 0, "import %llu brings %lld of %s in %s, and its file does not",
                 (unsigned long long)job, (long long)figure, sim->world.skus[product],
                 sim->world.locals[local]);
    if (file && file->dropped)
        sim_fail(sim, "import", 0, "import %llu was dropped, and brings %lld of %s in %s",
                 (unsigned long long)job, (long long)figure, sim->world.skus[product],
                 sim->world.locals[local]);
}

void files_check_made(struct files *f, uint64_t job, uint32_t product, uint64_t sequence)
{
    struct file *file = files_of(f, job);
    bool said = false;
    for (uint32_t i = 0; file && file->create && i < file->count; i++) {
        if (file->rows[i].product != product) continue;
        file->rows[i].made = sequence;
        said = true;
    }
    tally_count(&f->sim->tally, "product that an import makes");
    if (!said)
        sim_fail(f->sim, "import", 0, "import %llu makes %s, and its file does not say so",
                 (unsigned long long)job, f->sim->world.skus[product]);
}

/* ---- what it must bring */

static bool pair_key(const struct files *f, struct store_txn *txn, const struct file_row *row,
                     uint8_t key[12])
{
    struct bytes value;
    const char *sku = f->sim->world.skus[row->product];
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) != ST_OK) return false;
    memcpy(key, value.data, 8);
    bytes_put_u32(key + 8, row->local + 1); /* warehouses are made in this order */
    return true;
}

/* Made, renamed or led elsewhere after that command. */
static bool product_moved(struct store_txn *txn, const uint8_t *key, uint64_t since)
{
    struct bytes value;
    struct product_view view;
    return store_get(txn, TABLE_PRODUCT, bytes_of(key, 8), &value) != ST_OK ||
           product_read(value, &view) != ST_OK || view.revision > since;
}

/* The last command that changed the pair; 0: none did. */
static uint64_t last_change(struct store_txn *txn, const uint8_t pair[12])
{
    struct bytes key, value;
    uint64_t last = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, bytes_of(pair, 12), &key, &value);
    for (; status == ST_OK && key_starts(key, bytes_of(pair, 12));
         status = store_next(cursor, &key, &value))
        last = bytes_get_u64((const uint8_t *)key.data + 12);
    store_cursor_close(cursor);
    return last;
}

/* It made what nobody knew, where nobody may have taken it away since. */
static void check_there(const struct files *f, uint64_t number, const struct file *file,
                        const struct file_row *row)
{
    const struct sim *sim = f->sim;
    bool may_vanish = sim->ties_moved || sim->deleted || sim->plan.house.every_ms;
    if (file->create && !may_vanish)
        sim_fail(f->sim, "import", 0, "import %llu makes products, has ended, and %s is not there",
                 (unsigned long long)number, sim->world.skus[row->product]);
}

void files_check_end(struct files *f, uint64_t number, const struct import_job *job,
                     struct store_txn *txn)
{
    const struct file *file = files_of(f, number);
    if (!file) return;
    /* What others changed before a plan that released it is overwritten; but not where its row had
     * been brought before that, and of which rows that is so is not told here. */
    uint64_t since = job->since && !file->amid ? job->since : file->since;
    for (uint32_t i = 0; i < file->count; i++) {
        const struct file_row *row = &file->rows[i];
        uint8_t key[12];
        struct bytes value;
        struct stock_record stock;
        if (!pair_key(f, txn, row, key)) {
            check_there(f, number, file, row);
            continue;
        }
        if (product_moved(txn, key, row->made ? row->made : file->since) ||
            last_change(txn, key) > since)
            continue;
        bool counted = store_get(txn, TABLE_STOCK, bytes_of(key, 12), &value) == ST_OK;
        if (counted) memcpy(&stock, value.data, sizeof stock);
        if (counted && stock.on_hand == row->figure) continue;
        sim_fail(f->sim, "import", 0,
                 "import %llu has ended, nothing else has changed %s in %s since, and there are "
                 "%lld%s of it instead of %lld",
                 (unsigned long long)number, f->sim->world.skus[row->product],
                 f->sim->world.locals[row->local], counted ? (long long)stock.on_hand : 0LL,
                 counted ? "" : " (uncounted)", (long long)row->figure);
    }
}

bool files_names_nobody(struct files *f, uint64_t job, struct store_txn *txn)
{
    const struct file *file = files_of(f, job);
    for (uint32_t i = 0; file && i < file->count; i++) {
        uint8_t key[12];
        if (pair_key(f, txn, &file->rows[i], key) && !product_moved(txn, key, file->since))
            return false;
    }
    return file;
}

/* ---- as if it had brought all */

struct kept {
    bool there;
    struct stock_record stock;
};

static void put_row(struct store_txn *txn, const uint8_t key[12], const struct kept *kept)
{
    if (kept->there)
        store_put(txn, TABLE_STOCK, bytes_of(key, 12), bytes_of(&kept->stock, sizeof kept->stock));
    else
        store_delete(txn, TABLE_STOCK, bytes_of(key, 12));
}

bool files_as_if(struct files *f, const struct file *file, struct store_txn *txn,
                 void (*between)(void *ctx), void *ctx)
{
    struct kept *before = mem_array(file->count, sizeof *before);
    uint8_t key[12];
    bool known = true;
    for (uint32_t i = 0; i < file->count; i++)
        known &= !pair_key(f, txn, &file->rows[i], key) || !product_moved(txn, key, file->since);
    for (uint32_t i = 0; i < file->count && known; i++) {
        struct bytes value;
        if (!pair_key(f, txn, &file->rows[i], key)) continue;
        before[i].there = store_get(txn, TABLE_STOCK, bytes_of(key, 12), &value) == ST_OK;
        if (before[i].there) memcpy(&before[i].stock, value.data, sizeof before[i].stock);
        struct kept after = {true, before[i].stock};
        after.stock.on_hand = file->rows[i].figure;
        put_row(txn, key, &after);
    }
    if (known && store_failed(txn, NULL) == ST_OK) between(ctx);
    for (uint32_t i = 0; i < file->count && known; i++)
        if (pair_key(f, txn, &file->rows[i], key)) put_row(txn, key, &before[i]);
    mem_free(before);
    return known;
}
