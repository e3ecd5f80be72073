/* Ways of lying, and when. */
#include "lies.h"

#include "engine/drift.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[LIE_KINDS] = {
    "zeros",
    "figures of another account",
    "rows twice, with other figures",
    "an empty list",
    "half of a list",
    "a page with 200",
    "half of the bytes",
    "half of what was compressed",
};

static uint32_t below(struct sim *sim, uint32_t limit)
{
    return (uint32_t)random_below(&sim->lies, limit);
}

static enum lie draw(struct sim *sim)
{
    enum lie kind;
    do
        kind = (enum lie)below(sim, LIE_KINDS);
    while (!(sim->plan.lies.kinds & 1u << kind));
    return kind;
}

void lies_begin(struct sim *sim)
{
    struct lie_spell *spell = &sim->spell;
    spell->account = below(sim, sim->world.account_count);
    spell->kind = draw(sim);
    spell->until_us =
        sim->loop.now_us +
        (1 + (int64_t)random_below(&sim->lies, (uint64_t)sim->plan.lies.most_ms)) * 1000;
    tally_count(&sim->tally, "spell of lies");
    sim_say(sim, 0, "%s answers with %s for %lld ms", sim->world.accounts[spell->account].name,
            names[spell->kind], (long long)(spell->until_us - sim->loop.now_us) / 1000);
}

/* ---- figures */

struct figures {
    json_t *rows[NETWORK_ITEMS_MAX];
    const char *names[NETWORK_ITEMS_MAX];
    size_t count;
};

static void collect(json_t *value, const char *const *figure_names, struct figures *all)
{
    const char *key;
    json_t *field;
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
        collect(json_array_get(value, i), figure_names, all);
    json_object_foreach (value, key, field) {
        for (size_t i = 0; figure_names[i]; i++) {
            if (strcmp(key, figure_names[i]) != 0 || !json_is_integer(field) ||
                all->count == NETWORK_ITEMS_MAX)
                continue;
            all->rows[all->count] = value;
            all->names[all->count++] = figure_names[i];
        }
        collect(field, figure_names, all);
    }
}

static void put(const struct figures *all, size_t at, int64_t figure)
{
    json_object_set_new(all->rows[at], all->names[at], json_integer(figure));
}

static int64_t get(const struct figures *all, size_t at)
{
    return json_integer_value(json_object_get(all->rows[at], all->names[at]));
}

static void zero(const struct figures *all)
{
    for (size_t i = 0; i < all->count; i++)
        put(all, i, 0);
}

/* Each has its neighbour's, and one more. */
static void shift(const struct figures *all)
{
    int64_t first = all->count ? get(all, 0) : 0;
    for (size_t i = 0; i < all->count; i++)
        put(all, i, 1 + (i + 1 < all->count ? get(all, i + 1) : first));
}

/* ---- lists */

static json_t *list_of(json_t *value)
{
    const char *key;
    json_t *field;
    if (json_is_array(value)) return value;
    json_object_foreach (value, key, field)
        if (json_is_array(field)) return field;
    json_object_foreach (value, key, field) {
        json_t *inner = list_of(field);
        if (inner) return inner;
    }
    return NULL;
}

static void repeat(struct sim *sim, json_t *doc, const char *const *figure_names)
{
    json_t *list = list_of(doc), *again = json_deep_copy(list);
    struct figures all = {.count = 0};
    collect(again, figure_names, &all);
    for (size_t i = 0; i < all.count; i++)
        put(&all, i, get(&all, i) + 1);
    if (below(sim, 2)) { /* the wrong ones first */
        json_t *right = json_copy(list);
        json_array_clear(list);
        json_array_extend(list, again);
        json_array_extend(list, right);
        json_decref(right);
    } else {
        json_array_extend(list, again);
    }
    json_decref(again);
}

/* As if this were the last page. */
static void end_here(json_t *value)
{
    static const char *const next[] = {"cursor", "last_id", "next"};
    static const char *const more[] = {"has_next", "hasNext"};
    const char *key;
    json_t *field;
    for (size_t i = 0; i < 3; i++)
        if (json_is_string(json_object_get(value, next[i])))
            json_object_set_new(value, next[i], json_string(""));
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(value, more[i])) json_object_set_new(value, more[i], json_false());
    json_object_foreach (value, key, field)
        if (json_is_object(field)) end_here(field);
}

