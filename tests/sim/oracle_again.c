/* What the process knows of the orders of each pair, whenever something is selected. */
#include "oracle_again.h"

#include "base/mem.h"
#include "engine/record_order.h"
#include "market.h"
#include "store/memory.h"

struct again {
    struct sim *sim;
    uint64_t changes[PLAN_ACCOUNTS_MAX]; /* of the table of lines, when its were looked at, and 1 */
    struct known {
        uint64_t now, then; /* sums over the pair's lines; then: at the look before */
        uint32_t learned;
    } * pairs;
};

struct again *again_new(struct sim *sim)
{
    struct again *again = mem_alloc(sizeof *again);
    again->sim = sim;
    again->pairs = mem_array(world_pairs(&sim->world), sizeof *again->pairs);
    return again;
}

void again_free(struct again *again)
{
    mem_free(again->pairs);
    mem_free(again);
}

/* Sums of these are compared: each bit must make every other one likely to change. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Pieces that leave say nothing of the figure, nor does a row that is written once more: 0 is no
 * row's. */
static uint64_t known_of(struct store_txn *txn, uint32_t account, const char *line)
{
    struct key key = {0};
    struct bytes value;
    struct order_view row;
    key_u32(&key, account + 1); /* accounts are declared in this order */
    key_add(&key, bytes_text(line));
    if (store_get(txn, TABLE_ORDER_LINE, key_bytes(&key), &value) != ST_OK ||
        order_read(value, &row) != ST_OK)
        return 0;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *at = line; *at; at++)
        hash = mix(hash, (uint8_t)*at);
    hash = mix(hash, row.state == ORDER_SHIPPED ? ORDER_OPEN : row.state);
    hash = mix(hash, (uint64_t)row.quantity);
    hash = mix(hash, row.held);
    hash = mix(hash, row.exempt);
    hash = mix(hash, row.listing);
    for (uint32_t i = 0; i < row.part_count; i++)
        hash = mix(hash, (uint64_t)(row.parts[i].reserved + row.parts[i].shipped));
    return hash;
}

static void look_at(struct again *again, struct store_txn *txn, uint32_t account)
{
    const struct sim *sim = again->sim;
    const struct sim_market *market = sim->world.accounts[account].market;
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++)
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line line;
            market->line(&sim->world, account, i, k, &line);
            if (line.pair != WORLD_NONE && !line.beside)
                again->pairs[line.pair].now += known_of(txn, account, line.key);
        }
}

static void look(struct again *again, struct store_txn *txn, uint32_t account)
{
    const struct world_range pairs = world_pairs_of(&again->sim->world, account);
    for (uint32_t i = pairs.first; i < pairs.end; i++)
        again->pairs[i].now = 0;
    look_at(again, txn, account);
    for (uint32_t i = pairs.first; i < pairs.end; i++) {
        struct known *known = &again->pairs[i];
        if (known->now != known->then) known->learned++;
        known->then = known->now;
    }
}

uint32_t again_learned(struct again *again, struct store_txn *txn, uint32_t pair)
{
    const struct world *world = &again->sim->world;
    uint32_t account = world_pair_account(world, pair);
    uint64_t changes = store_memory_changes(again->sim->store, TABLE_ORDER_LINE) + 1;
    if (again->changes[account] != changes) look(again, txn, account);
    again->changes[account] = changes;
    return again->pairs[pair].learned;
}

bool again_ordered(const struct again *again, uint32_t pair)
{
    return again->pairs[pair].then != 0;
}
