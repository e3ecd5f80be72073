/* Reading and writing order lines. */
#include "engine/record_order.h"

#include "engine/record_rule.h"

enum {
    ORDER_VERSION = 2,
    ORDER_VERSION_PACKLESS = 1, /* before there were packs: each was one piece */
};

static const char *const state_names[ORDER_STATES] = {"open", "shipped", "cancelled", "returned"};

const char *order_state_name(enum order_state state)
{
    return (unsigned)state < ORDER_STATES ? state_names[state] : "";
}

int order_state_parse(const char *name)
{
    for (int i = 0; i < ORDER_STATES; i++)
        if (strcmp(state_names[i], name) == 0) return i;
    return -1;
}

static const struct {
    const char *name, *text;
} held_words[ORDER_HELD_COUNT] = {
    [ORDER_HELD_NOT] = {"", ""},
    [ORDER_HELD_UNKNOWN_LISTING] = {"unknown-listing",
                                    "no listing of the account is what the order names; the "
                                    "listings are read again by themselves"},
    [ORDER_HELD_AMBIGUOUS] = {"ambiguous", "its references lead to different products; tie the "
                                           "listings with `stockctl listing map`"},
    [ORDER_HELD_UNMAPPED] = {"unmapped", "the listing is tied to no product; tie it with `stockctl "
                                         "listing map`"},
    [ORDER_HELD_NO_WAREHOUSE] = {"no-warehouse", "the order names no warehouse, and the account "
                                                 "has not just one that is linked"},
    [ORDER_HELD_UNKNOWN_WAREHOUSE] = {"unknown-warehouse",
                                      "the account has no such warehouse; read them with "
                                      "`stockctl account refresh`"},
    [ORDER_HELD_UNLINKED] = {"unlinked", "no warehouse of yours feeds that one; link it with "
                                         "`stockctl warehouse link`"},
    [ORDER_HELD_UNCOUNTED] = {"uncounted", "none of the warehouses that feed it has a figure of "
                                           "the product; set one with `stockctl stock set`"},
};

const char *order_held_name(enum order_held held)
{
    return (unsigned)held < ORDER_HELD_COUNT ? held_words[held].name : "";
}

const char *order_held_text(enum order_held held)
{
    return (unsigned)held < ORDER_HELD_COUNT ? held_words[held].text : "";
}

void order_told_write(struct buf *out, const struct order_view *o)
{
    wire_put_bytes(out, o->order_id);
    wire_put_bytes(out, o->remote);
    wire_put_bytes(out, o->status);
    wire_put_u64(out, o->ref_count);
    for (uint32_t i = 0; i < o->ref_count; i++) {
        wire_put_bytes(out, o->refs[i].kind);
        wire_put_bytes(out, o->refs[i].value);
    }
    wire_put_u8(out, (uint8_t)o->state);
    wire_put_u8(out, (uint8_t)(o->has_version | o->marketplace_stock << 1 | o->lowered << 2 |
                               o->oversell << 3));
    wire_put_i64(out, o->quantity);
    wire_put_i64(out, o->version);
    wire_put_i64(out, o->ordered_ms);
    wire_put_i64(out, o->changed_ms);
}

struct order_view order_told_read(struct wire_reader *r)
{
    struct order_view o = {0};
    o.order_id = wire_get_bytes(r);
    o.remote = wire_get_bytes(r);
    o.status = wire_get_bytes(r);
    o.ref_count = wire_get_u32(r);
    if (o.ref_count > ORDER_REFS_MAX) {
        r->ok = false;
        o.ref_count = 0;
    }
    for (uint32_t i = 0; i < o.ref_count; i++) {
        o.refs[i].kind = wire_get_bytes(r);
        o.refs[i].value = wire_get_bytes(r);
    }
    o.state = (enum order_state)wire_get_u8(r);
    if ((unsigned)o.state >= ORDER_STATES) r->ok = false;
    uint8_t flags = wire_get_u8(r);
    o.has_version = flags & 1;
    o.marketplace_stock = flags & 2;
    o.lowered = flags & 4;
    o.oversell = flags & 8;
    o.quantity = wire_get_i64(r);
    o.version = wire_get_i64(r);
    o.ordered_ms = wire_get_i64(r);
    o.changed_ms = wire_get_i64(r);
    return o;
}

bool order_write(struct buf *out, const struct order_view *o)
{
    wire_put_u8(out, ORDER_VERSION);
    order_told_write(out, o);
    wire_put_u8(out, (uint8_t)(o->was_shipped | o->return_confirmed << 1));
    wire_put_u8(out, (uint8_t)o->held);
    wire_put_u8(out, (uint8_t)o->exempt);
    wire_put_i64(out, o->first_ms);
    wire_put_i64(out, o->applied_ms);
    wire_put_u64(out, o->listing);
    wire_put_i64(out, o->pack);
    wire_put_u64(out, o->part_count);
    for (uint32_t i = 0; i < o->part_count; i++) {
        wire_put_u64(out, o->parts[i].product);
        wire_put_u64(out, o->parts[i].warehouse);
        wire_put_i64(out, o->parts[i].reserved);
        wire_put_i64(out, o->parts[i].shipped);
    }
    return !out->overflow;
}

struct bytes order_id_read(struct bytes from)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    struct bytes id = wire_get_bytes(&r);
    bool known = version == ORDER_VERSION || version == ORDER_VERSION_PACKLESS;
    return known && r.ok ? id : bytes_of("", 0);
}

enum status order_read(struct bytes from, struct order_view *o)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    if (version != ORDER_VERSION && version != ORDER_VERSION_PACKLESS) return ST_DAMAGED;
    *o = order_told_read(&r);
    uint8_t flags = wire_get_u8(&r);
    o->was_shipped = flags & 1;
    o->return_confirmed = flags & 2;
    o->held = (enum order_held)wire_get_u8(&r);
    o->exempt = (enum order_exempt)wire_get_u8(&r);
    o->first_ms = wire_get_i64(&r);
    o->applied_ms = wire_get_i64(&r);
    o->listing = wire_get_u64(&r);
    if (version != ORDER_VERSION_PACKLESS) o->pack = wire_get_i64(&r);
    o->part_count = wire_get_u32(&r);
    if (version == ORDER_VERSION_PACKLESS && o->part_count) o->pack = 1;
    if (o->pack < 0 || o->pack > RULE_PACK_MAX) return ST_DAMAGED;
    if (o->part_count > ORDER_PARTS_MAX || (unsigned)o->held >= ORDER_HELD_COUNT) return ST_DAMAGED;
    for (uint32_t i = 0; i < o->part_count; i++) {
        o->parts[i].product = wire_get_u64(&r);
        o->parts[i].warehouse = wire_get_u32(&r);
        o->parts[i].reserved = wire_get_i64(&r);
        o->parts[i].shipped = wire_get_i64(&r);
    }
    return r.ok ? ST_OK : ST_DAMAGED;
}
