/* Verifying hooks: each row can be read, and each age has its delivery. */
#include "engine/hook.h"
#include "verify/rows.h"

static void check_row(struct verifying *v, struct bytes key, struct bytes value)
{
    if (!hook_row_is_good(v->txn, key, value))
        verify_finding(v, TABLE_HOOK, "a row of a hook's deliveries cannot be read");
}

void verify_hooks(struct verifying *v)
{
    verify_walk(v, TABLE_HOOK, check_row);
}
