/* Crashes in child processes: what counts against a plugin, what does not, and what follows. A
 * sanitizer turns the end of a child into its own report and exit; the mark is there all the same.
 */
#include "plugin_support.h"

#include "base/log.h"
#include "base/mem.h"
#include "plugin/crash.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A clock that stands where it is put. */
static int64_t wall_now = 1700000000000, mono_now;

static int64_t wall_get(void *ctx)
{
    (void)ctx;
    return wall_now;
}

static int64_t mono_get(void *ctx)
{
    (void)ctx;
    return mono_now;
}

static const struct clock_source test_clock = {wall_get, mono_get, NULL};

struct place {
    char folder[64], path[96];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    temp_folder(place->folder);
    snprintf(place->path, sizeof place->path, "%s/guard", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    temp_folder_remove(place->folder);
    free(place);
    return 0;
}

static struct plugin_guard *guard_open(const struct place *place)
{
    struct plugin_guard *guard;
    struct error error;
    if (plugin_guard_open(place->path, &test_clock, &guard, &error)) fail_msg("%s", error.text);
    return guard;
}

/* The only record there is. */
static struct plugin_crash record_of(const struct place *place)
{
    struct plugin_crash crashes[GUARD_PLUGINS] = {0};
    struct plugin_guard *guard = guard_open(place);
    assert_in_range(plugin_guard_list(guard, crashes), 0, 1);
    plugin_guard_close(guard);
    return crashes[0];
}

/* ---------------------------------------------------------------------------------------------- */

static void child_quiet(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 2);
    /* cmocka's own handlers would report the crash as a failed test of the parent. */
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_DFL);
}

/* Loads `name` and runs one step of it that does `act`, under the guard. Exits 0 when it survives.
 */
static void child_step(const struct place *place, const char *name, const char *act)
{
    const char *folder = HOSTILE_DIR;
    struct plugin_value value = {"act", act};
    struct plugin_settings settings = {.account = "shop", .values = &value, .value_count = 1};
    struct stockd_start start = {.operation = STOCKD_FETCH_STOCK};
    struct plugin_setup setup = {.start = &start};
    struct plugin_registry *registry = plugin_registry_new(&folder, 1, guard_open(place));
    const struct plugin *plugin;
    struct error error;
    if (plugin_registry_load(registry, name, &plugin, &error)) _exit(3);
    struct plugin_instance *instance = plugin_instance_new(plugin, &settings, &error);
    struct plugin_operation *operation = plugin_operation_new(instance, &setup, &error);
    plugin_operation_step(operation, &(struct plugin_input){.event = STOCKD_START});
    _exit(0);
}

