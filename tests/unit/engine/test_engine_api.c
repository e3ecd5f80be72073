/* What the engine keeps for the API: tokens, and what came of requests with a key. */
#include "engine/api_token.h"
#include "engine/keyed.h"
#include "engine_fixture.h"

#include <stdio.h>
#include <string.h>

static enum status do_token(struct world *w, const char *name, enum api_token_scope scope,
                            int64_t expires_ms)
{
    uint8_t hash[DIGEST_SIZE];
    struct buf buf;
    digest_of(bytes_text(name), hash);
    const struct api_token token = {.name = bytes_text(name),
                                    .scope = scope,
                                    .expires_ms = expires_ms,
                                    .hash = bytes_of(hash, sizeof hash)};
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_token_add(&buf, &token);
    return world_do(w, COMMAND_TOKEN_ADD, &buf);
}

static enum status do_revoke(struct world *w, const char *name)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_token_revoke(&buf, bytes_text(name));
    return world_do(w, COMMAND_TOKEN_REVOKE, &buf);
}

static void tokens(void **state)
{
    static const char *const bad[] = {"",    "A",   "-a",
                                      "a b", "a\n", "123456789012345678901234567890123"};
    struct world w;
    (void)state;
    world_open(&w);
    assert_int_equal(do_token(&w, "shop", API_TOKEN_WRITE, 0), ST_OK);
    assert_true(w.result.changed);
    assert_int_equal(do_token(&w, "shop", API_TOKEN_READ, 0), ST_EXISTS);
    assert_int_equal(do_token(&w, "late", API_TOKEN_READ, 1), ST_INVALID);
    assert_int_equal(do_token(&w, "none", (enum api_token_scope)4, 0), ST_INVALID);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(do_token(&w, bad[i], API_TOKEN_READ, 0), ST_INVALID);
    assert_int_equal(rows_in(&w, TABLE_API_TOKEN), 1);
    assert_int_equal(do_revoke(&w, "other"), ST_NOT_FOUND);
    assert_int_equal(do_revoke(&w, "shop"), ST_OK);
    assert_int_equal(rows_in(&w, TABLE_API_TOKEN), 0);
    for (int i = 0; i < API_TOKENS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        assert_int_equal(do_token(&w, name, API_TOKEN_READ, 0), ST_OK);
    }
    assert_int_equal(do_token(&w, "one-more", API_TOKEN_READ, 0), ST_TOO_BIG);
    world_close(&w);
}

static struct keyed key_of(const char *id, const char *request)
{
    struct keyed keyed = {{0}, {0}};
    uint8_t hash[DIGEST_SIZE];
    digest_of(bytes_text(id), hash);
    memcpy(keyed.id, hash, sizeof keyed.id);
    digest_of(bytes_text(request), keyed.request);
    return keyed;
}

static enum status find(struct world *w, const char *id, const char *request,
                        struct command_result *result, bool *existed)
{
    struct error error;
    struct keyed keyed = key_of(id, request);
    struct store_txn *txn = world_begin(w);
    enum status status = keyed_find(txn, &keyed, result, existed, &error);
    world_commit(w, txn);
    return status;
}

static void keep(struct world *w, const char *id, const char *request, int64_t now_ms)
{
    const struct command_result result = {.sequence = 7,
                                          .changed = true,
                                          .before = {.on_hand = 5, .revision = 3},
                                          .after = {.on_hand = -2, .revision = 7},
                                          .reservation = 9};
    struct keyed keyed = key_of(id, request);
    struct store_txn *txn = world_begin(w);
    keyed_keep(txn, &keyed, &result, true, now_ms);
    world_commit(w, txn);
}

static void keyed_requests(void **state)
{
    struct world w;
    struct command_result result;
    bool existed = false;
    (void)state;
    world_open(&w);
    assert_int_equal(find(&w, "k", "a", &result, &existed), ST_NOT_FOUND);
    keep(&w, "k", "a", WORLD_START_MS);
    assert_int_equal(find(&w, "k", "a", &result, &existed), ST_OK);
    assert_true(existed && result.changed);
    assert_int_equal(result.sequence, 7);
    assert_int_equal(result.before.on_hand, 5);
    assert_int_equal(result.after.on_hand, -2);
    assert_int_equal(result.after.revision, 7);
    assert_int_equal(result.reservation, 9);
    assert_int_equal(find(&w, "k", "b", &result, &existed), ST_CONFLICT);
    world_close(&w);
}

static void kept_for_a_week(void **state)
{
    struct world w;
    struct command_result result;
    bool existed;
    (void)state;
    world_open(&w);
    for (int i = 0; i < 6; i++) {
        char id[8];
        snprintf(id, sizeof id, "k%d", i);
        keep(&w, id, "a", WORLD_START_MS + i);
    }
    assert_int_equal(rows_in(&w, TABLE_API_ANSWER), 12);
    keep(&w, "new", "a", WORLD_START_MS + KEYED_KEPT_MS + 3); /* three are older than a week */
    assert_int_equal(rows_in(&w, TABLE_API_ANSWER), 8);
    assert_int_equal(find(&w, "k2", "a", &result, &existed), ST_NOT_FOUND);
    assert_int_equal(find(&w, "k3", "a", &result, &existed), ST_OK);
    keep(&w, "newer", "a", WORLD_START_MS + 2 * KEYED_KEPT_MS);
    assert_int_equal(rows_in(&w, TABLE_API_ANSWER), 4);
    assert_int_equal(find(&w, "new", "a", &result, &existed), ST_OK);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(tokens),
    cmocka_unit_test(keyed_requests),
    cmocka_unit_test(kept_for_a_week),
};

TEST_MAIN(cases)
