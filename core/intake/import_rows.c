/* Segments, runs and their merge. Sorting one segment is import_sort.c's. */
#include "intake/import_rows.h"

#include "base/mem.h"
#include "intake/import_file.h"
#include "intake/import_sort.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MERGE_BYTES = 4 << 20,    /* of all runs together while they are merged */
    RUN_ROWS_MIN = 4096 / 24, /* of one run: a page's worth, however many runs there are */
};

struct run {
    uint64_t first;     /* of its rows in the file */
    uint64_t next, end; /* rows of the file not read yet */
    struct stock_row *rows;
    uint32_t at, count;
};

struct import_rows {
    char *path;
    int fd;                           /* -1: nothing written yet */
    struct stock_row *rows, *scratch; /* a segment each; mapped, so that they surely go back */
    uint32_t count, segment;
    uint64_t written, total;
    struct run *runs;
    uint32_t run_count, run_rows;
    uint32_t *heap; /* of runs that have rows: the one with the lowest row first */
    uint32_t heap_count;
};

static struct stock_row *map_rows(uint32_t count)
{
    void *at = mmap(NULL, (size_t)count * sizeof(struct stock_row), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED) return at;
    fputs("out of memory\n", stderr); /* as base/mem.h has it */
    abort();
}

static void unmap_rows(struct import_rows *rows)
{
    size_t size = rows->segment * sizeof(struct stock_row);
    if (rows->rows) munmap(rows->rows, size);
    if (rows->scratch) munmap(rows->scratch, size);
    rows->rows = rows->scratch = NULL;
}

struct import_rows *import_rows_new(const char *path, uint32_t segment_rows)
{
    struct import_rows *rows = mem_alloc(sizeof *rows);
    rows->path = mem_text(path);
    rows->fd = -1;
    rows->segment = segment_rows;
    rows->rows = map_rows(segment_rows);
    rows->scratch = map_rows(segment_rows);
    return rows;
}

void import_rows_free(struct import_rows *rows)
{
    if (!rows) return;
    unmap_rows(rows);
    for (uint32_t i = 0; i < rows->run_count; i++)
        mem_free(rows->runs[i].rows);
    mem_free(rows->runs);
    mem_free(rows->heap);
    if (rows->fd >= 0) close(rows->fd);
    mem_free(rows->path);
    mem_free(rows);
}

uint64_t import_rows_count(const struct import_rows *rows)
{
    return rows->total;
}

/* ---- gathering */

static enum status write_run(struct import_rows *rows, struct error *error)
{
    if (rows->count == 0) return ST_OK;
    if (rows->fd < 0) {
        enum status status = import_file_create(rows->path, &rows->fd, error);
        if (status != ST_OK) return status;
        unlink(rows->path);
    }
    const struct stock_row *sorted = import_sort(rows->rows, rows->scratch, rows->count);
    enum status status =
        import_file_write(rows->fd, rows->path, sorted, rows->count * sizeof *sorted, error);
    if (status != ST_OK) return status;
    rows->runs = mem_resize(rows->runs, (rows->run_count + 1) * sizeof *rows->runs);
    rows->runs[rows->run_count++] = (struct run){
        .first = rows->written, .next = rows->written, .end = rows->written + rows->count};
    rows->written += rows->count;
    rows->count = 0;
    return ST_OK;
}

enum status import_rows_add(struct import_rows *rows, const struct stock_row *row,
                            struct error *error)
{
    assert(rows->rows);
    rows->rows[rows->count++] = *row;
    rows->total++;
    return rows->count == rows->segment ? write_run(rows, error) : ST_OK;
}

/* ---- merging */

static const struct stock_row *run_row(const struct import_rows *rows, uint32_t run)
{
    return &rows->runs[run].rows[rows->runs[run].at];
}

/* Reads on where a run's rows are used up; none are left when `count` is 0 then. */
static enum status run_load(struct import_rows *rows, struct run *run, struct error *error)
{
    uint64_t want = run->end - run->next;
    if (want > rows->run_rows) want = rows->run_rows;
    run->at = run->count = 0;
    if (want == 0) return ST_OK;
    size_t size = (size_t)want * sizeof *run->rows, got;
    enum status status = import_file_read(rows->fd, rows->path, run->rows, size,
                                          run->next * sizeof *run->rows, &got, error);
    if (status != ST_OK) return status;
    if (got != size)
        return error_set(error, ST_DAMAGED, "%s: it ended early; is the disk sound?", rows->path);
    run->next += want;
    run->count = (uint32_t)want;
    return ST_OK;
}

/* Earlier runs first, so that rows of one pair keep their order. */
static bool run_before(const struct import_rows *rows, uint32_t a, uint32_t b)
{
    int order = stock_row_order(run_row(rows, a), run_row(rows, b));
    return order ? order < 0 : a < b;
}

static void heap_sink(struct import_rows *rows, uint32_t at)
{
    uint32_t run = rows->heap[at];
    for (;;) { /* down one level a round */
        uint32_t child = 2 * at + 1;
        if (child >= rows->heap_count) break;
        if (child + 1 < rows->heap_count &&
            run_before(rows, rows->heap[child + 1], rows->heap[child]))
            child++;
        if (!run_before(rows, rows->heap[child], run)) break;
        rows->heap[at] = rows->heap[child];
        at = child;
    }
    rows->heap[at] = run;
}

enum status import_rows_seal(struct import_rows *rows, struct error *error)
{
    enum status status = write_run(rows, error);
    if (status != ST_OK) return status;
    unmap_rows(rows);
    if (rows->run_count == 0) return ST_OK;
    rows->run_rows = MERGE_BYTES / (uint32_t)sizeof(struct stock_row) / rows->run_count;
    if (rows->run_rows < RUN_ROWS_MIN) rows->run_rows = RUN_ROWS_MIN;
    rows->heap = mem_array(rows->run_count, sizeof *rows->heap);
    for (uint32_t i = 0; i < rows->run_count; i++) {
        struct run *run = &rows->runs[i];
        uint64_t most =
            run->end - run->next < rows->run_rows ? run->end - run->next : rows->run_rows;
        run->rows = mem_array((size_t)most, sizeof *run->rows);
    }
    return import_rows_rewind(rows, error);
}

enum status import_rows_rewind(struct import_rows *rows, struct error *error)
{
    rows->heap_count = 0;
    for (uint32_t i = 0; i < rows->run_count; i++) {
        struct run *run = &rows->runs[i];
        run->next = run->first;
        enum status status = run_load(rows, run, error);
        if (status != ST_OK) return status;
        rows->heap[rows->heap_count++] = i;
    }
    for (uint32_t i = rows->heap_count / 2; i > 0; i--)
        heap_sink(rows, i - 1);
    return ST_OK;
}

const struct stock_row *import_rows_at(const struct import_rows *rows)
{
    return rows->heap_count ? run_row(rows, rows->heap[0]) : NULL;
}

enum status import_rows_next(struct import_rows *rows, struct error *error)
{
    assert(rows->heap_count);
    struct run *run = &rows->runs[rows->heap[0]];
    if (++run->at == run->count) {
        enum status status = run_load(rows, run, error);
        if (status != ST_OK) return status;
        if (run->count == 0) rows->heap[0] = rows->heap[--rows->heap_count];
    }
    if (rows->heap_count > 1) heap_sink(rows, 0);
    return ST_OK;
}
