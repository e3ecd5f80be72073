/* What text and HTML share: sentences, labels and values. Only words.h's texts are said here. */
#include "report/render.h"

#include "notify/messages.h"
#include "notify/quiet.h"
#include "say/say.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4096, WHY_MAX = 4096, THOUSAND = 1000, MINUTE_MS = 60 * 1000 };

const char *report_word(enum lang lang, enum report_word word)
{
    return lang == LANG_RU ? report_words_ru[word] : report_words_en[word];
}

void report_say(struct buf *out, enum lang lang, enum report_word word, int64_t count)
{
    const struct lang_value values[] = {{"count", NULL, count}, {0}};
    lang_fill(out, lang, report_word(lang, word), values);
}

/* "99.9", "50": rounded down, so that only what is whole says 100. */
static const char *percent(int64_t part, int64_t whole, char out[24])
{
    int64_t tenths = whole > 0 ? (int64_t)((double)part / (double)whole * THOUSAND) : 0;
    if (tenths > THOUSAND || part == whole) tenths = THOUSAND;
    if (tenths % 10 == 0)
        snprintf(out, 24, "%lld", (long long)tenths / 10);
    else
        snprintf(out, 24, "%lld.%lld", (long long)tenths / 10, (long long)tenths % 10);
    return out;
}

/* ---- sentences */

static void subject(struct buf *out, const struct report *report, const struct report_style *style)
{
    char from[QUIET_TIME_MAX], until[QUIET_TIME_MAX];
    quiet_time(style->zone, report->from_ms, from);
    *strchrnul(from, '(') = 0; /* the zone is said once */
    from[strlen(from) - (from[strlen(from) - 1] == ' ')] = 0;
    const struct lang_value values[] = {
        {"account", style->account ? style->account : "", 0},
        {"from", from, 0},
        {"until", quiet_time(style->zone, report->until_ms, until), 0},
        {0}};
    lang_fill(out, style->lang,
              report_word(style->lang, style->account ? WORD_TITLE_OF : WORD_TITLE), values);
}

void report_subject(struct buf *out, const struct report *report, const struct report_style *style)
{
    buf_text(out, "stockd: ");
    subject(out, report, style);
}

/* False: it was counted for too short a time to say anything. */
static bool ran_sentence(struct buf *out, const struct report *report, enum lang lang)
{
    struct buf ran, span;
    char share[24];
    const int64_t begin = report->counted_ms ? report->counted_ms : report->from_ms;
    const int64_t end = report->until_ms < report->now_ms ? report->until_ms : report->now_ms;
    int64_t whole = end > begin ? end - begin : 0, up = report->daemon.of[DAY_KNOWN_MS];
    if (up > whole) up = whole;
    if (whole < MINUTE_MS) return false;
    buf_init(&ran, LINE_MAX_BYTES);
    buf_init(&span, LINE_MAX_BYTES);
    lang_duration(&ran, lang, up);
    lang_duration(&span, lang, whole);
    const struct lang_value values[] = {{"ran", buf_cstr(&ran), 0},
                                        {"span", buf_cstr(&span), 0},
                                        {"percent", percent(up, whole, share), 0},
                                        {0}};
    lang_fill(out, lang, report_word(lang, WORD_RAN), values);
    buf_free(&ran);
    buf_free(&span);
    return true;
}

void report_head(const struct report *report, const struct report_style *style,
                 void (*sentence)(void *ctx, const char *text), void *ctx)
{
    struct buf line;
    char since[QUIET_TIME_MAX];
    buf_init(&line, LINE_MAX_BYTES);
    if (ran_sentence(&line, report, style->lang)) sentence(ctx, buf_cstr(&line));
    if (report->counted_ms > report->from_ms) {
        buf_reset(&line);
        const struct lang_value values[] = {
            {"since", quiet_time(style->zone, report->counted_ms, since), 0}, {0}};
        lang_fill(&line, style->lang, report_word(style->lang, WORD_COUNTED), values);
        sentence(ctx, buf_cstr(&line));
    }
    buf_free(&line);
}

