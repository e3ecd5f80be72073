/* Inboxes, end to end: a dropped file is shown at the marketplace and lies in done/; hostile files
 * change nothing and say why; kill -9 at any point applies each file exactly once. */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <iconv.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 30, MANY = 100000 };

static struct figures figures;

/* ---- the folder */

static void conf_inbox(const char *more)
{
    conf_write("40-inbox.yaml",
               "inboxes:\n  erp:\n    folder: %s\n    settle: 200ms\n    poll: 1s\n%s",
               world_path("in"), more);
}

static void make_folder(void)
{
    assert_int_equal(mkdir(world_path("in"), 0755), 0);
    assert_int_equal(chmod(world_path("in"), 0755), 0);
}

static void begin(const char *more)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    conf_inbox(more);
    make_folder();
    daemon_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = 1;
    figures_csv(&figures, world_path("first.csv"));
    assert_int_equal(ctl("stock import %s", world_path("first.csv")).code, 0);
    wait_shown(&figures, SOON_S);
}

/* As a good sender does: written elsewhere, then renamed into place. */
static void drop(const char *name, const void *data, size_t size)
{
    file_write(world_path("in/.%s", name), data, size);
    assert_int_equal(chmod(world_path("in/.%s", name), 0644), 0);
    assert_int_equal(rename(world_path("in/.%s", name), world_path("in/%s", name)), 0);
}

static void drop_text(const char *name, const char *text)
{
    drop(name, text, strlen(text));
}

static void drop_figures(const char *name)
{
    figures_csv(&figures, world_path("figures.csv"));
    drop_text(name, file_read(world_path("figures.csv")));
}

/* The path of a file with that end in a directory of the folder, or NULL. */
static const char *find_in(const char *sub, const char *end)
{
    DIR *directory = opendir(world_path("in/%s", sub));
    struct dirent *entry;
    const char *found = NULL;
    while (directory && !found && (entry = readdir(directory))) {
        size_t size = strlen(entry->d_name), end_size = strlen(end);
        if (size < end_size || strcmp(entry->d_name + size - end_size, end) != 0) continue;
        found = world_path("in/%s/%s", sub, entry->d_name);
    }
    if (directory) closedir(directory);
    return found;
}

static int count_in(const char *sub)
{
    DIR *directory = opendir(world_path("in/%s", sub));
    struct dirent *entry;
    int count = 0;
    while (directory && (entry = readdir(directory)))
        count += entry->d_name[0] != '.';
    if (directory) closedir(directory);
    return count;
}

/* The report of a file, once the file lies there. */
static const char *report_of(const char *sub, const char *name)
{
    WAIT_FOR(LONG_S, find_in(sub, text_format("-%s", name)));
    const char *report = find_in(sub, text_format("-%s.report.txt", name));
    if (!report) fail_msg("%s lies in %s/ without a report", name, sub);
    return file_read(report);
}

static const char *inboxes_say(void)
{
    char *text = json_dumps(api_get("/v1/inboxes"), JSON_COMPACT);
    char *kept = text_format("%s", text);
    free(text);
    return kept;
}

static const char *metrics_say(void)
{
    return run("/usr/bin/env", "curl -s --unix-socket %s http://stockd/metrics", world_path("sock"))
        .out;
}

static json_t *inbox(void)
{
    return json_array_get(json_object_get(api_get("/v1/inboxes"), "items"), 0);
}

static int64_t on_hand(const char *sku)
{
    json_t *stock = api_get(text_format("/v1/stock/%s?warehouse=msk", sku));
    json_t *figure = json_object_get(json_array_get(json_object_get(stock, "stock"), 0), "on_hand");
    return json_is_integer(figure) ? json_integer_value(figure) : -1;
}

static size_t imports_made(void)
{
    return json_array_size(json_object_get(api_get("/v1/imports"), "items"));
}

