/* Rules about things that have rows of their own: plans, conflicts, drifts, linked
 * remote warehouses. Each list is read to ALERT_RULE_FINDINGS_MAX findings. */
#include "engine/plan.h"
#include "notify/look_private.h"
#include "query/drift.h"

#include <stdio.h>
#include <string.h>

enum { PAGES_MAX = 4 }; /* of QUERY_SCAN_MAX rows: some 200 ms on a worker */

static const char *name_of(const struct directory_account *account)
{
    return account ? account->name : "";
}

/* ---- plans that the guard holds */

static enum status look_plans(const struct looking *l)
{
    struct bytes key, value;
    if (!look_wants(l, ALERT_HELD)) return ST_OK;
    struct store_cursor *cursor = store_cursor(l->query->txn, TABLE_PLAN);
    enum status status = store_next(cursor, &key, &value);
    for (; status == ST_OK; status = store_next(cursor, &key, &value)) {
        struct plan_view plan;
        char id[PLAN_ID_TEXT];
        if (key.size != 8 || plan_read(value, &plan) != ST_OK || plan.kind == PLAN_OUTBOX) continue;
        plan_id_text(bytes_get_u64(key.data), id);
        struct alert_finding *f = alert_findings_add(l->to, ALERT_HELD, "", bytes_text(id));
        if (!f) break;
        snprintf(f->what, sizeof f->what, "%s", id);
        alert_text(f->why, plan.reason);
        f->count = (int64_t)plan.total;
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* ---- conflicts */

static bool on_conflict(void *ctx, const struct query_conflict *row)
{
    const struct looking *l = ctx;
    struct alert_finding *f = alert_findings_add(
        l->to, ALERT_CONFLICT, name_of(row->listing.account), row->listing.listing.id);
    if (!f) return false;
    alert_text(f->what, row->listing.listing.id);
    snprintf(f->why, sizeof f->why, "%.*s: %.*s", (int)row->code.size, (const char *)row->code.data,
             (int)(row->value.size < 100 ? row->value.size : 100), (const char *)row->value.data);
    alert_text(f->why, bytes_text(f->why));
    return true;
}

static enum status look_conflicts(const struct looking *l)
{
    if (!look_wants(l, ALERT_CONFLICT)) return ST_OK;
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    enum status status =
        query_conflicts(l->query, bytes_of("", 0), &page, on_conflict, (void *)(uintptr_t)l);
    if (page.next_size) l->to->partial[ALERT_CONFLICT] = true;
    return status;
}

/* ---- figures that somebody else keeps overwriting */

static bool on_drift(void *ctx, const struct query_drift *row)
{
    const struct looking *l = ctx;
    char subject[ALERT_TEXT_MAX];
    if (row->drift.code != DRIFT_FOREIGN) return true;
    snprintf(subject, sizeof subject, "%.*s/%.60s",
             (int)(row->sku.size < 200 ? row->sku.size : 200), (const char *)row->sku.data,
             row->remote ? row->remote->id : "");
    struct alert_finding *f =
        alert_findings_add(l->to, ALERT_DRIFT, name_of(row->account), bytes_text(subject));
    if (!f) return false;
    alert_text(f->what, bytes_text(subject));
    f->count = row->drift.observed;
    f->limit = row->drift.wanted == FIGURE_UNKNOWN ? row->drift.expected : row->drift.wanted;
    return true;
}

static enum status look_drifts(const struct looking *l)
{
    const struct query_drifts filter = {0};
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    enum status status = ST_OK;
    if (!look_wants(l, ALERT_DRIFT)) return ST_OK;
    for (int i = 0; i < PAGES_MAX && status == ST_OK; i++) {
        uint8_t from[QUERY_PLACE_MAX];
        memcpy(from, page.next, page.next_size);
        page.from = bytes_of(from, page.next_size);
        status = query_drifts(l->query, &filter, &page, on_drift, (void *)(uintptr_t)l);
        if (!page.next_size) return status;
    }
    l->to->partial[ALERT_DRIFT] = true;
    return status;
}

/* ---- linked remote warehouses that are not there */

static void look_remote(const struct looking *l, const struct directory_remote *remote)
{
    if (!remote->link_count || !remote->read_ms || remote->marketplace) return;
    if (!remote->gone && directory_writable(remote, l->look->now_ms)) return;
    const char *why = remote->gone ? "the marketplace no longer lists it" : remote->why;
    struct alert_finding *f = alert_findings_add(
        l->to, ALERT_LINK, name_of(directory_account(l->query->directory, remote->account)),
        bytes_text(remote->id));
    if (!f) return;
    snprintf(f->what, sizeof f->what, "%.100s%s%.100s%s", remote->id, remote->name[0] ? " (" : "",
             remote->name, remote->name[0] ? ")" : "");
    alert_text(f->what, bytes_text(f->what));
    alert_text(f->why, bytes_text(why && why[0] ? why : "it may not be written to"));
}

enum status look_rows(const struct looking *l)
{
    const struct directory *d = l->query->directory;
    for (uint32_t i = 0; look_wants(l, ALERT_LINK) && i < d->remote_count; i++)
        look_remote(l, &d->remotes[i]);
    enum status status = look_plans(l);
    if (status == ST_OK) status = look_orders(l);
    if (status == ST_OK) status = look_conflicts(l);
    return status == ST_OK ? look_drifts(l) : status;
}
