/* From bytes of a spool file to rows of numbers. What columns mean and whether a row makes sense in
 * itself is stock_csv.c's; here it meets the store: is there such a product, such a warehouse? */
#include "intake/import_reader.h"

#include "base/mem.h"
#include "engine/keys.h"
#include "intake/import_file.h"
#include "intake/import_places.h"
#include "intake/import_wanted.h"
#include "intake/stock_csv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SLICE_BYTES = 4 << 20,  /* some 50 ms */
    SNIFF_BYTES = 32 << 20, /* looked at in one slice; some 50 ms, too */
    PIECE_BYTES = 64 << 10,
};

struct import_reader {
    struct import_source source; /* first */
    struct import_reader_options options;
    int fd; /* -1: not opened yet */
    char *piece;
    struct text_sniff sniff;
    bool sniffed;
    struct stock_csv *csv;
    struct import_rows *rows;
    struct import_wanted wanted;
    bool ended, sealed;
    /* Of the slice going on. */
    struct store_txn *txn;
    struct import_places *places;
    struct error error;
};

/* ---- rows */

/* False: it is counted, and nobody will see why. */
static bool refuse(struct import_reader *reader)
{
    reader->source.counts.refused++;
    return import_refused_wanted(reader->options.refused);
}

static void refuse_warehouse(struct import_reader *reader, const struct stock_csv_row *row)
{
    if (!refuse(reader)) return;
    const char *near = import_places_near(reader->places, row->warehouse);
    int size = (int)row->warehouse.size;
    uint32_t at = stock_csv_column(reader->csv, STOCK_WAREHOUSE);
    const char *key = row->warehouse.data;
    if (near)
        import_refused_add(reader->options.refused, (uint32_t)row->line, at,
                           "there is no warehouse '%.*s'; did you mean '%s'?", size, key, near);
    else
        import_refused_add(reader->options.refused, (uint32_t)row->line, at,
                           "there is no warehouse '%.*s'; `stockctl warehouse list` shows those "
                           "there are",
                           size, key);
}

static void refuse_sku(struct import_reader *reader, struct bytes sku, uint64_t line)
{
    if (!refuse(reader)) return;
    import_refused_add(reader->options.refused, (uint32_t)line,
                       stock_csv_column(reader->csv, STOCK_SKU),
                       "there is no product '%.*s'; add it with `stockctl product add`, or import "
                       "with --create",
                       (int)sku.size, (const char *)sku.data);
}

static void refuse_barcode(struct import_reader *reader, const struct stock_csv_row *row, bool many)
{
    if (!refuse(reader)) return;
    int size = (int)row->sku.size;
    uint32_t at = stock_csv_column(reader->csv, STOCK_BARCODE);
    const char *barcode = row->sku.data;
    if (many)
        import_refused_add(reader->options.refused, (uint32_t)row->line, at,
                           "several products have the barcode '%.*s'; name this one by its SKU",
                           size, barcode);
    else
        import_refused_add(reader->options.refused, (uint32_t)row->line, at,
                           "no product has the barcode '%.*s'; give it to one with `stockctl "
                           "product set`, or name it by its SKU",
                           size, barcode);
}

/* 0: there is none, or several. */
static uint64_t find_by_barcode(struct import_reader *reader, struct bytes barcode, bool *many)
{
    struct key prefix = {0};
    struct bytes key;
    uint64_t product = 0;
    unsigned count = 0;
    key_add(&prefix, barcode);
    key_u8(&prefix, 0);
    struct store_cursor *cursor = store_cursor(reader->txn, TABLE_PRODUCT_BARCODE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, NULL);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix)); /* two are too many already */
         status = store_next(cursor, &key, NULL)) {
        if (key.size != prefix.size + 8) continue; /* of a longer barcode */
        product = bytes_get_u64((const uint8_t *)key.data + prefix.size);
        if (++count == 2) break;
    }
    store_cursor_close(cursor);
    *many = count > 1;
    return count == 1 ? product : 0;
}

/* 0: there is none, or reader->error says what is wrong. */
static uint64_t find_product(struct import_reader *reader, struct bytes sku)
{
    struct bytes value;
    enum status status = store_get(reader->txn, TABLE_PRODUCT_SKU, sku, &value);
    if (status == ST_OK && value.size == 8) return bytes_get_u64(value.data);
    if (status != ST_NOT_FOUND && store_failed(reader->txn, &reader->error) == ST_OK)
        error_set(&reader->error, ST_DAMAGED, "store: a row of table product_sku cannot be read");
    return 0;
}

