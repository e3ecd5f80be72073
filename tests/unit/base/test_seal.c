/* Sealing: what is bound to its name, who may hold the key, and a new key that a crash at any point
 * leaves able to open everything. */
#include "test_main.h"

#include "base/seal_file.h"
#include "base/seal_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/stockd-seal-XXXXXX";
static char key_file[200], sealed_dir[200];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(key_file, sizeof key_file, "%s/store.key", folder);
    snprintf(sealed_dir, sizeof sealed_dir, "%s/store.sealed", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static struct buf put(struct seal *seal, const char *name, const char *text)
{
    struct buf out;
    struct error error = {0};
    buf_init(&out, 4096);
    if (seal_put(seal, bytes_text(name), bytes_text(text), &out, &error) != ST_OK)
        fail_msg("%s", error.text);
    return out;
}

static enum status get(struct seal *seal, const char *name, const struct buf *sealed,
                       const char *wanted, struct error *error)
{
    struct buf out;
    buf_init(&out, 4096);
    enum status status =
        seal_get(seal, bytes_text(name), bytes_of(sealed->data, sealed->size), &out, error);
    if (status == ST_OK) assert_string_equal(buf_cstr(&out), wanted);
    seal_buf_free(&out);
    return status;
}

static void opens_what_it_sealed_under_that_name_only(void **state)
{
    (void)state;
    struct error error;
    struct seal *seal = seal_new(key_file);
    struct buf a = put(seal, "a", "secret"), again = put(seal, "a", "secret");
    assert_null(memmem(a.data, a.size, "secret", 6));
    assert_memory_not_equal(a.data, again.data, a.size); /* never the same bytes twice */
    assert_int_equal(a.size, 6 + SEAL_MORE);
    assert_int_equal(get(seal, "a", &a, "secret", &error), ST_OK);
    assert_int_equal(get(seal, "b", &a, NULL, &error), ST_DAMAGED);
    for (size_t i = 0; i < a.size; i++) { /* any bit that was changed is noticed */
        a.data[i] = (char)(a.data[i] ^ 1);
        assert_int_not_equal(get(seal, "a", &a, NULL, &error), ST_OK);
        a.data[i] = (char)(a.data[i] ^ 1);
    }
    for (size_t size = 0; size < a.size; size++) {
        struct buf cut = {.data = a.data, .size = size};
        assert_int_equal(get(seal, "a", &cut, NULL, &error), ST_DAMAGED);
    }
    struct stat st;
    assert_int_equal(stat(key_file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    seal_free(seal);
    buf_free(&a);
    buf_free(&again);
}

static void a_key_that_others_read_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0660, 0602, 0610};
    struct seal *seal = seal_new(key_file);
    struct buf a = put(seal, "a", "secret");
    seal_free(seal);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct error error = {0};
        assert_int_equal(chmod(key_file, modes[i]), 0);
        seal = seal_new(key_file);
        assert_int_equal(get(seal, "a", &a, NULL, &error), ST_DENIED);
        assert_non_null(strstr(error.text, key_file));
        assert_non_null(strstr(error.text, "chmod 600"));
        assert_int_equal(chmod(key_file, 0600), 0); /* put right, it works without a restart */
        assert_int_equal(get(seal, "a", &a, "secret", &error), ST_OK);
        seal_free(seal);
    }
    buf_free(&a);
}

