/* Languages. The texts are in the catalogues of those who say them. */
#include "base/lang.h"

#include <string.h>
#include <strings.h>

const char *lang_name(enum lang lang)
{
    return lang == LANG_RU ? "ru" : "en";
}

int lang_parse(const char *name)
{
    for (int i = 0; i < LANGS; i++)
        if (strcmp(name, lang_name((enum lang)i)) == 0) return i;
    return -1;
}

/* "0.85"; a point in any locale. */
static double fraction(const char *text)
{
    double value = 0, unit = 0.1;
    if (*text == '0') text++;
    if (*text == '.') text++;
    for (; *text >= '0' && *text <= '9'; text++, unit /= 10)
        value += (*text - '0') * unit;
    return value;
}

enum lang lang_of_locale(const char *locale)
{
    bool russian = strncmp(locale, "ru", 2) == 0 && strchr("_.@-", locale[2]); /* or its end */
    return russian ? LANG_RU : LANG_EN;
}

enum lang lang_of_header(const char *header)
{
    enum lang best = LANG_EN;
    double most = 0;
    for (const char *at = header ? header : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        at += strspn(at, " \t");
        const size_t size = strcspn(at, ",;- \t");
        const char *q = at + strcspn(at, ",;");
        double weight = 1;
        if (*q == ';') {
            q += 1 + strspn(q + 1, " \t");
            if (strncmp(q, "q=", 2) == 0) weight = q[2] == '1' ? 1 : fraction(q + 2);
        }
        for (int i = 0; i < LANGS; i++)
            if (size == 2 && strncasecmp(at, lang_name((enum lang)i), 2) == 0 && weight > most) {
                most = weight;
                best = (enum lang)i;
            }
    }
    return best;
}

unsigned lang_forms(enum lang lang)
{
    return lang == LANG_RU ? 3 : 2;
}

/* As the Unicode CLDR has it: en one, other; ru one, few, many. */
unsigned lang_form(enum lang lang, int64_t number)
{
    enum {
        ONE,
        FEW,
        MANY,
        TEN = 10,
        HUNDRED = 100,
        TEENS_FIRST = 11,
        TEENS_LAST = 14,
        FEW_MOST = 4
    };
    const uint64_t n = number < 0 ? -(uint64_t)number : (uint64_t)number;
    if (lang != LANG_RU) return n == 1 ? 0 : 1;
    const uint64_t last = n % TEN, two = n % HUNDRED;
    if (two >= TEENS_FIRST && two <= TEENS_LAST) return MANY;
    if (last == 1) return ONE;
    return last >= 2 && last <= FEW_MOST ? FEW : MANY;
}

void lang_put_form(struct buf *out, enum lang lang, const char *forms, size_t size, int64_t number)
{
    const char *end = forms + size;
    for (unsigned left = lang_form(lang, number); left; left--) {
        const char *bar = memchr(forms, '|', (size_t)(end - forms));
        if (!bar) break;
        forms = bar + 1;
    }
    const char *bar = memchr(forms, '|', (size_t)(end - forms));
    buf_add(out, forms, (size_t)((bar ? bar : end) - forms));
}

static const struct lang_value *find(const struct lang_value *values, const char *name, size_t size)
{
    for (; values->name; values++)
        if (strlen(values->name) == size && memcmp(values->name, name, size) == 0) return values;
    return NULL;
}

void lang_fill(struct buf *out, enum lang lang, const char *text, const struct lang_value *values)
{
    for (const char *at = text; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (!end) {
            buf_char(out, *at);
            continue;
        }
        const char *name = at + 1;
        const size_t size = (size_t)(end - name), own = strcspn(name, ":}");
        const struct lang_value *value = find(values, name, own);
        if (value && own < size)
            lang_put_form(out, lang, name + own + 1, size - own - 1, value->number);
        else if (value && value->text)
            buf_text(out, value->text);
        else if (value)
            buf_format(out, "%lld", (long long)value->number);
        at = end;
    }
}

void lang_duration(struct buf *out, enum lang lang, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *name[LANGS];
    } units[] = {{86400000, {"d", "д"}},
                 {3600000, {"h", "ч"}},
                 {60000, {"min", "мин"}},
                 {1000, {"s", "с"}},
                 {1, {"ms", "мс"}}};
    enum { UNITS = sizeof units / sizeof *units };
    size_t i = 0;
    if (ms < 0) ms = 0;
    while (i + 1 < UNITS && ms < units[i].ms)
        i++;
    buf_format(out, "%lld %s", (long long)(ms / units[i].ms), units[i].name[lang]);
    const int64_t rest = ms % units[i].ms;
    if (i + 2 < UNITS && rest >= units[i + 1].ms)
        buf_format(out, " %lld %s", (long long)(rest / units[i + 1].ms), units[i + 1].name[lang]);
}
