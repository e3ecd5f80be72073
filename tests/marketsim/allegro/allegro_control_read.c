/* Control endpoints that look: stock, commands, the journal of writes. */
#include "marketsim/allegro/allegro_control.h"
#include "marketsim/market_time.h"

#include <stdlib.h>
#include <string.h>

static void write_pair(struct market_control *control, const struct allegro_offer *offer)
{
    struct market_answer *answer = control->answer;
    if (answer->items++) market_answer_text(answer, ",");
    market_answer_text(answer, "[");
    market_answer_string(answer, offer->external ? offer->external : offer->id);
    market_answer_text(answer, ",\"" ALLEGRO_WAREHOUSE "\",");
    market_answer_int(answer, allegro_offer_free(offer));
    market_answer_text(answer, ",");
    market_answer_int(answer, offer->reserved);
    market_answer_text(answer, "]");
}

/* Rows of [external id, "default", what can be bought, reserved]; ?prefix, ?offset and ?limit of
 * rows select. Offers that were republished under another id are left out. */
void allegro_control_state(struct market_control *control)
{
    const struct allegro_seller *seller = seller_of(control);
    int64_t offset = market_control_number(control, "offset", 0);
    int64_t limit = market_control_number(control, "limit", INT64_MAX), seen = 0;
    char prefix[96] = "", warehouse[64] = ALLEGRO_WAREHOUSE;
    market_request_query(control->request, "prefix", prefix, sizeof(prefix));
    market_request_query(control->request, "warehouse_id", warehouse, sizeof(warehouse));
    bool other = strcmp(warehouse, ALLEGRO_WAREHOUSE) != 0;
    market_answer_text(control->answer, "{\"pairs\":[");
    for (size_t i = 0; i < seller->offer_count; i++) {
        const struct allegro_offer *offer = &seller->offers[i];
        const char *name = offer->external ? offer->external : offer->id;
        if (other || offer->flags & ALLEGRO_REPLACED || strncmp(name, prefix, strlen(prefix)) != 0)
            continue;
        if (seen++ >= offset && (int64_t)control->answer->items < limit) write_pair(control, offer);
    }
    control->answer->status = 200;
    market_answer_printf(control->answer,
                         "],\"total\":%lld,\"products\":%zu,\"postings\":%zu,\"writes\":%llu,"
                         "\"requests\":%llu,\"violations\":%llu}",
                         (long long)seen, seller->offer_count, seller->order_count,
                         (unsigned long long)allegro_of(control)->write_count,
                         (unsigned long long)allegro_of(control)->trace.request_count,
                         (unsigned long long)allegro_of(control)->trace.violation_count);
}

void allegro_control_stock_get(struct market_control *control)
{
    char name[128] = "";
    market_request_query(control->request, "offer_id", name, sizeof(name));
    const struct allegro_offer *offer = allegro_offer_find(seller_of(control), name);
    if (!offer) {
        market_control_error(control, "no offer %s", name);
        return;
    }
    const char *by = allegro_ended_name(offer->ended_by);
    int64_t free_stock = allegro_offer_free(offer);
    market_control_json(control,
                        json_pack("{s:I, s:I, s:I, s:I, s:s, s:s?, s:s, s:s?}", "free",
                                  (json_int_t)free_stock, "reserved", (json_int_t)offer->reserved,
                                  "present", (json_int_t)(free_stock + offer->reserved),
                                  "available", (json_int_t)offer->available, "status",
                                  allegro_status_name(offer->status), "ended_by", by, "id",
                                  offer->id, "external_id", offer->external));
}

static json_t *command_json(const struct allegro_command *command)
{
    static const char *const kinds[] = {"quantity", "publication", "bulk"};
    size_t counts[3] = {0, 0, 0};
    for (size_t i = 0; i < command->task_count; i++)
        counts[command->tasks[i].status]++;
    return json_pack("{s:s, s:s, s:b, s:b, s:i, s:i, s:i}", "id", command->id, "kind",
                     kinds[command->kind], "done", command->completed_ms != 0, "stuck",
                     command->stuck, "new", (int)counts[TASK_NEW], "success",
                     (int)counts[TASK_SUCCESS], "failed", (int)counts[TASK_FAIL]);
}

void allegro_control_commands(struct market_control *control)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < seller_of(control)->command_count; i++)
        json_array_append_new(rows, command_json(seller_of(control)->commands[i]));
    market_control_json(control, json_pack("{s:o}", "commands", rows));
}

static json_t *write_json(const struct allegro_write *row)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:s}", "seq",
                     (json_int_t)row->seq, "request", (json_int_t)row->request, "now_ms",
                     (json_int_t)row->now_ms, "received_ns", (json_int_t)row->received_ns,
                     "warehouse_id", ALLEGRO_WAREHOUSE, "stock", (json_int_t)row->stock, "offer_id",
                     row->external, "offer", row->offer, "way", row->way, "code", row->code);
}

/* The journal of written figures, from ?since on, of ?offer_id only. */
void allegro_control_writes(struct market_control *control)
{
    const struct allegro *allegro = allegro_of(control);
    char name[128];
    bool by_name = market_request_query(control->request, "offer_id", name, sizeof(name));
    int64_t since = market_control_number(control, "since", 0);
    uint64_t seq =
        allegro->write_count > ALLEGRO_WRITES ? allegro->write_count - ALLEGRO_WRITES : 0;
    if (since > 0 && (uint64_t)since > seq) seq = (uint64_t)since;
    json_t *rows = json_array();
    for (seq++; seq <= allegro->write_count; seq++) {
        const struct allegro_write *row = allegro_write_get(allegro, seq);
        if (row && (!by_name || strcmp(row->external, name) == 0 || strcmp(row->offer, name) == 0))
            json_array_append_new(rows, write_json(row));
    }
    market_control_json(control, json_pack("{s:o}", "writes", rows));
}