static int times_said(const char *text)
{
    int count = 0;
    for (const char *at = daemon_log(); (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

/* ---- what is meant to happen */

static void a_dropped_file_is_shown(void **state)
{
    (void)state;
    begin("");
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = p * 7 % 31;
    drop_figures("stock.csv");
    wait_shown(&figures, SOON_S);
    const char *report = report_of("done", "stock.csv");
    assert_text(report, "result: done\n");
    assert_text(report, "rows: 60: ");
    assert_text(report, "read as: UTF-8, separated by comma, header in line 1");
    WAIT_FOR(SOON_S, count_in("taken") == 0);
    assert_int_equal(count_in("done"), 2);
    WAIT_FOR(SOON_S, strstr(ctl("inbox").out, "stock.csv"));
    struct ran ran = ctl("inbox");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "erp");
    assert_text(ran.out, "watching");
    char *runs = json_dumps(api_get("/v1/runs?task=import"), 0);
    assert_text(runs, "inbox:erp");
    free(runs);
    assert_text(ctl("import list").out, "stock.csv");

    /* The same content again, after something else was said: it counts again, and that is told. */
    ctl_ok("stock set SKU-000003 99 --warehouse msk");
    drop_figures("again.csv");
    assert_text(report_of("done", "again.csv"), "note: the content is the same, byte for byte");
    wait_shown(&figures, SOON_S);
    world_good();
}

static size_t to_1251(const char *text, char *out, size_t room)
{
    char *in = (char *)(uintptr_t)text, *to = out;
    size_t in_left = strlen(text), out_left = room;
    iconv_t iconv_to = iconv_open("WINDOWS-1251", "UTF-8");
    assert_true(iconv_to != (iconv_t)-1);
    assert_true(iconv(iconv_to, &in, &in_left, &to, &out_left) != (size_t)-1);
    iconv_close(iconv_to);
    return (size_t)(to - out);
}

/* What 1C writes: windows-1251, semicolons, Russian names, one row by mistake with a fraction. */
static void a_russian_export_is_read(void **state)
{
    (void)state;
    char bytes[1000];
    begin("    warehouse: spb\n    kind: available\n");
    size_t size = to_1251("Номенклатура;Артикул;Остаток, шт.\r\n\"Лампа \"\"Заря\"\"; белая\";"
                          "SKU-000001;17\r\nСтол;SKU-000002;5,5\r\nСтул;SKU-000003;1 000\r\n",
                          bytes, sizeof bytes);
    drop("Остатки.csv", bytes, size);
    figures.at[1][1] = 17;
    const char *report = report_of("done", "Остатки.csv");
    assert_text(report, "read as: windows-1251, separated by semicolon, header in line 1, sku is "
                        "'Артикул', quantity is 'Остаток, шт.'");
    assert_text(report, "result: partial");
    assert_text(report, "figures: available, of warehouse spb");
    assert_text(report, "rows: 3: 1 changed, 0 were so already, 2 refused");
    assert_text(
        report,
        "line 3, column 3: the quantity '5,5' is not whole; stock is counted in whole pieces");
    assert_text(report, "line 4, column 3: the quantity '1 000' has marks between its digits");
    wait_shown(&figures, SOON_S);
    world_good();
}

static void a_growing_file_is_left_until_it_is_whole(void **state)
{
    (void)state;
    begin("");
    int fd = open(world_path("in/slow.csv"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    static const char half[] = "sku,warehouse,quantity\nSKU-000001,msk,5\nSKU-000002,msk,1";
    static const char rest[] = "2\nSKU-000003,msk,7\n";
    assert_int_equal(write(fd, half, sizeof half - 1), sizeof half - 1);
    WAIT_FOR(SOON_S, strstr(ctl("inbox").out, "somebody is still writing into it"));
    assert_int_equal(imports_made(), 1);
    assert_int_equal(write(fd, rest, sizeof rest - 1), sizeof rest - 1);
    close(fd);
    assert_text(report_of("done", "slow.csv"), "rows: 3: 3 changed");
    assert_no_text(report_of("done", "slow.csv"), "cut off");
    drop_text("cut.csv", "sku,warehouse,quantity\nSKU-000003,msk,7");
    assert_text(report_of("done", "cut.csv"), "the last line has no line break: was the file cut");
    figures.at[0][1] = 5;
    figures.at[0][2] = 12;
    figures.at[0][3] = 7;
    wait_shown(&figures, SOON_S);
    world_good();
}

/* ---- hostile files */

struct hostile {
    const char *name;
    const char *data;
    size_t size;
    const char *why;
};
#define FILE_OF(name, text, why)                \
    {                                           \
        (name), (text), sizeof(text) - 1, (why) \
    }
static const struct hostile hostile[] = {
    FILE_OF("empty.csv", "", "the file is empty; nothing was changed"),
    FILE_OF("head.csv", "sku,warehouse,quantity\n", "the file has no rows; nothing was changed"),
    FILE_OF("blank.csv", "\r\n\r\n  \r\n", "the file has no rows"),
    FILE_OF("zip.xlsx", "PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0sheet1.xml", "a ZIP archive"),
    FILE_OF("binary.csv",
            "\x7f"
            "ELF\x02\x01\x01\0\0\0\xff\xfe\0,,\n;;;\x01\n",
            "is a program, not text"),
    FILE_OF("nul.csv", "sku,warehouse,quantity\nSKU-000001,msk,0\0\n", "line 2 holds a NUL byte"),
    FILE_OF("page.html", "<html><body>502 Bad Gateway</body></html>\n", "line 1 is neither"),
    FILE_OF("other.csv", "sku;warehouse;price\nSKU-000001;msk;0\n", "names no column 'quantity'"),
    FILE_OF("two.csv", "sku;warehouse;stock;qty\nSKU-000001;msk;0;9\n",
            "two columns that could be the quantity, 'stock' and 'qty'"),
    FILE_OF("doubt.csv", "SKU-000001;0,0\n", "could be separated by comma or by semicolon"),
    FILE_OF("mixed.csv", "sku,warehouse,quantity,note\nSKU-000001,msk,0,\xcb\xe0mp\xe4\xf6\xfc\n",
            "windows-1251 or windows-1252 cannot be told"),
    FILE_OF("contra.csv", "sku,warehouse,quantity\nSKU-000001,msk,0\nSKU-000001,msk,7\n",
            "line 2: line 3 gives the same SKU and warehouse another quantity"),
    FILE_OF("rows.csv",
            "sku,warehouse,quantity\nSKU-000001,msk,-1\nSKU-000002,msk,0.5\nSKU-000003,msk,\n"
            "SKU-000004,moon,0\nNOBODY,msk,0\nSKU-000005,msk,\"0\nSKU-000006,msk,0,0\"\n",
            "line 5, column 2: there is no warehouse 'moon'"),
};

static void hostile_files_change_nothing(void **state)
{
    (void)state;
    begin("");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        drop(hostile[i].name, hostile[i].data, hostile[i].size);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        assert_text(report_of("failed", hostile[i].name), hostile[i].why);
    assert_int_equal(count_in("done"), 0);
    WAIT_FOR(SOON_S, count_in("taken") == 0);
    wait_shown(&figures, SOON_S);
    assert_int_equal(number_at(api_get("/v1/status"), "counts.products"), PRODUCTS);
    figures.at[0][1] = 4; /* and the next good file goes its way */
    drop_figures("good.csv");
    report_of("done", "good.csv");
    wait_shown(&figures, SOON_S);
    world_good();
}

/* The same by `stockctl stock import`: the reason is shown, nothing is zeroed. */
static void hostile_imports_change_nothing(void **state)
{
    (void)state;
    begin("");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        file_write(world_path("%s", hostile[i].name), hostile[i].data, hostile[i].size);
        struct ran ran = ctl("stock import %s", world_path("%s", hostile[i].name));
        if (ran.code != 1) fail_msg("%s: code %d", hostile[i].name, ran.code);
        /* Refused rows are listed as FILE:LINE, column N: */
        const char *why = hostile[i].why;
        if (strncmp(why, "line 2: ", 8) == 0) why += 8;
        if (strncmp(why, "line 5, ", 8) == 0) why += 8;
        assert_text(ran.err, why);
    }
    wait_shown(&figures, SOON_S);
    assert_int_equal(number_at(api_get("/v1/status"), "counts.products"), PRODUCTS);
    struct ran ran = ctl("stock import %s", world_path("first.csv"));
    assert_text(ran.out, "read as UTF-8, separated by comma, header in line 1");
    world_good();
}

/* A file with two columns that could be the figure, and one without a header: taken as named, by
 * hand and by the folder. */
static void named_columns_are_taken(void **state)
{
    (void)state;
    static const char two[] = "Артикул;Код;Остаток\nx;SKU-000001;7\ny;NOBODY;8\n";
    begin("    warehouse: msk\n    columns: {sku: \"#3\", quantity: \"#1\"}\n");
    file_text(world_path("two.csv"), two);
    struct ran ran = ctl("stock import %s --warehouse msk", world_path("two.csv"));
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "say which: --column sku=#1 or sku=#2");
    ran = ctl("stock import %s --warehouse msk --column sku=Код", world_path("two.csv"));
    assert_int_equal(ran.code, 4);
    assert_text(ran.err, ":3, column 2: there is no product 'NOBODY'");
    assert_text(ran.out, "sku is 'Код', quantity is 'Остаток'");
    figures.at[0][1] = 7;
    wait_shown(&figures, SOON_S);
    drop_text("bare.csv", "9;box;SKU-000002\nmany;box;SKU-000003\n");
    const char *report = report_of("done", "bare.csv");
    assert_text(report, "no header, sku is column 3, quantity is column 1");
    assert_text(report, "line 2, column 1: the quantity 'many' is not a whole number");
    figures.at[0][2] = 9;
    wait_shown(&figures, SOON_S);
    world_good();
}

static void what_is_no_file_is_left_and_told_once(void **state)
{
    (void)state;
    begin("    max-size: 1KiB\n");
    static const char zero[] = "sku,warehouse,quantity\nSKU-000001,msk,0\n";
    static const char *const ignored[] = {".hidden.csv", "a.tmp", "b.part", "c.csv~"};
    file_text(world_path("zero.csv"), zero);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        file_text(world_path("in/%s", ignored[i]), zero);
    assert_int_equal(symlink(world_path("zero.csv"), world_path("in/link.csv")), 0);
    assert_int_equal(mkdir(world_path("in/folder.csv"), 0755), 0);
    assert_int_equal(mkfifo(world_path("in/pipe.csv"), 0644), 0);
    file_text(world_path("in/open.csv"), zero);
    assert_int_equal(chmod(world_path("in/open.csv"), 0666), 0);
    char big[2000];
    memset(big, 'x', sizeof big);
    drop("big.csv", big, sizeof big);
    assert_text(report_of("failed", "big.csv"), "the file has 2000 bytes, more than the 1024");
    for (int i = 0; i < 20; i++) /* many rounds */
        assert_int_equal(api("POST", "/v1/inboxes/look", "{}", NULL), 202);
    drop_text("last.csv", "sku,warehouse,quantity\nSKU-000002,msk,9\n");
    report_of("done", "last.csv");
    figures.at[0][2] = 9;
    wait_shown(&figures, SOON_S);
    WAIT_FOR(SOON_S, strstr(ctl("inbox").out, "last.csv"));
    const char *out = ctl("inbox").out;
    assert_text(out, "it is a symbolic link; only files are taken");
    assert_text(out, "it is a directory");
    assert_text(out, "it is a pipe");
    assert_text(out, "everybody may write into it");
    assert_int_equal(times_said("event=left"), 4);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        assert_int_equal(access(world_path("in/%s", ignored[i]), F_OK), 0);
    world_good();
}

/* ---- the folder itself */

static void a_folder_may_come_and_go(void **state)
{
    (void)state;
    begin("");
    daemon_stop();
    assert_int_equal(rename(world_path("in"), world_path("away")), 0);
    daemon_start();
    WAIT_FOR(SOON_S, strstr(inboxes_say(), "there is no such folder"));
    assert_text(ctl("inbox").out, "make it, or mount what it is on");
    assert_int_equal(rename(world_path("away"), world_path("in")), 0);
    drop_text("one.csv", "sku,warehouse,quantity\nSKU-000001,msk,5\n");
    report_of("done", "one.csv");

    assert_int_equal(rename(world_path("in"), world_path("away")), 0);
    WAIT_FOR(SOON_S, strstr(inboxes_say(), "there is no such folder"));
    assert_int_equal(rename(world_path("away"), world_path("in")), 0);
    assert_int_equal(chmod(world_path("in"), 0777), 0);
    WAIT_FOR(SOON_S, strstr(inboxes_say(), "everybody may write into the folder"));
    drop_text("two.csv", "sku,warehouse,quantity\nSKU-000001,msk,0\n");
    WAIT_FOR(SOON_S, times_said("everybody may write into the folder") > 0);
    assert_int_equal(on_hand("SKU-000001"), 5);
    assert_int_equal(chmod(world_path("in"), 0755), 0);
    report_of("done", "two.csv");
    assert_int_equal(on_hand("SKU-000001"), 0);

    /* By a reload: off, elsewhere. */
    conf_inbox("    enabled: no\n");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, json_array_size(json_object_get(api_get("/v1/inboxes"), "items")) == 0);
    drop_text("three.csv", "sku,warehouse,quantity\nSKU-000001,msk,3\n");
    conf_write("40-inbox.yaml", "inboxes:\n  other:\n    folder: %s\n    settle: 200ms\n",
               world_path("in"));
    ctl_ok("reload");
    report_of("done", "three.csv");
    assert_string_equal(text_at(inbox(), "name"), "other");
    assert_int_equal(on_hand("SKU-000001"), 3);
    world_good();
}

/* ---- kill -9 */

static void make_many(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("sku,warehouse,quantity\n", file);
    for (int i = 0; i < MANY; i++)
        fprintf(file, "MANY-%06d,%s,%d\n", i, i % 2 ? "msk" : "spb", i % 1000);
    fclose(file);
}

static void many_rows_survive_kills(void **state)
{
    (void)state;
    begin("    unknown: create\n");
    make_many(world_path("in/.many.csv"));
    assert_int_equal(rename(world_path("in/.many.csv"), world_path("in/many.csv")), 0);
    WAIT_FOR(SOON_S, daemon_said("module=inbox event=accepted"));
    for (int i = 0; i < 3; i++) { /* at its acceptance, then amid */
        daemon_kill();
        daemon_start();
        WAIT_FOR(SOON_S, times_said("event=goes-on") || find_in("done", "-many.csv"));
    }
    const char *report = report_of("done", "many.csv");
    assert_text(report, "rows: 100000: 100000 changed, 0 were so already, 0 refused");
    assert_int_equal(imports_made(), 2);
    assert_int_equal(number_at(api_get("/v1/status"), "counts.products"), PRODUCTS + MANY);
    assert_int_equal(on_hand("MANY-099999"), 999);
    world_good();
}

/* Imports a large file and puts something in the way of its move while it is applied. Then
 * SKU-000001 is changed by hand: an import that were applied again would show. Killed between the
 * two. */
static void be_killed_before_the_move(void)
{
    begin("    unknown: create\n");
    make_many(world_path("in/.many.csv"));
    FILE *file = fopen(world_path("in/.many.csv"), "a");
    assert_non_null(file);
    fputs("SKU-000001,msk,5\n", file);
    fclose(file);
    file_text(world_path("in/.block"), "");
    assert_int_equal(rename(world_path("in/.many.csv"), world_path("in/many.csv")), 0);
    WAIT_FOR(SOON_S, daemon_said("module=inbox event=accepted"));
    assert_int_equal(rename(world_path("in/done"), world_path("in/.done")), 0);
    assert_int_equal(rename(world_path("in/.block"), world_path("in/done")), 0);
    WAIT_FOR(LONG_S, daemon_said("rows=100001 changed=100001"));
    WAIT_FOR(SOON_S, strstr(inboxes_say(), "in/done: cannot be opened"));
    assert_non_null(find_in("taken", "-many.csv"));
    ctl_ok("stock set SKU-000001 77 --warehouse msk");
    daemon_kill();
    assert_int_equal(unlink(world_path("in/done")), 0);
    assert_int_equal(rename(world_path("in/.done"), world_path("in/done")), 0);
}

static void nothing_was_applied_again(void)
{
    WAIT_FOR(SOON_S, strcmp(text_at(inbox(), "last.file"), "many.csv") == 0);
    assert_int_equal(number_at(inbox(), "pending_count"), 0);
    assert_int_equal(on_hand("SKU-000001"), 77);
    assert_int_equal(imports_made(), 2);
    WAIT_FOR(SOON_S, count_in("taken") == 0);
    world_good();
}

static void killed_before_the_move_is_applied_once(void **state)
{
    (void)state;
    be_killed_before_the_move();
    daemon_start();
    assert_text(report_of("done", "many.csv"), "rows: 100001: 100001 changed");
    nothing_was_applied_again();
}

/* As if it had been killed right behind the move: the row is still there, the file in its place. */
static void killed_after_the_move_is_applied_once(void **state)
{
    (void)state;
    be_killed_before_the_move();
    const char *from = find_in("taken", "-many.csv");
    assert_int_equal(rename(from, world_path("in/done/%s", strrchr(from, '/') + 1)), 0);
    daemon_start();
    nothing_was_applied_again();
}

/* Between the claim and the acceptance: the import's own directory is not to be had. */
static void killed_after_the_claim_is_applied_once(void **state)
{
    (void)state;
    begin("");
    assert_int_equal(rename(world_path("store.imports"), world_path("spool")), 0);
    file_text(world_path("store.imports"), "");
    drop_text("once.csv", "sku,warehouse,quantity\nSKU-000001,msk,5\n");
    WAIT_FOR(SOON_S, daemon_said("module=inbox event=waits"));
    assert_non_null(find_in("taken", "-once.csv"));
    assert_text(inboxes_say(), "\"state\":\"waiting\"");
    daemon_kill();
    assert_int_equal(unlink(world_path("store.imports")), 0);
    assert_int_equal(rename(world_path("spool"), world_path("store.imports")), 0);
    daemon_start();
    assert_text(report_of("done", "once.csv"), "rows: 1: 1 changed");
    assert_int_equal(on_hand("SKU-000001"), 5);
    assert_int_equal(imports_made(), 2);
    assert_int_equal(count_in("done"), 2);
    world_good();
}

/* ---- a full disk */

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    char block[4096];
    /* The mount is seen by this process and its children alone, and goes with them. */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        test_skip("mounting needs root");
    conf_inbox("");
    make_folder();
    if (mount("tmpfs", world_path("in"), "tmpfs", 0, "size=64k,mode=0755") != 0)
        test_skip("a tmpfs cannot be mounted");
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    daemon_start();
    products_add(PRODUCTS);
    drop_text("full.csv", "sku,warehouse,quantity\nSKU-000001,msk,5\n");
    memset(block, 'x', sizeof block);
    int fd = open(world_path("in/.filler"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        continue;
    close(fd);
    WAIT_FOR(SOON_S, on_hand("SKU-000001") == 5);
    WAIT_FOR(SOON_S, strstr(inboxes_say(), "there is no room to write"));
    assert_text(ctl("inbox").out, "make room there");
    assert_string_equal(text_at(api_get("/v1/status"), "health"), "warning");
    assert_text(ctl("status").out, "inbox erp waits: ");
    assert_text(metrics_say(), "\nstockd_inboxes_waiting 1\n");
    assert_non_null(find_in("taken", "-full.csv"));
    ctl_ok("stock set SKU-000001 77 --warehouse msk");
    daemon_kill();
    daemon_start();
    WAIT_FOR(SOON_S, strstr(inboxes_say(), "there is no room to write"));
    assert_int_equal(unlink(world_path("in/.filler")), 0);
    assert_text(report_of("done", "full.csv"), "result: done");
    assert_int_equal(on_hand("SKU-000001"), 77);
    assert_int_equal(imports_made(), 1);
    WAIT_FOR(SOON_S, strcmp(text_at(api_get("/v1/status"), "health"), "ok") == 0);
    assert_text(metrics_say(), "\nstockd_inboxes_waiting 0\n");
    world_good();
    assert_int_equal(umount2(world_path("in"), MNT_DETACH), 0);
}

/* ---- held by the guard */

static const char *hold_zeros(const char *name)
{
    static char id[16];
    struct figures zeros = {.products = PRODUCTS};
    figures_csv(&zeros, world_path("zeros.csv"));
    drop_text(name, file_read(world_path("zeros.csv")));
    WAIT_FOR(SOON_S, find_in("taken", text_format("-%s.report.txt", name)));
    const char *report = file_read(find_in("taken", text_format("-%s.report.txt", name)));
    assert_text(report, "result: held");
    assert_text(report, "would have set 60 of the 60 targets of ozon-main that show stock to 0");
    const char *at = strstr(report, "stockctl apply p");
    if (!at) fail_msg("no plan in: %s", report);
    snprintf(id, sizeof id, "%.13s", at + strlen("stockctl apply "));
    assert_non_null(find_in("taken", text_format("-%s", name)));
    WAIT_FOR(SOON_S, strstr(ctl("inbox").out, text_format("stockctl apply %s", id)));
    return id;
}

static void held_files_wait_to_be_applied_or_dropped(void **state)
{
    (void)state;
    conf_guarded = true;
    begin("");
    const char *id = hold_zeros("dropped.csv");
    daemon_kill(); /* it outlives that */
    daemon_start();
    wait_active("ozon-main");
    WAIT_FOR(SOON_S, strstr(inboxes_say(), id));
    /* A later file goes its way meanwhile. */
    drop_text("small.csv", "sku,warehouse,quantity\nSKU-000002,msk,8\n");
    report_of("done", "small.csv");
    figures.at[0][2] = 8;
    wait_shown(&figures, SOON_S);
    ctl_ok("drop %s", id);
    const char *report = report_of("failed", "dropped.csv");
    assert_text(report, "result: cancelled");
    assert_text(report, "its plan was dropped");
    WAIT_FOR(SOON_S, count_in("taken") == 0);
    wait_shown(&figures, SOON_S);

    id = hold_zeros("applied.csv");
    assert_int_equal(figures_differ(&sim, &figures), 0);
    ctl_ok("apply %s", id);
    assert_text(report_of("done", "applied.csv"), "rows: 60: 60 changed");
    memset(figures.at, 0, sizeof figures.at);
    wait_shown(&figures, SOON_S);
    WAIT_FOR(SOON_S, count_in("taken") == 0);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_dropped_file_is_shown, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_russian_export_is_read, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_growing_file_is_left_until_it_is_whole, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(hostile_files_change_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(hostile_imports_change_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(named_columns_are_taken, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_no_file_is_left_and_told_once, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_folder_may_come_and_go, world_begin, world_end),
    cmocka_unit_test_setup_teardown(many_rows_survive_kills, world_begin, world_end),
    cmocka_unit_test_setup_teardown(killed_before_the_move_is_applied_once, world_begin, world_end),
    cmocka_unit_test_setup_teardown(killed_after_the_move_is_applied_once, world_begin, world_end),
    cmocka_unit_test_setup_teardown(killed_after_the_claim_is_applied_once, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(held_files_wait_to_be_applied_or_dropped, world_begin,
                                    world_end),
};

TEST_MAIN(cases)
