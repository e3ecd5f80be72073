/* Verifying what is kept of the past besides the ledger: imports' commands, what was undone, what
 * was sent. */
#include "engine/send.h"
#include "verify/rows.h"

static void check_group(struct verifying *v, struct bytes key, struct bytes value)
{
    struct command_view command;
    const uint8_t *at = key.data;
    if (key.size != 16 || !verify_get(v, TABLE_COMMAND, bytes_of(at + 8, 8), &value) ||
        command_read(value, &command) != ST_OK || command.group != bytes_get_u64(at))
        verify_finding(v, TABLE_COMMAND_GROUP, "a row leads to no command of that group");
}

static void check_undone(struct verifying *v, struct bytes key, struct bytes value)
{
    struct bytes unused;
    if (key.size != 8 || value.size != 8 || bytes_get_u64(value.data) <= bytes_get_u64(key.data) ||
        !verify_get(v, TABLE_COMMAND, key, &unused))
        verify_finding(v, TABLE_UNDONE, "a row is of no command that could have been undone");
}

static void check_send(struct verifying *v, struct bytes key, struct bytes value)
{
    struct wire_reader r = wire_reader(value);
    struct send_head head = send_head_read(&r);
    for (uint32_t i = 0; i < head.count && r.ok; i++)
        send_item_read(&r);
    if (key.size != 8 || !r.ok || !wire_at_end(&r))
        verify_finding(v, TABLE_SEND, "a row cannot be read");
}

void verify_history(struct verifying *v)
{
    verify_walk(v, TABLE_COMMAND_GROUP, check_group);
    verify_walk(v, TABLE_UNDONE, check_undone);
    verify_walk(v, TABLE_SEND, check_send);
}
