/* Files of conf.d are put there whole, never over another, and moved aside without losing one; and
 * how far a run with stages is, in words. */
#include "ctl/account_add.h"

#include "base/mem.h"
#include "support/test_main.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/stockd-account-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/50-a.yaml", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char *command = mem_format("rm -rf %s", folder);
    int rc = system(command);
    mem_free(command);
    return rc;
}

static int entries(void)
{
    DIR *dir = opendir(folder);
    int count = 0;
    for (struct dirent *e; (e = readdir(dir));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void assert_content(const char *of, const char *text)
{
    char got[100] = "";
    FILE *file = fopen(of, "r");
    assert_non_null(file);
    got[fread(got, 1, sizeof got - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(got, text);
}

static void a_file_is_never_overwritten(void **state)
{
    (void)state;
    struct stat of;
    assert_int_equal(account_file_put(path, "one\n", geteuid(), getegid()), 0);
    assert_content(path, "one\n");
    assert_int_equal(stat(path, &of), 0);
    assert_int_equal(of.st_mode & 0777, 0600);
    assert_int_equal(account_file_put(path, "two\n", geteuid(), getegid()), EEXIST);
    assert_content(path, "one\n");
    assert_int_equal(entries(), 1); /* nothing is left behind */
}

static void another_owner_can_read_it(void **state)
{
    (void)state;
    struct stat of;
    assert_int_equal(account_file_put(path, "one\n", geteuid() + 1, getegid()), 0);
    assert_int_equal(stat(path, &of), 0);
    assert_int_equal(of.st_mode & 0777, 0640);
}

static void where_nothing_can_be_written_it_is_said(void **state)
{
    (void)state;
    assert_int_equal(account_file_put("/nowhere/at/all.yaml", "x", 0, 0), ENOENT);
}

static void each_that_is_moved_aside_is_kept(void **state)
{
    (void)state;
    char to[4096];
    for (int i = 1; i <= 3; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(account_file_put(path, text, geteuid(), getegid()), 0);
        assert_int_equal(account_file_aside(path, to), 0);
        assert_int_equal(access(path, F_OK), -1);
        assert_content(to, text);
    }
    assert_int_equal(entries(), 3);
    assert_int_equal(account_file_aside(path, to), ENOENT);
}

static void stages_are_told_in_words(void **state)
{
    static const struct {
        const char *run, *line;
    } known[] = {
        {"{\"stages\":[{\"name\":\"check\",\"state\":\"done\",\"done\":0,\"total\":null},"
         "{\"name\":\"listings\",\"state\":\"running\",\"done\":1200,\"total\":5000,"
         "\"percent\":24}]}",
         "stage 2 of 2  listings  1,200 of 5,000  24 %"},
        {"{\"stages\":[{\"name\":\"check\",\"state\":\"waiting\",\"done\":0,\"total\":null,"
         "\"error\":\"busy\"}]}",
         "stage 1 of 1  check  it failed and is tried again: busy"},
        {"{\"stages\":[{\"name\":\"a\",\"state\":\"waiting\",\"done\":0},{\"name\":\"b\","
         "\"state\":\"running\",\"done\":1234567,\"total\":null}]}",
         "stage 2 of 2  b  1,234,567"},
        {"{\"stages\":[{\"name\":\"a\\u001b[2J\",\"state\":\"running\",\"done\":0}]}", NULL},
        {"{\"stages\":[{\"name\":\"a\",\"state\":\"done\",\"done\":1}]}", ""},
        {"{}", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        json_t *run = json_loads(known[i].run, 0, NULL);
        struct buf out;
        buf_init(&out, 1 << 16);
        bool any = ctl_stage_line(&out, run);
        if (known[i].line) assert_string_equal(buf_cstr(&out), known[i].line);
        assert_int_equal(any, !known[i].line || known[i].line[0] != '\0');
        assert_null(strchr(buf_cstr(&out), '\033'));
        buf_free(&out);
        json_decref(run);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_file_is_never_overwritten, set_up, tear_down),
    cmocka_unit_test_setup_teardown(another_owner_can_read_it, set_up, tear_down),
    cmocka_unit_test(where_nothing_can_be_written_it_is_said),
    cmocka_unit_test_setup_teardown(each_that_is_moved_aside_is_kept, set_up, tear_down),
    cmocka_unit_test(stages_are_told_in_words),
};

TEST_MAIN(cases)
