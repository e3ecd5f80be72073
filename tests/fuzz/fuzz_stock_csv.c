/* Stock figures from CSV: only rows that make sense become figures, however the bytes are cut.
 * Input: how the bytes are cut (1), whether a warehouse is given beforehand, and which columns are
 * named (1), the bytes; of named ones the first few are a title. */
#include "fuzz.h"

#include "intake/stock_csv.h"

struct seen {
    uint64_t rows, figures, sum;
};

static bool on_row(const struct stock_csv_row *row, void *ctx)
{
    struct seen *seen = ctx;
    seen->rows++;
    seen->sum += row->line;
    if (row->problem) {
        FUZZ_CHECK(row->problem[0], "a refusal says why");
        return true;
    }
    FUZZ_CHECK(row->sku.size > 0 && row->sku.size <= STOCK_CSV_SKU_MAX, "a SKU of 1 to %d bytes",
               STOCK_CSV_SKU_MAX);
    FUZZ_CHECK(row->warehouse.size > 0 && row->warehouse.size <= STOCK_CSV_WAREHOUSE_MAX,
               "a warehouse of 1 to %d bytes", STOCK_CSV_WAREHOUSE_MAX);
    FUZZ_CHECK(!memchr(row->sku.data, 0, row->sku.size), "a SKU without NUL");
    FUZZ_CHECK(row->quantity >= 0 && row->quantity <= STOCK_CSV_QUANTITY_MAX,
               "a quantity of 0 to %lld", (long long)STOCK_CSV_QUANTITY_MAX);
    seen->figures++;
    seen->sum = seen->sum * 31 + (uint64_t)row->quantity + row->sku.size;
    return true;
}

static struct seen read_cut(struct bytes bytes, size_t cut, const char *warehouse,
                            const struct stock_naming *naming, enum status *status)
{
    struct seen seen = {0};
    const struct stock_csv_options options = {.warehouse = warehouse, .naming = *naming};
    struct stock_csv *csv = stock_csv_new(&options, on_row, &seen);
    const char *at = bytes.data;
    struct error error = {0};
    *status = ST_OK;
    for (size_t done = 0; done < bytes.size && *status == ST_OK;) {
        size_t n = bytes.size - done < cut ? bytes.size - done : cut;
        char *part = fuzz_copy(bytes_of(at + done, n), false);
        *status = stock_csv_feed(csv, bytes_of(part, n), &error);
        free(part);
        done += n;
    }
    if (*status == ST_OK) *status = stock_csv_end(csv, &error);
    FUZZ_CHECK(*status == ST_OK || error.text[0], "a refusal says why");
    stock_csv_free(csv);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    size_t cut = 1 + fuzz_u8(&in);
    uint8_t said = fuzz_u8(&in);
    const char *warehouse = said & 1 ? "msk" : NULL;
    struct stock_naming naming = {0};
    if (said & 2) {
        char *title = fuzz_copy(fuzz_bytes(&in, said >> 4), true);
        stock_naming_set(&naming, "sku", title, NULL);
        free(title);
    }
    if (said & 4) stock_naming_set(&naming, "quantity", "#2", NULL);
    if (said & 8) stock_naming_set(&naming, "warehouse", "#3", NULL);
    struct bytes rest = fuzz_bytes(&in, size);
    enum status whole_status, cut_status;
    struct seen whole = read_cut(rest, rest.size + 1, warehouse, &naming, &whole_status);
    struct seen parts = read_cut(rest, cut, warehouse, &naming, &cut_status);
    stock_naming_free(&naming);
    FUZZ_CHECK(whole_status == cut_status, "cut or whole, it reads the same");
    if (whole_status != ST_OK) return 0;
    FUZZ_CHECK(whole.rows == parts.rows && whole.figures == parts.figures && whole.sum == parts.sum,
               "cut into %zu or whole, the same rows come out", cut);
    return 0;
}
