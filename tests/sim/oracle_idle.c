/* Whether what is due lies still (I6). What is shown in the end is oracle_final.c's. */
#include "oracle_idle.h"

#include "daemon.h"
#include "engine/keys.h"
#include "oracle_store.h"

#include <string.h>

enum {
    LATE_MS = 60 * 1000, /* longer than any place in the outbox waits for a turn of sync */
    LOOKS = 10,          /* of the quiet phase, in a row */
};

/* By account: whether the outbox holds something of it that is long due. */
static void find_late(struct sim *sim, bool late[PLAN_ACCOUNTS_MAX], int pairs[PLAN_ACCOUNTS_MAX])
{
    struct store_txn *txn;
    struct bytes key, value;
    int64_t before_ms = clock_wall_ms(&sim->loop.clock) - LATE_MS;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return;
    struct store_cursor *cursor = store_cursor(txn, TABLE_OUTBOX);
    while (store_next(cursor, &key, &value) == ST_OK) {
        if (key.size != OUTBOX_KEY_SIZE || outbox_key_place(key.data).due_ms > before_ms) continue;
        int pair =
            oracle_pair_of(sim, txn, (const uint8_t *)key.data + OUTBOX_KEY_SIZE - TARGET_KEY_SIZE);
        if (pair == WORLD_NONE) continue;
        uint32_t account = world_pair_account(&sim->world, (uint32_t)pair);
        late[account] = true;
        pairs[account] = pair;
    }
    store_cursor_close(cursor);
    store_abort(txn);
}

void oracle_idle_look(struct sim *sim, struct oracle_idle *idle)
{
    bool late[PLAN_ACCOUNTS_MAX] = {0};
    int pairs[PLAN_ACCOUNTS_MAX] = {0};
    find_late(sim, late, pairs);
    for (uint32_t i = 0; i < sim->world.account_count; i++) {
        uint64_t sends;
        bool idles = daemon_idles(sim->daemon, i, &sends);
        bool still = late[i] && idles && sends == idle->sends[i];
        idle->looks[i] = still ? idle->looks[i] + 1 : 0;
        idle->sends[i] = sends;
        if (idle->looks[i] < LOOKS) continue;
        char name[128];
        sim_fail(sim, "I6", sim_topic((uint32_t)pairs[i]),
                 "%s is due, and nothing of its account has been sent for minutes, nor says why",
                 world_pair_name(&sim->world, (uint32_t)pairs[i], name));
    }
}
