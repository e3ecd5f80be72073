/* Files that are no plugins, or not ours to trust: each refused by a sentence that names the file
 * and the mismatch, before anything of it could do harm. */
#include "plugin_support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

struct place {
    char folder[64];
    struct plugin_registry *registry;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    temp_folder(place->folder);
    const char *folders[] = {"/nonexistent/stockd", place->folder};
    place->registry = plugin_registry_new(folders, 2, NULL);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    plugin_registry_free(place->registry);
    temp_folder_remove(place->folder);
    free(place);
    return 0;
}

/* Copies `size` bytes (all of it when negative) of a hostile plugin into the place. */
static size_t put(const struct place *place, const char *from, const char *as, long size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.so", HOSTILE_DIR, from);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    snprintf(path, sizeof path, "%s/%s.so", place->folder, as);
    unlink(path);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    size_t done = 0;
    for (int c; (size < 0 || (long)done < size) && (c = getc(in)) != EOF; done++)
        putc(c, out);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0644), 0);
    return done;
}

/* Loading `name` fails with "FOLDER/NAME.so" followed by `rest`. */
static void refused(const struct place *place, const char *name, enum status status,
                    const char *rest)
{
    const struct plugin *plugin = NULL;
    struct error error = {0};
    char expected[ERROR_TEXT_MAX];
    snprintf(expected, sizeof expected, "%s/%s.so%s", place->folder, name, rest);
    assert_int_equal(plugin_registry_load(place->registry, name, &plugin, &error), status);
    assert_sentence(&error, status, expected);
    assert_null(plugin);
}

static void sound_one_loads(void **state)
{
    struct place *place = *state;
    put(place, "good", "good", -1);
    const struct plugin *plugin = NULL;
    struct error error;
    assert_int_equal(plugin_registry_load(place->registry, "good", &plugin, &error), ST_OK);
    assert_string_equal(plugin_id(plugin), "good");
    assert_string_equal(plugin_declared(plugin)->title, "Hostile");
    assert_true(plugin_offers(plugin, STOCKD_PUSH_STOCK));
    assert_false(plugin_offers(plugin, STOCKD_FETCH_ORDERS));
    assert_non_null(strstr(plugin_file(plugin), "/good.so"));
}