static void alert_say(struct buf *out, const struct report_alert *a, const char *text,
                      enum lang lang)
{
    const struct alert_values values = {.lang = lang,
                                        .account = a->account,
                                        .what = a->what,
                                        .why = a->why,
                                        .count = a->count,
                                        .limit = a->limit};
    alert_fill(out, text, &values);
}

void report_alert_line(struct buf *out, const struct report_alert *a, enum lang lang)
{
    alert_say(out, a, alert_catalogue((enum alert_lang)lang)->words[a->rule].line, lang);
    if (a->known) buf_format(out, " [%s]", report_word(lang, WORD_KNOWN));
}

void report_alert_todo(struct buf *out, const struct report_alert *a, enum lang lang)
{
    alert_say(out, a, alert_catalogue((enum alert_lang)lang)->words[a->rule].todo, lang);
}

void report_plan_line(struct buf *out, const struct report_plan *plan,
                      const struct report_style *style)
{
    char since[QUIET_TIME_MAX];
    struct buf why;
    buf_init(&why, WHY_MAX);
    say_tell(&why, style->lang, plan->why);
    const struct lang_value values[] = {
        {"id", plan->id, 0},
        {"since", quiet_time(style->zone, plan->since_ms, since), 0},
        {"count", NULL, (int64_t)plan->figures},
        {"why", buf_cstr(&why), 0},
        {0}};
    lang_fill(out, style->lang, report_word(style->lang, WORD_PLAN), values);
    buf_free(&why);
}

/* ---- labels and values */

struct lining {
    enum lang lang;
    report_line *line;
    void *ctx;
    struct buf value;
};

static void put(struct lining *l, enum report_word label)
{
    l->line(l->ctx, report_word(l->lang, label), buf_cstr(&l->value));
    buf_reset(&l->value);
}

static void put_count(struct lining *l, enum report_word label, int64_t count)
{
    buf_format(&l->value, "%lld", (long long)count);
    put(l, label);
}

static void put_slowest(struct lining *l, const struct report_account *a)
{
    struct buf took;
    const int64_t count = a->sums.of[DAY_ARRIVED];
    buf_init(&took, LINE_MAX_BYTES);
    lang_duration(&took, l->lang, a->sums.of[DAY_SLOWEST_MS]);
    const struct lang_value values[] = {
        {"took", buf_cstr(&took), 0}, {"sku", a->slowest_sku, 0}, {0}};
    if (!count)
        buf_char(&l->value, '-');
    else if (*a->slowest_sku)
        lang_fill(&l->value, l->lang, report_word(l->lang, WORD_SLOWEST_OF), values);
    else
        buf_text(&l->value, buf_cstr(&took));
    put(l, WORD_SLOWEST);
    buf_free(&took);
    if (!count) return;
    lang_duration(&l->value, l->lang, a->sums.of[DAY_ARRIVED_MS] / count);
    put(l, WORD_MEAN);
}

static void put_served(struct lining *l, const struct report_account *a)
{
    struct buf served, known;
    char share[24];
    const int64_t part = a->sums.of[DAY_SERVED_MS], whole = a->sums.of[DAY_KNOWN_MS];
    buf_init(&served, LINE_MAX_BYTES);
    buf_init(&known, LINE_MAX_BYTES);
    lang_duration(&served, l->lang, part);
    lang_duration(&known, l->lang, whole);
    const struct lang_value values[] = {{"served", buf_cstr(&served), 0},
                                        {"known", buf_cstr(&known), 0},
                                        {"percent", percent(part, whole, share), 0},
                                        {0}};
    if (whole)
        lang_fill(&l->value, l->lang, report_word(l->lang, WORD_SERVED_OF), values);
    else
        buf_char(&l->value, '-');
    put(l, WORD_SERVED);
    buf_free(&served);
    buf_free(&known);
}

