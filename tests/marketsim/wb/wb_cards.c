/* POST /content/v2/get/cards/list and .../trash: pages by (updatedAt, nmID), or (trashedAt, nmID).
 * Times have microseconds, so that a cursor that was read into a number loses its place. */
#include "marketsim/market_time.h"
#include "marketsim/wb/wb_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct market_shape sort_fields[] = {
    {"ascending", SHAPE_BOOL, false, 0, 0, NULL, NULL}, {0}};

static const struct market_shape filter_fields[] = {
    {"withPhoto", SHAPE_INT, false, -1, 2, NULL, NULL},
    {"textSearch", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"tagIDs", SHAPE_IDS, false, 0, 0, NULL, NULL},
    {"allowedCategoriesOnly", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"objectIDs", SHAPE_IDS, false, 0, 0, NULL, NULL},
    {"brands", SHAPE_STRINGS, false, 0, 0, NULL, NULL},
    {"imtID", SHAPE_INT, false, 0, 0, NULL, NULL},
    {0}};

static const struct market_shape cursor_fields[] = {
    {"limit", SHAPE_INT, false, 1, INT32_MAX, NULL, NULL},
    {"updatedAt", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"nmID", SHAPE_INT, false, 0, INT64_MAX, NULL, NULL},
    {0}};

static const struct market_shape settings_fields[] = {
    {"sort", SHAPE_OBJECT, false, 0, 0, sort_fields, NULL},
    {"filter", SHAPE_OBJECT, false, 0, 0, filter_fields, NULL},
    {"cursor", SHAPE_OBJECT, false, 0, 0, cursor_fields, NULL},
    {0}};

const struct market_shape wb_cards_fields[] = {
    {"settings", SHAPE_OBJECT, false, 0, 0, settings_fields, NULL}, {0}};

static const struct market_shape trash_filter[] = {
    {"textSearch", SHAPE_STRING, false, 0, 0, NULL, NULL}, {0}};

static const struct market_shape trash_cursor[] = {
    {"limit", SHAPE_INT, false, 1, INT32_MAX, NULL, NULL},
    {"trashedAt", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"nmID", SHAPE_INT, false, 0, INT64_MAX, NULL, NULL},
    {0}};

static const struct market_shape trash_settings[] = {
    {"sort", SHAPE_OBJECT, false, 0, 0, sort_fields, NULL},
    {"filter", SHAPE_OBJECT, false, 0, 0, trash_filter, NULL},
    {"cursor", SHAPE_OBJECT, false, 0, 0, trash_cursor, NULL},
    {0}};

const struct market_shape wb_trash_fields[] = {
    {"settings", SHAPE_OBJECT, false, 0, 0, trash_settings, NULL}, {0}};

struct page {
    bool trash, ascending;
    const json_t *filter;
    size_t limit;
    int64_t us, nm_id; /* begins after this */
    bool begins;       /* at the very beginning */
};

/* Microseconds since 1970; those of a card's time hang on its id. */
static int64_t card_us(const struct wb_card *card, bool trash)
{
    return (trash ? card->trashed_ms : card->updated_ms) * 1000 + card->nm_id % 1000;
}

static const char *format_us(int64_t us, char text[MARKET_TIME_SIZE])
{
    market_time_format(us / 1000, text);
    snprintf(text + 23, MARKET_TIME_SIZE - 23, "%03dZ", (int)(us % 1000));
    return text;
}

static bool parse_us(const char *text, int64_t *us)
{
    int64_t ms;
    if (!market_time_parse(text, &ms)) return false;
    *us = ms * 1000;
    const char *dot = strchr(text, '.');
    int64_t unit = 100000;
    for (const char *at = dot ? dot + 1 : ""; *at >= '0' && *at <= '9'; at++, unit /= 10)
        if (unit < 1000) *us += (*at - '0') * unit;
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct wb_listed *a = left, *b = right;
    if (a->us != b->us) return a->us < b->us ? -1 : 1;
    return a->nm_id < b->nm_id ? -1 : a->nm_id > b->nm_id;
}