static void cut(json_t *doc, size_t keep)
{
    json_t *list = list_of(doc);
    while (json_array_size(list) > keep)
        json_array_remove(list, json_array_size(list) - 1);
    end_here(doc);
}

/* ---- when */

/* Only so often in a place that nobody is named for it: who is named is not fought. */
struct places {
    struct sim *sim;
    bool count, spent;
};

static void look_at(void *ctx, const struct wire_told *told)
{
    struct places *places = ctx;
    if (told->telling != WIRE_FIGURE && told->telling != WIRE_DOUBTFUL) return;
    if (places->count)
        places->sim->foreign[told->pair]++;
    else
        places->spent |= places->sim->foreign[told->pair] >= DRIFT_REPAIRS_MAX - 1;
}

static bool may_lie(struct exchange *x, const json_t *doc)
{
    struct places places = {.sim = x->sim};
    const struct sim_wire *wire = x->sim->world.accounts[x->account].market->wire;
    wire->read(x, doc, look_at, &places);
    if (places.spent) return false;
    places.count = true;
    wire->read(x, doc, look_at, &places);
    return true;
}

static bool spoil_json(struct exchange *x, enum lie kind)
{
    const char *const *figure_names = x->sim->world.accounts[x->account].market->wire->figures;
    json_t *parsed = json_loadb(x->answer, x->answer_size, 0, NULL);
    json_t *doc = json_deep_copy(parsed); /* others may have the same one: parsed.h */
    struct figures all = {.count = 0};
    bool of_figures = kind <= LIE_TWICE;
    collect(doc, figure_names, &all);
    bool lies = of_figures ? x->is_stock_reading && all.count && may_lie(x, doc)
                           : list_of(doc) && json_array_size(list_of(doc));
    if (lies && kind == LIE_ZEROS) zero(&all);
    if (lies && kind == LIE_OTHERS) shift(&all);
    if (lies && kind == LIE_TWICE) repeat(x->sim, doc, figure_names);
    if (lies && kind == LIE_EMPTY) cut(doc, 0);
    if (lies && kind == LIE_HALF) cut(doc, json_array_size(list_of(doc)) / 2);
    char *text = lies ? json_dumps(doc, JSON_COMPACT) : NULL;
    if (text) network_answer_is(x, text, strlen(text));
    free(text);
    json_decref(doc);
    json_decref(parsed);
    return lies;
}

static bool spoil(struct exchange *x, enum lie kind)
{
    static char page[] = "<html><head><title>Welcome</title></head><body>ok</body></html>";
    switch (kind) {
    case LIE_HTML:
        x->status = 200;
        network_answer_is(x, page, sizeof page - 1);
        return true;
    case LIE_CUT: x->answer_size /= 2; return x->answer_size > 0;
    case LIE_CUT_GZIP: /* what unpacks it says that it is broken */
        x->result = NET_LOST;
        x->error = "the compressed body ends too early";
        return true;
    default: return !x->is_push && spoil_json(x, kind);
    }
}

void lies_spoil(struct exchange *x)
{
    struct sim *sim = x->sim;
    const struct plan_lies *plan = &sim->plan.lies;
    bool in_spell = sim->spell.account == x->account && sim->loop.now_us < sim->spell.until_us;
    if (!plan->kinds || sim->phase != SIM_HOSTILE || x->result != NET_ARRIVED ||
        x->status / 100 != 2)
        return;
    bool now = sim_chance(&sim->lies, plan->share);
    if (!in_spell && !now) return;
    enum lie kind = in_spell ? sim->spell.kind : draw(sim);
    bool of_lists = kind == LIE_EMPTY || kind == LIE_HALF;
    if (x->is_orders && of_lists && !plan->orders) return;
    if (!spoil(x, kind)) return;
    x->lies = true;
    if (x->is_orders && of_lists) sim->lied_us[x->account] = sim->loop.now_us;
    if (of_lists && strstr(x->path, "/get/cards/list")) sim->lied_cards[x->account] = true;
    tally_count(&sim->tally, names[kind]);
    sim_say(sim, 0, "#%llu is answered with %s", (unsigned long long)x->number, names[kind]);
}
