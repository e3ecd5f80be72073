/* Warehouses by key: sorted, and the last one found is looked at first. */
#include "intake/import_places.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "engine/directory.h"

#include <stdlib.h>

struct import_places {
    struct directory *directory;
    const struct directory_warehouse **sorted;
    const struct directory_warehouse *last;
    size_t count;
};

static int by_key(const void *a, const void *b)
{
    const struct directory_warehouse *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

enum status import_places_load(struct store_txn *txn, struct import_places **places,
                               struct error *error)
{
    struct directory *directory;
    enum status status = directory_load(txn, &directory, error);
    if (status != ST_OK) return status;
    struct import_places *p = mem_alloc(sizeof *p);
    p->directory = directory;
    p->count = directory->warehouse_count;
    p->sorted = mem_array(p->count, sizeof *p->sorted);
    for (size_t i = 0; i < p->count; i++)
        p->sorted[i] = &directory->warehouses[i];
    if (p->count) qsort(p->sorted, p->count, sizeof *p->sorted, by_key);
    *places = p;
    return ST_OK;
}

void import_places_free(struct import_places *places)
{
    if (!places) return;
    directory_free(places->directory);
    mem_free(places->sorted);
    mem_free(places);
}

static int order(const struct directory_warehouse *warehouse, struct bytes key)
{
    return bytes_compare(bytes_text(warehouse->key), key);
}

uint32_t import_places_find(struct import_places *places, struct bytes key)
{
    if (places->last && order(places->last, key) == 0) return places->last->no;
    for (size_t low = 0, high = places->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int compared = order(places->sorted[middle], key);
        if (compared == 0) {
            places->last = places->sorted[middle];
            return places->last->no;
        }
        if (compared < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

const char *import_places_near(const struct import_places *places, struct bytes key)
{
    const char **names = mem_array(places->count, sizeof *names);
    for (size_t i = 0; i < places->count; i++)
        names[i] = places->sorted[i]->key;
    char *word = mem_text_n(key.data, key.size);
    const char *near = suggest_name(word, names, places->count);
    mem_free(word);
    mem_free(names);
    return near;
}
