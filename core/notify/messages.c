/* Choosing a catalogue and filling in parameters. */
#include "notify/messages.h"

#include "say/say.h"

#include <string.h>

const struct alert_catalogue *alert_catalogue(enum alert_lang lang)
{
    return lang == ALERT_RU ? &alert_messages_ru : &alert_messages_en;
}

static bool is(const char *at, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(at, name, size) == 0;
}

static void put(struct buf *out, const char *text)
{
    buf_text(out, text ? text : "");
}

void alert_fill(struct buf *out, const char *text, const struct alert_values *values)
{
    for (const char *at = text; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (!end) {
            buf_char(out, *at);
            continue;
        }
        size_t size = (size_t)(end - at - 1);
        if (is(at + 1, size, "account")) put(out, values->account);
        if (is(at + 1, size, "what")) put(out, values->what);
        if (is(at + 1, size, "why")) say_tell(out, values->lang, values->why ? values->why : "");
        if (is(at + 1, size, "title")) put(out, values->title);
        if (is(at + 1, size, "count")) buf_format(out, "%lld", (long long)values->count);
        if (is(at + 1, size, "limit")) buf_format(out, "%lld", (long long)values->limit);
        at = end;
    }
}
