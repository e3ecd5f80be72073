/* All rules, one after the other; the store's own room. */
#include "notify/look_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

enum { WHOLE = 100 };

static void full(const struct looking *l, const char *kind, uint64_t used, uint64_t of)
{
    int64_t percent = of ? (int64_t)((double)used / (double)of * WHOLE) : 0;
    if (percent < l->look->limits->disk_percent) return;
    struct alert_finding *f = alert_findings_add(l->to, ALERT_DISK, "", bytes_text(kind));
    if (!f) return;
    snprintf(f->what, sizeof f->what, "%s", kind);
    f->count = percent;
    f->limit = l->look->limits->disk_percent;
}

static void look_disk(const struct looking *l)
{
    struct statvfs disk;
    if (!look_wants(l, ALERT_DISK)) return;
    struct store_usage usage = store_usage(l->look->store);
    full(l, "store-size", usage.used_bytes, usage.limit_bytes);
    if (!l->look->store_path) return;
    if (statvfs(l->look->store_path, &disk) != 0) {
        l->to->partial[ALERT_DISK] = true;
        return;
    }
    /* As df says it: of what is not kept back for root. */
    uint64_t used = disk.f_blocks - disk.f_bfree;
    full(l, l->look->store_path, used, used + disk.f_bavail);
}

struct accounts {
    const struct looking *l;
    enum status status;
};

static bool on_account(void *ctx, const struct query_account *account)
{
    struct accounts *a = ctx;
    a->status = look_account(a->l, account);
    return a->status == ST_OK;
}

enum status alert_look(const struct alert_look *look, struct store_txn *txn,
                       struct alert_findings *findings, struct error *error)
{
    struct query query;
    enum status status = query_open(&query, txn, error);
    if (status != ST_OK) return status;
    const struct looking l = {look, findings, &query};
    struct accounts a = {&l, ST_OK};
    status = query_accounts(&query, on_account, &a);
    if (status == ST_OK) status = a.status;
    if (status == ST_OK) status = look_rows(&l);
    if (status == ST_OK) status = look_figures(&l);
    if (status == ST_OK) status = look_exposure(&l);
    if (status == ST_OK) look_disk(&l);
    query_close(&query);
    return status;
}
