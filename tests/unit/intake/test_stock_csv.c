/* Stock files: which columns are found, which rows are refused and why. Rows are written down as
 * "line:sku@warehouse=quantity" or "line.column!why". */
#include "intake/stock_csv.h"

#include "base/buf.h"
#include "say/say.h"
#include "test_main.h"

#include <string.h>

static bool write_down(const struct stock_csv_row *row, void *ctx)
{
    struct buf *out = ctx;
    buf_format(out, "%llu", (unsigned long long)row->line);
    if (row->problem && row->column) buf_format(out, ".%u", row->column);
    if (row->problem) return buf_format(out, "!%s ", row->problem);
    return buf_format(out, ":%s%.*s@%.*s=%lld ", row->by_barcode ? "%" : "", (int)row->sku.size,
                      (const char *)row->sku.data, (int)row->warehouse.size,
                      (const char *)row->warehouse.data, (long long)row->quantity);
}

/* `columns`: "sku=A|quantity=#2", and what was found is told behind the rows; or NULL. */
static enum status read_named(const char *text, const char *columns, const char *warehouse,
                              struct buf *out, struct error *error)
{
    struct stock_csv_options options = {.warehouse = warehouse};
    char pairs[600] = "", *rest = pairs, *pair;
    enum status named = ST_OK;
    if (columns) strcpy(pairs, columns);
    while (columns && named == ST_OK && (pair = strsep(&rest, "|")))
        named = stock_naming_add(&options.naming, pair, error);
    if (named == ST_OK) named = stock_naming_check(&options.naming, error);
    struct stock_csv *csv = stock_csv_new(&options, write_down, out);
    stock_naming_free(&options.naming);
    if (named != ST_OK) {
        stock_csv_free(csv);
        return named;
    }
    enum status status = stock_csv_feed(csv, bytes_text(text), error);
    if (status == ST_OK) status = stock_csv_end(csv, error);
    if (columns && status == ST_OK) stock_csv_describe(csv, out);
    stock_csv_free(csv);
    return status;
}

static enum status read_all(const char *text, const char *warehouse, struct buf *out,
                            struct error *error)
{
    return read_named(text, NULL, warehouse, out, error);
}

static void rows_are_read_by_their_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text, *warehouse, *rows;
    } table[] = {
        {"sku,warehouse,quantity\nA,pp,5\n", NULL, "2:A@pp=5 "},
        {"A,pp,5\nB,pp,0\n", NULL, "1:A@pp=5 2:B@pp=0 "},
        {"A,5\n", "pp", "1:A@pp=5 "},
        {"Qty;Note;SKU\n5;x;A\n", "pp", "2:A@pp=5 "},
        {"offer_id\tstock\tWarehouse\nA\t7\tkot\n", NULL, "2:A@kot=7 "},
        {"Артикул;Склад;Остаток\nА-1;пп;5\n", NULL, "2:А-1@пп=5 "},
        {"АРТИКУЛ;КОЛ-ВО;СКЛАД\nА-1;5;\n", "pp", "2:А-1@pp=5 "},
        {"\xef\xbb\xbfsku,qty\r\nA,5\r\n", "pp", "2:A@pp=5 "},
        {"sku,warehouse,quantity\nA,kot,5\nB,,6\n", "pp", "2:A@kot=5 3:B@pp=6 "},
        {"Артикул|Остаток, шт.|Цена, руб\nA|5|1,50\n", "pp", "2:A@pp=5 "},
        {"sku;qty;a,b,c,d\nA;5;1,2,3,4\n", "pp", "2:A@pp=5 "}, /* the names decide, not the count */
        {"sep=;\nsku;qty\nA;5\n", "pp", "3:A@pp=5 "},
        {"Штрихкод;Кол-во (шт)\n4600000000015;5\n;6\n", "pp",
         "2:%4600000000015@pp=5 3.1!there is no barcode "},
        {"sku;barcode;qty\nA;460;5\n", "pp", "2:A@pp=5 "},
        {"A|pp|5\n", NULL, "1:A@pp=5 "},
        {"sku,qty\n\" A \",1\n B ,+2\n", "pp", "2: A @pp=1 3:B@pp=2 "},
        {"sku,qty\nA,1000000000000\nB,-0\nC,00000000000000000007\n", "pp",
         "2:A@pp=1000000000000 3:B@pp=0 4:C@pp=7 "},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out;
        struct error error = {0};
        buf_init(&out, 1 << 16);
        enum status status = read_all(table[i].text, table[i].warehouse, &out, &error);
        if (status != ST_OK || strcmp(buf_cstr(&out), table[i].rows) != 0)
            fail_msg("case %zu: %s%s", i, buf_cstr(&out), error.text);
        buf_free(&out);
    }
}

