/* Imports at their limits: a million rows in bounded memory, and a disk without room. */
#include "import_fixture.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* ---- memory */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_MAX_KIB = 4 << 20 }; /* the sanitizer's own is most of it */
#else
enum { MEMORY_MAX_KIB = 64 << 10 }; /* of the whole process */
#endif

enum { BIG_PRODUCTS = 20000, BIG_ROWS = 1200000 };

static long private_kib(void)
{
    char line[200];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1) break;
    if (file) fclose(file);
    return kib;
}

/* Rows in no order, more than two segments of them, each pair many times with one figure. */
static void send_big(struct fixture *f, struct told *told)
{
    struct buf piece;
    buf_init(&piece, 1 << 16);
    for (uint32_t row = 0; row < BIG_ROWS;) {
        buf_reset(&piece);
        for (; row < BIG_ROWS && piece.size < 60000; row++) {
            uint32_t product = (uint32_t)((uint64_t)row * 7919 % BIG_PRODUCTS);
            buf_format(&piece, "P%06u,pp,%u\n", product, product % 97);
        }
        for (size_t at = 0; at < piece.size;) {
            at += import_write(told->import, bytes_of(piece.data + at, piece.size - at));
            if (at < piece.size) assert_true(test_runtime_step(f->runtime));
        }
    }
    import_end(told->import);
    buf_free(&piece);
}

static void a_million_rows_need_little_memory(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    long most = 0;
    fixture_make(&f, FIXTURE_LMDB, 1, 0, 0);
    fixture_products(&f, "P", BIG_PRODUCTS);
    fixture_begin_import(&f, &told, NULL);
    send_big(&f, &told);
    while (!told.ended) {
        assert_true(test_runtime_step(f.runtime));
        long kib = private_kib();
        if (kib > most) most = kib;
    }
    print_message("at most %ld KiB\n", most);
    assert_true(most > 0 && most < MEMORY_MAX_KIB);
    assert_int_equal(told.state, IMPORT_DONE);
    assert_int_equal(told.counts.rows, BIG_ROWS);
    assert_int_equal(told.counts.changed, BIG_PRODUCTS);
    assert_int_equal(told.counts.unchanged, BIG_ROWS - BIG_PRODUCTS);
    fixture_expect_figure(&f, "P000096", "pp", 96);
    fixture_expect_figure(&f, "P019999", "pp", 19999 % 97);
    fixture_free(&f);
}

/* ---- disk */

/* The spool directory on a disk of that size; needs the right to mount one. */
static void mount_small(struct fixture *f, const char *size)
{
    char options[32];
    snprintf(options, sizeof options, "size=%s", size);
    assert_int_equal(mkdir(f->spool, 0700), 0);
    if (mount("tmpfs", f->spool, "tmpfs", 0, options) != 0) {
        fixture_free(f);
        exit(77); /* skipped: not root */
    }
}

static void expect_text(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("'%s' does not say '%s'", text, part);
}

static void a_disk_without_room_for_the_file_refuses_it(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    size_t size = 3 << 20;
    char *text = mem_alloc(size);
    memset(text, 'x', size);
    fixture_make(&f, FIXTURE_MEMORY, 2, 0, 0);
    mount_small(&f, "512k");
    fixture_begin_import(&f, &told, NULL);
    fixture_send(&f, &told, text, size);
    test_runtime_run(f.runtime);
    assert_true(told.ended && !told.accepted);
    assert_int_equal(told.status, ST_FULL);
    assert_int_equal(told.state, IMPORT_FAILED);
    expect_text(told.error, "there is no room to write it");
    expect_text(told.error, "make room in ");
    assert_int_equal(fixture_files(&f), 0);
    assert_int_equal(fixture_count(&f, TABLE_JOB), 0);
    /* With room again the next one goes through. */
    fixture_import(&f, &told, NULL, "A,pp,5\n");
    assert_int_equal(told.state, IMPORT_DONE);
    umount(f.spool);
    mem_free(text);
    fixture_free(&f);
}

static void a_disk_without_room_for_sorting_changes_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    const struct import_options options = {.actor = "test", .warehouse = "pp"};
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 50000; i++)
        buf_text(&text, "A,1\n");
    fixture_make(&f, FIXTURE_MEMORY, 3, 1000, 0);
    mount_small(&f, "512k"); /* 200 KB of text, 1.2 MB of rows */
    fixture_import(&f, &told, &options, buf_cstr(&text));
    assert_true(told.accepted);
    assert_int_equal(told.status, ST_FULL);
    assert_int_equal(told.state, IMPORT_FAILED);
    expect_text(told.error, "there is no room to write it");
    fixture_expect_figure(&f, "A", "pp", FIGURE_UNKNOWN);
    assert_int_equal(fixture_job(&f, told.job).state, IMPORT_FAILED);
    umount(f.spool);
    buf_free(&text);
    fixture_free(&f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_million_rows_need_little_memory),
    cmocka_unit_test(a_disk_without_room_for_the_file_refuses_it),
    cmocka_unit_test(a_disk_without_room_for_sorting_changes_nothing),
};
TEST_MAIN(cases)
