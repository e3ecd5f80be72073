/* Which paths there are, what their requests look like, who answers them. */
#include "marketsim/ozon/ozon_state.h"

#include <string.h>

static const struct ozon_route routes[] = {
    {"/v2/products/stocks", "ProductsStocksRequest", ozon_stocks_fields, ozon_stocks_write, true,
     false},
    {"/v2/warehouse/list", "WarehouseListV2Request", ozon_warehouse_fields, ozon_warehouse_list,
     false, false},
    {"/v3/product/list", "GetProductListRequest", ozon_list_fields, ozon_product_list, false,
     false},
    {"/v3/product/info/list", "GetProductInfoListRequest", ozon_info_fields, ozon_product_info,
     false, false},
    {"/v4/product/info/stocks", "GetProductInfoStocksRequest", ozon_v4_stocks_fields,
     ozon_stocks_v4, false, false},
    {"/v2/product/info/stocks-by-warehouse/fbs", "GetProductInfoStocksByWarehouseFbsRequestV2",
     ozon_fbs_stocks_fields, ozon_stocks_fbs, false, false},
    {"/v1/product/info/stocks-by-warehouse/fbo", "GetProductInfoStocksByWarehouseFboRequest",
     ozon_fbo_stocks_fields, ozon_stocks_fbo, false, false},
    {"/v1/product/info/warehouse/stocks", "ProductInfoWarehouseStocksRequest", ozon_dump_fields,
     ozon_stocks_dump, false, false},
    {"/v4/posting/fbs/list", "PostingFbsListRequest", ozon_postings_fields, ozon_posting_list,
     false, false},
    {"/v4/posting/fbs/unfulfilled/list", "PostingFbsUnfulfilledListRequest",
     ozon_unfulfilled_fields, ozon_posting_unfulfilled, false, false},
    {"/v3/posting/fbs/get", "GetFbsPostingRequest", ozon_posting_fields, ozon_posting_get, false,
     false},
    {"/v1/roles", "RolesByTokenRequest", NULL, ozon_roles, false, true},
    {"/v1/seller/info", "SellerInfoRequest", NULL, ozon_seller_info, false, false},
    /* switched off, with the day it happened */
    {"/v1/product/import/stocks", "", NULL, NULL, false, true},                /* 2025-05-27 */
    {"/v1/warehouse/list", "", NULL, NULL, false, true},                       /* 2026-04-07 */
    {"/v1/product/info/stocks-by-warehouse/fbs", "", NULL, NULL, false, true}, /* 2026-04-07 */
    {"/v3/posting/fbs/list", "", NULL, NULL, false, true},                     /* 2026-08-31 */
    {"/v3/posting/fbs/unfulfilled/list", "", NULL, NULL, false, true},         /* 2026-08-31 */
    {"/v2/posting/fbo/list", "", NULL, NULL, false, true},                     /* 2026-08-31 */
    {"/v3/finance/transaction/list", "", NULL, NULL, false, true},             /* 2026-09-08 */
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

const struct ozon_route *ozon_route_find(const char *path)
{
    for (size_t i = 0; i < ROUTES; i++)
        if (strcmp(routes[i].path, path) == 0) return &routes[i];
    return NULL;
}

const struct ozon_route *ozon_route_at(size_t i)
{
    return i < ROUTES ? &routes[i] : NULL;
}