/* Unknown is never 0: none of these becomes a figure, and none costs the rows around it. */
static void senseless_rows_are_refused_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *row, *why, *at;
    } table[] = {
        {"A,pp,", "there is no quantity; write 0 where there is nothing", ".3"},
        {"A,pp", "the row has 2 of the 3 columns it needs", ""},
        {"A", "the row has 1 of the 3 columns it needs", ""},
        {"A,pp,-", "the quantity '-' is not a whole number; write digits only", ".3"},
        {"A,pp,n/a", "the quantity 'n/a' is not a whole number; write digits only", ".3"},
        {"A,pp,1e3", "the quantity '1e3' is not a whole number; write digits only", ".3"},
        {"A,pp,0x10", "the quantity '0x10' is not a whole number; write digits only", ".3"},
        {"A,pp,1.5", "the quantity '1.5' is not whole; stock is counted in whole pieces", ".3"},
        {"A,pp,\"1,5\"", "the quantity '1,5' is not whole; stock is counted in whole pieces", ".3"},
        {"A,pp,12.0", "the quantity '12.0' has a decimal part; write 12", ".3"},
        {"A,pp,\"12,00\"", "the quantity '12,00' has a decimal part; write 12", ".3"},
        {"A,pp,1 234", "the quantity '1 234' has marks between its digits; write digits only",
         ".3"},
        {"A,pp,1\xc2\xa0"
         "234",
         "the quantity '1\xc2\xa0"
         "234' has marks between its digits; write digits only",
         ".3"},
        {"A,pp,1'234", "the quantity '1'234' has marks between its digits; write digits only",
         ".3"},
        {"A,pp,\"1,234\"", "the quantity '1,234' has marks between its digits; write digits only",
         ".3"},
        {"A,pp,1.000", "the quantity '1.000' has marks between its digits; write digits only",
         ".3"},
        {"A,pp,-3", "the quantity is below 0; the least is 0", ".3"},
        {"A,pp,-99999999999999999999", "the quantity is below 0; the least is 0", ".3"},
        {"A,pp,1000000000001", "the quantity is over 1000000000000", ".3"},
        {"A,pp,99999999999999999999", "the quantity is over 1000000000000", ".3"},
        {",pp,5", "there is no SKU", ".1"},
        {"A,,5", "there is no warehouse; name it, or give one for the whole file with --warehouse",
         ".2"},
        {"\xc0\xf0\xf2,pp,5", "the SKU is not UTF-8 text; save the file as UTF-8", ".1"},
        {"A\x01,pp,5", "the SKU is not UTF-8 text; save the file as UTF-8", ".1"},
        {"A,\xff,5", "the warehouse is not UTF-8 text; save the file as UTF-8", ".2"},
        {"\"A,pp,5", "a quote is opened and not closed within 64 KiB", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf text, out, want;
        struct error error = {0};
        buf_init(&text, 1 << 16);
        buf_init(&out, 1 << 16);
        buf_init(&want, 1 << 16);
        buf_format(&text, "sku,warehouse,quantity\nX,pp,1\n%s\nY,pp,2\n", table[i].row);
        buf_format(&want, "2:X@pp=1 3%s!%s 4:Y@pp=2 ", table[i].at, table[i].why);
        assert_int_equal(read_all(buf_cstr(&text), NULL, &out, &error), ST_OK);
        assert_string_equal(buf_cstr(&out), buf_cstr(&want));
        if (!say_knows(table[i].why)) fail_msg("no words for: %s", table[i].why);
        buf_free(&text);
        buf_free(&out);
        buf_free(&want);
    }
}

