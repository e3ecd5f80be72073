/* GET /v1/explain/{sku}: from the stock to what the marketplace shows, step by step. The sentences
 * are in api_explain_why.c. */
#include "api/api_explain.h"
#include "api/api_exposure.h"
#include "api/api_rules.h"

#include "base/share.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- who changed it */

static json_t *command_json(const struct explain_command *c)
{
    if (!c->sequence) return json_null();
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "sequence", (json_int_t)c->sequence, "command",
                     api_cstr_or_null(c->kind ? command_kind_name(c->kind) : NULL), "cause",
                     api_cstr_or_null(c->cause ? cause_name((enum cause)c->cause) : NULL), "actor",
                     api_text_or_null(c->actor), "time", api_time(c->time_ms));
}

static json_t *link_json(const struct explain_link *l)
{
    char share[SHARE_TEXT_MAX] = "";
    if (l->share_ppm) share_text(l->share_ppm, share);
    json_t *to = json_pack("{s:o, s:b, s:o}", "warehouse",
                           api_cstr_or_null(l->warehouse ? l->warehouse->key : NULL), "counted",
                           l->counted, "share", api_cstr_or_null(share));
    const struct {
        const char *name;
        int64_t value;
    } figures[] = {{"on_hand", l->stock.on_hand},
                   {"reserved", l->stock.reserved},
                   {"available", l->available},
                   {"pieces", l->pieces},
                   {"sold", l->sold}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        json_object_set_new(to, figures[i].name,
                            l->counted ? json_integer((json_int_t)figures[i].value) : json_null());
    json_object_set_new(to, "since", api_time(l->counted ? l->last.time_ms : 0));
    json_object_set_new(to, "by", command_json(&l->last));
    return to;
}

/* ---- the steps */

static void __attribute__((format(printf, 5, 6)))
add_step(json_t *steps, const char *name, int64_t value, bool changed, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_array_append_new(steps, json_pack("{s:s, s:I, s:b, s:s}", "step", name, "value",
                                           (json_int_t)value, "changed", changed, "text", text));
}

static void add_stock_steps(json_t *steps, const struct explain_target *t)
{
    int64_t available = 0;
    uint32_t shares = 0, counted = 0;
    for (uint32_t i = 0; i < t->link_count; i++) {
        const struct explain_link *l = &t->links[i];
        if (!l->counted) continue;
        counted++;
        available += l->available;
        shares += l->share_ppm != 0;
    }
    add_step(steps, "stock", available, true, "available in %u of %u linked warehouses", counted,
             t->link_count);
    bool changed = t->steps.pieces != available;
    if (shares)
        add_step(steps, "share", t->steps.pieces, changed, "by the shares of %u links", shares);
    else
        add_step(steps, "share", t->steps.pieces, changed, "%s",
                 changed ? "what one warehouse lacks is not taken off another" : "all of each");
}

static void add_kept_steps(json_t *steps, const struct explain_target *t)
{
    const struct rule *rule = &t->rule;
    const struct rule_steps *s = &t->steps;
    add_step(steps, "pack", s->packs, rule->pack > 1, "packs of %lld", (long long)rule->pack);
    add_step(steps, "buffer", s->rest, rule->buffer > 0, "%lld kept back", (long long)rule->buffer);
    add_step(steps, "velocity", s->left, s->velocity > 0,
             "%lld kept back, for %lld pieces sold in %u days", (long long)s->velocity,
             (long long)t->sold, rule->days);
}

static const char *switch_text(enum rule_mode mode)
{
    switch (mode) {
    case RULE_OFF: return "off: nothing is sent";
    case RULE_OFF_ZERO: return "off=zero: 0 is shown";
    case RULE_UP_ONLY: return "up-only: only increases are sent";
    case RULE_DOWN_ONLY: return "down-only: only decreases are sent";
    default: return "on";
    }
}

static json_t *steps_json(const struct explain_target *t)
{
    const struct rule *rule = &t->rule;
    const struct rule_steps *s = &t->steps;
    json_t *steps = json_array();
    if (!t->ruled) return steps;
    add_stock_steps(steps, t);
    add_kept_steps(steps, t);
    add_step(steps, "min", s->least, s->least != s->left, "fewer than %lld are shown as 0",
             (long long)rule->min);
    if (rule->cap < 0)
        add_step(steps, "cap", s->most, false, "none");
    else
        add_step(steps, "cap", s->most, s->capped, "at most %lld", (long long)rule->cap);
    int64_t routed = t->figure_capped ? t->figure : s->most;
    add_step(steps, "route", routed, t->figure_capped, "%s",
             t->figure_capped ? "the marketplace takes no larger figure" : "not in the way");
    add_step(steps, "switch", rule->mode == RULE_OFF_ZERO ? 0 : routed, rule->mode != RULE_ON, "%s",
             switch_text(rule->mode));
    return steps;
}

/* ---- the facts */

static json_t *wanted_json(const struct explain_target *t)
{
    const struct target_record *r = &t->target.record;
    if (!(r->flags & TARGET_WANTED)) return json_null();
    bool zero = r->wanted_value == 0;
    return json_pack("{s:I, s:I, s:o, s:o, s:o}", "value", (json_int_t)r->wanted_value, "revision",
                     (json_int_t)r->wanted_revision, "time", api_time(r->wanted_ms), "zero_reason",
                     api_cstr_or_null(zero ? zero_reason_name(r->zero_reason) : NULL), "by",
                     command_json(&t->wanted));
}

static json_t *hex_json(struct bytes id)
{
    char text[2 * OPERATION_ID_SIZE + 1] = "";
    for (size_t i = 0; i < id.size && i < OPERATION_ID_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const uint8_t *)id.data)[i]);
    return api_cstr_or_null(text);
}

