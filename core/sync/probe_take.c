/* What the steps of a probe tell: warehouses, rights, listings and what they would be matched with.
 */
#include "base/mem.h"
#include "engine/listing_match.h"
#include "sync/probe_private.h"

#include <stdlib.h>
#include <string.h>

static const char *keep(struct sync_probe *probe, const char *text)
{
    return text ? arena_text(&probe->memory, bytes_text(text)) : NULL;
}

/* ---- listings */

static struct bytes text_or_empty(const char *text)
{
    return text ? bytes_text(text) : bytes_of("", 0);
}

static enum status match_one(struct sync_probe *probe, struct store_txn *txn,
                             const struct stockd_listing *l, struct error *error)
{
    struct listing_view view = {.id = text_or_empty(l->id), .state = (enum listing_state)l->state};
    struct listing_match match;
    struct found found = {.ours = listing_can_be_target(view.state)};
    for (uint32_t k = 0; k < l->key_count && k < LISTING_KEYS_MAX; k++) {
        bool sku = strcmp(l->keys[k].kind, "sku") == 0,
             barcode = strcmp(l->keys[k].kind, "barcode") == 0;
        view.keys[view.key_count++] =
            (struct listing_key){text_or_empty(l->keys[k].kind), text_or_empty(l->keys[k].value)};
        if (sku && !found.shown.sku) found.shown.sku = keep(probe, l->keys[k].value);
        if (barcode && !found.shown.barcode) found.shown.barcode = keep(probe, l->keys[k].value);
    }
    enum status status = listing_match(txn, &view, &match, error);
    if (status != ST_OK) return status;
    found.shown.id = keep(probe, l->id);
    found.shown.title = keep(probe, l->title);
    found.shown.conflict = match.conflict;
    found.product = match.conflict ? 0 : match.product;
    found.by_barcode = match.by_barcode;
    found.order = probe->found_count;
    if (probe->found_count == probe->found_room) {
        probe->found_room = probe->found_room ? probe->found_room * 2 : 1024;
        probe->found = mem_resize(probe->found, probe->found_room * sizeof *probe->found);
    }
    probe->found[probe->found_count++] = found;
    return ST_OK;
}

enum status probe_match(struct sync_account *account, const struct plugin_step *step,
                        struct store_txn *txn, struct error *error)
{
    struct sync_probe *probe = (struct sync_probe *)account;
    enum status status = ST_OK;
    probe->found_count = probe->kept; /* its transaction may be tried again */
    for (size_t i = 0; i < step->listing_count && status == ST_OK; i++)
        if (probe->found_count < probe->listings_max)
            status = match_one(probe, txn, &step->listings[i], error);
    return status;
}

/* ---- everything else */

static void add_word(struct sync_probe *probe, struct word *words, uint32_t *count,
                     const char *code, const char *text)
{
    if (*count < PROBE_WORDS_MAX)
        words[(*count)++] = (struct word){keep(probe, code), keep(probe, text)};
}

void probe_denied(struct sync_probe *probe, const char *operation, const char *text)
{
    add_word(probe, probe->denied, &probe->denied_count, operation, text);
}

static void take_warehouse(struct sync_probe *probe, const struct stockd_warehouse *w)
{
    uint32_t at = 0;
    while (at < probe->warehouse_count && strcmp(probe->warehouses[at].id, w->id) != 0)
        at++;
    if (w->gone || at == PROBE_WAREHOUSES_MAX) return;
    probe->warehouses[at] = (struct sync_probe_warehouse){.id = keep(probe, w->id),
                                                          .name = keep(probe, w->name),
                                                          .kind = keep(probe, w->kind),
                                                          .why = keep(probe, w->why),
                                                          .writable = w->writable,
                                                          .marketplace = w->marketplace};
    if (at == probe->warehouse_count) probe->warehouse_count++;
}

