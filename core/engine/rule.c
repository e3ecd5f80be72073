/* The arithmetic of rules: what applies, shares, sales, and the figure. Who changes rules is
 * rule_set.c; who puts the figure into a target is allocate.c. */
#include "engine/rule.h"

#include "base/share.h"
#include "engine/keys.h"

enum status rule_load(struct store_txn *txn, uint64_t product, uint32_t account,
                      struct rule_record *record)
{
    uint8_t key[12];
    struct bytes value;
    bytes_put_u64(key, product);
    bytes_put_u32(key + 8, account);
    enum status status = store_get(txn, TABLE_RULE, bytes_of(key, sizeof key), &value);
    return status == ST_OK ? rule_read(value, record) : status;
}

static void put_over(struct rule *rule, const struct rule_record *record)
{
    int64_t *const fields[RULE_FIELDS] = {&rule->buffer, &rule->cap, &rule->min, &rule->pack};
    if (record->mode) rule->mode = record->mode;
    for (int i = 0; i < RULE_FIELDS; i++)
        if (record->given & 1u << i) *fields[i] = record->fields[i];
    if (record->days) {
        rule->days = record->factor ? record->days : 0;
        rule->factor = record->factor;
    }
}

enum status rule_find(struct store_txn *txn, uint64_t product, uint32_t account, struct rule *rule)
{
    const uint32_t places[] = {0, account};
    *rule = (struct rule){.mode = RULE_ON, .cap = -1, .pack = 1};
    if (store_count(txn, TABLE_RULE) == 0) return ST_OK;
    for (int i = 0; i < 2; i++) {
        struct rule_record record;
        enum status status = rule_load(txn, product, places[i], &record);
        if (status == ST_OK)
            put_over(rule, &record);
        else if (status != ST_NOT_FOUND)
            return status;
    }
    return ST_OK;
}

/* ---- what sold */

static int64_t sold_by(const struct ledger_record *entry)
{
    if (entry->cause != CAUSE_SALE && entry->cause != CAUSE_ORDER) return 0;
    return entry->on_hand_before - entry->reserved_before -
           (entry->on_hand_after - entry->reserved_after);
}

enum status rule_sold(struct store_txn *txn, uint64_t product, uint32_t warehouse, int64_t now_ms,
                      uint32_t days, int64_t *sold, int64_t *oldest_ms)
{
    struct key prefix = {0}, behind;
    struct bytes key, value;
    int64_t since = now_ms - (int64_t)days * RULE_DAY_MS;
    key_u64(&prefix, product);
    key_u32(&prefix, warehouse);
    behind = prefix;
    key_u64(&behind, UINT64_MAX);
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, key_bytes(&behind), &key, &value);
    if (status == ST_OK || status == ST_NOT_FOUND) status = store_prev(cursor, &key, &value);
    *sold = 0;
    for (uint32_t seen = 0; status == ST_OK && seen < RULE_ENTRIES_MAX; seen++) {
        struct ledger_record entry;
        if (!key_starts(key, key_bytes(&prefix))) break;
        if (value.size != sizeof entry) {
            status = ST_DAMAGED;
            break;
        }
        memcpy(&entry, value.data, sizeof entry);
        if (entry.time_ms <= since) break;
        int64_t by = sold_by(&entry);
        if (by && entry.time_ms < *oldest_ms) *oldest_ms = entry.time_ms;
        *sold += by;
        status = store_prev(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    if (*sold < 0) *sold = 0;
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* ---- shares */

static uint64_t times(int64_t available, uint32_t share_ppm, uint64_t *remainder)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(uint64_t)available * share_ppm;
    if (remainder) *remainder = (uint64_t)(product % SHARE_WHOLE);
    return (uint64_t)(product / SHARE_WHOLE);
}

int64_t rule_link_pieces(const struct directory *d, const struct directory_link *link,
                         int64_t available)
{
    if (available <= 0) return 0;
    if (!link->rule.by_share) return available;
    uint64_t remainder, floors = 0, before = 0;
    uint32_t shares = 0;
    int64_t mine = (int64_t)times(available, link->rule.share_ppm, &remainder);
    for (uint32_t i = 0; i < d->link_count; i++) {
        const struct directory_link *other = &d->links[i];
        uint64_t theirs;
        if (other->warehouse != link->warehouse || !other->rule.by_share) continue;
        shares += other->rule.share_ppm;
        floors += times(available, other->rule.share_ppm, &theirs);
        before += theirs > remainder || (theirs == remainder && other < link);
    }
    uint64_t left = times(available, shares, NULL) - floors; /* fewer than there are links */
    return mine + (before < left);
}

/* ---- the figure */

/* Rounded up: what is kept back is not promised. */
static int64_t kept_back(const struct rule *rule, int64_t sold)
{
    __extension__ typedef unsigned __int128 wide;
    if (!rule->days || sold <= 0) return 0;
    wide share = (wide)(uint64_t)sold * rule->factor;
    wide pack = (wide)(uint64_t)rule->pack * SHARE_WHOLE;
    wide packs = (share + pack - 1) / pack;
    return packs > (wide)FIGURE_MAX ? FIGURE_MAX : (int64_t)packs;
}

static uint8_t why_zero(const struct rule *rule, const struct rule_steps *s)
{
    if (rule->mode == RULE_OFF_ZERO) return ZERO_OFF;
    if (s->pieces == 0) return ZERO_NONE; /* the stock's own reason */
    if (s->packs == 0) return ZERO_PACK;
    if (s->packs <= s->buffer) return ZERO_BUFFER;
    return s->packs - s->buffer < rule->min ? ZERO_MIN : ZERO_CAP;
}

void rule_apply(const struct rule *rule, int64_t pieces, int64_t sold, struct rule_steps *s)
{
    *s = (struct rule_steps){.pieces = pieces};
    s->packs = pieces / rule->pack;
    s->velocity = kept_back(rule, sold);
    s->buffer = rule->buffer + s->velocity;
    s->rest = s->packs > rule->buffer ? s->packs - rule->buffer : 0;
    s->left = s->packs > s->buffer ? s->packs - s->buffer : 0;
    s->least = s->left < rule->min ? 0 : s->left;
    s->capped = rule->cap >= 0 && s->least > rule->cap;
    s->most = s->capped ? rule->cap : s->least;
    s->value = rule->mode == RULE_OFF_ZERO ? 0 : s->most;
    if (s->value == 0) s->zero = why_zero(rule, s);
}
