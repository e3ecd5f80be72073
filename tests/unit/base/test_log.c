/* Log lines: as JSON every line is an object, whatever was logged and wherever it was cut; as
 * logfmt every event is one line. */
#include "test_main.h"

#include "base/log.h"
#include "base/log_json.h"
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/stockd-log-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    close(fd);
    return log_open(path);
}

static int tear_down(void **state)
{
    (void)state;
    log_open(NULL);
    log_format_set(LOG_LOGFMT);
    return unlink(path);
}

/* All that was logged. */
static size_t said(char *out, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(out, 1, room - 1, file);
    fclose(file);
    out[size] = 0;
    return size;
}

static json_t *parsed(const char *text, size_t size)
{
    json_error_t error;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!json) fail_msg("%s: %.*s", error.text, (int)size, text);
    assert_true(json_is_object(json));
    return json;
}

static void hostile_values_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *value, *wanted;
    } rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"two words", "two words"},
        {"a\"b\"", "a\"b\""},
        {"\\", "\\"},
        {"ends with \\", "ends with \\"},
        {"\"},{\"level\":\"error\"", "\"},{\"level\":\"error\""},
        {"a=b level=error", "a=b level=error"},
        {"two\nlines\r\tand a tab", "two lines  and a tab"}, /* log_quote's blanks */
        {"\xff\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"cut \xd1", "cut \xef\xbf\xbd"},
        {"цена 5 ₽ \xf0\x9f\x93\xa6", "цена 5 ₽ \xf0\x9f\x93\xa6"},
        {"\x01\x1b[31m", "\x01\x1b[31m"},
    };
    static char text[1 << 16];
    log_format_set(LOG_JSON);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char quoted[LOG_QUOTED_MAX];
        log_info("test", "row", "n=%zu why=%s after=1", i, log_quote(rows[i].value, quoted));
    }
    said(text, sizeof text);
    const char *line = text;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t size = strcspn(line, "\n");
        json_t *json = parsed(line, size);
        assert_string_equal(json_string_value(json_object_get(json, "level")), "info");
        assert_string_equal(json_string_value(json_object_get(json, "event")), "row");
        assert_string_equal(json_string_value(json_object_get(json, "after")), "1");
        assert_string_equal(json_string_value(json_object_get(json, "why")), rows[i].wanted);
        json_decref(json);
        line += size + 1;
    }
    assert_int_equal(*line, 0);
}

/* Values that somebody forgot to quote, and words without a name. */
static void lines_that_are_no_logfmt_are_json_all_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *line, *wanted;
    } rows[] = {
        {"", "{}"},
        {"a=1", "{\"a\":\"1\"}"},
        {"daemon: log-level changes from info to debug",
         "{\"text\":\"daemon: log-level changes from info to debug\"}"},
        {"why=\"never closed", "{\"why\":\"never closed\"}"},
        {"why=\"cut in an escape\\", "{\"why\":\"cut in an escape\\\\\"}"},
        {"a=1 a=2 text=3 word", "{\"a\":\"1\",\"text\":\"3\"}"},
        {"raw=a\nb", "{\"raw\":\"a\\u000ab\"}"},
        {"=x A=y", "{\"text\":\"=x A=y\"}"},
        {"a=\"b\"c=d", "{\"a\":\"b\",\"c\":\"d\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static char out[LOG_JSON_MAX];
        const size_t size = log_json(rows[i].line, out);
        assert_int_equal(out[size - 1], '\n');
        out[size - 1] = 0;
        assert_string_equal(out, rows[i].wanted);
    }
}

static void any_bytes_are_json(void **state)
{
    (void)state;
    static const char likely[] = "\"\\= \n\xff\xd1\x8f{}a_";
    struct random random;
    random_seed(&random, 7);
    for (int round = 0; round < 20000; round++) {
        static char line[LOG_LINE_MAX], out[LOG_JSON_MAX];
        const size_t size = random_below(&random, round % 100 ? 60 : LOG_LINE_MAX);
        for (size_t i = 0; i < size; i++)
            line[i] = random_below(&random, 2) ? likely[random_below(&random, sizeof likely - 1)]
                                               : (char)(1 + random_below(&random, 255));
        line[size] = 0;
        const size_t got = log_json(line, out);
        assert_true(got <= LOG_JSON_MAX);
        assert_ptr_equal(memchr(out, '\n', got), out + got - 1);
        json_decref(parsed(out, got));
    }
}

/* The worst of each: every byte of the longest line must be escaped. */
static void the_longest_line_fits(void **state)
{
    (void)state;
    static char line[LOG_LINE_MAX], out[LOG_JSON_MAX];
    memset(line, 1, sizeof line - 1);
    json_decref(parsed(out, log_json(line, out)));
    for (size_t i = 0; i + 4 < sizeof line; i += 4) /* many short pairs */
        memcpy(line + i, (char[]){(char)('a' + i / 4 % 26), '=', 1, ' '}, 4);
    json_decref(parsed(out, log_json(line, out)));
}

static void the_format_changes_between_lines(void **state)
{
    (void)state;
    static char text[4096];
    log_info("test", "first", "a=1");
    log_format_set(LOG_JSON);
    log_info("test", "second", "a=1");
    log_format_set(LOG_LOGFMT);
    log_info("test", "third", "a=%s", "x\ny");
    said(text, sizeof text);
    assert_non_null(strstr(text, " event=first a=1\n{\"time\":"));
    assert_non_null(strstr(text, "\"event\":\"second\",\"a\":\"1\"}\ntime="));
    assert_non_null(strstr(text, " event=third a=x y\n"));
}

static void a_file_that_cannot_be_opened_leaves_the_one_before(void **state)
{
    (void)state;
    static char text[4096];
    assert_int_equal(log_open("/no/such/folder/stockd.log"), ENOENT);
    log_info("test", "still", "here=1");
    assert_int_equal(log_reopen(), 0); /* and is what is opened again */
    assert_int_equal(log_open(path), 0);
    said(text, sizeof text);
    assert_non_null(strstr(text, "event=still here=1"));
}

/* ---- threads */

static atomic_bool over;

static void *write_on(void *unused)
{
    (void)unused;
    while (!atomic_load(&over))
        log_info("test", "line", "from=thread");
    return NULL;
}

/* What one thread opens while another reopens the log is no log: a line there would be in a backup,
 * or on its way to a marketplace. */
static void threads_write_while_it_is_reopened(void **state)
{
    (void)state;
    enum { THREADS = 3, REOPENINGS = 1000 };
    pthread_t threads[THREADS];
    struct stat st;
    char other[sizeof path + 8];
    snprintf(other, sizeof other, "%s.other", path);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, NULL), 0);
    int written = 0;
    for (int i = 0; i < REOPENINGS; i++) {
        assert_int_equal(log_reopen(), 0);
        int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        sched_yield();
        assert_int_equal(fstat(fd, &st), 0);
        written += st.st_size != 0;
        close(fd);
    }
    atomic_store(&over, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    unlink(other);
    assert_int_equal(written, 0);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(hostile_values_come_back, set_up, tear_down),
    cmocka_unit_test(lines_that_are_no_logfmt_are_json_all_the_same),
    cmocka_unit_test(any_bytes_are_json),
    cmocka_unit_test(the_longest_line_fits),
    cmocka_unit_test_setup_teardown(the_format_changes_between_lines, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_file_that_cannot_be_opened_leaves_the_one_before, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(threads_write_while_it_is_reopened, set_up, tear_down),
};
TEST_MAIN(cases)
