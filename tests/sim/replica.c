/* Documents of orders as they were told, and telling them once more. */
#include "replica.h"

#include "base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOCUMENTS_MAX = 2000,
    VERSIONS_MAX = 6, /* of a document, each another one */
    ID_MAX = 80,
};

struct replica {
    struct document {
        char id[ID_MAX]; /* with its account */
        char *versions[VERSIONS_MAX];
        uint32_t count; /* ever */
    } list[DOCUMENTS_MAX];
    uint32_t count;
};

static struct replica *replica_of(struct sim *sim)
{
    if (!sim->replica) sim->replica = mem_alloc(sizeof *sim->replica);
    return sim->replica;
}

void replica_free(struct sim *sim)
{
    struct replica *s = sim->replica;
    for (uint32_t i = 0; s && i < s->count; i++)
        for (uint32_t k = 0; k < VERSIONS_MAX; k++)
            free(s->list[i].versions[k]);
    mem_free(s);
    sim->replica = NULL;
}

/* What names an order in any of the lists; false: it is no order. */
static bool name_of(const struct exchange *x, const json_t *value, char out[ID_MAX])
{
    static const char *const names[] = {"posting_number", "id"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const json_t *id = json_object_get(value, names[i]);
        if (json_is_string(id))
            snprintf(out, ID_MAX, "%u/%s", x->account, json_string_value(id));
        else if (json_is_integer(id))
            snprintf(out, ID_MAX, "%u/%lld", x->account, (long long)json_integer_value(id));
        if (json_is_string(id) || json_is_integer(id)) return true;
    }
    return false;
}

static struct document *find(struct replica *s, const char *id)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (strcmp(s->list[i].id, id) == 0) return &s->list[i];
    if (s->count == DOCUMENTS_MAX) return NULL;
    struct document *d = &s->list[s->count++];
    snprintf(d->id, sizeof d->id, "%s", id);
    return d;
}

/* Whether the list says the same of the order in the same words: `like` another one of its kind. */
static bool same_kind(const json_t *value, const json_t *like)
{
    const char *key;
    json_t *field;
    json_object_foreach ((json_t *)value, key, field)
        if (!json_object_get(like, key)) return false;
    return json_object_size(value) == json_object_size(like);
}

/* Remembers what is told; NULL, or what was told before. */
static json_t *earlier(struct exchange *x, struct document *d, const json_t *now)
{
    struct sim *sim = x->sim;
    char *text = json_dumps(now, JSON_COMPACT | JSON_SORT_KEYS);
    bool known = false;
    for (uint32_t i = 0; i < VERSIONS_MAX && i < d->count; i++)
        known |= strcmp(d->versions[i], text) == 0;
    json_t *was = NULL;
    if (d->count && sim_chance(&sim->lies, sim->plan.behind)) {
        uint32_t kept = d->count < VERSIONS_MAX ? d->count : VERSIONS_MAX;
        was = json_loads(d->versions[random_below(&sim->lies, kept)], 0, NULL);
    }
    if (known) {
        free(text);
    } else {
        free(d->versions[d->count % VERSIONS_MAX]);
        d->versions[d->count++ % VERSIONS_MAX] = text;
    }
    return was;
}

/* How many of them are other ones now. */
static uint32_t spoil_list(struct exchange *x, json_t *list)
{
    uint32_t changed = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *now = json_array_get(list, i);
        char id[ID_MAX];
        struct document *d = name_of(x, now, id) ? find(replica_of(x->sim), id) : NULL;
        json_t *was = d ? earlier(x, d, now) : NULL;
        bool takes = was && same_kind(was, now) && !json_equal(was, now);
        if (takes) json_array_set(list, i, was);
        json_decref(was);
        changed += takes;
    }
    return changed;
}

static uint32_t spoil(struct exchange *x, json_t *value)
{
    const char *key;
    json_t *field;
    uint32_t changed = 0;
    if (json_is_array(value)) return spoil_list(x, value);
    json_object_foreach (value, key, field)
        changed += spoil(x, field);
    return changed;
}

void replica_spoil(struct exchange *x)
{
    struct sim *sim = x->sim;
    if (!sim->plan.behind || sim->phase != SIM_HOSTILE || !x->is_orders ||
        x->result != NET_ARRIVED || x->status != 200)
        return;
    json_t *parsed = json_loadb(x->answer, x->answer_size, 0, NULL);
    json_t *doc = json_deep_copy(parsed); /* others may have the same one: parsed.h */
    uint32_t changed = spoil(x, doc);
    char *text = changed ? json_dumps(doc, JSON_COMPACT) : NULL;
    if (text) {
        network_answer_is(x, text, strlen(text));
        sim->lied_us[x->account] = sim->loop.now_us;
        tally_count(&sim->tally, "orders as they were before");
        sim_say(sim, 0, "#%llu shows %u orders as they were before", (unsigned long long)x->number,
                changed);
    }
    free(text);
    json_decref(doc);
    json_decref(parsed);
}
