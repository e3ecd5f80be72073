/* What every operation of every marketplace says to the host in the same words. */
#include "kit/call.h"

#include <stdio.h>
#include <string.h>

enum stockd_verdict kit_fail(const struct stockd_call *call, enum stockd_fail why, const char *code,
                             const char *text)
{
    call->host->fail(call->ctx, why, code, text);
    return STOCKD_FAIL;
}

enum stockd_verdict kit_unreadable(const struct stockd_call *call, const char *name)
{
    char text[96];
    snprintf(text, sizeof(text), "the answer has no '%s' that can be read", name);
    return kit_fail(call, STOCKD_FAIL_RETRY, "unreadable", text);
}

enum stockd_verdict kit_bug(const struct stockd_call *call, const char *text)
{
    return kit_fail(call, STOCKD_FAIL_BUG, "plugin", text);
}

const char *kit_key(const struct stockd_item *item, const char *kind)
{
    for (uint32_t i = 0; i < item->key_count; i++)
        if (strcmp(item->keys[i].kind, kind) == 0) return item->keys[i].value;
    return NULL;
}

void kit_malformed(const struct stockd_call *call, const char *what, const char *where)
{
    call->host->malformed(call->ctx, what, where);
}

void kit_lose(const struct stockd_call *call, bool *lost, const char *what, const char *where)
{
    kit_malformed(call, what, where);
    *lost = true;
}