static void take_facts(struct sync_probe *probe, const struct plugin_step *step)
{
    for (size_t i = 0; i < step->warehouse_count; i++)
        take_warehouse(probe, &step->warehouses[i]);
    for (size_t i = 0; i < step->warning_count; i++)
        add_word(probe, probe->warnings, &probe->warning_count, step->warnings[i].code,
                 step->warnings[i].text);
    for (size_t i = 0; i < step->ability_count; i++)
        if (!step->abilities[i].granted)
            probe_denied(probe, plugin_operation_name(step->abilities[i].operation),
                         step->abilities[i].text);
    for (size_t i = 0; i < step->key_expiry_count; i++)
        if (!probe->key_expires_ms || step->key_expiries[i].ms < probe->key_expires_ms)
            probe->key_expires_ms = step->key_expiries[i].ms;
    if (step->identity) {
        mem_free(probe->account.identity);
        probe->account.identity = mem_text(step->identity);
        quotas_bind(&probe->account);
    }
}

/* The plugin's durable state lasts for the probe: one operation may build on another's. */
static void take_states(struct sync_probe *probe, const struct plugin_step *step)
{
    struct sync_account *account = &probe->account;
    for (size_t i = 0; i < step->state_count; i++) {
        const struct plugin_state *from = &step->states[i];
        size_t at = 0;
        while (at < account->state_count && strcmp(account->states[at].name, from->name) != 0)
            at++;
        if (at == account->state_count) {
            account->states = mem_resize(account->states, (at + 1) * sizeof *account->states);
            account->states[account->state_count++].name = keep(probe, from->name);
        }
        if (from->data.size == 0) { /* deleted */
            account->states[at] = account->states[--account->state_count];
            continue;
        }
        account->states[at].data =
            bytes_of(arena_text(&probe->memory, from->data), from->data.size);
    }
}

bool probe_took(struct sync_account *account, const struct plugin_step *step)
{
    struct sync_probe *probe = (struct sync_probe *)account;
    take_facts(probe, step);
    take_states(probe, step);
    probe->kept = probe->found_count;
    bool said = step->progress_done >= 0;
    probe->done = said ? step->progress_done : (int64_t)probe->kept;
    probe->total = said ? step->progress_total : 0;
    probe->enough |= probe->kept >= probe->listings_max;
    if (!probe->dropped && probe->changed) probe->changed(probe->ctx);
    return probe->enough || probe->dropped;
}

/* ---- counted, at the end */

static int by_id(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = strcmp(x->shown.id, y->shown.id);
    return order ? order : (x->order < y->order ? -1 : 1);
}

static int by_product(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->product != y->product) return x->product < y->product ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* A listing that was told of twice is what was told last. */
static void drop_repeats(struct sync_probe *probe)
{
    uint32_t kept = 0;
    if (probe->kept) qsort(probe->found, probe->kept, sizeof *probe->found, by_id);
    for (uint32_t i = 0; i < probe->kept; i++) {
        bool again = i + 1 < probe->kept &&
                     strcmp(probe->found[i].shown.id, probe->found[i + 1].shown.id) == 0;
        if (!again) probe->found[kept++] = probe->found[i];
    }
    probe->kept = kept;
}

/* As mapping will: of several listings with one product the first that comes gets it. */
void probe_count(struct sync_probe *probe)
{
    drop_repeats(probe);
    if (probe->kept) qsort(probe->found, probe->kept, sizeof *probe->found, by_product);
    for (uint32_t i = 0; i < probe->kept; i++) {
        struct found *f = &probe->found[i];
        bool taken = f->product && i > 0 && probe->found[i - 1].product == f->product;
        if (!f->ours) {
            probe->not_ours++;
            f->product = 0;
        } else if (taken || f->shown.conflict) {
            if (taken) f->shown.conflict = "product-has-a-listing";
            probe->conflicts++;
        } else if (!f->product) {
            probe->unmatched++;
        } else if (f->by_barcode) {
            probe->by_barcode++;
        } else {
            probe->by_sku++;
        }
    }
}
