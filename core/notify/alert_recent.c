/* Which alerts were over a short time ago: one that comes back is no new trouble. */
#include "base/mem.h"
#include "notify/alert_private.h"

#include <stdlib.h>
#include <string.h>

static bool note_recent(void *ctx, uint64_t number, const struct alert_view *alert)
{
    struct alert_recent *recent = ctx;
    (void)number;
    if (alert->closed_ms <= recent->since_ms || alert->key.size > ALERT_KEY_MAX) return true;
    recent->keys = mem_resize(recent->keys, (recent->count + 1) * sizeof *recent->keys);
    char *key = recent->keys[recent->count++];
    memcpy(key, alert->key.data, alert->key.size);
    key[alert->key.size] = 0;
    return true;
}

static int key_text_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* One pass over what is kept, and only where something is to be opened. */
void alert_recent_read(struct store_txn *txn, int64_t now_ms, struct alert_recent *recent)
{
    recent->since_ms = now_ms - ALERT_AGAIN_MS;
    alert_each(txn, 0, note_recent, recent);
    if (recent->count) qsort(recent->keys, recent->count, sizeof *recent->keys, key_text_order);
}

bool alert_is_recent(const struct alert_recent *recent, const char *key)
{
    return recent->count &&
           bsearch(key, recent->keys, recent->count, sizeof *recent->keys, key_text_order);
}

void alert_recent_free(struct alert_recent *recent)
{
    mem_free(recent->keys);
    *recent = (struct alert_recent){0};
}
