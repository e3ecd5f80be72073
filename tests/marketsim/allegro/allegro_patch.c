/* PATCH /sale/product-offers/{offerId}: an edit of one offer, at once or as an operation, and the
 * operation's own resource. */
#include "marketsim/allegro/allegro_state.h"
#include "marketsim/market_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXTERNAL_MAX 100
#define LOCATION_ALL "%s/sale/product-offers/%s/operations/%s"

static const char *const units[] = {"UNIT", "SET", "PAIR", NULL};
static const char *const statuses[] = {"INACTIVE", "ACTIVE", "ENDED", NULL};
static const struct market_shape stock_fields[] = {
    {.name = "available", .kind = SHAPE_INT, .min = 0, .max = INT32_MAX},
    {.name = "unit", .kind = SHAPE_ENUM, .values = units},
    {0}};
static const struct market_shape publication_fields[] = {
    {.name = "status", .kind = SHAPE_ENUM, .values = statuses},
    {.name = "republish", .kind = SHAPE_BOOL},
    {0}};
static const struct market_shape external_fields[] = {{.name = "id", .kind = SHAPE_STRING}, {0}};
/* Of all that may be edited, what a program that keeps stock has any business with. */
const struct market_shape allegro_patch_fields[] = {
    {.name = "stock", .kind = SHAPE_OBJECT, .fields = stock_fields},
    {.name = "publication", .kind = SHAPE_OBJECT, .fields = publication_fields},
    {.name = "external", .kind = SHAPE_OBJECT, .fields = external_fields},
    {0}};

static void edit_free(struct allegro_edit *edit)
{
    free(edit->external);
}

void allegro_operations_free(struct allegro_seller *seller)
{
    for (size_t i = 0; i < seller->operation_count; i++)
        edit_free(&seller->operations[i].edit);
    free(seller->operations);
}

static struct allegro_edit read_edit(const json_t *body)
{
    struct allegro_edit edit = {.stock = 0};
    const json_t *stock = json_object_get(json_object_get(body, "stock"), "available");
    const json_t *publication = json_object_get(body, "publication");
    const char *status = json_string_value(json_object_get(publication, "status"));
    const json_t *republish = json_object_get(publication, "republish");
    const json_t *external = json_object_get(body, "external");
    edit.has_stock = json_is_integer(stock);
    edit.stock = json_integer_value(stock);
    edit.has_status = status && strcmp(status, "INACTIVE") != 0;
    edit.activate = edit.has_status && strcmp(status, "ACTIVE") == 0;
    edit.has_republish = json_is_boolean(republish);
    edit.republish = json_is_true(republish);
    edit.has_external = external != NULL;
    edit.external = external ? market_strdup(allegro_body_text(external, "id")) : NULL;
    return edit;
}

static void journal(struct allegro_call *call, const struct allegro_offer *offer,
                    const struct allegro_edit *edit, const char *code)
{
    struct allegro_write write = {.request = call->seq,
                                  .now_ms = call->now_ms,
                                  .received_ns = call->request->received_ns,
                                  .stock = edit->has_stock ? edit->stock : -1,
                                  .external = offer && offer->external ? offer->external : "",
                                  .way = "patch",
                                  .code = code};
    snprintf(write.offer, sizeof(write.offer), "%.23s", call->ids[0]);
    allegro_write_add(call->allegro, &write);
}

static void refuse(struct allegro_call *call, const struct allegro_offer *offer,
                   const struct allegro_edit *edit, int status, const char *code,
                   const char *message, const char *path)
{
    journal(call, offer, edit, code);
    allegro_error(call, status, code, message, path);
}

/* First the figure, then the status: "stock and ACTIVE" in one edit brings an offer back. */
static void apply(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                  const struct allegro_edit *edit, int64_t now_ms)
{
    struct allegro_offer *offer = &seller->offers[index];
    if (edit->has_republish)
        offer->flags = edit->republish ? offer->flags | ALLEGRO_REPUBLISH
                                       : offer->flags & ~(unsigned)ALLEGRO_REPUBLISH;
    if (edit->has_external) allegro_offer_rename(seller, offer, edit->external);
    if (edit->has_stock) allegro_offer_set(allegro, seller, index, edit->stock, now_ms);
    if (edit->has_status && edit->activate)
        allegro_offer_activate(allegro, seller, index, now_ms);
    else if (edit->has_status)
        allegro_offer_end(allegro, seller, index, ENDED_USER, now_ms);
}