static void unusable_files_are_refused_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } table[] = {
        {"name,quantity\nA,1\n", "the header in line 1 names no column 'sku'"},
        {"sku,price\nA,1\n", "the header in line 1 names no column 'quantity'"},
        {"sku,quantity\nA,1\n", "no column 'warehouse'"},
        {"\n\nhello world\n", "line 3 is neither a header (sku, warehouse, quantity) nor a row"},
        {"A,pp,five\n", "line 1 is neither"},
        {"A,5\n", "no column 'warehouse'"},
        {"\xff\xfes\0k\0u\0", "UTF-16"},
        /* What would be a guess. */
        {"A;5,0\n", "could be separated by comma or by semicolon; say which"},
        {"sku,qty;price\nA,1;2\n", "could be separated by comma or by semicolon"},
        {"sku,sku,qty\nA,B,1\n", "two columns that could be the sku, 'sku' and 'sku'"},
        {"Артикул;Код;Остаток\nA;1;5\n",
         "could be the sku, 'Артикул' and 'Код'; say which: --column sku=#1 or sku=#2"},
        {"sku;Остаток, шт;Остаток, руб\nA;1;500\n", "could be the quantity, 'Остаток, шт' and"},
        {"barcode,price\n460,1\n", "names no column 'quantity'"},
        {"sku,price\nA,1\n", "It has 'sku', 'price'; say which it is: --column quantity=TITLE"},
        {"<html><body>502 Bad Gateway</body></html>\n", "line 1 is neither"},
        {"{\"items\": []}\n", "line 1 is neither"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out;
        struct error error = {0};
        buf_init(&out, 1 << 16);
        assert_int_not_equal(read_all(table[i].text, NULL, &out, &error), ST_OK);
        if (!strstr(error.text, table[i].says)) fail_msg("case %zu says: %s", i, error.text);
        if (!say_knows(error.text)) fail_msg("no words for: %s", error.text);
        assert_int_equal(out.size, 0);
        buf_free(&out);
    }
}

/* ---- columns that a person named */