static void every_mismatch_has_its_sentence(void **state)
{
    static const struct {
        const char *name;
        enum status status;
        const char *rest;
    } cases[] = {
        {"major-old", ST_UNSUPPORTED,
         ": built for ABI 0, this stockd speaks 1; install a newer build of the plugin"},
        {"major-new", ST_UNSUPPORTED, ": built for ABI 2, this stockd speaks 1; upgrade stockd"},
        {"minor-new", ST_UNSUPPORTED,
         ": built for ABI 1.7, this stockd speaks 1.0; upgrade stockd"},
        {"magic", ST_INVALID,
         ": its symbol 'stockd_plugin' is not a stockd plugin (wrong magic); begin it with "
         "STOCKD_PLUGIN_HEAD"},
        {"size-small", ST_UNSUPPORTED,
         ": says its description is 64 bytes, ABI 1.0 has 192 to 200"},
        {"size-large", ST_UNSUPPORTED,
         ": says its description is 4096 bytes, ABI 1.0 has 192 to 200 and the file holds fewer"},
        {"other-id", ST_INVALID,
         ": its id is 'somebody-else', so the file must be called somebody-else.so"},
        {"pointer-lies", ST_INVALID, ": declares 1 options, which reach past the file's memory"},
        {"text-lies", ST_INVALID, ": its title does not point to a text of this file"},
        {"no-symbol", ST_INVALID, ": no symbol 'stockd_plugin'; export it with STOCKD_EXPORT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(*state, cases[i].name, cases[i].name, -1);
        refused(*state, cases[i].name, cases[i].status, cases[i].rest);
    }
}

/* What is read past the table is whatever follows it: refused one way or the other. */
static void count_that_lies_is_refused(void **state)
{
    struct place *place = *state;
    const struct plugin *plugin = NULL;
    struct error error;
    put(place, "count-lies", "count-lies", -1);
    assert_int_equal(plugin_registry_load(place->registry, "count-lies", &plugin, &error),
                     ST_INVALID);
    assert_non_null(strstr(error.text, "/count-lies.so: "));
}

static void unresolved_symbol_is_named(void **state)
{
    struct place *place = *state;
    const struct plugin *plugin = NULL;
    struct error error;
    put(place, "unresolved", "unresolved", -1);
    assert_int_equal(plugin_registry_load(place->registry, "unresolved", &plugin, &error),
                     ST_INVALID);
    assert_non_null(strstr(error.text, "/unresolved.so: cannot be loaded: "));
    assert_non_null(strstr(error.text, "nobody_has_this"));
}

static void cut_file_never_reaches_the_linker(void **state)
{
    struct place *place = *state;
    long whole = (long)put(place, "good", "good", -1);
    for (long size = 0; size < whole; size += size < 4096 ? 61 : 509) {
        const struct plugin *plugin = NULL;
        struct error error = {0};
        put(place, "good", "good", size);
        assert_int_equal(plugin_registry_load(place->registry, "good", &plugin, &error),
                         ST_DAMAGED);
        assert_non_null(strstr(error.text, "/good.so: "));
    }
    put(place, "good", "good", 40);
    refused(place, "good", ST_DAMAGED,
            ": not an ELF shared object: only 40 bytes long; install it again");
    char rest[128];
    put(place, "good", "good", whole - 1);
    snprintf(rest, sizeof rest,
             ": cut short: its section header table reaches past the end of the file (%ld bytes); "
             "install it again",
             whole - 1);
    refused(place, "good", ST_DAMAGED, rest);
}

static void write_at(const struct place *place, const char *name, long at, const void *data,
                     size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.so", place->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    assert_int_equal(pwrite(fd, data, size, at), (ssize_t)size);
    close(fd);
}

static void what_is_not_elf_is_refused(void **state)
{
    struct place *place = *state;
    char text[200];
    memset(text, '#', sizeof text);
    write_at(place, "script", 0, text, sizeof text);
    refused(place, "script", ST_DAMAGED, ": not an ELF shared object");

    put(place, "good", "good", -1);
    write_at(place, "good", 16, "\2\0", 2); /* e_type: an executable */
    refused(place, "good", ST_DAMAGED, ": an ELF file, but not a shared object (type 2)");
    put(place, "good", "good", -1);
    write_at(place, "good", 18, "\x08\0", 2); /* e_machine: MIPS */
    const struct plugin *plugin;
    struct error error;
    assert_int_equal(plugin_registry_load(place->registry, "good", &plugin, &error),
                     ST_UNSUPPORTED);
    assert_non_null(strstr(error.text, ": built for another machine (ELF class 2, machine 8; "));
    put(place, "good", "good", -1);
    write_at(place, "good", 56, "\0\0", 2); /* e_phnum */
    refused(place, "good", ST_DAMAGED, ": damaged: its program headers make no sense");
}

static void file_others_may_write_is_refused(void **state)
{
    static const struct {
        mode_t mode;
        const char *rest;
    } cases[] = {
        {0664, ": writable by others than its owner (mode 0664); chmod go-w it"},
        {0646, ": writable by others than its owner (mode 0646); chmod go-w it"},
        {0777, ": writable by others than its owner (mode 0777); chmod go-w it"},
    };
    struct place *place = *state;
    char path[256];
    put(place, "good", "good", -1);
    snprintf(path, sizeof path, "%s/good.so", place->folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        chmod(path, cases[i].mode);
        refused(place, "good", ST_DENIED, cases[i].rest);
    }
    if (geteuid() != 0) return; /* only root can give a file away */
    chmod(path, 0644);
    assert_int_equal(chown(path, 12345, 0), 0);
    refused(place, "good", ST_DENIED,
            ": owned by user 12345, neither root nor the user stockd runs as (0); chown it");
}

static void only_regular_files_are_loaded(void **state)
{
    struct place *place = *state;
    char path[256], target[256];
    snprintf(path, sizeof path, "%s/pipe.so", place->folder);
    assert_int_equal(mkfifo(path, 0600), 0); /* opening it must not wait for a writer */
    refused(place, "pipe", ST_DENIED, ": not a regular file; a plugin is a shared object");
    snprintf(path, sizeof path, "%s/folder.so", place->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    refused(place, "folder", ST_DENIED, ": not a regular file; a plugin is a shared object");
    snprintf(path, sizeof path, "%s/loop.so", place->folder);
    assert_int_equal(symlink(path, path), 0);
    refused(place, "loop", ST_IO, ": cannot open it: Too many levels of symbolic links");

    put(place, "good", "target", -1);
    snprintf(target, sizeof target, "%s/target.so", place->folder);
    snprintf(path, sizeof path, "%s/good.so", place->folder);
    assert_int_equal(symlink(target, path), 0);
    const struct plugin *plugin;
    struct error error;
    assert_int_equal(plugin_registry_load(place->registry, "good", &plugin, &error), ST_OK);
    chmod(target, 0666);
    refused(place, "good", ST_DENIED,
            ": writable by others than its owner (mode 0666); chmod go-w it");
}

static void missing_one_is_suggested(void **state)
{
    struct place *place = *state;
    const struct plugin *plugin;
    struct error error;
    char expected[ERROR_TEXT_MAX];
    put(place, "good", "good", -1);
    assert_int_equal(plugin_registry_load(place->registry, "godo", &plugin, &error), ST_NOT_FOUND);
    snprintf(expected, sizeof expected,
             "no plugin 'godo': there is no godo.so in /nonexistent/stockd, %s; did you mean "
             "'good'?",
             place->folder);
    assert_sentence(&error, ST_NOT_FOUND, expected);
}

static void name_is_never_a_path(void **state)
{
    static const char *const names[] = {"",      "../good", "a/b",     "/etc/passwd", "Good",
                                        "go od", "-rf",     "good.so", "g\xc3\xb6od"};
    struct place *place = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct plugin *plugin;
        struct error error;
        assert_int_equal(plugin_registry_load(place->registry, names[i], &plugin, &error),
                         ST_INVALID);
        assert_non_null(strstr(error.text, "is no name of a plugin"));
    }
}

static void loaded_once_until_replaced(void **state)
{
    struct place *place = *state;
    const struct plugin *first, *again, *replaced;
    struct error error;
    put(place, "good", "good", -1);
    assert_int_equal(plugin_registry_load(place->registry, "good", &first, &error), ST_OK);
    assert_int_equal(plugin_registry_load(place->registry, "good", &again, &error), ST_OK);
    assert_ptr_equal(first, again);
    put(place, "good", "good", -1); /* another inode under the same name */
    assert_int_equal(plugin_registry_load(place->registry, "good", &replaced, &error), ST_OK);
    assert_ptr_not_equal(first, replaced);
    assert_ptr_not_equal(plugin_id(first), plugin_id(replaced)); /* other memory, really mapped */
    assert_string_equal(plugin_id(first), "good");
}

/* Names that the linker has seen are never mistaken for new files, whatever was loaded, refused or
 * forgotten in between. */
static void many_replacements_are_each_their_own(void **state)
{
    struct place *place = *state;
    const struct plugin *plugin, *before = NULL;
    struct error error;
    for (int round = 0; round < 5; round++) {
        put(place, "good", "good", -1);
        assert_int_equal(plugin_registry_load(place->registry, "good", &plugin, &error), ST_OK);
        assert_string_equal(plugin_id(plugin), "good");
        assert_ptr_not_equal(plugin, before);
        before = plugin;
        put(place, "other-id", "good", -1);
        refused(place, "good", ST_INVALID,
                ": its id is 'somebody-else', so the file must be called somebody-else.so");
    }
}

static void replaced_file_is_checked_anew(void **state)
{
    struct place *place = *state;
    const struct plugin *first;
    struct error error;
    put(place, "good", "good", -1);
    assert_int_equal(plugin_registry_load(place->registry, "good", &first, &error), ST_OK);
    put(place, "magic", "good", -1);
    refused(place, "good", ST_INVALID,
            ": its symbol 'stockd_plugin' is not a stockd plugin (wrong magic); begin it with "
            "STOCKD_PLUGIN_HEAD");
}

/* The tables of the file are shorter than ours: what it lacks must read as absent, and never as
 * what happens to lie behind. */
static void older_minor_has_an_absent_tail(void **state)
{
    struct place *place = *state;
    const struct plugin *plugin;
    struct error error = {0};
    put(place, "minor-old", "minor-old", -1);
    if (plugin_registry_load(place->registry, "minor-old", &plugin, &error) != ST_OK)
        fail_msg("%s", error.text);
    const struct stockd_plugin *d = plugin_declared(plugin);
    assert_int_equal(d->size, sizeof *d);
    assert_null(d->extension);
    assert_int_equal(d->option_size, sizeof(struct stockd_option));
    assert_string_equal(d->options[1].name, "beta");
    assert_int_equal(d->options[1].type, STOCKD_OPTION_BOOL);
    assert_null(d->options[0].default_value);
    assert_null(d->options[1].help);
    assert_int_equal(d->options[1].max, 0);
    assert_string_equal(d->endpoints[1].base_url, "https://files.old.example");
    assert_null(d->endpoints[0].url_option);
    assert_string_equal(d->buckets[1].name, "reads");
    assert_int_equal(d->buckets[0].burst, 80); /* 0 means the amount */
    assert_null(d->buckets[0].key_options);
    assert_int_equal(d->buckets[0].key_seller, 0);
    assert_string_equal(d->routes[1].name, "one");
    assert_int_equal(d->routes[0].cadence_ms, 0);
    assert_int_equal(d->routes[0].stuck_after_ms, 3600000); /* 0 means one hour */
    assert_int_equal(d->routes[1].min_items, 1);
    assert_int_equal(d->scratch_max, 1 << 20);
}

struct seen {
    char names[200];
    int loaded, refused;
};

static void note_found(void *ctx, const char *name, const struct plugin *plugin,
                       const struct error *error)
{
    struct seen *seen = ctx;
    strcat(strcat(seen->names, name), " ");
    if (plugin)
        seen->loaded++;
    else
        seen->refused += error->text[0] != 0;
}

static void one_bad_file_stops_no_other(void **state)
{
    struct place *place = *state;
    put(place, "magic", "magic", -1);
    put(place, "good", "good", -1);
    put(place, "behaves", "behaves", -1);
    put(place, "good", "Not-A-Name", -1);
    put(place, "good", "cut", 100);
    struct seen seen = {0};
    plugin_registry_each(place->registry, note_found, &seen);
    assert_string_equal(seen.names, "behaves cut good magic ");
    assert_int_equal(seen.loaded, 2);
    assert_int_equal(seen.refused, 2);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(sound_one_loads, set_up, tear_down),
    cmocka_unit_test_setup_teardown(every_mismatch_has_its_sentence, set_up, tear_down),
    cmocka_unit_test_setup_teardown(count_that_lies_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(unresolved_symbol_is_named, set_up, tear_down),
    cmocka_unit_test_setup_teardown(cut_file_never_reaches_the_linker, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_is_not_elf_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(file_others_may_write_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(only_regular_files_are_loaded, set_up, tear_down),
    cmocka_unit_test_setup_teardown(missing_one_is_suggested, set_up, tear_down),
    cmocka_unit_test_setup_teardown(name_is_never_a_path, set_up, tear_down),
    cmocka_unit_test_setup_teardown(loaded_once_until_replaced, set_up, tear_down),
    cmocka_unit_test_setup_teardown(many_replacements_are_each_their_own, set_up, tear_down),
    cmocka_unit_test_setup_teardown(replaced_file_is_checked_anew, set_up, tear_down),
    cmocka_unit_test_setup_teardown(older_minor_has_an_absent_tail, set_up, tear_down),
    cmocka_unit_test_setup_teardown(one_bad_file_stops_no_other, set_up, tear_down),
};

TEST_MAIN(cases)
