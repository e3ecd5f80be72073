/* A report as plain text, and in short. */
#include "report/render.h"

#include <string.h>

enum { INDENT = 2 };

struct writing {
    struct buf *out;
    size_t width; /* of labels */
};

/* Columns: labels and values are Latin and Cyrillic, a character each. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void measure(void *ctx, const char *label, const char *value)
{
    struct writing *w = ctx;
    (void)value;
    if (width_of(label) > w->width) w->width = width_of(label);
}

static void write_line(void *ctx, const char *label, const char *value)
{
    struct writing *w = ctx;
    buf_format(w->out, "%*s%s", INDENT, "", label);
    buf_format(w->out, "%*s  %s\n", (int)(w->width - width_of(label)), "", value);
}

static void write_sentence(void *ctx, const char *text)
{
    buf_format(ctx, "%s\n", text);
}

static void heading(struct buf *out, const char *text)
{
    buf_format(out, "\n%s\n", text);
}

static void write_needs(struct buf *out, const struct report *r, enum lang lang)
{
    struct buf todo;
    size_t shown = r->alert_count < REPORT_LINES_MAX ? r->alert_count : REPORT_LINES_MAX;
    heading(out, report_word(lang, WORD_NEEDS));
    if (!r->alert_count) buf_format(out, "%*s%s\n", INDENT, "", report_word(lang, WORD_NEEDS_NONE));
    for (size_t i = 0; i < shown; i++) {
        buf_format(out, "%*s- ", INDENT, "");
        report_alert_line(out, &r->alerts[i], lang);
        buf_init(&todo, REPORT_TEXT_MAX);
        report_alert_todo(&todo, &r->alerts[i], lang);
        const struct lang_value values[] = {{"text", buf_cstr(&todo), 0}, {0}};
        buf_format(out, "\n%*s  ", INDENT, "");
        lang_fill(out, lang, report_word(lang, WORD_TODO), values);
        buf_char(out, '\n');
        buf_free(&todo);
    }
    const size_t more = r->alert_count - shown + r->alerts_more;
    if (!more) return;
    buf_format(out, "%*s", INDENT, "");
    report_say(out, lang, WORD_NEEDS_MORE, (int64_t)more);
    buf_char(out, '\n');
}

static void write_plans(struct buf *out, const struct report *r, const struct report_style *style)
{
    heading(out, report_word(style->lang, WORD_HELD));
    if (!r->plan_count)
        buf_format(out, "%*s%s\n", INDENT, "", report_word(style->lang, WORD_HELD_NONE));
    for (size_t i = 0; i < r->plan_count; i++) {
        buf_format(out, "%*s- ", INDENT, "");
        report_plan_line(out, &r->plans[i], style);
        buf_char(out, '\n');
    }
    if (!r->plans_more) return;
    buf_format(out, "%*s", INDENT, "");
    report_say(out, style->lang, WORD_PLANS_MORE, (int64_t)r->plans_more);
    buf_char(out, '\n');
}

static void write_account(struct buf *out, const struct report_account *a, const struct report *r,
                          enum lang lang)
{
    static const enum report_word headings[] = {WORD_HAPPENED, WORD_NOW};
    struct writing w = {.out = out};
    report_lines(a, REPORT_HAPPENED, r, lang, measure, &w);
    report_lines(a, REPORT_NOW, r, lang, measure, &w);
    for (int part = REPORT_HAPPENED; part <= REPORT_NOW; part++) {
        buf_format(out, "\n%s: %s\n", a->name, report_word(lang, headings[part]));
        report_lines(a, (enum report_part)part, r, lang, write_line, &w);
    }
}

void report_text(struct buf *out, const struct report *r, const struct report_style *style)
{
    report_subject(out, r, style);
    buf_char(out, '\n');
    report_head(r, style, write_sentence, out);
    write_needs(out, r, style->lang);
    write_plans(out, r, style);
    for (size_t i = 0; i < r->account_count; i++)
        write_account(out, &r->accounts[i], r, style->lang);
    if (!r->account_count) heading(out, report_word(style->lang, WORD_NO_ACCOUNTS));
    heading(out, report_word(style->lang, WORD_FOOT));
}

void report_brief(struct buf *out, const struct report *r, const struct report_style *style)
{
    const enum lang lang = style->lang;
    report_head(r, style, write_sentence, out);
    for (size_t i = 0; i < r->account_count; i++) {
        const struct report_account *a = &r->accounts[i];
        const struct lang_value values[] = {{"account", a->name, 0},
                                            {"confirmed", NULL, a->sums.of[DAY_CONFIRMED]},
                                            {"rejected", NULL, a->sums.of[DAY_REJECTED]},
                                            {"drift", NULL, a->sums.of[DAY_DRIFT_FOUND]},
                                            {"oversold", NULL, a->sums.of[DAY_OVERSOLD]},
                                            {0}};
        lang_fill(out, lang, report_word(lang, WORD_BRIEF), values);
        buf_char(out, '\n');
    }
    if (!r->account_count) buf_format(out, "%s\n", report_word(lang, WORD_NO_ACCOUNTS));
    if (!r->alert_count) return;
    buf_char(out, '\n');
    report_say(out, lang, WORD_BRIEF_NEEDS, (int64_t)(r->alert_count + r->alerts_more));
    buf_char(out, '\n');
    for (size_t i = 0; i < r->alert_count && i < REPORT_BRIEF_NEEDS; i++) {
        buf_text(out, "- ");
        report_alert_line(out, &r->alerts[i], lang);
        buf_char(out, '\n');
    }
}