static void named_columns_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *text, *columns, *warehouse, *rows;
    } table[] = {
        /* What the header's words leave open. */
        {"Артикул;Код;Остаток\nA;1;5\n", "sku=Код", "pp",
         "2:1@pp=5 UTF-8, separated by semicolon, header in line 1, sku is 'Код', quantity is "
         "'Остаток'"},
        {"Артикул;Код;Остаток\nA;1;5\n", "sku=#1", "pp",
         "2:A@pp=5 UTF-8, separated by semicolon, header in line 1, sku is 'Артикул', quantity is "
         "'Остаток'"},
        {"sku;Остаток, шт;Остаток, руб\nA;1;500\n", "quantity=остаток, шт", "pp",
         "2:A@pp=1 UTF-8, separated by semicolon, header in line 1, sku is 'sku', quantity is "
         "'Остаток, шт'"},
        /* Words that mean nothing to us, in another case, with a unit. */
        {"Teil,Lager,Menge (Stk)\nA,pp,5\n", "sku=teil|quantity=MENGE|warehouse=Lager", NULL,
         "2:A@pp=5 UTF-8, separated by comma, header in line 1, sku is 'Teil', warehouse is "
         "'Lager', quantity is 'Menge (Stk)'"},
        {"Teil,Menge\nA,5\n", "sku=#1|quantity=#2", "pp",
         "2:A@pp=5 UTF-8, separated by comma, header in line 1, sku is 'Teil', quantity is "
         "'Menge'"},
        /* No header, in any order. */
        {"5;x;A\n6;y;B\n", "sku=#3|quantity=#1", "pp",
         "1:A@pp=5 2:B@pp=6 UTF-8, separated by semicolon, no header, sku is column 3, quantity is "
         "column 1"},
        {"5;склад;A\n", "sku=#3|quantity=#1|warehouse=#2", NULL,
         "1:A@склад=5 UTF-8, separated by semicolon, no header, sku is column 3, warehouse is "
         "column 2, quantity is column 1"},
        {"A;sku;5\n", "sku=#1|quantity=#3", "pp",
         "1:A@pp=5 UTF-8, separated by semicolon, no header, sku is column 1, quantity is column "
         "3"},
        {"A;1.5;x\nB;2;y\n", "sku=#1|quantity=#2", "pp",
         "1.2!the quantity '1.5' is not whole; stock is counted in whole pieces 2:B@pp=2 UTF-8, "
         "separated by semicolon, no header, sku is column 1, quantity is column 2"},
        /* Rows by barcode, though there are SKUs. */
        {"sku,barcode,qty\nA,460,5\n", "barcode=barcode", "pp",
         "2:%460@pp=5 UTF-8, separated by comma, header in line 1, barcode is 'barcode', quantity "
         "is 'qty'"},
        /* The titles tell the separator, too. */
        {"Teil, neu;Menge\nA;5\n", "sku=Teil, neu|quantity=Menge", "pp",
         "2:A@pp=5 UTF-8, separated by semicolon, header in line 1, sku is 'Teil, neu', quantity "
         "is 'Menge'"},
        {"sku,qty,qty\nA,5,x\nB,y,6\n", "quantity=#3", "pp",
         "2.3!the quantity 'x' is not a whole number; write digits only 3:B@pp=6 UTF-8, separated "
         "by comma, header in line 1, sku is 'sku', quantity is 'qty'"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out;
        struct error error = {0};
        buf_init(&out, 1 << 16);
        enum status status =
            read_named(table[i].text, table[i].columns, table[i].warehouse, &out, &error);
        if (status != ST_OK || strcmp(buf_cstr(&out), table[i].rows) != 0)
            fail_msg("case %zu: %s%s", i, buf_cstr(&out), error.text);
        buf_free(&out);
    }
}

