/* The marketplace's words for what the model keeps as numbers. */
#include "marketsim/ozon/ozon_state.h"

#include <string.h>

static const char *const kinds[] = {"fbs", "rfbs", "fbo", "fbp"};
static const char *const archives[] = {"no", "manual", "auto", "seasonal"};
static const char *const statuses[] = {"awaiting_packaging",
                                       "awaiting_deliver",
                                       "delivering",
                                       "delivered",
                                       "cancelled",
                                       "not_accepted",
                                       "cancelled_from_split_pending",
                                       "gone"};
static const char *const substatuses[] = {
    "posting_created",  "posting_not_in_carriage",    "posting_on_way_to_city", "posting_received",
    "posting_canceled", "posting_not_in_sort_center", "posting_split_pending",  ""};

const struct ozon_flag_name ozon_flag_names[] = {{"not_created", OZON_NOT_CREATED},
                                                 {"not_tagged", OZON_NOT_TAGGED},
                                                 {"no_sku", OZON_NO_SKU},
                                                 {"size_needed", OZON_SIZE_NEEDED},
                                                 {"kgt", OZON_KGT},
                                                 {"over_kgt", OZON_OVER_KGT},
                                                 {"flammable", OZON_FLAMMABLE},
                                                 {"multibox", OZON_MULTIBOX},
                                                 {"only_3pl", OZON_ONLY_3PL},
                                                 {"only_fbp", OZON_ONLY_FBP},
                                                 {NULL, 0}};

const char *ozon_kind_name(enum ozon_kind kind)
{
    return kinds[kind];
}

bool ozon_kind_parse(const char *text, enum ozon_kind *kind)
{
    for (int i = 0; i <= OZON_FBP; i++)
        if (strcmp(kinds[i], text) == 0) {
            *kind = (enum ozon_kind)i;
            return true;
        }
    return false;
}

bool ozon_kind_own(enum ozon_kind kind)
{
    return kind == OZON_FBS || kind == OZON_RFBS;
}

const char *ozon_status_name(enum ozon_status status)
{
    return statuses[status];
}

const char *ozon_substatus_name(enum ozon_status status)
{
    return substatuses[status];
}

const char *ozon_archive_name(enum ozon_archive archive)
{
    return archives[archive];
}

bool ozon_archive_parse(const char *text, enum ozon_archive *archive)
{
    for (int i = 0; i <= OZON_ARCHIVED_SEASONAL; i++)
        if (strcmp(archives[i], text) == 0) {
            *archive = (enum ozon_archive)i;
            return true;
        }
    return false;
}
