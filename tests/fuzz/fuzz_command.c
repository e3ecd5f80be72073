/* Command payloads: any bytes are applied or refused, and afterwards every fold and index of the
 * store is as it should be. Input: commands, each its kind (1), its size (2, little endian), its
 * payload. They meet a small shop (tests/unit/engine) with a write on its way, an unresolved one,
 * an order and a reservation. */
#include "fuzz.h"

#include "unit/engine/engine_fixture.h"

enum { COMMANDS_MAX = 8 };

static void report(void *ctx, const char *table, const char *sentence)
{
    (void)ctx;
    fprintf(stderr, "%s: %s\n", table, sentence);
}

static void verify(struct world *w, unsigned kind)
{
    const struct verify_hooks hooks = {.report = report};
    struct verify_result result;
    struct store_txn *txn;
    struct error error = {0};
    FUZZ_CHECK(store_begin(w->store, STORE_READ, &txn, &error) == ST_OK, "%s", error.text);
    FUZZ_CHECK(engine_verify(txn, &hooks, &result, &error) == ST_OK, "after %s: %s",
               command_kind_name(kind), error.text);
    store_abort(txn);
    FUZZ_CHECK(result.findings == 0, "%llu findings after %s", (unsigned long long)result.findings,
               command_kind_name(kind));
}

static void open_shop(struct world *w)
{
    world_open(w);
    w->unverified = true;
    world_shop(w, 3);
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    const struct reserve reserve = {.sku = bytes_text("C"),
                                    .warehouse = bytes_text("pp"),
                                    .quantity = 2,
                                    .note = bytes_text("")};
    command_reserve(&buf, &reserve);
    world_do(w, COMMAND_RESERVE, &buf);
    if (do_select(w, 1, 1) == 1) do_outcome(w, 0, OUTCOME_UNRESOLVED, 0);
    do_select(w, 1, 1);
    rows_start(w, 1);
    row_stock(w, "R1", "LA", 4);
    rows_end(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w;
    struct fuzz_input in = {data, data + size};
    open_shop(&w);
    for (int i = 0; i < COMMANDS_MAX && fuzz_left(&in); i++) {
        struct command command = {.kind = (enum command_kind)fuzz_u8(&in), .actor = "fuzz"};
        size_t length = fuzz_u8(&in);
        length |= (size_t)fuzz_u8(&in) << 8;
        struct bytes payload = fuzz_bytes(&in, length);
        char *copy = fuzz_copy(payload, false);
        command.payload = bytes_of(copy, payload.size);
        command.now_ms = w.now += 1000;
        enum status status = world_apply(&w, &command);
        FUZZ_CHECK(status == ST_OK || w.error.text[0], "a refusal of %s says why",
                   command_kind_name(command.kind));
        free(copy);
        verify(&w, command.kind);
    }
    world_close(&w);
    return 0;
}
