/* Queries: what was sent. Rows hold many sends each: a place is the row, and how many of it were
 * given. */
#include "query/send.h"

#include "query/rows.h"

#include <string.h>

static const char *const results[] = {"done",   "equal",    "unresolved",
                                      "failed", "rejected", "not-sent"};

const char *send_result_name(uint8_t outcome)
{
    if (outcome == SEND_EQUAL) return "equal";
    switch ((enum outcome_kind)outcome) {
    case OUTCOME_OK: return "done";
    case OUTCOME_ACCEPTED:
    case OUTCOME_UNRESOLVED:
    case OUTCOME_LOOK: return "unresolved";
    case OUTCOME_REJECTED: return "rejected";
    case OUTCOME_UNSENT: return "not-sent";
    default: return "failed";
    }
}

bool send_result_known(const char *name)
{
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (strcmp(results[i], name) == 0) return true;
    return false;
}

struct looking {
    const struct query_sends *filter;
    const struct directory_account *account;
    uint64_t product;
    bool (*row)(void *ctx, const struct query_send *send);
    void *ctx;
    uint32_t limit, given, seen;
    bool stopped;
};

static void complete(struct query *query, struct query_send *send)
{
    struct listing_view listing;
    const struct target_id *id = &send->item.target;
    send->account = directory_account(query->directory, id->account);
    send->remote = directory_remote(query->directory, id->account, id->remote);
    send->sku = query_sku(query, id->product);
    send->listing = query_load_listing(query, id->account, id->listing, &listing) == ST_OK
                        ? listing.id
                        : bytes_of("", 0);
}

static bool fits(const struct query *query, const struct looking *l, const struct send_item *item)
{
    const struct query_sends *f = l->filter;
    const struct target_id *id = &item->target;
    if (l->product && id->product != l->product) return false;
    if (l->account && id->account != l->account->no) return false;
    if (f->result && strcmp(send_result_name(item->result), f->result) != 0) return false;
    if (f->of_product && id->product != f->of_product) return false;
    if (f->of_account && id->account != f->of_account) return false;
    if (item->sent_ms < f->sent_from_ms) return false;
    if (f->sent_until_ms && item->sent_ms > f->sent_until_ms) return false;
    return !f->of_warehouse ||
           directory_feeds(query->directory, f->of_warehouse, id->account, id->remote);
}

/* Items of one row from `from` on; where it stopped. */
static uint32_t look_at_row(struct query *query, struct looking *l, struct query_send *send,
                            struct wire_reader *r, uint32_t from)
{
    for (uint32_t i = 0; i < send->head.count && r->ok; i++) {
        send->item = send_item_read(r);
        if (i < from || !r->ok) continue;
        if (l->given == l->limit || l->seen == QUERY_SCAN_MAX) return i;
        l->seen++;
        if (!fits(query, l, &send->item)) continue;
        complete(query, send);
        l->given++;
        if (!l->row(l->ctx, send)) {
            l->stopped = true;
            return i;
        }
    }
    return UINT32_MAX;
}

enum { PLACE = 12 }; /* sequence u64, items given u32 */

static enum status walk_back(struct query *query, struct looking *l, struct store_cursor *cursor,
                             struct query_page *page)
{
    uint8_t from[8];
    struct bytes key, value;
    uint32_t skip = 0;
    enum status status;
    if (page->from.size) {
        memcpy(from, page->from.data, sizeof from);
        skip = bytes_get_u32((const uint8_t *)page->from.data + 8);
        status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
        if (status != ST_OK || memcmp(key.data, from, sizeof from) != 0) {
            skip = 0; /* that row is no longer kept */
            status = store_prev(cursor, &key, &value);
        }
    } else {
        status = store_last(cursor, &key, &value);
    }
    for (; status == ST_OK && !l->stopped; status = store_prev(cursor, &key, &value)) {
        struct wire_reader r = wire_reader(value);
        struct query_send send = {.head = send_head_read(&r)};
        if (key.size != 8 || !r.ok) return query_damaged(query, TABLE_SEND);
        send.sequence = bytes_get_u64(key.data);
        uint32_t at = UINT32_MAX;
        const struct query_sends *f = l->filter;
        const int64_t from_ms = f->since_ms > f->sent_from_ms ? f->since_ms : f->sent_from_ms;
        if (send.head.time_ms < from_ms) return ST_OK; /* those before are older */
        bool of_another = l->account && send.head.account && l->account->no != send.head.account;
        bool later = f->until_ms && send.head.time_ms >= f->until_ms;
        if (!of_another && !later)
            at = look_at_row(query, l, &send, &r, skip);
        else
            l->seen++;
        if (!r.ok) return query_damaged(query, TABLE_SEND);
        skip = 0;
        if (at == UINT32_MAX || l->stopped) continue;
        memcpy(page->next, key.data, 8);
        bytes_put_u32(page->next + 8, at);
        page->next_size = PLACE;
        return ST_OK;
    }
    return query_failed(query, status, TABLE_SEND);
}

