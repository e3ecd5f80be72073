/* Rows of SKUs that are not products yet. */
#include "intake/import_wanted.h"

#include "base/mem.h"

#include <stdlib.h>

void import_wanted_add(struct import_wanted *wanted, struct bytes sku, const struct stock_row *row)
{
    if (wanted->count == wanted->room) {
        wanted->room = wanted->room ? wanted->room * 2 : 256;
        wanted->rows = mem_resize(wanted->rows, wanted->room * sizeof *wanted->rows);
    }
    if (wanted->skus_room - wanted->skus_size < sku.size) {
        wanted->skus_room = wanted->skus_room * 2 + sku.size;
        wanted->skus = mem_resize(wanted->skus, wanted->skus_room);
    }
    memcpy(wanted->skus + wanted->skus_size, sku.data, sku.size);
    wanted->rows[wanted->count++] =
        (struct import_wanted_row){(uint32_t)wanted->skus_size, (uint32_t)sku.size, *row};
    wanted->skus_size += sku.size;
}

static int by_sku(const void *a, const void *b, void *ctx)
{
    const struct import_wanted_row *x = a, *y = b;
    const char *skus = ctx;
    int order =
        bytes_compare(bytes_of(skus + x->sku, x->sku_size), bytes_of(skus + y->sku, y->sku_size));
    return order ? order : (x->row.line > y->row.line) - (x->row.line < y->row.line);
}

static void add_payload(struct import_wanted *wanted, const struct bytes *skus, uint32_t count)
{
    if (count == 0) return;
    wanted->payloads =
        mem_resize(wanted->payloads, (wanted->payload_count + 1) * sizeof *wanted->payloads);
    struct buf *payload = &wanted->payloads[wanted->payload_count++];
    buf_init(payload, COMMAND_PAYLOAD_MAX);
    command_product_bulk(payload, skus, count);
}

void import_wanted_pack(struct import_wanted *wanted)
{
    if (wanted->count == 0) return;
    qsort_r(wanted->rows, wanted->count, sizeof *wanted->rows, by_sku, wanted->skus);
    struct bytes skus[IMPORT_CREATE_SKUS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < wanted->count; i++) {
        struct bytes sku = import_wanted_sku(wanted, i);
        if (i > 0 && bytes_equal(sku, import_wanted_sku(wanted, i - 1))) continue;
        skus[count++] = sku;
        if (count < IMPORT_CREATE_SKUS) continue;
        add_payload(wanted, skus, count);
        count = 0;
    }
    add_payload(wanted, skus, count);
}

void import_wanted_clear(struct import_wanted *wanted)
{
    for (uint32_t i = 0; i < wanted->payload_count; i++)
        buf_free(&wanted->payloads[i]);
    wanted->count = wanted->payload_count = 0;
    wanted->skus_size = 0;
}

void import_wanted_free(struct import_wanted *wanted)
{
    import_wanted_clear(wanted);
    mem_free(wanted->rows);
    mem_free(wanted->skus);
    mem_free(wanted->payloads);
    *wanted = (struct import_wanted){0};
}
