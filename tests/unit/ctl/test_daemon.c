/* Whole command lines against a whole daemon (but for its main): every verb, its exit code, and for
 * some of them exactly what is printed. */
#include "ctl/ctl.h"

#include "../api/api_fixture.h"
#include "base/mem.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_up(void **state)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    *state = api_fixture_open(&(struct api_fixture_options){.account = true});
    return 0;
}

static int set_up_empty(void **state)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    *state = api_fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    api_fixture_close(*state);
    return 0;
}

struct outcome {
    int code;
    char *out, *err;
};

static struct outcome run(struct api_fixture *f, const char *const *words)
{
    struct outcome outcome = {0};
    size_t out_size, err_size;
    FILE *out = open_memstream(&outcome.out, &out_size);
    FILE *err = open_memstream(&outcome.err, &err_size);
    char *argv[24] = {(char *)"stockctl", (char *)"--socket", (char *)api_fixture_socket(f)};
    int argc = 3;
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    setenv("STOCKCTL_LANG", "en", 1); /* whoever runs the tests */
    outcome.code = ctl_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    return outcome;
}

/* `out` NULL: any output will do. */
static void assert_run(struct api_fixture *f, const char *const *words, int code, const char *out,
                       const char *err)
{
    struct outcome got = run(f, words);
    if (got.code != code || (out && strcmp(got.out, out) != 0) ||
        (err && strcmp(got.err, err) != 0))
        fail_msg("%s %s\n got %d\n%s---\n%s\nwant %d\n%s---\n%s", words[0], words[1], got.code,
                 got.out, got.err, code, out ? out : "", err ? err : "");
    free(got.out);
    free(got.err);
}