void allegro_operation_apply(struct allegro *allegro, struct allegro_seller *seller, size_t index,
                             int64_t now_ms)
{
    struct allegro_operation *operation = &seller->operations[index];
    operation->done = true;
    operation->failed = (seller->offers[operation->offer].flags & ALLEGRO_INVALID) != 0;
    if (!operation->failed) apply(allegro, seller, operation->offer, &operation->edit, now_ms);
}

/* Takes the edit over. */
static const struct allegro_operation *postpone(struct allegro_call *call, size_t offer,
                                                const struct allegro_edit *edit, int64_t due_ms)
{
    struct allegro_seller *seller = call->seller;
    size_t index = seller->operation_count++;
    seller->operations =
        market_realloc(seller->operations, seller->operation_count * sizeof(*seller->operations));
    struct allegro_operation *operation = &seller->operations[index];
    *operation = (struct allegro_operation){
        .offer = offer, .edit = *edit, .started_ms = call->now_ms, .done = false};
    allegro_uuid(call->allegro, operation->id);
    struct allegro_due due = {
        .due_ms = due_ms, .kind = DUE_OPERATION, .seller = seller, .index = index};
    allegro_due_add(call->allegro, &due);
    return operation;
}

static void answer_accepted(struct allegro_call *call, const struct allegro_offer *offer,
                            const struct allegro_operation *operation)
{
    const struct allegro_settings *s = &call->allegro->settings;
    char location[192], seconds[24];
    snprintf(location, sizeof(location), LOCATION_ALL,
             s->location_port ? ALLEGRO_HOST ":42974" : ALLEGRO_HOST, offer->id, operation->id);
    snprintf(seconds, sizeof(seconds), "%lld", (long long)s->patch_retry_s);
    market_answer_header(call->answer, "Location", location);
    market_answer_header(call->answer, "Retry-After", seconds);
    allegro_offer_write(call, offer, NULL);
    call->answer->status = 202;
}

/* What the offer itself has against an edit. False after having answered. */
static bool check_offer(struct allegro_call *call, const struct allegro_offer *offer,
                        const struct allegro_edit *edit)
{
    static const char missing[] =
        "{\"code\":\"ConstraintViolationException.MissingRequiredParameters\",\"message\":"
        "\"A required parameter is missing\",\"details\":null,\"path\":\"parameters\","
        "\"userMessage\":\"A required parameter is missing.\",\"metadata\":{}}";
    if (offer->busy_until_ms > call->now_ms) {
        refuse(call, offer, edit, 409, "OfferConflictException",
               "The previous edition of the offer is still being processed. Try again.", "");
        return false;
    }
    if (edit->has_stock && offer->flags & ALLEGRO_FULFILLMENT) {
        allegro_violation(call, "fulfillment", "%s is stocked by Allegro", offer->id);
        refuse(call, offer, edit, 422, "ConstraintViolationException.FulfillmentStock",
               "The stock of this offer is kept by Allegro", "stock.available");
        return false;
    }
    /* an edit that is only accepted fails later, as its operation */
    if (offer->flags & ALLEGRO_INVALID && call->allegro->settings.patch_async_ms <= 0) {
        refuse(call, offer, edit, 422, "ConstraintViolationException.MissingRequiredParameters",
               "A required parameter is missing", "parameters");
        return false;
    }
    if (offer->flags & ALLEGRO_INVALID_200) {
        journal(call, offer, edit, "validation.errors");
        allegro_offer_write(call, offer, missing);
        return false;
    }
    return true;
}