static bool on_row(const struct stock_csv_row *from, void *ctx)
{
    struct import_reader *reader = ctx;
    reader->source.counts.rows++;
    if (from->problem) {
        if (refuse(reader))
            import_refused_add(reader->options.refused, (uint32_t)from->line, from->column, "%s",
                               from->problem);
        return true;
    }
    struct stock_row row = {.line = (uint32_t)from->line, .quantity = from->quantity};
    row.warehouse = import_places_find(reader->places, from->warehouse);
    if (!row.warehouse) {
        refuse_warehouse(reader, from);
        return true;
    }
    bool many = false;
    row.product = from->by_barcode ? find_by_barcode(reader, from->sku, &many)
                                   : find_product(reader, from->sku);
    if (row.product) return import_rows_add(reader->rows, &row, &reader->error) == ST_OK;
    if (reader->error.status != ST_OK) return false;
    if (from->by_barcode)
        refuse_barcode(reader, from, many);
    else if (reader->options.create)
        import_wanted_add(&reader->wanted, from->sku, &row);
    else
        refuse_sku(reader, from->sku, from->line);
    return true;
}

/* The rows whose products have been made since the last slice. */
static enum status take_made(struct import_reader *reader)
{
    struct import_wanted *wanted = &reader->wanted;
    for (uint32_t i = 0; i < wanted->count && reader->error.status == ST_OK; i++) {
        struct bytes sku = import_wanted_sku(wanted, i);
        struct stock_row *row = &wanted->rows[i].row;
        row->product = find_product(reader, sku);
        if (row->product)
            import_rows_add(reader->rows, row, &reader->error);
        else if (reader->error.status == ST_OK)
            refuse_sku(reader, sku, row->line); /* made, and deleted by somebody at once */
    }
    import_wanted_clear(wanted);
    return reader->error.status;
}

/* ---- the file */

