/* Asking a V3 site for inventory items, which readings and writes both do. */
#ifndef WIX_V3_H
#define WIX_V3_H

#include "wix.h"

#define WIX_V3_ROWS 1000u /* the method's most */

/* Bytes of a question about WIX_FIND_ITEMS variants with a cursor. */
#define WIX_V3_QUESTION (WIX_CURSOR_MAX * 6 + WIX_FIND_ITEMS * (WIX_ID_MAX + 3) + 256)

/* The question begun: variants are added with wix_v3_variant, then it is sent. */
struct wix_question {
    struct out body;
    uint32_t variants;
    char memory[WIX_V3_QUESTION];
};
void wix_v3_question(struct wix_question *question);
void wix_v3_variant(struct wix_question *question, const char *variant);
/* `place` NULL: all locations. With a cursor the filter is Wix's to remember. */
enum stockd_verdict wix_v3_send(const struct stockd_call *call, struct wix_question *question,
                                const char *place, const char *cursor);

#endif
