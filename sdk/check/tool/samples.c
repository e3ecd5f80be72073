/* Recorded answers, one JSON file each: {"endpoint": "POST /path", "status": 200, "headers": {...},
 * "body": any JSON, or text}. They lead an operation past its first request, and are what mutations
 * begin from. */
#include "tool.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MAX = 1024 };
static struct sample samples[SAMPLES_MAX];
static size_t sample_count;

size_t samples_count(void)
{
    return sample_count;
}

static void load_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    json_t *file = json_load_file(path, 0, NULL);
    const char *endpoint = json_string_value(json_object_get(file, "endpoint"));
    const char *space = endpoint ? strchr(endpoint, ' ') : NULL;
    const json_t *body = json_object_get(file, "body");
    if (!space || sample_count == SAMPLES_MAX) {
        json_decref(file);
        return;
    }
    struct sample *sample = &samples[sample_count++];
    sample->name = strdup(name);
    sample->method = strndup(endpoint, (size_t)(space - endpoint));
    sample->path = strdup(space + 1);
    sample->answer.status = (int)json_integer_value(json_object_get(file, "status"));
    sample->answer.body = json_is_string(body) ? strdup(json_string_value(body))
                          : body               ? json_dumps(body, JSON_ENCODE_ANY | JSON_COMPACT)
                                               : NULL;
    json_decref(file);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sample *)a)->name, ((const struct sample *)b)->name);
}

bool samples_load(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) return false;
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t size = strlen(entry->d_name);
        if (size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0)
            load_file(folder, entry->d_name);
    }
    closedir(dir);
    qsort(samples, sample_count, sizeof(samples[0]), by_name); /* the same in each run */
    return true;
}

/* Segment by segment; queries do not count. */
static bool path_fits(const char *pattern, const char *path)
{
    for (;;) {
        size_t want = strcspn(pattern, "/?"), have = strcspn(path, "/?");
        if (pattern[0] != '{' && (want != have || strncmp(pattern, path, want) != 0)) return false;
        bool pattern_ends = pattern[want] != '/', path_ends = path[have] != '/';
        if (pattern_ends || path_ends) return pattern_ends && path_ends;
        pattern += want + 1;
        path += have + 1;
    }
}

const struct sample *samples_for(const struct stockd_request *request, size_t nth)
{
    for (size_t i = 0; i < sample_count; i++)
        if (strcmp(samples[i].method, request->method) == 0 &&
            path_fits(samples[i].path, request->path) && nth-- == 0)
            return &samples[i];
    return NULL;
}

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

char *mutate(const char *body, size_t size, uint64_t seed, size_t *mutated_size)
{
    static const char odd[] = "\"{}[]:,-.0129eEtfn\\/ \n\t\x80\xff";
    char *out = malloc(size + 64);
    if (!out) abort();
    memcpy(out, body, size);
    for (uint64_t changes = 1 + next_random(&seed) % 4; changes && size; changes--) {
        size_t at = (size_t)(next_random(&seed) % size);
        uint64_t what = next_random(&seed);
        char c = odd[(what >> 8) % (sizeof(odd) - 1)];
        size_t run = 1 + (size_t)((what >> 16) % 16);
        switch (what % 5) {
        case 0: out[at] = (char)(what >> 32); break;
        case 1: out[at] = c; break;
        case 2: size = at; break; /* cut */
        case 3:                   /* leave out */
            if (run > size - at) run = size - at;
            memmove(out + at, out + at + run, size - at - run);
            size -= run;
            break;
        default: /* twice */
            if (run > size - at) run = size - at;
            memmove(out + at + run, out + at, size - at);
            size += run;
        }
    }
    out[size] = '\0';
    *mutated_size = size;
    return out;
}
