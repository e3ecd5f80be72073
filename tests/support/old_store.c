#include "old_store.h"

#include "base/mem.h"

#include "test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum store_table table_named(const char *name)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        if (strcmp(store_table_name((enum store_table)i), name) == 0) return (enum store_table)i;
    fail_msg("there is no table %s", name);
    return TABLE_COUNT;
}

/* In place; returns the size. */
static size_t from_hex(char *text)
{
    size_t size = 0;
    if (strcmp(text, "-") == 0) return 0;
    for (const char *at = text; at[0]; at += 2) {
        const char digits[3] = {at[0], at[1], 0};
        char *end;
        text[size++] = (char)strtoul(digits, &end, 16);
        if (*end || !at[1]) fail_msg("'%s' are no hexadecimal digits", digits);
    }
    return size;
}

size_t old_store_fill(struct store *store, const char *name)
{
    enum { LINE_MAX_BYTES = 1 << 17 };
    char *path = mem_format("%s/%s", OLD_STORES, name), *line = mem_alloc(LINE_MAX_BYTES);
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("%s cannot be read", path);
    enum store_table table = TABLE_COUNT;
    struct store_txn *txn;
    struct error error;
    size_t rows = 0;
    assert_int_equal(store_begin(store, STORE_WRITE, &txn, &error), ST_OK);
    while (fgets(line, LINE_MAX_BYTES, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *value = strchr(line, ' ');
        if (line[0] == '#') continue;
        assert_non_null(value);
        *value++ = '\0';
        if (strcmp(line, "table") == 0) {
            table = table_named(value);
            continue;
        }
        size_t key_size = from_hex(line), value_size = from_hex(value);
        store_put(txn, table, bytes_of(line, key_size), bytes_of(value, value_size));
        rows++;
    }
    if (store_commit(txn, &error) != ST_OK) fail_msg("%s", error.text);
    fclose(file);
    mem_free(line);
    mem_free(path);
    return rows;
}