static bool check_edit(struct allegro_call *call, const struct allegro_offer *offer,
                       const struct allegro_edit *edit)
{
    int64_t stock = edit->has_stock ? edit->stock : offer->available;
    const struct market_fault *fault =
        market_fault_item(call->effect, offer->id, &call->allegro->random);
    if (!fault && offer->external)
        fault = market_fault_item(call->effect, offer->external, &call->allegro->random);
    if (fault) {
        refuse(call, offer, edit, fault->status ? fault->status : 422,
               fault->code ? fault->code : "ERROR",
               fault->message ? fault->message : "The offer was refused", NULL);
        return false;
    }
    if (edit->has_external && strlen(edit->external) > EXTERNAL_MAX) {
        allegro_violation(call, "shape", "external.id is longer than %d", EXTERNAL_MAX);
        refuse(call, offer, edit, 422, "ConstraintViolationException", "Too long", "external.id");
        return false;
    }
    if (edit->activate && stock <= 0) {
        allegro_violation(call, "shape", "%s: to be active without stock", offer->id);
        refuse(call, offer, edit, 422, "ConstraintViolationException.StockRequired",
               "The offer can be activated only with stock greater than 0", "stock.available");
        return false;
    }
    if (edit->activate &&
        (offer->ended_by == ENDED_ADMIN || offer->ended_by == ENDED_PRODUCT_DETACHMENT)) {
        refuse(call, offer, edit, 422, "OfferActivationException",
               "The offer cannot be activated again", "publication.status");
        return false;
    }
    return true;
}

static void edit_offer(struct allegro_call *call, size_t index, struct allegro_edit *edit)
{
    const struct allegro_settings *s = &call->allegro->settings;
    struct allegro_seller *seller = call->seller;
    bool late = call->effect->late_ms >= 0;
    journal(call, &seller->offers[index], edit, "");
    int64_t busy_ms = s->patch_async_ms > s->edit_ms ? s->patch_async_ms : s->edit_ms;
    if (!late) seller->offers[index].busy_until_ms = call->now_ms + busy_ms;
    if (call->effect->no_effect) {
        edit_free(edit);
        allegro_offer_write(call, &seller->offers[index], NULL);
    } else if (s->patch_async_ms > 0 || late) {
        int64_t due_ms = call->now_ms + (late ? call->effect->late_ms : s->patch_async_ms);
        answer_accepted(call, &seller->offers[index], postpone(call, index, edit, due_ms));
    } else {
        apply(call->allegro, seller, index, edit, call->now_ms);
        edit_free(edit);
        allegro_offer_write(call, &seller->offers[index], NULL);
    }
}

void allegro_offer_patch(struct allegro_call *call)
{
    struct allegro_seller *seller = call->seller;
    if (!allegro_quota_take(call, &seller->patches, call->allegro->settings.patch_per_minute, 60000,
                            1, "rate_patch"))
        return;
    struct allegro_edit edit = read_edit(call->body);
    const struct allegro_offer *offer = allegro_offer_by_id(seller, call->ids[0]);
    if (!offer) refuse(call, NULL, &edit, 404, "OfferNotFoundException", "Offer not found", NULL);
    if (offer && check_offer(call, offer, &edit) && check_edit(call, offer, &edit))
        edit_offer(call, allegro_offer_index(seller, offer), &edit);
    else
        edit_free(&edit);
}

void allegro_operation_get(struct allegro_call *call)
{
    const struct allegro_operation *operation = NULL;
    struct market_answer *answer = call->answer;
    char text[192], time[MARKET_TIME_SIZE];
    for (size_t i = 0; i < call->seller->operation_count; i++)
        if (strcmp(call->seller->operations[i].id, call->ids[1]) == 0 &&
            strcmp(call->seller->offers[call->seller->operations[i].offer].id, call->ids[0]) == 0)
            operation = &call->seller->operations[i];
    if (!operation) {
        allegro_error(call, 404, "OperationNotFoundException", "Operation not found", NULL);
        return;
    }
    if (operation->failed) {
        allegro_error(call, 422, "ConstraintViolationException.MissingRequiredParameters",
                      "A required parameter is missing", "parameters");
        return;
    }
    if (operation->done && !call->allegro->settings.operation_200) {
        snprintf(text, sizeof(text), ALLEGRO_HOST "/sale/product-offers/%s", call->ids[0]);
        market_answer_header(answer, "Location", text);
        answer->status = 303;
        return;
    }
    if (!operation->done) {
        snprintf(text, sizeof(text), "%lld", (long long)call->allegro->settings.patch_retry_s);
        market_answer_header(answer, "Retry-After", text);
    }
    answer->status = operation->done ? 200 : 202;
    market_answer_printf(answer,
                         "{\"offer\":{\"id\":\"%s\"},\"operation\":{\"id\":\"%s\",\"status\":"
                         "\"%s\",\"startedAt\":\"%s\"}}",
                         call->ids[0], operation->id, operation->done ? "COMPLETED" : "IN_PROGRESS",
                         market_time_format(operation->started_ms, time));
}
