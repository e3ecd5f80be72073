/* Telling what an answer says in the language that its request asks for (Accept-Language). Programs
 * that ask for none get the English they always got; nothing but sentences for people is touched.
 */
#include "api/api_private.h"
#include "say/say.h"

#include <string.h>

enum { TOLD_MAX = 16 << 10 };

/* Members that hold sentences. What of them is somebody else's text no row of the catalogue fits.
 */
static bool is_said(const char *member)
{
    static const char *const members[] = {"why",     "reason", "reasons", "detail", "text",
                                          "waiting", "what",   "doubt",   "found"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(member, members[i]) == 0) return true;
    return false;
}

static json_t *told(const json_t *text, enum lang lang)
{
    struct buf out;
    buf_init(&out, TOLD_MAX);
    say_tell(&out, lang, json_string_value(text));
    json_t *json = out.overflow ? NULL : json_stringn(buf_cstr(&out), out.size);
    buf_free(&out);
    return json;
}

static void tell_members(json_t *json, enum lang lang);

/* `said`: a text here is a sentence. NULL: as it is. */
static json_t *tell_one(json_t *value, bool said, enum lang lang)
{
    size_t i;
    json_t *item, *other;
    if (json_is_string(value)) return said ? told(value, lang) : NULL;
    if (json_is_object(value)) tell_members(value, lang);
    if (!json_is_array(value)) return NULL;
    json_array_foreach (value, i, item)
        if ((other = tell_one(item, said, lang))) json_array_set_new(value, i, other);
    return NULL;
}

static void tell_members(json_t *json, enum lang lang)
{
    const char *name;
    json_t *value, *other;
    json_object_foreach (json, name, value)
        if ((other = tell_one(value, is_said(name), lang))) json_object_set_new(json, name, other);
}

json_t *api_tell(const struct http_exchange *exchange, json_t *body)
{
    if (http_is_gone(exchange)) return body;
    enum lang lang = lang_of_header(http_header(exchange, "Accept-Language"));
    if (lang == LANG_EN) return body;
    json_t *copy = json_deep_copy(body); /* a stream may still look at what it told */
    json_decref(body);
    tell_one(copy, false, lang);
    return copy;
}
