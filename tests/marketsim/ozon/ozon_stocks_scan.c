/* The quick way through a stock write of the plainest form: {"stocks":[{...},...]} with known
 * fields, each once, texts without escapes or bytes beyond ASCII, numbers within bounds. Whatever
 * else comes is left to the strict JSON reader, which also words the refusals. A general parser
 * alone would take more time than everything else in the model and bound the throughput that can be
 * measured. */
#include "marketsim/ozon/ozon_state.h"

#include <string.h>

struct scan {
    const char *at;
    const char *end;
    char *texts; /* where offer ids are copied to, as long as the body */
};

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

static bool take(struct scan *scan, char wanted)
{
    skip_blanks(scan);
    if (scan->at == scan->end || *scan->at != wanted) return false;
    scan->at++;
    return true;
}

static bool take_text(struct scan *scan, const char **text)
{
    if (!take(scan, '"')) return false;
    *text = scan->texts;
    for (; scan->at < scan->end && *scan->at != '"'; scan->at++) {
        unsigned char c = (unsigned char)*scan->at;
        if (c < 0x20 || c >= 0x7f || c == '\\') return false;
        *scan->texts++ = (char)c;
    }
    *scan->texts++ = '\0';
    return take(scan, '"');
}

/* A whole number from 0 on; 18 digits cannot overflow. */
static bool take_number(struct scan *scan, int64_t *number)
{
    skip_blanks(scan);
    const char *first = scan->at;
    *number = 0;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9' && scan->at - first < 18)
        *number = *number * 10 + (*scan->at++ - '0');
    size_t digits = (size_t)(scan->at - first);
    if (digits == 0 || (digits > 1 && *first == '0')) return false;
    return scan->at < scan->end && strchr(" ,}]\r\n\t", *scan->at) != NULL;
}

enum { HAS_OFFER = 1, HAS_PRODUCT = 2, HAS_STOCK = 4, HAS_WAREHOUSE = 8 };

static bool take_field(struct scan *scan, struct ozon_stock_row *row, int *seen)
{
    const char *name;
    char *before = scan->texts;
    if (!take_text(scan, &name) || !take(scan, ':')) return false;
    int has = strcmp(name, "offer_id") == 0       ? HAS_OFFER
              : strcmp(name, "product_id") == 0   ? HAS_PRODUCT
              : strcmp(name, "stock") == 0        ? HAS_STOCK
              : strcmp(name, "warehouse_id") == 0 ? HAS_WAREHOUSE
                                                  : 0;
    if (!has || *seen & has) return false;
    *seen |= has;
    scan->texts = before; /* the name need not stay */
    switch (has) {
    case HAS_OFFER: return take_text(scan, &row->offer_id);
    case HAS_PRODUCT: return take_number(scan, &row->product_id);
    case HAS_STOCK: return take_number(scan, &row->stock);
    default: return take_number(scan, &row->warehouse_id);
    }
}

static bool take_row(struct scan *scan, struct ozon_stock_row *row)
{
    int seen = 0;
    *row = (struct ozon_stock_row){.offer_id = ""};
    if (!take(scan, '{')) return false;
    do {
        if (!take_field(scan, row, &seen)) return false;
    } while (take(scan, ','));
    return take(scan, '}') && seen & HAS_STOCK && row->warehouse_id > 0 &&
           (*row->offer_id || row->product_id);
}

bool ozon_stocks_scan(const char *body, size_t len, char *texts,
                      struct ozon_stock_row rows[OZON_STOCK_PAIRS], size_t *count)
{
    struct scan scan = {body, body + len, texts};
    const char *name;
    *count = 0;
    if (!take(&scan, '{') || !take_text(&scan, &name) || strcmp(name, "stocks") != 0 ||
        !take(&scan, ':') || !take(&scan, '['))
        return false;
    do {
        if (*count == OZON_STOCK_PAIRS || !take_row(&scan, &rows[(*count)++])) return false;
    } while (take(&scan, ','));
    if (!take(&scan, ']') || !take(&scan, '}')) return false;
    skip_blanks(&scan);
    return scan.at == scan.end;
}
