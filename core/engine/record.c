/* Reading and writing records with text. */
#include "engine/record.h"

#include "base/wire.h"

enum { RECORD_VERSION = 1 };

static const char *const cause_names[CAUSE_COUNT_OF] = {
    "",     "count",  "sale",        "receipt", "write-off", "transfer", "import", "order",
    "undo", "return", "reservation", "merge",   "delete",    "opening",  "repair",
};

const char *cause_name(enum cause cause)
{
    return (unsigned)cause < CAUSE_COUNT_OF ? cause_names[cause] : "";
}

enum cause cause_parse(const char *name)
{
    for (unsigned i = 1; i < CAUSE_COUNT_OF; i++)
        if (strcmp(cause_names[i], name) == 0) return (enum cause)i;
    return 0;
}

static const char *const listing_state_names[LISTING_STATES] = {
    "active", "ended", "not-ready", "archived", "marketplace-stocked", "digital", "gone",
};

const char *listing_state_name(enum listing_state state)
{
    return (unsigned)state < LISTING_STATES ? listing_state_names[state] : "";
}

int listing_state_parse(const char *name)
{
    for (int i = 0; i < LISTING_STATES; i++)
        if (strcmp(listing_state_names[i], name) == 0) return i;
    return -1;
}

static enum status finish(const struct wire_reader *r, uint8_t version)
{
    return r->ok && version == RECORD_VERSION ? ST_OK : ST_DAMAGED;
}

bool product_write(struct buf *out, const struct product_view *p)
{
    wire_put_u8(out, RECORD_VERSION);
    wire_put_bytes(out, p->sku);
    wire_put_bytes(out, p->name);
    wire_put_bytes(out, p->brand);
    wire_put_bytes(out, p->description);
    wire_put_bytes(out, p->image);
    wire_put_bytes(out, p->attributes);
    wire_put_u64(out, p->barcode_count);
    for (uint32_t i = 0; i < p->barcode_count; i++)
        wire_put_bytes(out, p->barcodes[i]);
    wire_put_i64(out, p->created_ms);
    wire_put_i64(out, p->changed_ms);
    return wire_put_u64(out, p->revision);
}

enum status product_read(struct bytes from, struct product_view *p)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    *p = (struct product_view){0};
    p->sku = wire_get_bytes(&r);
    p->name = wire_get_bytes(&r);
    p->brand = wire_get_bytes(&r);
    p->description = wire_get_bytes(&r);
    p->image = wire_get_bytes(&r);
    p->attributes = wire_get_bytes(&r);
    p->barcode_count = wire_get_u32(&r);
    if (p->barcode_count > PRODUCT_BARCODES_MAX) return ST_DAMAGED;
    for (uint32_t i = 0; i < p->barcode_count; i++)
        p->barcodes[i] = wire_get_bytes(&r);
    p->created_ms = wire_get_i64(&r);
    p->changed_ms = wire_get_i64(&r);
    p->revision = wire_get_u64(&r);
    return finish(&r, version);
}

bool warehouse_write(struct buf *out, const struct warehouse_view *w)
{
    wire_put_u8(out, RECORD_VERSION);
    wire_put_bytes(out, w->key);
    return wire_put_bytes(out, w->name);
}

enum status warehouse_read(struct bytes from, struct warehouse_view *w)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    w->key = wire_get_bytes(&r);
    w->name = wire_get_bytes(&r);
    return finish(&r, version);
}

bool remote_write(struct buf *out, const struct remote_view *w)
{
    wire_put_u8(out, RECORD_VERSION);
    wire_put_bytes(out, w->id);
    wire_put_bytes(out, w->name);
    wire_put_bytes(out, w->kind);
    wire_put_bytes(out, w->why);
    wire_put_u8(out, w->writable);
    wire_put_u8(out, w->is_default);
    wire_put_u8(out, w->gone);
    wire_put_u8(out, w->marketplace);
    wire_put_i64(out, w->closed_until_ms);
    return wire_put_i64(out, w->read_ms);
}

enum status remote_read(struct bytes from, struct remote_view *w)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    w->id = wire_get_bytes(&r);
    w->name = wire_get_bytes(&r);
    w->kind = wire_get_bytes(&r);
    w->why = wire_get_bytes(&r);
    w->writable = wire_get_u8(&r) != 0;
    w->is_default = wire_get_u8(&r) != 0;
    w->gone = wire_get_u8(&r) != 0;
    w->marketplace = wire_get_u8(&r) != 0;
    w->closed_until_ms = wire_get_i64(&r);
    w->read_ms = wire_get_i64(&r);
    return finish(&r, version);
}

bool account_write(struct buf *out, const struct account_view *a)
{
    wire_put_u8(out, RECORD_VERSION);
    wire_put_bytes(out, a->name);
    wire_put_bytes(out, a->plugin);
    wire_put_bytes(out, a->identity);
    wire_put_bytes(out, a->epoch);
    wire_put_bytes(out, a->parked_code);
    wire_put_bytes(out, a->parked_text);
    wire_put_u8(out, a->paused);
    wire_put_u8(out, a->parked);
    wire_put_u8(out, a->warehouses_read);
    wire_put_u8(out, a->listings_read);
    wire_put_i64(out, a->since_ms);
    wire_put_i64(out, a->checked_ms);
    wire_put_i64(out, a->warehouses_ms);
    wire_put_i64(out, a->listings_ms);
    wire_put_i64(out, a->stock_ms);
    wire_put_i64(out, a->key_expires_ms);
    wire_put_bytes(out, a->warnings);
    wire_put_bytes(out, a->abilities);
    wire_put_u64(out, a->epoch_number);
    wire_put_u8(out, (uint8_t)(a->orders_import | a->orders_read << 1 | a->planned << 2));
    wire_put_i64(out, a->orders_ms);
    wire_put_u64(out, a->print);
    wire_put_u64(out, a->orders_era);
    return wire_put_u64(out, a->parked_print);
}