/* The child's wait status. */
static int run_child(const struct place *place, const char *name, const char *act)
{
    pid_t child = fork();
    if (child == 0) {
        child_quiet();
        child_step(place, name, act);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool survived(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void each_fault_in_a_step_is_recorded(void **state)
{
    static const struct {
        const char *act;
        int signal;
    } cases[] = {
        {"segv", SIGSEGV}, {"abort", SIGABRT},    {"ill", SIGILL},
        {"fpe", SIGFPE},   {"overflow", SIGSEGV},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unlink(place->path);
        assert_false(survived(run_child(place, "behaves", cases[i].act)));
        struct plugin_crash crash = record_of(place);
        assert_string_equal(crash.plugin, "behaves");
        assert_string_equal(crash.account, "shop");
        assert_string_equal(crash.operation, "fetch_stock");
        assert_int_equal(crash.signal, cases[i].signal);
        assert_int_equal(crash.crashes, 1);
        assert_int_equal(crash.last_ms, wall_now);
        assert_true(crash.in_last_run);
        assert_false(crash.quarantined);
        assert_false(record_of(place).in_last_run); /* told by one start only */
    }
}

/* Memory that ends while a step runs is not the plugin's doing: it is bounded in all it may ask
 * for.
 */
static void memory_that_ends_blames_nobody(void **state)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    (void)state;
    skip(); /* they end the process themselves */
#else
    struct place *place = *state;
    pid_t child = fork();
    if (child == 0) {
        child_quiet();
        plugin_guard_enter(guard_open(place), "behaves", "shop", "push_stock");
        mem_alloc(SIZE_MAX / 2);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    struct plugin_crash crashes[GUARD_PLUGINS];
    struct plugin_guard *guard = guard_open(place);
    assert_int_equal(plugin_guard_list(guard, crashes), 0);
    plugin_guard_close(guard);
#endif
}

static void second_crash_in_ten_minutes_quarantines(void **state)
{
    struct place *place = *state;
    const char *folder = HOSTILE_DIR;
    const struct plugin *plugin;
    struct error error;
    run_child(place, "behaves", "segv");
    wall_now += GUARD_WINDOW_MS;
    run_child(place, "behaves", "segv");
    struct plugin_guard *guard = guard_open(place);
    struct plugin_registry *registry = plugin_registry_new(&folder, 1, guard);
    assert_int_equal(plugin_registry_load(registry, "behaves", &plugin, &error), ST_DENIED);
    assert_sentence(&error, ST_DENIED,
                    "plugin 'behaves' is quarantined: it crashed 2 times within 10 minutes, last "
                    "with SIGSEGV in fetch_stock at 2023-11-14T22:23:20.000Z; 'stockctl plugin "
                    "release behaves' lets it back");
    assert_int_equal(plugin_registry_load(registry, "good", &plugin, &error), ST_OK);
    plugin_guard_close(guard); /* it outlives a restart */
    guard = guard_open(place);
    assert_int_equal(plugin_guard_check(guard, "behaves", &error), ST_DENIED);
    assert_int_equal(plugin_guard_release(guard, "behaves", &error), ST_OK);
    assert_int_equal(plugin_guard_check(guard, "behaves", &error), ST_OK);
    assert_int_equal(plugin_guard_release(guard, "behaves", &error), ST_NOT_FOUND);
    assert_sentence(&error, ST_NOT_FOUND, "plugin 'behaves' is not quarantined");
    plugin_guard_close(guard);
    plugin_registry_free(registry);
    run_child(place, "behaves", "segv"); /* counted from the beginning again */
    assert_false(record_of(place).quarantined);
}

static void crashes_further_apart_do_not(void **state)
{
    struct place *place = *state;
    for (int i = 0; i < 4; i++) {
        run_child(place, "behaves", "abort");
        wall_now += GUARD_WINDOW_MS + 1;
    }
    struct plugin_crash crash = record_of(place);
    assert_int_equal(crash.crashes, 4);
    assert_false(crash.quarantined);
}

static void kill_9_is_nobodys_fault(void **state)
{
    struct place *place = *state;
    int status = run_child(place, "behaves", "kill");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(record_of(place).crashes, 0);
}

static void crash_while_loading_counts(void **state)
{
    struct place *place = *state;
    run_child(place, "dies-loading", "");
    run_child(place, "dies-loading", "");
    struct plugin_crash crash = record_of(place);
    assert_string_equal(crash.plugin, "dies-loading");
    assert_string_equal(crash.operation, "load");
    assert_true(crash.quarantined);
    int status = run_child(place, "dies-loading", ""); /* now refused, and the rest goes on */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void step_that_ends_leaves_no_mark(void **state)
{
    struct place *place = *state;
    pid_t child = fork();
    if (child == 0) {
        child_quiet();
        struct plugin_guard *guard = guard_open(place);
        plugin_guard_enter(guard, "behaves", "shop", "fetch_stock");
        plugin_guard_leave(guard);
        abort(); /* our own crash, after the step */
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(record_of(place).crashes, 0);
}

/* ---------------------------------------------------------------------------------------------- */

static int told[2];

static void *stay_inside(void *guard)
{
    plugin_guard_enter(guard, "behaves", "shop", "push_stock");
    if (write(told[1], "x", 1) != 1) _exit(4);
    for (;;)
        pause();
}

static void wait_told(void)
{
    char c;
    assert_int_equal(read(told[0], &c, 1), 1);
}

/* A fault of ours in one thread while another runs a step. */
static void crash_of_another_thread_does_not_count(void **state)
{
    struct place *place = *state;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        child_quiet();
        pthread_t thread;
        char c;
        pthread_create(&thread, NULL, stay_inside, guard_open(place));
        if (read(told[0], &c, 1) == 1) raise(SIGSEGV);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_false(survived(status));
    assert_int_equal(record_of(place).crashes, 0);
}

/* A signal that somebody sends is no fault, even when it lands on a thread inside a step. */
static void signal_from_outside_does_not_count(void **state)
{
    struct place *place = *state;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        child_quiet();
        stay_inside(guard_open(place));
    }
    wait_told();
    kill(child, SIGSEGV);
    int status;
    waitpid(child, &status, 0);
    assert_false(survived(status));
    assert_int_equal(record_of(place).crashes, 0);
}

/* ---------------------------------------------------------------------------------------------- */

static void hang_is_told_once_and_counts_as_a_crash(void **state)
{
    struct place *place = *state;
    struct plugin_guard *guard = guard_open(place);
    struct plugin_overdue overdue[GUARD_SLOTS];
    struct error error;
    mono_now = 5000000;
    for (int round = 0; round < 2; round++) {
        plugin_guard_enter(guard, "behaves", "shop", "push_stock");
        assert_int_equal(plugin_guard_overdue(guard, mono_now + 10000000, overdue), 0);
        assert_int_equal(plugin_guard_overdue(guard, mono_now + 10001000, overdue), 1);
        assert_string_equal(overdue[0].plugin, "behaves");
        assert_string_equal(overdue[0].account, "shop");
        assert_string_equal(overdue[0].operation, "push_stock");
        assert_int_equal(overdue[0].running_ms, 10001);
        assert_int_equal(plugin_guard_overdue(guard, mono_now + 20000000, overdue), 0);
        assert_int_equal(plugin_guard_check(guard, "behaves", &error), round ? ST_DENIED : ST_OK);
        plugin_guard_leave(guard);
    }
    assert_non_null(strstr(error.text, "last with a hang in push_stock at "));
    plugin_guard_close(guard);
    struct plugin_crash crash = record_of(place);
    assert_true(crash.quarantined);
    assert_int_equal(crash.signal, GUARD_HANG);
}

/* A real step that spins, seen from another thread, as the daemon's loop sees it. */
static void spinning_step_is_seen_from_the_loop(void **state)
{
    struct place *place = *state;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        child_quiet();
        struct plugin_guard *guard = guard_open(place);
        struct plugin_overdue overdue[GUARD_SLOTS];
        pthread_t thread;
        char c;
        pthread_create(&thread, NULL, stay_inside, guard);
        if (read(told[0], &c, 1) != 1) _exit(4);
        _exit(plugin_guard_overdue(guard, mono_now + 60000000, overdue) == 1 ? 75 : 4);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 75);
    struct plugin_crash crash = record_of(place); /* recorded, though the thread was lost */
    assert_int_equal(crash.crashes, 1);
    assert_int_equal(crash.signal, GUARD_HANG);
}

static void slow_step_is_logged(void **state)
{
    struct place *place = *state;
    char path[128], text[1000] = "";
    snprintf(path, sizeof path, "%s/log", place->folder);
    assert_int_equal(log_open(path), 0);
    struct plugin_guard *guard = guard_open(place);
    plugin_guard_enter(guard, "behaves", "my shop", "push_stock");
    mono_now += 50000;
    plugin_guard_leave(guard);
    plugin_guard_enter(guard, "behaves", "my shop", "push_stock");
    mono_now += 51000;
    plugin_guard_leave(guard);
    plugin_guard_close(guard);
    log_open(NULL);
    FILE *file = fopen(path, "r");
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    const char *line = strstr(text, "module=plugin event=step-slow plugin=behaves account=\"my "
                                    "shop\" operation=push_stock ms=51 limit=50\n");
    assert_non_null(line);
    assert_int_equal(memchr(text, '\n', size) - (void *)text, (long)size - 1); /* one line */
}

/* ---------------------------------------------------------------------------------------------- */

static void damaged_file_is_begun_anew(void **state)
{
    struct place *place = *state;
    run_child(place, "behaves", "segv");
    struct stat st;
    assert_int_equal(stat(place->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    for (int round = 0; round < 3; round++) {
        if (round == 0) assert_int_equal(truncate(place->path, 100), 0);
        if (round == 1) assert_int_equal(truncate(place->path, st.st_size + 1), 0);
        if (round == 2) {
            int fd = open(place->path, O_WRONLY);
            char junk[4096];
            memset(junk, 0xee, sizeof junk);
            for (off_t at = 16; at < st.st_size; at += (off_t)sizeof junk)
                assert_true(pwrite(fd, junk, sizeof junk, at) > 0);
            close(fd);
            assert_int_equal(truncate(place->path, st.st_size), 0);
        }
        assert_int_equal(record_of(place).crashes, 0);
        run_child(place, "behaves", "segv");
        assert_int_equal(record_of(place).crashes, 1);
    }
}

static void one_guard_for_a_process_and_a_file(void **state)
{
    struct place *place = *state;
    struct plugin_guard *guard = guard_open(place), *other;
    struct error error;
    assert_int_equal(plugin_guard_open(place->path, &test_clock, &other, &error), ST_EXISTS);
    plugin_guard_close(guard);
    char target[128];
    snprintf(target, sizeof target, "%s/elsewhere", place->folder);
    unlink(place->path);
    assert_int_equal(symlink(target, place->path), 0);
    assert_int_equal(plugin_guard_open(place->path, &test_clock, &other, &error), ST_IO);
    plugin_guard_enter(NULL, "a", "b", "c"); /* no guard, no harm */
    plugin_guard_leave(NULL);
    plugin_guard_close(NULL);
}

static void file_in_use_is_refused(void **state)
{
    struct place *place = *state;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        child_quiet();
        stay_inside(guard_open(place));
    }
    wait_told();
    struct plugin_guard *guard;
    struct error error;
    assert_int_equal(plugin_guard_open(place->path, &test_clock, &guard, &error), ST_BUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(record_of(place).crashes, 0);
}

static void *go_in_and_out(void *guard)
{
    for (int i = 0; i < 2000; i++) {
        plugin_guard_enter(guard, "behaves", "shop", "push_stock");
        plugin_guard_leave(guard);
    }
    return NULL;
}

/* More threads one after another than there are slots, and several at once under the watch. */
static void threads_come_and_go(void **state)
{
    struct place *place = *state;
    struct plugin_guard *guard = guard_open(place);
    struct plugin_overdue overdue[GUARD_SLOTS];
    for (int round = 0; round < 2 * GUARD_SLOTS / 4; round++) {
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, go_in_and_out, guard), 0);
        for (int i = 0; i < 100; i++)
            assert_int_equal(plugin_guard_overdue(guard, mono_now, overdue), 0);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
    }
    plugin_guard_enter(guard, "behaves", "shop", "push_stock"); /* a slot is left */
    assert_int_equal(plugin_guard_overdue(guard, mono_now + 11000000, overdue), 1);
    plugin_guard_leave(guard);
    plugin_guard_close(guard);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(each_fault_in_a_step_is_recorded, set_up, tear_down),
    cmocka_unit_test_setup_teardown(memory_that_ends_blames_nobody, set_up, tear_down),
    cmocka_unit_test_setup_teardown(second_crash_in_ten_minutes_quarantines, set_up, tear_down),
    cmocka_unit_test_setup_teardown(crashes_further_apart_do_not, set_up, tear_down),
    cmocka_unit_test_setup_teardown(kill_9_is_nobodys_fault, set_up, tear_down),
    cmocka_unit_test_setup_teardown(crash_while_loading_counts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(step_that_ends_leaves_no_mark, set_up, tear_down),
    cmocka_unit_test_setup_teardown(crash_of_another_thread_does_not_count, set_up, tear_down),
    cmocka_unit_test_setup_teardown(signal_from_outside_does_not_count, set_up, tear_down),
    cmocka_unit_test_setup_teardown(hang_is_told_once_and_counts_as_a_crash, set_up, tear_down),
    cmocka_unit_test_setup_teardown(spinning_step_is_seen_from_the_loop, set_up, tear_down),
    cmocka_unit_test_setup_teardown(slow_step_is_logged, set_up, tear_down),
    cmocka_unit_test_setup_teardown(damaged_file_is_begun_anew, set_up, tear_down),
    cmocka_unit_test_setup_teardown(one_guard_for_a_process_and_a_file, set_up, tear_down),
    cmocka_unit_test_setup_teardown(file_in_use_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(threads_come_and_go, set_up, tear_down),
};

TEST_MAIN(cases)
