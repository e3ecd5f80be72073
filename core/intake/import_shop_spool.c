/* Writing and reading the spool of an import from an account: a head, the rows, the refusals. */
#include "intake/import_shop_spool.h"

#include "base/mem.h"
#include "base/wire.h"
#include "intake/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPOOL_VERSION = 1, SPOOL_MAGIC = 0x53746b64, ROWS_AT_ONCE = 4096 };

struct spool_head {
    uint32_t magic, version;
    uint64_t rows, refused; /* refused: all of them */
    uint64_t kept_size;     /* bytes of those whose reason is kept, at the end */
};

/* ---- writing */

static void refusals_write(struct buf *out, const struct import_refused *refused)
{
    for (uint32_t i = 0; i < refused->count; i++) {
        wire_put_u64(out, refused->at[i].line);
        wire_put_text(out, refused->at[i].reason);
    }
}

enum status shop_spool_write(const char *path, const struct shop_take *take, uint64_t *size,
                             struct error *error)
{
    struct buf kept;
    int fd;
    buf_init(&kept, 4 << 20);
    refusals_write(&kept, &take->refused);
    const struct spool_head head = {.magic = SPOOL_MAGIC,
                                    .version = SPOOL_VERSION,
                                    .rows = take->row_count,
                                    .refused = take->refused_count,
                                    .kept_size = kept.size};
    const size_t rows = take->row_count * sizeof *take->rows;
    unlink(path); /* of a process that ended amid */
    enum status status = import_file_create(path, &fd, error);
    if (status == ST_OK) {
        status = import_file_write(fd, path, &head, sizeof head, error);
        if (status == ST_OK && rows) status = import_file_write(fd, path, take->rows, rows, error);
        if (status == ST_OK && kept.size)
            status = import_file_write(fd, path, kept.data, kept.size, error);
        if (status == ST_OK)
            status = import_file_finish(fd, path, error);
        else
            close(fd);
    }
    *size = sizeof head + rows + kept.size;
    buf_free(&kept);
    return status;
}

/* ---- reading */

struct spool {
    struct import_source source; /* first */
    const char *path;
    uint64_t size;
    uint32_t segment_rows;
    struct import_refused *refused;
    struct import_rows *rows;
    int fd;
    uint64_t at;
    bool ended;
};

static enum status take_bytes(struct spool *spool, void *data, size_t size, struct error *error)
{
    size_t got;
    enum status status =
        import_file_read(spool->fd, spool->path, data, size, spool->at, &got, error);
    if (status != ST_OK) return status;
    spool->at += got;
    if (got == size) return ST_OK;
    return error_set(error, ST_DAMAGED, "%s: the file of this import is cut off; import again",
                     spool->path);
}

static enum status take_rows(struct spool *spool, uint64_t count, struct error *error)
{
    struct stock_row *rows = mem_array(ROWS_AT_ONCE, sizeof *rows);
    enum status status = ST_OK;
    while (count && status == ST_OK) {
        size_t now = count < ROWS_AT_ONCE ? (size_t)count : ROWS_AT_ONCE;
        status = take_bytes(spool, rows, now * sizeof *rows, error);
        for (size_t i = 0; i < now && status == ST_OK; i++)
            status = import_rows_add(spool->rows, &rows[i], error);
        count -= now;
    }
    mem_free(rows);
    return status;
}

static enum status take_refusals(struct spool *spool, uint64_t size, struct error *error)
{
    char *bytes = mem_alloc((size_t)size + 1);
    enum status status = take_bytes(spool, bytes, (size_t)size, error);
    struct wire_reader r = wire_reader(bytes_of(bytes, (size_t)size));
    while (status == ST_OK && r.ok && !wire_at_end(&r)) {
        uint32_t line = wire_get_u32(&r);
        struct bytes reason = wire_get_bytes(&r);
        if (r.ok)
            import_refused_add(spool->refused, line, 0, "%.*s", (int)reason.size,
                               (const char *)reason.data);
    }
    mem_free(bytes);
    return status;
}

static enum status open_spool(struct spool *spool, struct spool_head *head, struct error *error)
{
    struct stat stat;
    spool->fd = open(spool->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (spool->fd < 0 && errno == ENOENT)
        return error_set(error, ST_NOT_FOUND,
                         "%s: what was read for this import is gone; import again", spool->path);
    if (spool->fd < 0 || fstat(spool->fd, &stat) != 0)
        return error_set(error, ST_IO, "%s: cannot be read: %s; import again", spool->path,
                         strerror(errno));
    enum status status = take_bytes(spool, head, sizeof *head, error);
    if (status != ST_OK) return status;
    bool whole =
        (uint64_t)stat.st_size == spool->size && head->magic == SPOOL_MAGIC &&
        head->version == SPOOL_VERSION && head->rows < spool->size &&
        head->kept_size < spool->size &&
        sizeof *head + head->rows * sizeof(struct stock_row) + head->kept_size == spool->size;
    if (whole) return ST_OK;
    return error_set(error, ST_DAMAGED, "%s: the file of this import is not whole; import again",
                     spool->path);
}

static enum status slice(struct import_source *source, struct error *error)
{
    struct spool *spool = (struct spool *)source;
    struct spool_head head;
    enum status status = open_spool(spool, &head, error);
    if (status != ST_OK) return status;
    char *path = mem_format("%s.rows", spool->path);
    spool->rows = import_rows_new(path, spool->segment_rows);
    mem_free(path);
    status = take_rows(spool, head.rows, error);
    if (status == ST_OK) status = take_refusals(spool, head.kept_size, error);
    if (status == ST_OK) status = import_rows_seal(spool->rows, error);
    source->counts.bytes = spool->at;
    source->counts.rows = head.rows + head.refused;
    source->counts.refused = head.refused;
    spool->ended = true;
    return status;
}

static bool at_end(const struct import_source *source)
{
    return ((const struct spool *)source)->ended;
}

static struct import_rows *rows(struct import_source *source)
{
    return ((struct spool *)source)->rows;
}

static void done(struct import_source *source)
{
    struct spool *spool = (struct spool *)source;
    if (spool->fd >= 0) close(spool->fd);
    spool->fd = -1;
}

static void spool_free(struct import_source *source)
{
    struct spool *spool = (struct spool *)source;
    done(source);
    import_rows_free(spool->rows);
    mem_free(spool);
}

static const struct import_source_ops ops = {
    .slice = slice, .at_end = at_end, .rows = rows, .done = done, .free = spool_free};

struct import_source *shop_spool_source(const char *path, uint64_t size, uint32_t segment_rows,
                                        struct import_refused *refused)
{
    struct spool *spool = mem_alloc(sizeof *spool);
    spool->source.ops = &ops;
    spool->path = path;
    spool->size = size;
    spool->segment_rows = segment_rows;
    spool->refused = refused;
    spool->fd = -1;
    return &spool->source;
}
