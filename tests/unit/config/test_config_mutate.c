/* Valid files broken at random: loading must end, with a configuration or with messages, and never
 * say the secret that the environment and a file hold. The seed is printed on failure and taken
 * from STOCKD_TEST_SEED. */
#include "config_fixture.h"
#include "test_main.h"

#include "base/mem.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3000, TEXT_MAX = 8192 };

static const char valid[] =
    "daemon:\n  store: /var/lib/stockd\n  store-size: 64GiB\n  plugins: [/a, \"${env:ROOT}/b\"]\n"
    "  log-level: info\n  log-file: \"\"\n" ACCOUNT
    "    enabled: yes\n    orders: external\n    timeout: 30s\n    batch: 100\n"
    "    endpoints: {api: \"http://127.0.0.1:8080\"}\n"
    "    quotas: {stock: {amount: 80, per: 60s, burst: 80}, second: {amount: 50}}\n"
    "    window: 2d\n    depth: -3\n"
    "  wb.1: {plugin: wb, token: '${env:OZON_KEY}', dry-run: no}\n"
    "warehouses:\n  pp: {name: Main warehouse}\n  msk:\n"
    "links:\n  - {warehouse: pp, account: ozon-main, remote: \"22142605386000\", order: 1}\n"
    "  - {warehouse: msk, account: wb.1, remote: default}\n";

static const char *const pieces[] = {
    "\n",
    " ",
    "  ",
    ":",
    ": ",
    "-",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "!",
    "?",
    "? ",
    "%",
    "#",
    "---\n",
    "...\n",
    "<<: ",
    "\t",
    "~",
    "null",
    "${",
    "}",
    "$${",
    "${env:OZON_KEY}",
    "${env:",
    "${file:/",
    "${credential:",
    "\\",
    "\"\\0\"",
    "\xff",
    "\xc3\xa9",
    "\xef\xbb\xbf",
    "\x01",
    "-9223372036854775808",
    "9223372036854775807",
    "99999999999999999999d",
    "accounts:\n",
    "links:\n",
    "daemon:\n",
    "=",
    "@",
    "`",
};

struct text {
    char bytes[TEXT_MAX];
    size_t size;
};

static void splice(struct text *text, size_t at, size_t cut, const char *put, size_t size)
{
    if (at > text->size) at = text->size;
    if (cut > text->size - at) cut = text->size - at;
    if (text->size - cut + size > TEXT_MAX) return;
    memmove(text->bytes + at + size, text->bytes + at + cut, text->size - at - cut);
    memcpy(text->bytes + at, put, size);
    text->size += size - cut;
}

static void mutate(struct text *text, struct random *random)
{
    size_t at = random_below(random, text->size + 1);
    char byte = (char)random_below(random, 256);
    const char *piece = pieces[random_below(random, sizeof pieces / sizeof pieces[0])];
    char copy[256];
    size_t size = random_below(random, sizeof copy);
    size_t from = random_below(random, text->size + 1);
    if (size > text->size - from) size = text->size - from;
    memcpy(copy, text->bytes + from, size);
    const char letter = "abcdefgh0123456789-_."[random_below(random, 21)];
    switch (random_below(random, 8)) {
    case 0: splice(text, at, 1, &byte, 1); break;
    case 1: splice(text, at, random_below(random, 20), "", 0); break;
    case 2: splice(text, at, 0, piece, strlen(piece)); break;
    case 3: splice(text, at, random_below(random, 8), piece, strlen(piece)); break;
    case 4: splice(text, at, 0, copy, size); break;
    case 5: splice(text, at, size, copy, size); break;
    default: splice(text, at, 1, &letter, 1); break;
    }
}

static void ignore_change(void *ctx, const struct config_change *change)
{
    struct buf *out = ctx;
    buf_reset(out);
    config_change_print(change, out);
    assert_null(strstr(buf_cstr(out), SECRET));
}

/* True when the file was still good. */
static bool one_round(const struct text *text, const struct config *whole)
{
    fixture_write_bytes("conf.d/50.yaml", text->bytes, text->size, 0644);
    struct config_report report;
    struct config *config = fixture_load(&report);
    assert_true((config == NULL) == (report.errors > 0));
    for (size_t i = 0; i < report.count; i++)
        for (const char *at = report.messages[i].text; *at; at++)
            assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
    bool good = config != NULL;
    if (config) {
        struct buf out;
        buf_init(&out, 1 << 20);
        config_diff(whole, config, ignore_change, &out);
        config_diff(config, whole, ignore_change, &out);
        buf_free(&out);
    }
    config_report_free(&report);
    config_free(config);
    return good;
}

static void broken_at_random(void **state)
{
    (void)state;
    const char *given = getenv("STOCKD_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20240601;
    print_message("STOCKD_TEST_SEED=%llu\n", (unsigned long long)seed);
    setenv("ROOT", "/srv/" SECRET, 1);
    struct random random;
    random_seed(&random, seed);
    fixture_write("conf.d/50.yaml", valid, 0644);
    struct config *whole = fixture_good();
    size_t good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct text text = {.size = sizeof valid - 1};
        memcpy(text.bytes, valid, sizeof valid - 1);
        for (uint64_t n = 1 + random_below(&random, 3); n; n--)
            mutate(&text, &random);
        good += one_round(&text, whole);
    }
    config_free(whole);
    /* The schema is strict, so most are refused; but neither all nor none. */
    assert_in_range(good, ROUNDS / 100, ROUNDS / 2);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(broken_at_random, fixture_setup, fixture_teardown),
};
TEST_MAIN(cases)
