/* Rows of TABLE_CHANGE: written in the transaction of the change itself. */
#include "engine/change.h"

#include "base/wire.h"
#include "engine/rule_word.h"

enum { CHANGE_VERSION = 1 };

static const char *const names[CHANGE_COUNT] = {"",        "made",   "field",      "gone",
                                                "listing", "figure", "order line", "reservation",
                                                "rule",    "setting"};

const char *change_what_name(uint32_t what)
{
    return what < CHANGE_COUNT ? names[what] : "";
}

bool change_write(struct buf *out, const struct change_view *c)
{
    wire_put_u8(out, CHANGE_VERSION);
    wire_put_u8(out, (uint8_t)c->what);
    wire_put_u64(out, c->product);
    wire_put_u64(out, c->other);
    wire_put_u8(out, c->flag);
    wire_put_bytes(out, c->key);
    wire_put_bytes(out, c->old);
    return wire_put_bytes(out, c->new);
}

enum status change_read(struct bytes from, struct change_view *c)
{
    struct wire_reader r = wire_reader(from);
    if (wire_get_u8(&r) != CHANGE_VERSION) return ST_DAMAGED;
    c->what = (enum change_what)wire_get_u8(&r);
    c->product = wire_get_u64(&r);
    c->other = wire_get_u64(&r);
    c->flag = wire_get_u8(&r);
    c->key = wire_get_bytes(&r);
    c->old = wire_get_bytes(&r);
    c->new = wire_get_bytes(&r);
    return r.ok && (unsigned)c->what - 1 < CHANGE_COUNT - 1 ? ST_OK : ST_DAMAGED;
}

static void index_product(struct applying *a, uint64_t product, const uint8_t place[12])
{
    if (!product) return;
    struct key key = {0};
    key_u64(&key, product);
    key_add(&key, bytes_of(place, 12));
    store_put(a->txn, TABLE_CHANGE_PRODUCT, key_bytes(&key), bytes_of("", 0));
}

void change_put(struct applying *a, const struct change_view *change)
{
    uint8_t place[12];
    bytes_put_u64(place, applying_sequence(a));
    bytes_put_u32(place + 8, a->changes++);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    change_write(record, change);
    store_put(a->txn, TABLE_CHANGE, bytes_of(place, sizeof place),
              bytes_of(record->data, record->size));
    index_product(a, change->product, place);
    if (change->other != change->product) index_product(a, change->other, place);
}

void change_setting(struct applying *a, uint32_t account, uint32_t warehouse, const char *what,
                    const char *old, const char *new)
{
    uint8_t key[CHANGE_SETTING_HEAD + CHANGE_SETTING_TEXT];
    size_t size = strnlen(what, CHANGE_SETTING_TEXT);
    bytes_put_u32(key, account);
    bytes_put_u32(key + 4, warehouse);
    memcpy(key + CHANGE_SETTING_HEAD, what, size);
    change_put(a, &(struct change_view){.what = CHANGE_SETTING,
                                        .key = bytes_of(key, CHANGE_SETTING_HEAD + size),
                                        .old = bytes_text(old),
                                        .new = bytes_text(new)});
}

static void barcodes_join(struct buf *out, const struct product_view *view)
{
    buf_init(out, RECORD_MAX);
    for (uint32_t i = 0; i < view->barcode_count; i++) {
        if (i) buf_char(out, CHANGE_BARCODES_SEPARATOR);
        buf_add(out, view->barcodes[i].data, view->barcodes[i].size);
    }
}

static void field(struct applying *a, uint64_t product, const char *name, struct bytes old,
                  struct bytes new)
{
    if (bytes_equal(old, new)) return;
    change_put(a, &(struct change_view){.what = CHANGE_FIELD,
                                        .product = product,
                                        .key = bytes_text(name),
                                        .old = old,
                                        .new = new});
}

void change_fields(struct applying *a, uint64_t product, const struct product_view *old,
                   const struct product_view *new)
{
    field(a, product, "sku", old->sku, new->sku);
    field(a, product, "name", old->name, new->name);
    field(a, product, "brand", old->brand, new->brand);
    field(a, product, "description", old->description, new->description);
    field(a, product, "image", old->image, new->image);
    field(a, product, "attributes", old->attributes, new->attributes);
    struct buf before, after;
    barcodes_join(&before, old);
    barcodes_join(&after, new);
    field(a, product, "barcodes", bytes_of(before.data, before.size),
          bytes_of(after.data, after.size));
    buf_free(&before);
    buf_free(&after);
}

void change_rule(struct applying *a, uint64_t product, uint32_t account,
                 const struct rule_record *old, const struct rule_record *new)
{
    char was[RULE_WORD_TEXT_MAX], is[RULE_WORD_TEXT_MAX];
    for (int i = 0; i < RULE_WORDS; i++) {
        struct key key = {0};
        rule_word_text(old, (enum rule_word)i, was);
        rule_word_text(new, (enum rule_word)i, is);
        if (strcmp(was, is) == 0) continue;
        key_u32(&key, account);
        key_add(&key, bytes_text(rule_word_name((enum rule_word)i)));
        change_put(a, &(struct change_view){.what = CHANGE_RULE,
                                            .product = product,
                                            .key = key_bytes(&key),
                                            .old = bytes_text(was),
                                            .new = bytes_text(is)});
    }
}
