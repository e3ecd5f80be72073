/* SKUs without case and spaces. */
#include "engine/sku.h"

/* The lower case of a letter of two bytes, of which every one here has two bytes as well. */
static uint16_t lower2(uint8_t first, uint8_t second)
{
    uint16_t point = (uint16_t)((first & 0x1f) << 6 | (second & 0x3f));
    if (point >= 0xc0 && point <= 0xde && point != 0xd7) return (uint16_t)(point + 0x20);
    if (point >= 0x410 && point <= 0x42f) return (uint16_t)(point + 0x20);
    if (point >= 0x400 && point <= 0x40f) return (uint16_t)(point + 0x50);
    return point;
}

struct key sku_fold_prefix(struct bytes sku)
{
    enum { NO_BREAK_SPACE = 0xa0 };
    struct key key = {0};
    const uint8_t *at = sku.data;
    size_t size = sku.size < KEY_TEXT_MAX ? sku.size : KEY_TEXT_MAX;
    for (size_t i = 0; i < size; i++) {
        bool pair = at[i] >= 0xc2 && at[i] <= 0xdf && i + 1 < size && (at[i + 1] & 0xc0) == 0x80;
        if (pair) {
            uint16_t point = lower2(at[i], at[i + 1]);
            i++;
            if (point == NO_BREAK_SPACE) continue;
            key_u8(&key, (uint8_t)(0xc0 | point >> 6));
            key_u8(&key, (uint8_t)(0x80 | (point & 0x3f)));
        } else if (at[i] != ' ' && at[i] != '\t') {
            key_u8(&key, at[i] >= 'A' && at[i] <= 'Z' ? (uint8_t)(at[i] + 0x20) : at[i]);
        }
    }
    key_u8(&key, 0);
    return key;
}