static void assert_says(struct api_fixture *f, const char *const *words, int code, const char *part)
{
    struct outcome got = run(f, words);
    if (got.code != code || (!strstr(got.out, part) && !strstr(got.err, part)))
        fail_msg("%s %s: %d\n%s---\n%s\nlacks '%s'", words[0], words[1] ? words[1] : "", got.code,
                 got.out, got.err, part);
    free(got.out);
    free(got.err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What a seller does on the first day, in order. */
static void from_nothing_to_a_figure_that_is_there(void **state)
{
    struct api_fixture *f = *state;
    assert_run(f, WORDS("warehouse", "add", "pp", "--name", "Main"), 0,
               "Warehouse pp is there: Main\n", "");
    assert_run(f, WORDS("product", "add", "A", "--name", "Lamp", "--barcode", "111"), 0, NULL, "");
    assert_run(f, WORDS("warehouse", "list", "--remote", "shop"), 0,
               "ID  NAME   KIND  STATE  FED BY  WHY\n"
               "w1  North  -     open   -       -\n"
               "w2  South  -     open   -       -\n",
               "");
    assert_run(f, WORDS("warehouse", "link", "pp", "shop", "w1"), 0, "pp now feeds w1 of shop.\n",
               "");
    assert_run(f, WORDS("push", "--sku", "A", "--follow"), 4,
               "A at shop, North: held: never counted in pp\n"
               "push: 1 held\n",
               "");
    assert_run(f, WORDS("stock", "set", "A", "5", "--warehouse", "pp"), 0,
               "A in pp: on hand - -> 5, reserved 0, available 5\n", "");
    assert_run(f, WORDS("push", "--sku", "A", "--follow", "--force"), 0,
               "A at shop, North: 5 is there\n"
               "push: 1 sent\n",
               "");
    assert_run(f, WORDS("target", "list"), 0,
               "SKU  ACCOUNT  WAREHOUSE  LISTING  STATE   WANTED  SENT  CONFIRMED  SEEN  WHY\n"
               "A    shop     North      L-A      synced       5     5          5     -  -\n",
               "");
    assert_run(f, WORDS("warehouse", "list"), 0,
               "WAREHOUSE  NAME  PRODUCTS  FEEDS\n"
               "pp         Main         1  w1 of shop\n",
               "");
    assert_run(f, WORDS("stock", "adjust", "A", "-2", "--warehouse", "pp", "--cause", "sale"), 0,
               "A in pp: on hand 5 -> 3, reserved 0, available 3\n", "");
    assert_run(f, WORDS("stock", "set", "A", "3", "--warehouse", "pp"), 0,
               "A in pp was so already: on hand 3, reserved 0, available 3\n", "");
}

static void what_goes_wrong_has_a_sentence_and_a_code(void **state)
{
    struct api_fixture *f = *state;
    assert_run(f, WORDS("stock", "set", "A", "5", "--warehouse", "pp"), 1, "",
               "stockctl: there is no product 'A'; add it with `stockctl product add A`\n");
    assert_run(f, WORDS("warehouse", "add", "pp"), 0, "Warehouse pp is there: pp\n", "");
    assert_run(f, WORDS("product", "add", "A"), 0, NULL, "");
    assert_run(f, WORDS("warehouse", "link", "pp", "shop", "w1"), 0, NULL, "");
    api_fixture_mood(f, SHOP_REFUSES);
    assert_run(f, WORDS("stock", "set", "A", "5", "--warehouse", "pp"), 0, NULL, "");
    assert_run(f, WORDS("push", "--sku", "A", "--follow"), 4,
               "A at shop, North: 5 was rejected: NO_CARD: the card is archived\n"
               "push: 1 rejected\n",
               "");
    assert_says(f, WORDS("status"), 0, "account shop: 1 rejected");
    assert_run(f, WORDS("account", "pause", "shop"), 0, "shop is paused.\n", "");
    assert_run(f, WORDS("push", "--follow"), 5,
               "push: 1 waiting; account shop is paused; 'stockctl account resume shop' lets it go "
               "on\n",
               "");
    assert_says(f, WORDS("account", "check", "shop"), 1, "comes first");
    assert_run(f, WORDS("account", "resume", "shop"), 0, "shop is active.\n", "");
    api_fixture_mood(f, SHOP_SILENT);
    assert_says(f, WORDS("push", "--follow", "--force", "--timeout", "1"), 5,
                "no end within 1 s; it goes on without being watched\n");
    api_fixture_mood(f, SHOP_LOCKS);
    assert_says(f, WORDS("account", "check", "shop"), 1, "check of shop failed: auth");
    assert_says(f, WORDS("status"), 1, "account shop is parked");
    assert_says(f, WORDS("push", "--account", "nobody"), 1, "there is no account 'nobody'");
}

static void every_verb_answers(void **state)
{
    struct api_fixture *f = *state;
    char file[120], copy[120];
    snprintf(file, sizeof file, "%s/a.csv", api_fixture_folder(f));
    snprintf(copy, sizeof copy, "%s/copy", api_fixture_folder(f));
    FILE *csv = fopen(file, "w");
    fputs("sku,quantity\nA,5\nB,7\nC,x\n", csv);
    fclose(csv);
    assert_run(f, WORDS("warehouse", "add", "pp"), 0, NULL, "");
    assert_run(f, WORDS("warehouse", "add", "kot"), 0, NULL, "");
    assert_says(f, WORDS("stock", "import", file, "--warehouse", "pp"), 1,
                "none of the 3 rows could be used; nothing was changed");
    assert_says(f, WORDS("stock", "import", file, "--warehouse", "pp", "--create"), 4,
                "3 rows: 2 changed, 0 were so already, 1 refused, 2 products created\n");
    assert_run(f, WORDS("import", "list"), 0, NULL, "");
    assert_run(f, WORDS("stock", "get", "A"), 0, NULL, "");
    assert_says(f, WORDS("stock", "history", "A"), 0, "import");
    assert_run(f, WORDS("stock", "transfer", "A", "pp", "kot", "2"), 0,
               "A: moved 2 from pp (now 3 on hand) to kot (now 2)\n", "");
    assert_says(f, WORDS("product", "list"), 0, "B ");
    assert_says(f, WORDS("product", "set", "A", "--brand", "Lumen"), 0, "Lumen");
    assert_says(f, WORDS("product", "show", "A"), 0, "Lumen");
    assert_says(f,
                WORDS("product", "set", "A", "--attribute", "size=M", "--attribute", "shelf=b=7"),
                0, "shelf=b=7, size=M");
    assert_says(f, WORDS("product", "set", "A", "--attribute", "=M"), 2, "must be NAME=VALUE");
    assert_says(f, WORDS("product", "set", "A", "--attribute", "M"), 2, "must be NAME=VALUE");
    assert_says(f, WORDS("product", "set", "A", "--attribute", ""), 0, "Attributes   -");
    assert_says(f, WORDS("product", "list", "--min-stock", "6", "--max-stock", "7"), 0, "B ");
    assert_says(f, WORDS("product", "list", "--min-stock", "8", "--max-stock", "7"), 1,
                "stockctl: ");
    assert_says(f, WORDS("product", "delete", "A", "--dry-run"), 0, "nothing was deleted");
    assert_says(f, WORDS("product", "rename", "A", "A2"), 0, "A is called A2 now.");
    assert_says(f, WORDS("product", "rename", "A2", "B"), 1, "there is a product 'B' already");
    assert_run(f, WORDS("product", "rename", "A2", "A"), 0, NULL, "");
    assert_says(f, WORDS("product", "brands"), 0, "Lumen");
    assert_says(f, WORDS("product", "duplicates"), 0, "No two products");
    assert_run(f, WORDS("product", "add", "a"), 0, NULL, "");
    assert_says(f, WORDS("product", "merge", "--all-duplicates"), 0, "Nothing was merged yet");
    assert_says(f, WORDS("product", "merge", "--all-duplicates", "--apply"), 0,
                "1 product was merged.");
    assert_run(f, WORDS("product", "add", "b"), 0, NULL, "");
    assert_says(f, WORDS("product", "merge", "B", "b", "--stock", "sum"), 0, "b is part of B now.");
    assert_says(f, WORDS("product", "merge", "B"), 2, "stockctl: ");
    assert_says(f, WORDS("history", "A"), 0, "product rename");
    assert_says(f, WORDS("history", "--kind", "setting"), 0, "warehouse pp");
    assert_says(f, WORDS("history", "--kind", "setting", "--warehouse", "pp"), 0, "warehouse pp");
    assert_says(f, WORDS("undo", "1", "--dry-run"), 1, "what can be undone");
    assert_says(f, WORDS("undo", "plan", "1"), 2, "is no plan's id");
    assert_says(f, WORDS("undo", "plan", "p000000000000"), 1,
                "no plan 'p000000000000' was applied");
    assert_says(f, WORDS("undo", "plan", "p000000000000", "--dry-run"), 1, "was applied");
    assert_says(f, WORDS("stock", "list", "--warehouse", "pp"), 0, "ON HAND");
    assert_says(f, WORDS("retry", "--list"), 0, "Nothing of that kind is rejected.");
    assert_says(f, WORDS("retry", "--code", "X"), 0, "nothing of that kind is rejected");
    assert_says(f, WORDS("resync"), 1, "give 'account' or 'sku'");
    assert_says(f, WORDS("undo", "1"), 1, "what can be undone");
    assert_says(f, WORDS("undo", "--import", "77"), 1, "changed no stock");
    assert_says(f, WORDS("stock", "get", "A", "--at", "2001-01-01T00:00:00Z"), 0, "pp");
    assert_says(f, WORDS("listing", "list"), 0, "L-A");
    assert_says(f, WORDS("listing", "link", "shop", "L-C", "B"), 0,
                "Listing L-C of shop shows B.\n");
    assert_run(f, WORDS("listing", "unlink", "shop", "L-C"), 0, NULL, "");
    assert_says(f, WORDS("conflict", "list"), 0, "There are no conflicts");
    assert_says(f, WORDS("conflict", "resolve", "shop", "L-C", "B"), 1, "is in no conflict");
    assert_says(f, WORDS("listing", "import", file), 1, "three columns");
    assert_says(f, WORDS("listing", "import", file, "--dry-run"), 2, "is for files of rules");
    assert_says(f, WORDS("listing", "rules"), 0, "There are no such rules");
    assert_says(f, WORDS("listing", "set", "A", "shop", "buffer=2", "off"), 0, "Set.");
    assert_says(f, WORDS("listing", "set", "A", "shop", "bufer=2"), 1, "did you mean 'buffer='?");
    assert_says(f, WORDS("listing", "rules", "A"), 0, "A    shop     off          2");
    assert_says(f, WORDS("explain", "A"), 0, "stockctl warehouse link");
    assert_says(f, WORDS("explain", "B"), 0, "shop: not-linked");
    assert_says(f, WORDS("explain", "A", "--account", "nobody"), 1, "there is no account");
    assert_run(f, WORDS("warehouse", "link", "pp", "shop", "w1"), 0, NULL, "");
    assert_run(f, WORDS("warehouse", "unlink", "pp", "shop", "w1"), 0, NULL, "");
    assert_says(f, WORDS("history", "--kind", "setting", "--warehouse", "pp"), 0,
                "link pp -> shop");
    assert_says(f, WORDS("account", "list"), 0, "active");
    assert_says(f, WORDS("account", "show", "shop"), 0, "What is read, and when:");
    assert_says(f, WORDS("account", "check", "shop"), 0, "seller 7");
    assert_says(f, WORDS("run", "list"), 0, "check");
    assert_says(f, WORDS("run", "show", "r1"), 0, "r1");
    assert_run(f, WORDS("run", "follow", "r1"), 0, NULL, "");
    assert_says(f, WORDS("traffic", "shop"), 0, "POST");
    assert_says(f, WORDS("traffic", "shop", "--bodies", "--last", "1"), 0, "  -> 200\n");
    assert_says(f, WORDS("plugin", "list"), 0, "shop");
    assert_run(f, WORDS("plugin", "info", "shop"), 0, NULL, "");
    assert_says(f, WORDS("plugin", "release", "shop"), 1, "not in quarantine");
    assert_says(f, WORDS("reload"), 0, "interval 10m -> 5m");
    assert_says(f, WORDS("store", "stat"), 0, "product");
    assert_says(f, WORDS("store", "verify"), 0, "all are right.");
    assert_says(f, WORDS("backup", copy), 0, "The store is copied to");
    assert_says(f, WORDS("push"), 0, "is over: no target matches");
    assert_says(f, WORDS("status", "--json"), 0, "\"health\"");
}

static void a_new_seller_is_told_how_to_begin(void **state)
{
    struct api_fixture *f = *state;
    assert_says(f, WORDS("status"), 0,
                "There are no accounts yet. 'stockctl account add' asks for what it needs");
}

/* ---- restore: without a daemon */

static void a_backup_is_restored(void **state)
{
    struct api_fixture *f = *state;
    char copy[120], place[120], wanted[400];
    snprintf(copy, sizeof copy, "%s/copy", api_fixture_folder(f));
    snprintf(place, sizeof place, "%s/restored", api_fixture_folder(f));
    assert_run(f, WORDS("warehouse", "add", "pp"), 0, NULL, "");
    assert_run(f, WORDS("backup", copy), 0, NULL, "");
    snprintf(wanted, sizeof wanted,
             "%s now holds what %s holds.\n"
             "Start the daemon. It takes nothing that a marketplace shows as known: each figure is "
             "read\nthere before it is raised.\n",
             place, copy);
    assert_run(f, WORDS("restore", copy, "--store", place), 0, wanted, "");
    /* in the place of another: asked for, and the old one is kept */
    assert_says(f, WORDS("restore", copy, "--store", place, "--yes"), 0,
                "What was there before is kept in ");
    /* the store of a daemon that runs */
    char running[120];
    snprintf(running, sizeof running, "%s/store", api_fixture_folder(f));
    assert_says(f, WORDS("restore", copy, "--store", running, "--yes"), 1, "stop the daemon first");
    assert_says(f, WORDS("restore", "/nowhere", "--store", place, "--yes"), 1,
                "nothing was changed");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(from_nothing_to_a_figure_that_is_there, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_goes_wrong_has_a_sentence_and_a_code, set_up, tear_down),
    cmocka_unit_test_setup_teardown(every_verb_answers, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_new_seller_is_told_how_to_begin, set_up_empty, tear_down),
    cmocka_unit_test_setup_teardown(a_backup_is_restored, set_up_empty, tear_down),
};
TEST_MAIN(cases)