static enum status open_file(struct import_reader *reader)
{
    const struct import_reader_options *options = &reader->options;
    struct stat stat;
    if (reader->fd >= 0) return ST_OK;
    reader->fd = open(options->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (reader->fd < 0 && errno == ENOENT)
        return error_set(&reader->error, ST_NOT_FOUND,
                         "%s: the file of this import is gone; import again", options->path);
    if (reader->fd < 0 || fstat(reader->fd, &stat) != 0)
        return error_set(&reader->error, ST_IO, "%s: cannot be read: %s; import again",
                         options->path, strerror(errno));
    if ((uint64_t)stat.st_size != options->size)
        return error_set(&reader->error, ST_DAMAGED,
                         "%s: the file of this import has %lld bytes instead of %llu; import again",
                         options->path, (long long)stat.st_size, (unsigned long long)options->size);
    char *rows_path = mem_format("%s.rows", options->path);
    reader->piece = mem_alloc(PIECE_BYTES);
    const struct stock_csv_options csv = {.separator = options->separator,
                                          .warehouse = options->warehouse,
                                          .naming = options->columns};
    reader->csv = stock_csv_new(&csv, on_row, reader);
    reader->rows = import_rows_new(rows_path, options->segment_rows);
    mem_free(rows_path);
    return ST_OK;
}

/* Goes on looking; at the end it is known what the bytes are. */
static enum status sniff(struct import_reader *reader)
{
    const struct import_reader_options *options = &reader->options;
    struct error *error = &reader->error;
    enum text_encoding encoding;
    uint64_t stop = reader->sniff.size + SNIFF_BYTES;
    enum status status = ST_OK;
    size_t got = 1;
    while (status == ST_OK && got && reader->sniff.size < stop) {
        status = import_file_read(reader->fd, options->path, reader->piece, PIECE_BYTES,
                                  reader->sniff.size, &got, error);
        if (status == ST_OK) text_sniff_feed(&reader->sniff, bytes_of(reader->piece, got));
    }
    if (status != ST_OK || got) return status;
    reader->sniffed = true;
    status = text_sniff_end(&reader->sniff, options->encoding, &encoding, error);
    if (status == ST_OK)
        status =
            stock_csv_encoded(reader->csv, encoding, text_sniff_has_mark(&reader->sniff), error);
    return status;
}

static enum status feed_piece(struct import_reader *reader)
{
    size_t got;
    struct error error = {0};
    enum status status = import_file_read(reader->fd, reader->options.path, reader->piece,
                                          PIECE_BYTES, reader->source.counts.bytes, &got, &error);
    if (status == ST_OK && got == 0) {
        status = stock_csv_end(reader->csv, &error);
        reader->ended = true;
    } else if (status == ST_OK) {
        reader->source.counts.bytes += got;
        status = stock_csv_feed(reader->csv, bytes_of(reader->piece, got), &error);
    }
    /* What a row ran into was noted first. */
    if (status != ST_OK && reader->error.status == ST_OK) reader->error = error;
    return reader->error.status;
}

static enum status read_on(struct import_reader *reader)
{
    enum status status = import_places_load(reader->txn, &reader->places, &reader->error);
    if (status == ST_OK) status = take_made(reader);
    uint64_t stop = reader->source.counts.bytes + SLICE_BYTES;
    while (status == ST_OK && !reader->ended && reader->source.counts.bytes < stop &&
           !import_wanted_full(&reader->wanted))
        status = feed_piece(reader);
    if (status == ST_OK) import_wanted_pack(&reader->wanted);
    import_places_free(reader->places);
    reader->places = NULL;
    return status;
}

static bool at_end(const struct import_source *source)
{
    const struct import_reader *reader = (const struct import_reader *)source;
    return reader->ended && reader->wanted.count == 0;
}

static enum status slice(struct import_source *source, struct error *error)
{
    struct import_reader *reader = (struct import_reader *)source;
    enum status status = open_file(reader);
    if (status == ST_OK && !reader->sniffed) {
        status = sniff(reader);
        if (status == ST_OK && !reader->sniffed) return ST_OK;
    }
    if (status == ST_OK)
        status = store_begin(reader->options.store, STORE_READ, &reader->txn, &reader->error);
    if (status == ST_OK) {
        status = read_on(reader);
        store_abort(reader->txn);
        reader->txn = NULL;
    }
    if (status == ST_OK && at_end(source) && !reader->sealed) {
        reader->sealed = true;
        status = import_rows_seal(reader->rows, &reader->error);
    }
    if (status != ST_OK && error) *error = reader->error;
    return status;
}

/* ---- */

static void done(struct import_source *source)
{
    struct import_reader *reader = (struct import_reader *)source;
    if (reader->fd >= 0) close(reader->fd);
    reader->fd = -1;
    stock_csv_free(reader->csv);
    reader->csv = NULL;
    mem_free(reader->piece);
    reader->piece = NULL;
    import_wanted_free(&reader->wanted);
}

static void reader_free(struct import_source *source)
{
    struct import_reader *reader = (struct import_reader *)source;
    done(source);
    import_rows_free(reader->rows);
    mem_free(reader);
}

static uint32_t payload_count(const struct import_source *source)
{
    return ((const struct import_reader *)source)->wanted.payload_count;
}

static struct bytes payload(const struct import_source *source, uint32_t index)
{
    const struct buf *at = &((const struct import_reader *)source)->wanted.payloads[index];
    return bytes_of(at->data, at->size);
}

static void describe(const struct import_source *source, struct buf *out)
{
    const struct import_reader *reader = (const struct import_reader *)source;
    const struct text_sniff *s = &reader->sniff;
    if (!reader->csv || !reader->sniffed) return;
    stock_csv_describe(reader->csv, out);
    if (s->size && s->before != '\n' && s->before != '\0') /* 0: of UTF-16 */
        buf_text(out,
                 "; the last line has no line break: was the file cut off there, its figure is "
                 "wrong");
}

static struct import_rows *rows(struct import_source *source)
{
    return ((struct import_reader *)source)->rows;
}

static const struct import_source_ops ops = {
    .slice = slice,
    .payload_count = payload_count,
    .payload = payload,
    .at_end = at_end,
    .rows = rows,
    .describe = describe,
    .done = done,
    .free = reader_free,
};

struct import_source *import_reader_new(const struct import_reader_options *options)
{
    struct import_reader *reader = mem_alloc(sizeof *reader);
    reader->source.ops = &ops;
    reader->options = *options;
    reader->fd = -1;
    return &reader->source;
}
