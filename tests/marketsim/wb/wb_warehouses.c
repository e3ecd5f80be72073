/* The short reads: warehouses of the seller, the seller, /ping. */
#include "marketsim/market_time.h"
#include "marketsim/wb/wb_state.h"

static const char *yes(bool value)
{
    return value ? "true" : "false";
}

void wb_warehouse_list(struct wb_call *call)
{
    struct market_answer *answer = call->answer;
    market_answer_text(answer, "[");
    for (size_t i = 0; i < call->seller->warehouse_count; i++) {
        const struct wb_warehouse *warehouse = &call->seller->warehouses[i];
        if (warehouse->fbw || warehouse->flags & WB_REMOVED) continue;
        market_answer_text(answer, answer->items++ ? ",{\"name\":" : "{\"name\":");
        market_answer_string(answer, warehouse->name);
        market_answer_printf(answer,
                             ",\"officeId\":15,\"id\":%lld,\"cargoType\":%d,\"deliveryType\":%d,"
                             "\"isDeleting\":%s,\"isProcessing\":%s}",
                             (long long)warehouse->id, warehouse->cargo, warehouse->delivery,
                             yes(warehouse->flags & WB_DELETING),
                             yes(warehouse->flags & WB_PROCESSING));
    }
    market_answer_text(answer, "]");
}

void wb_seller_info(struct wb_call *call)
{
    struct market_answer *answer = call->answer;
    market_answer_text(answer, "{\"name\":");
    market_answer_string(answer, call->seller->name);
    market_answer_printf(
        answer, ",\"sid\":\"%s\",\"tin\":\"7700000000\",\"tradeMark\":", call->seller->sid);
    market_answer_string(answer, call->seller->name);
    market_answer_text(answer, "}");
}

void wb_ping(struct wb_call *call)
{
    char time[MARKET_TIME_SIZE];
    market_answer_printf(call->answer, "{\"TS\":\"%.19sZ\",\"Status\":\"OK\"}",
                         market_time_format(call->now_ms, time));
}