static void file_write(const char *text)
{
    FILE *file = fopen(key_file, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(key_file, 0600);
}

static void a_wrong_or_missing_key_names_its_file_and_loses_nothing(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "#\n",
        "stockd-key-1 \n",
        "stockd-key-1 zz\n",
        "stockd-key-2 00\n",
        "stockd-key-1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeef\n"};
    char kept[300];
    struct error error = {0};
    snprintf(kept, sizeof kept, "%s.kept", key_file);
    struct seal *seal = seal_new(key_file);
    struct buf a = put(seal, "a", "secret");
    seal_free(seal);
    assert_int_equal(rename(key_file, kept), 0);
    seal = seal_new(key_file);
    assert_int_equal(get(seal, "a", &a, NULL, &error), ST_NOT_FOUND);
    assert_non_null(strstr(error.text, key_file));
    assert_int_not_equal(access(key_file, F_OK), 0); /* opening makes none */
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        file_write(broken[i]);
        assert_int_equal(get(seal, "a", &a, NULL, &error), ST_INVALID);
        assert_non_null(strstr(error.text, key_file));
        struct buf out;
        buf_init(&out, 4096);
        assert_int_equal(seal_put(seal, bytes_text("b"), bytes_text("x"), &out, &error),
                         ST_INVALID); /* and nothing is put over it */
        buf_free(&out);
    }
    unlink(key_file);
    struct buf b = put(seal, "b", "other"); /* makes another key */
    assert_int_equal(get(seal, "a", &a, NULL, &error), ST_CONFLICT);
    assert_non_null(strstr(error.text, key_file));
    assert_int_equal(rename(kept, key_file), 0);
    assert_int_equal(get(seal, "a", &a, "secret", &error), ST_OK);
    seal_free(seal);
    buf_free(&a);
    buf_free(&b);
}

static void secret_read(struct seal *seal, const char *name, const char *wanted)
{
    struct buf out;
    struct error error = {0};
    buf_init(&out, 4096);
    if (seal_file_read(seal, sealed_dir, name, &out, &error) != ST_OK) fail_msg("%s", error.text);
    assert_string_equal(buf_cstr(&out), wanted);
    seal_buf_free(&out);
}

/* A process that is cut off after each step: the next one opens everything, and completes it. */
static void a_new_key_opens_everything_wherever_it_was_cut_off(void **state)
{
    (void)state;
    struct error error = {0};
    struct seal *seal = seal_new(key_file);
    assert_int_equal(seal_file_write(seal, sealed_dir, "one", bytes_text("1"), &error), ST_OK);
    assert_int_equal(seal_file_write(seal, sealed_dir, "two", bytes_text("22"), &error), ST_OK);
    for (int cut = 0; cut < 4; cut++) {
        uint64_t renewed = 0, unreadable = 0;
        if (cut >= 1) assert_int_equal(seal_rekey_begin(seal, &error), ST_OK);
        if (cut >= 2)
            assert_int_equal(seal_files_renew(seal, sealed_dir, &renewed, &unreadable, &error),
                             ST_OK);
        if (cut >= 3) assert_int_equal(seal_rekey_end(seal, &error), ST_OK);
        seal_free(seal); /* and is gone */
        seal = seal_new(key_file);
        secret_read(seal, "one", "1");
        secret_read(seal, "two", "22");
        assert_int_equal(seal_rekey_open(seal), cut == 1 || cut == 2);
        assert_int_equal(seal_files_renew(seal, sealed_dir, &renewed, &unreadable, &error), ST_OK);
        assert_int_equal(renewed, cut ? 2 : 0);
        assert_int_equal(unreadable, 0);
        assert_int_equal(seal_rekey_end(seal, &error), ST_OK);
        assert_false(seal_rekey_open(seal));
        secret_read(seal, "one", "1");
    }
    struct seal_keys keys = {0};
    assert_int_equal(seal_keys_read(key_file, &keys, &error), ST_OK);
    assert_int_equal(keys.count, 1);
    seal_free(seal);
}

