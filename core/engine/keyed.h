/* Requests with a key of the client's own (Idempotency-Key): what came of each is kept with its
 * effect, so that the same request sent again gets the same answer and does nothing, also after a
 * restart. TABLE_API_ANSWER: 0, id 16 bytes -> request and result; 1, kept u64 ms, id -> "".
 *
 * The command carries the same id (TABLE_COMMAND_ID), so it is applied once even when its answer is
 * no longer kept. Engine thread, inside the group's transaction. */
#ifndef STOCKD_ENGINE_KEYED_H
#define STOCKD_ENGINE_KEYED_H

#include "base/digest.h"
#include "engine/command.h"
#include "engine/engine.h"

/* A week: longer than any client waits before it tries again, short enough to keep few. */
#define KEYED_KEPT_MS (INT64_C(7) * 24 * 3600 * 1000)

struct keyed {
    uint8_t id[OPERATION_ID_SIZE];
    uint8_t request[DIGEST_SIZE]; /* of all that makes two requests the same */
};

/* ST_OK: done before, `result` and `existed` are as then. ST_NOT_FOUND: to be done. ST_CONFLICT:
 * the key stands for another request, or for one whose answer is no longer kept. */
enum status keyed_find(struct store_txn *txn, const struct keyed *keyed,
                       struct command_result *result, bool *existed, struct error *error);
/* After the command, in its transaction. Forgets a few of those kept for long enough. */
void keyed_keep(struct store_txn *txn, const struct keyed *keyed,
                const struct command_result *result, bool existed, int64_t now_ms);

/* For verify: what a row must be. */
bool keyed_row_is_good(struct bytes key, struct bytes value);

#endif