static void sort_cards(struct wb_seller *seller)
{
    if (!seller->stale) return;
    seller->stale = false;
    for (int trash = 0; trash < 2; trash++) {
        size_t count = 0;
        struct wb_listed *listed = market_realloc(
            seller->listed[trash], (seller->card_count + 1) * sizeof(*seller->listed[trash]));
        for (size_t i = 0; i < seller->card_count; i++) {
            const struct wb_card *card = &seller->cards[i];
            if ((card->trashed_ms != 0) == trash)
                listed[count++] = (struct wb_listed){card_us(card, trash), card->nm_id, i};
        }
        qsort(listed, count, sizeof(*listed), compare);
        seller->listed[trash] = listed;
        seller->listed_count[trash] = count;
    }
}

/* How many cards are before the key, or up to it. */
static size_t count_before(const struct wb_seller *seller, const struct page *page, bool with)
{
    struct wb_listed key = {page->us, page->nm_id, 0};
    size_t low = 0, high = seller->listed_count[page->trash];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&seller->listed[page->trash][middle], &key);
        if (order < 0 || (with && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool photo_fits(const struct wb_call *call, const struct page *page,
                       const struct wb_card *card)
{
    int64_t with = wb_body_int(page->filter, "withPhoto", 0);
    if (page->trash || with == -1) return true;
    if (with == 1) return !card->no_photo;
    if (with == 2 || call->wb->settings.old_photo_filter) return card->no_photo;
    return true;
}

static bool text_fits(const struct wb_call *call, const struct wb_card *card, const char *text)
{
    char nm_id[24];
    snprintf(nm_id, sizeof(nm_id), "%lld", (long long)card->nm_id);
    if (!*text || strcmp(text, card->vendor_code) == 0 || strcmp(text, nm_id) == 0) return true;
    for (size_t i = 0; i < card->size_count; i++)
        if (strstr(call->seller->sizes[card->first_size + i].barcodes, text)) return true;
    return false;
}

/* Every card has the subject 7771 and the brand "Brand", and no tags. */
static bool fits(const struct wb_call *call, const struct page *page, const struct wb_card *card)
{
    const json_t *brands = json_object_get(page->filter, "brands");
    const json_t *subjects = json_object_get(page->filter, "objectIDs");
    bool brand = json_array_size(brands) == 0;
    for (size_t i = 0; i < json_array_size(brands); i++)
        brand |= strcmp(json_string_value(json_array_get(brands, i)), "Brand") == 0;
    int64_t group = wb_body_int(page->filter, "imtID", 0);
    return brand && (json_array_size(subjects) == 0 || wb_lists_int(subjects, 7771)) &&
           json_array_size(json_object_get(page->filter, "tagIDs")) == 0 &&
           (group == 0 || group == card->imt_id) && photo_fits(call, page, card) &&
           text_fits(call, card, wb_body_text(page->filter, "textSearch"));
}

static void write_sizes(struct wb_call *call, const struct wb_card *card)
{
    struct market_answer *answer = call->answer;
    market_answer_text(answer, ",\"sizes\":[");
    for (size_t i = 0; i < card->size_count; i++) {
        const struct wb_size *size = &call->seller->sizes[card->first_size + i];
        market_answer_printf(answer, "%s{\"chrtID\":%lld,\"techSize\":", i ? "," : "",
                             (long long)size->chrt_id);
        market_answer_string(answer, size->tech_size);
        market_answer_text(answer, ",\"wbSize\":\"\",\"skus\":");
        wb_barcodes_write(answer, size->barcodes);
        market_answer_text(answer, "}");
    }
    market_answer_text(answer, "]");
}

static void write_card(struct wb_call *call, const struct wb_card *card, bool trash)
{
    struct market_answer *answer = call->answer;
    char created[MARKET_TIME_SIZE], time[MARKET_TIME_SIZE];
    market_answer_printf(answer, "%s{\"nmID\":%lld", answer->items++ ? "," : "",
                         (long long)card->nm_id);
    if (!trash)
        market_answer_printf(answer,
                             ",\"imtID\":%lld,"
                             "\"nmUUID\":\"01bda0b1-5c0b-736c-b2be-%012llx\"",
                             (long long)card->imt_id, (unsigned long long)card->nm_id);
    market_answer_text(answer, ",\"subjectID\":7771,\"subjectName\":\"Товары\",\"vendorCode\":");
    market_answer_string(answer, card->vendor_code);
    market_answer_text(answer, ",\"kizMarked\":false");
    if (!trash) {
        market_answer_text(answer, ",\"brand\":\"Brand\",\"needKiz\":false,\"description\":\"\","
                                   "\"title\":");
        market_answer_string(answer, card->title);
    }
    if (!card->no_photo)
        market_answer_text(answer, ",\"photos\":[{\"big\":\"https://basket.example/1.webp\"}]");
    market_answer_text(answer, ",\"dimensions\":{\"length\":55,\"width\":40,\"height\":15,"
                               "\"weightBrutto\":6.24,\"isValid\":true},\"characteristics\":[]");
    write_sizes(call, card);
    market_answer_printf(answer, ",\"createdAt\":\"%s\",\"%s\":\"%s\"}",
                         format_us(card->created_ms * 1000, created),
                         trash ? "trashedAt" : "updatedAt", format_us(card_us(card, trash), time));
}

static void write_cursor(struct wb_call *call, const struct page *page,
                         const struct wb_listed *last)
{
    struct market_answer *answer = call->answer;
    char time[MARKET_TIME_SIZE];
    market_answer_text(answer, "],\"cursor\":{");
    if (last || (call->wb->settings.cursor_echo && !page->begins))
        market_answer_printf(answer, "\"%s\":\"%s\",\"nmID\":%lld,",
                             page->trash ? "trashedAt" : "updatedAt",
                             format_us(last ? last->us : page->us, time),
                             (long long)(last ? last->nm_id : page->nm_id));
    market_answer_printf(answer, "\"total\":%zu}}", answer->items);
}

static size_t page_length(struct wb_call *call, size_t limit)
{
    uint64_t *random = &call->wb->random;
    if (limit < 2 || call->wb->settings.short_pages <= 0 ||
        market_random_share(random) >= call->wb->settings.short_pages)
        return limit;
    return 1 + (size_t)(market_random(random) % (limit - 1));
}

static bool read_page(struct wb_call *call, struct page *page)
{
    const json_t *settings = json_object_get(call->body, "settings");
    const json_t *cursor = json_object_get(settings, "cursor");
    const char *time = wb_body_text(cursor, page->trash ? "trashedAt" : "updatedAt");
    int64_t limit = wb_body_int(cursor, "limit", 10);
    if (limit > WB_CARDS_PAGE) {
        wb_violation(call, "too_many", "%s: a page of %lld", call->route->path, (long long)limit);
        limit = WB_CARDS_PAGE;
    }
    page->limit = page_length(call, (size_t)limit);
    page->filter = json_object_get(settings, "filter");
    page->ascending = json_is_true(json_object_get(json_object_get(settings, "sort"), "ascending"));
    page->nm_id = wb_body_int(cursor, "nmID", page->ascending ? 0 : INT64_MAX);
    page->begins = !*time;
    if (!*time || parse_us(time, &page->us)) return true;
    wb_bad_request(call, "IncorrectRequest", "the cursor's time is none");
    return false;
}

static void list_cards(struct wb_call *call, bool trash)
{
    struct page page = {.trash = trash};
    struct wb_seller *seller = call->seller;
    if (!read_page(call, &page)) return;
    sort_cards(seller);
    size_t total = seller->listed_count[trash];
    size_t at = page.ascending ? 0 : total;
    if (!page.begins) at = count_before(seller, &page, page.ascending);
    const struct wb_listed *last = NULL;
    market_answer_text(call->answer, "{\"cards\":[");
    while (call->answer->items < page.limit && (page.ascending ? at < total : at > 0)) {
        const struct wb_listed *listed = &seller->listed[trash][page.ascending ? at++ : --at];
        if (!fits(call, &page, &seller->cards[listed->card])) continue;
        write_card(call, &seller->cards[listed->card], trash);
        last = listed;
    }
    write_cursor(call, &page, last);
}

void wb_cards_list(struct wb_call *call)
{
    list_cards(call, false);
}

void wb_cards_trash(struct wb_call *call)
{
    list_cards(call, true);
}
