/* The unix socket: what is accepted at its path, and what is left there. */
#include "http/listen.h"

#include "test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/stockd-test-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/s", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void assert_refused(enum status status, const char *says)
{
    struct http_listener listener;
    struct error error = {0};
    assert_int_equal(http_listen(path, &listener, &error), status);
    if (!strstr(error.text, says)) fail_msg("'%s' does not say '%s'", error.text, says);
}

static void the_socket_is_for_owner_and_group_whatever_the_umask(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 077};
    for (size_t i = 0; i < 3; i++) {
        struct http_listener listener;
        struct error error;
        mode_t old = umask(masks[i]);
        assert_int_equal(http_listen(path, &listener, &error), ST_OK);
        umask(old);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0660);
        assert_true(S_ISSOCK(st.st_mode));
        http_listen_close(&listener);
        assert_int_equal(access(path, F_OK), -1);
    }
}

static void a_live_daemon_is_not_disturbed(void **state)
{
    (void)state;
    struct http_listener listener;
    struct error error;
    assert_int_equal(http_listen(path, &listener, &error), ST_OK);
    assert_refused(ST_BUSY, "another daemon listens on");
    assert_int_equal(access(path, F_OK), 0);
    http_listen_close(&listener);
}

static void a_dead_daemons_socket_is_removed(void **state)
{
    (void)state;
    struct http_listener dead, listener;
    struct error error;
    assert_int_equal(http_listen(path, &dead, &error), ST_OK);
    close(dead.fd); /* as kill -9 leaves it */
    assert_int_equal(http_listen(path, &listener, &error), ST_OK);
    http_listen_close(&listener);
    free(dead.path);
}

static void only_the_own_socket_is_removed_at_the_end(void **state)
{
    (void)state;
    struct http_listener first, second;
    struct error error;
    assert_int_equal(http_listen(path, &first, &error), ST_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(http_listen(path, &second, &error), ST_OK);
    http_listen_close(&first);
    assert_int_equal(access(path, F_OK), 0);
    http_listen_close(&second);
    assert_int_equal(access(path, F_OK), -1);
}

static void links_and_files_in_its_place_are_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("/tmp/nowhere", path), 0);
    assert_refused(ST_DENIED, "symbolic link");
    assert_int_equal(unlink(path), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_refused(ST_EXISTS, "no socket");
    assert_int_equal(access(path, F_OK), 0);
}

static void a_folder_open_to_everyone_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0777), 0);
    assert_refused(ST_DENIED, "everyone may write");
    assert_int_equal(chmod(folder, 01777), 0);
    struct http_listener listener;
    struct error error;
    assert_int_equal(http_listen(path, &listener, &error), ST_OK);
    http_listen_close(&listener);
}

static void impossible_paths_are_refused(void **state)
{
    (void)state;
    struct http_listener listener;
    struct error error;
    char long_path[200] = "/tmp/";
    memset(long_path + 5, 'x', sizeof long_path - 6);
    assert_int_equal(http_listen(long_path, &listener, &error), ST_INVALID);
    assert_non_null(strstr(error.text, "at most 107 bytes"));
    assert_int_equal(http_listen("", &listener, &error), ST_INVALID);
    assert_int_equal(http_listen("/nowhere/at/all/s", &listener, &error), ST_IO);
    assert_non_null(strstr(error.text, "/nowhere/at/all"));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(the_socket_is_for_owner_and_group_whatever_the_umask,
                                    make_folder, remove_folder),
    cmocka_unit_test_setup_teardown(a_live_daemon_is_not_disturbed, make_folder, remove_folder),
    cmocka_unit_test_setup_teardown(a_dead_daemons_socket_is_removed, make_folder, remove_folder),
    cmocka_unit_test_setup_teardown(only_the_own_socket_is_removed_at_the_end, make_folder,
                                    remove_folder),
    cmocka_unit_test_setup_teardown(links_and_files_in_its_place_are_refused, make_folder,
                                    remove_folder),
    cmocka_unit_test_setup_teardown(a_folder_open_to_everyone_is_refused, make_folder,
                                    remove_folder),
    cmocka_unit_test(impossible_paths_are_refused),
};
TEST_MAIN(cases)
