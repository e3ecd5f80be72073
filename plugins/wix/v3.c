/* The question for inventory items. */
#include "v3.h"

void wix_v3_question(struct wix_question *question)
{
    question->body = (struct out){.data = question->memory, .room = sizeof(question->memory)};
    question->variants = 0;
    out_literal(&question->body, "{\"query\":{");
}

void wix_v3_variant(struct wix_question *question, const char *variant)
{
    struct out *body = &question->body;
    if (question->variants++)
        out_literal(body, ",");
    else
        out_literal(body, "\"filter\":{\"variantId\":{\"$in\":[");
    out_string(body, variant);
}

enum stockd_verdict wix_v3_send(const struct stockd_call *call, struct wix_question *question,
                                const char *place, const char *cursor)
{
    struct out *body = &question->body;
    if (question->variants) out_literal(body, "]}");
    if (place && !*cursor) {
        if (question->variants)
            out_literal(body, ",");
        else
            out_literal(body, "\"filter\":{");
        out_literal(body, "\"locationId\":");
        out_string(body, place);
    }
    if (question->variants || (place && !*cursor)) out_literal(body, "},");
    wix_paging(body, WIX_V3_ROWS, cursor);
    out_literal(body, "}}");
    return wix_send(call, "POST", "/stores/v3/inventory-items/query", body, false);
}
