/* Counting, and one account as JSON. */
#include "api/api_counts.h"

#include "base/mem.h"
#include "base/wire.h"

#include <string.h>

static struct account_counts *slot(struct api_counts *counts, uint32_t account)
{
    for (size_t i = 0; i < counts->count; i++)
        if (counts->list[i].account == account) return &counts->list[i];
    return NULL;
}

/* What the engine keeps count of. */
static void take_targets(struct query *query, struct account_counts *c)
{
    struct target_counts kept;
    c->known = target_counts_get(query->txn, c->account, &kept);
    if (!c->known) return;
    c->targets = kept.of[COUNT_TARGETS];
    c->dirty = kept.of[COUNT_UNSENT];
    c->unresolved = kept.of[COUNT_UNRESOLVED];
    c->rejected = kept.of[COUNT_REJECTED];
    c->held = kept.of[COUNT_HELD];
    c->drifts = kept.of[COUNT_DRIFT];
    c->oldest_ms = kept.since_ms;
    c->success_ms = kept.success_ms;
}

static enum status count_listings(struct query *query, struct api_counts *counts)
{
    struct bytes key;
    struct account_counts *c = NULL;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_LISTING);
    enum status status;
    while ((status = store_next(cursor, &key, NULL)) == ST_OK && key.size == 12) {
        uint32_t account = bytes_get_u32(key.data);
        if (!c || c->account != account) c = slot(counts, account);
        if (c) c->listings++;
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : api_damaged(query, "listing");
}

enum status api_counts_take(struct query *query, struct api_counts *counts)
{
    const struct directory *d = query->directory;
    *counts = (struct api_counts){.count = d->account_count};
    counts->list = mem_array(d->account_count, sizeof *counts->list);
    for (uint32_t i = 0; i < d->account_count; i++) {
        counts->list[i].account = d->accounts[i].no;
        take_targets(query, &counts->list[i]);
    }
    counts->listings = store_count(query->txn, TABLE_LISTING) <= COUNT_LISTINGS_MAX;
    return counts->listings ? count_listings(query, counts) : ST_OK;
}

void api_counts_free(struct api_counts *counts)
{
    mem_free(counts->list);
    *counts = (struct api_counts){0};
}

/* ---- one account */

/* "code, text" pairs. */
static json_t *warnings_json(struct bytes bytes)
{
    struct wire_reader r = wire_reader(bytes);
    json_t *list = json_array();
    while (r.ok && !wire_at_end(&r)) {
        struct bytes code = wire_get_bytes(&r), text = wire_get_bytes(&r);
        if (r.ok)
            json_array_append_new(
                list, json_pack("{s:o, s:o}", "code", api_text(code), "text", api_text(text)));
    }
    return list;
}

static json_t *why_of(const struct account_view *v, const struct api_account *seen)
{
    if (!seen) return json_string("no file of conf.d describes it; what it showed stays as it is");
    if (seen->state == SYNC_PARKED && !seen->reason[0])
        return v->parked_text.size ? api_text(v->parked_text) : json_null();
    if (seen->reason[0]) return api_cstr_or_null(seen->reason);
    return api_cstr_or_null(seen->waiting);
}

static void add_counts(json_t *to, const struct account_counts *c, bool listings, int64_t now_ms)
{
    int64_t age = c && c->oldest_ms ? now_ms - c->oldest_ms : 0;
    const struct {
        const char *name;
        int64_t value;
    } members[] = {{"targets", c ? c->targets : 0},
                   {"dirty", c ? c->dirty : 0},
                   {"unresolved", c ? c->unresolved : 0},
                   {"rejected", c ? c->rejected : 0},
                   {"held", c ? c->held : 0},
                   {"drifts", c ? c->drifts : 0}};
    json_object_set_new(to, "listings", c && listings ? json_integer(c->listings) : json_null());
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(to, members[i].name,
                            c && c->known ? json_integer(members[i].value) : json_null());
    json_object_set_new(to, "oldest_unsent_ms",
                        c && c->oldest_ms ? json_integer(age > 0 ? age : 0) : json_null());
    json_object_set_new(to, "last_success", api_time(c ? c->success_ms : 0));
}

json_t *api_account_json(const struct query_account *account, const struct api_account *seen,
                         const struct api_counts *counts, int64_t now_ms)
{
    const struct account_view *v = &account->account;
    json_t *to = json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                           api_text(v->name), "plugin", api_text(v->plugin), "state",
                           sync_state_name(seen ? seen->state : SYNC_DISABLED), "code",
                           api_text_or_null(v->parked_code), "why", why_of(v, seen), "identity",
                           api_text_or_null(v->identity), "since",
                           api_time(seen && seen->since_ms ? seen->since_ms : v->since_ms),
                           "checked", api_time(v->checked_ms), "key_expires",
                           api_time(v->key_expires_ms), "warnings", warnings_json(v->warnings));
    const struct account_counts *c = NULL;
    for (size_t i = 0; counts && i < counts->count; i++)
        if (counts->list[i].account == account->number) c = &counts->list[i];
    add_counts(to, c, counts && counts->listings, now_ms);
    return to;
}