static void put_state(struct lining *l, const struct report_account *a)
{
    struct buf why;
    buf_init(&why, WHY_MAX);
    say_tell(&why, l->lang, a->why);
    const struct lang_value values[] = {{"why", buf_cstr(&why), 0}, {0}};
    enum report_word word = WORD_STATE_ACTIVE;
    if (strcmp(a->state, "starting") == 0) word = WORD_STATE_STARTING;
    if (strcmp(a->state, "paused") == 0) word = WORD_STATE_PAUSED;
    if (strcmp(a->state, "parked") == 0) word = WORD_STATE_PARKED;
    lang_fill(&l->value, l->lang, report_word(l->lang, word), values);
    buf_free(&why);
    put(l, WORD_STATE);
}

static void put_unsent(struct lining *l, const struct report_account *a, int64_t now_ms)
{
    struct buf age;
    const int64_t count = a->now.of[COUNT_UNSENT];
    buf_init(&age, LINE_MAX_BYTES);
    lang_duration(&age, l->lang, now_ms - a->now.since_ms);
    const struct lang_value values[] = {{"count", NULL, count}, {"age", buf_cstr(&age), 0}, {0}};
    if (count && a->now.since_ms)
        lang_fill(&l->value, l->lang, report_word(l->lang, WORD_OLDEST), values);
    else
        buf_format(&l->value, "%lld", (long long)count);
    put(l, WORD_NOW_UNSENT);
    buf_free(&age);
}

static void put_held(struct lining *l, const struct report_account *a)
{
    const char *before = "";
    if (!a->now.of[COUNT_HELD]) buf_char(&l->value, '0');
    for (int i = 0; i < REPORT_HOLDS; i++) {
        const enum report_word why = (enum report_word)(WORD_HOLD_UNCOUNTED + i);
        const struct lang_value values[] = {
            {"count", NULL, (int64_t)a->held[i]}, {"why", report_word(l->lang, why), 0}, {0}};
        if (!a->held[i]) continue;
        buf_text(&l->value, before);
        lang_fill(&l->value, l->lang, report_word(l->lang, WORD_HELD_FOR), values);
        before = "; ";
    }
    if (a->now.of[COUNT_HELD] && !*before) /* off, or of a paused account */
        buf_format(&l->value, "%lld", (long long)a->now.of[COUNT_HELD]);
    else if (!a->held_whole)
        buf_format(&l->value, "%s%s", before, report_word(l->lang, WORD_HELD_OTHERS));
    put(l, WORD_NOW_HELD);
}

void report_lines(const struct report_account *a, enum report_part part,
                  const struct report *report, enum lang lang, report_line *line, void *ctx)
{
    struct lining l = {.lang = lang, .line = line, .ctx = ctx};
    buf_init(&l.value, LINE_MAX_BYTES);
    if (part == REPORT_HAPPENED) {
        put_count(&l, WORD_CONFIRMED, a->sums.of[DAY_CONFIRMED]);
        put_count(&l, WORD_REJECTED, a->sums.of[DAY_REJECTED]);
        put_count(&l, WORD_FAILED, a->sums.of[DAY_FAILED]);
        put_count(&l, WORD_DRIFT_FOUND, a->sums.of[DAY_DRIFT_FOUND]);
        put_count(&l, WORD_DRIFT_MENDED, a->sums.of[DAY_DRIFT_MENDED]);
        put_count(&l, WORD_OVERSOLD, a->sums.of[DAY_OVERSOLD]);
        put_slowest(&l, a);
        put_served(&l, a);
    } else {
        put_state(&l, a);
        put_unsent(&l, a, report->now_ms);
        put_count(&l, WORD_NOW_UNRESOLVED, a->now.of[COUNT_UNRESOLVED]);
        put_count(&l, WORD_NOW_REJECTED, a->now.of[COUNT_REJECTED]);
        put_count(&l, WORD_NOW_DRIFT, a->now.of[COUNT_DRIFT]);
        put_held(&l, a);
    }
    buf_free(&l.value);
}