enum status query_sends(struct query *query, const struct query_sends *filter,
                        struct query_page *page,
                        bool (*row)(void *ctx, const struct query_send *send), void *ctx)
{
    struct looking l = {.filter = filter, .row = row, .ctx = ctx};
    enum status status = ST_OK;
    l.limit = page->limit ? page->limit : QUERY_PAGE_DEFAULT;
    if (l.limit > QUERY_PAGE_MAX) l.limit = QUERY_PAGE_MAX;
    page->next_size = 0;
    if (page->from.size && page->from.size != PLACE)
        return error_set(query->error, ST_INVALID,
                         "that place is not one of this list; begin at its beginning");
    if (filter->account.size) status = query_find_account(query, filter->account, &l.account);
    if (status == ST_OK && filter->sku.size)
        status = query_find_product(query, filter->sku, &l.product);
    if (status != ST_OK) return status;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_SEND);
    status = walk_back(query, &l, cursor, page);
    store_cursor_close(cursor);
    return status;
}

/* ---- the send of one target */

enum { SAME_TIME_MAX = 64 }; /* rows of one millisecond that are looked at */

static int64_t time_of(struct bytes value)
{
    struct wire_reader r = wire_reader(value);
    struct send_head head = send_head_read(&r);
    return r.ok ? head.time_ms : INT64_MAX;
}

/* The first row of that time, by halves: rows stand in the order of their sequence numbers, and so
 * by time, but for clocks that were set back. */
static enum status seek_time(struct store_cursor *cursor, int64_t time_ms, struct bytes *key,
                             struct bytes *value)
{
    uint8_t at[8];
    enum status status = store_next(cursor, key, value);
    if (status != ST_OK || key->size != 8) return status;
    uint64_t low = bytes_get_u64(key->data), high;
    status = store_last(cursor, key, value);
    if (status != ST_OK || key->size != 8) return status;
    high = bytes_get_u64(key->data);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        bytes_put_u64(at, middle);
        status = store_seek(cursor, bytes_of(at, sizeof at), key, value);
        if (status != ST_OK || key->size != 8) return status;
        if (time_of(*value) < time_ms)
            low = bytes_get_u64(key->data) + 1;
        else
            high = middle;
    }
    bytes_put_u64(at, low);
    return store_seek(cursor, bytes_of(at, sizeof at), key, value);
}

static bool is_same(const struct send_item *item, const struct query_target *t)
{
    const struct target_id *x = &item->target, *y = &t->id;
    return x->product == y->product && x->listing == y->listing && x->account == y->account &&
           x->remote == y->remote && item->value == t->record.sent_value;
}

static bool find_item(const struct query_target *t, struct bytes value, struct query_send *send)
{
    struct wire_reader r = wire_reader(value);
    send->head = send_head_read(&r);
    if (!r.ok || send->head.account != t->id.account) return false;
    for (uint32_t i = 0; i < send->head.count && r.ok; i++) {
        send->item = send_item_read(&r);
        if (r.ok && is_same(&send->item, t)) return true;
    }
    return false;
}

static bool find_at(struct query *query, const struct query_target *t, int64_t time_ms,
                    struct query_send *send)
{
    struct bytes key, value;
    bool found = false;
    if (time_ms <= 0) return false;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_SEND);
    enum status status = seek_time(cursor, time_ms, &key, &value);
    for (int i = 0; status == ST_OK && i < SAME_TIME_MAX && time_of(value) == time_ms; i++) {
        found = find_item(t, value, send);
        send->sequence = bytes_get_u64(key.data);
        if (found) break;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return found;
}

enum status query_send_of(struct query *query, const struct query_target *t,
                          struct query_send *send, bool *found)
{
    const struct target_record *r = &t->record;
    const int64_t times[] = {r->closed_ms, r->flags & TARGET_ACKED ? r->acked_ms : 0,
                             r->observed_ms};
    *send = (struct query_send){0};
    *found = false;
    for (size_t i = 0; i < sizeof times / sizeof *times && !*found; i++)
        *found = find_at(query, t, times[i], send);
    if (*found) complete(query, send);
    return store_failed(query->txn, query->error);
}