enum status account_read(struct bytes from, struct account_view *a)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    *a = (struct account_view){0}; /* rows of before lack what came later */
    a->name = wire_get_bytes(&r);
    a->plugin = wire_get_bytes(&r);
    a->identity = wire_get_bytes(&r);
    a->epoch = wire_get_bytes(&r);
    a->parked_code = wire_get_bytes(&r);
    a->parked_text = wire_get_bytes(&r);
    a->paused = wire_get_u8(&r) != 0;
    a->parked = wire_get_u8(&r) != 0;
    a->warehouses_read = wire_get_u8(&r) != 0;
    a->listings_read = wire_get_u8(&r) != 0;
    a->since_ms = wire_get_i64(&r);
    a->checked_ms = wire_get_i64(&r);
    a->warehouses_ms = wire_get_i64(&r);
    a->listings_ms = wire_get_i64(&r);
    a->stock_ms = wire_get_i64(&r);
    a->key_expires_ms = wire_get_i64(&r);
    a->warnings = wire_get_bytes(&r);
    a->abilities = wire_get_bytes(&r);
    a->epoch_number = wire_at_end(&r) ? 0 : wire_get_u32(&r); /* rows of before have none */
    if (wire_at_end(&r)) return finish(&r, version);
    uint8_t orders = wire_get_u8(&r);
    a->orders_import = orders & 1;
    a->orders_read = orders & 2;
    a->planned = orders & 4;
    a->orders_ms = wire_get_i64(&r);
    a->print = wire_at_end(&r) ? 0 : wire_get_u64(&r);
    a->orders_era = wire_at_end(&r) ? 0 : wire_get_u32(&r);
    a->parked_print = wire_at_end(&r) ? 0 : wire_get_u64(&r);
    return finish(&r, version);
}

bool listing_write(struct buf *out, const struct listing_view *l)
{
    wire_put_u8(out, RECORD_VERSION);
    wire_put_u64(out, l->product);
    wire_put_u64(out, l->former);
    wire_put_u8(out, (uint8_t)l->state);
    wire_put_u8(out, l->by_hand);
    wire_put_bytes(out, l->id);
    wire_put_bytes(out, l->group);
    wire_put_bytes(out, l->title);
    wire_put_bytes(out, l->code);
    wire_put_bytes(out, l->text);
    wire_put_u64(out, l->data_version);
    wire_put_bytes(out, l->data);
    wire_put_u64(out, l->key_count);
    for (uint32_t i = 0; i < l->key_count; i++) {
        wire_put_bytes(out, l->keys[i].kind);
        wire_put_bytes(out, l->keys[i].value);
    }
    wire_put_i64(out, l->seen_ms);
    return wire_put_u64(out, l->epoch);
}

enum status listing_read(struct bytes from, struct listing_view *l)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    l->product = wire_get_u64(&r);
    l->former = wire_get_u64(&r);
    l->state = (enum listing_state)wire_get_u8(&r);
    l->by_hand = wire_get_u8(&r) != 0;
    l->id = wire_get_bytes(&r);
    l->group = wire_get_bytes(&r);
    l->title = wire_get_bytes(&r);
    l->code = wire_get_bytes(&r);
    l->text = wire_get_bytes(&r);
    l->data_version = wire_get_u32(&r);
    l->data = wire_get_bytes(&r);
    l->key_count = wire_get_u32(&r);
    if (l->key_count > LISTING_KEYS_MAX || (unsigned)l->state >= LISTING_STATES) return ST_DAMAGED;
    for (uint32_t i = 0; i < l->key_count; i++) {
        l->keys[i].kind = wire_get_bytes(&r);
        l->keys[i].value = wire_get_bytes(&r);
    }
    l->seen_ms = wire_get_i64(&r);
    l->epoch = wire_at_end(&r) ? 0 : wire_get_u32(&r); /* rows of before have none */
    return finish(&r, version);
}

bool command_write(struct buf *out, const struct command_view *c)
{
    wire_put_u8(out, RECORD_VERSION);
    wire_put_u64(out, c->kind);
    wire_put_i64(out, c->time_ms);
    wire_put_u64(out, c->group);
    wire_put_bytes(out, c->actor);
    wire_put_bytes(out, c->id);
    return wire_put_bytes(out, c->payload);
}

enum status command_read(struct bytes from, struct command_view *c)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    c->kind = wire_get_u32(&r);
    c->time_ms = wire_get_i64(&r);
    c->group = wire_get_u64(&r);
    c->actor = wire_get_bytes(&r);
    c->id = wire_get_bytes(&r);
    c->payload = wire_get_bytes(&r);
    return finish(&r, version);
}