static void what_is_named_must_be_there(void **state)
{
    (void)state;
    static const struct {
        const char *text, *columns, *says;
    } table[] = {
        {"Артикул;Остаток\nA;5\n", "sku=Артикл",
         "line 1 has no column 'Артикл' for the sku (did you mean 'Артикул'?); its columns are "
         "'Артикул', 'Остаток' (`--column`, or `columns:` of the inbox)"},
        {"sku;qty\nA;5\n", "quantity=#3",
         "the quantity is to be in column #3, but line 1 has 2 columns: 'sku', 'qty'"},
        {"Teil;Menge;Menge\nA;5;6\n", "sku=Teil|quantity=menge",
         "line 1 has two columns 'menge', #2 and #3; say which is the quantity by its number: "
         "quantity=#2"},
        {"A;5\n", "quantity=#2",
         "line 1 is no header, so each column needs its number; name the "
         "sku, too: --column sku=#1"},
        {"Teil;qty\nA;5\n", "sku=Teil|quantity=#1", "column #1 of line 1 is named twice, as '#1' "},
        {"sku;qty\nA;5\n", "count=qty", "columns are sku, barcode, warehouse and quantity, not"},
        {"sku;qty\nA;5\n", "quantity",
         "a column is named as sku=TITLE or sku=#3, not as 'quantity'"},
        {"sku;qty\nA;5\n", "quantity=", "the column for the quantity has no title; write"},
        {"sku;qty\nA;5\n", "quantity=#65", "columns are numbered from #1 to #64"},
        {"sku;qty\nA;5\n", "quantity=#0", "columns are numbered from #1 to #64"},
        {"sku;qty\nA;5\n", "quantity=#99999999999999999999", "columns are numbered from #1"},
        {"sku;qty\nA;5\n", "quantity=qty|quantity=#2", "is named twice, 'qty' and '#2'"},
        {"sku;qty\nA;5\n", "sku=sku|barcode=qty", "name a column for one of them, not for both"},
        {"sku;qty\nA;5\n", "sku=#1|quantity=#1", "'#1' is named both for the sku and for the"},
        {"a,b,c,d,e,f,g,h,i,j,k,l,m,n\n", "sku=z|quantity=b", "'k', 'l' and 2 more (`--column`"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out;
        struct error error = {0};
        buf_init(&out, 1 << 16);
        assert_int_equal(read_named(table[i].text, table[i].columns, "pp", &out, &error),
                         ST_INVALID);
        if (!strstr(error.text, table[i].says)) fail_msg("case %zu says: %s", i, error.text);
        if (!say_knows(error.text)) fail_msg("no words for: %s", error.text);
        buf_free(&out);
    }
}

/* What was found is said; decoded bytes without meaning cost their row only. */
static void other_encodings_are_read_and_told(void **state)
{
    (void)state;
    static const struct {
        enum text_encoding encoding;
        const char *bytes;
        size_t size;
        const char *rows, *told;
    } table[] = {
        {TEXT_WINDOWS_1251,
         "\xc0\xf0\xf2\xe8\xea\xf3\xeb;\xce\xf1\xf2\xe0\xf2\xee\xea\r\n\xc0-1;5\r\n\x98;6\r\n", 29,
         "2:А-1@pp=5 3.1!the SKU is not UTF-8 text; save the file as UTF-8 ",
         "windows-1251, separated by semicolon, header in line 1, sku is 'Артикул', quantity is "
         "'Остаток'"},
        {TEXT_UTF16LE,
         "\xff\xfeS\0K\0U\0,\0q\0t\0y\0\n\0\x10\x04,\0"
         "5\0",
         24, "2:А@pp=5 ",
         "UTF-16LE, separated by comma, header in line 1, sku is 'SKU', quantity is 'qty'"},
        {TEXT_UTF16BE,
         "\xfe\xff\0A\0,\0"
         "7",
         8, "1:A@pp=7 ",
         "UTF-16BE, separated by comma, no header, sku is column 1, quantity is column 2"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t part = 1; part <= table[i].size; part++) {
            struct buf out, told;
            struct error error = {0};
            buf_init(&out, 1 << 16);
            buf_init(&told, 1 << 16);
            const struct stock_csv_options options = {.warehouse = "pp"};
            struct stock_csv *csv = stock_csv_new(&options, write_down, &out);
            assert_int_equal(stock_csv_encoded(csv, table[i].encoding, false, &error), ST_OK);
            for (size_t at = 0; at < table[i].size; at += part) {
                size_t left = table[i].size - at;
                struct bytes bytes = bytes_of(table[i].bytes + at, left < part ? left : part);
                assert_int_equal(stock_csv_feed(csv, bytes, &error), ST_OK);
            }
            assert_int_equal(stock_csv_end(csv, &error), ST_OK);
            stock_csv_describe(csv, &told);
            if (!say_knows(buf_cstr(&told))) fail_msg("no words for: %s", buf_cstr(&told));
            assert_string_equal(buf_cstr(&out), table[i].rows);
            assert_string_equal(buf_cstr(&told), table[i].told);
            stock_csv_free(csv);
            buf_free(&out);
            buf_free(&told);
        }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(rows_are_read_by_their_columns),
    cmocka_unit_test(senseless_rows_are_refused_one_by_one),
    cmocka_unit_test(unusable_files_are_refused_whole),
    cmocka_unit_test(named_columns_are_taken),
    cmocka_unit_test(what_is_named_must_be_there),
    cmocka_unit_test(other_encodings_are_read_and_told),
};
TEST_MAIN(cases)
