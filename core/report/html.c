/* A report as one page of HTML: no script, no style sheet, no image, nothing that a mail client
 * would have to fetch or would throw away. What came from outside is escaped. */
#include "report/render.h"

#include <string.h>

static const char body_style[] = "margin:0;padding:16px;background:#ffffff;color:#1f2328;"
                                 "font:14px/1.5 Arial,Helvetica,sans-serif";
static const char label_style[] =
    "padding:3px 24px 3px 0;color:#57606a;vertical-align:top;text-align:left;font-weight:normal";
static const char value_style[] = "padding:3px 0;vertical-align:top";
static const char heading_style[] = "font-size:16px;margin:24px 0 6px 0";
static const char part_style[] = "font-size:14px;margin:14px 0 4px 0;color:#57606a";

/* By severity. */
static const char *const colours[] = {"#57606a", "#9a6700", "#cf222e"};

static void escape(struct buf *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<': buf_text(out, "&lt;"); break;
        case '>': buf_text(out, "&gt;"); break;
        case '&': buf_text(out, "&amp;"); break;
        case '"': buf_text(out, "&quot;"); break;
        case '\'': buf_text(out, "&#39;"); break;
        default: buf_char(out, *text);
        }
}

/* As escape, but what stands in backquotes is a command. */
static void put_commands(struct buf *out, const char *text)
{
    bool in = false;
    for (const char *at = text; *at;) {
        const size_t size = strcspn(at, "`");
        char *part = strndupa(at, size < REPORT_TEXT_MAX ? size : 0);
        escape(out, part);
        at += size;
        if (!*at) break;
        in = !in;
        buf_text(out, in ? "<code>" : "</code>");
        at++;
    }
    if (in) buf_text(out, "</code>");
}

static void put_sentence(void *ctx, const char *text)
{
    buf_text(ctx, "<p style=\"margin:4px 0\">");
    put_commands(ctx, text);
    buf_text(ctx, "</p>\n");
}

static void heading(struct buf *out, const char *tag, const char *style, const char *text)
{
    buf_format(out, "<%s style=\"%s\">", tag, style);
    escape(out, text);
    buf_format(out, "</%s>\n", tag);
}

static void put_row(void *ctx, const char *label, const char *value)
{
    struct buf *out = ctx;
    buf_format(out, "<tr><th scope=\"row\" style=\"%s\">", label_style);
    escape(out, label);
    buf_format(out, "</th><td style=\"%s\">", value_style);
    escape(out, value);
    buf_text(out, "</td></tr>\n");
}

static void put_alert(struct buf *out, const struct report_alert *a, enum lang lang)
{
    struct buf text, todo;
    buf_init(&text, REPORT_TEXT_MAX);
    buf_init(&todo, REPORT_TEXT_MAX);
    report_alert_line(&text, a, lang);
    report_alert_todo(&todo, a, lang);
    const struct lang_value values[] = {{"text", buf_cstr(&todo), 0}, {0}};
    buf_format(out,
               "<li style=\"margin:6px 0;padding-left:8px;border-left:4px solid %s;"
               "list-style:none\">",
               colours[a->severity]);
    put_commands(out, buf_cstr(&text));
    buf_text(out, "<br><span style=\"color:#57606a\">");
    buf_reset(&text);
    lang_fill(&text, lang, report_word(lang, WORD_TODO), values);
    put_commands(out, buf_cstr(&text));
    buf_text(out, "</span></li>\n");
    buf_free(&text);
    buf_free(&todo);
}

static void put_more(struct buf *out, enum lang lang, enum report_word word, size_t count)
{
    struct buf text;
    if (!count) return;
    buf_init(&text, REPORT_TEXT_MAX);
    report_say(&text, lang, word, (int64_t)count);
    put_sentence(out, buf_cstr(&text));
    buf_free(&text);
}

static void put_needs(struct buf *out, const struct report *r, enum lang lang)
{
    const size_t shown = r->alert_count < REPORT_LINES_MAX ? r->alert_count : REPORT_LINES_MAX;
    heading(out, "h2", heading_style, report_word(lang, WORD_NEEDS));
    if (!shown) put_sentence(out, report_word(lang, WORD_NEEDS_NONE));
    if (shown) buf_text(out, "<ul style=\"margin:0;padding:0\">\n");
    for (size_t i = 0; i < shown; i++)
        put_alert(out, &r->alerts[i], lang);
    if (shown) buf_text(out, "</ul>\n");
    put_more(out, lang, WORD_NEEDS_MORE, r->alert_count - shown + r->alerts_more);
}

static void put_plans(struct buf *out, const struct report *r, const struct report_style *style)
{
    struct buf text;
    buf_init(&text, REPORT_TEXT_MAX);
    heading(out, "h2", heading_style, report_word(style->lang, WORD_HELD));
    if (!r->plan_count) put_sentence(out, report_word(style->lang, WORD_HELD_NONE));
    for (size_t i = 0; i < r->plan_count; i++) {
        buf_reset(&text);
        report_plan_line(&text, &r->plans[i], style);
        put_sentence(out, buf_cstr(&text));
    }
    put_more(out, style->lang, WORD_PLANS_MORE, r->plans_more);
    buf_free(&text);
}

static void put_part(struct buf *out, const struct report_account *a, enum report_part part,
                     const struct report *r, enum lang lang)
{
    heading(out, "h3", part_style,
            report_word(lang, part == REPORT_HAPPENED ? WORD_HAPPENED : WORD_NOW));
    buf_text(out, "<table role=\"presentation\" cellspacing=\"0\" cellpadding=\"0\" "
                  "style=\"border-collapse:collapse\">\n");
    report_lines(a, part, r, lang, put_row, out);
    buf_text(out, "</table>\n");
}

void report_html(struct buf *out, const struct report *r, const struct report_style *style)
{
    struct buf title;
    buf_init(&title, REPORT_TEXT_MAX);
    report_subject(&title, r, style);
    buf_format(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
               lang_name(style->lang));
    buf_text(out, "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    escape(out, buf_cstr(&title));
    buf_format(out, "</title>\n</head>\n<body style=\"%s\">\n", body_style);
    heading(out, "h1", "font-size:20px;margin:0 0 8px 0", buf_cstr(&title));
    report_head(r, style, put_sentence, out);
    put_needs(out, r, style->lang);
    put_plans(out, r, style);
    for (size_t i = 0; i < r->account_count; i++) {
        heading(out, "h2", heading_style, r->accounts[i].name);
        put_part(out, &r->accounts[i], REPORT_HAPPENED, r, style->lang);
        put_part(out, &r->accounts[i], REPORT_NOW, r, style->lang);
    }
    if (!r->account_count) put_sentence(out, report_word(style->lang, WORD_NO_ACCOUNTS));
    buf_text(out, "<hr style=\"border:0;border-top:1px solid #d0d7de;margin:24px 0 8px 0\">\n");
    put_sentence(out, report_word(style->lang, WORD_FOOT));
    buf_text(out, "</body>\n</html>\n");
    buf_free(&title);
}