static json_t *sent_json(const struct explain_target *t)
{
    const struct target_record *r = &t->target.record;
    if (!r->sent_revision) return json_null();
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "value", (json_int_t)r->sent_value,
                     "revision", (json_int_t)r->sent_revision, "time", api_time(r->sent_ms), "send",
                     t->sent ? json_integer((json_int_t)t->send.sequence) : json_null(),
                     "operation", t->sent ? hex_json(t->send.head.batch) : json_null(), "result",
                     t->sent ? json_string(send_result_name(t->send.item.result)) : json_null());
}

static json_t *fact_json(bool known, int64_t value, int64_t time_ms)
{
    if (!known) return json_null();
    return json_pack("{s:I, s:o}", "value", (json_int_t)value, "time", api_time(time_ms));
}

static json_t *target_json(const struct explain_target *t, const struct api_account *account,
                           int64_t now_ms)
{
    const struct query_target *q = &t->target;
    const struct target_record *r = &q->record;
    const char *remote = q->remote ? q->remote->id : NULL;
    struct buf why;
    json_t *links = json_array();
    buf_init(&why, API_WHY_MAX);
    api_explain_why(t, account, now_ms, &why);
    for (uint32_t i = 0; i < t->link_count; i++)
        json_array_append_new(links, link_json(&t->links[i]));
    json_t *to = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "account",
        api_cstr_or_null(q->account ? q->account->name : NULL), "warehouse",
        api_cstr_or_null(remote), "warehouse_name",
        api_cstr_or_null(q->remote && q->remote->name[0] ? q->remote->name : remote), "listing",
        api_text_or_null(q->listing), "title", api_text_or_null(t->listing.title), "state",
        target_state_name(q->state), "why",
        why.size ? api_text(bytes_of(why.data, why.size)) : json_null(), "links", links, "rule",
        t->ruled ? api_rule_applies_json(&t->rule) : json_null(), "steps", steps_json(t), "figure",
        t->ruled && t->figure_known ? json_integer((json_int_t)t->figure) : json_null(), "wanted",
        wanted_json(t), "sent", sent_json(t), "acknowledged",
        fact_json(r->flags & TARGET_ACKED, r->acked_value, r->acked_ms), "observed",
        fact_json(r->flags & TARGET_OBSERVED, r->observed_value, r->observed_ms));
    json_object_set_new(to, "due", api_time(r->flags & TARGET_QUEUED ? r->queued_due_ms : 0));
    json_object_set_new(to, "attempts", json_integer(r->attempts));
    buf_free(&why);
    return to;
}

/* ---- the resource */

struct explaining {
    struct api_read *read;
    int64_t now_ms;
    json_t *targets, *absent;
};

static bool add_target(void *ctx, const struct explain_target *t)
{
    struct explaining *e = ctx;
    json_array_append_new(
        e->targets,
        target_json(t, api_accounts_find(&e->read->accounts, t->target.id.account), e->now_ms));
    return true;
}

static bool add_absent(void *ctx, const struct explain_absent *a)
{
    static const char *const names[] = {"not-linked", "conflict", "no-listing", "not-mapped",
                                        "no-target"};
    struct explaining *e = ctx;
    struct buf why;
    buf_init(&why, API_WHY_MAX);
    api_explain_absent(a, e->read->names[0], &why);
    json_array_append_new(e->absent, json_pack("{s:s, s:s, s:o, s:o, s:o}", "account",
                                               a->account->name, "state", names[a->missing],
                                               "listing", api_text_or_null(a->listing), "conflict",
                                               api_text_or_null(a->code), "why",
                                               api_text(bytes_of(why.data, why.size))));
    buf_free(&why);
    return true;
}

struct exposing {
    struct query *query;
    const char *only; /* this account, or NULL */
    json_t *list;
};

static bool add_exposure(void *ctx, const struct exposure *exposure)
{
    struct exposing *e = ctx;
    const struct directory_account *account =
        directory_account(e->query->directory, exposure->account);
    if (!e->only || (account && strcmp(account->name, e->only) == 0))
        json_array_append_new(e->list, api_exposure_json(e->query, exposure));
    return true;
}

static enum status query_explained(struct api_read *read, struct query *query)
{
    struct explaining e = {read, api_now_ms(read->api), json_array(), json_array()};
    const struct explain_rows rows = {add_target, add_absent, &e};
    const char *account = read->texts[0];
    struct query_product product = {0};
    enum status status =
        query_explain(query, read->names[0], bytes_text(account ? account : ""), e.now_ms, &rows);
    if (status == ST_OK) status = query_product(query, read->names[0], &product);
    struct exposing exposing = {query, account, json_array()};
    if (status == ST_OK)
        status = query_exposure(query, product.number, e.now_ms, add_exposure, &exposing);
    json_t *held = json_array();
    if (status == ST_OK) status = api_explain_held(query, product.number, account, held);
    read->json =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sku", api_text(read->names[0]), "name",
                  api_text_or_null(product.product.name), "time", api_time(e.now_ms), "targets",
                  e.targets, "absent", e.absent, "exposure", exposing.list, "held", held);
    return status;
}

static void get_explained(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", NULL};
    api_read_start(api_read_named(exchange, query_explained, parameters));
}

const struct http_route api_explain_routes[] = {
    {.method = "GET",
     .pattern = "/v1/explain/{sku}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_explained,
     .summary = "why a product shows what it shows, and why something is not there yet",
     .query = "account"},
    {0},
};
