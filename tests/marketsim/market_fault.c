/* The table of faults and what fires for a request. Spoiling of answers is in market_spoil.c, the
 * JSON form in market_fault_json.c. */
#include "market_fault.h"

#include <stdlib.h>
#include <string.h>

struct market_fault market_fault_make(enum market_fault_kind kind)
{
    return (struct market_fault){.kind = kind,
                                 .left = 1,
                                 .probability = 1,
                                 .share = 1,
                                 .retry_after = -1,
                                 .bytes = 16u << 20};
}

static char *copy_or_null(const char *text)
{
    return text ? market_strdup(text) : NULL;
}

int market_fault_add(struct market_faults *faults, const struct market_fault *fault)
{
    faults->list = market_realloc(faults->list, (faults->count + 1) * sizeof(*faults->list));
    struct market_fault *added = &faults->list[faults->count++];
    *added = *fault;
    added->id = ++faults->last_id;
    added->hits = 0;
    added->path = copy_or_null(fault->path);
    added->account = copy_or_null(fault->account);
    added->code = copy_or_null(fault->code);
    added->message = copy_or_null(fault->message);
    added->offers = market_alloc(fault->offer_count * sizeof(char *));
    for (size_t i = 0; i < fault->offer_count; i++)
        added->offers[i] = market_strdup(fault->offers[i]);
    return added->id;
}

static void fault_free(struct market_fault *fault)
{
    for (size_t i = 0; i < fault->offer_count; i++)
        free(fault->offers[i]);
    free(fault->offers);
    free(fault->path);
    free(fault->account);
    free(fault->code);
    free(fault->message);
}

bool market_fault_remove(struct market_faults *faults, int id)
{
    for (size_t i = 0; i < faults->count; i++)
        if (faults->list[i].id == id) {
            fault_free(&faults->list[i]);
            memmove(&faults->list[i], &faults->list[i + 1],
                    (faults->count - i - 1) * sizeof(*faults->list));
            faults->count--;
            return true;
        }
    return false;
}

void market_fault_clear(struct market_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        fault_free(&faults->list[i]);
    free(faults->list);
    faults->list = NULL;
    faults->count = 0;
}

uint64_t market_fault_hits(const struct market_faults *faults, int id)
{
    for (size_t i = 0; i < faults->count; i++)
        if (faults->list[i].id == id) return faults->list[i].hits;
    return 0;
}

/* A model with several methods on one path gives "PUT /path": patterns may name the method or not.
 */
static bool path_matches(const char *pattern, const char *path)
{
    const char *blank = strchr(path, ' ');
    if (*pattern == '/' && blank && *path != '/') path = blank + 1;
    size_t len = strlen(pattern);
    if (len && pattern[len - 1] == '*') return strncmp(pattern, path, len - 1) == 0;
    return strcmp(pattern, path) == 0;
}

static bool fires(struct market_fault *fault, const char *path, const char *account,
                  uint64_t *random)
{
    if (fault->left == 0) return false;
    if (fault->path && !path_matches(fault->path, path)) return false;
    if (fault->account && strcmp(fault->account, account) != 0) return false;
    if (fault->skip > 0) {
        fault->skip--;
        return false;
    }
    if (fault->probability < 1 && market_random_share(random) >= fault->probability) return false;
    if (fault->left > 0) fault->left--;
    fault->hits++;
    return true;
}

static bool is_instead(enum market_fault_kind kind)
{
    return kind <= FAULT_CIRCUIT;
}

static void gather(struct market_effect *effect, const struct market_fault *fault)
{
    if (!effect->fired) effect->fired = fault->id;
    if (fault->delay_ms > effect->delay_ms) effect->delay_ms = fault->delay_ms;
    if (is_instead(fault->kind)) {
        effect->instead = fault;
        return;
    }
    switch (fault->kind) {
    case FAULT_DROP_AFTER: effect->drop_after = true; break;
    case FAULT_LATE: effect->late_ms = fault->late_ms; break;
    case FAULT_NO_EFFECT: effect->no_effect = fault; break;
    case FAULT_SHORT_RESULT: effect->short_share = fault->share; break;
    case FAULT_ITEM:
        if (effect->item_count < MARKET_EFFECT_ITEMS) effect->items[effect->item_count++] = fault;
        break;
    case FAULT_OVERSIZED: effect->bytes = fault->bytes; /* fall through */
    default: effect->spoils |= 1u << fault->kind; break;
    }
}

void market_fault_match(struct market_faults *faults, const char *path, const char *account,
                        uint64_t *random, struct market_effect *effect)
{
    memset(effect, 0, sizeof(*effect));
    effect->late_ms = -1;
    for (size_t i = 0; i < faults->count; i++) {
        struct market_fault *fault = &faults->list[i];
        if (effect->instead && is_instead(fault->kind)) continue; /* one answer is enough */
        if (fires(fault, path, account, random)) gather(effect, fault);
    }
}

static bool names_offer(const struct market_fault *fault, const char *offer)
{
    for (size_t i = 0; i < fault->offer_count; i++)
        if (strcmp(fault->offers[i], offer) == 0) return true;
    return fault->offer_count == 0;
}

static bool hits_item(const struct market_fault *fault, const char *offer, uint64_t *random)
{
    return names_offer(fault, offer) &&
           (fault->share >= 1 || market_random_share(random) < fault->share);
}

const struct market_fault *market_fault_item(const struct market_effect *effect, const char *offer,
                                             uint64_t *random)
{
    for (size_t i = 0; i < effect->item_count; i++)
        if (hits_item(effect->items[i], offer, random)) return effect->items[i];
    return NULL;
}

bool market_fault_loses(const struct market_effect *effect, const char *offer, uint64_t *random)
{
    return effect->no_effect && hits_item(effect->no_effect, offer, random);
}
