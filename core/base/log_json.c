/* Log lines as JSON: reading pairs back, escaping, UTF-8. */
#include "base/log_json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 32, KEY_MAX = 64, TEXT_MAX = LOG_LINE_MAX };

struct writing {
    char *out;
    size_t size;
    char keys[KEYS_MAX][KEY_MAX];
    int count;
};

static void add(struct writing *w, const char *text)
{
    const size_t size = strlen(text);
    memcpy(w->out + w->size, text, size);
    w->size += size;
}

/* Bytes of the UTF-8 sequence at `at`; 0: there is none (RFC 3629: shortest forms, no surrogates).
 */
static size_t sequence(const unsigned char *at)
{
    static const struct {
        unsigned char mask, lead, size;
        unsigned least;
    } forms[] = {{0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if ((at[0] & forms[i].mask) != forms[i].lead) continue;
        unsigned letter = at[0] & (unsigned char)~forms[i].mask;
        for (size_t k = 1; k < forms[i].size; k++) {
            if ((at[k] & 0xc0) != 0x80) return 0;
            letter = letter << 6 | (at[k] & 0x3fu);
        }
        const bool surrogate = letter >= 0xd800 && letter <= 0xdfff;
        return letter < forms[i].least || letter > 0x10ffff || surrogate ? 0 : forms[i].size;
    }
    return 0;
}

static void add_string(struct writing *w, const char *text)
{
    add(w, "\"");
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        char escape[8] = {(char)*at, 0};
        const size_t size = *at < 0x80 ? 1 : sequence(at);
        if (size > 1) {
            memcpy(w->out + w->size, at, size);
            w->size += size;
            at += size;
            continue;
        }
        if (size == 0)
            strcpy(escape, "\xef\xbf\xbd");
        else if (*at < ' ')
            snprintf(escape, sizeof escape, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            snprintf(escape, sizeof escape, "\\%c", *at);
        add(w, escape);
        at++;
    }
    add(w, "\"");
}

/* A member; a name that was there before is left out, for an object has each once. */
static void add_member(struct writing *w, const char *key, const char *value)
{
    for (int i = 0; i < w->count; i++)
        if (strcmp(w->keys[i], key) == 0) return;
    if (w->count == KEYS_MAX) return;
    add(w, w->count ? "," : "{");
    strcpy(w->keys[w->count++], key);
    add_string(w, key);
    add(w, ":");
    add_string(w, value);
}

/* "name=" at `at`: its name, and where the value begins; NULL: it is a word. */
static const char *pair_at(const char *at, char key[KEY_MAX])
{
    const size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    if (size == 0 || size >= KEY_MAX || at[size] != '=') return NULL;
    memcpy(key, at, size);
    key[size] = 0;
    return at + size + 1;
}

/* The value at `at`, quoted or not; returns what comes behind it. */
static const char *take_value(const char *at, char value[TEXT_MAX])
{
    size_t size = 0;
    if (*at != '"') {
        size = strcspn(at, " ");
        memcpy(value, at, size);
        value[size] = 0;
        return at + size;
    }
    for (at++; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1]) at++;
        value[size++] = *at;
    }
    value[size] = 0;
    return *at ? at + 1 : at;
}

size_t log_json(const char *line, char out[LOG_JSON_MAX])
{
    struct writing w = {.out = out};
    char key[KEY_MAX], value[TEXT_MAX], words[TEXT_MAX + 1];
    size_t word_size = 0;
    for (const char *at = line; *at;) {
        if (*at == ' ') {
            at++;
            continue;
        }
        const char *from = pair_at(at, key);
        if (from) {
            at = take_value(from, value);
            add_member(&w, key, value);
            continue;
        }
        const size_t size = strcspn(at, " ");
        if (word_size) words[word_size++] = ' ';
        memcpy(words + word_size, at, size);
        word_size += size;
        at += size;
    }
    words[word_size] = 0;
    if (word_size) add_member(&w, "text", words);
    add(&w, w.count ? "}\n" : "{}\n");
    return w.size;
}