/* What cannot be read just now is not given up: the old key must stay until it could be. */
static void a_new_key_gives_up_only_what_no_key_opens(void **state)
{
    (void)state;
    struct error error = {0};
    static const uint8_t other_key[SEAL_KEY_SIZE] = {1};
    struct seal *seal = seal_new(key_file), *other = seal_new_fixed(other_key);
    assert_int_equal(seal_file_write(seal, sealed_dir, "one", bytes_text("1"), &error), ST_OK);
    assert_int_equal(seal_file_write(other, sealed_dir, "foreign", bytes_text("x"), &error), ST_OK);
    struct buf foreign = put(other, "a", "x");
    uint64_t renewed = 0, unreadable = 0;
    assert_int_equal(seal_rekey_begin(seal, &error), ST_OK);
    assert_int_equal(get(seal, "a", &foreign, NULL, &error), ST_CONFLICT); /* has it read again */
    assert_int_equal(chmod(key_file, 0644), 0);
    assert_int_equal(seal_files_renew(seal, sealed_dir, &renewed, &unreadable, &error), ST_DENIED);
    assert_non_null(strstr(error.text, key_file));
    assert_int_equal(seal_rekey_end(seal, &error), ST_DENIED);
    assert_int_equal(chmod(key_file, 0600), 0);
    secret_read(seal, "one", "1");
    assert_true(seal_rekey_open(seal));
    renewed = unreadable = 0;
    assert_int_equal(seal_files_renew(seal, sealed_dir, &renewed, &unreadable, &error), ST_OK);
    assert_int_equal(renewed, 1);
    assert_int_equal(unreadable, 1);
    assert_int_equal(seal_rekey_end(seal, &error), ST_OK);
    secret_read(seal, "one", "1");
    seal_free(seal);
    seal_free(other);
    buf_free(&foreign);
}

static void new_keys_that_were_cut_off_stand_in_nobodys_way(void **state)
{
    (void)state;
    struct error error = {0};
    struct seal *seal = seal_new(key_file);
    assert_int_equal(seal_file_write(seal, sealed_dir, "one", bytes_text("1"), &error), ST_OK);
    uint64_t renewed = 0, unreadable = 0;
    for (int i = 0; i < SEAL_KEYS_MAX + 2; i++)
        if (seal_rekey_begin(seal, &error) != ST_OK) fail_msg("%d: %s", i, error.text);
    assert_int_equal(seal_files_renew(seal, sealed_dir, &renewed, &unreadable, &error), ST_OK);
    assert_int_equal(renewed, 1);
    assert_int_equal(seal_rekey_end(seal, &error), ST_OK);
    secret_read(seal, "one", "1");
    assert_false(seal_rekey_open(seal));
    seal_free(seal);
}

/* What systemd gives cannot be written; two lines in it are a new key all the same. */
static void a_credential_is_only_read(void **state)
{
    (void)state;
    struct error error = {0};
    struct seal *seal = seal_new(key_file);
    assert_int_equal(seal_file_write(seal, sealed_dir, "one", bytes_text("1"), &error), ST_OK);
    assert_int_equal(seal_rekey_begin(seal, &error), ST_OK);
    seal_free(seal);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    assert_int_equal(chmod(key_file, 0440), 0);
    seal = seal_new(key_file);
    uint64_t renewed = 0, unreadable = 0;
    assert_true(seal_rekey_open(seal));
    assert_int_equal(seal_files_renew(seal, sealed_dir, &renewed, &unreadable, &error), ST_OK);
    assert_int_equal(renewed, 1);
    assert_int_equal(seal_rekey_end(seal, &error), ST_OK);
    secret_read(seal, "one", "1");
    assert_int_equal(seal_rekey_begin(seal, &error), ST_UNSUPPORTED);
    assert_non_null(strstr(error.text, "systemd"));
    seal_free(seal);
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void names_of_files_are_names_only(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ".", "..", "../key", "a/b", ".new", "A", "a b", "a\n"};
    struct error error = {0};
    struct seal *seal = seal_new(key_file);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(seal_file_write(seal, sealed_dir, bad[i], bytes_text("x"), &error),
                         ST_INVALID);
    assert_int_not_equal(access(sealed_dir, F_OK), 0);
    seal_free(seal);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(opens_what_it_sealed_under_that_name_only, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_key_that_others_read_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_wrong_or_missing_key_names_its_file_and_loses_nothing, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_new_key_opens_everything_wherever_it_was_cut_off, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_new_key_gives_up_only_what_no_key_opens, set_up, tear_down),
    cmocka_unit_test_setup_teardown(new_keys_that_were_cut_off_stand_in_nobodys_way, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_credential_is_only_read, set_up, tear_down),
    cmocka_unit_test_setup_teardown(names_of_files_are_names_only, set_up, tear_down),
};
TEST_MAIN(cases)
